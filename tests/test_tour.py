"""The tour tells the truth: the path of a request through the files is the one that docs/tour.md lists.

``python -m tests.test_tour`` writes the list anew.
"""

from __future__ import annotations

import re
from io import BytesIO, StringIO

import pytest

from microweb.cli.observer import Observer
from tests.house import ROOT

PAGE = ROOT / "docs" / "tour.md"
MARKED = re.compile(r"(<!-- (long|short) way -->\n)(.*?)(<!-- / -->)", re.DOTALL)


def hello_app(way: str):
    """The page's application. With a hook, its requests take every step: the long way."""
    from microweb import Microweb

    app = Microweb("tour")
    if way == "long":
        app.before_request(lambda: None)

    @app.route("/hello/<name>")
    def hello(name):
        return f"Hello, {name}!"

    return app


def environ() -> dict:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/hello/ada",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def serve(app) -> bytes:
    body = app(environ(), lambda status, headers, exc_info=None: None)
    try:
        return b"".join(body)
    finally:
        getattr(body, "close", bool)()


def call_path(way: str) -> list[str]:
    """``file:function`` of each function of the package that the request enters, in order."""
    app = hello_app(way)
    serve(app)  # the first request sets things up
    observer = Observer(app, every=True)
    with observer:
        body = serve(app)
    assert body == b"Hello, ada!"
    return list(calls(observer.steps))


def calls(steps: list[dict]):
    for step in steps:
        if step["call"]:  # the view is not the framework's
            yield step["call"]
        yield from calls(step["steps"])


def as_list(path: list[str]) -> str:
    return "".join(f"- `{step}`\n" for step in path)


def test_the_tour_is_the_path():
    told = {way: path for _, way, path, _ in MARKED.findall(PAGE.read_text("utf-8"))}
    assert told.keys() == {"long", "short"}, "docs/tour.md has lost a list, or the lines around it"
    for way, path in told.items():
        assert path == as_list(call_path(way)), "another path; `python -m tests.test_tour` writes it"


@pytest.mark.parametrize("way", ["long", "short"])
def test_a_plain_request_is_short(way):
    path = call_path(way)
    files = {step.partition(":")[0] for step in path}
    assert len(files) <= 10, f"{len(files)} files, wanted are at most 10: {sorted(files)}"
    assert len(path) <= 50, f"{len(path)} calls, wanted are at most 50:\n{as_list(path)}"


def rewrite() -> None:
    page = PAGE.read_text("utf-8")
    PAGE.write_text(MARKED.sub(lambda m: m[1] + as_list(call_path(m[2])) + m[4], page), "utf-8")
    for way in ("long", "short"):
        path = call_path(way)
        print(f"{way} way: {len(path)} calls in {len({step.partition(':')[0] for step in path})} files")


if __name__ == "__main__":
    rewrite()

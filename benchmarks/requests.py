"""What a request costs in process: from the environ to the last byte of the body.

Each call copies an environ, drains the body and closes it, as a server does. Before anything is timed,
all contenders' answers are compared: what differs in content is not worth comparing in time.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any, Callable

from .applications import APPLICATIONS, MANY, WSGI
from .harness import US, Effort, Times, draw_ratios, measure, plot, ratio_table, work

FORM = b"name=ada+lovelace&mail=ada%40example.org&text=hello%2C+world&agree=on&year=1843"

#: Scenario -> how the application is made, method, path, body.
SCENARIOS: dict[str, tuple[dict[str, Any], str, str, bytes]] = {
    "hello": ({}, "GET", "/", b""),
    "two parameters": ({}, "GET", "/u/ada/17", b""),
    "1,000 rules": ({"rules": MANY}, "GET", f"/section{MANY * 3 // 4}/ada/17", b""),
    "JSON": ({}, "GET", "/json", b""),
    "form": ({}, "POST", "/form", FORM),
    "hooks and 404": ({"hooks": True}, "GET", "/missing", b""),
}


def make_environ(method: str, path: str, body: bytes) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.5",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input": BytesIO(body),
    }
    if body:
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
    pass


def caller(app: WSGI, method: str, path: str, body: bytes) -> Callable[[], None]:
    """A function that serves the request once more."""
    template = make_environ(method, path, body)
    stream = template["wsgi.input"]

    def call() -> None:
        environ = template.copy()
        stream.seek(0)
        iterable = app(environ, start_response)
        for _ in iterable:
            pass
        if hasattr(iterable, "close"):
            iterable.close()

    return call


def cases(contender: str) -> dict[str, Callable[[], None]]:
    make = APPLICATIONS[contender]
    apps: dict[str, WSGI] = {}
    found = {}
    for name, (options, *request) in SCENARIOS.items():
        app = apps.setdefault(repr(options), make(**options))
        found[name] = caller(app, *request)
    return found


def answer(app: WSGI, method: str, path: str, body: bytes) -> tuple[str, Any]:
    """The status code, and what the body says: JSON whatever its spaces, nothing of an error page."""
    seen: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        seen.append(status[:3])
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        seen.append(lengths[0] if lengths else "")

    iterable = app(make_environ(method, path, body), start)
    data = b"".join(iterable)
    if hasattr(iterable, "close"):
        iterable.close()
    status, length = seen[-2:]
    if length and int(length) != len(data):
        raise SystemExit(f"{path}: Content-Length is {length}, the body has {len(data)} bytes")
    if status != "200":
        return status, None
    return status, json.loads(data) if path == "/json" else data


def check() -> None:
    """All contenders answer alike, or nothing is timed."""
    for name, (options, *request) in SCENARIOS.items():
        answers = {each: answer(make(**options), *request) for each, make in APPLICATIONS.items()}
        expected = answers["raw WSGI"]
        different = {each: got for each, got in answers.items() if got != expected}
        if different:
            raise SystemExit(f"{name}: expected {expected}, but got {different}")


def run(effort: Effort) -> Times:
    """Time all scenarios."""
    check()
    return measure("requests", list(APPLICATIONS), effort)


def report(times: Times) -> str:
    return ratio_table(times, "scenario")


def draw(times: Times) -> str:
    peers: Times = {name: values for name, values in times.items() if name != "raw WSGI"}
    return plot("requests", lambda axes: draw_ratios(axes, peers, f"time of a request, {US} = 1"))


if __name__ == "__main__":
    work(cases(sys.argv[1]), int(sys.argv[2]))

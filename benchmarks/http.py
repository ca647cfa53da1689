"""What messages cost without an application: forms and uploads read, headers looked at, a file sent.

Each case goes from an environ to Python values, or to the last byte of a body, with the classes that an
application would be handed. All contenders must find the same values before anything is timed.
"""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Callable

from .applications import WSGI
from .harness import US, Effort, Times, draw_ratios, measure, plot, ratio_table, work
from .requests import make_environ

FORM = b"&".join(
    [
        b"name=ada+lovelace&mail=ada%40example.org&street=12+St+James%27s+Square&city=London",
        b"country=GB&born=1815-12-10&interest=mathematics&interest=poetry&newsletter=on",
        b"text=The+Analytical+Engine+weaves+algebraic+patterns%2C+just+as+the+Jacquard+loom+weaves"
        b"+flowers+and+leaves.%0D%0A%C3%84hnlich+ist+es+hier.&csrf_token=ImE4ZDcyNGQ0ZjM5ZjUyOTk1",
    ]
)
UPLOAD_SIZE = 64 * 1024
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
UPLOAD = b"\r\n".join(
    [
        b"--%(b)s",
        b'Content-Disposition: form-data; name="title"',
        b"",
        b"A picture",
        b"--%(b)s",
        b'Content-Disposition: form-data; name="file"; filename="picture.png"',
        b"Content-Type: image/png",
        b"",
        b"%(data)s",
        b"--%(b)s--",
        b"",
    ]
) % {b"b": BOUNDARY.encode(), b"data": bytes(range(256)) * (UPLOAD_SIZE // 256)}
FILE = bytes(1024 * 1024)

BROWSER = {
    "QUERY_STRING": "q=analytical+engine&page=2&sort=date",
    "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.7,de;q=0.3",
    "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
    "HTTP_COOKIE": "_ga=GA1.1.1234567890.1700000000; theme=dark; consent=yes; lang=en;"
    " session=eyJ1c2VyX2lkIjo0Mn0.ZVxk5w.2bG6X8Yp0Q3s1kq7o1n0w9v8u7t; csrftoken=a8d724d4f39f52995",
    "HTTP_REFERER": "https://example.org/engines?page=1",
    "HTTP_CACHE_CONTROL": "max-age=0",
    "HTTP_IF_NONE_MATCH": 'W/"1700000000.0-1234-567890"',
    "HTTP_IF_MODIFIED_SINCE": "Tue, 14 Nov 2023 22:13:20 GMT",
    "HTTP_UPGRADE_INSECURE_REQUESTS": "1",
    "HTTP_SEC_FETCH_DEST": "document",
    "HTTP_SEC_FETCH_MODE": "navigate",
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "HTTP_CONNECTION": "keep-alive",
}

#: From an environ to what was found there.
Reader = Callable[[dict[str, Any]], Any]


def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
    pass


class Sendfile:
    """A server's `wsgi.file_wrapper`: it would hand the file to the system, and copy nothing."""

    def __init__(self, file: Any, size: int = 8192) -> None:
        self.file, self.close = file, file.close

    def __iter__(self) -> Any:
        return iter([FILE])


def _sent(app: WSGI) -> Reader:
    def read(environ: dict[str, Any]) -> int:
        iterable = app(environ, start_response)
        size = sum(map(len, iterable))
        iterable.close()  # type: ignore[attr-defined]
        return size

    return read


def _flask_like(request_class: Any, app: Any, send_file: Any) -> dict[str, Reader]:
    def form(environ: dict[str, Any]) -> Any:
        found = request_class(environ).form
        return found["name"], found["text"], found.getlist("interest")

    def upload(environ: dict[str, Any]) -> Any:
        request = request_class(environ)
        file = request.files["file"]
        told = request.form["title"], file.filename, file.content_type, file.read()
        request.close()
        return told

    def cookies(environ: dict[str, Any]) -> Any:
        found = request_class(environ).cookies
        return found["session"], found.get("theme"), found.get("missing")

    def headers(environ: dict[str, Any]) -> Any:
        request = request_class(environ)
        told = request.args["q"], request.args["page"], request.url, request.host, request.remote_addr
        return *told, request.headers["Referer"], request.headers.get("X-Requested-With")

    def negotiation(environ: dict[str, Any]) -> Any:
        request = request_class(environ)
        told = request.accept_languages.best_match(["de", "en"]), request.accept_mimetypes.best
        stamp = request.if_modified_since.timestamp()
        return *told, "gzip" in request.accept_encodings, request.cache_control.max_age, stamp

    app.add_url_rule("/", "file", lambda: send_file(file_path()))
    return {
        "urlencoded form": form,
        "upload of 64 KiB": upload,
        "cookies": cookies,
        "URL and headers": headers,
        "negotiation": negotiation,
        "file of 1 MiB": _sent(app),
        "file by sendfile": _sent(app),
    }


def microweb() -> dict[str, Reader]:
    from microweb import Microweb, send_file
    from microweb.http.request import Request

    return _flask_like(Request, Microweb("site"), send_file)


def werkzeug() -> dict[str, Reader]:
    from flask import Flask, send_file
    from werkzeug.wrappers import Request

    return _flask_like(Request, Flask("site"), send_file)


def bottle() -> dict[str, Reader]:
    from bottle import Bottle, Request, static_file

    def form(environ: dict[str, Any]) -> Any:
        found = Request(environ).forms
        return found.name, found.text, found.getall("interest")

    def upload(environ: dict[str, Any]) -> Any:
        request = Request(environ)
        file = request.files["file"]
        return request.forms.title, file.raw_filename, file.content_type, file.file.read()

    def cookies(environ: dict[str, Any]) -> Any:
        found = Request(environ).cookies
        return found["session"], found.get("theme"), found.get("missing")

    def headers(environ: dict[str, Any]) -> Any:
        request = Request(environ)
        told = request.query.q, request.query.page, request.url, request.urlparts.netloc, request.remote_addr
        return *told, request.headers["Referer"], request.headers.get("X-Requested-With")

    app = Bottle()
    app.route("/", "GET", lambda: static_file(os.path.basename(file_path()), os.path.dirname(file_path())))
    return {
        "urlencoded form": form,
        "upload of 64 KiB": upload,
        "cookies": cookies,
        "URL and headers": headers,
        "file of 1 MiB": _sent(app),
        "file by sendfile": _sent(app),
    }


READERS = {US: microweb, "werkzeug": werkzeug, "bottle": bottle}

#: Case -> method, content type, body, and what else is in the environ.
MESSAGES: dict[str, tuple[str, str, bytes, dict[str, Any]]] = {
    "urlencoded form": ("POST", "application/x-www-form-urlencoded", FORM, {}),
    "upload of 64 KiB": ("POST", f"multipart/form-data; boundary={BOUNDARY}", UPLOAD, {}),
    "cookies": ("GET", "", b"", BROWSER),
    "URL and headers": ("GET", "", b"", BROWSER),
    "negotiation": ("GET", "", b"", BROWSER),
    "file of 1 MiB": ("GET", "", b"", {}),
    "file by sendfile": ("GET", "", b"", {"wsgi.file_wrapper": Sendfile}),
}


@cache
def file_path() -> str:
    """A file of 1 MiB, which goes with the process."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    path = os.path.join(folder.name, "picture.png")
    Path(path).write_bytes(FILE)
    return path


def caller(case: str, read: Reader) -> Callable[[], Any]:
    """A function that reads the message once more."""
    method, content_type, body, extra = MESSAGES[case]
    template = {**make_environ(method, "/", body), **extra}
    if body:
        template["CONTENT_TYPE"] = content_type
    stream = template["wsgi.input"]

    def call() -> Any:
        stream.seek(0)
        return read(template.copy())

    return call


def cases(contender: str) -> dict[str, Callable[[], Any]]:
    file_path()
    return {case: caller(case, read) for case, read in READERS[contender]().items()}


def check() -> None:
    """All contenders find the same, or nothing is timed."""
    found = {name: {case: call() for case, call in cases(name).items()} for name in READERS}
    for name, values in found.items():
        for case, value in values.items():
            if value != found[US][case]:
                raise SystemExit(f"{case}: {name} found {value!r:.200}, we {found[US][case]!r:.200}")


def run(effort: Effort) -> Times:
    """Time all cases."""
    check()
    return measure("http", list(READERS), effort)


def report(times: Times) -> str:
    return ratio_table(times, "message")


def draw(times: Times) -> str:
    shared = [case for case in times[US] if case in times["bottle"]]
    both: Times = {name: {case: values[case] for case in shared} for name, values in times.items()}
    return plot("http", lambda axes: draw_ratios(axes, both, f"time of a message, {US} = 1"))


if __name__ == "__main__":
    work(cases(sys.argv[1]), int(sys.argv[2]))

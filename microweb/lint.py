"""A middleware that watches the server and the application, and warns where one of them breaks WSGI or HTTP.

The rule: nothing that passes is changed, and everything that is wrong is a warning, so that an application
which works keeps working: `wsgiref.validate` asks much the same and raises. Each check is a generator of what
it found. Turn the warnings into errors (``-W error``) to see where they come from.
"""

from __future__ import annotations

from functools import partial
from warnings import warn

from .http.headers import Headers, is_entity_header
from .http.wsgi import FileWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Faults = t.Iterator[str]

_REQUIRED = (
    "REQUEST_METHOD SERVER_NAME SERVER_PORT wsgi.version wsgi.input wsgi.errors wsgi.multithread"
    " wsgi.multiprocess wsgi.run_once"
)
#: RFC 9110 15.4.5: what a 304 may repeat of what describes the body.
_KEPT_BY_304 = ("expires", "content-location", "last-modified")


class WSGIWarning(Warning):
    """PEP 3333 is broken."""


class HTTPWarning(Warning):
    """HTTP is broken."""


def _warn(faults: t.Iterable[str], category: type[Warning] = WSGIWarning) -> None:
    for fault in faults:
        # Of the line that called us: the server's, or start_response() in the application.
        warn(fault, category, stacklevel=3)


def _environ_faults(environ: t.Any) -> Faults:
    if type(environ) is not dict:
        yield "WSGI environment is not a standard Python dict."
    for key in _REQUIRED.split():
        if key not in environ:
            yield f"Required environment key {key!r} not found."
    if environ.get("wsgi.version") != (1, 0):
        yield "Environ is not a WSGI 1.0 environ."
    for key in ("SCRIPT_NAME", "PATH_INFO"):
        path = environ.get(key)
        if path and path[0] != "/":
            yield f"{key!r} does not start with a slash: {path!r}"


def _head_faults(status: t.Any, headers: t.Any) -> Faults:
    code = str(status).partition(" ")[0]
    if len(code) != 3 or not code.isdecimal():
        yield "Status code must be three digits."
    if type(status) is not str or status[3:4] != " ":
        yield f"Invalid value for status {status!r}: wanted text of three digits, a space and a reason."
    if not code.isdecimal() or int(code) < 100:
        yield "Status code < 100 detected."
    if type(headers) is not list:
        yield "Header list is not a list."
    for item in headers:
        if type(item) is not tuple or [*map(type, item)] != [str, str]:
            yield f"Header items must be 2-item tuples. {item!r} is no tuple of two strings."
        elif item[0].lower() == "status":
            yield "The status header is not supported. It is CGI's way to tell the status."


def _meaning_faults(headers: Headers) -> Faults:
    etag, location = headers.get("ETag", '""'), headers.get("Location", "/")
    if etag.startswith("w/"):
        yield "Weak etag indicator should be upper case."
    if not etag[2 * etag.startswith(("W/", "w/")) :].startswith('"') or etag[-1:] != '"':
        yield "Unquoted etag emitted."
    # A path is fine (RFC 9110 10.2.2); one that depends on the page's own is easily wrong behind a mount.
    if not location.startswith("/") and "://" not in location:
        yield f"Absolute URLs required for location header. {location!r} is relative to the page."


def _end_faults(code: int, headers: Headers, sent: int) -> Faults:
    length = headers.get("Content-Length", type=int)
    has_no_body = code in (204, 304) or 100 <= code < 200
    if has_no_body and sent:
        yield f"{code} responses must not have a body."
    if code == 304:
        for name, _ in headers:
            if is_entity_header(name) and name.lower() not in _KEPT_BY_304:
                yield f"Entity header {name!r} found in 304 response."
    elif has_no_body and length:
        yield f"{code} responses must have an empty content length."
    elif not has_no_body and length not in (None, sent):
        yield f"Content-Length is {length}, but {sent} bytes were sent."


class _Input:
    """`wsgi.input`, to be read in bounds and left open."""

    def __init__(self, stream: t.Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> t.Any:
        if name == "close":
            _warn(["The application closed the input stream!"])
        elif name in ("read", "readline"):
            return partial(self._read, name)
        return getattr(self._stream, name)

    def _read(self, name: str, *size: int) -> bytes:
        # A server need not mark the end, and this call would wait for the client's next request.
        if not size:
            _warn([f"'wsgi.input.{name}()' without a size may never return: read up to CONTENT_LENGTH."])
        return getattr(self._stream, name)(*size)  # type: ignore[no-any-return]


class _Body:
    """A response on its way: started, taken block by block, closed."""

    closed = False

    def __init__(self, is_head: bool, start_response: t.Any) -> None:
        self._is_head, self._start_response = is_head, start_response
        self._started: tuple[int, Headers] | None = None
        self._sent = 0

    def start_response(self, status: str, headers: t.Any, exc_info: t.Any = None) -> t.Any:
        _warn(_head_faults(status, headers))
        write = self._start_response(status, headers, exc_info)
        # As they are: what a header must not contain is the server's to refuse.
        known = Headers._from_checked([item for item in headers if [*map(type, item)] == [str, str]])
        _warn(_meaning_faults(known), HTTPWarning)
        code = str(status).partition(" ")[0]
        self._started = int(code) if code.isdecimal() else 0, known
        return lambda block: write(self._count(block))

    def open(self, iterable: t.Any) -> _Body:
        self._iterable, self._next = iterable, iter(iterable).__next__
        return self

    def _count(self, block: t.Any) -> t.Any:
        if type(block) is not bytes:
            _warn([f"The body requires 'bytes', got {type(block).__name__!r}."])
        self._sent += len(block)
        return block

    def __iter__(self) -> t.Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self.closed:
            _warn(["Iterated over a body that was closed."])
        block = self._next()
        if self._started is None:
            _warn(["The application returned a block before it started the response."])
        return self._count(block)  # type: ignore[no-any-return]

    def close(self) -> None:
        self.closed = True
        if hasattr(self._iterable, "close"):
            self._iterable.close()
        # What answers a HEAD tells the length of what it does not send.
        if self._started is not None and not self._is_head:
            _warn(_end_faults(*self._started, self._sent), HTTPWarning)

    def __del__(self) -> None:
        if not self.closed and hasattr(self, "_iterable"):
            _warn(["The body was dropped without having been closed."])


class LintMiddleware:
    """Warns of what breaks WSGI (`WSGIWarning`) or HTTP (`HTTPWarning`), in the application and the server.

    app.wsgi_app = LintMiddleware(app.wsgi_app)
    """

    def __init__(self, app: t.Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, t.Any], start_response: t.Any) -> t.Iterable[bytes]:
        _warn(_environ_faults(environ))
        if "wsgi.input_terminated" not in environ:
            environ["wsgi.input"] = _Input(environ["wsgi.input"])
        # The server's would take the file past us: what is sent is counted.
        environ["wsgi.file_wrapper"] = FileWrapper
        body = _Body(environ.get("REQUEST_METHOD") == "HEAD", start_response)
        return body.open(self.app(environ, body.start_response))

"""One call of the application, and its answer as HTTP/1.1 bytes.

`wsgiref.handlers` gives the frame: call, iterate, close, report. The rule for what is overridden:
nothing that the application hands over reaches the socket unchecked, the checks are no `assert`,
and a response that ends early is visibly broken instead of looking whole.
"""

from __future__ import annotations

import re
import sys
import time
from functools import lru_cache
from wsgiref.handlers import SimpleHandler, format_date_time
from wsgiref.util import is_hop_by_hop

from .errors import ClientGone, Refused
from .log import warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import typing as t

    Fields = list[tuple[str, str]]

#: A client that takes nothing for so many seconds has gone.
SEND_SECONDS = 30.0
# sendall()'s time-out is for the whole call, so that a large block is sent in slices.
_SLICE = 256 * 1024

_STATUS = re.compile(r"[1-9][0-9]{2} [^\x00-\x1f\x7f]*")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

#: The Date field's value, formatted once a second.
http_date = lru_cache(maxsize=1)(format_date_time)


def check_status(status: str) -> str:
    """The status line's rest, or ValueError: a line break in it would split the response."""
    if type(status) is not str or not _STATUS.fullmatch(status):
        raise ValueError(f"status {status!r}: wanted a str such as '200 OK'")
    status.encode("latin-1")
    return status


def check_headers(headers: t.Iterable[tuple[str, str]]) -> Fields:
    """A copy of the application's headers, without those that are the server's own business.
    Raises ValueError for names and values that would not arrive as they are."""
    result = []
    for name, value in headers:
        # The type itself: a subclass could look different when it is written.
        if type(name) is not str or not _NAME.fullmatch(name):
            raise ValueError(f"header name {name!r}: wanted a str of letters, digits and dashes")
        if type(value) is not str or _CONTROL.search(value):
            raise ValueError(f"header {name}: {value!r}: wanted a str without control characters")
        value.encode("latin-1")
        if name.lower() == "content-length" and not _LENGTH.fullmatch(value):
            raise ValueError(f"Content-Length: {value!r}: wanted digits")
        # Only the server knows the connection (PEP 3333); "close" is what happens anyway.
        if not is_hop_by_hop(name):
            result.append((name, value))
        elif value.lower() != "close":
            warn("dropped the hop-by-hop header %s: %r", name, value)
    return result


class Gateway(SimpleHandler):
    """Runs an application once. Afterwards `outcome`, `sent` (bytes of body) and `finished` (the
    client has all of it) tell what became of it."""

    os_environ: dict[str, str] = {}
    environ: dict[str, t.Any]
    headers_sent: bool

    def __init__(self, sock: socket.socket, environ: dict[str, t.Any], threaded: bool) -> None:
        # The body comes later, in `stdin`: it tells the client to go on through this object.
        super().__init__(None, None, sys.stderr, environ, threaded, False)  # type: ignore[arg-type]
        self.sock = sock
        # Kept apart from environ, which the application may change.
        self.method = environ["REQUEST_METHOD"]
        self.modern = environ["SERVER_PROTOCOL"] == "HTTP/1.1"
        self.fields: Fields | None = None
        self.bodiless = self.chunked = self.aborted = self.finished = False
        #: Bytes still to come of the length that was declared, None without one.
        self.left: int | None = None
        self.sent = 0

    @property
    def outcome(self) -> str:
        """The status sent; 499 when the client left before it was complete."""
        return self.status[:3] if self.status and not self.aborted else "499"

    def go_on(self) -> None:
        """Tell a client that waits with its body to send it, unless it has its answer."""
        if not self.headers_sent:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def run(self, application: t.Any) -> None:
        """Call the application and send what it answers; only BaseExceptions get out."""
        try:
            try:
                self.setup_environ()
                self.result = application(self.environ, self.start_response)
                self.finish_response()
            except ClientGone:
                raise
            except Exception:
                self.handle_error()
        except ClientGone:
            self.aborted = True

    def start_response(self, status: str, headers: Fields, exc_info: t.Any = None) -> t.Any:
        """PEP 3333's start_response."""
        if exc_info:
            try:
                if self.headers_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # no cycle through this frame
        elif self.fields is not None:
            raise RuntimeError("start_response() was called twice; the second time needs exc_info")
        # Both are checked before either is taken: a refused answer leaves nothing behind.
        self.status, self.fields = check_status(status), check_headers(headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Send a block of body, the head in front of the first one. Empty ones do not count."""
        if type(data) is not bytes:
            raise TypeError(f"the application gave {data!r}; WSGI bodies are made of bytes")
        if data:
            # Head and first block leave together: one packet, and no wait for an ACK.
            self._write(self._head_once() + self._frame(data))

    def finish_response(self) -> None:
        """Send all that the application gives, and close its iterable whatever happens."""
        try:
            for data in self.result:
                self.write(data)
                if self.bodiless:  # an endless stream must not keep a HEAD request
                    break
            self.finish_content()
        finally:
            self.close()

    def finish_content(self) -> None:
        """Send the end of the body, and the head if there was no body."""
        self._write(self._head_once() + (b"0\r\n\r\n" if self.chunked else b""))
        self.finished = not self.left
        if self.left:
            warn("the response ends %d bytes before its Content-Length", self.left)

    def close(self) -> None:
        """Close the iterable; the state stays, to be logged."""
        getattr(self.result, "close", bool)()

    def _head_once(self) -> bytes:
        """Status line and fields before the first block, nothing afterwards."""
        if self.headers_sent:
            return b""
        # Told before anything is sent, so that the client gets a whole 500.
        if self.fields is None or self.status is None:
            raise RuntimeError("the application gave its body without calling start_response()")
        self._decide_framing(self.status[:3], self.fields)
        if not any(name.lower() == "date" for name, _ in self.fields):
            self.fields.append(("Date", http_date(int(time.time()))))
        lines = [f"{name}: {value}\r\n" for name, value in (*self.fields, ("Connection", "close"))]
        self.headers_sent = True
        return f"HTTP/1.1 {self.status}\r\n{''.join(lines)}\r\n".encode("latin-1")

    def _decide_framing(self, code: str, fields: Fields) -> None:
        """How the client finds the end of the body (RFC 9112 6.3), said in fields."""
        self.bodiless = self.method == "HEAD" or code in ("204", "304") or code[0] == "1"
        lengths = [value for name, value in fields if name.lower() == "content-length"]
        if code == "204" or code[0] == "1":  # RFC 9110 8.6: not even a length of 0
            fields[:] = [pair for pair in fields if pair[0].lower() != "content-length"]
        elif not lengths and code != "304" and isinstance(self.result, (list, tuple)):
            size = sum(map(len, self.result))
            # An empty answer to HEAD says nothing about the length that GET would have.
            if size or not self.bodiless:
                lengths = [str(size)]
                fields.append(("Content-Length", lengths[0]))
        if lengths and not self.bodiless:
            self.left = int(lengths[0])
        elif self.modern and not self.bodiless:
            # Not for HTTP/1.0, where only the closed connection tells the end.
            self.chunked = True
            fields.append(("Transfer-Encoding", "chunked"))

    def _frame(self, data: bytes) -> bytes:
        """A block of body as it goes over the wire."""
        if self.bodiless:
            return b""
        if self.left is not None:
            if len(data) > self.left:
                warn("the response is longer than its Content-Length; cut")
                data = data[: self.left]
            self.left -= len(data)
        self.sent += len(data)
        return b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data

    def _write(self, data: bytes) -> None:
        """Only here a broken connection means the client's."""
        view = memoryview(data)
        try:
            # Here, as reading sets another one on the same socket.
            self.sock.settimeout(SEND_SECONDS)
            for start in range(0, len(data), _SLICE):
                self.sock.sendall(view[start : start + _SLICE])
        except OSError as error:
            raise ClientGone(str(error)) from None

    def handle_error(self) -> None:
        """Answer 500 and log, or 400 for a broken body; too late for either, leave it cut."""
        error = sys.exc_info()[1]
        if isinstance(error, Refused):
            self.error_status, self.error_body = error.status, f"{error.why}\n".encode()
        else:
            self.log_exception(sys.exc_info())
        if not self.headers_sent:
            self.result = self.error_output(self.environ, self.start_response)
            self.finish_response()

"""One call of the application, and its answer as HTTP/1.1 bytes.

The rule: nothing that the application hands over reaches the socket unchecked, the checks are no
`assert`, and a response that ends early is visibly broken instead of looking whole.
"""

from __future__ import annotations

import io
import os
import re
import socket
import stat
import sys
import time
from contextlib import suppress
from functools import lru_cache
from wsgiref import handlers, util

from .head import FIELD, LENGTH, unquote
from .limits import BLOCK, ClientGone, Refused
from .log import access, logger, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .body import Body
    from .connection import Connection
    from .head import Head

_STATUS = re.compile(r"[1-9][0-9]{2} [\x20-\x7e\x80-\xff]*")
# What sendfile() sends must be what read() would have given: a gzip file has a descriptor, too.
_PLAIN_FILES = (io.BufferedReader, io.BufferedRandom, io.FileIO)

#: The Date field's value, formatted once a second.
http_date = lru_cache(maxsize=1)(handlers.format_date_time)


@lru_cache(maxsize=256, typed=True)
def check_status(status: str) -> str:
    """The status line's rest, or ValueError: a line break in it would split the response."""
    if type(status) is not str or not _STATUS.fullmatch(status):
        raise ValueError(f"status {status!r}: wanted a str such as '200 OK'")
    return status


@lru_cache(maxsize=256, typed=True)
def check_field(name: str, value: str) -> None:
    """Raises ValueError for a header that would not arrive as it is."""
    # The type itself: a subclass could look different when it is written.
    match = type(name) is type(value) is str and FIELD.fullmatch(f"{name}:{value}\r\n")
    if not match or match[1] != name:
        what = "a name of letters, digits and dashes, and a value of Latin-1 without control characters"
        raise ValueError(f"header {name!r}: {value!r}: wanted {what}, both of them str")
    if name.lower() == "content-length" and not LENGTH.fullmatch(value):
        raise ValueError(f"Content-Length: {value!r}: wanted digits")


class FileWrapper(util.FileWrapper):
    """PEP 3333's `wsgi.file_wrapper`. A file on disk is sent by the kernel."""

    def left(self) -> int | None:
        """The bytes from the file's position to its end, if it is a plain file."""
        if type(self.filelike) not in _PLAIN_FILES:
            return None
        status = os.fstat(self.filelike.fileno())
        return max(status.st_size - self.filelike.tell(), 0) if stat.S_ISREG(status.st_mode) else None


class RawSocket:
    """The connection's socket, for an application that goes on in a protocol of its own: WebSocket. The first
    use takes it from the server, which then sends no answer, and closes it in the end."""

    def __init__(self, handler: WSGIRequestHandler) -> None:
        self._handler = handler

    def __getattr__(self, name: str) -> t.Any:
        # Who copies or shows the environ asks for what a socket has not: that is no use of it.
        if name.startswith("__"):
            raise AttributeError(name)
        handler = self._handler
        if not handler.taken:
            handler.taken, handler.keep, handler.headers_sent = True, False, True
            handler.connection.setblocking(True)  # as a socket is; the server's own never wait
        return getattr(handler.connection, name)

    def close(self) -> None:
        """End it both ways. The server keeps its books by the descriptor, which must not be another's yet."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)


class WSGIRequestHandler:
    """Answers one request. The name and most methods are those that programs for Werkzeug
    subclass, to log otherwise or to add to the environ.

    Afterwards `status`, `sent` (bytes of body) and `finished` (the client has all of it) tell
    what became of it.
    """

    #: Sent as `Server`, if not empty: what runs here is nobody's business.
    server_version = ""
    #: Why this is no request for the application.
    refused: Refused | None = None

    status, sent = "", 0
    fields: list[tuple[str, str]] | None = None
    result: t.Any = None
    #: Bytes still to come of the length that was declared, None without one.
    left: int | None = None
    headers_sent = bodiless = chunked = finished = taken = False

    def __init__(self, link: Connection, head: Head, body: Body) -> None:
        self.link, self.head, self.body = link, head, body
        self.server, self.client_address, self.connection = link.server, link.client_address, link.sock
        self.command, self.path = head.method, head.target
        self.request_version = "HTTP/1.1" if head.minor else "HTTP/1.0"
        #: Whether another request may follow on the connection.
        self.keep = head.keeps and link.requests < link.limits.requests

    # -- what subclasses change ------------------------------------------------------------------

    #: The request line.
    requestline = property(lambda self: f"{self.command} {self.path} {self.request_version}")

    def version_string(self) -> str:
        """What the `Server` field says."""
        return self.server_version

    def address_string(self) -> str:
        """The client's address, for environ and log."""
        return str(self.client_address[0])

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One line about this request."""
        access(self.link, self.head, str(code), self.sent)

    def log(self, type: str, message: str, *args: t.Any) -> None:
        """A line on the server's logger."""
        getattr(logger, type)("%s %s", self.address_string(), message % args)

    def make_environ(self) -> dict[str, t.Any]:
        """The environ of this request, built from nothing: the process's own variables are not in
        it, since an `HTTP_X_ADMIN` in the shell would look like a header."""
        head, body = self.head, self.body
        # Werkzeug's name for it, by which libraries look.
        raw = {"werkzeug.socket": RawSocket(self)} if "HTTP_UPGRADE" in head.variables else {}
        return {
            **raw,
            **head.variables,
            **self.server.base_environ,
            "REMOTE_ADDR": self.address_string(),
            "REMOTE_PORT": str(self.client_address[1]),
            "REQUEST_METHOD": head.method,
            "PATH_INFO": unquote(head.path),
            "QUERY_STRING": head.query,
            # Not in PEP 3333, but what frameworks read to see the path before unquoting.
            "REQUEST_URI": head.target,
            "RAW_URI": head.target,
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.input": io.BytesIO() if body.finished else io.BufferedReader(body, BLOCK),
            "wsgi.errors": sys.stderr,
        }

    # -- one request, in the order in which it happens -------------------------------------------

    def handle(self) -> None:
        """Call the application unless the request is refused, send the answer, log it."""
        code = "499"
        try:
            self._fail(self.refused) if self.refused else self.run_wsgi()
            code = self.status[:3]
        except ClientGone:
            self.finished = False
        finally:
            self.log_request(code, self.sent)

    def run_wsgi(self) -> None:
        """Call the application and send what it answers. Raises ClientGone and BaseExceptions."""
        try:
            result = self.result = self.server.app(self.make_environ(), self.start_response)
            try:
                if not self.taken:
                    self._send_result(result)
            finally:
                getattr(result, "close", bool)()
        except ClientGone:
            raise
        except Exception as error:
            # What the other protocol's end looks like to who still writes.
            if not (self.taken and isinstance(error, ConnectionError)):
                self._fail(error)
        finally:
            if self.taken:
                self.connection.setblocking(False)

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: t.Any = None) -> t.Any:
        """PEP 3333's start_response."""
        if exc_info and self.headers_sent:
            raise exc_info[1].with_traceback(exc_info[2])
        if self.fields is not None and not exc_info:
            raise RuntimeError("start_response() was called twice; the second time needs exc_info")
        fields = list(headers)  # the application may keep its own
        # All is checked before any is taken: a refused answer leaves nothing behind.
        for name, value in fields:
            check_field(name, value)
        self.status, self.fields = check_status(status), fields
        return self.write

    def write(self, data: bytes) -> None:
        """Send a block of body, the head in front of the first one. Empty ones do not count."""
        if type(data) is not bytes:
            raise TypeError(f"the application gave {data!r}; WSGI bodies are made of bytes")
        if not data:
            return
        head = b"" if self.headers_sent else self._head()
        if self.bodiless:
            data = b""
        elif self.left is not None:
            if len(data) > self.left:
                warn("the response is longer than its Content-Length; cut")
            data = data[: self.left]
            self.left -= len(data)
        self.sent += len(data)
        if self.chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        # Head and first block leave together: one packet, and no wait for an ACK.
        self.link.send(head + data[:BLOCK] if head else data)
        if head and len(data) > BLOCK:
            self.link.send(memoryview(data)[BLOCK:])

    def _send_result(self, result: t.Any) -> None:
        size = result.left() if type(result) is FileWrapper else None
        if size is not None and not self.headers_sent:
            self.link.send(self._head(size))
            if self.left:
                self.sent = self.link.send_file(result.filelike, result.filelike.tell(), min(size, self.left))
                self.left -= self.sent
        else:
            for data in result:
                self.write(data)
                if self.bodiless:  # an endless stream must not keep a HEAD request
                    break
        end = b"" if self.headers_sent else self._head()
        if end := end + b"0\r\n\r\n" * self.chunked:
            self.link.send(end)
        self.finished = not self.left
        if self.left:
            warn("the response ends %d bytes before its Content-Length", self.left)

    def _head(self, size: int | None = None) -> bytes:
        """Status line and fields. `size` is the body's, where it is known before it is there."""
        # Told before anything is sent, so that the client gets a whole 500.
        if self.fields is None:
            raise RuntimeError("the application gave its body without calling start_response()")
        if isinstance(self.result, (list, tuple)):
            size = sum(map(len, self.result))
        known = {"date": http_date(int(time.time())), "server": self.version_string(), "content-length": ""}
        lines = []
        for name, value in self.fields:
            key = name.lower()
            if key in known:
                known[key] = value
            elif not util.is_hop_by_hop(key):  # only the server knows the connection (PEP 3333)
                lines.append(f"{name}: {value}\r\n")
            elif key == "connection" and value.lower() == "close":
                self.keep = False
            else:
                warn("dropped the hop-by-hop header %s: %s", name, value)
        if known["server"]:
            lines.append(f"Server: {known['server']}\r\n")
        lines += [self._framing(known["content-length"], size), self._persistence()]
        self.headers_sent = True
        head = f"HTTP/1.1 {self.status}\r\nDate: {known['date']}\r\n{''.join(lines)}\r\n"
        return head.encode("latin-1")

    def _framing(self, declared: str, size: int | None) -> str:
        """How the client finds the end of the body (RFC 9112 6.3), as a field."""
        code = self.status[:3]
        self.bodiless = self.command == "HEAD" or code in ("204", "304") or code[0] == "1"
        if code == "204" or code[0] == "1":  # RFC 9110 8.6: not even a length of 0
            return ""
        # An empty answer to HEAD says nothing about the length that GET would have.
        if not declared and size is not None and code != "304" and (size or not self.bodiless):
            declared = str(size)
        if declared:
            self.left = None if self.bodiless else int(declared)
            return f"Content-Length: {declared}\r\n"
        self.chunked = self.head.minor > 0 and not self.bodiless
        # For HTTP/1.0 only the closed connection tells the end.
        self.keep = self.keep and (self.chunked or self.bodiless)
        return "Transfer-Encoding: chunked\r\n" if self.chunked else ""

    def _persistence(self) -> str:
        """Whether the connection goes on, as a field."""
        body = self.body
        # An upload that nobody reads, or that the client was not told to send and may send or not.
        unread = body.expects or body.left > self.link.limits.drain_bytes
        if unread or self.server.stopping:
            self.keep = body.expects = False
        if self.keep:
            return "" if self.head.minor else "Connection: keep-alive\r\n"
        return "Connection: close\r\n"

    def _fail(self, error: Exception) -> None:
        """Answer 500 and log, or 400 for a broken body; too late for either, leave it cut."""
        self.keep = self.finished = False
        status, text = "500 Internal Server Error", b"Internal Server Error\n"
        if isinstance(error, Refused):
            status, text = error.status, f"{error.why}\n".encode()
        else:
            logger.error("the application failed", exc_info=error)
        if not self.headers_sent:
            self.status, self.fields, self.result = status, [("Content-Type", "text/plain")], [text]
            self._send_result([text])
        if self.server.passthrough_errors and not isinstance(error, Refused):
            raise error

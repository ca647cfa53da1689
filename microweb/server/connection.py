"""One connection from accept to close: read a head, answer it, let go.

The rule: whatever happens in here ends here, with one log line and a closed socket. After an
error nothing more of the connection is read as a request.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import time
from contextlib import suppress

from .body import open_body
from .environ import make_environ
from .errors import Refused
from .gateway import Gateway
from .head import Head, read_head
from .log import access
from .source import BLOCK, HEAD_SECONDS, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .serving import Server

# A client that still sends gets a reset, and loses the response, if we close on it (RFC 9112 9.6).
LINGER_SECONDS = 1.0
LINGER_BYTES = 16 * 1024 * 1024
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Connection:
    """A client's socket, at a server whose application and `base` environ it uses."""

    def __init__(self, server: Server, sock: socket.socket, peer: tuple[t.Any, ...]) -> None:
        self.server = server
        self.sock = sock
        self.peer, self.port = str(peer[0]), str(peer[1])
        #: No request is being answered: the server may hang up at any time.
        self.idle = True

    def run(self) -> None:
        """Serve the one request that a connection carries, and close."""
        try:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.server.ssl_context is not None:
                # Not in accept(): there one silent client would stop all others.
                self.sock.settimeout(HEAD_SECONDS)
                self.sock = self.server.ssl_context.wrap_socket(self.sock, server_side=True)
            self._serve(Source(self.sock))
        except OSError:
            pass  # reset, or silent for too long: nobody is left to be told
        finally:
            self.sock.close()

    def hang_up(self) -> None:
        """Make a waiting read fail, from another thread."""
        with suppress(OSError):  # gone already
            self.sock.shutdown(socket.SHUT_RDWR)

    def _serve(self, source: Source) -> None:
        started = time.monotonic()
        head = Head(b"-", b"-", 1)
        environ: dict[str, t.Any] = {"REQUEST_METHOD": "-", "SERVER_PROTOCOL": "HTTP/1.1"}
        application = self.server.app
        unread = False
        try:
            head = read_head(source)
            environ = make_environ(head, self.server.base)
            environ.update(REMOTE_ADDR=self.peer, REMOTE_PORT=self.port)
            if head.chunked:
                # No length tells the end, so that the stream has to. (Where there is a length, a
                # framework that counts finds short bodies out by itself.)
                environ["wsgi.input_terminated"] = True
        except Refused as error:
            if not source.begun:
                return  # opened in advance, as browsers do, and never used
            application, unread = refusal(error), True
        self.idle = False
        source.deadline = None
        gateway = Gateway(self.sock, environ, self.server.multithread)
        body = open_body(head, source, gateway.go_on)
        gateway.stdin = io.BytesIO() if body.finished else io.BufferedReader(body, BLOCK)
        try:
            gateway.run(application)
        finally:
            access(self.peer, head, gateway.outcome, gateway.sent, time.monotonic() - started)
        if not gateway.finished:
            # Without a length a client of HTTP/1.0 would take a cut body for the whole: only a
            # reset tells it.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif unread or source.early or not body.finished:
            self._linger()

    def _linger(self) -> None:
        """Say that nothing follows, and take what is under way, within bounds."""
        self.sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + LINGER_SECONDS
        taken = count = 1
        while count and taken < LINGER_BYTES and (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
            count = len(self.sock.recv(BLOCK))
            taken += count


def refusal(error: Refused) -> t.Any:
    """The WSGI application that answers bytes which are no request: why, and not what, since
    what was sent is not repeated to anyone."""

    def application(environ: dict[str, t.Any], start_response: t.Any) -> list[bytes]:
        start_response(error.status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{error.why}\n".encode()]

    return application

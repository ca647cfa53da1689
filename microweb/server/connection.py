"""One connection from accept to close: what has come, what it is waiting for, and until when.

The rule: nothing in here waits for a client, except while an application reads a body or has a
response that the client is slow to take; both end at a deadline. Whatever happens ends with one
log line and a closed socket, and after an error nothing more is read as a request.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from contextlib import suppress

from .body import Body, ChunkedBody
from .errors import BLOCK, ClientGone, Refused, require
from .head import Head, take_head
from .log import access

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .loop import BaseWSGIServer

# sendfile() has a time-out of its own for each call; between the calls there is the deadline.
_PIECE = 16 * 1024 * 1024
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_REFUSAL = (
    "HTTP/1.1 {0.status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: {1}\r\nConnection: close\r\n\r\n{0.why}\n"
)


class Connection:
    """A client's socket at a server. `step` is what to do when something has come."""

    def __init__(self, server: BaseWSGIServer, sock: socket.socket, address: t.Any) -> None:
        self.server, self.sock, self.limits = server, sock, server.limits
        self.fileno = sock.fileno()
        # A Unix socket's clients have no address.
        self.client_address = address if isinstance(address, tuple) else ("", 0)
        self.peer = str(self.client_address[0])
        self.buffer = bytearray()
        #: Bytes of the buffer that are known not to complete a head.
        self.seen = 0
        self.requests = 0
        #: Seconds that a body or a response may still keep a thread waiting.
        self.patience = 0.0
        self.started = time.monotonic()
        self.deadline = self.started + self.limits.head_seconds
        self.tls = server.ssl_context is not None
        self.step: t.Callable[[], None] = self._shake_hands if self.tls else self.read

    # -- waiting: each step ends in park(), linger() or close() --------------------------------

    def _shake_hands(self) -> None:
        """The first steps under TLS."""
        sock: t.Any = self.sock
        try:
            if not hasattr(sock, "do_handshake"):
                if sock.recv(1, socket.MSG_PEEK) not in (b"\x16", b""):
                    self.tls = False
                    self.refuse(Refused(400, "this port speaks TLS: use https"))
                    return
                context: t.Any = self.server.ssl_context
                sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self.sock = sock
            sock.do_handshake()
        except self.server.again:
            self.park()
        except OSError:  # not TLS after all, or a client that does not trust us
            self.close()
        else:
            self.step = self.read
            self.read()

    def read(self) -> None:
        """Receive, and answer every request that is complete."""
        data = self._receive()
        if not data:
            # The end within a head is answered: half-closing clients still read.
            if data is None:
                self.park()
            elif self.buffer:
                self.refuse(Refused(400, "the connection ended within the request"))
            else:
                self.close()
            return
        if not self.buffer:
            self.started = time.monotonic()
            if self.requests:
                self.deadline = self.started + self.limits.head_seconds
        self.buffer += data
        self.answer()

    def answer(self) -> None:
        """Answer what lies in the buffer."""
        for _ in range(self.limits.pipelined):
            if not self._answer_one():
                return
        # Who sends faster than he is answered must not stop the others, and has to read as well.
        self.step = self.answer
        self.server.park(self, writable=True)

    def _answer_one(self) -> bool:
        """Answer a request; False when the connection waits, lingers or is closed."""
        try:
            head = take_head(self.buffer, self.seen, self.limits)
        except Refused as error:
            self.refuse(error)
            return False
        if head is None:
            self.seen = len(self.buffer)
            self.park()
            return False
        self.seen = 0
        keep = self._serve(head)
        self.started = time.monotonic()
        if not keep:
            return False
        if self.tls and not self.buffer:
            # Deciphered already, so that the poller would never report it.
            self.buffer += self._receive() or b""
        if self.buffer:
            self.deadline = self.started + self.limits.head_seconds
            return True
        self.deadline = self.started + self.limits.idle_seconds
        self.park()
        return False

    def _serve(self, head: Head) -> bool:
        """Run the application; whether the connection goes on."""
        self.requests += 1
        if head.dropped:
            self.server.count_dropped(head.dropped)
        bound = self.limits.body_bytes
        if bound is not None and head.length > bound:
            self.refuse(Refused(413, f"a body may have {bound} bytes"), head)
            return False
        self.patience = self.limits.stall_seconds
        body = ChunkedBody(self, head.expects) if head.chunked else Body(self, head.length, head.expects)
        handler = self.server.request_handler(self, head, body)
        handler.handle()
        if handler.finished and handler.keep and (body.finished or self._drain(body)):
            return True
        if handler.finished or handler.chunked or handler.left:
            self.linger()
        else:
            # Nothing but the end tells the end: only a reset tells a client that this one is early.
            self.close(reset=True)
        return False

    def _drain(self, body: Body) -> bool:
        """Read what the application left of a body, so that it is not taken for a request."""
        left = self.limits.drain_bytes
        self.patience = self.limits.linger_seconds
        try:
            while not body.finished and left > 0:
                left -= len(body.read(BLOCK) or b"")
        except Refused:
            return False
        return body.finished

    def park(self) -> None:
        """Wait for more, without a thread."""
        if self.step == self.answer:
            self.step = self.read
        self.server.park(self)

    def refuse(self, error: Refused, head: Head | None = None) -> None:
        """Answer what is no request: why, and not what, since that is repeated to nobody."""
        text = _REFUSAL.format(error, len(error.why) + 1)
        try:
            self.sock.send(text.encode("latin-1"))
        except OSError:
            self.close()
            return
        access(self, head or Head(), error.status[:3], len(error.why) + 1)
        self.linger()

    def linger(self) -> None:
        """Say that nothing follows, and take what is under way, within bounds."""
        self.deadline = time.monotonic() + self.limits.linger_seconds
        self.seen = self.limits.linger_bytes
        self.step = self._discard
        self.buffer.clear()
        try:
            self.sock.setblocking(False)
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        self._discard()

    def _discard(self) -> None:
        data = self._receive()
        while data and self.seen > 0:
            self.seen -= len(data)
            data = self._receive()
        self.park() if data is None else self.close()

    def expire(self) -> None:
        """End it at its deadline."""
        if self.step != self.read or self.is_idle():
            self.close()
        elif self.buffer:
            self.refuse(Refused(408, "the request did not arrive in time"))
        else:  # it came, and nobody had the time to look at it
            self.refuse(Refused(503, "no thread was free in time"))

    def is_idle(self) -> bool:
        """Whether nothing at all has come of a next request."""
        if self.buffer or self.step == self._discard:
            return False
        try:
            # The socket's own recv(), as that of TLS cannot peek.
            return not socket.socket.recv(self.sock, 1, socket.MSG_PEEK)
        except OSError as error:
            return isinstance(error, BlockingIOError)

    def close(self, reset: bool = False) -> None:
        """Hang up, once."""
        if self.sock.fileno() < 0:
            return
        if reset:
            with suppress(OSError):  # gone already
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.server.forget(self)
        self.sock.close()

    # -- bytes in ------------------------------------------------------------------------------

    def _receive(self) -> bytes | None:
        """What has come, b"" at the end, None when that is still open."""
        try:
            data = self.sock.recv(BLOCK)
            while self.tls and data and self.sock.pending():  # type: ignore[attr-defined]
                data += self.sock.recv(BLOCK)
            return data
        except self.server.again:
            return None
        except OSError:  # reset
            return b""

    def more(self) -> None:
        """Receive at least a byte into the buffer, for a body. Raises Refused."""
        try:
            data = self._receive()
            if data is None:
                data = self._patiently(self.sock.recv, BLOCK)
                self._reward(len(data))
        # The name that Python 3.9 knows; later ones call it TimeoutError.
        except socket.timeout:
            raise Refused(408, "the body did not arrive in time") from None
        except OSError:
            data = b""
        require(data, "the connection ended within the request")
        self.buffer += data

    # -- bytes out -----------------------------------------------------------------------------

    def go_on(self) -> None:
        """Tell the client to send its body."""
        self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def send(self, data: bytes | memoryview) -> None:
        """Send all of it. Only in here a broken connection means the client's."""
        try:
            try:
                sent = self.sock.send(data)
            except self.server.again:
                sent = 0
            view = memoryview(data)[sent:]
            while view:
                sent = self._patiently(self.sock.send, view[: 4 * BLOCK])
                view = view[sent:]
                self._reward(sent)
        except OSError as error:
            raise ClientGone(str(error)) from None

    def send_file(self, file: t.Any, offset: int, count: int) -> int:
        """Send a piece of a file without reading it; how much of it there was."""
        start = offset
        try:
            while count and (sent := self._patiently(self.sock.sendfile, file, offset, min(count, _PIECE))):
                offset, count = offset + sent, count - sent
                self._reward(sent)
        except OSError as error:
            raise ClientGone(str(error)) from None
        return offset - start

    def _patiently(self, call: t.Callable[..., t.Any], *arguments: t.Any) -> t.Any:
        """A call on the socket that waits, at most for what is left of the patience."""
        begun = time.monotonic()
        try:
            self.sock.settimeout(max(self.patience, 0.001))
            return call(*arguments)
        finally:
            self.patience -= time.monotonic() - begun
            self.sock.setblocking(False)

    def _reward(self, count: int) -> None:
        """Bytes that moved buy time, but none to lay by."""
        more = self.patience + count / self.limits.bytes_a_second
        self.patience = min(more, self.limits.stall_seconds)

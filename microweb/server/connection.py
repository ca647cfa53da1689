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

from .body import Body
from .head import Head, take_head
from .limits import BLOCK, ClientGone, Refused, require
from .log import logger, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .loop import BaseWSGIServer

# sendfile() has a time-out of its own for each call; between the calls there is the deadline.
_PIECE = 16 * 1024 * 1024
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Connection:
    """A client's socket at a server. `step` is what to do when something has come; each step ends in
    the poller, in `linger` or in `close`."""

    def __init__(self, server: BaseWSGIServer, sock: socket.socket, address: t.Any) -> None:
        self.server, self.sock, self.limits = server, sock, server.limits
        self.fileno = sock.fileno()
        # A Unix socket's clients have no address.
        self.client_address = address if isinstance(address, tuple) else ("", 0)
        self.buffer = bytearray()
        #: Bytes of the buffer that are known not to complete a head; later, those yet to be discarded.
        self.seen = self.requests = 0
        #: Seconds that a body or a response may still keep a thread waiting.
        self.patience = 0.0
        self.started = time.monotonic()
        self.deadline = self.started + self.limits.head_seconds
        self.step: t.Callable[[], None] = self._begin_tls if server.ssl_context else self.read

    # -- steps ---------------------------------------------------------------------------------

    def _begin_tls(self) -> None:
        """The first step under TLS. The handshake itself is done by what then receives."""
        first = self._receive(1, socket.MSG_PEEK)
        if first is None:
            self.server.park(self)
        elif first in b"\x16":
            self.step = self.read
            with suppress(OSError):  # reset in this moment, and closed
                wrap = self.server.ssl_context.wrap_socket
                self.sock = wrap(self.sock, server_side=True, do_handshake_on_connect=False)
            self.read()
        else:
            self.refuse(Refused(400, "this port speaks TLS: use https"))

    def read(self) -> None:
        """Receive, and answer every request that is complete."""
        data = self._receive()
        if data:
            if not self.buffer:
                self.started = time.monotonic()
                if self.requests:  # the first request's deadline counts from the beginning
                    self.deadline = self.started + self.limits.head_seconds
            self.buffer += data
            self.answer()
        elif data is None:
            self.server.park(self)
        elif self.buffer:  # the end within a head is answered: half-closing clients still read
            self.refuse(Refused(400, "the connection ended within the request"))
        else:
            self.close()

    def answer(self) -> None:
        """Answer what lies in the buffer."""
        self.step = self.read
        for _ in range(self.limits.pipelined):
            try:
                head = take_head(self.buffer, self.seen, self.limits)
            except Refused as error:
                return self.refuse(error)
            if head is None:
                self.seen = len(self.buffer)
                return self.server.park(self)
            if not self._serve(head):
                return None
            self.seen, self.started = 0, time.monotonic()
            self.deadline = self.started + self.limits.idle_seconds
            if not self.buffer:
                return self.server.park(self)
            self.deadline = self.started + self.limits.head_seconds
        # Who sends faster than he is answered must not stop the others, and has to read as well.
        self.step = self.answer
        return self.server.park(self, writable=True)

    def _serve(self, head: Head) -> bool:
        """Run the application; whether the connection goes on."""
        self.requests += 1
        if head.dropped and not self.server.dropped:  # told once: a proxy may have been meant to set them
            warn("dropped %d header fields whose names have a _, and will do so without a word", head.dropped)
        self.server.dropped += head.dropped
        self.patience, bound = self.limits.stall_seconds, self.limits.body_bytes
        body = Body(self, head.length, head.expects, head.chunked)
        handler = self.server.request_handler(self, head, body)
        if bound is not None and head.length > bound:
            handler.refused = Refused(413, f"a body may have {bound} bytes")
        handler.handle()
        if handler.finished and handler.keep and (body.finished or self._drain(body)):
            return True
        # What an application wrote to a socket that it took is to arrive, too.
        if handler.finished or handler.chunked or handler.left or handler.taken:
            self.linger()
        else:
            # Nothing but the end tells the end: only a reset tells a client that this one is early.
            self.close(reset=True)
        return False

    def _drain(self, body: Body) -> bool:
        """Read what the application left of a body, so that it is not taken for a request."""
        self.patience = self.limits.linger_seconds
        bound = body.taken + self.limits.drain_bytes
        with suppress(Refused):
            while not body.finished and body.taken < bound:
                body.read(BLOCK)
        return body.finished

    def refuse(self, error: Refused) -> None:
        """Answer what is no request, without waiting for who has sent it."""
        self.patience = 0.0
        try:
            handler = self.server.request_handler(self, Head(), Body(self))
            handler.refused = error
            handler.handle()
        except Exception:  # a handler of the program's own; the accept loop must not end with it
            logger.exception("a refusal was given up")
        self.linger()

    def linger(self) -> None:
        """Say that nothing follows, and take what is under way, within bounds."""
        self.deadline = time.monotonic() + self.limits.linger_seconds
        self.seen = self.limits.linger_bytes
        self.step = self._discard
        self.buffer.clear()
        with suppress(OSError):  # reset, which the next call tells
            self.sock.shutdown(socket.SHUT_WR)
        self._discard()

    def _discard(self) -> None:
        while (data := self._receive()) and self.seen > 0:
            self.seen -= len(data)
        self.server.park(self) if data is None else self.close()

    # -- ends ----------------------------------------------------------------------------------

    def expire(self) -> None:
        """End it at its deadline, or because nobody has the time for it."""
        if self.is_unheard():
            self.refuse(Refused(503, "no thread was free in time"))
        elif self.buffer and self.step == self.read:
            self.refuse(Refused(408, "the request did not arrive in time"))
        else:
            self.close()

    def is_idle(self) -> bool:
        """Whether nothing at all has come of a next request."""
        return not self.buffer and self.step != self._discard and not self._has_more()

    def is_unheard(self) -> bool:
        """Whether a request has come at which nobody has looked."""
        return not self.buffer and self.step == self.read and self._has_more()

    def _has_more(self) -> bool:
        try:
            # The socket's own recv(), as that of TLS cannot peek.
            return bool(socket.socket.recv(self.sock, 1, socket.MSG_PEEK))
        except OSError:
            return False  # nothing yet, or reset

    def close(self, reset: bool = False) -> None:
        """Hang up."""
        if reset:
            with suppress(OSError):  # gone already
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.server.forget(self)
        self.sock.close()

    # -- bytes in ------------------------------------------------------------------------------

    def _receive(self, count: int = BLOCK, flags: int = 0) -> bytes | None:
        """What has come, b"" at the end, None when that is still open. A block is more than a record of
        TLS: nothing deciphered stays behind, of which the poller would never tell."""
        try:
            return self.sock.recv(count, flags)
        except self.server.again:
            return None
        except OSError:  # reset
            return b""

    def more(self) -> None:
        """Receive at least a byte into the buffer, for a body. Raises Refused."""
        try:
            data = self._patiently(self.sock.recv, BLOCK)
        # The name that Python 3.9 knows; later ones call it TimeoutError.
        except socket.timeout:
            raise Refused(408, "the body did not arrive in time") from None
        except OSError:
            data = b""
        require(data, "the connection ended within the request")
        self.buffer += data

    # -- bytes out -----------------------------------------------------------------------------

    def send(self, data: bytes | memoryview) -> None:
        """Send all of it. Only in here a broken connection means the client's."""
        try:
            try:
                sent = self.sock.send(data)
            except self.server.again:
                sent = 0
            view = memoryview(data)[sent:]
            while view:
                view = view[self._patiently(self.sock.send, view[: 4 * BLOCK]) :]
        except OSError as error:
            raise ClientGone(str(error)) from None

    def send_file(self, file: t.Any, offset: int, count: int) -> int:
        """Send a piece of a file without reading it; how much of it there was."""
        start, left = offset, count
        try:
            # Nothing is sent of a file that was cut meanwhile.
            while left and (sent := self._patiently(self.sock.sendfile, file, offset, min(left, _PIECE))):
                offset, left = offset + sent, left - sent
        except OSError as error:
            raise ClientGone(str(error)) from None
        return offset - start

    def _patiently(self, call: t.Callable[..., t.Any], *arguments: t.Any) -> t.Any:
        """A call on the socket that waits, as long as the patience lasts."""
        begun = time.monotonic()
        try:
            self.sock.settimeout(max(self.patience, 0.001))
            moved = call(*arguments)
        finally:
            self.patience -= time.monotonic() - begun
            self.sock.setblocking(False)
        # Bytes that moved buy time, but none to lay by.
        count = moved if isinstance(moved, int) else len(moved)
        self.patience = min(self.patience + count / self.limits.bytes_a_second, self.limits.stall_seconds)
        return moved

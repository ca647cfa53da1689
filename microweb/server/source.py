"""The receiving half of a connection: bytes under a deadline, whole lines under a limit.

The rule: whoever reads gets the same lines and bytes, however the network cut them, and never
waits for longer than the deadline, whatever trickles in.
"""

from __future__ import annotations

import socket
import time

from .errors import Refused, require

BLOCK = 64 * 1024
#: For the whole head, not per read: slowloris sends a byte now and then.
HEAD_SECONDS = 10.0
#: A client that then sends nothing for so many seconds has gone.
IDLE_SECONDS = 30.0


class Source:
    """A socket to read from, with what was received too early in front of it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.early = bytearray()
        #: Whether anything has come at all.
        self.begun = False
        self.deadline: float | None = time.monotonic() + HEAD_SECONDS

    def receive(self, target: bytearray | memoryview) -> int:
        """One read off the socket, at least a byte. Raises Refused at the end."""
        # Within a body each read has its own time: an upload may be long, but not silent.
        left = IDLE_SECONDS
        if self.deadline is not None:
            # Not 0, which would mean a socket that never waits.
            left = max(self.deadline - time.monotonic(), 0.001)
        self.sock.settimeout(left)
        try:
            count = self.sock.recv_into(target)
        # The name that Python 3.9 knows; later ones call it TimeoutError.
        except socket.timeout:
            raise Refused(408, "the request did not arrive in time") from None
        except OSError as error:
            raise Refused(400, f"the connection broke: {error.strerror}") from None
        require(count, "the connection ended within the request")
        self.begun = True
        return count

    def read_into(self, target: memoryview) -> int:
        """Fill target with at least one byte. Raises Refused when none can come."""
        count = min(len(target), len(self.early))
        if not count:
            return self.receive(target)
        target[:count] = self.early[:count]
        del self.early[:count]
        return count

    def more(self) -> None:
        """Receive a block into `early`."""
        block = bytearray(BLOCK)
        self.early += memoryview(block)[: self.receive(block)]

    def read_line(self, limit: int, status: int = 431) -> bytes:
        """A line without its CRLF; Refused with the status if it is longer than the limit.

        A bare CR or LF ends lines for some readers and not for others (CVE-2019-16785,
        CVE-2023-37276), so that neither is let through.
        """
        # Each byte is looked at once, or a line sent byte by byte costs its square.
        seen = 0
        while (end := self.early.find(b"\n", seen, limit)) < 0:
            require(len(self.early) < limit, f"a line may have {limit} bytes", status)
            seen = len(self.early)
            self.more()
        line = bytes(self.early[: end + 1])
        del self.early[: end + 1]
        require(0 <= line.find(b"\r") == end - 1, "lines end with CR LF, and hold neither")
        return line[:-2]

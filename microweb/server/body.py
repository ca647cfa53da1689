"""What follows the head, as the `wsgi.input` that PEP 3333 asks for.

The rule: a read never goes beyond the request's body, never waits for bytes that cannot come,
and an incomplete body raises instead of looking whole (RFC 9112 8). Both bodies are raw streams
with a single method, `readinto`; `io.BufferedReader` makes `read`, `readline` and iteration of
it. Nothing is allocated from a length that the client named.
"""

from __future__ import annotations

import io
import re

from .errors import require
from .head import FIELD

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


CHUNK_LINE_LIMIT = 256
# RFC 9112 7.1; what a chunk extension may hold is where readers disagree (CVE-2025-55315).
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")


class Body(io.RawIOBase):
    """A body of known length; `expects` tells that the client waits to be told to send it."""

    def __init__(self, source: t.Any, left: int = 0, expects: bool = False) -> None:
        # A connection: its `buffer`, `more()` that adds at least a byte to it, and `go_on()`.
        self.source, self.left, self.expects = source, left, expects
        #: Bytes taken off the connection, and whether that was the last one.
        self.taken, self.finished = 0, not left

    def readable(self) -> bool:
        """True: the one thing that this stream is for."""
        return True

    def readinto(self, target: t.Any) -> int:
        """Read at least a byte, up to the end of the body. Raises Refused."""
        # Never beyond the end: what follows may be the next request.
        count = min(len(target), self.left)
        if not count:
            return 0
        # What has come is enough: to wait for more would stop a program that reads as it goes.
        buffer = self._filled()
        count = min(count, len(buffer))
        target[:count] = buffer[:count]
        del buffer[:count]
        self.taken += count
        self.left -= count
        self.finished = not self.left
        return count

    def _filled(self) -> bytearray:
        """The connection's buffer with at least a byte in it."""
        if self.expects:
            self.expects = False
            # Only when somebody reads: an application that refuses gets no body at all.
            self.source.go_on()
        if not self.source.buffer:
            self.source.more()
        return self.source.buffer  # type: ignore[no-any-return]


class ChunkedBody(Body):
    """A body in chunks (RFC 9112 7.1); `left` counts what is left of the current one."""

    def __init__(self, source: t.Any, left: int = 0, expects: bool = False) -> None:
        super().__init__(source, left, expects)
        self.finished = self._begun = self._broken = False
        #: Bytes of body so far, without what frames them.
        self.size = 0

    def readinto(self, target: t.Any) -> int:
        """Read at least a byte, up to the end of the body. Raises Refused."""
        if self.finished or not len(target):
            return 0
        require(not self._broken, "the chunks of the body are broken")
        self._broken = True  # until this read went well: after an error nothing more is parsed
        if not self.left:
            self.left = self._next_size()
        if ended := not self.left:
            self._skip_trailers()
        count = super().readinto(target)
        self.finished, self._broken = ended, False
        return count

    def _next_size(self) -> int:
        # The line end of the chunk before is part of the grammar: skipped unseen, it would smuggle.
        require(not self._begun or self._line(2) == b"\r\n", "a chunk is too long")
        self._begun = True
        match: t.Any = _CHUNK.fullmatch(self._line(CHUNK_LINE_LIMIT))
        require(match, "a chunk begins with its size in hexadecimal digits")
        self.size += (size := int(match[1], 16))
        bound = self.source.limits.body_bytes
        # A MiB in chunks of a byte is six to receive: what frames the body counts, too, beyond what the few
        # chunks of an honest client need (CVE-2025-69229).
        fits = bound is None or self.size <= bound and self.taken + size <= bound + CHUNK_LINE_LIMIT
        require(fits, f"a body may have {bound} bytes", 413)
        return size

    def _skip_trailers(self) -> None:
        """Checked like header fields and then dropped: a trailer that could add a header would
        get past every check of the head (CVE-2023-40175)."""
        limits, count, begin = self.source.limits, 0, self.taken
        while (line := self._line(limits.line_bytes)) != b"\r\n":
            require(FIELD.fullmatch(line.decode("latin-1")), "a trailer is no header field")
            count += 1
            fits = count <= limits.fields and self.taken - begin <= limits.head_bytes
            require(fits, f"a body may have {limits.fields} trailers of {limits.head_bytes} bytes", 431)

    def _line(self, limit: int) -> bytes:
        """A line off the buffer, with its end."""
        buffer, seen = self._filled(), 0
        while (end := buffer.find(b"\n", seen, limit)) < 0:
            require(len(buffer) < limit, "a line between chunks is too long")
            seen = len(buffer)
            self.source.more()
        line = bytes(buffer[: end + 1])
        del buffer[: end + 1]
        self.taken += end + 1
        return line

"""What follows the head, as the `wsgi.input` that PEP 3333 asks for.

The rule: a read never goes beyond the request's body, never waits for bytes that cannot come,
and an incomplete body raises instead of looking whole (RFC 9112 8). A body is a raw stream with
a single method, `readinto`; `io.BufferedReader` makes `read`, `readline` and iteration of it.
Nothing is allocated from a length that the client named.
"""

from __future__ import annotations

import io
import re

from .head import FIELD
from .limits import require

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


CHUNK_LINE_LIMIT = 256
# RFC 9112 7.1; what a chunk extension may hold is where readers disagree (CVE-2025-55315).
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")


class Body(io.RawIOBase):
    """A body of `left` bytes, or one in chunks (RFC 9112 7.1), where that is what is left of the current
    one; `expects` tells that the client waits to be told to send it."""

    def __init__(self, source: t.Any, left: int = 0, expects: bool = False, chunked: bool = False) -> None:
        # A connection: its `buffer`, `more()` that adds at least a byte to it, and `send()`.
        self.source, self.left, self.expects, self.chunked = source, left, expects, chunked
        #: Bytes taken off the connection, those of them that are body, and whether that was the last one.
        self.taken, self.size, self.finished = 0, 0, not (left or chunked)
        self._broken = False

    def readable(self) -> bool:
        """True: the one thing that this stream is for."""
        return True

    def readinto(self, target: t.Any) -> int:
        """Read at least a byte, up to the end of the body. Raises Refused."""
        if self.finished or not len(target):
            return 0
        require(not self._broken, "the body is broken")
        self._broken = True  # until this read went well: after an error nothing more is parsed
        if self.chunked and not self.left:
            self.left = self._next_size()
        # Never beyond the end: what follows may be the next request. And what has come is enough: to wait
        # for more would stop a program that reads as it goes.
        count = min(len(target), self.left, len(self._filled()) if self.left else 0)
        target[:count] = self._take(count)
        self.left -= count
        self._broken = False
        self.finished = not count or not (self.left or self.chunked)
        return count

    def _take(self, count: int) -> bytearray:
        data: bytearray = self.source.buffer[:count]
        del self.source.buffer[:count]
        self.taken += count
        return data

    def _filled(self) -> bytearray:
        """The connection's buffer with at least a byte in it."""
        if self.expects:
            self.expects = False
            # Only when somebody reads: an application that refuses gets no body at all.
            self.source.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.source.buffer:
            self.source.more()
        return self.source.buffer  # type: ignore[no-any-return]

    def _next_size(self) -> int:
        # The line end of the chunk before is part of the grammar: skipped unseen, it would smuggle.
        require(not self.taken or self._line(2) == b"\r\n", "a chunk is too long")
        match: t.Any = _CHUNK.fullmatch(self._line(CHUNK_LINE_LIMIT))
        require(match, "a chunk begins with its size in hexadecimal digits")
        self.size += (size := int(match[1], 16))
        bound = self.source.limits.body_bytes
        # A MiB in chunks of a byte is six to receive: what frames the body counts, too, beyond what the few
        # chunks of an honest client need (CVE-2025-69229).
        fits = bound is None or self.size <= bound and self.taken + size <= bound + CHUNK_LINE_LIMIT
        require(fits, f"a body may have {bound} bytes", 413)
        if not size:
            self._skip_trailers()
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

    def _line(self, limit: int) -> bytearray:
        """A line off the buffer, with its end."""
        buffer, seen = self._filled(), 0
        while (end := buffer.find(b"\n", seen, limit)) < 0:
            require(len(buffer) < limit, "a line between chunks is too long")
            seen = len(buffer)
            self.source.more()
        return self._take(end + 1)

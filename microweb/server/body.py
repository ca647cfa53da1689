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
from .head import FIELD_LIMIT, LINE_LIMIT, parse_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .head import Head
    from .source import Source

CHUNK_LINE_LIMIT = 256
# RFC 9112 7.1; what a chunk extension may hold is where readers disagree (CVE-2025-55315).
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?")


class Body(io.RawIOBase):
    """A body of known length. `before` runs ahead of the first read: there a client that waits
    for it is told to go on."""

    def __init__(self, source: Source, left: int, before: t.Callable[[], object] | None) -> None:
        self.source, self.left, self.before = source, left, before
        #: Whether the last byte of the body has been taken off the connection.
        self.finished = not left

    def readable(self) -> bool:
        """True: the one thing that this stream is for."""
        return True

    def readinto(self, target: t.Any) -> int:
        """Read at least a byte, up to the end of the body. Raises Refused."""
        self._go_on()
        # Never beyond the end: what follows may be the next request.
        count = min(len(target), self.left)
        if count:
            # What has come is enough: to wait for more would stop a program that reads as it goes.
            count = self.source.read_into(memoryview(target)[:count])
            self.left -= count
        self.finished = not self.left
        return count

    def _go_on(self) -> None:
        if self.before is not None:
            before, self.before = self.before, None
            before()


class ChunkedBody(Body):
    """A body in chunks (RFC 9112 7.1); `left` counts what is left of the current one."""

    def __init__(self, source: Source, before: t.Callable[[], object] | None) -> None:
        super().__init__(source, 0, before)
        self.finished = self._begun = self._broken = False

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
        self._go_on()
        # The line end of the chunk before is part of the grammar: skipped unseen, it would smuggle.
        require(not self._begun or not self.source.read_line(2), "a chunk is too long")
        self._begun = True
        match: t.Any = _CHUNK.fullmatch(self.source.read_line(CHUNK_LINE_LIMIT))
        require(match, "a chunk begins with its size in hexadecimal digits")
        return int(match[1], 16)

    def _skip_trailers(self) -> None:
        """Checked like header fields and then dropped: a trailer that could add a header would
        get past every check of the head (CVE-2023-40175)."""
        count = 0
        while line := self.source.read_line(LINE_LIMIT):
            parse_field(line)
            count += 1
            require(count <= FIELD_LIMIT, f"a body may have {FIELD_LIMIT} trailers", 431)


def open_body(head: Head, source: Source, go_on: t.Callable[[], object]) -> Body:
    """The body that the head announces."""
    # "100 Continue" only when somebody reads: an application that refuses gets no body at all.
    before = go_on if head.expects else None
    return ChunkedBody(source, before) if head.chunked else Body(source, head.length, before)

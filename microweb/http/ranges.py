"""Parts of a body: Range, If-Range and Content-Range.

The rule (RFC 9110 14): a Range that is malformed, or in a unit that is not understood, is as good as none;
several ranges at once are read but not served, as they are a way to ask for a body many times over
(CVE-2025-62727). Inside, the end of a range is exclusive, as it is in Python; in the header the last byte is
included.
"""

from __future__ import annotations

from .caching import quote_etag, unquote_etag
from .dates import http_date, parse_date
from .options import HeaderValue
from .wsgi import plain_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .datastructures import OnUpdate

    Position = t.Optional[int]


class IfRange(HeaderValue):
    """An If-Range header: an ETag, a date, or neither."""

    def __init__(self, etag: str | None = None, date: datetime | None = None, weak: bool = False) -> None:
        self.etag = etag
        self.date = date
        #: A weak ETag cannot say that bytes are the same, so it never matches (RFC 9110 13.1.5).
        self.weak = weak

    def to_header(self) -> str:
        """The value of the header; that an ETag was weak is not told."""
        if self.date is not None:
            return http_date(self.date)
        return "" if self.etag is None else quote_etag(self.etag)


class Range(HeaderValue):
    """A Range header: `(start, end)` pairs, the end exclusive or None; a negative start counts from the end.

    >>> r = parse_range_header("bytes=0-499")
    >>> r.ranges, r.range_for_length(100), r.to_content_range_header(100)
    ([(0, 500)], (0, 100), 'bytes 0-99/100')
    """

    def __init__(self, units: str, ranges: t.Sequence[tuple[int, int | None]]) -> None:
        self.units = units
        self.ranges = ranges
        for start, end in ranges:
            if start is None or (end is not None and not 0 <= start < end):
                raise ValueError(f"{(start, end)} is not a valid range.")

    def range_for_length(self, length: int | None) -> tuple[int, int] | None:
        """Start and end in a body of that length; None unless it is a single range that can be satisfied."""
        if self.units != "bytes" or length is None or len(self.ranges) != 1:
            return None
        start, end = self.ranges[0]
        if end is None:
            end = length
            start += length if start < 0 else 0
        return (start, min(end, length)) if is_byte_range_valid(start, end, length) else None

    def make_content_range(self, length: int | None) -> ContentRange | None:
        """The Content-Range that answers it, for a body of that length."""
        found = self.range_for_length(length)
        return None if found is None else ContentRange(self.units, *found, length)

    def to_content_range_header(self, length: int | None) -> str | None:
        """The value of the Content-Range that answers it."""
        content_range = self.make_content_range(length)
        return None if content_range is None else content_range.to_header()

    def to_header(self) -> str:
        """The value of the header."""
        return f"{self.units}=" + ",".join(
            [
                f"{start}-{end - 1}" if end is not None else f"{start}-" if start >= 0 else str(start)
                for start, end in self.ranges
            ]
        )


class ContentRange(HeaderValue):
    """A Content-Range header. Setting an attribute calls `on_update(self)`, and so does `set`."""

    units: str | None
    start: Position
    stop: Position
    length: Position
    on_update: OnUpdate

    def __init__(
        self,
        units: str | None,
        start: Position,
        stop: Position,
        length: Position = None,
        on_update: OnUpdate = None,
    ) -> None:
        self.__dict__["on_update"] = on_update
        self.set(start, stop, length, units)

    def __setattr__(self, name: str, value: t.Any) -> None:
        self.__dict__[name] = value
        if name != "on_update" and self.on_update is not None:
            self.on_update(self)

    def set(
        self, start: Position, stop: Position, length: Position = None, units: str | None = "bytes"
    ) -> None:
        """Change everything at once; `stop` is exclusive."""
        if not is_byte_range_valid(start, stop, length):
            raise ValueError(f"Bytes {start} to {stop} of {length} are no valid range.")
        self.__dict__.update(start=start, stop=stop, length=length)
        self.units = units

    def unset(self) -> None:
        """Say that there should be no such header."""
        self.set(None, None, units=None)

    def to_header(self) -> str:
        """The value of the header, empty if there should be none."""
        if self.units is None:
            return ""
        span = "*" if self.start is None or self.stop is None else f"{self.start}-{self.stop - 1}"
        return f"{self.units} {span}/{'*' if self.length is None else self.length}"

    def __bool__(self) -> bool:
        return self.units is not None


def is_byte_range_valid(start: Position, stop: Position, length: Position) -> bool:
    """Whether the bytes from `start` to before `stop` can exist in a body of that length."""
    if start is None or stop is None:
        return start is stop and (length is None or length >= 0)
    if start >= stop:
        return False
    return start >= 0 and (length is None or start < length)


def parse_range_header(value: str | None, make_inclusive: bool = True) -> Range | None:
    """The Range of a header; None if there is none, or it is malformed or out of order."""
    units, equals, spec = (value or "").partition("=")
    if not equals:
        return None
    ranges: list[tuple[int, int | None]] = []
    last_end: int | None = 0
    for item in spec.split(","):
        # A range to the end of the body is the last one.
        if last_end is None:
            return None
        try:
            start, last_end = _parse_range(item.strip(" \t"), last_end)
        except ValueError:
            return None
        ranges.append((start, last_end))
    return Range(units.strip(" \t").lower(), ranges)


def _parse_range(item: str, last_end: int) -> tuple[int, int | None]:
    first, dash, last = item.partition("-")
    if not first:
        start, end = plain_int(item), None
        is_valid = start < 0
    else:
        start = plain_int(first)
        end = plain_int(last) + 1 if last.strip(" \t") else None
        is_valid = bool(dash) and start >= last_end and (end is None or start < end)
    if not is_valid:
        raise ValueError(f"{item!r} is no range, or not behind the one before")
    return start, end


def parse_content_range_header(value: str | None, on_update: OnUpdate = None) -> ContentRange | None:
    """The ContentRange of a header; None if there is none, or it is malformed."""
    units, _, spec = (value or "").strip(" \t").partition(" ")
    span, slash, size = spec.partition("/")
    first, dash, last = span.partition("-")
    start = stop = length = None
    try:
        if size != "*":
            length = plain_int(size)
        if span != "*":
            start, stop = plain_int(first), plain_int(last) + 1
    except ValueError:
        return None
    if not slash or not is_byte_range_valid(start, stop, length):
        return None
    return ContentRange(units, start, stop, length, on_update=on_update)


def parse_if_range_header(value: str | None) -> IfRange:
    """The IfRange of a header, one with neither ETag nor date if there is none."""
    date = parse_date(value)
    if date is not None or not value:
        return IfRange(date=date)
    etag, weak = unquote_etag(value)
    return IfRange(etag, weak=bool(weak))

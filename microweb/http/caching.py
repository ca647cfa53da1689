"""What a client has already: ETags, conditional requests, and ranges of bytes.

The rule (RFC 9110 13): If-None-Match compares weakly, as it asks about meaning; If-Match and If-Range
compare strongly, as they ask about bytes; with an ETag there, dates do not count.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice

from .dates import as_utc, http_date, parse_date
from .options import HeaderValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .datastructures import OnUpdate

    Pos = t.Optional[int]
    Text = t.Optional[str]
    Strings = t.Iterable[str]

# -- ETags

#: More tags than any client remembers for one URL are not read.
_MAX_ETAGS = 64

_ETAG = re.compile(
    r"""
    (?: [ \t]* ([Ww]/)?        # weak
        (?: "([^"]*)"          # as it should be
          | ([^" \t,]+) )      # without quotes, as some send it
        [ \t]* (?= , | \Z ) )?
    [^,]* (?: , | \Z )         # what is malformed is skipped
    """,
    re.VERBOSE,
)


class ETags(HeaderValue, Collection[str]):
    """The tags of If-Match or If-None-Match. `in`, `len` and iteration are about the strong ones."""

    def __init__(self, strong_etags: Strings = (), weak_etags: Strings = (), star_tag: bool = False) -> None:
        # The star stands for every tag there is, so that none has to be named beside it.
        self._strong = frozenset(() if star_tag else strong_etags or ())
        self._weak = frozenset(weak_etags or ())
        #: Whether the header was `*`: any tag will do.
        self.star_tag = star_tag

    def as_set(self, include_weak: bool = False) -> set[str]:
        """A plain set of the strong tags, or of all."""
        return set(self._strong | self._weak if include_weak else self._strong)

    def is_weak(self, etag: str) -> bool:
        """Whether the tag is there as a weak one."""
        return etag in self._weak

    def is_strong(self, etag: str) -> bool:
        """Whether the tag is there as a strong one."""
        return etag in self._strong

    def contains(self, etag: str) -> bool:
        """The strong comparison, without quotes."""
        return self.star_tag or etag in self._strong

    def contains_weak(self, etag: str) -> bool:
        """The weak comparison, without quotes."""
        return etag in self._weak or self.contains(etag)

    def contains_raw(self, etag: str) -> bool:
        """The comparison that the tag, quoted and perhaps weak, asks for."""
        tag, weak = unquote_etag(etag)
        # Strong only among the strong: RFC 9110 8.8.3.2.
        return self.contains_weak(tag or "") if weak else self.contains(tag or "")

    def __call__(self, etag: Text = None, data: bytes | None = None, include_weak: bool = False) -> bool:
        etag = generate_etag(data) if etag is None else etag  # type: ignore[arg-type] # a TypeError says it
        return etag in self.as_set(include_weak)

    def to_header(self) -> str:
        """The value of the header."""
        if self.star_tag:
            return "*"
        return ", ".join([f'"{tag}"' for tag in self._strong] + [f'W/"{tag}"' for tag in self._weak])

    def __bool__(self) -> bool:
        return bool(self.star_tag or self._strong or self._weak)

    def __len__(self) -> int:
        return len(self._strong)

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._strong)

    __contains__ = contains  # type: ignore[assignment]


def quote_etag(etag: str, weak: bool = False) -> str:
    """An ETag as the header has it."""
    # The grammar has no escape for it, RFC 9110 8.8.3.
    if '"' in etag:
        raise ValueError(f"invalid etag {etag!r}: it contains a quote")
    return f'W/"{etag}"' if weak else f'"{etag}"'


def unquote_etag(etag: str | None) -> tuple[str | None, bool | None]:
    """An ETag without its quotes, and whether it is weak; `(None, None)` for nothing.

    >>> unquote_etag('W/"bar"')
    ('bar', True)
    """
    if not etag:
        return None, None
    # Some write a small w: what they mean is clear.
    weak = etag[:2] in ("W/", "w/")
    etag = etag[2:] if weak else etag
    return (etag[1:-1] if etag[:1] == '"' == etag[-1:] else etag), weak


def parse_etags(value: str | None) -> ETags:
    """The tags of a header; what is malformed is skipped."""
    if not value or value == "*":
        return ETags(star_tag=value == "*")
    tags: dict[bool, list[str]] = {True: [], False: []}
    for match in islice(_ETAG.finditer(value), _MAX_ETAGS):
        weak, quoted, bare = match.groups()
        if quoted or bare:
            tags[bool(weak)].append(quoted or bare)
    return ETags(tags[False], tags[True])


def generate_etag(data: bytes) -> str:
    """A strong ETag for a body, without quotes."""
    from hashlib import sha1  # only where tags are made

    # No secret and no signature: builds that allow only approved hashes are told so.
    return sha1(data, usedforsecurity=False).hexdigest()


def is_resource_modified(
    environ: dict[str, t.Any],
    etag: str | None = None,
    data: bytes | None = None,
    last_modified: datetime | str | None = None,
    ignore_if_range: bool = True,
) -> bool:
    """Whether a request has to be answered in full; if not, `304 Not Modified` will do.

    :param etag: the tag of the resource, quoted; or it is made from `data`.
    :param ignore_if_range: False asks about If-Range: whether a part may be sent.
    """
    if data is not None:
        if etag is not None:
            raise TypeError("both data and etag given")
        etag = quote_etag(generate_etag(data))
    if isinstance(last_modified, str):
        last_modified = parse_date(last_modified)
    if last_modified is not None:
        # HTTP knows no parts of a second.
        last_modified = as_utc(last_modified.replace(microsecond=0))
    tag, tag_is_weak = unquote_etag(etag)
    if_range = environ.get("HTTP_IF_RANGE")
    # RFC 9110 13.1.5: without Range, If-Range is not there.
    if not ignore_if_range and environ.get("HTTP_RANGE") is not None and if_range:
        since = parse_date(if_range)
        if since is not None:
            # The very date: an older one may be that of another version.
            return since != last_modified
        return tag is None or unquote_etag(if_range) != (tag, False) or bool(tag_is_weak)
    # RFC 9110 13.1.3: an earlier date will do, it need not be the very one.
    since = parse_date(environ.get("HTTP_IF_MODIFIED_SINCE"))
    unmodified = since is not None and last_modified is not None and last_modified <= since
    if tag:
        # RFC 9110 13.2.2: tags count before dates.
        # If-None-Match asks whether it is the same for readers, If-Match whether for writers.
        none_match = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        match = parse_etags(environ.get("HTTP_IF_MATCH"))
        unmodified = none_match.contains_weak(tag) if none_match else unmodified
        unmodified = not match.contains(tag) if match else unmodified
    return not unmodified


# -- ranges


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
            # From code, not from a client, whose header is parsed below: the mistake is to be seen.
            if start is None or (end is not None and not 0 <= start < end):
                raise ValueError(f"{(start, end)} is not a valid range.")

    def range_for_length(self, length: int | None) -> tuple[int, int] | None:
        """Start and end in a body of that length; None unless it is a single range that can be satisfied."""
        # Several would take a multipart body; RFC 9110 14.2 lets a server pass over them.
        if self.units != "bytes" or length is None or len(self.ranges) != 1:
            return None
        start, end = self.ranges[0]
        if end is None:
            # A negative start is that of the last n bytes, RFC 9110 14.1.2.
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
        # A negative start brings its own minus.
        ends = [("-" if start >= 0 else "") if end is None else f"-{end - 1}" for start, end in self.ranges]
        return f"{self.units}=" + ",".join([f"{pair[0]}{end}" for pair, end in zip(self.ranges, ends)])


class ContentRange(HeaderValue):
    """A Content-Range header. Setting an attribute calls `on_update(self)`, and so does `set`."""

    units: str | None
    start: Pos
    stop: Pos
    length: Pos
    on_update: OnUpdate

    def __init__(
        self, units: str | None, start: Pos, stop: Pos, length: Pos = None, on_update: OnUpdate = None
    ) -> None:
        self.__dict__["on_update"] = on_update
        self.set(start, stop, length, units)

    # An object that belongs to a response writes itself into its headers.
    def __setattr__(self, name: str, value: t.Any) -> None:
        self.__dict__[name] = value
        if name != "on_update" and self.on_update is not None:
            self.on_update(self)

    def set(self, start: Pos, stop: Pos, length: Pos = None, units: str | None = "bytes") -> None:
        """Change everything at once; `stop` is exclusive."""
        if not is_byte_range_valid(start, stop, length):
            raise ValueError(f"Bytes {start} to {stop} of {length} are no valid range.")
        # Past __setattr__, so that one report is made, when all is in place.
        self.__dict__.update(start=start, stop=stop, length=length)
        self.units = units

    def unset(self) -> None:
        """Say that there should be no such header."""
        self.set(None, None, units=None)

    def to_header(self) -> str:
        """The value of the header, empty if there should be none."""
        if self.units is None:
            return ""
        # RFC 9110 14.4: the star for a range that could not be served, and for a length not known yet.
        span = "*" if self.start is None or self.stop is None else f"{self.start}-{self.stop - 1}"
        return f"{self.units} {span}/{'*' if self.length is None else self.length}"

    def __bool__(self) -> bool:
        return self.units is not None


def is_byte_range_valid(start: Pos, stop: Pos, length: Pos) -> bool:
    """Whether the bytes from `start` to before `stop` can exist in a body of that length."""
    # Both or neither: half a range says nothing.
    if start is None or stop is None:
        return start is stop and (length is None or length >= 0)
    if start >= stop:
        return False
    return start >= 0 and (length is None or start < length)


# No body is longer than 18 digits say, and int() of many digits is slow (CVE-2020-10735).
_RANGE = re.compile(r"(?:([0-9]{1,18})[ \t]*-[ \t]*|-)([0-9]{1,18})?")
_CONTENT_RANGE = re.compile(r"([^ ]+) +(?:([0-9]{1,18})-([0-9]{1,18})|\*)/(?:([0-9]{1,18})|\*)")


def parse_range_header(value: str | None, make_inclusive: bool = True) -> Range | None:
    """The Range of a header; None if there is none, or it is malformed or out of order."""
    units, _, spec = (value or "").partition("=")
    ranges: list[tuple[int, int | None]] = []
    last_end: int | None = 0
    for item in spec.split(","):
        match = _RANGE.fullmatch(item.strip(" \t"))
        # A range to the end of the body is the last one.
        if match is None or last_end is None:
            return None
        first, last = match.groups()
        start = -int(last or 0) if first is None else int(first)
        end = int(last) + 1 if first and last else None
        # The last 0 bytes are none; and what overlaps or goes back has no use but to cost us.
        is_valid = start < 0 if first is None else start >= last_end and (end is None or start < end)
        if not is_valid:
            return None
        ranges.append((start, end))
        last_end = end
    return Range(units.strip(" \t").lower(), ranges)


def parse_content_range_header(value: str | None, on_update: OnUpdate = None) -> ContentRange | None:
    """The ContentRange of a header; None if there is none, or it is malformed."""
    match = _CONTENT_RANGE.fullmatch((value or "").strip(" \t"))
    if match is None:
        return None
    start, last, length = [None if number is None else int(number) for number in match.groups()[1:]]
    stop = None if last is None else last + 1
    if not is_byte_range_valid(start, stop, length):
        return None
    return ContentRange(match[1], start, stop, length, on_update)


def live_content_range(value: str | None, on_update: OnUpdate) -> ContentRange:
    """The ContentRange of a response: without a header one that is not set yet."""
    return parse_content_range_header(value, on_update) or ContentRange(None, None, None, None, on_update)


def parse_if_range_header(value: str | None) -> IfRange:
    """The IfRange of a header, one with neither ETag nor date if there is none."""
    # A tag is quoted, a date never: it cannot be taken for the other.
    date = parse_date(value)
    if date is not None or not value:
        return IfRange(date=date)
    etag, weak = unquote_etag(value)
    # With a quote inside it is no tag, and could not be written again.
    return IfRange() if etag and '"' in etag else IfRange(etag, weak=bool(weak))

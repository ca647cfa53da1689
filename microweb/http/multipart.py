"""multipart/form-data as events: a state machine that is given bytes and asked for what they mean.

The rule: *it neither reads nor writes*. Bytes come in by `receive_data`, in any cuts; `next_event`
answers with the next thing that is complete - a part has begun, here is some of its data, it has
ended - or with `NEED_DATA`. The same bytes give the same parts however they are cut.

The theory: a delimiter is a line break, two dashes and the boundary (RFC 2046 5.1.1), so the data
of a part can be passed on up to the last place where a delimiter could be beginning. What is held
back is never longer than a delimiter, or than the headers of a part, which are limited: so memory
is bounded and the time is linear, whatever is sent (CVE-2023-46136). Some clients end lines by CR
or LF alone; the break after the first delimiter tells which, and holds for the whole message.

The decoder's state is the method that reads the next event.

>>> decoder = MultipartDecoder(b"xyz")
>>> decoder.receive_data(b'--xyz\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\nsome data')
>>> [type(decoder.next_event()).__name__ for _ in range(4)]
['Preamble', 'Field', 'Data', 'NeedData']
>>> decoder.receive_data(b" more\\r\\n--xyz--")
>>> decoder.next_event()
Data(data=b' more', more_data=False)
"""

from __future__ import annotations

import re
from collections import namedtuple

from ..exceptions import RequestEntityTooLarge
from .headers import Headers
from .options import parse_options_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    AnyData = t.Union[bytes, bytearray]

#: RFC 2046 5.1.1, plus what browsers are known to send; no blank at the end.
_BOUNDARY = re.compile(rb"[!-~ ]{0,69}[!-~]")

#: RFC 9110 5.1: the characters of a header's name; in its value there are no controls but the tab.
_HEADER = re.compile(r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:([^\x00-\x08\x0a-\x1f\x7f]*)")

#: Limits of what is not data. Browsers send two or three headers of a few hundred bytes, and no
#: preamble; without a limit each is memory (CVE-2024-53981) or time for an attacker.
MAX_PREAMBLE = 1024
MAX_HEADERS = 8
MAX_HEADERS_SIZE = 8 * 1024
MAX_EPILOGUE = 64 * 1024
#: Blanks after a boundary, which gateways may add.
MAX_PADDING = 64


def _tails(line_break: bytes) -> tuple[t.Pattern[bytes], t.Pattern[bytes]]:
    """What follows the boundary in a delimiter; and what could still become that."""
    end = re.escape(line_break)
    return (
        re.compile(rb"(--)|[ \t]{0,%d}%s" % (MAX_PADDING, end)),
        re.compile(rb"(?:-?|[ \t]{0,%d}%s?)\Z" % (MAX_PADDING, re.escape(line_break[:1]))),
    )


# Compiled once for all boundaries: compiling takes longer than parsing a form.
_TAILS = {line_break: _tails(line_break) for line_break in (b"\r\n", b"\n", b"\r")}
# Whether a CR is the break or half of it shows only with the byte after it.
_FIRST_TAIL = re.compile(rb"(--)|[ \t]{0,%d}(\r\n|\n|\r(?!\n|\Z))" % MAX_PADDING)
_LAST_BREAK = re.compile(rb"(?:\r\n|\n|\r)\Z")


class Event:
    """Something that was found, or is to be written. Equal to another of its kind with equal fields."""

    def __eq__(self: t.Any, other: t.Any) -> bool:
        return type(other) is type(self) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other


class Preamble(Event, namedtuple("Preamble", "data")):
    """What stands before the first delimiter; it means nothing."""


class Field(Event, namedtuple("Field", "name headers")):
    """The beginning of a part that is a field."""


class File(Event, namedtuple("File", "name filename headers")):
    """The beginning of a part that is a file; the name is the client's, and not to be trusted."""


class Data(Event, namedtuple("Data", "data more_data")):
    """Some data of the part that has begun; the last of it says so."""


class Epilogue(Event, namedtuple("Epilogue", "data")):
    """The end, and what was sent after it; that means nothing."""


class NeedData(Event, namedtuple("NeedData", "")):
    """Nothing is complete: give the decoder more."""


NEED_DATA = NeedData()


class IncompleteForm(ValueError):
    """The data ended within a part."""


class MultipartDecoder:
    """Bytes in, events out.

    :param max_form_memory_size: the most bytes that all fields may have together; files do not
    count.
    :param max_parts: the most parts. Both raise RequestEntityTooLarge as soon as they are passed.

    Anything else that is wrong raises ValueError.
    """

    def __init__(
        self, boundary: bytes, max_form_memory_size: int | None = None, *, max_parts: int | None = None
    ) -> None:
        if _BOUNDARY.fullmatch(boundary) is None:
            raise ValueError(f"{boundary[:80]!r} is no boundary: 1 to 70 printable ASCII characters are one")
        self.boundary = boundary
        self.max_form_memory_size = max_form_memory_size
        self.max_parts = max_parts
        self.complete = self._in_field = False
        self._buffer = self._last = b""
        self._pos = self._skip = self._parts = self._fields_size = 0
        # A function is the state: what comes next is what it reads. Not a bound method, which would hold
        # the decoder, with its buffer, in a cycle.
        self._read: t.Callable[[MultipartDecoder], Event] = MultipartDecoder._read_preamble

    def receive_data(self, data: bytes | None) -> None:
        """Take some bytes; None for the end."""
        if data is None:
            self.complete = True
            return
        # What follows the end means nothing, and is no reason to keep it (or to refuse the form).
        if self._read is MultipartDecoder._read_epilogue and len(self._buffer) > MAX_EPILOGUE:
            return
        self._buffer = self._buffer[self._pos :] + data if self._pos else self._buffer + data
        # As much as a boundary takes, and a few line breaks behind it.
        self._last = (self._last + data[-90:])[-90:]
        self._pos = 0

    def next_event(self) -> Event:
        """The next event, or `NEED_DATA`; after the end of the data, ValueError instead of that."""
        event = self._read(self)
        if event is NEED_DATA and self.complete:
            # A last boundary that does not begin its line as the first one did is malformed in another way.
            began = self._read is not MultipartDecoder._read_preamble
            is_cut_off = began and b"--%b--" % self.boundary not in self._last
            error = IncompleteForm if is_cut_off else ValueError
            raise error("the multipart body ends before its last boundary")
        return event

    # Before the first delimiter

    def _read_preamble(self) -> Event:
        buffer, dashed = self._buffer, b"--" + self.boundary
        found = buffer.find(dashed)
        while 0 <= found <= MAX_PREAMBLE:
            tail = _FIRST_TAIL.match(buffer, found + len(dashed))
            # It begins a line; without a preamble, the break before it may be missing.
            if tail is not None and (found == 0 or buffer[found - 1] in b"\r\n"):
                self._line_break = tail[2] or b"\r\n"
                self._delimiter = self._line_break + dashed
                self._end(tail)
                return Preamble(_LAST_BREAK.sub(b"", buffer[:found]))
            found = buffer.find(dashed, found + 1)
        if len(buffer) > MAX_PREAMBLE + len(dashed) + MAX_PADDING:
            raise ValueError(f"no boundary in the first {MAX_PREAMBLE} bytes")
        return NEED_DATA

    def _end(self, delimiter: t.Match[bytes]) -> None:
        """Go on behind a delimiter: with the next part, or with what follows the last one."""
        self._pos = delimiter.end()
        self._read = MultipartDecoder._read_epilogue if delimiter[1] else MultipartDecoder._read_headers

    # The head of a part

    def _read_headers(self) -> Event:
        start = self._pos
        if self._buffer.startswith(self._line_break, start):
            raise ValueError("a part has no headers, so no Content-Disposition either")
        end = self._buffer.find(self._line_break * 2, start)
        if (len(self._buffer) if end < 0 else end) - start > MAX_HEADERS_SIZE:
            raise ValueError(f"the headers of a part have more than {MAX_HEADERS_SIZE} bytes")
        if end < 0:
            return NEED_DATA
        headers = self._parse_headers(self._buffer[start:end])
        # The second break of the blank line stays: it may be the first of a delimiter, if the part
        # is empty.
        self._skip = len(self._line_break)
        self._pos = end + self._skip
        self._read = MultipartDecoder._read_data
        self._parts += 1
        self._check_limit(self._parts, self.max_parts, "parts")
        if "Content-Disposition" not in headers:
            raise ValueError("a part has no Content-Disposition")
        # RFC 7578 4.2: no name is malformed, but clients send it; it is a field named "".
        options = parse_options_header(headers["Content-Disposition"])[1]
        name, filename = options.get("name", ""), options.get("filename")
        self._in_field = filename is None
        return Field(name, headers) if filename is None else File(name, filename, headers)

    def _check_limit(self, count: int, limit: int | None, what: str) -> None:
        if limit is not None and count > limit:
            raise RequestEntityTooLarge(f"The form has more than {limit} {what}.")

    def _parse_headers(self, block: bytes) -> Headers:
        # RFC 7578 5.1: UTF-8; anything else is malformed, a ValueError like the rest.
        text, line_break = block.decode(), self._line_break.decode()
        # RFC 5322 2.2.3: a line that begins with a blank continues the one before.
        for blank in " \t":
            text = text.replace(line_break + blank, " ")
        lines = text.split(line_break)
        matches = [match for line in lines if (match := _HEADER.fullmatch(line))]
        if not len(matches) == len(lines) <= MAX_HEADERS:
            raise ValueError(f"a part has a malformed header, or over {MAX_HEADERS}: {text[:80]!r}")
        # Checked here: names of fields and files are UTF-8 (RFC 7578 5.1), which `Headers` would refuse.
        return Headers._from_checked([(m[1], m[2].strip(" \t")) for m in matches])  # type: ignore[no-any-return]

    # Its data

    def _read_data(self) -> Event:
        # Searched from the break that ends the headers; that is no data, so it is skipped.
        start = self._pos + self._skip
        end, tail = self._find_delimiter()
        if tail is None:
            if end <= start:
                return NEED_DATA
            self._pos = end
        else:
            self._end(tail)
        self._skip = 0
        data = self._buffer[start:end]
        # Fields stay in memory; files have a spool.
        if self._in_field:
            self._fields_size += len(data)
            self._check_limit(self._fields_size, self.max_form_memory_size, "bytes of fields")
        return Data(data, tail is None)

    def _find_delimiter(self) -> tuple[int, t.Match[bytes] | None]:
        """Where the data ends and what ends it; or up to where it is data for sure, and None."""
        buffer, size = self._buffer, len(self._delimiter)
        whole, unfinished = _TAILS[self._line_break]
        found = buffer.find(self._delimiter, self._pos)
        while found >= 0:
            tail = whole.match(buffer, found + size)
            if tail is not None or unfinished.match(buffer, found + size):
                return found, tail
            found = buffer.find(self._delimiter, found + size)
        # Between a break near the end and the end, a delimiter may have begun to come in.
        found = buffer.rfind(self._line_break[:1], max(self._pos, len(buffer) - size))
        return (len(buffer) if found < 0 else found), None

    # After the last delimiter

    def _read_epilogue(self) -> Event:
        if not self.complete:
            return NEED_DATA
        data = re.sub(rb"\A[ \t]*(?:\r\n|\n|\r)?", b"", self._buffer[self._pos :], count=1)
        self._read = lambda _: NEED_DATA
        return Epilogue(data)


#: Where what may be written: the encoder's state is the kind of event that was last.
_MAY_FOLLOW: dict[t.Any, tuple[t.Any, ...]] = {
    Preamble: (None,),
    Field: (None, Preamble, Data),
    File: (None, Preamble, Data),
    Data: (Field, File, Data),
    Epilogue: (None, Preamble, Field, File, Data),
}

#: Browsers' way (WHATWG HTML 4.10.21.8) to keep a name within its quotes and its line.
_QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


class MultipartEncoder:
    """Events in, bytes out: what the test client sends."""

    def __init__(self, boundary: bytes) -> None:
        self.boundary = boundary
        self.state: type[Event] | None = None

    def send_event(self, event: Event) -> bytes:
        """The bytes of an event. ValueError if it cannot come now."""
        before, kind = self.state, type(event)
        if before not in _MAY_FOLLOW.get(kind, ()):
            raise ValueError(f"{event!r} cannot be written after {before and before.__name__}")
        self.state = kind
        if isinstance(event, (Field, File)):
            return self._head(event)
        data: bytes = event.data  # type: ignore[attr-defined]
        if kind is Epilogue:
            return b"\r\n--" + self.boundary + b"--\r\n" + data
        # The blank line; an empty part does without, as the delimiter brings the break.
        begins = before in (Field, File) and event != Data(b"", False)
        return b"\r\n" + data if begins else data

    def _head(self, event: Field | File) -> bytes:
        disposition = f'form-data; name="{event.name.translate(_QUOTED)}"'
        if isinstance(event, File):
            disposition += f'; filename="{event.filename.translate(_QUOTED)}"'
        fields = [field for field in event.headers if field[0].lower() != "content-disposition"]
        fields.insert(0, ("Content-Disposition", disposition))
        head = "".join([f"{name}: {value}\r\n" for name, value in fields])
        return b"\r\n--%b\r\n%b" % (self.boundary, head.encode())

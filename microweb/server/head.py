"""Lines to a request head, strictly as RFC 9112 writes it.

The theory: every request that two servers read differently is a way to smuggle a second one past
the first. The rule: what is not in the grammar is refused, never repaired, and each line as soon
as it is there.

    >>> parse_request_line(b"GET /a?b HTTP/1.1").target, parse_field(b"Host:  a ")
    (b'/a?b', (b'host', b'a'))

Only bytes methods with explicit arguments touch wire data: `strip()` and `split()` without one
know white space that HTTP does not (CVE-2019-16789).
"""

from __future__ import annotations

import re

from .errors import require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .source import Source

LINE_LIMIT = 8 * 1024
HEAD_LIMIT = 64 * 1024
FIELD_LIMIT = 100

# RFC 9110 5.6.2. Each pattern is one class repeated: none of them can backtrack.
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_METHOD = re.compile(_TOKEN + rb"{1,32}")
_BEGIN = re.compile(_TOKEN + rb"|\r")
_NAME = re.compile(_TOKEN + rb"+")
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
# A fragment is never sent (RFC 9112 3.2); blanks, controls and raw non-ASCII have to be escaped.
_TARGET = re.compile(rb"[!\"$-~]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_ABSOLUTE = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_LENGTH = re.compile(rb"[0-9]{1,18}")

# Said twice, even alike, they leave it to each reader which one counts (CVE-2019-16792).
_SINGLE = (b"host", b"content-length", b"content-type", b"transfer-encoding")


class Head:
    """One request head. `path` is the target in origin form; field names are lower case."""

    def __init__(self, method: bytes, target: bytes, minor: int) -> None:
        self.method = method
        self.target = self.path = target
        self.minor = minor
        self.fields: list[tuple[bytes, bytes]] = []
        #: What follows: `length` bytes, or chunks; 0 and False when nothing does.
        self.length = 0
        self.chunked = False
        #: The client waits for "100 Continue" before it sends the body.
        self.expects = False


def read_head(source: Source) -> Head:
    """The next request of a connection. Raises Refused."""
    if not source.early:
        source.more()
    # A TLS hello holds no line end: it gets its answer now, not after a time-out.
    require(_BEGIN.match(source.early), "the request does not begin with a method")
    # RFC 9112 2.2: one empty line before the request line is ignored.
    line = source.read_line(LINE_LIMIT, 414) or source.read_line(LINE_LIMIT, 414)
    head = parse_request_line(line)
    taken = len(line)
    while line := source.read_line(LINE_LIMIT):
        taken += len(line)
        require(taken <= HEAD_LIMIT, f"a head may have {HEAD_LIMIT} bytes", 431)
        require(len(head.fields) < FIELD_LIMIT, f"a head may have {FIELD_LIMIT} fields", 431)
        head.fields.append(parse_field(line))
    finish_head(head)
    return head


def parse_request_line(line: bytes) -> Head:
    """`GET /path HTTP/1.1` to a Head: three fields, exactly one space between them."""
    parts = line.split(b" ")
    require(len(parts) == 3, "a request line is: method, space, target, space, version")
    method, target, version = parts
    require(_METHOD.fullmatch(method), "the method is no token of at most 32 characters")
    require(_VERSION.fullmatch(version), "the version is not of the form HTTP/1.1")
    require(version[5:6] == b"1", "this server speaks HTTP/1.1 and HTTP/1.0", 505)
    require(_TARGET.fullmatch(target), "the target holds characters that a URL must escape")
    return Head(method, target, int(version[7:]))


def parse_field(line: bytes) -> tuple[bytes, bytes]:
    """`Name: value` to (b"name", b"value"). A line that begins with a blank (folding, RFC 9112
    5.2) has no token for a name, and neither has `Name : value`: both smuggle."""
    name, colon, value = line.partition(b":")
    require(colon and _NAME.fullmatch(name), "a header field is: token, colon, value")
    value = value.strip(b" \t")
    require(not _CONTROL.search(value), "a header value holds a control character")
    return name.lower(), value


def finish_head(head: Head) -> None:
    """Check what only the whole head can tell: repeats, host, target and framing."""
    fields = dict(head.fields)
    for name in _SINGLE:
        count = sum(name == other for other, _ in head.fields) if name in fields else 0
        require(count < 2, f"{name.decode()} is given {count} times")
    # RFC 9112 3.2: HTTP/1.1 has exactly one Host. Links are built from it: it has to be one.
    host = fields.get(b"host")
    require(host is not None or not head.minor, "HTTP/1.1 asks for a Host field")
    require(host is None or is_host(host), "Host is no host name with an optional port")
    _check_target(head)
    _check_framing(head, fields.get(b"content-length"), fields.get(b"transfer-encoding"))
    if b"expect" in fields and head.minor:  # RFC 9110 10.1.1: to be ignored in HTTP/1.0
        known = fields[b"expect"].lower() == b"100-continue"
        require(known, "the only expectation known is 100-continue", 417)
        head.expects = True


def is_host(host: bytes) -> bool:
    """A name or an address in brackets, and a port that exists."""
    match = _HOST.fullmatch(host)
    return match is not None and int(match[1] or 0) <= 65535


def _check_target(head: Head) -> None:
    """RFC 9112 3.2.1-4: origin form, absolute form (whose host replaces Host), or `*`."""
    require(head.method != b"CONNECT", "this server is no proxy", 501)
    if head.target[:1] == b"/" or (head.target == b"*" and head.method == b"OPTIONS"):
        return
    absolute = _ABSOLUTE.fullmatch(head.target)
    host, rest = absolute.groups() if absolute else (b"", b"")
    require(is_host(host), "the target is neither a path nor an http URL")
    head.path = rest if rest[:1] == b"/" else b"/" + rest
    head.fields = [pair for pair in head.fields if pair[0] != b"host"] + [(b"host", host)]


def _check_framing(head: Head, length: bytes | None, coding: bytes | None) -> None:
    """Where the body ends (RFC 9112 6.3): one way to say it, or none at all."""
    if coding is not None:
        codings = [item.strip(b" \t") for item in coding.lower().split(b",")]
        well_formed = b"" not in codings and codings.count(b"chunked") < 2
        require(well_formed, "Transfer-Encoding is malformed")
        # Falling back to the length here would be CVE-2019-16786.
        require(codings == [b"chunked"], "the only transfer coding known is chunked", 501)
        require(length is None, "Content-Length and Transfer-Encoding exclude each other")
        require(head.minor, "HTTP/1.0 knows no Transfer-Encoding")
        head.chunked = True
    elif length is not None:
        # Digits first: int() takes "+1", "1_0" and foreign digits as well (CVE-2022-24761).
        require(_LENGTH.fullmatch(length), "Content-Length is a number of at most 18 digits")
        head.length = int(length)

"""Bytes to a request head, strictly as RFC 9112 writes it.

The theory: every request that two servers read differently is a way to smuggle a second one past
the first. The rule: what is not in the grammar is refused, never repaired, and the answer is the
same however the network cut the bytes, since it follows from the bytes up to some place alone.

    >>> head = take_head(bytearray(b"GET /a%20b?c HTTP/1.1\\r\\nHost:  a \\r\\n\\r\\n"))
    >>> head.method, head.path, head.query, head.variables
    ('GET', '/a%20b', 'c', {'HTTP_HOST': 'a'})

Only methods with explicit arguments touch wire data: `strip()` and `split()` without one know
white space that HTTP does not (CVE-2019-16789).
"""

from __future__ import annotations

import re
from functools import lru_cache

from .limits import Limits, Refused, require

# RFC 9110 5.6.2. No pattern here has two ways to match the same text: none can backtrack far.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_BEGIN = re.compile(rf"{_TOKEN}|\r?\Z")
# A fragment is never sent (RFC 9112 3.2); blanks, controls and raw non-ASCII have to be escaped.
_LINE = re.compile(rf"({_TOKEN}{{1,32}}) ([!\"$-~]+) HTTP/([0-9])\.([0-9])\r")
# No blank before the colon or the name, no folding, no control: each of them smuggles.
FIELD = re.compile(rf"^({_TOKEN}+):([\t\x20-\x7e\x80-\xff]*)\r\n", re.MULTILINE)
# A bare CR or LF ends lines for some readers and not for others (CVE-2019-16785, CVE-2023-37276).
_BARE = re.compile(rb"(?<!\r)\n|\r(?![\n])(?!\Z)")
_ABSOLUTE = re.compile(r"https?://([^/?]*)(.*)", re.IGNORECASE)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
LENGTH = re.compile(r"[0-9]{1,18}")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")

# Said twice, even alike, they leave it to each reader which one counts (CVE-2019-16792).
_SINGLE = {"HTTP_HOST", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"}


class Head:
    """One request head. `variables` are its fields as WSGI names them."""

    def __init__(self, method: str = "-", target: str = "-", minor: int = 1) -> None:
        self.method, self.target, self.minor = method, target, minor
        self.path, _, self.query = target.partition("?")
        self.variables: dict[str, str] = {}
        #: Fields whose names could pass for those of others; they are not among the variables.
        self.dropped = 0
        #: What follows: `length` bytes, or chunks; 0 and False when nothing does.
        self.length, self.chunked = 0, False
        #: The client waits for "100 Continue" before it sends the body.
        self.expects = False
        #: The client will use the connection again.
        self.keeps = minor > 0


def take_head(buffer: bytearray, seen: int = 0, limits: Limits | type[Limits] = Limits) -> Head | None:
    """Take the next head off the buffer; None when more bytes are needed. Raises Refused.

    `seen` bytes of the buffer have been there at the call before: they are not looked at again,
    or a head sent byte by byte would cost its square.
    """
    # RFC 9112 2.2: one empty line before the request line is ignored.
    start = 2 if buffer.startswith(b"\r\n") else 0
    end = buffer.find(b"\r\n\r\n", max(start, seen - 3), start + limits.head_bytes)
    if end < 0:
        _check_begun(buffer, start, seen, limits)
        return None
    line, _, rest = buffer[start : end + 2].decode("latin-1").partition("\n")
    head = parse_request_line(line, limits)
    found = FIELD.findall(rest)
    if len(found) != rest.count("\n"):
        require(not _BARE.search(buffer, start, end + 4), "lines end with CR LF, and hold neither")
        raise Refused(400, "a header field is: token, colon, value without control characters")
    require(len(found) <= limits.fields, f"a head may have {limits.fields} fields", 431)
    longest = max((len(name) + len(value) for name, value in found), default=0)
    require(longest < limits.line_bytes, f"a field may have {limits.line_bytes} bytes", 431)
    head.variables = collect(found)
    if len(found) > len(head.variables):
        head.dropped = sum("_" in name for name, _ in found)
    _finish(head, limits)
    del buffer[: end + 4]
    return head


def _check_begun(buffer: bytearray, start: int, seen: int, limits: Limits | type[Limits]) -> None:
    """Refuse what no further bytes can make a head: now, and not at the deadline."""
    stop = start + limits.line_bytes + 2
    end = buffer.find(b"\n", start, stop)
    line = buffer[start : stop if end < 0 else end].decode("latin-1")
    if end < 0:
        _check_line(line, limits)
        return
    if seen <= end:
        parse_request_line(line, limits)
    bare = _BARE.search(buffer, max(end + 1, seen - 1), start + limits.head_bytes)
    require(not bare, "lines end with CR LF, and hold neither")
    require(len(buffer) - start < limits.head_bytes, f"a head may have {limits.head_bytes} bytes", 431)


def _check_line(line: str, limits: Limits | type[Limits]) -> None:
    """What can be said of a request line before its end."""
    # A TLS hello holds no line end, and would wait for its answer.
    require(_BEGIN.match(line), "the request does not begin with a method")
    size = len(line) - line.endswith("\r")
    require(size <= limits.line_bytes, f"a request line may have {limits.line_bytes} bytes", 414)


def parse_request_line(line: str, limits: Limits | type[Limits] = Limits) -> Head:
    r"""`GET /path HTTP/1.1\r` to a Head: three fields, exactly one space between them."""
    match = _LINE.fullmatch(line)
    if not match or len(line) > limits.line_bytes:
        _check_line(line, limits)
    # What will never be a version is told apart from those that are not served.
    if not match:
        raise Refused(400, "a request line is: method, space, target, space, HTTP/1.1, CR LF")
    require(match[3] == "1", "this server speaks HTTP/1.1 and HTTP/1.0", 505)
    require(match[1] != "CONNECT", "this server is no proxy", 501)
    return Head(match[1], match[2], int(match[4]))


@lru_cache(maxsize=512)
def variable(name: str) -> str | None:
    """A field's name in environ; None for those that the application must not see."""
    name = name.upper()
    # X_Auth-User and X-Auth-User would be one variable (CVE-2015-0219); `Proxy` would become
    # HTTP_PROXY, which client libraries obey (CVE-2016-1000110).
    if "_" in name or name == "PROXY":
        return None
    name = name.replace("-", "_")
    # CGI's two header variables without HTTP_ (RFC 3875 4.1.2-3).
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def collect(found: list[tuple[str, str]]) -> dict[str, str]:
    """Header fields as environ variables; repeated ones are joined as RFC 9110 5.3 says."""
    result: dict[str, str] = {}
    for name, value in found:
        key = variable(name)
        if key is None:
            continue
        value = value.strip(" \t")
        if key in result:
            require(key not in _SINGLE, f"{name} is given twice")
            # RFC 6265 5.4 asks for one Cookie line; proxies that split it mean "; ".
            value = result[key] + ("; " if key == "HTTP_COOKIE" else ", ") + value
        result[key] = value
    return result


def _finish(head: Head, limits: Limits | type[Limits]) -> None:
    """Check what only the whole head can tell: host, target, framing."""
    variables = head.variables
    # RFC 9112 3.2: HTTP/1.1 has exactly one Host. Links are built from it: it has to be one.
    host = variables.get("HTTP_HOST")
    require(host is not None or not head.minor, "HTTP/1.1 asks for a Host field")
    if host is not None and not _is_host(host):
        require(not limits.host_names, "Host is no host name with an optional port")
        del variables["HTTP_HOST"]
    if head.target[0] != "/":
        _check_target(head)
    if "CONTENT_LENGTH" in variables or "HTTP_TRANSFER_ENCODING" in variables:
        _check_framing(head, variables)
    if "HTTP_CONNECTION" in variables:
        tokens = [token.strip(" \t") for token in variables["HTTP_CONNECTION"].lower().split(",")]
        head.keeps = "close" not in tokens and (head.keeps or "keep-alive" in tokens)
    if "HTTP_EXPECT" in variables and head.minor:  # RFC 9110 10.1.1: to be ignored in HTTP/1.0
        known = variables.pop("HTTP_EXPECT").lower() == "100-continue"
        require(known, "the only expectation known is 100-continue", 417)
        head.expects = head.chunked or head.length > 0


def unquote(path: str) -> str:
    """`%41` to `A`, the bytes as latin-1: WSGI's native strings. Broken escapes stay."""
    if "%" not in path:
        return path
    plain = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), path.encode("latin-1"))
    return plain.decode("latin-1")


def _is_host(host: str) -> bool:
    """A name or an address in brackets, and a port that exists."""
    match = _HOST.fullmatch(host)
    return match is not None and int(match[1] or 0) <= 65535


def _check_target(head: Head) -> None:
    """RFC 9112 3.2.2, 3.2.4: absolute form, whose host replaces Host, or `*`."""
    if head.target == "*" and head.method == "OPTIONS":
        return
    absolute = _ABSOLUTE.fullmatch(head.target)
    host, rest = absolute.groups() if absolute else ("", "")
    require(_is_host(host), "the target is neither a path nor an http URL")
    head.path, _, head.query = rest.partition("?")
    head.path = head.path or "/"
    head.variables["HTTP_HOST"] = host


def _check_framing(head: Head, variables: dict[str, str]) -> None:
    """Where the body ends (RFC 9112 6.3): one way to say it, or none at all."""
    length, coding = variables.get("CONTENT_LENGTH"), variables.get("HTTP_TRANSFER_ENCODING")
    if coding is not None:
        codings = [item.strip(" \t") for item in coding.lower().split(",")]
        require("" not in codings and codings.count("chunked") < 2, "Transfer-Encoding is malformed")
        # Falling back to the length here would be CVE-2019-16786.
        require(codings == ["chunked"], "the only transfer coding known is chunked", 501)
        require(length is None, "Content-Length and Transfer-Encoding exclude each other")
        require(head.minor, "HTTP/1.0 knows no Transfer-Encoding")
        head.chunked = True
        # The application gets the body decoded: told of a coding, it might decode it once more.
        del variables["HTTP_TRANSFER_ENCODING"]
    elif length is not None:
        # Digits first: int() takes "+1", "1_0" and foreign digits as well (CVE-2022-24761).
        require(LENGTH.fullmatch(length), "Content-Length is a number of at most 18 digits")
        head.length = int(length)

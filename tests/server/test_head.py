"""Heads as a table: bytes, and the status they get, however they are cut."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microweb.server.head import Head, take_head, unquote, variable
from microweb.server.limits import Limits, Refused

from .corpus import CUTS, HEADS, HOST, LINE, REQUEST_LINES, bytewise, cut, fields, line


def outcome(pieces, limits=Limits):
    """The head or the refusal that the pieces give, one after the other."""
    buffer, seen = bytearray(), 0
    try:
        for piece in pieces:
            buffer += piece
            if head := take_head(buffer, seen, limits):
                return vars(head)
            seen = len(buffer)
    except Refused as error:
        return error.status, error.why
    return "400", "more is needed"


def assert_head(data, expected):
    """The status, whole, byte by byte and in random cuts; the same head for what is accepted."""
    whole = outcome([data])
    assert (whole[0][:3] == str(expected)) if expected != 200 else isinstance(whole, dict), whole
    assert outcome(bytewise(data)) == whole
    for seed in range(CUTS):
        assert outcome(cut(data, seed)) == whole


@pytest.mark.parametrize("text", REQUEST_LINES, ids=lambda text: repr(text[:40]))
def test_request_lines(text):
    assert_head(line(text), REQUEST_LINES[text])


@pytest.mark.parametrize("data", HEADS, ids=lambda data: repr(data[:90][-60:]))
def test_heads(data):
    assert_head(data, HEADS[data])


def head(data):
    return take_head(bytearray(data))


def test_absolute_form_replaces_host():
    taken = head(line(b"GET http://evil:81?a=b HTTP/1.1"))
    assert (taken.path, taken.query, taken.variables) == ("/", "a=b", {"HTTP_HOST": "evil:81"})


def test_values_lose_blanks_at_the_ends_only():
    assert head(fields(b"V: \t\x85admin \xa0 \t")).variables["HTTP_V"] == "\x85admin \xa0"


def test_what_follows_the_head_is_kept():
    buffer = bytearray(fields(b"Content-Length: 4") + b"body")
    assert take_head(buffer).length == 4
    assert buffer == b"body"


@pytest.mark.parametrize(
    ("path", "plain"),
    [("/a%20b", "/a b"), ("/%zz%4", "/%zz%4"), ("/%c3%bc", "/\xc3\xbc"), ("/%25%32%30", "/%20"), ("", "")],
)
def test_unquote(path, plain):
    assert unquote(path) == plain


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Host", "HTTP_HOST"),
        ("content-type", "CONTENT_TYPE"),
        ("X-Auth-User", "HTTP_X_AUTH_USER"),
        ("X_Auth-User", None),  # B41, CVE-2015-0219, CVE-2026-3902
        ("Content_Length", None),  # B49
        ("Proxy", None),  # B42, CVE-2016-1000110, CVE-2016-1000111
        ("PROXY", None),
    ],
)
def test_variables(name, key):
    assert variable(name) == key


def test_repeats_are_joined():
    taken = head(fields(b"Cookie: a=1\r\nX-A: 1\r\nCookie: b=2\r\nx-a: 2"))
    assert (taken.variables["HTTP_COOKIE"], taken.variables["HTTP_X_A"]) == ("a=1; b=2", "1, 2")


@pytest.mark.parametrize(
    ("connection", "minor", "keeps"),
    [
        (b"", b"1", True),
        (b"close", b"1", False),
        (b"close, TE", b"1", False),  # D39
        (b"TE ,\tCLOSE", b"1", False),
        (b"closed", b"1", True),
        (b"", b"0", False),
        (b"Keep-Alive", b"0", True),
        (b"Keep-Alive, Upgrade", b"0", True),
        (b"keep-alive, close", b"0", False),
    ],
)
def test_keeping(connection, minor, keeps):
    assert (
        head(b"GET / HTTP/1." + minor + b"\r\n" + HOST + b"Connection: " + connection + b"\r\n\r\n").keeps
        == keeps
    )


def test_limits_can_be_set():
    small = Limits(line_bytes=30, head_bytes=100, fields=2)
    assert outcome([line(b"GET /" + b"a" * 30 + b" HTTP/1.1")], small)[0][:3] == "414"
    assert outcome([fields(b"X: " + b"a" * 30)], small)[0][:3] == "431"
    assert outcome([fields(b"X: a\r\nY: b")], small)[0][:3] == "431"
    assert outcome([fields(b"\r\n".join([b"X: " + b"a" * 20] * 5))], small)[0][:3] == "431"
    assert isinstance(outcome([fields(b"X: a")], small), dict)
    with pytest.raises(TypeError, match="head_byte.*head_bytes"):
        Limits(head_byte=1)


_PIECES = [
    b"GET ",
    b"/ ",
    b"HTTP/1.1",
    b"\r\n",
    b"\r",
    b"\n",
    b"Host: a",
    b":",
    b" ",
    b"X: y",
    b"\x00",
    b"\xff",
]
_PIECES += [b"Content-Length: 3", b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"a" * 20]


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=8)), max_size=14), st.integers(0, 9))
@example([b"\r\n", b"\r\n", b"GET "], 0)
def test_any_bytes_give_the_same_however_they_are_cut(pieces, seed):
    small = Limits(line_bytes=40, head_bytes=90, fields=3)
    for prefix in (b"", LINE, LINE + HOST):
        for limits in (Limits, small):
            data = prefix + b"".join(pieces)
            whole = outcome([data], limits)
            assert outcome(cut(data, seed), limits) == whole
            assert outcome(bytewise(data), limits) == whole


class Counting(bytearray):
    """A buffer that counts the bytes that searches in it look at, at most."""

    looked = 0

    def find(self, what, start=0, end=None):
        found = super().find(what, start, len(self) if end is None else end)
        self.looked += (min(len(self), end or len(self)) if found < 0 else found) - start
        return found


@pytest.mark.parametrize("body", [b"X: a\r\n" * 90, b"X: " + b"a" * 8000, b"Bad: " + b"x" * 8000 + b"\x10"])
def test_bytewise_heads_cost_no_square(body):
    buffer, seen = Counting(), 0
    data = LINE + HOST + body
    for byte in bytewise(data):
        buffer += byte
        take_head(buffer, seen)
        seen = len(buffer)
    assert buffer.looked < 40 * len(data)


def test_an_unread_head():
    assert (Head().method, Head().target, Head().keeps) == ("-", "-", True)

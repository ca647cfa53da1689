"""Heads as a table: bytes, the status they get, the record they come from."""

import random
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.server.errors import Refused
from microweb.server.head import FIELD_LIMIT, HEAD_LIMIT, LINE_LIMIT, read_head
from microweb.server.source import Source

HOST = b"Host: good\r\n"
LINE = b"GET / HTTP/1.1\r\n"


class Wire:
    """A socket that gives the pieces it was made of, and then the end."""

    def __init__(self, pieces):
        self.pieces = [piece for piece in pieces if piece]

    def settimeout(self, seconds):
        pass

    def recv_into(self, target):
        if not self.pieces:
            return 0
        piece = self.pieces.pop(0)
        count = min(len(piece), len(target))
        target[:count] = piece[:count]
        if count < len(piece):
            self.pieces.insert(0, piece[count:])
        return count


def bytewise(data):
    return [data[i : i + 1] for i in range(len(data))]


def cut(data, seed):
    places = sorted(random.Random(seed).sample(range(len(data) + 1), min(3, len(data))))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)])]


def outcome(pieces):
    try:
        head = read_head(Source(Wire(pieces)))
    except Refused as error:
        return error.status
    return head.method, head.path, head.fields, head.length, head.chunked


def assert_head(data, expected):
    """The status, whole, byte by byte and in random cuts; the same head for what is accepted."""
    whole = outcome([data])
    assert (whole[:3] == str(expected)) if expected != 200 else isinstance(whole, tuple), whole
    if len(data) < 4096:
        assert outcome(bytewise(data)) == whole
    for seed in range(5):
        assert outcome(cut(data, seed)) == whole


def line(text):
    return text + b"\r\n" + HOST + b"\r\n"


def fields(text):
    return LINE + HOST + text + b"\r\n\r\n"


REQUEST_LINES = {
    # B1: versions
    b"GET / HTTP/1.1": 200,
    b"GET / HTTP/1.0": 200,
    b"GET / HTTP/1.9": 200,
    b"GET / HTTP/1.32": 400,
    b"GET / HTTP/\r\r1.1": 400,
    b"GET / HTTP/1111.1": 400,
    b"GET / HTTP/0.99": 400,
    b"GET / HTTP/0.9": 505,
    b"GET / HTTP/2.0": 505,
    b"GET / HTTP/01.01": 400,
    b"GET / http/1.1": 400,
    b"GET / FTP/1.1": 400,
    b"GET / HTTP/1.1 x": 400,
    b"GET / HTTP/1.1 ": 400,
    b"GET / HTTP/1.": 400,
    b"GET / HTTP/\xb2.1": 400,
    # B2: methods
    b'G":<>(e) / HTTP/1.1': 400,
    b"bla:rgh / HTTP/1.1": 400,
    b"GET\x00 / HTTP/1.1": 400,
    b"GET\xdf / HTTP/1.1": 400,
    b"\x16\x03\x01\x02\x00\x01": 400,
    b"M" * 32 + b" / HTTP/1.1": 200,
    b"M" * 33 + b" / HTTP/1.1": 400,
    b"-._~!#$%&'*+^`| / HTTP/1.1": 200,
    # B3: white space
    b"GET /\nHTTP/1.1": 400,
    b"GET\n/\nHTTP/1.1": 400,
    b"GET\x0b/\x0bHTTP/1.1": 400,
    b"GET\x85/\xa0HTTP/1.1": 400,
    b"GET  /  HTTP/1.1": 400,
    b"GET\t/\tHTTP/1.1": 400,
    b"GET /": 400,
    b" GET / HTTP/1.1": 400,
    b"\x00GET / HTTP/1.1": 400,
    # B4: targets
    b"GET a:80 HTTP/1.1": 400,
    b"GET * HTTP/1.1": 400,
    b"OPTIONS * HTTP/1.1": 200,
    b"CONNECT /x HTTP/1.1": 501,
    b"CONNECT a:443 HTTP/1.1": 501,
    b"GET ! HTTP/1.1": 400,
    b"GET foo HTTP/1.1": 400,
    b"GET  HTTP/1.1": 400,
    b"GET /p#frag HTTP/1.1": 400,
    b"PRI * HTTP/2.0": 505,
    b"\x00 / HTTP/....05.7.": 400,
    b"GET /\x7f HTTP/1.1": 400,
    b"GET /\xc3\xbc HTTP/1.1": 400,
    b"GET /%zz%0a HTTP/1.1": 200,
    b"GET //evil/.. HTTP/1.1": 200,
    # B5: absolute form
    b"GET http://evil/p?q HTTP/1.1": 200,
    b"GET HTTPS://evil:8443 HTTP/1.1": 200,
    b"GET http:///p HTTP/1.1": 400,
    b"GET http://user:pass@evil/ HTTP/1.1": 400,
    b"GET http://evil:99999/ HTTP/1.1": 400,
    b"GET ftp://evil/ HTTP/1.1": 400,
    # B9: length
    b"GET /" + b"a" * (LINE_LIMIT - 20) + b" HTTP/1.1": 200,
    b"GET /" + b"a" * LINE_LIMIT + b" HTTP/1.1": 414,
    b"G" * 70_000: 414,
}

HEADS = {
    # B10, B12-B14: lengths
    fields(b"Content-Length: 5"): 200,
    fields(b"Content-Length: 010"): 200,
    fields(b"Content-Length: 5\r\nContent-Length: 5"): 400,
    fields(b"Content-Length: 5\r\nContent-Length: 0"): 400,
    fields(b"Content-Length: 0\r\ncontent-length: 5"): 400,
    fields(b"Content-Length: \r\nContent-Length: 43"): 400,
    fields(b"Content-Length: 5, 5"): 400,
    **{
        fields(b"Content-Length: " + value): 400
        for value in (
            *(b"+1_0", b"+10", b"-1", b"-48", b"1_0", b"0x1", b"\xa05", b"5\xa0", b"abc", b"1Z"),
            *(b"", b"\xd9\xa1", b"9" * 19, b"9" * 5000, b"5;", b"5.0"),
        )
    },
    # B11, B15-B18: codings
    fields(b"Transfer-Encoding: chunked"): 200,
    fields(b"Transfer-Encoding: CHUNKED"): 200,
    fields(b"Content-Length: 3\r\nTransfer-Encoding: chunked"): 400,
    **{
        fields(b"Transfer-Encoding: " + value): 501
        for value in (b"gzip, chunked", b"xchunked", b"blegh", b"chunked, identity", b"identity")
    },
    fields(b"Transfer-Encoding: \xa0chunked"): 501,
    fields(b"Transfer-Encoding: chunked\x85"): 501,
    **{
        fields(b"Transfer-Encoding: " + value): 400
        for value in (b"chunked, chunked", b",chunked", b"chunked,", b"\x0bchunked", b"\x0cchunked")
    },
    fields(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"): 400,
    b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
    # B19, B20: line ends
    b"GET / HTTP/1.1\nHost: a\n\n": 400,
    fields(b"X: a\nTransfer-Encoding: chunked"): 400,
    fields(b"Useless:\n\nGET / HTTP/1.1"): 400,
    fields(b"X-Abc: \rxTransfer-Encoding: chunked"): 400,
    fields(b"V: x\rSmug: y"): 400,
    fields(b"V: x\r"): 400,
    b"\r\n" + fields(b"A: b"): 200,
    b"\r\n\r\n" + fields(b"A: b"): 400,
    # B30-B32: names
    **{
        fields(text): 400
        for text in (
            *(b"Content-Length : 5", b"Content-Length\t: 5", b"Content-Length\x85: 5"),
            *(b"\xefoo: x", b"A(b)\x01: x", b"Content-Length 5", b": v", b":", b"Garbage"),
            *(b"V: x\r\n y", b"Transfer-\r\nEncoding: chunked", b"A: b\r\n\tc"),
        )
    },
    LINE + b" Content-Length: 5\r\n" + HOST + b"\r\n": 400,
    # B44: values
    **{fields(b"V: a" + bytes([c]) + b"b"): 400 for c in (*range(9), *range(10, 32), 127)},
    fields(b"V: a\tb"): 200,
    fields(b"V: \xff"): 200,
    fields(b"V:"): 200,
    # B43, B45 and limits
    fields(b"Bad: " + b"x" * 8000 + b"\x10"): 400,
    fields(b"\r\n".join([b"X: a"] * (FIELD_LIMIT - 1))): 200,
    fields(b"\r\n".join([b"X: a"] * FIELD_LIMIT)): 431,
    fields(b"X: " + b"a" * LINE_LIMIT): 431,
    fields(b"\r\n".join([b"X: " + b"a" * 8000] * (HEAD_LIMIT // 8000 + 1))): 431,
    # B48: singletons
    fields(b"Host: evil"): 400,
    fields(b"Content-Type: a/b\r\nContent-Type: c/d"): 400,
    # B64: hosts
    LINE + b"\r\n": 400,
    b"GET / HTTP/1.0\r\n\r\n": 200,
    **{
        LINE + b"Host: " + host + b"\r\n\r\n": 400
        for host in (
            *(b"user:pass@evil", b"a/b@c?d", b"a, b", b"a b", b"[::1", b"a:99999", b"", b"a:"),
            *(b"a:b", b"a:123456", b"a\\b", b"[::1]x"),
        )
    },
    **{
        LINE + b"Host: " + host + b"\r\n\r\n": 200
        for host in (b"a", b"a.b:80", b"[::1]:8000", b"127.0.0.1", b"x_y-z")
    },
    # B38: expectations
    fields(b"Expect: 100-Continue"): 200,
    fields(b"Expect: 200-maybe"): 417,
    b"GET / HTTP/1.0\r\nExpect: 200-maybe\r\n\r\n": 200,
    # ends too early
    b"GET / HTTP/1.1\r\nHost: a\r\n": 400,
    b"GET": 400,
}


@pytest.mark.parametrize("text", REQUEST_LINES, ids=lambda text: repr(text[:40]))
def test_request_lines(text):
    assert_head(line(text), REQUEST_LINES[text])


@pytest.mark.parametrize("data", HEADS, ids=lambda data: repr(data[:90][-60:]))
def test_heads(data):
    assert_head(data, HEADS[data])


def test_absolute_form_replaces_host():
    head = read_head(Source(Wire([line(b"GET http://evil:81?a=b HTTP/1.1")])))
    assert (head.path, head.fields) == (b"/?a=b", [(b"host", b"evil:81")])


def test_values_lose_blanks_at_the_ends_only():
    head = read_head(Source(Wire([fields(b"V: \t\x85admin \xa0 \t")])))
    assert head.fields[-1] == (b"v", b"\x85admin \xa0")


def test_what_follows_the_head_is_kept():
    source = Source(Wire([fields(b"Content-Length: 4") + b"body"]))
    read_head(source)
    assert source.early == b"body"


def test_late_heads_are_refused_for_it():
    class Slow(Wire):
        def recv_into(self, target):
            raise socket.timeout("timed out")

    with pytest.raises(Refused, match="408"):
        read_head(Source(Slow([])))


@given(st.binary(max_size=200), st.integers(0, 5))
def test_any_bytes_give_a_head_or_a_refusal(data, seed):
    for prefix in (b"", LINE, LINE + HOST):
        whole = outcome([prefix + data])
        assert outcome(cut(prefix + data, seed)) == whole

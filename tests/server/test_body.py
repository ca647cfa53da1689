import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.server.body import Body, ChunkedBody, open_body
from microweb.server.errors import Refused
from microweb.server.head import Head
from microweb.server.source import BLOCK, Source

from .test_head import Wire, bytewise, cut


def chunked(*pieces, before=None):
    return io.BufferedReader(ChunkedBody(Source(Wire(pieces)), before), BLOCK)


def assert_broken(data):
    """An error however it is cut, and nothing more after it."""
    for pieces in ([data], bytewise(data)):
        stream = chunked(*pieces)
        for _ in range(2):
            with pytest.raises(Refused):
                stream.read()


WHOLE = {
    b"0\r\n\r\n": b"",
    b"5\r\nhello\r\n0\r\n\r\n": b"hello",
    b"5;a=b\r\nhello\r\n1\r\n!\r\n000\r\n\r\n": b"hello!",
    b"A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n": b"0123456789",
}

BROKEN = [
    # B21: sizes
    *(size + b"\r\nhello\r\n0\r\n\r\n" for size in (b"0x5", b"+5", b"-5", b"0_5", b" 5", b"5 ")),
    *(size + b"\r\nhello\r\n0\r\n\r\n" for size in (b"1Z", b"", b"F" * 16, b"F" * 4000)),
    # B22: extensions
    b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    b"5\r\r;ABCD\r\nhello\r\n0\r\n\r\n",
    b"5;" + b"a" * 1000 + b"\r\nhello\r\n0\r\n\r\n",
    # B23: what stands between chunks
    b"5\r\nhelloXX0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    # B24: trailers
    b"0\r\nbad line\r\n\r\n",
    b"0\r\nX : y\r\n\r\n",
    b"0\r\n" + b"X: y\r\n" * 101 + b"\r\n",
    # B25: the end comes too early
    b"5\r\nhel",
    b"5\r\nhello\r\n",
    b"0\r\n",
    b"",
]


@pytest.mark.parametrize("data", WHOLE)
def test_chunks(data):
    for pieces in ([data + b"GET"], bytewise(data + b"GET"), cut(data + b"GET", 1)):
        source = Source(Wire(pieces))
        body = ChunkedBody(source, None)
        assert io.BufferedReader(body, BLOCK).read() == WHOLE[data]
        assert body.finished
        assert b"GET".startswith(source.early)


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:30]))
def test_broken_chunks(data):
    assert_broken(data)


@given(st.lists(st.binary(min_size=1, max_size=50)), st.integers(0, 9))
def test_chunks_round_trip(parts, seed):
    data = b"".join(b"%X\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert chunked(*cut(data, seed)).read() == b"".join(parts)


@given(st.binary(max_size=60))
def test_any_chunks_give_bytes_or_a_refusal(data):
    try:
        chunked(data).read()
    except Refused:
        assert_broken(data)


def test_length():
    source = Source(Wire([b"line\nrest", b"GET"]))
    stream = io.BufferedReader(Body(source, 9, None), BLOCK)
    assert (stream.readline(), stream.read(2), stream.read(), stream.read()) == (
        *(b"line\n", b"re"),
        *(b"st", b""),
    )


def test_short_body_raises():
    with pytest.raises(Refused, match="ended"):
        io.BufferedReader(Body(Source(Wire([b"abc"])), 4, None), BLOCK).read()


@pytest.mark.parametrize(("name", "data"), [("length", b"abc"), ("chunked", b"3\r\nabc\r\n0\r\n\r\n")])
def test_go_on_is_said_once_before_the_first_read(name, data):
    head, told = Head(b"POST", b"/", 1), []
    head.expects = True
    setattr(head, name, 3)
    body = open_body(head, Source(Wire([data])), lambda: told.append(1))
    stream = io.BufferedReader(body, BLOCK)
    assert told == []
    assert stream.read(1) + stream.read() == b"abc"
    assert told == [1]

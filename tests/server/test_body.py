"""Bodies over a source that gives its pieces one by one."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.server.body import Body
from microweb.server.limits import Limits, Refused, require

from .corpus import BROKEN, WHOLE, bytewise, cut

BLOCK = 1024


class Pieces:
    """What a body reads from: a connection without a socket."""

    def __init__(self, pieces, **limits):
        self.pieces = [piece for piece in pieces if piece]
        self.buffer, self.limits, self.told, self.reads = bytearray(), Limits(**limits), 0, 0

    def more(self):
        require(self.pieces, "the connection ended within the request")
        self.reads += 1
        self.buffer += self.pieces.pop(0)

    def send(self, data):
        assert data == b"HTTP/1.1 100 Continue\r\n\r\n"
        self.told += 1


def chunked(*pieces, **limits):
    return io.BufferedReader(Body(Pieces(pieces, **limits), chunked=True), BLOCK)


def assert_broken(data):
    """An error however it is cut, and nothing more after it."""
    for pieces in ([data], bytewise(data)):
        stream = chunked(*pieces)
        for _ in range(2):
            with pytest.raises(Refused):
                stream.read()


@pytest.mark.parametrize("data", WHOLE)
def test_chunks(data):
    for pieces in ([data + b"GET"], bytewise(data + b"GET"), cut(data + b"GET", 1)):
        source = Pieces(pieces)
        body = Body(source, chunked=True)
        assert io.BufferedReader(body, BLOCK).read() == WHOLE[data]
        assert body.finished
        assert bytes(source.buffer) + b"".join(source.pieces) == b"GET"


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:30]))
def test_broken_chunks(data):
    assert_broken(data)


def test_a_bound_on_all_chunks():
    data = b"5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"
    assert chunked(data, body_bytes=10).read() == b"hellohello"
    with pytest.raises(Refused, match="413"):
        chunked(data, body_bytes=9).read()


def test_a_bound_on_all_trailers():
    # B24: as the head's fields are bounded
    data = b"0\r\n" + b"X: %b\r\n" % (b"y" * 40) * 3 + b"\r\n"
    assert chunked(data, head_bytes=150).read() == b""
    with pytest.raises(Refused, match="431"):
        chunked(data, head_bytes=130).read()


@given(st.lists(st.binary(min_size=1, max_size=50)), st.integers(0, 9))
def test_chunks_round_trip(parts, seed):
    data = b"".join(b"%X\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert chunked(*cut(data, seed)).read() == b"".join(parts)


_PIECES = [b"5", b"\r\n", b"\r", b"\n", b"hello", b"0", b";a=b", b"X: y", b" ", b"F" * 16, b"-", b"\x00"]


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)), max_size=12), st.integers(0, 9))
def test_any_chunks_give_the_same_however_they_are_cut(pieces, seed):
    data, found = b"".join(pieces), []
    for each in ([data], bytewise(data), cut(data, seed)):
        source = Pieces(each)
        try:
            found.append(io.BufferedReader(Body(source, chunked=True), BLOCK).read())
        except Refused as error:
            found.append(error.status)
        assert source.reads <= len(data)  # each read brought something: no loop without progress
    assert found[0] == found[1] == found[2]


def test_length():
    stream = io.BufferedReader(Body(Pieces([b"line\nrest", b"GET"]), 9), BLOCK)
    assert stream.readline() == b"line\n"
    assert (stream.read(2), stream.read(), stream.read()) == (b"re", b"st", b"")


def test_short_body_raises():
    with pytest.raises(Refused, match="ended"):
        io.BufferedReader(Body(Pieces([b"abc"]), 4), BLOCK).read()


@pytest.mark.parametrize("kind", ["length", "chunks"])
def test_go_on_is_said_once_before_the_first_read(kind):
    source = Pieces([b"3\r\nabc\r\n0\r\n\r\n"] if kind == "chunks" else [b"abc"])
    body = Body(source, 0, True, True) if kind == "chunks" else Body(source, 3, True)
    stream = io.BufferedReader(body, BLOCK)
    assert source.told == 0
    assert stream.read(1) + stream.read() == b"abc"
    assert source.told == 1

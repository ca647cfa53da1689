import pytest

from microweb.server.errors import Refused
from microweb.server.source import Source

from .test_head import Wire, bytewise


@pytest.mark.parametrize("data", [b"a\n", b"\n", b"a\rb\r\n", b"\r\r\n", b"a\r\r\n", b"a\r"])
def test_line_ends_are_cr_lf(data):
    for pieces in ([data], bytewise(data)):
        with pytest.raises(Refused):
            Source(Wire(pieces)).read_line(100)


def test_lines_and_bytes_share_what_came_early():
    source = Source(Wire([b"ab\r\n\r\ncd", b"e"]))
    assert (source.read_line(10), source.read_line(10)) == (b"ab", b"")
    target = bytearray(10)
    assert source.read_into(memoryview(target)) == 2
    assert source.read_into(memoryview(target)) == 1
    assert target.startswith(b"ed")


def test_limit():
    assert Source(Wire(bytewise(b"abc\r\n"))).read_line(5) == b"abc"
    with pytest.raises(Refused, match="414"):
        Source(Wire(bytewise(b"abc\r\n"))).read_line(4, 414)

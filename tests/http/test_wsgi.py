"""Bounded streams, closing iterators, file wrappers, and what an environ says."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.exceptions import ClientDisconnected, RequestEntityTooLarge, SecurityError
from microweb.http.wsgi import (
    ClosingIterator,
    FileWrapper,
    LimitedStream,
    RangeWrapper,
    get_content_length,
    get_current_url,
    get_host,
    get_input_stream,
    get_path_info,
    get_server,
    parse_content_length,
    plain_int,
    responder,
    wrap_file,
)

# Lengths


@pytest.mark.parametrize(
    ("length", "coding", "expected"),
    [
        ("2", None, 2),
        (" 2\t", None, 2),
        ("007", None, 7),
        (None, None, None),
        ("", None, 0),
        ("6", "chunked", None),
        ("6", "gzip, Chunked", None),
        ("6", "identity", 6),
        (None, "chunked", None),
        ("-6", None, 0),
        # B12: what int() takes and a header does not allow (CVE-2022-24761).
        ("+6", None, 0),
        ("1_0", None, 0),
        ("\u0661", None, 0),
        ("\xa05", None, 0),
        ("0x1", None, 0),
        ("5, 5", None, 0),
        # B13: digits that take quadratic time.
        ("9" * 19, None, 0),
        ("9" * 100_000, None, 0),
    ],
)
def test_content_length(length, coding, expected):
    # By the names that Werkzeug gives them.
    assert parse_content_length(http_content_length=length, http_transfer_encoding=coding) == expected
    environ = {"CONTENT_LENGTH": length, "HTTP_TRANSFER_ENCODING": coding}
    assert get_content_length({k: v for k, v in environ.items() if v is not None}) == expected


def test_plain_int_says_what_came():
    with pytest.raises(ValueError, match="'1_0' is not a plain integer"):
        plain_int("1_0")


# The body


def body(data, **environ):
    return {"wsgi.input": io.BytesIO(data), **environ}


def test_a_body_ends_where_its_length_says():
    assert get_input_stream(body(b"abcdef", CONTENT_LENGTH="3")).read() == b"abc"


def test_a_body_without_length_is_empty():
    assert get_input_stream(body(b"abc")).read() == b""
    environ = body(b"abc")
    assert get_input_stream(environ, safe_fallback=False) is environ["wsgi.input"]


def test_a_server_that_ends_the_body_is_believed():
    environ = body(b"abc", **{"wsgi.input_terminated": True})
    assert get_input_stream(environ) is environ["wsgi.input"]


def test_an_announced_length_over_the_limit_reads_nothing():
    environ = body(b"abcdef", CONTENT_LENGTH="6")
    with pytest.raises(RequestEntityTooLarge):
        get_input_stream(environ, max_content_length=5)
    assert environ["wsgi.input"].tell() == 0


@pytest.mark.parametrize("read", ["read", "readall", "readline", "exhaust", "list", "buffered"])
def test_a_chunked_body_over_the_limit(read):
    environ = body(b"x" * 200_000, **{"wsgi.input_terminated": True})
    stream = get_input_stream(environ, max_content_length=100_000)
    actions = {"list": lambda: list(stream), "buffered": lambda: io.BufferedReader(stream).read()}
    action = actions.get(read) or getattr(stream, read)
    with pytest.raises(RequestEntityTooLarge):
        for _ in range(2):
            action()


def test_a_chunked_body_of_exactly_the_limit():
    environ = body(b"12345", **{"wsgi.input_terminated": True})
    stream = get_input_stream(environ, max_content_length=5)
    assert (stream.read(), stream.read(), stream.read(1)) == (b"12345", b"", b"")


@pytest.mark.parametrize("read", ["read", "readline", "readall"])
def test_a_client_that_leaves(read):
    stream = LimitedStream(io.BytesIO(b"ab"), 5)
    with pytest.raises(ClientDisconnected):
        for _ in range(2):
            getattr(stream, read)()


def test_a_stream_that_breaks():
    broken = io.BytesIO()
    broken.close()
    with pytest.raises(ClientDisconnected):
        LimitedStream(broken, 5).read()
    with pytest.raises(ClientDisconnected):
        LimitedStream(broken, 5, is_max=True).read()


def test_hooks():
    class Told(LimitedStream):
        said = ()

        def on_exhausted(self):
            self.said += ("exhausted",)

        def on_disconnect(self, error=None):
            self.said += ("disconnect",)

    told = Told(io.BytesIO(b"abc"), 3)
    assert (told.read(), told.said, told.tell(), told.is_exhausted) == (b"abc", (), 3, True)
    assert (told.read(), told.said, told.exhaust()) == (b"", ("exhausted",), b"")
    told = Told(io.BytesIO(b""), 3)
    assert (told.read(2), told.said) == (b"", ("disconnect",))


def test_lines():
    def stream():
        return LimitedStream(io.BytesIO(b"ab\ncd\nefgh"), 8)

    assert list(stream()) == [b"ab\n", b"cd\n", b"ef"]
    assert stream().readlines() == [b"ab\n", b"cd\n", b"ef"]
    assert (stream().readline(1), stream().readline(None)) == (b"a", b"ab\n")
    assert io.TextIOWrapper(io.BufferedReader(stream())).read() == "ab\ncd\nef"


class OneByteAtATime:
    """The least that PEP 3333 asks of an input stream: `read` may return less than asked for."""

    def __init__(self, data):
        self.data = iter(data)

    def read(self, size):
        return bytes(byte for byte in [next(self.data, None)] if byte is not None)


def test_a_stream_with_nothing_but_read():
    assert LimitedStream(OneByteAtATime(b"abcdef"), 4).read() == b"abcd"
    assert LimitedStream(OneByteAtATime(b"a\nb"), 3).readline() == b"a\n"


@given(st.binary(max_size=50), st.integers(0, 60), st.lists(st.integers(0, 10), max_size=30))
def test_never_past_the_limit(data, limit, sizes):
    source = io.BytesIO(data)
    stream = LimitedStream(source, limit)
    got = b""
    try:
        for size in sizes:
            got += stream.read(size)
    except ClientDisconnected:
        assert limit > len(data)
    assert got == data[: len(got)]
    assert source.tell() <= limit


# CVE-2025-13836
def test_b35_reads_in_steps():
    sizes = []

    class Source:
        def read(self, size):
            sizes.append(size)
            return b""

    with pytest.raises(ClientDisconnected):
        LimitedStream(Source(), 10**10).read()
    assert max(sizes) <= 65536


# Files and ranges


# CVE-2015-0221
def test_b84_files_come_in_blocks_not_lines():
    wrapper = wrap_file({}, io.BytesIO(b"\n" * 70_000))
    assert [len(block) for block in wrapper] == [65536, 70_000 - 65536]
    assert isinstance(wrapper, FileWrapper)
    wrapper.close()
    assert wrapper.file.closed


def test_the_servers_wrapper():
    assert wrap_file({"wsgi.file_wrapper": lambda *args: args}, "file", 9) == ("file", 9)


def test_a_wrapper_around_little():
    class Little:
        def read(self, size):
            return b""

    little = FileWrapper(Little())
    little.seek(3)
    little.close()
    assert (little.seekable(), little.tell(), list(little)) == (False, None, [])


@given(st.lists(st.binary(max_size=5)), st.integers(0, 20), st.none() | st.integers(0, 20))
def test_ranges(blocks, start, size):
    expected = b"".join(blocks)[start:] if size is None else b"".join(blocks)[start : start + size]
    assert b"".join(RangeWrapper(iter(blocks), start, size)) == expected
    file = FileWrapper(io.BytesIO(b"".join(blocks)), 3)
    wrapper = RangeWrapper(file, start, size)
    assert wrapper.seekable
    assert b"".join(wrapper) == expected
    wrapper.close()
    assert file.file.closed


# Closing


def test_closing_iterator():
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"a"])

        def close(self):
            closed.append("body")

    body = ClosingIterator(Body(), lambda: closed.append("one"))
    assert list(body) == [b"a"]
    body.close()
    assert closed == ["body", "one"]
    ClosingIterator([], [lambda: closed.append("two"), lambda: closed.append("three")]).close()
    assert closed[2:] == ["two", "three"]
    ClosingIterator([]).close()


def test_every_callback_runs():
    ran = []

    def fails(error):
        ran.append(error)
        raise error

    closing = ClosingIterator([], [lambda: fails(KeyError(1)), lambda: fails(ValueError(2))])
    with pytest.raises(KeyError):
        closing.close()
    assert len(ran) == 2


# The environ


def test_path_info_is_utf8():
    assert get_path_info({"PATH_INFO": "/gr\xc3\xbc\xc3\x9fe"}) == "/grüße"
    assert get_path_info({"PATH_INFO": "/\xff"}) == "/\ufffd"
    assert get_path_info({}) == ""


def test_server():
    assert get_server({}) is None
    assert get_server({"SERVER_NAME": "a", "SERVER_PORT": "80"}) == ("a", 80)
    assert get_server({"SERVER_NAME": "/run/a.sock", "SERVER_PORT": ""}) == ("/run/a.sock", None)


ENVIRON = {
    "wsgi.url_scheme": "http",
    "HTTP_HOST": "example.org",
    "SCRIPT_NAME": "/app",
    "PATH_INFO": "/p",
    "QUERY_STRING": "q=1",
}


def test_current_url():
    assert get_current_url(ENVIRON) == "http://example.org/app/p?q=1"
    assert get_current_url(ENVIRON, strip_querystring=True) == "http://example.org/app/p"
    assert get_current_url(ENVIRON, root_only=True) == "http://example.org/app/"
    assert get_current_url(ENVIRON, host_only=True) == "http://example.org/"


def test_host():
    assert get_host(ENVIRON) == "example.org"
    with pytest.raises(SecurityError):
        get_host(ENVIRON, trusted_hosts=["example.com"])


def test_responder():
    @responder
    def application(environ, start_response):
        """Docs."""
        return lambda environ, start_response: [b"answer"]

    assert application({}, None) == [b"answer"]
    assert application.__doc__ == "Docs."

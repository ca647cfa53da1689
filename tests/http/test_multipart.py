"""The multipart decoder and encoder: any cuts, any line break, bounded and linear."""

from __future__ import annotations

import gc
import itertools
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.exceptions import RequestEntityTooLarge
from microweb.http.headers import Headers
from microweb.http.multipart import (
    MAX_HEADERS,
    MAX_HEADERS_SIZE,
    MAX_PREAMBLE,
    NEED_DATA,
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    MultipartEncoder,
    NeedData,
    Preamble,
)

from .linear import assert_linear, steps

HEAD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'


def events(chunks, boundary=b"b", **limits):
    """All events of a message that comes in the given chunks."""
    decoder = MultipartDecoder(boundary, **limits)
    found = []
    for chunk in itertools.chain(chunks, [None]):
        decoder.receive_data(chunk)
        while True:
            event = decoder.next_event()
            if event is NEED_DATA:
                break
            found.append(event)
            if type(event) is Epilogue:
                return found
    raise AssertionError("unreachable: a message that does not end raises")


def parts(chunks, boundary=b"b", **limits):
    """What the message says, however it was cut: `(name, filename, headers, data)` of each part."""
    result = []
    for event in events(chunks, boundary, **limits):
        if type(event) in (Field, File):
            result.append([event.name, getattr(event, "filename", None), list(event.headers), b""])
        elif type(event) is Data:
            result[-1][3] += event.data
    return result


def outcome(chunks, boundary=b"b", **limits):
    try:
        return parts(chunks, boundary, **limits)
    except RequestEntityTooLarge:
        return "too large"
    except ValueError:
        return "malformed"


def cut(data, places):
    edges = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def assert_same_in_any_cuts(data, places=(), boundary=b"b", **limits):
    whole = outcome([data], boundary, **limits)
    assert outcome([data[i : i + 1] for i in range(len(data))], boundary, **limits) == whole
    assert outcome(cut(data, places), boundary, **limits) == whole
    return whole


def encode(*written, boundary=b"b"):
    encoder = MultipartEncoder(boundary)
    return b"".join(encoder.send_event(event) for event in written)


# What is found


def test_a_field_and_a_file():
    data = encode(
        Preamble(b""),
        Field("text", Headers()),
        Data("grüße".encode(), False),
        File("upload", "a.txt", Headers({"Content-Type": "text/plain"})),
        Data(b"1\r\n2", False),
        Epilogue(b"bye"),
    )
    found = events([data])
    assert found[0] == Preamble(b"")
    assert found[-1] == Epilogue(b"bye")
    assert parts([data]) == [
        ["text", None, [("Content-Disposition", 'form-data; name="text"')], "grüße".encode()],
        [
            "upload",
            "a.txt",
            [
                ("Content-Disposition", 'form-data; name="upload"; filename="a.txt"'),
                ("Content-Type", "text/plain"),
            ],
            b"1\r\n2",
        ],
    ]


@pytest.mark.parametrize("line_break", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("value", [b"", b"x", b"\n", b"\r", b"\r\n", b"--", b"--b", b"\r\n--", b"-" * 40])
def test_any_line_break(line_break, value):
    head = line_break.join([b"--b", b"Content-Disposition: form-data; name=a", b"", b""])
    data = head + value + line_break + b"--b--"
    expected = [["a", None, [("Content-Disposition", "form-data; name=a")], value]]
    # A value that the break of the message could not be told from is the sender's mistake.
    if line_break + b"--b" in head[3:] + value:
        expected = outcome([data])
    assert assert_same_in_any_cuts(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"--b--", []),
        (b"--b--\r\n", []),
        (b"\r\n\r\n--b--", []),
        (b"preamble\r\n--b--epilogue", []),
        (HEAD + b"\r\n--b--", [b""]),
        # The delimiter's break doubles as that of the blank line.
        (HEAD + b"--b--", [b""]),
        (HEAD + b"x\r\n--b  \t \r\n" + HEAD[5:] + b"y\r\n--b--", [b"x", b"y"]),
        (HEAD + b"x\r\n--bb\r\n--b --\r\n\r\n--b-\r\n--b--", [b"x\r\n--bb\r\n--b --\r\n\r\n--b-"]),
        (HEAD + b"x\n--b\ny\r\n--b--", [b"x\n--b\ny"]),
    ],
)
def test_delimiters(data, expected):
    found = assert_same_in_any_cuts(data)
    assert [part[3] for part in found] == expected


def test_folded_headers_and_continuations():
    data = (
        b"--b\r\nContent-Disposition: form-data; name=n;\r\n\tfilename*0*=utf-8''%C3%A4;\r\n"
        b' filename*1=".txt"\r\nX-A:\r\n b\r\n\r\nx\r\n--b--'
    )
    (part,) = assert_same_in_any_cuts(data)
    assert part[:2] == ["n", "ä.txt"]
    assert part[2][1] == ("X-A", "b")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no boundary at all",
        b"--b",
        b"--b\r\n",
        HEAD,
        HEAD + b"data",
        HEAD + b"data\r\n--b",
        HEAD + b"data\r\n--b\r\n",
        b"--b\r\n\r\nno headers\r\n--b--",
        b"--b\r\nContent-Type: text/plain\r\n\r\nno disposition\r\n--b--",
        b"--b\r\nno colon\r\n\r\nx\r\n--b--",
        b"--b\r\nbad name: x\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--b--",
    ],
)
def test_malformed(data):
    assert assert_same_in_any_cuts(data) == "malformed"


def test_the_message_of_a_body_without_end():
    with pytest.raises(ValueError, match="ends before its last boundary"):
        events([HEAD + b"cut off"])


def test_needs_data():
    decoder = MultipartDecoder(b"b")
    assert isinstance(decoder.next_event(), NeedData)
    assert repr(NEED_DATA) == "NeedData()"


def test_events_compare_by_kind_and_value():
    assert Data(b"a", True) == Data(b"a", True)
    assert Data(b"a", True) != Data(b"a", False)
    assert Preamble(b"") != Epilogue(b"")


def test_what_follows_the_end_is_not_kept():
    decoder = MultipartDecoder(b"b")
    decoder.receive_data(b"--b--")
    decoder.next_event()
    for _ in range(100):
        decoder.receive_data(b"x" * 10_000)
        assert decoder.next_event() is NEED_DATA
    decoder.receive_data(None)
    assert len(decoder.next_event().data) < 100_000


# Limits, and attacks on record


@pytest.mark.parametrize("boundary", [b"", b"b ", b"b" * 71, b"\xc3\xa4", b"a\r\nb", b"\x00"])
def test_b123_boundaries(boundary):
    with pytest.raises(ValueError, match="is no boundary"):
        MultipartDecoder(boundary)


def with_headers(lines):
    return b"--b\r\nContent-Disposition: form-data; name=a\r\n" + lines + b"\r\nx\r\n--b--"


def test_b123_headers():
    line = b"X-Y: z\r\n"
    assert outcome([with_headers(line * (MAX_HEADERS - 1))]) != "malformed"
    assert assert_same_in_any_cuts(with_headers(line * MAX_HEADERS)) == "malformed"
    assert outcome([with_headers(b"X: " + b"y" * MAX_HEADERS_SIZE + b"\r\n")]) == "malformed"
    assert assert_same_in_any_cuts(with_headers(b"X: a\nB: c\r\n")) == "malformed"
    assert assert_same_in_any_cuts(with_headers(b"X: a\rB: c\r\n")) == "malformed"
    assert assert_same_in_any_cuts(with_headers(b"X: \x00\r\n")) == "malformed"
    # Not only at the end: a head that never ends is refused while it comes in.
    decoder = MultipartDecoder(b"b")
    decoder.receive_data(b"--b\r\n" + b"x" * 20_000)
    decoder.next_event()
    with pytest.raises(ValueError, match="more than"):
        decoder.next_event()


# CVE-2022-23833, CVE-2024-53981
def test_b118_preamble():
    assert outcome([b"x" * (MAX_PREAMBLE - 2) + b"\r\n--b--"]) == []
    assert outcome([b"\r\n" * 500_000 + b"--b--"]) == "malformed"
    assert outcome([b"x" * MAX_PREAMBLE + b"\r\n--b--"]) == "malformed"


# CVE-2023-25577, CVE-2023-24580, CVE-2023-30798
def test_b115_parts():
    data = HEAD + b"x\r\n" + (HEAD + b"y\r\n") * 9 + b"--b--"
    assert len(parts([data], max_parts=10)) == 10
    assert assert_same_in_any_cuts(data, max_parts=9) == "too large"
    # While reading: before the rest has come.
    decoder = MultipartDecoder(b"b", max_parts=1)
    decoder.receive_data(HEAD + b"\r\n" + HEAD)
    with pytest.raises(RequestEntityTooLarge, match="more than 1 parts"):
        for _ in range(9):
            decoder.next_event()


# CVE-2024-49767, CVE-2024-47874, CVE-2025-69228
def test_b117_fields_together():
    data = HEAD + b"x" * 60 + b"\r\n" + HEAD + b"y" * 60 + b"\r\n--b--"
    assert outcome([data], max_form_memory_size=120) != "too large"
    assert assert_same_in_any_cuts(data, max_form_memory_size=119) == "too large"
    file = data.replace(b'name="a"', b'name="a"; filename="f"')
    assert outcome([file], max_form_memory_size=1) != "too large"


@pytest.mark.parametrize(
    "filler", [b"x", b"\r", b"\n", b"\r\n", b"-", b"\r\n-", b"\r\n--", b"\r\n--bx", b"\r\n--b-", b" "]
)
def test_b116_what_is_held_back_is_bounded(filler):
    # CVE-2023-46136: bytes that look like a beginning of the boundary were searched again and again.
    decoder = MultipartDecoder(b"b")
    decoder.receive_data(HEAD)
    decoder.next_event()
    decoder.next_event()
    fed = passed = 0
    for _ in range(200):
        chunk = filler * (1024 // len(filler))
        decoder.receive_data(chunk)
        fed += len(chunk)
        while True:
            event = decoder.next_event()
            if event is NEED_DATA:
                break
            passed += len(event.data)
        # So each byte is looked at a bounded number of times.
        assert len(decoder._buffer) - decoder._pos < 100
    assert fed - passed < 100


def feed(data, step):
    outcome(data[start : start + step] for start in range(0, len(data), step))


@pytest.mark.parametrize("step", [1, 64, 10_000_000])
@pytest.mark.parametrize(
    "unit",
    [
        b"x" * 50,
        b"\r\n" * 20,
        b"\r\n--" * 10,
        b"\r\n--bx",
        b"\r\n--b-",
        b"\r\n--b" + b" " * 60 + b"x",
        b"\r\n" + HEAD + b"x",
    ],
)
def test_b116_the_work_is_linear(unit, step):
    assert_linear(lambda data: feed(data, step), lambda count: HEAD + unit * count + b"\r\n--b--", size=20)


@pytest.mark.parametrize("unit", [b"--bx", b"--b \t", b"\r\n"])
def test_b116_the_work_before_the_first_boundary_is_bounded(unit):
    # It is searched again with each chunk, but has an end soon.
    first, longer = (steps(feed, unit * count, 8) for count in (1000, 5000))
    assert first == longer


# Every way of cutting, every value

names = st.text(
    st.characters(codec="utf-8", exclude_characters='\\"%\r\n\0', exclude_categories=["Cc", "Cs"])
)
blobs = st.lists(
    st.one_of(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"b", b" ", b"\r\n--b", b"\r\n--"]), st.binary()
    )
).map(b"".join)


@given(
    st.lists(st.tuples(names, st.none() | names, blobs), max_size=4),
    st.lists(st.integers(0, 500)),
    st.integers(0, 3),
)
def test_parse_of_write(values, places, size):
    boundary = b"bound-ary"
    written = [Preamble(b"")]
    for name, filename, blob in values:
        written.append(Field(name, Headers()) if filename is None else File(name, filename, Headers()))
        written += [Data(blob[:size], True), Data(blob[size:], False)]
    data = encode(*written, Epilogue(b""), boundary=boundary)
    found = assert_same_in_any_cuts(data, places, boundary)
    expected = [[name, filename, blob] for name, filename, blob in values]
    assert [[name, filename, blob] for name, filename, _, blob in found] == expected


@pytest.mark.parametrize("blocks", [[b""], [b"", b""], [b"", b"x"], [b"x", b""], [b"", b"\r\n", b""]])
def test_empty_blocks(blocks):
    last = len(blocks) - 1
    written = [Data(block, number < last) for number, block in enumerate(blocks)]
    data = encode(Preamble(b""), Field("a", Headers()), *written, Epilogue(b""))
    assert [part[3] for part in parts([data])] == [b"".join(blocks)]


pieces = st.sampled_from(
    [
        b"--b",
        b"--b--",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\r\n--b\r\n",
        b"\r\n--b--",
        b"--b\n",
        b"Content-Disposition: form-data; name=a",
        b"; filename=f",
        b"\r\n\r\n",
        b"x",
        b"\t",
        b"-",
        b"\xff",
    ]
)


@given(st.lists(pieces, max_size=20).map(b"".join), st.lists(st.integers(0, 200)))
def test_nonsense_in_any_cuts(data, places):
    assert_same_in_any_cuts(data, places)


@given(st.lists(pieces, max_size=8).map(b"".join), st.lists(st.integers(0, 200)))
def test_nonsense_in_a_part_in_any_cuts(data, places):
    assert_same_in_any_cuts(HEAD + data + b"\r\n--b--", places)


@given(st.binary(max_size=300))
def test_arbitrary_bytes(data):
    outcome([data])


# The encoder


def test_encoder_order():
    encoder = MultipartEncoder(b"b")
    with pytest.raises(ValueError, match="cannot be written after None"):
        encoder.send_event(Data(b"x", False))
    encoder.send_event(Epilogue(b""))
    with pytest.raises(ValueError, match="after Epilogue"):
        encoder.send_event(Field("a", Headers()))


def test_encoder_keeps_names_in_their_line():
    data = encode(Preamble(b""), File('a"\r\nX: y', 'q".txt', Headers()), Data(b"1", False), Epilogue(b""))
    assert b'name="a%22%0D%0AX: y"; filename="q%22.txt"\r\n' in data


def test_a_decoder_goes_when_it_is_done():
    """It holds a buffer of the size of a chunk: too much to wait for the garbage collector."""
    gc.disable()
    try:
        decoder = MultipartDecoder(b"b")
        decoder.receive_data(HEAD)
        decoder.next_event()
        gone = weakref.ref(decoder)
        del decoder
        assert gone() is None
    finally:
        gc.enable()

"""Forms: limits that hold while reading, files that spool and are closed, errors silent or not."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.exceptions import ClientDisconnected, RequestEntityTooLarge
from microweb.http import uploads
from microweb.http.datastructures import MultiDict
from microweb.http.forms import parse_form_data
from microweb.http.uploads import MultiPartParser, default_stream_factory

URLENCODED = "application/x-www-form-urlencoded"


def environ(data, content_type=URLENCODED, length=None):
    return {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(data) if length is None else length),
        "wsgi.input": io.BytesIO(data),
    }


def form(data, content_type=URLENCODED, **options):
    """The pairs of a form that must be well-formed."""
    _, fields, files = parse_form_data(environ(data, content_type), silent=False, **options)
    assert not files
    return list(fields.items(multi=True))


def multipart(*parts, end=b"--b--"):
    heads = b"--b\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n"
    return b"".join(heads % part for part in parts) + end


def files(data, **options):
    _, fields, found = parse_form_data(
        environ(data, "multipart/form-data; boundary=b"), silent=False, **options
    )
    return fields, found


# Urlencoded


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a=1&b=2&a=3", [("a", "1"), ("a", "3"), ("b", "2")]),
        (b"a=b+c%20d&%C3%A4=%c3%a4", [("a", "b c d"), ("ä", "ä")]),
        (b"a&=x&&b=", [("a", ""), ("", "x"), ("b", "")]),
        (b"a=%zz&b=%FF", [("a", "%zz"), ("b", "%FF")]),
        ("ä=ß".encode(), [("ä", "ß")]),
    ],
)
def test_urlencoded(data, expected):
    assert form(data) == expected


def test_b124_only_ampersands_separate():
    assert form(b"a=1;b=2") == [("a", "1;b=2")]


def test_b125_too_many_fields():
    assert len(form(b"&".join([b"a=1"] * 1000))) == 1000
    with pytest.raises(RequestEntityTooLarge):
        form(b"&".join([b"a=1"] * 1001))
    # Silent means that a malformed form is empty, not that limits are.
    with pytest.raises(RequestEntityTooLarge):
        parse_form_data(environ(b"&" * 1_000_000))


def test_b126_urlencoded_memory_while_reading():
    data = environ(b"a=" + b"x" * 300_000)
    with pytest.raises(RequestEntityTooLarge, match="more than 1000 bytes"):
        parse_form_data(data, max_form_memory_size=1000)
    assert data["wsgi.input"].tell() <= 65536
    assert form(b"a=12345", max_form_memory_size=7) == [("a", "12345")]


def test_urlencoded_that_is_not_utf8():
    with pytest.raises(UnicodeDecodeError):
        form(b"a=\x80")
    assert not parse_form_data(environ(b"a=\x80"))[1]


@given(st.binary(max_size=100))
def test_any_bytes_are_a_form_or_malformed(data):
    try:
        form(data)
    except ValueError:
        pass


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/mixed; boundary=b", ", "])
def test_what_is_no_form_is_left_alone(content_type):
    stream, fields, uploads = parse_form_data(environ(b"a=1", content_type))
    assert (stream.read(), list(fields), list(uploads)) == (b"a=1", [], [])


# Multipart


def test_multipart():
    fields, uploads = files(multipart((b"a", b"1"), (b"b; filename=f.txt", b"content"), (b"a", b"2")))
    assert list(fields.items(multi=True)) == [("a", "1"), ("a", "2")]
    upload = uploads["b"]
    assert (upload.filename, upload.name, upload.read()) == ("f.txt", "b", b"content")
    upload.close()


# CVE-2023-31047
def test_b121_several_files_of_one_name():
    _, uploads = files(multipart((b"a; filename=1", b"x"), (b"a; filename=2", b"y")))
    assert [upload.filename for upload in uploads.getlist("a")] == ["1", "2"]
    assert uploads["a"].filename == "1"
    for upload in uploads.getlist("a"):
        upload.close()


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        (b"", "ä".encode(), "ä"),
        (b"; charset=iso-8859-1", b"\xe4", "ä"),
        (b"; charset=utf-16", "ä".encode(), "ä"),
        (b"; charset=zip", b"x", "x"),
        (b"", b"\xff", "\ufffd"),
    ],
)
def test_charsets_of_fields(declared, value, expected):
    head = b"a\r\nContent-Type: text/plain" + declared
    assert files(multipart((head, value)))[0]["a"] == expected


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=\xe4", "; boundary=" + "b" * 71])
def test_b123_boundaries(boundary):
    with pytest.raises(ValueError):
        parse_form_data(environ(b"", "multipart/form-data" + boundary), silent=False)


def test_b119_a_body_without_its_end():
    for end in (b"", b"--b", b"--b\r\n"):
        data = environ(multipart((b"a", b"1"), end=end), "multipart/form-data; boundary=b")
        with pytest.raises(ValueError, match="ends before"):
            parse_form_data(data, silent=False)


def test_b119_a_body_shorter_than_announced():
    data = environ(multipart((b"a", b"1"))[:-20], "multipart/form-data; boundary=b", length=10_000)
    with pytest.raises(ClientDisconnected):
        parse_form_data(data)


# CVE-2023-25577, CVE-2023-24580, CVE-2023-30798, CVE-2024-49767, CVE-2024-47874, CVE-2025-69228
def test_b115_b117_limits():
    data = multipart((b"a", b"1" * 30), (b"b", b"2" * 30), (b"c; filename=f", b"3" * 1000))
    for limits in ({"max_form_parts": 2}, {"max_form_memory_size": 59}, {"max_content_length": 99}):
        with pytest.raises(RequestEntityTooLarge):
            files(data, **limits)
    _, uploads = files(data, max_form_parts=3, max_form_memory_size=60)
    uploads["c"].close()


# Where files go


# CVE-2025-54121
def test_b122_a_spool_moves_to_disk():
    with default_stream_factory(None, None, None) as spool:
        spool.write(b"x" * uploads.MAX_SPOOL)
        assert not spool._rolled
        spool.write(b"x")
        assert spool._rolled


def test_without_a_disk(monkeypatch):
    monkeypatch.setattr(uploads, "SpooledTemporaryFile", None)
    assert type(default_stream_factory(None, None, None)) is io.BytesIO


@pytest.mark.parametrize("end", [b"", b"--b\r\nbroken\r\n\r\n", multipart((b"c", b"3" * 100))])
def test_b122_files_are_closed_on_errors(end):
    opened = []

    def factory(**about):
        opened.append(io.BytesIO())
        return opened[-1]

    data = multipart((b"a; filename=f", b"1"), (b"b; filename=g", b"2"), end=end)
    with pytest.raises((ValueError, RequestEntityTooLarge)):
        files(data, stream_factory=factory, max_form_memory_size=10)
    assert [file.closed for file in opened] == [True, True]


def test_what_the_factory_is_told():
    told = []

    def factory(**about):
        told.append(about)
        return io.BytesIO()

    head = b"a; filename=f\r\nContent-Type: image/png\r\nContent-Length: 7"
    data = multipart((head, b"1"), (head.replace(b"7", b"+7"), b"2"))
    files(data, stream_factory=factory)
    about = {
        "total_content_length": len(data),
        "filename": "f",
        "content_type": "image/png",
        "content_length": 7,
    }
    assert told == [about, {**about, "content_length": 0}]


@given(st.binary(max_size=80), st.integers(1, 20))
def test_any_buffer_size(value, size):
    data = multipart((b"a; filename=f", value.replace(b"\r\n--b", b"")))
    parser = MultiPartParser(lambda **about: io.BytesIO(), buffer_size=size)
    _, uploads = parser.parse(io.BytesIO(data), b"b", None)
    assert uploads["a"].read() == value.replace(b"\r\n--b", b"")


def test_storage_classes():
    assert type(files(b"--b--")[0]) is MultiDict
    assert files(multipart((b"a", b"1")), cls=dict) == ({"a": "1"}, {})
    assert MultiPartParser().stream_factory is default_stream_factory

from __future__ import annotations

import copy
import io
import tempfile

import pytest

from microweb.http.uploads import FileMultiDict, FileStorage


def test_claims_of_the_client():
    file = FileStorage(io.BytesIO(b"x"), "../../é.txt", "field", "Text/HTML; charset=UTF-8", content_length=5)
    # B120: the name is what was sent, for display
    # (CVE-2021-28658, CVE-2021-31542, CVE-2011-0697, CVE-2014-0481).
    assert (file.filename, file.name, bool(file)) == ("../../é.txt", "field", True)
    assert (file.content_type, file.mimetype, file.mimetype_params) == (
        "Text/HTML; charset=UTF-8",
        "text/html",
        {"charset": "UTF-8"},
    )
    assert file.content_length == 5
    assert repr(file) == "<FileStorage: '../../é.txt' ('Text/HTML; charset=UTF-8')>"


def test_nothing_claimed():
    file = FileStorage()
    assert (file.filename, bool(file), file.mimetype, file.content_length, file.read()) == (
        None,
        False,
        "",
        0,
        b"",
    )
    file.headers["Content-Length"] = "x"
    assert file.content_length == 0


def test_stream_answers(tmp_path):
    file = FileStorage(io.BytesIO(b"a\nb"))
    assert list(file) == [b"a\n", b"b"] and file.tell() == 3
    with pytest.raises(AttributeError):
        file.nothing  # noqa: B018
    with pytest.raises(AttributeError):
        copy.copy(FileStorage.__new__(FileStorage)).stream  # noqa: B018
    with tempfile.SpooledTemporaryFile() as spooled:
        assert FileStorage(spooled).seekable() and FileStorage(spooled).filename is None


def test_name_of_the_stream(tmp_path):
    path = tmp_path / "name.txt"
    path.write_bytes(b"x")
    with path.open("rb") as stream:
        assert FileStorage(stream).filename == str(path)
    stream = io.BytesIO()
    stream.name = "<stdin>"
    assert FileStorage(stream).filename is None


def test_save(tmp_path):
    buffer = io.BytesIO()
    for target in (tmp_path / "a", str(tmp_path / "b"), buffer):
        FileStorage(io.BytesIO(b"data")).save(target)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == buffer.getvalue() == b"data"
    with pytest.raises(OSError):
        FileStorage().save(tmp_path)
    # B82: CVE-2023-41105.
    with pytest.raises(ValueError):
        FileStorage().save(f"{tmp_path}/ok\x00")


def test_close_never_fails():
    class Broken:
        def close(self):
            raise OSError

    FileStorage(Broken()).close()
    stream = io.BytesIO()
    FileStorage(stream).close()
    assert stream.closed


def test_files_for_a_request(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("x")
    files = FileMultiDict()
    files.add_file("f", path)
    files.add_file("f", io.BytesIO(b"y"), "b.unknown")
    files.add_file("f", FileStorage(filename="c"))
    assert [(file.filename, file.mimetype) for file in files.getlist("f")] == [
        (str(path), "text/html"),
        ("b.unknown", "application/octet-stream"),
        ("c", ""),
    ]
    files["f"].close()

"""Files as responses: names, types, caching, ranges, and paths that lead nowhere outside."""

from __future__ import annotations

import io
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from microweb.exceptions import NotFound, RequestedRangeNotSatisfiable
from microweb.files import send_file, send_from_directory
from microweb.http.response import Response

GET = {"REQUEST_METHOD": "GET"}


@pytest.fixture
def folder(tmp_path):
    """A directory to serve, with a secret beside it."""
    root = tmp_path / "static"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"0123456789")
    (root / "sub" / "b.html").write_text("<p>b")
    (tmp_path / "static_evil").mkdir()
    (tmp_path / "static_evil" / "x").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    return root


def receive(response, method="GET"):
    """What goes to the client: `(status code, headers, body)`."""
    started = []
    iterable = response(
        {"REQUEST_METHOD": method}, lambda status, headers: started.append((status, dict(headers)))
    )
    body = b"".join(iterable)
    if hasattr(iterable, "close"):
        iterable.close()
    return int(started[0][0][:3]), started[0][1], body


def fetch(path, method="GET", environ=(), **options):
    environ = {"REQUEST_METHOD": method, **dict(environ)}
    return receive(send_file(path, environ, **options), method)


def memory(name=None, **options):
    response = send_file(io.BytesIO(b"data"), GET, download_name=name, **options)
    response.close()
    return response


# What is sent


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file(folder, kind):
    status, headers, body = fetch(kind(folder / "a.txt"))
    assert (status, body) == (200, b"0123456789")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Content-Length"] == "10"
    assert headers["Content-Disposition"] == "inline; filename=a.txt"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["ETag"].count("-") == 2
    assert {"Last-Modified", "Date"} <= headers.keys()


def test_a_file_object():
    status, headers, body = fetch(io.BytesIO(b"abc"), mimetype="image/png")
    assert (status, headers["Content-Type"], headers["Content-Length"], body) == (
        200,
        "image/png",
        "3",
        b"abc",
    )
    assert not {"ETag", "Last-Modified", "Content-Disposition"} & headers.keys()


def test_files_are_closed(folder):
    for method in ("GET", "HEAD"):
        with open(folder / "a.txt", "rb") as file:
            assert fetch(file, method, mimetype="a/b")[2] == (b"0123456789" if method == "GET" else b"")
            assert file.closed


def test_the_servers_wrapper(folder):
    wrapped = []

    def wrapper(file, size):
        wrapped.append(file)
        return iter([b"sent by the server"])

    environ = {"wsgi.file_wrapper": wrapper}
    assert fetch(folder / "a.txt", environ=environ)[2] == b"sent by the server"
    wrapped.pop().close()
    # A range is cut by us: the server's wrapper may not seek.
    assert fetch(folder / "a.txt", environ={**environ, "HTTP_RANGE": "bytes=2-3"})[2] == b"23"
    assert not wrapped


def test_text_mode_is_refused(folder):
    with open(folder / "a.txt") as file, pytest.raises(ValueError, match="binary mode"):
        send_file(file, GET, mimetype="a/b")


def test_response_class():
    class Own(Response):
        pass

    assert type(memory("a.txt", response_class=Own)) is Own


def test_x_sendfile(folder):
    response = send_file(folder / "a.txt", GET, use_x_sendfile=True)
    assert response.headers["X-Sendfile"] == str(folder / "a.txt")
    assert (response.data, response.content_length) == (b"", 10)
    assert "X-Sendfile" not in memory("a.txt", use_x_sendfile=True).headers
    environ = {**GET, "HTTP_IF_NONE_MATCH": response.headers["ETag"]}
    response = send_file(folder / "a.txt", environ, use_x_sendfile=True)
    assert response.status_code == 304
    assert "X-Sendfile" not in response.headers


def test_x_sendfile_of_a_name_that_is_not_ascii(folder):
    """The bytes of the name go over the wire: it is them that the server in front opens."""
    path = folder / "ä☃.txt"
    path.write_bytes(b"x")
    _, headers, _ = fetch(path, use_x_sendfile=True)
    assert headers["X-Sendfile"].encode("latin-1") == os.fsencode(path)


# Types and names


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.unknown", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_b88_types(name, content_type):
    headers = memory(name).headers
    assert headers["Content-Type"] == content_type
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_compressed_files():
    assert memory("a.svgz").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in memory("a.svgz", as_attachment=True).headers


def test_without_a_name():
    with pytest.raises(TypeError, match="detect the MIME type"):
        memory()
    with pytest.raises(TypeError, match="No name provided for attachment"):
        memory(mimetype="a/b", as_attachment=True)


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("a.txt", "attachment; filename=a.txt"),
        ("(a b.txt", 'attachment; filename="(a b.txt"'),
        ("Vögel.txt", "attachment; filename=Vogel.txt; filename*=UTF-8''V%C3%B6gel.txt"),
        ("те:/ст", "attachment; filename=\":/\"; filename*=UTF-8''%D1%82%D0%B5%3A%2F%D1%81%D1%82"),
        # B87, CVE-2022-36359: a name does not end its quotes.
        ('a";x="b.bat', 'attachment; filename="a\\";x=\\"b.bat"'),
        ("a\\b", 'attachment; filename="a\\\\b"'),
    ],
)
def test_b87_names(name, disposition):
    headers = memory(name, mimetype="a/b", as_attachment=True).headers
    assert headers["Content-Disposition"] == disposition


@pytest.mark.parametrize("name", ["a\r\nX: y", "a\nb", "a\x00b"])
def test_b87_controls_in_names(name):
    with pytest.raises(ValueError):
        memory(name, mimetype="a/b")


# Caching


def test_max_age(folder):
    headers = memory("a.txt", max_age=60).headers
    assert headers["Cache-Control"] == "public, max-age=60"
    assert "Expires" in headers
    assert memory("a.txt", max_age=0).headers["Cache-Control"] == "no-cache, max-age=0"
    paths = []
    fetch(folder / "a.txt", max_age=paths.append)
    assert paths == [str(folder / "a.txt")]


def test_etag_and_date(folder):
    assert memory("a.txt", etag="x").headers["ETag"] == '"x"'
    assert "ETag" not in fetch(folder / "a.txt", etag=False)[1]
    moment = datetime(1999, 1, 1, tzinfo=timezone.utc)
    assert memory("a.txt", last_modified=moment).last_modified == moment


def test_a_second_visit(folder):
    _, headers, _ = fetch(folder / "a.txt")
    for condition in (
        {"HTTP_IF_NONE_MATCH": headers["ETag"]},
        {"HTTP_IF_MODIFIED_SINCE": headers["Last-Modified"]},
    ):
        assert fetch(folder / "a.txt", environ=condition)[::2] == (304, b"")
        assert fetch(folder / "a.txt", environ=condition, conditional=False)[0] == 200
    os.utime(folder / "a.txt", (1, 1))
    assert fetch(folder / "a.txt", environ={"HTTP_IF_NONE_MATCH": headers["ETag"]})[0] == 200


def test_ranges(folder):
    status, headers, body = fetch(folder / "a.txt", environ={"HTTP_RANGE": "bytes=2-4"})
    assert (status, headers["Content-Range"], body) == (206, "bytes 2-4/10", b"234")
    assert fetch(folder / "a.txt", environ={"HTTP_RANGE": "bytes=0-,0-"})[::2] == (200, b"0123456789")
    stale = {"HTTP_RANGE": "bytes=2-4", "HTTP_IF_RANGE": '"other"'}
    assert fetch(folder / "a.txt", environ=stale)[0] == 200


def test_a_range_outside_closes_the_file():
    file = io.BytesIO(b"x")
    with pytest.raises(RequestedRangeNotSatisfiable):
        send_file(file, {**GET, "HTTP_RANGE": "bytes=5-"}, mimetype="a/b")
    assert file.closed


# Directories


def serve(folder, path, **options):
    return receive(send_from_directory(folder, path, GET, **options))


def assert_not_found(folder, path, **options):
    with pytest.raises(NotFound):
        serve(folder, path, **options)


@pytest.mark.parametrize("path", ["a.txt", "sub/b.html", "sub/../a.txt", Path("a.txt"), "./a.txt"])
def test_from_a_directory(folder, path):
    assert serve(folder, path)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        # CVE-2024-49766 and what came before it: B74, B79, B80, B83.
        "../secret.txt",
        "sub/../../secret.txt",
        "../static_evil/x",
        "..",
        "",
        ".",
        "sub",
        "/etc/passwd",
        "//server/share/x",
        "\\\\server\\share",
        "C:/x",
        "..\\..\\x",
        "....//x",
        "missing",
        # B82, CVE-2023-41105
        "a.txt\x00",
        "ok\x00/../../secret.txt",
    ],
)
def test_b74_b83_paths_outside(folder, path):
    assert_not_found(folder, path)


# CVE-2025-66221, CVE-2026-21860, CVE-2026-27199, GHSA-g6x2-hccm-hh4m
@pytest.mark.skipif(os.name == "nt", reason="such files cannot be made there")
@pytest.mark.parametrize(
    "path",
    ["NUL", "CON.txt", "sub/CON", "COM\u00b9", "a.txt::$DATA", "NUL:", "C:x", "12:30", "a.txt.", "a\\b"],
)
def test_b75_b78_what_windows_takes_for_another_file_is_served_nowhere(folder, path):
    (folder / path).write_text("a device")
    assert_not_found(folder, path)
    # By the program's own choice it is.
    assert receive(send_file(folder / path, GET))[2] == b"a device"


def test_overlong_names(folder):
    for path in ("x" * 256, "x/" * 5000 + "x", "\u20ac" * 255):
        assert_not_found(folder, path)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_b81_links(folder):
    (folder / "inside").symlink_to("a.txt")
    (folder / "outside").symlink_to("../secret.txt")
    (folder / "sub" / "up").symlink_to("../..")
    assert serve(folder, "inside")[2] == b"0123456789"
    for path in ("outside", "sub/up/secret.txt", "sub/up/static_evil/x"):
        assert_not_found(folder, path)
        assert serve(folder, path, follow_symlinks=True)[2] == b"secret"
    # A link back in is none out; nor is the directory itself being one.
    assert serve(folder, "sub/up/static/a.txt")[0] == 200
    (folder.parent / "link").symlink_to("static")
    assert serve(folder.parent / "link", "a.txt")[0] == 200


def test_root_path(folder):
    response = send_file("static/a.txt", GET, _root_path=folder.parent)
    assert receive(response)[2] == b"0123456789"
    assert serve("static", "a.txt", _root_path=folder.parent)[2] == b"0123456789"
    assert_not_found("static", "../secret.txt", _root_path=folder.parent)


def test_what_is_equal_is_written_alike(folder):
    """True, 1 and 1.0 are one key of what is kept of a file: none of them must show for another."""
    for age in (True, 1.0, 1):
        headers = fetch(folder / "a.txt", max_age=age, etag=age)[1]
        assert headers["Cache-Control"] == "public, max-age=1" and headers["ETag"]

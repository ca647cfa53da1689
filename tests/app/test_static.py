"""Static files: types, validators, ranges, and paths that lead out."""

import pytest

from microweb import Microweb, send_file, send_from_directory


@pytest.fixture
def app(tmp_path):
    (tmp_path / "static" / "sub").mkdir(parents=True)
    (tmp_path / "static" / "a.txt").write_bytes(b"0123456789")
    (tmp_path / "static" / "sub" / "style.css").write_bytes(b"body {}")
    (tmp_path / "static" / "grün.svg").write_bytes(b"<svg/>")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    app = Microweb("site", root_path=str(tmp_path))
    app.testing = True
    return app


def get(client, path, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.get(path, headers=headers) as response:
        response.get_data()
        return response


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/a.txt", "text/plain; charset=utf-8"),
        ("/static/sub/style.css", "text/css; charset=utf-8"),
        ("/static/gr%C3%BCn.svg", "image/svg+xml; charset=utf-8"),
    ],
)
def test_types(client, path, kind):
    response = get(client, path)
    assert (response.status_code, response.content_type) == (200, kind)
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["ETag"] and response.last_modified


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/sub",
        "/static/missing",
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/static/..%2fsecret.txt",
        "/static//etc/passwd",
        "/static/sub/../../secret.txt",
        "/static/a.txt%00.css",
        "/static/..\\secret.txt",
        "/static/%ff",
    ],
)
def test_what_is_not_there(client, path):
    response = client.get(path, follow_redirects=True)
    assert response.status_code == 404
    assert b"secret" not in response.data


def test_hidden_files_are_not_served(app, tmp_path):  # B90
    for name in (".env", ".git/config", "sub/.htpasswd", ".well-known/acme/token"):
        path = tmp_path / "static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret")
    client = app.test_client()
    for name in (".env", ".git/config", "sub/.htpasswd"):
        assert get(client, f"/static/{name}").status_code == 404
    assert get(client, "/static/.well-known/acme/token").status_code == 200
    app.config["STATIC_HIDDEN"] = True
    assert get(client, "/static/.env").status_code == 200


def test_conditional(client):
    first = get(client, "/static/a.txt")
    etag = first.headers["ETag"]
    again = get(client, "/static/a.txt", If_None_Match=etag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert get(client, "/static/a.txt", If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    assert get(client, "/static/a.txt", If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "data", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=20-", 416, None, "bytes */10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=x", 416, None, "bytes */10"),
    ],
)
def test_ranges(client, asked, status, data, told):
    response = get(client, "/static/a.txt", Range=asked)
    assert response.status_code == status
    assert data is None or response.data == data
    assert response.headers.get("Content-Range") == told


def test_if_range(client):
    etag = get(client, "/static/a.txt").headers["ETag"]
    assert get(client, "/static/a.txt", Range="bytes=0-1", If_Range=etag).status_code == 206
    assert get(client, "/static/a.txt", Range="bytes=0-1", If_Range='"other"').status_code == 200


def test_max_age(app, client):
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 60
    assert get(client, "/static/a.txt").cache_control.max_age == 60


def test_max_age_by_file(tmp_path):
    class Site(Microweb):
        def get_send_file_max_age(self, filename):
            return 9 if filename.endswith(".css") else super().get_send_file_max_age(filename)

    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.css").write_text("")
    app = Site("site", root_path=str(tmp_path))
    assert get(app.test_client(), "/static/a.css").cache_control.max_age == 9


@pytest.mark.parametrize(
    ("folder", "url_path", "url"),
    [
        ("sub", None, "/sub/f"),
        ("sub", "/files", "/files/f"),
        ("sub", "", "/f"),
        ("sub/", None, "/sub/f"),
        (None, "/files", None),
    ],
)
def test_folders(tmp_path, folder, url_path, url):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "f").write_text("x")
    app = Microweb("site", root_path=str(tmp_path), static_folder=folder, static_url_path=url_path)
    if url is None:
        assert not app.has_static_folder and "static" not in app.view_functions
        with pytest.raises(RuntimeError, match="static_folder"):
            app.send_static_file("f")
    else:
        assert get(app.test_client(), url).text == "x"


def test_a_host_of_their_own(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "f").write_text("x")
    app = Microweb("site", root_path=str(tmp_path), static_host="s.test", host_matching=True)
    client = app.test_client()
    with client.get("/static/f", base_url="http://s.test") as response:
        assert response.text == "x"
    assert client.get("/static/f", base_url="http://t.test").status_code == 404
    with pytest.raises(AssertionError, match="static_host"):
        Microweb("site", static_host="s.test")


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("a.txt", "attachment; filename=a.txt"),
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("grün.txt", "attachment; filename=grun.txt; filename*=UTF-8''gr%C3%BCn.txt"),
        ('a";b\\.txt', 'attachment; filename="a\\";b\\\\.txt"'),
    ],
)
def test_attachments(app, client, name, disposition):
    app.get("/")(lambda: send_file("static/a.txt", as_attachment=True, download_name=name))
    assert get(client, "/").headers["Content-Disposition"] == disposition


def test_x_sendfile(app, client):
    app.use_x_sendfile = True
    response = get(client, "/static/a.txt")
    assert response.headers["X-Sendfile"].endswith("a.txt") and response.data == b""


def test_a_directory_of_our_own(app, client):
    app.get("/<path:name>")(lambda name: send_from_directory("static/sub", name))
    assert get(client, "/style.css").text == "body {}"
    assert client.get("/../a.txt").status_code == 404

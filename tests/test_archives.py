"""An application that lies in a zip file, with its templates, static files and resources."""

import sys
import zipfile

import pytest

from microweb import Microweb, render_template, send_from_directory
from microweb.archives import find_archive, read_archived

FILES = {
    "zippedshop/__init__.py": "from .pages import bp\n",
    "zippedshop/pages.py": "from microweb import Blueprint\n"
    "bp = Blueprint('pages', __name__, static_folder='files', template_folder='pages')\n",
    "zippedshop/motd.txt": "Grüße\n",
    "zippedshop/templates/index.html": "<p>{{ name }}</p>",
    "zippedshop/pages/other.html": "other {{ name }}",
    "zippedshop/static/style.css": "body {}",
    "zippedshop/files/note.txt": "a note",
}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    path = tmp_path / "shop.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in FILES.items():
            file.writestr(name, text)
    monkeypatch.syspath_prepend(str(path))
    yield path
    for name in [name for name in sys.modules if name.partition(".")[0] == "zippedshop"]:
        del sys.modules[name]


@pytest.fixture
def app(archive):
    import zippedshop

    app = Microweb("zippedshop")
    app.register_blueprint(zippedshop.bp, url_prefix="/pages")

    @app.route("/<name>")
    def page(name):
        return render_template(name, name="<Ada>")

    return app


@pytest.mark.parametrize(("mode", "content"), [("rb", "Grüße\n".encode()), ("r", "Grüße\n")])
def test_resources(app, mode, content):
    with app.open_resource("motd.txt", mode) as file:
        assert file.read() == content


def test_a_missing_resource(app):
    with pytest.raises(OSError):
        app.open_resource("missing.txt")


def test_templates(app):
    client = app.test_client()
    assert client.get("/index.html").text == "<p>&lt;Ada&gt;</p>"
    assert client.get("/other.html").text == "other &lt;Ada&gt;"
    assert sorted(app.jinja_env.list_templates()) == ["index.html", "other.html"]


def test_the_instance_folder_is_beside_the_archive(app, archive):
    assert app.instance_path == str(archive.parent / "instance")


def test_static_files(app):
    client = app.test_client()
    response = client.get("/static/style.css")
    assert (response.data, response.mimetype) == (b"body {}", "text/css")
    assert (
        client.get("/static/style.css", headers={"If-None-Match": response.headers["ETag"]}).status_code
        == 304
    )
    assert client.get("/pages/files/note.txt", headers={"Range": "bytes=2-3"}).data == b"no"
    assert client.get("/static/missing.css").status_code == 404
    assert client.get("/static/../motd.txt").status_code == 404


def test_an_archive_in_a_served_directory_is_a_file(archive):
    # Whoever may upload a .zip would otherwise have pages of his in it served.
    app = Microweb(__name__)
    with app.test_request_context():
        with send_from_directory(archive.parent, "shop.zip") as response:
            assert response.mimetype == "application/zip"
        assert read_archived(archive / "zippedshop" / "motd.txt") is not None
    app.add_url_rule("/<path:path>", "send", lambda path: send_from_directory(archive.parent, path))
    assert app.test_client().get("/shop.zip/zippedshop/motd.txt").status_code == 404


def test_a_root_that_is_not_there(monkeypatch):
    monkeypatch.setattr("os.path.lexists", lambda path: False)
    assert find_archive("/nowhere/a") is None


def test_what_is_no_archive(tmp_path):
    (tmp_path / "text.zip").write_text("no archive")
    assert find_archive(tmp_path / "text.zip" / "a") is None
    assert find_archive(tmp_path / "nowhere" / "a") is None
    assert read_archived(tmp_path / "text.zip" / "a") is None

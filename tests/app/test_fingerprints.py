"""fingerprints: URLs of static files that change with them."""

import os

import pytest

from microweb import Blueprint, Microweb

YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
def app(tmp_path):
    for folder in ("static", "theirs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "site.css").write_text(folder)
    app = Microweb("site", root_path=str(tmp_path))
    app.config["STATIC_FINGERPRINTS"] = True
    blueprint = Blueprint("shop", "shop", root_path=str(tmp_path), static_folder="theirs", url_prefix="/shop")
    app.register_blueprint(blueprint)
    app.add_url_rule("/plain/<filename>", "mystatic", lambda filename: filename)
    return app


def url(app, endpoint="static", filename="site.css", **values):
    with app.test_request_context():
        return app.url_for(endpoint, filename=filename, **values)


def kept(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.headers["Cache-Control"]


@pytest.mark.parametrize("endpoint", ["static", "shop.static"])
def test_a_url_with_a_fingerprint_is_kept_for_ever(app, client, endpoint):
    found = url(app, endpoint)
    assert "/site.css?v=" in found and len(found.partition("=")[2]) == 16
    assert kept(client, found) == YEAR
    assert kept(client, found[:-1]) == kept(client, found.partition("?")[0]) == "no-cache"


def test_it_follows_the_content(app, client, tmp_path):
    before, file = url(app), tmp_path / "static" / "site.css"
    os.utime(file, (1, 1))
    assert url(app) == before
    file.write_text("other")
    os.utime(file, (2, 2))
    assert url(app) != before and kept(client, before) == "no-cache" and kept(client, url(app)) == YEAR


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"filename": "nothing.css"}, "/static/nothing.css"),
        ({"filename": "../static/site.css"}, "/static/../static/site.css"),
        ({"v": "mine"}, "/static/site.css?v=mine"),
        ({"endpoint": "mystatic"}, "/plain/site.css"),
    ],
)
def test_what_gets_none(app, values, expected):
    assert url(app, **values) == expected


def test_it_is_off_unless_asked_for(app, client):
    found = url(app)
    app.config["STATIC_FINGERPRINTS"] = False
    assert url(app) == "/static/site.css" and kept(client, found) == "no-cache"

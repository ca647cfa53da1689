"""The guestbook through the test client."""

import json
import os
from io import BytesIO

import pytest

from tests.house import ROOT

from .guest import PICTURE, Answer, visit


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "examples"))
    from guestbook import create_app

    return create_app(
        {
            "DATABASE": str(tmp_path / "book.sqlite3"),
            "PICTURES": str(tmp_path / "pictures"),
            "SECRET_KEY": "test",
        }
    )


@pytest.fixture
def client(app):
    return app.test_client()


def write(client, author="Ada", message="Hello", **more):
    return client.post("/", data={"author": author, "message": message, **more})


def test_a_visit(app):
    def ask(method, path, headers, body):
        client = app.test_client(use_cookies=False)
        with client.open(path, method=method, headers=headers, data=body) as response:
            return Answer(response.status_code, response.headers, response.data)

    visit(ask)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"author": " "}, "Please give a name"),
        ({"author": "x" * 81}, "Please give a name"),
        ({"message": ""}, "Please write a message"),
        ({"message": "x" * 2001}, "Please write a message"),
        ({"picture": (BytesIO(b"MZ..."), "virus.png")}, "The picture must be"),
    ],
)
def test_a_bad_entry_is_shown_again(client, fields, problem):
    response = write(client, **{"author": "Ada", "message": "Hello", **fields})
    assert response.status_code == 400
    assert problem in response.text
    assert "Nobody has written anything yet." in client.get("/").text


def test_what_was_written_is_kept_in_the_form(client):
    response = write(client, "", "</textarea><script>")
    assert "&lt;/textarea&gt;&lt;script&gt;</textarea>" in response.text


def test_a_missing_field_is_a_page(client):
    response = client.post("/", data={"author": "Ada"})
    assert response.status_code == 400
    assert "<h2>Bad Request</h2>" in response.text


def test_pages(client):
    for number in range(11):
        write(client, message=f"message {number}")
    first, second = client.get("/"), client.get("/page/2")
    assert "message 10" in first.text and "message 0" not in first.text
    assert 'href="/page/2">Older' in first.text and "Newer" not in first.text
    assert "message 0" in second.text and 'href="/">Newer' in second.text
    assert client.get("/page/3").status_code == 404


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 10**30])
def test_numbers_that_no_column_holds(client, number):
    assert client.get(f"/entries/{number}").status_code == 404
    assert client.get(f"/page/{number}").status_code == 404
    assert client.get(f"/api/entries/{number}").status_code == 404
    assert client.get(f"/api/entries?page={number}").json == {"entries": [], "more": False}


def test_pictures_are_files_of_ours(client, app):
    write(client, picture=(BytesIO(PICTURE), "../../evil.html"))
    (name,) = os.listdir(app.config["PICTURES"])
    assert name.endswith(".png")
    with client.get(f"/pictures/{name}") as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.cache_control.max_age == 86400
    assert client.get("/pictures/..%2fbook.sqlite3").status_code == 404
    client.post("/entries/1/delete")
    assert os.listdir(app.config["PICTURES"]) == []


def test_the_interface_for_programs(client):
    created = client.post("/api/entries", json={"author": "Ada", "message": "Hi"})
    assert (created.status_code, created.location) == (201, "/api/entries/1")
    assert created.json["author"] == "Ada" and "owner" not in created.json
    assert client.get("/api/entries").json == {"entries": [created.json], "more": False}
    assert client.get("/api/entries/1").json == created.json


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"json": ["no", "object"]}, 400),
        ({"json": {"author": "Ada"}}, 400),
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"data": "author=Ada"}, 415),
    ],
)
def test_errors_are_json_too(client, arguments, status):
    response = client.post("/api/entries", **arguments)
    assert response.status_code == status
    assert list(response.json) == ["error"]


def test_half_a_character(client):
    body = json.dumps({"author": "\ud800", "message": "\udfff"})
    response = client.post("/api/entries", data=body, content_type="application/json")
    assert response.json["author"] == "?"


def test_the_key_is_made_once(tmp_path, app):
    from guestbook import create_app

    config = {"DATABASE": str(tmp_path / "b"), "PICTURES": str(tmp_path / "p")}
    first, second = create_app(config), create_app(config)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert os.stat(tmp_path / "b.key").st_mode & 0o077 == 0

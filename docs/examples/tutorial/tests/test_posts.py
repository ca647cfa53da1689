"""Posts: who may do what."""

import pytest
from blog.db import get_db

POST = {"title": "Title", "body": "<b>Text</b>"}


def test_a_post_is_made_changed_and_deleted(client, login):
    login("ada")
    assert client.post("/create", data=POST).location == "/"
    assert b"&lt;b&gt;Text" in client.get("/").data
    client.post("/1/update", data={**POST, "title": "Better"})
    assert b"Better" in client.get("/").data
    client.post("/1/delete")
    assert b"Nothing was written yet" in client.get("/").data


@pytest.mark.parametrize("path", ["/create", "/1/update", "/1/delete"])
def test_visitors_do_not_write(client, path):
    assert client.post(path, data=POST).location == "/auth/login"


@pytest.mark.parametrize("path", ["/1/update", "/1/delete"])
def test_others_do_not_change(app, client, login, path):
    login("ada")
    client.post("/create", data=POST)
    login("grace")
    assert client.post(path, data=POST).status_code == 403
    with app.app_context():
        assert get_db().execute("SELECT title FROM post").fetchone()["title"] == "Title"


def test_an_empty_title_is_asked_for_again(client, login):
    login("ada")
    assert b"A title and a text are required" in client.post("/create", data={**POST, "title": " "}).data


def test_a_post_that_is_not_there(client, login):
    login("ada")
    assert client.get("/7/update").status_code == 404

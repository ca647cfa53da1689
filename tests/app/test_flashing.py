"""Flashed messages: kept in the session for the next request that asks, the same throughout it."""

from __future__ import annotations

import pytest

from microweb import flash, get_flashed_messages, session


@pytest.fixture(autouse=True)
def site(app):
    @app.get("/flash")
    def put():
        flash("first")
        flash("second", "warning")
        return "flashed"

    @app.get("/show")
    def show():
        return repr([get_flashed_messages(), get_flashed_messages()])

    @app.get("/kinds")
    def kinds():
        return repr([get_flashed_messages(with_categories=True), get_flashed_messages(False, ["warning"])])


def test_shown_once_to_the_next_request(client):
    client.get("/flash")
    assert client.get("/show").text == "[['first', 'second'], ['first', 'second']]"
    assert client.get("/show").text == "[[], []]"


def test_categories(client):
    client.get("/flash")
    both = "[('message', 'first'), ('warning', 'second')]"
    assert client.get("/kinds").text == f"[{both}, ['second']]"


def test_messages_add_up(client):
    client.get("/flash")
    client.get("/flash")
    assert client.get("/show").text.count("first") == 4


def test_the_same_request_may_show_them(app, client):
    @app.get("/both")
    def both():
        flash("now")
        return repr(get_flashed_messages())

    assert client.get("/both").text == "['now']"
    assert client.get("/show").text == "[[], []]"


def test_asking_for_none_leaves_the_session_alone(client):
    response = client.get("/show")
    assert "Set-Cookie" not in response.headers and response.vary.as_set() == {"cookie"}


def test_without_a_secret_key(app, client):
    app.secret_key = None
    with pytest.raises(RuntimeError, match="secret key"):
        client.get("/flash")
    assert client.get("/show").text == "[[], []]"


def test_they_lie_in_the_session(app):
    with app.test_request_context("/"):
        flash("text")
        assert session["_flashes"] == [("message", "text")]

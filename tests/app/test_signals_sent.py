"""The signals that the application sends: which, when, with what, and what a receiver sees then."""

from __future__ import annotations

import pytest

from microweb import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    flash,
    g,
    got_request_exception,
    has_app_context,
    has_request_context,
    message_flashed,
    request_finished,
    request_started,
    request_tearing_down,
)

SIGNALS = {
    "pushed": appcontext_pushed,
    "started": request_started,
    "exception": got_request_exception,
    "flashed": message_flashed,
    "finished": request_finished,
    "tearing down": request_tearing_down,
    "app tearing down": appcontext_tearing_down,
    "popped": appcontext_popped,
}


@pytest.fixture
def heard(app):
    """What is sent about the application: names with the keywords, in order."""
    app.testing, app.logger.disabled = False, True
    app.get("/")(lambda: "x")
    app.get("/flash", endpoint="flash")(lambda: flash("text", "kind") or "x")
    app.get("/crash", endpoint="crash")(lambda: 1 / 0)
    told = []
    receivers = []
    for name, signal in SIGNALS.items():

        def receive(sender, name=name, **sent):
            told.append((name, sent))

        receivers.append(receive)  # they are known by weak references
        signal.connect(receive, app)
    yield told
    app.logger.disabled = False


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/", "pushed started finished"),
        ("/missing", "pushed started finished"),
        ("/flash", "pushed started flashed finished"),
        ("/crash", "pushed started exception finished"),
    ],
)
def test_order(heard, client, path, names):
    client.get(path)
    assert [name for name, _ in heard] == [*names.split(), "tearing down", "app tearing down", "popped"]


def test_keywords(heard, client):
    response = client.get("/flash")
    sent = dict(heard)
    assert sent["started"] == sent["pushed"] == sent["popped"] == {}
    assert sent["flashed"] == {"message": "text", "category": "kind"}
    assert sent["finished"]["response"].data == response.data
    assert sent["tearing down"] == sent["app tearing down"] == {"exc": None}


def test_an_error(heard, client):
    assert client.get("/crash").status_code == 500
    sent = dict(heard)
    assert type(sent["exception"]["exception"]) is ZeroDivisionError
    assert sent["tearing down"]["exc"] is sent["app tearing down"]["exc"] is sent["exception"]["exception"]


@pytest.mark.parametrize(
    ("name", "contexts"), [("pushed", (True, False)), ("started", (True, True)), ("popped", (False, False))]
)
def test_what_is_current(app, client, name, contexts):
    app.get("/")(lambda: "x")
    seen = []

    def receive(sender, **sent):
        seen.append((has_app_context(), has_request_context()))

    with SIGNALS[name].connected_to(receive, app):
        client.get("/")
    assert seen == [contexts]


def test_a_receiver_may_fill_g(app, client):
    app.get("/")(lambda: g.user)

    def receive(sender, **sent):
        g.user = "ada"

    with appcontext_pushed.connected_to(receive, app):
        assert client.get("/").text == "ada"


def test_contexts_alone(heard, app):
    with app.app_context():
        pass
    assert [name for name, _ in heard] == ["pushed", "app tearing down", "popped"]

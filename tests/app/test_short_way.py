"""The short way of a request, beside the long one: nobody can tell the difference.

Each case is an application that has served its first request, what is then done to it, and what the next
request must see.
"""

from __future__ import annotations

import pytest

from microweb import Microweb, Response, after_this_request, g, request, request_started, session
from microweb.wrappers import Request


@pytest.fixture
def app():
    app = Microweb("short")
    app.secret_key = "key"
    app.add_url_rule("/", "hello", lambda: "hello")
    app.add_url_rule("/user/<name>", "user", lambda name: f"user {name}")
    return app


@pytest.fixture
def client(app):
    client = app.test_client()
    assert client.get("/").text == "hello"
    return client


def test_there_is_one(app, client):
    assert not app.takes_every_step


def test_it_answers_as_the_long_way_does(app, client):
    short = client.get("/user/ada")
    app.before_request_funcs.setdefault(None, []).append(lambda: None)
    long = client.get("/user/ada")
    assert (short.status, short.data, short.headers) == (long.status, long.data, long.headers)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
def test_other_methods(client, method):
    response = client.open("/", method=method)
    expected = {"HEAD": (200, b""), "OPTIONS": (200, b""), "POST": (405, response.data)}[method]
    assert (response.status_code, response.data) == expected


def test_hooks_put_into_the_tables_later(app, client):
    seen = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append("before"))
    app.after_request_funcs.setdefault(None, []).append(lambda r: seen.append("after") or r)
    app.teardown_request_funcs.setdefault(None, []).append(lambda e: seen.append("teardown"))
    app.teardown_appcontext_funcs.append(lambda e: seen.append("app teardown"))
    client.get("/")
    assert seen == ["before", "after", "teardown", "app teardown"]


@pytest.mark.parametrize("table", ["teardown_request_funcs", "after_request_funcs"])
def test_one_hook_is_enough(app, client, table):
    seen = []
    getattr(app, table).setdefault(None, []).append(lambda x: seen.append(1) or x)
    client.get("/")
    assert seen == [1]


def test_signals_connected_later(app, client):
    seen = []

    def hear(sender, **extra):
        seen.append(sender)

    with request_started.connected_to(hear, app):
        client.get("/")
    client.get("/")
    assert seen == [app]


STEPS = [
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "ensure_sync",
    "finalize_request",
    "make_response",
    "process_response",
    "do_teardown_request",
    "do_teardown_appcontext",
]


@pytest.mark.parametrize("name", STEPS)
def test_steps_replaced_on_the_running_application(app, client, name):
    seen, step = [], getattr(app, name)

    def replaced(*args, **kwargs):
        seen.append(name)
        return step(*args, **kwargs)

    setattr(app, name, replaced)
    assert client.get("/").text == "hello"
    assert seen


@pytest.mark.parametrize("name", STEPS)
def test_steps_of_a_subclass(name):
    seen = []

    def replaced(self, *args, **kwargs):
        seen.append(name)
        return getattr(super(Own, self), name)(*args, **kwargs)

    Own = type("Own", (Microweb,), {name: replaced})
    app = Own("own")
    app.route("/")(lambda: "hello")
    client = app.test_client()
    client.get("/")
    seen.clear()
    assert client.get("/").text == "hello"
    assert seen


def test_views_replaced_and_wrapped(app, client):
    app.view_functions["hello"] = lambda: "another"
    assert client.get("/").text == "another"


def test_coroutine_views(app):
    async def view():
        return "awaited"

    app.add_url_rule("/async", view_func=view)
    client = app.test_client()
    assert [client.get("/async").text for _ in range(2)] == ["awaited"] * 2


def test_classes_replaced_later(app, client):
    class OwnResponse(Response):
        default_mimetype = "text/plain"

    class OwnRequest(Request):
        made = []

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.made.append(self.path)

    app.response_class = OwnResponse
    assert client.get("/").mimetype == "text/plain"
    app.request_class = OwnRequest
    client.get("/user/ada")
    assert OwnRequest.made == ["/user/ada"]


def test_the_default_type_changed_before_the_first_request():
    class OwnResponse(Response):
        pass

    app = Microweb("late")
    app.response_class = OwnResponse
    app.route("/")(lambda: "<a/>")
    OwnResponse.default_mimetype = "application/xml"
    assert app.test_client().get("/").mimetype == "application/xml"


# What a view does


def answer(view, **options):
    """The second response, which goes the short way, of an application that has this view."""
    app = Microweb("view")
    app.secret_key = "key"
    app.add_url_rule("/<path:path>", "view", view, **options)
    for handler in options.pop("handlers", ()):
        app.register_error_handler(*handler)
    client = app.test_client(use_cookies=False)
    client.get("/first")
    return client.get("/second")


def test_it_opens_the_session():
    def view(path):
        session["seen"] = path
        return "text"

    assert "session=" in answer(view).headers["Set-Cookie"]


def test_it_reads_the_session():
    response = answer(lambda path: str(len(session)))
    assert (response.text, response.headers["Vary"]) == ("0", "Cookie")


def test_it_asks_for_the_response():
    def view(path):
        after_this_request(lambda response: Response(response.data + b" and more"))
        return "text"

    assert answer(view).text == "text and more"


def test_it_uses_the_contexts():
    def view(path):
        g.path = path
        return f"{request.path} {request.endpoint} {request.view_args} {g.path}"

    assert answer(view).text == "/second view {'path': 'second'} second"


@pytest.mark.parametrize(
    ("result", "status", "text"),
    [
        (("made", 201), 201, "made"),
        ({"a": 1}, 200, '{"a":1}\n'),
        (Response("own", 202), 202, "own"),
        ("", 200, ""),
        ("half \ud800", 200, None),
    ],
)
def test_it_returns(result, status, text):
    response = answer(lambda path: result)
    assert response.status_code == status
    assert text is None or response.text == text


def test_it_fails():
    def view(path):
        raise LookupError(path)

    app = Microweb("fails")
    app.add_url_rule("/<path>", view_func=view)
    app.register_error_handler(LookupError, lambda e: (f"no {e}", 404))
    client = app.test_client()
    assert [client.get(f"/{n}").text for n in (1, 2)] == ["no 1", "no 2"]
    del app.error_handler_spec[None]
    assert client.get("/3").status_code == 500
    app.testing = True
    with pytest.raises(LookupError):
        client.get("/4")


def test_steps_of_the_class_patched_later(client, app, monkeypatch):
    seen = []
    step = Microweb.process_response

    def patched(self, response):
        seen.append(response.status_code)
        return step(self, response)

    monkeypatch.setattr(Microweb, "process_response", patched)
    app.settle()
    client.get("/")
    assert seen == [200]


@pytest.mark.parametrize("host", ["a..b", ".a", "a..b:80", "x" * 64])
def test_a_host_that_is_no_name_is_refused_each_time(app, host):
    """Not only before it is known: what the URL map cannot be bound to is not asked for URLs either."""
    client = app.test_client()
    app.add_url_rule("/whole", "whole", lambda: app.url_for("hello", _external=True))
    for path in ("/", "/whole", "/whole", "/nowhere"):
        assert client.get(path, headers={"Host": host}).status_code == 400
    assert client.get("/whole", headers={"Host": "a.b.:80"}).text == "http://a.b./"

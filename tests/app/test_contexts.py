"""Contexts and teardown: what is current when, and that everything is torn down in the end."""

import asyncio
import threading

import pytest

from microweb import (
    Microweb,
    copy_current_request_context,
    current_app,
    g,
    has_app_context,
    has_request_context,
    request,
    session,
    stream_with_context,
)
from microweb.globals import app_ctx, request_ctx


@pytest.mark.parametrize("proxy", [current_app, g, request, session, app_ctx, request_ctx])
def test_outside(proxy):
    assert not proxy
    with pytest.raises(RuntimeError, match="Working outside of (application|request) context"):
        proxy.name  # noqa: B018


def test_an_application_context(app):
    with app.app_context():
        assert current_app._get_current_object() is app
        assert has_app_context() and not has_request_context()
        g.value = 1
        with app.app_context():
            assert "value" not in g
        assert g.value == 1
    assert not has_app_context()


def test_a_request_context_brings_or_shares_an_application_context(app):
    with app.test_request_context("/?a=b"):
        assert current_app == app and request.args["a"] == "b"
    with app.app_context():
        g.value = 1
        with app.test_request_context():
            assert g.value == 1
        with Microweb("other").test_request_context():
            assert current_app.import_name == "other" and "value" not in g


def test_nesting_of_requests(app):
    with app.test_request_context("/a"):
        with app.test_request_context("/b"):
            assert request.path == "/b"
        assert request.path == "/a"


def test_a_context_may_be_pushed_again(app, told):
    app.teardown_request(lambda error: told.append("down"))
    context = app.test_request_context("/")
    with context:
        with context:
            assert request.path == "/"
        assert told == []
    assert told == ["down"]


def test_g_is_a_namespace(app):
    with app.app_context():
        assert g.get("x") is None and g.get("x", 1) == 1
        assert g.setdefault("x", 2) == 2 and "x" in g and list(g) == ["x"]
        assert g.pop("x") == 2 and g.pop("x", 3) == 3
        with pytest.raises(KeyError):
            g.pop("x")
        with pytest.raises(AttributeError):
            g.x  # noqa: B018


@pytest.mark.parametrize("where", ["request", "appcontext"])
@pytest.mark.parametrize("count", [1, 3])
def test_all_teardown_functions_run(app, client, told, where, count):
    def tear(number):
        def function(error):
            told.append(number)
            raise RuntimeError(number)

        return function

    register = app.teardown_request if where == "request" else app.teardown_appcontext
    for number in range(count):
        register(tear(number))
    app.teardown_appcontext(lambda error: told.append("app"))
    app.teardown_request(lambda error: told.append("request"))
    app.get("/")(lambda: "x")
    with pytest.raises(RuntimeError, match=str(count - 1)):
        client.get("/")
    assert sorted(map(str, told)) == sorted([*map(str, range(count)), "app", "request"])
    assert not has_app_context()


@pytest.mark.parametrize(
    ("handled", "expected"),
    [(False, ["ZeroDivisionError"]), (True, ["NoneType"])],
    ids=["unhandled", "handled"],
)
def test_teardown_gets_what_nothing_handled(app, client, told, handled, expected):
    app.testing = False
    app.teardown_request(lambda error: told.append(type(error).__name__))
    if handled:
        app.register_error_handler(ZeroDivisionError, lambda error: "fine")
    app.get("/")(lambda: str(1 / 0))
    client.get("/")
    assert told == expected


def test_teardown_gets_no_error_where_a_500_was_aborted(app, client, told):
    app.teardown_request(told.append)
    app.get("/")(lambda: ("x", 500))
    client.get("/")
    client.get("/missing")
    assert told == [None, None]


def test_teardown_of_a_with_block_gets_its_error(app, told):
    app.teardown_appcontext(lambda error: told.append(repr(error)))
    with pytest.raises(KeyError), app.app_context():
        raise KeyError("k")
    with pytest.raises(KeyError), app.test_request_context():
        raise KeyError("r")
    assert told == ["KeyError('k')", "KeyError('r')"]


def test_should_ignore_error(client, told):
    class Site(Microweb):
        def should_ignore_error(self, error):
            return isinstance(error, ZeroDivisionError)

    app = Site("site")
    app.teardown_request(told.append)
    app.get("/")(lambda: str(1 / 0))
    app.test_client().get("/")
    assert told == [None]


def test_teardown_sees_its_context(app, client, told):
    app.teardown_request(lambda error: told.append(request.path))
    app.teardown_appcontext(lambda error: told.append((bool(request), g.pop("x"))))

    @app.get("/path")
    def view():
        g.x = 1
        return "x"

    client.get("/path")
    assert told == ["/path", (False, 1)]


def test_streams_delay_teardown(app, client, told):
    app.teardown_request(lambda error: told.append("down"))

    @app.get("/<name>")
    def view(name):
        def stream():
            yield request.path
            told.append("end of stream")

        return stream_with_context(stream())

    with client.get("/a") as response:
        assert told == []
        assert response.text == "/a"
    assert told == ["end of stream", "down"]


def test_a_stream_that_is_closed_early_is_torn_down(app, client, told):
    app.teardown_request(lambda error: told.append("down"))

    @app.get("/")
    def view():
        def stream():
            try:
                yield "a"
                yield "b"
            finally:
                told.append("closed")

        return stream_with_context(stream())

    response = client.get("/", buffered=False)
    assert next(response.iter_encoded()) == b"a"
    response.close()
    assert told == ["closed", "down"]


def test_a_stream_as_a_decorator_and_outside(app, client):
    @app.get("/")
    def view():
        @stream_with_context
        def stream(greeting):
            yield f"{greeting} {request.args['name']}"

        return stream("Hello")

    assert client.get("/?name=Ada").text == "Hello Ada"
    with pytest.raises(RuntimeError, match="stream_with_context"):
        stream_with_context(iter(()))


def test_a_copied_context_in_a_thread(app, client):
    @app.get("/")
    def view():
        session["in"] = "view"
        found = []

        @copy_current_request_context
        def work():
            found.append((request.path, session["in"], current_app.name))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return str(found)

    assert client.get("/").text == "[('/', 'view', 'tests.app')]"


def test_a_copied_context_shares_the_session(app, client):
    app.secret_key = "key"

    @app.route("/")
    def index():
        copy_current_request_context(lambda: session.update(seen="copy"))()
        return session["seen"]

    response = client.get("/")
    assert response.text == "copy"
    assert "Set-Cookie" in response.headers and response.vary.as_set() == {"cookie"}


def test_a_thread_has_no_context(app):
    found = []
    with app.app_context():
        thread = threading.Thread(target=lambda: found.append(has_app_context()))
        thread.start()
        thread.join()
    assert found == [False]


def test_tasks_have_their_own(app):
    async def visit(path):
        with app.test_request_context(path):
            await asyncio.sleep(0)
            return request.path

    async def main():
        return await asyncio.gather(*(visit(f"/{n}") for n in range(5)))

    assert asyncio.run(main()) == ["/0", "/1", "/2", "/3", "/4"]


def test_popping_the_wrong_one(app):
    first, second = app.app_context(), app.app_context()
    with second:
        first.push()
        with pytest.raises(AssertionError, match="Popped wrong app context"):
            second.pop()
        second.push()


@pytest.mark.parametrize("name", ["copy_current_request_context", "after_this_request"])
def test_functions_that_need_a_request(name):
    import microweb

    with pytest.raises(RuntimeError, match=name):
        getattr(microweb, name)(lambda: None)


@pytest.mark.parametrize("make", ["app_context", "test_request_context"])
def test_popping_what_was_not_pushed(app, make):
    with pytest.raises(AssertionError, match="was not pushed"):
        getattr(app, make)().pop()


def test_g_misses_what_it_has_not(app):
    with app.app_context():
        with pytest.raises(KeyError):
            g.pop("a")
        with pytest.raises(AttributeError, match="'a'"):
            _ = g.a
        own = g._get_current_object()
        assert repr(own) == "<microweb.g of 'tests.app'>"
    assert "object at" in repr(own)


def test_the_context_says_what_it_is_of(app):
    with app.test_request_context("/a?b", method="POST") as context:
        assert repr(context) == "<RequestContext 'http://localhost/a?b' [POST] of tests.app>"


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_ends_the_process_is_torn_down_too(app, client, error):
    seen = []
    app.teardown_request(lambda e: seen.append(type(e)))
    app.teardown_appcontext(lambda e: seen.append(type(e)))

    @app.get("/")
    def index():
        raise error

    with pytest.raises(error):
        client.get("/")
    assert seen == [error, error]


def test_a_request_context_pushed_again_has_an_application_context_of_its_own():
    """As in Flask: neither the shared one that has gone, nor the one of its first time."""
    app, ended = Microweb("again"), []
    app.teardown_appcontext(lambda error: ended.append(g.get("name")))
    context = app.test_request_context("/")
    with app.app_context():
        with context:
            g.name = "shared"
        assert ended == []
    assert ended == ["shared"]
    for name in ("first", "second"):
        with context:
            assert "name" not in g
            g.name = name
    assert ended == ["shared", "first", "second"]

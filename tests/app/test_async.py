"""Coroutine functions wherever a function may stand."""

import asyncio
import functools
from contextvars import ContextVar, copy_context

import pytest

from microweb import (
    Blueprint,
    g,
    got_request_exception,
    request,
    request_started,
    session,
    stream_with_context,
)
from microweb.views import MethodView, View


def test_a_view_and_all_hooks(app, client, told):
    async def tell(what, result=None):
        await asyncio.sleep(0)
        told.append(what)
        return result

    app.before_first_request(functools.partial(tell, "first"))
    app.before_request(functools.partial(tell, "before"))

    @app.after_request
    async def after(response):
        return await tell("after", response)

    @app.teardown_request
    async def teardown(error):
        await tell("teardown")

    @app.teardown_appcontext
    async def teardown_app(error):
        await tell("teardown app")

    @app.get("/<name>")
    async def view(name):
        g.name = session["name"] = name
        await tell("view")
        return f"{request.path} {g.name}"

    assert client.get("/a").text == "/a a"
    assert told == ["first", "before", "view", "after", "teardown", "teardown app"]


def test_error_handlers(app, client):
    @app.errorhandler(ZeroDivisionError)
    async def handle(error):
        return "handled", 418

    @app.errorhandler(404)
    async def missing(error):
        return "missing", 404

    @app.get("/")
    async def view():
        return 1 / 0

    assert client.get("/").status_code == 418
    assert client.get("/missing").text == "missing"


def test_context_processors(app, client):
    from microweb import render_template_string

    @app.context_processor
    async def names():
        return {"name": "Ada"}

    app.get("/")(lambda: render_template_string("{{ name }}"))
    assert client.get("/").text == "Ada"


def test_signals(app, client, told):
    async def started(sender):
        told.append("started")

    async def failed(sender, exception):
        told.append(type(exception).__name__)

    with request_started.connected_to(started, app), got_request_exception.connected_to(failed, app):
        app.get("/")(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            client.get("/")
    assert told == ["started", "ZeroDivisionError"]


class Plain(View):
    methods = ["GET", "POST"]

    async def dispatch_request(self):
        return request.method


class ByMethod(MethodView):
    async def get(self):
        return "get"

    async def post(self):
        return "post"


@pytest.mark.parametrize("view", [Plain, ByMethod])
def test_class_based_views(app, client, view):
    app.add_url_rule("/", view_func=view.as_view("view"))
    assert client.get("/").text.lower() == "get"
    assert client.post("/").text.lower() == "post"


def test_a_callable_object(app, client):
    class Page:
        async def __call__(self):
            return "object"

    app.add_url_rule("/", "page", Page())
    assert client.get("/").text == "object"


def test_blueprints(app, client):
    bp = Blueprint("bp", "b")

    @bp.before_request
    async def before():
        g.value = 1

    @bp.get("/")
    async def view():
        return str(g.value)

    app.register_blueprint(bp)
    assert client.get("/").text == "1"


def test_a_stream_made_by_a_coroutine_function(app, client):
    @app.get("/")
    async def view():
        return stream_with_context(iter([request.path]))

    assert client.get("/").text == "/"


def test_within_a_running_loop(app):
    """The test client is called from a coroutine: another thread's loop runs the view."""

    @app.get("/")
    async def view():
        await asyncio.sleep(0)
        return request.args["a"]

    async def main():
        return app.test_client().get("/?a=b").text

    assert asyncio.run(main()) == "b"


def test_the_way_they_are_run_can_be_replaced(app, client):
    app.async_to_sync = lambda func: lambda: "replaced"

    @app.get("/")
    async def view():
        return "x"

    assert client.get("/").text == "replaced"


def test_copied_contexts(app, client):
    from microweb import copy_current_request_context

    @app.get("/")
    def view():
        @copy_current_request_context
        async def work():
            return request.path

        return work()

    assert client.get("/").text == "/"


def test_context_variables_go_in_and_come_out(app, client):
    seen, kept = ContextVar("seen"), ContextVar("kept")

    @app.before_request
    async def before():
        seen.set(f"{seen.get('nothing')} before")
        kept.set([])

    @app.get("/")
    async def view():
        kept.get().append("view")
        return seen.get()

    @app.after_request
    def after(response):
        assert kept.get() == ["view"]
        return response

    def ask():
        seen.set("caller")
        return client.get("/").text, seen.get()

    async def from_a_loop():
        return ask()

    assert copy_context().run(ask) == ("caller before", "caller before")
    assert copy_context().run(asyncio.run, from_a_loop()) == ("caller before", "caller before")


def test_what_is_set_before_an_error_comes_out_too(app):
    variable = ContextVar("variable")

    async def fail():
        variable.set(1)
        raise ValueError

    with pytest.raises(ValueError):
        app.ensure_sync(fail)()
    assert variable.get() == 1

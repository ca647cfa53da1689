"""Hooks: when each one runs, what it is given, and what its result does."""

import pytest

from microweb import (
    Blueprint,
    after_this_request,
    g,
    request,
    request_finished,
    request_started,
    request_tearing_down,
    session,
)

HOOKS = ("before_request", "after_request", "teardown_request")


def tell_all(told, scaffold, name):
    """Register every hook twice; each tells its name."""

    def make(kind, number):
        def hook(*args):
            told.append(f"{kind} {name}{number}")
            return args[0] if kind == "after" else None

        return hook

    for hook in HOOKS:
        for number in (1, 2):
            getattr(scaffold, hook)(make(hook.partition("_")[0], number))
    scaffold.url_value_preprocessor(make("values", 1))


@pytest.fixture
def ordered(app, told):
    """An application with a blueprint in a blueprint, all of which tell what happens."""
    outer, inner = Blueprint("outer", "o"), Blueprint("inner", "i")
    tell_all(told, app, "app")
    tell_all(told, outer, "outer")
    tell_all(told, inner, "inner")

    @inner.get("/deep")
    def view():
        told.append("view")

        @after_this_request
        def after(response):
            told.append("after this")
            return response

        return "x"

    @app.get("/")
    def index():
        told.append("index")
        return "x"

    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    app.teardown_appcontext(lambda error: told.append("teardown appcontext"))
    return app


def test_order(ordered, told):
    signals = [
        (request_started, lambda sender: told.append("started")),
        (request_finished, lambda sender, response: told.append("finished")),
        (request_tearing_down, lambda sender, exc: told.append("tearing down")),
    ]
    for signal, receiver in signals:
        signal.connect(receiver, ordered)
    assert ordered.test_client().get("/deep").text == "x"
    assert told == [
        "started",
        "values app1",
        "values outer1",
        "values inner1",
        "before app1",
        "before app2",
        "before outer1",
        "before outer2",
        "before inner1",
        "before inner2",
        "view",
        "after this",
        "after inner2",
        "after inner1",
        "after outer2",
        "after outer1",
        "after app2",
        "after app1",
        "finished",
        "teardown inner2",
        "teardown inner1",
        "teardown outer2",
        "teardown outer1",
        "teardown app2",
        "teardown app1",
        "tearing down",
        "teardown appcontext",
    ]


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/missing", 404)])
def test_a_blueprints_hooks_are_its_own(ordered, told, path, status):
    assert ordered.test_client().get(path).status_code == status
    assert "before app1" in told and "after app1" in told and "teardown app1" in told
    assert not any("outer" in line or "inner" in line for line in told)


def test_a_405_has_hooks(ordered, told):
    assert ordered.test_client().post("/deep").status_code == 405
    assert told[:2] == ["values app1", "before app1"]


def test_a_result_ends_the_request(app, client, told):
    app.before_request(lambda: told.append("first"))
    app.before_request(lambda: "enough")
    app.before_request(lambda: told.append("never"))
    app.after_request(lambda response: told.append("after") or response)
    app.add_url_rule("/", view_func=lambda: told.append("view"), endpoint="index")
    assert client.get("/").text == "enough"
    assert told == ["first", "after"]


def test_an_error_in_a_hook_before_goes_to_its_handler(app, client, told):
    @app.before_request
    def fail():
        raise KeyError("k")

    app.register_error_handler(KeyError, lambda error: ("handled", 418))
    app.after_request(lambda response: told.append(response.status_code) or response)
    assert client.get("/").status_code == 418
    assert told == [418]


def test_after_may_replace_the_response(app, client):
    app.get("/")(lambda: "x")
    app.after_request(lambda response: app.make_response((response.data + b"!", 201)))
    assert (client.get("/").status_code, client.get("/").data) == (201, b"x!")


def test_after_this_request_in_a_hook(app, client):
    @app.before_request
    def before():
        @after_this_request
        def mark(response):
            response.headers["X"] = "marked"
            return response

    app.get("/")(lambda: "x")
    assert client.get("/").headers["X"] == "marked"


def test_the_session_is_saved_after_the_hooks(app, client):
    @app.after_request
    def count(response):
        session["n"] = session.get("n", 0) + 1
        return response

    app.get("/")(lambda: str(session.get("n")))
    assert [client.get("/").text for _ in range(3)] == ["None", "1", "2"]


def test_values_are_none_where_nothing_matched(app, client, told):
    app.url_value_preprocessor(lambda endpoint, values: told.append((endpoint, values)))
    app.get("/<name>")(lambda name: name)
    client.get("/a")
    client.get("/a/b")
    assert told == [("<lambda>", {"name": "a"}), (None, None)]


def test_values_can_be_taken_away_and_put_back(app, client):
    @app.url_value_preprocessor
    def take(endpoint, values):
        g.language = values.pop("language")

    @app.url_defaults
    def give(endpoint, values):
        values.setdefault("language", g.language)

    @app.get("/<language>/")
    def index():
        return app.url_for("index") + " " + app.url_for("index", language="de")

    assert client.get("/fr/").text == "/fr/ /de/"


def test_hooks_of_all_requests_from_a_blueprint(app, client, told):
    bp = Blueprint("bp", "b")
    bp.before_app_request(lambda: told.append("before"))
    bp.after_app_request(lambda response: told.append("after") or response)
    bp.teardown_app_request(lambda error: told.append("teardown"))
    bp.app_url_value_preprocessor(lambda endpoint, values: told.append("values"))
    bp.before_app_first_request(lambda: told.append("first"))
    app.register_blueprint(bp)
    client.get("/")
    client.get("/")
    one = ["values", "before", "after", "teardown"]
    assert told == ["first", *one, *one]


def test_before_first_request(app, client, told):
    app.before_first_request(lambda: told.append(request.path))
    app.before_request(lambda: told.append("before"))
    client.get("/a")
    client.get("/b")
    assert told == ["/a", "before", "before"]


def test_before_first_request_is_tried_again_after_an_error(app, client, told):
    app.before_first_request(lambda: told.append("tried") or 1 / (len(told) - 1))
    app.get("/")(lambda: "x")
    with pytest.raises(ZeroDivisionError):
        client.get("/")
    assert client.get("/").text == "x"
    assert told == ["tried", "tried"]


def test_tables_are_read_as_they_are(app, client):
    """Extensions put hooks into the tables, at any time."""
    app.get("/")(lambda: "x")
    assert client.get("/").text == "x"
    app.before_request_funcs.setdefault(None, []).append(lambda: "hooked")
    assert client.get("/").text == "hooked"
    app.before_request_funcs[None].clear()
    assert client.get("/").text == "x"


def test_methods_may_be_replaced_on_the_instance(app, client):
    app.get("/")(lambda: "x")
    plain = app.process_response
    app.process_response = lambda response: plain(app.make_response("replaced"))
    assert client.get("/").text == "replaced"


def test_wsgi_app_may_be_wrapped(app, client):
    app.get("/")(lambda: request.environ["mark"])
    plain = app.wsgi_app
    app.wsgi_app = lambda environ, start: plain({**environ, "mark": "wrapped"}, start)
    assert client.get("/").text == "wrapped"

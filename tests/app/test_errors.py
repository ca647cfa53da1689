"""Error handlers: which one is chosen, what it gets, and what happens without one."""

import gc
import logging

import pytest

from microweb import Blueprint, Microweb, abort, got_request_exception, redirect, request
from microweb.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
)
from microweb.http.builder import EnvironBuilder


class Base(Exception):
    pass


class Derived(Base):
    pass


class Teapot(HTTPException):
    code = 418
    description = "short and stout"


def raising(app, error, path="/", scaffold=None):
    def view():
        raise error

    (scaffold or app).add_url_rule(path, endpoint=f"raise{len(app.view_functions)}", view_func=view)


@pytest.mark.parametrize(
    ("error", "handlers", "expected"),
    [
        (Derived(), [Base], "Base"),
        (Derived(), [Derived, Base], "Derived"),
        (Derived(), [Exception, Base], "Base"),
        (Derived(), [500, Base], "Base"),
        (NotFound(), [404], "404"),
        (NotFound(), [NotFound], "NotFound"),
        (NotFound(), [HTTPException], "HTTPException"),
        (NotFound(), [Exception], "Exception"),
        (NotFound(), [HTTPException, 404], "404"),
        (NotFound(), [500, HTTPException], "HTTPException"),
        (Teapot(), [Teapot], "Teapot"),
        (Teapot(), [HTTPException], "HTTPException"),
        (Forbidden(), [404, 403], "403"),
    ],
)
def test_the_closest_handler(app, client, error, handlers, expected):
    for key in handlers:
        name = getattr(key, "__name__", str(key))
        app.register_error_handler(key, lambda error, name=name: name)
    raising(app, error)
    assert client.get("/").text == expected


@pytest.mark.parametrize(
    ("on_app", "on_blueprint", "expected"),
    [
        ([404], [404], "bp 404"),
        ([404], [HTTPException], "app 404"),
        ([404], [Exception], "app 404"),
        ([HTTPException], [Exception], "bp Exception"),
        ([HTTPException], [], "app HTTPException"),
    ],
)
def test_code_goes_before_class_and_blueprint_before_application(app, client, on_app, on_blueprint, expected):
    bp = Blueprint("bp", "b")
    for scaffold, name, keys in ((app, "app", on_app), (bp, "bp", on_blueprint)):
        for key in keys:
            text = f"{name} {getattr(key, '__name__', key)}"
            scaffold.register_error_handler(key, lambda error, text=text: text)
    bp.add_url_rule("/", "view", lambda: abort(404))
    app.register_blueprint(bp)
    assert client.get("/").text == expected


def test_a_blueprint_does_not_see_unknown_urls(app, client):
    bp = Blueprint("bp", "b", url_prefix="/bp")
    bp.register_error_handler(404, lambda error: "bp")
    bp.register_error_handler(405, lambda error: "bp")
    bp.add_url_rule("/", "index", lambda: "x")
    app.register_blueprint(bp)
    assert "Not Found" in client.get("/bp/missing").text
    assert "Method Not Allowed" in client.post("/bp/").text


def test_a_nested_blueprints_errors_go_outwards(app, client):
    outer, inner = Blueprint("outer", "o"), Blueprint("inner", "i")
    outer.register_error_handler(Base, lambda error: "outer")
    inner.register_error_handler(Derived, lambda error: "inner")
    raising(app, Derived(), "/derived", inner)
    inner.add_url_rule("/base", "base", lambda: (_ for _ in ()).throw(Base()))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    assert client.get("/derived").text == "inner"
    assert client.get("/base").text == "outer"


def test_app_errorhandler(app, client):
    bp = Blueprint("bp", "b")
    bp.app_errorhandler(404)(lambda error: ("from the blueprint", 404))
    app.register_blueprint(bp)
    assert client.get("/missing").text == "from the blueprint"


def test_a_500_handler_gets_what_was_raised(app, client, caplog):
    app.testing = False
    app.register_error_handler(500, lambda error: f"{type(error).__name__} {error.original_exception!r}")
    raising(app, Base("why"))
    assert client.get("/").text == "InternalServerError Base('why')"
    assert [record.getMessage() for record in caplog.records] == ["Exception on / [GET]"]


def test_an_aborted_500_has_no_original(app, client):
    app.register_error_handler(500, lambda error: (f"{error.original_exception}", 500))
    app.get("/")(lambda: abort(500))
    assert client.get("/").text == "None"


def test_without_a_handler(app, client, caplog):
    app.testing = False
    seen = []
    receiver = got_request_exception.connect(
        lambda sender, exception: seen.append(exception), app, weak=False
    )
    raising(app, Base("secret"))
    response = client.get("/?a=b")
    got_request_exception.disconnect(receiver, app)
    assert response.status_code == 500
    assert "secret" not in response.text
    assert isinstance(seen[0], Base)
    assert caplog.records[0].exc_info[1] is seen[0]


@pytest.mark.parametrize(
    ("testing", "debug", "propagate", "raised"),
    [
        (False, False, None, False),
        (True, False, None, True),
        (False, True, None, True),
        (True, True, False, False),
        (False, False, True, True),
    ],
)
def test_propagation(app, client, caplog, testing, debug, propagate, raised):
    app.testing, app.debug = testing, debug
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    raising(app, Base())
    if raised:
        with pytest.raises(Base):
            client.get("/")
    else:
        assert client.get("/").status_code == 500


def test_a_handled_error_is_neither_logged_nor_signalled(app, client, caplog):
    seen = []
    receiver = got_request_exception.connect(lambda sender, exception: seen.append(1), app, weak=False)
    app.register_error_handler(Base, lambda error: "fine")
    raising(app, Base())
    assert client.get("/").text == "fine"
    got_request_exception.disconnect(receiver, app)
    assert not seen and not caplog.records


def test_an_error_in_a_handler(app, client, caplog):
    app.testing = False
    app.register_error_handler(404, lambda error: 1 / 0)
    assert client.get("/missing").status_code == 500
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


def test_an_error_in_a_hook_after_a_500_is_logged_only(app, client, caplog):
    app.testing = False
    app.after_request(lambda response: 1 / 0)
    raising(app, Base())
    assert client.get("/").status_code == 500
    assert [r.exc_info[0] for r in caplog.records] == [Base, ZeroDivisionError]


@pytest.mark.parametrize(
    ("config", "debug", "key", "trapped"),
    [
        ({}, False, "form", False),
        ({}, True, "form", True),
        ({"TRAP_BAD_REQUEST_ERRORS": False}, True, "form", False),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, False, "form", True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, False, "abort400", True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, False, "abort404", False),
        ({"TRAP_HTTP_EXCEPTIONS": True}, False, "abort404", True),
    ],
)
def test_traps(app, client, config, debug, key, trapped):
    app.config.update(config)
    app.debug = debug
    views = {"form": lambda: request.form["missing"]}
    app.get("/")(views.get(key) or (lambda: abort(int(key[5:]))))
    if trapped:
        with pytest.raises(HTTPException):
            client.get("/")
    else:
        assert 400 <= client.get("/").status_code < 500


@pytest.mark.parametrize(("debug", "told"), [(False, False), (True, True)])
def test_a_missing_key_is_named_in_debug_mode_only(app, client, debug, told):
    app.debug = debug
    app.config["TRAP_BAD_REQUEST_ERRORS"] = False
    app.get("/")(lambda: request.args["hidden"])
    response = client.get("/")
    assert response.status_code == 400
    assert ("hidden" in response.text) is told


def test_a_missing_key_is_a_keyerror(app, client):
    app.register_error_handler(KeyError, lambda error: "key")
    app.register_error_handler(BadRequest, lambda error: "bad")
    app.get("/args")(lambda: request.args["k"])
    app.get("/dict", endpoint="d")(lambda: {}["k"])
    assert client.get("/args").text == "bad"
    assert client.get("/dict").text == "key"


def test_redirects_of_the_routing_are_no_errors(app, client):
    app.register_error_handler(HTTPException, lambda error: ("handled", 418))
    app.get("/a/")(lambda: "x")
    assert client.get("/a").status_code == 308


def test_responses_can_be_raised(app, client):
    app.register_error_handler(HTTPException, lambda error: ("handled", 418))
    app.get("/")(lambda: abort(redirect("/elsewhere")))
    assert client.get("/").location == "/elsewhere"


def test_errors_are_responses_that_a_view_may_return(app, client):
    app.get("/")(lambda: NotFound("nobody"))
    response = client.get("/")
    assert response.status_code == 404 and "nobody" in response.text


def test_a_handler_may_return_what_a_view_may(app, client):
    app.register_error_handler(404, lambda error: ({"error": error.name}, 404, {"X": "y"}))
    response = client.get("/")
    assert (response.json, response.status_code, response.headers["X"]) == ({"error": "Not Found"}, 404, "y")


def test_405_tells_what_is_allowed(app, client):
    app.get("/")(lambda: "x")
    app.delete("/", endpoint="delete")(lambda: "x")
    response = client.post("/")
    assert response.status_code == 405
    assert response.allow.as_set() == {"get", "head", "options", "delete"}
    app.error_handler_spec[None][405][MethodNotAllowed] = lambda error: sorted(error.valid_methods)
    assert client.post("/").json == ["DELETE", "GET", "HEAD", "OPTIONS"]


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (Base(), TypeError),
        (NotFound(), TypeError),
        (999, ValueError),
        (dict, ValueError),
        ("404", ValueError),
    ],
)
def test_what_is_no_handlers_key(app, key, error):
    with pytest.raises(error):
        app.register_error_handler(key, lambda error: "x")


def test_a_class_can_be_its_own_handler():
    class Site(Microweb):
        def handle_http_exception(self, e):
            return super().handle_http_exception(e) if e.code == 404 else ("mine", e.code)

    app = Site("site")
    app.get("/")(lambda: abort(403))
    assert app.test_client().get("/").text == "mine"


def test_logged_paths_are_one_line(app, client, caplog):
    """A path cannot forge lines of the log (CVE-2020-7694, CVE-2025-48432)."""
    app.testing = False
    app.before_request(lambda: 1 / 0)
    with caplog.at_level(logging.ERROR):
        client.get("/a%0aFAKE%1b[2J")
    assert caplog.records[0].getMessage() == "Exception on /a\\nFAKE\\x1b[2J [GET]"


def test_internal_server_error_has_a_page(app, client):
    app.get("/")(lambda: abort(500))
    assert "<h1>Internal Server Error</h1>" in client.get("/").text
    assert InternalServerError.code == 500


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/missing"),
        ("GET", "/handled/missing"),
        ("PUT", "/"),
        ("GET", "/slash"),
        ("GET", "/abort"),
        ("GET", "/key"),
        ("GET", "/crash"),
    ],
)
def test_an_error_leaves_nothing_to_the_garbage_collector(app, method, path):
    """Else a site that is asked for nonsense pauses to collect it."""
    app.testing, app.logger.disabled = False, True
    app.get("/")(lambda: "x")
    app.get("/slash/", endpoint="slash")(lambda: "x")
    app.get("/abort", endpoint="abort")(lambda: abort(403))
    app.get("/key", endpoint="key")(lambda: request.args["key"])
    app.get("/crash", endpoint="crash")(lambda: {}["key"])
    if "handled" in path:
        app.register_error_handler(404, lambda error: ("none", 404))
    environ = EnvironBuilder(path, method=method).get_environ()

    def serve():
        b"".join(app(environ.copy(), lambda status, headers, exc_info=None: None))

    serve()
    gc.collect()
    gc.disable()
    try:
        serve()
        assert gc.collect() == 0
    finally:
        gc.enable()
        app.logger.disabled = False

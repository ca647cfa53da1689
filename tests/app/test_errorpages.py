"""errorpages: what a developer is told in debug mode, and the form in which errors come."""

import json

import pytest

from microweb import Blueprint, abort, request
from microweb.debughelpers import DebugFilesKeyError, FormDataRoutingRedirect
from microweb.exceptions import BadRequestKeyError, HTTPException, NotFound


@pytest.fixture
def app(app):
    app.config.update(DEBUG=True, PROPAGATE_EXCEPTIONS=False, TRAP_BAD_REQUEST_ERRORS=False)

    @app.route("/form", methods=["GET", "POST"])
    def form():
        return request.form["user"]

    @app.post("/files")
    def files():
        return request.files["picture"].filename

    @app.post("/json")
    def data():
        return request.json

    @app.get("/users/<int:number>")
    def user(number):
        abort(404, "No such <user>.")

    @app.get("/args")
    def args():
        return request.args["page"]

    return app


@pytest.mark.parametrize(
    ("method", "path", "options", "told"),
    [
        (
            "POST",
            "/form",
            {"data": {"usr": "a", "b": "c"}},
            "has: query: nothing; cookies: nothing; form: 'usr',",
        ),
        ("POST", "/form", {"data": {"usr": "a"}}, "Did you mean 'usr'?"),
        (
            "POST",
            "/form",
            {"data": "user=a", "content_type": "text/plain"},
            "'text/plain', which is no form's",
        ),
        ("GET", "/form?x=1", {}, "A form that is sent by GET is in request.args"),
        ("POST", "/files", {"data": {"b": "c"}}, "a form with enctype="),
        ("GET", "/args?pag=2", {}, "query: 'pag'"),
        ("POST", "/json", {"data": "{}", "content_type": "text/plain"}, "is 'text/plain'. In JavaScript"),
        ("POST", "/json", {"data": "{}"}, "The Content-Type of this request is None"),
        ("GET", "/user/1", {}, "/users/<int:number> (GET, HEAD, OPTIONS) -> user"),
        ("GET", "/<script>", {}, "No rule fits '/<script>'"),
        ("PUT", "/json", {}, "The request came by PUT; rules for '/json' have 'OPTIONS', 'POST'"),
    ],
)
def test_debug_pages_say_what_came_and_what_was_wanted(app, client, method, path, options, told):
    page = client.open(path, method=method, **options).text
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ('"', "&#34;")):
        told = told.replace(char, entity)
    assert told in page
    app.debug = False
    assert told not in client.open(path, method=method, **options).text


def test_a_404_of_a_view_is_its_own(client):
    assert "No rule" not in client.get("/users/1").text


def test_the_debuggers_page_says_it_too(app, client):
    app.config.update(TRAP_BAD_REQUEST_ERRORS=None, PROPAGATE_EXCEPTIONS=None)
    with pytest.raises(BadRequestKeyError, match="'user' is not there.*form: 'usr'"):
        client.post("/form", data={"usr": "a"})
    with pytest.raises(DebugFilesKeyError, match="(?s)provide enctype=.*'a.png'"):
        client.post("/files", data={"picture": "a.png"})


def test_a_redirect_that_would_lose_a_form(app, client):
    from microweb.routing.exceptions import RequestRedirect

    app.config["PROPAGATE_EXCEPTIONS"] = None
    app.add_url_rule("/folder/", "folder", lambda: "", methods=["POST"])

    def lose(current):
        current.routing_exception.code = 301
        type(app).raise_routing_exception(app, current)

    app.raise_routing_exception = lose
    with pytest.raises(FormDataRoutingRedirect, match="(?s)sent to .*/folder', .*canonical URL .*/folder/'"):
        client.post("/folder", data={"a": "b"})
    assert RequestRedirect.code == 308


def test_a_handler_sees_the_error_as_it_was_raised(app, client):
    app.register_error_handler(404, lambda error: error.description)
    assert client.get("/user/1").text == NotFound.description


HTML, TEXT, PROBLEM = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, HTML),
        ("*/*", HTML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/json", PROBLEM),
        ("application/problem+json", PROBLEM),
        ("application/json, text/html;q=0.5", PROBLEM),
        ("text/plain", TEXT),
        ("text/*;q=0.5, application/json", PROBLEM),
        ("image/png", HTML),
        ("rubbish;;;q=x", HTML),
    ],
)
def test_bodies_follow_accept(app, client, accept, expected):
    headers = {} if accept is None else {"Accept": accept}
    app.debug = False
    assert client.get("/users/1", headers=headers).content_type == HTML
    app.config["ERRORS_FOLLOW_ACCEPT"] = True
    response = client.get("/users/1", headers=headers)
    assert (response.status_code, response.content_type) == (404, expected)
    assert response.headers["Vary"] == "Accept"
    assert response.content_length == len(response.data)


def ask(app, path, accept="application/json", **options):
    app.debug, app.config["ERRORS_FOLLOW_ACCEPT"] = False, True
    return app.test_client().open(path, headers={"Accept": accept}, **options)


def test_problem_details_RFC_9457(app):
    response = ask(app, "/users/1")
    assert json.loads(response.data) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "No such <user>.",
    }
    assert ask(app, "/users/1", "text/plain").text == "404 Not Found\n\nNo such <user>.\n"
    assert "No such &lt;user&gt;." in ask(app, "/users/1", "text/html").text


def test_headers_of_an_error_stay(app):
    response = ask(app, "/json", method="GET")
    assert (response.status_code, response.allow) == (405, {"OPTIONS", "POST"})


def test_unhandled_errors_follow_too(app, caplog):
    app.testing = False
    app.add_url_rule("/fail", "fail", lambda: 1 / 0)
    assert ask(app, "/fail").json["status"] == 500


def test_what_is_left_alone(app, client):
    app.add_url_rule("/folder/", "folder", lambda: "")
    app.add_url_rule("/given", "given", lambda: abort(app.response_class("mine", 409)))
    app.register_error_handler(HTTPException, lambda error: ("handled", error.code))
    assert ask(app, "/folder").status_code == 308
    assert ask(app, "/given").text == "mine"
    assert ask(app, "/users/1").text == "handled"


@pytest.fixture
def shop(app):
    app.debug = False
    shop, cart = (
        Blueprint("shop", "shop", url_prefix="/shop/<lang>"),
        Blueprint("cart", "c", url_prefix="/cart"),
    )
    shop.register_error_handler(404, lambda error: ("shop", 404))
    shop.register_error_handler(405, lambda error: ("shop", 405))
    cart.register_error_handler(404, lambda error: ("cart", 404))
    shop.add_url_rule("/list", "list", lambda lang: abort(404))
    shop.register_blueprint(cart)
    app.register_blueprint(shop)
    app.register_blueprint(Blueprint("plain", "plain"))
    return app


@pytest.mark.parametrize(
    ("path", "method", "off", "on"),
    [
        ("/shop/en/list", "GET", "shop", "shop"),
        ("/shop/en/x", "GET", None, "shop"),
        ("/shop/en", "GET", None, "shop"),
        ("/shop/en/list", "POST", None, "shop"),
        ("/shop/en/cart/x/y", "GET", None, "cart"),
        ("/shop/en/cart/x", "POST", None, "cart"),
        ("/shop/en/carts", "GET", None, "shop"),
        ("/shop", "GET", None, None),
        ("/shop//x", "GET", None, None),
        ("/other", "GET", None, None),
    ],
)
def test_blueprints_errors_by_prefix(shop, path, method, off, on):
    for switch, expected in ((False, off), (True, on)):
        shop.config["BLUEPRINT_ERRORS_BY_PREFIX"] = switch
        response = shop.test_client().open(path, method=method)
        assert (response.text if len(response.text) < 10 else None) == expected

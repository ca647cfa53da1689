"""Classes that a subclass of the application chooses, and methods that it overrides."""

import pytest

from microweb import Blueprint, Flask, Microweb, Request, Response, abort, current_app, g, jsonify, request
from microweb.blueprints import BlueprintSetupState
from microweb.config import Config
from microweb.ctx import RequestContext
from microweb.exceptions import Aborter, NotFound
from microweb.json.provider import DefaultJSONProvider
from microweb.routing import Map, Rule
from microweb.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionInterface
from microweb.testing import AppClient


def site(view=None, **attributes):
    """An application of a subclass with these attributes, and a client for its one view."""
    app = type("Site", (Microweb,), attributes)("site")
    app.config.update(TESTING=True, SECRET_KEY="test")
    if view is not None:
        app.add_url_rule("/", "index", view, methods=["GET", "POST"])
    return app.test_client()


def test_flask_is_the_same_class():
    assert Flask is Microweb


def test_request_class():
    class Mine(Request):
        @property
        def shout(self):
            return self.path.upper() + self.args["a"]

    assert site(lambda: request.shout, request_class=Mine).get("/?a=b").text == "/b"


def test_response_class():
    class Mine(Response):
        default_mimetype = "text/plain"
        default_status = 202

    client = site(lambda: "x", response_class=Mine)
    response = client.get("/")
    assert (response.status_code, response.mimetype) == (202, "text/plain")
    assert isinstance(response, Mine)


def test_url_rule_class_and_map_class(told):
    class MyRule(Rule):
        def __init__(self, string, **options):
            super().__init__("/site" + string, **options)

    class MyMap(Map):
        pass

    client = site(lambda: "x", url_rule_class=MyRule, url_map_class=MyMap)
    assert client.get("/site/").text == "x"
    assert type(client.application.url_map) is MyMap


def test_test_client_class():
    class Mine(AppClient):
        def open(self, *args, **kwargs):
            kwargs.setdefault("headers", {"X": "y"})
            return super().open(*args, **kwargs)

    client = site(lambda: request.headers["X"], test_client_class=Mine)
    assert client.get("/").text == "y"


def test_json_provider_class():
    class Mine(DefaultJSONProvider):
        def dumps(self, obj, **kwargs):
            return f"<{obj}>"

    assert site(lambda: jsonify("x"), json_provider_class=Mine).get("/").text.strip() == "<x>"
    assert site(lambda: {"a": 1}, json_provider_class=Mine).get("/").text.strip() == "<{'a': 1}>"


def test_session_interface():
    class Upper(SecureCookieSessionInterface):
        def get_cookie_name(self, app):
            return "upper"

    def view():
        from microweb import session

        session["a"] = 1
        return "x"

    assert site(view, session_interface=Upper()).get("/").headers["Set-Cookie"].startswith("upper=")


def test_a_session_kept_on_the_server():
    class Store(SessionInterface):
        kept: dict = {}

        def open_session(self, app, request):
            return SecureCookieSession(self.kept)

        def save_session(self, app, session, response):
            self.kept.update(session)

    def view():
        from microweb import session

        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    client = site(view, session_interface=Store())
    assert [client.get("/").text for _ in range(2)] == ["1", "2"]


def test_config():
    class Mine(Config):
        def double(self, key):
            return self[key] * 2

    client = site(
        lambda: str(current_app.config.double("N")),
        config_class=Mine,
        default_config={**Microweb.default_config, "N": 21},
    )
    assert client.get("/").text == "42"

    def make_config(self, instance_relative=False):
        return Config(self.root_path, {**self.default_config, "DEBUG": False, "MADE": "yes"})

    assert site(lambda: current_app.config["MADE"], make_config=make_config).get("/").text == "yes"


def test_aborter():
    class Mine(Aborter):
        def __call__(self, code, *args, **kwargs):
            super().__call__(404 if code == "gone" else code, *args, **kwargs)

    assert site(lambda: abort("gone"), aborter_class=Mine).get("/").status_code == 404
    with pytest.raises(NotFound):
        Mine()("gone")


def test_globals_class():
    class Mine:
        answer = 42

    assert site(lambda: str(g.answer), app_ctx_globals_class=Mine).get("/").text == "42"


def test_a_request_context_of_ones_own():
    class Mine(RequestContext):
        def match_request(self):
            super().match_request()
            self.request.matched = True

    def request_context(self, environ):
        return Mine(self, environ)

    assert site(lambda: str(request.matched), request_context=request_context).get("/").text == "True"


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("dispatch_request", lambda self: "mine"),
        ("preprocess_request", lambda self: "mine"),
        ("make_response", lambda self, rv: Microweb.make_response(self, "mine")),
        ("process_response", lambda self, response: self.response_class("mine")),
        ("full_dispatch_request", lambda self: self.response_class("mine")),
        ("finalize_request", lambda self, rv, from_error_handler=False: self.response_class("mine")),
        ("handle_user_exception", lambda self, e: "mine"),
        ("ensure_sync", lambda self, func: lambda: "mine"),
        ("wsgi_app", lambda self, environ, start: self.response_class("mine")(environ, start)),
    ],
)
def test_steps(name, method):
    path = "/missing" if name == "handle_user_exception" else "/"
    assert site(lambda: "x", **{name: method}).get(path).text == "mine"


def test_an_url_adapter_of_ones_own():
    def create_url_adapter(self, request):
        adapter = Microweb.create_url_adapter(self, request)
        if request is not None:
            adapter.path_info = request.path.lower()
        return adapter

    app = site(None, create_url_adapter=create_url_adapter).application
    app.get("/path")(lambda: "x")
    assert app.test_client().get("/PATH").text == "x"


def test_teardown_of_ones_own(told):
    def do_teardown_appcontext(self, *args):
        told.append("down")

    site(lambda: "x", do_teardown_appcontext=do_teardown_appcontext).get("/")
    assert told == ["down"]


def test_autoescape_of_ones_own():
    from microweb import render_template_string

    def select_jinja_autoescape(self, filename):
        return False

    client = site(
        lambda: render_template_string("{{ '<' }}"), select_jinja_autoescape=select_jinja_autoescape
    )
    assert client.get("/").text == "<"


def test_a_blueprints_setup_state():
    class State(BlueprintSetupState):
        def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
            super().add_url_rule("/mine" + rule, endpoint, view_func, **options)

    class Mine(Blueprint):
        def make_setup_state(self, app, options, first_registration=False):
            return State(self, app, options, first_registration)

    app = Microweb("site")
    bp = Mine("bp", "b")
    bp.add_url_rule("/", "x", lambda: "x")
    app.register_blueprint(bp)
    assert app.test_client().get("/mine/").text == "x"

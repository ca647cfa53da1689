"""The setup guard, registering routes, and what an application says about itself."""

import sys
from datetime import timedelta

import pytest

from microweb import Blueprint, Microweb, request

SETUP = {
    "add_url_rule": ("/x",),
    "route": ("/x",),
    "get": ("/x",),
    "endpoint": ("x",),
    "before_request": (print,),
    "after_request": (print,),
    "teardown_request": (print,),
    "context_processor": (print,),
    "url_defaults": (print,),
    "url_value_preprocessor": (print,),
    "errorhandler": (404,),
    "register_error_handler": (404, print),
    "register_blueprint": (Blueprint("late", "late"),),
}
APP = {
    "before_first_request": (print,),
    "teardown_appcontext": (print,),
    "shell_context_processor": (print,),
    "template_filter": ("x",),
    "add_template_global": (print,),
}
BLUEPRINT = {
    "before_app_request": (print,),
    "app_errorhandler": (404,),
    "record": (print,),
    "record_once": (print,),
    "app_template_test": ("x",),
}


@pytest.mark.parametrize("method", [*SETUP, *APP])
def test_setup_is_over_with_the_first_request(app, client, method):
    client.get("/")
    assert app.got_first_request
    with pytest.raises(AssertionError, match=f"'{method}' can no longer be called on the application"):
        getattr(app, method)(*{**SETUP, **APP}[method])


@pytest.mark.parametrize("method", [*SETUP, *BLUEPRINT])
def test_a_blueprints_with_its_registration(app, method):
    blueprint = Blueprint("bp", "b")
    app.register_blueprint(blueprint)
    with pytest.raises(AssertionError, match=f"'{method}' can no longer be called on the blueprint 'bp'"):
        getattr(blueprint, method)(*{**SETUP, **BLUEPRINT}[method])


def test_making_a_context_is_no_request(app):
    with app.test_request_context(), app.app_context():
        app.get("/")(lambda: "x")
    assert app.test_client().get("/").text == "x"


def test_an_endpoint_has_one_view(app):
    app.add_url_rule("/a", "view", print)
    app.add_url_rule("/b", "view", print)
    app.add_url_rule("/c", "view")
    with pytest.raises(AssertionError, match="overwriting an existing endpoint function: view"):
        app.add_url_rule("/d", "view", repr)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda app: app.add_url_rule("x", "x"), ValueError, "start with a slash"),
        (lambda app: app.add_url_rule("/x"), AssertionError, "endpoint"),
        (lambda app: app.add_url_rule("/<no:x>", "x"), LookupError, "'no'"),
        (lambda app: app.route("/x", methods="GET")(print), TypeError, "list of strings"),
        (lambda app: app.get("/x", methods=["POST"])(print), TypeError, "route"),
    ],
)
def test_what_is_refused(app, call, error, message):
    with pytest.raises(error, match=message):
        call(app)


@pytest.mark.parametrize(
    ("options", "attributes", "allowed"),
    [
        ({}, {}, "GET HEAD OPTIONS"),
        ({"methods": ["post"]}, {}, "OPTIONS POST"),
        ({}, {"methods": ["PUT"]}, "OPTIONS PUT"),
        ({"methods": ["GET"]}, {"methods": ["PUT"]}, "GET HEAD OPTIONS"),
        ({}, {"required_methods": ["PATCH"]}, "GET HEAD OPTIONS PATCH"),
        ({"provide_automatic_options": False}, {}, "GET HEAD"),
        ({}, {"provide_automatic_options": False}, "GET HEAD"),
    ],
)
def test_methods(app, client, options, attributes, allowed):
    def view():
        return "x"

    vars(view).update(attributes)
    app.add_url_rule("/", view_func=view, **options)
    assert " ".join(sorted(client.open("/", method="TRACE").allow.as_set(True))) == allowed


def test_options_is_answered_for_all_rules_of_a_url(app, client):
    app.get("/")(lambda: "x")
    app.post("/", endpoint="post")(lambda: "x")
    response = client.options("/")
    assert response.allow.as_set() == {"get", "head", "options", "post"}
    assert response.data == b""


def test_options_can_be_answered_by_a_view_or_not_at_all(app, client):
    app.route("/own", methods=["OPTIONS"])(lambda: "own")
    assert client.options("/own").text == "own"
    other = Microweb("other")
    other.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    other.get("/")(lambda: "x")
    assert other.test_client().options("/").status_code == 405


def test_head_has_no_body(app, client):
    app.get("/")(lambda: "x" * 10)
    response = client.head("/")
    assert (response.data, response.headers["Content-Length"]) == (b"", "10")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/page", "/page/"),
        ("/page?a=b&c=%20", "/page/?a=b&c=%20"),
        ("/users/page/1", "/users/"),
        ("/a//b", "/a/b"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_keep_all(app, client, path, location, method):
    both = {"methods": ["GET", "POST"]}
    app.add_url_rule("/page/", "page", print, **both)
    app.add_url_rule("/a/b", "b", print, **both)
    app.add_url_rule("/users/", "users", print, defaults={"page": 1}, **both)
    app.add_url_rule("/users/page/<int:page>", "users", print, **both)
    response = client.open(path, method=method, base_url="http://localhost/root")
    assert response.status_code == 308
    assert response.location == f"http://localhost/root{location}"
    assert "<h1>Redirecting...</h1>" in response.text


def test_a_redirect_that_loses_a_form_is_explained_in_debug_mode(app):
    app.debug = True
    app.post("/form/")(lambda: "x")
    with app.test_request_context("/form", method="POST"):
        request.routing_exception.code = 302
        with pytest.raises(AssertionError, match="with a trailing slash"):
            app.raise_routing_exception(request)


def test_names(tmp_path):
    app = Microweb("some.package", root_path=str(tmp_path))
    assert app.name == "some.package"
    assert repr(app) == "<Microweb 'some.package'>"
    assert app.root_path == str(tmp_path)
    assert Microweb("x", instance_path=str(tmp_path)).instance_path == str(tmp_path)
    with pytest.raises(ValueError, match="absolute"):
        Microweb("x", instance_path="instance")


def test_the_shell_has_names(app):
    app.shell_context_processor(lambda: {"extra": 1})
    names = app.make_shell_context()
    assert names["app"] is app and names["extra"] == 1 and "g" in names


def test_two_applications_do_not_meet():
    one, two = Microweb("one"), Microweb("two")
    one.get("/")(lambda: "one")
    two.get("/")(lambda: one.test_client().get("/").text + " two")
    assert two.test_client().get("/").text == "one two"


def test_durations_may_be_set_in_seconds(app):
    app.config.update(PERMANENT_SESSION_LIFETIME=60, SEND_FILE_MAX_AGE_DEFAULT=None)
    assert app.permanent_session_lifetime == timedelta(minutes=1)
    assert app.send_file_max_age_default is None


def test_a_script_is_named_after_its_file(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "/srv/shop.py")
    assert Microweb("__main__").name == "shop"

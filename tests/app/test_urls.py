"""url_for in all its forms, and what happens when there is no such URL."""

import pytest

from microweb import Blueprint, Microweb, redirect, url_for
from microweb.globals import request_ctx
from microweb.routing import BuildError, Map


@pytest.fixture
def app(app):
    app.add_url_rule("/", "index", print)
    app.add_url_rule("/hello/<name>", "hello", print)
    app.add_url_rule("/n/<int:n>", "number", print)
    app.add_url_rule("/users/", "users", print, defaults={"page": 1})
    app.add_url_rule("/users/page/<int:page>", "users", print)
    app.add_url_rule("/thing", "thing", print, methods=["GET"])
    app.add_url_rule("/thing/new", "thing", print, methods=["POST"])
    app.add_url_rule("/path/<path:path>", "path", print)
    bp = Blueprint("bp", "b", url_prefix="/bp")
    bp.add_url_rule("/x", "x", print)
    app.register_blueprint(bp)
    return app


IN_A_REQUEST = pytest.mark.parametrize(
    ("endpoint", "values", "url"),
    [
        ("index", {}, "/"),
        ("index", {"_anchor": ""}, "/#"),
        ("index", {"q": "a b&c", "none": None}, "/?q=a+b%26c"),
        ("index", {"next": "/a/b"}, "/?next=/a/b"),
        ("index", {"n": [1, 2]}, "/?n=1&n=2"),
        ("index", {"grün": "ü"}, "/?gr%C3%BCn=%C3%BC"),
        ("index", {"_anchor": "x y#z"}, "/#x%20y#z"),
        ("index", {"_external": True}, "http://localhost/"),
        ("index", {"_external": True, "_scheme": "https"}, "https://localhost/"),
        ("index", {"_scheme": "https"}, "https://localhost/"),
        ("index", {"_external": True, "_scheme": ""}, "//localhost/"),
        ("hello", {"name": "a/b ü?"}, "/hello/a/b%20%C3%BC%3F"),
        ("path", {"path": "a/b c"}, "/path/a/b%20c"),
        ("number", {"n": "7", "q": 1}, "/n/7?q=1"),
        ("users", {"page": 1}, "/users/"),
        ("users", {"page": 2}, "/users/page/2"),
        ("users", {}, "/users/"),
        ("thing", {}, "/thing"),
        ("thing", {"_method": "POST"}, "/thing/new"),
        ("bp.x", {}, "/bp/x"),
        ("static", {"filename": "css/a b.css"}, "/static/css/a%20b.css"),
    ],
)


@IN_A_REQUEST
def test_in_a_request(app, endpoint, values, url):
    with app.test_request_context():
        assert url_for(endpoint, **values) == url
        assert app.url_for(endpoint, **values) == url


def _say(app, *endpoint, **values):
    """What url_for says in a view of an application that has settled."""
    app.add_url_rule("/say", "say", lambda: url_for(*endpoint, **values))
    return [app.test_client().get("/say").text for _ in range(2)][1]


@IN_A_REQUEST
def test_in_a_view(app, endpoint, values, url):
    assert _say(app, endpoint, **values) == url


def test_a_view_below_a_mount_point(app):
    app.add_url_rule("/say", "say", lambda: url_for("number", n=1))
    assert app.test_client().get("/say", base_url="http://a.test/root").text == "/root/n/1"


@pytest.mark.parametrize("values", [{}, {"m": 1}, {"n": None}, {"n": "x"}])
def test_a_view_that_lacks_a_value(app, values):
    app.testing = True
    with pytest.raises((BuildError, ValueError)):
        _say(app, "number", **values)


def test_a_view_with_an_adapter_of_another_make(app):
    def say():
        request_ctx.url_adapter = app.url_map.bind("other.test", "/other")
        return url_for("number", n=1)

    app.add_url_rule("/other", "other", say)
    assert [app.test_client().get("/other").text for _ in range(2)] == ["/other/n/1"] * 2


def test_a_map_of_another_make():
    class Elsewhere(Map):
        def bind_to_environ(self, *args, **kwargs):
            adapter = super().bind_to_environ(*args, **kwargs)
            adapter.build = lambda *args, **kwargs: "/elsewhere"
            return adapter

    assert _say(type("Site", (Microweb,), {"url_map_class": Elsewhere})("site"), "static") == "/elsewhere"


def test_injection_may_be_overridden():
    class Site(Microweb):
        def inject_url_defaults(self, endpoint, values):
            values["lang"] = "de"

    assert _say(Site("site"), "say") == "/say?lang=de"


@pytest.mark.parametrize(
    ("options", "values", "url"),
    [
        ({"base_url": "https://a.test/root"}, {}, "/root/"),
        ({"base_url": "https://a.test/root"}, {"_external": True}, "https://a.test/root/"),
        ({"base_url": "http://a.test:81"}, {"_external": True}, "http://a.test:81/"),
        ({"base_url": "http://bücher.test"}, {"_external": True}, "http://xn--bcher-kva.test/"),
    ],
)
def test_by_the_request(app, options, values, url):
    with app.test_request_context(**options):
        assert url_for("index", **values) == url


@pytest.mark.parametrize(
    ("config", "values", "url"),
    [
        ({"SERVER_NAME": "a.test"}, {}, "http://a.test/"),
        ({"SERVER_NAME": "a.test"}, {"_external": False}, "/"),
        ({"SERVER_NAME": "a.test:81", "APPLICATION_ROOT": "/r"}, {}, "http://a.test:81/r/"),
        ({"SERVER_NAME": "a.test", "PREFERRED_URL_SCHEME": "https"}, {}, "https://a.test/"),
        ({}, {"_external": False}, "/"),
        ({"APPLICATION_ROOT": "/r"}, {"_external": False}, "/r/"),
    ],
)
def test_without_a_request(app, config, values, url):
    app.config.update(config)
    with app.app_context():
        assert url_for("index", **values) == url


@pytest.mark.parametrize(
    ("endpoint", "values", "error", "message"),
    [
        ("indx", {}, BuildError, "Did you mean 'index'"),
        ("hello", {}, BuildError, "Did you forget to specify values.*name"),
        ("none", {"a": 1}, BuildError, r"values \['a'\]\."),
        ("number", {"n": "x"}, ValueError, "invalid literal"),
        ("index", {"_external": False, "_scheme": "https"}, ValueError, "_external"),
    ],
)
def test_what_cannot_be_built(app, endpoint, values, error, message):
    with app.test_request_context(), pytest.raises(error, match=message):
        url_for(endpoint, **values)


def test_without_a_server_name(app):
    with app.app_context(), pytest.raises(RuntimeError, match="SERVER_NAME"):
        url_for("index")


def test_build_error_handlers(app):
    def fail(error, endpoint, values):
        raise BuildError(endpoint, values, "GET")

    app.url_build_error_handlers += [lambda *args: None, fail, lambda error, e, values: f"/{e}?{values['q']}"]
    with app.test_request_context():
        assert url_for("missing", q=1) == "/missing?1"
        app.url_build_error_handlers.pop()
        with pytest.raises(BuildError):
            url_for("missing")
        app.url_build_error_handlers[:] = [lambda *args: 1 / 0]
        with pytest.raises(ZeroDivisionError):
            url_for("missing")


def test_defaults_are_injected(app):
    app.url_defaults(lambda endpoint, values: values.setdefault("lang", "de"))
    with app.test_request_context():
        assert url_for("index") == "/?lang=de"
        assert url_for("index", lang="fr") == "/?lang=fr"


def test_hosts_and_subdomains():
    app = Microweb("site", subdomain_matching=True)
    app.config["SERVER_NAME"] = "a.test"
    app.add_url_rule("/", "home", lambda: "home")
    app.add_url_rule("/", "user", lambda name: name, subdomain="<name>")
    client = app.test_client()
    assert client.get("/").text == "home"
    assert client.get("/", subdomain="ada").text == "ada"
    with app.test_request_context(subdomain="ada"):
        assert url_for("home") == "http://a.test/"
        assert url_for("user", name="ada") == "/"
    hosts = Microweb("hosts", host_matching=True, static_folder=None)
    hosts.add_url_rule("/", "one", lambda: "one", host="one.test")
    hosts.add_url_rule("/", "any", lambda host: host, host="<host>")
    assert hosts.test_client().get("/", base_url="http://one.test").text == "one"
    assert hosts.test_client().get("/", base_url="http://two.test").text == "two.test"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect(app, client, code):
    app.add_url_rule("/go", "go", lambda: redirect(url_for("index"), code))
    response = client.get("/go")
    assert (response.status_code, response.location) == (code, "/")


def test_a_redirects_page_is_escaped(app, client):
    app.add_url_rule("/go", "go", lambda: redirect('/"><script>'))
    assert "<script>" not in client.get("/go").text


class URL:
    """As libraries have them: no text, but with one."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


def test_a_redirect_to_an_object(app, client):
    app.add_url_rule("/go", "go", lambda: redirect(URL("/index")))
    app.add_url_rule("/bad", "bad", lambda: redirect(URL("javascript:alert(1)")))
    assert client.get("/go").location == "/index"
    with pytest.raises(ValueError, match="is refused"):
        client.get("/bad")


def test_a_redirect_runs_no_script(app, client):
    app.add_url_rule("/go", "go", lambda: redirect("javascript:alert(1)"))
    with pytest.raises(ValueError, match="is refused"):
        client.get("/go")

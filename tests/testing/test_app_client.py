"""The client and the builder that know an application."""

import subprocess
import sys
from pathlib import Path

import pytest

from microweb import Microweb, g, request, session
from microweb.testing import USER_AGENT, AppClient, AppEnvironBuilder, EnvironBuilder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app():
    app = Microweb(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test")

    @app.route("/", methods=["GET", "POST"])
    def index():
        g.value = request.method
        return request.url

    @app.route("/go")
    def go():
        session["gone"] = True
        return "", 302, {"Location": "/"}

    @app.route("/count")
    def count():
        session["count"] = session.get("count", 0) + 1
        return {"count": session["count"]}

    @app.route("/who")
    def who():
        return f"{request.remote_addr} {request.user_agent.string}"

    @app.route("/fail")
    def fail():
        raise KeyError("boom")

    return app


@pytest.mark.parametrize(
    ("config", "kwargs", "url"),
    [
        ({}, {}, "http://localhost/"),
        ({"SERVER_NAME": "a.b:81"}, {}, "http://a.b:81/"),
        ({"APPLICATION_ROOT": "/x"}, {}, "http://localhost/x/"),
        ({"PREFERRED_URL_SCHEME": "https"}, {}, "https://localhost/"),
        ({"SERVER_NAME": "a.b"}, {"subdomain": "c", "url_scheme": "https"}, "https://c.a.b/"),
        ({}, {"path": "https://c.d/"}, "https://c.d/"),
        ({}, {"path": "/?e=f"}, "http://localhost/?e=f"),
        ({}, {"base_url": "http://g/h/"}, "http://g/h/"),
    ],
)
def test_defaults_come_from_the_application(app, config, kwargs, url):
    app.config.update(config)
    assert AppEnvironBuilder(app, **kwargs).get_request().url == url


def test_base_url_excludes_its_parts(app):
    with pytest.raises(AssertionError, match="base_url"):
        AppEnvironBuilder(app, base_url="http://a", subdomain="b")


def test_json_is_the_applications(app):
    app.json.ensure_ascii = False
    assert AppEnvironBuilder(app, json="€").input_stream.read() == '"€"'.encode()
    assert app.test_client().get("/count").json == {"count": 1}


def test_every_request_carries_the_base(app):
    client = app.test_client()
    code = "import microweb.compat; microweb.compat.install(); import werkzeug; print(werkzeug.__version__)"
    version = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert f"Werkzeug/{version.stdout.strip()}" == USER_AGENT, version.stderr
    assert client.get("/who").text == f"127.0.0.1 {USER_AGENT}"
    client.environ_base["REMOTE_ADDR"] = "1.2.3.4"
    builder = AppEnvironBuilder(app, "/who", headers={"User-Agent": "me"})
    for given in (builder, builder.get_environ(), builder.get_request()):
        assert client.open(given).text == "1.2.3.4 me"
    assert client.get("/who", environ_base={"REMOTE_ADDR": "::1"}).text.startswith("::1 ")
    assert "REMOTE_ADDR" not in builder.get_environ()


def test_a_block_keeps_the_last_requests_context(app):
    with app.test_client() as client:
        client.get("/")
        assert (g.value, request.method) == ("GET", "GET")
        client.post("/?a=b")
        assert (g.value, request.args["a"]) == ("POST", "b")
        with pytest.raises(RuntimeError, match="nest"), client:
            pass
    with pytest.raises(RuntimeError):
        request.method  # noqa: B018


def test_a_block_keeps_what_redirects_lead_to(app):
    with app.test_client() as client:
        response = client.get("/go", follow_redirects=True)
        assert response.status_code == 200
        assert request.path == "/"
        assert session["gone"]


def test_contexts_end_after_errors(app):
    with app.test_client() as client:
        with pytest.raises(KeyError):
            client.get("/fail")
        client.get("/")
        assert request.path == "/"
    assert not request


def test_session_transaction(app):
    client = app.test_client()
    with client:
        with client.session_transaction() as values:
            values["count"] = 41
        assert client.get("/count").json == {"count": 42}
        with client.session_transaction() as values:
            assert values["count"] == 42
        assert request.path == "/count"


def test_session_transaction_needs_cookies_and_a_key(app):
    with pytest.raises(TypeError, match="Cookies"), app.test_client(use_cookies=False).session_transaction():
        pass
    app.secret_key = None
    with pytest.raises(RuntimeError, match="did not open"), app.test_client().session_transaction():
        pass


def test_subclasses_see_the_arguments(app):
    class Mine(AppClient):
        def _request_from_builder_args(self, args, kwargs):
            kwargs["method"] = "POST"
            return super()._request_from_builder_args(args, kwargs)

    app.test_client_class = Mine
    with app.test_client() as client:
        client.open("/")
        assert request.method == "POST"
    assert isinstance(EnvironBuilder("/"), EnvironBuilder)

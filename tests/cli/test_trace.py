"""The way of a request: every step in order, as text, as JSON, as a page; and what it hides."""

import json
import re
from functools import wraps

import pytest

from microweb import (
    Blueprint,
    Microweb,
    after_this_request,
    flash,
    g,
    get_flashed_messages,
    render_template_string,
    request,
    session,
)
from microweb.cli.main import cli
from microweb.cli.report import FORMATS, as_html, trace
from microweb.cli.trace import build_environ
from microweb.cli.tracepages import PATH, TracePages
from microweb.signals import request_started
from microweb.templates.loaders import DictLoader
from microweb.testing import Client

TEMPLATES = {
    "layout.html": "<h1>{% block title %}{% endblock %}</h1>{% block body %}{% endblock %}",
    "page.html": "{% extends 'layout.html' %}{% block title %}{{ name }}{% endblock %}"
    "{% block body %}{% include 'part.html' %}{% endblock %}",
    "part.html": "part",
}


@pytest.fixture
def app():
    app = Microweb(__name__, template_folder=None)
    app.secret_key = "for this test"
    app.jinja_loader = DictLoader(TEMPLATES)
    bp = Blueprint("pages", __name__, url_prefix="/pages")

    @app.before_request
    def load_user():
        g.user = "ada"

    @bp.before_request
    def only_here():
        pass

    @app.after_request
    def add_header(response):
        return response

    @app.teardown_request
    def goodbye(error):
        pass

    @bp.route("/<int:number>", methods=["GET", "POST"])
    def show(number):
        @after_this_request
        def last_word(response):
            return response

        session["seen"] = number
        flash("seen")
        get_flashed_messages()
        from microweb import render_template

        return render_template("page.html", name="<Ada>")

    @app.errorhandler(ZeroDivisionError)
    def divided(error):
        return "divided", 500

    @app.route("/error")
    def fail():
        return str(1 // 0)

    @app.route("/broken")
    def broken():
        raise RuntimeError("broken")

    @app.route("/plain")
    def plain():
        return "plain"

    app.register_blueprint(bp)
    return app


def steps(report):
    """``kind name`` of all steps, in the order in which they began."""
    found = []

    def walk(rows):
        for row in rows:
            found.append(f"{row['kind']} {row['name']}")
            walk(row["steps"])

    walk(report["steps"])
    return found


def traced(app, *args, **options):
    return trace(app, build_environ(app, *args, **options))


def test_every_step_in_order(app):
    told = [step for step in steps(traced(app, "/pages/7", None)) if not step.startswith(("short", "long"))]
    assert told == [
        "context the request's, pushed",
        "routing the URL is matched",
        "hooks before the view",
        "before_request load_user",
        "before_request of pages only_here",
        "view pages.show show",
        "session opened",
        "flash messages are taken",
        "template page.html",
        "template layout.html",
        "template block 'title' of page.html",
        "template block 'body' of page.html",
        "template part.html",
        "response made from '<h1>&lt;Ada&gt;</h1>part'",
        "hooks after the view",
        "after_this_request last_word",
        "after_request add_header",
        "session saved",
        "context the request's, popped",
        "teardown of the request",
        "teardown_request goodbye",
        "context the application's, popped",
        "teardown of the application context",
    ]


def test_places_are_those_of_the_functions(app):
    rows = traced(app, "/pages/7", None)["steps"]
    places = re.findall(r'"place": "([^"]+)"', json.dumps(rows))
    assert sum(place.startswith(__file__) for place in places) >= 5


def test_decorated_views_lie_where_they_were_written(app):
    from functools import wraps

    def decorate(view):
        @wraps(view)
        def wrapper(**values):
            return view(**values)

        return wrapper

    @app.route("/decorated")
    @decorate
    def decorated():
        return ""

    line = decorated.__wrapped__.__code__.co_firstlineno
    assert f"{__file__}:{line}" in FORMATS["json"](traced(app, "/decorated", None))


def test_functions_that_share_their_code_are_told_apart(app):
    def logged(function):
        return wraps(function)(lambda *args, **kwargs: function(*args, **kwargs))

    for name in ("one", "two"):
        bp = Blueprint(name, __name__, url_prefix=f"/{name}")
        bp.before_request(lambda: None)
        bp.add_url_rule("/", "index", logged(lambda: "index"))
        app.register_blueprint(bp)
    app.before_request(logged(lambda: None))
    app.add_url_rule("/again", "again", app.view_functions["plain"])
    for path, view in (
        ("/one/", "one.index <lambda>"),
        ("/two/", "two.index <lambda>"),
        ("/again", "again plain"),
    ):
        told = steps(traced(app, path, None))
        assert f"view {view}" in told
        assert [step for step in told if step.startswith("before_request of")] == [
            f"before_request of {name} <lambda>" for name in ("one", "two") if path == f"/{name}/"
        ]


def test_a_decorator_may_leave_a_variable_unset(app):
    def logged(function, log=None):
        if log:
            write = log.write
        return wraps(function)(lambda: write("called") if log else function())

    for name in ("one", "two"):
        app.add_url_rule(f"/{name}", name, logged(lambda: "answer"))
    report = traced(app, "/two", None)
    assert report["status"] == "200 OK" and "view two <lambda>" in steps(report)


def test_the_routing_says_why(app):
    rules = {rule["rule"]: rule for rule in traced(app, "/pages/7", "PUT")["routing"]}
    assert rules["/pages/<int:number>"]["why"] == "takes GET, POST"
    assert rules["/plain"]["why"] == "the path differs"
    taken = [rule for rule in traced(app, "/pages/7", None)["routing"] if rule["taken"]]
    assert [(rule["endpoint"], rule["why"]) for rule in taken] == [("pages.show", "matches: number=7")]
    assert re.fullmatch(taken[0]["regex"], "/pages/7")


@pytest.mark.parametrize(
    ("host", "taken"), [("site.test", ["index"]), ("api.site.test", ["api"]), ("ada.site.test", ["user"])]
)
def test_the_host_counts_where_rules_depend_on_it(host, taken):
    app = Microweb(__name__, static_folder=None, subdomain_matching=True)
    app.config["SERVER_NAME"] = "site.test"
    for endpoint, subdomain in (("api", "api"), ("index", None), ("user", "<name>")):
        app.add_url_rule("/", endpoint, lambda **values: "", subdomain=subdomain)
    report = traced(app, f"http://{host}/", None)
    assert [rule["endpoint"] for rule in report["routing"] if rule["taken"]] == taken


def test_hosts_that_match():
    app = Microweb(__name__, static_folder=None, host_matching=True)
    for host in ("a.test", "b.test"):
        app.add_url_rule("/", host[0], lambda: "", host=host)
    app.config["TRUSTED_HOSTS"] = ["a.test", "b.test"]
    told = [
        [rule["why"] for rule in traced(app, f"http://{host}.test/", None)["routing"]] for host in ("b", "c")
    ]
    assert told[0] == ["the path or the host differs", "matches"]
    assert told[1] == ["matches", "matches, too, but is tried later"]


def test_text_beyond_ascii_is_shown_as_it_is_meant(app):
    app.add_url_rule("/caf\xe9/<name>", "cafe", lambda name: name)
    report = traced(app, "/caf\xe9/%1b[2J", None, header=["X: \u20ac"])
    assert [rule["rule"] for rule in report["routing"] if rule["taken"]] == ["/caf\xe9/<name>"]
    assert report["request"] == "GET /caf\xe9/%1b[2J"
    assert report["environ"]["PATH_INFO"] == "/caf\xe9/\\x1b[2J"
    assert report["environ"]["HTTP_X"] == "\u20ac"


def test_errors_and_their_handlers(app, caplog):
    told = steps(traced(app, "/error", None))
    assert "error ZeroDivisionError('integer division or modulo by zero')" in told
    assert "errorhandler divided" in told
    report = traced(app, "/broken", None)
    assert report["status"] == "500 INTERNAL SERVER ERROR"
    assert steps(report).count("error RuntimeError('broken')") == 2
    assert traced(app, "/nowhere", None)["status"] == "404 NOT FOUND"
    assert "broken" in caplog.text


def test_signals_name_their_receivers(app):
    with request_started.connected_to(lambda sender: None, app):
        assert "signal request-started to 1 receiver" in steps(traced(app, "/plain", None))
    assert not [step for step in steps(traced(app, "/plain", None)) if step.startswith("signal")]


def test_a_plain_request_takes_the_short_way():
    app = Microweb(__name__)
    app.add_url_rule("/", "index", lambda: "")
    traced(app, "/", None)  # the first request settles the application
    told = [step.split()[0] for step in steps(traced(app, "/", None))]
    assert told == ["context", "routing", "short", "view", "context"]


def test_streams_are_followed_to_their_end(app):
    @app.route("/stream")
    def stream():
        def generate():
            for _ in range(3):
                yield render_template_string("piece")

        from microweb import stream_with_context

        return stream_with_context(generate())

    report = traced(app, "/stream", None)
    assert report["size"] == 15
    assert steps(report).count("template from a string") == 3


def test_a_thousand_steps_are_counted(app):
    @app.route("/many")
    def many():
        return render_template_string(
            "{% for n in numbers %}{% include 'part.html' %}{% endfor %}", numbers=range(3000)
        )

    report = traced(app, "/many", None)
    assert len(steps(report)) == 2000
    assert report["left_out"] > 1000
    assert f"{report['left_out']} steps more" in FORMATS["text"](report)


@pytest.mark.parametrize("form_of", FORMATS)
def test_secrets_are_hidden(app, form_of):
    headers = ["Authorization: Basic c2VjcmV0"]
    text = FORMATS[form_of](traced(app, "/pages/7", None, header=headers, cookie="name=secretcookie"))
    assert "c2VjcmV0" not in text
    assert "secretcookie" not in text
    assert "session=" not in text


def test_a_page_escapes_what_it_shows(app):
    page = as_html(traced(app, "/plain?<script>alert(1)</script>", None, header=["X: <script>2</script>"]))
    assert "<script" not in page
    assert "&lt;script&gt;2" in page


@pytest.mark.parametrize(
    ("given", "method", "said"),
    [
        ({}, "GET", ""),
        ({"data": ["a=1", "b=2"]}, "POST", "a=1&b=2"),
        ({"as_json": '{"a": 1}'}, "POST", "{'a': 1}"),
        ({"form": ["a=1", "a=2"]}, "POST", "1 2"),
    ],
)
def test_requests_as_with_curl(app, given, method, said):
    @app.route("/echo", methods=["GET", "POST"])
    def echo():
        if request.is_json:
            return str(request.json)
        return " ".join(request.form.getlist("a")) if "form" in given else request.get_data()

    environ = build_environ(app, "/echo", None, **given)
    assert environ["REQUEST_METHOD"] == method
    with app.request_context(environ):
        assert app.make_response(app.dispatch_request()).get_data(as_text=True) == said


def test_an_upload(app, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    environ = build_environ(app, "/", "PUT", form=[f"file=@{tmp_path / 'a.txt'}"])
    with app.request_context(environ):
        assert request.method == "PUT"
        assert request.files["file"].read() == b"content"


class TestCommand:
    @pytest.fixture
    def run(self, app):
        def run(*args):
            return app.test_cli_runner().invoke(cli, ["trace", *args])

        return run

    def test_text(self, run):
        done = run("POST", "/pages/7", "-d", "a=1")
        assert done.exit_code == 0
        assert done.output.startswith("POST /pages/7  ->  200 OK  (")
        assert "before_request: load_user" in done.output

    def test_a_request_as_curl_spells_it(self, run, tmp_path):
        (tmp_path / "body").write_bytes(b"12\xff")
        done = run("-X", "put", "/plain", "-d", f"@{tmp_path / 'body'}", "-d", "\xfc")
        assert done.output.startswith("PUT /plain  ->  405 METHOD NOT ALLOWED")
        assert "CONTENT_LENGTH = 6\n" in done.output

    def test_file(self, run, tmp_path):
        done = run("/plain", "--format", "html", "-o", str(tmp_path / "trace.html"))
        assert (done.exit_code, done.output) == (0, "")
        assert "<svg" in (tmp_path / "trace.html").read_text()

    def test_options_have_variables_of_their_names(self, run, monkeypatch):
        monkeypatch.setenv("FLASK_TRACE_FORMAT", "json")
        assert json.loads(run("/plain").output)["request"] == "GET /plain"

    def test_every_function(self, run):
        assert "call: ctx.py:__init__" in run("/plain", "--every").output

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            ([], "Missing argument"),
            (["GET"], "Give a method and a URL, such as GET /"),
            (["GET", "/", "/"], "Give a method and a URL"),
            (["GET", "/", "-X", "PUT"], "Give a method and a URL"),
            (["/", "-H", "A: b\nc: d"], "That makes no request: Header 'A' must not contain newlines"),
            (["http://[::1"], "That makes no request: Invalid IPv6 URL"),
            (["/", "-H", "no colon"], "'no colon' has no ':'; give it as -H 'NAME: VALUE'."),
            (["/", "--format", "pdf"], "'pdf' is not one of"),
            (["/", "-F", "a=@no/such"], "Error: Invalid value: 'no/such': No such file or directory"),
        ],
    )
    def test_wrong_arguments(self, run, args, message):
        done = run(*args)
        assert done.exit_code == 2
        assert message in done.output


class TestPages:
    @pytest.fixture
    def client(self, app):
        return Client(TracePages(app, keep=2))

    @pytest.fixture
    def local(self):
        return {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}}

    def test_the_last_requests_are_kept(self, client, local):
        for path in ("/plain", "/pages/1", "/pages/2"):
            assert client.get(path, **local).status_code == 200
        page = client.get(PATH, **local)
        assert re.findall(r"GET (/\S+) -", page.text) == ["/pages/2", "/pages/1"]
        assert "view pages.show" in client.get(f"{PATH}/3", **local).text
        assert client.get(f"{PATH}/1", **local).status_code == 404

    @pytest.mark.parametrize(
        "options",
        [
            {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}},
            {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, "headers": {"Host": "evil.example"}},
            {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, "headers": {"X-Forwarded-For": "203.0.113.9"}},
        ],
    )
    def test_strangers_see_nothing(self, client, local, options):
        client.get("/pages/1", **local)
        response = client.get(PATH, **options)
        assert response.status_code == 404
        assert "pages" not in response.text

    def test_pages_run_nothing(self, client, local):
        policy = client.get(PATH, **local).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")

    def test_what_was_raised_is_said(self, app, client, local):
        app.testing = True
        with pytest.raises(RuntimeError):
            client.get("/broken", **local)
        assert "GET /broken -&gt; raised RuntimeError" in client.get(PATH, **local).text

    def test_who_measures_is_left_alone(self, client, local):
        import sys

        seen = []
        sys.setprofile(lambda frame, event, argument: seen.append(event))
        try:
            client.get("/plain", **local)
        finally:
            sys.setprofile(None)
        assert "GET /plain" not in client.get(PATH, **local).text
        assert seen


def test_the_hook_is_gone_afterwards(app):
    import sys

    traced(app, "/error", None)
    assert sys.getprofile() is None

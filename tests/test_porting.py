"""What differs from Flask's stack on purpose. Each test is a row of the table in docs/porting.md.

`python -m tests.test_pages` writes that table from the rows here.
"""

from __future__ import annotations

import io
import logging
import random

import pytest

from microweb import Microweb, redirect, request, send_from_directory, session, stream_with_context, url_for
from microweb.http.headers import Headers
from microweb.json import dumps, loads
from microweb.security import check_password_hash, safe_join
from microweb.sessions import SessionInterface
from microweb.testing import EnvironBuilder

ROWS: list[tuple[str, str, str, str]] = []


def differs(where: str, theirs: str, ours: str, why: str):
    """A row of the table; the test beneath asserts what stands under `here`."""
    ROWS.append((where, theirs, ours, why))
    return lambda test: test


@pytest.fixture
def app():
    app = Microweb(__name__)
    app.secret_key = "for this test"
    return app


def status(app, path="/", method="GET", **options):
    with app.test_client().open(path, method=method, **options) as response:
        return response.status_code


@differs(
    "Host header that is no host",
    "taken for empty, links start with `http:///`",
    "400",
    "it ends up in links, redirects and mails",
)
@pytest.mark.no_validator
def test_host(app):
    app.add_url_rule("/", "index", lambda: request.url)
    assert status(app, headers={"Host": "a b"}) == 400


@differs(
    "header values",
    "CR and LF are refused",
    "all control characters when set, what is not Latin-1 when sent",
    "the server would fail in the middle of the head, or cut the line",
)
@pytest.mark.parametrize("value", ["a\rb", "a\nb", "a\0b", "a\x1bb"])
def test_header_values(value):
    with pytest.raises(ValueError):
        Headers()["X-Name"] = value


@differs("`<int:...>`", "digits of all scripts", "ASCII digits", "one page, one URL")
def test_int_rules(app):
    app.add_url_rule("/<int:number>", "index", str)
    assert status(app, "/%D9%A3") == 404  # an Arabic three


@differs("files that are sent", "", "`X-Content-Type-Options: nosniff`", "an upload must not become a page")
def test_sent_files(app, tmp_path):
    (tmp_path / "a.txt").write_text("<script>")
    with app.test_request_context(), send_from_directory(tmp_path, "a.txt") as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@differs(
    "static files and folders whose names begin with a dot",
    "served",
    "404, but for `.well-known`; `STATIC_HIDDEN` serves them",
    "`.git` and `.env` came along by accident",
)
def test_hidden_files(tmp_path):
    (tmp_path / ".env").write_text("secret")
    app = Microweb(__name__, static_folder=str(tmp_path), static_url_path="/static")
    assert status(app, "/static/.env") == 404


@differs("a missing key of `request.headers`", "KeyError, a 500", "400", "as for forms and queries")
def test_missing_headers(app):
    app.add_url_rule("/", "index", lambda: request.headers["X-Missing"])
    assert status(app) == 400


@differs("redirects to `javascript:` and the like", "sent", "ValueError", "the page's link would run it")
def test_redirects(app):
    with app.test_request_context(), pytest.raises(ValueError, match="javascript"):
        redirect("javascript:alert(1)")


@differs("fields in a query", "no limit", "1,000; more is 413", "memory for nothing")
def test_many_arguments(app):
    app.add_url_rule("/", "index", lambda: str(len(request.args)))
    assert status(app, "/?" + "&".join(["a=1"] * 1000)) == 200
    assert status(app, "/?" + "&".join(["a=1"] * 1001)) == 413


@differs(
    "`MAX_FORM_MEMORY_SIZE`",
    "counts multipart fields one by one",
    "counts all fields together, urlencoded ones too",
    "the limit is on memory",
)
@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_form_memory(app, kind):
    app.config["MAX_FORM_MEMORY_SIZE"] = 100
    app.add_url_rule("/", "index", lambda: str(len(request.form)), methods=["POST"])
    fields = dict.fromkeys("ab", "x" * 60)
    assert status(app, method="POST", data=fields, content_type=kind) == 413


@differs("several byte ranges", "first one or 416", "the whole file", "cheap to ask for, dear to answer")
def test_several_ranges(app, tmp_path):
    (tmp_path / "a.txt").write_text("0123456789")
    app.add_url_rule("/", "index", lambda: send_from_directory(tmp_path, "a.txt"))
    assert status(app, headers={"Range": "bytes=0-1,4-5"}) == 200


@differs("weak validators in If-Range", "match", "never match", "RFC 9110 13.1.5")
def test_weak_if_range(app, tmp_path):
    (tmp_path / "a.txt").write_text("0123456789")
    app.add_url_rule("/", "index", lambda: send_from_directory(tmp_path, "a.txt"))
    tag = app.test_client().get("/").headers["ETag"]
    assert status(app, headers={"Range": "bytes=0-1", "If-Range": tag}) == 206
    assert status(app, headers={"Range": "bytes=0-1", "If-Range": f"W/{tag}"}) == 200


@differs("JSON bodies in UTF-16 or UTF-32", "read", "400", "a way around filters")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_json_encodings(app, encoding):
    app.add_url_rule("/", "index", lambda: request.get_json(), methods=["POST"])
    body = '{"a": 1}'.encode(encoding)
    assert status(app, method="POST", data=body, content_type="application/json") == 400


@differs(
    "a multipart form that is cut off",
    "empty, as if nothing had been sent",
    "400",
    "half an upload is not the same as none",
)
@pytest.mark.parametrize("end", ["", "\r\n", "\r\n--b", "\r\n--b\r\n"])
def test_cut_off_forms(app, end):
    body, kind = (
        f'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1{end}',
        "multipart/form-data; boundary=b",
    )
    app.add_url_rule(
        "/", "index", lambda: str(len(request.form) + len(request.files)), methods=["GET", "POST"]
    )
    assert status(app, "/", "POST", data=body, content_type=kind) == 400
    # Nothing at all is no broken form, however the server says so.
    assert status(app, "/", "POST", content_type=kind) == 200
    for ends in ({}, {"wsgi.input_terminated": True}):
        environ = EnvironBuilder("/", environ_overrides=ends, content_type=kind).get_environ()
        environ.pop("CONTENT_LENGTH", None)
        with app.request_context(environ):
            assert not request.form


@differs("more than 100 files in a form", "read", "413; `MAX_FORM_FILES`", "each takes a descriptor")
def test_many_files(app):
    app.post("/")(lambda: str(len(request.files)))
    data = {f"file{n}": (io.BytesIO(b""), "name") for n in range(101)}
    assert status(app, "/", "POST", data=data) == 413


@differs("NaN in JSON", "read and written", "refused", "it is not JSON")
def test_nan(app):
    with app.app_context():
        for attempt in (lambda: dumps(float("nan")), lambda: loads("NaN")):
            with pytest.raises(ValueError):
                attempt()


@differs(
    "changes inside a session's values", "lost unless `session.modified` is set", "saved", "everybody forgets"
)
def test_nested_changes(app):
    @app.route("/")
    def index():
        session.setdefault("cart", []).append("bread")
        return str(len(session["cart"]))

    client = app.test_client()
    assert [client.get("/").text for _ in range(3)] == ["1", "2", "3"]


@differs(
    "an error in a teardown function",
    "the others do not run",
    "all run, the first error is raised",
    "connections would stay open",
)
def test_teardown(app):
    ran = []

    @app.teardown_appcontext
    def first(error):
        ran.append("first")

    @app.teardown_appcontext
    def second(error):
        raise RuntimeError("second")

    with pytest.raises(RuntimeError, match="second"), app.app_context():
        pass
    assert ran == ["first"]


@differs(
    "teardown of a request whose response streams with its context",
    "when the view is done, and once more when the stream ends",
    "once, when the stream ends",
    "what the stream uses must not be closed under it",
)
def test_streamed_teardown(app):
    events = []
    app.teardown_request(lambda error: events.append("teardown"))

    @app.route("/")
    def index():
        @stream_with_context
        def generate():
            events.append("streaming")
            yield "text"

        return generate()

    assert status(app) == 200
    assert events == ["streaming", "teardown"]


@differs(
    "plain error pages",
    "no headers beside their type",
    "`nosniff`, no frames, no referrer, `no-store`",
    "nobody's frame, and no cache",
)
def test_error_pages(app):
    response = app.test_client().get("/nothing")
    assert response.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert response.headers["Cache-Control"] == "no-store"


@differs(
    "`_external` URLs with the host of the request",
    "",
    "logged once, unless `TRUSTED_HOSTS` or `SERVER_NAME` is set, or in debug mode",
    "a client may name any host",
)
def test_untrusted_hosts(app, caplog):
    app.add_url_rule("/", "index", lambda: url_for("index", _external=True))
    assert status(app) == status(app) == 200
    assert caplog.text.count("TRUSTED_HOSTS") == 1


@differs(
    "oversized session cookie",
    "a warning",
    "an error in debug mode, else logged with the keys that are large",
    "browsers drop it without a word",
)
def test_large_session(app, caplog):
    noise = random.Random(1).randbytes(6000).hex()

    @app.route("/")
    def index():
        session["notes"] = noise
        return ""

    with caplog.at_level(logging.ERROR):
        status(app)
    assert "notes" in caplog.text
    app.debug = app.testing = True
    with pytest.raises(Exception, match="notes"):
        status(app)


@differs(
    "basic credentials without a colon", "user without a password", "no credentials", "they are malformed"
)
def test_basic_credentials(app):
    app.add_url_rule("/", "index", lambda: str(request.authorization))
    answer = app.test_client().get("/", headers={"Authorization": "Basic YWRh"})
    assert answer.text == "None"


@differs(
    "`check_password_hash`",
    "may raise for bad hashes",
    "False, in the same time",
    "the answer must not tell who has an account",
)
@pytest.mark.parametrize("bad", ["", "x", "scrypt:1:1:1$salt$00", "pbkdf2:sha256:-1$salt$00", "nothing$a$b"])
def test_bad_hashes(bad):
    assert check_password_hash(bad, "password") is False


@differs(
    "`send_from_directory`, `safe_join`",
    "check the path",
    "refuse NUL, drives, and links that lead out as well",
    "CVE-2023-41105, CVE-2024-23334",
)
def test_paths(app, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "files" / "link").symlink_to(tmp_path / "secret")
    assert safe_join("/files", "a\0b") is None
    app.add_url_rule("/<path:path>", "send", lambda path: send_from_directory(tmp_path / "files", path))
    assert status(app, "/link") == 404


@differs(
    "a step (`process_response`, ...) patched on the application's *class* after its first request",
    "noticed",
    "noticed when it is set on the application; for a class, call `app.settle()`",
    "requests without hooks take a short way, which is looked at once",
)
def test_patched_classes():
    class Site(Microweb):
        pass

    app = Site(__name__)
    app.add_url_rule("/", "index", lambda: "")
    assert status(app) == 200
    Site.process_response = lambda self, response: self.response_class(status=418)
    app.settle()
    assert status(app) == 418


@differs(
    "custom session interfaces",
    "`open_session` before or after the URL adapter is made, by version",
    "before it, once",
    "the adapter is made when it is needed",
)
def test_custom_sessions(app):
    opened = []

    class Interface(SessionInterface):
        def open_session(self, app, request):
            opened.append(request.path)
            return {}

        def save_session(self, app, session, response):
            pass

    app.session_interface = Interface()
    app.add_url_rule("/", "index", lambda: "")
    assert status(app) == 200
    assert opened == ["/"]


@differs(
    "JSON that is nested too deep", "RecursionError, a 500", "400", "a body of 100 KB would stop a worker"
)
def test_deep_json(app):
    app.add_url_rule("/", "index", lambda: request.get_json(), methods=["POST"])
    body = "[" * 100_000 + "]" * 100_000
    assert status(app, method="POST", data=body, content_type="application/json") == 400


def test_names_that_tell_versions_apart_are_absent(app):
    import microweb

    package = {"ext", "safe_join", "signals_available", "_app_ctx_stack", "_request_ctx_stack"}
    application = {
        *("logger_name", "propagate_exceptions", "preserve_context_on_exception", "open_session"),
        *("save_session", "make_null_session", "request_globals_class", "debug_log_format"),
        *("init_jinja_globals", "build_error_handler", "enable_modules", "register_module"),
    }
    assert not package & set(dir(microweb)) and not application & set(dir(app))

"""Settings that change how requests are answered: limits, hosts, cookies, JSON."""

from io import BytesIO

import pytest

from microweb import Microweb, request, session
from microweb.exceptions import RequestEntityTooLarge


def upload(size):
    return {"data": {"file": (BytesIO(b"x" * size), "name")}}


@pytest.mark.parametrize(
    ("config", "arguments", "status"),
    [
        ({}, {"data": {"a": "x" * 400_000}}, 200),
        ({}, {"data": {"a": "x" * 500_001}}, 413),
        ({"MAX_FORM_MEMORY_SIZE": 10}, {"data": {"a": "x" * 20}}, 413),
        ({"MAX_FORM_MEMORY_SIZE": 600_000}, {"data": {"a": "x" * 500_001}}, 200),
        ({"MAX_FORM_PARTS": 2}, {"data": {"a": "1", "b": "2", "f": (BytesIO(b""), "n")}}, 413),
        ({}, {"data": {f"k{n}": "v" for n in range(1001)}}, 413),
        ({}, {"data": {f"f{n}": (BytesIO(b""), "name") for n in range(100)}}, 200),
        ({}, {"data": {f"f{n}": (BytesIO(b""), "name") for n in range(101)}}, 413),
        ({"MAX_FORM_FILES": None}, {"data": {f"f{n}": (BytesIO(b""), "name") for n in range(101)}}, 200),
        ({"MAX_CONTENT_LENGTH": 100}, {"data": {"a": "x" * 200}}, 413),
        ({"MAX_CONTENT_LENGTH": 100}, upload(200), 413),
        ({"MAX_CONTENT_LENGTH": 10_000_000}, upload(400_000), 200),
        ({}, upload(400_000), 200),
    ],
)
def test_limits(app, client, config, arguments, status):
    app.config.update(config)
    app.post("/")(lambda: f"{len(request.form)} {len(request.files)}")
    with client.post("/", **arguments) as response:
        assert response.status_code == status


def test_limits_of_one_request(app, client):
    @app.post("/")
    def view():
        request.max_content_length = int(request.args["limit"])
        return request.get_data()

    assert client.post("/?limit=3", data=b"abcd").status_code == 413
    assert client.post("/?limit=4", data=b"abcd").data == b"abcd"


@pytest.mark.parametrize("read", ["get_data", "get_json", "stream"])
def test_the_body_is_limited_however_it_is_read(app, client, read):
    app.config["MAX_CONTENT_LENGTH"] = 3
    app.register_error_handler(RequestEntityTooLarge, lambda error: ("too large", 413))

    @app.post("/")
    def view():
        found = request.stream.read() if read == "stream" else getattr(request, read)()
        return f"{found!r}"

    assert client.post("/", json=[1, 2, 3, 4]).text == "too large"


@pytest.mark.parametrize(
    ("trusted", "host", "status"),
    [
        (None, "evil.test", 200),
        (["a.test"], "a.test", 200),
        (["a.test"], "A.TEST", 200),
        (["a.test"], "a.test:81", 200),
        (["a.test"], "evil.test", 400),
        (["a.test"], "b.a.test", 400),
        ([".a.test"], "b.a.test", 200),
        ([".a.test"], "a.test", 200),
        ([".a.test"], "evila.test", 400),
        (["a.test"], "a.test@evil.test", 400),
        ([], "a.test", 200),
    ],
)
def test_trusted_hosts(app, client, trusted, host, status):
    app.config["TRUSTED_HOSTS"] = trusted
    app.get("/")(lambda: "x")
    assert client.get("/", headers={"Host": host}).status_code == status


def test_a_refused_host_does_not_reach_a_view_or_matching(app, client, told):
    app.config["TRUSTED_HOSTS"] = ["a.test"]
    app.before_request(lambda: told.append(request.url_rule))
    app.get("/")(lambda: told.append("view"))
    assert client.get("/", headers={"Host": "evil.test"}).status_code == 400
    assert told == [None]


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        ({}, {"HttpOnly", "Path=/"}),
        ({"SESSION_COOKIE_SECURE": True}, {"Secure", "HttpOnly", "Path=/"}),
        ({"SESSION_COOKIE_HTTPONLY": False}, {"Path=/"}),
        ({"SESSION_COOKIE_SAMESITE": "Lax"}, {"SameSite=Lax", "HttpOnly", "Path=/"}),
        ({"SESSION_COOKIE_DOMAIN": "localhost"}, {"Domain=localhost", "HttpOnly", "Path=/"}),
        ({"APPLICATION_ROOT": "/root"}, {"HttpOnly", "Path=/root"}),
        ({"SESSION_COOKIE_PATH": "/p", "APPLICATION_ROOT": "/root"}, {"HttpOnly", "Path=/p"}),
        (
            {"SESSION_COOKIE_PARTITIONED": True, "SESSION_COOKIE_SECURE": True},
            {"Partitioned", "Secure", "HttpOnly", "Path=/"},
        ),
    ],
)
def test_the_sessions_cookie(app, client, config, parts):
    app.config.update(config, SESSION_COOKIE_NAME="s")

    @app.get("/")
    def view():
        session["a"] = 1
        return "x"

    name, *found = client.get("/").headers["Set-Cookie"].split("; ")
    assert name.startswith("s=")
    assert set(found) == parts


def test_no_key_no_session(app, client):
    app.secret_key = None

    @app.get("/read")
    def read():
        return str(session.get("a"))

    @app.get("/write")
    def write():
        session["a"] = 1

    response = client.get("/read")
    assert response.text == "None" and "Set-Cookie" not in response.headers
    with pytest.raises(RuntimeError, match="no secret key"):
        client.get("/write")


def test_keys_can_be_rotated(app, client):
    app.get("/set", endpoint="set")(lambda: session.update(a="kept") or "x")
    app.get("/get")(lambda: str(session.get("a")))
    client.get("/set")
    app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["test"])
    assert client.get("/get").text == "kept"
    app.config["SECRET_KEY_FALLBACKS"] = None
    assert client.get("/get").text == "None"


@pytest.mark.parametrize(
    ("touch", "vary", "cookie"),
    [
        (lambda: None, None, False),
        (lambda: session.get("a"), "Cookie", False),
        (lambda: "a" in session, "Cookie", False),
        (lambda: session.pop("a", None), "Cookie", False),
        (lambda: session.update(a=1), "Cookie", True),
    ],
)
def test_an_untouched_session_writes_nothing(app, client, touch, vary, cookie):
    app.get("/")(lambda: str(touch()))
    headers = client.get("/").headers
    assert headers.get("Vary") == vary
    assert ("Set-Cookie" in headers) is cookie


@pytest.mark.parametrize(("debug", "told"), [(True, True), (False, False)])
def test_bad_json_is_explained_in_debug_mode_only(app, client, debug, told):
    app.debug = debug
    app.config["TRAP_BAD_REQUEST_ERRORS"] = False
    app.post("/")(lambda: request.json)
    response = client.post("/", data="{", content_type="application/json")
    assert response.status_code == 400
    assert ("Failed to decode" in response.text) is told


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/problem+json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 415),
        (None, 415),
    ],
)
def test_json_has_a_type(app, client, kind, status):
    app.post("/")(lambda: request.json)
    assert client.post("/", data="[]", content_type=kind).status_code == status


def test_files_that_were_not_sent_are_explained_in_debug_mode(app, client):
    app.debug = True
    app.post("/")(lambda: request.files["photo"])
    with pytest.raises(KeyError, match="multipart/form-data"):
        client.post("/", data={"photo": "name.png"})


def test_debug_follows_the_environment(monkeypatch):
    for variables, debug in [
        ({}, False),
        ({"FLASK_DEBUG": "1"}, True),
        ({"FLASK_DEBUG": "false"}, False),
        ({"MICROWEB_DEBUG": "0", "FLASK_DEBUG": "1"}, False),
    ]:
        for name in ("MICROWEB_DEBUG", "FLASK_DEBUG"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert Microweb("x").debug is debug

"""Wrong input of every kind through the client: a 4xx or a clear ValueError, never a 500 by accident."""

from io import BytesIO, StringIO

import pytest

from microweb import make_response, redirect, request, url_for

LONG = "9" * 5000


@pytest.fixture
def app(app):
    app.testing = False  # an unexpected error becomes a 500, as in production

    @app.route("/", methods=["GET", "POST"])
    def index():
        sizes = (len(request.args), len(request.form), len(request.files), len(request.cookies))
        return f"{request.url} {url_for('index', _external=True)} {sizes}"

    app.get("/int/<int:number>", endpoint="int")(lambda number: str(number % 10))
    app.get("/float/<float:number>", endpoint="float")(lambda number: str(number))
    app.get("/path/<path:path>", endpoint="path")(lambda path: path)
    app.get("/<text>", endpoint="text")(lambda text: text)
    app.post("/json", endpoint="json")(lambda: {"type": type(request.json).__name__})
    app.get("/query", endpoint="query")(lambda: request.args.get("q", type=int) or "none")
    return app


@pytest.fixture
def ask(app):
    """Call the application with exactly these variables, as a server would."""

    def call(path="/", method="GET", body=b"", **variables):
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": StringIO(),
            **variables,
        }
        answers = []
        blocks = app(environ, lambda status, headers, exc_info=None: answers.append((status, headers)))
        text = b"".join(blocks)
        getattr(blocks, "close", bool)()
        return int(answers[0][0][:3]), text.decode()

    return call


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/\xff\xfe", 200),  # bytes that are no UTF-8, as servers pass them
        ("/int/\xff", 404),
        ("/a\x00b", 200),
        ("/%zz", 200),
        ("/a\r\nb", 200),
        ("/a/b/c", 404),
        ("/" + "a" * 1_000_000, 200),
        ("/path/" + "a/" * 100_000, 200),
        ("/" * 100_000, 200),
        ("/path/../../etc/passwd", 200),
        ("/int/" + LONG, 404),
        ("/int/" + "9" * 640, 200),
        ("/int/-1", 404),
        ("/int/+1", 404),
        ("/int/1_0", 404),
        ("/int/ 1", 404),
        ("/int/1\n", 404),
        ("/int/\u0661".encode().decode("latin-1"), 404),
        ("/float/" + "9" * 400 + ".0", 200),
        ("/float/nan", 404),
        ("/float/1e5", 404),
        ("", 308),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_paths(ask, path, status):
    assert ask(path)[0] == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("%", 200),
        ("%zz=%&%ff=%fe", 200),
        ("\xff=\xfe", 200),
        ("&&&=&=;", 200),
        ("a=%00", 200),
        ("q=" + "x" * 10_000_000, 200),
        ("a=b&" * 1_000_000, 413),
        ("&" * 10_000_000, 413),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_queries(ask, query, status):
    assert ask("/", QUERY_STRING=query)[0] == status


@pytest.mark.parametrize("value", [LONG, "-", "1.5", "%d9%a1x", "1e9", "%00"])
def test_a_query_that_is_no_number(ask, value):
    assert ask("/query", QUERY_STRING=f"q={value}") == (200, "none")


@pytest.mark.parametrize("more", [{}, {"HTTP_HOST": "localhost"}])
def test_what_may_be_absent(app, told, more):
    """PEP 3333 lets a server leave out what is empty."""
    needed = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", "wsgi.input": BytesIO()}
    environ = {**needed, **more, "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    body = b"".join(app(environ, lambda status, headers: told.append(status)))
    assert (told, body[:17]) == (["200 OK"], b"http://localhost/")


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("body", "kind", "statuses"),
    [
        (b"%ff=%fe&%zz=%", URLENCODED, {200}),
        (b"\xff=\xfe", URLENCODED, {200, 400}),
        (b"a=b&" * 1_000_000, URLENCODED, {413}),
        (b"&" * 400_000, URLENCODED, {413}),
        (b"a" * 600_000, URLENCODED, {413}),
        (b"a=b", URLENCODED + "; charset=no-such-charset", {200}),
        (b"", "multipart/form-data", {200, 400}),
        (b"x", "multipart/form-data; boundary=" + "b" * 10_000, {200, 400}),
        (b"garbage", MULTIPART, {200, 400}),
        (b"--x\r\n" * 100_000, MULTIPART, {200, 400, 413}),
        (b"--x\r\n" + b"a: b\r\n" * 100_000, MULTIPART, {200, 400, 413}),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n" * 2000 + b"--x--", MULTIPART, {413}),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--", MULTIPART, {200, 400}),
        (b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\xff\r\n--x--", MULTIPART, {200, 400}),
        (b"--x\r\nContent-Disposition: form-data; name=a; filename=../x\r\n\r\n\r\n--x--", MULTIPART, {200}),
        (b"a", "\x00", {200}),
        (b"a", ";;;=;", {200}),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_forms(ask, body, kind, statuses):
    assert ask("/", "POST", body, CONTENT_TYPE=kind)[0] in statuses


@pytest.mark.parametrize("length", ["", "-1", "abc", "1_0", "+3", LONG, "\u0663"])
def test_lengths(ask, length):
    assert ask("/", "POST", b"a=b", CONTENT_TYPE=URLENCODED, CONTENT_LENGTH=length)[0] in {200, 400, 413}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"NaN", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (LONG.encode(), 400),
        ("[]".encode("utf-16"), 400),
        (b"\xef\xbb\xbf[]", 200),
        (b'"\\ud800"', 200),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_json(ask, body, status):
    assert ask("/json", "POST", body, CONTENT_TYPE="application/json")[0] == status


@pytest.mark.parametrize(
    "host",
    ["a/b", "a b", "a@b", "a\\b", "a?b", "a#b", "[::1", "a:b", "a:99999", "<script>", "a,b", "a\x00", "%61"],
)
def test_hosts(ask, host):
    status, text = ask("/", HTTP_HOST=host)
    assert status == 400
    assert "<script>" not in text


ATTRIBUTES = """
accept_mimetypes accept_languages accept_charsets accept_encodings authorization cache_control date if_match
if_modified_since if_none_match if_range if_unmodified_since max_forwards range referrer user_agent
access_route content_md5 pragma cookies origin mimetype_params is_json
"""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COOKIE", "=;=;\xff=\xfe; session=\x00; a=b" * 1000),
        ("COOKIE", "session=" + "." * 100_000),
        ("COOKIE", 'session="'),
        ("RANGE", "bytes=" + "0-," * 100_000),
        ("IF_NONE_MATCH", '"' * 100_000),
        ("IF_MODIFIED_SINCE", LONG),
        ("ACCEPT", "a/b;q=" * 10_000),
        ("ACCEPT_LANGUAGE", "-" * 100_000),
        ("AUTHORIZATION", "Basic !!!!"),
        ("AUTHORIZATION", "Digest " + "a=" * 10_000),
        ("X_FORWARDED_FOR", "," * 10_000),
        ("USER_AGENT", "\x00\r\n"),
        ("CONTENT_ENCODING", "\xff"),
        ("TRANSFER_ENCODING", "no-such"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_headers(ask, app, name, value):
    @app.before_request
    def read_all():
        for attribute in ATTRIBUTES.split():
            getattr(request, attribute)
        return str(request.authorization)

    assert ask("/", **{f"HTTP_{name}": value})[0] == 200


@pytest.mark.parametrize(
    "value", ["a\rb", "a\nb", "a\r\nSet-Cookie: b", "a\x00b", "a\x1bb", "a\x7fb", "\x00"]
)
@pytest.mark.parametrize(
    "use",
    [
        lambda value: ("x", {"X-Value": value}),
        lambda value: ("x", [("X-Value", value)]),
        lambda value: ("x", 200, {value: "x"}),
        lambda value: ("x", {"Content-Type": value}),
        lambda value: redirect(value),
        lambda value: make_response("x").set_cookie("name", value),
        lambda value: make_response("x").set_cookie("name", "x", path=value),
        lambda value: make_response("x").headers.add("X-Value", "x", option=value),
        lambda value: make_response("x").headers.setdefault("X-Value", value),
        lambda value: ("x", f"200 {value}b"),
    ],
    ids=["dict", "list", "name", "type", "redirect", "cookie", "path", "option", "setdefault", "status"],
)
def test_header_values_that_a_view_sets(app, client, use, value):
    """CVE-2016-9964, CVE-2020-7695: a value must not end the line, or be cut."""
    app.testing = True
    app.get("/set/it", endpoint="set")(lambda: use(value))
    with pytest.raises(ValueError, match="control|newline|printable|no header name|cannot be an attribute"):
        client.get("/set/it")


@pytest.mark.parametrize("method", ["", "G\u0130T", "GET " * 1000, "get", "\x00", "../..", "PRI"])
def test_methods(ask, method):
    status, text = ask("/", method)
    assert status in {200, 400, 405}


def test_an_environ_that_no_server_makes():
    """PEP 3333 promises Latin-1. What is not becomes a question mark, and not an error of ours."""
    from microweb import Microweb, request

    app = Microweb("odd")
    app.add_url_rule("/<path:path>", "view", lambda path: f"{path} {request.query_string.decode()}")
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/\u20ac",
        "QUERY_STRING": "\u20ac",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
    }
    assert b"".join(app(environ, lambda *args: None)) == b"? ?"
    assert b"".join(app(environ, lambda *args: None)) == b"? ?"

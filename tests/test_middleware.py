"""Middleware around small WSGI applications."""

import io
import zipfile

import pytest

from microweb.http.request import Request
from microweb.http.response import Response
from microweb.middleware import (
    DispatcherMiddleware,
    HTTPMethodOverrideMiddleware,
    ProxyFix,
    SharedDataMiddleware,
)
from microweb.testing import Client


@Request.application
def show(request):
    environ = request.environ
    keys = (
        "REMOTE_ADDR",
        "wsgi.url_scheme",
        "HTTP_HOST",
        "SERVER_NAME",
        "SERVER_PORT",
        "SCRIPT_NAME",
        "PATH_INFO",
    )
    return Response("|".join(str(environ.get(key, "-")) for key in keys))


FORWARDED = {
    "X-Forwarded-For": "evil, 10.0.0.1, 10.0.0.2",
    "X-Forwarded-Proto": "gopher, https",
    "X-Forwarded-Host": "evil, good:8443",
    "X-Forwarded-Port": "1, 444",
    "X-Forwarded-Prefix": "/evil, /app",
}


@pytest.mark.parametrize(
    ("trust", "headers", "expected"),
    [
        ({}, {}, "9.9.9.9|http|h:80|h|80||/"),
        ({}, FORWARDED, "10.0.0.2|https|h:80|h|80||/"),
        ({"x_for": 2, "x_proto": 0}, FORWARDED, "10.0.0.1|http|h:80|h|80||/"),
        ({"x_for": 0, "x_proto": 0}, FORWARDED, "9.9.9.9|http|h:80|h|80||/"),
        ({"x_for": 4}, FORWARDED, "9.9.9.9|https|h:80|h|80||/"),
        ({"x_host": 1}, FORWARDED, "10.0.0.2|https|good:8443|good|8443||/"),
        ({"x_port": 1}, FORWARDED, "10.0.0.2|https|h:444|h|444||/"),
        ({"x_host": 1, "x_port": 1}, FORWARDED, "10.0.0.2|https|good:444|good|444||/"),
        ({"x_prefix": 1}, FORWARDED, "10.0.0.2|https|h:80|h|80|/app|/"),
        ({"x_host": 1}, {"X-Forwarded-Host": "[::1]"}, "9.9.9.9|http|[::1]|[::1]|80||/"),
        ({"x_host": 1}, {"X-Forwarded-Host": "[::1]:81"}, "9.9.9.9|http|[::1]:81|[::1]|81||/"),
        ({"x_for": 2}, {"X-Forwarded-For": ", 1.1.1.1"}, "9.9.9.9|http|h:80|h|80||/"),
        # B50: what a client says through a proxy that does not set it begins no link to another site.
        ({}, {"X-Forwarded-Proto": "javascript"}, "9.9.9.9|http|h:80|h|80||/"),
        ({}, {"X-Forwarded-Proto": "HTTPS"}, "9.9.9.9|https|h:80|h|80||/"),
        ({"x_prefix": 1}, {"X-Forwarded-Prefix": "//evil"}, "9.9.9.9|http|h:80|h|80|/evil|/"),
        ({"x_prefix": 1}, {"X-Forwarded-Prefix": "/\t/evil"}, "9.9.9.9|http|h:80|h|80|/evil|/"),
        ({"x_prefix": 1}, {"X-Forwarded-Prefix": "@evil"}, "9.9.9.9|http|h:80|h|80|/@evil|/"),
    ],
)
def test_proxy_fix(trust, headers, expected):
    client = Client(ProxyFix(show, **trust))
    response = client.get("/", "http://h:80", headers=headers, environ_base={"REMOTE_ADDR": "9.9.9.9"})
    assert response.text == expected


def test_proxy_fix_keeps_what_it_replaced():
    @Request.application
    def app(request):
        return Response(str(request.environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"]))

    base = {"REMOTE_ADDR": "9.9.9.9", "HTTP_X_FORWARDED_FOR": "1.1.1.1"}
    assert Client(ProxyFix(app)).get("/", environ_base=base).text == "9.9.9.9"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "site:||/"),
        ("/apix", "site:||/apix"),
        ("/api", "api:|/root/api|"),
        ("/api/", "api:|/root/api|/"),
        ("/api/a/b", "api:|/root/api|/a/b"),
        ("/api/v2/x", "v2:|/root/api/v2|/x"),
    ],
)
def test_dispatcher(path, expected):
    def named(name):
        @Request.application
        def app(request):
            return Response(f"{name}:|{request.environ['SCRIPT_NAME']}|{request.environ['PATH_INFO']}")

        return app

    app = DispatcherMiddleware(named("site"), {"/api": named("api"), "/api/v2": named("v2")})
    expected = expected.replace("site:|", "site:|/root")
    assert Client(app).get(path, "http://localhost/root").text == expected


@pytest.fixture
def files(tmp_path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "ä.txt").write_text("umlaut")
    (tmp_path / "dir" / "x.unknown").write_text("?")
    (tmp_path / "secret.key").write_text("secret")
    (tmp_path / "one.css").write_text("css")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/dir/ä.txt", "umlaut", "text/plain; charset=utf-8"),
        ("/dir/x.unknown", "?", "application/octet-stream"),
        ("/one", "css", "text/css; charset=utf-8"),
        ("/dir", "app", None),
        ("/dir/", "app", None),
        ("/dir/missing", "app", None),
        ("/dir/../secret.key", "app", None),
        ("/dir/%2e%2e/secret.key", "app", None),
        ("/dir//etc/passwd", "app", None),
        ("/dir/a%00", "app", None),
        ("/dirx", "app", None),
    ],
)
def test_shared_data(files, path, body, content_type):
    exports = {"/dir": str(files / "dir"), "/one": str(files / "one.css")}
    app = SharedDataMiddleware(Response("app"), exports)
    with Client(app).get(path) as response:
        assert response.text == body
        if content_type:
            assert response.content_type == content_type
            assert response.headers["Content-Length"] == str(len(body))


def test_shared_data_caches(files):
    client = Client(SharedDataMiddleware(Response("app"), [("/", str(files))], cache_timeout=7))
    with client.get("/one.css") as first:
        assert first.headers["Cache-Control"] == "max-age=7, public"
        etag = first.headers["ETag"]
    again = client.get("/one.css", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    client = Client(SharedDataMiddleware(Response("app"), {"/": str(files)}, cache=False))
    with client.get("/one.css", headers={"If-None-Match": etag}) as plain:
        assert plain.status_code == 200
        assert plain.headers["Cache-Control"] == "public"
        assert "ETag" not in plain.headers


def test_shared_data_disallow_and_subclass(files):
    app = SharedDataMiddleware(Response("app"), {"/": str(files)}, disallow="*.key")
    assert Client(app).get("/secret.key").text == "app"

    class Nothing(SharedDataMiddleware):
        def is_allowed(self, filename):
            return False

    assert Client(Nothing(Response("app"), {"/": str(files)})).get("/one.css").text == "app"


def test_shared_data_from_packages(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "")
        archive.writestr("zipped/static/a.txt", "zipped")
    (tmp_path / "plain" / "static").mkdir(parents=True)
    (tmp_path / "plain" / "__init__.py").write_text("")
    (tmp_path / "plain" / "static" / "a.txt").write_text("plain")
    for place in (tmp_path / "lib.zip", tmp_path):
        monkeypatch.syspath_prepend(str(place))
    for package in ("zipped", "plain"):
        client = Client(SharedDataMiddleware(Response("app"), {"/p": (package, "static")}))
        with client.get("/p/a.txt") as response:
            assert response.text == package
            assert "Last-Modified" in response.headers
        for path in ("/p", "/p/", "/p/missing", "/p/../__init__.py"):
            assert client.get(path).text == "app"
        # Nothing is opened for nothing: an open file that is dropped would be an error here.
        client.application.is_allowed = lambda filename: False
        assert client.get("/p/a.txt").text == "app"


def test_shared_data_mistakes():
    with pytest.raises(TypeError, match="wanted a path"):
        SharedDataMiddleware(None, {"/": io.BytesIO()})
    with pytest.raises(ModuleNotFoundError, match="nothere"):
        SharedDataMiddleware(None, {"/": ("nothere", "x")})


# Method overrides


@Request.application
def show_method(request):
    return Response(f"{request.method} {request.content_length} {request.get_data(as_text=True)}")


@pytest.mark.parametrize(
    ("method", "header", "query", "expected"),
    [
        ("POST", None, "", "POST 4 body"),
        ("POST", "PUT", "", "PUT 4 body"),
        ("POST", "patch", "", "PATCH 4 body"),
        ("POST", "DELETE", "", "DELETE 0 "),
        ("POST", "OPTIONS", "", "OPTIONS 0 "),
        ("POST", "TRACE", "", "POST 4 body"),
        ("POST", "", "_method=PUT", "PUT 4 body"),
        ("POST", None, "a=1&_method=delete", "DELETE 0 "),
        ("POST", "PATCH", "_method=DELETE", "PATCH 4 body"),
        # What is no POST is what it is: caches and browsers have acted upon it.
        ("GET", "DELETE", "_method=DELETE", "GET 4 body"),
        ("PUT", "DELETE", "", "PUT 4 body"),
    ],
)
def test_method_override(method, header, query, expected):
    headers = {} if header is None else {"X-HTTP-Method-Override": header}
    client = Client(HTTPMethodOverrideMiddleware(show_method, parameter="_method"))
    response = client.open("/", method=method, query_string=query, headers=headers, data=b"body")
    assert response.text == expected


def test_method_override_by_the_query_is_off():
    client = Client(HTTPMethodOverrideMiddleware(show_method))
    assert client.post("/?_method=DELETE", data=b"body").text == "POST 4 body"


def test_method_override_of_a_chunked_body():
    """What frames the body is gone as well: an application cannot read one that DELETE has not."""
    client = Client(HTTPMethodOverrideMiddleware(show_method))
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    headers = {"X-HTTP-Method-Override": "DELETE"}
    response = client.post("/", headers=headers, data=b"body", environ_overrides=chunked)
    assert response.text == "DELETE 0 "


def test_method_override_with_other_methods():
    class Narrow(HTTPMethodOverrideMiddleware):
        allowed_methods = frozenset(["PATCH"])

    client = Client(Narrow(show_method))
    for method, expected in (("PATCH", "PATCH"), ("PUT", "POST")):
        response = client.post("/", headers={"X-HTTP-Method-Override": method})
        assert response.text.split()[0] == expected

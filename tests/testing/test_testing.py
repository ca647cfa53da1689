"""The builder and the client of any WSGI application."""

import json
import sys
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.auth import Authorization
from microweb.http.datastructures import MultiDict
from microweb.http.headers import Headers
from microweb.http.request import Request
from microweb.http.response import Response
from microweb.http.uploads import FileStorage
from microweb.testing import (
    Client,
    ClientRedirectError,
    Cookie,
    EnvironBuilder,
    TestResponse,
    create_environ,
    encode_multipart,
    run_wsgi_app,
    stream_encode_multipart,
)

TEXT = [("Content-Type", "text/plain")]


def assert_environ(expected, *args, **kwargs):
    environ = create_environ(*args, **kwargs)
    assert {key: environ.get(key) for key in expected} == expected


# The builder


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, {"PATH_INFO": "/", "HTTP_HOST": "localhost", "SERVER_PORT": "80", "QUERY_STRING": ""}),
        (("/a?b=c",), {}, {"PATH_INFO": "/a", "QUERY_STRING": "b=c", "REQUEST_URI": "/a?b=c"}),
        (("/a", "https://b:81/c/"), {}, {"SCRIPT_NAME": "/c", "SERVER_NAME": "b", "SERVER_PORT": "81"}),
        (("/a", "https://b/"), {}, {"SERVER_PORT": "443", "wsgi.url_scheme": "https", "SCRIPT_NAME": ""}),
        (("/%40/ü",), {}, {"PATH_INFO": "/@/\xc3\xbc"}),
        ((), {"query_string": {"a": ["1", "2"], "b": "x y"}}, {"QUERY_STRING": "a=1&a=2&b=x+y"}),
        ((), {"query_string": "a=b"}, {"QUERY_STRING": "a=b"}),
        ((), {"method": "PUT", "multithread": True}, {"REQUEST_METHOD": "PUT", "wsgi.multithread": True}),
        ((), {"headers": {"X-A": "b", "Content-Type": "c/d"}}, {"HTTP_X_A": "b", "CONTENT_TYPE": "c/d"}),
        ((), {"headers": [("A", "b"), ("a", "c")]}, {"HTTP_A": "b, c"}),
        ((), {"headers": {"A": "€"}}, {"HTTP_A": "\xe2\x82\xac"}),
        ((), {"auth": ("u", "p")}, {"HTTP_AUTHORIZATION": "Basic dTpw"}),
        ((), {"data": b"ab"}, {"CONTENT_LENGTH": "2", "CONTENT_TYPE": None}),
        ((), {"data": b"ab", "mimetype": "text/css"}, {"CONTENT_TYPE": "text/css; charset=utf-8"}),
        ((), {"data": {"a": "1"}}, {"CONTENT_TYPE": "application/x-www-form-urlencoded"}),
        ((), {"json": [1]}, {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "3"}),
        ((), {"json": [1], "content_type": "a/b"}, {"CONTENT_TYPE": "a/b"}),
        ((), {"environ_base": {"X": 1, "PATH_INFO": "no"}}, {"X": 1, "PATH_INFO": "/"}),
        ((), {"environ_overrides": {"PATH_INFO": "yes"}}, {"PATH_INFO": "yes"}),
        ((), {}, {"wsgi.errors": sys.stderr, "wsgi.run_once": False, "CONTENT_LENGTH": None}),
    ],
)
def test_create_environ(args, kwargs, expected):
    assert_environ(expected, *args, **kwargs)


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({"path": "/?a", "query_string": "b"}, ValueError),
        ({"base_url": "http://a/?b"}, ValueError),
        ({"json": 1, "data": "x"}, TypeError),
        ({"input_stream": BytesIO(), "data": "x"}, TypeError),
    ],
)
def test_contradictions(kwargs, error):
    with pytest.raises(error):
        EnvironBuilder(**kwargs)


def test_parts_and_wholes_exclude_each_other():
    builder = EnvironBuilder(data=b"x", query_string="a=b")
    for name in ("form", "files", "args"):
        with pytest.raises(AttributeError):
            getattr(builder, name)
    builder.form = MultiDict({"a": "b"})
    assert builder.input_stream is None
    assert builder.get_request().form["a"] == "b"
    builder.args = MultiDict({"c": "d"})
    assert builder.query_string == "c=d"
    builder.input_stream = BytesIO(b"y")
    assert builder.get_request().get_data() == b"y"
    builder.query_string = "e"
    assert builder.get_environ()["QUERY_STRING"] == "e"
    # What a whole has replaced does not come back when the whole is taken away.
    builder.query_string = builder.input_stream = None
    assert (builder.query_string, list(builder.form)) == ("", [])


def test_content_type_follows_the_parts():
    builder = EnvironBuilder()
    assert builder.content_type is None
    builder.form["a"] = "b"
    assert builder.content_type == "application/x-www-form-urlencoded"
    builder.files.add_file("f", BytesIO(b"x"), "x.txt")
    assert builder.content_type == "multipart/form-data"
    builder.content_type = "text/plain; charset=x"
    assert builder.mimetype == "text/plain"
    builder.mimetype_params["charset"] = "y"
    assert builder.content_type == "text/plain; charset=y"
    builder.content_type = None
    assert "Content-Type" not in builder.headers


def test_urls():
    builder = EnvironBuilder("/p", "http://a:8080/root")
    assert (builder.base_url, builder.server_name, builder.server_port) == ("http://a:8080/root/", "a", 8080)
    builder.host, builder.url_scheme, builder.script_root = "b", "https", ""
    assert (builder.base_url, builder.server_port) == ("https://b/", 443)
    assert EnvironBuilder("/ö", "http://☃.net").base_url == "http://xn--n3h.net/"


def test_files_of_every_kind(tmp_path):
    path = tmp_path / "d.txt"
    path.write_text("D")
    storage = FileStorage(BytesIO(b"E"), "e.bin", headers=Headers([("X-Y", "z")]))
    builder = EnvironBuilder(
        method="POST",
        data={
            "a": BytesIO(b"A"),
            "b": (BytesIO(b"B"), "b.txt"),
            "c": [(BytesIO(b"C"), "c.x", "x/y"), (BytesIO(b"CC"), "c.css")],
            "d": (str(path),),
            "e": storage,
            "t": ["1", "2"],
            "n": 3,
        },
    )
    with builder.get_request() as request:
        builder.close()
        assert request.form.to_dict(flat=False) == {"a": ["A"], "t": ["1", "2"], "n": ["3"]}
        got = {
            (key, file.filename, file.mimetype, file.read()) for key, file in request.files.items(multi=True)
        }
    assert got >= {
        ("b", "b.txt", "text/plain", b"B"),
        ("c", "c.x", "x/y", b"C"),
        ("c", "c.css", "text/css", b"CC"),
        ("e", "e.bin", "application/octet-stream", b"E"),
    }
    assert path.read_text() == "D"


@pytest.mark.parametrize("data", ["text", b"text", BytesIO(b"text")])
def test_raw_bodies(data):
    with EnvironBuilder(data=data).get_request() as request:
        assert request.get_data() == b"text"


def test_from_environ_is_the_inverse():
    environ = create_environ(
        "/ü",
        "https://a.b/root",
        query_string={"q": "ö"},
        method="POST",
        data={"a": "ä"},
        headers={"X-A": "b", "X-B": "€"},
    )
    assert EnvironBuilder.from_environ(environ).get_environ() == {
        **environ,
        "wsgi.input": environ["wsgi.input"],
    }
    assert EnvironBuilder.from_environ(environ, path="/c").path == "/c"


@pytest.mark.parametrize("path", ["/100%2541", "/a%0Ab", "/a%3Fb", "/a%23b", "/a%00"])
def test_from_environ_does_not_unquote_twice(path):
    environ = create_environ(path)
    assert EnvironBuilder.from_environ(environ).get_environ()["PATH_INFO"] == environ["PATH_INFO"]


def test_get_request_and_auth_objects():
    class MyRequest(Request):
        pass

    auth = Authorization("digest", {"username": "u"})
    request = EnvironBuilder(auth=auth).get_request(MyRequest)
    assert type(request) is MyRequest
    assert request.headers["Authorization"].startswith("Digest ")


def test_close_closes_all_files():
    class Failing(BytesIO):
        def close(self):
            super().close()
            raise OSError

    files = [Failing(b"1"), BytesIO(b"2"), BytesIO(b"3")]
    builder = EnvironBuilder(data={"a": [(files[0], "x"), (files[1], "y")], "b": (files[2], "z")})
    builder.close()
    builder.close()
    assert all(file.closed for file in files)


# Multipart


@given(
    st.dictionaries(st.text("abc", min_size=1), st.text(st.characters(exclude_categories=["Cs"]))),
    st.binary(max_size=300),
)
def test_multipart_round_trip(fields, content):
    data = {**fields, "upload": (BytesIO(content), "n.bin")}
    with EnvironBuilder(method="POST", data=data).get_request() as request:
        assert request.form.to_dict() == fields
        assert request.files["upload"].read() == content


def test_multipart_streams():
    assert encode_multipart({"a": "b"}, "X") == (
        "X",
        b'\r\n--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--X--\r\n',
    )
    small, length, _ = stream_encode_multipart({"a": "b"}, boundary="X")
    assert isinstance(small, BytesIO) and len(small.read()) == length
    big, length, _ = stream_encode_multipart({"a": "b" * 300}, threshold=100)
    with big:
        assert not isinstance(big, BytesIO) and len(big.read()) == length
    in_memory, *_ = stream_encode_multipart({"a": "b" * 300}, use_tempfile=False, threshold=100)
    assert isinstance(in_memory, BytesIO)


# The call


class Closing:
    def __init__(self, *blocks):
        self.blocks, self.closed = iter(blocks), 0

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        self.closed += 1


def late(environ, start_response):
    yield b"a"
    start_response("200 OK", TEXT)
    yield b"b"


def writing(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"a")
    return [b"b"]


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("app", [late, writing])
@pytest.mark.no_validator
def test_run_wsgi_app(app, buffered):
    body, status, headers = run_wsgi_app(app, {}, buffered)
    assert (b"".join(body), status, list(headers)) == (b"ab", "200 OK", TEXT)
    assert isinstance(body, list) is buffered


@pytest.mark.no_validator
def test_run_wsgi_app_closes():
    results = []

    def app(environ, start_response):
        start_response("200 OK", TEXT)
        results.append(Closing(b"a", b"b"))
        return results[-1]

    body, *_ = run_wsgi_app(app, {})
    assert next(results[0]) == b"b"  # no more was taken than needed
    body.close()
    run_wsgi_app(app, {}, buffered=True)
    assert [result.closed for result in results] == [1, 1]


@pytest.mark.no_validator
def test_run_wsgi_app_raises_exc_info_and_copies_environ():
    def app(environ, start_response):
        environ["changed"] = True
        try:
            raise KeyError("x")
        except KeyError:
            start_response("500 No", TEXT, sys.exc_info())

    environ = {}
    with pytest.raises(KeyError):
        run_wsgi_app(app, environ)
    assert environ == {}


@pytest.mark.no_validator
def test_an_application_that_never_starts_is_told():
    with pytest.raises(RuntimeError, match="start_response"):
        run_wsgi_app(lambda environ, start_response: [], {})


# The client


@Request.application
def echo(request):
    return Response(f"{request.method} {request.url} {request.cookies.to_dict()} {request.get_data()!r}")


def test_every_form_of_open():
    client = Client(echo)
    expected = "POST http://localhost/a?b=c {} b'x'"

    def builder():
        return EnvironBuilder("/a?b=c", method="POST", data="x")

    for response in (
        client.open("/a?b=c", method="POST", data="x"),
        client.post("/a", query_string={"b": "c"}, data="x"),
        client.open(builder()),
        client.open(builder().get_environ()),
        client.open(builder().get_request()),
    ):
        assert response.text == expected
        assert response.request.path == "/a"


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch", "options", "trace"])
def test_methods(method):
    assert getattr(Client(echo), method)("/").text.startswith(f"{method.upper()} http://localhost/ ")


def test_head_and_json():
    @Request.application
    def app(request):
        return Response(json.dumps({"got": request.json}), mimetype="application/json")

    client = Client(app)
    assert client.post("/", json=[1]).json == {"got": [1]}
    assert Client(echo).head("/").data == b""


@pytest.mark.parametrize(
    ("cookie", "url", "sent"),
    [
        ({}, "http://localhost/", True),
        ({}, "http://localhost/deep/path", True),
        ({}, "http://example.org/", False),
        ({"domain": "a.b"}, "http://a.b/", True),
        ({"domain": "a.b"}, "http://x.a.b/", False),
        ({"domain": "a.b", "origin_only": False}, "http://x.a.b/", True),
        ({"domain": "a.b", "origin_only": False}, "http://xa.b/", False),
        ({"path": "/x"}, "http://localhost/x", True),
        ({"path": "/x"}, "http://localhost/x/y", True),
        ({"path": "/x"}, "http://localhost/xy", False),
        ({"path": "/x/"}, "http://localhost/x/y", True),
        ({"path": "/x"}, "http://localhost/", False),
    ],
)
def test_which_cookies_are_sent(cookie, url, sent):
    scheme, _, host, path = url.split("/", 3)
    base_url, path = f"{scheme}//{host}", f"/{path}"
    client = Client(echo)
    client.set_cookie("k", "v", **cookie)
    assert ("{'k': 'v'}" in client.get(path, base_url).text) is sent


def test_jar():
    client = Client(echo)
    client.set_cookie("k", "a b;c", httponly=True, samesite="Lax", max_age=5)
    cookie = client.get_cookie("k")
    assert isinstance(cookie, Cookie)
    assert (cookie.decoded_value, cookie.http_only, cookie.same_site, cookie.max_age) == (
        *("a b;c", True, "Lax"),
        5,
    )
    assert "'k': 'a b;c'" in client.get("/").text
    client.delete_cookie("k")
    assert client.get_cookie("k") is None
    client.set_cookie("k", "v")
    client.set_cookie("k", "", max_age=0)
    assert client.get_cookie("k") is None


def test_cookies_come_from_responses():
    @Request.application
    def app(request):
        response = Response(str(request.cookies.to_dict()))
        if request.path == "/out":
            response.delete_cookie("a")
        elif request.path == "/in/here":
            response.set_cookie("a", "1")
            response.set_cookie("b", "2", path=None)
        return response

    client = Client(app)
    client.get("/in/here")
    assert client.get_cookie("b", path="/in") is not None
    assert client.get("/").text == "{'a': '1'}"
    client.get("/out")
    assert client.get("/").text == "{}"


def test_no_cookies():
    client = Client(echo, use_cookies=False)
    for call in (client.get_cookie, client.set_cookie, client.delete_cookie):
        with pytest.raises(TypeError, match="disabled"):
            call("k")
    assert "{}" in client.get("/").text


def redirecting(location, code=302):
    @Request.application
    def app(request):
        if request.path == "/done":
            return Response(f"{request.method} {request.script_root} {request.get_data()!r}")
        # What was read here comes again, as from a browser.
        request.get_data()
        return Response(status=code, headers={"Location": location})

    return app


@pytest.mark.parametrize(
    ("code", "method", "result"),
    [
        (301, "POST", "GET  b''"),
        (302, "POST", "GET  b''"),
        (303, "PUT", "GET  b''"),
        (307, "POST", "POST  b'x'"),
        (308, "PUT", "PUT  b'x'"),
    ],
)
def test_redirects_keep_what_they_should(code, method, result):
    client = Client(redirecting("/done", code))
    response = client.open("/", method=method, data="x", follow_redirects=True)
    assert response.text == result
    assert [each.status_code for each in response.history] == [code]
    assert response.history[0].request.path == "/"
    assert client.open("/", method=method, data="x").status_code == code


def test_a_stream_is_repeated_from_where_it_stood():
    stream = BytesIO(b"not sent: x")
    stream.seek(10)
    response = Client(redirecting("/done", 307)).post("/", input_stream=stream, follow_redirects=True)
    assert response.text == "POST  b'x'"


@pytest.mark.parametrize(
    ("location", "root"),
    [
        ("http://localhost/root/done", "/root"),
        ("/root/done", "/root"),
        ("/done", ""),
        ("http://localhost/done", ""),
    ],
)
def test_redirects_and_the_script_root(location, root):
    response = Client(redirecting(location)).get("/", "http://localhost/root", follow_redirects=True)
    assert response.text == f"GET {root} b''"


@pytest.mark.parametrize(
    ("location", "options", "message"),
    [
        ("http://example.com/done", {}, "external"),
        ("http://a.localhost/done", {}, "subdomain"),
        ("http://alocalhost/done", {"allow_subdomain_redirects": True}, "external"),
        ("http://localhost.evil/done", {"allow_subdomain_redirects": True}, "external"),
    ],
)
def test_redirects_to_other_hosts(location, options, message):
    with pytest.raises(RuntimeError, match=message):
        Client(redirecting(location), **options).get("/", follow_redirects=True)


def test_redirects_to_subdomains_and_in_circles():
    client = Client(redirecting("http://a.localhost/done"), allow_subdomain_redirects=True)
    assert client.get("/", follow_redirects=True).status_code == 200
    with pytest.raises(ClientRedirectError, match="Loop"):
        Client(redirecting("/")).get("/", follow_redirects=True)


def test_response_classes():
    class Mine(Response):
        pass

    class MineForTests(TestResponse):
        pass

    assert type(Client(echo).get("/")) is TestResponse
    assert type(Client(echo, Response).get("/")) is TestResponse
    assert issubclass(type(Client(echo, Mine).get("/")), (Mine, TestResponse))
    assert type(Client(echo, MineForTests).get("/")) is MineForTests
    assert repr(Client("app")) == "<Client 'app'>"


def setting(*lines):
    return Response("", headers=[("Set-Cookie", line) for line in lines])


@pytest.mark.parametrize("line", ["", "=x", "; Path=/", "a=b; Max-Age=-1", "a=b; max-age=0"])
def test_cookies_that_set_nothing(line):
    client = Client(setting("kept=1", line))
    client.get("/")
    assert [cookie.key for cookie in client._cookies.values()] == ["kept"]


@pytest.mark.parametrize("age", ["", "x", "+5", "1_0", "\u00b2", "9" * 5000])
def test_an_age_that_is_none(age):
    client = Client(setting(f"a=b; Max-Age={age}"))
    client.get("/")
    assert client.get_cookie("a").max_age is None


def test_domains_know_no_case():
    client = Client(setting("a=b; Domain=.Example.ORG", "c=d; Domain="))
    client.get("/", "http://example.org")
    sent = client._cookies[".example.org", "/", "a"], client._cookies["example.org", "/", "c"]
    assert [cookie.matches("www.example.org", "/") for cookie in sent] == [True, False]

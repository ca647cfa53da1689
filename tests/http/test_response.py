"""The response: the plain way and the exact way say the same, and nothing that could break a head."""

from __future__ import annotations

import io
import pickle
from datetime import datetime, timedelta, timezone
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.exceptions import RequestedRangeNotSatisfiable
from microweb.http.auth import WWWAuthenticate
from microweb.http.headers import Headers
from microweb.http.properties import get_content_type
from microweb.http.response import BODILESS, Response
from microweb.http.wsgi import FileWrapper

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def send(response, method="GET", **environ):
    """What goes to the client: `(status, headers, body)`, closed as a server does."""
    started = []
    environ = {"REQUEST_METHOD": method, "wsgi.url_scheme": "http", "HTTP_HOST": "example.org", **environ}
    iterable = response(environ, lambda status, headers: started.append((status, headers)))
    body = b"".join(iterable)
    if hasattr(iterable, "close"):
        iterable.close()
    return (*started[0], body)


def headers_of(response, **environ):
    return dict(send(response, **environ)[1])


# The plain way


def test_a_plain_response_stores_its_body_and_nothing_else():
    assert Response("text").__dict__ == {"response": [b"text"]}
    assert send(Response("ä")) == (
        "200 OK",
        [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")],
        "ä".encode(),
    )


def test_the_body_is_handed_on_as_it_is():
    response = Response(b"x")
    assert response({"REQUEST_METHOD": "GET"}, lambda *args: None) is response.response


variants = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([200, 404, "418 Tea", 204, 304, 100, HTTPStatus.CREATED]),
        "mimetype": st.sampled_from(["text/html", "application/json", "image/png"]),
        "content_type": st.just("text/x"),
        "headers": st.sampled_from([{}, {"X-A": "b"}, {"Content-Type": "text/y"}]),
    },
)
bodies = st.sampled_from([None, "", "ä", b"x", bytearray(b"y"), [b"a", b"b"], ["a", b"b"], [], ("t",)])


@given(bodies, variants, st.sampled_from(["GET", "HEAD", "POST"]))
def test_both_ways_say_the_same(body, arguments, method):
    plain, exact = Response(body, **arguments), Response(body, **arguments)
    _ = exact.headers
    status, headers, sent = send(plain, method)
    assert (status, dict(headers), sent) == (lambda a, b, c: (a, dict(b), c))(*send(exact, method))
    encoded = b"".join(plain.iter_encoded())
    if plain.status_code in BODILESS:
        assert sent == b""
        assert "Content-Length" not in dict(headers)
    else:
        assert sent == (b"" if method == "HEAD" else encoded)
        assert dict(headers)["Content-Length"] == str(len(encoded))


OVERRIDES = {
    "get_wsgi_headers": lambda self, environ: Headers([("X-Own", "1")]),
    "get_app_iter": lambda self, environ: [b"own"],
    "get_wsgi_response": lambda self, environ: ([b"own"], "299 Own", []),
    "iter_encoded": lambda self: iter([b"own"]),
    "status": property(lambda self: "299 Own"),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_overridden_steps_are_taken(name):
    status, headers, body = send(type("Own", (Response,), {name: OVERRIDES[name]})("text"))
    assert "Own" in status or ("X-Own", "1") in headers or body == b"own"


def test_overridden_close_is_called():
    closed = []

    class Own(Response):
        def close(self):
            closed.append(1)
            super().close()

    send(Own("text"))
    assert closed == [1]


def test_defaults_of_subclasses():
    class Own(Response):
        default_mimetype = "text/html"
        default_status = 201

    assert send(Own("x"))[:2] == (
        "201 CREATED",
        [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "1")],
    )

    class Bare(Response):
        default_mimetype = None

    assert headers_of(Bare("x")) == {"Content-Length": "1"}

    class Empty(Response):
        default_status = 204

    assert send(Empty("x"))[2] == b""
    # Computed once: who changes the class afterwards says so. An application does, before it serves.
    Own.default_mimetype = "text/css"
    Own.settle()
    assert headers_of(Own("x"))["Content-Type"] == "text/css; charset=utf-8"


# Status


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        (200, "200 OK", 200),
        (404, "404 NOT FOUND", 404),
        (HTTPStatus.NOT_FOUND, "404 NOT FOUND", 404),
        (599, "599 UNKNOWN", 599),
        ("404", "404 NOT FOUND", 404),
        ("200 TEA POT", "200 TEA POT", 200),
        (" 200 OK ", "200 OK", 200),
        ("wtf", "0 wtf", 0),
    ],
)
def test_status(given, status, code):
    response = Response(status=given)
    assert (response.status, response.status_code) == (status, code)
    response = Response()
    response.status = given
    assert (response.status, response.status_code) == (status, code)


def test_an_empty_status():
    with pytest.raises(ValueError, match="Empty status argument"):
        Response(status="")


# CVE-2026-0865, CVE-2025-67724
@pytest.mark.parametrize("reason", ["OK\r\nX: y", "OK\nX: y", "a\x00b", "\x7f", "é", "x" * 129, "9" * 5000])
def test_b137_b138_reasons(reason):
    with pytest.raises(ValueError, match="status"):
        Response(status=f"200 {reason}")


# Headers


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nb", "a\rb", "a\x00b", "a\x7f"])
def test_b136_b139_values_that_would_break_the_head(value):
    response = Response()
    for attempt in (
        lambda: response.headers.__setitem__("X-A", value),
        lambda: response.headers.add("X-A", value),
        lambda: Response(headers={"X-A": value}),
        lambda: Response(headers=[("X-A", value)]),
        lambda: Response("x", content_type=value),
        lambda: Response("x", mimetype=value),
        lambda: setattr(response, "content_type", value),
        lambda: setattr(response, "content_encoding", value),
    ):
        with pytest.raises(ValueError):
            attempt()


def test_a_head_that_cannot_be_sent_is_not_begun():
    """No server sends it: some fail in the middle of the head."""
    body = io.BytesIO(b"x")
    response = Response(body, headers={"X-Name": "\u20ac"})
    with pytest.raises(ValueError, match="'X-Name' must be Latin-1"):
        send(response)
    with pytest.raises(ValueError, match="'Content-Type' must be Latin-1"):
        Response("x", mimetype="text/\u20ac")


def test_b136_redirects():
    response = Response()
    with pytest.raises(ValueError):
        response.location = "233\r\nSet-Cookie: name=salt"


def test_given_headers_are_kept_not_copied():
    headers = Headers()
    response = Response("x", headers=headers)
    assert response.headers is headers
    assert dict(headers) == {"Content-Type": "text/plain; charset=utf-8", "Content-Length": "1"}
    response.headers = {"X-A": "b"}
    assert response.headers["x-a"] == "b"


def test_sending_leaves_the_response_alone():
    response = Response(["a"], status=304, headers={"Location": "/ä", "ETag": '"x"'})
    before = list(response.headers)
    assert headers_of(response) == {"Location": "/%C3%A4", "ETag": '"x"'}
    assert list(response.headers) == before


def test_content_types():
    assert Response("x", mimetype="text/html").content_type == "text/html; charset=utf-8"
    assert Response("x", mimetype="image/png").content_type == "image/png"
    assert Response("x", mimetype="a/b", content_type="c/d").content_type == "c/d"
    assert Response("x", headers={"Content-Type": "e/f"}).content_type == "e/f"
    assert get_content_type("application/xml", "utf-8") == "application/xml; charset=utf-8"
    assert get_content_type("image/svg+xml", "utf-8") == "image/svg+xml; charset=utf-8"
    for number in range(200):
        assert Response(mimetype=f"a/{number}").mimetype == f"a/{number}"


def test_content_length():
    assert Response("äö").content_length == 4
    assert Response("").content_length == 0
    assert Response().content_length is None
    assert Response(["a"]).content_length is None
    assert headers_of(Response(["a", b"b"]))["Content-Length"] == "2"
    assert "Content-Length" not in headers_of(Response(iter(["a"])))
    response = Response("abc")
    response.set_data("ä")
    assert response.content_length == 2

    class Silent(Response):
        automatically_set_content_length = False

    assert Silent("x").content_length is None
    assert "Content-Length" not in headers_of(Silent("x"))


def test_a_body_replaced_before_the_headers_are_asked_for():
    response = Response("long text")
    response.response = iter([b"x"])
    assert "Content-Length" not in response.headers
    response = Response([b"a"])
    _ = response.headers
    response.response.append(b"b")
    assert headers_of(response)["Content-Length"] == "2"


def test_location():
    response = Response(status=302, headers={"Location": "../ü?q=ä"})
    assert headers_of(response, PATH_INFO="/a/b/c")["Location"] == "../%C3%BC?q=%C3%A4"
    response.autocorrect_location_header = True
    assert headers_of(response, PATH_INFO="/a/b/c")["Location"] == "http://example.org/a/%C3%BC?q=%C3%A4"
    response.headers["Content-Location"] = "/ä"
    assert headers_of(response)["Content-Location"] == "/%C3%A4"


def test_simple_attributes():
    response = Response()
    response.date = response.expires = response.last_modified = NOW
    response.age = 42
    response.location, response.content_md5, response.accept_ranges = "/a", "9a", "bytes"
    assert response.date == response.expires == response.last_modified == NOW
    assert response.age == timedelta(seconds=42)
    assert response.headers["Age"] == "42"
    assert response.headers["Expires"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    response.retry_after = 60
    assert response.headers["Retry-After"] == "60"
    assert response.retry_after > datetime.now(timezone.utc)
    response.retry_after = NOW
    assert response.retry_after == NOW
    response.retry_after = None
    assert response.retry_after is None
    del response.date
    assert response.date is None


def test_sets():
    response = Response()
    response.vary.add("Cookie")
    response.vary.add("Accept")
    assert response.headers["Vary"] == "Cookie, Accept"
    response.vary.discard("cookie")
    response.vary.discard("accept")
    assert "Vary" not in response.headers
    response.allow = ["GET", "HEAD"]
    assert response.headers["Allow"] == "GET, HEAD"
    response.content_language = "de"
    assert "de" in response.content_language
    response.content_language = None
    assert "Content-Language" not in response.headers


def test_cache_control_and_csp():
    response = Response()
    response.cache_control.max_age = 60
    response.cache_control.public = True
    assert set(response.headers["Cache-Control"].split(", ")) == {"max-age=60", "public"}
    response.cache_control.clear()
    assert "Cache-Control" not in response.headers
    for attribute in ("content_security_policy", "content_security_policy_report_only"):
        getattr(response, attribute).default_src = "'self'"
        assert "default-src 'self'" in dict(response.headers).values()
        setattr(response, attribute, None)
        assert "default-src 'self'" not in dict(response.headers).values()


def test_content_range():
    response = Response()
    assert not response.content_range
    response.content_range.set(0, 10, 100)
    assert response.headers["Content-Range"] == "bytes 0-9/100"
    response.content_range.unset()
    assert "Content-Range" not in response.headers
    response.content_range = "bytes 1-2/3"
    assert (response.content_range.start, response.content_range.stop) == (1, 3)


def test_etag():
    response = Response("Hello World")
    assert response.get_etag() == (None, None)
    response.set_etag("x", weak=True)
    assert (response.headers["ETag"], response.get_etag()) == ('W/"x"', ("x", True))
    response.add_etag()
    assert response.get_etag() == ("x", True)
    response.add_etag(overwrite=True)
    assert response.get_etag() == ("0a4d55a8d778e5022fab701977c5d840bbc486d0", False)


def test_www_authenticate():
    response = Response()
    response.www_authenticate.realm = "here"
    assert response.headers["WWW-Authenticate"] == "Basic realm=here"
    challenge = WWWAuthenticate("digest", {"nonce": "n"})
    response.www_authenticate = challenge
    challenge.parameters["nonce"] = "m"
    assert response.headers.getlist("WWW-Authenticate") == ['Digest nonce="m"']
    response.www_authenticate = [WWWAuthenticate("basic", {"realm": "a"}), WWWAuthenticate("bearer")]
    assert len(response.headers.getlist("WWW-Authenticate")) == 2
    response.www_authenticate = None
    assert "WWW-Authenticate" not in response.headers


def test_cross_origin():
    response = Response()
    assert response.access_control_allow_credentials is False
    response.access_control_allow_credentials = True
    response.access_control_allow_headers = ["X-A", "X-B"]
    response.access_control_max_age = 5
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Access-Control-Allow-Headers"] == "X-A, X-B"
    assert set(response.access_control_allow_headers) == {"X-A", "X-B"}
    response.access_control_allow_credentials = None
    assert not response.access_control_allow_credentials
    for attribute in ("cross_origin_opener_policy", "cross_origin_embedder_policy"):
        default = getattr(response, attribute)
        assert default.value == "unsafe-none"
        other = type(default)("same-origin" if "opener" in attribute else "require-corp")
        setattr(response, attribute, other)
        assert getattr(response, attribute) is other
    response.headers["Cross-Origin-Opener-Policy"] = "nonsense"
    assert response.cross_origin_opener_policy.value == "unsafe-none"


def test_mimetype_params():
    response = Response()
    response.mimetype = "text/html"
    response.mimetype_params["x"] = "y"
    del response.mimetype_params["charset"]
    assert (response.content_type, response.mimetype) == ("text/html; x=y", "text/html")


def test_cookie_arguments_by_position():
    response = Response()
    response.set_cookie("a", "1", 5, 0, "/p", "d.org", True, True, "Lax", True)
    response.delete_cookie("b", "/p", "d.org", True, True, "Lax", True)
    end = "Secure; HttpOnly; Path=/p; SameSite=Lax; Partitioned"
    for cookie, age in zip(response.headers.getlist("Set-Cookie"), (5, 0)):
        assert cookie.endswith(f"Max-Age={age}; {end}")


@pytest.mark.parametrize("item", [5, None, [1, 2]])
def test_items_that_are_no_bytes_are_refused(item):
    # bytes(5) would be five zeros.
    with pytest.raises(TypeError):
        send(Response(["a", item]))


def test_cookies():
    response = Response()
    response.set_cookie("a", "b", httponly=True, samesite="Lax")
    response.delete_cookie("c")
    assert response.headers.getlist("Set-Cookie") == [
        "a=b; HttpOnly; Path=/; SameSite=Lax",
        "c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/",
    ]
    assert len([name for name, _ in send(response)[1] if name == "Set-Cookie"]) == 2


# The body


def test_streaming():
    closed = []

    def generate():
        try:
            yield "ä"
            yield b"b"
        finally:
            closed.append("body")

    response = Response(generate())
    assert (response.is_streamed, response.is_sequence) == (True, False)
    response.call_on_close(lambda: closed.append("callback"))
    assert send(response)[2] == b"\xc3\xa4b"
    assert closed == ["body", "callback"]


def test_a_response_takes_over_the_callbacks_of_another():
    ran = []
    first, second = Response("1"), Response("2")
    first.call_on_close(lambda: ran.append(1))
    # Werkzeug's name for them, which libraries use.
    second._on_close.extend(first._on_close)
    send(second)
    assert ran == [1]


def test_every_callback_runs():
    ran = []
    response = Response("x")

    @response.call_on_close
    def fail():
        raise KeyError("first")

    response.call_on_close(lambda: ran.append(1))
    with pytest.raises(KeyError):
        send(response)
    assert ran == [1]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_body_that_is_not_sent_is_closed(method, status):
    body = io.BytesIO(b"x")
    assert send(Response(FileWrapper(body), status=status, direct_passthrough=True), method)[2] == b""
    assert body.closed


def test_direct_passthrough():
    body = FileWrapper(io.BytesIO(b"x"))
    response = Response(body, direct_passthrough=True)
    assert response({"REQUEST_METHOD": "GET"}, lambda *args: None) is body
    with pytest.raises(RuntimeError, match="direct_passthrough"):
        response.get_data()


def test_sequences():
    response = Response(iter(["a", b"b"]))
    response.implicit_sequence_conversion = False
    assert response.calculate_content_length() is None
    with pytest.raises(RuntimeError, match="make_sequence"):
        _ = response.data
    response.make_sequence()
    assert (response.response, response.data, response.get_data(as_text=True)) == ([b"a", b"b"], b"ab", "ab")
    response.data = "c"
    assert response.response == [b"c"]


def test_make_sequence_keeps_close():
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"a"])

        def close(self):
            closed.append(1)

    with Response(Body()) as response:
        response.make_sequence()
        assert closed == []
    assert closed == [1]


def test_stream():
    response = Response(("a",))
    with pytest.raises(ValueError, match="closed"):
        response.stream.writelines(["bc", b"d"])
        assert (response.data, response.stream.tell(), response.stream.isatty()) == (b"abcd", 4, False)
        response.stream.close()
        response.stream.write(b"")
    assert headers_of(response)["Content-Length"] == "4"


def test_b130_lone_surrogates_do_not_break_the_answer():
    assert send(Response("a\ud800b"))[2] == b"a?b"
    assert send(Response(["\ud800"]))[2] == b"?"


def test_freeze_and_pickle():
    response = Response(part for part in "ab")
    response.freeze()
    assert (response.response, response.content_length) == ([b"a", b"b"], 2)
    assert response.get_etag()[0]
    copy = pickle.loads(pickle.dumps(response))
    assert send(copy) == send(response)


def test_repr():
    assert repr(Response("ab")) == "<Response 2 bytes [200 OK]>"
    assert repr(Response(iter(()), 404)) == "<Response streamed [404 NOT FOUND]>"


def test_force_type():
    class Own(Response):
        default_mimetype = "text/html"
        default_status = 404

    for response in (Response("x"), Response("x", 201, {"X-A": "b"}), Response("x", mimetype="a/b")):
        before = send(response)
        forced = Own.force_type(response)
        assert type(forced) is Own
        assert send(forced) == before
    with pytest.raises(TypeError, match="pass an environ"):
        Own.force_type(lambda environ, start_response: [])


def test_json():
    response = Response('{"a": 1}', mimetype="application/json")
    assert response.is_json
    assert response.json == {"a": 1}
    assert Response('{"a": 1}').json is None
    assert Response("1").get_json(force=True) == 1
    assert Response("{", mimetype="a/b+json").get_json(force=True, silent=True) is None
    with pytest.raises(ValueError):
        Response("{").get_json(force=True)


# Conditions and ranges


def conditional(body="Hello World", method="GET", length=None, etag=None, modified=None, **headers):
    response = Response(body)
    if etag:
        response.headers["ETag"] = etag
    if modified:
        response.last_modified = modified
    environ = {"REQUEST_METHOD": method, **{f"HTTP_{name}": value for name, value in headers.items()}}
    return response.make_conditional(environ, accept_ranges=True, complete_length=length)


def test_unchanged():
    for headers in (
        {"etag": '"a"', "IF_NONE_MATCH": '"a"'},
        {"etag": 'W/"a"', "IF_NONE_MATCH": '"b", "a"'},
        {"etag": '"a"', "IF_NONE_MATCH": "*"},
        {"modified": NOW, "IF_MODIFIED_SINCE": "Fri, 02 Jan 2026 03:04:05 GMT"},
    ):
        response = conditional(**headers)
        assert response.status_code == 304
        status, sent, body = send(response)
        assert body == b""
        assert not {"Content-Length", "Content-Type", "Last-Modified"} & dict(sent).keys()


def test_changed_or_another_method():
    assert conditional(etag='"a"', IF_NONE_MATCH='"b"').status_code == 200
    assert conditional(etag='"a"', IF_NONE_MATCH='"a"', method="POST").status_code == 200
    assert conditional(etag='"a"', IF_MATCH='"b"').status_code == 412
    assert "Date" in conditional().headers


@pytest.mark.parametrize(
    ("asked", "content_range", "body"),
    [
        ("bytes=0-4", "bytes 0-4/11", b"Hello"),
        ("bytes=6-", "bytes 6-10/11", b"World"),
        ("bytes=-5", "bytes 6-10/11", b"World"),
        ("bytes=6-666", "bytes 6-10/11", b"World"),
        ("bytes=0-999999999999999999", "bytes 0-10/11", b"Hello World"),
    ],
)
def test_one_range(asked, content_range, body):
    response = conditional(length=11, RANGE=asked)
    status, headers, sent = send(response)
    assert (status, dict(headers)["Content-Range"], sent) == ("206 PARTIAL CONTENT", content_range, body)
    assert dict(headers)["Content-Length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=0-,0-,0-", "bytes=" + "0-," * 2000 + "0-", "lines=1-2"])
def test_b85_ranges_that_are_ignored(asked):
    response = conditional(length=11, RANGE=asked)
    assert (response.status_code, response.data) == (200, b"Hello World")


@pytest.mark.parametrize(
    "asked", ["bytes=11-", "bytes=-0", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=" + "9" * 5000 + "-"]
)
def test_b85_ranges_that_cannot_be(asked):
    with pytest.raises(RequestedRangeNotSatisfiable) as caught:
        conditional(length=11, RANGE=asked)
    assert ("Content-Range", "bytes */11") in caught.value.get_headers({})


@pytest.mark.parametrize(
    ("etag", "if_range", "status"),
    [
        ('"a"', '"a"', 206),
        ('"a"', '"b"', 200),
        # B86: a weak tag says that the bytes may differ.
        ('W/"a"', 'W/"a"', 200),
        ('"a"', "Fri, 02 Jan 2026 03:04:05 GMT", 206),
        ('"a"', "Thu, 01 Jan 2026 03:04:05 GMT", 200),
    ],
)
def test_b86_if_range(etag, if_range, status):
    response = conditional(length=11, etag=etag, modified=NOW, RANGE="bytes=0-1", IF_RANGE=if_range)
    assert response.status_code == status


def test_no_range_without_a_length():
    assert conditional(RANGE="bytes=0-1").status_code == 200
    response = Response("x").make_conditional({"REQUEST_METHOD": "GET", "HTTP_RANGE": "bytes=0-0"})
    assert "Accept-Ranges" not in response.headers


def test_a_range_of_a_file_seeks():
    file = io.BytesIO(b"0123456789")
    response = Response(FileWrapper(file), direct_passthrough=True)
    response.make_conditional({"REQUEST_METHOD": "GET", "HTTP_RANGE": "bytes=3-5"}, True, 10)
    assert send(response)[2] == b"345"
    assert file.closed

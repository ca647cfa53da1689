"""Requests and responses here and Werkzeug's, where that is installed: each attribute has the same value.

Meant differences, all of them safer: a Host that is none is an error and no empty name; hosts may have an
underscore, and IDNs are hosts; bytes in a query string that are not UTF-8 stay percent-encoded; cookies are
read as browsers write them, in UTF-8; Basic without credentials is no authorization; no address is none.
"""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.request import Request
from microweb.http.response import Response

wrappers = pytest.importorskip("werkzeug.wrappers")
if wrappers.__spec__.loader.__class__.__module__.startswith("microweb"):
    pytest.skip("this is the alias layer", allow_module_level=True)

BASE = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "HTTP_HOST": "example.org",
    "SERVER_NAME": "srv",
    "SERVER_PORT": "80",
    "wsgi.url_scheme": "http",
}
DATES = [
    "Sat, 28 Feb 2009 19:04:35 GMT",
    "Saturday, 28-Feb-09 19:04:35 GMT",
    "Sat, 31 Feb 2009 19:04:35 GMT",
    "x",
]
TAGS = ["", "*", '"a"', 'W/"a", "b"', "a", '"a" "b"']
#: Environ key -> values, ordinary and nasty.
VALUES = {
    "REQUEST_METHOD": ["GET", "post", "HEAD", "FOO"],
    "SCRIPT_NAME": ["", "/", "/app", "/app/", "/\xc3\xa4"],
    "PATH_INFO": ["/", "", "a", "//x", "/%41", "/\xc3\xa4 b", "/\xff", "/a?b", "/a;b", "/a#b"],
    "QUERY_STRING": ["a=1", "a=1&a=2", "a", "=b", "a=%FF", "&&", "a=b=c", "a+b=c%20d", "%", "a=%C3%A4#x"],
    "HTTP_HOST": ["example.org:80", "localhost:5000", "[::1]:80", "EXAMPLE.org", "", "xn--n3h.net:443"],
    "SERVER_PORT": ["x", "443"],
    "wsgi.url_scheme": ["https", "ws"],
    "CONTENT_TYPE": ["", "TEXT/html; Charset=UTF-8", 'a; b="c', "; x=y", "application/vnd.api+json;a=b"],
    "CONTENT_LENGTH": ["", "3", "-1", "+3", "x", "1_0"],
    "HTTP_COOKIE": ["", "a=b; c=d", 'a="b\\"c"; d', "a=b=c;;; =x", "a = b", "$Version=1; a=b", 'a="\\054"'],
    "HTTP_ACCEPT": ["", "*/*", "text/*;q=0.3, text/html;level=1", "a/b;q=x", "q=1", "text/html;q=2", ", ,"],
    "HTTP_ACCEPT_LANGUAGE": ["", "de-AT,en;q=0.5", "*", "en;q=0", "zh-Hans-CN", "e n"],
    "HTTP_ACCEPT_ENCODING": ["", "gzip;q=0,*", "identity", "GZIP"],
    "HTTP_ACCEPT_CHARSET": ["", "UTF8", "iso-8859-1;q=0.2"],
    "HTTP_CACHE_CONTROL": ["", "no-cache", 'max-age="5"', "max-age=x", "no-store, max-stale"],
    "HTTP_IF_MATCH": TAGS,
    "HTTP_IF_NONE_MATCH": TAGS,
    "HTTP_IF_MODIFIED_SINCE": DATES,
    "HTTP_IF_UNMODIFIED_SINCE": DATES,
    "HTTP_IF_RANGE": [*TAGS, *DATES],
    "HTTP_DATE": DATES,
    "HTTP_RANGE": [
        "",
        "bytes=0-9",
        "bytes=-5",
        "bytes=5-",
        "bytes=0-1,4-5",
        "x",
        "bytes=5-1",
        "items=1-2",
        "bytes=a-b",
    ],
    "HTTP_AUTHORIZATION": [
        "",
        "Basic QWRhOng6eQ==",
        "basic x",
        "Bearer abc",
        'Digest username="a", realm="b"',
    ],
    "HTTP_X_FORWARDED_FOR": ["", "1.1.1.1, 2.2.2.2", '"a,b"', ","],
    "REMOTE_ADDR": ["1.2.3.4"],
    "HTTP_MAX_FORWARDS": ["", "3", "x", "-1"],
    "HTTP_PRAGMA": ["", "no-cache, x"],
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": ["", "X-A, x-b"],
}
NO_VALUES = ("environ", "input_stream", "stream", "headers", "user_agent", "json_module")
ATTRIBUTES = [
    name
    for name in dir(wrappers.Request)
    if not (
        name[:1] == "_"
        or name.endswith("_class")
        or name in NO_VALUES
        or callable(getattr(wrappers.Request, name))
    )
]


def plain(value):
    if hasattr(value, "lists"):
        return sorted(value.lists())
    return value.to_header() if hasattr(value, "to_header") else value


def attributes(request_class, environ):
    request = request_class({**environ, "wsgi.input": io.BytesIO(b"a=1&b=2")})
    found = {}
    for name in ATTRIBUTES:
        try:
            found[name] = plain(getattr(request, name))
        except Exception as error:
            found[name] = type(error).__name__
    return found


def assert_same_request(**environ):
    environ = {**BASE, **environ}
    theirs = attributes(wrappers.Request, environ)
    # What is no tag is none here; there it is one that cannot be written.
    if theirs["if_range"] == "ValueError":
        theirs["if_range"] = ""
    assert attributes(Request, environ) == theirs


def test_there_is_something_to_compare():
    assert len(ATTRIBUTES) > 50


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in VALUES.items() for value in values]
)
def test_requests(key, value):
    assert_same_request(**{key: value})


@given(st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in VALUES.items()}))
def test_requests_of_many_headers(environ):
    assert_same_request(**environ)


BODIES = [None, "", "x", b"x", "ä", ["a", b"b"], ("a",), bytearray(b"x")]
OPTIONS = [
    {},
    {"mimetype": "text/plain"},
    {"mimetype": "image/png"},
    {"content_type": "a/b"},
    {"headers": {"Content-Type": "x/y", "Location": "/ä?b=ü"}},
    {"headers": [("A", "b"), ("a", "c")], "content_type": "c/d"},
    {"headers": {"Content-Length": "7"}},
]


def sent(response_class, body, status, options, method):
    try:
        response = response_class(body, status, **options)
        seen = response.mimetype, response.content_length, response.is_sequence, response.is_streamed
        blocks, line, headers = response.get_wsgi_response({**BASE, "REQUEST_METHOD": method})
        return line, sorted(headers), b"".join(blocks), seen
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("status", [None, 200, 204, 304, 404, "404", "404 X", "OK", "", 999, "200  x"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_responses(status, options):
    for body in BODIES:
        for method in ("GET", "HEAD"):
            given = body, status, options, method
            assert sent(Response, *given) == sent(wrappers.Response, *given), given

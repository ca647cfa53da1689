"""The linter: what is wrong is warned of, once, and passes; what is right is silent."""

from __future__ import annotations

import io
import warnings

import pytest

from microweb import Microweb, redirect, request, send_file
from microweb.lint import HTTPWarning, LintMiddleware, WSGIWarning
from microweb.testing import Client, create_environ, run_wsgi_app

pytestmark = pytest.mark.no_validator
TEXT = ("Content-Type", "text/plain")


def warned(status="200 OK", headers=(TEXT,), body=(b"Foo",), close=True, app=None, **environ):
    """What the linter says of a response, as `(category, message)`."""

    def application(environ, start_response):
        start_response(status, [*headers] if type(headers) is tuple else headers)
        return body

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        made = {**create_environ("/p", data=b"body"), **environ}
        iterable = LintMiddleware(app or application)(made, lambda *args: lambda block: None)
        for _ in iterable:
            pass
        if close:
            iterable.close()
        del iterable
    return [(each.category, str(each.message)) for each in found]


def assert_warned(message, category=WSGIWarning, **case):
    found = warned(**case)
    assert [each for each, text in found if text.startswith(message)] == [category], found


def test_what_is_right_is_silent():
    assert warned() == []
    assert warned("204 No Content", [], []) == []
    assert warned("304 Not Modified", [("ETag", 'W/"a"'), ("Expires", "0")], []) == []
    assert warned(headers=(TEXT, ("Content-Length", "3"))) == []
    assert warned(headers=(TEXT, ("Content-Length", "9")), body=[], REQUEST_METHOD="HEAD") == []
    assert warned(headers=(("Location", "/there"),)) == []
    # The server refuses it, and says more.
    assert warned(headers=(("A", "b\r\nc"),)) == []


def test_an_application_of_ours_is_silent(recwarn):
    app = Microweb(__name__)
    app.add_url_rule("/", "index", lambda: request.form["a"], methods=["POST"])
    app.add_url_rule("/away", "away", lambda: redirect("/"))
    app.add_url_rule("/file", "file", lambda: send_file(io.BytesIO(b"x"), "text/plain", etag="e"))
    app.wsgi_app = LintMiddleware(app.wsgi_app)
    client = Client(app)
    with client.post("/", data={"a": "b"}) as response:
        assert response.text == "b"
    with client.get("/away") as response:
        assert response.status_code == 302
    with client.get("/file") as response:
        assert response.data == b"x"
    with client.get("/file", headers={"If-None-Match": '"e"'}) as response:
        assert response.status_code == 304
    with client.head("/file") as response:
        assert response.content_length == 1
    client.get("/missing").close()
    assert [str(each.message) for each in recwarn.list] == []


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"wsgi.version": (0, 7)}, "Environ is not a WSGI 1.0"),
        ({"PATH_INFO": "p"}, "'PATH_INFO' does not start with a slash: 'p'"),
        ({"SCRIPT_NAME": "p"}, "'SCRIPT_NAME' does not start with a slash"),
        ({"status": "2000 OK"}, "Status code must be three digits"),
        ({"status": "200"}, "Invalid value for status '200'"),
        ({"status": "099 No"}, "Status code < 100"),
        ({"headers": [["A", "b"]]}, "Header items must be 2-item tuples. ['A', 'b']"),
        ({"headers": [("A", b"b")]}, "Header items must be"),
        ({"headers": [("Status", "200")]}, "The status header is not supported"),
        ({"body": [bytearray(b"x")]}, "The body requires 'bytes', got 'bytearray'"),
        ({"close": False}, "The body was dropped without"),
    ],
)
def test_wsgi(case, message):
    assert_warned(message, **case)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"headers": (("ETag", "a"),)}, "Unquoted etag"),
        ({"headers": (("ETag", ""),)}, "Unquoted etag"),
        ({"headers": (("ETag", 'w/"a"'),)}, "Weak etag indicator"),
        ({"headers": (("Location", "there"),)}, "Absolute URLs required"),
        ({"headers": (("Content-Length", "7"),)}, "Content-Length is 7, but 3 bytes were sent"),
        ({"status": "204 No", "headers": []}, "204 responses must not have a body"),
        (
            {"status": "304 No", "headers": [("Content-Length", "3")], "body": []},
            "Entity header 'Content-Length'",
        ),
        (
            {"status": "100 Go", "headers": [("Content-Length", "3")], "body": []},
            "100 responses must have an empty",
        ),
    ],
)
def test_http(case, message):
    assert_warned(message, HTTPWarning, **case)


def test_a_missing_variable():
    environ = create_environ()
    del environ["SERVER_PORT"]
    with pytest.warns(WSGIWarning, match="'SERVER_PORT' not found"):
        run_wsgi_app(LintMiddleware(Microweb(__name__)), environ, buffered=True)


def test_no_environ():
    class Environ(dict):
        pass

    with pytest.warns(WSGIWarning, match="not a standard Python dict"):
        iterable = LintMiddleware(Microweb(__name__))(Environ(create_environ()), lambda *args: None)
    b"".join(iterable)
    iterable.close()


def test_the_input_stream():
    def read(environ, start_response):
        stream = environ["wsgi.input"]
        start_response("200 OK", [])
        told = [stream.read(1), stream.readline(2), stream.readline(), stream.read()]
        assert not stream.closed
        stream.close()
        return told

    found = [message for _, message in warned(app=read)]
    assert [message.partition(" ")[0] for message in found] == [
        "'wsgi.input.readline()'",
        "'wsgi.input.read()'",
        "The",
    ]
    # Where the server marks the end, all of it is safe.
    assert warned(app=read, **{"wsgi.input_terminated": True}) == []


def test_the_order_of_things():
    def late(environ, start_response):
        yield b"early"
        start_response("200 OK", [])(b"written")

    assert_warned("The application returned a block before it started", app=late)

    def written(environ, start_response):
        start_response("200 OK", [("Content-Length", "3")])(b"ab")
        return [b"c"]

    assert warned(app=written) == []
    body = LintMiddleware(written)(create_environ(), lambda *args: lambda block: None)
    assert next(body) == b"c"
    body.close()
    with pytest.warns(WSGIWarning, match="was closed"), pytest.raises(StopIteration):
        next(body)

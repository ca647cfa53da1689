"""What a view may return, and what is said about everything else."""

import pytest

from microweb import Response, jsonify, make_response
from microweb.http.headers import Headers
from microweb.http.response import Response as PlainResponse

HTML = "text/html; charset=utf-8"


def wsgi(environ, start_response):
    start_response("202 Accepted", [("Content-Type", "text/plain")])
    return [b"wsgi"]


@pytest.mark.parametrize(
    ("result", "status", "data", "kind"),
    [
        ("grün", 200, "grün".encode(), HTML),
        ("", 200, b"", HTML),
        (b"bytes", 200, b"bytes", HTML),
        (bytearray(b"bytes"), 200, b"bytes", HTML),
        ({"a": 1}, 200, b'{"a":1}\n', "application/json"),
        ([1, "b"], 200, b'[1,"b"]\n', "application/json"),
        ((x for x in "abc"), 200, b"abc", HTML),
        (iter([b"a", b"b"]), 200, b"ab", HTML),
        (Response("r", 201), 201, b"r", HTML),
        (PlainResponse("p", 201), 201, b"p", "text/plain; charset=utf-8"),
        (wsgi, 202, b"wsgi", "text/plain"),
        (("x", 201), 201, b"x", HTML),
        (("x", "201 MADE"), 201, b"x", HTML),
        (("x", 201, {"Content-Type": "text/csv"}), 201, b"x", "text/csv"),
        (("x", {"Content-Type": "text/csv"}), 200, b"x", "text/csv"),
        (("x", [("Content-Type", "text/csv")]), 200, b"x", "text/csv"),
        (("x", (("Content-Type", "text/csv"),)), 200, b"x", "text/csv"),
        (("x", Headers({"Content-Type": "text/csv"})), 200, b"x", "text/csv"),
        (("x", None, None), 200, b"x", HTML),
        (({"a": 1}, 201), 201, b'{"a":1}\n', "application/json"),
        ((Response("r", 201), 202, {"Content-Type": "text/csv"}), 202, b"r", "text/csv"),
        ((wsgi, 500), 500, b"wsgi", "text/plain"),
        (("", 204), 204, b"", HTML),
    ],
    ids=str,
)
def test_results(app, client, result, status, data, kind):
    app.get("/")(lambda: result)
    response = client.get("/")
    assert (response.status_code, response.data, response.content_type) == (status, data, kind)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "view function for 'view' did not return a valid response.*returned None"),
        ((None, 200), "returned None"),
        (42, "but it was a int"),
        (4.2, "but it was a float"),
        ({1}, "but it was a set"),
        ((), "valid response tuple"),
        (("x",), "valid response tuple"),
        (("x", 200, {}, 4), "valid response tuple"),
        (lambda: "x", "but it was a function"),
        (True, "but it was a bool"),
    ],
    ids=str,
)
def test_what_is_no_result(app, client, result, message):
    app.add_url_rule("/", "view", lambda: result)
    with pytest.raises(TypeError, match=message):
        client.get("/")


@pytest.mark.parametrize(
    ("arguments", "status", "data"),
    [
        ((), 200, b""),
        (("x",), 200, b"x"),
        (("x", 404), 404, b"x"),
        (("x", 404, {"X": "y"}), 404, b"x"),
        (({"a": 1}, 201), 201, b'{"a":1}\n'),
    ],
)
def test_make_response(app, arguments, status, data):
    with app.test_request_context():
        response = make_response(*arguments)
        assert type(response) is app.response_class
        assert (response.status_code, response.data) == (status, data)


def test_headers_of_a_tuple_replace_those_of_the_response(app, client):
    @app.get("/")
    def view():
        response = make_response("x")
        response.headers["X"] = "old"
        response.headers["Y"] = "kept"
        return response, {"X": ["new", "newer"]}

    headers = client.get("/").headers
    assert headers.getlist("X") == ["new", "newer"] and headers["Y"] == "kept"


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ((), {}, "null"),
        ((1,), {}, "1"),
        ((1, 2), {}, "[1,2]"),
        ((), {"a": 1}, '{"a":1}'),
        (({"b": 1, "a": 2},), {}, '{"a":2,"b":1}'),
    ],
)
def test_jsonify(app, args, kwargs, text):
    with app.test_request_context():
        assert jsonify(*args, **kwargs).get_data(as_text=True) == text + "\n"
        with pytest.raises(TypeError):
            jsonify(1, a=2)


def test_errors_while_streaming_reach_the_server(app, client):
    def stream():
        yield "a"
        raise KeyError("k")

    app.get("/")(lambda: stream())
    with pytest.raises(KeyError):
        client.get("/").data  # noqa: B018


def test_callbacks_run_when_the_response_is_closed(app, client, told):
    @app.get("/")
    def view():
        response = make_response("x")
        response.call_on_close(lambda: told.append("closed"))
        return response

    client.get("/").close()
    assert told == ["closed"]

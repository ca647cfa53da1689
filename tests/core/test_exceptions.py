"""microweb.exceptions: each error has its code, its page and its headers; abort() finds it."""

import pickle
from datetime import datetime, timedelta, timezone

import pytest

from microweb import exceptions
from microweb.exceptions import (
    HTTP_STATUS_CODES,
    Aborter,
    BadRequest,
    BadRequestKeyError,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    abort,
    default_exceptions,
)


def page(code, name, description):
    """The page of an error, to the byte."""
    return (
        f"<!doctype html>\n<html lang=en>\n<title>{code} {name}</title>\n"
        f"<h1>{name}</h1>\n<p>{description}</p>\n"
    )


def more_headers(error):
    """The headers apart from that of the type, which all have."""
    first, *others = error.get_headers({})
    assert first == ("Content-Type", "text/html; charset=utf-8")
    return others


@pytest.mark.parametrize(("code", "error"), default_exceptions.items())
def test_the_family(code, error):
    assert error.code == code
    assert error.__name__.isidentifier()
    assert code in HTTP_STATUS_CODES
    assert error().get_body() == page(
        code, HTTP_STATUS_CODES[code].replace("'", "&#39;"), exceptions._escape(error.description)
    )
    assert repr(error()) == f"<{error.__name__} '{code}: {HTTP_STATUS_CODES[code]}'>"
    with pytest.raises(error):
        abort(code)


def test_family_is_complete():
    known = {400, 401, 403, 404, 405, 406, *range(408, 419), *range(421, 425), 428, 429, 431, 451}
    assert set(default_exceptions) == known | set(range(500, 506))
    assert default_exceptions[400] is BadRequest


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        (
            "<script>alert('1 & \"2\"')</script>",
            "&lt;script&gt;alert(&#39;1 &amp; &#34;2&#34;&#39;)&lt;/script&gt;",
        ),
        ("two\nlines", "two<br>lines"),
        (17, "17"),
    ],
)
def test_descriptions_are_escaped(description, shown):
    assert NotFound(description).get_description() == f"<p>{shown}</p>"


def test_descriptions_that_are_html():
    class Bold(str):
        def __html__(self):
            return f"<b>{self}</b>"

    assert NotFound(Bold("now")).get_description() == "<p><b>now</b></p>"
    assert str(NotFound(Bold("now"))) == "404 Not Found: now"


def test_the_base_has_no_code():
    error = HTTPException("told")
    assert (str(error), repr(error)) == ("??? Unknown Error: told", "<HTTPException '???: Unknown Error'>")
    assert HTTPException().get_description() == "<p></p>"


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (NotFound(), []),
        (MethodNotAllowed(), []),
        (MethodNotAllowed(["GET", "HEAD"]), [("Allow", "GET, HEAD")]),
        (exceptions.RequestedRangeNotSatisfiable(), []),
        (exceptions.RequestedRangeNotSatisfiable(0), [("Content-Range", "bytes */0")]),
        (exceptions.RequestedRangeNotSatisfiable(9, "rows"), [("Content-Range", "rows */9")]),
        (exceptions.Unauthorized(), []),
        (exceptions.Unauthorized(www_authenticate="Basic"), [("WWW-Authenticate", "Basic")]),
        (
            exceptions.Unauthorized("no", None, ["Basic", "Bearer"]),
            [("WWW-Authenticate", "Basic"), ("WWW-Authenticate", "Bearer")],
        ),
        (exceptions.TooManyRequests(), []),
        (exceptions.ServiceUnavailable(retry_after=60), [("Retry-After", "60")]),
        (exceptions.ServiceUnavailable(retry_after="60"), [("Retry-After", "60")]),
        (
            exceptions.TooManyRequests(retry_after=datetime(2020, 1, 4, 18, 52, 16)),
            [("Retry-After", "Sat, 04 Jan 2020 18:52:16 GMT")],
        ),
        (
            exceptions.TooManyRequests(
                retry_after=datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
            ),
            [("Retry-After", "Tue, 31 Dec 2019 23:00:00 GMT")],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_headers(error, headers):
    assert more_headers(error) == headers


def test_a_challenge_that_answers_to_any_attribute_is_one():
    class Challenge:
        def __getattr__(self, name):
            return None

        def __str__(self):
            return 'Basic realm="x"'

    error = exceptions.Unauthorized(www_authenticate=Challenge())
    assert more_headers(error) == [("WWW-Authenticate", 'Basic realm="x"')]


def test_missing_key_is_told_only_when_asked():
    error = BadRequestKeyError("secret")
    assert isinstance(error, (KeyError, BadRequest))
    assert error.args == ("secret",)
    assert "secret" not in error.get_body()
    error.show_exception = True
    assert error.get_description() == f"<p>{BadRequest.description}<br>KeyError: &#39;secret&#39;</p>"
    error.description = "asked"
    assert error.description == "asked\nKeyError: 'secret'"
    assert BadRequestKeyError().args == ()
    assert BadRequestKeyError("k", "told").description == "told"


def test_wrap_makes_twins():
    twin = BadRequest.wrap(ValueError)
    error = twin("too big")
    assert isinstance(error, (BadRequest, ValueError))
    assert (twin.__name__, error.args, error.code) == ("ValueError", ("too big",), 400)
    error.show_exception = True
    assert error.description.endswith("\nValueError: too big")


def test_internal_server_error_remembers_its_cause():
    cause = ZeroDivisionError()
    assert exceptions.InternalServerError(original_exception=cause).original_exception is cause
    assert exceptions.InternalServerError().original_exception is None


@pytest.mark.parametrize("error", [NotFound("told"), BadRequestKeyError("key"), MethodNotAllowed(["GET"])])
def test_pickling(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args, str(copy)) == (type(error), error.args, str(error))
    assert copy.get_headers() == error.get_headers()


def test_arguments_go_to_the_class():
    with pytest.raises(MethodNotAllowed) as caught:
        abort(405, ["GET"], description="no")
    assert (caught.value.valid_methods, caught.value.description) == (["GET"], "no")


@pytest.mark.parametrize("code", [200, 299, 499, 999, "404", None])
def test_unknown_codes(code):
    with pytest.raises(LookupError, match=rf"no exception for {code!r}: .*400, .*mapping"):
        abort(code)


def test_aborters_of_ones_own():
    class PaymentRequired(HTTPException):
        code = 402

    only, more = Aborter({1: NotFound}), Aborter(extra={402: PaymentRequired})
    for aborter, code, error in [(only, 1, NotFound), (more, 402, PaymentRequired), (more, 404, NotFound)]:
        with pytest.raises(error):
            aborter(code)
    with pytest.raises(LookupError):
        only(404)
    with pytest.raises(LookupError):
        abort(402)


def test_status_codes():
    assert all(100 <= code < 600 and phrase.strip() == phrase for code, phrase in HTTP_STATUS_CODES.items())
    assert (HTTP_STATUS_CODES[418], HTTP_STATUS_CODES[511]) == (
        "I'm a teapot",
        "Network Authentication Failed",
    )
    assert len(HTTP_STATUS_CODES) == 64


def answer(application):
    """Status, headers and body of what a WSGI application answers."""
    from wsgiref.util import setup_testing_defaults

    environ, started = {}, []
    setup_testing_defaults(environ)
    body = application(environ, lambda status, headers, exc_info=None: started.extend([status, headers]))
    return started[0], dict(started[1]), b"".join(body)


def test_an_error_is_a_wsgi_application():
    status, headers, body = answer(MethodNotAllowed(["GET"]))
    assert status == "405 METHOD NOT ALLOWED"
    assert (headers["Allow"], headers["Content-Type"]) == ("GET", "text/html; charset=utf-8")
    assert body.decode() == MethodNotAllowed().get_body()


def test_responses_are_raised():
    from microweb.http.response import Response

    response = Response("hello", 203)
    with pytest.raises(HTTPException) as caught:
        abort(response)
    assert caught.value.get_response({}) is response
    assert NotFound(response=response).get_response() is response
    assert answer(caught.value)[2] == b"hello"


def test_a_request_stands_for_its_environ():
    class Telling(NotFound):
        def get_description(self, environ=None, scope=None):
            return environ["PATH_INFO"]

    class Request:
        environ = {"PATH_INFO": "/x"}

    for environ in (Request(), Request.environ):
        assert b"/x" in Telling().get_response(environ).get_data()

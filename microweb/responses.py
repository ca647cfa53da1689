"""From what a view returned to a response: the bodies, statuses and headers that are accepted."""

from __future__ import annotations

from .exceptions import HTTPException
from .globals import request
from .http.headers import Headers
from .http.response import Response as ResponseBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .app import Microweb
    from .wrappers import Response


def response_from(app: Microweb, result: t.Any) -> Response:
    """The response that a view's result stands for; TypeError if it stands for none."""
    status = headers = None
    if isinstance(result, tuple):
        result, status, headers = _unpack(result)
    response = result
    if not isinstance(result, app.response_class):
        if isinstance(result, (str, bytes, bytearray)) or _is_iterator(result):
            # With status and headers at once: a response class may want to know them.
            return app.response_class(result, status=status, headers=headers)
        response = _convert(app, result)
    if isinstance(status, (str, bytes, bytearray)):
        response.status = status
    elif status is not None:
        response.status_code = status
    if headers:
        response.headers.update(headers)
    return response  # type: ignore[no-any-return]


def _convert(app: Microweb, body: t.Any) -> Response:
    """A response from a body that is neither text, bytes nor an iterator of them."""
    if isinstance(body, (dict, list)):
        return app.json.response(body)  # type: ignore[return-value]
    if body is None:
        raise TypeError(
            f"The view function for {request.endpoint!r} did not return a valid response. The"
            " function either returned None or ended without a return statement."
        )
    if not isinstance(body, ResponseBase) and not callable(body):
        raise TypeError(_not_a_response(body))
    environ = request.environ
    try:
        if isinstance(body, HTTPException):
            # It is handled. What led to it would hold the frames that hold it, in a cycle.
            body.__traceback__ = body.__context__ = body.__cause__ = None
            body = error_page(body, environ)
        return app.response_class.force_type(body, environ)
    except TypeError as error:
        message = f"{error}\n{_not_a_response(body)}"
        raise TypeError(message).with_traceback(error.__traceback__) from None


#: A page that this package has written needs nothing, leads nowhere, and belongs in nobody's frame.
_PAGE_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
_PAGE_METHODS = ("get_response", "get_headers", "get_body")


def error_page(error: HTTPException, environ: dict[str, t.Any]) -> ResponseBase:
    """The response of an error; if the page is the plain one, with headers that keep it harmless."""
    response = error.get_response(environ)
    kind = type(error)
    plain = all(getattr(kind, name) is getattr(HTTPException, name) for name in _PAGE_METHODS)
    if plain and error.response is None and (error.code or 0) >= 400:
        for name, value in _PAGE_HEADERS:
            response._append(name, value)
    return response


def _is_iterator(value: t.Any) -> bool:
    return hasattr(value, "__next__") and hasattr(value, "__iter__")


def _unpack(result: tuple[t.Any, ...]) -> tuple[t.Any, t.Any, t.Any]:
    """``(body, status, headers)`` of a tuple that a view returned."""
    if len(result) == 3:
        return result
    if len(result) == 2:
        body, second = result
        if isinstance(second, (Headers, dict, tuple, list)):
            return body, None, second
        return body, second, None
    raise TypeError(
        "The view function did not return a valid response tuple. The tuple must have the form"
        " (body, status, headers), (body, status), or (body, headers)."
    )


def _not_a_response(value: t.Any) -> str:
    return (
        "The view function did not return a valid response. The return type must be a string,"
        " dict, list, tuple with headers or status, Response instance, or WSGI callable, but it"
        f" was a {type(value).__name__}."
    )

"""HTTP errors as Python exceptions: raise one anywhere below a view, and it becomes the answer.

The rule: *an error is data*. A class of the family is a status code and a sentence for the reader;
the few that have more to tell the client (which methods are allowed, when to come back) add a
header. Whatever is common - the page, its escaping, the response, being a WSGI application - is
written once, in :class:`HTTPException`.

The theory: refusing a request is control flow, not a result. A helper ten calls down cannot return
a response, but it can raise one, and the framework turns it into a page, or hands it to the handler
that the application registered for its code or its class.

>>> try:
...     abort(404, "No such book")
... except NotFound as error:
...     print(error, error.get_body(), sep="\\n", end="")
404 Not Found: No such book
<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No such book</p>
"""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from .http.request import Request
    from .http.response import Response

    Environ = t.Optional[WSGIEnvironment]
    Scope = t.Optional[dict[str, t.Any]]
    Text = t.Optional[str]
    Length = t.Optional[int]
    Answer = t.Optional[Response]
    Cause = t.Optional[BaseException]
    HeaderList = list[tuple[str, str]]
    Codes = t.Optional[t.Mapping[int, type["HTTPException"]]]

#: The reason phrase of every code in IANA's registry that is in use, as Werkzeug spells it: some
#: phrases were renamed since, but clients' tests and log filters look for these.
_PHRASES = """\
100 Continue; 101 Switching Protocols; 102 Processing; 103 Early Hints; 200 OK; 201 Created; 202 Accepted; \
203 Non Authoritative Information; 204 No Content; 205 Reset Content; 206 Partial Content; 207 Multi Status; \
208 Already Reported; 226 IM Used; 300 Multiple Choices; 301 Moved Permanently; 302 Found; 303 See Other; \
304 Not Modified; 305 Use Proxy; 306 Switch Proxy; 307 Temporary Redirect; 308 Permanent Redirect; \
400 Bad Request; 401 Unauthorized; 402 Payment Required; 403 Forbidden; 404 Not Found; \
405 Method Not Allowed; 406 Not Acceptable; 407 Proxy Authentication Required; 408 Request Timeout; \
409 Conflict; 410 Gone; 411 Length Required; 412 Precondition Failed; 413 Request Entity Too Large; \
414 Request URI Too Long; 415 Unsupported Media Type; 416 Requested Range Not Satisfiable; \
417 Expectation Failed; 418 I'm a teapot; 421 Misdirected Request; 422 Unprocessable Entity; 423 Locked; \
424 Failed Dependency; 425 Too Early; 426 Upgrade Required; 428 Precondition Required; \
429 Too Many Requests; 431 Request Header Fields Too Large; 449 Retry With; \
451 Unavailable For Legal Reasons; 500 Internal Server Error; 501 Not Implemented; 502 Bad Gateway; \
503 Service Unavailable; 504 Gateway Timeout; 505 HTTP Version Not Supported; 506 Variant Also Negotiates; \
507 Insufficient Storage; 508 Loop Detected; 510 Not Extended; 511 Network Authentication Failed"""
HTTP_STATUS_CODES = {int(item[:3]): item[4:] for item in _PHRASES.split("; ")}

#: What each error tells the reader.
_DESCRIPTIONS = """\
400 The browser (or proxy) sent a request that this server could not understand.
401 The server could not verify that you are authorized to access the URL requested. You either supplied the \
wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials \
required.
403 You don't have the permission to access the requested resource. It is either read-protected or not \
readable by the server.
404 The requested URL was not found on the server. If you entered the URL manually please check your \
spelling and try again.
405 The method is not allowed for the requested URL.
406 The resource identified by the request is only capable of generating response entities which have \
content characteristics not acceptable according to the accept headers sent in the request.
408 The server closed the network connection because the browser didn't finish the request within the \
specified time.
409 A conflict happened while processing the request. The resource might have been modified while the \
request was being processed.
410 The requested URL is no longer available on this server and there is no forwarding address. If you \
followed a link from a foreign page, please contact the author of this page.
411 A request with this method requires a valid <code>Content-Length</code> header.
412 The precondition on the request for the URL failed positive evaluation.
413 The data value transmitted exceeds the capacity limit.
414 The length of the requested URL exceeds the capacity limit for this server. The request cannot be \
processed.
415 The server does not support the media type transmitted in the request.
416 The server cannot provide the requested range.
417 The server could not meet the requirements of the Expect header
418 This server is a teapot, not a coffee machine
421 The server is not able to produce a response.
422 The request was well-formed but was unable to be followed due to semantic errors.
423 The resource that is being accessed is locked.
424 The method could not be performed on the resource because the requested action depended on another \
action and that action failed.
428 This request is required to be conditional; try using "If-Match" or "If-Unmodified-Since".
429 This user has exceeded an allotted request count. Try again later.
431 One or more header fields exceeds the maximum size.
451 Unavailable for legal reasons.
500 The server encountered an internal error and was unable to complete your request. Either the server is \
overloaded or there is an error in the application.
501 The server does not support the action requested by the browser.
502 The proxy server received an invalid response from an upstream server.
503 The server is temporarily unable to service your request due to maintenance downtime or capacity \
problems. Please try again later.
504 The connection to an upstream server timed out.
505 The server does not support the HTTP protocol version used in the request.
"""
_SENTENCES = {int(line[:3]): line[4:] for line in _DESCRIPTIONS.splitlines()}

_HTML = ("Content-Type", "text/html; charset=utf-8")


def _escape(value: object) -> str:
    """HTML for *value*, which is left alone if it says that it is HTML (``__html__``).

    Its own few lines, as a leaf imports no other leaf: `markup` writes the same entities.
    """
    html = getattr(value, "__html__", None)
    if html is not None:
        return str(html())
    # The ampersand first, since the others bring one along.
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")


def redirect_page(url: str) -> str:
    """A page with a link, for clients that do not follow redirects."""
    link, title = _escape(url), "Redirecting..."
    return (
        f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>You should be"
        f' redirected automatically to the target URL: <a href="{link}">{link}</a>. If not, click the link.\n'
    )


@cache
def _response_class() -> type[Response]:
    # The only import of the package that points upwards: whoever raises an error needs no response
    # yet, so it is looked for when one is asked for, and this module stays a leaf until then.
    from .http.response import Response

    return Response


class HTTPException(Exception):
    """The base of the family: a code, a description, and how they become a response.

    *response*, if given, is the answer itself and the rest is ignored: that is how a response is
    raised. Without a *description* the one of the class is used.
    """

    code: int | None = None
    description: str | None = None

    def __init_subclass__(cls, code: int | None = None, **kwargs: t.Any) -> None:
        """Take the code from the heading: ``class PaymentRequired(HTTPException, code=402)``."""
        super().__init_subclass__(**kwargs)
        if code is not None:
            cls.code = code
            if "description" not in cls.__dict__:
                cls.description = _SENTENCES.get(code, cls.description)

    def __init__(self, description: Text = None, response: Answer = None) -> None:
        super().__init__()
        if description is not None:
            self.description = description
        self.response = response

    @classmethod
    def wrap(cls, exception: type[BaseException], name: str | None = None) -> type[HTTPException]:
        """A class that is both this error and *exception*, so that either ``except`` catches it."""
        members = {"_twin": exception, "_description": cls.description, "__module__": __name__}
        return type(name or exception.__name__, (_Twin, cls, exception), members)

    @property
    def name(self) -> str:
        """The reason phrase of the code."""
        return HTTP_STATUS_CODES.get(self.code or 0, "Unknown Error")

    def get_description(self, environ: Environ = None, scope: Scope = None) -> str:
        """The description as an HTML paragraph, its line breaks kept."""
        text = _escape("" if self.description is None else self.description)
        return "<p>" + text.replace("\n", "<br>") + "</p>"

    def get_body(self, environ: Environ = None, scope: Scope = None) -> str:
        """The whole HTML page."""
        name = _escape(self.name)
        return (
            f"<!doctype html>\n<html lang=en>\n<title>{self.code} {name}</title>\n<h1>{name}</h1>\n"
            f"{self.get_description(environ)}\n"
        )

    def get_headers(self, environ: Environ = None, scope: Scope = None) -> HeaderList:
        """The headers of the response."""
        return [_HTML, *self._more_headers()]

    def _more_headers(self) -> HeaderList:
        return []  # what an error of this class has to tell the client apart from its page

    def get_response(self, environ: Environ | Request = None, scope: Scope = None) -> Response:
        """The response for this error: the one given, or a page made of the other methods' results.

        *environ* is the request's, or a request: errors that depend on it get it handed on.
        """
        # A response that was raised is the answer as it is: abort(redirect(...)).
        if self.response is not None:
            return self.response
        # Werkzeug takes a request here as well, and error handlers pass one.
        wsgi_environ: t.Any = getattr(environ, "environ", environ)
        headers: t.Any = self.get_headers(wsgi_environ, scope)
        # Said as a type, the only header that most errors have costs no Headers object.
        mimetype = "text/html" if headers == [_HTML] else None
        body = self.get_body(wsgi_environ, scope)
        return _response_class()(body, self.code, None if mimetype else headers, mimetype)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> t.Iterable[bytes]:
        """Answer as a WSGI application."""
        return self.get_response(environ)(environ, start_response)

    def _code_text(self) -> str:
        return "???" if self.code is None else str(self.code)

    def __str__(self) -> str:
        return f"{self._code_text()} {self.name}: {self.description}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self._code_text()}: {self.name}'>"


class _Twin:
    """Makes an HTTP error an ordinary exception (`_twin`) as well.

    What the ordinary one says may quote the request or name a variable, so that the page tells it
    only if `show_exception` is set: in debug mode.
    """

    _twin: type[BaseException]
    _description: str | None = None
    show_exception = False

    def __init__(self, arg: object = None, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        # None is what abort() leaves out; KeyError() and KeyError(None) say different things.
        self._twin.__init__(self, *(() if arg is None else (arg,)))  # type: ignore[arg-type]

    @property
    def description(self) -> str | None:
        """The sentence for the reader and, if `show_exception` is set, the other exception's."""
        if not self.show_exception:
            return self._description
        told = self._twin.__str__(self)  # type: ignore[arg-type]
        return f"{self._description}\n{self._twin.__name__}: {told}"

    @description.setter
    def description(self, value: str | None) -> None:
        self._description = value


class BadRequest(HTTPException, code=400):
    """*400*: the request itself is wrong, whoever sends it."""


class BadRequestKeyError(_Twin, BadRequest, KeyError):
    """*400*: a form field, an argument or a cookie is missing. A KeyError as well, as the multi
    dicts that raise it are dicts."""

    _twin = KeyError
    _description = BadRequest.description


# Kinds of 400 have classes of their own, so that a handler or a log filter can tell them apart.
class ClientDisconnected(BadRequest):
    """*400*: the client went away while its request was read. Nobody will see the page."""


class SecurityError(BadRequest):
    """*400*: the request looks like an attack, or names a host that is not trusted."""


class BadHost(BadRequest):
    """*400*: the Host header is malformed."""


class Unauthorized(HTTPException, code=401):
    """*401*: credentials are missing or wrong.

    *www_authenticate* is one challenge or several; each becomes a header line of its own, since
    challenges contain commas and clients split joined ones badly (RFC 9110 11.6.1).
    """

    def __init__(
        self, description: Text = None, response: Answer = None, www_authenticate: t.Any = None
    ) -> None:
        super().__init__(description, response)
        # The type is asked, not the value: a challenge answers to any attribute with a parameter.
        several = hasattr(type(www_authenticate), "__iter__")
        if www_authenticate is not None and (isinstance(www_authenticate, str) or not several):
            www_authenticate = (www_authenticate,)
        self.www_authenticate = www_authenticate

    def _more_headers(self) -> HeaderList:
        return [("WWW-Authenticate", str(each)) for each in self.www_authenticate or ()]


class Forbidden(HTTPException, code=403):
    """*403*: known, or unknown, but not allowed."""


class NotFound(HTTPException, code=404):
    """*404*: nothing is there."""


class MethodNotAllowed(HTTPException, code=405):
    """*405*: the URL is known, but not with this method. *valid_methods* go into ``Allow``, which
    RFC 9110 (15.5.6) demands."""

    def __init__(
        self, valid_methods: t.Iterable[str] | None = None, description: Text = None, response: Answer = None
    ) -> None:
        super().__init__(description, response)
        self.valid_methods = valid_methods

    def _more_headers(self) -> HeaderList:
        # An empty Allow would say that no method at all is supported (RFC 9110 10.2.1).
        return [("Allow", ", ".join(self.valid_methods))] if self.valid_methods else []


class NotAcceptable(HTTPException, code=406):
    """*406*: nothing that could be sent is accepted by the client."""


class RequestTimeout(HTTPException, code=408):
    """*408*: the request took too long to arrive."""


class Conflict(HTTPException, code=409):
    """*409*: the resource is in a state that the request did not expect."""


class Gone(HTTPException, code=410):
    """*410*: it was there, and will not come back."""


class LengthRequired(HTTPException, code=411):
    """*411*: a body without Content-Length."""


class PreconditionFailed(HTTPException, code=412):
    """*412*: If-Match, If-None-Match or If-Unmodified-Since did not hold."""


class RequestEntityTooLarge(HTTPException, code=413):
    """*413*: the body, or a part or a count in it, exceeds a limit."""


class RequestURITooLarge(HTTPException, code=414):
    """*414*: the URL exceeds a limit."""


class UnsupportedMediaType(HTTPException, code=415):
    """*415*: the body is of a type that is not understood here."""


class RequestedRangeNotSatisfiable(HTTPException, code=416):
    """*416*: a Range that the resource has not. Its *length* tells the client what it has (RFC 9110
    14.4)."""

    def __init__(
        self, length: Length = None, units: str = "bytes", description: Text = None, response: Answer = None
    ) -> None:
        super().__init__(description, response)
        self.length = length
        self.units = units

    def _more_headers(self) -> HeaderList:
        # Without a length "bytes */*" is no valid header (RFC 9110 14.4), so that none is sent.
        known = self.length is not None
        return [("Content-Range", f"{self.units} */{self.length}")] if known else []


class ExpectationFailed(HTTPException, code=417):
    """*417*: an Expect header that cannot be met."""


class ImATeapot(HTTPException, code=418):
    """*418*: RFC 2324."""


class MisdirectedRequest(HTTPException, code=421):
    """*421*: the request was meant for another server."""


class UnprocessableEntity(HTTPException, code=422):
    """*422*: well-formed, but what it says cannot be done."""


class Locked(HTTPException, code=423):
    """*423*: the resource is locked (RFC 4918)."""


class FailedDependency(HTTPException, code=424):
    """*424*: an action that this one needs has failed."""


class PreconditionRequired(HTTPException, code=428):
    """*428*: a change without If-Match could overwrite somebody else's (RFC 6585 3)."""


class _RetryAfter(HTTPException):
    """Errors that pass: *retry_after*, seconds or a datetime, becomes the header of that name."""

    def __init__(
        self, description: Text = None, response: Answer = None, retry_after: datetime | int | None = None
    ) -> None:
        super().__init__(description, response)
        self.retry_after = retry_after

    def _more_headers(self) -> HeaderList:
        when: t.Any = self.retry_after
        # Seconds or a date, RFC 9110 10.2.3 allows both; 0 is left out, as "at once" is no wish to
        # wait.
        if not hasattr(when, "utctimetuple"):
            return [("Retry-After", str(when))] if when else []
        # A date is rare enough to let the standard library's slow modules write it. A naive one is
        # UTC, as everywhere in responses.
        from calendar import timegm
        from email.utils import formatdate

        return [("Retry-After", formatdate(timegm(when.utctimetuple()), usegmt=True))]


class TooManyRequests(_RetryAfter, code=429):
    """*429*: this client asks too often (RFC 6585 4)."""


class RequestHeaderFieldsTooLarge(HTTPException, code=431):
    """*431*: a header, or all of them, exceed a limit."""


class UnavailableForLegalReasons(HTTPException, code=451):
    """*451*: withheld by law (RFC 7725)."""


class InternalServerError(HTTPException, code=500):
    """*500*: the application failed. `original_exception` is what it failed with, for the handler
    of 500; None if the error was raised or aborted with by name."""

    def __init__(
        self, description: Text = None, response: Answer = None, original_exception: Cause = None
    ) -> None:
        # For handlers and logs, never shown on the page: it may tell about the inside.
        self.original_exception = original_exception
        super().__init__(description, response)


# It hides the built-in of that name in this module, as it does in Werkzeug; nothing here compares.
class NotImplemented(HTTPException, code=501):
    """*501*: a method that this server does not know at all."""


class BadGateway(HTTPException, code=502):
    """*502*: the server behind this one answered nonsense."""


class ServiceUnavailable(_RetryAfter, code=503):
    """*503*: not now."""


class GatewayTimeout(HTTPException, code=504):
    """*504*: the server behind this one did not answer in time."""


class HTTPVersionNotSupported(HTTPException, code=505):
    """*505*: a version of HTTP that is not spoken here."""


#: Code -> class. A base is defined before its kin, so the first of a code is the general one.
default_exceptions: dict[int, type[HTTPException]] = {}
for _value in tuple(globals().values()):
    if isinstance(_value, type) and issubclass(_value, HTTPException) and _value.code:
        default_exceptions.setdefault(_value.code, _value)


class Aborter:
    """Raises the error for a code; called with a response, raises that.

    *mapping* is code -> class, by default that of the whole family; *extra* adds to it. Each
    application has its own (``app.aborter``), so that its own codes can be aborted with.
    """

    def __init__(self, mapping: Codes = None, extra: Codes = None) -> None:
        # A copy, as applications add codes of their own.
        self.mapping = dict(default_exceptions if mapping is None else mapping)
        self.mapping.update(extra or {})

    def __call__(self, code: int | Response, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        error = self.mapping.get(code)  # type: ignore[arg-type]
        if error is not None:
            raise error(*args, **kwargs)
        # The class is asked last: its import costs more than all the rest.
        if not isinstance(code, int) and isinstance(code, _response_class()):
            raise HTTPException(response=code)
        raise LookupError(
            f"no exception for {code!r}: abort() takes a response, or one of the codes"
            f" {', '.join(map(str, self.mapping))}; others are added to the aborter's mapping"
        )


_aborter = Aborter()


def abort(status: int | Response, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
    """Raise the error for *status*, a code or a response; the rest goes to the error's class.

    >>> abort(405, ["GET", "HEAD"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    microweb.exceptions.MethodNotAllowed: 405 Method Not Allowed: The method is not allowed ...
    """
    _aborter(status, *args, **kwargs)

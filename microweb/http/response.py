"""The response as an object that is a WSGI application.

The rule: *a plain answer is a status, a type and a length*. Most responses are made of a text and
sent; nobody looks at their headers. So `__init__` keeps the encoded body and nothing else, status
and type are the class's, and a `Headers` object comes into being when somebody asks for `headers`.
`__call__` is the whole theory: either the response is still `_plain`, and two tuples are all that
there is to say, or it takes the exact way through `get_wsgi_response`: copy the headers, correct
them for this request, wrap the body so that `close` is called.

Whatever makes a response more than plain - headers touched, a status without a body, a callback, a
body that is not a list of bytes, a subclass that overrides a step - clears `_plain`, on the
instance or once per class.

The headers are the only state: an attribute of `ResponseHeaders` parses its header when it is read and writes
it when it is assigned; a value that can be changed in place (a set, a cache policy, a challenge) is given a
callback that writes it back. So headers and attributes cannot disagree.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from io import RawIOBase
from operator import attrgetter

from ..exceptions import HTTP_STATUS_CODES
from .headers import Headers, remove_entity_headers
from .properties import (
    Message,
    WritableContentType,
    cached_property,
    challenge_header,
    get_content_type,
    header_property,
    live_header,
    resolve,
)
from .wsgi import ClosingIterator, RangeWrapper, run_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime, timedelta

    from _typeshed.wsgi import StartResponse, WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment as Environ

    from .auth import WWWAuthenticate
    from .caching import ContentRange
    from .datastructures import HeaderSet
    from .directives import ContentSecurityPolicy, ResponseCacheControl
    from .request import Request

    Body = t.Union[t.Iterable[bytes], t.Iterable[str], str, bytes, None]
    Callback = t.Callable[[], t.Any]
    Asked = t.Union[Environ, Request]
    Unit = t.Union[bool, str]
    Length = t.Optional[int]
    Self = t.TypeVar("Self", bound="Response")

#: "404 NOT FOUND" for 404: in capitals, as clients and tests of this family of frameworks expect.
STATUS_LINES = {code: f"{code} {text.upper()}" for code, text in HTTP_STATUS_CODES.items()}

#: RFC 9112 6.3: answers of these kinds end at the empty line, whatever their headers say.
BODILESS = frozenset((*range(100, 200), 204, 304))

#: What a request compares with the validators of a response.
_CONDITIONS = [f"HTTP_IF_{name}" for name in ("MATCH", "NONE_MATCH", "MODIFIED_SINCE", "RANGE")]

#: A subclass that defines one of these is never plain.
_STEPS = (
    "headers get_wsgi_response get_wsgi_headers get_app_iter iter_encoded close status status_code response"
)

# The codecs of the table below, by the names that `properties.resolve` knows.
_LOAD_DATE, _DUMP_DATE = "dates.parse_date", "dates.http_date"
_LOAD_SET, _DUMP_SET = "datastructures.parse_set_header", "options.dump_header"
_LOAD_CSP, _LOAD_CACHE_CONTROL = "directives.parse_csp_header", "directives.parse_response_cache_control"


# A date is known by its method: importing datetime costs more than this header is worth.
def _dump_retry(value: t.Any) -> str:
    return resolve(_DUMP_DATE)(value) if hasattr(value, "utctimetuple") else str(value)


def _if_true(value: bool) -> str | None:
    # Fetch 3.2.3: the header has one value; anything but its presence with "true" means no.
    return "true" if value is True else None


class COEP(Enum):
    """Cross-Origin-Embedder-Policy: what may be loaded from elsewhere."""

    UNSAFE_NONE = "unsafe-none"
    REQUIRE_CORP = "require-corp"


class COOP(Enum):
    """Cross-Origin-Opener-Policy: which other windows can reach this one."""

    UNSAFE_NONE = "unsafe-none"
    SAME_ORIGIN_ALLOW_POPUPS = "same-origin-allow-popups"
    SAME_ORIGIN = "same-origin"


# The type of an attribute is that of its annotation.
header: t.Any = header_property
live: t.Any = live_header
challenge: t.Any = challenge_header


def _policy(name: str, kind: type[Enum]) -> t.Any:
    """A header whose value is a member of an enum; the least strict one if it is missing or unknown."""
    return header_property(name, kind("unsafe-none"), kind, attrgetter("value"))


class ResponseHeaders(WritableContentType, Message):
    """The attributes of a response that follow from its headers."""

    if TYPE_CHECKING:
        headers: Headers

    location: str | None = header("Location")
    age: t.Any = header("Age", None, "dates.parse_age", "dates.dump_age")
    content_type: str | None = header("Content-Type")
    content_length: int | None = header("Content-Length", None, int, str)
    content_location: str | None = header("Content-Location")
    content_encoding: str | None = header("Content-Encoding")
    content_md5: str | None = header("Content-MD5")
    date: t.Any = header("Date", None, _LOAD_DATE, _DUMP_DATE)
    expires: t.Any = header("Expires", None, _LOAD_DATE, _DUMP_DATE)
    last_modified: t.Any = header("Last-Modified", None, _LOAD_DATE, _DUMP_DATE)
    accept_ranges: str | None = header("Accept-Ranges")

    vary: HeaderSet = live("Vary", load_func=_LOAD_SET)
    content_language: HeaderSet = live("Content-Language", load_func=_LOAD_SET)
    allow: HeaderSet = live("Allow", load_func=_LOAD_SET)
    cache_control: ResponseCacheControl = live("Cache-Control", load_func=_LOAD_CACHE_CONTROL)
    content_range: ContentRange = live("Content-Range", load_func="caching.live_content_range")
    content_security_policy: ContentSecurityPolicy = live("Content-Security-Policy", load_func=_LOAD_CSP)
    content_security_policy_report_only: ContentSecurityPolicy = live(
        "Content-Security-Policy-Report-Only", load_func=_LOAD_CSP
    )

    access_control_allow_headers: t.Any = header("Access-Control-Allow-Headers", None, _LOAD_SET, _DUMP_SET)
    access_control_allow_methods: t.Any = header("Access-Control-Allow-Methods", None, _LOAD_SET, _DUMP_SET)
    access_control_allow_origin: str | None = header("Access-Control-Allow-Origin")
    access_control_expose_headers: t.Any = header("Access-Control-Expose-Headers", None, _LOAD_SET, _DUMP_SET)
    access_control_max_age: int | None = header("Access-Control-Max-Age", None, int, str)
    #: Whether scripts of other origins may see the answer to a request with credentials.
    access_control_allow_credentials: bool = header("Access-Control-Allow-Credentials", False, bool, _if_true)
    cross_origin_opener_policy: COOP = _policy("Cross-Origin-Opener-Policy", COOP)
    cross_origin_embedder_policy: COEP = _policy("Cross-Origin-Embedder-Policy", COEP)

    #: The first challenge; changing it changes the header. Assign one, a list of them, or None.
    www_authenticate: WWWAuthenticate = challenge("WWW-Authenticate", load_func="auth.live_challenge")

    #: When to come back; assign a date or a number of seconds.
    retry_after: t.Any = header("Retry-After", None, "dates.parse_retry_after", _dump_retry)

    def set_etag(self, etag: str, weak: bool = False) -> None:
        """Set the entity tag, quoted."""
        from .caching import quote_etag

        self.headers["ETag"] = quote_etag(etag, weak)

    def get_etag(self) -> tuple[str, bool] | tuple[None, None]:
        """The entity tag and whether it is weak; `(None, None)` without one."""
        from .caching import unquote_etag

        return unquote_etag(self.headers.get("ETag"))  # type: ignore[return-value]

    # Cookies

    #: Warn of a Set-Cookie over this many bytes, which browsers drop; 0: never.
    max_cookie_size = 4093

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: timedelta | int | None = None,
        expires: str | datetime | float | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Add a Set-Cookie header; the arguments are what `cookies.dump_cookie` says."""
        from .cookies import dump_cookie

        more = True, self.max_cookie_size, samesite, partitioned
        cookie = dump_cookie(key, value, max_age, expires, path, domain, secure, httponly, *more)
        self.headers.add("Set-Cookie", cookie)

    def delete_cookie(self, key: str, *args: t.Any, **options: t.Any) -> None:
        """Make the client forget a cookie. `path="/"` and `domain` must be those it was set with; the
        further options of `set_cookie` are safest if they are, too.
        """
        # Both: old clients know Expires alone, and Max-Age wins where it is known (RFC 6265 5.3).
        self.set_cookie(key, "", 0, 0, *args, **options)


# Bound once: the shortest way of a plain answer has no attribute to look up.
_join = b"".join

_NEEDED = "The body is needed as bytes, but it is an iterable that must not be consumed:"


@lru_cache(maxsize=64)
def _line_of_type(mimetype: str) -> tuple[str, str]:
    """The finished header of a media type; a response has one of few."""
    return Headers({"Content-Type": get_content_type(mimetype, "utf-8")}).to_wsgi_list()[0]


class Response(ResponseHeaders):
    """A response: body, status and headers.

    :param response: text or bytes; or a list of them; or any iterable, which is then streamed.
    :param status: a code, or a line like ``"404 Not Found"``; 200 by default.
    :param headers: a mapping, pairs, or a `Headers` object, which is kept and not copied.
    :param mimetype: the content type without charset; the charset is added to textual types.
    :param content_type: the whole content type, which wins over `mimetype`.
    :param direct_passthrough: hand the iterable to the server as it is, as `wsgi.file_wrapper`
    needs.
    """

    #: The status of a response that is given none.
    default_status: int | str = 200
    #: The content type of a response that is given none; None: it has none.
    default_mimetype: str | None = "text/plain"
    #: Consume an iterable body where its bytes are needed. False: raise RuntimeError instead.
    implicit_sequence_conversion = True
    #: Make a relative Location absolute.
    autocorrect_location_header = False
    #: Set Content-Length where it can be known without consuming the body.
    automatically_set_content_length = True

    direct_passthrough = False
    response: t.Any

    _status = STATUS_LINES[200]
    _status_code = 200
    _headers: Headers | None = None
    # Fields that a plain response has beside its type and length; `headers`, once made, holds them.
    _added: tuple[tuple[str, str], ...] = ()
    _type_line: tuple[str, str] | None = _line_of_type("text/plain")
    _closers: t.Sequence[Callback] = ()
    _plain = True
    # False: the body was given as an iterable, whose length `headers` does not know before it is
    # sent.
    _measured = True

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.settle()

    @classmethod
    def settle(cls) -> None:
        """Compute what the defaults of the class come to; again if they were changed afterwards."""
        mimetype = cls.default_mimetype
        cls._status, cls._status_code = _clean_status(cls.default_status)
        cls._type_line = None if mimetype is None else _line_of_type(mimetype)
        cls._plain = (
            all(getattr(cls, step, None) is getattr(Response, step, None) for step in _STEPS.split())
            and cls.automatically_set_content_length
            and mimetype is not None
            and cls._status_code not in BODILESS
        )

    @classmethod
    def plain_type(cls) -> tuple[str, str] | None:
        """The Content-Type header of a response made of a text alone, if that is all there is to it.

        None where the class makes something else of it: it has to be asked then.
        """
        own = cls.__init__ is not Response.__init__ or cls.__call__ is not Response.__call__
        return cls._type_line if cls._plain and not own and cls._status_code == 200 else None

    def __init__(
        self,
        response: Body = None,
        status: int | str | None = None,
        headers: t.Any = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        if type(response) is str:
            self.response = [response.encode("utf-8", "replace")]
        elif response is None:
            self.response = []
        elif isinstance(response, (str, bytes, bytearray)):
            self.response = [_encode(response)]
        else:
            self.response = response
            self._measured = False
        if headers is not None or content_type is not None:
            self._init_headers(headers, mimetype, content_type)
        elif mimetype is not None:
            self._type_line = _line_of_type(mimetype)
        # By the property: a subclass may check there, and a status without a body is not plain.
        if status is not None:
            self.status = status
        if direct_passthrough:
            self.direct_passthrough = True
            self._plain = False

    # The status

    @property
    def status(self) -> str:
        """The code and the reason: `"200 OK"`."""
        return self._status

    @status.setter
    def status(self, value: str | int) -> None:
        self._status, self._status_code = _clean_status(value)
        if self._status_code in BODILESS:
            self._plain = False

    @property
    def status_code(self) -> int:
        """The code alone."""
        return self._status_code

    @status_code.setter
    def status_code(self, code: int) -> None:
        self.status = code

    # The headers

    @property
    def headers(self) -> Headers:
        """The headers; made when first asked for."""
        return self._init_headers(None, None, None) if self._headers is None else self._headers

    @headers.setter
    def headers(self, value: Headers) -> None:
        self._headers = value if isinstance(value, Headers) else Headers(value)
        self._plain = False

    def _init_headers(self, given: t.Any, mimetype: str | None, content_type: str | None) -> Headers:
        self._plain = False
        headers = self._headers = given if isinstance(given, Headers) else Headers(given)
        if content_type is not None:
            headers["Content-Type"] = content_type
        elif mimetype is not None:
            headers["Content-Type"] = _line_of_type(mimetype)[1]
        elif self._type_line is not None and (given is None or "Content-Type" not in headers):
            headers._list.append(self._type_line)
        self._set_length(headers)
        headers._list += self._added
        return headers

    def _append(self, name: str, value: str) -> None:
        """Add a field that is known to be good, and new; a plain response stays plain."""
        if self._plain:
            self._added = (*self._added, (name, value))
        else:
            self.headers.add(name, value)

    def _set_length(self, headers: Headers) -> None:
        # A body given as one text or bytes is measured at once; that of a list is when it is sent.
        if self._measured and self.response and self.automatically_set_content_length:
            length = _length(self.response)
            if length >= 0:
                headers["Content-Length"] = str(length)

    # The body

    def get_data(self, as_text: bool = False) -> t.Any:
        """The whole body as bytes, or as text; an iterable is consumed, and kept as a list."""
        self._ensure_sequence()
        data = b"".join(self.iter_encoded())
        return data.decode() if as_text else data

    def set_data(self, value: bytes | str) -> None:
        """Replace the body."""
        self.response = [_encode(value)]
        # The new body is a list of one block again, whatever was there before.
        self._measured = True
        if self._headers is not None:
            self._set_length(self._headers)

    @property
    def data(self) -> bytes:
        """The body: `get_data()` and `set_data()`."""
        return self.get_data()  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: bytes | str) -> None:
        self.set_data(value)

    def iter_encoded(self) -> t.Iterator[bytes]:
        """The body's blocks as bytes."""
        return (block if isinstance(block, bytes) else _encode(block) for block in self.response)

    def calculate_content_length(self) -> int | None:
        """How long the body is; None if that cannot be known without consuming it."""
        try:
            self._ensure_sequence()
        except RuntimeError:
            return None
        return sum(map(len, self.iter_encoded()))

    def make_sequence(self) -> None:
        """Consume an iterable body and keep it as a list."""
        if self.is_sequence:
            return
        body, self.response = self.response, list(self.iter_encoded())
        # The list that takes its place has nothing to close.
        if hasattr(body, "close"):
            self.call_on_close(body.close)

    def _ensure_sequence(self) -> None:
        if not self.is_sequence and self.direct_passthrough:
            raise RuntimeError(f"{_NEEDED} direct_passthrough is on. Set direct_passthrough = False first.")
        if not self.is_sequence and not self.implicit_sequence_conversion:
            raise RuntimeError(f"{_NEEDED} implicit_sequence_conversion is off. Call make_sequence() first.")
        self.make_sequence()

    @property
    def is_sequence(self) -> bool:
        """Whether the body is a list or tuple, so that its length is known."""
        return isinstance(self.response, (tuple, list))

    @property
    def is_streamed(self) -> bool:
        """Whether the body is an iterable of unknown length."""
        return not hasattr(self.response, "__len__")

    @cached_property
    def stream(self) -> ResponseStream:
        """The body as a file to write to."""
        return ResponseStream(self)

    def freeze(self) -> None:
        """Make the response independent of everything, to be pickled: body as a list, length,
        ETag.
        """
        self.response = list(self.iter_encoded())
        self.content_length = sum(map(len, self.response))
        self.add_etag()

    # The end

    def call_on_close(self, func: t.Callable[[], t.Any]) -> Callback:
        """Call a function when the server is done with the response; also a decorator."""
        self._on_close.append(func)
        return func

    @property
    def _on_close(self) -> list[Callback]:
        """The callbacks. Programs for Werkzeug take over those of another response here."""
        self._plain = False
        return self.__dict__.setdefault("_closers", [])  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the body and run the callbacks."""
        close = getattr(self.response, "close", None)
        run_all(self._closers if close is None else (close, *self._closers))

    def __repr__(self) -> str:
        body = "streamed" if self.is_streamed else "likely-streamed"
        if self.is_sequence:
            body = f"{sum(map(len, self.iter_encoded()))} bytes"
        return f"<{type(self).__name__} {body} [{self.status}]>"

    # As a WSGI application

    def __call__(self, environ: Environ, start_response: StartResponse) -> t.Iterable[bytes]:
        """Start the response and return its body."""
        body = self.response
        if self._plain and type(body) is list and environ["REQUEST_METHOD"] != "HEAD":
            try:
                length = len(_join(body))  # of one block, without a copy
            except TypeError:
                pass  # text among the bytes: the exact way encodes it
            else:
                line = self._type_line
                start_response(self._status, [line, ("Content-Length", str(length)), *self._added])  # type: ignore[list-item]
                return body
        iterable, status, headers = self.get_wsgi_response(environ)
        start_response(status, headers)
        return iterable

    def get_wsgi_response(self, environ: Environ) -> tuple[t.Iterable[bytes], str, list[tuple[str, str]]]:
        """What goes to the server, for this request: `(iterable, status, headers)`."""
        # Headers first: a subclass may still change the status there.
        headers = self.get_wsgi_headers(environ).to_wsgi_list()
        return self.get_app_iter(environ), self.status, headers

    def get_wsgi_headers(self, environ: Environ) -> Headers:
        """A copy of the headers, made right: URLs encoded, lengths as the status demands."""
        headers: Headers = Headers._from_checked(list(self.headers))
        names = {name.lower() for name, _ in headers}
        for name in ("Location", "Content-Location"):
            if name.lower() in names:
                headers[name] = self._make_uri(headers[name], name == "Location", environ)
        status = self.status_code
        if status == 304:
            # RFC 9110 15.4.5: what describes a body goes; the client keeps what it knows.
            remove_entity_headers(headers)
        elif status in BODILESS:
            headers.remove("Content-Length")
        elif "content-length" not in names and self.automatically_set_content_length and self.is_sequence:
            headers["Content-Length"] = str(sum(map(len, self.iter_encoded())))
        return headers

    def _make_uri(self, url: str, is_location: bool, environ: Environ) -> str:
        from .urls import iri_to_uri

        # RFC 9110 10.2.2: relative is fine, and safe behind a proxy; only old clients want it whole.
        if not (is_location and self.autocorrect_location_header):
            return iri_to_uri(url)
        from urllib.parse import urljoin

        from .request import Request

        return urljoin(iri_to_uri(Request(environ).base_url), iri_to_uri(url))

    def get_app_iter(self, environ: Environ) -> t.Iterable[bytes]:
        """The body for this request: empty for HEAD and where the status allows none."""
        body = self.response
        if environ["REQUEST_METHOD"] == "HEAD" or self.status_code in BODILESS:
            return ClosingIterator((), self.close)
        if self.direct_passthrough:
            return body  # type: ignore[no-any-return]
        # Nothing to encode and nothing to close: the list is the iterable.
        if type(self)._plain and not self._closers and _length(body) >= 0:
            return body  # type: ignore[no-any-return]
        return ClosingIterator(self.iter_encoded(), self.close)

    # From other things

    @classmethod
    def force_type(cls: type[Self], response: t.Any, environ: Environ | None = None) -> Self:
        """Turn a response into one of this class, in place; or, with an environ, a WSGI
        application.

        The first keeps its `__init__` from running: a class that has one must do without it here.
        """
        if not isinstance(response, Response):
            if environ is None:
                raise TypeError("A WSGI application becomes a response by being called: pass an environ.")
            response = Response.from_app(response, environ)
        # What the old class had as defaults, the instance now has as its own.
        # Reading finds the class' value, assigning makes it the instance's.
        response._type_line, response._plain = response._type_line, response._plain and cls._plain
        response._status, response._status_code = response._status, response._status_code
        response.__class__ = cls
        return response  # type: ignore[no-any-return]

    @classmethod
    def from_app(cls: type[Self], app: WSGIApplication, environ: Environ, buffered: bool = False) -> Self:
        """Call a WSGI application and make a response of what it answers."""
        # A tool for scripts and tests: only who calls this loads it.
        from .builder import run_wsgi_app

        return cls(*run_wsgi_app(app, environ, buffered))

    # JSON

    def get_json(self, force: bool = False, silent: bool = False) -> t.Any:
        """Parse the body as JSON.

        :param force: whatever the content type says.
        :param silent: return None for what is no JSON, instead of raising ValueError.
        """
        try:
            return self.json_module.loads(self.get_data()) if force or self.is_json else None
        except ValueError:
            if not silent:
                raise
            return None

    # Conditional answers

    def add_etag(self, overwrite: bool = False, weak: bool = False) -> None:
        """Set an ETag made from the body, unless there is one."""
        if overwrite or "ETag" not in self.headers:
            from .caching import generate_etag

            self.set_etag(generate_etag(self.get_data()), weak)

    def make_conditional(
        self: Self, request_or_environ: Asked, accept_ranges: Unit = False, complete_length: Length = None
    ) -> Self:
        """Become a 304, 206, 412 or 416 if the request's conditions say so; returns itself.

        :param accept_ranges: offer ranges: the unit, True for `bytes`.
        :param complete_length: how long the body is; without it no range is served.
        :raises RequestedRangeNotSatisfiable: for a range outside the body.
        """
        environ: t.Any = request_or_environ
        environ = getattr(environ, "environ", environ)
        # RFC 9110 13.1: what these conditions guard is a transfer; other methods know their own.
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self
        headers = self.headers
        # RFC 9110 6.6.1: caches reckon ages from it, after a 304 as well.
        if "Date" not in headers:
            headers._list.append(("Date", resolve(_DUMP_DATE)()))
        in_part = self._serve_range(environ, complete_length, accept_ranges)
        if not (in_part or _is_modified(self, environ, True)):
            from .caching import parse_etags

            # RFC 9110 13.2.2: what If-Match guards fails; what If-None-Match asks for is known already.
            self.status_code = 412 if parse_etags(environ.get("HTTP_IF_MATCH")) else 304
        if self.automatically_set_content_length and "Content-Length" not in headers:
            self.content_length = self.calculate_content_length()
        return self

    def _serve_range(self, environ: Environ, length: int | None, unit: bool | str) -> bool:
        """Cut the body to the one range that is asked for; False if the whole is to be sent."""
        if not unit:
            return False
        unit = self.headers["Accept-Ranges"] = "bytes" if unit is True else unit
        header = environ.get("HTTP_RANGE", "")
        # RFC 9110 14.2: a unit that is not ours is ignored; so are several ranges, which may ask for more
        # than the whole (CVE-2025-62727).
        if not length or "," in header or not header.startswith(f"{unit}="):
            return False
        # RFC 9110 13.1.5: a range of what the client has an older version of is useless to it.
        if "HTTP_IF_RANGE" in environ and _is_modified(self, environ, False):
            return False
        from ..exceptions import RequestedRangeNotSatisfiable
        from .caching import parse_range_header

        asked = parse_range_header(header)
        part: t.Any = asked and asked.make_content_range(length)
        if not part:
            # Nobody will send this response: what it holds, like an open file, is let go.
            self.close()
            raise RequestedRangeNotSatisfiable(length)
        # Exactly what is cut: a wrong length would let the connection run out of step.
        self.content_length = part.stop - part.start
        self.content_range = part
        self.status_code = 206
        self.response = RangeWrapper(self.response, part.start, self.content_length)
        return True


def _is_modified(response: Response, environ: Environ, ignore_if_range: bool) -> bool:
    # Most requests are somebody's first: nothing is parsed to find that out.
    if environ.keys().isdisjoint(_CONDITIONS):
        return True
    from .caching import is_resource_modified

    tag, date = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return is_resource_modified(environ, tag, None, date, ignore_if_range)


def _clean_status(value: str | int) -> tuple[str, int]:
    """The line and the code. ValueError for what is no status, or would break out of the line."""
    if isinstance(value, int):
        code = int(value)
        return STATUS_LINES.get(code) or f"{code} UNKNOWN", code
    line = value.strip()
    if not line:
        raise ValueError("Empty status argument: pass a code like 404, or '404 Not Found'.")
    # A reason from user input must not end the line (CVE-2025-67724), nor the head.
    if not (line.isascii() and line.isprintable() and len(line) <= 132):
        raise ValueError(f"The status {line[:40]!r} must be up to 132 printable ASCII characters.")
    number, has_reason, _ = line.partition(" ")
    if not (number.isdigit() and len(number) <= 9):
        return f"0 {line}", 0
    code = int(number)
    return (line, code) if has_reason else _clean_status(code)


def _encode(value: str | bytes | bytearray) -> bytes:
    if not isinstance(value, str):
        # By a view: bytes(5) would be five zeros, and a list of numbers in a body is a mistake.
        return value if type(value) is bytes else bytes(memoryview(value))
    # A lone surrogate, as JSON can carry in, has no UTF-8: it becomes "?", not an error at the last
    # step.
    return value.encode(errors="replace")


def _length(body: t.Any) -> int:
    """The length of a list of bytes; -1 for anything else."""
    try:
        return len(_join(body)) if type(body) is list else -1
    except TypeError:
        return -1


class ResponseStream(RawIOBase):
    """A file that appends what is written to it to the body of a response."""

    mode = "wb+"
    encoding = "utf-8"

    def __init__(self, response: Response) -> None:
        self.response = response

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, value: t.Any) -> int:
        """Append a block, of bytes or text."""
        if self.closed:
            raise ValueError("I/O operation on closed file")
        response = self.response
        response._ensure_sequence()
        # Not encoded: who looks at the body finds what was put in.
        if isinstance(response.response, tuple):
            response.response = list(response.response)
        response.response.append(value)
        response.headers.pop("Content-Length", None)
        return len(value)

    def tell(self) -> int:
        """How long the body is."""
        self.response._ensure_sequence()
        return sum(map(len, self.response.response))

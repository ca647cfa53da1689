"""What a response's headers say, each as a Python value that can be read and assigned.

The rule: the headers are the only state. An attribute parses its header when it is read and writes
it when it is assigned; a value that can be changed in place (a set, a cache policy, a challenge) is
given a callback that writes it back. So headers and attributes cannot disagree.

As in the request, the parsers of headers that few responses have are imported by the attribute that
needs them: the small functions at the top do nothing else.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from .properties import header_property, live_header, resolve
from .request_headers import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .auth import WWWAuthenticate
    from .caching import ResponseCacheControl
    from .csp import COEP, COOP, ContentSecurityPolicy
    from .datastructures import CallbackDict, HeaderSet
    from .headers import Headers
    from .ranges import ContentRange

# The codecs of the table below, by the names that `properties.resolve` knows.
_LOAD_DATE, _DUMP_DATE = "dates.parse_date", "dates.http_date"
_LOAD_SET, _DUMP_SET = "datastructures.parse_set_header", "options.dump_header"
_LOAD_CSP, _VALUE = "csp.parse_csp_header", attrgetter("value")


def _load_cache_control(value: str | None, on_update: t.Callable[[t.Any], None]) -> ResponseCacheControl:
    from .caching import ResponseCacheControl, parse_cache_control_header

    parsed: ResponseCacheControl = parse_cache_control_header(value, on_update, ResponseCacheControl)
    return parsed


def _load_retry(value: str) -> datetime:
    # RFC 9110 10.2.3: a date, or seconds from now.
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return resolve(_LOAD_DATE)(value)  # type: ignore[no-any-return]
    from datetime import datetime, timedelta, timezone

    return datetime.now(timezone.utc) + timedelta(seconds=int(value))


# A date is known by its method: importing datetime costs more than this header is worth.
def _dump_retry(value: t.Any) -> str:
    return resolve(_DUMP_DATE)(value) if hasattr(value, "utctimetuple") else str(value)


def _dump_credentials(value: bool) -> str | None:
    # Fetch 3.2.3: the header has one value; anything but its presence with "true" means no.
    return "true" if value is True else None


class _policy_header(header_property):  # noqa: N801
    """A header whose value is a member of an enum; the least strict one if it is missing or unknown."""

    def __get__(self, instance: t.Any, owner: type | None = None) -> t.Any:
        value = super().__get__(instance, owner)
        return resolve(self.load_func)("unsafe-none") if value is None else value


def _load_challenge(value: str | None, on_update: t.Callable[[t.Any], None]) -> WWWAuthenticate:
    from .auth import WWWAuthenticate

    # Without one a challenge to be filled in: assigning its parameters then sends it.
    challenge: WWWAuthenticate = WWWAuthenticate.from_header(value) or WWWAuthenticate("basic")
    challenge._on_update = on_update
    return challenge


class _challenge_header(live_header):  # noqa: N801
    """A header of challenges; a list of them makes a line each."""

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        # Not one line for all: clients that split it at commas find commas in the parameters too.
        values = value if isinstance(value, list) else [value] if value else []
        instance.headers.setlist(self.name, [each.to_header() for each in values])
        if value is not values and value:
            value._on_update = partial(self._store, instance.headers)


# The type of an attribute is that of its annotation.
header: t.Any = header_property
live: t.Any = live_header
policy: t.Any = _policy_header
challenge: t.Any = _challenge_header


class WritableContentType:
    """`content_type` in parts, for what has headers to be changed: responses, and requests in the making."""

    content_type: t.Any

    @property
    def mimetype(self) -> str | None:
        """The content type without its parameters; assigning text types adds the charset."""
        # Of the property, which may know a type that no header says yet.
        value = self.content_type
        return value.partition(";")[0].strip() if value else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.content_type = get_content_type(value, "utf-8")

    @property
    def mimetype_params(self) -> CallbackDict[str, str]:
        """The parameters of the content type; changing the dict changes the header."""
        from .datastructures import CallbackDict
        from .options import dump_options_header, parse_options_header

        def on_update(params: t.Any) -> None:
            self.content_type = dump_options_header(self.mimetype, params)

        return CallbackDict(parse_options_header(self.content_type)[1], on_update)


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
    cache_control: ResponseCacheControl = live("Cache-Control", load_func=_load_cache_control)
    content_range: ContentRange = live(
        "Content-Range", "ranges.ContentRange", "ranges.parse_content_range_header"
    )
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
    access_control_allow_credentials: bool = header(
        "Access-Control-Allow-Credentials", False, bool, _dump_credentials
    )
    cross_origin_opener_policy: COOP = policy("Cross-Origin-Opener-Policy", None, "csp.COOP", _VALUE)
    cross_origin_embedder_policy: COEP = policy("Cross-Origin-Embedder-Policy", None, "csp.COEP", _VALUE)

    #: The first challenge; changing it changes the header. Assign one, a list of them, or None.
    www_authenticate: WWWAuthenticate = challenge("WWW-Authenticate", load_func=_load_challenge)

    #: When to come back; assign a date or a number of seconds.
    retry_after: t.Any = header("Retry-After", None, _load_retry, _dump_retry)

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

    def set_cookie(self, key: str, value: str = "", *args: t.Any, **options: t.Any) -> None:
        """Add a Set-Cookie header: `max_age`, `expires`, `path="/"`, `domain`, `secure`, `httponly`,
        `samesite` and `partitioned` are what `cookies.dump_cookie` says.
        """
        from .cookies import dump_cookie

        # Looked up on the instance: an application takes it from its configuration.
        options.setdefault("max_size", self.max_cookie_size)
        self.headers.add("Set-Cookie", dump_cookie(key, value, *args, **options))

    def delete_cookie(self, key: str, *args: t.Any, **options: t.Any) -> None:
        """Make the client forget a cookie. `path="/"` and `domain` must be those it was set with; the
        further options of `set_cookie` are safest if they are, too.
        """
        # Both: old clients know Expires alone, and Max-Age wins where it is known (RFC 6265 5.3).
        self.set_cookie(key, "", 0, 0, *args, **options)


#: Types with a charset parameter, besides `text/*` and `*+xml`: IANA's registrations that define
#: one.
_CHARSET_MIMETYPES = frozenset(
    f"application/{name}"
    for name in ("ecmascript", "javascript", "sql", "xml", "xml-dtd", "xml-external-parsed-entity")
)


def get_content_type(mimetype: str, charset: str) -> str:
    """A media type with its charset, if it is a textual one.

    >>> get_content_type("text/html", "utf-8"), get_content_type("image/png", "utf-8")
    ('text/html; charset=utf-8', 'image/png')
    """
    # Others, JSON among them, define their own encoding; a charset would mean nothing (RFC 8259 11).
    if mimetype.startswith("text/") or mimetype in _CHARSET_MIMETYPES or mimetype.endswith("+xml"):
        return f"{mimetype}; charset={charset}"
    return mimetype

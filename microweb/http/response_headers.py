"""What a response's headers say, each as a Python value that can be read and assigned.

The rule: the headers are the only state. An attribute parses its header when it is read and writes
it when it is assigned; a value that can be changed in place (a set, a cache policy, a challenge) is
given a callback that writes it back. So headers and attributes cannot disagree.

As in the request, the parsers of headers that few responses have are imported by the attribute that
needs them: the small functions at the top do nothing else.
"""

from __future__ import annotations

from .properties import _Accessor, header_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime, timedelta

    from .auth import WWWAuthenticate
    from .caching import ResponseCacheControl
    from .csp import COEP, COOP, ContentSecurityPolicy
    from .datastructures import CallbackDict, HeaderSet
    from .headers import Headers
    from .ranges import ContentRange

    T = t.TypeVar("T")
    OnUpdate = t.Callable[[t.Any], None]


def _load_date(value: str) -> datetime | None:
    from .dates import parse_date

    return parse_date(value)


def _dump_date(value: t.Any) -> str:
    from .dates import http_date

    return http_date(value)


def _load_age(value: str) -> timedelta | None:
    from .dates import parse_age

    return parse_age(value)


def _dump_age(value: t.Any) -> str:
    from .dates import dump_age

    return dump_age(value) or ""


def _load_set(value: str | None, on_update: OnUpdate | None = None) -> HeaderSet:
    from .datastructures import parse_set_header

    return parse_set_header(value, on_update)


def _dump_set(value: t.Any) -> str:
    from .options import dump_header

    return dump_header(value)


def _load_cache_control(value: str | None, on_update: OnUpdate) -> ResponseCacheControl:
    from .caching import ResponseCacheControl, parse_cache_control_header

    parsed: ResponseCacheControl = parse_cache_control_header(value, on_update, ResponseCacheControl)
    return parsed


def _load_content_range(value: str | None, on_update: OnUpdate) -> ContentRange:
    from .ranges import ContentRange, parse_content_range_header

    parsed = parse_content_range_header(value, on_update)
    return ContentRange(None, None, None, on_update=on_update) if parsed is None else parsed


def _load_csp(value: str | None, on_update: OnUpdate) -> ContentSecurityPolicy:
    from .csp import ContentSecurityPolicy, parse_csp_header

    parsed = parse_csp_header(value, on_update)
    return ContentSecurityPolicy(None, on_update=on_update) if parsed is None else parsed


def _load_coop(value: str) -> COOP:
    from .csp import COOP

    return COOP(value)


def _load_coep(value: str) -> COEP:
    from .csp import COEP

    return COEP(value)


class _live_header(header_property["T"]):  # noqa: N801
    """A header whose value may be changed in place: `load_func(text_or_none, on_update)` makes one.

    Assign a value of that kind, a string, or something empty to remove the header.
    """

    def __get__(self, instance: t.Any, owner: type | None = None) -> t.Any:
        if instance is None:
            return self
        headers = instance.headers
        load: t.Any = self.load_func
        return load(headers.get(self.name), lambda value: self._store(headers, value))

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        self._store(instance.headers, value)

    def _store(self, headers: Headers, value: t.Any) -> None:
        if not value:
            headers.pop(self.name, None)
        elif isinstance(value, str):
            headers[self.name] = value
        elif hasattr(value, "to_header"):
            headers[self.name] = value.to_header()
        else:
            headers[self.name] = _dump_set(value)


class _policy_header(_Accessor["T"]):  # noqa: N801
    """A header whose value is a member of an enum; without the header, its `UNSAFE_NONE`."""

    def lookup(self, instance: t.Any) -> t.Any:
        """The headers."""
        return instance.headers

    def __get__(self, instance: t.Any, owner: type | None = None) -> t.Any:
        if instance is None:
            return self
        load: t.Any = self.load_func
        try:
            return load(instance.headers.get(self.name, "unsafe-none"))
        except ValueError:
            return load("unsafe-none")


def _policy_value(policy: t.Any) -> str:
    value: str = policy.value
    return value


class ResponseHeaders:
    """The attributes of a response that follow from its headers."""

    if TYPE_CHECKING:
        headers: Headers

    location = header_property[str]("Location")
    age = header_property["timedelta | None"]("Age", None, _load_age, _dump_age)
    content_type = header_property[str]("Content-Type")
    content_length = header_property["int | None"]("Content-Length", None, int, str)
    content_location = header_property[str]("Content-Location")
    content_encoding = header_property[str]("Content-Encoding")
    content_md5 = header_property[str]("Content-MD5")
    date = header_property["datetime | None"]("Date", None, _load_date, _dump_date)
    expires = header_property["datetime | None"]("Expires", None, _load_date, _dump_date)
    last_modified = header_property["datetime | None"]("Last-Modified", None, _load_date, _dump_date)
    accept_ranges = header_property[str]("Accept-Ranges")

    vary = _live_header["HeaderSet"]("Vary", load_func=_load_set)
    content_language = _live_header["HeaderSet"]("Content-Language", load_func=_load_set)
    allow = _live_header["HeaderSet"]("Allow", load_func=_load_set)
    cache_control = _live_header["ResponseCacheControl"](
        "Cache-Control",
        load_func=_load_cache_control,  # type: ignore[arg-type]
    )
    content_range = _live_header["ContentRange"](
        "Content-Range",
        load_func=_load_content_range,  # type: ignore[arg-type]
    )
    content_security_policy = _live_header["ContentSecurityPolicy"](
        "Content-Security-Policy",
        load_func=_load_csp,  # type: ignore[arg-type]
    )
    content_security_policy_report_only = _live_header["ContentSecurityPolicy"](
        "Content-Security-Policy-Report-Only",
        load_func=_load_csp,  # type: ignore[arg-type]
    )

    access_control_allow_headers = header_property["HeaderSet | None"](
        "Access-Control-Allow-Headers", None, _load_set, _dump_set
    )
    access_control_allow_methods = header_property["HeaderSet | None"](
        "Access-Control-Allow-Methods", None, _load_set, _dump_set
    )
    access_control_allow_origin = header_property[str]("Access-Control-Allow-Origin")
    access_control_expose_headers = header_property["HeaderSet | None"](
        "Access-Control-Expose-Headers", None, _load_set, _dump_set
    )
    access_control_max_age = header_property["int | None"]("Access-Control-Max-Age", None, int, str)
    cross_origin_opener_policy = _policy_header["COOP"](
        "Cross-Origin-Opener-Policy", None, _load_coop, _policy_value
    )
    cross_origin_embedder_policy = _policy_header["COEP"](
        "Cross-Origin-Embedder-Policy", None, _load_coep, _policy_value
    )

    @property
    def access_control_allow_credentials(self) -> bool:
        """Whether scripts of other origins may see an answer to a request with credentials."""
        return "Access-Control-Allow-Credentials" in self.headers

    @access_control_allow_credentials.setter
    def access_control_allow_credentials(self, value: bool | None) -> None:
        # The header has one value; anything but its presence with "true" means no.
        if value is True:
            self.headers["Access-Control-Allow-Credentials"] = "true"
        else:
            self.headers.pop("Access-Control-Allow-Credentials", None)

    # The content type in parts

    @property
    def mimetype(self) -> str | None:
        """The content type without its parameters; assigning text types adds the charset."""
        value = self.headers.get("Content-Type")
        return value.partition(";")[0].strip() if value else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.headers["Content-Type"] = get_content_type(value, "utf-8")

    @property
    def mimetype_params(self) -> CallbackDict[str, str]:
        """The parameters of the content type; changing the dict changes the header."""
        from .datastructures import CallbackDict
        from .options import dump_options_header, parse_options_header

        def on_update(params: t.Any) -> None:
            self.headers["Content-Type"] = dump_options_header(self.mimetype, params)

        params = parse_options_header(self.headers.get("Content-Type", ""))[1]
        return CallbackDict(params, on_update)

    @property
    def is_json(self) -> bool:
        """Whether the content type is JSON."""
        mimetype = self.mimetype or ""
        return mimetype == "application/json" or (
            mimetype.startswith("application/") and mimetype.endswith("+json")
        )

    # Headers that do not fit the table

    @property
    def retry_after(self) -> datetime | None:
        """When to come back; assign a date or a number of seconds."""
        value = self.headers.get("Retry-After")
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            return _load_date(value)
        from datetime import datetime, timedelta, timezone

        return datetime.now(timezone.utc) + timedelta(seconds=int(value))

    @retry_after.setter
    def retry_after(self, value: datetime | int | str | None) -> None:
        if value is None:
            self.headers.pop("Retry-After", None)
        else:
            is_date = hasattr(value, "utctimetuple")
            self.headers["Retry-After"] = _dump_date(value) if is_date else str(value)

    def set_etag(self, etag: str, weak: bool = False) -> None:
        """Set the entity tag, quoted."""
        from .caching import quote_etag

        self.headers["ETag"] = quote_etag(etag, weak)

    def get_etag(self) -> tuple[str, bool] | tuple[None, None]:
        """The entity tag and whether it is weak; `(None, None)` without one."""
        from .caching import unquote_etag

        return unquote_etag(self.headers.get("ETag"))  # type: ignore[return-value]

    @property
    def www_authenticate(self) -> WWWAuthenticate:
        """The first challenge; changing it changes the header. Assign one, a list of them, or
        None.
        """
        from .auth import WWWAuthenticate

        sent: WWWAuthenticate | None = WWWAuthenticate.from_header(self.headers.get("WWW-Authenticate"))
        value = WWWAuthenticate("basic") if sent is None else sent
        value._on_update = self._set_challenge
        return value

    @www_authenticate.setter
    def www_authenticate(self, value: WWWAuthenticate | list[WWWAuthenticate] | None) -> None:
        del self.www_authenticate
        if isinstance(value, list):
            # A header line each: clients that split at commas find commas in the parameters too.
            for item in value:
                self.headers.add("WWW-Authenticate", item.to_header())
        elif value:
            self._set_challenge(value)
            value._on_update = self._set_challenge

    @www_authenticate.deleter
    def www_authenticate(self) -> None:
        self.headers.pop("WWW-Authenticate", None)

    def _set_challenge(self, value: WWWAuthenticate) -> None:
        self.headers.set("WWW-Authenticate", value.to_header())

    # Cookies

    #: Warn of a Set-Cookie over this many bytes, which browsers drop; 0: never.
    max_cookie_size = 4093

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: timedelta | int | None = None,
        expires: str | datetime | int | float | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Add a Set-Cookie header; what the arguments mean is said at `cookies.dump_cookie`."""
        from .cookies import dump_cookie

        cookie = dump_cookie(
            key,
            value=value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            max_size=self.max_cookie_size,
            samesite=samesite,
            partitioned=partitioned,
        )
        self.headers.add("Set-Cookie", cookie)

    def delete_cookie(
        self,
        key: str,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Make the client forget a cookie; `path` and `domain` must be those it was set with."""
        self.set_cookie(
            key,
            expires=0,
            max_age=0,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )


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
    if mimetype.startswith("text/") or mimetype in _CHARSET_MIMETYPES or mimetype.endswith("+xml"):
        return f"{mimetype}; charset={charset}"
    return mimetype

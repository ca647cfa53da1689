"""What a request's line and headers say: the half of a request that needs no body and no server.

The rule: each attribute is one header (or part of the URL) put through its parser, on first use,
and kept. `RequestHeaders` asks of the class below only that `method`, `scheme`, `server`,
`root_path`, `path`, `query_string`, `headers` and `remote_addr` exist; where they come from is that
class' business.

The parsers of the headers that few views read (dates, ranges, caching, authorization) are imported
by the attribute that needs them: a hello-world never loads them.
"""

from __future__ import annotations

from operator import attrgetter

from .datastructures import ImmutableList, ImmutableMultiDict, parse_set_header
from .jsonbody import StrictJSON
from .options import parse_options_header
from .properties import cached_property, header_property, parsed_header
from .urls import get_current_url, get_host, parse_query
from .useragent import UserAgent
from .wsgi import parse_content_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .accept import Accept, CharsetAccept, LanguageAccept, MIMEAccept
    from .auth import Authorization
    from .caching import ETags, RequestCacheControl
    from .datastructures import HeaderSet
    from .ranges import IfRange, Range

    Self = t.TypeVar("Self", bound="Message")

_ACCEPT = "accept.parse_accept_header"
# The type of an attribute is that of its annotation.
header: t.Any = header_property


class Message:
    """What a request and a response have in common."""

    #: Anything with `loads`.
    json_module: t.Any = StrictJSON

    @property
    def is_json(self: t.Any) -> bool:
        """Whether the content type is JSON."""
        mimetype = self.mimetype or ""
        # Exactly these: a form can send neither of them (CVE-2014-3137).
        is_kin = mimetype.startswith("application/") and mimetype.endswith("+json")
        return is_kin or mimetype == "application/json"

    @property
    def json(self: t.Any) -> t.Any:
        """The body parsed as JSON: `get_json()`, which says what happens if it is none."""
        return self.get_json()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self: t.Any, *exc_info: object) -> None:
        self.close()


def _url(*parts: str) -> t.Any:
    """A cached attribute: the URL up to the last of these parts."""
    read = attrgetter("scheme", *parts)
    return cached_property(lambda self: get_current_url(*read(self)))


class RequestHeaders(Message):
    """The attributes of a request that follow from its line and headers."""

    #: The type of `args`, `form` and `files`.
    parameter_storage_class: type[t.Any] = ImmutableMultiDict
    #: The type of `cookies`.
    dict_storage_class: type[t.Any] = ImmutableMultiDict
    #: The type of `access_route`.
    list_storage_class: type[t.Any] = ImmutableList
    #: The type of `user_agent`; a subclass may parse the string.
    user_agent_class: type[UserAgent] = UserAgent
    #: Host names (`example.org`, `.example.org` for it and all below) that `host` may be; None:
    #: any.
    trusted_hosts: list[str] | None = None
    #: The most pairs that a query string or an urlencoded body may have, None for no limit: each
    #: becomes an object, and a megabyte of `a=&` costs a second. 413 beyond it.
    max_fields: int | None = 1000

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> t.Any: ...  # what the class below provides

    def __repr__(self) -> str:
        try:
            url = self.url
        except Exception as error:
            url = f"(invalid URL: {error})"
        return f"<{type(self).__name__} {url!r} [{self.method}]>"

    # The URL

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:
        """The query string, parsed."""
        return self.parameter_storage_class(parse_query(self.query_string, self.max_fields))  # type: ignore[no-any-return]

    @cached_property
    def full_path(self) -> str:
        """The path with the query string; the question mark is there even if that is empty."""
        return f"{self.path}?{self.query_string.decode(errors='replace')}"

    @property
    def is_secure(self) -> bool:
        """Whether the request came over TLS, as far as the server knows."""
        return self.scheme in ("https", "wss")

    #: The whole URL, as an IRI.
    url: str = _url("host", "root_path", "path", "query_string")
    #: The URL without the query string.
    base_url: str = _url("host", "root_path", "path")
    #: The URL under which the application is mounted.
    root_url: str = _url("host", "root_path")
    #: Another name of `root_url`.
    url_root: str = _url("host", "root_path")
    #: The scheme and the host alone.
    host_url: str = _url("host")

    @cached_property
    def host(self) -> str:
        """The host, with the port if that is not the scheme's own.

        :raises SecurityError: if it is not one of `trusted_hosts`.
        """
        return get_host(self.scheme, self.headers.get("Host"), self.server, self.trusted_hosts)

    # Who asks

    @cached_property
    def access_route(self) -> list[str]:
        """The addresses from the client to the last proxy; what X-Forwarded-For says is not
        verified.
        """
        from .options import parse_list_header

        addresses = self.headers.get("X-Forwarded-For", self.remote_addr)
        return self.list_storage_class(parse_list_header(addresses or ""))  # type: ignore[no-any-return]

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies that the client sent."""
        from .cookies import parse_cookie

        # HTTP/2 may bring several lines (RFC 9113 8.2.3).
        header = ";".join(self.headers.getlist("Cookie"))
        return parse_cookie(header, cls=self.dict_storage_class)  # type: ignore[no-any-return]

    #: The Authorization header; None if it is missing or makes no sense.
    authorization: Authorization | None = parsed_header("Authorization", "auth.Authorization.from_header")

    @cached_property
    def user_agent(self) -> UserAgent:
        """The User-Agent header; its text is `user_agent.string`."""
        return self.user_agent_class(self.headers.get("User-Agent", ""))

    # The body, as announced

    content_type: str | None = header("Content-Type", read_only=True)
    content_encoding: str | None = header("Content-Encoding", read_only=True)
    content_md5: str | None = header("Content-MD5", read_only=True)

    @cached_property
    def content_length(self) -> int | None:
        """How long the body says it is; None if it is chunked or does not say."""
        return parse_content_length(*map(self.headers.get, ("Content-Length", "Transfer-Encoding")))

    @cached_property
    def _parsed_content_type(self) -> tuple[str, dict[str, str]]:
        return parse_options_header(self.headers.get("Content-Type", ""))

    @property
    def mimetype(self) -> str:
        """The content type in lower case, without parameters."""
        return self._parsed_content_type[0].lower()

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the content type, like `charset`."""
        return self._parsed_content_type[1]

    # What the client accepts, knows, and wants

    accept_mimetypes: MIMEAccept = parsed_header("Accept", _ACCEPT, "accept.MIMEAccept")
    accept_charsets: CharsetAccept = parsed_header("Accept-Charset", _ACCEPT, "accept.CharsetAccept")
    accept_encodings: Accept = parsed_header("Accept-Encoding", _ACCEPT)
    accept_languages: LanguageAccept = parsed_header("Accept-Language", _ACCEPT, "accept.LanguageAccept")
    cache_control: RequestCacheControl = parsed_header("Cache-Control", "caching.parse_cache_control_header")
    if_match: ETags = parsed_header("If-Match", "caching.parse_etags")
    if_none_match: ETags = parsed_header("If-None-Match", "caching.parse_etags")
    if_modified_since: datetime | None = parsed_header("If-Modified-Since", "dates.parse_date")
    if_unmodified_since: datetime | None = parsed_header("If-Unmodified-Since", "dates.parse_date")
    if_range: IfRange = parsed_header("If-Range", "ranges.parse_if_range_header")
    range: Range | None = parsed_header("Range", "ranges.parse_range_header")

    # The rest

    referrer: str | None = header("Referer", read_only=True)
    date: datetime | None = header("Date", None, "dates.parse_date", read_only=True)
    max_forwards: int | None = header("Max-Forwards", None, int, read_only=True)
    pragma: HeaderSet = parsed_header("Pragma", parse_set_header)
    origin: str | None = header("Origin", read_only=True)
    access_control_request_headers: HeaderSet | None = header(
        "Access-Control-Request-Headers", None, parse_set_header, read_only=True
    )
    access_control_request_method: str | None = header("Access-Control-Request-Method", read_only=True)

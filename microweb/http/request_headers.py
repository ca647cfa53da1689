"""What a request's line and headers say: the half of a request that needs no body and no server.

The rule: each attribute is one header (or part of the URL) put through its parser, on first use,
and kept. `RequestHeaders` asks of the class below only that `method`, `scheme`, `server`,
`root_path`, `path`, `query_string`, `headers` and `remote_addr` exist; where they come from is that
class' business.

The parsers of the headers that few views read (dates, ranges, caching, authorization) are imported
by the attribute that needs them: a hello-world never loads them.
"""

from __future__ import annotations

from .datastructures import ImmutableList, ImmutableMultiDict, parse_set_header
from .options import parse_options_header
from .properties import cached_property, header_property
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
    from .headers import Headers
    from .ranges import IfRange, Range


def is_json_mimetype(mimetype: str) -> bool:
    """Exactly `application/json` or `application/*+json`: a form can send neither
    (CVE-2014-3137).
    """
    return mimetype == "application/json" or (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    )


def _parse_date(value: str) -> datetime | None:
    from .dates import parse_date

    return parse_date(value)


class RequestHeaders:
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
        # What the class below provides.
        method: str
        scheme: str
        server: tuple[str, int | None] | None
        root_path: str
        path: str
        query_string: bytes
        headers: Headers
        remote_addr: str | None

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
        return self.parameter_storage_class(  # type: ignore[no-any-return]
            parse_query(self.query_string, self.max_fields)
        )

    @cached_property
    def full_path(self) -> str:
        """The path with the query string; the question mark is there even if that is empty."""
        return f"{self.path}?{self.query_string.decode(errors='replace')}"

    @property
    def is_secure(self) -> bool:
        """Whether the request came over TLS, as far as the server knows."""
        return self.scheme in ("https", "wss")

    @cached_property
    def url(self) -> str:
        """The whole URL, as an IRI."""
        return get_current_url(self.scheme, self.host, self.root_path, self.path, self.query_string)

    @cached_property
    def base_url(self) -> str:
        """The URL without the query string."""
        return get_current_url(self.scheme, self.host, self.root_path, self.path)

    @cached_property
    def root_url(self) -> str:
        """The URL under which the application is mounted."""
        return get_current_url(self.scheme, self.host, self.root_path)

    @cached_property
    def url_root(self) -> str:
        """Another name of `root_url`."""
        return self.root_url

    @cached_property
    def host_url(self) -> str:
        """The scheme and the host alone."""
        return get_current_url(self.scheme, self.host)

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

        forwarded = self.headers.get("X-Forwarded-For")
        if forwarded is not None:
            return self.list_storage_class(parse_list_header(forwarded))  # type: ignore[no-any-return]
        address = self.remote_addr
        return self.list_storage_class(() if address is None else (address,))  # type: ignore[no-any-return]

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies that the client sent."""
        from .cookies import parse_cookie

        return parse_cookie(  # type: ignore[no-any-return]
            ";".join(self.headers.getlist("Cookie")), cls=self.dict_storage_class
        )

    @cached_property
    def authorization(self) -> Authorization | None:
        """The Authorization header; None if it is missing or makes no sense."""
        from .auth import Authorization

        sent: Authorization | None = Authorization.from_header(self.headers.get("Authorization"))
        return sent

    @cached_property
    def user_agent(self) -> UserAgent:
        """The User-Agent header; its text is `user_agent.string`."""
        return self.user_agent_class(self.headers.get("User-Agent", ""))

    # The body, as announced

    content_type = header_property[str]("Content-Type", read_only=True)
    content_encoding = header_property[str]("Content-Encoding", read_only=True)
    content_md5 = header_property[str]("Content-MD5", read_only=True)

    @cached_property
    def content_length(self) -> int | None:
        """How long the body says it is; None if it is chunked or does not say."""
        headers = self.headers
        return parse_content_length(headers.get("Content-Length"), headers.get("Transfer-Encoding"))

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

    @property
    def is_json(self) -> bool:
        """Whether the content type is JSON."""
        return is_json_mimetype(self.mimetype)

    # Content negotiation

    @cached_property
    def accept_mimetypes(self) -> MIMEAccept:
        """The media types that the client accepts."""
        from .accept import MIMEAccept, parse_accept_header

        accepted: MIMEAccept = parse_accept_header(self.headers.get("Accept"), MIMEAccept)
        return accepted

    @cached_property
    def accept_charsets(self) -> CharsetAccept:
        """The charsets that the client accepts."""
        from .accept import CharsetAccept, parse_accept_header

        accepted: CharsetAccept = parse_accept_header(self.headers.get("Accept-Charset"), CharsetAccept)
        return accepted

    @cached_property
    def accept_encodings(self) -> Accept:
        """The compressions that the client accepts."""
        from .accept import parse_accept_header

        accepted: Accept = parse_accept_header(self.headers.get("Accept-Encoding"))
        return accepted

    @cached_property
    def accept_languages(self) -> LanguageAccept:
        """The languages that the client accepts."""
        from .accept import LanguageAccept, parse_accept_header

        accepted: LanguageAccept = parse_accept_header(self.headers.get("Accept-Language"), LanguageAccept)
        return accepted

    # Caching and conditions

    @cached_property
    def cache_control(self) -> RequestCacheControl:
        """The Cache-Control header."""
        from .caching import RequestCacheControl, parse_cache_control_header

        directives: RequestCacheControl = parse_cache_control_header(
            self.headers.get("Cache-Control"), None, RequestCacheControl
        )
        return directives

    @cached_property
    def if_match(self) -> ETags:
        """The tags of If-Match."""
        from .caching import parse_etags

        return parse_etags(self.headers.get("If-Match"))

    @cached_property
    def if_none_match(self) -> ETags:
        """The tags of If-None-Match."""
        from .caching import parse_etags

        return parse_etags(self.headers.get("If-None-Match"))

    if_modified_since = header_property["datetime | None"](
        "If-Modified-Since", None, _parse_date, read_only=True
    )
    if_unmodified_since = header_property["datetime | None"](
        "If-Unmodified-Since", None, _parse_date, read_only=True
    )

    @cached_property
    def if_range(self) -> IfRange:
        """The tag or date of If-Range."""
        from .ranges import parse_if_range_header

        return parse_if_range_header(self.headers.get("If-Range"))

    @cached_property
    def range(self) -> Range | None:
        """The ranges that are asked for."""
        from .ranges import parse_range_header

        return parse_range_header(self.headers.get("Range"))

    # The rest

    referrer = header_property[str]("Referer", read_only=True)
    date = header_property["datetime | None"]("Date", None, _parse_date, read_only=True)
    max_forwards = header_property["int | None"]("Max-Forwards", None, int, read_only=True)
    origin = header_property[str]("Origin", read_only=True)
    access_control_request_headers = header_property["HeaderSet | None"](
        "Access-Control-Request-Headers", load_func=parse_set_header, read_only=True
    )
    access_control_request_method = header_property[str]("Access-Control-Request-Method", read_only=True)

    @cached_property
    def pragma(self) -> HeaderSet:
        """The Pragma header, a set of directives."""
        return parse_set_header(self.headers.get("Pragma", ""))

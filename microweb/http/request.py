"""The request as an object over the WSGI environ.

The rule: *creating a request costs nothing*. `__init__` keeps the environ; every attribute is
computed from it when it is first read, and then lies in the instance's `__dict__`, where reading it
again calls nothing. So a view pays for what it looks at, and may assign to any attribute.

`RequestHeaders` is the half that needs no body and no server: each of its attributes is one header (or part
of the URL) put through its parser. It asks of the class below that `method`, `scheme`, `server`, `root_path`,
`path`, `query_string`, `headers` and `remote_addr` exist. The parsers of headers that few views read are
imported by the attribute that needs them: a hello-world never loads them.

The body is a stream that can be read once; `stream`, `get_data`, `form`, `files` and `json` are
four ways to read it. What one has consumed the others find empty, except that `get_data` keeps what
it read and `form` is then parsed from that. `data` reads as `get_data` does, but parses a form
first: for forms it is empty.
"""

from __future__ import annotations

import io
import sys
from functools import wraps
from operator import attrgetter

from ..exceptions import BadRequest, HTTPException, UnsupportedMediaType
from .datastructures import CombinedMultiDict, ImmutableList, ImmutableMultiDict, MultiDict, iter_multi_items
from .forms import FormDataParser
from .headers import EnvironHeaders, Headers
from .options import parse_options_header
from .properties import Message, cached_property, environ_property, header_property, parsed_header
from .urls import get_current_url, get_host, parse_query
from .wsgi import (
    decode_wsgi,
    get_content_length,
    get_input_stream,
    get_query_string,
    get_server,
    parse_content_length,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment as Environ

    from .accept import Accept, CharsetAccept, LanguageAccept, MIMEAccept
    from .auth import Authorization
    from .caching import ETags, IfRange, Range
    from .datastructures import HeaderSet
    from .directives import RequestCacheControl
    from .uploads import FileStorage

    Self = t.TypeVar("Self", bound="Request")

_UNSET: t.Any = object()
_SET = "datastructures.parse_set_header"
_ACCEPT, _CACHE_CONTROL = "accept.parse_accept_header", "directives.parse_cache_control_header"
# The type of an attribute is that of its annotation.
header: t.Any = header_property
from_environ: t.Any = environ_property
computed: t.Any = cached_property


class UserAgent:
    """The User-Agent header: a string that everyone forges, kept and not believed.

    An extension that wants to know the browser subclasses this, parses `string`, fills the other attributes
    and sets `Request.user_agent_class`.
    """

    # On the class, so that a subclass sets what it found and no more.
    platform: str | None = None
    browser: str | None = None
    version: str | None = None
    language: str | None = None

    def __init__(self, string: str) -> None:
        self.string = string

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.browser}/{self.version}>"

    def __str__(self) -> str:
        return self.string

    # True for whoever parsed something; the plain class knows nothing and says so.
    def __bool__(self) -> bool:
        return bool(self.browser)

    def to_header(self) -> str:
        """The value as it was sent."""
        return self.string


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

    #: The path with the query string; the question mark is there even if that is empty.
    full_path: str = computed(lambda self: f"{self.path}?{self.query_string.decode(errors='replace')}")

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

        forwarded = self.headers.get("X-Forwarded-For")
        # Behind a Unix socket the address is empty; it is the last one all the same.
        own = [] if self.remote_addr is None else [self.remote_addr]
        return self.list_storage_class(own if forwarded is None else parse_list_header(forwarded))  # type: ignore[no-any-return]

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies that the client sent."""
        from .cookies import parse_cookie

        # HTTP/2 may bring several lines (RFC 9113 8.2.3).
        header = ";".join(self.headers.getlist("Cookie"))
        return parse_cookie(header, cls=self.dict_storage_class)  # type: ignore[no-any-return]

    #: The Authorization header; None if it is missing or makes no sense.
    authorization: Authorization | None = parsed_header("Authorization", "auth.Authorization.from_header")

    #: The User-Agent header; its text is `user_agent.string`.
    user_agent: UserAgent = computed(lambda self: self.user_agent_class(self.headers.get("User-Agent", "")))

    # The body, as announced

    content_type: str | None = header("Content-Type", read_only=True)
    content_encoding: str | None = header("Content-Encoding", read_only=True)
    content_md5: str | None = header("Content-MD5", read_only=True)

    @cached_property
    def content_length(self) -> int | None:
        """How long the body says it is; None if it is chunked or does not say."""
        return parse_content_length(*map(self.headers.get, ("Content-Length", "Transfer-Encoding")))

    _parsed_content_type: tuple[str, dict[str, str]] = parsed_header("Content-Type", parse_options_header)

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
    cache_control: RequestCacheControl = parsed_header("Cache-Control", _CACHE_CONTROL)
    if_match: ETags = parsed_header("If-Match", "caching.parse_etags")
    if_none_match: ETags = parsed_header("If-None-Match", "caching.parse_etags")
    if_modified_since: datetime | None = parsed_header("If-Modified-Since", "dates.parse_date")
    if_unmodified_since: datetime | None = parsed_header("If-Unmodified-Since", "dates.parse_date")
    if_range: IfRange = parsed_header("If-Range", "caching.parse_if_range_header")
    range: Range | None = parsed_header("Range", "caching.parse_range_header")

    # The rest

    referrer: str | None = header("Referer", read_only=True)
    date: datetime | None = header("Date", None, "dates.parse_date", read_only=True)
    max_forwards: int | None = header("Max-Forwards", None, int, read_only=True)
    pragma: HeaderSet = parsed_header("Pragma", _SET)
    origin: str | None = header("Origin", read_only=True)
    access_control_request_headers: HeaderSet | None = header(
        "Access-Control-Request-Headers", None, _SET, read_only=True
    )
    access_control_request_method: str | None = header("Access-Control-Request-Method", read_only=True)


class Request(RequestHeaders):
    """An incoming request.

    :param environ: what the server passes to the application.
    :param populate_request: accepted for compatibility; see `application`.
    :param shallow: refuse to read the body, for middleware that must leave it to the application.
    """

    #: Refuse bodies over this many bytes with a 413, at once if they announce it, else while
    #: reading.
    max_content_length: int | None = None
    #: The most that all fields of a form that are kept in memory may have together; files go to
    #: disk.
    max_form_memory_size: int | None = 500_000
    #: The most parts of a multipart form.
    max_form_parts: int | None = 1000
    #: The most files among them: each takes a descriptor, or memory until it goes to disk.
    max_form_files: int | None = 100
    #: True: a body that is no form, though it says so, is an empty form. False: it is a 400.
    silent_form_errors = True
    #: Whether a multipart form that is cut off is a 400 anyway, as in applications.
    needs_whole_forms = False
    #: Who parses forms.
    form_data_parser_class: type[FormDataParser] = FormDataParser

    environ: Environ
    shallow = False

    def __init__(self, environ: Environ, populate_request: bool = True, shallow: bool = False) -> None:
        self.environ = environ
        if shallow:
            self.shallow = True

    @classmethod
    def from_values(cls: type[Self], *args: t.Any, **kwargs: t.Any) -> Self:
        """A request made up from the arguments of `EnvironBuilder`, for scripts and shells."""
        # A tool for scripts and tests: only who calls this loads it.
        from contextlib import closing

        from .builder import EnvironBuilder

        with closing(EnvironBuilder(*args, **kwargs)) as builder:
            return builder.get_request(cls)  # type: ignore[no-any-return]

    @classmethod
    def application(cls, f: t.Callable[..., t.Any]) -> WSGIApplication:
        """Decorate a function of a request that returns a WSGI application, to be one itself.

        An HTTPException that it raises is its answer; the request's files are closed after it.
        """

        @wraps(f)
        def application(*args: t.Any) -> t.Iterable[bytes]:
            *bound, environ, start_response = args
            with cls(environ) as request:
                # For middleware that looks for it. Not in __init__: environ and request would hold
                # each other, and every request would wait for the garbage collector.
                environ["werkzeug.request"] = request
                try:
                    response = f(*bound, request)
                except HTTPException as error:
                    response = error.get_response(environ)
                return response(environ, start_response)  # type: ignore[no-any-return]

        return application

    # From the environ

    #: The method, in upper case.
    method: str = computed(lambda self: self.environ.get("REQUEST_METHOD", "GET").upper())

    #: `http` or `https`.
    scheme: str = computed(lambda self: self.environ.get("wsgi.url_scheme", "http"))

    #: The server's `(host, port)`; `(path, None)` for a Unix socket; None if unknown.
    server: tuple[str, int | None] | None = computed(lambda self: get_server(self.environ))

    #: Where the application is mounted, without a slash at the end.
    root_path: str = computed(lambda self: decode_wsgi(self.environ.get("SCRIPT_NAME") or "").rstrip("/"))

    @property
    def script_root(self) -> str:
        """Another name of `root_path`."""
        return self.root_path

    #: The path below `root_path`; it starts with exactly one slash.
    path: str = computed(lambda self: "/" + decode_wsgi(self.environ.get("PATH_INFO") or "").lstrip("/"))

    #: What follows the question mark, as it was sent; `args` is it parsed.
    query_string: bytes = computed(lambda self: get_query_string(self.environ))

    #: The headers, read only.
    headers: Headers = computed(lambda self: EnvironHeaders(self.environ))

    #: The address of the peer: the client, or the last proxy.
    remote_addr: str | None = computed(lambda self: self.environ.get("REMOTE_ADDR"))

    remote_user: str = from_environ("REMOTE_USER", doc="Whom the *server* authenticated.")
    is_multithread: bool = from_environ("wsgi.multithread")
    is_multiprocess: bool = from_environ("wsgi.multiprocess")
    is_run_once: bool = from_environ("wsgi.run_once")

    # The body

    input_stream: t.IO[bytes] = from_environ(
        "wsgi.input", doc="The server's raw stream, which may never end: use `stream`."
    )

    @cached_property
    def stream(self) -> t.IO[bytes]:
        """The body, which can be read once; `max_content_length` holds while reading."""
        if self.shallow:
            raise RuntimeError(
                "A request created with 'shallow=True' leaves the body to the next application."
            )
        limit = self.max_content_length
        # There is always one: under it, what breaks within a server's own stream is a client that has gone.
        limit = sys.maxsize if limit is None else limit
        return get_input_stream(self.environ, max_content_length=limit)  # type: ignore[no-any-return]

    _cached_data: bytes | None = None

    #: The body, unless it is a form: that goes to `form` and `files`.
    data: bytes = computed(lambda self: self.get_data(parse_form_data=True))

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> t.Any:
        """Read the whole body, form or not.

        :param cache: keep it, so that it can be read again, and `form` after it.
        :param as_text: decode it as UTF-8.
        :param parse_form_data: parse a form first, whose body is then not returned.
        """
        data = self._cached_data
        if data is None:
            if parse_form_data:
                self._load_form_data()
            # Limited by the stream: a length over the maximum has been refused, or is while reading.
            data = self.stream.read()
            if cache:
                self._cached_data = data
        return data.decode(errors="replace") if as_text else data

    # Forms

    @property
    def want_form_data_parsed(self) -> bool:
        """Whether to look for a form in the body: by default, if it has a content type."""
        return bool(self.environ.get("CONTENT_TYPE"))

    def make_form_data_parser(self) -> FormDataParser:
        """The parser, with this request's limits."""
        return self.form_data_parser_class(
            stream_factory=self._get_file_stream,
            max_form_memory_size=self.max_form_memory_size,
            max_content_length=self.max_content_length,
            max_form_parts=self.max_form_parts,
            cls=self.parameter_storage_class,
        )

    def _get_file_stream(self, *args: t.Any, **about: t.Any) -> t.IO[bytes]:
        """Where an uploaded file is put: for subclasses, which get `default_stream_factory`'s arguments."""
        from .uploads import default_stream_factory

        return default_stream_factory(*args, **about)

    def _load_form_data(self) -> None:
        """Parse the body, if that was not done, and store `stream`, `form` and `files`."""
        attributes = self.__dict__
        if "form" in attributes:
            return
        if self.want_form_data_parsed:
            result = self._parse_form()
        else:
            result = self.stream, self.parameter_storage_class(), self.parameter_storage_class()
        attributes["stream"], attributes["form"], attributes["files"] = result
        if result[2]:
            self.needs_close = True

    def _parse_form(self) -> tuple[t.IO[bytes], t.Any, t.Any]:
        parser = self.make_form_data_parser()
        parser.silent = parser.silent and self.silent_form_errors
        parser.max_fields, parser.max_files = self.max_fields, self.max_form_files
        parser.needs_whole_forms = self.needs_whole_forms
        # What get_data() has kept is read once more.
        stream = self.stream if self._cached_data is None else io.BytesIO(self._cached_data)
        try:
            length = get_content_length(self.environ)
            return parser.parse(stream, self.mimetype, length, self.mimetype_params)
        except ValueError as error:
            # Some clients say a type without a body: that is an empty form.
            if not (stream.tell() or stream.read(1)):
                return stream, self.parameter_storage_class(), self.parameter_storage_class()
            raise BadRequest(f"The form in the body cannot be read: {error}.") from error

    @cached_property
    def form(self) -> ImmutableMultiDict[str, str]:
        """The fields of a form in the body."""
        self._load_form_data()
        return self.form

    @cached_property
    def files(self) -> ImmutableMultiDict[str, FileStorage]:
        """The files of a multipart form in the body."""
        self._load_form_data()
        return self.files

    @cached_property
    def values(self) -> CombinedMultiDict[str, str]:
        """`args` and, unless the method is GET, `form` in one."""
        # A cache need not look at the body of a GET: what is in it must not change the answer.
        sources: list[t.Any] = [self.args] if self.method == "GET" else [self.args, self.form]
        return CombinedMultiDict([d if isinstance(d, MultiDict) else MultiDict(d) for d in sources])

    #: Whether `close` has anything to do: after files were, or in a class with its own `close`.
    needs_close = False

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.needs_close = cls.close is not Request.close

    def close(self) -> None:
        """Close the uploaded files."""
        for _, file in iter_multi_items(self.__dict__.get("files") or ()):
            file.close()

    # JSON

    # For silent=False and silent=True, which differ when the parsing failed.
    _cached_json: tuple[t.Any, t.Any] = (_UNSET, _UNSET)

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> t.Any:
        """Parse the body as JSON.

        :param force: whatever the content type says.
        :param silent: return None instead of failing.
        :param cache: keep the result, and the body.
        :raises UnsupportedMediaType: if the content type is another.
        :raises BadRequest: if it is no JSON. Both by way of `on_json_loading_failed`.
        """
        if cache and self._cached_json[silent] is not _UNSET:
            return self._cached_json[silent]
        # By the type alone: a form may send JSON from any site, but not say so (CSRF).
        if not (force or self.is_json):
            return None if silent else self.on_json_loading_failed(None)
        data = self.get_data(cache=cache)
        try:
            value = self._load_json(data)
            results = value, value
        except ValueError as error:
            value = None if silent else self.on_json_loading_failed(error)
            results = (self._cached_json[0], value) if silent else (value, self._cached_json[1])
        if cache:
            self._cached_json = results
        return value

    def _load_json(self, data: bytes) -> t.Any:
        # RFC 8259 8.1: UTF-8 alone. Left to itself json also decodes UTF-16 and UTF-32, which
        # quadruples the memory that a body takes (CVE-2018-1000656).
        text = data.decode("utf-8-sig")
        try:
            return self.json_module.loads(text)
        except RecursionError:
            raise ValueError("the value is nested too deeply") from None

    def on_json_loading_failed(self, e: ValueError | None) -> t.Any:
        """Called when `get_json` fails; what it returns is what that returns. By default it raises.

        :param e: what was wrong with the JSON; None if the content type was.
        """
        if e is not None:
            raise BadRequest(f"Failed to decode JSON object: {e}")
        raise UnsupportedMediaType(
            "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."
        )

"""Requests without a server: an environ builder and a client that call any WSGI application.

The rule: the application is driven through WSGI and nothing else, so that what passes here passes
on a server. The way of a request is the reading order: `EnvironBuilder` turns arguments into an
environ, `run_wsgi_app` calls the application, `TestResponse` holds what came, `Client` keeps the
cookies and follows redirects. `AppEnvironBuilder` and `AppClient` do the same for an application
of this framework: defaults from its configuration, its contexts kept for a ``with`` block, its
session opened.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from functools import lru_cache, partialmethod
from io import BytesIO
from itertools import chain
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit, urlunsplit

from .http.cookies import dump_cookie, parse_cookie
from .http.datastructures import CallbackDict, CombinedMultiDict, MultiDict
from .http.dates import parse_date
from .http.filestorage import FileMultiDict
from .http.headers import EnvironHeaders, Headers
from .http.multipart import Data, Epilogue, Field, File, MultipartEncoder, Preamble
from .http.options import dump_options_header, parse_options_header
from .http.request import Request
from .http.response import Response
from .http.response_headers import get_content_type
from .http.urls import iri_to_uri, iter_multi_items, url_encode
from .http.wsgi import ClosingIterator, decode_wsgi, get_current_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    WSGIEnvironment = dict[str, t.Any]

#: What ported test suites expect an application's test client to call itself.
USER_AGENT = "Werkzeug/3.1.9"

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_BLOCK = 16 * 1024
# What a path that was unquoted once has to be quoted again for.
_QUOTED = {char: f"%{char:02X}" for char in (*range(32), 127, *b"#%?")}
_FLAGS = ("multithread", "multiprocess", "run_once")


def encode_wsgi(text: str) -> str:
    """PEP 3333's disguise of UTF-8 as Latin-1 text."""
    return text if text.isascii() else text.encode().decode("latin-1")


# Bodies


def stream_encode_multipart(
    data: t.Any, use_tempfile: bool = True, threshold: int = 1024 * 500, boundary: str | None = None
) -> tuple[t.IO[bytes], int, str]:
    """Encode values, and file objects among them, as multipart/form-data.

    Returns a stream (on disk above the threshold), its length and the boundary. That is not checked
    against the data: fine for tests, and only for them.
    """
    boundary = boundary or f"---------------FormPart_{time.time_ns()}"
    stream: t.IO[bytes] = BytesIO()
    encoder = MultipartEncoder(boundary.encode())
    for event in _multipart_events(data):
        block = encoder.send_event(event)
        if use_tempfile and isinstance(stream, BytesIO) and stream.tell() + len(block) > threshold:
            from tempfile import TemporaryFile  # heavy, and seldom needed

            in_memory, stream = stream, TemporaryFile("wb+")  # noqa: SIM115 - the caller closes it
            stream.write(in_memory.getvalue())
        stream.write(block)
    length = stream.tell()
    stream.seek(0)
    return stream, length, boundary


def encode_multipart(values: t.Any, boundary: str | None = None) -> tuple[str, bytes]:
    """Like `stream_encode_multipart`, but returns the boundary and the encoded bytes."""
    stream, _, boundary = stream_encode_multipart(values, use_tempfile=False, boundary=boundary)
    return boundary, stream.read()


def _multipart_events(data: t.Any) -> t.Iterator[t.Any]:
    from mimetypes import guess_type  # reads the system's tables

    yield Preamble(data=b"")
    for key, value in _iter_data(data):
        read = getattr(value, "read", None)
        if read is None:
            yield Field(name=key, headers=Headers())
            yield Data(data=str(value).encode(), more_data=False)
            continue
        filename = getattr(value, "filename", getattr(value, "name", None))
        headers = Headers(getattr(value, "headers", ()))
        guessed = guess_type(filename or "")[0] or "application/octet-stream"
        headers["Content-Type"] = getattr(value, "content_type", None) or guessed
        yield File(key, filename, headers) if filename is not None else Field(key, headers)
        while block := read(_BLOCK):
            yield Data(data=block, more_data=True)
        yield Data(data=b"", more_data=False)
    yield Epilogue(data=b"")


def _iter_data(data: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """The pairs of a mapping whose values may be lists. Tuples are not taken apart, as they stand
    for files here."""
    if isinstance(data, MultiDict):
        yield from data.items(multi=True)
        return
    for key, values in data.items():
        for value in values if isinstance(values, list) else (values,):
            yield key, value


class _Part:
    """A multidict of the builder, made on first use. A rival gives the same thing as a whole; as long
    as it is set, the parts are not to be had."""

    def __init__(self, storage: type[MultiDict[str, t.Any]], rival: str) -> None:
        self.storage, self.rival = storage, rival

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, builder: t.Any, owner: type) -> t.Any:
        if builder is not None and builder.__dict__.get(self.rival) is not None:
            raise AttributeError(f"{self.name!r}: the builder has got {self.rival[1:]!r} instead")
        return self if builder is None else builder.__dict__.setdefault(self.name, self.storage())

    def __set__(self, builder: t.Any, value: t.Any) -> None:
        builder.__dict__[self.rival] = None
        builder.__dict__[self.name] = self.storage() if value is None else value


class EnvironBuilder:
    """A WSGI environ from a request's parts, each of which can still be changed.

    :param path: the path; a query string may follow it if `query_string` is not given.
    :param base_url: scheme, host and script root; ``http://localhost/`` if None.
    :param query_string: text, or a mapping that becomes `args`.
    :param method: the HTTP method.
    :param input_stream: the body as a stream, instead of `data`.
    :param content_type: found out by itself for forms and JSON.
    :param content_length: found out by itself for all that is not an endless stream.
    :param errors_stream: ``wsgi.errors``; stderr if None.
    :param headers: a mapping, pairs, or Headers.
    :param data: text, bytes or a file object: the body. A mapping: a form. In it, values that are
        file objects or tuples (file object or path, name, content type) are uploads, and lists
        hold several values.
    :param json: an object to send as JSON, instead of `data`.
    :param environ_base: variables to begin with.
    :param environ_overrides: variables that replace the built ones.
    :param mimetype: the content type without a charset, which text types get.
    :param auth: an Authorization, or (user, password) for Basic.
    """

    server_protocol = "HTTP/1.1"
    wsgi_version = (1, 0)
    #: What `get_request` makes.
    request_class: type[Request] = Request

    #: How `json` becomes text.
    json_dumps = staticmethod(json.dumps)

    args = _Part(MultiDict, "_query_string")
    form = _Part(MultiDict, "_input_stream")
    files = _Part(FileMultiDict, "_input_stream")

    _query_string: str | None

    def __init__(
        self,
        path: str = "/",
        base_url: str | None = None,
        query_string: t.Mapping[str, t.Any] | str | None = None,
        method: str = "GET",
        input_stream: t.Any = None,
        content_type: str | None = None,
        content_length: int | None = None,
        errors_stream: t.Any = None,
        multithread: bool = False,
        multiprocess: bool = False,
        run_once: bool = False,
        headers: t.Any = None,
        data: t.Any = None,
        environ_base: t.Mapping[str, t.Any] | None = None,
        environ_overrides: t.Mapping[str, t.Any] | None = None,
        mimetype: str | None = None,
        json: t.Any = None,
        auth: t.Any = None,
    ) -> None:
        self.closed = False
        self._set_target(path, base_url, query_string)
        self.method = method
        self.headers = headers if isinstance(headers, Headers) else _request_headers(headers)
        if content_type is not None:
            self.content_type = content_type
        self.errors_stream = sys.stderr if errors_stream is None else errors_stream
        self.multithread, self.multiprocess = multithread, multiprocess
        self.run_once = run_once
        self.environ_base, self.environ_overrides = environ_base, environ_overrides
        self.input_stream = input_stream
        self.content_length = content_length
        if auth is not None:
            self._set_auth(auth)
        if json is not None:
            if data is not None:
                raise TypeError("can't provide both json and data")
            data = self.json_dumps(json)
            if self.content_type is None:
                self.content_type = "application/json"
        if data:
            if input_stream is not None:
                raise TypeError("can't provide input stream and data")
            self._set_data(data)
        if mimetype is not None:
            self.mimetype = mimetype

    def _set_target(self, path: str, base_url: str | None, query_string: t.Any) -> None:
        if query_string is not None and "?" in path:
            raise ValueError("Query string is defined in the path and as an argument")
        parts = urlsplit(path)
        if query_string is None and "?" in path:
            query_string = parts.query
        self.path = iri_to_uri(parts.path)
        self.request_uri = path
        self.base_url = base_url if base_url is None else iri_to_uri(base_url)
        if isinstance(query_string, str):
            self.query_string = query_string
        else:
            given = query_string if isinstance(query_string, MultiDict) else MultiDict(query_string)
            self.args = given

    def _set_auth(self, auth: t.Any) -> None:
        from .http.auth import Authorization  # only for requests that carry it

        if isinstance(auth, tuple):
            auth = Authorization("basic", {"username": auth[0], "password": auth[1]})
        self.headers.set("Authorization", auth.to_header())

    def _set_data(self, data: t.Any) -> None:
        if hasattr(data, "read"):
            data = data.read()
        if isinstance(data, str):
            data = data.encode()
        if isinstance(data, bytes):
            self.input_stream = BytesIO(data)
            if self.content_length is None:
                self.content_length = len(data)
            return
        for key, value in _iter_data(data):
            if isinstance(value, tuple):
                self.files.add_file(key, *value)
            elif isinstance(value, dict) or hasattr(value, "read"):
                self.files.add_file(key, value)
            else:
                self.form.setlistdefault(key).append(value)

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment, **kwargs: t.Any) -> t.Any:
        """The builder of a given environ; further arguments replace what is read off it."""
        headers = Headers(EnvironHeaders(environ))
        root = decode_wsgi(environ["SCRIPT_NAME"])
        arguments = {
            "path": decode_wsgi(environ["PATH_INFO"]).translate(_QUOTED),
            "base_url": _make_base_url(environ["wsgi.url_scheme"], headers.pop("Host"), root),
            "query_string": decode_wsgi(environ["QUERY_STRING"]),
            "method": environ["REQUEST_METHOD"],
            "input_stream": environ["wsgi.input"],
            "content_type": headers.pop("Content-Type", None),
            "content_length": headers.pop("Content-Length", None),
            "errors_stream": environ["wsgi.errors"],
            "headers": headers,
            **{name: environ[f"wsgi.{name}"] for name in _FLAGS},
        }
        return cls(**{**arguments, **kwargs})

    @property
    def base_url(self) -> str | None:
        """`url_scheme`, `host` and `script_root` as a URL."""
        return _make_base_url(self.url_scheme, self.host, self.script_root)

    @base_url.setter
    def base_url(self, value: str | None) -> None:
        parts = urlsplit("http://localhost" if value is None else value)
        if parts.query or parts.fragment:
            raise ValueError("base url must not contain a query string or fragment")
        self.script_root = parts.path.rstrip("/")
        self.host = parts.netloc
        self.url_scheme = parts.scheme

    @property
    def content_type(self) -> str | None:
        """The Content-Type header; without one, that of `form` and `files`."""
        value: str | None = self.headers.get("Content-Type")
        if value is None and self.input_stream is None:
            return _MULTIPART if self.files else _FORM if self.form else None
        return value

    @content_type.setter
    def content_type(self, value: str | None) -> None:
        self._set_header("Content-Type", value)

    def _set_header(self, name: str, value: object) -> None:
        if value is None:
            self.headers.pop(name, None)
        else:
            self.headers[name] = str(value)

    @property
    def mimetype(self) -> str | None:
        """The content type without its parameters."""
        value = self.content_type
        return value.partition(";")[0].strip() if value else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.content_type = get_content_type(value, "utf-8")

    @property
    def mimetype_params(self) -> CallbackDict[str, str]:
        """The parameters of the Content-Type header, to be changed as well."""

        def on_update(params: t.Any) -> None:
            self.headers["Content-Type"] = dump_options_header(self.mimetype, params)

        params = parse_options_header(self.headers.get("Content-Type", ""))[1]
        return CallbackDict(params, on_update)

    @property
    def content_length(self) -> int | None:
        """The Content-Length header."""
        value: int | None = self.headers.get("Content-Length", type=int)
        return value

    @content_length.setter
    def content_length(self, value: int | None) -> None:
        self._set_header("Content-Length", value)

    @property
    def input_stream(self) -> t.Any:
        """The body as a stream. Setting it drops `form` and `files`, and the other way round."""
        return self.__dict__.get("_input_stream")

    @input_stream.setter
    def input_stream(self, value: t.Any) -> None:
        self.form = self.files = None
        self._input_stream = value

    @property
    def query_string(self) -> str:
        """The query string; setting it takes `args` away."""
        return url_encode(self.args) if self._query_string is None else self._query_string

    @query_string.setter
    def query_string(self, value: str | None) -> None:
        self.args = None
        self._query_string = value

    @property
    def server_name(self) -> str:
        """The host without its port."""
        return self.host.partition(":")[0]

    @property
    def server_port(self) -> int:
        """The host's port, or the scheme's."""
        port = self.host.partition(":")[2]
        return int(port) if port.isdecimal() else 443 if self.url_scheme == "https" else 80

    def close(self) -> None:
        """Close all files in `files`."""
        if not self.closed and self.input_stream is None:
            for file in chain(*self.files.listvalues()):
                with suppress(Exception):  # the others want closing too
                    file.close()
        self.closed = True

    def _encode_body(self) -> tuple[t.Any, int | None, str | None]:
        """The body's stream, its length and its content type."""
        stream = self.input_stream
        content_type = self.content_type
        if stream is not None:
            start = stream.tell()
            length = stream.seek(0, 2) - start
            stream.seek(start)
            return stream, length, content_type
        if self.mimetype == _MULTIPART:
            both: t.Any = CombinedMultiDict([self.form, self.files])
            stream, length, boundary = stream_encode_multipart(both)
            return stream, length, f'{_MULTIPART}; boundary="{boundary}"'
        if self.mimetype == _FORM:
            encoded = url_encode(self.form).encode("ascii")
            return BytesIO(encoded), len(encoded), content_type
        return BytesIO(), self.content_length, content_type

    def get_environ(self) -> WSGIEnvironment:
        """The environ as it is now."""
        stream, length, content_type = self._encode_body()
        uri = encode_wsgi(self.request_uri)
        environ: WSGIEnvironment = {
            **(self.environ_base or {}),
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": encode_wsgi(unquote(self.script_root)),
            "PATH_INFO": encode_wsgi(unquote(self.path)),
            "QUERY_STRING": encode_wsgi(self.query_string),
            # Not in PEP 3333, but what servers offer beside the unquoted path.
            "REQUEST_URI": uri,
            "RAW_URI": uri,
            "SERVER_NAME": self.server_name,
            "SERVER_PORT": str(self.server_port),
            "HTTP_HOST": self.host,
            "SERVER_PROTOCOL": self.server_protocol,
            "wsgi.version": self.wsgi_version,
            "wsgi.url_scheme": self.url_scheme,
            "wsgi.input": stream,
            "wsgi.errors": self.errors_stream,
            **{f"wsgi.{name}": getattr(self, name) for name in _FLAGS},
            **_header_variables(self.headers),
        }
        if content_type is not None:
            environ["CONTENT_TYPE"] = content_type
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
        environ.update(self.environ_overrides or {})
        return environ

    def get_request(self, cls: type[t.Any] | None = None) -> t.Any:
        """A request with the environ, of `request_class` if no other is given."""
        return (cls or self.request_class)(self.get_environ())


def _make_base_url(scheme: str, host: str, script_root: str) -> str:
    return urlunsplit((scheme, host, script_root, "", "")).rstrip("/") + "/"


def _request_headers(headers: t.Any) -> Headers:
    """Headers as a client sends them: what is not Latin-1 goes over the wire as its UTF-8."""

    def wire(value: t.Any) -> t.Any:
        return encode_wsgi(value) if isinstance(value, str) and max(value, default="") > "\xff" else value

    return Headers([(key, wire(value)) for key, value in iter_multi_items(headers or ())])


def _header_variables(headers: Headers) -> dict[str, str]:
    """HTTP_* variables; the two headers of CGI that are none are left out."""
    result: dict[str, str] = {}
    for name, value in headers.to_wsgi_list():
        key = "HTTP_" + name.upper().replace("-", "_")
        if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            result[key] = f"{result[key]}, {value}" if key in result else value
    return result


def create_environ(*args: t.Any, **kwargs: t.Any) -> WSGIEnvironment:
    """The environ that an `EnvironBuilder` with these arguments builds."""
    builder = EnvironBuilder(*args, **kwargs)
    try:
        return builder.get_environ()
    finally:
        builder.close()


# The call


def run_wsgi_app(
    app: t.Any, environ: WSGIEnvironment, buffered: bool = False
) -> tuple[t.Iterable[bytes], str, Headers]:
    """Call an application; return its body, status and headers.

    The body is an iterator, of which just as much was taken as it took until `start_response` had
    been called; with `buffered` it is a list, and the application's iterable is closed.
    """
    # A copy: what the application changes must not reach the next request.
    environ = dict(getattr(environ, "environ", environ))
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: t.Any = None
    ) -> t.Callable[[bytes], None]:
        if exc_info:
            try:
                raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # no cycle through this frame
        started[:] = [(status, headers)]
        return written.append

    result = app(environ, start_response)
    close = getattr(result, "close", None)
    body: t.Any = iter(result)
    try:
        for block in body:
            written.append(block)
            if started and not buffered:
                break
    finally:
        if buffered and close is not None:
            close()
    if not started:
        raise RuntimeError(f"{app!r} returned without calling start_response()")
    if buffered or written:
        body = written if buffered else chain(written, body)
    if not buffered and close is not None and body is not result:
        body = ClosingIterator(body, close)
    status, headers = started[0]
    return body, status, Headers(headers)


class TestResponse(Response):
    """What came back. `request` is the request that was sent, `history` holds the redirects that
    led here. Close it if it streams a file."""

    #: Whatever the application sent, and nothing assumed.
    default_mimetype = None
    #: pytest takes this for a test class by its name.
    __test__ = False

    request: Request
    history: tuple[TestResponse, ...]

    def __init__(self, *args: t.Any, request: Request, history: t.Any = (), **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.history = history

    @property
    def text(self) -> str:
        """The body as text."""
        text: str = self.get_data(as_text=True)
        return text


@lru_cache(maxsize=32)
def _response_class(wrapper: t.Any) -> type[TestResponse]:
    """The class given, made a TestResponse if it is none."""
    if wrapper is None or wrapper is Response:
        return TestResponse
    if issubclass(wrapper, TestResponse):
        return wrapper
    return type("WrapperTestResponse", (TestResponse, wrapper), {})


class Cookie(SimpleNamespace):
    """A cookie in a client's jar.

    `key` and `value` are as sent, `decoded_key` and `decoded_value` as the application sees them.
    `domain` is the host that set the cookie unless it named another, which then stands for its
    subdomains too; `origin_only` tells that it did not. The rest is `path`, `expires`, `max_age`,
    `secure`, `http_only` and `same_site`.
    """

    @classmethod
    def from_header(cls, server_name: str, path: str, header: str) -> Cookie:
        """Read a Set-Cookie header of a response to that path (RFC 6265 5.2)."""
        pair, _, rest = header.partition(";")
        key, _, value = pair.partition("=")
        decoded_key, decoded_value = next(iter(parse_cookie(pair).items()))
        params: dict[str, str | None] = {}
        for item in rest.split(";"):
            name, sep, text = item.partition("=")
            params[name.strip(" \t").lower()] = text.strip(" \t") if sep else None
        return cls(
            key=key.strip(" \t"),
            value=value.strip(" \t"),
            decoded_key=decoded_key,
            decoded_value=decoded_value,
            expires=parse_date(params.get("expires")),
            max_age=int(params["max-age"] or 0) if "max-age" in params else None,
            domain=params.get("domain") or server_name,
            origin_only="domain" not in params,
            path=params.get("path") or path.rpartition("/")[0] or "/",
            secure="secure" in params,
            http_only="httponly" in params,
            same_site=params.get("samesite"),
        )

    @property
    def storage_key(self) -> tuple[str, str, str]:
        """What makes it this cookie and no other (RFC 6265 5.3, 11)."""
        return self.domain, self.path, self.decoded_key

    @property
    def is_deletion(self) -> bool:
        """Whether it was set to be deleted."""
        expired = self.expires is not None and self.expires.timestamp() == 0
        return self.max_age == 0 or expired

    def matches(self, server_name: str, path: str) -> bool:
        """Whether it is sent with a request (RFC 6265 5.1.3-4)."""
        if server_name != self.domain and (
            self.origin_only or not server_name.endswith("." + self.domain.lstrip("."))
        ):
            return False
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


def _host_and_path(environ: WSGIEnvironment) -> tuple[str, str]:
    url = urlsplit(get_current_url(environ))
    return url.hostname or "localhost", url.path


class ClientRedirectError(Exception):
    """Redirects go round in a circle."""


class Client:
    """Sends requests to a WSGI application as a browser would.

    :param application: any WSGI application.
    :param response_wrapper: the class of the responses; made a TestResponse too if it is none.
    :param use_cookies: keep a jar. Domain and path count in it, the other parameters do not.
    :param allow_subdomain_redirects: follow redirects to subdomains.
    """

    def __init__(
        self,
        application: t.Any,
        response_wrapper: type[Response] | None = None,
        use_cookies: bool = True,
        allow_subdomain_redirects: bool = False,
    ) -> None:
        self.application = application
        self.response_wrapper = _response_class(response_wrapper)
        self._cookies: dict[tuple[str, str, str], Cookie] | None = {} if use_cookies else None
        self.allow_subdomain_redirects = allow_subdomain_redirects

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.application!r}>"

    def _jar(self) -> dict[tuple[str, str, str], Cookie]:
        if self._cookies is None:
            raise TypeError("Cookies are disabled. Create a client with 'use_cookies=True'.")
        return self._cookies

    def get_cookie(self, key: str, domain: str = "localhost", path: str = "/") -> Cookie | None:
        """The cookie of that (decoded) key that was set for that domain and path."""
        return self._jar().get((domain, path, key))

    def set_cookie(
        self, key: str, value: str = "", *, domain: str = "localhost", path: str = "/", **kwargs: t.Any
    ) -> None:
        """Put a cookie into the jar. `origin_only=False` sends it to subdomains as well; further
        arguments are `dump_cookie`'s."""
        origin_only = kwargs.pop("origin_only", True)
        header = dump_cookie(key, value, domain=domain, path=path, **kwargs)
        self._keep(domain, "/", header, origin_only=origin_only)

    def delete_cookie(self, key: str, *, domain: str = "localhost", path: str = "/") -> None:
        """Take a cookie out of the jar, if it is there."""
        self._jar().pop((domain, path, key), None)

    def _keep(self, server_name: str, path: str, header: str, **changes: t.Any) -> None:
        jar, cookie = self._jar(), Cookie.from_header(server_name, path, header)
        vars(cookie).update(changes)
        if cookie.is_deletion:
            jar.pop(cookie.storage_key, None)
        else:
            jar[cookie.storage_key] = cookie

    # These two are called, and overridden, by extensions' clients.

    def _add_cookies_to_wsgi(self, environ: WSGIEnvironment) -> None:
        """Set the Cookie header that belongs to the request."""
        if self._cookies is None:
            return
        place = _host_and_path(environ)
        sent = [f"{cookie.key}={cookie.value}" for cookie in self._cookies.values() if cookie.matches(*place)]
        environ.pop("HTTP_COOKIE", None)
        if sent:
            environ["HTTP_COOKIE"] = "; ".join(sent)

    def _update_cookies_from_response(self, server_name: str, path: str, headers: t.Iterable[str]) -> None:
        """Keep what a response's Set-Cookie headers say."""
        if self._cookies is not None:
            for header in headers:
                self._keep(server_name, path, header)

    def run_wsgi_app(
        self, environ: WSGIEnvironment, buffered: bool = False
    ) -> tuple[t.Iterable[bytes], str, Headers]:
        """Call the application, with cookies."""
        self._add_cookies_to_wsgi(environ)
        result = run_wsgi_app(self.application, environ, buffered=buffered)
        set_cookies = result[2].getlist("Set-Cookie")
        self._update_cookies_from_response(*_host_and_path(environ), set_cookies)
        return result

    def open(
        self, *args: t.Any, buffered: bool = False, follow_redirects: bool = False, **kwargs: t.Any
    ) -> t.Any:
        """Send a request: the arguments are an `EnvironBuilder`'s, or one builder, environ or
        request. With `buffered` the whole response is read at once.

        Raises ClientRedirectError for redirects in a circle, and RuntimeError for redirects to
        other hosts.
        """
        request = self._make_request(args, kwargs)
        parts = self.run_wsgi_app(request.environ, buffered=buffered)
        response = self.response_wrapper(*parts, request=request)
        if not follow_redirects:
            return response
        seen: set[tuple[str | None, int]] = set()
        history: list[TestResponse] = []
        while response.status_code in (301, 302, 303, 305, 307, 308):
            if not buffered:
                # A middleware may clean up only at the end of the body.
                response.make_sequence()
                response.close()
            entry = response.location, response.status_code
            if entry in seen:
                raise ClientRedirectError(
                    f"Loop detected: A {entry[1]} redirect to {entry[0]} was already made."
                )
            seen.add(entry)
            response.history = tuple(history)
            history.append(response)
            response = self.resolve_redirect(response, buffered=buffered)
        response.history = tuple(history)
        # It may be an open temporary file.
        response.call_on_close(request.environ["wsgi.input"].close)
        return response

    def _make_request(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        given = args[0] if len(args) == 1 and not kwargs else None
        if isinstance(given, dict):
            given = EnvironBuilder.from_environ(given)
        elif not isinstance(given, (EnvironBuilder, Request)):
            return self._request_from_builder_args(args, kwargs)
        return given.get_request() if isinstance(given, EnvironBuilder) else given

    def _request_from_builder_args(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        """The request that a builder with these arguments makes; extensions' clients override it."""
        builder = self._make_builder(*args, **kwargs)
        try:
            return builder.get_request()
        finally:
            builder.close()

    def _make_builder(self, *args: t.Any, **kwargs: t.Any) -> EnvironBuilder:
        return EnvironBuilder(*args, **kwargs)

    def resolve_redirect(self, response: TestResponse, buffered: bool = False) -> t.Any:
        """Follow one redirect."""
        url = urlsplit(response.location or "")
        builder = EnvironBuilder.from_environ(response.request.environ, path=url.path, query_string=url.query)
        if url.netloc:
            self._check_host(url.netloc.partition(":")[0], builder.server_name)
            builder.url_scheme, builder.host = url.scheme, url.netloc
        root = builder.script_root
        if f"{url.path}/".startswith(f"{root}/"):
            builder.path = url.path[len(root) :]
        else:
            builder.path, builder.script_root = url.path, ""
        if response.status_code not in (307, 308):
            # As browsers do: only those two repeat the request with its body (RFC 9110 15.4).
            if builder.method != "HEAD":
                builder.method = "GET"
            if builder.input_stream is not None:
                builder.input_stream.close()
                builder.input_stream = None
            builder.content_type = builder.content_length = None
            builder.headers.pop("Transfer-Encoding", None)
        return self.open(builder, buffered=buffered)

    def _check_host(self, to_name: str, from_name: str) -> None:
        """Another host is another application, which nobody can call from here."""
        if to_name == from_name:
            return
        if not to_name.endswith(f".{from_name}"):
            raise RuntimeError("Following external redirects is not supported.")
        if not self.allow_subdomain_redirects:
            raise RuntimeError("Following subdomain redirects is not enabled.")

    def _request(self, method: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return self.open(*args, **{**kwargs, "method": method})

    get = partialmethod(_request, "GET")
    post = partialmethod(_request, "POST")
    put = partialmethod(_request, "PUT")
    delete = partialmethod(_request, "DELETE")
    patch = partialmethod(_request, "PATCH")
    options = partialmethod(_request, "OPTIONS")
    head = partialmethod(_request, "HEAD")
    trace = partialmethod(_request, "TRACE")


# For an application of this framework


class AppEnvironBuilder(EnvironBuilder):
    """An `EnvironBuilder` that takes its defaults from an application's configuration.

    :param app: the application.
    :param path: a path, or a whole URL.
    :param base_url: made of PREFERRED_URL_SCHEME, SERVER_NAME and APPLICATION_ROOT if None.
    :param subdomain: goes in front of SERVER_NAME.
    :param url_scheme: instead of PREFERRED_URL_SCHEME.
    """

    def __init__(
        self,
        app: t.Any,
        path: str = "/",
        base_url: str | None = None,
        subdomain: str | None = None,
        url_scheme: str | None = None,
        *args: t.Any,
        **kwargs: t.Any,
    ) -> None:
        if base_url is not None and (subdomain or url_scheme):
            raise AssertionError('Cannot pass "subdomain" or "url_scheme" with "base_url".')
        if base_url is None:
            host = app.config.get("SERVER_NAME") or "localhost"
            if subdomain:
                host = f"{subdomain}.{host}"
            scheme = url_scheme or app.config["PREFERRED_URL_SCHEME"]
            url = urlsplit(path)
            root = app.config["APPLICATION_ROOT"].lstrip("/")
            base_url = f"{url.scheme or scheme}://{url.netloc or host}/{root}"
            path = f"{url.path}?{url.query}" if url.query else url.path
        self.app = app
        super().__init__(path, base_url, *args, **kwargs)

    def json_dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """As the application's own JSON provider writes it."""
        text: str = self.app.json.dumps(obj, **kwargs)
        return text


class AppClient(Client):
    """A client that knows the application's contexts: in a ``with`` block the contexts of the
    last request stay pushed, so that a test can look at `request`, `session` and `g`.

    `environ_base` holds the variables that each request begins with.
    """

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self.preserve_context = False
        self._new_contexts: list[t.ContextManager[t.Any]] = []
        self._context_stack = ExitStack()
        self.environ_base = {"REMOTE_ADDR": "127.0.0.1", "HTTP_USER_AGENT": USER_AGENT}

    @contextmanager
    def session_transaction(self, *args: t.Any, **kwargs: t.Any) -> t.Iterator[t.Any]:
        """The client's session, to be changed in a ``with`` block and stored at its end.

        The arguments are `test_request_context`'s, as opening a session may depend on the request.
        """
        self._jar()
        app = self.application
        context = app.test_request_context(*args, **kwargs)
        self._add_cookies_to_wsgi(context.request.environ)
        with context:
            session = app.session_interface.open_session(app, context.request)
        if session is None:
            raise RuntimeError("Session backend did not open a session.")
        yield session
        response = app.response_class()
        if app.session_interface.is_null_session(session):
            return
        with context:
            app.session_interface.save_session(app, session, response)
        request = context.request
        self._update_cookies_from_response(
            request.host.partition(":")[0], request.path, response.headers.getlist("Set-Cookie")
        )

    def _copy_environ(self, other: t.Mapping[str, t.Any]) -> WSGIEnvironment:
        environ = {**self.environ_base, **other}
        if self.preserve_context:
            # The application calls it with each of its contexts before it pops them.
            environ["werkzeug.debug.preserve_context"] = self._new_contexts.append
        return environ

    def _make_builder(self, *args: t.Any, **kwargs: t.Any) -> EnvironBuilder:
        kwargs["environ_base"] = self._copy_environ(kwargs.get("environ_base") or {})
        return AppEnvironBuilder(self.application, *args, **kwargs)

    def _make_request(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        request = copy(super()._make_request(args, kwargs))
        request.environ = self._copy_environ(request.environ)
        return request

    def run_wsgi_app(self, environ: WSGIEnvironment, buffered: bool = False) -> t.Any:
        """Call the application and push the contexts that it hands over, in place of those of the
        request before: a block keeps those of its last request."""
        self._context_stack.close()
        self._new_contexts.clear()
        result = super().run_wsgi_app(environ, buffered)
        for context in self._new_contexts:
            self._context_stack.enter_context(context)
        return result

    def open(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Send a request; the arguments are an `AppEnvironBuilder`'s without the application."""
        response = super().open(*args, **kwargs)
        response.json_module = self.application.json
        return response

    def __enter__(self) -> AppClient:
        if self.preserve_context:
            raise RuntimeError("Cannot nest client invocations")
        self.preserve_context = True
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.preserve_context = False
        self._context_stack.close()


#: Flask's name for it.
FlaskClient = AppClient

"""An environ made up from a request's parts, and the application called with it.

The rule: the application is driven through WSGI and nothing else, so that what passes here passes on a
server. `Request.from_values` and the test client stand on it.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing
from io import BytesIO
from itertools import chain
from urllib.parse import unquote, urlsplit, urlunsplit

from .datastructures import CombinedMultiDict, MultiDict
from .headers import EnvironHeaders, Headers
from .multipart import Data, Epilogue, Field, File, MultipartEncoder, Preamble
from .properties import WritableContentType, header_property
from .uploads import FileMultiDict
from .urls import iri_to_uri, url_encode
from .wsgi import ClosingIterator, decode_wsgi

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    WSGIEnvironment = dict[str, t.Any]

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
# Uploads are copied in steps, so that a test may send more than fits into memory.
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
    # Of the clock: two messages in one test differ, and nothing has to be imported for it.
    boundary = boundary or f"---------------FormPart_{time.time_ns()}"
    stream: t.IO[bytes] = BytesIO()
    encoder = MultipartEncoder(boundary.encode())
    for event in _multipart_events(data):
        block = encoder.send_event(event)
        if use_tempfile and isinstance(stream, BytesIO) and stream.tell() + len(block) > threshold:
            from tempfile import TemporaryFile  # heavy, and seldom needed

            # What is in memory moves along; all further blocks go to the disk.
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
        # What the file says about itself, else what its name does; a browser always sends a type.
        headers["Content-Type"] = getattr(value, "content_type", None) or guessed
        # Without a name there is no `filename`, and to the receiver it is a field (RFC 7578 4.2).
        yield File(key, filename, headers) if filename is not None else Field(key, headers)
        while block := read(_BLOCK):
            yield Data(data=block, more_data=True)
        # An end of its own: whether a block is the last shows only with the one after it.
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
        # AttributeError, so that hasattr() and copying see an attribute that is not there.
        if builder is not None and builder.__dict__.get(self.rival) is not None:
            raise AttributeError(f"{self.name!r}: the builder has got {self.rival[1:]!r} instead")
        return self if builder is None else builder.__dict__.setdefault(self.name, self.storage())

    def __set__(self, builder: t.Any, value: t.Any) -> None:
        builder.__dict__[self.rival] = None
        builder.__dict__[self.name] = self.storage() if value is None else value


class EnvironBuilder(WritableContentType):
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
    #: What `get_request` makes; set by `testing.EnvironBuilder`, since requests build upon this module.
    request_class: t.Any = None

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
        # A Headers object is kept: the caller may go on changing it.
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        if content_type is not None:
            self.content_type = content_type
        self.errors_stream = sys.stderr if errors_stream is None else errors_stream
        self.multithread, self.multiprocess, self.run_once = multithread, multiprocess, run_once
        self.environ_base, self.environ_overrides = environ_base, environ_overrides
        self.input_stream, self.content_length = input_stream, content_length
        if auth is not None:
            self._set_auth(auth)
        if json is not None:
            if data is not None:
                raise TypeError("can't provide both json and data")
            data = self.json_dumps(json)
            # Another type may be tested on purpose, like application/vnd.api+json.
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
        # An empty one counts too: it is kept as text, and `args` is not to be had.
        query_string = parts.query if "?" in path else query_string
        self.path = iri_to_uri(parts.path)
        # As given, before anything is quoted: a server passes on what was on the wire.
        self.request_uri = path
        self.base_url = base_url if base_url is None else iri_to_uri(base_url)
        if isinstance(query_string, str):
            self.query_string = query_string
        else:
            self.args = query_string if isinstance(query_string, MultiDict) else MultiDict(query_string)

    def _set_auth(self, auth: t.Any) -> None:
        from .auth import Authorization  # only for requests that carry it

        if isinstance(auth, tuple):
            auth = Authorization("basic", {"username": auth[0], "password": auth[1]})
        self.headers.set("Authorization", auth.to_header())

    def _set_data(self, data: t.Any) -> None:
        # Read at once: the length has to be known, and a file may be closed before it is sent.
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
            if isinstance(value, tuple) or hasattr(value, "read"):
                self.files.add_file(key, *(value if isinstance(value, tuple) else (value,)))
            else:
                self.form.setlistdefault(key).append(value)

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment, **kwargs: t.Any) -> t.Any:
        """The builder of a given environ; further arguments replace what is read off it."""
        headers = Headers(EnvironHeaders(environ))
        root = decode_wsgi(environ["SCRIPT_NAME"])
        arguments = {
            # The environ has the path unquoted: a second time would make %2541 an A.
            "path": decode_wsgi(environ["PATH_INFO"]).translate(_QUOTED),
            # Host is taken out of the headers, or it would go before a host that is set later.
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
        # PEP 3333: SCRIPT_NAME is empty or has no slash at its end; PATH_INFO brings it.
        self.script_root = parts.path.rstrip("/")
        self.host = parts.netloc
        self.url_scheme = parts.scheme

    #: What `data` or the headers say, before `content_type` looks at the parts.
    _given_type: t.Any = header_property("Content-Type")
    content_length: t.Any = header_property("Content-Length", None, int, str)

    @property
    def content_type(self) -> str | None:
        """The Content-Type header; without one, that of `form` and `files`."""
        given: str | None = self._given_type
        if given is None and self.input_stream is None:
            return _MULTIPART if self.files else _FORM if self.form else None
        return given

    @content_type.setter
    def content_type(self, value: str | None) -> None:
        self._given_type = value

    @property
    def input_stream(self) -> t.Any:
        """The body as a stream. Setting it drops `form` and `files`, and the other way round."""
        return self.__dict__.get("_input_stream")

    @input_stream.setter
    def input_stream(self, value: t.Any) -> None:
        # The descriptors of both set `_input_stream` to None: its value comes after.
        self.form = self.files = None
        self._input_stream = value

    @property
    def query_string(self) -> str:
        """The query string; setting it takes `args` away."""
        return url_encode(self.args) if self._query_string is None else self._query_string

    @query_string.setter
    def query_string(self, value: str | None) -> None:
        # As above: the parts first.
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
        # With a stream there are no files of ours; the stream is the caller's.
        if not self.closed and self.input_stream is None:
            for file in chain(*self.files.listvalues()):
                file.close()
        self.closed = True

    def _encode_body(self) -> tuple[t.Any, int | None, str | None]:
        """The body's stream, its length and its content type."""
        stream, length, content_type = self.input_stream, self.content_length, self.content_type
        # Encoded now and not before: until here the parts could still be changed.
        if stream is None and self.mimetype == _MULTIPART:
            both: t.Any = CombinedMultiDict([self.form, self.files])
            stream, length, boundary = stream_encode_multipart(both)
            return stream, length, f'{_MULTIPART}; boundary="{boundary}"'
        if stream is None and self.mimetype == _FORM:
            stream = BytesIO(url_encode(self.form).encode("ascii"))
        if stream is None:
            return BytesIO(), length, content_type
        # Measured from where it stands: part of it may have been read.
        start = stream.tell()
        length = stream.seek(0, 2) - start
        stream.seek(start)
        return stream, length, content_type

    def get_environ(self) -> WSGIEnvironment:
        """The environ as it is now."""
        stream, length, content_type = self._encode_body()
        uri = encode_wsgi(self.request_uri)
        environ: WSGIEnvironment = {
            # First: everything below wins over it.
            **(self.environ_base or {}),
            "REQUEST_METHOD": self.method,
            # PEP 3333: both paths unquoted, as bytes in the guise of Latin-1.
            "SCRIPT_NAME": encode_wsgi(unquote(self.script_root)),
            "PATH_INFO": encode_wsgi(unquote(self.path)),
            "QUERY_STRING": encode_wsgi(self.query_string),
            # Not in PEP 3333, but what servers offer beside the unquoted path.
            "REQUEST_URI": uri,
            "RAW_URI": uri,
            "SERVER_NAME": self.server_name,
            "SERVER_PORT": str(self.server_port),
            # Before the headers: one of them may be another Host, for tests of just that.
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
        # Last, so that a test may send what no client would.
        environ.update(self.environ_overrides or {})
        return environ

    def get_request(self, cls: type[t.Any] | None = None) -> t.Any:
        """A request with the environ, of `request_class` if no other is given."""
        return (cls or self.request_class)(self.get_environ())


def _make_base_url(scheme: str, host: str, script_root: str) -> str:
    return urlunsplit((scheme, host, script_root, "", "")).rstrip("/") + "/"


def _header_variables(headers: Headers) -> dict[str, str]:
    """HTTP_* variables; the two headers of CGI that are none are left out."""
    # RFC 9110 5.3: several lines of one name are one, with commas.
    result: dict[str, str] = {}
    for name, value in headers:
        # What is not Latin-1 goes over the wire as its UTF-8.
        value = encode_wsgi(value) if max(value, default="") > "\xff" else value
        key = "HTTP_" + name.upper().replace("-", "_")
        if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            result[key] = f"{result[key]}, {value}" if key in result else value
    return result


def create_environ(*args: t.Any, **kwargs: t.Any) -> WSGIEnvironment:
    """The environ that an `EnvironBuilder` with these arguments builds."""
    with closing(EnvironBuilder(*args, **kwargs)) as builder:
        return builder.get_environ()


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
    # What came by `write()` and what was taken to get at the status: it belongs before the rest.
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: t.Any = None
    ) -> t.Callable[[bytes], None]:
        if exc_info:
            raise exc_info[1].with_traceback(exc_info[2])
        started[:] = [(status, headers)]
        return written.append

    body = ClosingIterator(app(environ, start_response))
    try:
        for block in body:
            written.append(block)
            # A body may be endless: stop as soon as the status is known, which PEP 3333 allows to be late.
            if started and not buffered:
                break
    finally:
        if buffered:
            body.close()
    if not started:
        raise RuntimeError(f"{app!r} returned without calling start_response()")
    status, headers = started[0]
    blocks = written if buffered else ClosingIterator(chain(written, body), body.close)
    return blocks, status, Headers(headers)

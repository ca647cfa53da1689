"""Applications around applications: behind a proxy, side by side, in front of files.

Each is a WSGI application that changes the environ and calls another one. None needs the framework:
any WSGI application can be wrapped.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import datetime, timezone
from io import BytesIO

from .http.options import parse_list_header
from .http.response import Response
from .http.urls import parse_query
from .http.wsgi import get_path_info, wrap_file
from .security import safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    WSGIEnvironment = dict[str, t.Any]
    #: An open file, when it was changed, and its size.
    Opened = tuple[t.IO[bytes], datetime, int]
    #: From the rest of a path (None: the exported name itself) to a file's name and how to open it.
    Loader = t.Callable[[t.Optional[str]], tuple[t.Any, t.Any]]


class ProxyFix:
    """Takes the client's address, scheme, host, port and prefix from the ``X-Forwarded-*`` headers
    that proxies in front of the application set.

    Each argument says how many proxies set that header, and so which value to trust: that many from
    the right. Values further to the left came from the client, which may write there what it likes;
    0 ignores the header. The variables replaced are kept in ``werkzeug.proxy_fix.orig``.

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_host=1)
    """

    def __init__(
        self,
        app: t.Any,
        x_for: int = 1,
        x_proto: int = 1,
        x_host: int = 0,
        x_port: int = 0,
        x_prefix: int = 0,
    ) -> None:
        self.app = app
        self.x_for, self.x_proto, self.x_host = x_for, x_proto, x_host
        self.x_port, self.x_prefix = x_port, x_prefix

    def __call__(self, environ: WSGIEnvironment, start_response: t.Any) -> t.Iterable[bytes]:
        # Under Werkzeug's name: log formatters and tests look for it there.
        environ["werkzeug.proxy_fix.orig"] = {key: environ.get(key) for key in _REPLACED}
        if value := _trusted(environ, "FOR", self.x_for):
            environ["REMOTE_ADDR"] = value
        value = (_trusted(environ, "PROTO", self.x_proto) or "").lower()
        # Whatever else came from the client, past a proxy that sets nothing: links would begin with it.
        if value in ("http", "https", "ws", "wss"):
            environ["wsgi.url_scheme"] = value
        if value := _trusted(environ, "HOST", self.x_host):
            # Both, as PEP 3333 builds URLs from the header and falls back to the variables.
            environ["HTTP_HOST"] = value
            environ["SERVER_NAME"], port = _split_port(value)
            if port:
                environ["SERVER_PORT"] = port
        if value := _trusted(environ, "PORT", self.x_port):
            environ["SERVER_PORT"] = value
            # The port of the header counts before SERVER_PORT, so that it has to follow.
            if environ.get("HTTP_HOST"):
                environ["HTTP_HOST"] = f"{_split_port(environ['HTTP_HOST'])[0]}:{value}"
        if value := _trusted(environ, "PREFIX", self.x_prefix):
            # One slash, for the same reason: "//evil" and "@evil" would be other hosts. Browsers drop tabs.
            environ["SCRIPT_NAME"] = "/" + value.replace("\t", "").lstrip("/\\")
        return self.app(environ, start_response)  # type: ignore[no-any-return]


_REPLACED = ["REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME"]


def _trusted(environ: WSGIEnvironment, name: str, count: int) -> str | None:
    """The value that the outermost of `count` proxies added; None if there are not so many."""
    header = environ.get(f"HTTP_X_FORWARDED_{name}")
    if not count or not header:
        return None
    values = parse_list_header(header)
    # Fewer values than proxies: one of them was bypassed, so that none is believed.
    return values[-count] if len(values) >= count else None


def _split_port(host: str) -> tuple[str, str]:
    """`host:port` in two; an IPv6 address without a port ends in its bracket."""
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and not host.endswith("]") else (host, "")


class HTTPMethodOverrideMiddleware:
    """Lets a client that can only POST say which method it means, in `X-HTTP-Method-Override`.

    :param parameter: the name of an argument in the query string that says it as well, for forms:
        ``<form method=post action="/books/3?_method=DELETE">``. Off by default: a form of another site can
        then send any method, so that a check against forgery has to cover all of them.
    """

    allowed_methods = frozenset(("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"))
    bodyless_methods = frozenset(("GET", "HEAD", "OPTIONS", "DELETE"))

    def __init__(self, app: t.Any, parameter: str | None = None) -> None:
        self.app, self.parameter = app, parameter

    def __call__(self, environ: WSGIEnvironment, start_response: t.Any) -> t.Iterable[bytes]:
        # Of a POST alone: a GET is what caches answer, browsers repeat and any link starts.
        if environ["REQUEST_METHOD"] == "POST":
            method = self._wanted(environ).upper()
            if method in self.allowed_methods:
                environ["REQUEST_METHOD"] = method
            if method in self.bodyless_methods:
                # Whatever frames it: the application must not take the POST's body for this one's.
                environ.pop("HTTP_TRANSFER_ENCODING", None)
                environ["CONTENT_LENGTH"], environ["wsgi.input"] = "0", BytesIO()
        return self.app(environ, start_response)  # type: ignore[no-any-return]

    def _wanted(self, environ: WSGIEnvironment) -> str:
        header: str = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")
        if header or self.parameter is None:
            return header
        return dict(parse_query(environ.get("QUERY_STRING", ""))).get(self.parameter, "")


class DispatcherMiddleware:
    """Mounts applications below paths: ``DispatcherMiddleware(site, {"/api": api})``.

    A request goes to the longest mount that is its path or a parent of it, and to `app` if there is
    none; SCRIPT_NAME and PATH_INFO say where it is mounted.
    """

    def __init__(self, app: t.Any, mounts: t.Mapping[str, t.Any] | None = None) -> None:
        self.app = app
        self.mounts = mounts or {}

    def __call__(self, environ: WSGIEnvironment, start_response: t.Any) -> t.Iterable[bytes]:
        script, path = environ.get("PATH_INFO", ""), ""
        # Segment by segment from the end: the longest mount wins, and /apix is not below /api.
        while "/" in script and script not in self.mounts:
            script, _, last = script.rpartition("/")
            path = f"/{last}{path}"
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + script
        environ["PATH_INFO"] = path
        return self.mounts.get(script, self.app)(environ, start_response)  # type: ignore[no-any-return]


class SharedDataMiddleware:
    """Serves files below some paths and leaves all other requests to the application.

        SharedDataMiddleware(app, {"/static": "/srv/static", "/lib": ("package", "assets")})

    :param app: who gets the requests for which there is no file.
    :param exports: {URL path: a directory, a file, or (package, directory in it)}, or such pairs.
    :param disallow: a pattern as `fnmatch` reads it; files whose names match are not served.
    :param cache: send an ETag and a lifetime, and answer conditional requests.
    :param cache_timeout: the lifetime in seconds.
    :param fallback_mimetype: for files of unknown type.
    """

    def __init__(
        self,
        app: t.Any,
        exports: t.Any,
        disallow: str | None = None,
        cache: bool = True,
        cache_timeout: int = 12 * 60 * 60,
        fallback_mimetype: str = "application/octet-stream",
    ) -> None:
        self.app, self.disallow, self.fallback_mimetype = app, disallow, fallback_mimetype
        self.cache, self.cache_timeout = cache, cache_timeout
        pairs = exports.items() if hasattr(exports, "items") else exports
        self.exports: list[tuple[str, Loader]] = [(path, self._loader(value)) for path, value in pairs]

    def _loader(self, value: t.Any) -> Loader:
        if isinstance(value, tuple):
            return self.get_package_loader(*value)
        if not isinstance(value, str):
            raise TypeError(f"exported {value!r}: wanted a path, or a package and a path in it")
        return self.get_file_loader(value) if os.path.isfile(value) else self.get_directory_loader(value)

    def is_allowed(self, filename: str) -> bool:
        """Whether a file may be served; to be overridden."""
        from fnmatch import fnmatch  # only where files are served

        return self.disallow is None or not fnmatch(filename, self.disallow)

    def get_file_loader(self, filename: str) -> Loader:
        """A loader of that one file."""
        return lambda path: (os.path.basename(filename), lambda: _describe(open(filename, "rb"), 0.0))

    def get_directory_loader(self, directory: str) -> Loader:
        """A loader of the files in a directory."""

        def load(path: str | None) -> t.Any:
            file = directory if path is None else safe_join(directory, path, portable=True)
            if file is None or not os.path.isfile(file):
                return None, None
            return self.get_file_loader(file)(path)

        return load

    def get_package_loader(self, package: str, package_path: str) -> Loader:
        """A loader of the files in a package, which may lie in a zip."""
        from importlib.resources import files  # only for packages

        # What lies in a zip has no date that the loader tells.
        root: t.Any = files(package)
        loaded = time.time()

        def load(path: str | None) -> t.Any:
            name = None if path is None else safe_join(package_path, path, portable=True)
            # Before 3.10, what is missing in a zip is a file that does not exist.
            if name is None or not ((file := root / name).exists() and file.is_file()):
                return None, None  # the directory itself, something outside of it, or nothing
            return os.path.basename(name), lambda: _describe(file.open("rb"), loaded)

        return load

    def generate_etag(self, mtime: datetime, file_size: int, real_filename: str) -> str:
        """What tells two versions of a file apart."""
        from .files import adler32  # only where tags are made

        return f"sdm-{mtime.timestamp()}-{file_size}-{adler32(os.fsencode(real_filename))}"

    def __call__(self, environ: WSGIEnvironment, start_response: t.Any) -> t.Iterable[bytes]:
        filename, opener = self._find(get_path_info(environ))
        if filename is None or opener is None or not self.is_allowed(filename):
            return self.app(environ, start_response)  # type: ignore[no-any-return]
        file, mtime, size = opener()
        from mimetypes import guess_type  # reads the system's tables

        mimetype = guess_type(filename)[0] or self.fallback_mimetype
        response = Response(wrap_file(environ, file), mimetype=mimetype, direct_passthrough=True)
        response.content_length, response.last_modified = size, mtime
        if self.cache:
            # Kept for its time without a question, and validated by its ETag after that.
            response.headers["Cache-Control"] = f"max-age={self.cache_timeout}, public"
            response.expires = time.time() + self.cache_timeout
            response.set_etag(self.generate_etag(mtime, size, filename))
            response.make_conditional(environ)
        else:
            response.headers["Cache-Control"] = "public"
        return response(environ, start_response)

    def _find(self, path: str) -> tuple[t.Any, t.Any]:
        """The first export that has a file for the path."""
        for exported, loader in self.exports:
            parent = exported.rstrip("/") + "/"
            # A path that is exported may be a file itself, and with a slash a directory's start.
            found = loader(None) if exported == path else (None, None)
            if found[1] is None and path.startswith(parent):
                found = loader(path[len(parent) :])
            if found[1] is not None:
                return found
        return None, None


def _describe(file: t.IO[bytes], loaded: float) -> Opened:
    """A file with its date and size; what lies in an archive has got the date of the start."""
    with suppress(OSError):  # no file of the system's
        loaded = os.fstat(file.fileno()).st_mtime
    size = file.seek(0, 2)
    file.seek(0)
    return file, datetime.fromtimestamp(loaded, timezone.utc), size

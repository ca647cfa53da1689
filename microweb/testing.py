"""Requests without a server: a client that calls any WSGI application as a browser would.

`http.builder` turns arguments into an environ and calls the application; `TestResponse` holds what
came, `Client` keeps the cookies and follows redirects. `AppEnvironBuilder` and `AppClient` do the same
for an application of this framework: defaults from its configuration, its contexts kept for a ``with``
block, its session opened.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from copy import copy
from functools import lru_cache, partial, partialmethod
from types import SimpleNamespace
from urllib.parse import urlsplit

from .exceptions import SecurityError
from .http import builder
from .http.builder import create_environ as create_environ
from .http.builder import encode_multipart as encode_multipart
from .http.builder import run_wsgi_app as run_wsgi_app
from .http.builder import stream_encode_multipart as stream_encode_multipart
from .http.cookies import dump_cookie, parse_cookie
from .http.datastructures import convert
from .http.dates import parse_date
from .http.request import Request
from .http.response import Response
from .http.wsgi import get_current_url, plain_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .http.headers import Headers

    WSGIEnvironment = dict[str, t.Any]

#: What ported test suites expect an application's test client to call itself.
USER_AGENT = "Werkzeug/3.1.9"


class EnvironBuilder(builder.EnvironBuilder):
    """The builder of `http.builder`, which makes a `Request`."""

    request_class = Request


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
        return self.get_data(as_text=True)  # type: ignore[no-any-return]


@lru_cache(maxsize=32)
def _response_class(wrapper: t.Any) -> type[TestResponse]:
    """The class given, made a TestResponse if it is none."""
    made: type[t.Any] = TestResponse if wrapper is None or wrapper is Response else wrapper
    if not issubclass(made, TestResponse):
        # Cached, so that all responses of a kind are of one class.
        made = type("WrapperTestResponse", (TestResponse, made), {})
    return made


class Cookie(SimpleNamespace):
    """A cookie in a client's jar.

    `key` and `value` are as sent, `decoded_key` and `decoded_value` as the application sees them.
    `domain` is the host that set the cookie unless it named another, which then stands for its
    subdomains too; `origin_only` tells that it did not. The rest is `path`, `expires`, `max_age`,
    `secure`, `http_only` and `same_site`.
    """

    @classmethod
    def from_header(cls, server_name: str, path: str, header: str) -> Cookie | None:
        """Read a Set-Cookie header of a response to that path (RFC 6265 5.2); None if it sets none."""
        pair, _, rest = header.partition(";")
        key, _, value = pair.partition("=")
        # By the parser that applications use, so that a test sees what they will.
        decoded = dict(parse_cookie(pair))
        if not decoded:
            return None
        ((decoded_key, decoded_value),) = decoded.items()
        items = (item.partition("=") for item in rest.split(";"))
        params = {name.strip(" \t").lower(): text.strip(" \t") for name, _, text in items}
        return cls(
            key=key.strip(" \t"),
            value=value.strip(" \t"),
            decoded_key=decoded_key,
            decoded_value=decoded_value,
            expires=parse_date(params.get("expires")),
            max_age=convert(params.get("max-age", ""), None, plain_int),
            domain=(params.get("domain") or server_name).lower(),
            # RFC 6265 5.2.3: a Domain, even the own one, opens the cookie to hosts below.
            origin_only=not params.get("domain"),
            # RFC 6265 5.1.4: the folder of the page that set it.
            path=params.get("path") or path.rpartition("/")[0] or "/",
            secure="secure" in params,
            http_only="httponly" in params,
            same_site=params.get("samesite") or None,
        )

    @property
    def storage_key(self) -> tuple[str, str, str]:
        """What makes it this cookie and no other (RFC 6265 5.3, 11)."""
        return self.domain, self.path, self.decoded_key

    @property
    def is_deletion(self) -> bool:
        """Whether it was set to be deleted."""
        # RFC 6265 5.2.2: a negative age is one that is over.
        is_over = self.max_age is not None and self.max_age <= 0
        return is_over or (self.expires is not None and self.expires.timestamp() == 0)

    def matches(self, server_name: str, path: str) -> bool:
        """Whether it is sent with a request (RFC 6265 5.1.3-4)."""
        is_below = not self.origin_only and server_name.endswith("." + self.domain.lstrip("."))
        if server_name != self.domain and not is_below:
            return False
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


def _host_and_path(environ: WSGIEnvironment) -> tuple[str, str]:
    try:
        url = urlsplit(get_current_url(environ))
    except SecurityError:
        return "", "/"  # a test that sends a Host which is none; the application answers it
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
        self.response_wrapper = _response_class(response_wrapper)  # type: ignore[arg-type]
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
        if cookie is None:
            return
        # What a header cannot say: that a cookie put in by hand is the origin's alone.
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
        # Of the environ that is sent, as a subclass may have changed it.
        place = _host_and_path(environ)
        sent = [f"{cookie.key}={cookie.value}" for cookie in self._cookies.values() if cookie.matches(*place)]
        # A header given by hand would be sent beside the jar: with a jar, that alone speaks.
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
        # Each line is a cookie (RFC 6265 3): joined by commas, dates would fall apart.
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
        history: list[TestResponse] = []
        # RFC 9110 15.4: those of 3xx that name another place for the same resource.
        while response.status_code in (301, 302, 303, 305, 307, 308):
            if not buffered:
                # A middleware may clean up only at the end of the body.
                response.make_sequence()
                response.close()
            place, status = response.location, response.status_code
            # The same place by another status is no circle yet: a 307 may follow a 302 there.
            if any((step.location, step.status_code) == (place, status) for step in history):
                raise ClientRedirectError(f"Loop detected: a second {status} redirect to {place}.")
            history.append(response)
            response = self.resolve_redirect(response, buffered=buffered)
            # Each of them knows the way to itself, the last one the whole.
            response.history = tuple(history)
        # It may be an open temporary file.
        response.call_on_close(request.environ["wsgi.input"].close)
        return response

    def _make_request(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        given = args[0] if len(args) == 1 and not kwargs else None
        # An environ is taken apart and built anew: its stream is read from where it stands.
        if isinstance(given, dict):
            given = EnvironBuilder.from_environ(given)
        elif not isinstance(given, (EnvironBuilder, Request)):
            return self._request_from_builder_args(args, kwargs)
        return given.get_request() if isinstance(given, EnvironBuilder) else given

    def _request_from_builder_args(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        """The request that a builder with these arguments makes; extensions' clients override it."""
        with closing(self._make_builder(*args, **kwargs)) as builder:
            return builder.get_request()

    def _make_builder(self, *args: t.Any, **kwargs: t.Any) -> EnvironBuilder:
        return EnvironBuilder(*args, **kwargs)

    def resolve_redirect(self, response: TestResponse, buffered: bool = False) -> t.Any:
        """Follow one redirect."""
        # Relative ones stay on the host that sent them; the builder knows it.
        url = urlsplit(response.location or "")
        builder = EnvironBuilder.from_environ(response.request.environ, path=url.path, query_string=url.query)
        if url.netloc:
            self._check_host(url.netloc.partition(":")[0], builder.server_name)
            # Only after the check: another host is another application.
            builder.url_scheme, builder.host = url.scheme, url.netloc
        root = builder.script_root
        # A place outside the application's root is asked of it too: it is all there is to ask.
        if f"{url.path}/".startswith(f"{root}/"):
            builder.path = url.path[len(root) :]
        else:
            builder.path, builder.script_root = url.path, ""
        # As browsers do: only those two repeat the request with its body (RFC 9110 15.4).
        if response.status_code in (307, 308):
            # All of it, whatever the application has read; the stream may have had a beginning before.
            builder.input_stream.seek(-(builder.content_length or 0), 2)
        else:
            builder.method = "HEAD" if builder.method == "HEAD" else "GET"
            builder.input_stream.close()
            # What described the body goes with it.
            builder.input_stream = builder.content_type = builder.content_length = None
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

    get, post, put, delete, patch, options, head, trace = map(
        partial(partialmethod, _request),
        ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"),
    )


# For an application of this framework


class AppEnvironBuilder(EnvironBuilder):
    """An `EnvironBuilder` that takes its defaults from an application's configuration.

    :param app: the application.
    :param path: a path, or a whole URL.
    :param base_url: made of PREFERRED_URL_SCHEME, SERVER_NAME and APPLICATION_ROOT if None.
    :param subdomain: goes in front of SERVER_NAME.
    :param url_scheme: instead of PREFERRED_URL_SCHEME.
    """

    def __init__(self, app: t.Any, path: str = "/", base_url: str | None = None, **kwargs: t.Any) -> None:
        subdomain, scheme = kwargs.pop("subdomain", None), kwargs.pop("url_scheme", None)
        if base_url is not None and (subdomain or scheme):
            raise AssertionError('Cannot pass "subdomain" or "url_scheme" with "base_url".')
        if base_url is None:
            # What url_for builds outside of a request, so that a test can follow it.
            host = app.config.get("SERVER_NAME") or "localhost"
            if subdomain:
                host = f"{subdomain}.{host}"
            # A whole URL as the path wins: tests of other hosts are written like that.
            url = urlsplit(path)
            scheme = url.scheme or scheme or app.config["PREFERRED_URL_SCHEME"]
            root = app.config["APPLICATION_ROOT"].lstrip("/")
            base_url = f"{scheme}://{url.netloc or host}/{root}"
            path = f"{url.path}?{url.query}" if url.query else url.path
        self.app = app
        super().__init__(path, base_url, **kwargs)

    def json_dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """As the application's own JSON provider writes it."""
        return self.app.json.dumps(obj, **kwargs)  # type: ignore[no-any-return]


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
        # Without a jar there is nowhere to keep it: this raises.
        self._jar()
        app = self.application
        context = app.test_request_context(*args, **kwargs)
        self._add_cookies_to_wsgi(context.request.environ)
        with context:
            session = app.session_interface.open_session(app, context.request)
        # An interface may refuse, as for a missing key: better told here than by the view.
        if session is None:
            raise RuntimeError("Session backend did not open a session.")
        yield session
        response = app.response_class()
        if app.session_interface.is_null_session(session):
            return
        with context:
            app.session_interface.save_session(app, session, response)
        name, _, _ = context.request.host.partition(":")
        self._update_cookies_from_response(name, context.request.path, response.headers.getlist("Set-Cookie"))

    def _copy_environ(self, other: t.Mapping[str, t.Any]) -> WSGIEnvironment:
        # The request's own variables win: a test of one client address need not touch the base.
        environ = {**self.environ_base, **other}
        if self.preserve_context:
            # The application calls it with each of its contexts before it pops them.
            environ["werkzeug.debug.preserve_context"] = self._new_contexts.append
        return environ

    def _make_builder(self, *args: t.Any, **kwargs: t.Any) -> EnvironBuilder:
        kwargs["environ_base"] = self._copy_environ(kwargs.get("environ_base") or {})
        return AppEnvironBuilder(self.application, *args, **kwargs)

    def _make_request(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        # A copy: the one given may be sent again, by another client.
        request = copy(super()._make_request(args, kwargs))
        request.environ = self._copy_environ(request.environ)
        return request

    def run_wsgi_app(self, environ: WSGIEnvironment, buffered: bool = False) -> t.Any:
        """Call the application and push the contexts that it hands over, in place of those of the
        request before: a block keeps those of its last request."""
        self._context_stack.close()
        # Contexts of a request that failed halfway are dropped, too.
        self._new_contexts.clear()
        result = super().run_wsgi_app(environ, buffered)
        for context in self._new_contexts:
            self._context_stack.enter_context(context)
        return result

    def open(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Send a request; the arguments are an `AppEnvironBuilder`'s without the application."""
        response = super().open(*args, **kwargs)
        # As the application reads and writes it, whatever provider it has.
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


def __getattr__(name: str) -> t.Any:
    """The runner for commands, which a test of requests need not load."""
    if name == "FlaskCliRunner":
        from .cli.runner import FlaskCliRunner

        return FlaskCliRunner
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Names that only the alias layer needs: private parts of the peers which extensions use."""

from __future__ import annotations

from ..exceptions import SecurityError
from ..globals import top_app_context, top_request_context
from ..http import caching, urls
from ..http.request_headers import RequestHeaders
from ..http.response import Response
from ..markup import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from http import HTTPStatus

    from ..http.headers import Headers


class _ContextView:
    """What Flask keeps in a ContextVar of its own, read from our one context stack."""

    def __init__(self, read: t.Callable[[], t.Any], name: str) -> None:
        self._read = read
        self.name = name

    def get(self, *default: t.Any) -> t.Any:
        """The context on top, or the default, or LookupError."""
        context = self._read()
        if context is not None:
            return context
        if default:
            return default[0]
        raise LookupError(self)


_cv_app = _ContextView(top_app_context, "flask.app_ctx")
_cv_request = _ContextView(top_request_context, "flask.request_ctx")


def _log(type: str, message: str, *args: t.Any, **kwargs: t.Any) -> None:
    """Log to the ``werkzeug`` logger, which shows INFO on stderr when nothing was set up."""
    import logging

    logger = logging.getLogger("werkzeug")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())
    getattr(logger, type)(message.rstrip(), *args, **kwargs)


def _get_environ(obj: t.Any) -> dict[str, t.Any]:
    """The environ of a request, or the environ itself."""
    environ: dict[str, t.Any] = getattr(obj, "environ", obj)
    return environ


def _escape_inner(s: str, /) -> str:
    """The escaped text of a string, not yet marked as safe."""
    return str(escape(s))


def get_host(
    scheme: str,
    host_header: str | None,
    server: tuple[str, int | None] | None = None,
    trusted_hosts: t.Collection[str] | None = None,
) -> str:
    """``urls.get_host``, with an empty name instead of an error for what is no host at all."""
    try:
        return urls.get_host(scheme, host_header, server, trusted_hosts)
    except SecurityError:
        if trusted_hosts:
            raise
        return ""


def clear_caches() -> None:
    """Forget the environments and lexers that are kept for templates made without one."""
    from ..templates.environment import get_spontaneous_environment
    from ..templates.lexer import _lexers

    get_spontaneous_environment.cache_clear()
    _lexers.clear()


class SansIORequest(RequestHeaders):
    """A request given by its parts, without an environ and without a body."""

    def __init__(
        self,
        method: str,
        scheme: str,
        server: tuple[str, int | None] | None,
        root_path: str,
        path: str,
        query_string: bytes,
        headers: Headers,
        remote_addr: str | None,
    ) -> None:
        self.method = method.upper()
        self.scheme = scheme
        self.server = server
        self.root_path = root_path.rstrip("/")
        self.path = "/" + path.lstrip("/")
        self.query_string = query_string
        self.headers = headers
        self.remote_addr = remote_addr


class SansIOResponse(Response):
    """A response without a body."""

    def __init__(
        self,
        status: int | str | HTTPStatus | None = None,
        headers: t.Any = None,
        mimetype: str | None = None,
        content_type: str | None = None,
    ) -> None:
        super().__init__(None, status, headers, mimetype, content_type)


def is_resource_modified(**arguments: t.Any) -> bool:
    """``caching.is_resource_modified`` of headers given by name, ``http_if_match`` and so on."""
    environ = {name.upper(): arguments.pop(name) for name in [*arguments] if name[:5] == "http_"}
    return caching.is_resource_modified(environ, **arguments)

"""Names that only the alias layer needs: private parts of the peers which extensions use."""

from __future__ import annotations

from ..globals import top_app_context, top_request_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


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


def _wsgi_decoding_dance(s: str) -> str:
    """A WSGI string (bytes as Latin-1) as text."""
    return s.encode("latin-1").decode(errors="replace")


def _wsgi_encoding_dance(s: str) -> str:
    """Text as a WSGI string."""
    return s.encode().decode("latin-1")


def _get_environ(obj: t.Any) -> dict[str, t.Any]:
    """The environ of a request, or the environ itself."""
    environ: dict[str, t.Any] = getattr(obj, "environ", obj)
    return environ

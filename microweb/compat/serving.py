"""`werkzeug.serving` where it differs from the server, which frames all bodies itself: that shows no
application a trace of a coding that is undone, and takes no coded body from one."""

from __future__ import annotations

from ..http.headers import EnvironHeaders
from ..server import gateway, loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class WSGIRequestHandler(gateway.WSGIRequestHandler):
    """A handler whose environ tells that the body came in chunks, although they are gone."""

    _coded = False

    @property
    def headers(self) -> EnvironHeaders:
        """The request's fields."""
        return EnvironHeaders(self.head.variables)

    def make_environ(self) -> dict[str, t.Any]:
        """The environ of this request."""
        environ = super().make_environ()
        if self.head.chunked:
            environ["HTTP_TRANSFER_ENCODING"] = "chunked"
        else:
            # Werkzeug's way to a request's stream, which makes of a broken one an error of the client's.
            environ.pop("wsgi.input_terminated", None)
        return environ

    def start_response(self, status: str, headers: t.Any, exc_info: t.Any = None) -> t.Any:
        """PEP 3333's, and an application may say that the body that it gives is in chunks already."""
        ours = [(name, value) for name, value in headers if name.lower() != "transfer-encoding"]
        self._coded = len(ours) < len(headers)
        return super().start_response(status, ours, exc_info)

    def _framing(self, declared: str, size: int | None) -> str:
        if not self._coded:
            return super()._framing(declared, size)
        field = super()._framing("", None)
        # Closed after it: whether the body ends where it says is the application's word.
        self.chunked = self.keep = False
        return field


class ThreadedWSGIServer(loop.BaseWSGIServer):
    """The server, which has threads unless it is told otherwise."""


def install() -> None:
    """Let `run_simple` and all others that are given no handler take this one.

    One `run_simple` for both, so that who patches `werkzeug.serving.run_simple` reaches what `app.run` calls.
    """
    loop.BaseWSGIServer.handler_class = WSGIRequestHandler

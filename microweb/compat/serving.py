"""`werkzeug.serving` where it differs from the server, which shows an application no trace of a coding that
is undone."""

from __future__ import annotations

from ..http.headers import EnvironHeaders
from ..server import gateway, loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class WSGIRequestHandler(gateway.WSGIRequestHandler):
    """A handler whose environ tells that the body came in chunks, although they are gone."""

    @property
    def headers(self) -> EnvironHeaders:
        """The request's fields."""
        return EnvironHeaders(self.head.variables)

    def make_environ(self) -> dict[str, t.Any]:
        """The environ of this request."""
        coding = {"HTTP_TRANSFER_ENCODING": "chunked"} if self.head.chunked else {}
        return {**super().make_environ(), **coding}


class ThreadedWSGIServer(loop.BaseWSGIServer):
    """The server, which has threads unless it is told otherwise."""


def install() -> None:
    """Let `run_simple` and all others that are given no handler take this one.

    One `run_simple` for both, so that who patches `werkzeug.serving.run_simple` reaches what `app.run` calls.
    """
    loop.BaseWSGIServer.handler_class = WSGIRequestHandler

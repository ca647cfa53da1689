"""`werkzeug.serving` where it differs from the server, which shows an application no trace of a coding that
is undone."""

from __future__ import annotations

from ..http.headers import EnvironHeaders
from ..server import gateway, loop, serving

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


# By its name here: who patches `werkzeug.serving.run_simple` patches the server's as well.
_run_simple = serving.run_simple


def run_simple(hostname: str, port: int, application: t.Any, *args: t.Any, **options: t.Any) -> int:
    """The server's ``run_simple``, with the handler that programs for Werkzeug expect."""
    options.setdefault("request_handler", WSGIRequestHandler)
    return _run_simple(hostname, port, application, *args, **options)

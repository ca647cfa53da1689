"""The last requests of a development server, on a page of their own.

The rule: who may see tracebacks may see these, and nobody else: a browser on this machine that asks for this
machine by name. Pages are made when they are asked for; a request pays for being watched alone.
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import count

from ..server.debugger.access import ASKED, Access
from .report import PAGE_POLICY, Tracer, as_html, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb

PATH = "/__trace__"


class TracePages:
    """Middleware of `microweb run --debug`: serves the application, and the traces under `PATH`."""

    def __init__(self, app: Microweb, keep: int = 20) -> None:
        self.app, self.access = app, Access(secured=False)
        self.kept: deque[tuple[int, Tracer]] = deque(maxlen=keep)
        self._numbers = count(1)

    def __call__(self, environ: dict[str, t.Any], start_response: t.Any) -> t.Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == PATH or path.startswith(f"{PATH}/"):
            return self._page(path[len(PATH) + 1 :], environ, start_response)
        if sys.getprofile() is not None:
            return self.app(environ, start_response)  # somebody is measuring: there is one hook a thread
        tracer = Tracer(self.app)
        self.kept.append((next(self._numbers), tracer))
        return tracer(environ, start_response)

    def _page(self, number: str, environ: dict[str, t.Any], start_response: t.Any) -> list[bytes]:
        asked = {name: environ.get(name) for name in ASKED}
        found = [tracer for each, tracer in self.kept if str(each) == number]
        if self.access.refuses(asked) or number and not found:
            status, page = "404 Not Found", "<!doctype html><title>Not Found</title>"
        elif found:
            status, page = "200 OK", as_html(found[0].report())
        else:
            rows = [(each, tracer.title()) for each, tracer in reversed(self.kept)]
            status, page = "200 OK", render("traces.html", rows=rows, path=PATH)
        body = page.encode("utf-8", "replace")
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response(status, [*headers, *PAGE_POLICY])
        return [body]

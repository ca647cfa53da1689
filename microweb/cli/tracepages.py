"""The last requests of a development server, on a page of their own.

The rule: who may see tracebacks may see these, and nobody else: a browser on this machine that asks for this
machine by name. Pages are made when they are asked for; a request pays for being watched alone.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections import deque
from hashlib import sha256
from itertools import count

from ..http.response import Response
from ..server.debugger.access import Access
from .report import Tracer, as_html, render
from .resources import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb

PATH = "/__trace__"
_STYLE = b64encode(sha256(read("trace.css").encode()).digest()).decode()
#: What a page may load: nothing but its style, known by its hash. Every value is escaped all the same.
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class TracePages:
    """Middleware of `microweb run --debug`: serves the application, and the traces under `PATH`."""

    def __init__(self, app: Microweb, keep: int = 20) -> None:
        self.app, self.access = app, Access(secured=False)
        self.kept: deque[tuple[int, Tracer]] = deque(maxlen=keep)
        self._numbers = count(1)

    def __call__(self, environ: dict[str, t.Any], start_response: t.Any) -> t.Iterable[bytes]:
        above, _, number = f"{environ.get('PATH_INFO', '')}/".partition(f"{PATH}/")
        if not above:
            page = None if self.access.refuses(environ) else self._page(number.rstrip("/"))
            answer = (page or "Not Found").encode("utf-8", "replace"), 200 if page else 404, _HEADERS
            return Response(*answer, mimetype="text/html")(environ, start_response)
        if sys.getprofile() is not None:
            return self.app(environ, start_response)  # somebody is measuring: there is one hook a thread
        tracer = Tracer(self.app)
        self.kept.append((next(self._numbers), tracer))
        return tracer(environ, start_response)

    def _page(self, number: str) -> str | None:
        """The way of a request that is still kept, or the list of all."""
        if number:
            return next((as_html(tracer.report()) for each, tracer in self.kept if str(each) == number), None)
        rows = [(each, f"{tracer.request} -> {tracer.status}") for each, tracer in reversed(self.kept)]
        return render("traces.html", rows=rows, path=PATH)

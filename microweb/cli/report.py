"""A trace: one request served under an observer, as data; and the forms in which it is shown.

The rule: there is one structure, which is what JSON holds. Text and page are templates that walk it.
"""

from __future__ import annotations

import os

from ..exceptions import HTTPException
from .observer import Observer
from .resources import read
from .routes import verdicts

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from _typeshed.wsgi import WSGIEnvironment

    from ..app import Microweb

    Report = dict[str, t.Any]

#: A trace is made to be shown around: these let others in.
_SECRET = {"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_PROXY_AUTHORIZATION", "Set-Cookie"}


def _text(value: str) -> str:
    """A native string of WSGI, whose characters are bytes (PEP 3333), as what those mean."""
    return value.encode("latin-1", "replace").decode("utf-8", "replace")


def _shown(name: str, value: str) -> str:
    text = "(hidden)" if name in _SECRET else _text(value)
    # A decoded path may hold what moves a terminal's cursor.
    return text if text.isprintable() else repr(text)[1:-1]


def _host(app: Microweb, environ: WSGIEnvironment) -> tuple[str, str | None] | None:
    """The server's name and the subdomain that a request is for, where a rule depends on them."""
    if not any(rule.host or rule.subdomain for rule in app.url_map.iter_rules()):
        return None
    try:
        adapter: t.Any = app.create_url_adapter(app.request_class({**environ}))
    except HTTPException:  # a host that is not trusted: no rule was asked
        return None
    return adapter.server_name, adapter.subdomain


class Tracer:
    """An application that keeps the trace of each request that it serves, as `report`."""

    def __init__(self, app: Microweb, every: bool = False) -> None:
        self.app, self.observer = app, Observer(app, every)
        self.status, self.size = "", 0
        self.headers: list[tuple[str, str]] = []

    def __call__(self, environ: WSGIEnvironment, start_response: t.Any) -> t.Iterator[bytes]:
        # Copied: the application may change its environ, and nothing of the request shall be kept alive.
        texts = {name: value for name, value in sorted(environ.items()) if isinstance(value, str)}
        self.path, self.host = _text(environ["PATH_INFO"]), _host(self.app, environ)
        self.environ = {name: _shown(name, value) for name, value in texts.items() if "." not in name}

        def start(status: str, headers: list[tuple[str, str]], exc_info: t.Any = None) -> t.Any:
            self.status, self.headers = status, headers
            return start_response(status, headers, *[exc_info] * (exc_info is not None))

        try:
            with self.observer:
                body = self.app(environ, start)
        except Exception as error:
            self.status = f"raised {type(error).__name__}"  # for the debugger around this
            raise
        return self._sent(body)

    def _sent(self, body: t.Any) -> t.Iterator[bytes]:
        # Entered again for each block: what the server does between them is not the application's.
        blocks = iter(body)
        try:
            while True:
                with self.observer:
                    block = next(blocks, None)
                if block is None:
                    return
                self.size += len(block)
                yield block
        finally:
            with self.observer:
                getattr(body, "close", bool)()

    @property
    def request(self) -> str:
        """The first line of the request."""
        url = self.environ.get("REQUEST_URI") or self.environ["PATH_INFO"]
        return f"{self.environ['REQUEST_METHOD']} {url}"

    def report(self) -> Report:
        """The trace, as JSON could hold it."""
        return {
            "request": self.request,
            "status": self.status,
            "ms": self.observer.ms,
            "environ": self.environ,
            "routing": [*verdicts(self.app.url_map, self.path, self.environ["REQUEST_METHOD"], self.host)],
            "steps": self.observer.steps,
            "left_out": self.observer.left_out,
            "headers": [[name, _shown(name, value)] for name, value in self.headers],
            "size": self.size,
        }


def trace(app: Microweb, environ: WSGIEnvironment, every: bool = False) -> Report:
    """Serve one request, and tell its way."""
    tracer = Tracer(app, every)
    # An error that nobody handles is a page here, as for a visitor; it is a step of the trace.
    propagate, app.config["PROPAGATE_EXCEPTIONS"] = app.config["PROPAGATE_EXCEPTIONS"], False
    try:
        for _ in tracer(environ, lambda status, headers, exc_info=None: None):
            pass
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = propagate
    return tracer.report()


def render(name: str, **context: t.Any) -> str:
    """One of the templates beside this file."""
    # With the first page: every start of `run --debug` imports this module.
    from ..templates.environment import Environment

    env = Environment(
        autoescape=name.endswith(".html"), trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return env.from_string(read(name)).render(style=read("trace.css"), **context)


def as_text(report: Report) -> str:
    """For a terminal of 80 columns."""
    # Places below the current directory are told from there.
    return render("trace.txt", report=report, here=os.path.join(os.getcwd(), ""))


def as_json(report: Report) -> str:
    """For programs."""
    import json  # of the three formats' users only one needs it

    return json.dumps(report, indent=2) + "\n"


def as_html(report: Report) -> str:
    """A page with a picture of the times: a bar a step, what it called beneath it."""
    return render("trace.html", report=report, levels=_levels(report["steps"]))


def _levels(steps: list[dict[str, t.Any]]) -> int:
    return max((1 + _levels(step["steps"]) for step in steps), default=0)


FORMATS: dict[str, t.Callable[[Report], str]] = {"text": as_text, "json": as_json, "html": as_html}

"""A trace as data, as text, as JSON and as a page."""

from __future__ import annotations

import os

from ..templates.environment import Environment
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
_SECRET = {"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_PROXY_AUTHORIZATION"}
_HIDDEN = "(hidden)"


class Tracer:
    """An application that keeps the trace of each request that it serves, as `report`."""

    def __init__(self, app: Microweb, every: bool = False) -> None:
        self.app, self.observer = app, Observer(app, every)
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.size = 0

    def __call__(self, environ: WSGIEnvironment, start_response: t.Any) -> t.Iterator[bytes]:
        # Copied: the application may change its environ, and nothing of the request shall be kept alive.
        self.environ = {name: value for name, value in environ.items() if isinstance(value, str)}

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

    def report(self) -> Report:
        """The trace, as JSON could hold it."""
        root, environ = self.observer.root, self.environ
        return {
            "request": self.title().partition(" -> ")[0],
            "status": self.status,
            "ms": round((root.end - root.begin) * 1e3, 3),
            "environ": {
                name: _HIDDEN if name in _SECRET else value
                for name, value in sorted(environ.items())
                if "." not in name
            },
            "routing": self._routing(),
            "steps": [step.as_dict(root.begin) for step in root.steps],
            "left_out": self.observer.left_out,
            "headers": [[name, _HIDDEN if name == "Set-Cookie" else value] for name, value in self.headers],
            "size": self.size,
        }

    def title(self) -> str:
        """The request and its answer in a line."""
        asked = self.environ
        return f"{asked['REQUEST_METHOD']} {asked.get('REQUEST_URI') or asked['PATH_INFO']} -> {self.status}"

    def _routing(self) -> list[dict[str, t.Any]]:
        path, method = self.environ["PATH_INFO"], self.environ["REQUEST_METHOD"]
        return list(verdicts(self.app.url_map, path, method))


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


# As text, as JSON, as a page


def as_text(report: Report) -> str:
    """For a terminal of 80 columns."""
    lines = [f"{report['request']}  ->  {report['status']}  ({report['ms']:.2f} ms, {report['size']} bytes)"]
    lines += ["", "Environ", *(f"  {name} = {value}" for name, value in report["environ"].items())]
    lines += ["", "Routing", *_routing_lines(report["routing"])]
    lines += ["", "Way  (ms: from the start, and taken)", *_step_lines(report["steps"], 0)]
    if report["left_out"]:
        lines.append(f"  ... and {report['left_out']} steps more")
    lines += ["", "Response", f"  {report['status']}"]
    lines += [f"  {name}: {value}" for name, value in report["headers"]]
    return "\n".join(lines) + "\n"


def _routing_lines(rules: list[dict[str, t.Any]]) -> t.Iterator[str]:
    width = max((len(rule["rule"]) for rule in rules), default=0)
    for rule in rules:
        mark = "->" if rule["taken"] else "  "
        yield f"{mark} {rule['rule']:<{width}}  {rule['why']}"
        if rule["taken"]:
            yield f"   endpoint {rule['endpoint']}, regex {rule['regex']}"


def _step_lines(steps: list[dict[str, t.Any]], depth: int) -> t.Iterator[str]:
    for step in steps:
        indent = "  " * depth
        head = f"{step['at']:8.2f} {step['ms']:7.2f}  {indent}{step['kind']}: "
        yield head + _cut(step["name"], 80 - len(head))
        for more in (_near(step["place"]), step["detail"]):
            if more:
                yield f"{'':18}{indent}  {_cut(more, 60 - len(indent))}"
        yield from _step_lines(step["steps"], depth + 1)


def _near(place: str) -> str:
    """The place relative to the current directory, if it lies below that."""
    here = os.path.join(os.getcwd(), "")
    return place[len(here) :] if place.startswith(here) else place


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width or "..." not in text else f"{text[: max(width, 20) - 3]}..."


def as_json(report: Report) -> str:
    """For programs."""
    import json  # of the four formats' users only one needs it

    return json.dumps(report, indent=2) + "\n"


def as_html(report: Report) -> str:
    """A page with a picture of the times: a bar a step, what it called beneath it."""
    total = report["ms"] or 1
    bars, depth = _bars(report["steps"], total, 0), _depth(report["steps"])
    return render("trace.html", report=report, bars=bars, height=depth * 22)


def _bars(steps: list[dict[str, t.Any]], total: float, depth: int) -> t.Iterator[dict[str, t.Any]]:
    for step in steps:
        width = 1000 * step["ms"] / total
        if width >= 0.5:  # thinner ones are not to be seen
            yield {"step": step, "x": 1000 * step["at"] / total, "y": 22 * depth, "width": width}
            yield from _bars(step["steps"], total, depth + 1)


def _depth(steps: list[dict[str, t.Any]]) -> int:
    return max((1 + _depth(step["steps"]) for step in steps), default=0)


def render(name: str, **context: t.Any) -> str:
    """One of the pages beside this file."""
    page = Environment(autoescape=True).from_string(read(name))
    return page.render(style=STYLE, **context)


def _hash_source(text: str) -> str:
    import hashlib
    from base64 import b64encode

    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


FORMATS: dict[str, t.Callable[[Report], str]] = {"text": as_text, "json": as_json, "html": as_html}
STYLE = read("trace.css")
#: What a page may load: nothing but the style above, known by its hash. Every value is escaped all the same.
PAGE_POLICY = [
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src '{_hash_source(STYLE)}'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
]

"""What the debugger shows: an exception as a page, as text, or as JSON.

The rule: the page is complete without a script, which only adds the consoles; every string that comes from
the program or the client is escaped where it is put in; and what goes by a secret's name is hidden in all
three, since people paste them.
"""

from __future__ import annotations

import html
import json
import os
from functools import cache
from urllib.parse import parse_qsl

from .frames import Failure, Frame, all_frames, make_chain
from .repr import DebugReprGenerator, Redactor, escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .frames import Chain

#: Files that the page loads, and their types.
ASSETS = {
    "debugger.css": "text/css; charset=utf-8",
    "debugger.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
#: So many frames of the application are shown open.
OPEN = 5


@cache
def asset(name: str) -> bytes:
    """A file of this package, which may lie in an archive."""
    path = os.path.join(os.path.dirname(__file__), "assets", name)
    return globals()["__loader__"].get_data(path)  # type: ignore[no-any-return]


@cache
def _templates() -> dict[str, str]:
    """The parts of a page, which stand in one file, each under its name."""
    return dict(part.split("\n", 1) for part in asset("page.html").decode().split("== ")[1:])


def render(body: str, title: str, evalex: bool, secret: str, trusted: bool, nonce: str) -> str:
    """A page around a body; with `evalex` it has consoles."""
    flags = f'data-secret="{escape(secret)}" data-trusted="{trusted:d}"' * evalex
    return _templates()["page"].format(title=title, nonce=escape(nonce), flags=flags, body=body)


def render_console(evalex: bool, secret: str, trusted: bool, nonce: str, environ: t.Any) -> str:
    """The page of a console that belongs to no exception."""
    return render(_templates()["console"], "Console", evalex, secret, trusted, nonce)


class DebugTraceback:
    """An exception with all that led to it; `namespaces` may hold more secrets that are to be hidden."""

    def __init__(
        self, exc: BaseException, skip: int = 0, hide: bool = True, namespaces: t.Iterable[t.Any] = ()
    ) -> None:
        #: The exception and those before it, the last one first, with the words between them.
        self.all_tracebacks = make_chain(exc, skip, hide)
        self.all_frames = list(all_frames(self.all_tracebacks))
        self._redactor = Redactor(*namespaces, *(frame.locals for frame in self.all_frames))
        self._last = self.all_tracebacks[0][1]

    def render_traceback_text(self) -> str:
        """What Python would print, without hidden frames."""
        return "".join(self._last.summary.format())

    def to_text(self) -> str:
        """For programs that did not ask for HTML."""
        return self._redactor.known(self.render_traceback_text())

    def to_json(self) -> str:
        """For programs that asked for JSON."""
        what = {"error": "Internal Server Error", "type": self._last.type_name}
        what["message"] = self._redactor.known(self._last.message)
        return json.dumps({**what, "traceback": self.to_text().splitlines()}, indent=2)

    def render_debugger_html(
        self, evalex: bool, secret: str, evalex_trusted: bool, nonce: str = "", environ: t.Any = None
    ) -> str:
        """The whole page; with `environ`, the request is on it."""
        tables = "".join(
            f"<details class=request><summary>{escape(title)}</summary>{self._table(items)}</details>\n"
            for title, items in _request_tables(environ or {}).items()
        )
        # Quotes may stay in the text of an element, and programs that look for a line find it.
        parts = {"request": tables, "plain": html.escape(self.to_text(), quote=False)}
        body = self._fill("traceback", self._last, traceback=self.render_traceback_html(), **parts)
        title = self._show(f"{self._last.type_name}: {self._last.message}")
        return render(body, title, evalex, secret, evalex_trusted, nonce)

    def render_traceback_html(self) -> str:
        """The chain, oldest exception first, as Python prints it."""
        title = "<h2>Traceback <em>(most recent call last)</em></h2>\n"
        return f"<div class=traceback>\n{title}{self._chain(self.all_tracebacks)}</div>\n"

    def _chain(self, chain: Chain) -> str:
        return "".join(
            f'<div class="exc-divider">{words}:</div>\n' * bool(words) + self._failure(failure)
            for words, failure in reversed(chain)
        )

    def _failure(self, failure: Failure) -> str:
        shown = failure.own[-OPEN:] + failure.frames[-1:]
        frames = "".join(self._frame(frame, frame in shown) for frame in failure.frames)
        parts = "".join(
            f"<li class=part><h3>{number} of {len(failure.parts)}</h3>\n{self._chain(part)}</li>\n"
            for number, part in enumerate(failure.parts, 1)
        )
        return self._fill("failure", failure, frames=frames, parts=parts)

    def _frame(self, frame: Frame, shown: bool) -> str:
        names = self._table({name: value for name, value in frame.locals.items() if str(name)[:2] != "__"})
        source = "".join(self._line(frame, *line) for line in frame.source.items())
        kind = "library" * frame.is_library
        return self._fill("frame", frame, kind=kind, open=" open" * shown, source=source, names=names)

    def _line(self, frame: Frame, number: int, text: str) -> str:
        code, kind = self._show(text), "line"
        if number == frame.lineno:
            kind = "line current"
            before, failing, behind = map(self._show, frame.pieces())
            # Marked piece by piece, unless a secret spans them.
            if failing and before + failing + behind == code:
                code = f"{before}<mark>{failing}</mark>{behind}"
        return f'<span class="{kind}"><i>{number}</i>{code}</span>'

    def _fill(self, template: str, thing: object, **parts: str) -> str:
        """A template with the attributes of something, which are text, and with parts, which are HTML."""
        texts = {name: self._show(str(v)) for name, v in vars(thing).items() if isinstance(v, (str, int))}
        return _templates()[template].format(**texts, **parts)

    def _show(self, text: str) -> str:
        return escape(self._redactor.known(text))

    def _table(self, items: t.Mapping[str, t.Any]) -> str:
        return DebugReprGenerator(self._redactor).table(items)


def _request_tables(environ: t.Mapping[str, t.Any]) -> dict[str, t.Mapping[str, t.Any]]:
    """The request as tables: what a browser sent, and what the server made of it."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    sent = {key: environ[key] for key in sorted(environ) if key.startswith(("HTTP_", "CONTENT_"))}
    headers = {key.removeprefix("HTTP_").replace("_", "-").title(): value for key, value in sent.items()}
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    rest = {key: environ[key] for key in sorted(environ.keys() - sent)}
    tables = {f"Request: {environ.get('REQUEST_METHOD')} {path}": headers, "Query": query, "Environ": rest}
    return {title: table for title, table in tables.items() if table}

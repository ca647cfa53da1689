"""What the debugger shows: an exception as a page, as text, or as JSON.

The rule: the page is complete without a script, which only adds the consoles; every string that comes from
the program or the client is escaped where it is put in; and what goes by a secret's name is hidden in all
three, since people paste them.
"""

from __future__ import annotations

import html
import json
import os
import pkgutil
import sys
from functools import cache
from urllib.parse import parse_qsl

from .frames import Failure, Frame, all_frames, make_chain
from .redaction import Redactor
from .repr import DebugReprGenerator, escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: Files of the page, and their types.
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
    data = pkgutil.get_data(__name__.rpartition(".")[0], f"assets/{name}")
    if data is None:
        raise FileNotFoundError(name)
    return data


def policy(nonce: str) -> str:
    """The page's Content-Security-Policy: its own files, and nothing that text could smuggle in."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render(body: str, title: str, nonce: str = "", secret: str = "", trusted: bool = False) -> str:
    """A page around a body. Without a secret it has no consoles."""
    flags = f'data-secret="{escape(secret)}" data-trusted="{int(trusted)}"' if secret else ""
    shell = asset("page.html").decode()
    return shell.format(title=escape(title), nonce=escape(nonce), flags=flags, body=body)


def render_console(nonce: str, secret: str, trusted: bool) -> str:
    """The page of a console that belongs to no exception."""
    return render(asset("console.html").decode(), "Console", nonce, secret, trusted)


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

    def _show(self, text: str) -> str:
        return escape(self._redactor.known(text))

    @property
    def title(self) -> str:
        """Type and message in one line."""
        return self._redactor.known(self._last.lines[-1].strip())

    def render_traceback_text(self) -> str:
        """What Python would print, without hidden frames."""
        return "".join(self._last.summary.format())

    def to_json(self) -> str:
        """For programs that asked for JSON."""
        known = self._redactor.known
        what = {"error": "Internal Server Error", "type": self._last.type_name}
        what["message"] = known(self._last.message)
        return json.dumps({**what, "traceback": self.to_text().splitlines()}, indent=2)

    def to_text(self) -> str:
        """For programs that did not ask for HTML."""
        return self._redactor.known(self.render_traceback_text())

    def render_traceback_html(self) -> str:
        """The chain, oldest exception first, as Python prints it."""
        title = "<h2>Traceback <em>(most recent call last)</em></h2>\n"
        return f"<div class=traceback>\n{title}{self._chain(self.all_tracebacks)}</div>\n"

    def render_debugger_html(
        self, evalex: bool, secret: str, evalex_trusted: bool, nonce: str = "", request: t.Any = None
    ) -> str:
        """The whole page; `request` holds tables by their titles."""
        parts = {
            "type": self._show(self._last.type_name),
            "message": self._show(self._last.message),
            "place": self._place(),
            "traceback": self.render_traceback_html(),
            "request": "".join(self._table(*item) for item in (request or {}).items()),
            # Quotes may stay in the text of an element, and programs that look for a line find it.
            "text": html.escape(self.to_text(), quote=False),
        }
        body = asset("traceback.html").decode().format_map(parts)
        return render(body, self.title, nonce, secret if evalex else "", evalex_trusted)

    def _place(self) -> str:
        """Where to look first: a syntax error's own line, else the innermost of the application's."""
        summary = self._last.summary
        if getattr(summary, "filename", None):
            return f"in {self._show(f'{_shorten(summary.filename)}:{summary.lineno}')}"
        frames = [frame for frame in self._last.frames if not frame.is_library] or self._last.frames
        if not frames:
            return ""
        text = f"{frames[-1].name}, {_shorten(frames[-1].filename)}:{frames[-1].lineno}"
        return f'in <a href="#frame-{frames[-1].id}">{self._show(text)}</a>'

    def _chain(self, chain: t.Sequence[tuple[str | None, Failure]]) -> str:
        parts = []
        for message, failure in reversed(chain):
            parts.append(f'<div class="exc-divider">{message}:</div>\n' if message else "")
            parts.append(self._failure(failure))
        return "".join(parts)

    def _failure(self, failure: Failure) -> str:
        own = [frame.id for frame in failure.frames if not frame.is_library][-OPEN:]
        shown = {*own, *(frame.id for frame in failure.frames[-1:])}
        frames = "".join(self._frame(frame, frame.id in shown) for frame in failure.frames)
        parts = "".join(
            f"<li class=part><h3>{number} of {len(failure.parts)}</h3>\n{self._chain(part)}</li>\n"
            for number, part in enumerate(failure.parts, 1)
        )
        text = f"<pre class=exception>{self._show(failure.text)}</pre>\n"
        return f"<ol class=frames>\n{frames}</ol>\n{text}" + (
            f"<ol class=group>\n{parts}</ol>\n" if parts else ""
        )

    def _frame(self, frame: Frame, shown: bool) -> str:
        names = {name: value for name, value in frame.locals.items() if not name.startswith("__")}
        table = DebugReprGenerator(self._redactor).table(names)
        kind, path = "frame library" if frame.is_library else "frame", self._show(frame.filename)
        return (
            f'<li class="{kind}" id="frame-{frame.id}"><details{" open" * shown}>\n'
            f'<summary title="{path}"><code class=function>{self._show(frame.name)}</code>'
            f" <span class=filename>{self._show(_shorten(frame.filename))}</span>:"
            f"<span class=lineno>{frame.lineno}</span></summary>\n"
            f"<pre class=source>{''.join(self._line(frame, *line) for line in frame.source)}</pre>\n"
            f"<details class=locals><summary>Local variables</summary>{table}</details>\n"
            "</details></li>\n"
        )

    def _line(self, frame: Frame, number: int, text: str) -> str:
        code = self._show(text)
        if number != frame.lineno:
            return f"<span class=line><i>{number}</i>{code}</span>"
        start, end = frame.columns or (0, 0)
        # Marked piece by piece, unless a secret spans them.
        pieces = [self._show(piece) for piece in (text[:start], text[start:end], text[end:])]
        if pieces[1] and "".join(pieces) == code:
            code = f"{pieces[0]}<mark>{pieces[1]}</mark>{pieces[2]}"
        return f'<span class="line current"><i>{number}</i>{code}</span>'

    def _table(self, title: str, items: t.Mapping[str, t.Any]) -> str:
        table = DebugReprGenerator(self._redactor).table(items)
        return f"<details class=request><summary>{escape(title)}</summary>{table}</details>\n"


def _shorten(path: str) -> str:
    """A path from where it is imported, or from the current directory; the page tells all of it elsewhere."""
    roots = (os.path.join(root, "") for root in {os.getcwd(), *sys.path})
    return path[max((len(root) for root in roots if path.startswith(root)), default=0) :]


def request_tables(environ: t.Mapping[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """The request as tables: what a browser sent, and what the server made of it."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    line = f"{environ.get('REQUEST_METHOD', '')} {path} {environ.get('SERVER_PROTOCOL', '')}"
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").title(): value
        for key, value in sorted(environ.items())
        if key.startswith("HTTP_") or (key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
    }
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    rest = {key: value for key, value in sorted(environ.items()) if not key.startswith("HTTP_")}
    tables = {f"Request: {line}": headers, "Query": query, "Environ": rest}
    return {title: table for title, table in tables.items() if table}

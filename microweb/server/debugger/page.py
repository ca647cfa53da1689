"""What the debugger shows: an exception as data, as a page, as text, or as JSON.

The rule: `traceback` knows what belongs to an exception, in which order, and when to stop (chains can be
circular); here each of its entries is joined with the frame that it was taken from, whose names it has not.

The page is complete without a script, which only adds the consoles; every string that comes from the program
or the client is escaped where it is put in; and what goes by a secret's name is hidden in all three, since
people paste them.
"""

from __future__ import annotations

import html
import json
import linecache
import os
import re
import string
import sys
import sysconfig
from contextlib import suppress
from functools import cache
from itertools import count
from pkgutil import get_data
from traceback import TracebackException, walk_tb
from urllib.parse import parse_qsl

from .repr import DebugReprGenerator, Redactor, escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: Lines of source before and behind the line.
CONTEXT = 5
#: Of a recursion that has no end, only the outermost and innermost frames are kept.
OUTERMOST, INNERMOST = 20, 40
#: Exceptions that are shown in all, of chains and groups; and frames of the application that are shown open.
FAILURES, OPEN = 30, 5

_OWN = os.path.dirname(__file__) + os.sep
# Not the developer's code: Python's and what was installed, and the package that this is a part of.
_PATHS = (*sysconfig.get_paths().values(), os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
_LIBRARY = tuple(os.path.join(each, "") for path in _PATHS for each in (path, os.path.realpath(path)))
_ids = count(1)

CAUSE = "The above exception was the direct cause of the following exception"
CONTEXT_OF = "During handling of the above exception, another exception occurred"


class Frame:
    """One line of a traceback, with the names that were there."""

    open = ""

    def __init__(self, summary: t.Any, frame: t.Any) -> None:
        #: By what a console asks for it.
        self.id = next(_ids)
        self.summary, self.lineno, self.short = summary, summary.lineno or 0, _shorten(summary.filename)
        #: A copy: later lines of the function do not change what is shown.
        self.globals, self.locals = frame.f_globals, dict(frame.f_locals)
        self.names = {name: value for name, value in self.locals.items() if str(name)[:2] != "__"}
        #: Whether it is no line of the application's.
        self.kind = "library" * summary.filename.startswith((*_LIBRARY, "<frozen "))

    @property
    def source(self) -> list[t.Any]:
        """The line and its neighbours: numbers, kinds, pieces; empty if there is no source."""
        lines = linecache.getlines(self.summary.filename, self.globals)
        if not 0 < self.lineno <= len(lines):
            return []
        first = max(1, self.lineno - CONTEXT)
        part = enumerate(lines[first - 1 : self.lineno + CONTEXT], first)
        return [(number, *self._pieces(number, line.rstrip("\r\n"))) for number, line in part]

    def _pieces(self, number: int, text: str) -> tuple[str, list[str]]:
        """The kind of a line, and its text in three: the failing expression, where Python tells (3.11), and
        what is around it."""
        if number != self.lineno:
            return "line", [text, "", ""]
        # Python counts bytes.
        line, where = text.encode("utf-8", "replace"), self.summary
        start, end = getattr(where, "colno", None) or 0, getattr(where, "end_colno", None) or 0
        if getattr(where, "end_lineno", None) not in (None, self.lineno):
            end = len(line)
        parts = line[:start], line[start:end], line[end:]
        return "line current", [part.decode("utf-8", "replace") for part in parts]


class Failure:
    """An exception of a chain: its text, its frames, and the chains of what it is a group of."""

    #: How the one before led to it, in one text or none; the chains of a group's parts under their titles.
    words: t.Sequence[str] = ()
    parts: t.Sequence[tuple[str, list[Failure]]] = ()

    def __init__(self, error: t.Any, summary: t.Any, frames: list[Frame]) -> None:
        self.type_name, self.summary, self.frames = type(error).__name__, summary, frames
        #: Type and message, as at the end of a traceback.
        self.text = "".join(summary.format_exception_only()).rstrip("\n")
        own = [frame for frame in frames if not frame.kind]
        for frame in own[-OPEN:] + frames[-1:]:
            frame.open = " open"
        #: Where to look first: a syntax error's own line, else the innermost of the application's.
        self.place, self.place_id = "", 0
        for frame in (own or frames)[-1:]:
            self.place, self.place_id = f"in {frame.summary.name}, {frame.short}:{frame.lineno}", frame.id
        if getattr(summary, "filename", None):
            self.place = f"in {_shorten(summary.filename)}:{summary.lineno}"


def _shorten(path: str) -> str:
    """A path from where it is imported, or from the current directory."""
    roots = [*sys.path]
    with suppress(OSError):  # it may have been deleted
        roots.append(os.getcwd())
    lengths = (len(root) for root in (os.path.join(each, "") for each in roots) if path.startswith(root))
    return path[max(lengths, default=0) :]


def make_chain(error: t.Any, summary: t.Any, found: list[Failure], hide: bool) -> list[Failure]:
    """An exception behind those that it came from; `found` gets all of them, and those of groups, until there
    are FAILURES. Frames of this folder are left out and, with `hide`, those that have a true local
    `__traceback_hide__`."""
    chain = []
    while len(found) < FAILURES:
        failure = Failure(error, summary, _frames(error, summary, hide))
        chain.append(failure)
        found.append(failure)
        # Of the pairs, the summary knows which count: it leaves out what would go in a circle.
        known = getattr(summary, "exceptions", None)
        pairs = zip(error.exceptions, known) if known else ()
        parts = [part for pair in pairs if (part := make_chain(*pair, found, hide))]
        failure.parts = [(f"{number} of {len(parts)}", part) for number, part in enumerate(parts, 1)]
        if summary.__cause__ is not None:
            failure.words, error, summary = [CAUSE], error.__cause__, summary.__cause__
        elif summary.__context__ is not None and not summary.__suppress_context__:
            failure.words, error, summary = [CONTEXT_OF], error.__context__, summary.__context__
        else:
            break
    return chain[::-1]


def _frames(error: t.Any, summary: t.Any, hide: bool) -> list[Frame]:
    kept = [
        (entry, frame)
        for entry, (frame, _) in zip(summary.stack, walk_tb(error.__traceback__))
        if not (hide and frame.f_locals.get("__traceback_hide__") or entry.filename.startswith(_OWN))
    ]
    # The plain text leaves out the same.
    summary.stack[:] = [entry for entry, _ in kept]
    if len(kept) > OUTERMOST + INNERMOST:
        kept[OUTERMOST:-INNERMOST] = []
    return [Frame(*pair) for pair in kept]


#: Files that the page loads, and their types.
ASSETS = {"debugger.css": "text/css", "debugger.js": "text/javascript", "icon.svg": "image/svg+xml"}


@cache
def asset(name: str) -> str:
    """A file of this package, which may lie in an archive."""
    return (get_data(__package__, f"assets/{name}") or b"").decode()


@cache
def _parts() -> dict[str, str]:
    """The parts of a page, which stand in one file, each under its name."""
    return dict(part.rstrip("\n").split("\n", 1) for part in asset("page.html").split("== ")[1:])


def render(body: str, title: str, evalex: bool, secret: str, trusted: bool, nonce: str) -> str:
    """A page around a body; with `evalex` it has consoles."""
    flags = f'data-secret="{escape(secret)}" data-trusted="{trusted:d}"' * evalex
    return _parts()["page"].format(title=title, nonce=escape(nonce), flags=flags, body=body)


def render_console(evalex: bool, secret: str, trusted: bool, nonce: str, environ: t.Any) -> str:
    """The page of a console that belongs to no exception."""
    return render(_parts()["console"], "Console", evalex, secret, trusted, nonce)


class DebugTraceback(string.Formatter):
    """An exception with all that led to it; `namespaces` may hold more secrets that are to be hidden.

    It formats the parts of its page: `{0.name}` as text, which is escaped and loses its secrets,
    `{0.name:part}` as another part, for each of several things if there are.
    """

    def __init__(
        self, exc: BaseException, skip: int = 0, hide: bool = True, namespaces: t.Iterable[t.Any] = ()
    ) -> None:
        found: list[Failure] = []
        summary = TracebackException.from_exception(exc, lookup_lines=False)
        self.chain = make_chain(exc, summary, found, hide)
        #: The exception and those before it, the last one first.
        self.all_tracebacks, self.last = self.chain[::-1], self.chain[-1]
        for entries in (self.last.frames, summary.stack):
            del entries[:skip]
        self.all_frames = [frame for failure in found for frame in failure.frames]
        self._redactor = Redactor(*namespaces, *(frame.locals for frame in self.all_frames))

    def format_field(self, value: t.Any, kind: str) -> str:
        """A field of a part."""
        if kind == "table":
            return DebugReprGenerator(self._redactor).table(value)
        if kind == "code":
            return self._code(*value)
        if kind in _parts():
            things = value if isinstance(value, (list, tuple)) else [value]
            return "".join(self.format(_parts()[kind], each) for each in things)
        text = self._redactor.known(str(value))
        # Quotes may stay in the text of an element, and programs that look for a line find it.
        return html.escape(text, quote=False) if kind == "plain" else escape(text)

    def _code(self, before: str, failing: str, behind: str) -> str:
        marked = self.format("{}<mark>{}</mark>{}", before, failing, behind)
        whole = self.format("{}", before + failing + behind)
        # Marked piece by piece, unless a secret spans them.
        return marked if failing and re.sub("</?mark>", "", marked) == whole else whole

    def render_traceback_text(self) -> str:
        """What Python would print, without hidden frames."""
        return "".join(self.last.summary.format())

    def to_text(self) -> str:
        """For programs that did not ask for HTML."""
        return self._redactor.known(self.render_traceback_text())

    def to_json(self) -> str:
        """For programs that asked for JSON."""
        what = {"error": "Internal Server Error", "type": self.last.type_name}
        what["message"] = self._redactor.known(str(self.last.summary))
        return json.dumps({**what, "traceback": self.to_text().splitlines()}, indent=2)

    def render_debugger_html(
        self, evalex: bool, secret: str, evalex_trusted: bool, nonce: str = "", environ: t.Any = None
    ) -> str:
        """The whole page; with `environ`, the request is on it."""
        self.request, self.text = _request_tables(environ or {}), self.render_traceback_text()
        title = self.format("{0.type_name}: {0.summary}", self.last)
        return render(self.format_field(self, "report"), title, evalex, secret, evalex_trusted, nonce)

    def render_traceback_html(self) -> str:
        """The chain, oldest exception first, as Python prints it."""
        return self.format_field(self, "traceback")


def fields(text: str) -> dict[str, str]:
    """What a query string or a form says."""
    return dict(parse_qsl(text, keep_blank_values=True))


def _request_tables(environ: t.Mapping[str, t.Any]) -> list[tuple[str, dict[str, t.Any]]]:
    """The request as tables: what a browser sent, and what the server made of it."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    sent = {key: environ[key] for key in sorted(environ) if key.startswith(("HTTP_", "CONTENT_"))}
    headers = {key.removeprefix("HTTP_").replace("_", "-").title(): value for key, value in sent.items()}
    query = fields(environ.get("QUERY_STRING", ""))
    rest = {key: environ[key] for key in sorted(environ.keys() - sent)}
    tables = {f"Request: {environ.get('REQUEST_METHOD')} {path}": headers, "Query": query, "Environ": rest}
    return [each for each in tables.items() if each[1]]

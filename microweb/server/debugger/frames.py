"""An exception as data: its chain, its groups, their frames.

The rule: `traceback` knows what belongs to an exception, in which order, and when to stop (chains can be
circular); here each of its entries is joined with the frame that it was taken from, whose names it has not.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import traceback
from contextlib import suppress
from functools import cached_property
from itertools import count, repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    import types
    import typing as t

    Chain = list[tuple[t.Optional[str], "Failure"]]

#: Lines of source before and behind the line.
CONTEXT = 5
#: Of a recursion that has no end, only the outermost and innermost frames are kept.
OUTERMOST, INNERMOST = 20, 40
#: Exceptions that are shown in all, of chains and groups.
FAILURES = 30

_OWN = os.path.dirname(__file__) + os.sep
# Not the developer's code: Python's and what was installed, and the package that this is a part of.
_LIBRARY = tuple(
    os.path.join(folder, "")
    for path in (*sysconfig.get_paths().values(), os.path.dirname(os.path.dirname(os.path.dirname(__file__))))
    for folder in {path, os.path.realpath(path)}
)
_ids = count(1)

CAUSE = "The above exception was the direct cause of the following exception"
CONTEXT_OF = "During handling of the above exception, another exception occurred"


class Frame:
    """One line of a traceback, with the names that were there."""

    def __init__(self, summary: traceback.FrameSummary, frame: types.FrameType) -> None:
        #: By what a console asks for it.
        self.id = next(_ids)
        self.filename, self.lineno, self.name = summary.filename, summary.lineno or 0, summary.name
        self.short = _shorten(self.filename)
        self.globals, self._summary = frame.f_globals, summary
        #: A copy: later lines of the function do not change what is shown.
        self.locals = dict(frame.f_locals)
        #: Whether it is no line of the application's.
        self.is_library = self.filename.startswith((*_LIBRARY, "<frozen "))

    @cached_property
    def source(self) -> dict[int, str]:
        """The line and its neighbours by their numbers; empty if there is no source."""
        lines = linecache.getlines(self.filename, self.globals)
        if not 0 < self.lineno <= len(lines):
            return {}
        first = max(1, self.lineno - CONTEXT)
        part = enumerate(lines[first - 1 : self.lineno + CONTEXT], first)
        return {number: line.rstrip("\r\n") for number, line in part}

    def pieces(self) -> list[str]:
        """Its line in three: the failing expression, where Python tells (3.11), and what is around it."""
        # Python counts bytes.
        line, where = self.source[self.lineno].encode("utf-8", "replace"), self._summary
        start, end = getattr(where, "colno", None) or 0, getattr(where, "end_colno", None) or 0
        if getattr(where, "end_lineno", None) not in (None, self.lineno):
            end = len(line)
        return [part.decode("utf-8", "replace") for part in (line[:start], line[start:end], line[end:])]


class Failure:
    """An exception of a chain: its text, its frames, and the chains of what it is a group of."""

    def __init__(self, error: t.Any, summary: t.Any, skip: int, hide: bool, left: t.Iterator[int]) -> None:
        self.summary, self.type_name = summary, type(error).__name__
        #: Type and message, as at the end of a traceback; and the message alone.
        self.text = "".join(summary.format_exception_only()).rstrip("\n")
        self.message = str(summary)
        self.frames = _frames(error, summary, skip, hide)
        #: Those of the application.
        self.own = [frame for frame in self.frames if not frame.is_library]
        #: Where to look first: a syntax error's own line, else the innermost of the application's.
        self.place, self.place_id = "", 0
        if self.frames:
            frame = (self.own or self.frames)[-1]
            self.place, self.place_id = f"in {frame.name}, {frame.short}:{frame.lineno}", frame.id
        if getattr(summary, "filename", None):
            self.place = f"in {_shorten(summary.filename)}:{summary.lineno}"
        # Of the pairs, the summary knows which count: it leaves out what would go in a circle.
        known = getattr(summary, "exceptions", None)
        pairs = zip(error.exceptions, known) if known else ()
        self.parts = [part for part in (_chain(*pair, 0, hide, left) for pair in pairs) if part]


def _shorten(path: str) -> str:
    """A path from where it is imported, or from the current directory."""
    roots = [*sys.path]
    with suppress(OSError):  # it may have been deleted
        roots.append(os.getcwd())
    lengths = (len(root) for root in map(os.path.join, roots, repeat("")) if path.startswith(root))
    return path[max(lengths, default=0) :]


def make_chain(error: BaseException, skip: int = 0, hide: bool = True) -> Chain:
    """An exception and those that it came from, the last one first: each with the words that tell how the
    next one led to it, None at the end.

    The first `skip` frames are left out, and those of this folder; with `hide`, also those that have a true
    local `__traceback_hide__`.
    """
    summary = traceback.TracebackException.from_exception(error, lookup_lines=False)
    return _chain(error, summary, skip, hide, iter(range(FAILURES)))


def _chain(error: t.Any, summary: t.Any, skip: int, hide: bool, left: t.Iterator[int]) -> Chain:
    chain: Chain = []
    words: str | None = ""
    while words is not None and next(left, None) is not None:
        failure = Failure(error, summary, skip, hide, left)
        skip, words = 0, None
        if summary.__cause__ is not None:
            words, error, summary = CAUSE, error.__cause__, summary.__cause__
        elif summary.__context__ is not None and not summary.__suppress_context__:
            words, error, summary = CONTEXT_OF, error.__context__, summary.__context__
        chain.append((words, failure))
    return chain


def all_frames(chain: Chain) -> t.Iterator[Frame]:
    """Every frame of a chain, those of groups' parts too."""
    for _, failure in chain:
        yield from failure.frames
        for part in failure.parts:
            yield from all_frames(part)


def _frames(
    error: BaseException, summary: traceback.TracebackException, skip: int, hide: bool
) -> list[Frame]:
    kept = [
        (entry, frame)
        for entry, (frame, _) in list(zip(summary.stack, traceback.walk_tb(error.__traceback__)))[skip:]
        if not (hide and frame.f_locals.get("__traceback_hide__")) and not entry.filename.startswith(_OWN)
    ]
    # The plain text leaves out the same.
    summary.stack[:] = [entry for entry, _ in kept]
    if len(kept) > OUTERMOST + INNERMOST:
        kept[OUTERMOST:-INNERMOST] = []
    return [Frame(*pair) for pair in kept]

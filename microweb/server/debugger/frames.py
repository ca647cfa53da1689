"""An exception as data: its chain, its groups, their frames.

The rule: `traceback` knows what belongs to an exception, in which order, and when to stop (chains can be
circular); here each of its entries is joined with the frame that it was taken from, whose names it has not.
"""

from __future__ import annotations

import linecache
import os
import sysconfig
import traceback
from functools import cached_property
from itertools import count

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
    {os.path.join(os.path.realpath(path), "") for path in sysconfig.get_paths().values()}
    | {os.path.join(path, "") for path in sysconfig.get_paths().values()}
    | {os.path.dirname(os.path.dirname(os.path.dirname(__file__))) + os.sep}
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
        self.globals = frame.f_globals
        #: A copy: later lines of the function do not change what is shown.
        self.locals = dict(frame.f_locals)
        self._columns = getattr(summary, "colno", None), getattr(summary, "end_colno", None)
        self._ends = getattr(summary, "end_lineno", None)

    @cached_property
    def is_library(self) -> bool:
        """Whether it is no line of the application's."""
        return self.filename.startswith((*_LIBRARY, "<frozen "))

    @cached_property
    def columns(self) -> tuple[int, int] | None:
        """Where in its line the failing expression begins and ends, where Python tells (3.11)."""
        start, end = self._columns
        source = dict(self.source).get(self.lineno)
        if start is None or end is None or source is None:
            return None
        # Python counts bytes.
        line = source.encode("utf-8", "replace")
        end = end if self._ends == self.lineno else len(line)
        return len(line[:start].decode("utf-8", "replace")), len(line[:end].decode("utf-8", "replace"))

    @cached_property
    def source(self) -> list[tuple[int, str]]:
        """Numbers and text of the line and its neighbours; empty if there is no source."""
        lines = linecache.getlines(self.filename, self.globals)
        if not 0 < self.lineno <= len(lines):
            return []
        first = max(0, self.lineno - 1 - CONTEXT)
        part = lines[first : self.lineno + CONTEXT]
        return [(first + number, line.rstrip("\r\n")) for number, line in enumerate(part, 1)]


class Failure:
    """An exception of a chain: its text, its frames, and the chains of what it is a group of."""

    def __init__(self, error: BaseException, summary: traceback.TracebackException) -> None:
        self.summary = summary
        self.type_name = type(error).__name__
        #: Type and message, as at the end of a traceback; and the message alone.
        self.lines = list(summary.format_exception_only())
        self.text = "".join(self.lines).rstrip("\n")
        self.message = str(summary)
        self.frames: list[Frame] = []
        self.parts: list[Chain] = []


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
    while next(left, None) is not None:
        failure = Failure(error, summary)
        failure.frames = _frames(error, summary, skip, hide)
        # Of the pairs, the summary knows which count: it leaves out what would go in a circle.
        parts = zip(getattr(error, "exceptions", ()), getattr(summary, "exceptions", None) or ())
        failure.parts = list(filter(None, (_chain(*part, 0, hide, left) for part in parts)))
        words, error, summary = _before(error, summary)
        chain.append((words, failure))
        if words is None:
            break
        skip = 0
    return chain


def _before(error: t.Any, summary: t.Any) -> tuple[str | None, t.Any, t.Any]:
    if summary.__cause__ is not None:
        return CAUSE, error.__cause__, summary.__cause__
    if summary.__context__ is not None and not summary.__suppress_context__:
        return CONTEXT_OF, error.__context__, summary.__context__
    return None, None, None


def all_frames(chain: Chain) -> t.Iterator[Frame]:
    """Every frame of a chain, those of groups' parts too."""
    for _, failure in chain:
        yield from failure.frames
        for part in failure.parts:
            yield from all_frames(part)


def _frames(
    error: BaseException, summary: traceback.TracebackException, skip: int, hide: bool
) -> list[Frame]:
    pairs = list(zip(traceback.walk_tb(error.__traceback__), summary.stack))[skip:]
    kept = [
        (frame, entry)
        for (frame, _), entry in pairs
        if not (hide and frame.f_locals.get("__traceback_hide__")) and not entry.filename.startswith(_OWN)
    ]
    # The plain text leaves out the same.
    summary.stack[:] = [entry for _, entry in kept]
    if len(kept) > OUTERMOST + INNERMOST:
        kept[OUTERMOST:-INNERMOST] = []
    return [Frame(entry, frame) for frame, entry in kept]

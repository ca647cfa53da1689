"""An interactive console on the names of a frame; what it prints is HTML.

The rule: what one console prints is seen there and nowhere else. Which thread prints is told by a context
variable, so that the program's other threads go on writing to the terminal meanwhile.
"""

from __future__ import annotations

import io
import linecache
import sys
import traceback
from code import InteractiveConsole
from contextlib import ExitStack
from contextvars import ContextVar
from itertools import count

from .repr import debug_repr, dump, escape, helper

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Names = t.Optional[t.Mapping[str, t.Any]]

_running: ContextVar[Console] = ContextVar("console")
_numbers = count(1)
_displayhook = sys.displayhook


class HTMLStringO(io.StringIO):
    """Collects what is printed, escaped; what is HTML already goes through `_write`."""

    _write = io.StringIO.write

    def write(self, text: str) -> int:
        """Print text."""
        self._write(escape(text))
        return len(text)

    def reset(self) -> str:
        """What was printed; begin anew."""
        html = self.getvalue()
        self.truncate(self.seek(0))
        return html


class _Stdout:
    """Stands for sys.stdout once a console was used: each thread's own console, or what was there."""

    def __init__(self, real: t.Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> t.Any:
        console = _running.get(None)
        return getattr(console.output if console else self.real, name)


def _show(value: object) -> None:
    console = _running.get(None)
    if console is None:
        _displayhook(value)
    elif value is not None:
        console.locals["_"] = value
        console.output._write(f"{debug_repr(value)}\n")


# Python asks this for every value of an interactive line; outside of a console it is what it was.
sys.displayhook = _show


class Console(InteractiveConsole):
    """Runs lines, one after the other, on a copy of a frame's names, each of them within some contexts."""

    locals: dict[str, t.Any]

    def __init__(self, globals: Names = None, locals: Names = None, contexts: t.Iterable[t.Any] = ()) -> None:
        super().__init__({**(globals or {}), **(locals or {}), "dump": dump, "help": helper})
        self.output, self.contexts = HTMLStringO(), contexts

    def eval(self, code: str) -> str:
        """Run a line, and give back prompt, line and what it printed, as HTML."""
        line = code.rstrip()
        prompt, source = "... " if self.buffer else ">>> ", "\n".join([*self.buffer, line])
        self.filename = f"<console {next(_numbers)}>"
        # Tracebacks show the lines from here; without a time, they are not looked for on disk.
        linecache.cache[self.filename] = len(source), None, source.splitlines(keepends=True), self.filename
        if not isinstance(sys.stdout, _Stdout):
            setattr(sys, "stdout", _Stdout(sys.stdout))
        with ExitStack() as stack:
            for context in self.contexts:
                stack.enter_context(context)
            stack.callback(_running.reset, _running.set(self))
            try:
                self.push(line)
            except (MemoryError, RecursionError):  # too deep for Python's parser
                self.resetbuffer()
                self.showsyntaxerror()
        return f"{prompt}{escape(line)}\n{self.output.reset()}"

    def runcode(self, code: t.Any) -> None:
        """Run what was compiled; even `exit()` ends the line alone, and not the server."""
        try:
            exec(code, self.locals)
        except BaseException as error:
            # Without this frame.
            trace = error.__traceback__ and error.__traceback__.tb_next
            traceback.print_exception(type(error), error, trace, file=self.output)

    def showsyntaxerror(self, filename: str | None = None, **kwargs: t.Any) -> None:
        """Say what is wrong with a line, here and not where the program sends its own errors."""
        self.output.writelines(traceback.format_exception_only(*sys.exc_info()[:2]))

"""The context of the command that is running: a stack, as commands call each other.

The rule: code that has no context at hand (`echo`, a helper of the user's) asks here.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context

_current: ContextVar[Context | None] = ContextVar("command", default=None)


def get_current_context(silent: bool = False) -> t.Any:
    """The innermost context; without one None if ``silent``, else RuntimeError."""
    ctx = _current.get()
    if ctx is None and not silent:
        raise RuntimeError("There is no active command context; call this inside of a command.")
    return ctx


@contextmanager
def being_current(ctx: Context) -> t.Iterator[Context]:
    """Within, a context is the current one."""
    before = _current.get()
    _current.set(ctx)
    try:
        yield ctx
    finally:
        _current.set(before)

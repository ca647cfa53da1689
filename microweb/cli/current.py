"""The context of the command that is running: a stack, as commands call each other.

The rule: code that has no context at hand (`echo`, a helper of the user's) asks here.
"""

from __future__ import annotations

from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context

#: A tuple, so that a thread or task that copies the context cannot change its maker's.
_stack: ContextVar[tuple[Context, ...]] = ContextVar("commands", default=())


def get_current_context(silent: bool = False) -> t.Any:
    """The innermost context; without one None if ``silent``, else RuntimeError."""
    stack = _stack.get()
    if not stack and not silent:
        raise RuntimeError("There is no active command context; call this inside of a command.")
    return stack[-1] if stack else None


def push_context(ctx: Context) -> None:
    """Make a context the current one."""
    _stack.set((*_stack.get(), ctx))


def pop_context() -> None:
    """Leave the current context."""
    _stack.set(_stack.get()[:-1])

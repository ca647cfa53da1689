"""Coroutine functions in a synchronous framework: told apart, and run to their end.

asyncio is imported when the first coroutine function runs, not before.
"""

from __future__ import annotations

from contextvars import copy_context
from functools import partial, update_wrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from contextvars import Context

#: inspect.CO_COROUTINE: the code object is that of an ``async def``.
_CO_COROUTINE = 0x80
_UNSET = object()


def is_coroutine_function(func: t.Callable[..., t.Any]) -> bool:
    """Whether calling ``func`` makes a coroutine: methods, partials and callable objects too."""
    code = getattr(func, "__code__", None)
    if code is None:
        if isinstance(func, partial):
            return is_coroutine_function(func.func)
        code = getattr(getattr(type(func), "__call__", None), "__code__", None)  # noqa: B004
    return code is not None and bool(code.co_flags & _CO_COROUTINE)


def run_to_end(func: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """A function that runs the coroutine of ``func`` in an event loop and returns its result.

    It sees the context variables of the caller, and the caller sees what it sets, as with any other
    function. Where a loop runs already in this thread (the view of an application that is itself
    called from a coroutine), another thread's loop is used.
    """

    def call(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            import asyncio
        except ImportError as error:
            raise RuntimeError(f"Coroutines need asyncio, which here fails: {error}.") from None
        # A task works in a copy of the context; what became of that is noted at its end.
        ended: list[Context] = []

        async def run() -> t.Any:
            try:
                return await func(*args, **kwargs)
            finally:
                ended.append(copy_context())

        try:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return asyncio.run(run())
            return _run_in_thread(run)
        finally:
            for variable, value in ended[0].items() if ended else ():
                if variable.get(_UNSET) is not value:
                    variable.set(value)

    return update_wrapper(call, func)


def _run_in_thread(run: t.Callable[[], t.Any]) -> t.Any:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    context = copy_context()
    with ThreadPoolExecutor(1) as pool:
        # The coroutine is made in the thread too: what runs before its first await belongs there.
        return pool.submit(context.run, lambda: asyncio.run(run())).result()

"""Decorators that turn functions into commands and give them parameters.

The rule: parameters are noted on the function, the nearest to it first, until a command takes them.
"""

from __future__ import annotations

import sys
from functools import update_wrapper

from .core import Command, help_option_with
from .core import command as command
from .core import group as group
from .current import get_current_context
from .params import Argument, Option
from .terminal import echo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .params import Parameter

    F = t.Callable[..., t.Any]


def _add(f: t.Any, param: Parameter) -> t.Any:
    if isinstance(f, Command):
        f.params.append(param)
    else:
        # In __dict__: a class with __call__ must not show its instance's parameters to its base.
        f.__dict__.setdefault("__click_params__", []).append(param)
    return f


def option(*param_decls: str, cls: type[Option] = Option, **attrs: t.Any) -> t.Callable[[F], F]:
    """Give a command an option."""
    return lambda f: _add(f, cls(param_decls, **attrs))


def argument(*param_decls: str, cls: type[Argument] = Argument, **attrs: t.Any) -> t.Callable[[F], F]:
    """Give a command an argument."""
    return lambda f: _add(f, cls(param_decls, **attrs))


def _passing(find: F) -> t.Callable[[F], F]:
    """A decorator: what is found in the context becomes a function's first argument."""
    return lambda f: update_wrapper(
        lambda *args, **kwargs: f(find(get_current_context()), *args, **kwargs), f
    )


def pass_context(f: F) -> F:
    """Give a function the context as its first argument."""
    return _passing(lambda ctx: ctx)(f)


def pass_obj(f: F) -> F:
    """Give a function the context's object as its first argument."""
    return _passing(lambda ctx: ctx.obj)(f)


def make_pass_decorator(object_type: t.Any, ensure: bool = False) -> t.Callable[[F], F]:
    """A decorator that passes the nearest object of a type; ``ensure`` makes one if there is none."""

    def find(ctx: t.Any) -> t.Any:
        obj = ctx.ensure_object(object_type) if ensure else ctx.find_object(object_type)
        if obj is None:
            raise RuntimeError(f"There is no object of type {object_type.__name__!r} in the context.")
        return obj

    return _passing(find)


def confirmation_option(*param_decls: str, **attrs: t.Any) -> t.Callable[[F], F]:
    """``--yes``; without it the command asks before it does anything."""

    def callback(ctx: t.Any, param: t.Any, value: bool) -> None:
        if not value:
            ctx.abort()

    texts = {"prompt": "Do you want to continue?", "help": "Confirm the action without prompting."}
    return _switch(param_decls or ("--yes",), callback, {**texts, **attrs})


def _switch(names: t.Sequence[str], callback: t.Any, attrs: dict[str, t.Any]) -> t.Callable[[F], F]:
    """A flag that acts by its callback."""
    return option(*names, **{"is_flag": True, "expose_value": False, "callback": callback, **attrs})


def password_option(*param_decls: str, **attrs: t.Any) -> t.Callable[[F], F]:
    """``--password``; without it the command asks for it twice, hidden."""
    attrs = {"prompt": True, "confirmation_prompt": True, "hide_input": True, **attrs}
    return option(*(param_decls or ("--password",)), **attrs)


def help_option(*param_decls: str, **attrs: t.Any) -> t.Callable[[F], F]:
    """``--help``, under other names."""
    return lambda f: _add(f, help_option_with(param_decls or ("--help",), **attrs))


def version_option(
    version: str | None = None,
    *param_decls: str,
    package_name: str | None = None,
    prog_name: str | None = None,
    message: str = "%(prog)s, version %(version)s",
    **attrs: t.Any,
) -> t.Callable[[F], F]:
    """``--version``; the version is the package's, which is the one this is called in."""
    package = package_name or sys._getframe(1).f_globals.get("__name__", "").partition(".")[0]

    def callback(ctx: t.Any, param: t.Any, value: bool) -> None:
        if not value or ctx.resilient_parsing:
            return
        number = version
        if number is None:
            from importlib import metadata  # slow to import

            number = metadata.version(package)
        prog = prog_name or ctx.find_root().info_name
        echo(message % {"prog": prog, "package": package, "version": number}, color=ctx.color)
        ctx.exit()

    attrs = {"is_eager": True, "help": "Show the version and exit.", **attrs}
    return _switch(param_decls or ("--version",), callback, attrs)

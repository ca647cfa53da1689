"""Names of click that no command of ours needs, but programs do."""

from __future__ import annotations

import os
import sys

from ..cli.core import Command, Group
from ..cli.current import _current, get_current_context
from ..cli.terminal import echo, unstyle
from ..cli.types import open_file as open_or_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..cli.context import Context


class _KeptOpen:
    """A standard stream, which a with-statement leaves open: it is the process's."""

    def __init__(self, stream: t.Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._stream, name)

    def __enter__(self) -> _KeptOpen:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self._stream)


def open_file(
    filename: t.Any, mode: str = "r", encoding: str | None = None, errors: t.Any = "strict", **late: t.Any
) -> t.Any:
    """A file, opened at once; ``-`` is stdin or stdout."""
    file = open_or_standard(filename, mode, encoding, errors)
    return _KeptOpen(file) if filename == "-" else file


def push_context(ctx: Context) -> None:
    """Make a context current that no with-statement ends: of a program that sets one up by itself."""
    _current.set(ctx)


def pop_context() -> None:
    """Let the context above the current one be current again."""
    _current.set(get_current_context().parent)


def resolve_color_default(color: bool | None = None) -> bool | None:
    """The argument, or what the current context says of colours."""
    ctx = get_current_context(silent=True)
    return ctx.color if color is None and ctx else color


def get_binary_stream(name: str) -> t.Any:
    """``stdin``, ``stdout`` or ``stderr`` for bytes."""
    return getattr(sys, name).buffer


def get_text_stream(name: str, encoding: str | None = None, errors: str | None = "strict") -> t.Any:
    """``stdin``, ``stdout`` or ``stderr`` for text, in another encoding if that is asked for."""
    if encoding is None:
        return getattr(sys, name)
    mode = "r" if name == "stdin" else "w"
    # Not closefd: who drops this one must not close the process's own.
    return open(getattr(sys, name).fileno(), mode, encoding=encoding, errors=errors, closefd=False)


def get_app_dir(app_name: str, roaming: bool = True, force_posix: bool = False) -> str:
    """The folder for a program's own files, where this system has such."""
    if os.name == "nt":
        base = os.environ.get("APPDATA" if roaming else "LOCALAPPDATA", os.path.expanduser("~"))
        return os.path.join(base, app_name)
    posix_name = "-".join(app_name.split()).lower()
    if force_posix:
        return os.path.expanduser(f"~/.{posix_name}")
    if sys.platform == "darwin":
        return os.path.join(os.path.expanduser("~/Library/Application Support"), app_name)
    # The XDG base directory specification.
    return os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), posix_name)


def clear() -> None:
    """An empty screen with the cursor at its top; nothing where no terminal is."""
    if sys.stdout.isatty():
        echo("\033[2J\033[1;1H", nl=False, color=True)


def echo_via_pager(text_or_generator: t.Any, color: bool | None = None) -> None:
    """Show a text (or parts of one, or a function that yields them) a page at a time."""
    from pydoc import pager

    parts = text_or_generator() if callable(text_or_generator) else text_or_generator
    text = parts if isinstance(parts, str) else "".join(map(str, parts))
    pager(text if color else unstyle(text))


class CommandCollection(Group):
    """A group with the commands of several, of which the first that has a name wins."""

    def __init__(self, name: str | None = None, sources: t.Any = None, **attrs: t.Any) -> None:
        super().__init__(name, **attrs)
        self.sources: list[Group] = list(sources or ())

    def add_source(self, group: Group) -> None:
        """Take the commands of one more."""
        self.sources.append(group)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Its own command, or the first source's."""
        found = [
            super().get_command(ctx, cmd_name),
            *(each.get_command(ctx, cmd_name) for each in self.sources),
        ]
        return next(filter(None, found), None)

    def list_commands(self, ctx: Context) -> list[str]:
        """The names of all."""
        return sorted(
            {*super().list_commands(ctx), *(n for each in self.sources for n in each.list_commands(ctx))}
        )

"""What ends a command: a mistake of the person's, an exit, an abort.

The rule: a ClickException carries the one line that mends it, and the exit status: 2 for a wrong
call, 1 for the rest.
"""

from __future__ import annotations

from .terminal import echo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class ClickException(Exception):
    """An error that is told and not traced. The base of all that follow, but `Exit` and `Abort`."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def format_message(self) -> str:
        """The line itself."""
        return self.message

    def show(self, file: t.Any = None) -> None:
        """Print it, to stderr."""
        echo(f"Error: {self.format_message()}", file, err=True)


class FileError(ClickException):
    """A file that cannot be opened."""

    def __init__(self, filename: str, hint: str | None = None) -> None:
        super().__init__(hint or "unknown error")
        self.filename = filename

    def format_message(self) -> str:
        """The line, with the file."""
        return f"Could not open file {self.filename!r}: {self.message}"


class UsageError(ClickException):
    """The command was called in a wrong way; shown with its usage."""

    exit_code = 2
    #: The option or argument it is about.
    param: t.Any = None

    def __init__(self, message: str, ctx: t.Any = None) -> None:
        super().__init__(message)
        self.ctx = ctx

    def show(self, file: t.Any = None) -> None:
        """Print the usage, where help is to be had, and the line."""
        if self.ctx is not None:
            option = self.ctx.command.get_help_option(self.ctx)
            hint = f"\nTry '{self.ctx.command_path} {option.opts[0]}' for help." if option else ""
            echo(f"{self.ctx.get_usage()}{hint}\n", file, err=True)
        super().show(file)


class BadParameter(UsageError):
    """A value that its option or argument refuses."""

    def __init__(
        self, message: str = "", ctx: t.Any = None, param: t.Any = None, param_hint: t.Any = None, **more: str
    ) -> None:
        super().__init__(message, ctx)
        self.param, self.param_hint, self.param_type = param, param_hint, more.get("param_type", "parameter")

    def hint(self) -> str:
        """Which parameter: ``'--port' / '-p'``, or nothing."""
        hint = self.param_hint or (self.param.get_error_hint(self.ctx) if self.param else "")
        return hint if isinstance(hint, str) else " / ".join(map(repr, hint))

    def format_message(self) -> str:
        """The line, with the parameter."""
        return f"Invalid value{f' for {self.hint()}' if self.hint() else ''}: {self.message}"


class MissingParameter(BadParameter):
    """A required option or argument that was not given."""

    def format_message(self) -> str:
        """The line, with the kind of parameter and its choices."""
        names = ", ".join(getattr(self.param and self.param.type, "names", ()))
        missing = f"Missing {getattr(self.param, 'param_type_name', self.param_type)} {self.hint()}".strip()
        return " ".join(filter(None, [f"{missing}.", self.message, names and f"Choose from: {names}"]))


class BadOptionUsage(UsageError):
    """An option that lacks its value, or has one too many."""

    def __init__(self, option_name: str, message: str, ctx: t.Any = None) -> None:
        super().__init__(message, ctx)
        self.option_name = option_name


class NoSuchOption(BadOptionUsage):
    """An option that there is not."""

    def __init__(
        self, name: str, message: str = "", possibilities: t.Iterable[str] = (), ctx: t.Any = None
    ) -> None:
        near = nearest(name, possibilities)
        super().__init__(name, message or f"No such option: {name}{near and '.'}{near}", ctx)


class BadArgumentUsage(UsageError):
    """Too few values for an argument."""


def nearest(name: str, known: t.Iterable[str], count: int = 3) -> str:
    """What to add to a message about a name that is not known."""
    import difflib  # only for this message

    bare = {each.lstrip("-"): each for each in known}  # or all options would be near to each other
    near = sorted(bare[each] for each in difflib.get_close_matches(name.lstrip("-"), bare, count))
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


class Abort(RuntimeError):
    """Ctrl-C, or a prompt that was left."""

    exit_code = 1

    def show(self) -> None:
        """Tell it, to stderr."""
        echo("Aborted!", err=True)


class Exit(RuntimeError):
    """The end, with a status."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.exit_code = code

"""Commands and groups of commands: from arguments to a function's call.

The rule: `Command.main` reads as the life of a program: make a context (parse), invoke, exit. A group
is a command whose last argument is another command.
"""

from __future__ import annotations

import errno
import os
import sys

from .context import Context
from .exceptions import Abort, ClickException, Exit, NoArgsIsHelpError, NoSuchCommand
from .help import HelpFormatter, clean, short_help
from .params import Option
from .parser import Parser
from .terminal import echo
from .types import declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .params import Parameter


class Command:
    """A function with parameters. The keyword arguments are the attributes below."""

    context_class: type[Context] = Context
    allow_extra_args = False
    allow_interspersed_args = True
    ignore_unknown_options = False

    callback: t.Callable[..., t.Any] | None = None
    help: str | None = None
    epilog: str | None = None
    short_help: str | None = None
    options_metavar: str | None = "[OPTIONS]"
    add_help_option = True
    no_args_is_help = False
    hidden = False
    deprecated: bool | str = False

    def __init__(
        self,
        name: str | None = None,
        context_settings: dict[str, t.Any] | None = None,
        params: list[Parameter] | None = None,
        **attrs: t.Any,
    ) -> None:
        self.name = name
        self.context_settings = {} if context_settings is None else context_settings
        self.params = params or []
        declare(self, **attrs)

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.name}>"

    def __call__(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return self.main(*args, **kwargs)

    # -- the life of a program

    def main(
        self,
        args: t.Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: t.Any,
    ) -> t.Any:
        """Run as a program and exit; or, without ``standalone_mode``, give the result and let errors
        pass."""
        args = list(sys.argv[1:] if args is None else args)
        prog_name = prog_name or program_name()
        self._complete(prog_name, complete_var)
        try:
            with self.make_context(prog_name, args, **extra) as ctx:
                result = ctx.command.invoke(ctx)
                if not standalone_mode:
                    return result
                ctx.exit()
        except Exit as error:
            if not standalone_mode:
                return error.exit_code
            status = error.exit_code
        except (Abort, EOFError, KeyboardInterrupt) as error:
            if not standalone_mode:
                raise error if isinstance(error, Abort) else Abort() from error
            echo("Aborted!", err=True)
            status = 1
        except ClickException as error:
            if not standalone_mode:
                raise
            error.show()
            status = error.exit_code
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            # Who read has left, as `head` does. Nobody is told, nor at exit, when Python flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 1
        sys.exit(status)

    def _complete(self, prog_name: str, variable: str | None) -> None:
        variable = variable or f"_{prog_name.replace('-', '_').replace('.', '_').upper()}_COMPLETE"
        if os.environ.get(variable):
            from .completion import main  # only when the shell asks

            sys.exit(main(self, prog_name, variable))

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: t.Any
    ) -> Context:
        """Parse the arguments into a context, without invoking anything."""
        extra = {**self.context_settings, **extra}
        ctx = self.context_class(self, info_name=info_name, parent=parent, **extra)
        with ctx.scope(cleanup=False):
            self.parse_args(ctx, list(args))
        return ctx

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Fill ``ctx.params``; ``ctx.args`` are the words left over."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            raise NoArgsIsHelpError(self.get_help(ctx), ctx)
        params = self.get_params(ctx)
        parser = Parser(ctx, params)
        args = parser.parse(args)
        # Eager ones first (--help must work when something required is missing), then as they were typed.
        order = [*parser.order, *params]
        for param in sorted(params, key=lambda each: (not each.is_eager, order.index(each))):
            _, args = param.handle_parse_result(ctx, parser.values, args)
        if args and not ctx.allow_extra_args and not ctx.resilient_parsing:
            plural = "s" if len(args) > 1 else ""
            ctx.fail(f"Got unexpected extra argument{plural} ({' '.join(map(str, args))})")
        ctx.args = args
        return args

    def invoke(self, ctx: Context) -> t.Any:
        """Call the function."""
        if self.deprecated:
            more = f" {self.deprecated}" if isinstance(self.deprecated, str) else ""
            echo(f"DeprecationWarning: The command {self.name!r} is deprecated.{more}", err=True)
        return ctx.invoke(self.callback, **ctx.params) if self.callback else None

    # -- what it takes

    def get_params(self, ctx: Context) -> list[Parameter]:
        """The parameters, with the one that shows the help page."""
        option = self.get_help_option(ctx)
        return [*self.params, option] if option else self.params

    def get_help_option_names(self, ctx: Context) -> list[str]:
        """The names for help that no parameter took."""
        taken = {opt for param in self.params for opt in (*param.opts, *param.secondary_opts)}
        return [name for name in ctx.help_option_names if name not in taken]

    def get_help_option(self, ctx: Context) -> Option | None:
        """The option that shows the help page."""
        names = self.get_help_option_names(ctx) if self.add_help_option else None
        return help_option_with(names) if names else None

    # -- the help page

    def get_usage(self, ctx: Context) -> str:
        """The usage line."""
        return _page(ctx, self.format_usage)

    def get_help(self, ctx: Context) -> str:
        """The whole page."""
        return _page(ctx, self.format_help)

    def get_short_help_str(self, limit: int = 45) -> str:
        """What the group's page says of it."""
        return clean(self.short_help).strip() or short_help(self.help or "", limit)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the page, part by part."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)
        self.format_epilog(ctx, formatter)

    def format_usage(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)))

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """What the usage line says behind the name."""
        pieces = [self.options_metavar] if self.options_metavar else []
        return pieces + [piece for param in self.get_params(ctx) for piece in param.get_usage_pieces(ctx)]

    def format_help_text(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write what the command is for."""
        text = clean(self.help)
        if self.deprecated:
            text = f"{text} (DEPRECATED)".strip()
        self._format_indented(text, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the table of options."""
        records = [param.get_help_record(ctx) for param in self.get_params(ctx)]
        _format_table("Options", [record for record in records if record], formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write what stands below."""
        self._format_indented(clean(self.epilog), formatter)

    def _format_indented(self, text: str, formatter: HelpFormatter) -> None:
        if text:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(text)


def _page(ctx: Context, write: t.Callable[[Context, HelpFormatter], None]) -> str:
    formatter = ctx.make_formatter()
    write(ctx, formatter)
    return formatter.getvalue().rstrip("\n")


def _format_table(title: str, rows: list[tuple[str, str]], formatter: HelpFormatter) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def help_option_with(names: t.Sequence[str], **attrs: t.Any) -> Option:
    """The option that shows the help page, under these names."""
    attrs = {"help": "Show this message and exit.", **attrs}
    return Option(names, is_flag=True, expose_value=False, is_eager=True, callback=_show_help, **attrs)


def _show_help(ctx: Context, param: t.Any, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def program_name() -> str:
    """How this was started: by a script, or as a module of whatever name."""
    script, main = os.path.basename(sys.argv[0]), sys.modules["__main__"]
    package = getattr(main, "__package__", None)
    # A console script's main module has no package.
    if not package:
        return script
    module = package if script == "__main__.py" else f"{package}.{os.path.splitext(script)[0]}"
    return f"python -m {module.lstrip('.')}"


class Group(Command):
    """A command of commands."""

    allow_extra_args = True
    allow_interspersed_args = False
    invoke_without_command = False
    subcommand_metavar: str | None = None

    def __init__(self, name: str | None = None, commands: t.Any = None, **attrs: t.Any) -> None:
        attrs.setdefault("no_args_is_help", not attrs.get("invoke_without_command"))
        super().__init__(name, **attrs)
        #: name -> command
        self.commands: dict[str, Command] = (
            commands if isinstance(commands, dict) else {each.name: each for each in commands or ()}
        )

    # -- adding and finding

    def add_command(self, cmd: Command, name: str | None = None) -> None:
        """Take a command, under its name or another."""
        name = name or cmd.name
        if name is None:
            raise TypeError("Command has no name.")
        self.commands[name] = cmd

    def command(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[..., t.Any]:
        """A decorator that makes a function a command of this group."""
        if args and callable(args[0]):  # @group.command, without parentheses
            made: Command = self.command(**kwargs)(args[0])
            return made

        def decorator(f: t.Callable[..., t.Any]) -> Command:
            command: Command = command_from(f, *args, **kwargs)
            self.add_command(command)
            return command

        return decorator

    def group(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[..., t.Any]:
        """A decorator that makes a function a group in this group."""
        return self.command(*args, **{"cls": Group, **kwargs})

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of a name, or None. A subclass may find it elsewhere."""
        return self.commands.get(cmd_name)

    def list_commands(self, ctx: Context) -> list[str]:
        """The names of the commands."""
        return sorted(self.commands)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The name, the command, and its arguments."""
        name = str(args[0])
        cmd = self.get_command(ctx, name)
        if cmd is None and not ctx.resilient_parsing:
            raise NoSuchCommand(name, f"No such command {name!r}.", self.list_commands(ctx), ctx)
        return name if cmd else None, cmd, args[1:]

    # -- running

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """As of every command; the word left over first is the command."""
        rest = super().parse_args(ctx, args)
        ctx.protected_args, ctx.args = rest[:1], rest[1:]
        return ctx.args

    def invoke(self, ctx: Context) -> t.Any:
        """Call the group's function, then the command."""
        args, ctx.protected_args, ctx.args = [*ctx.protected_args, *ctx.args], [], []
        if not args and not self.invoke_without_command:
            ctx.fail("Missing command.")
        with ctx:
            if not args:
                return super().invoke(ctx)
            ctx.invoked_subcommand, command, args = self.resolve_command(ctx, args)
            super().invoke(ctx)
            with command.make_context(ctx.invoked_subcommand, args, parent=ctx) as sub:  # type: ignore[union-attr]
                return sub.command.invoke(sub)

    # -- the help page

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """As of every command, and the command."""
        default = "[COMMAND] [ARGS]..." if self.invoke_without_command else "COMMAND [ARGS]..."
        return [*super().collect_usage_pieces(ctx), self.subcommand_metavar or default]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the tables of options and commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the table of commands."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        shown = [(name, cmd) for name, cmd in found if cmd is not None and not cmd.hidden]
        limit = formatter.width - 4 - max((len(name) for name, _ in shown), default=0)
        rows = [
            (name, cmd.get_short_help_str(limit) + " (DEPRECATED)" * bool(cmd.deprecated))
            for name, cmd in shown
        ]
        _format_table("Commands", rows, formatter)


class CommandCollection(Group):
    """A group that has the commands of other groups (``sources``), too."""

    def __init__(self, name: str | None = None, sources: list[Group] | None = None, **attrs: t.Any) -> None:
        super().__init__(name, **attrs)
        self.sources = sources or []

    def add_source(self, group: Group) -> None:
        """Add a group."""
        self.sources.append(group)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command, from the first that has it."""
        own = super().get_command(ctx, cmd_name)
        found = (source.get_command(ctx, cmd_name) for source in self.sources)
        return own or next(filter(None, found), None)

    def list_commands(self, ctx: Context) -> list[str]:
        """All names."""
        names = (source.list_commands(ctx) for source in self.sources)
        return sorted({*super().list_commands(ctx), *(name for listed in names for name in listed)})


class LazyCommand(Command):
    """A command in a module that is imported when it is first used: ``module:name``, relative to this
    package. A page that lists it costs nothing."""

    def __init__(self, name: str, target: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self.target = target

    def load(self) -> Command:
        """The command itself."""
        import importlib  # only now

        module, _, name = self.target.partition(":")
        command: Command = getattr(importlib.import_module(f".{module}", __name__.rpartition(".")[0]), name)
        return command

    def make_context(self, *args: t.Any, **kwargs: t.Any) -> Context:
        """The context of the command itself."""
        return self.load().make_context(*args, **kwargs)


def command_from(f: t.Any, name: str | None = None, cls: t.Any = Command, **attrs: t.Any) -> t.Any:
    """A command of a function: its decorators' parameters, its docstring, its name."""
    if isinstance(f, Command):
        raise TypeError("Attempted to convert a callback into a command twice.")
    params = [*f.__dict__.pop("__click_params__", ())][::-1] + [*(attrs.pop("params", None) or ())]
    attrs.setdefault("help", f.__doc__)
    if name is None:
        name = f.__name__.lower().replace("_", "-")
        stem, _, suffix = name.rpartition("-")
        name = stem if stem and suffix in ("command", "cmd", "group", "grp") else name
    command = cls(name, callback=f, params=params, **attrs)
    command.__doc__ = f.__doc__
    return command

"""Commands and groups of commands: from arguments to a function's call.

The rule: `Command.main` reads as the life of a program: make a context (parse), invoke, exit. A group
is a command whose last argument is another command.
"""

from __future__ import annotations

import errno
import os
import sys

from .context import Context
from .exceptions import Abort, ClickException, Exit, UsageError, nearest
from .help import clean, page, page_width, short_help, usage
from .params import Option
from .parser import Parser
from .terminal import echo, give_up_output
from .types import declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .help import Rows
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
    options_metavar = "[OPTIONS]"
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
        self.context_settings = context_settings or {}
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
        prog_name = prog_name or program_name()
        variable = complete_var or f"_{prog_name.replace('-', '_').replace('.', '_').upper()}_COMPLETE"
        if os.environ.get(variable):
            from .completion import main  # only when the shell asks

            sys.exit(main(self, prog_name, variable))
        try:
            result = self._run(prog_name, list(sys.argv[1:] if args is None else args), extra)
            status = 0
        except Exit as error:
            result = status = error.exit_code
        except (Abort, ClickException) as error:
            if not standalone_mode:
                raise
            error.show()
            status = error.exit_code
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            give_up_output()  # who read has left, as `head` does: nobody is told
            status = 1
        if not standalone_mode:
            return result
        sys.exit(status)

    def _run(self, prog_name: str, args: list[str], extra: dict[str, t.Any]) -> t.Any:
        try:
            return _invoked(self.make_context(prog_name, args, **extra))
        except (EOFError, KeyboardInterrupt) as error:
            echo(err=True)  # the terminal shows ^C, and stays in that line
            raise Abort() from error

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: t.Any
    ) -> Context:
        """Parse the arguments into a context, without invoking anything."""
        extra = {**self.context_settings, **extra}
        ctx = self.context_class(self, info_name=info_name, parent=parent, **extra)
        with ctx.scope():
            self.parse_args(ctx, list(args))
        return ctx

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Fill ``ctx.params``; ``ctx.args`` are the words left over."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            echo(ctx.get_help(), err=True)
            ctx.exit(2)
        params = self.get_params(ctx)
        parser = Parser(ctx, params, args)
        try:
            args = parser.parse()
        except UsageError:
            if not ctx.resilient_parsing:
                raise
            args = []
        # Eager ones first (--help must work when something required is missing), then as they were typed.
        order = [*parser.order, *params]
        for param in sorted(params, key=lambda each: (not each.is_eager, order.index(each))):
            _, args = param.handle_parse_result(ctx, parser.values, args)
        if args and not ctx.allow_extra_args and not ctx.resilient_parsing:
            plural = "s" if len(args) > 1 else ""
            ctx.fail(f"Got unexpected extra argument{plural} ({' '.join(args)})")
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

    def get_help_option(self, ctx: Context) -> Option | None:
        """The option that shows the help page, under those of its names that no parameter took."""
        taken = {opt for param in self.params for opt in (*param.opts, *param.secondary_opts)}
        names = [name for name in ctx.help_option_names if name not in taken]
        return help_option_with(names) if names and self.add_help_option else None

    # -- the help page

    def get_usage(self, ctx: Context) -> str:
        """The usage line."""
        return usage(ctx, self.collect_usage_pieces(ctx))

    def get_help(self, ctx: Context) -> str:
        """The whole page."""
        text = " ".join(filter(None, [clean(self.help), "(DEPRECATED)" * bool(self.deprecated)]))
        return page(ctx, self.get_usage(ctx), text, self.help_tables(ctx), clean(self.epilog))

    def get_short_help_str(self, limit: int = 45) -> str:
        """What the group's page says of it."""
        text = clean(self.short_help).strip() or short_help(self.help or "", limit)
        return text + " (DEPRECATED)" * bool(self.deprecated)

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """What the usage line says behind the name."""
        pieces = [piece for param in self.params for piece in param.get_usage_pieces(ctx)]
        return [self.options_metavar, *pieces] if self.options_metavar else pieces

    def help_tables(self, ctx: Context) -> dict[str, Rows]:
        """The tables of the help page, by their titles."""
        records = (param.get_help_record(ctx) for param in self.get_params(ctx))
        return {"Options": [record for record in records if record]}


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
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    # A script's main module has no spec; a zip file's is of no package.
    if spec is None or not spec.parent:
        return os.path.basename(sys.argv[0])
    return f"python -m {spec.parent if spec.name == f'{spec.parent}.__main__' else spec.name}"


class Group(Command):
    """A command of commands."""

    allow_extra_args = True
    allow_interspersed_args = False
    invoke_without_command = False
    #: Whether several commands may follow one another.
    chain = False
    subcommand_metavar: str | None = None

    def __init__(
        self, name: str | None = None, commands: t.Any = None, result_callback: t.Any = None, **attrs: t.Any
    ) -> None:
        attrs.setdefault("no_args_is_help", not attrs.get("invoke_without_command"))
        super().__init__(name, **attrs)
        self._result_callbacks = [result_callback] if result_callback else []
        #: name -> command
        self.commands: dict[str, Command] = (
            commands if isinstance(commands, dict) else {each.name: each for each in commands or ()}
        )

    def add_command(self, cmd: Command, name: str | None = None) -> None:
        """Take a command, under its name or another."""
        self.commands[name or cmd.name or ""] = cmd

    def command(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[..., t.Any]:
        """A decorator that makes a function a command of this group."""
        return command(*args, into=self, **kwargs)

    def group(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[..., t.Any]:
        """A decorator that makes a function a group in this group."""
        return self.command(*args, **{"cls": Group, **kwargs})

    def result_callback(self, replace: bool = False) -> t.Callable[[t.Any], t.Any]:
        """A decorator: a function gets what the command returned (of a chain, what each did) and the
        group's values, behind one that was there before, and its result counts."""

        def decorator(f: t.Any) -> t.Any:
            self._result_callbacks[:] = [*([] if replace else self._result_callbacks), f]
            return f

        return decorator

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of a name, or None. A subclass may find it elsewhere."""
        return self.commands.get(cmd_name)

    def list_commands(self, ctx: Context) -> list[str]:
        """The names of the commands."""
        return sorted(self.commands)

    def visible_commands(self, ctx: Context) -> list[tuple[str, Command]]:
        """Names and commands, without those that are hidden."""
        pairs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [(name, command) for name, command in pairs if command and not command.hidden]

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str, Command, list[str]]:
        """The name, the command, and its arguments."""
        name = args[0]
        cmd = self.get_command(ctx, name)
        if cmd is None:
            ctx.fail(f"No such command {name!r}.{nearest(name, self.list_commands(ctx))}")
        return name, cmd, args[1:]

    def invoke(self, ctx: Context) -> t.Any:
        """Call the group's function, then the command, or those of a chain."""
        if not ctx.args and not self.invoke_without_command:
            ctx.fail("Missing command.")
        found = self.resolve_command(ctx, ctx.args) if ctx.args and not self.chain else None
        ctx.invoked_subcommand = found[0] if found else "*" if ctx.args else None
        result = super().invoke(ctx)
        if found:
            result = _invoked(found[1].make_context(found[0], found[2], parent=ctx))
        elif self.chain:  # all are parsed before one is called
            result = [_invoked(sub) for sub in list(self._links(ctx))]
        for callback in self._result_callbacks:
            result = ctx.invoke(callback, result, **ctx.params)
        return result

    def _links(self, ctx: Context) -> t.Iterator[Context]:
        """The contexts of a chain's commands: what one leaves over is the next."""
        args, settings = ctx.args, {"allow_extra_args": True, "allow_interspersed_args": False}
        while args:
            name, command, args = self.resolve_command(ctx, args)
            sub = command.make_context(name, args, parent=ctx, **settings)
            args, sub.args = sub.args, []
            yield sub

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """As of every command, and the command."""
        default = f"COMMAND{'1' * self.chain} [ARGS]...{' [COMMAND2 [ARGS]...]...' * self.chain}"
        return [*super().collect_usage_pieces(ctx), self.subcommand_metavar or default]

    def help_tables(self, ctx: Context) -> dict[str, Rows]:
        """The tables of options and commands."""
        shown = self.visible_commands(ctx)
        limit = page_width(ctx) - 4 - max((len(name) for name, _ in shown), default=0)
        rows = [(name, cmd.get_short_help_str(limit)) for name, cmd in shown]
        return {**super().help_tables(ctx), "Commands": rows}


def _invoked(ctx: Context) -> t.Any:
    with ctx:
        return ctx.command.invoke(ctx)


class LazyCommand(Command):
    """A command in a module that is imported when it is first used: ``module:name``, relative to this
    package. A page that lists it costs nothing."""

    def __init__(self, name: str, target: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self.target = target

    def make_context(self, *args: t.Any, **kwargs: t.Any) -> Context:
        """The context of the command itself."""
        module, _, name = self.target.partition(":")
        command: Command = getattr(__import__(module, globals(), fromlist=[name], level=1), name)
        return command.make_context(*args, **kwargs)


def command(
    name: t.Any = None, cls: t.Any = None, *, into: Group | None = None, **attrs: t.Any
) -> t.Callable[..., t.Any]:
    """Make a function a command, of a group if one is given: ``@command()``, ``@command("name")`` or
    ``@command``. Its parameters are those of its decorators, its help is the docstring."""
    if callable(name):
        return command(None, cls, into=into, **attrs)(name)  # type: ignore[no-any-return]

    def decorator(f: t.Any) -> Command:
        if isinstance(f, Command):
            raise TypeError("Attempted to convert a callback into a command twice.")
        params = [*f.__dict__.pop("__click_params__", ())][::-1] + [*(attrs.get("params") or ())]
        settings = {"help": f.__doc__, **attrs, "params": params, "callback": f}
        made: Command = (cls or Command)(_name_of(f) if name is None else name, **settings)
        made.__doc__ = f.__doc__
        if into is not None:
            into.add_command(made)
        return made

    return decorator


def _name_of(f: t.Any) -> str:
    """``init-db`` for init_db, init_db_command and their kin."""
    name: str = f.__name__.lower().replace("_", "-")
    stem, _, suffix = name.rpartition("-")
    return stem if stem and suffix in ("command", "cmd", "group", "grp") else name


def group(name: t.Any = None, cls: t.Any = None, **attrs: t.Any) -> t.Callable[..., t.Any]:
    """Make a function a group of commands."""
    return command(name, cls or Group, **attrs)

"""Commands that know an application: groups that load it, and contexts that it is current in.

The rule: the application is found and imported when a command first needs it, and once. A group's
own commands work without one.
"""

from __future__ import annotations

import os
import sys
from functools import update_wrapper

from ..ctx import has_app_context
from ..globals import current_app
from ..helpers import get_debug_flag, get_load_dotenv
from .core import Command, Group, LazyCommand
from .current import get_current_context
from .decorators import make_pass_decorator
from .discovery import NoAppException, load_app, users_traceback
from .dotenv import load_dotenv
from .params import Option, ParameterSource
from .plugins import plugin_commands
from .terminal import echo, secho
from .types import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb
    from .context import Context

_PACKAGE = __name__.rpartition(".cli.")[0]
#: The commands of every `MicrowebGroup`: where each lies, and what the help page says of it. None is
#: imported before it runs.
COMMANDS = {
    "compat": ("main:compat_command", "Run a program that imports flask, werkzeug, ..."),
    "doctor": ("doctor:doctor_command", "Tell what will work on this host, and what will not."),
    "routes": ("routes:routes_command", "Show the routes, or which of them a path takes."),
    "run": ("run:run_command", "Run a development server."),
    "serve": ("run:serve_command", "Serve the application to others than oneself."),
    "shell": ("shell:shell_command", "Run a Python shell in the application's context."),
    "trace": ("trace:trace_command", "Serve one request, and show its whole way."),
    "template": ("template:template_command", "Show a template's generated Python, or what it needs."),
    "vendor": ("vendor:vendor_command", "Copy this package, or parts of it, under any name."),
}


class ScriptInfo:
    """Where the application comes from: an import path, a function, or the default files."""

    def __init__(
        self,
        app_import_path: str | None = None,
        create_app: t.Callable[..., Microweb] | None = None,
        set_debug_flag: bool = True,
        load_dotenv_defaults: bool = True,
    ) -> None:
        self.app_import_path, self.create_app = app_import_path, create_app
        self.set_debug_flag = set_debug_flag
        self.load_dotenv_defaults = get_load_dotenv(load_dotenv_defaults)
        #: For the user's own.
        self.data: dict[t.Any, t.Any] = {}
        self._loaded_app: Microweb | None = None

    def load_app(self) -> Microweb:
        """The application. Raises NoAppException."""
        if self._loaded_app is None:
            app = self.create_app() if self.create_app else load_app(self.app_import_path)
            if self.set_debug_flag:
                app.debug = get_debug_flag()
            self._loaded_app = app
        return self._loaded_app


pass_script_info = make_pass_decorator(ScriptInfo, ensure=True)


def with_appcontext(f: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """Run a command, and what it calls, in the application's context."""

    def function(*args: t.Any, **kwargs: t.Any) -> t.Any:
        ctx = get_current_context()
        if not has_app_context():
            ctx.with_resource(ctx.ensure_object(ScriptInfo).load_app().app_context())
        return ctx.invoke(f, *args, **kwargs)

    return update_wrapper(function, f)


class AppGroup(Group):
    """A group whose commands run in the application's context; ``with_appcontext=False`` is the way
    out."""

    def command(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[..., t.Any]:
        """As of every group."""
        wrap = with_appcontext if kwargs.pop("with_appcontext", True) else lambda f: f
        if args and callable(args[0]):
            return super().command(wrap(args[0]), *args[1:], **kwargs)
        decorator = super().command(*args, **kwargs)
        return lambda f: decorator(wrap(f))

    def group(self, *args: t.Any, **kwargs: t.Any) -> t.Callable[..., t.Any]:
        """As of every group; the new one is an AppGroup, too."""
        return super().group(*args, **{"cls": AppGroup, "with_appcontext": False, **kwargs})


def _acting(*names: str, **attrs: t.Any) -> t.Callable[[t.Any], Option]:
    """A decorator: a function becomes an option whose value goes to it alone."""
    return lambda f: Option(names, callback=f, expose_value=False, **attrs)


# The eager ones are met in this order: a file may name the application, whose commands the help page shows.
@_acting("-e", "--env-file", type=Path(exists=True, dir_okay=False), is_eager=True,
         help="Set variables from this file; it beats .env, and the environment beats it.")  # fmt: skip
def _env_file_option(ctx: Context, param: t.Any, value: str | None) -> None:
    defaults = ctx.ensure_object(ScriptInfo).load_dotenv_defaults
    if value is not None or defaults:
        load_dotenv(value, load_defaults=defaults)


@_acting("-A", "--app", metavar="IMPORT", shell_complete=Path().shell_complete, is_eager=True,
         help="The application: a module, file or directory, with ':NAME' or ':FACTORY(ARGUMENTS)' if it is"
         " not called app, application, create_app or make_app.")  # fmt: skip
def _app_option(ctx: Context, param: t.Any, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(ScriptInfo).app_import_path = value


@_acting("--debug/--no-debug", help="Set debug mode.")
def debug_option(ctx: Context, param: t.Any, value: bool) -> None:
    """Set it in the environment, because a factory asks there while it makes the application."""
    if ctx.get_parameter_source(param.name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
        os.environ["MICROWEB_DEBUG"] = os.environ["FLASK_DEBUG"] = str(int(value))


def get_version(ctx: t.Any, param: t.Any, value: t.Any) -> None:
    """Print the version, as the callback of ``--version``."""
    if value and not ctx.resilient_parsing:
        from .. import __version__

        echo(f"{_PACKAGE} {__version__} (Python {sys.version.split(' ', 1)[0]})", color=ctx.color)
        ctx.exit()


_version = _acting("--version", is_flag=True, is_eager=True, help="Show the version and exit.")
version_option = _version(get_version)


class MicrowebGroup(AppGroup):
    """The commands run, shell, routes and their kin, those of plugins, and those of an application.

    A program of one's own is ``@group(cls=MicrowebGroup, create_app=create_app)``.
    """

    def __init__(
        self,
        add_default_commands: bool = True,
        create_app: t.Callable[..., Microweb] | None = None,
        add_version_option: bool = True,
        load_dotenv: bool = True,
        set_debug_flag: bool = True,
        **extra: t.Any,
    ) -> None:
        params = [*(extra.pop("params", None) or ()), _env_file_option, _app_option, debug_option]
        settings = {"auto_envvar_prefix": "MICROWEB", **(extra.pop("context_settings", None) or {})}
        if add_version_option:
            params.append(version_option)
        super().__init__(params=params, context_settings=settings, **extra)
        self.create_app, self.load_dotenv, self.set_debug_flag = create_app, load_dotenv, set_debug_flag
        for name, (target, text) in COMMANDS.items() if add_default_commands else ():
            self.commands.setdefault(name, LazyCommand(name, target, text))
        self._has_plugins = False

    def _load_plugins(self) -> None:
        if not self._has_plugins:
            self._has_plugins = True
            # flask's are of use only where `import flask` gives this package.
            is_flask = f"{_PACKAGE}.compat" in sys.modules
            self.commands.update(plugin_commands(["microweb.commands", "flask.commands"][: 1 + is_flask]))

    def _load_app(self, ctx: Context) -> Microweb | None:
        """The application; if there is none that is told."""
        try:
            return ctx.ensure_object(ScriptInfo).load_app()  # type: ignore[no-any-return]
        except NoAppException as error:
            if ctx.meta.setdefault("no application", error) is error:  # once
                secho(f"Error: {error.format_message()}\n", err=True, fg="red")
            return None

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The group's own command, a plugin's, or the application's."""
        # Plugins are looked for last: to find them costs more than to start a server.
        if cmd_name not in self.commands:
            self._load_plugins()
        command = super().get_command(ctx, cmd_name)
        app = self._load_app(ctx) if command is None else None
        if app is None:
            return command
        # Now, so that the callbacks of parameters have it as well.
        proxy: t.Any = current_app
        if not proxy or proxy._get_current_object() is not app:
            ctx.with_resource(app.app_context())
        return app.cli.get_command(ctx, cmd_name)

    def list_commands(self, ctx: Context) -> list[str]:
        """All names. An application that cannot be loaded is told, and its commands are missing."""
        self._load_plugins()
        names = set(super().list_commands(ctx))
        try:
            app = self._load_app(ctx)
            names.update(app.cli.list_commands(ctx) if app else ())
        except Exception as error:
            secho(users_traceback(error), err=True, fg="red")
        return sorted(names)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Context | None = None, **extra: t.Any
    ) -> Context:
        """As of every group; the context's object is a ScriptInfo."""
        # The module may call app.run() without a guard; that would block the command.
        os.environ["MICROWEB_RUN_FROM_CLI"] = os.environ["FLASK_RUN_FROM_CLI"] = "true"
        if "obj" not in extra and "obj" not in self.context_settings:
            extra["obj"] = ScriptInfo(
                create_app=self.create_app,
                set_debug_flag=self.set_debug_flag,
                load_dotenv_defaults=self.load_dotenv,
            )
        return super().make_context(info_name, args, parent=parent, **extra)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """As of every group. The help page is made before options are handled: the application has to
        be known then."""
        if not args or len(args) == 1 and args[0] in ctx.help_option_names:
            for option in (_env_file_option, _app_option):
                option.handle_parse_result(ctx, {}, [])
        return super().parse_args(ctx, args)

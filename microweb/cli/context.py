"""The context: one run of one command, its values, and what is to be closed after it.

The rule: contexts form a chain from the innermost command to the program, and what a command does not
set itself (its object, its terminal's width) it has from the one above.
"""

from __future__ import annotations

from contextlib import ExitStack

from .current import being_current
from .exceptions import Abort, Exit, UsageError
from .types import declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .core import Command
    from .params import ParameterSource

#: Settings that come from the parent, and those that come from the command.
_INHERITED = (
    "obj", "terminal_width", "max_content_width", "help_option_names", "color", "show_default",
    "resilient_parsing",
)  # fmt: skip
_OF_COMMAND = ("allow_extra_args", "allow_interspersed_args", "ignore_unknown_options")


class Context:
    """One run of a command. The keyword arguments are the attributes below."""

    obj: t.Any = None
    terminal_width: int | None = None
    max_content_width: int | None = None
    help_option_names: t.Sequence[str] = ("--help",)
    color: bool | None = None
    show_default: bool | None = None
    #: Shell completion is parsing: nothing may be asked, told or refused.
    resilient_parsing = False
    allow_extra_args = allow_interspersed_args = ignore_unknown_options = False

    def __init__(
        self,
        command: Command,
        parent: Context | None = None,
        info_name: str | None = None,
        auto_envvar_prefix: str | None = None,
        default_map: t.Mapping[str, t.Any] | None = None,
        **settings: t.Any,
    ) -> None:
        self.command, self.parent, self.info_name = command, parent, info_name
        self.params: dict[str, t.Any] = {}
        self.args: list[str] = []
        self.invoked_subcommand: str | None = None
        #: Shared by the whole chain.
        self.meta: dict[str, t.Any] = parent.meta if parent else {}
        declare(self, **{name: getattr(parent or Context, name) for name in _INHERITED})
        declare(self, **{name: getattr(command, name) for name in _OF_COMMAND})
        declare(self, **{name: value for name, value in settings.items() if value is not None})
        above: t.Any = parent and parent.default_map or {}
        self.default_map: t.Any = above.get(info_name) if default_map is None else default_map
        if auto_envvar_prefix is None and parent and parent.auto_envvar_prefix:
            auto_envvar_prefix = f"{parent.auto_envvar_prefix}_{info_name}"
        self.auto_envvar_prefix: str = (auto_envvar_prefix or "").upper().replace("-", "_")
        self._sources: dict[str, ParameterSource] = {}
        self._at_end = ExitStack()

    # -- being current

    def __enter__(self) -> Context:
        self._at_end.enter_context(being_current(self))
        return self

    def __exit__(self, *exc_info: t.Any) -> None:
        self._at_end.__exit__(*exc_info)

    def scope(self) -> t.ContextManager[Context]:
        """Be current; nothing is closed at the end."""
        return being_current(self)

    def with_resource(self, context_manager: t.Any) -> t.Any:
        """Enter a context manager, to be left with this context."""
        return self._at_end.enter_context(context_manager)

    def call_on_close(self, f: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        """Call a function when this context is left."""
        return self._at_end.callback(f)

    def close(self) -> None:
        """Do now what is to be done at the end."""
        self._at_end.close()

    # -- the chain

    @property
    def command_path(self) -> str:
        """The program and its commands down to this one, as the usage shows it."""
        words = [self.parent.command_path] if self.parent else []
        for param in self.parent.command.params if self.parent else ():
            words += param.get_usage_pieces(self)
        return " ".join([*words, self.info_name or ""]).strip()

    def find_root(self) -> Context:
        """The program's context."""
        return self.parent.find_root() if self.parent else self

    def find_object(self, object_type: t.Any) -> t.Any:
        """The nearest ``obj`` of a type, or None."""
        if isinstance(self.obj, object_type):
            return self.obj
        return self.parent.find_object(object_type) if self.parent else None

    def ensure_object(self, object_type: t.Any) -> t.Any:
        """The nearest ``obj`` of a type; it is made if there is none."""
        found = self.find_object(object_type)
        if found is None:
            self.obj = found = object_type()
        return found

    def set_parameter_source(self, name: str, source: ParameterSource) -> None:
        """Note where a value came from."""
        self._sources[name] = source

    def get_parameter_source(self, name: str) -> ParameterSource | None:
        """Where a value came from."""
        return self._sources.get(name)

    # -- going on and ending

    def invoke(self, callback: t.Any, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Call a function or another command; the latter's missing options have their defaults."""
        ctx = self
        if hasattr(callback, "make_context"):
            command, callback = callback, callback.callback
            ctx = type(self)(command, parent=self, info_name=command.name)
            for param in command.params:
                if param.expose_value and param.name not in kwargs:
                    kwargs[param.name] = param.type_cast_value(ctx, param.get_default(ctx))
            ctx.params.update(kwargs)
        try:
            with ctx.scope():
                return callback(*args, **kwargs)
        except UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def forward(self, cmd: Command, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """`invoke` with this command's values."""
        return self.invoke(cmd, *args, **{**self.params, **kwargs})

    def fail(self, message: str) -> t.NoReturn:
        """End with a message and the usage."""
        raise UsageError(message, self)

    def abort(self) -> t.NoReturn:
        """End at the person's wish."""
        raise Abort()

    def exit(self, code: int = 0) -> t.NoReturn:
        """End with a status."""
        self.close()
        raise Exit(code)

    def get_usage(self) -> str:
        """The usage line."""
        return self.command.get_usage(self)

    def get_help(self) -> str:
        """The help page."""
        return self.command.get_help(self)

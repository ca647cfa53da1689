"""The context: one run of one command, its values, and what is to be closed after it.

The rule: contexts form a chain from the innermost command to the program, and what a command does not
set itself (its object, its terminal's width) it has from the one above.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

from .current import pop_context, push_context
from .exceptions import Abort, BadParameter, Exit, UsageError
from .help import HelpFormatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .core import Command
    from .params import Parameter, ParameterSource

#: Settings that come from the parent, with what a program begins with.
_INHERITED: dict[str, t.Any] = {
    "obj": None, "terminal_width": None, "max_content_width": None, "help_option_names": ("--help",),
    "token_normalize_func": None, "color": None, "show_default": None,
}  # fmt: skip
#: Settings that come from the class of the command.
_OF_COMMAND = ("allow_extra_args", "allow_interspersed_args", "ignore_unknown_options")


class Context:
    """One run of a command. The settings are the attributes of `__init__`'s table."""

    formatter_class = HelpFormatter
    obj: t.Any
    terminal_width: int | None
    max_content_width: int | None
    help_option_names: t.Sequence[str]
    token_normalize_func: t.Callable[[str], str] | None
    color: bool | None
    show_default: bool | str | None
    allow_extra_args: bool
    allow_interspersed_args: bool
    ignore_unknown_options: bool

    def __init__(
        self,
        command: Command,
        parent: Context | None = None,
        info_name: str | None = None,
        auto_envvar_prefix: str | None = None,
        default_map: t.Mapping[str, t.Any] | None = None,
        resilient_parsing: bool = False,
        **settings: t.Any,
    ) -> None:
        self.command, self.parent, self.info_name = command, parent, info_name
        self.params: dict[str, t.Any] = {}
        self.args: list[str] = []
        self.protected_args: list[str] = []
        self.invoked_subcommand: str | None = None
        self.resilient_parsing = resilient_parsing
        #: Shared by the whole chain.
        self.meta: dict[str, t.Any] = parent.meta if parent else {}
        defaults = {name: getattr(parent, name, value) for name, value in _INHERITED.items()}
        defaults.update((name, getattr(command, name)) for name in _OF_COMMAND)
        for name, value in settings.items():
            if name not in defaults:
                raise TypeError(f"Context got an unexpected keyword argument {name!r}")
            defaults[name] = defaults[name] if value is None else value
        self.__dict__.update(defaults)
        above = parent.default_map if parent else None
        self.default_map: t.Any = (above or {}).get(info_name) if default_map is None else default_map
        if auto_envvar_prefix is None and parent and parent.auto_envvar_prefix and info_name:
            auto_envvar_prefix = f"{parent.auto_envvar_prefix}_{info_name}"
        self.auto_envvar_prefix: str | None = auto_envvar_prefix and auto_envvar_prefix.upper().replace(
            "-", "_"
        )
        self._sources: dict[str, ParameterSource] = {}
        self._depth = 0
        self._exit_stack = ExitStack()

    # -- being current

    def __enter__(self) -> Context:
        self._depth += 1
        push_context(self)
        return self

    def __exit__(self, *exc_info: t.Any) -> None:
        self._depth -= 1
        try:
            if not self._depth:
                stack, self._exit_stack = self._exit_stack, ExitStack()
                stack.__exit__(*exc_info)
        finally:
            pop_context()

    @contextmanager
    def scope(self, cleanup: bool = True) -> t.Iterator[Context]:
        """Be current; nothing is closed at the end without ``cleanup``."""
        self._depth += not cleanup
        try:
            with self:
                yield self
        finally:
            self._depth -= not cleanup

    def with_resource(self, context_manager: t.Any) -> t.Any:
        """Enter a context manager, to be left with this context."""
        return self._exit_stack.enter_context(context_manager)

    def call_on_close(self, f: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        """Call a function when this context is left."""
        return self._exit_stack.callback(f)

    def close(self) -> None:
        """Do now what is to be done at the end."""
        self._exit_stack.close()

    @contextmanager
    def errors_of(self, param: Parameter | None = None) -> t.Iterator[None]:
        """Tell usage errors from within where they happened."""
        try:
            yield
        except UsageError as error:
            error.ctx = error.ctx or self
            if isinstance(error, BadParameter):
                error.param = error.param or param
            raise

    # -- the chain

    @property
    def command_path(self) -> str:
        """The program and its commands down to this one, as the usage shows it."""
        words = [self.parent.command_path] if self.parent else []
        for param in self.parent.command.get_params(self.parent) if self.parent else ():
            words += param.get_usage_pieces(self)
        return " ".join([*words, self.info_name or ""]).strip()

    def _chain(self) -> t.Iterator[Context]:
        ctx: Context | None = self
        while ctx is not None:
            yield ctx
            ctx = ctx.parent

    def find_root(self) -> Context:
        """The program's context."""
        return list(self._chain())[-1]

    def find_object(self, object_type: type) -> t.Any:
        """The nearest ``obj`` of a type, or None."""
        return next((ctx.obj for ctx in self._chain() if isinstance(ctx.obj, object_type)), None)

    def ensure_object(self, object_type: t.Callable[[], t.Any]) -> t.Any:
        """The nearest ``obj`` of a type; it is made if there is none."""
        found = self.find_object(object_type)  # type: ignore[arg-type]
        if found is None:
            self.obj = found = object_type()
        return found

    # -- values

    def lookup_default(self, name: str, call: bool = True) -> t.Any:
        """The value in ``default_map``."""
        value = (self.default_map or {}).get(name)
        return value() if call and callable(value) else value

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
            if callback is None:
                raise TypeError("The given command does not have a callback that can be invoked.")
            ctx = type(self)(command, parent=self, info_name=command.name)
            for param in command.params:
                if param.expose_value and param.name not in kwargs:
                    kwargs[param.name] = param.type_cast_value(ctx, param.get_default(ctx))
            ctx.params.update(kwargs)
        with self.errors_of(), ctx:
            return callback(*args, **kwargs)

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

    def make_formatter(self) -> HelpFormatter:
        """What pages are written with."""
        return self.formatter_class(width=self.terminal_width, max_width=self.max_content_width)

    def get_usage(self) -> str:
        """The usage line."""
        return self.command.get_usage(self)

    def get_help(self) -> str:
        """The help page."""
        return self.command.get_help(self)

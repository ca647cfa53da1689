"""Parameters: what a command takes, where each value comes from, and how it is shown.

The rule: a value comes from the command line, else the environment, else the context's
``default_map``, else the default, else a prompt; then it is converted, checked and given to the callback.
"""

from __future__ import annotations

import enum
import os

from .exceptions import MissingParameter, UsageError
from .prompts import confirm, prompt
from .types import BOOL, UNPROCESSED, IntRange, convert_type, declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .context import Context


class ParameterSource(enum.Enum):
    """Where a value came from."""

    COMMANDLINE = 1
    ENVIRONMENT = 2
    DEFAULT = 3
    DEFAULT_MAP = 4
    PROMPT = 5


class Parameter:
    """What options and arguments share. The keyword arguments are the attributes below."""

    param_type_name = "parameter"
    #: Empty for an option that is not exposed and has no usable name.
    name: str = ""
    required = False
    callback: t.Callable[[t.Any, t.Any, t.Any], t.Any] | None = None
    nargs: int = 1
    multiple = False
    expose_value = True
    is_eager = False
    default: t.Any = None
    envvar: str | t.Sequence[str] | None = None
    metavar: str | None = None
    help: str | None = None
    hidden = False
    #: A function that completes the value, instead of the type's.
    shell_complete: t.Any = None

    def __init__(self, param_decls: t.Sequence[str] = (), type: t.Any = None, **attrs: t.Any) -> None:
        self.opts: list[str] = []
        self.secondary_opts: list[str] = []
        declare(self, **attrs)
        self.name = self._parse_decls(param_decls)
        self.type = convert_type(type, self.default)
        if "nargs" not in attrs:
            self.nargs = self.type.arity

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.name}>"

    def _parse_decls(self, decls: t.Sequence[str]) -> str:
        raise NotImplementedError

    def make_metavar(self, ctx: t.Any = None) -> str:
        """What stands for the value in a usage."""
        return self.metavar or self._placeholder(ctx) + "..." * (self.nargs != 1)

    def _placeholder(self, ctx: t.Any) -> str:
        return self.type.get_metavar(self, ctx) or self.type.name.upper()

    def get_error_hint(self, ctx: t.Any) -> str:
        """The parameter as error messages call it."""
        return " / ".join(map(repr, self.opts))

    def get_help_record(self, ctx: Context) -> tuple[str, str] | None:
        """The two columns of the help page."""
        return None

    def get_usage_pieces(self, ctx: Context) -> list[str]:
        """What the usage line says of it."""
        return []

    def get_default(self, ctx: Context, call: bool = True) -> t.Any:
        """The default: the context's, else one's own; a function is called."""
        value = (ctx.default_map or {}).get(self.name, self.default)
        return value() if call and callable(value) else value

    # -- the way of a value

    def handle_parse_result(
        self, ctx: Context, opts: t.Mapping[str, t.Any], args: list[str]
    ) -> tuple[t.Any, list[str]]:
        """Take this parameter's value out of what was parsed and put it into ``ctx.params``."""
        value, source = self.consume_value(ctx, opts)
        ctx.set_parameter_source(self.name, source)
        try:
            value = self.process_value(ctx, value)
        except UsageError as error:
            if not ctx.resilient_parsing:
                error.ctx, error.param = error.ctx or ctx, error.param or self
                raise
            value = None
        # Of flags that share a name the one that says something is heard.
        if self.expose_value and (value is not None or self.name not in ctx.params):
            ctx.params[self.name] = value
        return value, args

    def consume_value(self, ctx: Context, opts: t.Mapping[str, t.Any]) -> tuple[t.Any, ParameterSource]:
        """The raw value and its source."""
        if opts.get(self.name) is not None:
            return opts[self.name], ParameterSource.COMMANDLINE
        value = self.value_from_envvar(ctx)
        if value is not None:
            return value, ParameterSource.ENVIRONMENT
        is_mapped = self.name in (ctx.default_map or ())
        return self.get_default(ctx), ParameterSource.DEFAULT_MAP if is_mapped else ParameterSource.DEFAULT

    def envvars(self, ctx: Context) -> list[str]:
        """The environment variables that give a value."""
        return [self.envvar] if isinstance(self.envvar, str) else list(self.envvar or ())

    def variable(self, ctx: Context) -> str | None:
        """The first of them that is not empty; FLASK_X if MICROWEB_X is not there."""
        for name in self.envvars(ctx):
            for each in (name, f"FLASK_{name[9:]}" if name.startswith("MICROWEB_") else name):
                if os.environ.get(each):
                    return each
        return None

    def value_from_envvar(self, ctx: Context) -> t.Any:
        """The raw value in the environment."""
        value = os.environ.get(self.variable(ctx) or "")
        if value is None or not self.multiple and self.nargs == 1:
            return value
        values = self.type.split_envvar_value(value)
        return list(zip(*[iter(values)] * self.nargs)) if self.multiple and self.nargs > 1 else values

    def process_value(self, ctx: Context, value: t.Any) -> t.Any:
        """Convert and check a value and pass it through the callback."""
        value = self.type_cast_value(ctx, value)
        if self.required and value in (None, ()):
            raise MissingParameter(ctx=ctx, param=self)
        return self.callback(ctx, self, value) if self.callback else value

    def type_cast_value(self, ctx: Context, value: t.Any) -> t.Any:
        """The value or, if there may be several, the tuple of them."""
        if value is None:
            return () if self.multiple or self.nargs == -1 else None
        return tuple(self._cast(ctx, each) for each in value) if self.multiple else self._cast(ctx, value)

    def _cast(self, ctx: Context, value: t.Any) -> t.Any:
        if self.nargs == 1 or self.type.is_composite:
            return self.type(value, self, ctx)
        if self.nargs != -1 and len(value) != self.nargs:
            self.type.fail(f"Takes {self.nargs} values but {len(value)} were given.", self, ctx)
        return tuple(self.type(each, self, ctx) for each in value)


class Option(Parameter):
    """A value with a name, as ``--name VALUE``, or a flag, as ``--yes`` or ``--yes/--no``."""

    param_type_name = "option"
    is_flag: bool | None = None
    flag_value: t.Any = None
    count = False
    prompt: bool | str | None = None
    confirmation_prompt: bool | str = False
    hide_input = False
    show_default: bool | str | None = None
    show_choices = True
    show_envvar = False

    def __init__(self, param_decls: t.Sequence[str] = (), type: t.Any = None, **attrs: t.Any) -> None:
        super().__init__(param_decls, type, **attrs)
        if self.prompt is True:
            self.prompt = self.name.replace("_", " ").capitalize()
        if self.is_flag is None:
            self.is_flag = self.flag_value is not None or bool(self.secondary_opts)
        if self.is_flag:
            self._be_flag(type)
        elif self.count:
            self.type = IntRange(min=0) if type is None else self.type
        if self.default is None and "default" not in attrs and not self.required and not self.multiple:
            self.default = 0 if self.count else False if self.is_bool_flag else None
        if self.nargs == -1 or self.secondary_opts and not self.is_bool_flag or self.count and self.multiple:
            raise TypeError(
                f"{param_decls!r}: an option cannot have nargs=-1, a second name if its flag has a value,"
                " or count=True if it is multiple."
            )

    def _be_flag(self, type: t.Any) -> None:
        self.flag_value = True if self.flag_value is None else self.flag_value
        if type is None:
            self.type = BOOL if isinstance(self.flag_value, bool) else UNPROCESSED
        if self.default is True and not self.is_bool_flag:
            self.default = self.flag_value  # of those that share a name, this one

    @property
    def takes_value(self) -> bool:
        """Whether a word with the value follows it."""
        return not (self.is_flag or self.count)

    @property
    def is_bool_flag(self) -> bool:
        """Whether it is a flag that means yes or no."""
        return bool(self.is_flag) and self.type is BOOL

    def _parse_decls(self, decls: t.Sequence[str]) -> str:
        name = next(filter(str.isidentifier, decls), "")
        for decl in decls:
            if decl != name:
                first, _, second = decl.partition("/")
                self.opts += filter(None, [first.strip()])
                self.secondary_opts += filter(None, [second.strip()])
        if not name and self.opts:
            # The first one of those with two dashes, if there are any.
            name = max(self.opts, key=lambda opt: opt.startswith("--")).lstrip("-").replace("-", "_").lower()
        if not self.opts and not self.secondary_opts or not name and self.expose_value:
            raise TypeError(f"Option declarations {decls!r} need one that starts with a dash, as '--name'.")
        return name

    def consume_value(self, ctx: Context, opts: t.Mapping[str, t.Any]) -> tuple[t.Any, ParameterSource]:
        """As of every parameter; without a value a prompt asks for one."""
        value, source = super().consume_value(ctx, opts)
        late = source in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)
        if self.prompt and late and not ctx.resilient_parsing:
            return self.prompt_for_value(ctx), ParameterSource.PROMPT
        return value, source

    def prompt_for_value(self, ctx: Context) -> t.Any:
        """Ask the person."""
        text, default = str(self.prompt), self.get_default(ctx)
        if self.is_bool_flag:
            return confirm(text, default)
        shared = ("type", "hide_input", "show_choices", "confirmation_prompt")
        return prompt(
            text,
            default=default,
            show_default=self.show_default is not False,
            value_proc=lambda answer: self.process_value(ctx, answer),
            **{name: getattr(self, name) for name in shared},
        )

    def get_error_hint(self, ctx: t.Any) -> str:
        """The option as error messages call it."""
        is_set = ctx and ctx.get_parameter_source(self.name) is ParameterSource.ENVIRONMENT
        # Who typed nothing has to hear where it comes from.
        return super().get_error_hint(ctx) + (f" (env var: {self.variable(ctx)!r})" if is_set else "")

    def envvars(self, ctx: Context) -> list[str]:
        """Those declared, and the one that the context's prefix makes."""
        automatic = ctx.auto_envvar_prefix and self.name
        return super().envvars(ctx) + ([f"{ctx.auto_envvar_prefix}_{self.name}".upper()] if automatic else [])

    def get_help_record(self, ctx: Context) -> tuple[str, str] | None:
        """The two columns of the help page; none if hidden."""
        if self.hidden:
            return None
        names = (", ".join(sorted(opts, key=_is_long)) for opts in (self.opts, self.secondary_opts) if opts)
        columns = " / ".join(names) + (f" {self.make_metavar(ctx)}" if self.takes_value else "")
        extra = "; ".join(filter(None, self._extra(ctx)))
        return columns, "  ".join(filter(None, [self.help, extra and f"[{extra}]"]))

    def _extra(self, ctx: Context) -> t.Iterator[str]:
        """What stands in brackets behind the help."""
        yield f"env var: {', '.join(self.envvars(ctx))}" if self.show_envvar else ""
        show = ctx.show_default if self.show_default is None else self.show_default
        default = f"({show})" if isinstance(show, str) else self._shown(self.get_default(ctx, call=False))
        yield f"default: {default}" if show and default else ""
        yield self.type.describe_range() if isinstance(self.type, IntRange) and not self.count else ""
        yield "required" if self.required else ""

    def _shown(self, default: t.Any) -> str:
        if self.is_bool_flag and self.secondary_opts:
            return (self.opts if default else self.secondary_opts)[0].lstrip("-")
        if default is None or default is False:
            return ""
        if isinstance(default, (tuple, list)):
            return ", ".join(map(str, default))
        return "(dynamic)" if callable(default) else str(default) or '""'


def _is_long(opt: str) -> bool:
    return opt.startswith("--")


class Argument(Parameter):
    """A value by its place. Required, unless it has a default or may be absent (``nargs=-1``)."""

    param_type_name = "argument"

    def __init__(self, param_decls: t.Sequence[str] = (), type: t.Any = None, **attrs: t.Any) -> None:
        attrs.setdefault("required", attrs.get("default") is None and attrs.get("nargs", 1) > 0)
        super().__init__(param_decls, type, **attrs)

    def _parse_decls(self, decls: t.Sequence[str]) -> str:
        if len(decls) != 1:
            raise TypeError(f"An argument takes exactly one name, got {decls!r}.")
        self.opts = [decls[0]]
        return decls[0].replace("-", "_").lower()

    def _placeholder(self, ctx: t.Any) -> str:
        """``NAME``, or ``[NAME]`` if it is optional."""
        text = self.type.get_metavar(self, ctx) or self.name.upper()
        return text if self.required else f"[{text}]"

    def get_usage_pieces(self, ctx: Context) -> list[str]:
        """The metavar."""
        return [] if self.hidden else [self.make_metavar(ctx)]

    def get_error_hint(self, ctx: t.Any) -> str:
        """The argument as the usage shows it."""
        return f"'{self.make_metavar(ctx)}'"

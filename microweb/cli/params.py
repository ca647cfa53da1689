"""Parameters: what a command takes, where each value comes from, and how it is shown.

The rule: a value comes from the command line, else the environment, else the context's
``default_map``, else the default, else a prompt; then it is converted, checked and given to the callback.
"""

from __future__ import annotations

import enum
import os

from .exceptions import MissingParameter
from .prompts import confirm, prompt
from .types import BOOLS, UNPROCESSED, BoolParamType, IntRange, _Range, convert_type, declare

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


#: What stands on the command line for an option whose value was left out.
FLAG_NEEDS_VALUE = object()


def variable(name: str) -> str | None:
    """An environment variable that is not empty; FLASK_X if MICROWEB_X is not there."""
    prefix, _, rest = name.partition("_")
    names = [name, f"FLASK_{rest}"] if prefix == "MICROWEB" else [name]
    return next(filter(None, map(os.environ.get, names)), None)


def split_opt(opt: str) -> tuple[str, str]:
    """The dashes of an option and the rest."""
    rest = opt.lstrip(opt[0]) if opt and not opt[0].isalnum() else opt
    return opt[: len(opt) - len(rest)], rest


class Parameter:
    """What options and arguments share. The keyword arguments are the attributes below."""

    param_type_name = "parameter"
    #: Empty for an option that is not exposed and has no usable name.
    name: str = ""
    required = False
    callback: t.Callable[[t.Any, t.Any, t.Any], t.Any] | None = None
    nargs: int | None = None
    multiple = False
    expose_value = True
    is_eager = False
    default: t.Any = None
    envvar: str | t.Sequence[str] | None = None
    metavar: str | None = None
    help: str | None = None
    hidden = False
    deprecated: bool | str = False
    _complete: t.Callable[[t.Any, t.Any, str], list[t.Any]] | None = None

    def __init__(
        self, param_decls: t.Sequence[str] | None = None, type: t.Any = None, **attrs: t.Any
    ) -> None:
        self.opts: list[str] = []
        self.secondary_opts: list[str] = []
        self._complete = attrs.pop("shell_complete", None)
        declare(self, **attrs)
        self._has_default = "default" in attrs
        self.name = self._parse_decls(param_decls or ())
        # A flag's default says nothing about its type, and a function's has to be called first.
        self.type = convert_type(type, self.default)
        if self.nargs is None:
            self.nargs = self.type.arity

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.name}>"

    def _parse_decls(self, decls: t.Sequence[str]) -> str:
        raise NotImplementedError

    @property
    def is_many(self) -> bool:
        """Whether the value is a tuple."""
        return self.multiple or self.nargs != 1

    def make_metavar(self, ctx: t.Any = None) -> str:
        """What stands for the value in a usage."""
        return self.metavar or (self.type.get_metavar(self, ctx) or self.type.name.upper()) + self._dots()

    def _dots(self) -> str:
        return "..." * (self.nargs != 1)

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
        value = ctx.lookup_default(self.name, call=False)
        value = self.default if value is None else value
        return value() if call and callable(value) else value

    # -- the way of a value

    def handle_parse_result(
        self, ctx: Context, opts: t.Mapping[str, t.Any], args: list[str]
    ) -> tuple[t.Any, list[str]]:
        """Take this parameter's value out of what was parsed and put it into ``ctx.params``."""
        with ctx.errors_of(self):
            value, source = self.consume_value(ctx, opts)
            ctx.set_parameter_source(self.name, source)
            try:
                value = self.process_value(ctx, value)
            except Exception:
                if not ctx.resilient_parsing:
                    raise
                value = None
        # Of flags that share a name the one that says something is heard.
        if self.expose_value and (value is not None or self.name not in ctx.params):
            ctx.params[self.name] = value
        return value, args

    def consume_value(self, ctx: Context, opts: t.Mapping[str, t.Any]) -> tuple[t.Any, ParameterSource]:
        """The raw value and its source."""
        finders: list[tuple[ParameterSource, t.Callable[[], t.Any]]] = [
            (ParameterSource.COMMANDLINE, lambda: opts.get(self.name)),
            (ParameterSource.ENVIRONMENT, lambda: self.value_from_envvar(ctx)),
            (ParameterSource.DEFAULT_MAP, lambda: ctx.lookup_default(self.name)),
        ]
        for source, find in finders:
            value = find()
            if value is not None:
                return value, source
        return self.get_default(ctx), ParameterSource.DEFAULT

    def envvars(self, ctx: Context) -> list[str]:
        """The environment variables that give a value."""
        return [self.envvar] if isinstance(self.envvar, str) else list(self.envvar or ())

    def value_from_envvar(self, ctx: Context) -> t.Any:
        """The raw value in the environment."""
        value = next(filter(None, map(variable, self.envvars(ctx))), None)
        if value is None or not self.is_many:
            return value
        values = self.type.split_envvar_value(value)
        if not self.multiple or self.nargs == 1:
            return values
        return list(zip(*[iter(values)] * (self.nargs or 1)))

    def process_value(self, ctx: Context, value: t.Any) -> t.Any:
        """Convert and check a value and pass it through the callback."""
        value = self.type_cast_value(ctx, value)
        if self.required and self.value_is_missing(value) and not ctx.resilient_parsing:
            raise MissingParameter(ctx=ctx, param=self)
        return self.callback(ctx, self, value) if self.callback else value

    def value_is_missing(self, value: t.Any) -> bool:
        """Whether a converted value is none."""
        return value is None or self.is_many and value == ()

    def type_cast_value(self, ctx: Context, value: t.Any) -> t.Any:
        """The value or, if there may be several, the tuple of them."""
        if value is None:
            return () if self.multiple or self.nargs == -1 else None
        if not self.multiple:
            return self._cast(ctx, value)
        return tuple(self._cast(ctx, each) for each in self._several(ctx, value))

    def _cast(self, ctx: Context, value: t.Any) -> t.Any:
        if self.nargs == 1 or self.type.is_composite:
            return self.type(value, self, ctx)
        values = tuple(self.type(each, self, ctx) for each in self._several(ctx, value))
        if self.nargs != -1 and len(values) != self.nargs:
            self.type.fail(f"Takes {self.nargs} values but {len(values)} were given.", self, ctx)
        return values

    def _several(self, ctx: Context, value: t.Any) -> t.Iterable[t.Any]:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            self.type.fail("Value must be an iterable.", self, ctx)
        return value  # type: ignore[no-any-return]

    def shell_complete(self, ctx: Context, incomplete: str) -> list[t.Any]:
        """What the shell may offer for the value."""
        if self._complete is not None:
            return self._complete(ctx, self, incomplete)
        return self.type.shell_complete(ctx, self, incomplete)


class Option(Parameter):
    """A value with a name, as ``--name VALUE``, or a flag, as ``--yes`` or ``--yes/--no``."""

    param_type_name = "option"
    is_flag: bool | None = None
    flag_value: t.Any = None
    count = False
    prompt: bool | str | None = None
    prompt_required = True
    confirmation_prompt: bool | str = False
    hide_input = False
    allow_from_autoenv = True
    show_default: bool | str | None = None
    show_choices = True
    show_envvar = False

    def __init__(
        self, param_decls: t.Sequence[str] | None = None, type: t.Any = None, **attrs: t.Any
    ) -> None:
        super().__init__(param_decls, type, **attrs)
        if self.prompt is True:
            self.prompt = self.name.replace("_", " ").capitalize()
        has_flag_value = attrs.get("flag_value") is not None
        if self.is_flag is None:
            self.is_flag = has_flag_value or bool(self.secondary_opts)
        # Its value may be left out: the flag's stands for it, or a prompt asks.
        self.flag_needs_value = (has_flag_value and not self.is_flag) or bool(
            self.prompt and not self.prompt_required
        )
        if self.is_flag and not has_flag_value:
            self.flag_value = True
        if type is None and self.is_flag:
            known = isinstance(self.flag_value, (str, bool, int, float))
            self.type = convert_type(None, self.flag_value) if known else UNPROCESSED
        elif type is None and self.count:
            self.type = IntRange(min=0)
        if not self._has_default and not self.required:
            plain = self.is_bool_flag and not self.multiple
            self.default = 0 if self.count else False if plain else None
        second_name = self.secondary_opts and not self.is_bool_flag
        if self.nargs == -1 or second_name or self.count and (self.multiple or self.is_flag):
            raise TypeError(
                f"{param_decls!r}: an option cannot have nargs=-1, a second name if its flag has a value,"
                " or count=True if it is a flag or multiple."
            )

    @property
    def takes_value(self) -> bool:
        """Whether a word with the value follows it."""
        return not (self.is_flag or self.count)

    @property
    def is_bool_flag(self) -> bool:
        """Whether it is a flag that means yes or no."""
        return bool(self.is_flag) and isinstance(self.type, BoolParamType)

    def _parse_decls(self, decls: t.Sequence[str]) -> str:
        name = next(filter(str.isidentifier, decls), "")
        for decl in decls:
            if decl == name:
                continue
            first, _, second = decl.partition(";" if decl[0] == "/" else "/")
            self.opts += filter(None, [first.strip()])
            self.secondary_opts += filter(None, [second.strip()])
        if not name and self.opts:
            # The first one of those with most dashes.
            name = split_opt(max(self.opts, key=lambda opt: len(split_opt(opt)[0])))[1]
            name = name.replace("-", "_").lower()
        if not self.opts and not self.secondary_opts or not name and self.expose_value:
            raise TypeError(f"Option declarations {decls!r} need one that starts with a dash, as '--name'.")
        return name

    def get_default(self, ctx: Context, call: bool = True) -> t.Any:
        """As of every parameter; True is the flag's value, and flags that share a name share it."""
        if self.is_flag and not self.is_bool_flag:
            for param in ctx.command.params:
                if param.name == self.name and isinstance(param, Option) and param.default is True:
                    return param.flag_value
        return super().get_default(ctx, call)

    def consume_value(self, ctx: Context, opts: t.Mapping[str, t.Any]) -> tuple[t.Any, ParameterSource]:
        """As of every parameter; without a value a prompt asks for one."""
        value, source = super().consume_value(ctx, opts)
        left_out = value is FLAG_NEEDS_VALUE
        late = source.value >= ParameterSource.DEFAULT.value
        if self.prompt and not ctx.resilient_parsing and (left_out or late and self.prompt_required):
            return self.prompt_for_value(ctx), ParameterSource.PROMPT
        if isinstance(value, list):
            value = [self.flag_value if each is FLAG_NEEDS_VALUE else each for each in value]
        return self.flag_value if left_out else value, source

    def prompt_for_value(self, ctx: Context) -> t.Any:
        """Ask the person."""
        text, default = str(self.prompt), self.get_default(ctx)
        if self.is_bool_flag:
            return confirm(text, default)
        return prompt(
            text,
            default=default,
            type=self.type,
            hide_input=self.hide_input,
            show_choices=self.show_choices,
            show_default=self.show_default is not False,
            confirmation_prompt=self.confirmation_prompt,
            value_proc=lambda answer: self.process_value(ctx, answer),
        )

    def get_error_hint(self, ctx: t.Any) -> str:
        """The option as error messages call it."""
        is_set = ctx and ctx.get_parameter_source(self.name) is ParameterSource.ENVIRONMENT
        # Who typed nothing has to hear where it comes from.
        names = self.envvars(ctx) if is_set else super().envvars(ctx) if self.show_envvar else ()
        return super().get_error_hint(ctx) + (f" (env var: {', '.join(map(repr, names))})" if names else "")

    def envvars(self, ctx: Context) -> list[str]:
        """Those declared, or the one that the context's prefix makes."""
        automatic = self.allow_from_autoenv and ctx.auto_envvar_prefix and self.name
        more = [f"{ctx.auto_envvar_prefix}_{self.name}".upper()] if automatic else []
        return super().envvars(ctx) + more

    def value_from_envvar(self, ctx: Context) -> t.Any:
        """As of every parameter; a flag with a value of its own is switched on by it, or by a yes."""
        value = super().value_from_envvar(ctx)
        if value is None or not self.is_flag or self.is_bool_flag:
            return value
        return self.flag_value if value == str(self.flag_value) or BOOLS.get(value.lower()) else None

    def get_help_record(self, ctx: Context) -> tuple[str, str] | None:
        """The two columns of the help page; none if hidden."""
        if self.hidden:
            return None
        metavar = f" {self.make_metavar(ctx)}" if self.takes_value else ""
        columns = [
            ", ".join(sorted(opts, key=lambda opt: len(split_opt(opt)[0]))) + metavar
            for opts in (self.opts, self.secondary_opts)
            if opts
        ]
        extra = "; ".join(filter(None, self._extra(ctx)))
        return " / ".join(columns), "  ".join(filter(None, [self.help, extra and f"[{extra}]"]))

    def _extra(self, ctx: Context) -> t.Iterator[str]:
        """What stands in brackets behind the help."""
        names = self.envvars(ctx) if self.show_envvar else ()
        yield f"env var: {', '.join(names)}" if names else ""
        show = ctx.show_default if self.show_default is None else self.show_default
        default = f"({show})" if isinstance(show, str) else self._shown(self.get_default(ctx, call=False))
        yield f"default: {default}" if show and default else ""
        yield self.type.describe_range() if isinstance(self.type, _Range) and not self.count else ""
        yield "required" if self.required else ""
        yield "deprecated" if self.deprecated else ""

    def _shown(self, default: t.Any) -> str:
        if default is None or (self.is_bool_flag and not default and not self.secondary_opts):
            return ""
        if self.is_bool_flag and self.secondary_opts:
            return split_opt((self.opts if default else self.secondary_opts)[0])[1]
        if isinstance(default, (tuple, list)):
            return ", ".join(map(str, default))
        return "(dynamic)" if callable(default) else str(default) or '""'


class Argument(Parameter):
    """A value by its place. Required, unless it has a default or may be absent (``nargs=-1``)."""

    param_type_name = "argument"

    def __init__(
        self, param_decls: t.Sequence[str] | None = None, type: t.Any = None, **attrs: t.Any
    ) -> None:
        if "multiple" in attrs:
            raise TypeError("__init__() got an unexpected keyword argument 'multiple'.")
        attrs.setdefault("required", attrs.get("default") is None and attrs.get("nargs", 1) > 0)
        super().__init__(param_decls, type, **attrs)

    def _parse_decls(self, decls: t.Sequence[str]) -> str:
        if len(decls) != 1:
            raise TypeError(f"An argument takes exactly one name, got {decls!r}.")
        self.opts = [decls[0]]
        return decls[0].replace("-", "_").lower()

    def make_metavar(self, ctx: t.Any = None) -> str:
        """``NAME``, ``[NAME]`` if it is optional, and dots for several."""
        if self.metavar is not None:
            return self.metavar
        text = self.type.get_metavar(self, ctx) or self.name.upper()
        bracketed = text if self.required else f"[{text}]"
        return bracketed + self._dots()

    def get_usage_pieces(self, ctx: Context) -> list[str]:
        """The metavar."""
        return [] if self.hidden else [self.make_metavar(ctx)]

    def get_error_hint(self, ctx: t.Any) -> str:
        """The argument as the usage shows it."""
        return f"'{self.make_metavar(ctx)}'"

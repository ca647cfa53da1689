"""Types: text from a command line to values.

The rule: one class per kind of value; `convert` takes text, or a value that is one already (a
default), and fails with the line that says what is wanted.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from .exceptions import BadParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def declare(instance: t.Any, **attrs: t.Any) -> None:
    """Set the attributes that a class declares by their defaults; another name is a TypeError."""
    for name, value in attrs.items():
        if not hasattr(type(instance), name):
            raise TypeError(f"{type(instance).__name__} got an unexpected keyword argument {name!r}")
        setattr(instance, name, value)


class ParamType:
    """The base, which takes anything; subclasses have a ``name`` (the metavar) and `convert`."""

    name = "text"
    #: Whether a value consists of several arguments, and of how many.
    is_composite = False
    arity = 1
    #: What divides values in an environment variable; None: white space.
    envvar_list_splitter: str | None = None

    def __call__(self, value: t.Any, param: t.Any = None, ctx: t.Any = None) -> t.Any:
        return None if value is None else self.convert(value, param, ctx)

    def __repr__(self) -> str:
        return self.name.upper()

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The value; calls `fail` if there is none."""
        return value

    def fail(self, message: str, param: t.Any = None, ctx: t.Any = None) -> t.NoReturn:
        """Refuse a value."""
        raise BadParameter(message, ctx, param)

    def get_metavar(self, param: t.Any, ctx: t.Any = None) -> str | None:
        """What stands for the value in the usage, if not the name."""
        return None

    def split_envvar_value(self, rv: str) -> list[str]:
        """The values in an environment variable."""
        return rv.split(self.envvar_list_splitter)

    def shell_complete(self, ctx: t.Any, param: t.Any, incomplete: str) -> list[t.Any]:
        """What the shell may offer: strings, or `CompletionItem`."""
        return []


class FuncParamType(ParamType):
    """A function that raises ValueError for what it cannot take. Its own words are told, if it has
    any, unless ``message`` says it better."""

    def __init__(self, func: t.Callable[[t.Any], t.Any], name: str | None = None, message: str = "") -> None:
        self.func, self.message = func, message
        self.name = name or str(getattr(func, "__name__", "value"))

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The function's result."""
        try:
            return self.func(value)
        except ValueError as error:
            told = self.message.format(value) or str(error)
            return self.fail(told or f"{value!r} is not a valid {self.name}.", param, ctx)


#: What people say for yes and no.
BOOLS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}


def _text(value: t.Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _bool(value: t.Any) -> bool:
    norm = str(value).strip().lower()
    if norm not in BOOLS:
        raise ValueError(f"{value!r} is not a valid boolean. Say one of {', '.join(BOOLS)}.")
    return BOOLS[norm]


def _uuid(value: t.Any) -> t.Any:
    import uuid  # rare

    return value if isinstance(value, uuid.UUID) else uuid.UUID(value.strip())


UNPROCESSED = ParamType()
STRING = FuncParamType(_text, "text")
BOOL = FuncParamType(_bool, "boolean")
INT = FuncParamType(int, "integer", "{!r} is not a valid integer.")
FLOAT = FuncParamType(float, "float", "{!r} is not a valid float.")
UUID = FuncParamType(_uuid, "UUID", "{!r} is not a valid UUID.")


class Choice(ParamType):
    """One of some strings, or of an Enum's members."""

    name = "choice"

    def __init__(self, choices: t.Iterable[t.Any], case_sensitive: bool = True) -> None:
        self.choices, self.case_sensitive = tuple(choices), case_sensitive
        #: The choices as they may be typed.
        self.names = [self._norm(getattr(choice, "name", choice)) for choice in self.choices]

    def _norm(self, text: t.Any) -> str:
        return str(text) if self.case_sensitive else str(text).casefold()

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The choice as it was declared."""
        if value in self.choices:
            return value
        if self._norm(value) in self.names:
            return self.choices[self.names.index(self._norm(value))]
        one = "is not" if len(self.names) == 1 else "is not one of"
        return self.fail(f"{value!r} {one} {', '.join(map(repr, self.names))}.", param, ctx)

    def get_metavar(self, param: t.Any, ctx: t.Any = None) -> str:
        """``[a|b]``, as the choices are short; ``{a|b}`` for a required argument."""
        text = "|".join(self.names)
        return f"{{{text}}}" if param.required and param.param_type_name == "argument" else f"[{text}]"

    def shell_complete(self, ctx: t.Any, param: t.Any, incomplete: str) -> list[t.Any]:
        """The choices that begin so."""
        return [name for name in self.names if name.startswith(self._norm(incomplete))]


class IntRange(ParamType):
    """An integer between two bounds, either of which may be absent or excluded (open); ``clamp``
    moves what lies outside to the bound."""

    name, number = "integer range", INT
    min: t.Any = None
    max: t.Any = None
    min_open = max_open = clamp = False

    def __init__(self, min: t.Any = None, max: t.Any = None, **settings: t.Any) -> None:
        declare(self, min=min, max=max, **settings)

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The number."""
        number = self.number.convert(value, param, ctx)
        low = self.min is not None and (number <= self.min if self.min_open else number < self.min)
        high = self.max is not None and (number >= self.max if self.max_open else number > self.max)
        if not low and not high:
            return number
        if self.clamp:  # to the nearest integer inside of an open bound
            return self.min + self.min_open if low else self.max - self.max_open
        return self.fail(f"{number} is not in the range {self.describe_range()}.", param, ctx)

    def describe_range(self) -> str:
        """``0<=x<10``."""
        low, high = "<" if self.min_open else "<=", "<" if self.max_open else "<="
        if self.max is None:
            return f"x{low.replace('<', '>')}{self.min}"
        return f"x{high}{self.max}" if self.min is None else f"{self.min}{low}x{high}{self.max}"


class FloatRange(IntRange):
    """A number between bounds."""

    name, number = "float range", FLOAT


class DateTime(ParamType):
    """A date or a time, in one of `time.strptime`'s formats."""

    name = "datetime"

    def __init__(self, formats: t.Sequence[str] | None = None) -> None:
        self.formats = formats or ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """A `datetime.datetime`."""
        from datetime import datetime  # rare

        if isinstance(value, datetime):
            return value
        for form in self.formats:
            with suppress(ValueError):
                return datetime.strptime(value, form)
        wanted = f"format{'s' * (len(self.formats) > 1)} {', '.join(map(repr, self.formats))}"
        return self.fail(f"{value!r} does not match the {wanted}.", param, ctx)

    def get_metavar(self, param: t.Any, ctx: t.Any = None) -> str:
        """The formats."""
        return f"[{'|'.join(self.formats)}]"


class Path(ParamType):
    """A path, checked but not opened; ``path_type=pathlib.Path`` gives that instead of a string."""

    envvar_list_splitter = os.path.pathsep

    file_okay = dir_okay = readable = True
    exists = writable = executable = resolve_path = allow_dash = False
    path_type: t.Any = None

    def __init__(self, exists: bool = False, **settings: t.Any) -> None:
        declare(self, exists=exists, **settings)
        self.name = "path" if self.file_okay == self.dir_okay else "file" if self.file_okay else "directory"

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The path."""
        path = os.fspath(value)
        if not (self.allow_dash and path == "-"):
            path = os.path.realpath(path) if self.resolve_path else path
            wrong = self._wrong(path)
            if wrong:
                self.fail(f"{self.name.title()} {format_filename(value)!r} {wrong}.", param, ctx)
        return self.path_type(path) if self.path_type else path

    def _wrong(self, path: t.Any) -> str | None:
        """What is wrong with a path; one that need not be there and is not is right."""
        if not os.path.exists(path):
            return "does not exist" if self.exists else None
        if not self.file_okay and os.path.isfile(path):
            return "is a file"
        if not self.dir_okay and os.path.isdir(path):
            return "is a directory"
        rights = {"readable": os.R_OK, "writable": os.W_OK, "executable": os.X_OK}
        missing = (name for name, mode in rights.items() if getattr(self, name) and not os.access(path, mode))
        return next((f"is not {name}" for name in missing), None)

    def shell_complete(self, ctx: t.Any, param: t.Any, incomplete: str) -> list[t.Any]:
        """Let the shell complete it."""
        return [CompletionItem(incomplete, type="file" if self.file_okay else "dir")]


class File(ParamType):
    """A file, opened and closed with the context; ``-`` is stdin or stdout."""

    name = "filename"
    envvar_list_splitter = os.path.pathsep
    encoding: str | None = None
    errors: str | None = None
    #: Of no effect: every file is opened at once, and written in its place.
    lazy = atomic = None

    def __init__(self, mode: str = "r", encoding: str | None = None, **settings: t.Any) -> None:
        self.mode = mode
        declare(self, encoding=encoding, **settings)

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The file."""
        if hasattr(value, "read") or hasattr(value, "write"):
            return value
        try:
            file = open_file(value, self.mode, self.encoding, self.errors)
        except OSError as error:
            self.fail(f"{format_filename(value)!r}: {error.strerror}", param, ctx)
        if ctx is not None and value != "-":
            ctx.call_on_close(file.close)
        return file

    shell_complete = Path.shell_complete
    file_okay = True


def open_file(filename: t.Any, mode: str = "r", encoding: str | None = None, errors: t.Any = None) -> t.Any:
    """`open`; ``-`` is stdin or stdout."""
    if filename != "-":
        text: t.Any = {} if "b" in mode else {"encoding": encoding, "errors": errors}
        return open(filename, mode, **text)
    stream = sys.stdin if "r" in mode else sys.stdout
    return stream.buffer if "b" in mode else stream


def format_filename(filename: t.Any) -> str:
    """A file's name that can be printed."""
    return os.fsdecode(filename).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Tuple(ParamType):
    """Several arguments, each with its type."""

    is_composite = True

    def __init__(self, types: t.Iterable[t.Any]) -> None:
        self.types = [convert_type(each) for each in types]
        self.arity = len(self.types)
        self.name = f"<{' '.join(each.name for each in self.types)}>"

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> tuple[t.Any, ...]:
        """The values."""
        if len(value) != self.arity:
            self.fail(f"{self.arity} values are required, but {len(value)} were given.", param, ctx)
        return tuple(each(item, param, ctx) for each, item in zip(self.types, value))


class CompletionItem:
    """An offer to the shell; the types ``file`` and ``dir`` let it list those itself."""

    def __init__(self, value: t.Any, type: str = "plain", help: str | None = None) -> None:
        self.value, self.type, self.help = value, type, help


_BUILT_IN: dict[t.Any, ParamType] = {str: STRING, int: INT, float: FLOAT, bool: BOOL}


def convert_type(ty: t.Any, default: t.Any = None) -> ParamType:
    """The type for a declaration such as ``int``, ``(int, str)`` or a function; without one that
    of the default, or of its first value."""
    if isinstance(ty, ParamType):
        return ty
    if isinstance(ty, tuple):
        return Tuple(ty)
    if ty is not None:
        return _BUILT_IN.get(ty) or FuncParamType(ty)
    if isinstance(default, (tuple, list)) and default:
        return convert_type(None, default[0])
    return _BUILT_IN.get(type(default), STRING)

"""Small things that templates and their users share: decorators, messages, the global helpers.

The rule: nothing here knows the language; each piece could live in any program. `missing` is the
engine's "no value at all", which None is not.
"""

from __future__ import annotations

from ..markup import Markup
from .errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    F = t.TypeVar("F", bound=t.Callable[..., t.Any])


class MissingType:
    """The type of `missing`."""

    def __repr__(self) -> str:
        return "missing"

    __reduce__ = __repr__


missing: t.Any = MissingType()

concat = "".join
words = str.split  # for tables of names

#: Code of functions that only pass a call on: what is wrong with the call is not wrong with them.
internal_code: set[t.Any] = set()


def internalcode(f: F) -> F:
    """Keep this function's frames out of tracebacks that pass through templates."""
    internal_code.add(f.__code__)
    return f


def without_internals(error: BaseException) -> t.Any:
    """Return an error's traceback without the engine's frames, so that template lines are neighbours.

    Those in which an error of Python's began are kept: a filter may have been given what it cannot
    work with. What the engine raises itself is about the template's line.
    """
    frames: list[t.Any] = [error.__traceback__]
    while frames[-1] is not None:
        frames.append(frames[-1].tb_next)
    tb, leads_on = frames.pop(), isinstance(error, TemplateError)
    for frame in reversed(frames):
        module = frame.tb_frame.f_globals.get("__name__", "")
        is_ours = module == Markup.__module__ or module.rpartition(".")[0] == __name__.rpartition(".")[0]
        if not (is_ours and leads_on or frame.tb_frame.f_code in internal_code):
            frame.tb_next, tb = tb, frame
        leads_on = leads_on or not is_ours
    return tb


def _passing(what: str) -> t.Callable[[F], F]:
    def decorator(f: F) -> F:
        f.jinja_pass_arg = what  # type: ignore[attr-defined]
        return f

    decorator.__doc__ = f"Call this filter, test or function with the {what} as its first argument."
    return decorator


pass_context = _passing("context")
pass_eval_context = _passing("eval_context")
pass_environment = _passing("environment")


def pass_arg_of(f: t.Any) -> str | None:
    """Which first argument does `f` ask for: "context", "eval_context", "environment" or None?"""
    kind = getattr(f, "jinja_pass_arg", None)
    # Some objects answer every name; only the decorators above set a string.
    return kind if type(kind) is str else None


def nearest(name: str, known: t.Iterable[str]) -> str:
    """The end of a message about an unknown name: the one that was probably meant."""
    from difflib import get_close_matches  # for such messages only

    near = get_close_matches(name, list(known), 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def is_undefined(obj: t.Any) -> bool:
    """Is `obj` of one of the undefined kinds?

    Known by the method that is theirs alone, since this module stands below the runtime.
    """
    return hasattr(type(obj), "_fail_with_undefined_error")


def import_string(import_name: str) -> t.Any:
    """Import "package.module:name", "package.module.name" or "module"."""
    from pkgutil import resolve_name  # when an extension is given by name, at setup

    return resolve_name(import_name)


def object_type_repr(obj: t.Any) -> str:
    """Name the type of `obj` for an error message."""
    module, name = type(obj).__module__, type(obj).__name__
    named = str(obj) if obj is None or obj is Ellipsis else f"{name} object"
    return named if module == "builtins" else f"{module}.{named}"


def select_autoescape(
    enabled_extensions: t.Iterable[str] = ("html", "htm", "xml"), disabled_extensions: t.Iterable[str] = (),
    default_for_string: bool = True, default: bool = False,
) -> t.Callable[[str | None], bool]:  # fmt: skip
    """Make an `autoescape` function that decides by the template's file name, in any case.

    >>> escapes = select_autoescape(["html"])
    >>> escapes("a.HTML"), escapes("a.txt"), escapes(None)
    (True, False, True)
    """
    enabled = tuple(f".{ext.lstrip('.').lower()}" for ext in enabled_extensions)
    disabled = tuple(f".{ext.lstrip('.').lower()}" for ext in disabled_extensions)

    def autoescape(template_name: str | None) -> bool:
        if template_name is None:
            return default_for_string
        name = template_name.lower()
        return name.endswith(enabled) or (not name.endswith(disabled) and default)

    return autoescape


#: In a script or a single-quoted attribute these could end it, or open a comment or an entity;
#: the two separators are line ends to JavaScript, though not to JSON.
_JSON_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&'\u2028\u2029"}


def htmlsafe_json_dumps(obj: t.Any, dumps: t.Callable[..., str] | None = None, **kwargs: t.Any) -> Markup:
    """Write `obj` as JSON that is safe inside `<script>` and single-quoted attributes.

    >>> htmlsafe_json_dumps("</script>")
    Markup('"\\\\u003c/script\\\\u003e"')
    """
    import json  # an application brings its own; only a bare Environment has use for it

    return Markup((dumps or json.dumps)(obj, **kwargs).translate(_JSON_ESCAPES))


class Cycler:
    """`cycler` in templates: values in turn, across loops."""

    def __init__(self, *items: t.Any) -> None:
        if not items:
            raise RuntimeError("at least one item has to be provided")
        self.items, self.pos = items, 0

    def reset(self) -> None:
        """Start again with the first item."""
        self.pos = 0

    #: The item that `next` will return.
    current = property(lambda self: self.items[self.pos])

    def next(self) -> t.Any:
        """Return the current item and go on to the following one."""
        item = self.current
        self.pos = (self.pos + 1) % len(self.items)
        return item

    __next__ = next


class Joiner:
    """`joiner` in templates: nothing when first called, the separator ever after."""

    def __init__(self, sep: str = ", ") -> None:
        self.sep, self.used = sep, False

    def __call__(self) -> str:
        separator, self.used = self.sep if self.used else "", True
        return separator


class Namespace:
    """`namespace` in templates: the one object whose attributes `{% set %}` may assign."""

    def __init__(self, /, *args: t.Any, **kwargs: t.Any) -> None:
        # No parameter can be named: any keyword may be an attribute, even `self`.
        object.__setattr__(self, "_Namespace__attrs", dict(*args, **kwargs))

    def __getattribute__(self, name: str) -> t.Any:
        if name in ("_Namespace__attrs", "__class__"):
            return object.__getattribute__(self, name)
        try:
            return self.__attrs[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setitem__(self, name: str, value: t.Any) -> None:
        self.__attrs[name] = value

    def __repr__(self) -> str:
        return f"<Namespace {self.__attrs!r}>"


_LOREM = words("amet arcu at congue cras diam dolor eget elit erat est et ipsum justo lorem mi nec orci sed")


def generate_lorem_ipsum(n: int = 5, html: bool = True, min: int = 20, max: int = 100) -> str:
    """`lipsum` in templates: `n` paragraphs of `min` to `max - 1` words that mean nothing."""
    import random  # for drafts of a page, not for pages

    paragraphs = []
    for _ in range(n):
        text = random.choices(_LOREM, k=random.randrange(min, max))
        cuts = range(0, len(text), random.randint(7, 14))
        sentences = [" ".join(text[cut : cut + cuts.step]).capitalize() for cut in cuts]
        paragraphs.append(". ".join(sentences) + ".")
    return Markup("\n".join(f"<p>{text}</p>" for text in paragraphs)) if html else "\n\n".join(paragraphs)


#: What every template may call, unless the environment's `globals` say otherwise.
DEFAULT_NAMESPACE = {"range": range, "dict": dict, "lipsum": generate_lorem_ipsum, "namespace": Namespace}
DEFAULT_NAMESPACE.update(cycler=Cycler, joiner=Joiner)

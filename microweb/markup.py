"""Text that is safe to stand in HTML: `escape` makes it, `Markup` marks it.

The rule: a `Markup` is trusted, everything else is escaped when the two meet. So every method
of `str` that takes another string escapes it first, and every method that returns a string
returns `Markup`. Objects that know their own HTML say so with `__html__`.

A leaf: it needs nothing but built-ins, so that escaping never loads the template compiler.
"""

from __future__ import annotations

import functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t


# Markup's own constructor looks for __html__; this one is for text known to be plain.
_new = str.__new__


def html(value: t.Any, /) -> t.Any:
    """Return what may stand for `value` in HTML: what `escape` returns, before it becomes `Markup`.

    An f-string needs no more. What is certain to be clean goes through, even if it is no string.
    """
    # type(), not __class__ or isinstance: a proxy may pretend to be the string that it stands for.
    kind = type(value)
    if kind is not str:
        if kind is Markup or kind is int:
            return value
        if hasattr(value, "__html__"):
            return value.__html__()
        # A subclass could override `in` or replace() and smuggle markup through.
        value = str.__str__(str(value))
    # Most text is clean, and `in` finds that out faster than a regex or five replace() do.
    if "&" in value:
        value = value.replace("&", "&amp;")
    if "<" in value:
        value = value.replace("<", "&lt;")
    if ">" in value:
        value = value.replace(">", "&gt;")
    if "'" in value:
        value = value.replace("'", "&#39;")
    if '"' in value:
        value = value.replace('"', "&#34;")
    return value


def escape(s: t.Any, /) -> Markup:
    """Return `s` as `Markup`: `&`, `<`, `>`, `'` and `"` replaced, or its `__html__()` trusted.

    >>> escape("<a> & 'b'")
    Markup('&lt;a&gt; &amp; &#39;b&#39;')
    """
    return _new(Markup, html(s))


def escape_silent(s: t.Any, /) -> Markup:
    """Like `escape`, but None is the empty string."""
    return Markup() if s is None else escape(s)


def soft_str(s: t.Any, /) -> str:
    """Return `s` as a string, and leave `Markup` (or any other str subclass) what it is."""
    # str() of a Markup would be a plain str, and be escaped a second time.
    return s if isinstance(s, str) else str(s)


def _safe(name: str, fills: bool) -> t.Any:
    """Wrap a method of str whose result is made of the text itself: text, or the pieces of it."""
    method = getattr(str, name)

    @functools.wraps(method)
    def wrapper(self: Markup, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if fills:  # the width, and perhaps a character that comes from outside
            args = (*args[:1], *map(self.escape, args[1:]))
        cls, result = self.__class__, method(self, *args, **kwargs)
        # partition() gives a tuple, split() a list.
        return cls(result) if isinstance(result, str) else type(result)(map(cls, result))

    return wrapper


class Markup(str):
    """A string that may stand in HTML as it is.

    >>> Markup("<em>%s</em>") % "<you>"
    Markup('<em>&lt;you&gt;</em>')
    >>> Markup("<b>") + "<i>"
    Markup('<b>&lt;i&gt;')
    """

    __slots__ = ()

    def __new__(cls, object: t.Any = "", encoding: str | None = None, errors: str = "strict") -> Markup:
        """Trust `object`: its `__html__()` if it has one, else its text. Nothing is escaped."""
        # A template object that is put into markup renders itself first.
        if hasattr(object, "__html__"):
            object = object.__html__()
        return _new(cls, object) if encoding is None else _new(cls, object, encoding, errors)

    @classmethod
    def escape(cls, s: t.Any, /) -> Markup:
        """Escape `s`, as an instance of this class."""
        # The class may be a subclass, and then another call; mostly it is not.
        text = escape(s)
        return text if text.__class__ is cls else cls(text)

    def __html__(self, /) -> Markup:
        return self

    def __html_format__(self, format_spec: str, /) -> Markup:
        if format_spec:
            raise ValueError(f"Markup takes no format specification, not {format_spec!r}.")
        return self

    def __repr__(self, /) -> str:
        return f"{self.__class__.__name__}({super().__repr__()})"

    def __add__(self, value: t.Any, /) -> Markup:
        if isinstance(value, str) or hasattr(value, "__html__"):
            return self.__class__(super().__add__(self.escape(value)))
        return NotImplemented  # numbers and lists are no text, and a TypeError as with any str

    def __radd__(self, value: t.Any, /) -> Markup:
        if isinstance(value, str) or hasattr(value, "__html__"):
            return self.escape(value).__add__(self)
        return NotImplemented

    def __mod__(self, value: t.Any, /) -> Markup:
        if hasattr(type(value), "__getitem__") and not isinstance(value, (str, tuple)):
            value = _EscapedOperand(value, self.escape)  # "%(name)s" looks its values up
        else:
            values = value if isinstance(value, tuple) else (value,)
            value = tuple(_EscapedOperand(item, self.escape) for item in values)
        return self.__class__(super().__mod__(value))

    def join(self, iterable: c.Iterable[t.Any], /) -> Markup:
        """Join the items, each escaped."""
        return self.__class__(super().join(map(self.escape, iterable)))

    def replace(self, old: str, new: str, count: t.SupportsIndex = -1, /) -> Markup:
        """Replace `old` by `new`, escaped."""
        # `old` is what to look for in markup, and as it is written there.
        return self.__class__(super().replace(old, self.escape(new), count))

    def format(self, *args: t.Any, **kwargs: t.Any) -> Markup:
        """Fill the `{}` fields, each value escaped; see `EscapeFormatter`."""
        return self.__class__(_formatter_class()(self.escape).vformat(self, args, kwargs))

    def format_map(self, mapping: c.Mapping[str, t.Any], /) -> Markup:  # type: ignore[override]
        """Fill the `{name}` fields from `mapping`, each value escaped."""
        return self.__class__(_formatter_class()(self.escape).vformat(self, (), mapping))

    def unescape(self, /) -> str:
        """Turn entities back into characters: the text that this markup shows.

        >>> Markup("Main &raquo; <em>About</em>").unescape()
        'Main » <em>About</em>'
        """
        from html import unescape  # a table of 2231 names, needed by few

        return unescape(str(self))

    def striptags(self, /) -> str:
        """Drop tags and comments, collapse white space, then `unescape`. Not a sanitizer.

        >>> Markup("Main &raquo;\\t<em>About</em>").striptags()
        'Main » About'
        """
        text = str(self)
        parts = []
        rest = 0
        while (start := text.find("<", rest)) >= 0:
            close, skip = ("-->", 4) if text.startswith("<!--", start) else (">", 1)
            end = text.find(close, start + skip)
            if end < 0:
                break  # Never closed, so it is text. To look again for each "<" is quadratic.
            parts.append(text[rest:start])
            rest = end + len(close)
        parts.append(text[rest:])
        return self.__class__(" ".join("".join(parts).split())).unescape()


_NAMES = (
    "__mul__ __rmul__ __getitem__ capitalize casefold expandtabs lower lstrip removeprefix removesuffix"
    " rstrip strip swapcase title translate upper zfill partition rpartition rsplit split splitlines"
)
_FILLING = ("center", "ljust", "rjust")
for _name in (*_NAMES.split(), *_FILLING):
    setattr(Markup, _name, _safe(_name, _name in _FILLING))


class _EscapedOperand:
    """An operand of `%` that is escaped at the moment when it becomes text."""

    __slots__ = ("_escape", "_value")

    def __init__(self, value: t.Any, escape: c.Callable[[t.Any], Markup]) -> None:
        self._value, self._escape = value, escape

    def __getitem__(self, key: t.Any, /) -> _EscapedOperand:
        return self.__class__(self._value[key], self._escape)

    def __str__(self, /) -> str:
        return str(self._escape(self._value))

    def __repr__(self, /) -> str:
        return str(self._escape(repr(self._value)))

    # Numbers hold no markup: "%d" and "%f" take them as they are.
    def __int__(self, /) -> int:
        return int(self._value)

    def __float__(self, /) -> float:
        return float(self._value)


@functools.cache
def _formatter_class() -> t.Any:
    """Make `EscapeFormatter` when the first format() asks: `string` costs more than this module."""
    from string import Formatter

    class EscapeFormatter(Formatter):
        """A `string.Formatter` that escapes each field, or lets `__html_format__` write it."""

        __module__, __qualname__ = __name__, "EscapeFormatter"  # as if it stood in the module

        def __init__(self, escape: c.Callable[[t.Any], Markup]) -> None:
            self.escape = escape

        def format_field(self, value: t.Any, format_spec: str) -> str:
            """Return the field's escaped text."""
            if hasattr(value, "__html_format__"):
                text = value.__html_format__(format_spec)
            elif not hasattr(value, "__html__"):
                # A Markup as specification would call Markup's methods on the way.
                text = super().format_field(value, str(format_spec))
            elif not format_spec:
                text = value.__html__()
            else:
                raise ValueError(
                    f"Format specifier {format_spec!r} given, but {type(value)} has no"
                    " __html_format__ to understand it. Define that beside __html__."
                )
            return str(self.escape(text))

    return EscapeFormatter


def __getattr__(name: str) -> t.Any:
    if name == "EscapeFormatter":
        return _formatter_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

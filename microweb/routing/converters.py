"""Converters: one class per kind of value in a path, with both directions.

The rule: *a converter is a regex, a function to Python and a function to text*. `<int:page>` in a
rule makes an `IntegerConverter`; its `regex` says which text is one, `to_python` makes the value
that the view gets (or raises `ValidationError`: then the rule does not match after all), `to_url`
makes the text of a URL that is built. `weight` ranks rules that compete for a path, the lightest
first: numbers before words, words before what swallows slashes.

A converter whose regex can match a slash must not be `part_isolating`: it is then tried on all
the rest of the path and not on one segment. A class that defines `regex` gets that by itself.

>>> from microweb.routing import Map, Rule
>>> class ListConverter(BaseConverter):
...     def to_python(self, value):
...         return value.split("+")
...     def to_url(self, values):
...         return "+".join(super(ListConverter, self).to_url(value) for value in values)
>>> urls = Map([Rule("/tags/<list:tags>", endpoint="tags")], converters={"list": ListConverter})
>>> urls.bind("localhost").match("/tags/blue+sky")
('tags', {'tags': ['blue', 'sky']})
>>> urls.bind("localhost").build("tags", {"tags": ["a b", "c"]})
'/tags/a%20b+c'
"""

from __future__ import annotations

import re

from .pattern import DIGITS, MAX_DIGITS, quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from uuid import UUID

    from .map import Map

    Bound = t.Optional[float]


#: Most values are words and numbers, and asking is cheaper than quoting.
_WORD = "type({0}) is str and x.isalnum() and x.isascii()"


class ValidationError(ValueError):
    """Raised by a converter: the text (or the value, when building) is not one of mine."""


class BaseConverter:
    """Takes one segment of the path as it is, and is the base of all others."""

    regex = "[^/]+"
    weight = 100
    part_isolating = True

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "regex" in cls.__dict__ and "part_isolating" not in cls.__dict__:
            cls.part_isolating = "/" not in cls.regex

    def __init__(self, map: Map, *args: t.Any, **kwargs: t.Any) -> None:
        self.map = map

    def to_python(self, value: str) -> t.Any:
        """The value for the view, of text that `regex` matched."""
        return value

    def to_url(self, value: t.Any) -> str:
        """The text for the URL, percent-encoded."""
        return quote_path(value)

    def _cast(self) -> t.Callable[[str], t.Any] | None:
        """What rules call: `to_python`, or None if it returns the text as it is."""
        plain = getattr(self.to_python, "__func__", None) is BaseConverter.to_python
        return None if plain else self.to_python

    def _plain_test(self) -> str | None:
        """An expression for values that `to_url` leaves as they are; {0} is the value. None: ask it."""
        own = getattr(self.to_url, "__func__", None)
        return _WORD if own in (BaseConverter.to_url, UnicodeConverter.to_url) else None


class UnicodeConverter(BaseConverter):
    """``string``, the default: text without a slash, of a *length* or within bounds.

    ``<string(length=2):language>``
    """

    def __init__(
        self, map: Map, minlength: int = 1, maxlength: int | None = None, length: int | None = None
    ) -> None:
        super().__init__(map)
        if length is not None:
            minlength = maxlength = length
        self._low, self._high = int(minlength), None if maxlength is None else int(maxlength)
        self.regex = f"[^/]{{{self._low},{'' if self._high is None else self._high}}}"

    def _plain_test(self) -> str | None:
        return super()._plain_test() if self._low == 1 and self._high is None else None

    def to_url(self, value: t.Any) -> str:
        """The text, percent-encoded; ValidationError if this very rule would not match it."""
        text = str(value)
        # Empty text is let pass by default, as links to "/search/" + what comes are built so.
        long_enough = self._low <= len(text) or self._low == 1 and self._high is None
        if not long_enough or (self._high is not None and len(text) > self._high):
            raise ValidationError(f"{text!r} has {len(text)} characters: not {self.regex}")
        return quote_path(text)


class AnyConverter(BaseConverter):
    """``any``: one of the *items*. ``<any(about, help, "foo,bar"):page>``"""

    def __init__(self, map: Map, *items: str) -> None:
        super().__init__(map)
        self.items = set(items)
        self.regex = f"(?:{'|'.join(re.escape(item) for item in items)})"

    def to_url(self, value: t.Any) -> str:
        """The item as it stands in the rule; ValueError if *value* is none."""
        if value in self.items:
            return str(value)
        known = ", ".join(f"'{item}'" for item in sorted(self.items))
        raise ValueError(f"'{value}' is not one of {known}")


class PathConverter(BaseConverter):
    """``path``: text that may contain slashes but not begin with one."""

    part_isolating = False
    regex = "[^/].*?"
    weight = 200


class NumberConverter(BaseConverter):
    """What ``int`` and ``float`` share: bounds, signs, a fixed number of digits."""

    weight = 50
    num_convert: t.Callable[[t.Any], t.Any] = int

    def __init__(
        self, map: Map, fixed_digits: int = 0, min: Bound = None, max: Bound = None, signed: bool = False
    ) -> None:
        if signed:
            self.regex = self.signed_regex
        super().__init__(map)
        self.fixed_digits = fixed_digits
        self.min = min
        self.max = max
        self.signed = signed

    def to_python(self, value: str) -> t.Any:
        """The number; ValidationError if it is out of bounds or absurdly long."""
        if len(value) > MAX_DIGITS or (self.fixed_digits and len(value) != self.fixed_digits):
            raise ValidationError(f"a number of {len(value)} characters")
        return self._bounded(self.num_convert(value))

    def _cast(self) -> t.Callable[[str], t.Any] | None:
        inherited = getattr(self.to_python, "__func__", None) is NumberConverter.to_python
        plain = inherited and self.regex == DIGITS and self.min is self.max is None and not self.fixed_digits
        return int if plain and self.num_convert is int else self.to_python

    def _plain_test(self) -> str | None:
        inherited = getattr(self.to_url, "__func__", None) is NumberConverter.to_url
        return "type({0}) is int" if inherited and self._cast() is int else None

    def _bounded(self, number: t.Any) -> t.Any:
        low, high = self.min, self.max
        if (low is not None and number < low) or (high is not None and number > high):
            raise ValidationError(f"{number} is not between {low} and {high}")
        return number

    def to_url(self, value: t.Any) -> str:
        """The number's digits, filled up with zeros if their count is fixed."""
        text = str(self._bounded(self.num_convert(value))).zfill(self.fixed_digits)
        if self.fixed_digits and len(text) > self.fixed_digits:
            raise ValidationError(f"{text} has more than {self.fixed_digits} digits")
        return text

    @property
    def signed_regex(self) -> str:
        """The regex with an optional minus."""
        return f"-?{self.regex}"


class IntegerConverter(NumberConverter):
    """``int``: ASCII digits; a minus only if *signed*. ``<int(min=1):page>``"""

    regex = DIGITS


class FloatConverter(NumberConverter):
    """``float``: digits, a point, digits; a minus only if *signed*."""

    regex = r"[0-9]+\.[0-9]+"
    num_convert = float

    def __init__(self, map: Map, min: Bound = None, max: Bound = None, signed: bool = False) -> None:
        super().__init__(map, 0, min, max, signed)


class UUIDConverter(BaseConverter):
    """``uuid``: a UUID in its usual form of 8-4-4-4-12 hexadecimal digits."""

    regex = "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}"

    def to_python(self, value: str) -> UUID:
        """A `uuid.UUID`."""
        import uuid  # brings half of platform along; most maps have no UUIDs

        return uuid.UUID(value)

    def to_url(self, value: UUID) -> str:
        """Its usual form."""
        return str(value)


#: What a map knows unless told otherwise.
DEFAULT_CONVERTERS: t.Mapping[str, type[BaseConverter]] = {
    "default": UnicodeConverter,
    "string": UnicodeConverter,
    "any": AnyConverter,
    "path": PathConverter,
    "int": IntegerConverter,
    "float": FloatConverter,
    "uuid": UUIDConverter,
}

"""What a client would like to get: the Accept headers, and the choice among what there is.

The rule (RFC 9110 12.5): an exact range beats a wildcard, whatever their weights; then the weight decides,
then the order in which the application offers. A class for each kind says when an offer matches a range.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases

from .datastructures import ImmutableList
from .options import HeaderValue, dump_options_header, parse_list_header, parse_options_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class Accept(HeaderValue, ImmutableList["tuple[str, float]"]):  # type: ignore[misc]
    """The accepted ranges with their weights, as a list of pairs, best first; the order of equals is kept.

    >>> a = Accept([("br", 0.5), ("gzip", 1)])
    >>> a.best, a["br"], "zstd" in a, a.best_match(["br", "zstd"])
    ('gzip', 0.5, False, 'br')
    """

    #: More are not read: the client decides how long its header is, and every look-up walks the list.
    max_ranges = 100

    def __init__(self, values: t.Iterable[tuple[str, float]] | None = ()) -> None:
        #: Whether there was a header at all.
        self.provided: bool = getattr(values, "provided", values is not None)
        # The most exact first, so that the first range that a value is in is the one that counts.
        super().__init__(sorted(values or (), key=lambda x: (self._specificity(x[0]), x[1]), reverse=True))

    def _specificity(self, value: str) -> tuple[bool, ...]:
        """How exact a range is; more is greater."""
        return (value != "*",)

    def _value_matches(self, value: str, item: str) -> bool:
        """Whether an offer is in an accepted range."""
        return item == "*" or item.lower() == value.lower()

    def _position(self, value: str) -> int:
        """The position of the most exact range that the value is in, -1 if it is in none."""
        return next((index for index, (item, _) in enumerate(self) if self._value_matches(value, item)), -1)

    def index(self, key: str | tuple[str, float]) -> int:  # type: ignore[override]
        """The position of the range that a value is in; ValueError if it is in none."""
        position = self._position(key) if isinstance(key, str) else list.index(self, key)
        if position < 0:
            raise ValueError(key)
        return position

    def find(self, key: str | tuple[str, float]) -> int:
        """`index`, but -1 if the value is in no range."""
        try:
            return self.index(key)
        except ValueError:
            return -1

    def __contains__(self, value: str) -> bool:  # type: ignore[override]
        return self._position(value) >= 0

    # By position it is a list, by value it answers with the weight.
    def __getitem__(self, key: t.Any) -> t.Any:
        return self.quality(key) if isinstance(key, str) else list.__getitem__(self, key)

    def quality(self, key: str) -> float:
        """The weight of a value, 0 if it is not accepted."""
        return next((quality for item, quality in self if self._value_matches(key, item)), 0)

    def values(self) -> t.Iterator[str]:
        """The ranges, without their weights."""
        return (item for item, _ in self)

    @property
    def best(self) -> str | None:
        """The range that the client likes best."""
        return self[0][0] if self else None

    def best_match(self, matches: t.Iterable[str], default: str | None = None) -> str | None:
        """The offer that the client likes best; `default` if it takes none."""
        result = default
        best: tuple[float, tuple[bool, ...]] = (0, ())
        for offer in matches:
            position = self._position(offer)
            if position >= 0:
                item, quality = self[position]
                rank = quality, self._specificity(item)
                # A weight of 0 says no.
                if quality > 0 and rank > best:
                    result, best = offer, rank
        return result

    def to_header(self) -> str:
        """The value of the header."""
        return ",".join([item if quality == 1 else f"{item};q={quality}" for item, quality in self])

    def __repr__(self) -> str:
        pairs = ", ".join(f"({item!r}, {quality})" for item, quality in self)
        return f"{type(self).__name__}([{pairs}])"


_MIME_DELIMITER = re.compile(r"/|[ \t]*;[ \t]*")


def _accepts(name: str, *types: str) -> t.Any:
    return property(lambda self: any(type in self for type in types), doc=f"Whether the client takes {name}.")


class MIMEAccept(Accept):
    """Accepted media types: `text/*` takes every text, and parameters have to be the same, in any order."""

    def _specificity(self, value: str) -> tuple[bool, ...]:
        # RFC 9110 12.5.1: text/plain;format=flow before text/plain, that before text/*, that before */*.
        return tuple(part != "*" for part in _MIME_DELIMITER.split(value))

    def _value_matches(self, value: str, item: str) -> bool:
        # The client's mistake matches nothing, the application's is reported.
        if "/" not in item:
            return False
        kind, _, rest = value.lower().partition("/")
        subtype, *params = _MIME_DELIMITER.split(rest)
        if not rest or (kind == "*" and subtype != "*"):
            raise ValueError(f"invalid mimetype {value!r}")
        wanted, wanted_subtype, *wanted_params = _MIME_DELIMITER.split(item.lower())
        if wanted == "*" and wanted_subtype != "*":
            return False
        if "*" in (kind, wanted):
            return True
        if kind != wanted or "*" in (subtype, wanted_subtype):
            return kind == wanted
        return subtype == wanted_subtype and sorted(params) == sorted(wanted_params)

    accept_xhtml = _accepts("XHTML", "application/xhtml+xml", "application/xml")
    accept_html = _accepts("HTML", "text/html", "application/xhtml+xml", "application/xml")
    accept_json = _accepts("JSON", "application/json")


def _primary_tag(language: str) -> str:
    return re.split("[_-]", language, maxsplit=1)[0]


class LanguageAccept(Accept):
    """Accepted languages: `en_US` is `en-us`, and `best_match` falls back on the primary tag, `en`."""

    #: Nobody speaks more (CVE-2023-23969).
    max_ranges = 20

    def _value_matches(self, value: str, item: str) -> bool:
        return item == "*" or value.lower().replace("_", "-") == item.lower().replace("_", "-")

    def best_match(self, matches: t.Iterable[str], default: str | None = None) -> str | None:
        """The offer that the client likes best, exactly or by the primary tag of either side."""
        offers = list(matches)
        # The client wants en-US: en will do.
        broad = Accept((_primary_tag(item), quality) for item, quality in self)
        result = super().best_match(offers) or broad.best_match(offers)
        if result is not None:
            return result
        # The client wants en: en-US will do.
        tag = super().best_match(map(_primary_tag, offers))
        return next((offer for offer in offers if tag and offer.startswith(tag)), default)


def _charset_name(name: str) -> str:
    # The table of aliases, not codecs.lookup: that imports modules and remembers names that a client
    # makes up.
    name = name.lower().replace("-", "_")
    return aliases.get(name, name)


class CharsetAccept(Accept):
    """Accepted charsets, by any of their names."""

    def _value_matches(self, value: str, item: str) -> bool:
        return item == "*" or _charset_name(value) == _charset_name(item)


_WEIGHT = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def parse_accept_header(value: str | None, cls: t.Any = None) -> t.Any:
    """The ranges of an Accept header as an `Accept`, or as the kind `cls`. Ranges with a bad weight are left
    out.

    >>> parse_accept_header("en-us,ru;q=0.5", LanguageAccept)
    LanguageAccept([('en-us', 1), ('ru', 0.5)])
    """
    cls = cls or Accept
    if not value:
        return cls(None)
    ranges = []
    options: dict[str, str]
    for item in parse_list_header(value)[: cls.max_ranges]:
        # Most have a weight and nothing else, which is found without a grammar.
        main, _, weight = item.partition(";q=")
        main, weight, options = main.strip(" \t"), weight or "1", {}
        if not main or ";" in main or not _WEIGHT.fullmatch(weight):
            main, options = parse_options_header(item)
            weight = options.pop("q", "1").strip(" \t")
        quality = float(weight) if _WEIGHT.fullmatch(weight) else -1
        if 0 <= quality <= 1:
            ranges.append((dump_options_header(main, options), 1 if quality == 1 else quality))
    return cls(ranges)

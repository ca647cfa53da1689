"""A rule: one URL pattern, the endpoint that it leads to, and all that bends either.

The rule: *a rule is a value until a map binds it*. Before, its text and options can be copied and
changed (`empty`, the factories); `bind` gives it the map's defaults and converters and compiles
it, once, into what matching (`_parts`) and building (`_path`, `_domain`) read.

>>> from microweb.routing import Map
>>> rule = Rule("/user/<name>/<int:page>", endpoint="user", methods=["GET"])
>>> urls = Map([rule])
>>> sorted(rule.arguments), sorted(rule.methods)
(['name', 'page'], ['GET', 'HEAD'])
>>> rule.build({"name": "a b", "page": 3, "sort": "up"})
('', '/user/a%20b/3?sort=up')
"""

from __future__ import annotations

import re

from ..http.urls import iter_multi_items, url_encode
from .converters import BaseConverter, ValidationError
from .factories import RuleFactory
from .pattern import Segment, parse_converter_args, segments, tokens, url_function, values_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .map import Map
    from .pattern import ExactFunction, Token, URLFunction, ValuesFunction

#: What a WebSocket handshake may use (RFC 6455 4.1: GET).
_WEBSOCKET_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: What `empty` copies, besides the defaults.
_OPTIONS = (
    "subdomain methods build_only endpoint strict_slashes merge_slashes redirect_to alias host websocket"
)


def _checked_methods(methods: t.Iterable[str], websocket: bool) -> set[str]:
    if isinstance(methods, str):
        raise TypeError(f"'methods' should be a list of strings, as [{methods!r}].")
    found = {method.upper() for method in methods}
    if "GET" in found:
        found.add("HEAD")  # RFC 9110 9.3.2: HEAD is GET without the content
    if websocket and not found <= _WEBSOCKET_METHODS:
        raise ValueError(
            "WebSocket rules can only use 'GET', 'HEAD', and 'OPTIONS' methods,"
            f" not {sorted(found - _WEBSOCKET_METHODS)}."
        )
    return found


class Rule(RuleFactory):
    """One URL pattern. All arguments but the first are best given by name.

    *string* is a path that begins with a slash and may contain ``<name>``,
    ``<converter:name>`` and ``<converter(arguments):name>``. If it ends with a slash, the path
    without it is redirected to it, unless *strict_slashes* is off.
    *endpoint* is any hashable value: what a match returns and `build` asks for.
    *defaults* are values for arguments that the path does not contain, so that one endpoint has
    several URLs; where a path says the same as a rule with defaults, it is redirected there.
    *methods* default to all; GET brings HEAD with it.
    *subdomain* (or *host*, in a map with `host_matching`) may contain variables as well.
    A *build_only* rule never matches. An *alias* redirects to the rule it is an alias of.
    *redirect_to* redirects to a path with ``<name>`` in it, or to what a function of the adapter
    and the values returns. *websocket* rules match only WebSocket requests.
    *strict_slashes* and *merge_slashes* are the map's unless given.
    """

    # What matching reads: in slots, as reading a __dict__ that somebody has looked at is slow.
    __slots__ = ("endpoint", "_values")

    def __init__(
        self,
        string: str,
        defaults: t.Mapping[str, t.Any] | None = None,
        subdomain: str | None = None,
        methods: t.Iterable[str] | None = None,
        build_only: bool = False,
        endpoint: t.Any | None = None,
        strict_slashes: bool | None = None,
        merge_slashes: bool | None = None,
        redirect_to: str | t.Callable[..., str] | None = None,
        alias: bool = False,
        host: str | None = None,
        websocket: bool = False,
    ) -> None:
        if not string.startswith("/"):
            raise ValueError(f"URL rule '{string}' must start with a slash.")
        self.rule = string
        self.is_leaf = not string.endswith("/")
        self.is_branch = not self.is_leaf
        self.map: Map = None  # type: ignore[assignment]
        self.strict_slashes = strict_slashes
        self.merge_slashes = merge_slashes
        self.subdomain = subdomain
        self.host = host
        self.defaults = defaults
        self.build_only = build_only
        self.alias = alias
        self.websocket = websocket
        self.methods = None if methods is None else _checked_methods(methods, websocket)
        self.endpoint: t.Any = endpoint
        self.redirect_to = redirect_to
        self.arguments: set[str] = set(map(str, defaults or ()))
        self._trace: list[tuple[bool, str]] = []
        self._converters: dict[str, BaseConverter] = {}
        self._parts: list[str | Segment] = []
        #: The first match is the answer: nothing about this rule can redirect. Set by the map.
        self._direct = False
        self._values: ValuesFunction | None = None
        self._urls: tuple[URLFunction, URLFunction] | None = None

    # -- copies

    def empty(self) -> Rule:
        """An unbound copy."""
        return type(self)(self.rule, **self.get_empty_kwargs())

    def get_empty_kwargs(self) -> dict[str, t.Any]:
        """The arguments for `empty`, for subclasses to add theirs."""
        options = {name: getattr(self, name) for name in _OPTIONS.split()}
        return {**options, "defaults": dict(self.defaults) if self.defaults else None}

    def get_rules(self, map: Map) -> t.Iterator[Rule]:
        """Itself."""
        yield self

    # -- binding

    def bind(self, map: Map, rebind: bool = False) -> None:
        """Take the map's defaults and compile. A rule belongs to one map."""
        if self.map is not None and not rebind:
            raise RuntimeError(f"url rule {self!r} already bound to map {self.map!r}; add its empty() copy")
        self.map = map
        if self.strict_slashes is None:
            self.strict_slashes = map.strict_slashes
        if self.merge_slashes is None:
            self.merge_slashes = map.merge_slashes
        if self.subdomain is None:
            self.subdomain = map.default_subdomain
        self.compile()

    def refresh(self) -> None:
        """Compile again, after attributes were changed in place."""
        self.bind(self.map, rebind=True)
        self.map._remap = True

    def get_converter(
        self, variable_name: str, converter_name: str, args: t.Iterable[t.Any], kwargs: t.Mapping[str, t.Any]
    ) -> BaseConverter:
        """A converter for a variable, from the map's table. LookupError if it is not there."""
        known = self.map.converters
        if converter_name in known:
            return known[converter_name](self.map, *args, **kwargs)
        wanted = f"url rule {self.rule!r} may use {', '.join(known)}"
        raise LookupError(f"the converter {converter_name!r} does not exist; {wanted}")

    def _token(self, match: re.Match[str]) -> Token:
        name = match["variable"]
        if name is None:
            return match[0], None
        if name in self._converters:
            raise ValueError(f"variable name {name!r} used twice in url rule {self.rule!r}")
        arguments = parse_converter_args(match["arguments"] or "")
        converter = self.get_converter(name, match["converter"] or "default", *arguments)
        self._converters[name] = converter
        self.arguments.add(name)
        return name, converter

    def compile(self) -> None:
        """Work out all that follows from the text."""
        if self.map is None:
            raise RuntimeError(f"url rule {self.rule!r} must be bound to a map first")
        self._converters = {}
        host = self.host if self.map.host_matching else self.subdomain
        text = re.sub("/{2,}", "/", self.rule) if self.merge_slashes else self.rule
        self._domain_tokens = [self._token(match) for match in tokens(host or "")]
        self._path_tokens = [self._token(match) for match in tokens(text)]
        self._parts = [*segments(self._domain_tokens), *segments(self._path_tokens)]
        both = (*self._domain_tokens, ("|", None), *self._path_tokens)
        self._trace = [(converter is not None, name) for name, converter in both]
        self._values = self._urls = None

    # Functions are made when they are first called: most rules of a large map are never used in a
    # process that lives for one request, and making one costs as much as ten matches.

    def _make_values(self) -> ValuesFunction:
        """Make what tests the texts of the variables, and makes the arguments for the view of them."""
        self._values = values_function(self._parts, self._converters, self.defaults or {})
        return self._values

    def _make_urls(self) -> tuple[URLFunction, URLFunction]:
        """Make what makes the domain part and the path."""
        defaults = self.defaults or {}
        self._urls = url_function(self._domain_tokens, defaults), url_function(self._path_tokens, defaults)
        return self._urls

    # -- building

    def build(self, values: t.Mapping[str, t.Any], append_unknown: bool = True) -> tuple[str, str] | None:
        """Domain part and path for *values*; None if a converter refuses one of them."""
        try:
            make_domain, make_path = self._urls or self._make_urls()
            domain, path = make_domain(values), make_path(values)
        except ValidationError:
            return None
        # As many values as arguments, all of which are there (see suitable_for): none is left over.
        if append_unknown and (self.defaults or len(values) != len(self.arguments)):
            unknown = {name: value for name, value in values.items() if name not in self.arguments}
            query: t.Any = iter_multi_items(unknown)
            query = url_encode(sorted(query, key=self.map.sort_key) if self.map.sort_parameters else query)
            path = f"{path}?{query}" if query else path
        return domain, path

    def path_function(self) -> ExactFunction:
        """A function from values to the path; to None where they are not exactly the rule's arguments."""
        return url_function(self._path_tokens, {}, exactly=True)  # type: ignore[no-any-return]

    def is_plain(self, subdomain: str) -> bool:
        """Whether a URL is the path alone: no defaults, no other host or protocol."""
        special = self.defaults or self.websocket or self.subdomain != subdomain
        return not special and "<" not in subdomain and type(self).build is Rule.build

    def provides_defaults_for(self, rule: Rule) -> bool:
        """Whether this is a shorter URL for some values of *rule*."""
        alike = self.endpoint == rule.endpoint and self.arguments == rule.arguments
        return alike and bool(self.defaults) and not self.build_only and self != rule

    def suitable_for(self, values: t.Mapping[str, t.Any], method: str | None = None) -> bool:
        """Whether a URL can be built of *values*: all arguments there, defaults not contradicted."""
        if method is not None and self.methods is not None and method not in self.methods:
            return False
        if not self.defaults:
            return self.arguments <= values.keys()
        known = {**self.defaults, **values}
        agree = all(known[name] == value for name, value in self.defaults.items())
        return agree and self.arguments <= known.keys()

    def build_compare_key(self) -> tuple[int, int, int]:
        """Sorts rules for building: aliases last, then the more arguments and defaults the first."""
        return (int(self.alias), -len(self.arguments), -len(self.defaults or ()))

    # -- as a value

    # Rules are mutable and compared by what they match: no keys for a dict, so there is no __hash__.

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._trace == other._trace

    def __str__(self) -> str:
        return self.rule

    def __repr__(self) -> str:
        if self.map is None:
            return f"<{type(self).__name__} (unbound)>"
        text = "".join(f"<{data}>" if is_dynamic else data for is_dynamic, data in self._trace)
        methods = "" if self.methods is None else f" ({', '.join(sorted(self.methods))})"
        return f"<{type(self).__name__} {text.lstrip('|')!r}{methods} -> {self.endpoint}>"

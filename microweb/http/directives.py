"""Headers made of directives: Cache-Control, and Content-Security-Policy.

The rule: such a header is a dict of directives, and each directive that its standard names is an attribute
too, with `_` for `-`. The tables of names are the code.
"""

from __future__ import annotations

from functools import partial

from .datastructures import CallbackDict, ImmutableDictMixin, convert
from .options import HeaderValue, dump_header, parse_dict_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .datastructures import OnUpdate


class DirectiveDict(HeaderValue, CallbackDict[str, "t.Any"]):
    """The directives of a header such as Cache-Control. `provided`: whether there was one."""

    def __init__(self, values: t.Any = (), on_update: OnUpdate = None) -> None:
        super().__init__(values, on_update)
        # An empty header and none at all are two things: the latter is not written back.
        self.provided = values is not None

    def __repr__(self) -> str:
        pairs = " ".join(f"{key}={value!r}" for key, value in sorted(self.items()))
        return f"<{type(self).__name__} {pairs}>"


def cache_control_property(key: str, empty: t.Any, type: t.Any, *, doc: str | None = None) -> t.Any:
    """A property for a directive, for subclasses that know more of them.

    :param empty: what it is if the directive stands there without a value.
    :param type: bool for "is there", None for text, or what converts the text; ValueError makes it None.
    """

    def get(self: DirectiveDict) -> t.Any:
        value = self.get(key)
        # What is either there or not has no value; if some client gives it one, that means nothing.
        if value is None or type is bool:
            return key in self if type is bool else empty if key in self else None
        # Text where a number belongs: as if the directive were not there.
        return value if type is None else convert(value, None, type)

    def set_(self: DirectiveDict, value: t.Any) -> None:
        if value is None or value is False or (type is bool and not value):
            self.pop(key, None)
        elif value is True or type is bool:
            # The name alone: `max-stale` without a number takes an answer of any age.
            self[key] = None
        else:
            self[key] = str(value if type is None else type(value))

    return property(get, set_, lambda self: self.pop(key, None), doc or f"The ``{key}`` directive.")


class _CacheControl(DirectiveDict):
    """The directives of a Cache-Control header: a dict of text, None for one without a value."""

    no_store: bool = cache_control_property("no-store", None, bool)
    max_age: int | None = cache_control_property("max-age", None, int)
    no_transform: bool = cache_control_property("no-transform", None, bool)
    stale_if_error: int | None = cache_control_property("stale-if-error", None, int)

    def to_header(self) -> str:
        """The value of the header."""
        return dump_header(self)

    # Werkzeug's name for it, with which subclasses declare what they know besides.
    cache_property = staticmethod(cache_control_property)


class RequestCacheControl(ImmutableDictMixin, _CacheControl):  # type: ignore[misc]
    """The Cache-Control of a request; read-only."""

    no_cache: bool = cache_control_property("no-cache", None, bool)
    max_stale: int | bool | None = cache_control_property("max-stale", True, int)
    min_fresh: int | None = cache_control_property("min-fresh", None, int)
    only_if_cached: bool = cache_control_property("only-if-cached", None, bool)


class ResponseCacheControl(_CacheControl):
    """The Cache-Control of a response.

    >>> rules = ResponseCacheControl()
    >>> rules.max_age, rules.public = 60, True
    >>> rules.to_header()
    'max-age=60, public'
    """

    no_cache: str | bool | None = cache_control_property("no-cache", True, None)
    public: bool = cache_control_property("public", None, bool)
    private: str | bool | None = cache_control_property("private", True, None)
    must_revalidate: bool = cache_control_property("must-revalidate", None, bool)
    proxy_revalidate: bool = cache_control_property("proxy-revalidate", None, bool)
    s_maxage: int | None = cache_control_property("s-maxage", None, int)
    immutable: bool = cache_control_property("immutable", None, bool)
    must_understand: bool = cache_control_property("must-understand", None, bool)
    stale_while_revalidate: int | None = cache_control_property("stale-while-revalidate", None, int)


def parse_cache_control_header(value: str | None, on_update: OnUpdate = None, cls: t.Any = None) -> t.Any:
    """The directives of a header, as a RequestCacheControl or as `cls`."""
    return (cls or RequestCacheControl)(parse_dict_header(value) if value else (), on_update)


#: The same for a response.
parse_response_cache_control = partial(parse_cache_control_header, cls=ResponseCacheControl)


# -- Content-Security-Policy

#: CSP level 3, and what it dropped.
_DIRECTIVES = """
    base-uri child-src connect-src default-src font-src form-action frame-ancestors frame-src img-src
    manifest-src media-src navigate-to object-src plugin-types prefetch-src report-to report-uri sandbox
    script-src script-src-attr script-src-elem style-src style-src-attr style-src-elem worker-src
"""


def csp_property(key: str) -> t.Any:
    """A property for a directive, for subclasses that know more of them; None drops it."""
    return cache_control_property(key, None, None)


class ContentSecurityPolicy(DirectiveDict):
    """The directives of a Content-Security-Policy header.

    >>> csp = ContentSecurityPolicy()
    >>> csp.default_src, csp["upgrade-insecure-requests"] = "'self'", ""
    >>> csp.to_header()
    "default-src 'self'; upgrade-insecure-requests"
    """

    if TYPE_CHECKING:
        # The attributes come from the table, which type checkers do not read.

        def __getattr__(self, name: str) -> str | None: ...

        def __setattr__(self, name: str, value: t.Any) -> None: ...

    def to_header(self) -> str:
        """The value of the header."""
        return dump_csp_header(self)


# Properties and no __getattr__: reading a misspelt one is an error, and help() lists those that there are.
for _directive in _DIRECTIVES.split():
    setattr(ContentSecurityPolicy, _directive.replace("-", "_"), csp_property(_directive))


def dump_csp_header(header: t.Mapping[str, str]) -> str:
    """The value of a Content-Security-Policy header."""
    # A directive such as `sandbox` may have no value, and then no blank either.
    return "; ".join([f"{key} {value}".rstrip(" ") for key, value in header.items()])


def parse_csp_header(value: str | None, on_update: OnUpdate = None, cls: t.Any = None) -> t.Any:
    """The directives of a header, as a ContentSecurityPolicy or as `cls`; those without a value are left
    out.
    """
    cls = cls or ContentSecurityPolicy
    directives = []
    for policy in (value or "").split(";"):
        name, space, rest = policy.strip(" \t").partition(" ")
        # Whoever reads a policy expects text, as with Werkzeug; what has none is not for attributes.
        if space:
            directives.append((name.strip(" \t"), rest.strip(" \t")))
    return cls(directives, on_update)

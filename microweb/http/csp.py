"""Policies that a response states about itself: Content-Security-Policy, COOP, COEP.

The rule: a policy is a dict of directives, and each directive that the standard names is an attribute too,
with `_` for `-`. The table of names is the code.
"""

from __future__ import annotations

from enum import Enum

from .caching import DirectiveDict, cache_control_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .datastructures import OnUpdate


class COEP(Enum):
    """Cross-Origin-Embedder-Policy: what may be loaded from elsewhere."""

    UNSAFE_NONE = "unsafe-none"
    REQUIRE_CORP = "require-corp"


class COOP(Enum):
    """Cross-Origin-Opener-Policy: which other windows can reach this one."""

    UNSAFE_NONE = "unsafe-none"
    SAME_ORIGIN_ALLOW_POPUPS = "same-origin-allow-popups"
    SAME_ORIGIN = "same-origin"


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

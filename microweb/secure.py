"""Safer defaults, to be asked for: cookies, headers, requests and redirects across origins.

The rule: *nothing here happens by itself*, as existing applications count on the defaults of old.
The upper-case names are settings: `app.config.from_object("microweb.secure")`. `protect(app)` takes
those and all the rest; each of the functions below can be had alone.
"""

from __future__ import annotations

import re

from .exceptions import Forbidden
from .globals import current_app, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .app import Microweb
    from .wrappers import Response

    F = t.TypeVar("F", bound=t.Callable[..., t.Any])

# Not sent with forms on other sites; not readable by scripts; by https only, where it came by that.
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = "auto"

#: What `send_headers` adds to each response that does not say otherwise.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self';"
    " frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: By https only, and without subdomains: they may not be ours to promise for.
_STRICT_TRANSPORT = "max-age=31536000"

# RFC 9110 9.2.1: whoever changes something on a GET cannot be helped.
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def protect(app: Microweb, trusted_origins: t.Iterable[str] = ()) -> None:
    """Switch everything on: the settings of this module, `check_origin` and `send_headers`."""
    names = globals()
    app.config.update({name: names[name] for name in names if name.startswith("SESSION_")})
    check_origin(app, trusted_origins)
    send_headers(app)


def send_headers(app: Microweb, headers: t.Mapping[str, str] = HEADERS) -> None:
    """Add headers to each response, where a view has not set them: by default, `HEADERS`."""

    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)
        return response

    app.after_request(add_headers)


def check_origin(app: Microweb, trusted_origins: t.Iterable[str] = ()) -> None:
    """Refuse (403) what other sites make a browser send: cross-site request forgery.

    Browsers say where a request comes from, in Sec-Fetch-Site or, older ones, in Origin; no token
    is needed. What says nothing is no browser, and carries nobody's cookies. *trusted_origins* may
    send all the same: ``["https://admin.example.com"]``. A view decorated with `exempt` takes all.
    """
    trusted = frozenset(origin.rstrip("/").lower() for origin in trusted_origins)

    def refuse_other_origins() -> None:
        if request.method in _SAFE_METHODS or _is_own_origin(trusted):
            return
        view = current_app.view_functions.get(request.endpoint or "")
        if not getattr(view, "takes_any_origin", False):
            site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
            raise Forbidden(
                f"This {request.method} comes from another site (Sec-Fetch-Site: {site}, Origin: {origin})"
                f" than {request.host!r}. If that is right, name the origin in trusted_origins, or"
                " decorate the view with exempt."
                if app.debug
                else "This request comes from another site."
            )

    app.before_request(refuse_other_origins)
    # Before all other hooks: they may already act on what is sent.
    hooks = app.before_request_funcs[None]
    hooks.insert(0, hooks.pop())


def exempt(view: F) -> F:
    """Decorate a view that other sites may post to, such as one that is called back by a service."""
    view.takes_any_origin = True  # type: ignore[attr-defined]
    return view


def _is_own_origin(trusted: frozenset[str]) -> bool:
    origin = request.headers.get("Origin", "").lower()
    if origin in trusted:
        return True
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        # "none": the user himself, by an address typed in or a bookmark.
        return site in ("same-origin", "none")
    # The host alone: behind a proxy the application may not know that it is served by https.
    return not origin or origin.partition("://")[2] == request.host.lower()


_SCHEME = re.compile(r"[^/?#]*:")
_AUTHORITY = re.compile(
    r"(?:(https?):)?//([A-Za-z0-9.\-]+(?::[0-9]+)?|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?)(?=[/?#]|\Z)", re.I
)
#: Longer ones are no targets but an attempt to keep the server busy.
_MAX_TARGET = 2048


def is_safe_redirect(target: str | None, hosts: t.Iterable[str] = (), require_https: bool = False) -> bool:
    """Whether a target from outside (``?next=``) leads to this site, or to one of *hosts*.

    True for paths, absolute and relative, and for http and https URLs of the hosts; within a
    request, its own host is one. False for whatever a browser might take for more than that.

    >>> [is_safe_redirect(target) for target in ("/cart?page=2", "//evil.example", "javascript:alert(1)")]
    [True, False, False]
    """
    # Browsers drop tabs, line breaks and blanks, and take a backslash for a slash: "/\\t/evil.example" is
    # a host (CVE-2015-2317, CVE-2016-2512).
    if not target or len(target) > _MAX_TARGET or "\\" in target or not target.isprintable():
        return False
    if target != target.strip():
        return False
    authority = _AUTHORITY.match(target)
    if authority is None:
        # Neither a host, nor a scheme in whatever spelling ("https:evil.example", CVE-2017-7233).
        return target[:2] != "//" and not _SCHEME.match(target)
    scheme, host = authority.groups()
    known = {each.lower() for each in hosts} | ({request.host.lower()} if request else set())
    return host.lower() in known and (not require_https or (scheme or "").lower() == "https")

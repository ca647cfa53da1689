"""Cookies: the Cookie header in, Set-Cookie out.

The rule for reading (RFC 6265bis 5.6, what browsers do): only `;` separates, and whatever is
strange about one pair costs that pair alone. Quotes do not protect a `;`, or a cookie could
swallow its neighbours. The rule for writing: a value that needs it is quoted, with octal escapes
for what a cookie cannot contain, and nothing is written that a reader would take for something
else: control characters anywhere, separators in names and attributes are refused.
"""

from __future__ import annotations

import re
import time
import warnings

from .datastructures import MultiDict
from .dates import http_date, whole_seconds
from .headers import CONTROL
from .urls import PATH_SAFE, encode_host, url_quote
from .wsgi import decode_wsgi

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime, timedelta

#: A pair. A quoted value may hold semicolons as long as it holds no `=`: then no cookie is hidden
#: in it.
_PAIR = re.compile(r'[^;="]*=[ \t]*"(?:[^"\\=]|\\[^=])*"[ \t]*(?=;|\Z)|[^;]+')

#: An escape in a quoted value: three octal digits, or any character.
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)

#: What needs no quotes: RFC 6265's cookie-octets, and all else that readers leave alone.
_PLAIN_VALUE = re.compile(r"[\w!#$%&'()*+\-./:<=>?@\[\]^`{|}~]*", re.ASCII)
_VALUE_ESCAPES = {byte: f"\\{byte:03o}" for byte in [*range(0x20), *b",;", *range(0x7F, 0x100)]}
_VALUE_ESCAPES.update({ord('"'): '\\"', ord("\\"): "\\\\"})

_NAME_BREAKER = re.compile(r'[\x00-\x20\x7f=,;"]')
_ATTRIBUTE_BREAKER = re.compile(r"[\x00-\x1f\x7f;]")

#: The URL code points of a path; a percent sign is taken for an escape, a semicolon would end the
#: attribute.
_PATH_SAFE = "%" + PATH_SAFE.replace(";", "")

#: The last second that has a date, at the end of the year 9999.
_END_OF_TIME = 253402300799


def parse_cookie(header: dict[str, t.Any] | str | None, cls: t.Any = None) -> t.Any:
    """The cookies of a request, from the header or the WSGI environ, in a MultiDict or in `cls`.

    A name that occurs twice keeps both values, and `[...]` gives the first: browsers send the
    cookie with the longer path first. Pairs without a name are dropped: `=__Host-id=x` is a way to
    forge a name that browsers protect (CVE-2023-23934).

    >>> parse_cookie('id=1; theme="dark mode"; id=2').to_dict(flat=False)
    {'id': ['1', '2'], 'theme': ['dark mode']}
    """
    text = header.get("HTTP_COOKIE") if isinstance(header, dict) else header
    return parse_cookie_text(decode_wsgi(text or ""), cls)


def parse_cookie_text(cookie: str | None = None, cls: t.Any = None) -> t.Any:
    """`parse_cookie` of text that was decoded already."""
    cls = cls or MultiDict
    if not cookie:
        return cls()
    pairs = []
    parts = _PAIR.findall(cookie) if '"' in cookie else cookie.split(";")
    if not cookie.isprintable():
        # RFC 6265bis 5.6: a pair with a control character is none.
        parts = [part for part in parts if not CONTROL.search(part)]
    for part in parts:
        name, _, value = part.partition("=")
        name = name.strip(" \t")
        if not name or " " in name or '"' in name or "\t" in name:
            continue
        value = value.strip(" \t")
        pairs.append((name, _unquote(value) if value[:1] == '"' else value))
    return cls(pairs)


def _unquote(value: str) -> str:
    if len(value) < 2 or value[-1] != '"':
        return value
    if "\\" not in value:
        return value[1:-1]
    # Bytes, since an escape stands for one and a character may be several.
    return _ESCAPE.sub(_unescape, value[1:-1].encode()).decode(errors="replace")


def _unescape(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    if len(escape) == 1:
        return escape
    byte = int(escape, 8)
    # A value goes on into logs, headers and commands: nobody gets a newline into them through
    # here.
    return match[0] if byte < 0x20 and byte != 0x09 or byte == 0x7F else bytes((byte,))


def dump_cookie(
    key: str,
    value: str = "",
    max_age: timedelta | int | None = None,
    expires: str | datetime | float | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    sync_expires: bool = True,
    max_size: int = 4093,
    samesite: str | None = None,
    partitioned: bool = False,
) -> str:
    """The value of a Set-Cookie header.

    :param max_age: seconds to live, or a timedelta; without it and `expires`, until the browser
        closes.
    :param expires: a timestamp, datetime or date text; with `sync_expires` computed from
        `max_age`.
    :param max_size: warn if the result is longer, since browsers drop it then; 0 for never.
    :param samesite: Strict, Lax or None, as text.
    :param partitioned: a cookie jar for each top-level site; implies `secure`.
    :raises ValueError: for what would be read as something else, or refused by every browser.

    >>> dump_cookie("theme", "dark; mode", path="/app", secure=True)
    'theme="dark\\\\073 mode"; Secure; Path=/app'
    """
    secure = secure or partitioned
    _check(key, value, secure, domain, path, expires)
    if samesite is not None and samesite.title() not in ("Strict", "Lax", "None"):
        raise ValueError(f"SameSite must be 'Strict', 'Lax' or 'None', not {samesite!r}.")
    if max_age is not None:
        max_age = whole_seconds(max_age)
        if expires is None and sync_expires:
            expires = min(max(time.time() + max_age, 0), _END_OF_TIME)
    attributes = {
        "Domain": encode_host(domain.partition(":")[0].lstrip(".")) if domain else None,
        "Expires": expires if expires is None or isinstance(expires, str) else http_date(expires),
        "Max-Age": max_age,
        "Secure": secure,
        "HttpOnly": httponly,
        "Path": None if path is None else url_quote(path, _PATH_SAFE),
        "SameSite": samesite and samesite.title(),
        "Partitioned": partitioned,
    }
    # Browsers write UTF-8 into names, servers read Latin-1: PEP 3333's disguise.
    fields = [f"{key.encode().decode('latin-1')}={_quote(value)}"]
    for name, text in attributes.items():
        if text is not None and text is not False:
            fields.append(name if text is True else f"{name}={text}")
    cookie = "; ".join(fields)
    if max_size and len(cookie) > max_size:
        warnings.warn(
            f"The {key!r} cookie is too large: the value was {len(value)} bytes but the header required"
            f" {len(cookie) - len(value)} extra bytes. The final size was {len(cookie)} bytes but the"
            f" limit is {max_size} bytes. Browsers may silently ignore cookies larger than this.",
            stacklevel=2,
        )
    return cookie


def _check(key: str, value: str, secure: bool, domain: t.Any, path: t.Any, expires: t.Any) -> None:
    """ValueError for what would be read as something else, or not be kept."""
    if not key or _NAME_BREAKER.search(key):
        raise ValueError(f"{key[:80]!r} cannot be the name of a cookie.")
    # RFC 6265bis 4.1.3: names that promise something, and browsers hold them to it.
    if key.startswith("__Secure-") and not secure:
        raise ValueError(f"Browsers refuse the cookie {key!r} without secure=True.")
    if key.startswith("__Host-") and (not secure or domain or path != "/"):
        raise ValueError(f"Browsers refuse the cookie {key!r} without secure=True, path='/' and no domain.")
    if CONTROL.search(value):
        raise ValueError(f"The value of cookie {key!r} contains control characters; encode it as base64.")
    for attribute in (domain, path, expires):
        # A semicolon would begin an attribute of the attacker's choice.
        if isinstance(attribute, str) and _ATTRIBUTE_BREAKER.search(attribute):
            raise ValueError(f"{attribute[:80]!r} cannot be an attribute of cookie {key!r}.")


def _quote(value: str) -> str:
    if _PLAIN_VALUE.fullmatch(value):
        return value
    return f'"{value.encode().decode("latin-1").translate(_VALUE_ESCAPES)}"'

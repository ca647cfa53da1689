"""A request head in WSGI's words (PEP 3333), built from nothing.

The rule: only what this connection said is in it. The process's own variables are not, since an
`HTTP_X_ADMIN` in the shell would look like a header.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .head import Head

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")

# CGI's two header variables without HTTP_ (RFC 3875 4.1.2-3).
_PLAIN = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
# `Proxy` would become HTTP_PROXY, which client libraries obey (CVE-2016-1000110); the coding of a
# decoded body is no longer true of it.
_DROPPED = frozenset((b"proxy", b"transfer-encoding", b"expect"))


def unquote(path: bytes) -> str:
    """`%41` to `A`, the bytes as latin-1: WSGI's native strings. Broken escapes stay."""
    if b"%" in path:
        path = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), path)
    return path.decode("latin-1")


def header_variables(fields: t.Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields as environ keys; repeated ones are joined as RFC 9110 5.3 says."""
    result: dict[str, str] = {}
    for name, value in fields:
        # X_Auth-User and X-Auth-User would be one variable (CVE-2015-0219).
        if b"_" in name or name in _DROPPED:
            continue
        key = _PLAIN.get(name) or "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        if key in result:
            # RFC 6265 5.4 asks for one Cookie line; proxies that split it mean "; ".
            text = result[key] + ("; " if name == b"cookie" else ", ") + text
        result[key] = text
    return result


def make_environ(head: Head, base: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The environ of one request; `base` holds what all requests of the connection share."""
    path, _, query = head.path.partition(b"?")
    target = head.target.decode("latin-1")
    return {
        **header_variables(head.fields),
        **base,  # after the fields, none of which may pass for the server's own
        "REQUEST_METHOD": head.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path) if path != b"*" else "*",
        "QUERY_STRING": query.decode("latin-1"),
        # Not in PEP 3333, but what frameworks read to see the path before unquoting.
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_PROTOCOL": "HTTP/1.1" if head.minor else "HTTP/1.0",
    }

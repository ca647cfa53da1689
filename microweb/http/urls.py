"""URLs as text: percent-encoding, IRIs and URIs, query strings, and the host that a request names.

The rule: bytes become text once, as UTF-8, and bytes that are not UTF-8 stay percent-encoded, so
that nothing is lost and nothing raises. Encoding and decoding walk tables of 256 entries that are
built on first use for each set of characters; text that needs no work is recognised first, by
methods that run in C, and returned as it is. `urllib.parse` would be imported for a page of code,
costs 12 ms, and strips what it should refuse.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from ..exceptions import RequestEntityTooLarge, SecurityError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Server = t.Optional[tuple[str, t.Optional[int]]]
    Hosts = t.Optional[t.Collection[str]]
    Text = t.Optional[str]
    Pairs = list[tuple[str, str]]
    Bytes = frozenset[int]

#: RFC 3986 2.3: never encoded, whatever the part of the URL.
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"

#: What stays literal in a path: the URL code points of https://url.spec.whatwg.org/#url-code-points minus
#: a path's delimiters.
PATH_SAFE = "!$&'()*+,/:;=@"

# What stays encoded when a URI is made readable: decoded, it would end the part, or not be seen at
# all.
_ALWAYS_ENCODED = frozenset([*range(0x21), 0x25, 0x7F])


# -- encoding

#: For each set of safe characters the bytes that pass as they are, and the text of any byte. Code names
#: those sets, never input, so that there are few.
_encoders: dict[str, tuple[bytes, t.Callable[[int], str]]] = {}


def _make_encoder(safe: str) -> tuple[bytes, t.Callable[[int], str]]:
    literal = (_UNRESERVED + safe).encode("ascii")
    table = [chr(byte) if byte in literal else f"%{byte:02X}" for byte in range(256)]
    encoder = _encoders[safe] = literal, table.__getitem__
    return encoder


def url_quote(text: str | bytes, safe: str = "/") -> str:
    """Percent-encode everything but unreserved characters and `safe`; text is taken as UTF-8.

    >>> url_quote("/a b/é")
    '/a%20b/%C3%A9'
    """
    # As in url_unquote: JSON brings half a pair in, and a redirect with it must not fail when it is sent.
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    literal, encode = _encoders.get(safe) or _make_encoder(safe)
    # Nothing left after stripping what is literal: the loop can be spared.
    return "".join(map(encode, data)) if data.rstrip(literal) else data.decode("ascii")


def iter_multi_items(mapping: t.Any) -> t.Iterator[tuple[t.Any, t.Any]]:
    """The pairs of a MultiDict, of a mapping whose values may be lists, tuples or sets, or of
    pairs.
    """
    if hasattr(mapping, "lists"):  # a MultiDict; that class stands above this module
        return mapping.items(multi=True)  # type: ignore[no-any-return]
    if not isinstance(mapping, Mapping):
        return iter(mapping)
    items = mapping.items()
    return ((k, v) for k, vs in items for v in (vs if isinstance(vs, (list, tuple, set)) else (vs,)))


def url_encode(query: t.Any) -> str:
    """A query string from anything that `iter_multi_items` takes. Pairs whose value is None are
    left out.

    >>> url_encode({"q": "a b", "next": "/x?y=1", "tag": ["1", "2"], "no": None})
    'q=a+b&next=/x?y%3D1&tag=1&tag=2'
    """
    pairs = iter_multi_items(query)
    text = "&".join([f"{_quote_field(k)}={_quote_field(v)}" for k, v in pairs if v is not None])
    # A percent sign of the data's own has become %25, so that each %20 was a blank.
    return text.replace("%20", "+")


def _quote_field(value: object) -> str:
    return url_quote(value if isinstance(value, bytes) else str(value), "!$'()*,/:;?@")


# -- decoding


def _reencode(error: t.Any) -> tuple[str, int]:
    """The codec error handler that leaves bytes which are not UTF-8 percent-encoded."""
    bad = error.object[error.start : error.end]
    return "".join([f"%{byte:02X}" for byte in bad]), error.end


#: A name of this copy of the package alone, should there be two of them in one process.
KEEP_ENCODED = f"{__name__}.keep_encoded"
codecs.register_error(KEEP_ENCODED, _reencode)


@lru_cache(maxsize=16)
def _decoder(keep: frozenset[int]) -> dict[bytes, bytes]:
    """Two hex digits, in any case, to what replaces them and the percent sign before them."""
    pairs = map(bytes, product(b"0123456789ABCDEFabcdef", repeat=2))
    return {pair: b"%" + pair if int(pair, 16) in keep else bytes((int(pair, 16),)) for pair in pairs}


def url_unquote(
    text: str, encoding: str = "utf-8", errors: str = "replace", keep: Bytes = frozenset()
) -> str:
    """Undo percent-encoding of text, but for the bytes in `keep`.

    >>> url_unquote("a%20b%C3%A9%zz")
    'a bé%zz'
    """
    if "%" not in text:
        return text
    # Half a surrogate pair has no encoding; it becomes a question mark, not an error.
    first, *rest = text.encode(encoding, "replace").split(b"%")
    table = _decoder(keep)
    out = [first]
    for item in rest:
        byte = table.get(item[:2])
        # What is no valid escape stays.
        out += (b"%", item) if byte is None else (byte, item[2:])
    return b"".join(out).decode(encoding, errors)


def parse_query(query: str | bytes, limit: int | None = None, errors: str = KEEP_ENCODED) -> Pairs:
    """The pairs of a query string or an urlencoded form; bytes that are not UTF-8 stay
    percent-encoded.

    Only `&` separates: with `;` as well, a cache in front and the application would see different
    parameters (CVE-2021-23336). `limit` is counted before anything is split (CVE-2012-1150).

    :raises RequestEntityTooLarge: for more than `limit` fields.

    >>> parse_query("q=a+b&tag=1;2&flag&bad=%FF")
    [('q', 'a b'), ('tag', '1;2'), ('flag', ''), ('bad', '%FF')]
    """
    text = query.decode(errors=errors) if isinstance(query, bytes) else query
    if limit is not None and text.count("&") >= limit:
        raise RequestEntityTooLarge(f"More than {limit} fields in a query or form.")
    pairs = []
    # Before the escapes are undone: %2B is a plus sign that is meant.
    for part in text.replace("+", " ").split("&"):
        key, _, value = part.partition("=")
        if "%" in part:
            key, value = url_unquote(key, "utf-8", errors), url_unquote(value, "utf-8", errors)
        if part:
            pairs.append((key, value))
    return pairs


# -- IRIs and URIs

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: For `str.translate`: what no URL holds, yet some servers let through in a query.
CONTROLS_QUOTED = {code: f"%{code:02X}" for code in (*range(32), 127)}

# RFC 3986 appendix B: every text matches. No `//` is not the same as an empty authority.
_URL = re.compile(
    r"""
    (?: ([A-Za-z][A-Za-z0-9+.-]*) : )?   # scheme
    (?: // ([^/?#]*) )?                  # authority
    ([^?#]*) (?: \? ([^#]*) )? (?: \# (.*) )?   # path, query, fragment
    """,
    re.VERBOSE | re.DOTALL,
)
# Brackets are for addresses: IPv6, perhaps with a zone, and whatever comes after
# (CVE-2024-11168, CVE-2025-0938).
_ADDRESS = r"\[(?:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[^\[\]]*)?|[vV][0-9A-Fa-f]+\.[^\[\]]+)\]"
_NETLOC = re.compile(rf"({_ADDRESS}|[^:\[\]]*)(?::([0-9]{{0,5}}))?")


def _convert(url: str, part: t.Callable[[str, str], str], host: t.Callable[[str], str]) -> str:
    """A URL with its host passed through `host(name)` and the rest through `part(text, kind)`."""
    # Browsers drop some controls and urllib strips them, so that two readers may see two URLs
    # (CVE-2022-0391, CVE-2023-24329); here nobody sees one.
    if not url.isprintable() and _CONTROL.search(url):
        raise ValueError(f"{url[:80]!r} is no URL: it contains a control character.")
    scheme, authority, path, query, fragment = _URL.fullmatch(url).groups()  # type: ignore[union-attr]
    result = f"{scheme.lower()}:" if scheme else ""
    if authority is not None:
        userinfo, at_sign, netloc = authority.rpartition("@")
        user, colon, password = userinfo.partition(":")
        name, port = _split_port(netloc)
        result += f"//{part(user, 'user')}{colon}{part(password, 'user')}{at_sign}{host(name)}{port}"
    result += part(path, "path")
    result += f"?{part(query, 'query')}" if query else ""
    return result + (f"#{part(fragment, 'fragment')}" if fragment else "")


def _split_port(netloc: str) -> tuple[str, str]:
    """Name and `:port`, both as they should be written again."""
    match = _NETLOC.fullmatch(netloc)
    if match is None or int(match[2] or 0) > 65535:
        raise ValueError(f"{netloc[:80]!r} is no host name or [IPv6 address] with an optional port.")
    return match[1], f":{int(match[2])}" if match[2] else ""


_IRI_KEEP = {
    "path": _ALWAYS_ENCODED | frozenset(b"/?#"),
    "query": _ALWAYS_ENCODED | frozenset(b"&=+#"),
    "fragment": _ALWAYS_ENCODED,
    "user": _ALWAYS_ENCODED | frozenset(b":@/?#"),
}
# With the percent sign: text may be encoded already.
_PATH = "%" + PATH_SAFE
_URI_SAFE = {"path": _PATH, "query": _PATH + "?", "fragment": _PATH + "?#", "user": "%!$&'()*+,;="}


def uri_to_iri(uri: str) -> str:
    """A URI as people read it: UTF-8 decoded, the host out of Punycode. What would change the
    meaning stays encoded.

    >>> uri_to_iri("http://xn--n3h.net/p%C3%A5th?q=%26%2F%DF")
    'http://☃.net/påth?q=%26/%DF'
    """

    return _convert(uri, _decode_part, _decode_host)


def _decode_part(text: str, kind: str) -> str:
    return url_unquote(text, errors=KEEP_ENCODED, keep=_IRI_KEEP[kind])


def _decode_host(name: str) -> str:
    return ".".join([_decode_label(label) for label in name.lower().split(".")])


def _decode_label(label: str) -> str:
    # The codec costs an import of 200 kB of tables: only for a name that needs it.
    if label[:4] != "xn--":
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        # Not Punycode, or decoded already: it is shown as it is.
        return label


def iri_to_uri(iri: str) -> str:
    """An IRI as it is sent: ASCII, unsafe characters encoded, the host in Punycode. A URI stays
    what it is.

    >>> iri_to_uri("http://☃.net/påth?q=ä ö")
    'http://xn--n3h.net/p%C3%A5th?q=%C3%A4%20%C3%B6'

    :raises ValueError: for a control character, a bad port or a host that no name can have.
    """
    return _convert(iri, lambda text, kind: url_quote(text, _URI_SAFE[kind]), encode_host)


def encode_host(name: str) -> str:
    """A host name in lower case and in Punycode."""
    name = name.lower()
    if name.isascii():
        return name
    encoded = name.encode("idna").decode("ascii")
    # A character that falls apart into a delimiter would end the name: U+2100 is `a/c` (CVE-2019-9636).
    if any(encoded.count(delimiter) > name.count(delimiter) for delimiter in "/?#@:[]%"):
        raise UnicodeError(f"{name[:80]!r} is no host name")
    return encoded


# -- the request's own URL

# A domain or IPv4 address, RFC 3986 3.2.2, with the underscore that names of containers have; or IPv6.
_NAME = r"[A-Za-z0-9._-]{1,255}|\[[A-Fa-f0-9]{0,4}:[A-Fa-f0-9.:]{1,45}\]"
_HOST = re.compile(rf"({_NAME})(?::([1-9][0-9]{{0,4}}))?")
_DEFAULT_PORTS = {"http": ":80", "ws": ":80", "https": ":443", "wss": ":443"}

#: Host headers that passed the check lately, so that most requests pay one look-up. Emptied when
#: full: the keys come from clients, and a cache that they can fill without bound is an attack
#: (CVE-2007-5712).
accepted_hosts: set[str] = set()
_MAX_ACCEPTED_HOSTS = 256


def _host_name(host: str) -> str | None:
    """The name in `name:port`, None if the text is no host."""
    match = _HOST.fullmatch(host)
    if match is None or int(match[2] or 1) > 65535:
        return None
    return match[1].lower()


def host_is_trusted(hostname: Text, trusted_list: Hosts = None) -> bool:
    """Whether `host:port` is made of a host's characters and, if there is a list, its name is in
    there.

    In the list, a leading dot stands for the domain and all below it. Ports do not count, nor does
    case.
    """
    name = _host_name(hostname) if hostname else None
    if name is None or not trusted_list:
        return name is not None
    if isinstance(trusted_list, str):
        trusted_list = [trusted_list]
    for entry in trusted_list:
        wanted = _host_name(encode_host(entry.lstrip(".")))
        # The dot: "evilexample.com" is not below "example.com".
        if name == wanted or (entry[:1] == "." and name.endswith(f".{wanted}")):
            return True
    return False


def get_host(scheme: str, host_header: Text, server: Server = None, trusted_hosts: Hosts = None) -> str:
    """The host that a request names, with the port unless it is the scheme's own.

    It is the Host header's; without one (HTTP/1.0) the server's address, unless that is a Unix
    socket; else it is empty, as for an empty header.

    :raises SecurityError: for a header that is no host, or not in `trusted_hosts`. It would end up
        in links, in redirects and in mails (CVE-2011-4139, CVE-2012-4520).
    """
    host = _server_host(server) if host_header is None else host_header
    if not host and (host_header is None or not trusted_hosts):
        return ""
    if host not in accepted_hosts:
        host = _accept_host(host)
    port = _DEFAULT_PORTS.get(scheme)
    if port is not None and host.endswith(port):
        host = host[: -len(port)]
    if trusted_hosts and not host_is_trusted(host, trusted_hosts):
        raise SecurityError(f"Host {host!r} is not trusted.")
    return host


def _accept_host(host: str) -> str:
    try:
        # What a server read is Latin-1, and no name unless it is ASCII; other text is from a program.
        # The codec's time is quadratic (CVE-2022-45061): a name has at most 255 characters.
        name = host if not host or max(host) < "\u0100" else encode_host(host[:256])
    except UnicodeError:
        name = ""
    if _host_name(name) is None:
        raise SecurityError(f"Host {host[:80]!a} is no host name with an optional port.")
    if len(accepted_hosts) >= _MAX_ACCEPTED_HOSTS:
        accepted_hosts.clear()
    # Names that the DNS cannot hold ("a..b") are not remembered: the URL map has to refuse them each time.
    accepted_hosts.update([name] * all(0 < len(label) < 64 for label in name.removesuffix(".").split(".")))
    return name


def _server_host(server: Server) -> str:
    if server is None or server[1] is None:
        return ""
    name, port = server
    host = f"[{name}]:{port}" if ":" in name and name[0] != "[" else f"{name}:{port}"
    # The server's own name is no attack, but it may be a path or "*".
    return host if _host_name(host) else ""


def get_current_url(
    scheme: str, host: str, root_path: Text = None, path: Text = None, query_string: bytes = b""
) -> str:
    """The URL of a request as an IRI; from the first part that is None on, all is left out."""
    path = None if root_path is None else path
    url = f"{scheme}://{host}{url_quote((root_path or '').rstrip('/'), _PATH)}/"
    url += url_quote((path or "").lstrip("/"), _PATH)
    if path is not None and query_string:
        url += f"?{url_quote(query_string, _URI_SAFE['query'])}"
    return uri_to_iri(url)

"""Header values with a grammar: quoted strings, `;`-separated options, comma-separated lists and
dicts.

The rule (RFC 9110 5.6): a separator inside a quoted string separates nothing, and a string that is
never closed makes the rest meaningless; what is meaningless is skipped, not guessed. Everything is
linear: quoted strings are found by a pattern that cannot backtrack, since after each `"` it either
closes the string or runs to the end of the value.
"""

from __future__ import annotations

import re

from .urls import url_unquote

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: What a single header with options may be long; the field limit of the server is the same.
_MAX_OPTIONS_LENGTH = 8192

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

# RFC 9110 5.6.2: the characters of a token, less the apostrophe.
_CHARS = r"\w!#$%&*+\-.^`|~"
_TOKEN = re.compile(rf"[{_CHARS}']+", re.ASCII)

# A string, and whether it is closed. `.?` lets a backslash stand last, so that the group before
# the end always succeeds: no second try, no quadratic time (CVE-2025-67726).
_STRING = r'"(?:[^"\\]|\\.?)*("?)'
_LIST_ITEM = re.compile(rf'((?:[^",]+|{_STRING})*)(?:,|\Z)', re.DOTALL)


class HeaderValue:
    """A value that is parsed from a header and written to one; how it shows itself."""

    def to_header(self) -> str:
        """The value of the header."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.to_header()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {str(self)!r}>"


def quote_header_value(value: t.Any, allow_token: bool = True) -> str:
    """A value as a token if it is one (and `allow_token`), else as a quoted string with escapes."""
    text = str(value)
    if allow_token and _TOKEN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquote_header_value(value: str) -> str:
    """The text of a quoted string; anything else as it is."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    value = value[1:-1]
    return _ESCAPED.sub(r"\1", value) if "\\" in value else value


# -- lists and dicts


def parse_list_header(value: str) -> list[str]:
    """The items of a comma-separated list, unquoted; empty ones are dropped, and all if a string is open.

    >>> parse_list_header('token, "quoted, value",')
    ['token', 'quoted, value']
    """
    if '"' not in value:
        return [item.strip(" \t") for item in value.split(",") if item.strip(" \t")]
    items = _LIST_ITEM.findall(value)
    if any('"' in item and not closed for item, closed in items):
        return []
    return [unquote_header_value(item.strip(" \t")) for item, _ in items if item.strip(" \t")]


def parse_dict_header(value: str) -> dict[str, str | None]:
    """A list of `key=value` items; None for a key alone. `key*=charset''text` is decoded.

    >>> parse_dict_header('a=b, c="d, e", f')
    {'a': 'b', 'c': 'd, e', 'f': None}
    """
    result: dict[str, str | None] = {}
    for item in parse_list_header(value):
        key, equals, text = item.partition("=")
        key, text = key.strip(" \t"), text.strip(" \t")
        if key[-1:] == "*" and equals:
            key, text = key[:-1], _decode_extended(text)[0]
        if key:
            result[key] = unquote_header_value(text) if equals else None
    return result


def dump_header(iterable: t.Mapping[str, t.Any] | t.Iterable[t.Any]) -> str:
    """A comma-separated list; of `key=value` pairs from a dict, of the key alone where the value
    is None.

    >>> dump_header({"foo": "bar baz", "flag": None})
    'foo="bar baz", flag'
    """
    if not isinstance(iterable, dict):
        return ", ".join([quote_header_value(item) for item in iterable])
    return ", ".join([key if value is None else _dump_pair(key, value) for key, value in iterable.items()])


def _dump_pair(key: str, value: t.Any) -> str:
    # RFC 8187: `key*` announces a value that is encoded already.
    return f"{key}={value}" if key[-1:] == "*" else f"{key}={quote_header_value(value)}"


# -- options

# A pair, then whatever is malformed, up to the next semicolon. A string that is closed hides semicolons.
_OPTION = re.compile(
    rf"(?:([{_CHARS}']+)=([{_CHARS}']+|{_STRING})?)?[^;]*(?:;[ \t]*|\Z)", re.ASCII | re.DOTALL
)

# RFC 2231 3 and 4: name*0, name*, name*0*; and charset'language'percent-encoded.
_MARKED = re.compile(r"(.*?)(?:\*([0-9]+))?(\*)?")
_EXTENDED = re.compile(rf"([{_CHARS}]*)'[{_CHARS}]*'([{_CHARS}']+)", re.ASCII)
#: The list is closed: whoever speaks today writes UTF-8. Text in another charset stays encoded.
CHARSETS = frozenset(["ascii", "us-ascii", "utf-8", "iso-8859-1"])


def dump_options_header(header: str | None, options: t.Mapping[str, t.Any]) -> str:
    """A value and its options, separated by semicolons; options that are None are left out.

    >>> dump_options_header("text/html", {"charset": "UTF-8"})
    'text/html; charset=UTF-8'
    """
    segments = [] if header is None else [header]
    segments += [_dump_pair(key, value) for key, value in options.items() if value is not None]
    return "; ".join(segments)


def parse_options_header(value: str | None) -> tuple[str, dict[str, str]]:
    """A value and the dict of its options, whose names are in lower case.

    Continuations (`name*0=`) are joined and charsets (`name*=UTF-8''...`) decoded, RFC 2231. What
    is malformed is left out. Browsers write a quote in a file name as `%22`, so that stands for
    one as well.

    >>> parse_options_header('attachment; filename="a;b.txt"; size=3')
    ('attachment', {'filename': 'a;b.txt', 'size': '3'})
    """
    main, _, rest = (value or "").partition(";")
    # No str.strip() without arguments here: it takes line breaks and Unicode's blanks for blanks too.
    main = main.strip(" \t")
    rest = rest.strip(" \t")
    if not main or not rest or len(rest) > _MAX_OPTIONS_LENGTH:
        return main, {}
    options: dict[str, str] = {}
    charsets: dict[str, str] = {}
    for key, text in _scan_options(rest):
        # A continuation or a charset shows in the name: most headers have none.
        if "*" in key:
            _add_part(options, charsets, key, text)
        else:
            options[key] = _unquote_option(text)
            charsets.pop(key, None)
    return main, options


def _scan_options(rest: str) -> t.Iterator[tuple[str, str]]:
    """The pairs that are well-formed, values as they stand."""
    for key, text, closed in _OPTION.findall(rest):
        if text[:1] == '"' and not closed:
            # No separator behind an open quote can be trusted.
            return
        if text:
            yield key.lower(), text


def _unquote_option(text: str) -> str:
    return unquote_header_value(text).replace("%22", '"')


def _decode_extended(text: str, charset: str = "") -> tuple[str, str]:
    """The text of `charset'language'encoded`, and the charset, which may be that of an earlier
    part.
    """
    match = _EXTENDED.fullmatch(text)
    if match is not None:
        charset, text = match[1].lower() or charset, match[2]
    return (url_unquote(text, charset) if charset in CHARSETS else text), charset


def _add_part(options: dict[str, str], charsets: dict[str, str], marked: str, text: str) -> None:
    """Add an option with a charset, or a part of one; parts are joined as they come, whatever their numbers.

    `charsets` holds the options that came in parts so far.
    """
    key, number, extended = _MARKED.fullmatch(marked).groups()  # type: ignore[union-attr]
    charset = charsets.get(key, "") if number else ""
    if extended:
        text, charset = _decode_extended(text, charset)
    else:
        text = _unquote_option(text)
    # An option in one piece and one in parts under the same name: the later of them counts.
    options[key] = options[key] + text if number and key in charsets else text
    charsets.pop(key, None)
    if number:
        charsets[key] = charset

"""Header fields: an ordered list of pairs with a dict's manners, and the same over a WSGI environ.

The rule: whatever is in a `Headers` is one field each. A value is checked when it is set, where the
mistake is, and by a test that runs in C for every value that is printable ASCII. CR or LF would
end the field and begin one of an attacker's choice (CVE-2016-9964, CVE-2026-0865). That the text is
Latin-1 is asked of what is sent and not before, by `to_wsgi_list`: until then a Location may be an IRI,
and what a client sent need never be. `EnvironHeaders` copies nothing: each look-up is one in the environ.
"""

from __future__ import annotations

import re

from ..exceptions import BadRequestKeyError
from .datastructures import MISSING, MultiDict, convert, convert_all, iter_multi_items, refuse
from .options import dump_options_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Convert = t.Callable[[str], t.Any]

#: RFC 9110 5.5: of the controls, a value may contain the tab alone.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _check(name: str, value: t.Any) -> str:
    """A value as the str that goes into the header.

    :raises ValueError: if it would be more than one field, or none.
    """
    if type(value) is not str:
        # The bare text of a subclass, whatever its __str__ says; servers insist on the type
        # itself.
        value = str.__str__(value) if isinstance(value, str) else str(value)
    if not (value.isascii() and value.isprintable()) and CONTROL.search(value):
        # It would end the field: what follows would be a header of the attacker's choice.
        raise ValueError(f"Header {name!r} must not contain newlines or other controls: {value[:80]!r}.")
    if not name.isprintable():
        raise ValueError(f"{name[:80]!r} is no header name.")
    return value  # type: ignore[no-any-return]


def _check_pairs(source: t.Any) -> list[tuple[str, str]]:
    """The pairs of whatever Headers are made of, checked."""
    pairs = source if type(source) is list else iter_multi_items(source)
    # The first test of _check, without a call for each value.
    return [
        (k, v if type(v) is str and v.isprintable() and v.isascii() and k.isprintable() else _check(k, v))
        for k, v in pairs
    ]


def _with_options(value: str, options: dict[str, t.Any]) -> str:
    return dump_options_header(value, {k.replace("_", "-"): v for k, v in options.items()})


class Headers:
    """The header fields of a message, in order, a name as often as wanted and in any case.

    >>> h = Headers({"Vary": ["Cookie", "Accept"]})
    >>> h.add("Content-Disposition", "attachment", filename="a b.txt")
    >>> h["content-disposition"], h.getlist("vary")
    ('attachment; filename="a b.txt"', ['Cookie', 'Accept'])

    Made from another one, a dict, whose values may be lists, or pairs. Values that are no text
    become text. Iterating yields pairs.
    """

    def __init__(self, defaults: t.Any = None) -> None:
        self._list: list[tuple[str, str]] = [] if defaults is None else _check_pairs(defaults)

    @classmethod
    def _from_checked(cls, pairs: list[tuple[str, str]]) -> t.Any:
        """Headers over the list itself: no copy, no check, for values known to be good."""
        self = cls.__new__(cls)
        self._list = pairs
        return self

    # -- reading

    def _find(self, key: str) -> str | None:
        """The first value. A miss is no exception: most look-ups are for what may be absent."""
        size = len(key)
        for name, value in self._list:
            # In this order: most names are written alike, and most others differ in length.
            if name == key or (len(name) == size and name.lower() == key.lower()):
                return value
        return None

    def __getitem__(self, key: t.Any) -> t.Any:
        if isinstance(key, str):
            value = self._find(key)
            if value is None:
                raise BadRequestKeyError(key)
            return value
        return self._list[key] if isinstance(key, int) else type(self)(self._list[key])

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    # Not by __getitem__: an exception for each header that is not there would be dear.
    def get(self, key: str, default: t.Any = None, type: Convert | None = None) -> t.Any:
        """The first value, passed through `type`; `default` if there is none or `type` raises
        ValueError.
        """
        value = self._find(key)
        if value is None:
            return default
        return value if type is None else convert(value, default, type)

    def getlist(self, key: str, type: Convert | None = None) -> list[t.Any]:
        """All values, passed through `type`, but those for which it raises ValueError or TypeError."""
        key = key.lower()
        values = [value for name, value in self if name.lower() == key]
        return values if type is None else convert_all(values, type)

    #: Under the name that `wsgiref.headers` gives it.
    get_all = getlist

    def items(self, lower: bool = False) -> t.Iterator[tuple[str, str]]:
        """The pairs; with `lower`, names in lower case."""
        return ((name.lower(), value) for name, value in self) if lower else iter(self)

    def keys(self, lower: bool = False) -> t.Iterator[str]:
        """The names, each as often as it occurs."""
        return (name for name, _ in self.items(lower))

    def values(self) -> t.Iterator[str]:
        """The values."""
        return (value for _, value in self)

    def to_wsgi_list(self) -> list[tuple[str, str]]:
        """A list of the pairs, for a WSGI server; ValueError if one of them is not Latin-1."""
        fields = self._list[:]
        for name, value in fields:
            # PEP 3333. Servers check it too, some of them in the middle of the head.
            if not value.isascii() and max(value) > "\xff":
                advice = "Percent-encode it, or pass it as an option with a name that ends in '*'."
                raise ValueError(f"Header {name!r} must be Latin-1 to be sent: {value[:80]!r}. {advice}")
        return fields

    def copy(self) -> t.Any:
        """A copy."""
        return type(self)._from_checked(self._list[:])

    def __copy__(self) -> t.Any:
        return self.copy()

    def __iter__(self) -> t.Iterator[tuple[str, str]]:
        return iter(self._list)

    def __len__(self) -> int:
        return len(self._list)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        # RFC 9110 5.3: the order of fields of different names means nothing.
        return set(self.items(lower=True)) == set(other.items(lower=True))

    def __str__(self) -> str:
        return "".join([f"{name}: {value}\r\n" for name, value in self]) + "\r\n"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"

    # -- changing

    def add(self, key: str, value: t.Any, /, **kwargs: t.Any) -> None:
        """Append a field; keyword arguments become options of the value, `_` in their names `-`."""
        self._list.append((key, _check(key, _with_options(value, kwargs) if kwargs else value)))

    #: Under the name that `wsgiref.headers` gives it.
    add_header = add

    def set(self, key: str, value: t.Any, /, **kwargs: t.Any) -> None:
        """Replace the first field of that name in its place and drop the others; `add` if there is
        none.
        """
        field = key, _check(key, _with_options(value, kwargs) if kwargs else value)
        name, fields = key.lower(), self._list
        for index, (k, _) in enumerate(fields):
            if len(k) == len(name) and k.lower() == name:
                # In its place, so that the order in which a view wrote them stays.
                fields[index:] = [field] + [f for f in fields[index + 1 :] if f[0].lower() != name]
                return
        fields.append(field)

    def setlist(self, key: str, values: t.Iterable[t.Any]) -> None:
        """Replace the fields of that name by one for each of the values."""
        fields = [(key, _check(key, value)) for value in values]
        # All are checked before one is set: a bad value leaves the headers as they were.
        if fields:
            self.set(*fields[0])
        else:
            self.remove(key)
        self._list += fields[1:]

    # The first value; if there is none, the default is set.
    setdefault = MultiDict.setdefault

    def setlistdefault(self, key: str, default: t.Iterable[t.Any]) -> list[str]:
        """All values; if there are none, those of `default` are set."""
        if key not in self:
            self.setlist(key, default)
        return self.getlist(key)

    def extend(self, arg: t.Any = None, /, **kwargs: t.Any) -> None:
        """Append the fields of another one, a dict or pairs, and of the keyword arguments."""
        self._list += _check_pairs(arg or ()) + _check_pairs(kwargs)

    def update(self, arg: t.Any = None, /, **kwargs: t.Any) -> None:
        """Replace the fields by those of another one, a dict or pairs, and of the keyword
        arguments.
        """
        if isinstance(arg, (Headers, MultiDict)):
            arg = {key: arg.getlist(key) for key in dict.fromkeys(arg.keys())}
        for key, value in [*dict(arg or ()).items(), *kwargs.items()]:
            self.setlist(key, value if isinstance(value, (list, tuple, set)) else [value])

    def remove(self, key: str) -> None:
        """Drop the fields of that name."""
        name = key.lower()
        self._list[:] = [field for field in self._list if field[0].lower() != name]

    def pop(self, key: t.Any = None, default: t.Any = MISSING) -> t.Any:
        """Remove the fields of that name and return the first value; the last field, or that at an
        index.
        """
        if not isinstance(key, str):
            return self._list.pop(-1 if key is None else key)
        value = self[key] if default is MISSING else self.get(key, default)
        self.remove(key)
        return value

    def popitem(self) -> tuple[str, str]:
        """Remove the last field and return it."""
        return self._list.pop()

    def clear(self) -> None:
        """Drop all fields."""
        self._list.clear()

    def __setitem__(self, key: t.Any, value: t.Any) -> None:
        if isinstance(key, str):
            self.set(key, value)
        elif isinstance(key, int):
            self._list[key] = value[0], _check(*value)
        else:
            self._list[key] = _check_pairs(value)

    def __delitem__(self, key: t.Any) -> None:
        if isinstance(key, str):
            self.remove(key)
        else:
            del self._list[key]

    # `|` makes a copy and updates it, `|=` updates: as there.
    __or__ = MultiDict.__or__
    __ior__ = MultiDict.__ior__


class ImmutableHeadersMixin:
    """Makes headers read-only. They are no key of a dict: what they show may change."""

    __delitem__ = __setitem__ = __ior__ = add = add_header = clear = extend = insert = refuse
    pop = popitem = remove = set = setdefault = setlist = setlistdefault = update = refuse


#: Header names as they were asked for, to their environ keys. Code asks, not the client; bounded
#: all the same.
_environ_keys: dict[str, str] = {}


def _environ_key(name: object) -> str:
    if not isinstance(name, str):
        return ""
    key = name.upper().replace("-", "_")
    # CGI's two exceptions, RFC 3875 4.1. Servers that set HTTP_CONTENT_TYPE too are not believed.
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    if len(_environ_keys) < 512:
        _environ_keys[name] = key
    return key


class EnvironHeaders(ImmutableHeadersMixin, Headers):
    """The header fields of a request: a read-only view of a WSGI environ."""

    def __init__(self, environ: dict[str, t.Any]) -> None:
        self.environ = environ

    def _find(self, key: str) -> str | None:
        return self.environ.get(_environ_keys.get(key) or _environ_key(key))

    def getlist(self, key: str, type: Convert | None = None) -> list[t.Any]:
        """The one value that an environ can hold, in a list, if there is one."""
        value = self._find(key)
        if not value and key.lower() in ("content-type", "content-length"):
            return []  # an empty one says that there was none
        return [] if value is None else [value] if type is None else convert_all([value], type)

    get_all = getlist

    def __getitem__(self, key: str) -> str:
        value = self.environ.get(_environ_keys.get(key) or _environ_key(key))
        if value is None:
            raise BadRequestKeyError(key)
        return value  # type: ignore[no-any-return]

    @property
    def _list(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """All the fields, as they are now, for the methods of Headers that read them."""
        fields = []
        for key, value in self.environ.items():
            if key[:5] == "HTTP_" and key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                fields.append((key[5:].replace("_", "-").title(), value))
            # An empty one says that there was none.
            elif value and key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                fields.append((key.replace("_", "-").title(), value))
        return fields

    # The same environ, not an equal one: equal views of two requests are two things.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnvironHeaders) and self.environ is other.environ

    def copy(self) -> t.NoReturn:
        """Refused: two views of one environ would be the same."""
        raise TypeError(f"cannot create {type(self).__name__!r} copies")

    __or__ = refuse


# -- kinds of fields

_ENTITY = "allow content-encoding content-language content-length content-location content-md5 content-range"
_HOP_BY_HOP = (
    "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade"
)
_ENTITY_HEADERS = frozenset([*_ENTITY.split(), "content-type", "expires", "last-modified"])
_HOP_BY_HOP_HEADERS = frozenset(_HOP_BY_HOP.split())


def is_entity_header(header: str) -> bool:
    """Whether a field describes the body."""
    return header.lower() in _ENTITY_HEADERS


def is_hop_by_hop_header(header: str) -> bool:
    """Whether a field is for the next peer alone, RFC 9110 7.6.1; an application must not set it."""
    return header.lower() in _HOP_BY_HOP_HEADERS


def remove_entity_headers(headers: t.Any, allowed: t.Iterable[str] = ("expires", "content-location")) -> None:
    """Drop the fields that describe the body, from a list of pairs or headers, in place."""
    kept = {name.lower() for name in allowed}
    # RFC 9110 15.4.5: a 304 repeats what a cache needs to find its copy, and nothing about the body.
    headers[:] = [pair for pair in headers if pair[0].lower() in kept or not is_entity_header(pair[0])]


def remove_hop_by_hop_headers(headers: t.Any) -> None:
    """Drop the fields that are for the next peer alone, from a list of pairs or headers, in place."""
    headers[:] = [(name, value) for name, value in headers if not is_hop_by_hop_header(name)]

"""Dicts and lists that messages need: several values for a key, typed access, read-only copies,
call-backs.

The rule: each of them is a `dict` or a `list`, so that it goes wherever those go, and a multi dict
answers like a dict of first values. It is stored as a dict of lists. A missing key is a KeyError
and a `400 Bad Request` at once: a view may write `request.form["name"]` and the client that does
not send it is told so. Read-only kinds refuse by a table of names, all with one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSet
from functools import update_wrapper
from itertools import repeat

from ..exceptions import BadRequestKeyError
from .options import HeaderValue, parse_list_header, quote_header_value
from .urls import iter_multi_items as iter_multi_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    K = t.TypeVar("K")
    V = t.TypeVar("V")
    Convert = t.Callable[[t.Any], t.Any]
    OnUpdate = t.Optional[t.Callable[[t.Any], None]]
else:
    # The type parameters of the classes below; `typing` is not worth its import at run time.
    K = V = None

#: Stands for "no default": None is one.
MISSING: t.Any = type("_Missing", (), {"__repr__": lambda self: "no value"})()


# -- read-only kinds


def refuse(self: object, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
    """The method that stands for every one that would change a read-only object."""
    raise TypeError(f"{type(self).__name__!r} objects are immutable")


class ImmutableListMixin:
    """Makes a list read-only and hashable."""

    def __hash__(self) -> int:
        return hash(tuple(self))  # type: ignore[arg-type]

    def __reduce_ex__(self, protocol: t.SupportsIndex) -> t.Any:
        # Copies and pickles are made anew: by default they would be filled through `extend`.
        return type(self), (list(self),)  # type: ignore[call-overload]

    __delitem__ = __iadd__ = __imul__ = __setitem__ = refuse
    append = clear = extend = insert = pop = remove = reverse = sort = refuse


class ImmutableDictMixin:
    """Makes a dict read-only and hashable."""

    #: The kind that `copy` makes.
    _mutable: t.Any = dict

    @classmethod
    def fromkeys(cls, keys: t.Iterable[t.Any], value: t.Any = None) -> t.Any:
        """An instance with `value` for each of the keys."""
        # dict's own fills an empty instance, which would refuse.
        return cls(zip(keys, repeat(value)))  # type: ignore[call-arg]

    def _iter_hashitems(self) -> t.Iterable[t.Any]:
        return self.items()  # type: ignore[attr-defined,no-any-return]

    def __hash__(self) -> int:
        return hash(frozenset(self._iter_hashitems()))

    def __reduce_ex__(self, protocol: t.SupportsIndex) -> t.Any:
        return type(self), (list(self._iter_hashitems()),)

    def copy(self) -> t.Any:
        """A copy that can be changed."""
        return self._mutable(self)

    def __copy__(self) -> t.Any:
        return self

    __setitem__ = __delitem__ = __ior__ = refuse
    clear = pop = popitem = setdefault = update = refuse


class ImmutableMultiDictMixin(ImmutableDictMixin):
    """Makes a multi dict read-only and hashable."""

    def _iter_hashitems(self) -> t.Iterable[t.Any]:
        return self.items(multi=True)  # type: ignore[attr-defined,no-any-return]

    add = poplist = popitemlist = setlist = setlistdefault = refuse


class ImmutableList(ImmutableListMixin, list[V]):  # type: ignore[misc]
    """A read-only list."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list.__repr__(self)})"


class ImmutableDict(ImmutableDictMixin, dict[K, V]):  # type: ignore[misc]
    """A read-only dict."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict.__repr__(self)})"


# -- typed access


class TypeConversionDict(dict[K, V]):
    """A dict whose `get` converts.

    >>> d = TypeConversionDict(page="42", size="big")
    >>> d.get("page", type=int), d.get("size", 10, type=int)
    (42, 10)
    """

    def get(self, key: K, default: t.Any = None, type: Convert | None = None) -> t.Any:
        """The value, passed through `type`; `default` if there is none or `type` raises ValueError
        or TypeError.
        """
        try:
            value = self[key]
        except KeyError:
            return default
        return value if type is None else convert(value, default, type)


def convert(value: t.Any, default: t.Any, type: Convert) -> t.Any:
    """The value as `type` has it; `default` if that raises ValueError or TypeError."""
    try:
        return type(value)
    except (ValueError, TypeError):
        return default


def convert_all(values: t.Iterable[t.Any], type: Convert) -> list[t.Any]:
    """The values as `type` has them, without those for which it raises ValueError or TypeError."""
    converted = (convert(value, MISSING, type) for value in values)
    return [value for value in converted if value is not MISSING]


class ImmutableTypeConversionDict(ImmutableDictMixin, TypeConversionDict[K, V]):  # type: ignore[misc]
    """A read-only `TypeConversionDict`."""

    _mutable = TypeConversionDict


# -- several values for a key


#: `dict` itself, whose methods see the lists: to a type checker, a MultiDict is a dict of values.
_lists: t.Any = dict


class MultiDict(TypeConversionDict[K, V]):
    """A dict that keeps every value of a key and answers with the first; the `list` methods give
    them all.

    >>> d = MultiDict([("tag", "a"), ("tag", "b")])
    >>> d["tag"], d.getlist("tag"), dict(d)
    ('a', ['a', 'b'], {'tag': 'a'})

    It is made from a dict, whose values may be lists, tuples or sets, from pairs, or from another
    one.
    """

    def __init__(self, mapping: t.Any = None) -> None:
        if isinstance(mapping, MultiDict):
            _lists.update(self, mapping.lists())
        elif mapping:
            # A plain dict is quicker to fill than self, and its methods are those of no subclass.
            lists: dict[t.Any, list[t.Any]] = {}
            for key, value in mapping if type(mapping) is list else iter_multi_items(mapping):
                if key in lists:
                    lists[key].append(value)
                else:
                    lists[key] = [value]
            _lists.update(self, lists)

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        # `get` below takes a short cut past __getitem__, so it must not outlive an override of
        # that.
        if "__getitem__" in cls.__dict__ and "get" not in cls.__dict__:
            cls.get = TypeConversionDict.get  # type: ignore[method-assign]

    def __reduce_ex__(self, protocol: t.SupportsIndex) -> t.Any:
        # By default a pickle would hold the first values alone, as `items` gives them.
        return type(self), (dict(self.lists()),)

    def __iter__(self) -> t.Iterator[K]:
        # Overridden, so that dict(self) asks __getitem__ instead of copying the lists
        # (cpython#87412).
        return _lists.__iter__(self)  # type: ignore[no-any-return]

    def __getitem__(self, key: K) -> V:
        values = _lists.get(self, key)
        if values:
            return values[0]  # type: ignore[no-any-return]
        raise BadRequestKeyError(key)

    def get(self, key: K, default: t.Any = None, type: Convert | None = None) -> t.Any:
        """The first value, passed through `type`; `default` if there is none or `type` raises
        ValueError or TypeError.
        """
        values: t.Any = _lists.get(self, key)
        if not values:
            return default
        return values[0] if type is None else convert(values[0], default, type)

    def __setitem__(self, key: K, value: V) -> None:
        _lists.__setitem__(self, key, [value])

    def add(self, key: K, value: V) -> None:
        """Append a value to those of the key."""
        _lists.setdefault(self, key, []).append(value)

    def getlist(self, key: K, type: Convert | None = None) -> list[t.Any]:
        """All values, passed through `type`; those for which it raises ValueError or TypeError are
        left out.
        """
        values: t.Any = _lists.get(self, key, ())
        return list(values) if type is None else convert_all(values, type)

    def setlist(self, key: K, new_list: t.Iterable[V]) -> None:
        """Replace the values of the key by those of `new_list`, which is copied."""
        _lists.__setitem__(self, key, list(new_list))

    def setdefault(self: t.Any, key: K, default: t.Any = None) -> t.Any:
        """The first value of the key; if it has none, `default` becomes it."""
        if key not in self:
            self[key] = default
        return self[key]

    def setlistdefault(self, key: K, default_list: t.Iterable[V] | None = None) -> list[V]:
        """The list of the key itself, not a copy; if there is none, one made of `default_list`."""
        return _lists.setdefault(self, key, list(default_list or ()))  # type: ignore[no-any-return]

    def items(self, multi: bool = False) -> t.Iterator[tuple[K, V]]:  # type: ignore[override]
        """Pairs of keys and first values; with `multi` a pair for every value."""
        for key, values in _lists.items(self):
            for value in values if multi else values[:1]:
                yield key, value

    def lists(self) -> t.Iterable[tuple[K, list[V]]]:
        """Pairs of keys and copies of their lists."""
        return ((key, values[:]) for key, values in _lists.items(self))

    def values(self) -> t.Iterator[V]:  # type: ignore[override]
        """The first value of each key."""
        return (value for _, value in self.items())

    def listvalues(self) -> t.Iterable[list[V]]:
        """The list of each key."""
        return _lists.values(self)  # type: ignore[no-any-return]

    def copy(self) -> t.Any:
        """A shallow copy."""
        return type(self)(self)

    def __copy__(self) -> t.Any:
        return self.copy()

    def deepcopy(self, memo: t.Any = None) -> t.Any:
        """A deep copy."""
        from copy import deepcopy  # rarely wanted

        # What pickles are made of is enough for every kind: ordered, combined, read-only.
        kind, arguments = self.__reduce_ex__(4)
        return kind(*deepcopy(arguments, memo))

    __deepcopy__ = deepcopy

    def to_dict(self, flat: bool = True) -> dict[K, t.Any]:
        """A plain dict of first values or, unless `flat`, of lists."""
        return dict(self.items() if flat else self.lists())

    def update(self, mapping: t.Any) -> None:
        """Add the values of another mapping, or of pairs, to those that are there."""
        for key, value in iter_multi_items(mapping):
            self.add(key, value)

    def __or__(self: t.Any, other: t.Any) -> t.Any:
        if not isinstance(other, Mapping):
            return NotImplemented
        result = self.copy()
        result.update(other)
        return result

    def __ior__(self: t.Any, other: t.Any) -> t.Any:
        self.update(other)
        return self

    def pop(self, key: K, default: t.Any = MISSING) -> t.Any:
        """Remove the key with all its values and return the first one."""
        values = self.poplist(key)
        if not values and default is MISSING:
            raise BadRequestKeyError(key)
        return values[0] if values else default

    def popitem(self) -> tuple[K, V]:
        """Remove the last key; return it with its first value."""
        key, values = self.popitemlist()
        if not values:
            raise BadRequestKeyError(key)
        return key, values[0]

    def poplist(self, key: K) -> list[V]:
        """Remove the key and return its values."""
        return _lists.pop(self, key, [])  # type: ignore[no-any-return]

    def popitemlist(self) -> tuple[K, list[V]]:
        """Remove the last key; return it with its values."""
        for key in _lists.__reversed__(self):
            return key, self.poplist(key)
        raise BadRequestKeyError(f"{type(self).__name__} is empty")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.items(multi=True))!r})"


class ImmutableMultiDict(ImmutableMultiDictMixin, MultiDict[K, V]):  # type: ignore[misc]
    """A read-only `MultiDict`."""

    _mutable = MultiDict


def _merged(name: str) -> t.Any:
    """A MultiDict's method, asked of what all the dicts of a CombinedMultiDict hold now."""

    def method(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return getattr(self.copy(), name)(*args, **kwargs)

    return update_wrapper(method, getattr(MultiDict, name))


class CombinedMultiDict(ImmutableMultiDictMixin, MultiDict[K, V]):
    """Several multi dicts read as one, in their order; a view, not a copy.

    >>> d = CombinedMultiDict([MultiDict({"a": "1"}), MultiDict({"a": "2", "b": "3"})])
    >>> d["a"], d.getlist("a"), d["b"]
    ('1', ['1', '2'], '3')
    """

    def __init__(self, dicts: t.Iterable[MultiDict[K, V]] | None = None) -> None:
        super().__init__()
        self.dicts = list(dicts or ())

    def __reduce_ex__(self, protocol: t.SupportsIndex) -> t.Any:
        return type(self), (self.dicts,)

    @classmethod
    def fromkeys(cls, keys: t.Any, value: t.Any = None) -> t.NoReturn:
        """Refused: there is no dict that the keys could be in."""
        raise TypeError(f"cannot create {cls.__name__!r} instances by fromkeys")

    def __contains__(self, key: object) -> bool:
        return any(key in d for d in self.dicts)

    def __getitem__(self, key: K) -> V:
        for d in self.dicts:
            if key in d:
                return d[key]
        raise BadRequestKeyError(key)

    def get(self, key: K, default: t.Any = None, type: Convert | None = None) -> t.Any:
        """The first value that `type` takes; `default` if there is none."""
        found = (d.get(key, MISSING, type) for d in self.dicts)
        return next((value for value in found if value is not MISSING), default)

    def getlist(self, key: K, type: Convert | None = None) -> list[t.Any]:
        """The values in all the dicts."""
        return [value for d in self.dicts for value in d.getlist(key, type)]

    def copy(self) -> MultiDict[K, V]:
        """A MultiDict of what is there now."""
        merged: MultiDict[K, V] = MultiDict()
        for d in self.dicts:
            for key, values in d.lists():
                merged.setlistdefault(key).extend(values)
        return merged

    # A view is no value: what is copied may change.
    __copy__ = MultiDict.__copy__

    if not TYPE_CHECKING:
        __iter__, __len__, keys = map(_merged, ["__iter__", "__len__", "keys"])
        items, lists, listvalues = map(_merged, ["items", "lists", "listvalues"])

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self.copy(), other.copy() if isinstance(other, CombinedMultiDict) else other)

    __ne__ = object.__ne__  # dict's own compares the lists, of which there are none
    __hash__ = ImmutableMultiDictMixin.__hash__  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.dicts!r})"


class OrderedMultiDict(MultiDict[K, V]):
    """A `MultiDict` that also knows in which order the values of different keys came, and compares
    it.
    """

    def __init__(self, mapping: t.Any = None) -> None:
        super().__init__()
        self._pairs: list[tuple[K, V]] = []
        for key, value in iter_multi_items(mapping or ()):
            OrderedMultiDict.add(self, key, value)  # a read-only subclass refuses its own

    def __eq__(self, other: object) -> bool:
        pairs = getattr(other, "_pairs", None)
        return dict.__eq__(self, other) if pairs is None else pairs == self._pairs

    __ne__ = object.__ne__  # dict's own does not ask __eq__

    def __reduce_ex__(self, protocol: t.SupportsIndex) -> t.Any:
        return type(self), (self._pairs,)

    def __setitem__(self, key: K, value: V) -> None:
        self.setlist(key, [value])

    def __delitem__(self, key: K) -> None:
        self.pop(key)

    def items(self, multi: bool = False) -> t.Iterator[tuple[K, V]]:  # type: ignore[override]
        """Pairs of keys and first values; with `multi` every pair, in the order in which they
        came.
        """
        return iter(self._pairs) if multi else super().items()

    def add(self, key: K, value: V) -> None:
        """Append a pair."""
        self._pairs.append((key, value))
        MultiDict.add(self, key, value)

    def setlist(self, key: K, new_list: t.Iterable[V]) -> None:
        """Remove the pairs of the key, append new ones."""
        self.poplist(key)
        for value in new_list:
            self.add(key, value)

    def setlistdefault(self, key: K, default_list: t.Any = None) -> t.NoReturn:
        """Refused: a list that the caller changes would lose its place among the others."""
        raise TypeError("setlistdefault is unsupported for ordered multi dicts")

    def poplist(self, key: K) -> list[V]:
        """Remove the key and return its values."""
        self._pairs = [pair for pair in self._pairs if pair[0] != key]
        return super().poplist(key)

    def clear(self) -> None:
        """Remove everything."""
        self._pairs = []
        super().clear()


class ImmutableOrderedMultiDict(ImmutableMultiDictMixin, OrderedMultiDict[K, V]):
    """A read-only `OrderedMultiDict`."""

    _mutable = OrderedMultiDict

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self._iter_hashitems()))


# -- call-backs


def _reporting(name: str, changes: t.Callable[..., bool] | None = None) -> t.Any:
    """A dict method that calls `on_update` after it; only if `changes(self, key)` held before, if
    given.
    """
    method = getattr(dict, name)

    def report(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        changed = changes is None or changes(self, *args[:1])
        result = method(self, *args, **kwargs)
        if changed and self.on_update is not None:
            self.on_update(self)
        return result

    return update_wrapper(report, method)


class UpdateDictMixin(dict[K, V]):
    """A dict that calls `on_update(self)` after each change."""

    on_update: OnUpdate = None

    if not TYPE_CHECKING:
        __setitem__, __delitem__, __ior__, clear, popitem, update = map(
            _reporting, ["__setitem__", "__delitem__", "__ior__", "clear", "popitem", "update"]
        )
        setdefault = _reporting("setdefault", lambda self, key: key not in self)
        pop = _reporting("pop", lambda self, key: key in self)


class CallbackDict(UpdateDictMixin[K, V]):
    """A dict that calls `on_update(self)` after each change; it starts with `initial`, which is
    none.

    >>> d = CallbackDict({"a": 1}, on_update=print)
    >>> d["b"] = 2
    <CallbackDict {'a': 1, 'b': 2}>
    """

    def __init__(self, initial: t.Any = None, on_update: OnUpdate = None) -> None:
        super().__init__(() if initial is None else initial)
        self.on_update = on_update

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {super().__repr__()}>"


class HeaderSet(HeaderValue, MutableSet[str]):
    """A set of tokens, as in Vary or Allow: ordered, and without regard to case.

    >>> vary = HeaderSet(["Cookie", "Accept"])
    >>> "cookie" in vary, vary.to_header()
    (True, 'Cookie, Accept')
    """

    on_update: OnUpdate = None

    def __init__(self, headers: t.Iterable[str] | None = None, on_update: OnUpdate = None) -> None:
        #: The token in lower case to the token as it was written.
        self._tokens: dict[str, str] = {}
        self.update(headers or ())
        # Not before: what it starts with is no change.
        self.on_update = on_update

    def _report(self) -> None:
        if self.on_update is not None:
            self.on_update(self)

    def add(self, header: str) -> None:
        """Add a token."""
        self.update((header,))

    def update(self, iterable: t.Iterable[str]) -> None:
        """Add all the tokens that are not there yet."""
        before = len(self._tokens)
        for header in iterable:
            self._tokens.setdefault(header.lower(), header)
        if len(self._tokens) > before:
            self._report()

    def discard(self, header: str) -> None:
        """Remove a token if it is there."""
        if self._tokens.pop(header.lower(), None) is not None:
            self._report()

    def find(self, header: str) -> int:
        """The position of a token, -1 if it is not there."""
        return next((index for index, token in enumerate(self._tokens) if token == header.lower()), -1)

    def index(self, header: str) -> int:
        """The position of a token, IndexError if it is not there."""
        position = self.find(header)
        if position < 0:
            raise IndexError(header)
        return position

    def clear(self) -> None:
        """Remove everything."""
        self._tokens.clear()
        self._report()

    def as_set(self, preserve_casing: bool = False) -> set[str]:
        """A plain set of the tokens, in lower case or as they were written."""
        return set(self._tokens.values() if preserve_casing else self._tokens)

    def to_header(self) -> str:
        """The value of the header."""
        return ", ".join(map(quote_header_value, self))

    def __getitem__(self, idx: t.SupportsIndex) -> str:
        return list(self)[idx]

    def __delitem__(self, idx: t.SupportsIndex) -> None:
        self.remove(self[idx])

    def __setitem__(self, idx: t.SupportsIndex, value: str) -> None:
        tokens = list(self)
        tokens[idx] = value
        self._tokens = {token.lower(): token for token in tokens}
        self._report()

    def __contains__(self, header: object) -> bool:
        return isinstance(header, str) and header.lower() in self._tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._tokens.values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


def parse_set_header(value: str | None, on_update: OnUpdate = None) -> HeaderSet:
    """The tokens of a comma-separated list as a set that knows order and disregards case."""
    return HeaderSet(parse_list_header(value) if value else None, on_update)

"""Attributes that are computed on first use.

The rule: a message object stores what it was given and works out the rest when asked. A
`cached_property` defines no `__set__`, so that after the first access the interpreter finds the
value in the instance's `__dict__` and calls nothing at all; assignment and deletion are then those
of any attribute. The two accessor properties are views: they read and write through to the environ
or to the headers, and hold nothing themselves.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .headers import Headers

    T = t.TypeVar("T")

    class _Generic(t.Generic[T]):
        """What the type checker sees: the accessors carry the type of their value."""
else:

    class _Generic:
        """At run time a subscript is the class itself, so that `typing` need not be imported."""

        def __class_getitem__(cls, item: object) -> type:
            return cls


class cached_property(_Generic["T"]):  # noqa: N801 - a decorator, named as functools' is
    """A property that is evaluated once; setting replaces the value, deleting it makes it be
    evaluated again.

    `name` is the key in the instance's `__dict__`; by default the attribute's own name. In a class
    with `__slots__` and no `__dict__` the value goes into the slot `_cache_<name>`, and cannot be
    assigned.
    """

    def __init__(self, fget: t.Callable[[t.Any], T], name: str | None = None, doc: str | None = None) -> None:
        self.fget = fget
        self.__name__ = name or fget.__name__
        self.__doc__ = doc or fget.__doc__
        self.__module__ = fget.__module__
        self._named = name is not None

    def __set_name__(self, owner: type, name: str) -> None:
        # A lambda or a borrowed function does not carry the name that the class gives it.
        if not self._named:
            self.__name__ = name

    # inspect, pydoc and Sphinx ask isinstance(x, property); subclassing it would bring back `__set__`.
    if not TYPE_CHECKING:
        __class__ = property

    if TYPE_CHECKING:

        @t.overload
        def __get__(self, obj: None, owner: type) -> cached_property[T]: ...

        @t.overload
        def __get__(self, obj: object, owner: type | None = None) -> T: ...

    def __get__(self, obj: t.Any, owner: type | None = None) -> t.Any:
        if obj is None:
            return self
        try:
            cache = obj.__dict__
        except AttributeError:
            return self._get_from_slot(obj)
        name = self.__name__
        # Reached with a cached value only through super(), from a subclass that shadows the
        # attribute.
        if name not in cache:
            cache[name] = self.fget(obj)
        return cache[name]

    def _get_from_slot(self, obj: t.Any) -> T:
        slot = f"_cache_{self.__name__}"
        if not hasattr(obj, slot):
            setattr(obj, slot, self.fget(obj))
        return getattr(obj, slot)  # type: ignore[no-any-return]

    if TYPE_CHECKING:
        # A non-data descriptor to the interpreter, an assignable attribute to the type checker.
        def __set__(self, obj: object, value: T) -> None: ...

        def __delete__(self, obj: object) -> None: ...


class _Accessor(_Generic["T"]):
    """A view on one key of a mapping that hangs on the instance; subclasses say on which
    mapping.
    """

    read_only = False

    def __init__(
        self,
        name: str,
        default: T | None = None,
        load_func: t.Callable[[str], T] | None = None,
        dump_func: t.Callable[[t.Any], str] | None = None,
        read_only: bool | None = None,
        doc: str | None = None,
    ) -> None:
        self.name = name
        self.default = default
        self.load_func = load_func
        self.dump_func = dump_func
        if read_only is not None:
            self.read_only = read_only
        self.__doc__ = doc

    def lookup(self, instance: t.Any) -> t.Any:
        """The mapping that holds the value."""
        raise NotImplementedError

    if TYPE_CHECKING:

        @t.overload
        def __get__(self, instance: None, owner: type) -> _Accessor[T]: ...

        @t.overload
        def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: t.Any, owner: type | None = None) -> t.Any:
        if instance is None:
            return self
        value = self.lookup(instance).get(self.name)
        if value is None:
            return self.default
        if self.load_func is None:
            return value
        try:
            return self.load_func(value)
        except (ValueError, TypeError):
            # A header that makes no sense counts as one that was not sent.
            return self.default

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        self._check_writable()
        if self.dump_func is not None:
            value = self.dump_func(value)
        self.lookup(instance)[self.name] = value

    def __delete__(self, instance: t.Any) -> None:
        self._check_writable()
        self.lookup(instance).pop(self.name, None)

    def _check_writable(self) -> None:
        if self.read_only:
            raise AttributeError(f"{self.name!r} is read only: it is what the client sent")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class environ_property(_Accessor["T"]):  # noqa: N801
    """An attribute that reads `obj.environ[name]`; read only unless told otherwise.

    >>> class Probe:
    ...     environ = {"REMOTE_PORT": "8041"}
    ...     port = environ_property("REMOTE_PORT", load_func=int)
    >>> Probe().port
    8041
    """

    read_only = True

    def lookup(self, instance: t.Any) -> dict[str, t.Any]:
        """The WSGI environ."""
        return instance.environ  # type: ignore[no-any-return]


class header_property(_Accessor["T"]):  # noqa: N801
    """An attribute that reads and writes `obj.headers[name]`, parsed by `load_func`, written by
    `dump_func`.
    """

    def lookup(self, instance: t.Any) -> Headers:
        """The headers of the message."""
        return instance.headers  # type: ignore[no-any-return]

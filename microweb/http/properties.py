"""Attributes that are computed on first use.

The rule: a message object stores what it was given and works out the rest when asked. A `cached_property`
defines no `__set__`, so that after the first access the interpreter finds the value in the instance's
`__dict__` and calls nothing at all; assignment and deletion are then those of any attribute. The accessor
properties are views: they read and write through to the environ or to the headers, and hold nothing
themselves.

What parses a header may be named by a string, `module.function` of this folder. It is imported when the first
header of its kind is read: most requests have one or two of thirty.
"""

from __future__ import annotations

from functools import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from functools import cached_property as cached_property

    Function = t.Union[str, t.Callable[..., t.Any], None]


@cache
def resolve(function: t.Any) -> t.Any:
    """What a string like `dates.parse_date` names in this folder; anything else is itself."""
    if not isinstance(function, str):
        return function
    # __import__, as importlib is a module more; cached, as a header is read more than once.
    module, *names = function.split(".")
    found = __import__(module, globals(), fromlist=names[:1], level=1)
    for name in names:
        found = getattr(found, name)
    return found


if not TYPE_CHECKING:  # to the type checker it is functools', whose promises it keeps

    class cached_property:  # noqa: N801 - a decorator, named as functools' is
        """A property that is evaluated once; setting replaces the value, deleting it makes it be
        evaluated again.

        `name` is the key in the instance's `__dict__`; by default the attribute's own name. In a
        class with `__slots__` and no `__dict__` the value goes into the slot `_cache_<name>`, and
        cannot be assigned.
        """

        # inspect, pydoc and Sphinx ask isinstance(x, property); subclassing it would bring back
        # `__set__`.
        __class__ = property

        def __init__(self, fget, name=None, doc=None):
            self.fget = fget
            self.__name__ = name or fget.__name__
            self.__doc__ = doc or fget.__doc__
            self.__module__ = fget.__module__
            self._named = name is not None

        def __set_name__(self, owner, name):
            # A lambda or a borrowed function does not carry the name that the class gives it.
            if not self._named:
                self.__name__ = name

        def __get__(self, obj, owner=None):
            if obj is None:
                return self
            name = self.__name__
            cache = getattr(obj, "__dict__", None)
            if cache is None:
                if not hasattr(obj, f"_cache_{name}"):
                    setattr(obj, f"_cache_{name}", self.fget(obj))
                return getattr(obj, f"_cache_{name}")
            # Reached with a cached value only through super(), from a subclass that shadows it.
            if name not in cache:
                cache[name] = self.fget(obj)
            return cache[name]


def parsed_header(name: str, parse: Function, *args: t.Any) -> t.Any:
    """A cached attribute: a header of `self.headers`, or None, put through `parse(value, *args)`."""
    return cached_property(lambda self: resolve(parse)(self.headers.get(name), *map(resolve, args)))


class _Accessor:
    """A view on one key of a mapping that hangs on the instance; subclasses say on which mapping."""

    read_only = False
    #: The instance's attribute that holds the mapping.
    lookup_name = ""

    def __class_getitem__(cls, item: object) -> type[_Accessor]:
        # A subscript, which says of what type the value is, is the class itself.
        return cls

    def __init__(
        self,
        name: str,
        default: t.Any = None,
        load_func: Function = None,
        dump_func: Function = None,
        read_only: bool | None = None,
        doc: str | None = None,
    ) -> None:
        self.name = name
        self.default = default
        self.load_func = load_func
        self.dump_func = dump_func
        # The class says what is usual for its kind.
        self.read_only = self.read_only if read_only is None else read_only
        self.__doc__ = doc

    def lookup(self, instance: t.Any) -> t.Any:
        """The mapping that holds the value."""
        return getattr(instance, self.lookup_name)

    def __get__(self, instance: t.Any, owner: type | None = None) -> t.Any:
        if instance is None:
            return self
        value = self.lookup(instance).get(self.name)
        if value is None:
            return self.default
        if self.load_func is None:
            return value
        try:
            # Parsed each time: the header is the only state, and it may have changed.
            return resolve(self.load_func)(value)
        except (ValueError, TypeError):
            # A header that makes no sense counts as one that was not sent.
            return self.default

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        if self.read_only:
            raise AttributeError(f"{self.name!r} is read only: it is what the client sent")
        if self.dump_func is not None and value is not None:
            value = resolve(self.dump_func)(value)
        # None is what a missing one reads as, so writing it removes it: never a header that says "None".
        if value is None:
            self.lookup(instance).pop(self.name, None)
        else:
            self.lookup(instance)[self.name] = value

    def __delete__(self, instance: t.Any) -> None:
        self.__set__(instance, None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class environ_property(_Accessor):  # noqa: N801
    """An attribute that reads `obj.environ[name]`; read only unless told otherwise.

    >>> class Probe:
    ...     environ = {"REMOTE_PORT": "8041"}
    ...     port = environ_property("REMOTE_PORT", load_func=int)
    >>> Probe().port
    8041
    """

    read_only = True
    lookup_name = "environ"


class header_property(_Accessor):  # noqa: N801
    """An attribute that reads and writes `obj.headers[name]`, parsed by `load_func`, written by
    `dump_func`.
    """

    lookup_name = "headers"


class live_header(header_property):  # noqa: N801
    """A header whose value may be changed in place: `load_func(text_or_none, on_update)` makes one.

    Assign a value of that kind, a string, or something empty to remove the header.
    """

    def __get__(self, instance: t.Any, owner: type | None = None) -> t.Any:
        if instance is None:
            return self
        headers = instance.headers

        def on_update(value: t.Any) -> None:
            self._store(headers, value)

        value = resolve(self.load_func)(headers.get(self.name), on_update)
        return resolve(self.default)(None, None, None, on_update=on_update) if value is None else value

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        self._store(instance.headers, value)

    def _store(self, headers: t.Any, value: t.Any) -> None:
        # An empty set or policy says nothing: no header says the same.
        if not value:
            headers.pop(self.name, None)
        elif hasattr(value, "to_header"):
            headers[self.name] = value.to_header()
        else:
            headers[self.name] = value if isinstance(value, str) else resolve("options.dump_header")(value)

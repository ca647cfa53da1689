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

from functools import cache, partial
from operator import attrgetter

from .jsonbody import StrictJSON

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from functools import cached_property as cached_property

    from .datastructures import CallbackDict

    Function = t.Union[str, t.Callable[..., t.Any], None]
    Self = t.TypeVar("Self", bound="Message")


@cache
def resolve(function: t.Any) -> t.Any:
    """What a string like `dates.parse_date` names in this folder; anything else is itself."""
    if not isinstance(function, str):
        return function
    # __import__, as importlib is a module more; cached, as a header is read more than once.
    module, _, name = function.partition(".")
    return attrgetter(name)(__import__(module, globals(), fromlist=[name], level=1))


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
            self._name = name
            self.__name__ = name or fget.__name__
            self.__doc__ = doc or fget.__doc__
            self.__module__ = fget.__module__

        def __set_name__(self, owner, name):
            # A lambda or a borrowed function does not carry the name that the class gives it.
            self.__name__ = self._name or name

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
        self.name, self.default = name, default
        self.load_func, self.dump_func = load_func, dump_func
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
        return resolve(self.load_func)(headers.get(self.name), partial(self._store, headers))

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


class challenge_header(live_header):  # noqa: N801
    """A header of challenges; a list of them makes a line each."""

    def __set__(self, instance: t.Any, value: t.Any) -> None:
        # Not one line for all: clients that split it at commas find commas in the parameters too.
        values = value if isinstance(value, list) else [value] if value else []
        instance.headers.setlist(self.name, [each.to_header() for each in values])
        if value is not values and value:
            value._on_update = partial(self._store, instance.headers)


class Message:
    """What a request and a response have in common."""

    #: Anything with `loads`.
    json_module: t.Any = StrictJSON

    @property
    def is_json(self: t.Any) -> bool:
        """Whether the content type is JSON."""
        mimetype = self.mimetype or ""
        # Exactly these: a form can send neither of them (CVE-2014-3137).
        is_kin = mimetype.startswith("application/") and mimetype.endswith("+json")
        return is_kin or mimetype == "application/json"

    @property
    def json(self: t.Any) -> t.Any:
        """The body parsed as JSON: `get_json()`, which says what happens if it is none."""
        return self.get_json()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self: t.Any, *exc_info: object) -> None:
        self.close()


class WritableContentType:
    """`content_type` in parts, for what has headers to be changed: responses, and requests in the making."""

    content_type: t.Any

    @property
    def mimetype(self) -> str | None:
        """The content type without its parameters; assigning text types adds the charset."""
        # Of the property, which may know a type that no header says yet.
        value = self.content_type
        return value.partition(";")[0].strip() if value else None

    @mimetype.setter
    def mimetype(self, value: str) -> None:
        self.content_type = get_content_type(value, "utf-8")

    @property
    def mimetype_params(self) -> CallbackDict[str, str]:
        """The parameters of the content type; changing the dict changes the header."""
        from .datastructures import CallbackDict
        from .options import dump_options_header, parse_options_header

        def on_update(params: t.Any) -> None:
            self.content_type = dump_options_header(self.mimetype, params)

        return CallbackDict(parse_options_header(self.content_type)[1], on_update)


#: Types with a charset parameter, besides `text/*` and `*+xml`: IANA's registrations that define
#: one.
_CHARSET_MIMETYPES = frozenset(
    f"application/{name}"
    for name in ("ecmascript", "javascript", "sql", "xml", "xml-dtd", "xml-external-parsed-entity")
)


def get_content_type(mimetype: str, charset: str) -> str:
    """A media type with its charset, if it is a textual one.

    >>> get_content_type("text/html", "utf-8"), get_content_type("image/png", "utf-8")
    ('text/html; charset=utf-8', 'image/png')
    """
    # Others, JSON among them, define their own encoding; a charset would mean nothing (RFC 8259 11).
    if mimetype.startswith("text/") or mimetype in _CHARSET_MIMETYPES or mimetype.endswith("+xml"):
        return f"{mimetype}; charset={charset}"
    return mimetype

"""Names for what belongs to the current thread or task: Local, LocalStack, and proxies to them.

The rule: *one name, as many objects as there are contexts*. ``request`` is imported once and used
in every thread; a :class:`LocalProxy` hands each operation on to the object that is bound where it
is used, and says what is missing if there is none.

The theory: `contextvars` keep a value a thread, greenlet or asyncio task, and a token undoes a
change; everything here stands on them. Two of Python's doors have to be forwarded. Attributes asked
by name go through one method, ``__getattribute__``: it is called before Python looks at the class,
so that a proxy costs one call (a ``__getattr__`` costs three times that, as it is tried last).
Operations never ask an instance but its type (``len(p)`` calls ``type(p).__len__``), so the type
needs a method for each: they are made from tables.

>>> from contextvars import ContextVar
>>> variable = ContextVar("user")
>>> user = LocalProxy(variable, unbound_message="nobody is logged in")
>>> user.title()
Traceback (most recent call last):
RuntimeError: nobody is logged in
>>> token = variable.set("ada")
>>> user.title(), user + "!", len(user), isinstance(user, str)
('Ada', 'ada!', 3, True)
"""

from __future__ import annotations

import math
import operator
from contextvars import ContextVar
from functools import partial, update_wrapper
from types import GenericAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from typing import Generic, TypeVar

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    T = TypeVar("T")
    Source = t.Union[ContextVar[T], "Local", "LocalStack[T]", t.Callable[[], T]]
else:
    # Bases that can be subscripted, without the cost of importing typing.
    T = "T"
    Generic = {T: object}


def release_local(local: Local | LocalStack[t.Any]) -> None:
    """Forget what *local* holds in the current context."""
    local.__release_local__()


class Local:
    """A namespace whose attributes are seen only in the context that set them.

    Calling it with an attribute's name makes a proxy to that attribute. The names are kept in one
    dict a context, copied when it changes: a child context starts with its parent's dict and must
    not write into it.
    """

    __slots__ = ("__storage",)
    __storage: ContextVar[dict[str, t.Any]]

    def __init__(self, context_var: ContextVar[dict[str, t.Any]] | None = None) -> None:
        variable = context_var or ContextVar(f"Local<{id(self)}>.storage")
        # Past __setattr__, which would look for the storage.
        object.__setattr__(self, "_Local__storage", variable)

    def __iter__(self) -> t.Iterator[tuple[str, t.Any]]:
        return iter(self.__storage.get({}).items())

    def __call__(self, name: str, *, unbound_message: str | None = None) -> LocalProxy[t.Any]:
        return LocalProxy(self, name, unbound_message=unbound_message)

    def __release_local__(self) -> None:
        self.__storage.set({})

    def __getattr__(self, name: str) -> t.Any:
        try:
            return self.__storage.get({})[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: t.Any) -> None:
        self.__storage.set({**self.__storage.get({}), name: value})

    def __delattr__(self, name: str) -> None:
        self.__getattr__(name)  # AttributeError if it is not there
        self.__storage.set({key: value for key, value in self if key != name})


class LocalStack(Generic[T]):
    """A stack of its own in each context. Calling it makes a proxy to its top, or to an attribute
    of the top."""

    __slots__ = ("_storage",)
    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]

    def __init__(self, context_var: ContextVar[list[T]] | None = None) -> None:
        self._storage = context_var or ContextVar(f"LocalStack<{id(self)}>.storage")

    def __release_local__(self) -> None:
        self._storage.set([])

    def push(self, obj: T) -> list[T]:
        """Put *obj* on top; returns the new stack."""
        # A new list each time: whoever copied the context must not see what is pushed here.
        stack = [*self._storage.get([]), obj]
        self._storage.set(stack)
        return stack

    def pop(self) -> T | None:
        """Take the top away and return it; None if there is none."""
        top, stack = self.top, self._storage.get([])
        # A new list: the context that this one was copied from still has the old one.
        self._storage.set(stack[:-1])
        return top

    @property
    def top(self) -> T | None:
        """The item on top; None if there is none."""
        stack = self._storage.get([])
        return stack[-1] if stack else None

    def __call__(self, name: str | None = None, *, unbound_message: str | None = None) -> LocalProxy[t.Any]:
        return LocalProxy(self, name, unbound_message=unbound_message)


class _Released:
    """A response body that, when it is closed, cleans up behind it."""

    def __init__(self, body: t.Iterable[bytes], cleanup: t.Callable[[], None]) -> None:
        self.body, self.cleanup = body, cleanup

    def __iter__(self) -> t.Iterator[bytes]:
        return iter(self.body)

    def close(self) -> None:
        try:
            getattr(self.body, "close", bool)()
        finally:
            self.cleanup()


class LocalManager:
    """Releases several locals at the end of each request of a WSGI application."""

    __slots__ = ("locals",)

    def __init__(self, locals: t.Any = None) -> None:
        # A Local can be iterated over as well: over its values.
        self.locals = [locals] if isinstance(locals, (Local, LocalStack)) else list(locals or ())

    def cleanup(self) -> None:
        """Release all of them in the current context."""
        for local in self.locals:
            release_local(local)

    def make_middleware(self, app: WSGIApplication) -> WSGIApplication:
        """*app*, cleaned up after when the body of its response is closed."""

        def application(environ: WSGIEnvironment, start_response: StartResponse) -> t.Iterable[bytes]:
            return _Released(app(environ, start_response), self.cleanup)

        return application

    def middleware(self, func: WSGIApplication) -> WSGIApplication:
        """:meth:`make_middleware` as a decorator: the result keeps the function's name and doc."""
        return update_wrapper(self.make_middleware(func), func)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} storages: {len(self.locals)}>"


def _reader(source: t.Any, name: str | None, message: str) -> t.Callable[[], t.Any]:
    """A function that fetches what *source* stands for now, or raises RuntimeError(*message*)."""
    pick = None if name is None else operator.attrgetter(name)
    missing: type[Exception] = LookupError
    read: t.Callable[[], t.Any]
    if isinstance(source, Local):
        if pick is None:
            raise TypeError("a proxy to a Local needs 'name': the attribute that it stands for")
        read, pick, missing = partial(pick, source), None, AttributeError
    elif isinstance(source, LocalStack):
        read = lambda: source._storage.get()[-1]  # an IndexError is a LookupError, too
    elif isinstance(source, ContextVar):
        read = source.get
        if pick is None:
            return read  # the shortest way, as most proxies are this; `_unbound` explains its error
    elif callable(source):
        return source if pick is None else lambda: pick(source())
    else:
        raise TypeError(
            f"cannot proxy {type(source).__name__!r} objects: a proxy stands for a ContextVar, a"
            " Local's attribute, a LocalStack or what a function returns"
        )

    def current() -> t.Any:
        try:
            obj = read()
        except missing:
            raise RuntimeError(message) from None
        return obj if pick is None else pick(obj)

    return current


def _unbound(proxy: LocalProxy[t.Any], fallback: t.Any, error: Exception) -> t.Any:
    """What the proxy does without an object: *fallback*, if there is one, or an explaining error.

    A LookupError of the variable itself means "unbound"; any other is the source's own and goes on.
    """
    # The type, not isinstance: a KeyError comes from the function that was proxied.
    source = _source_of(proxy)
    # PyPy's says nothing, where CPython's names the variable.
    is_unset = isinstance(source, ContextVar) and error.args in ((source,), ())
    if is_unset and type(error) is LookupError:
        error = RuntimeError(_message_of(proxy))
    if fallback is None or not isinstance(error, RuntimeError):
        raise error from None
    return fallback(proxy)


def _attribute_method(own: frozenset[str]) -> t.Callable[[t.Any, str], t.Any]:
    """``__getattribute__`` of a proxy class that itself has the attributes *own*."""

    def __getattribute__(self: LocalProxy[t.Any], name: str) -> t.Any:
        if name in own:
            return object.__getattribute__(self, name)
        try:
            obj = _reader_of(self)()
        except (LookupError, RuntimeError) as error:
            # Introspection asks for __class__, __doc__, __module__ and more of whatever it meets;
            # what the class of the proxy has answers it.
            asks_class = name[:2] == "__" and (name == "__wrapped__" or hasattr(type(self), name))
            fallback = partial(_attribute_of_proxy, name=name) if asks_class else None
            return _unbound(self, fallback, error)
        return getattr(obj, name)

    return __getattribute__


def _attribute_of_proxy(proxy: LocalProxy[t.Any], name: str) -> t.Any:
    return _source_of(proxy) if name == "__wrapped__" else object.__getattribute__(proxy, name)


def _forward(operation: t.Callable[..., t.Any], fallback: t.Any = None) -> t.Any:
    """A method that does *operation* on the current object."""

    def method(self: LocalProxy[t.Any], *args: t.Any) -> t.Any:
        try:
            obj = _reader_of(self)()
        except (LookupError, RuntimeError) as error:
            return _unbound(self, fallback, error)
        return operation(obj, *args)

    return method


def _forward_in_place(operation: t.Callable[..., t.Any]) -> t.Any:
    """A method that changes the current object. The proxy is what the name stays bound to."""

    def method(self: LocalProxy[t.Any], other: t.Any) -> t.Any:
        operation(self._get_current_object(), other)
        return self

    return method


def _by_name(name: str) -> t.Callable[..., t.Any]:
    return lambda obj, *args: getattr(obj, name)(*args)


def _copier(name: str) -> t.Callable[..., t.Any]:
    # Not imported for a request: hardly any copies a proxy.
    return lambda obj, *args: getattr(__import__("copy"), name)(obj, *args)


def _forwarded_methods() -> dict[str, t.Any]:
    """The special methods of a proxy, by name.

    What has no place here: ``__del__``, ``__slots__`` and the descriptor protocol are the proxy's
    own, pickling fetches its methods by name.
    """
    operations = {**_OPERATIONS, **{operation.__name__: operation for operation in _BUILTINS}}
    operations.update((name, _by_name(f"__{name}__")) for name in _PROTOCOLS.split())
    for word in _OPERATORS.split():
        operations[word.strip("_")] = getattr(operator, word)
    # Only what Python looks up on types; plain names go through __getattribute__.
    methods = {f"__{name}__": _forward(op, _FALLBACKS.get(name)) for name, op in operations.items()}
    for word in _ARITHMETIC.split():
        name = word.strip("_")
        # The built-in pow takes a modulus, and operator has no divmod.
        operation: t.Any = {"pow": pow, "divmod": divmod}.get(name) or getattr(operator, word)
        methods[f"__{name}__"] = _forward(operation)
        methods[f"__r{name}__"] = _forward(lambda obj, other, *, do=operation: do(other, obj))
        # There is no in-place divmod.
        if name != "divmod":
            methods[f"__i{name}__"] = _forward_in_place(getattr(operator, f"i{name}"))
    return methods


_OPERATORS = "lt le eq ne gt ge getitem setitem delitem contains length_hint neg pos invert index"
_ARITHMETIC = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and_ xor or_"
_PROTOCOLS = "enter exit await aiter anext aenter aexit"
_BUILTINS: tuple[t.Any, ...] = (
    *(str, bytes, format, hash, len, iter, next, reversed, abs, complex, int, float, round),
    *(repr, bool, dir, setattr, delattr, math.trunc, math.floor, math.ceil),
)
_OPERATIONS: dict[str, t.Callable[..., t.Any]] = {
    "instancecheck": lambda obj, instance: isinstance(instance, obj),
    "subclasscheck": lambda obj, subclass: issubclass(subclass, obj),
    "copy": _copier("copy"),
    "deepcopy": _copier("deepcopy"),
}
#: What debuggers and templates ask of whatever they meet has an answer without an object, too.
_FALLBACKS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "repr": lambda proxy: f"<{type(proxy).__name__} unbound>",
    "bool": lambda proxy: False,
    "dir": lambda proxy: [],
    # Searching a list for something must not fail at a proxy that lies in it.
    "eq": lambda proxy: NotImplemented,
    "ne": lambda proxy: NotImplemented,
}


class LocalProxy(Generic[T]):
    """A proxy to what *local* holds in the current context.

    *local* is a ContextVar, a :class:`Local`, a :class:`LocalStack`, or a function that returns the
    object; *name* is an attribute of it to stand for instead, *unbound_message* what the
    RuntimeError says if there is nothing. A LocalProxy passes for the object (with ``isinstance``,
    too); only ``type()`` and :meth:`_get_current_object` tell them apart. Nearest to the bare
    object in speed is a proxy to a ContextVar without a name.
    """

    __slots__ = ("_read", "_source", "_message")
    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]
    __getattribute__ = _attribute_method(frozenset(["_get_current_object"]))
    vars().update(_forwarded_methods())

    def __init__(
        self, local: Source[T], name: str | None = None, *, unbound_message: str | None = None
    ) -> None:
        message = "object is not bound" if unbound_message is None else unbound_message
        # Past the forwarded __setattr__, which would write to the object.
        object.__setattr__(self, "_read", _reader(local, name, message))
        object.__setattr__(self, "_source", local)
        object.__setattr__(self, "_message", message)

    def __init_subclass__(cls) -> None:
        # What a subclass defines is its own, and not asked of the object.
        own = {name for base in cls.__mro__[:-1] for name in vars(base) if name[:2] != "__"}
        if "__getattribute__" not in vars(cls):
            cls.__getattribute__ = _attribute_method(frozenset(own))  # type: ignore

    # Not from the tables: `_forward` hands no keywords on, which makes all others faster.
    def __call__(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        return self._get_current_object()(*args, **kwargs)  # type: ignore[operator]

    def _get_current_object(self) -> T:
        """The object itself, for what must not see a proxy, or uses it so often that it counts."""
        try:
            return _reader_of(self)()  # type: ignore[no-any-return]
        except (LookupError, RuntimeError) as error:
            return _unbound(self, None, error)  # type: ignore[no-any-return]


# Slots are read through their descriptors: asking the proxy would ask the object.
_reader_of = LocalProxy._read.__get__  # type: ignore[attr-defined]
_source_of = LocalProxy._source.__get__  # type: ignore[attr-defined]
_message_of = LocalProxy._message.__get__  # type: ignore[attr-defined]

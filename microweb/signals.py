"""Signals: a part announces what happened, and whoever subscribed is called.

The rule: a sender knows no receiver. Receivers are held weakly unless told otherwise, are called
once however often they subscribed, and can be bound to one sender. `signal.receivers` is a plain
dict, so that a sender can test `if signal.receivers:` and pay nothing when nobody listens.

The API is blinker's. The application's own signals stand at the end, in a namespace of their own;
their sender is always the application itself, never a proxy.
"""

from __future__ import annotations

import sys
import weakref
from collections import defaultdict
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from types import MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    Receiver = c.Callable[..., t.Any]
    R = t.TypeVar("R", bound=Receiver)
    Results = list[tuple[Receiver, t.Any]]
    Ids = dict[c.Hashable, set[t.Any]]

_CO_COROUTINE = 0x80  # inspect.CO_COROUTINE; inspect itself is slow to import
_ANY_ID = 0


class Symbol:
    """A named constant: the same name gives the same object, through pickle as well."""

    symbols: t.ClassVar[dict[str, Symbol]] = {}

    def __new__(cls, name: str) -> Symbol:
        """Return the one symbol of that name."""
        # In one step, or two threads would get two symbols.
        return cls.symbols.setdefault(name, super().__new__(cls))

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __getnewargs__(self) -> tuple[str]:
        return (self.name,)


ANY = Symbol("ANY")


def make_id(obj: object) -> c.Hashable:
    """Return what identifies a receiver or sender for as long as it lives.

    A bound method is a new object at each look-up, so its parts count; equal strings and numbers
    are the same sender; of everything else the instance counts, hashable or not.
    """
    if isinstance(obj, MethodType):
        return id(obj.__func__), id(obj.__self__)
    # Two equal strings need not be one object, and mean the same sender.
    if isinstance(obj, (str, int)):
        return obj
    return id(obj)


def make_ref(obj: t.Any, callback: t.Any = None) -> weakref.ref[t.Any]:
    """Return a weak reference that survives the bound method object itself."""
    kind = weakref.WeakMethod if isinstance(obj, MethodType) else weakref.ref
    return kind(obj, callback)


def _sender_id(sender: t.Any) -> c.Hashable:
    return _ANY_ID if sender is ANY else make_id(sender)


def _is_coroutine_function(obj: t.Any) -> bool:
    """inspect.iscoroutinefunction, without inspect: methods pass on both attributes."""
    while hasattr(obj, "func") and hasattr(obj, "keywords"):  # functools.partial
        obj = obj.func
    flags = getattr(getattr(obj, "__code__", None), "co_flags", 0)
    return bool(flags & _CO_COROUTINE) or hasattr(obj, "_is_coroutine_mark")


class Signal:
    """One kind of event. `connect` receivers to it; `send` calls them."""

    ANY = ANY
    #: The set that holds ids of receivers; an ordered one makes the order of calls known.
    set_class: type[set[t.Any]] = set

    def __init__(self, doc: str | None = None) -> None:
        if doc:
            self.__doc__ = doc
        #: id of the receiver -> the receiver, or a weak reference to it.
        self.receivers: dict[c.Hashable, t.Any] = {}
        self.is_muted = False
        # Both ways, so that neither a vanished receiver nor a vanished sender costs a search.
        self._by_receiver: Ids = defaultdict(self.set_class)
        self._by_sender: Ids = defaultdict(self.set_class)
        # A sender that vanished must not leave its receivers to the next object with its id.
        self._weak_senders: dict[c.Hashable, weakref.ref[t.Any]] = {}

    @cached_property
    def receiver_connected(self) -> Signal:
        """Sent after each `connect`, with its arguments; the sender is this signal."""
        return Signal("Sent after a receiver connects.")

    @cached_property
    def receiver_disconnected(self) -> Signal:
        """Sent after each `disconnect`; not when a weak receiver or sender just vanishes."""
        return Signal("Sent after a receiver disconnects.")

    def connect(self, receiver: R, sender: t.Any = ANY, weak: bool = True) -> R:
        """Call `receiver(sender, **kwargs)` when `sender`, or any, sends. Returns `receiver`.

        A receiver made inside a function vanishes with it unless `weak` is false.
        """
        receiver_id, sender_id = make_id(receiver), _sender_id(sender)
        forget = partial(self._forget_receiver, receiver_id)
        self.receivers[receiver_id] = make_ref(receiver, forget) if weak else receiver
        self._by_sender[sender_id].add(receiver_id)
        self._by_receiver[receiver_id].add(sender_id)
        if sender is not ANY and sender_id not in self._weak_senders:
            with suppress(TypeError):  # a string or another object that no weak reference can watch
                self._weak_senders[sender_id] = make_ref(sender, partial(self._forget_sender, sender_id))
        self._announce("receiver_connected", receiver=receiver, sender=sender, weak=weak)
        return receiver

    def _announce(self, name: str, **kwargs: t.Any) -> None:
        """Send one of the signal's own signals, if anybody ever asked for it."""
        own = self.__dict__.get(name)
        if own is not None and own.receivers:
            own.send(self, **kwargs)

    def connect_via(self, sender: t.Any, weak: bool = False) -> c.Callable[[R], R]:
        """Decorate a receiver: `connect` it to `sender`, strongly."""

        def decorator(receiver: R) -> R:
            return self.connect(receiver, sender, weak)

        return decorator

    @contextmanager
    def connected_to(self, receiver: Receiver, sender: t.Any = ANY) -> c.Iterator[None]:
        """Connect `receiver` for the time of a `with` block."""
        # Strongly: nobody else may hold a function made for the block.
        self.connect(receiver, sender=sender, weak=False)
        try:
            yield
        finally:
            self.disconnect(receiver)

    temporarily_connected_to = connected_to  # its old name

    @contextmanager
    def muted(self) -> c.Iterator[None]:
        """Call nobody for the time of a `with` block."""
        self.is_muted = True
        try:
            yield
        finally:
            self.is_muted = False

    def send(self, sender: t.Any = None, /, *, _async_wrapper: t.Any = None, **kwargs: t.Any) -> Results:
        """Call all receivers for `sender`; return pairs of receiver and result.

        What a receiver raises propagates. `_async_wrapper` turns coroutine functions into
        plain ones; without it they are a RuntimeError.
        """
        if not self.receivers:
            return []  # most signals of most applications, all the time
        calls = self._calls(sender, _async_wrapper, False)
        return [(receiver, call(sender, **kwargs)) for receiver, call in calls]

    async def send_async(
        self, sender: t.Any = None, /, *, _sync_wrapper: t.Any = None, **kwargs: t.Any
    ) -> Results:
        """Await all receivers for `sender`, one after the other; see `send`."""
        calls = self._calls(sender, _sync_wrapper, True)
        return [(receiver, await call(sender, **kwargs)) for receiver, call in calls]

    def _calls(self, sender: t.Any, wrapper: t.Any, awaited: bool) -> c.Iterator[tuple[Receiver, Receiver]]:
        """Yield each receiver, and what to call for it: itself, or wrapped into the other kind."""
        for receiver in () if self.is_muted else self.receivers_for(sender):
            if _is_coroutine_function(receiver) is awaited:
                yield receiver, receiver
            elif wrapper is not None:
                yield receiver, wrapper(receiver)
            else:
                article, other = ("non-", "send()") if awaited else ("", "send_async()")
                raise RuntimeError(
                    f"Cannot send to the {article}coroutine function {receiver!r}."
                    f" Use {other}, or pass a wrapper that turns it into the other kind."
                )

    def has_receivers_for(self, sender: t.Any) -> bool:
        """Say whether `sender` may have receivers; dead weak ones are not sorted out."""
        known = self._by_sender
        return bool(self.receivers and (known[_ANY_ID] or make_id(sender) in known))

    def receivers_for(self, sender: t.Any) -> c.Iterator[Receiver]:
        """Yield the living receivers for `sender` and for any; the dead are disconnected."""
        # A new set: receivers may connect and disconnect while they are called. Not asked by index,
        # which would leave an empty set behind for each sender that ever was.
        ids = self._by_sender[_ANY_ID] | self._by_sender.get(make_id(sender), self.set_class())
        for receiver_id in ids:
            receiver = self.receivers.get(receiver_id)
            if isinstance(receiver, weakref.ref):
                receiver = receiver()
                if receiver is None:
                    self._disconnect(receiver_id, _ANY_ID)
            if receiver is not None:
                yield receiver

    def disconnect(self, receiver: Receiver, sender: t.Any = ANY) -> None:
        """Stop calling `receiver` for `sender`, or altogether."""
        self._disconnect(make_id(receiver), _sender_id(sender))
        self._announce("receiver_disconnected", receiver=receiver, sender=sender)

    def _disconnect(self, receiver_id: c.Hashable, sender_id: c.Hashable) -> None:
        if sender_id != _ANY_ID:
            self._by_sender[sender_id].discard(receiver_id)
            self._by_receiver[receiver_id].discard(sender_id)
            return
        for known in self._by_receiver.pop(receiver_id, ()):
            self._by_sender[known].discard(receiver_id)
        self.receivers.pop(receiver_id, None)

    def _forget_receiver(self, receiver_id: c.Hashable, ref: weakref.ref[t.Any]) -> None:
        # While the interpreter dies, half of this module may be gone already.
        if not sys.is_finalizing():
            self._disconnect(receiver_id, _ANY_ID)

    def _forget_sender(self, sender_id: c.Hashable, ref: weakref.ref[t.Any]) -> None:
        self._weak_senders.pop(sender_id, None)
        # The receiver stays known: it may be connected to other senders.
        for receiver_id in self._by_sender.pop(sender_id, ()):
            self._by_receiver[receiver_id].discard(sender_id)

    def _cleanup_bookkeeping(self) -> None:
        """Drop the empty sets that short-lived pairs leave behind. Not thread-safe."""
        for mapping in (self._by_sender, self._by_receiver):
            for ident in [ident for ident, bucket in mapping.items() if not bucket]:
                mapping.pop(ident, None)

    def _clear_state(self) -> None:
        """Disconnect everything. For tests."""
        for mapping in (self._weak_senders, self.receivers, self._by_sender, self._by_receiver):
            mapping.clear()


class NamedSignal(Signal):
    """A signal that shows its name."""

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(doc)
        self.name = name

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}; {self.name!r}>"


class Namespace(dict):  # type: ignore[type-arg]  # of str to NamedSignal
    """Signals by name."""

    def signal(self, name: str, doc: str | None = None) -> NamedSignal:
        """Return the signal of that name; the first call makes it."""
        if name not in self:
            self.setdefault(name, NamedSignal(name, doc))  # at once, or two threads get two signals
        return self[name]  # type: ignore[no-any-return]


default_namespace = Namespace()
signal = default_namespace.signal

# What the application itself sends; the keyword arguments stand in docs/parts/signals.md.
_signals = Namespace()
template_rendered = _signals.signal("template-rendered")
before_render_template = _signals.signal("before-render-template")
request_started = _signals.signal("request-started")
request_finished = _signals.signal("request-finished")
request_tearing_down = _signals.signal("request-tearing-down")
got_request_exception = _signals.signal("got-request-exception")
appcontext_tearing_down = _signals.signal("appcontext-tearing-down")
appcontext_pushed = _signals.signal("appcontext-pushed")
appcontext_popped = _signals.signal("appcontext-popped")
message_flashed = _signals.signal("message-flashed")

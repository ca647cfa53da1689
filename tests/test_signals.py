"""signals: connecting, sending and forgetting."""

from __future__ import annotations

import asyncio
import functools
import gc
import pickle

import pytest

from microweb import signals
from microweb.signals import ANY, NamedSignal, Namespace, Signal


@pytest.fixture
def sig():
    return Signal()


@pytest.fixture
def calls():
    return []


@pytest.fixture
def listen(calls):
    def receiver(sender, **kwargs):
        calls.append((sender, kwargs))
        return len(calls)

    return receiver


class Thing:
    def __init__(self):
        self.heard = []

    def hear(self, sender):
        self.heard.append(sender)


def test_send(sig, calls, listen):
    assert sig.send("me") == []
    assert sig.connect(listen) is listen
    assert sig.send("me", a=1) == [(listen, 1)]
    assert sig.send() == [(listen, 2)]
    assert calls == [("me", {"a": 1}), (None, {})]


def test_receivers_is_a_plain_dict_to_be_tested(sig, listen):
    assert type(sig.receivers) is dict and not sig.receivers
    sig.connect(listen)
    assert sig.receivers
    sig.disconnect(listen)
    assert not sig.receivers


def test_a_receiver_is_called_once_however_often_it_subscribed(sig, calls, listen):
    for sender in (ANY, ANY, "me", 7):
        sig.connect(listen, sender)
    sig.send("me")
    assert len(calls) == 1


@pytest.mark.parametrize("sender", ["name", 10**20, Thing()])
def test_one_sender(sig, calls, listen, sender):
    sig.connect(listen, sender=sender)
    sig.send("other")
    sig.send(Thing())
    assert not calls
    sig.send(int(str(sender)) if isinstance(sender, int) else sender)
    assert len(calls) == 1
    sig.disconnect(listen, sender)
    sig.send(sender)
    assert len(calls) == 1


def test_weak_by_default(sig):
    def connect(weak):
        sig.connect(lambda sender: 1, weak=weak)

    connect(weak=True)
    gc.collect()
    assert not sig.receivers and sig.send() == []
    connect(weak=False)
    gc.collect()
    assert [result for _, result in sig.send()] == [1]


def test_bound_methods(sig):
    thing = Thing()
    sig.connect(thing.hear)
    sig.connect(thing.hear)
    sig.send(1)
    assert thing.heard == [1]
    sig.disconnect(thing.hear)
    sig.connect(thing.hear)
    del thing
    gc.collect()
    assert not sig.receivers


def test_sender_vanishes(sig, listen):
    sender = Thing()
    sig.connect(listen, sender)
    sig.connect(listen, 1)
    del sender
    gc.collect()
    assert len(sig._by_sender) == 1 and not sig._weak_senders.keys() - {1}
    sig._cleanup_bookkeeping()
    assert list(sig._by_receiver.values()) == [{1}]
    sig._clear_state()
    assert not sig.has_receivers_for(1)


def test_connect_via_and_connected_to(sig, calls, listen):
    @sig.connect_via("me")
    def strong(sender):
        return "strong"

    with sig.connected_to(listen, "me"):
        assert len(sig.send("me")) == 2
    assert [result for _, result in sig.send("me")] == ["strong"]
    with pytest.raises(KeyError), sig.connected_to(listen):
        raise KeyError
    sig.send("me")
    assert len(calls) == 1


def test_muted(sig, calls, listen):
    sig.connect(listen)
    with sig.muted():
        sig.send()
    assert not calls
    sig.send()
    assert calls


def test_exceptions_propagate(sig):
    def fail(sender):
        raise LookupError

    sig.connect(fail)
    with pytest.raises(LookupError):
        sig.send()


def test_has_receivers_for(sig, listen):
    assert not sig.has_receivers_for("me")
    sig.connect(listen, "me")
    assert sig.has_receivers_for("me")
    assert not sig.has_receivers_for("you") and not sig.has_receivers_for(ANY)
    sig.connect(listen)
    assert sig.has_receivers_for("you") and sig.has_receivers_for(ANY)


async def coroutine(sender):
    return "async"


@pytest.mark.parametrize("receiver", [coroutine, functools.partial(coroutine)])
def test_coroutine_functions_need_a_wrapper(sig, receiver):
    sig.connect(receiver)
    with pytest.raises(RuntimeError, match="coroutine function"):
        sig.send()

    def run(function):
        return lambda *args: asyncio.run(function(*args))

    assert sig.send("me", _async_wrapper=run) == [(receiver, "async")]


def test_send_async(sig, listen):
    sig.connect(coroutine)
    assert asyncio.run(sig.send_async()) == [(coroutine, "async")]
    sig.connect(listen)
    with pytest.raises(RuntimeError, match="non-coroutine"):
        asyncio.run(sig.send_async())

    def wrap(function):
        async def inner(*args):
            return function(*args)

        return inner

    results = asyncio.run(sig.send_async(_sync_wrapper=wrap))
    assert {result for _, result in results} == {"async", 1}


def test_signals_of_a_signal(sig, listen):
    heard = []

    def note(signal, /, **kwargs):
        heard.append((signal, kwargs))

    sig.connect(listen)
    sig.receiver_connected.connect(note)
    sig.receiver_disconnected.connect(note)
    sig.connect(listen, sender="me", weak=False)
    sig.disconnect(listen)
    assert heard == [
        (sig, {"receiver": listen, "sender": "me", "weak": False}),
        (sig, {"receiver": listen, "sender": ANY}),
    ]


def test_set_class_orders_calls(calls):
    class Ordered(dict):
        def add(self, item):
            self[item] = None

        def discard(self, item):
            self.pop(item, None)

        def copy(self):
            return Ordered(self)

        def __or__(self, other):
            return Ordered({**self, **other})

    class OrderedSignal(Signal):
        set_class = Ordered

    sig = OrderedSignal()
    receivers = [functools.partial(calls.append) for _ in range(20)]
    for receiver in receivers:
        sig.connect(receiver)
    assert [receiver for receiver, _ in sig.send()] == receivers


def test_names():
    namespace = Namespace()
    signal = namespace.signal("saved", "After saving.")
    assert namespace.signal("saved") is signal is namespace["saved"]
    assert isinstance(signal, NamedSignal) and signal.name == "saved"
    assert signal.__doc__ == "After saving." and repr(signal).endswith("; 'saved'>")
    assert signals.signal("x") is signals.default_namespace["x"]


def test_any_survives_pickle():
    assert pickle.loads(pickle.dumps(ANY)) is ANY is Signal.ANY
    assert repr(ANY) == "ANY"


def test_core_signals():
    assert len(signals._signals) == 10
    for name, signal in signals._signals.items():
        assert getattr(signals, name.replace("-", "_")) is signal

"""Attributes that are computed once, and views on environ and headers."""

from __future__ import annotations

import inspect

import pytest

from microweb.http.headers import Headers
from microweb.http.properties import cached_property, environ_property, header_property


class Thing:
    calls = 0

    @cached_property
    def value(self):
        """What it is."""
        self.calls += 1
        return self.calls

    named = cached_property(lambda self: 7)
    other = cached_property(lambda self: 8, name="stored_here")


def test_is_evaluated_once_and_then_lies_in_the_instance():
    thing = Thing()
    assert (thing.value, thing.value, thing.calls) == (1, 1, 1)
    assert thing.__dict__["value"] == 1
    assert not hasattr(type(Thing.value), "__set__")


def test_set_and_delete():
    thing = Thing()
    thing.value = 5
    assert thing.value == 5
    del thing.value
    assert thing.value == 1
    with pytest.raises(AttributeError):
        del Thing().value


def test_names():
    thing = Thing()
    assert (thing.named, thing.other) == (7, 8)
    assert {"named", "stored_here"} <= thing.__dict__.keys()


def test_super_finds_the_cached_value():
    class Special(Thing):
        @property
        def value(self):
            return super().value + 100

    special = Special()
    assert (special.value, special.value) == (101, 101)


def test_slots():
    class Slotted:
        __slots__ = ("_cache_value",)

        @cached_property
        def value(self):
            return object()

    slotted = Slotted()
    assert slotted.value is slotted.value


def test_tools_see_a_property():
    assert isinstance(Thing.value, property)
    assert Thing.value.__doc__ == "What it is."
    kinds = {attribute.name: attribute.kind for attribute in inspect.classify_class_attrs(Thing)}
    assert kinds["value"] == "property"


class Message:
    def __init__(self):
        self.environ = {"a": "1", "bad": "x"}
        self.headers = Headers()

    a = environ_property("a", load_func=int)
    bad = environ_property("bad", 3, load_func=int)
    missing = environ_property("missing", "default")
    writable = environ_property("w", dump_func=str, read_only=False)
    header = header_property("X-Number", None, int, str, doc="A number.")


def test_environ_property():
    message = Message()
    assert (message.a, message.bad, message.missing) == (1, 3, "default")
    with pytest.raises(AttributeError, match="'a' is read only"):
        message.a = 2
    with pytest.raises(AttributeError):
        del message.a
    message.writable = 4
    assert message.environ["w"] == "4"
    del message.writable
    assert message.writable is None


def test_header_property():
    message = Message()
    assert message.header is None
    message.header = 4
    assert (message.headers["x-number"], message.header) == ("4", 4)
    del message.header
    assert "X-Number" not in message.headers
    message.header = 4
    message.header = None
    assert "X-Number" not in message.headers
    assert Message.header.__doc__ == "A number."
    assert repr(Message.header) == "<header_property X-Number>"
    assert header_property[str] is header_property

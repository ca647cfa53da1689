"""json.tag: round trips, and the bytes that they have."""

from __future__ import annotations

from datetime import datetime, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.json.tag import JSONTag, TaggedJSONSerializer
from microweb.markup import Markup


@pytest.fixture
def serializer():
    return TaggedJSONSerializer()


MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": None}, '{"a":1,"b":null}'),
        ((1, (2,)), '{" t":[1,{" t":[2]}]}'),
        ([(1,)], '[{" t":[1]}]'),
        (b"\xff", '{" b":"/w=="}'),
        (Markup("<b>"), '{" m":"<b>"}'),
        (UUID(int=10), '{" u":"0000000000000000000000000000000a"}'),
        (MOMENT, '{" d":"Fri, 02 Jan 2026 03:04:05 GMT"}'),
        ({" t": [1]}, '{" di":{" t__":[1]}}'),
        ({" t__": 1}, '{" t__":1}'),
        ({" di": {" t__": (1,)}}, '{" di":{" di__":{" t__":{" t":[1]}}}}'),
        ({" t": 1, " b": 2}, '{" t":1," b":2}'),
    ],
)
def test_round_trip(serializer, value, text):
    assert serializer.dumps(value) == text
    again = serializer.loads(text)
    assert again == value and type(again) is type(value)


SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.uuids()
KEYS = st.text() | st.sampled_from([" di", " t", " b", " m", " u", " d", " t__", " di__"])


@given(
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner, max_size=2),
    )
)
def test_everything_comes_back(value):
    serializer = TaggedJSONSerializer()
    assert serializer.loads(serializer.dumps(value)) == value


class Pair:
    def __init__(self, value):
        self.value = value


class TagPair(JSONTag):
    __slots__ = ()
    key = " p"

    def check(self, value):
        return isinstance(value, Pair)

    def to_json(self, value):
        return self.serializer.tag(value.value)

    def to_python(self, value):
        return Pair(value)


def test_a_tag_of_ones_own(serializer):
    serializer.register(TagPair)
    assert serializer.dumps(Pair((1,))) == '{" p":{" t":[1]}}'
    assert serializer.loads('{" p":{" t":[1]}}').value == (1,)


def test_order_and_force(serializer):
    serializer.register(TagPair, index=0)
    assert isinstance(serializer.order[0], TagPair)
    with pytest.raises(KeyError, match="force=True"):
        serializer.register(TagPair)
    serializer.register(TagPair, force=True, index=-1)
    assert isinstance(serializer.order[-2], TagPair)
    assert serializer.order[-2] is serializer.tags[" p"]


def test_the_interface():
    tag = JSONTag(None)
    for method in (tag.check, tag.to_json, tag.to_python):
        with pytest.raises(NotImplementedError):
            method(None)


@pytest.mark.parametrize(
    "text", ['{" t":[1]}', '{ " t" : [1] }', r'{"\u0020t":[1]}', '{"\\u0020\\u0074":[1]}']
)
def test_a_tag_is_known_however_it_is_written(text):
    assert TaggedJSONSerializer().loads(text) == TaggedJSONSerializer().loads(text.encode()) == (1,)

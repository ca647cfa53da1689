"""json.provider: what is written, what is read, and what is refused."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import io
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.json.provider import DefaultJSONProvider, JSONProvider


class Response:
    def __init__(self, body, mimetype):
        self.body, self.mimetype = body, mimetype


class App:
    debug = False
    response_class = Response


@pytest.fixture
def app():
    return App()


@pytest.fixture
def provider(app):
    return DefaultJSONProvider(app)


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Html:
    def __html__(self):
        return "<b>"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@given(VALUES)
def test_round_trip_and_the_same_text_as_the_library(value):
    app = App()
    provider = DefaultJSONProvider(app)
    text = provider.dumps(value)
    assert text == json.dumps(value, sort_keys=True)
    assert provider.loads(text) == provider.loads(text.encode()) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.date(1975, 1, 5), "Sun, 05 Jan 1975 00:00:00 GMT"),
        (datetime.datetime(1973, 3, 11, 6, 30, 45), "Sun, 11 Mar 1973 06:30:45 GMT"),
        (decimal.Decimal("0.003"), "0.003"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Point(1, 2), {"x": 1, "y": 2}),
        (Html(), "<b>"),
    ],
)
def test_more_types(provider, value, expected):
    assert json.loads(provider.dumps({"value": value})) == {"value": expected}


@pytest.mark.parametrize("value", [object(), Point, {1}, b"x"])
def test_types_that_are_not_json(provider, value):
    with pytest.raises(TypeError, match="not JSON serializable"):
        provider.dumps([value])


def test_settings_may_change_at_any_time(provider):
    value = {"b": "\u2603", "a": 1}
    assert provider.dumps(value) == '{"a": 1, "b": "\\u2603"}'
    provider.ensure_ascii = False
    provider.sort_keys = False
    assert provider.dumps(value) == '{"b": "\u2603", "a": 1}'
    provider.default = lambda o: "mine"
    assert provider.dumps(object()) == '"mine"'


def test_keywords_go_to_the_library(provider):
    class Encoder(json.JSONEncoder):
        def default(self, o):
            return "encoder"

    assert provider.dumps({"a": [1]}, separators=(",", ":")) == '{"a":[1]}'
    assert provider.dumps([1, 2], separators=[";", ":"]) == "[1;2]"
    assert provider.dumps([1], indent=1) == "[\n 1\n]"
    assert provider.dumps({(): 1, "a": 2}, skipkeys=True, sort_keys=False) == '{"a": 2}'
    assert provider.dumps(object(), default=lambda o: 1) == "1"
    assert provider.dumps(object(), cls=Encoder, default=None) == '"encoder"'
    assert provider.loads("1.5", parse_float=str) == "1.5"
    assert provider.loads('{"a": 1}', object_hook=len) == 1


def test_a_method_as_default():
    class Provider(DefaultJSONProvider):
        def default(self, o):
            return "method"

    app = App()
    assert Provider(app).dumps(object()) == '"method"'


def test_the_cache_of_encoders_is_bounded(provider):
    for indent in range(100):
        provider.dumps([], indent=indent)
        provider.dumps([], default=lambda o: o)
    assert len(provider._encoders) <= 32


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity"])
def test_nan_is_not_json(provider, text):
    with pytest.raises(ValueError, match="not JSON"):
        provider.loads(text)
    with pytest.raises(ValueError, match="JSON compliant"):
        provider.dumps(json.loads(text))


def test_nan_on_request(app):
    class Lax(DefaultJSONProvider):
        allow_nan = True

    assert Lax(app).dumps(Lax(app).loads("[Infinity]")) == "[Infinity]"
    assert DefaultJSONProvider(app).dumps(float("nan"), allow_nan=True) == "NaN"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[1,]",
        "[" * 200_000,
        '{"a":' * 100_000,
        b"\xff",
        '"x"'.encode("utf-16"),
        '"x"'.encode("utf-32"),
        b"\xed\xa0\x80",
        "9" * 5000,
    ],
    ids=range(10),
)
def test_bad_data_is_a_value_error(provider, data):
    with pytest.raises(ValueError):
        provider.loads(data)


def test_a_byte_order_mark_is_allowed_in_bytes(provider):
    assert provider.loads(b"\xef\xbb\xbf[1]") == provider.loads(bytearray(b"[1]")) == [1]


def test_allow_nan_may_change_at_any_time(provider):
    for allowed in (False, True, False):
        provider.allow_nan = allowed
        if allowed:
            assert provider.dumps(provider.loads("[NaN]")) == "[NaN]"
        else:
            with pytest.raises(ValueError):
                provider.loads("[NaN]")


def test_files(provider):
    file = io.StringIO()
    provider.dump({"a": 1}, file)
    assert file.getvalue() == '{"a": 1}'
    file.seek(0)
    assert provider.load(file) == provider.load(io.BytesIO(b'{"a": 1}')) == {"a": 1}


@pytest.mark.parametrize(
    ("args", "kwargs", "body"),
    [
        ((), {}, b"null\n"),
        (([],), {}, b"[]\n"),
        ((1, 2), {}, b"[1,2]\n"),
        ((), {"b": 1, "a": 2}, b'{"a":2,"b":1}\n'),
    ],
)
def test_response(provider, args, kwargs, body):
    response = provider.response(*args, **kwargs)
    assert (response.body, response.mimetype) == (body, "application/json")


def test_response_settings(app, provider):
    app.debug = True
    assert provider.response([1]).body == b"[\n  1\n]\n"
    provider.compact = True
    provider.mimetype = "application/vnd.api+json"
    response = provider.response([1])
    assert (response.body, response.mimetype) == (b"[1]\n", "application/vnd.api+json")
    app.debug, provider.compact = False, False
    assert provider.response([1]).body == b"[\n  1\n]\n"


def test_response_takes_either_args_or_kwargs(provider):
    with pytest.raises(TypeError, match="not both"):
        provider.response(1, a=1)


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_half_a_surrogate_pair_survives(provider, ensure_ascii):
    provider.ensure_ascii = ensure_ascii
    assert json.loads(provider.response("\ud800\u2603").body) == "\ud800\u2603"


def test_a_provider_of_ones_own(app):
    class Provider(JSONProvider):
        def dumps(self, obj, **kwargs):
            return repr(obj)

        def loads(self, s, **kwargs):
            return s

    provider = Provider(app)
    file = io.StringIO()
    provider.dump(1, file)
    assert file.getvalue() == provider.response(1).body == "1"
    assert provider.load(io.StringIO("x")) == "x"
    for method in (JSONProvider.dumps, JSONProvider.loads):
        with pytest.raises(NotImplementedError):
            method(provider, "")


def test_what_holds_itself_or_has_no_end(provider):
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="Circular"):
        provider.dumps(endless)
    deep = []
    for _ in range(200_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        provider.dumps(deep)
    # A refusal leaves nothing behind that the next call would stumble over.
    shared = [{"a": object()}]
    with pytest.raises(TypeError):
        provider.dumps(shared)
    shared[0]["a"] = shared[:0]
    assert provider.dumps([shared, shared]) == '[[{"a": []}], [{"a": []}]]'

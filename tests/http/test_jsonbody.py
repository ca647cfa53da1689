"""JSON held to RFC 8259."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.jsonbody import StrictJSON

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_loads_of_dumps(value):
    assert StrictJSON.loads(StrictJSON.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity", "1e400", '{"a": -1e999}', "", "{", "01"])
def test_b130_what_is_no_json(text):
    with pytest.raises(ValueError):
        StrictJSON.loads(text)


def test_b130_what_json_cannot_say():
    with pytest.raises(ValueError):
        StrictJSON.dumps(float("nan"))


def test_keyword_arguments_are_passed_on():
    assert StrictJSON.loads("NaN", parse_constant=str) == "NaN"
    assert StrictJSON.dumps({"b": 1, "a": 2}, sort_keys=True) == '{"a": 2, "b": 1}'

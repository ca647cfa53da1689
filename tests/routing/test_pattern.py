"""pattern: the text of a rule, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.routing import Map, Rule, parse_converter_args
from microweb.routing.pattern import one_slash, quote_path

from .assertions import make, outcome


@pytest.mark.parametrize(
    ("text", "args", "kwargs"),
    [
        ("", (), {}),
        ("a, b, c,", ("a", "b", "c"), {}),
        ("True, False, None", (True, False, None), {}),
        ("1, 2.5, min=-3", (1, 2.5), {"min": -3}),
        ("'a, b', r\"x\"", ("a, b", "x"), {}),
        ("x = 'y'", (), {"x": "y"}),
        ("2020-2021", ("2020-2021",), {}),
    ],
)
def test_converter_arguments(text, args, kwargs):
    assert parse_converter_args(text) == (args, kwargs)


@pytest.mark.parametrize("text", ["min=0;max=5", "a b", "'a", "a,,b(", "=1"])
def test_broken_converter_arguments(text):
    with pytest.raises(ValueError, match="Cannot parse converter argument"):
        parse_converter_args(text)


@pytest.mark.parametrize("text", ["/<int()>", "/<>", "/<a", "/<1a>", "/<a:b:c>", "/<a b>"])
def test_malformed_rules(text):
    with pytest.raises(ValueError, match="malformed url rule"):
        Map([Rule(text)])


def test_a_rule_begins_with_a_slash():
    with pytest.raises(ValueError, match="must start with a slash"):
        Rule("about")


@pytest.mark.parametrize(
    ("rule", "path", "values"),
    [
        ("/v<int:a>.<int:b>", "/v1.2", {"a": 1, "b": 2}),
        ("/.<int:a>", "/a2", None),
        ("/<a>-<b>", "/x-y-z", {"a": "x-y", "b": "z"}),
        ("/<path:a>/<path:b>", "/x/y/z", {"a": "x", "b": "y/z"}),
        ("/<path:a>/edit/", "/x/y/edit/", {"a": "x/y"}),
        ("/100%/<a>", "/100%/x", {"a": "x"}),
        ("/<self>/<class>", "/a/b", {"self": "a", "class": "b"}),
    ],
)
def test_segments_with_variables(rule, path, values):
    expected = 404 if values is None else ("e", values)
    urls = make((rule, {"endpoint": "e"}))
    assert outcome(urls, path) == expected
    if values is not None:
        assert urls.bind("h").build("e", values) == quote_path(path)


def test_b135_converters_in_one_segment_have_a_length_limit():
    urls = make("/<a>-<b>.<c>", "/all/<path:a>/x/<path:b>/y/<path:c>/z")
    assert outcome(urls, "/" + "-" * 5000) == 404
    assert outcome(urls, "/" + "a" * 1000 + "-b.c")[0] == "/<a>-<b>.<c>"
    assert outcome(urls, "/" + "a" * 1024 + "-b.c") == 404
    assert outcome(urls, "/all/a" + "/x/y" * 2000) == 404


def test_one_variable_has_no_limit():
    assert outcome(make("/<path:a>.txt"), "/" + "a/" * 5000 + "b.txt")[1]["a"] == "a/" * 5000 + "b"


@pytest.mark.parametrize("path", ["//x", "/\\x", "///x", "//\\x", "x"])
def test_one_slash(path):
    assert one_slash(path) in {"/x", "/%5Cx"}


@given(st.text())
def test_quoting_leaves_what_a_path_may_contain(text):
    quoted = quote_path(text.encode("utf-8", "replace").decode())
    assert quoted.isascii()
    assert not set(quoted) & set(' "#<>?[\\]^`{|}\n\r\0')

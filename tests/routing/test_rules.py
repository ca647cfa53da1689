"""rules: their options, copies and binding."""

from __future__ import annotations

import copy
import pickle

import pytest

from microweb.routing import Map, Rule

from .assertions import make, outcome


def test_methods_are_upper_case_and_get_brings_head():
    assert Rule("/", methods=["get", "post"]).methods == {"GET", "HEAD", "POST"}
    assert Rule("/").methods is None


def test_methods_are_no_string():
    with pytest.raises(TypeError, match="list of strings"):
        Rule("/", methods="GET")


def test_websocket_methods():
    with pytest.raises(ValueError, match="WebSocket rules"):
        Rule("/", websocket=True, methods=["POST"])


def test_private_names_that_extensions_read():
    rule = Rule("/a/<int:x>", subdomain="<s>", defaults={"y": 1})
    Map([rule])
    path = [(False, "/"), (False, "a"), (False, "/"), (True, "x")]
    assert rule._trace == [(True, "s"), (False, "|"), *path]
    assert list(rule._converters) == ["s", "x"]
    assert rule.arguments == {"s", "x", "y"}


def test_a_rule_is_bound_once():
    rule = Rule("/")
    Map([rule])
    with pytest.raises(RuntimeError, match="already bound"):
        Map([rule])
    Map([rule.empty()])


def test_compile_needs_a_map():
    with pytest.raises(RuntimeError, match="bound to a map"):
        Rule("/").compile()


def test_empty_copies_every_option():
    options = {
        "methods": {"GET", "HEAD"},
        "websocket": True,
        "merge_slashes": False,
        "alias": True,
        "host": "h",
    }
    rule = Rule("/", {"a": 1}, endpoint="e", strict_slashes=False, redirect_to="x", **options)
    assert rule.empty().__dict__ == rule.__dict__
    assert rule.empty().defaults is not rule.defaults


def test_equality_is_that_of_what_they_match():
    first, second = Rule("/<a>", endpoint="x"), Rule("/<a>", endpoint="y")
    Map([first, second])
    assert first == second
    with pytest.raises(TypeError):
        hash(first)


def test_refresh_after_a_change():
    urls = make("/old")
    assert outcome(urls, "/old") == ("/old", {})
    rule = next(urls.iter_rules())
    rule.rule = "/new/<x>"
    rule.refresh()
    assert outcome(urls, "/new/1") == ("/old", {"x": "1"})
    assert outcome(urls, "/old") == 404


def test_rules_take_attributes():
    rule = Rule("/")
    rule.provide_automatic_options = True
    assert rule.provide_automatic_options
    assert vars(copy.copy(rule)) == vars(rule)
    assert pickle.loads(pickle.dumps(rule)).endpoint is rule.endpoint


def test_build_and_suitable_for():
    rule = Rule("/<x>", defaults={"page": 1}, methods=["GET"])
    Map([rule])
    assert rule.suitable_for({"x": "a"})
    assert rule.suitable_for({"x": "a", "page": 1}, "GET")
    assert not rule.suitable_for({"x": "a", "page": 2})
    assert not rule.suitable_for({"page": 1})
    assert not rule.suitable_for({"x": "a"}, "POST")
    assert rule.build({"x": "a", "page": 1, "q": [1, 2]}) == ("", "/a?q=1&q=2")
    assert rule.build({"x": "a", "q": 1}, append_unknown=False) == ("", "/a")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule("/a/<int:x>", endpoint="e"), "<Rule '/a/<x>' -> e>"),
        (Rule("/", endpoint="e", methods=["POST", "GET"]), "<Rule '/' (GET, HEAD, POST) -> e>"),
    ],
)
def test_repr(rule, text):
    assert repr(rule) == "<Rule (unbound)>"
    Map([rule])
    assert repr(rule) == text
    assert str(rule) == rule.rule


def test_a_variable_stands_for_one_value():
    with pytest.raises(ValueError, match="'a' used twice"):
        Map([Rule("/<a>/<int:a>", endpoint="twice")])
    assert Map([Rule("/<a>", endpoint="x", defaults={"a": "b"})]).bind("h").match("/b") == ("x", {"a": "b"})

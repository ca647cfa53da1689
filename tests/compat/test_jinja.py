"""What is offered for programs that use Jinja's helpers."""

from __future__ import annotations

import copy
import pickle

import pytest

from microweb.compat.jinja import LRUCache, NodeVisitor, consume, count_newlines
from microweb.templates import Environment


def test_a_cache_forgets_what_was_used_longest_ago():
    cache = LRUCache(2)
    cache["a"], cache["b"] = 1, 2
    assert cache["a"] == 1 and cache.get("x", 5) == 5 and "x" not in cache
    cache["c"] = 3
    assert list(cache) == ["c", "a"] and cache.items() == [("c", 3), ("a", 1)] and "b" not in cache
    assert cache.keys() == ["c", "a"] and cache.values() == [3, 1] and list(reversed(cache)) == ["a", "c"]
    assert cache.setdefault("a", 7) == 1 and cache.keys() == ["a", "c"] and len(cache) == 2
    with pytest.raises(KeyError):
        cache["b"]
    del cache["c"]
    assert repr(cache) == "<LRUCache {'a': 1}>"


@pytest.mark.parametrize(
    "copied", [LRUCache.copy, copy.copy, lambda cache: pickle.loads(pickle.dumps(cache))]
)
def test_a_copy_of_a_cache_is_one_of_its_own(copied):
    cache = LRUCache(2)
    cache["a"], cache["b"] = 1, 2
    other = copied(cache)
    other["c"] = 3
    assert other.keys() == ["c", "b"] and cache.keys() == ["b", "a"] and other.capacity == 2


def test_consume():
    rest = iter("abc")
    assert consume(rest) is None and not list(rest)


def test_line_ends_are_counted():
    assert count_newlines("a\r\nb\rc\n") == 3


def test_nodes_are_visited():
    class Names(NodeVisitor):
        def visit_Name(self, node, found):
            found.append(node.name)

    found = []
    Names().visit(Environment().parse("{% if a %}{{ b.c|d(e) }}{% endif %}"), found)
    assert found == ["a", "b", "e"]

"""templates.checks: each test as a function."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest

from microweb.markup import Markup
from microweb.templates.checks import TESTS
from microweb.templates.runtime import Undefined

YES = {
    "odd": [1, -1],
    "even": [0, 2],
    "divisibleby": [(9, 3)],
    "defined": [None, ""],
    "undefined": [Undefined()],
    "none": [None],
    "boolean": [True, False],
    "true": [True],
    "false": [False],
    "integer": [0, 5],
    "float": [1.0],
    "number": [1, 1.5, True, Decimal(1), 1j],
    "lower": ["a", "ab"],
    "upper": ["A"],
    "string": ["", Markup()],
    "mapping": [{}],
    "sequence": ["", [], (), {}],
    "iterable": ["", {}, iter(()), Undefined()],
    "callable": [len],
    "escaped": [Markup()],
    "sameas": [(None, None)],
    "in": [(1, [1]), ("a", "abc")],
    "eq": [(1, 1.0)],
    "==": [(1, 1)],
    "equalto": [(1, 1)],
    "ne": [(1, 2)],
    "!=": [(1, 2)],
    "gt": [(2, 1)],
    ">": [(2, 1)],
    "greaterthan": [(2, 1)],
    "ge": [(2, 2)],
    ">=": [(2, 2)],
    "lt": [(1, 2)],
    "<": [(1, 2)],
    "lessthan": [(1, 2)],
    "le": [(2, 2)],
    "<=": [(2, 2)],
}
NO = {
    "odd": [2],
    "even": [1],
    "divisibleby": [(9, 2)],
    "defined": [Undefined()],
    "undefined": [None],
    "none": [0],
    "boolean": [0, 1, "true"],
    "true": [1],
    "false": [0],
    "integer": [True, 1.0, "1"],
    "float": [1],
    "number": ["1", None],
    "lower": ["A", 1],
    "upper": ["a"],
    "string": [b"", 1],
    "mapping": [[]],
    "sequence": [1, iter(()), {1}],
    "iterable": [1],
    "callable": [1],
    "escaped": ["&lt;"],
    "sameas": [([], [])],
    "in": [(2, [1])],
    "eq": [(1, 2)],
    "ne": [(1, 1)],
    "gt": [(1, 1)],
    "ge": [(1, 2)],
    "lt": [(1, 1)],
    "le": [(2, 1)],
}
PAIRS = {"divisibleby", "sameas", "in", "eq", "ne", "gt", "ge", "lt", "le", "==", "!=", ">", ">=", "<", "<="}
PAIRS |= {"equalto", "greaterthan", "lessthan"}


@pytest.mark.parametrize(("table", "expected"), [(YES, True), (NO, False)], ids=["yes", "no"])
@pytest.mark.parametrize("name", [name for name in TESTS if name not in ("filter", "test")])
def test_tests(name, table, expected):
    for value in table.get(name, ()):
        args = value if name in PAIRS else (value,)
        assert TESTS[name](*args) is expected, value


def test_every_test_is_there():
    assert YES.keys() | {"filter", "test"} == TESTS.keys() and len(TESTS) == 39


@pytest.mark.parametrize(("name", "table"), [("filter", "filters"), ("test", "tests")])
def test_names(name, table):
    env = SimpleNamespace(**{table: {"known": None}})
    assert TESTS[name](env, "known") and not TESTS[name](env, "unknown")
    assert TESTS[name].jinja_pass_arg == "environment"

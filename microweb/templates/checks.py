"""What stands behind `is` in templates: `TESTS`, by the name that a template uses.

The rule: a test is a plain function of the value and the arguments that says yes or no. In
Python the names begin with `test_`; this module is not called tests because those are others.
"""

from __future__ import annotations

import operator
from collections import abc
from functools import partial
from numbers import Number

from .runtime import Undefined
from .utils import pass_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def _is_a(kind: t.Any, value: t.Any) -> bool:
    return isinstance(value, kind)


# Partials and no closures, because an environment can be pickled.
_KINDS: dict[str, t.Any] = {"float": float, "string": str, "boolean": bool, "mapping": abc.Mapping}
_KINDS.update(undefined=Undefined, number=Number)


def test_odd(value: int) -> bool:
    """Is it odd?"""
    return value % 2 == 1


def test_divisibleby(value: int, num: int) -> bool:
    """Does `num` divide it?"""
    return value % num == 0


test_even = partial(test_divisibleby, num=2)


def test_defined(value: t.Any) -> bool:
    """Is it anything but undefined?"""
    return not isinstance(value, Undefined)


@pass_environment
def test_filter(env: t.Any, value: str) -> bool:
    """Is there a filter of that name?"""
    return value in env.filters


@pass_environment
def test_test(env: t.Any, value: str) -> bool:
    """Is there a test of that name?"""
    return value in env.tests


def test_integer(value: t.Any) -> bool:
    """Is it an integer? True and false, which are to Python, are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def test_lower(value: t.Any) -> bool:
    """Is it in lower case?"""
    return str(value).islower()


def test_upper(value: t.Any) -> bool:
    """Is it in upper case?"""
    return str(value).isupper()


def test_sequence(value: t.Any) -> bool:
    """Has it a length, and items? Text and dicts have."""
    try:
        len(value)
    except Exception:
        return False
    return hasattr(value, "__getitem__")


def test_iterable(value: t.Any) -> bool:
    """Can it be gone through?"""
    try:
        iter(value)
    except TypeError:
        return False
    return True


def test_escaped(value: t.Any) -> bool:
    """Is it markup?"""
    return hasattr(value, "__html__")


def test_in(value: t.Any, seq: t.Container[t.Any]) -> bool:
    """Is it in there?"""
    return value in seq


TESTS: dict[str, t.Any] = {name[5:]: func for name, func in globals().items() if name[:5] == "test_"}
TESTS |= {name: partial(_is_a, kind) for name, kind in _KINDS.items()}
TESTS |= {str(value).lower(): partial(operator.is_, value) for value in (None, True, False)}
TESTS.update(callable=callable, sameas=operator.is_)
_SIGNS = "== eq equalto", "!= ne", "> gt greaterthan", ">= ge", "< lt lessthan", "<= le"
for _names in map(str.split, _SIGNS):
    TESTS.update(dict.fromkeys(_names, getattr(operator, _names[1])))

"""What stands behind `is` in templates: `TESTS`, by the name that a template uses.

The rule: a test is a plain function of the value and the arguments that says yes or no. In
Python the names begin with `test_`; this module is not called tests because those are others.
"""

from __future__ import annotations

import operator
from collections import abc

from .runtime import Undefined
from .utils import pass_environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .environment import Environment


def test_odd(value: int) -> bool:
    """Is it odd?"""
    return value % 2 == 1


def test_even(value: int) -> bool:
    """Is it even?"""
    return value % 2 == 0


def test_divisibleby(value: int, num: int) -> bool:
    """Does `num` divide it?"""
    return value % num == 0


def test_defined(value: t.Any) -> bool:
    """Is it anything but undefined?"""
    return not isinstance(value, Undefined)


def test_undefined(value: t.Any) -> bool:
    """Is it undefined?"""
    return isinstance(value, Undefined)


@pass_environment
def test_filter(env: Environment, value: str) -> bool:
    """Is there a filter of that name?"""
    return value in env.filters


@pass_environment
def test_test(env: Environment, value: str) -> bool:
    """Is there a test of that name?"""
    return value in env.tests


def test_none(value: t.Any) -> bool:
    """Is it none?"""
    return value is None


def test_boolean(value: t.Any) -> bool:
    """Is it true or false itself?"""
    return value is True or value is False


def test_false(value: t.Any) -> bool:
    """Is it false itself?"""
    return value is False


def test_true(value: t.Any) -> bool:
    """Is it true itself?"""
    return value is True


def test_integer(value: t.Any) -> bool:
    """Is it an integer? True and false, which are to Python, are not."""
    return isinstance(value, int) and value is not True and value is not False


def test_float(value: t.Any) -> bool:
    """Is it a float?"""
    return isinstance(value, float)


def test_number(value: t.Any) -> bool:
    """Is it a number of any kind? True and false are."""
    from numbers import Number  # Decimal and Fraction count

    return isinstance(value, Number)


def test_lower(value: t.Any) -> bool:
    """Is it in lower case?"""
    return str(value).islower()


def test_upper(value: t.Any) -> bool:
    """Is it in upper case?"""
    return str(value).isupper()


def test_string(value: t.Any) -> bool:
    """Is it text?"""
    return isinstance(value, str)


def test_mapping(value: t.Any) -> bool:
    """Is it a dict or the like?"""
    return isinstance(value, abc.Mapping)


def test_sequence(value: t.Any) -> bool:
    """Has it a length, and items? Text and dicts have."""
    try:
        len(value)
        value.__getitem__  # noqa: B018
    except Exception:
        return False
    return True


def test_iterable(value: t.Any) -> bool:
    """Can it be gone through?"""
    try:
        iter(value)
    except TypeError:
        return False
    return True


def test_sameas(value: t.Any, other: t.Any) -> bool:
    """Is it the very same object?"""
    return value is other


def test_escaped(value: t.Any) -> bool:
    """Is it markup?"""
    return hasattr(value, "__html__")


def test_in(value: t.Any, seq: t.Container[t.Any]) -> bool:
    """Is it in there?"""
    return value in seq


TESTS: dict[str, t.Callable[..., t.Any]] = {
    name[5:]: func for name, func in globals().copy().items() if name.startswith("test_")
}
TESTS["callable"] = callable
for _names, _operator in {
    "== eq equalto": operator.eq,
    "!= ne": operator.ne,
    "> gt greaterthan": operator.gt,
    ">= ge": operator.ge,
    "< lt lessthan": operator.lt,
    "<= le": operator.le,
}.items():
    TESTS.update(dict.fromkeys(_names.split(), _operator))

"""Whether a parser's work grows with its input and no faster."""

from __future__ import annotations

import sys


def steps(function, *args):
    """How many lines of Python and calls into C a call takes: a count, so no clock can fool a test."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += 1
        return trace

    def profile(frame, event, arg):
        nonlocal count
        count += 1

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        function(*args)
    except ValueError:
        pass
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


def assert_linear(function, make, size=200):
    """Ten times the input takes at most twenty times the steps."""
    assert steps(function, make(size * 10)) < 20 * steps(function, make(size)) + 200


def comes_back(function, value):
    """For work inside one call into C, such as a pattern's: quadratic time would hang the suite here."""
    try:
        function(value)
    except ValueError:
        pass

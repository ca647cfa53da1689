"""What fuzzing found once, and a while of it from the same seed; `MICROWEB_FUZZ=60` lets it run longer."""

import os

import pytest

from .fuzz import FOUND, by_chance, check


@pytest.mark.parametrize("data", FOUND, ids=range(len(FOUND)))
def test_found(data):
    for seed in range(10):
        check(data, seed)


def test_a_while_of_it(capsys):
    by_chance(float(os.environ.get("MICROWEB_FUZZ", 1)), 1)
    assert "nothing found" in capsys.readouterr().out

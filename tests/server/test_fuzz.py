"""What fuzzing found once, and a while of it from the same seed; `MICROWEB_FUZZ=60` lets it run longer."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .fuzz import FOUND, SEEDS, by_chance, check, check_live, clients
from .test_connection import MOVES


@pytest.fixture(scope="module")
def found():
    with clients() as found:
        yield found


@pytest.mark.parametrize("data", FOUND, ids=range(len(FOUND)))
def test_found(found, data):
    for seed in range(10):
        check(data, seed)
        check_live(found, data, seed)


def test_a_while_of_it(capsys):
    by_chance(float(os.environ.get("MICROWEB_FUZZ", 1)), 1)
    assert "nothing found" in capsys.readouterr().out


_ROWS = st.sampled_from([*SEEDS, *(request for request, _, _ in MOVES)])
_SCRATCHES = st.lists(st.tuples(st.integers(0, 999), st.binary(max_size=2)), max_size=2)


@settings(max_examples=100)
@given(st.lists(_ROWS, min_size=1, max_size=5), _SCRATCHES, st.integers(0, 99))
def test_real_sockets_say_the_same_plain_and_under_tls(found, rows, scratches, seed):
    data = bytearray(b"".join(rows))
    for place, new in scratches:
        place %= len(data)
        data[place : place + len(new)] = new
    check_live(found, bytes(data), seed)

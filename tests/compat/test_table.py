"""Every row of the alias table leads somewhere."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from microweb.compat.modules import PEERS, TABLE, sources

PARTS = [(alias, home, names) for alias in TABLE for home, names in sources(alias)]


@pytest.mark.parametrize("alias, home, names", PARTS, ids=[f"{p[0]}-{p[1]}" for p in PARTS])
def test_source(alias: str, home: str, names: dict[str, str], installed: None) -> None:
    module = importlib.import_module(home)
    assert names, "a source without names"
    for name in names.values():
        if name != "*":
            assert home in PEERS or not isinstance(getattr(module, name), ModuleType)


@pytest.mark.parametrize("alias", TABLE)
def test_parent(alias: str) -> None:
    parent = alias.rpartition(".")[0]
    assert parent in TABLE if parent else alias in PEERS


@pytest.mark.parametrize("alias", TABLE)
def test_every_name_is_found(alias: str, installed: None) -> None:
    module = importlib.import_module(alias)
    explicit = {name for _, names in sources(alias) for name in names if name != "*"}
    assert explicit <= set(dir(module))
    for name in dir(module):
        getattr(module, name)
        assert hasattr(module, name)


def test_the_first_source_wins() -> None:
    assert [home for home, names in sources("flask.ctx") if "_cv_app" in names] == ["microweb.compat.extras"]
    assert dict(sources("blinker._utilities")) == {
        "microweb.signals": {"Symbol": "Symbol", "make_id": "make_id", "make_ref": "make_ref"}
    }

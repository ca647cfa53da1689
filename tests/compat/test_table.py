"""Every row of the alias table leads somewhere."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from microweb.compat.modules import Source
from microweb.compat.table import TABLE, VERSIONS

ROWS = [(alias, part) for alias, row in TABLE.items() for part in row.split(";") if part.strip()]


@pytest.mark.parametrize("alias, part", ROWS, ids=[f"{alias}<-{part}"[:60] for alias, part in ROWS])
def test_source(alias: str, part: str) -> None:
    source = Source(part)
    module = source.load()
    assert module is not None, f"{source.module} does not exist"
    assert source.names, "a source without names"
    for name in source.names.values():
        if name != "*":
            assert not isinstance(getattr(module, name), ModuleType)


@pytest.mark.parametrize("alias", TABLE)
def test_parent(alias: str) -> None:
    parent = alias.rpartition(".")[0]
    assert parent in TABLE if parent else alias in VERSIONS


@pytest.mark.parametrize("alias", TABLE)
def test_every_name_is_found(alias: str, installed: None) -> None:
    module = importlib.import_module(alias)
    for name in dir(module):
        getattr(module, name)
    explicit = [n for part in TABLE[alias].split(";") if part.strip() for n in Source(part).names]
    assert {name for name in explicit if name != "*"} <= set(dir(module))

"""The pytest plugin inside each run: records every outcome and keeps a file countable.

A test file that imports one name which the alias layer lacks would be lost as a whole. In a
lenient run such a name is replaced, for that file alone, by a `Poison`: it may be passed around
while the file is collected, and fails whichever test then uses it.

The file stands alone on purpose: it is loaded by name into a process that knows no `tests` of ours.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
import types
import typing as t

import pytest

CONFIG = json.loads(os.environ.get("UPSTREAM_RUN", "{}"))
PEERS = tuple(CONFIG.get("peers", ()))


def _record(**event: t.Any) -> None:
    with open(CONFIG["out"], "a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


class Poison:
    """Stands for a missing name: inert during collection, an error in any test that uses it."""

    collecting = True

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def _touch(self) -> Poison:
        if not Poison.collecting:
            pytest.fail(f"uses {self._name}, which is not there", pytrace=True)
        return self

    def __getattr__(self, name: str) -> t.Any:
        # pytest asks every global it collects for a handful of dunders and marks.
        if name.startswith("__") or name == "pytestmark":
            raise AttributeError(name)
        return self._touch()

    def __call__(self, *args: t.Any, **kwargs: t.Any) -> Poison:
        return self._touch()

    def __mro_entries__(self, bases: t.Any) -> tuple[type, ...]:
        self._touch()
        return (_PoisonedBase,)

    def __getitem__(self, key: t.Any) -> Poison:
        return self._touch()

    def __iter__(self) -> t.Iterator[t.Any]:
        self._touch()
        return iter(())

    def __enter__(self) -> Poison:
        return self._touch()

    def __exit__(self, *args: object) -> None:
        self._touch()

    def __setattr__(self, name: str, value: object) -> None:
        self._touch()

    def __setitem__(self, key: t.Any, value: object) -> None:
        self._touch()

    def __repr__(self) -> str:
        return f"<missing {self._name}>"

    def __or__(self, other: t.Any) -> Poison:
        return self._touch()

    __ror__ = __add__ = __radd__ = __or__


class _PoisonedBase:
    """What a class in a test file inherits when its real base is missing."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        if not Poison.collecting:
            pytest.fail("uses a class whose base is not there", pytrace=True)


class _Lenient(types.ModuleType):
    """A view of an alias module in which every missing name is a `Poison`."""

    def __init__(self, name: str, real: types.ModuleType | None) -> None:
        super().__init__(name)
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> t.Any:
        real = self.__dict__["_real"]
        if name.startswith("__") and not hasattr(real, name):
            raise AttributeError(name)
        try:
            value = getattr(real, name)
        except Exception:  # whatever keeps the module behind the alias from being imported
            return Poison(f"{self.__name__}.{name}")
        if isinstance(value, types.ModuleType) and value.__name__.split(".")[0] in PEERS:
            return _Lenient(value.__name__, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.__dict__["_real"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["_real"], name)


_import = builtins.__import__


def _lenient_import(
    name: str,
    globals: dict[str, t.Any] | None = None,
    locals: t.Any = None,
    fromlist: t.Any = (),
    level: int = 0,
) -> t.Any:
    """``__import__`` for the module level of a test file; everybody else gets the real one."""
    file = (globals or {}).get("__file__") or ""
    theirs = level == 0 and name.split(".")[0] in PEERS
    if not (theirs and locals is globals and str(file).startswith(CONFIG["tests"])):
        return _import(name, globals, locals, fromlist, level)
    for part in _prefixes(name):
        try:
            _import(part)
        except Exception:
            pass
    if not fromlist:
        # IMPORT_FROM walks the dotted rest of ``import a.b as c`` by attribute.
        return _Lenient(name.split(".")[0], sys.modules.get(name.split(".")[0]))
    real = sys.modules.get(name)
    for item in fromlist:
        try:
            _import(name, globals, locals, (item,), 0)
        except Exception:
            pass
    return _Lenient(name, real)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


if CONFIG.get("lenient"):
    builtins.__import__ = _lenient_import


# Last, so that what pytest's -k deselects is not waited for.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop what is left out, and write down the rest before anything can hang."""
    out = CONFIG["left_out"]
    kept = [item for item in items if not ({item.nodeid, item.nodeid.split("[")[0]} & set(out))]
    _record(collected=[item.nodeid for item in kept], left_out=len(items) - len(kept))
    items[:] = kept
    Poison.collecting = False


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _record(broken=report.longreprtext)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or not report.passed:
        text = report.longreprtext if report.failed else ""
        _record(id=report.nodeid, outcome=report.outcome, text=text)

"""The alias table, the modules that are made of it, and the finder that makes them.

The table is read from ``aliases.txt`` beside this file; its head explains the format. An alias module
holds no names of its own: it looks each one up, when it is first asked for, in the modules that its row
names. A name found nowhere is absent, as for any module, because extensions tell versions apart by
ImportError and hasattr.

Setting an attribute (as monkeypatching does) is passed on to the module the name came from: that
is where our code looks it up.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

# This package, whatever it is called: "microweb", or "app._vendor.mw".
ROOT = __name__.rpartition(".compat.")[0]

#: The peers' modules; for each its project's name in its own spelling, and the version offered.
PEERS: dict[str, tuple[str, str]] = {}
#: The sources of each alias.
TABLE: dict[str, str] = {}


def _read(text: str) -> None:
    for line in text.replace("\n    ", " ").splitlines():
        alias, is_row, row = line.partition("=")
        if is_row and line[0] != "#":
            TABLE[alias.strip()] = row
        elif line and line[0] != "#":
            name, version = line.split()
            PEERS[name.lower()] = (name, version)


# Through the loader: the package may lie in a .zip.
_read((pkgutil.get_data(__name__, "aliases.txt") or b"").decode())


def sources(alias: str) -> t.Iterator[tuple[str, dict[str, str]]]:
    """The parts of a row: the module here, under its full name, and ``{alias: name there}``."""
    for part in filter(str.strip, TABLE[alias].split(";")):
        module, colon, names = part.partition(":")
        if not colon:
            yield from sources(part.strip())
            continue
        pairs = [item.partition("=") for item in names.split()]
        home = module.strip()
        if home not in PEERS:
            home = f"{ROOT}.{home}".rstrip(".")
        yield home, {alias: name or alias for alias, _, name in pairs}


# The modules

#: Where alias packages "lie"; there is no such place in any file system.
_PLACE = "alias layer:"


def _is_public(module: ModuleType, name: str) -> bool:
    """Whether ``*`` takes a name: listed in ``__all__``, or not imported from elsewhere."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return name in listed
    value = getattr(module, name, module)
    # By type(): an unbound proxy raises when asked for its attributes.
    if issubclass(type(value), (type, FunctionType)):
        return bool(value.__module__ == module.__name__)
    return not isinstance(value, ModuleType)


class AliasModule(ModuleType):
    """A module whose names are those of other modules."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__dict__.update(_sources=list(sources(name)), _deleted={})

    def _find(self, alias: str) -> tuple[ModuleType, str] | None:
        """Where a name lives: the module here and the name there."""
        for home, names in self._sources:
            name = names.get(alias, "")
            if name or ("*" in names and alias[0] != "_"):
                module = importlib.import_module(home)
                if hasattr(module, name) if name else _is_public(module, alias):
                    return module, name or alias
        return None

    def __getattr__(self, name: str) -> t.Any:
        if name == "__all__":
            return [name for name in dir(self) if name[0] != "_"]
        child = f"{self.__name__}.{name}"
        if child in TABLE:
            return importlib.import_module(child)
        # What was deleted is gone, though another home may have one of that name.
        found = None if name in self._deleted else self._find(name)
        if found is None:
            raise AttributeError(
                f"module {self.__name__!r}, which is {ROOT}'s alias, has no attribute {name!r}"
            )
        value = getattr(*found)
        # Remembered, for the next access is then as fast as any module's. None is not: it is
        # how a global says that its value is still to come.
        if value is not None:
            self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: t.Any) -> None:
        # A submodule is bound to its parent by the import system: that is no patch.
        if not isinstance(value, ModuleType):
            found = self._deleted.pop(name, None) or self._find(name)
            if found is not None:
                setattr(found[0], found[1], value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        found = self._find(name)
        if found is None:
            super().__delattr__(name)
        else:
            delattr(*found)
            self.__dict__.pop(name, None)
            # mock.patch deletes what it did not find in __dict__, then sets it again.
            self._deleted[name] = found

    def __dir__(self) -> list[str]:
        names = {name for home, names in self._sources for name in names}
        homes = [home for home, names in self._sources if "*" in names]
        names.update(name for home in homes for name in dir(importlib.import_module(home)))
        return sorted({name for name in names if self._find(name)}.union(super().__dir__()))


def _submodules(name: str) -> list[str]:
    return [alias.rpartition(".")[2] for alias in TABLE if alias.rpartition(".")[0] == name]


class AliasPath:
    """A path hook: what `pkgutil.iter_modules` asks for the modules of an alias package."""

    def __init__(self, path: str) -> None:
        if not path.startswith(_PLACE):
            raise ImportError("no package of the alias layer")
        self.name = path[len(_PLACE) :]

    def iter_modules(self, prefix: str = "") -> list[tuple[str, bool]]:
        """Names and whether they are packages."""
        names = sorted(_submodules(self.name))
        return [(prefix + name, bool(_submodules(f"{self.name}.{name}"))) for name in names]

    def find_spec(self, fullname: str, target: object = None) -> None:
        """Nothing: the finder has answered before."""


class AliasFinder:
    """A meta path finder for the table, a loader of what it finds, and its metadata."""

    def find_spec(
        self, fullname: str, path: t.Iterable[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """The spec of a name in the table; an error for one that a peer's module would have."""
        parent, _, name = fullname.rpartition(".")
        if fullname.partition(".")[0] not in PEERS:
            return None
        if fullname not in TABLE:
            if path is not None and f"{_PLACE}{parent}" not in path:
                return None  # the parent is no alias: a program put a package of its own there
            # The error's `name` is the parent's: with the full one importlib would swallow this
            # error in ``from flask import nope`` and raise one that does not say whose flask it is.
            raise ModuleNotFoundError(
                f"{ROOT}'s alias of {parent!r} has no module or name {name!r}", name=parent
            )
        spec = ModuleSpec(fullname, self, origin=__file__)  # type: ignore[arg-type]
        if _submodules(fullname):
            spec.submodule_search_locations = [f"{_PLACE}{fullname}"]
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An alias module: its row is all that it is made of."""
        return AliasModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Name the file to which "cannot import name" leads, and the version offered."""
        module.__dict__["__file__"] = __file__
        # Where the server is asked for by Werkzeug's name, it is to behave as Werkzeug's.
        if module.__name__ == "werkzeug.serving":
            importlib.import_module(f"{ROOT}.compat.serving").install()
        if module.__name__ in PEERS:
            module.__dict__["__version__"] = PEERS[module.__name__][1]

    def get_code(self, fullname: str) -> CodeType:
        """What ``python -m flask`` runs."""
        return compile(f"import sys, {fullname} as program; sys.exit(program.main())", __file__, "exec")

    def find_distributions(self, context: t.Any = None) -> t.Iterator[t.Any]:
        """Metadata for `importlib.metadata.version("flask")` and the like."""
        from .metadata import distributions

        return distributions(PEERS, context)

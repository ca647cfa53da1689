"""Alias modules and the finder that makes them.

An alias module holds no names of its own: it looks each one up, when it is first asked for, in the
modules that its row of the table names. A name found nowhere is absent, as for any module, because
extensions tell versions apart by ImportError and hasattr.

Setting an attribute (as monkeypatching does) is passed on to the module the name came from: that
is where our code looks it up.
"""

from __future__ import annotations

import importlib
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType

from .table import TABLE, VERSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from types import CodeType

# The package whatever it is called: "microweb", or "app._vendor.mw".
_ROOT = __name__.rpartition(".compat.")[0]


class Source:
    """One part of a row: the module where names live, and which; ``*`` for all public ones."""

    def __init__(self, text: str) -> None:
        module, _, names = text.partition(":")
        self.module = f"{_ROOT}.{module.strip()}".rstrip(".")
        pairs = [item.partition("=") for item in names.split()]
        self.names = {alias: name or alias for alias, _, name in pairs}

    def load(self) -> ModuleType | None:
        """The module here; None if it was left out of this copy of the package."""
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if error.name and f"{self.module}.".startswith(f"{error.name}."):
                return None
            raise

    def find(self, alias: str) -> tuple[ModuleType, str] | None:
        """The module and the name there of what an alias stands for, if it is in this part."""
        name = self.names.get(alias, "")
        if not name and (alias.startswith("_") or "*" not in self.names):
            return None
        module = self.load()
        if module is None or not (hasattr(module, name) if name else _is_public(module, alias)):
            return None
        return module, name or alias

    def aliases(self) -> list[str]:
        """All names for which `find` has an answer."""
        star = dir(self.load()) if "*" in self.names else []
        return [name for name in {*self.names, *star} if self.find(name)]


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

    _sources: tuple[Source, ...] = ()

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__dict__["_deleted"] = {}

    def _find(self, alias: str) -> tuple[ModuleType, str] | None:
        """Where a name lives: the module here and the name there."""
        answers = (source.find(alias) for source in self._sources)
        return next((answer for answer in answers if answer), None)

    def __getattr__(self, name: str) -> t.Any:
        if name == "__all__":
            return [name for name in dir(self) if not name.startswith("_")]
        child = f"{self.__name__}.{name}"
        if child in TABLE:
            return importlib.import_module(child)
        found = self._find(name)
        if found is None:
            raise AttributeError(
                f"module {self.__name__!r}, which is {_ROOT}'s alias, has no attribute {name!r}"
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
            found = self._find(name) or self._deleted.pop(name, None)
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
        names = {name for source in self._sources for name in source.aliases()}
        return sorted(names.union(super().__dir__()))


class AliasFinder:
    """A meta path finder for `TABLE`, a loader of what it finds, and its metadata."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of a name in the table; an error for one that a peer's module would have."""
        top, _, rest = fullname.partition(".")
        if top not in VERSIONS:
            return None
        if fullname not in TABLE:
            parent, _, name = fullname.rpartition(".")
            # The error's `name` is the parent's: with the full one importlib would swallow this
            # error in ``from flask import nope`` and raise one that does not say whose flask it is.
            raise ModuleNotFoundError(
                f"{_ROOT}'s alias of {parent!r} has no module or name {name!r}", name=parent
            )
        is_package = any(name.startswith(f"{fullname}.") for name in TABLE)
        return ModuleSpec(fullname, self, origin=__file__, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty alias module."""
        return AliasModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its row."""
        row = TABLE[module.__name__]
        own = module.__dict__
        own["_sources"] = tuple(Source(part) for part in row.split(";") if part.strip())
        # Shown by "cannot import name": the file to which the question leads.
        own["__file__"] = __file__
        if module.__name__ in VERSIONS:
            own["__version__"] = VERSIONS[module.__name__]

    def get_code(self, fullname: str) -> CodeType:
        """What ``python -m flask`` executes (runpy asks the loader for code)."""
        parent, _, name = fullname.rpartition(".")
        source = f"from {parent}.cli import main\nmain()\n" if name == "__main__" else ""
        return compile(source, f"<alias {fullname}>", "exec")

    def find_distributions(self, context: t.Any = None) -> t.Iterator[t.Any]:
        """Metadata for `importlib.metadata.version("flask")` and the like."""
        from .metadata import distributions

        return distributions(context)

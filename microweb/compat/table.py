"""The alias table, read from ``aliases.txt`` beside this file; its head explains the format."""

from __future__ import annotations

import pkgutil

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
        home = f"{ROOT}.{module.strip()}".rstrip(".")
        yield home, {alias: name or alias for alias, _, name in pairs}

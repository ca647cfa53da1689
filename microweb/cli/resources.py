"""The files beside this one that are no code: pages, scripts, notes."""

from __future__ import annotations

from pkgutil import get_data


def read(name: str) -> str:
    """The text of a file, read through the loader: the package may lie in a zip file."""
    data = get_data(__name__.rpartition(".")[0], name)
    assert data is not None, f"the package was copied without {name}"
    return data.decode()

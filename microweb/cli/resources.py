"""The files beside this one that are no code: pages, scripts, notes."""

from __future__ import annotations

import os


def read(name: str) -> str:
    """The text of a file, read through the loader: the package may lie in a zip file."""
    # As pkgutil.get_data() does, whose module brings `typing`, which no start of a server needs.
    data: bytes = globals()["__loader__"].get_data(os.path.join(os.path.dirname(__file__), name))
    return data.decode()

"""Commands that other distributions bring by entry points.

The rule: nobody pays for what is not installed. To import `importlib.metadata` takes as long as all that the
command line needs itself; that a file names a group of ours is seen faster.
"""

from __future__ import annotations

import os
import sys
from glob import escape, glob

from .terminal import echo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def plugin_commands(groups: t.Sequence[str]) -> dict[str, t.Any]:
    """The commands of these groups' entry points, by name."""
    if not any(_names(folder, group) for folder in sys.path for group in groups):
        return {}
    try:
        from importlib import metadata
    except ImportError:  # it needs more modules than a host must have
        return {}
    commands = {}
    for point in (point for each in metadata.distributions() for point in each.entry_points):
        try:
            commands.update({point.name: point.load()} if point.group in groups else {})
        except Exception as error:  # another command may have been asked for
            echo(f"Error: The plugin {point.name!r} ({point.value}) is left out: {error}", err=True)
    return commands


def _names(folder: str, group: str) -> bool:
    """Whether a distribution in a folder may have entry points of a group: nobody looks into archives."""
    # Distributions are called x.dist-info and x.egg-info, and in an egg EGG-INFO.
    files = glob(os.path.join(escape(folder), "*-[Ii]*", "entry_points.txt"))
    return os.path.isfile(folder) or any(f"[{group}]" in _text(file) for file in files)


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()

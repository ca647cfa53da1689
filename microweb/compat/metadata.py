"""Distribution metadata for the peers: the version whose API is offered."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import PurePosixPath

from .table import VERSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import typing as t

# The projects' own spelling where it is not the module's name.
_SPELLING = {"flask": "Flask", "werkzeug": "Werkzeug", "jinja2": "Jinja2"}
_SPELLING["markupsafe"] = "MarkupSafe"


class AliasDistribution(Distribution):
    """What would be read from a peer's ``dist-info`` directory, were it installed."""

    def __init__(self, module: str) -> None:
        self._texts = {
            "METADATA": (
                "Metadata-Version: 2.1\n"
                f"Name: {_SPELLING.get(module, module)}\nVersion: {VERSIONS[module]}\n"
                f"Summary: Answered by the alias layer {__package__}.\n"
            ),
            "top_level.txt": f"{module}\n",
        }

    def read_text(self, filename: str | os.PathLike[str]) -> str | None:
        """The text of a metadata file, None if there is no such file."""
        return self._texts.get(str(filename))

    def locate_file(self, path: str | os.PathLike[str]) -> t.Any:
        """No file is installed for an alias, so the path stays relative."""
        return PurePosixPath(path)


def distributions(context: t.Any) -> t.Iterator[Distribution]:
    """The peers' distributions, or the one that the context asks for by any spelling."""
    wanted = getattr(context, "name", None)
    for module in VERSIONS:
        if wanted is None or wanted.lower().replace("_", "-") == module:
            yield AliasDistribution(module)

"""Distribution metadata for the peers: the version whose API is offered."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import PurePosixPath

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import typing as t


class AliasDistribution(Distribution):
    """What would be read from a peer's ``dist-info`` directory, were it installed."""

    def __init__(self, module: str, name: str, version: str) -> None:
        summary = f"Summary: Answered by the alias layer {__name__.rpartition('.')[0]}.\n"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{summary}"
        self._texts = {"METADATA": head, "top_level.txt": module}

    def read_text(self, filename: str | os.PathLike[str]) -> str | None:
        """The text of a metadata file, None if there is no such file."""
        return self._texts.get(str(filename))

    def locate_file(self, path: str | os.PathLike[str]) -> t.Any:
        """No file is installed for an alias, so the path stays relative."""
        return PurePosixPath(path)


def distributions(peers: dict[str, tuple[str, str]], context: t.Any) -> t.Iterator[Distribution]:
    """The peers' distributions, or the one that the context asks for by any spelling."""
    wanted = (getattr(context, "name", None) or "").lower()
    return (AliasDistribution(module, *peer) for module, peer in peers.items() if wanted in ("", module))

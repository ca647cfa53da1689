"""Files that lie in a zip file: an application runs from one, and its resources with it.

A path into an archive is spelled as if that were a folder, `/srv/shop.zip/shop/schema.sql`, as the import
system spells `__file__`. So nobody has to ask beforehand: what is no file on the disk is looked for here.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def find_archive(path: str | os.PathLike[str]) -> t.Any:
    """The importer of the zip file that a path leads into; None if it leads into none."""
    folder, below = os.path.abspath(path), None
    # A drive that is not there has nothing above it.
    while folder != below and not os.path.lexists(folder):
        folder, below = os.path.dirname(folder), folder
    if not os.path.isfile(folder):
        return None
    from zipimport import ZipImportError, zipimporter

    try:
        return zipimporter(folder)
    except ZipImportError:
        return None


def read_archived(path: str | os.PathLike[str]) -> bytes | None:
    """The bytes of a file in a zip file; None if there is no such archive, or no such file in it."""
    archive = find_archive(path)
    try:
        data: bytes | None = archive and archive.get_data(os.path.abspath(path))
    except OSError:
        return None
    return data


def folder_on_disk(folder: str) -> str:
    """The folder itself or, if it lies in a zip file, the one that the file lies in."""
    archive = find_archive(folder)
    return folder if archive is None else os.path.dirname(archive.archive)

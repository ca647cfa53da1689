"""A package in one compressed file: what a zip file holds of this one, and how Python imports from that.

The rule: all modules are compressed as one text, for they have most of their words in common. A zip file
compresses each for itself, and tells of each three times: that would be a quarter larger. The file lies in
the package, and begins with the path and the size of each that it was made of:

    __init__.py 1200
    app.py 19000
    ...

and, behind an empty line, their contents. This module lies beside it, the only one that stands for itself;
the package's own `__init__.py` runs when `start` has found it.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

try:
    import zlib
except ImportError:  # nor are there compressed zip files then
    zlib = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    #: Path below the package, with "/", and content.
    Files = dict[str, bytes]

#: The compressed file, this module beside it, and what `__init__.py` says there.
PACK, PACKED = "package.z", "packed.py"
START = "from .packed import start\n\nstart(__name__)\n"


def pack(files: Files) -> bytes:
    """The files in one, compressed; the same for the same files."""
    index = "".join(f"{path} {len(data)}\n" for path, data in sorted(files.items()))
    return zlib.compress(index.encode() + b"\n" + b"".join(files[path] for path in sorted(files)), 9)


def unpack(data: bytes) -> Files:
    """What `pack` was given."""
    try:
        index, _, content = zlib.decompress(data).partition(b"\n\n")
    except zlib.error as error:
        raise ValueError(f"{PACK} is damaged: {error}") from None
    files, start = {}, 0
    for line in index.decode().splitlines():
        path, _, size = line.rpartition(" ")
        files[path] = content[start : start + int(size)]
        start += int(size)
    return files


class PackLoader(SourceFileLoader):
    """Loads modules, and resources beside them, as from files: only that these are elsewhere."""

    def __init__(self, fullname: str, path: str, files: Files) -> None:
        super().__init__(fullname, path)
        self.files = files

    def get_data(self, path: t.Any) -> bytes:
        """The content of a file, by the path that it would have if it lay where the package does."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(f"{path} is not in the package") from None

    def path_stats(self, path: t.Any) -> t.Any:
        """There is no time to compare with that of a compiled file, so none is looked for or written."""
        raise FileNotFoundError(path)


class PackFinder:
    """A path entry finder: finds the modules in one folder of the package."""

    def __init__(self, folder: str, files: Files) -> None:
        self.folder, self.files = folder, files

    def find_spec(self, fullname: str, target: object = None) -> ModuleSpec | None:
        """The spec of a module; its file is named as in a zip file, or in a folder."""
        stem = os.path.join(self.folder, fullname.rpartition(".")[2])
        for path, folders in ((os.path.join(stem, "__init__.py"), [stem]), (f"{stem}.py", None)):
            if path in self.files:
                spec = ModuleSpec(fullname, PackLoader(fullname, path, self.files), origin=path)
                spec.has_location, spec.submodule_search_locations = True, folders
                return spec
        return None

    def iter_modules(self, prefix: str = "") -> t.Iterator[tuple[str, bool]]:
        """Names, and whether they are packages: what `pkgutil.iter_modules` asks for."""
        for path in self.files:
            folder, name = os.path.split(path)
            if os.path.dirname(folder) == self.folder and name == "__init__.py":
                yield prefix + os.path.basename(folder), True
            elif folder == self.folder and name.endswith(".py") and name != "__init__.py":
                yield prefix + name[:-3], False


def start(name: str) -> None:
    """Become the package of this name: from now on its modules are found in the pack."""
    package: t.Any = sys.modules[name]
    [root] = package.__path__
    data = unpack(package.__loader__.get_data(os.path.join(root, PACK)))
    files = {os.path.join(root, *path.split("/")): content for path, content in data.items()}

    def find(folder: object) -> PackFinder:
        # Python asks for bytes and paths, too.
        if not (isinstance(folder, str) and f"{folder}{os.sep}".startswith(root + os.sep)):
            raise ImportError("no folder of this package")
        return PackFinder(folder, files)

    # Before all others, and whoever was asked for this folder until now is forgotten.
    sys.path_hooks.insert(0, find)
    sys.path_importer_cache[root] = find(root)
    del package.start
    package.__spec__.loader = package.__loader__ = loader = PackLoader(name, package.__file__, files)
    loader.exec_module(package)

"""Where a module lies: the folder of its resources, and the prefix it is installed under."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def get_root_path(import_name: str) -> str:
    """The folder of a module or package; the current one if it is not a file's (a REPL)."""
    path: t.Any = getattr(sys.modules.get(import_name), "__file__", None)
    if path is not None:
        return _folder(path)
    loader = _find_loader(import_name)
    if loader is None:
        return os.getcwd()
    if hasattr(loader, "get_filename"):
        path = loader.get_filename(import_name)
    else:
        __import__(import_name)
        path = getattr(sys.modules[import_name], "__file__", None)
    if path is None:
        raise RuntimeError(
            f"No root path can be found for the provided module {import_name!r}. This can happen"
            " because the module came from an import hook that does not provide file name"
            " information or because it's a namespace package. In this case the root path needs"
            " to be explicitly provided."
        )
    return _folder(path)


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _find_loader(import_name: str) -> t.Any:
    import importlib.util

    try:
        spec = importlib.util.find_spec(import_name)
    except (ImportError, ValueError):
        # ValueError: a module without a spec, such as __main__ in a REPL.
        return None
    return None if spec is None else spec.loader


def _find_package_path(import_name: str) -> str:
    """The folder that holds the top-level package or module of ``import_name``."""
    import importlib.util

    root_name = import_name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(root_name)
    except (ImportError, ValueError):
        return os.getcwd()
    if spec is None:
        return os.getcwd()
    if spec.origin in {None, "namespace"}:
        return _find_namespace_path(import_name, list(spec.submodule_search_locations or ()))
    folder = os.path.dirname(str(spec.origin))
    return os.path.dirname(folder) if spec.submodule_search_locations else folder


def _find_namespace_path(import_name: str, locations: list[str]) -> str:
    """The same for a namespace package: which of its folders the import came from."""
    import importlib.util

    spec = importlib.util.find_spec(import_name)
    chosen = locations[0]
    if spec is not None and spec.submodule_search_locations:
        package = os.path.commonpath(list(spec.submodule_search_locations))
        chosen = next(place for place in locations if _is_inside(package, place))
    return os.path.dirname(chosen)


def _is_inside(path: str, folder: str) -> bool:
    path, folder = os.path.normcase(path), os.path.normcase(folder)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def find_package(import_name: str) -> tuple[str | None, str]:
    """``(prefix, folder)``: where a package is installed, prefix None if it is not installed.

    The prefix is that of the interpreter or of the site-packages folder's installation.
    """
    folder = _find_package_path(import_name)
    prefix = os.path.abspath(sys.prefix)
    if _is_inside(folder, prefix):
        return prefix, folder
    parent, name = os.path.split(folder)
    if name.lower() != "site-packages":
        return None, folder
    above, name = os.path.split(parent)
    if name.lower() == "lib":  # Windows: lib/site-packages
        return above, folder
    if os.path.basename(above).lower() == "lib":  # POSIX: lib/pythonX.Y/site-packages
        return os.path.dirname(above), folder
    return parent, folder

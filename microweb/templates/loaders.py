"""Where templates come from.

The rule: a loader's `get_source` returns (source, file name or None, function that says whether
that is still current, or None), or raises `TemplateNotFound`. Names are paths with `/` on every
system, and none of them leads out of a loader's root.
"""

from __future__ import annotations

import os
import posixpath
import sys
import types
import weakref

from .errors import TemplateNotFound
from .utils import internalcode

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment, Template

    Source = tuple[str, t.Optional[str], t.Optional[t.Callable[[], bool]]]


def split_template_path(template: str) -> list[str]:
    """Split a name into the parts of a path, refusing those that lead elsewhere."""
    pieces = []
    for piece in template.split("/"):
        # A separator of this system that is none in names would smuggle in a second path.
        if piece == os.path.pardir or os.path.sep in piece or (os.path.altsep or "/") in piece:
            raise TemplateNotFound(template)
        # The system would refuse a NUL with an error that is not ours.
        if "\0" in piece:
            raise TemplateNotFound(template)
        if piece and piece != ".":
            pieces.append(piece)
    return pieces


class BaseLoader:
    """Base class: override `get_source`, and `list_templates` if that is possible."""

    #: False for loaders that have code only.
    has_source_access = True

    def get_source(self, environment: Environment, template: str) -> Source:
        """Return (source, filename, uptodate)."""
        if not self.has_source_access:
            raise RuntimeError(f"{type(self).__name__} cannot provide access to the source")
        raise TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """Return the names of all templates."""
        raise TypeError("this loader cannot iterate over all templates")

    @internalcode
    def load(
        self, environment: Environment, name: str, globals: c.MutableMapping[str, t.Any] | None = None
    ) -> Template:
        """Return the compiled template. Loaders of loaders override this too."""
        source, filename, uptodate = self.get_source(environment, name)
        code = environment.compile(source, name, filename)
        template = environment.template_class.from_code(
            environment, code, {} if globals is None else globals, uptodate
        )
        template.remember(source)
        return template


def _as_paths(paths: t.Any) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    return [os.fspath(path) for path in paths]


def _mtime(filename: str) -> float | None:
    try:
        return os.stat(filename).st_mtime
    except OSError:
        return None


def _files_below(root: str, followlinks: bool = False) -> c.Iterator[str]:
    for folder, _, filenames in os.walk(root, followlinks=followlinks):
        for filename in filenames:
            yield os.path.relpath(os.path.join(folder, filename), root).replace(os.path.sep, "/")


class FileSystemLoader(BaseLoader):
    """Loads from one folder or from several, the first that has the template."""

    def __init__(
        self,
        searchpath: str | os.PathLike[str] | c.Iterable[str | os.PathLike[str]],
        encoding: str = "utf-8",
        followlinks: bool = False,
    ) -> None:
        self.searchpath = _as_paths(searchpath)
        self.encoding = encoding
        self.followlinks = followlinks

    def get_source(self, environment: Environment, template: str) -> Source:
        """Read the file."""
        pieces = split_template_path(template)
        for searchpath in self.searchpath:
            # posixpath on Windows too: there join() would let a drive replace the root.
            filename = posixpath.join(searchpath, *pieces)
            if os.path.isfile(filename):
                break
        else:
            paths = ", ".join(map(repr, self.searchpath))
            places = "path" if len(self.searchpath) == 1 else "paths"
            raise TemplateNotFound(template, f"{template!r} not found in search {places}: {paths}")
        mtime = _mtime(filename)
        with open(filename, encoding=self.encoding) as file:
            source = file.read()
        return source, os.path.normpath(filename), lambda: _mtime(filename) == mtime

    def list_templates(self) -> list[str]:
        """Return the names of the files in all folders."""
        roots = self.searchpath
        return sorted({name for root in roots for name in _files_below(root, self.followlinks)})


class PackageLoader(BaseLoader):
    """Loads from a folder in a Python package, which may be in a zip file."""

    def __init__(self, package_name: str, package_path: str = "templates", encoding: str = "utf-8") -> None:
        from importlib import import_module  # a package that is imported already, as a rule
        from importlib.util import find_spec

        path = os.path.normpath(package_path).rstrip(os.path.sep)
        # A path in a zip file cannot begin with "./".
        self.package_path = "" if path == os.path.curdir else path
        self.package_name = package_name
        self.encoding = encoding
        import_module(package_name)
        spec = find_spec(package_name)
        if spec is None or spec.loader is None:
            raise ValueError(f"The package {package_name!r} has no loader.")
        self._loader: t.Any = spec.loader
        #: The zip file, if the package is in one.
        self._archive: str | None = getattr(spec.loader, "archive", None)
        roots = list(spec.submodule_search_locations or ())
        if not roots and spec.origin is not None:
            roots = [os.path.dirname(spec.origin)]  # one module: what lies beside it
        self._template_root = self._find_root(roots)

    def _find_root(self, roots: list[str]) -> str:
        for root in roots:
            path = os.path.join(root, self.package_path).rstrip(os.path.sep)
            if self._archive is not None or os.path.isdir(path):
                return path
        raise ValueError(
            f"PackageLoader could not find a {self.package_path!r} directory in the"
            f" {self.package_name!r} package."
        )

    def get_source(self, environment: Environment, template: str) -> Source:
        """Read the file, or the member of the zip file."""
        pieces = split_template_path(template)
        path = os.path.normpath(posixpath.join(self._template_root, *pieces))
        if self._archive is not None:
            try:
                return self._loader.get_data(path).decode(self.encoding), path, None
            except OSError as error:
                raise TemplateNotFound(template) from error
        if not os.path.isfile(path):
            raise TemplateNotFound(template)
        mtime = _mtime(path)
        with open(path, "rb") as file:
            source = file.read().decode(self.encoding)
        return source, path, lambda: _mtime(path) == mtime

    def list_templates(self) -> list[str]:
        """Return the names of the files in the folder."""
        if self._archive is None:
            return sorted(_files_below(self._template_root))
        prefix = self._template_root[len(self._archive) :].lstrip(os.path.sep) + os.path.sep
        # zipimport has no public way to list; the attribute became a method in 3.13.
        get_files = getattr(self._loader, "_get_files", lambda: getattr(self._loader, "_files", None))
        files = get_files()
        if files is None:
            raise TypeError("This zip importer does not say which files it has.")
        return sorted(
            name[len(prefix) :].replace(os.path.sep, "/")
            for name in files
            if name.startswith(prefix) and not name.endswith(os.path.sep)
        )


class DictLoader(BaseLoader):
    """Loads from a dict of sources.

    >>> DictLoader({"a": "text"}).get_source(None, "a")[0]
    'text'
    """

    def __init__(self, mapping: c.Mapping[str, str]) -> None:
        self.mapping = mapping

    def get_source(self, environment: Environment | None, template: str) -> Source:
        """Look the template up."""
        if template not in self.mapping:
            raise TemplateNotFound(template)
        source = self.mapping[template]
        return source, None, lambda: source == self.mapping.get(template)

    def list_templates(self) -> list[str]:
        """Return the keys."""
        return sorted(self.mapping)


class FunctionLoader(BaseLoader):
    """Loads with a function that returns a source, what `get_source` returns, or None."""

    def __init__(self, load_func: t.Callable[[str], str | Source | None]) -> None:
        self.load_func = load_func

    def get_source(self, environment: Environment, template: str) -> Source:
        """Call the function."""
        found = self.load_func(template)
        if found is None:
            raise TemplateNotFound(template)
        return (found, None, None) if isinstance(found, str) else found


class PrefixLoader(BaseLoader):
    """Loads with the loader whose name stands before the first delimiter."""

    def __init__(self, mapping: c.Mapping[str, BaseLoader], delimiter: str = "/") -> None:
        self.mapping = mapping
        self.delimiter = delimiter

    def get_loader(self, template: str) -> tuple[BaseLoader, str]:
        """Return the loader for a template, and what that calls it."""
        prefix, found, name = template.partition(self.delimiter)
        if not found or prefix not in self.mapping:
            raise TemplateNotFound(template)
        return self.mapping[prefix], name

    def get_source(self, environment: Environment, template: str) -> Source:
        """Ask the loader."""
        loader, name = self.get_loader(template)
        try:
            return loader.get_source(environment, name)
        except TemplateNotFound as error:
            raise TemplateNotFound(template) from error  # under the name that was asked for

    @internalcode
    def load(
        self, environment: Environment, name: str, globals: c.MutableMapping[str, t.Any] | None = None
    ) -> Template:
        """Let the loader load it."""
        loader, local_name = self.get_loader(name)
        try:
            return loader.load(environment, local_name, globals)
        except TemplateNotFound as error:
            raise TemplateNotFound(name) from error

    def list_templates(self) -> list[str]:
        """Return the templates of all loaders, each with its prefix."""
        return [
            f"{prefix}{self.delimiter}{template}"
            for prefix, loader in self.mapping.items()
            for template in loader.list_templates()
        ]


class ChoiceLoader(BaseLoader):
    """Loads with the first of several loaders that has the template."""

    def __init__(self, loaders: c.Sequence[BaseLoader]) -> None:
        self.loaders = loaders

    def get_source(self, environment: Environment, template: str) -> Source:
        """Ask one after the other."""
        for loader in self.loaders:
            try:
                return loader.get_source(environment, template)
            except TemplateNotFound:
                pass
        raise TemplateNotFound(template)

    @internalcode
    def load(
        self, environment: Environment, name: str, globals: c.MutableMapping[str, t.Any] | None = None
    ) -> Template:
        """Let the first one that can load it."""
        for loader in self.loaders:
            try:
                return loader.load(environment, name, globals)
            except TemplateNotFound:
                pass
        raise TemplateNotFound(name)

    def list_templates(self) -> list[str]:
        """Return the templates of all loaders."""
        return sorted({name for loader in self.loaders for name in loader.list_templates()})


class _ModulePath(types.ModuleType):
    """A module that can be referred to weakly."""


class ModuleLoader(BaseLoader):
    """Loads what `Environment.compile_templates` wrote, from folders or zip files."""

    has_source_access = False

    def __init__(self, path: str | os.PathLike[str] | c.Iterable[str | os.PathLike[str]]) -> None:
        self.package_name = f"_template_modules_{id(self):x}"
        # A package of its own, so that Python's import finds and caches the modules' code. It
        # lives as long as this loader: sys.modules has no more than a proxy.
        self.module = _ModulePath(self.package_name)
        self.module.__path__ = _as_paths(path)
        name = self.package_name
        sys.modules[name] = weakref.proxy(self.module, lambda _: sys.modules.pop(name, None))

    @staticmethod
    def get_template_key(name: str) -> str:
        """Return the name of the module for a template: any name makes a valid one."""
        from hashlib import sha1  # only where modules are used

        return "tmpl_" + sha1(name.encode("utf-8")).hexdigest()

    @staticmethod
    def get_module_filename(name: str) -> str:
        """Return the name of the file for a template."""
        return ModuleLoader.get_template_key(name) + ".py"

    @internalcode
    def load(
        self, environment: Environment, name: str, globals: c.MutableMapping[str, t.Any] | None = None
    ) -> Template:
        """Find the module and run its code; it imports nothing, so it is no import."""
        from importlib.machinery import PathFinder  # only where modules are used

        key = self.get_template_key(name)
        code = getattr(self.module, key, None)
        if code is None:
            spec = PathFinder.find_spec(f"{self.package_name}.{key}", self.module.__path__)
            if spec is None:
                raise TemplateNotFound(name)
            code = spec.loader.get_code(spec.name)  # type: ignore[union-attr]
            setattr(self.module, key, code)
        return environment.template_class.from_code(environment, code, {} if globals is None else globals)

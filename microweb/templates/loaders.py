"""Where templates come from.

The rule: a loader's `get_source` returns (source, file name or None, function that says whether
that is still current, or None), or raises `TemplateNotFound`. Names are paths with `/` on every
system, and none of them leads out of a loader's root.

Machines that should not compile templates get them as Python modules: `write_templates` writes what
`compile(raw=True)` shows, and `ModuleLoader` reads it back.
"""

from __future__ import annotations

import os
import posixpath
import sys
import types
import weakref
from functools import partialmethod

from .errors import TemplateNotFound, TemplateSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Source = tuple[str, t.Optional[str], t.Optional[t.Callable[[], bool]]]

_NOT_IN_NAMES = ("\0", os.path.sep, os.path.altsep or os.path.sep)


def split_template_path(template: str) -> list[str]:
    """Split a name into the parts of a path, refusing those that lead elsewhere."""
    pieces = [piece for piece in template.split("/") if piece and piece != "."]
    # A separator of this system that is none in names would smuggle in a second path; a NUL is
    # refused by the system with an error that is not ours.
    if os.path.pardir in pieces or any(sign in piece for piece in pieces for sign in _NOT_IN_NAMES):
        raise TemplateNotFound(template)
    return pieces


class BaseLoader:
    """Base class: override `get_source`, and `list_templates` if that is possible."""

    #: False for loaders that have code only.
    has_source_access = True

    def get_source(self, environment: t.Any, template: str) -> Source:
        """Return (source, filename, uptodate)."""
        if not self.has_source_access:
            raise RuntimeError(f"{type(self).__name__} cannot provide access to the source")
        raise TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """Return the names of all templates."""
        raise TypeError("this loader cannot iterate over all templates")

    def load(self, environment: t.Any, name: str, globals: t.Any = None) -> t.Any:
        """Return the compiled template. Loaders of loaders override this too."""
        source, filename, uptodate = self.get_source(environment, name)
        code = environment.compile(source, name, filename)
        return environment.template_class.from_code(environment, code, globals, uptodate, source)


def _as_paths(paths: t.Any) -> list[str]:
    return [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]


def _mtime(filename: str) -> float | None:
    try:
        return os.stat(filename).st_mtime
    except OSError:
        return None


def _read(filename: str, encoding: str) -> Source:
    mtime = _mtime(filename)
    with open(filename, encoding=encoding) as file:
        return file.read(), os.path.normpath(filename), lambda: _mtime(filename) == mtime


def _files_below(root: str, followlinks: bool = False) -> t.Iterator[str]:
    for folder, _, filenames in os.walk(root, followlinks=followlinks):
        for filename in filenames:
            yield os.path.relpath(os.path.join(folder, filename), root).replace(os.path.sep, "/")


class FileSystemLoader(BaseLoader):
    """Loads from one folder or from several, the first that has the template."""

    def __init__(self, searchpath: t.Any, encoding: str = "utf-8", followlinks: bool = False) -> None:
        self.searchpath = _as_paths(searchpath)
        self.encoding, self.followlinks = encoding, followlinks

    def get_source(self, environment: t.Any, template: str) -> Source:
        """Read the file."""
        pieces = split_template_path(template)
        for searchpath in self.searchpath:
            # posixpath on Windows too: there join() would let a drive replace the root.
            filename = posixpath.join(searchpath, *pieces)
            if os.path.isfile(filename):
                return _read(filename, self.encoding)
        places = f"path{'s' * (len(self.searchpath) > 1)}: {', '.join(map(repr, self.searchpath))}"
        raise TemplateNotFound(template, f"{template!r} not found in search {places}")

    def list_templates(self) -> list[str]:
        """Return the names of the files in all folders."""
        return sorted({name for root in self.searchpath for name in _files_below(root, self.followlinks)})


class PackageLoader(FileSystemLoader):
    """Loads from a folder in a Python package, which may be in a zip file."""

    def __init__(self, package_name: str, package_path: str = "templates", encoding: str = "utf-8") -> None:
        from importlib import import_module  # a package that is imported already, as a rule

        path = os.path.normpath(package_path).rstrip(os.path.sep)
        # A path in a zip file cannot begin with "./".
        self.package_path = "" if path == os.path.curdir else path
        self.package_name = package_name
        spec = import_module(package_name).__spec__
        if spec is None or spec.loader is None:
            raise ValueError(f"The package {package_name!r} has no loader.")
        self._loader: t.Any = spec.loader
        #: The zip file, if the package is in one.
        self._archive: str | None = getattr(spec.loader, "archive", None)
        # Of a single module, what lies beside it.
        roots = spec.submodule_search_locations or [os.path.dirname(spec.origin or "")]
        paths = [os.path.join(root, self.package_path).rstrip(os.path.sep) for root in roots]
        found = [path for path in paths if self._archive is not None or os.path.isdir(path)]
        if not found:
            message = f"PackageLoader could not find a {self.package_path!r} directory"
            raise ValueError(f"{message} in the {package_name!r} package.")
        super().__init__(found[0], encoding)

    def get_source(self, environment: t.Any, template: str) -> Source:
        """Read the file, or the member of the zip file."""
        if self._archive is None:
            return super().get_source(environment, template)
        path = os.path.normpath(posixpath.join(self.searchpath[0], *split_template_path(template)))
        try:
            return self._loader.get_data(path).decode(self.encoding), path, None
        except OSError as error:
            raise TemplateNotFound(template) from error

    def list_templates(self) -> list[str]:
        """Return the names of the files in the folder."""
        if self._archive is None:
            return super().list_templates()
        # zipimport has no public way to list; the attribute became a method in 3.13.
        files = getattr(self._loader, "_get_files", lambda: getattr(self._loader, "_files", None))()
        if files is None:
            raise TypeError("This zip importer does not say which files it has.")
        prefix = self.searchpath[0][len(self._archive) :].lstrip(os.path.sep) + os.path.sep
        names = [name[len(prefix) :] for name in files if name.startswith(prefix)]
        return sorted(name.replace(os.path.sep, "/") for name in names if name and name[-1] != os.path.sep)


class DictLoader(BaseLoader):
    """Loads from a dict of sources.

    >>> DictLoader({"a": "text"}).get_source(None, "a")[0]
    'text'
    """

    def __init__(self, mapping: t.Mapping[str, str]) -> None:
        self.mapping = mapping

    def get_source(self, environment: t.Any, template: str) -> Source:
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

    def get_source(self, environment: t.Any, template: str) -> Source:
        """Call the function."""
        found = self.load_func(template)
        if found is None:
            raise TemplateNotFound(template)
        return (found, None, None) if isinstance(found, str) else found


class _LoaderOfLoaders(BaseLoader):
    """Base class of those that let others load: `_candidates` yields each, and the name to ask it for."""

    def _candidates(self, template: str) -> t.Iterable[tuple[BaseLoader, str]]:
        raise NotImplementedError

    def _ask(self, method: str, environment: t.Any, template: str, *args: t.Any, **named: t.Any) -> t.Any:
        for loader, name in self._candidates(template):
            try:
                return getattr(loader, method)(environment, name, *args, **named)
            except TemplateNotFound:
                pass
        raise TemplateNotFound(template)  # under the name that was asked for

    #: Both are left to the loader.
    get_source, load = partialmethod(_ask, "get_source"), partialmethod(_ask, "load")


class PrefixLoader(_LoaderOfLoaders):
    """Loads with the loader whose name stands before the first delimiter."""

    def __init__(self, mapping: t.Mapping[str, BaseLoader], delimiter: str = "/") -> None:
        self.mapping, self.delimiter = mapping, delimiter

    def _candidates(self, template: str) -> t.Iterable[tuple[BaseLoader, str]]:
        prefix, found, name = template.partition(self.delimiter)
        return [(self.mapping[prefix], name)] if found and prefix in self.mapping else []

    def list_templates(self) -> list[str]:
        """Return the templates of all loaders, each with its prefix."""
        names = {prefix: loader.list_templates() for prefix, loader in self.mapping.items()}
        return [f"{prefix}{self.delimiter}{name}" for prefix in names for name in names[prefix]]


class ChoiceLoader(_LoaderOfLoaders):
    """Loads with the first of several loaders that has the template."""

    def __init__(self, loaders: t.Sequence[BaseLoader]) -> None:
        self.loaders = loaders

    def _candidates(self, template: str) -> t.Iterable[tuple[BaseLoader, str]]:
        return [(loader, template) for loader in self.loaders]

    def list_templates(self) -> list[str]:
        """Return the templates of all loaders."""
        return sorted({name for loader in self.loaders for name in loader.list_templates()})


class ModuleLoader(BaseLoader):
    """Loads what `Environment.compile_templates` wrote, from folders or zip files."""

    has_source_access = False

    def __init__(self, path: t.Any) -> None:
        self.package_name = name = f"_template_modules_{id(self):x}"
        # A package of its own, so that Python's import finds and caches the modules' code. It
        # lives as long as this loader.
        self.module = sys.modules[name] = types.ModuleType(name)
        self.module.__path__ = _as_paths(path)
        weakref.finalize(self, sys.modules.pop, name, None)

    @staticmethod
    def get_template_key(name: str) -> str:
        """Return the name of the module for a template: any name makes a valid one."""
        from hashlib import sha1  # only where modules are used

        return "tmpl_" + sha1(name.encode("utf-8")).hexdigest()

    @classmethod
    def get_module_filename(cls, name: str) -> str:
        """Return the name of the file for a template."""
        return cls.get_template_key(name) + ".py"

    def load(self, environment: t.Any, name: str, globals: t.Any = None) -> t.Any:
        """Find the module and run its code; it imports nothing, so it is no import."""
        from importlib.machinery import PathFinder  # only where modules are used

        key = self.get_template_key(name)
        if not hasattr(self.module, key):
            spec: t.Any = PathFinder.find_spec(f"{self.package_name}.{key}", self.module.__path__)
            if spec is None:
                raise TemplateNotFound(name)
            setattr(self.module, key, spec.loader.get_code(spec.name))
        return environment.template_class.from_code(environment, getattr(self.module, key), globals)


def write_templates(environment: t.Any, names: t.Any, target: t.Any, **options: t.Any) -> None:
    """Write the modules of some templates to a zip file, or to a folder if `zip` is None."""
    zip = options.get("zip", "deflated")
    log = options.get("log_function") or str  # which comes to nothing
    log(f"Compiling into {'folder' if zip is None else 'Zip archive'} {target!r}")
    modules = _modules(environment, names, log, options.get("ignore_errors", True))
    if zip is None:
        os.makedirs(target, exist_ok=True)
        for filename, source in modules:
            with open(os.path.join(target, filename), "w", encoding="utf-8") as file:
                file.write(source)
    else:
        import zipfile

        with zipfile.ZipFile(target, "w", getattr(zipfile, f"ZIP_{zip.upper()}")) as archive:
            for filename, source in modules:
                archive.writestr(filename, source)
    log("Finished compiling templates")


def _modules(environment: t.Any, names: t.Any, log: t.Any, ignore: bool) -> t.Iterator[tuple[str, str]]:
    """Yield (file name, source of the module) for each template that compiles."""
    for name in names:
        source, filename, _ = environment.loader.get_source(environment, name)
        try:
            code = environment.compile(source, name, filename, raw=True, defer_init=True)
        except TemplateSyntaxError as error:
            if not ignore:
                raise
            log(f'Could not compile "{name}": {error}')
        else:
            module = ModuleLoader.get_module_filename(name)
            log(f'Compiled "{name}" as {module}')
            yield module, code

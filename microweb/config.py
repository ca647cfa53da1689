"""The configuration: a dict and the ways to fill it; and importing by name, which one of them uses.

The rule: *only upper-case names are settings*. A Python file or module that configures may compute
with lower-case names and import what it likes, without any of that becoming a setting.

The theory: configuration comes in layers, each overriding the one before: defaults in the code, a
file of the installation, the environment of the process. So every method updates, none replaces,
and the order of the calls is the order of the layers. Nothing is looked up in files or in the
environment unless a call says so.

>>> config = Config("/srv/app", {"DEBUG": False})
>>> config.from_mapping(MAIL_HOST="localhost", MAIL_PORT=25, comment="not a setting")
True
>>> config.get_namespace("MAIL_")
{'host': 'localhost', 'port': 25}
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Filename = t.Union[str, os.PathLike[str]]
    Load = t.Callable[[t.IO[t.Any]], t.Any]
    Loads = t.Callable[[str], t.Any]

#: The errors that mean "there is no such file", which `silent` forgives. Any other tells of a file
#: that is there and cannot be read.
_ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class ConfigAttribute:
    """An attribute of the application that is a setting: ``app.testing``, ``config["TESTING"]``."""

    def __init__(self, name: str, get_converter: t.Callable[[t.Any], t.Any] | None = None) -> None:
        self.__name__ = name
        self.get_converter = get_converter

    def __get__(self, obj: t.Any, owner: type | None = None) -> t.Any:
        if obj is None:
            return self
        # Looked up each time: the setting is the truth, the attribute a name for it.
        value = obj.config[self.__name__]
        return value if self.get_converter is None else self.get_converter(value)

    def __set__(self, obj: t.Any, value: t.Any) -> None:
        obj.config[self.__name__] = value


class Config(dict):  # type: ignore[type-arg]
    """Settings by name. File names are taken relative to *root_path*."""

    def __init__(self, root_path: Filename, defaults: t.Mapping[str, t.Any] | None = None) -> None:
        super().__init__(defaults or {})
        self.root_path = root_path

    def from_object(self, obj: object | str) -> None:
        """Take the upper-case attributes of *obj*: a module, a class, an instance, or the import
        name of one. A dict has none; it goes to :meth:`from_mapping`."""
        # Names of classes in text let the environment choose: from_object(os.environ["SETTINGS"]).
        if isinstance(obj, str):
            obj = import_string(obj)
        for key in dir(obj):
            if key.isupper():
                self[key] = getattr(obj, key)

    def from_pyfile(self, filename: Filename, silent: bool = False) -> bool:
        """Run a Python file and take its upper-case names.

        True if there was a file; if there is none, FileNotFoundError or, with *silent*, False.
        """
        # Bytes, so that compile() honours the encoding that the file declares.
        source = self._read(filename, "rb", lambda file: file.read(), silent)
        if source is None:
            return False
        module = ModuleType("config")
        module.__file__ = path = os.path.join(self.root_path, filename)
        # Run, not imported: the file need not be on the path, and stays out of sys.modules.
        exec(compile(source, path, "exec"), module.__dict__)
        self.from_object(module)
        return True

    def from_envvar(self, variable_name: str, silent: bool = False) -> bool:
        """:meth:`from_pyfile` with the file that an environment variable names."""
        filename = os.environ.get(variable_name)
        if filename:
            return self.from_pyfile(filename, silent)
        if silent:
            return False
        raise RuntimeError(
            f"The environment variable {variable_name!r} is not set, so that there is no"
            " configuration to load. Set it to the path of a configuration file."
        )

    def from_file(self, filename: Filename, load: Load, silent: bool = False, text: bool = True) -> bool:
        """Take what *load* makes of an open file: ``from_file("config.json", json.load)``.

        ``tomllib.load`` wants bytes: ``text=False``. *silent* as for :meth:`from_pyfile`.
        """
        mapping = self._read(filename, "r" if text else "rb", load, silent)
        return mapping is not None and self.from_mapping(mapping)

    def _read(self, filename: Filename, mode: str, load: Load, silent: bool) -> t.Any:
        try:
            with open(os.path.join(self.root_path, filename), mode) as file:
                return load(file)
        except OSError as error:
            if silent and isinstance(error, _ABSENT):
                return None
            # The same error with more to say, so that `except FileNotFoundError` still works.
            error.strerror = f"Unable to load configuration file ({error.strerror})"
            raise

    def from_mapping(self, mapping: t.Any = None, **kwargs: t.Any) -> bool:
        """Take the upper-case keys of *mapping* and of the keywords. Always True."""
        # Keywords last: they are what the caller wrote here and now.
        items = {**dict(mapping or ()), **kwargs}
        self.update((key, value) for key, value in items.items() if key.isupper())
        return True

    def from_prefixed_env(self, prefix: str = "FLASK", *, loads: Loads | None = None) -> bool:
        """Take the environment variables that begin with *prefix* and ``_``, in sorted order.

        Values are parsed by *loads*, by default as JSON, and kept as text where that fails. Double
        underscores reach into dicts: ``FLASK_MAIL__PORT=25`` sets ``config["MAIL"]["PORT"]``. The
        default prefix is the one that existing deployments set; any other, such as ``MICROWEB``,
        is asked for by name.
        """
        if loads is None:
            import json  # only who reads the environment needs the parser

            loads = json.loads
        # Sorted, so that X__A finds the dict that X made, whatever order the system gives.
        for variable in sorted(os.environ):
            if variable.startswith(f"{prefix}_"):
                *parents, key = variable[len(prefix) + 1 :].split("__")
                self._inner(variable, parents)[key] = _parsed(os.environ[variable], loads)
        return True

    def _inner(self, variable: str, keys: list[str]) -> dict[str, t.Any]:
        """The dict below *keys*; missing ones are made."""
        inner: t.Any = self
        for key in keys:
            inner = inner.setdefault(key, {})
            # Before it is written to: a setting of text has no items.
            if not hasattr(inner, "setdefault"):
                raise TypeError(
                    f"The environment variable {variable!r} wants to set an item of {key!r}, which"
                    f" is {inner!r}, and not a dict. Rename the variable or remove that setting."
                )
        return inner  # type: ignore[no-any-return]

    def get_namespace(
        self, namespace: str, lowercase: bool = True, trim_namespace: bool = True
    ) -> dict[str, t.Any]:
        """The settings that begin with *namespace*, without it and in lower case unless told not
        to: keyword arguments for whatever they configure."""
        start = len(namespace) if trim_namespace else 0
        found = {key[start:]: self[key] for key in self if key.startswith(namespace)}
        return {key.lower(): value for key, value in found.items()} if lowercase else found

    def misspelt(self) -> list[str]:
        """A complaint for each key that is nearly, but not quite, one that the framework knows."""
        complaints = []
        unknown = [
            key for key in self if isinstance(key, str) and key not in DEFAULTS and key not in _OLD_KEYS
        ]
        for key in unknown:
            from difflib import get_close_matches  # only who has keys of his own needs it

            for known in get_close_matches(key, DEFAULTS, 1, 0.8):
                # "API_SECRET_KEY" is a name of its own, and contains one.
                if abs(len(known) - len(key)) < 2:
                    complaints.append(f"config[{key!r}] is nothing that is known here. Is it {known!r}?")
        return complaints

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {dict.__repr__(self)}>"


def _parsed(value: str, loads: Loads) -> t.Any:
    try:
        return loads(value)
    except Exception:  # whatever the parser raises: then it is plain text
        return value


class ImportStringError(ImportError):
    """:func:`import_string` failed; tells how far it came. `exception` is what stopped it."""

    def __init__(self, import_name: str, exception: BaseException) -> None:
        self.import_name = import_name
        self.exception = exception
        track = "\n".join(_import_track(import_name))
        super().__init__(
            f"import_string() failed for {import_name!r}: {type(exception).__name__}: {exception}\n{track}\n"
            "Is the name right, has each package an __init__.py, is its parent in sys.path, and"
            " is there no other module of that name before it?"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.import_name!r}, {self.exception!r})>"


def _import_track(import_name: str) -> t.Iterator[str]:
    # From the outermost package inwards: the first that is missing is the mistake.
    parts = import_name.replace(":", ".").split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        found = import_string(name, silent=True)
        if found is None:
            yield f"- {name!r} not found."
            return  # what is below it cannot be there either
        yield f"- {name!r} found in {getattr(found, '__file__', None)!r}."


def import_string(import_name: str, silent: bool = False) -> t.Any:
    """The object of that name: ``package.module``, ``package.module.name`` or ``module:name``.

    ImportStringError if there is none, or None with *silent*. Errors of the imported code other
    than ImportError pass through.
    """
    import_name = import_name.replace(":", ".")
    module_name, _, attribute = import_name.rpartition(".")
    try:
        try:
            __import__(import_name)
            return sys.modules[import_name]
        except ImportError:
            if not module_name:
                raise
        # Not a module, so an attribute of one; if the module was there and failed, so will this.
        module = __import__(module_name, fromlist=[attribute])
        try:
            return getattr(module, attribute)
        except AttributeError as error:
            raise ImportError(error) from None
    except ImportError as error:
        if silent:
            return None
        raise ImportStringError(import_name, error).with_traceback(error.__traceback__) from None


def find_modules(
    import_path: str, include_packages: bool = False, recursive: bool = False
) -> t.Iterator[str]:
    """The import names of the modules in a package: for importing all views of an application.

    Only *recursive* looks into the packages in it, and imports them to do so.
    """
    from pkgutil import iter_modules  # rarely asked for

    package = import_string(import_path)
    path = getattr(package, "__path__", None)
    if path is None:
        raise ValueError(f"{import_path!r} is not a package, but {package!r}")
    for _, name, is_package in iter_modules(path, f"{package.__name__}."):
        if include_packages or not is_package:
            yield name
        if recursive and is_package:
            yield from find_modules(name, include_packages, True)


#: Keys that Flask knew once. Those of JSON still count, and LOGGER_NAME; the others say nothing here.
_OLD_KEYS = {"ENV", "LOGGER_HANDLER_POLICY", "LOGGER_NAME", "PRESERVE_CONTEXT_ON_EXCEPTION"}
_OLD_KEYS |= {"JSON_AS_ASCII", "JSON_SORT_KEYS", "JSONIFY_MIMETYPE", "JSONIFY_PRETTYPRINT_REGULAR"}

#: The keys of an application that sets none.
DEFAULTS: dict[str, t.Any] = {
    "DEBUG": None,
    "TESTING": False,
    "PROPAGATE_EXCEPTIONS": None,
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": None,
    "PERMANENT_SESSION_LIFETIME": timedelta(days=31),
    "USE_X_SENDFILE": False,
    "TRUSTED_HOSTS": None,
    "SERVER_NAME": None,
    "APPLICATION_ROOT": "/",
    "SESSION_COOKIE_NAME": "session",
    "SESSION_COOKIE_DOMAIN": None,
    "SESSION_COOKIE_PATH": None,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_PARTITIONED": False,
    "SESSION_COOKIE_SAMESITE": None,
    "SESSION_REFRESH_EACH_REQUEST": True,
    "MAX_CONTENT_LENGTH": None,
    "MAX_FORM_MEMORY_SIZE": 500_000,
    "MAX_FORM_PARTS": 1_000,
    "MAX_FORM_FILES": 100,
    "SEND_FILE_MAX_AGE_DEFAULT": None,
    "TRAP_BAD_REQUEST_ERRORS": None,
    "TRAP_HTTP_EXCEPTIONS": False,
    "EXPLAIN_TEMPLATE_LOADING": False,
    "PREFERRED_URL_SCHEME": "http",
    "TEMPLATES_AUTO_RELOAD": None,
    "MAX_COOKIE_SIZE": 4093,
    "PROVIDE_AUTOMATIC_OPTIONS": True,
    # Not Flask's: each is off, so that applications behave as there.
    "STATIC_FINGERPRINTS": False,
    "STATIC_HIDDEN": False,
    "ERRORS_FOLLOW_ACCEPT": False,
    "BLUEPRINT_ERRORS_BY_PREFIX": False,
}

"""From what a person typed to the application object, by Flask's rules.

    hello                 module (or package, or hello.py): its application or factory
    hello:name            this attribute of it; a function is called without arguments
    hello:create_app(1)   a factory, called with literal arguments
    path/to/app           a file, a package or a directory that holds wsgi.py or app.py
    (nothing)             wsgi.py or app.py in the current directory

The rule: what cannot be found is told in one line that says what to do (`NoAppException`). What
the module itself raises while it is imported is its author's to see, traceback and all; an
ImportError's is in the message, so that commands that need no application still work.
"""

from __future__ import annotations

import os
import re
import sys
from types import FunctionType, ModuleType

from .. import Microweb
from .exceptions import ClickException, UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

DEFAULT_FILES = ("wsgi.py", "app.py")
# A colon before a slash belongs to a path: C:\site\app.py, C:/site/app.py.
_COLON = re.compile(r":(?![\\/])")


class NoAppException(UsageError):
    """No application was found; the message says why and what to do. A usage would hide it."""

    show = ClickException.show


def load_app(spec: str | None) -> Microweb:
    """The application that a specification means, or the default one. Raises NoAppException."""
    path, *name = _COLON.split(spec or "", maxsplit=1)
    for candidate in [path] if spec else DEFAULT_FILES:
        # A default file need not be there; what somebody named has to.
        app = locate_app(prepare_import(candidate), name[0] if name else None, bool(spec))
        if app is not None:
            return app
    raise NoAppException(
        "Found no application: name one with --app, MICROWEB_APP or FLASK_APP, or call its file"
        f" {' or '.join(DEFAULT_FILES)}."
    )


def prepare_import(path: str) -> str:
    """The dotted name of the module at a path, which is made importable: the directory above its
    outermost package goes in front of sys.path. Raises NoAppException."""
    path = os.path.realpath(path)
    # A directory that is no package stands for the file in it.
    if os.path.isdir(path) and not os.path.exists(os.path.join(path, "__init__.py")):
        files = [name for name in DEFAULT_FILES if os.path.exists(os.path.join(path, name))]
        if not files:
            raise NoAppException(f"There is neither {' nor '.join(DEFAULT_FILES)} in {path}; name a module.")
        path = os.path.join(path, files[0])
    directory, name = os.path.split(path[:-3] if path.endswith(".py") else path)
    if name == "__init__":
        directory, name = os.path.split(directory)
    # Imported by its full name, or its relative imports would fail.
    while os.path.exists(os.path.join(directory, "__init__.py")):
        directory, package = os.path.split(directory)
        name = f"{package}.{name}"
    # In front: the application's own modules win over installed ones of their names.
    if sys.path[0] != directory:
        sys.path.insert(0, directory)
    return name


def locate_app(module_name: str, app_name: str | None, raise_if_not_found: bool = True) -> Microweb | None:
    """Import a module and find the application in it; None if there is no such module and
    that is no error. Raises NoAppException, and what else than ImportError the module raises."""
    try:
        __import__(module_name)
    except ImportError as error:
        # The module itself (or a package above it) is missing, and not one that it imports.
        missing = isinstance(error, ModuleNotFoundError) and error.name
        if not missing or not f"{module_name}.".startswith(f"{error.name}."):
            raise NoAppException(
                f"While importing {module_name!r}, an ImportError was raised:\n\n{users_traceback(error)}"
            ) from None
        if not raise_if_not_found:
            return None
        raise NoAppException(_no_module(module_name)) from None
    except SyntaxError as error:
        # A file with NUL bytes has an error without a place.
        place = f"{error.filename}, line {error.lineno}" if error.filename else f"module {module_name!r}"
        raise NoAppException(f"Syntax error in {place}: {error.msg}.") from None
    module = sys.modules[module_name]
    return find_best_app(module) if app_name is None else find_app_by_string(module, app_name)


def _no_module(name: str) -> str:
    files = os.listdir(sys.path[0]) if os.path.isdir(sys.path[0]) else []
    names = filter(str.isidentifier, (file[:-3] if file.endswith(".py") else file for file in files))
    return f"Could not import {name!r}: there is no such module below {sys.path[0]}.{nearest(name, names, 1)}"


def find_best_app(module: ModuleType) -> Microweb:
    """`app` or `application`, else the only application there, else what `create_app` or
    `make_app` returns. Raises NoAppException."""
    name, values = module.__name__, vars(module).values()
    called = [getattr(module, each, None) for each in ("app", "application")]
    apps = _applications(called)[:1] or _applications(values)
    if len(apps) > 1:  # to take the first would be to guess
        raise NoAppException(
            f"Detected multiple applications in module {name!r}; say which with '{name}:NAME'."
        )
    # Last, as calling one may open databases; an application that is there is enough.
    for factory in ("create_app", "make_app"):
        if not apps:
            apps = _applications([_call(getattr(module, factory, None), f"{name}:{factory}")])
    if not apps:
        raise NoAppException(
            f"Found no application and no factory in module {name!r}; say what it is called with"
            f" '{name}:NAME'."
        )
    return apps[0]


def _applications(values: t.Iterable[object]) -> list[Microweb]:
    return [value for value in values if isinstance(value, Microweb)]


def find_app_by_string(module: ModuleType, app_name: str) -> Microweb:
    """The attribute that an expression like ``app`` or ``create_app("x", debug=True)`` means.
    Raises NoAppException."""
    name, args, kwargs = _parse(app_name)
    if not hasattr(module, name):
        raise NoAppException(f"Failed to find {name!r} in module {module.__name__!r}.")
    found, where = getattr(module, name), f"{module.__name__}:{app_name.strip()}"
    for other, app in vars(module).items():
        # Called as if it were a factory, it would complain about its missing request.
        if isinstance(app, Microweb) and found in app.view_functions.values():
            raise NoAppException(f"{where!r} is a view of '{module.__name__}:{other}', and no application.")
    found = _call(found, where, *args, **kwargs)
    if not isinstance(found, Microweb):
        raise NoAppException(f"{where!r} gave {type(found).__name__}, which is no application.")
    return found


def _parse(text: str) -> tuple[str, list[t.Any], dict[str, t.Any]]:
    """``name`` or ``name(literals)``: an expression's syntax, but nothing is evaluated."""
    import ast  # slow to import, and seldom needed

    try:
        node: ast.expr = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        node = ast.Constant(None)
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    if not isinstance(call.func, ast.Name):
        raise NoAppException(f"Failed to parse {text!r} as a name or a call of one.")
    try:
        kwargs = {keyword.arg or "**": ast.literal_eval(keyword.value) for keyword in call.keywords}
        return call.func.id, [ast.literal_eval(arg) for arg in call.args], kwargs
    except ValueError:
        raise NoAppException(f"Failed to parse the arguments of {text!r} as literals.") from None


def _call(found: t.Any, where: str, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
    """Call a factory; a TypeError is ours if the call itself failed, and the factory's if its
    frame was entered. What is no function is given as it is: an application can be called, too."""
    try:
        return found(*args, **kwargs) if isinstance(found, FunctionType) else found
    except TypeError as error:
        # The first frame is this one, and a call that fails by its arguments has no second.
        if error.__traceback__ and error.__traceback__.tb_next:
            raise
        name = where.partition("(")[0]
        raise NoAppException(
            f"The factory {where!r} takes other arguments; give them as '{name}(...)'."
        ) from None


def users_traceback(error: BaseException) -> str:
    """The traceback without the frames of this package and of the import system before the user's. What the
    system refused to a command itself is told without any."""
    import traceback

    inner = os.path.dirname(__file__), "<frozen "
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename.startswith(inner):
        trace = trace.tb_next
    ours = None if isinstance(error, OSError) else error.__traceback__
    return "".join(traceback.format_exception(type(error), error, trace or ours))

"""The command line: `main` reads the arguments, `discovery` finds the application.

What programs take from `flask.cli` can be taken from here; it is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_MODULES = {
    "discovery": "NoAppException",
    "dotenv": "load_dotenv",
    "routes": "routes_command",
    "run": "run_command",
    "script": "AppGroup MicrowebGroup ScriptInfo pass_script_info with_appcontext",
    "shell": "shell_command",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> t.Any:
    from importlib import import_module  # only when a name is first used

    wanted = "MicrowebGroup" if name == "FlaskGroup" else name
    if wanted not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOME[wanted]}", __name__), wanted)
    return value

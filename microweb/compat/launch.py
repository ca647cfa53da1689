"""Run another program under the alias layer, and let its child processes run under it too.

Children meet `sitecustomize` (beside this file), which Python imports at start-up when it is on the
path. It cannot help a child that ignores the environment (``-E``, ``-I``, ``-S``).
"""

from __future__ import annotations

import os
import runpy
import sys
from types import ModuleType

# Not `__package__`, which PyPy leaves empty in zip files.
_PACKAGE = __name__.rpartition(".")[0]
_USAGE = "usage: python -m {} compat (-m MODULE | -c CODE | SCRIPT) [ARGUMENT ...]"


def run(argv: list[str]) -> int:
    """Run the program as ``python ARGV`` would; its SystemExit is the caller's."""
    how = argv[0] if argv[:1] in (["-m"], ["-c"]) else ""
    program, *rest = (argv[1:] if how else argv) or [""]
    if not program or (program[0] == "-" and not how):
        print(_USAGE.format(_PACKAGE.rpartition(".")[0]), file=sys.stderr)
        return 2
    _prepare_children()
    sys.argv[:] = ["-c" if how == "-c" else program, *rest]
    if how == "-m":
        sys.path[0] = os.getcwd()
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    elif how == "-c":
        sys.path[0] = ""
        module = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(program, "<string>", "exec"), module.__dict__)
    else:
        if not os.path.exists(program):
            print(f"There is no file {program!r} to run; a module is run by -m.", file=sys.stderr)
            return 2
        sys.path[0] = os.path.dirname(os.path.abspath(program))
        runpy.run_path(program, run_name="__main__")
    return 0


def _prepare_children() -> None:
    """Put `sitecustomize` on the children's path, and tell it where this package is."""
    here = root = os.path.dirname(os.path.abspath(__file__))
    for _ in _PACKAGE.split("."):
        root = os.path.dirname(root)
    os.environ["MICROWEB_COMPAT"] = f"{_PACKAGE}{os.pathsep}{root}"
    old = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{here}{os.pathsep}{old}" if old else here

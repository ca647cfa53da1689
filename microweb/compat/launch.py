"""Run another program under the alias layer, and let its child processes run under it too.

Children meet `sitecustomize` (beside this file), which Python imports at start-up when it is on the
path. It cannot help a child that ignores the environment (``-E``, ``-I``, ``-S``).
"""

from __future__ import annotations

import os
import runpy
import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

USAGE = "usage: python -m {root} compat (-m MODULE | -c CODE | SCRIPT) [ARGUMENT ...]"


def run(argv: t.Sequence[str]) -> int:
    """Run the program as ``python ARGV`` would; return what it would exit with."""
    how, *rest = argv or [""]
    if not how or (how in ("-m", "-c") and not rest) or (how[0] == "-" and how[1:] not in "mc"):
        print(USAGE.format(root=__package__.rpartition(".")[0]), file=sys.stderr)
        return 2
    _prepare_children()
    try:
        _RUNNERS.get(how, _run_script)(how, rest)
    except SystemExit as stop:
        return _status(stop.code)
    return 0


def _run_module(how: str, rest: list[str]) -> None:
    sys.argv[:] = [rest[0], *rest[1:]]
    sys.path[0] = os.getcwd()
    runpy.run_module(rest[0], run_name="__main__", alter_sys=True)


def _run_code(how: str, rest: list[str]) -> None:
    sys.argv[:] = ["-c", *rest[1:]]
    sys.path[0] = ""
    module = sys.modules["__main__"] = ModuleType("__main__")
    exec(compile(rest[0], "<string>", "exec"), module.__dict__)


def _run_script(script: str, rest: list[str]) -> None:
    sys.argv[:] = [script, *rest]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    runpy.run_path(script, run_name="__main__")


_RUNNERS = {"-m": _run_module, "-c": _run_code}


def _status(code: object) -> int:
    """What the interpreter makes of the argument of ``sys.exit``."""
    if code is None or isinstance(code, int):
        return code or 0
    print(code, file=sys.stderr)
    return 1


def _prepare_children() -> None:
    """Put `sitecustomize` on the children's path, and tell it where this package is."""
    package = __package__
    here = os.path.dirname(os.path.abspath(__file__))
    root = here
    for _ in package.split("."):
        root = os.path.dirname(root)
    os.environ["MICROWEB_COMPAT"] = os.pathsep.join((package, root))
    old = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *([old] if old else [])])

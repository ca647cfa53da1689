"""The alias layer: `flask`, `werkzeug`, `jinja2` and their kin answered by this package.

`install()` puts one finder in front of ``sys.meta_path``. It reads ``aliases.txt``, which says in which
module here each name of each peer module lives; nothing is copied and nothing is imported before
it is asked for. `main` runs another program with the layer installed, its child processes included.

The layer bends nothing in the core to itself: the names that only it needs are in `extras` and `click`.
"""

from __future__ import annotations

import sys

from .modules import PEERS, AliasFinder, AliasPath

_finder = AliasFinder()


def install() -> None:
    """Let the peers' names resolve to this package, from now on and in the whole process.

    Calling it again changes nothing. A peer that was imported before is an error: half of the
    program would hold its classes and the other half ours.
    """
    if _finder in sys.meta_path:
        return
    for name in [name for name in PEERS if name in sys.modules]:
        raise RuntimeError(
            f"{name} is already imported, from {getattr(sys.modules[name], '__file__', None)}:"
            f" call {__name__}.install() before anything imports {name}"
        )
    sys.meta_path.insert(0, _finder)
    if AliasPath not in sys.path_hooks:
        sys.path_hooks.append(AliasPath)


def main(argv: list[str]) -> int:
    """Run ``-m MODULE``, ``-c CODE`` or a script under the alias layer; return its exit status."""
    from .launch import run

    install()
    return run(argv)

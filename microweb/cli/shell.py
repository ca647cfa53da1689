"""``shell``: Python in the application's context."""

from __future__ import annotations

import os
import sys

from ..globals import current_app
from .decorators import command
from .script import with_appcontext

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


@command("shell")
@with_appcontext
def shell_command() -> None:
    """Run a Python shell in the application's context.

    The names of its shell context processors are there.
    """
    import code

    names: dict[str, t.Any] = {}
    startup = os.environ.get("PYTHONSTARTUP")
    if startup and os.path.isfile(startup):
        with open(startup, encoding="utf-8") as file:
            exec(compile(file.read(), startup, "exec"), names)
    names.update(current_app.make_shell_context())
    _complete(names)
    lines = [
        f"Python {sys.version} on {sys.platform}",
        f"App: {current_app.import_name}",
        f"Instance: {current_app.instance_path}",
    ]
    code.interact("\n".join(lines), local=names)


def _complete(names: dict[str, t.Any]) -> None:
    """Set up history and completion as the interpreter does, but for these names."""
    hook = getattr(sys, "__interactivehook__", None)
    if hook is None:  # python -I, or no site
        return
    try:
        import readline
        from rlcompleter import Completer
    except ImportError:
        pass
    else:
        readline.set_completer(Completer(names).complete)
    hook()

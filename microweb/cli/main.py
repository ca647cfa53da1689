"""The program: `microweb`, or ``python -m microweb``.

The rule: a mistake of the person at the keyboard costs them one line, which says how to mend it. A
traceback is shown for what their program raises, and then from their own code on.
"""

from __future__ import annotations

import sys

from .decorators import argument, command
from .discovery import users_traceback
from .exceptions import UsageError
from .script import MicrowebGroup
from .terminal import give_up_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

cli = MicrowebGroup(
    name="microweb",
    help="""Run and inspect an application.

    It is named by --app or the environment variable MICROWEB_APP (or FLASK_APP); else it lies in wsgi.py or
    app.py in the current directory.
    """,
)


@command("compat", add_help_option=False, context_settings={"ignore_unknown_options": True})
@argument("program", nargs=-1)
def compat_command(program: tuple[str, ...]) -> t.NoReturn:
    """Run a program that imports flask, werkzeug, ..."""
    raise UsageError("Nothing may stand before 'compat'; what follows it belongs to the other program.")


def main(argv: t.Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["compat"]:
        # Everything behind it belongs to the program that is to run, for which nothing is meant that a group
        # does before its commands: reading .env, muting ``app.run()``.
        from ..compat import main as compat

        return compat(arguments[1:])
    try:
        cli.main(arguments)
    except SystemExit as stop:  # told already, whatever it was
        if not isinstance(stop.code, int):
            raise
        return stop.code
    except Exception as error:
        sys.stderr.write(_missing_module(error) or users_traceback(error))
        give_up_output()
        return 1
    return 0


def _missing_module(error: Exception) -> str | None:
    """What to say if Python was built without a module that a command needs."""
    from .doctor import MODULES

    is_known = isinstance(error, ImportError) and (error.name or "").lstrip("_") in MODULES
    return f"Error: {error}\nTry 'doctor' to see what else is missing here.\n" if is_known else None

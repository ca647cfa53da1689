"""`main`: arguments to an exit status.

The rule: a mistake of the person at the keyboard costs them one line, which says how to mend it. A
traceback is shown for what their program raises, and then from their own code on.
"""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb

_PACKAGE = __package__.rpartition(".")[0]


def main(argv: t.Sequence[str] | None = None) -> int:
    """Run a command line; the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["compat"]:
        # Everything behind it belongs to the program that is to run.
        from ..compat import main as compat

        return compat(arguments[1:])
    try:
        options = build_parser().parse_args(arguments)
        return int(options.command(options))
    except KeyboardInterrupt:  # the second one, while the server waits for running requests
        return 130
    except SystemExit as stop:  # told already, whatever it was
        if not isinstance(stop.code, int):
            raise
        return stop.code


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(prog=_program_name(), description="Run an application.")
    parser.add_argument(
        "--app",
        "-A",
        metavar="MODULE[:NAME]",
        default=_variable("APP"),
        help="the application: a module, file or directory, and its name or a factory call there;"
        " else MICROWEB_APP or FLASK_APP, else wsgi.py or app.py in this directory",
    )
    parser.add_argument("--version", action="version", version=_version())
    _add_debug(parser, default=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # As in Flask, -h is the host here.
    run = commands.add_parser("run", help="serve the application", add_help=False)
    run.add_argument("--help", action="help", help="show this help message and exit")
    host, port = _variable("RUN_HOST") or "127.0.0.1", _variable("RUN_PORT") or 5000
    run.add_argument("--host", "-h", default=host, help="the address; now %(default)s")
    run.add_argument("--port", "-p", type=int, default=port, help="0: any; now %(default)s")
    # Without a default of its own, which would undo what stands before the command.
    _add_debug(run, default=argparse.SUPPRESS)
    run.set_defaults(command=run_command)
    commands.add_parser("compat", help="run a program that imports flask, werkzeug, jinja2, ...")
    return parser


def _add_debug(parser: argparse.ArgumentParser, default: t.Any) -> None:
    action = argparse.BooleanOptionalAction  # with --no-debug, to undo what the environment says
    parser.add_argument("--debug", action=action, default=default, help="debug mode")


def _variable(name: str) -> str | None:
    """MICROWEB_name from the environment, else FLASK_name."""
    return os.environ.get(f"MICROWEB_{name}") or os.environ.get(f"FLASK_{name}")


def _program_name() -> str:
    """How this was started: by the console script, or as a module of whatever name."""
    script = os.path.basename(sys.argv[0])
    return f"python -m {_PACKAGE}" if script == "__main__.py" else script


def _version() -> str:
    from .. import __version__

    return f"{_PACKAGE} {__version__} (Python {sys.version.split(' ', 1)[0]})"


def run_command(options: argparse.Namespace) -> int:
    """Serve the application until it is stopped."""
    if options.debug is not None:
        # By the environment, because the application asks there while it is made.
        os.environ["MICROWEB_DEBUG"] = os.environ["FLASK_DEBUG"] = str(int(options.debug))
    os.environ["MICROWEB_RUN_FROM_CLI"] = "true"  # an app.run() in the module does nothing
    app = load(options.app)
    from ..server.serving import run_simple

    state = "on" if app.debug else "off"
    # On stderr, as all that is said here: what the application prints stays apart.
    print(f"Application {app.import_name!r}, debug mode {state}", file=sys.stderr, flush=True)
    return run_simple(options.host, options.port, app)


def load(spec: str | None) -> Microweb:
    """The application; if there is none, tell why and exit: 2 for the person's mistake, 1 for an
    error in their program."""
    from ..helpers import get_debug_flag
    from .discovery import NoAppException, load_app

    try:
        app = load_app(spec)
    except NoAppException as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except Exception as error:
        _print_users_traceback(error)
        raise SystemExit(1) from None
    app.debug = get_debug_flag()
    return app


def _print_users_traceback(error: Exception) -> None:
    """The traceback without the frames of this package and of the import system."""
    import traceback

    inner = os.path.dirname(__file__), "<frozen importlib"
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename.startswith(inner):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)

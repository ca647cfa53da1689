"""``run`` and ``serve``: the application for its developer, and for others.

The rule: commands know nothing of sockets; what an option means is the server's business.
"""

from __future__ import annotations

from ..config import import_string
from ..helpers import get_debug_flag
from . import types
from .decorators import command, option
from .discovery import NoAppException, users_traceback
from .exceptions import BadParameter, ClickException
from .script import ScriptInfo, debug_option, pass_script_info
from .terminal import echo

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_FILE = types.Path(exists=True, dir_okay=False, resolve_path=True)


class CertParamType(types.ParamType):
    """A certificate's file, ``adhoc``, or where an `ssl.SSLContext` is to be imported from."""

    name = "path"
    path_type = _FILE

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The path, the word, or the object."""
        try:
            import ssl
        except ImportError:
            self.fail("This Python was built without TLS, which --cert needs.", param, ctx)
        try:
            return self.path_type(value, param, ctx)
        except BadParameter:
            if str(value).lower() == "adhoc":
                return _made_adhoc(param, ctx)
            found = import_string(value, silent=True)
            if isinstance(found, ssl.SSLContext):
                return found
            raise


def _made_adhoc(param: t.Any, ctx: t.Any) -> str:
    import shutil

    if not shutil.which("openssl"):  # what the server makes one with
        raise BadParameter("An ad-hoc certificate needs the openssl program; give a file.", ctx, param)
    return "adhoc"


def _validate_key(ctx: t.Any, param: t.Any, value: t.Any) -> t.Any:
    """``--key`` belongs to a ``--cert`` that is a file; the two become one value."""
    cert = ctx.params.get("cert")
    is_file = isinstance(cert, str) and cert != "adhoc"
    if value is None and is_file:
        raise BadParameter('Required when using "--cert".', ctx, param)
    if value is not None and not is_file:
        why = '"--key" is not used when "--cert" is no file.' if cert else '"--cert" must also be specified.'
        raise BadParameter(why, ctx, param)
    if value is not None:
        ctx.params["cert"] = cert, value
    return value


class SeparatedPathType(types.Path):
    """Several paths, divided as in PATH."""

    def convert(self, value: t.Any, param: t.Any, ctx: t.Any) -> t.Any:
        """The list of them."""
        convert = super().convert
        return [convert(each, param, ctx) for each in self.split_envvar_value(value)]


def _listening(port: int) -> t.Callable[[t.Any], t.Any]:
    """The options that `run` and `serve` share."""
    options = [
        option("--host", "-h", default="127.0.0.1", show_default=True, help="The address to listen on."),
        option("--port", "-p", default=port, show_default=True, help="The port to listen on; 0 takes any."),
        option("--cert", type=CertParamType(), is_eager=True, help="Serve HTTPS with this certificate."),
        option("--key", type=_FILE, callback=_validate_key, expose_value=False, help="Its key."),
    ]
    return lambda f: [add(f) for add in reversed(options)][-1]


@command("run")
@_listening(5000)
@option(
    "--reload/--no-reload", default=get_debug_flag, help="Start again when a file changes; in debug mode."
)
@option("--debugger/--no-debugger", default=get_debug_flag, help="Show errors in the browser; in debug mode.")
@option("--with-threads/--without-threads", default=True, help="Handle each request in its own thread.")
@option("--extra-files", type=SeparatedPathType(), help="More files that are watched, divided as in PATH.")
@option("--exclude-patterns", type=SeparatedPathType(), help="Files that are not watched.")
@pass_script_info
def run_command(info: ScriptInfo, /, host: str, port: int, **given: t.Any) -> None:
    """Run a local development server.

    It is for development: with --debug it starts again when a file changes, and shows errors in the
    browser.
    """
    from ..server.reloader import traceback_files
    from ..server.serving import is_running_from_reloader, run_simple

    app: t.Any
    files = list(given["extra_files"] or ())
    try:
        app = _watched(info.load_app(), silent=is_running_from_reloader())
    except Exception as error:
        if not is_running_from_reloader():
            raise
        # What a line on the terminal was made of has the place to mend.
        cause = (isinstance(error, NoAppException) and error.__context__) or error
        app, files = _failing(cause), [*files, *traceback_files(cause)]
    options = {
        "use_reloader": given["reload"],
        "use_debugger": given["debugger"],
        "threaded": given["with_threads"],
        "ssl_context": given["cert"],
        "extra_files": files,
        "exclude_patterns": given["exclude_patterns"],
    }
    raise SystemExit(run_simple(host, port, app, **options))


run_command.params.insert(0, debug_option)


def _watched(app: t.Any, silent: bool) -> t.Any:
    """The application, with its page of traces in debug mode; and what is said about it."""
    debug = get_debug_flag()
    lines = [f"Application {app.import_name!r}, debug mode {'on' if debug else 'off'}"]
    if debug:
        from .tracepages import PATH, TracePages

        app = TracePages(app)
        lines.append(f"The ways of the last requests are shown at {PATH}")
    if not silent:  # and on stderr, as all that is said here: what the application prints stays apart
        echo("\n".join(lines), err=True)
    return app


def _failing(error: BaseException) -> t.Any:
    """An application that raises what kept the real one from being loaded: after the file is mended,
    the reloader starts again."""
    echo(users_traceback(error), err=True)
    trace = error.__traceback__

    def application(environ: t.Any, start_response: t.Any) -> t.NoReturn:
        # With the traceback that it had, which would grow with each request.
        raise error.with_traceback(trace) from None

    return application


#: Long enough, but from the examples of Flask's manuals and tutorials.
_PRINTED_KEYS = {
    *("A0Zr98j/3yX R~XHH!jmN]LWX/,?RT", '_5#y2L"F4Q8z\n\xec]/', "super secret key", "you-will-never-guess"),
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
}


def _limit(ctx: t.Any, param: t.Any, values: tuple[str, ...]) -> dict[str, float]:
    """``body_bytes=1000`` and the like."""
    from ..server.limits import Limits

    found = {}
    for text in values:
        name, _, value = text.partition("=")
        if not hasattr(Limits, name) or not value.replace(".", "", 1).isdigit():
            known = ", ".join(name for name in vars(Limits) if name[0] != "_")
            raise BadParameter(f"{text!r} is no NAME=NUMBER; the names are {known}.", ctx, param)
        found[name] = float(value) if "." in value else int(value)
    return found


@command("serve")
@_listening(8000)
@option("--workers", "-w", type=types.IntRange(1), default=1, show_default=True, help="Processes.")
@option("--threads", "-t", type=types.IntRange(1), default=8, show_default=True, help="Threads of each.")
@option("--when-full", type=types.Choice(["queue", "refuse"]), default="queue", show_default=True,
        help="Let requests wait while all threads are busy, or answer 503.")  # fmt: skip
@option("--access-log/--no-access-log", default=True, help="Log a line for each request.")
@option("--limit", multiple=True, callback=_limit, metavar="NAME=NUMBER",
        help="Another limit, as body_bytes=1000000.")  # fmt: skip
@pass_script_info
def serve_command(info: ScriptInfo, /, cert: t.Any, limit: t.Any, **options: t.Any) -> None:
    """Serve the application to others than oneself: no debugger, every limit on."""
    from ..server.serving import serve

    app = info.load_app()
    if app.debug:
        raise ClickException("Debug mode is for 'run' alone: leave out --debug and MICROWEB_DEBUG.")
    key = app.secret_key.decode("latin-1") if isinstance(app.secret_key, bytes) else app.secret_key
    if key and (len(key) < 16 or key in _PRINTED_KEYS):
        # Who guesses it signs any session.
        how = "python -c 'import secrets; print(secrets.token_hex())'"
        flaw = "so short that it can be guessed" if len(key) < 16 else "printed in a manual, and tried first"
        raise ClickException(f"The SECRET_KEY is {flaw}; take one from: {how}")
    raise SystemExit(serve(app, ssl_context=cert, **options, **limit))

"""The ways to start a server: `run_simple` while developing, `serve` for everybody else's
requests, `make_server` for a thread of one's own.

The rule: whoever asks for something gets it or a line that says why not; the address is taken
before anything is forked, so that every process serves the same one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from .gateway import WSGIRequestHandler as WSGIRequestHandler
from .limits import BindError
from .log import logger, set_up, warn
from .loop import BaseWSGIServer
from .reloader import is_running_from_reloader as is_running_from_reloader
from .reloader import run_with_reloader

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: Where a reloader's child finds the socket that its parent listens on.
_FD_VARIABLE = "MICROWEB_SERVER_FD"


#: Werkzeug's name for it.
make_server = BaseWSGIServer


def run_simple(
    hostname: str,
    port: int,
    application: t.Any,
    use_reloader: bool = False,
    use_debugger: bool = False,
    use_evalex: bool = True,
    extra_files: t.Iterable[str] | None = None,
    exclude_patterns: t.Iterable[str] | None = None,
    reloader_interval: float = 1,
    reloader_type: str = "auto",
    threaded: bool = False,
    processes: int = 1,
    static_files: t.Any = None,
    **options: t.Any,
) -> int:
    """Serve an application until Ctrl-C or SIGTERM; the exit status customary then: 130 or 0.

    The arguments are Werkzeug's; `request_handler`, `passthrough_errors`, `ssl_context` and limits go on
    to the server. An address that cannot be used ends the program with status 1
    and one line.
    """
    # "5000" from the environment would fail far from here, in the system's words.
    if not isinstance(port, int):
        raise TypeError(f"port must be an integer, not {port!r}")
    if static_files:
        # The one thing of the package that the server reaches for, as only this argument needs it.
        from ..middleware import SharedDataMiddleware

        application = SharedDataMiddleware(application, static_files)
    set_up()
    # The parent of a reloader answers nothing, and has no PIN to tell.
    if use_debugger and (is_running_from_reloader() or not use_reloader):
        from .debugger import DebuggedApplication

        application = DebuggedApplication(application, evalex=use_evalex)
        application.trusted_hosts.append(hostname)
    # The parent of a reloader holds the port, so that no connection is refused during a restart.
    if is_running_from_reloader() and _FD_VARIABLE in os.environ:
        options["fd"] = int(os.environ[_FD_VARIABLE])
    if not threaded and processes == 1:
        # Who waits for one thread waits shorter when nobody keeps a connection; as Werkzeug's server does.
        options.setdefault("requests", 1)
    server = _bound(hostname, port, application, threaded and processes == 1, processes, **options)
    if not is_running_from_reloader():
        logger.info("Serving on %s - Ctrl-C stops it", server.url)
    if not use_reloader:
        return _run(server, processes)
    server.socket.set_inheritable(True)
    os.environ[_FD_VARIABLE] = str(server.socket.fileno())
    files = extra_files, exclude_patterns, reloader_interval, reloader_type
    return run_with_reloader(lambda: _run(server, 1), *files)  # type: ignore[no-any-return]


def serve(
    app: t.Any,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 1,
    threads: int = 8,
    when_full: str = "queue",
    access_log: bool = True,
    **options: t.Any,
) -> int:
    """Serve an application to others than oneself: no debugger, every limit on.

    `workers` processes of `threads` threads each. `when_full` says what happens to requests when
    all threads are busy: "queue" or "refuse" (503). `options` are `ssl_context`, `log_format` and
    those of `Limits`, with bodies up to 16 MiB. Returns the exit status; raises ValueError and TypeError.
    """
    if when_full not in ("queue", "refuse"):
        raise ValueError(f"when_full={when_full!r}: wanted 'queue' or 'refuse'")
    if workers < 1 or threads < 1:
        raise ValueError(f"workers={workers}, threads={threads}: wanted at least one of each")
    set_up(20 if access_log else 30)
    options = {"body_bytes": 2**24, **options, "refuse_when_full": when_full == "refuse"}
    server = _bound(host, port, app, threads, workers, **options)
    print(f"Serving on {server.url} - Ctrl-C stops it", file=sys.stderr)
    return _run(server, workers)


def _bound(*arguments: t.Any, **options: t.Any) -> BaseWSGIServer:
    """A server, or the end of the program with a line that says why not."""
    try:
        return BaseWSGIServer(*arguments, **options)
    except BindError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _run(server: BaseWSGIServer, processes: int) -> int:
    """Serve until a signal; the exit status."""
    if processes > 1:
        return supervise(server, processes)
    # Handlers belong to the main thread; elsewhere the program has its own way to stop.
    if threading.current_thread() is not threading.main_thread():
        server.serve_forever()
        return 0
    # A terminal's Ctrl-C reaches every process of its group: a child waits for what its parent says.
    numbers = (signal.SIGTERM,) if server.parent else (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, frame: object) -> None:
        _handle(before)  # a second signal leaves at once
        server.interrupted = number == signal.SIGINT
        server.shutdown()

    if not server.multithread:  # an application that never returns holds this very thread
        server.give_up = lambda: os.kill(os.getpid(), signal.SIGTERM)
    _handle(dict.fromkeys(before, stop))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.interrupted = True
    finally:
        _handle(before)
    return 130 if server.interrupted else 0


def supervise(server: BaseWSGIServer, processes: int) -> int:
    """Serve in several processes, and replace those that die; the exit status."""
    if not hasattr(os, "fork"):
        raise ValueError(f"{processes} processes: this platform has no fork; one process has threads")
    # When each was started.
    children: dict[int, float] = {}
    stopped_by: list[int] = []
    server.parent = os.getpid()
    # Waited for in one place: a handler would run between any two lines, and miss a child just born.
    watched = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    while children or not stopped_by:
        while len(children) < processes and not stopped_by:
            if not (pid := os.fork()):
                _be_child(server, mask)
            children[pid] = time.monotonic()
        number = signal.sigwait(watched)
        if number == signal.SIGCHLD:
            _bury(children, replaced=not stopped_by)
            continue
        for pid in children:
            os.kill(pid, signal.SIGKILL if stopped_by else signal.SIGTERM)
        stopped_by.append(number)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    server.server_close()
    return 130 if stopped_by[0] == signal.SIGINT else 0


def _be_child(server: BaseWSGIServer, mask: t.Iterable[int]) -> t.NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGINT, lambda *_: None)  # SIG_IGN would be inherited by programs
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        status = _run(server, 1)
    finally:
        # Neither back into the caller's program, nor through what it left for its exit.
        sys.stderr.flush()
        os._exit(status)


def _bury(children: dict[int, float], replaced: bool) -> None:
    """Take note of the children that have ended."""
    for pid, started in [*children.items()]:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            del children[pid]
        if ended and replaced:
            warn("process %d ended with status %d; another one takes its place", pid, status)
            # One that dies at once would be replaced for ever, at full speed.
            time.sleep(1 if time.monotonic() - started < 1 else 0)


def _handle(handlers: t.Mapping[signal.Signals, t.Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)

"""The accept loop, its threads, and how both end.

The rule: the loop itself never reads from a client, never resolves a name for one and never waits
for one, so that a silent client costs a thread and nothing else. Stopping closes the listener and
the idle connections at once and gives running requests a grace period.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

from .connection import Connection
from .errors import BindError
from .log import logger, set_up, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    import typing as t

BACKLOG = 128
GRACE_SECONDS = 5.0
#: How many ports above the wanted one are tried for the message "the next free one is".
PORTS_TRIED = 50

# Werkzeug's arguments that ask for what this server has not: (value that asks for nothing, advice).
_UNAVAILABLE = {
    "use_reloader": (False, "restart the program when its files change"),
    "use_debugger": (False, "tracebacks are printed on the terminal"),
    "processes": (1, "run the application under a pre-forking WSGI server"),
    "request_handler": (None, "wrap the application instead"),
    "static_files": (None, "wrap the application in SharedDataMiddleware"),
    "passthrough_errors": (False, "call the application without a server"),
}
# These tune the reloader and the debugger; without them they have nothing to do.
_IDLE = {"use_evalex", "extra_files", "exclude_patterns", "reloader_interval", "reloader_type"}


class Server:
    """A WSGI application listening on an address; a context manager that closes it.

    `port` is the real one when 0 was asked for. With `threaded=False` one connection is served
    after the other, in the thread that called `serve_forever`.
    """

    def __init__(
        self, host: str, port: int, app: t.Any, threaded: bool = True, ssl_context: t.Any = None
    ) -> None:
        self.host, self.app, self.multithread = host, app, threaded
        # Before the port is taken: a certificate that cannot be read must not leave it open.
        self.ssl_context = _load_tls(ssl_context)
        self.socket = listen(host, port)
        self.server_address = self.socket.getsockname()
        self.port: int = self.server_address[1]
        self.server_port = self.port
        #: Whether Ctrl-C ended serve_forever().
        self.interrupted = False
        # A socket wakes select() on every platform, without polling.
        self._wake, self._woken = socket.socketpair()
        self._stopping = False
        self._serving: int | None = None
        self._stopped = threading.Event()
        self._stopped.set()
        # Written by the accept loop and by each thread; single operations on a dict need no lock.
        self._connections: dict[Connection, threading.Thread] = {}
        #: The environ variables that all requests share.
        self.base = {
            "SERVER_NAME": host or self.server_address[0],
            "SERVER_PORT": str(self.port),
            "wsgi.url_scheme": "https" if self.ssl_context else "http",
            "wsgi.multithread": threaded,
        }

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the application."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        name = f"[{host}]" if ":" in host else host
        return f"{self.base['wsgi.url_scheme']}://{name}:{self.port}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.server_close()

    def serve_forever(self, poll_interval: float | None = None) -> None:
        """Accept until shutdown() or Ctrl-C, then finish what is running and close."""
        self._serving = threading.get_ident()
        self._stopped.clear()
        try:
            self._accept_loop()
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            try:
                self.server_close()
                self._finish_running()
            finally:
                self._stopped.set()

    def shutdown(self) -> None:
        """End serve_forever(), and wait for that unless called from within (a signal handler)."""
        self._stopping = True
        with suppress(OSError):  # closed already
            self._wake.send(b"x")
        # A signal handler runs in the serving thread, and would wait for itself.
        if self._serving != threading.get_ident():
            self._stopped.wait()

    def server_close(self) -> None:
        """Stop listening."""
        for sock in (self.socket, self._wake, self._woken):
            sock.close()

    def _accept_loop(self) -> None:
        # The client may be gone between select() and accept(), which then would wait for the next.
        self.socket.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._stopping:
                selector.select()
                if not self._stopping:
                    self._accept()

    def _accept(self) -> None:
        try:
            sock, peer = self.socket.accept()
        except (BlockingIOError, ConnectionError):
            return  # gone again before we came to it
        except OSError as error:
            # Out of descriptors or memory: the connection stays queued, so do not spin on it.
            warn("cannot accept connections: %s", str(error))
            time.sleep(0.05)
            return
        connection = Connection(self, sock, peer)
        thread = threading.Thread(target=self._run, args=(connection,), daemon=True)
        self._connections[connection] = thread
        try:
            thread.start() if self.multithread else self._run(connection)
        except RuntimeError as error:
            warn("cannot start a thread: %s", str(error))
            self._connections.pop(connection, None)
            sock.close()

    def _run(self, connection: Connection) -> None:
        try:
            connection.run()
        except BaseException:
            if not self.multithread:
                raise
            # In a thread nothing may get out: SystemExit would vanish without a word.
            logger.exception("a request was given up")
        finally:
            self._connections.pop(connection, None)

    def _finish_running(self) -> None:
        """Hang up on those who only wait; join the others for a while. Threads are daemons, so
        that what takes longer ends with the process."""
        deadline = time.monotonic() + GRACE_SECONDS
        for connection, thread in list(self._connections.items()):
            if connection.idle:
                connection.hang_up()
            if thread.ident is not None:
                thread.join(max(deadline - time.monotonic(), 0))


def _load_tls(context: t.Any) -> ssl.SSLContext | None:
    """An SSLContext from one, or from (certificate file, key file)."""
    # Werkzeug's "adhoc" needs a package that makes certificates.
    if isinstance(context, str):
        raise ValueError(f"ssl_context={context!r}: the standard library makes no certificates")
    if not isinstance(context, tuple):
        return context  # type: ignore[no-any-return]
    import ssl  # 20 ms that plain HTTP need not pay

    result = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    result.load_cert_chain(*context)
    return result


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BindError with a line that says what to do."""
    if host.startswith("unix:"):
        raise BindError(f"Cannot listen on {host}: only TCP ports are served.")
    if not 0 <= port <= 65535:
        raise BindError(f"Port {port} does not exist; choose one up to 65535, or 0 for any.")
    try:
        return _bind(host, port)
    except OSError as error:
        raise BindError(_explain(host, port, error)) from None


def _bind(host: str, port: int) -> socket.socket:
    # "localhost" is known (RFC 6761 6.3); only another name that the user typed is looked up.
    name = "127.0.0.1" if host == "localhost" else host or "0.0.0.0"
    info = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = info[0]
    # "::" means IPv4 as well, where the system can do that.
    both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        free = _next_free(host, port)
        hint = f"the next free one is {free}" if free else "choose another"
        return f"Port {port} on {host or 'all addresses'} is in use; {hint}."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user; choose one above 1023."
    reason = str(error.strerror).partition(" (while")[0]  # create_server() names the address itself
    return f"Cannot listen on {host!r}, port {port}: {reason}."


def _next_free(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + 1 + PORTS_TRIED, 65536)):
        with suppress(OSError):
            _bind(host, candidate).close()
            return candidate
    return None


def make_server(
    host: str, port: int, app: t.Any, threaded: bool = True, ssl_context: t.Any = None, **options: t.Any
) -> Server:
    """A Server that listens already: call `serve_forever()`, in a thread of its own if you like,
    and `shutdown()` from outside. Raises BindError, and ValueError for what it cannot do."""
    for name, value in options.items():
        nothing, advice = _UNAVAILABLE.get(name, (value, ""))
        if value and value != nothing:
            raise ValueError(f"{name}={value!r}: this server cannot do that; {advice}.")
        if name not in _UNAVAILABLE and name not in _IDLE:
            raise TypeError(f"{name!r} is no argument of the server")
    return Server(host, port, app, threaded, ssl_context)


def is_running_from_reloader() -> bool:
    """Whether this process is the child of a reloader."""
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true"


def run_simple(hostname: str, port: int, application: t.Any, **options: t.Any) -> int:
    """Serve an application until Ctrl-C or SIGTERM; the exit status customary then: 130 or 0.

    The options are `make_server`'s and Werkzeug's: a promise silently not kept being worse than an
    error, those that this server cannot honour raise ValueError. An address that cannot be used
    ends the program with status 1 and one line.
    """
    # "5000" from the environment would fail far from here, in the system's words.
    if not isinstance(port, int):
        raise TypeError(f"port must be an integer, not {port!r}")
    set_up()
    try:
        server = make_server(hostname, port, application, **options)
    except BindError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    logger.info("Serving on %s - Ctrl-C stops it", server.url)
    # Handlers belong to the main thread; elsewhere the program has its own way to stop.
    if threading.current_thread() is not threading.main_thread():
        server.serve_forever()
        return 0
    before = signal.signal(signal.SIGTERM, lambda *_: server.shutdown())
    try:
        server.serve_forever()
    finally:
        signal.signal(signal.SIGTERM, before)
    return 130 if server.interrupted else 0

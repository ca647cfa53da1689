"""The accept loop, its threads, and how both end.

The rule: the loop itself never reads from a client and never waits for one. A connection that
waits lies in a poller and costs no thread. Threads take turns: one of them polls, and passes the
turn on before it runs the application, so that there is always one that listens.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import deque
from contextlib import AbstractContextManager, suppress
from functools import cached_property

from .binding import listen, load_tls
from .connection import Connection
from .gateway import FileWrapper, WSGIRequestHandler
from .limits import Limits, Refused
from .log import FORMAT, logger, warn
from .polling import Poller

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: The threads that `threaded=True` may come to: as many requests can wait for something at once.
THREADS = 64
#: How often deadlines are looked at; a full pool that refuses; and a stopping server.
_SWEEP_SECONDS = 1.0
_HURRY_SECONDS = 0.1
_STOP_SECONDS = 0.01


class BaseWSGIServer(AbstractContextManager["BaseWSGIServer"]):
    """A WSGI application listening on an address; a context manager that closes it.

    Call `serve_forever()`, in a thread of its own if you like, and `shutdown()` from outside. `port` is
    the real one when 0 was asked for. `threaded` is a number of threads or True for many; with one, the
    application is called in the thread that called `serve_forever`, one request after the other.
    Raises BindError, ValueError and TypeError.
    """

    #: Told to end; by Ctrl-C.
    stopping = interrupted = False
    #: Header fields that no application was shown, since their names have a `_`.
    dropped = 0
    #: The process that supervises this one, which should not outlive it.
    parent: int | None = None
    #: What to do about an application that holds the only thread beyond the end.
    give_up: t.Callable[[], object] = staticmethod(bool)
    #: What answers a request, where the caller names nothing else.
    handler_class: type[WSGIRequestHandler] = WSGIRequestHandler

    def __init__(
        self,
        host: str,
        port: int,
        app: t.Any,
        threaded: bool | int = True,
        processes: int = 1,
        request_handler: t.Any = None,
        passthrough_errors: bool = False,
        ssl_context: t.Any = None,
        fd: int | None = None,
        log_format: str = FORMAT,
        **limits: t.Any,
    ) -> None:
        self.app, self.limits, self.log_format = app, Limits(**limits), log_format
        self.request_handler = request_handler or self.handler_class
        self.passthrough_errors = passthrough_errors
        self.threads = THREADS if threaded is True else int(threaded) or 1
        self.multithread, self.multiprocess = self.threads > 1, processes > 1
        # Before the port is taken: a certificate that cannot be read must not leave it open.
        self.ssl_context: t.Any = load_tls(ssl_context)
        #: What the system raises where a call would have to wait.
        self.again: t.Any = (BlockingIOError, InterruptedError)
        if self.ssl_context is not None:
            import ssl  # loaded by the context

            self.again += (ssl.SSLWantReadError, ssl.SSLWantWriteError)
        self.socket = listen(host if fd is None else f"fd://{fd}", port)
        address: t.Any = self.socket.getsockname()
        is_unix = isinstance(address, (str, bytes))
        place: tuple[str, int] = ("localhost", 0) if is_unix else address[:2]
        # What was asked for, where that is a name: "localhost" is nicer than its number.
        self.host = place[0] if is_unix or host.startswith("fd:") else host.strip("[]")
        self.server_address, self.port, self.server_port = address, place[1], place[1]
        self.limits.host_names = not is_unix
        self._path = address if fd is None and host.startswith("unix:") else None
        self.base_environ = self._base_environ()
        self._serving: int | None = None
        self._stopped = threading.Event()
        self._stopped.set()
        # Single operations on sets, dicts and deques need no lock, and who takes a connection out of
        # `_parked` has it for himself.
        self._connections: set[Connection] = set()
        self._parked: dict[int, Connection] = {}
        self._ready: deque[int] = deque()
        self._running: set[threading.Thread] = set()
        self._workers: list[threading.Thread] = []
        self._turn, self._ended, self._starved = threading.Lock(), False, 0
        self._failure: BaseException | None = None
        # Opened where they are used: processes that share them would take each other's events.
        self._arrivals: t.Any = None
        self._poller: t.Any = None

    def _base_environ(self) -> dict[str, t.Any]:
        """The environ variables that all requests share."""
        return {
            "SCRIPT_NAME": "",
            "SERVER_NAME": self.host or self.server_address[0],
            "SERVER_PORT": str(self.port),
            "SERVER_SOFTWARE": __name__.partition(".")[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self.ssl_context else "http",
            "wsgi.multithread": self.multithread,
            "wsgi.multiprocess": self.multiprocess,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "wsgi.file_wrapper": FileWrapper,
        }

    @cached_property  # so that a program may set it, as test fixtures do
    def url(self) -> str:
        """Where a browser on this machine finds the application."""
        if not self.port:
            return f"unix:{self.server_address}"
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        name = f"[{host}]" if ":" in host else host
        return f"{self.base_environ['wsgi.url_scheme']}://{name}:{self.port}"

    def __exit__(self, *exc_info: object) -> None:
        self.server_close()

    # -- the accept loop -------------------------------------------------------------------------

    def serve_forever(self, poll_interval: float | None = None) -> None:
        """Accept until shutdown() or Ctrl-C, then finish what is running and close."""
        self._serving = threading.get_ident()
        self._stopped.clear()
        self._arrivals, self._poller = Poller(), Poller()
        loop = threading.Thread(target=self._accept_loop, daemon=True)
        if self.multithread:
            self._hire()
        loop.start()
        try:
            if not self.multithread:
                self._work()
            while loop.is_alive():  # a wait without end would be deaf to Ctrl-C on some systems
                loop.join(_SWEEP_SECONDS)
        except KeyboardInterrupt:
            if self.stopping:  # the second time: at once
                raise
            self.interrupted = True
            self.shutdown()
            loop.join()
        finally:
            self.shutdown()
            loop.join(_HURRY_SECONDS)
            if not loop.is_alive():
                # Those whose application never returns end with the process.
                for worker in {*self._workers} - self._running:
                    worker.join()
                for poller in (self._arrivals, self._poller):
                    poller.close()
            self._stopped.set()
        if self._failure is not None:  # whoever supervises this process must not take it for a wish
            raise self._failure

    def shutdown(self) -> None:
        """End serve_forever(), and wait for that unless called from within (a signal handler)."""
        self.stopping = True
        if self._arrivals is not None:
            self._arrivals.wake()
        # A signal handler runs in the serving thread, and would wait for itself.
        if self._serving != threading.get_ident():
            self._stopped.wait()

    def server_close(self) -> None:
        """Stop listening."""
        self.socket.close()
        if self._path and self.parent in (None, os.getpid()):  # not in a child, whose parent still listens
            with suppress(OSError):
                os.unlink(self._path)

    def _accept_loop(self) -> None:
        # The client may be gone between poll() and accept(), which then would wait for the next.
        self.socket.setblocking(False)
        listening = self.socket.fileno()
        pause = _HURRY_SECONDS if self.limits.refuse_when_full else _SWEEP_SECONDS
        self._arrivals.watch(listening)
        try:
            while not self.stopping:
                if listening in self._arrivals.poll(pause):
                    self._accept()
                    self._arrivals.watch(listening)
                self._sweep()
                # However the parent ended: an orphan would hold the port for ever.
                self.stopping |= self.parent not in (None, os.getppid())
        except BaseException as error:
            self._failure = error
        finally:
            self.stopping = True
            try:
                self._finish()
            finally:
                self._ended = True
                self._poller.wake()

    def _accept(self) -> bool:
        """Take a connection, if one waits."""
        try:
            sock, address = self.socket.accept()
        except (BlockingIOError, ConnectionError):
            return False  # gone again before we came to it
        except OSError as error:
            # Out of descriptors or memory: the connection stays queued, so do not spin on it.
            if not (self._starved or self.stopping):
                warn("cannot accept connections: %s", error)
            self._starved = max(len(self._connections), 2)
            # As at the limit of connections: who only waits makes room.
            if not self._hang_up(1):
                time.sleep(_HURRY_SECONDS / 2)
            return False
        sock.setblocking(False)
        with suppress(OSError):  # a Unix socket, or reset by now
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self, sock, address)
        self._connections.add(connection)
        if len(self._connections) < self._starved:  # fewer than when one did not fit
            self._starved = 0
        if len(self._connections) > self.limits.connections and not self._hang_up(1):
            connection.refuse(Refused(503, "too many connections"))
        else:
            self.park(connection)
        return True

    def _sweep(self) -> None:
        """End what is overdue, and what would wait for a thread in vain."""
        now, full = time.monotonic(), self.limits.refuse_when_full and len(self._running) >= self.threads
        for connection in list(self._parked.values()):
            late = connection.deadline < now or full and connection.is_unheard()
            if late and self._parked.pop(connection.fileno, None) is not None:
                connection.expire()

    def _hang_up(self, count: int) -> bool:
        """Close so many connections that only wait, the most patient first; whether there were so many."""
        for connection in list(self._parked.values()):
            if count and connection.is_idle() and self._parked.pop(connection.fileno, None) is not None:
                connection.close()
                count -= 1
        return not count

    def _finish(self) -> None:
        """Hang up on those who only wait, and give the others a while. Threads are daemons, so
        that what takes longer ends with the process."""
        while self._accept():  # whoever is connected already
            pass
        self.server_close()
        deadline = time.monotonic() + self.limits.grace_seconds
        while (self._connections or self._running) and time.monotonic() < deadline:
            self._hang_up(self.limits.connections)
            self._sweep()
            time.sleep(_STOP_SECONDS)
        if self._running:
            warn("%d requests were cut, as they did not end in time", len(self._running))
            self.give_up()

    # -- connections -----------------------------------------------------------------------------

    def park(self, connection: Connection, writable: bool = False) -> None:
        """Let a connection wait for bytes, or until it can be written to."""
        self._parked[connection.fileno] = connection
        with suppress(OSError):  # the accept loop may have made room with it meanwhile: then it is closed
            self._poller.watch(connection.fileno, writable)

    def forget(self, connection: Connection) -> None:
        """Drop a connection that is about to be closed."""
        self._poller.ignore(connection.fileno)
        self._connections.discard(connection)

    # -- threads ---------------------------------------------------------------------------------

    def _hire(self) -> None:
        """One more thread."""
        thread = threading.Thread(target=self._work, daemon=True)
        try:
            thread.start()
            self._workers.append(thread)
        except RuntimeError as error:
            if not self._workers:
                raise
            warn("cannot start a thread: %s", str(error))

    def _work(self) -> None:
        """A thread's life: wait for the turn, then for a connection that has something to say."""
        me = threading.current_thread()
        while True:
            with self._turn:
                connection = self._next()
            if connection is None:
                return
            self._running.add(me)
            # Somebody has to take the turn, or a slow application would stop all others.
            if self.multithread and len(self._running) >= len(self._workers) < self.threads:
                self._hire()
            try:
                connection.step()
            except BaseException:
                # In a thread nothing may get out: SystemExit would vanish without a word. It is told
                # first, so that who sees the end finds the reason.
                if self.multithread:
                    logger.exception("a request was given up")
                connection.close(reset=True)
                if not self.multithread:
                    self.limits.grace_seconds = 0  # nobody is left to answer
                    raise
            finally:
                self._running.discard(me)

    def _next(self) -> Connection | None:
        """A connection that is ready, None at the end."""
        while not self._ended:
            if not self._ready:
                # The main thread not for ever: a signal may come in the moment before, and be noticed after.
                self._ready.extend(self._poller.poll(None if self.multithread else _SWEEP_SECONDS))
            elif connection := self._parked.pop(self._ready.popleft(), None):
                return connection
        return None

"""Run the program again when one of its files changes.

The rule: the parent only supervises, and the child is the program as it was started, with one thread more
that looks at the files. A child that wants to be replaced ends with status 3. What listens is opened by
the parent and inherited, so that clients wait in its queue while there is no child. Neither survives the
other.

Looking means asking the system for times and sizes, which works for every file system and editor. The
list is what Python has imported, and what it was asked for and failed to import; the pause between two
looks grows with what one costs, so that an idle server stays below half a percent of one processor.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import signal
import stat
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from importlib.machinery import PathFinder
from itertools import chain, islice

from .log import logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess  # at run time where a process is started, which most that import this never do
    import typing as t

    Many = t.Optional[t.Iterable[str]]

RELOAD = 3
#: How long the program may take to end before it is made to.
STOP_SECONDS = 2.0
#: One look may cost this part of the time until the next: 0.5%.
_SHARE = 200
#: Directories that are scanned when the program cannot even start.
_SCANNED = 1000
_MARKS = ("MICROWEB_RUN_MAIN", "WERKZEUG_RUN_MAIN")
_PARENT = "MICROWEB_RELOADER_PID"
_STDLIB = os.path.dirname(os.__file__) + os.sep
_NOT_SOURCE = {"__pycache__", "node_modules", "site-packages"}


def is_running_from_reloader() -> bool:
    """Whether this process is the child of a reloader."""
    return "true" in map(os.environ.get, _MARKS)


class _Asked:
    """Finds nothing, and remembers how the files were of modules that Python was asked for: one that fails to
    import is in no list of Python's, and may be mended before anybody has looked at it."""

    files: t.ClassVar[dict[str, t.Any]] = {}

    @classmethod
    def find_spec(cls, name: str, path: t.Any = None, target: t.Any = None) -> None:
        spec = PathFinder.find_spec(name, path)
        if spec and spec.has_location and (file := _locate(spec.origin or "")):
            cls.files.setdefault(file, _stamp(file))


@cache
def _locate(name: str) -> str | None:
    """The file to look at: a module's own, or the archive that it is in."""
    above = os.path.dirname(name)
    if os.path.isfile(name):
        return os.path.abspath(name)
    return _locate(above) if above != name else None


def _modules() -> t.Iterator[str]:
    """The files of what is imported, the standard library aside."""
    # vars(): a module that makes its attributes when they are asked for must not begin to.
    found = [vars(m).get("__file__") for m in list(sys.modules.values()) if isinstance(m, type(sys))]
    for name in chain(found, list(_Asked.files)):
        if isinstance(name, str) and not name.startswith(_STDLIB) and (path := _locate(name)):
            yield path


def _sources() -> t.Iterator[str]:
    """Every Python file of the project: which of them stops a program that does not start is not known."""
    roots = {os.path.abspath(path) for path in (sys.path[0], os.curdir)}
    for folder, folders, names in islice(chain.from_iterable(map(os.walk, roots)), _SCANNED):
        venv = "pyvenv.cfg" in names
        folders[:] = [each for each in folders if not (venv or each[0] == "." or each in _NOT_SOURCE)]
        yield from (os.path.join(folder, name) for name in names if name.endswith(".py"))


def find_paths(extra_files: t.Iterable[str], exclude_patterns: t.Iterable[str]) -> set[str]:
    """The files that are looked at: modules, extra files, all that is below extra directories."""
    paths = {*_modules()}
    for name in extra_files:
        paths.update(glob.iglob(os.path.join(name, "**") if os.path.isdir(name) else name, recursive=True))
    for pattern in exclude_patterns:
        paths.difference_update(fnmatch.filter(paths, pattern))
    return paths


def traceback_files(error: BaseException) -> list[str]:
    """The files that a traceback names, for `extra_files`: those to mend before the program can run."""
    from traceback import walk_tb  # only when there is an error

    files = [error.filename] if isinstance(error, SyntaxError) and error.filename else []
    files += [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]
    return [name for name in files if os.path.isfile(name) and not name.startswith(_STDLIB)]


class Watch:
    """Compares files with how they were when they were first seen."""

    def __init__(self, extra_files: Many = None, exclude_patterns: Many = None, interval: float = 1) -> None:
        self.extra_files = [os.path.abspath(name) for name in extra_files or ()]
        self.exclude_patterns = list(exclude_patterns or ())
        self.interval = interval
        self._stamps: dict[str, t.Any] = {}
        self.step()

    def step(self) -> str | None:
        """The name of a file that has changed, if one has."""
        first, modules = not self._stamps, set(_modules())
        for path in find_paths(self.extra_files, self.exclude_patterns):
            now = _stamp(path)
            # A module is new when it is imported; another file that is new was made just now.
            new = _Asked.files.get(path, now if first or path in modules else None)
            before = self._stamps.setdefault(path, new)
            # One that is gone is about to come back: editors and version control replace files.
            if now and now != before:
                return path
        return None

    def wait(self, going_on: t.Callable[[], bool] = lambda: True) -> str | None:
        """The name of the file that changes next; None when it is no longer worth waiting."""
        while going_on():
            begin = time.thread_time()
            if path := self.step():
                # Quoted, as a file's name may hold control characters.
                logger.info("Detected change in %r, reloading", path)
                return path
            time.sleep(max(self.interval, _SHARE * (time.thread_time() - begin)))
        return None


def _stamp(path: str) -> tuple[int, int] | None:
    with suppress(OSError):
        status = os.stat(path)
        # A directory changes with what is in it, which may be excluded.
        if not stat.S_ISDIR(status.st_mode):
            return status.st_mtime_ns, status.st_size
    return None


def get_args() -> list[str]:
    """The command that starts this program once more."""
    if hasattr(sys, "orig_argv"):  # 3.10
        return [sys.executable, *sys.orig_argv[1:]]
    spec = sys.modules["__main__"].__spec__
    # A script has no spec; a directory or an archive one that says no more than "__main__".
    name = spec.name if spec else "__main__"
    program = [sys.argv[0]] if name == "__main__" else ["-m", name.removesuffix(".__main__")]
    from subprocess import _args_from_interpreter_flags as flags  # type: ignore[attr-defined]

    return [sys.executable, *flags(), *program, *sys.argv[1:]]


def run_with_reloader(
    main: t.Callable[[], t.Any],
    extra_files: Many = None,
    exclude_patterns: Many = None,
    interval: float = 1,
    reloader_type: str = "auto",
) -> t.Any:
    """Call `main` in a process of its own, and anew whenever a file changes.

    In the parent this raises SystemExit with the last child's status; in the child it returns what `main`
    does. `extra_files` may hold directories and patterns with `**`. There is one kind of reloader, whatever
    `reloader_type` says: "watchdog" needs a package of that name elsewhere, and nothing here.
    """
    if reloader_type not in ("auto", "stat", "watchdog"):
        raise ValueError(f"reloader_type={reloader_type!r}: wanted 'auto' or 'stat'; there is no other kind")
    # SystemExit runs everybody's `finally`; the server that runs in `main` may set a handler of its own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if is_running_from_reloader():
        return _serve(main, Watch(extra_files, exclude_patterns, interval))
    with suppress(KeyboardInterrupt):  # while it waits for a file to be mended
        raise SystemExit(_supervise(Watch(extra_files, exclude_patterns, interval)))
    raise SystemExit(130)


def _serve(main: t.Callable[[], t.Any], watch: Watch) -> t.Any:
    """The child: the program in the main thread, where signals are handled, the watch in another."""
    sys.meta_path.insert(0, _Asked)
    ends: list[int] = []

    def look() -> None:
        # An orphan is given another parent; Windows keeps telling the number of the dead one.
        changed = watch.wait(lambda: str(os.getppid()) == os.environ.get(_PARENT, str(os.getppid())))
        ends.append(RELOAD if changed else 1)
        if hasattr(signal, "pthread_kill"):  # else (Windows) nothing wakes a thread that waits
            # To the main thread by name: only there it ends a wait for the next client.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            time.sleep(STOP_SECONDS)
        # Something holds the program up, such as a request or a thread of its own.
        os._exit(ends[0])

    threading.Thread(target=look, name="reloader", daemon=True).start()
    try:
        return main()
    finally:
        if ends:
            raise SystemExit(ends[0])


def _supervise(watch: Watch) -> int:
    """The parent: the status with which the last child ended."""
    from subprocess import Popen

    # What the debugger's PIN is made of stays the same while this process lives.
    environ = {"MICROWEB_DEBUG_SECRET": os.urandom(16).hex(), **os.environ, _PARENT: str(os.getpid())}
    environ.update(dict.fromkeys(_MARKS, "true"))
    while True:
        logger.info("Restarting with stat")
        # The listening socket is among the descriptors that are marked as inheritable.
        process = Popen(get_args(), env=environ, close_fds=False)
        begun = Watch([*watch.extra_files, *_sources()], watch.exclude_patterns, watch.interval)
        status = _await(process)
        if status in (0, 130) or status < 0:
            return status if status >= 0 else 128 - status
        if status != RELOAD:
            logger.warning("The program ended with status %d; waiting for a change in its files", status)
            begun.wait()


def _await(process: subprocess.Popen[bytes]) -> int:
    """The child's status. When this process is told to end, the child goes first."""
    from subprocess import TimeoutExpired

    told = 130
    try:
        return process.wait()
    except KeyboardInterrupt:
        pass  # Ctrl-C goes to both of us
    except SystemExit:
        told = 0
        process.terminate()
    for end in (process.terminate, process.kill):
        with suppress(TimeoutExpired):
            process.wait(STOP_SECONDS)
            break
        end()
    # Not what the child says: it may have been about to be replaced, or not yet begun to listen.
    raise SystemExit(process.wait() and told)

"""A site as the pages on deploying have it, in a directory of its own, and programs that serve it.

The configurations are those in docs/deploying, with /srv/guestbook and the ports put right. What a program
needs lies in the site, and nobody's rights will do: as root, programs become the user "nobody".
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.house import PACKAGE, ROOT

EXAMPLES, DEPLOYING = ROOT / "docs" / "examples", ROOT / "docs" / "deploying"
NOBODY = 65534
IGNORED = shutil.ignore_patterns("__pycache__", "instance")


@contextlib.contextmanager
def site():
    """/srv/guestbook: the application, the package beside it, the configurations."""
    # Not pytest's directory, which only its owner can enter.
    place = Path(tempfile.mkdtemp(prefix="guestbook-"))
    try:
        _furnish(place)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _furnish(place):
    shutil.copytree(PACKAGE, place / "microweb", ignore=IGNORED)
    shutil.copytree(EXAMPLES / "guestbook", place / "guestbook", ignore=IGNORED)
    for file in (EXAMPLES / "wsgi.py", EXAMPLES / "guestbook.cgi"):
        shutil.copy(file, place)
    (place / "guestbook.cgi").chmod(0o755)
    for file in DEPLOYING.iterdir():
        if file.suffix in {".conf", ".ini", ".py", ".cgi"}:
            text = file.read_text("utf-8").replace("/srv/guestbook", str(place))
            (place / file.name).write_text(text, "utf-8")
    for folder in ("run", "public", "instance"):
        (place / folder).mkdir()
    (place / "doctor.cgi").rename(place / "public" / "doctor.cgi").chmod(0o755)
    place.chmod(0o755)
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def free_ports(count):
    """Ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def fill_in(place, name, ports):
    """Put the ports of a test into a configuration."""
    path = place / name
    text = path.read_text("utf-8")
    for port in ports:
        assert str(port) in text, f"{name} has no port {port}"
    # In one pass: a free port may look like one that is to be replaced.
    free = {str(port): str(value) for port, value in ports.items()}
    path.write_text(re.sub("|".join(map(re.escape, free)), lambda found: free[found[0]], text), "utf-8")


def need(*programs, files=()):
    """Skip a test for which a program or one of its modules is missing."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    for file in files:
        if not os.path.exists(file):
            pytest.skip(f"{file} is not installed")


def as_nobody():
    """What makes the system's programs run without rights."""
    if os.geteuid():
        return []
    need("setpriv")
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@contextlib.contextmanager
def running(command, port, cwd, rights=(), host="127.0.0.1", **environ):
    """Start a program in a process group of its own, wait until it listens, end it; the process."""
    variables = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **environ}
    with open(cwd / "run" / f"log-{port}", "wb") as log:
        process = subprocess.Popen(
            [*rights, *map(str, command)],
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(process, host, port)
            yield process
        except BaseException:
            for path in (cwd / "run").glob("*log*"):
                sys.stderr.write(f"{path.name}: {path.read_text('utf-8', 'replace')[-5000:]}\n")
            raise
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # with its workers
                process.wait()


def _wait(process, host, port):
    for _ in range(1000):
        with contextlib.suppress(OSError):
            socket.create_connection((host, port), 5).close()
            return
        if process.poll() is not None:
            pytest.fail(f"{process.args} ended with status {process.returncode}")
        time.sleep(0.02)
    pytest.fail(f"{process.args} does not listen")


def below(prefix, ask):
    """Ask for paths below a prefix, which is to be in all URLs that come back."""

    def ask_below(method, path, headers, body):
        answer = ask(method, prefix + path, headers, body)
        location = answer.headers.get("location")
        if location is not None:
            assert f"{prefix}/" in location, location
            answer.headers["location"] = location.replace(f"{prefix}/", "/", 1)
        answer.body = answer.body.replace(f'"{prefix}/'.encode(), b'"/')
        answer.text = answer.text.replace(f'"{prefix}/', '"/')
        return answer

    return ask_below

"""The bundled server beside waitress and gunicorn, under wrk: how long a request takes at full load, and how
long the slowest hundredth waits, with and without a crowd of others who are connected.

`wrk` is a program (Debian's package of that name). All servers run one process of one and the same
application, a body of 13 bytes, without access log, and 16 connections are kept busy. Each figure is taken
from a fresh process; the servers take turns.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .harness import FULL, QUICK, ROOT, US, Effort, Times, against_us, draw_ratios, plot, table

APPLICATION = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return [b"Hello, World!"]
"""
OURS = (
    "from microweb.server import serve; import hello; serve(hello.app, '127.0.0.1', {port}, access_log=False)"
)
GUNICORN = ["-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:{port}", "hello:app"]
SERVERS = {
    "microweb": ["-c", OURS],
    "waitress": ["-m", "waitress", "--port", "{port}", "hello:app"],
    "gunicorn": GUNICORN,
    "gunicorn, 8 threads": [*GUNICORN, "-k", "gthread", "--threads", "8"],
}
#: What else is connected: sockets that say nothing, and clients that send a byte of a head now and then.
CROWDS = {
    "nobody else": (0, 0),
    "1 idle socket": (1, 0),
    "40 idle sockets": (40, 0),
    "400 idle sockets": (400, 0),
    "50 slow clients": (0, 50),
}
#: What is measured, and the title of its table; of the slowest request only ours counts.
FIGURES = {"request": "a request", "99%": "the slowest hundredth", "slowest": ""}
#: Seconds that no request may wait, whoever else is connected.
PATIENCE = 1.0
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str]) -> Any:
    """The server in a process of its own, from when it answers."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "hello.py").write_text(APPLICATION)
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join((folder, str(ROOT)))}
        arguments = [word.format(port=port) for word in command]
        process = subprocess.Popen(
            [sys.executable, *arguments], env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.05)
            if process.poll() is not None:
                raise SystemExit(f"a server does not start: {command}")
            yield port
        finally:
            process.terminate()
            process.wait(20)


def measure(port: int, seconds: int, idle: int, slow: int) -> dict[str, float]:
    """Seconds of a request, of the slowest hundredth and of the slowest one, with a crowd."""
    with contextlib.ExitStack() as stack:
        socks = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(idle + slow)
        ]
        wrk = ["wrk", "-t1", "-c16", f"-d{seconds}", "--latency", f"http://127.0.0.1:{port}/"]
        process = subprocess.Popen(wrk, stdout=subprocess.PIPE, text=True)
        head = iter(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"a" * 1000)
        while process.poll() is None:
            byte = bytes([next(head)])
            for sock in socks[idle:]:
                with contextlib.suppress(OSError):  # the server has lost patience
                    sock.send(byte)
            time.sleep(0.1)
        told = process.stdout.read()
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    times = re.search(
        r"Latency(?:\s+\S+){2}\s+([0-9.]+)(us|ms|s)\s.*99%\s+([0-9.]+)(us|ms|s)", told, re.DOTALL
    )
    if not rate or not times:
        raise SystemExit(f"wrk said nothing useful:\n{told}")
    if not float(rate[1]):  # nothing was answered at all
        return {"request": math.inf, "99%": math.inf, "slowest": math.inf}
    slowest, hundredth = float(times[1]) * _UNITS[times[2]], float(times[3]) * _UNITS[times[4]]
    if re.search(r"timeout [1-9]", told):  # which wrk counts apart
        slowest = math.inf
    return {"request": 1 / float(rate[1]), "99%": hundredth, "slowest": slowest}


def run(effort: Effort) -> dict[str, Times]:
    """Figure -> server -> crowd -> one value a round."""
    if not shutil.which("wrk"):
        raise SystemExit("this needs the program wrk: apt-get install wrk")
    servers = {name: SERVERS[name] for name in SERVERS if name == US or find_spec(name.partition(",")[0])}
    found: dict[str, Times] = {figure: {name: {} for name in servers} for figure in FIGURES}
    for number in range(effort.rounds):
        turn = number % len(servers)
        for crowd, (idle, slow) in CROWDS.items():
            for name in [*servers][turn:] + [*servers][:turn]:
                with running(servers[name]) as port:
                    for figure, value in measure(port, effort.values // 2 + 1, idle, slow).items():
                        found[figure][name].setdefault(crowd, []).append(value)
        print(f"  server: round {number + 1} of {effort.rounds}", file=sys.stderr, flush=True)
    waited = max(max(values) for values in found["slowest"][US].values())
    if waited > PATIENCE:
        raise SystemExit(f"a request waited for {waited:.2f} s")
    return found


def report(found: dict[str, Times]) -> str:
    told = []
    for figure, title in FIGURES.items():
        if title:
            others = against_us(found[figure])
            rows = [
                [
                    crowd,
                    *(
                        "no answer" if each[crowd].median == math.inf else each[crowd]
                        for each in others.values()
                    ),
                ]
                for crowd in CROWDS
            ]
            told.append(table([title, *others], rows))
    return "\n\n".join(told)


def draw(found: dict[str, Times]) -> str:
    # Where nothing is answered there is no bar.
    times: Times = {
        name: {
            case: [math.nan if each == math.inf else each for each in values]
            for case, values in cases.items()
        }
        for name, cases in found["request"].items()
    }
    return plot("server", lambda axes: draw_ratios(axes, times, f"time of a request, {US} = 1"))


if __name__ == "__main__":
    print(report(run(QUICK if "--quick" in sys.argv else FULL)))

"""The bundled server beside waitress and gunicorn, under wrk: requests a second, and how long the slowest
hundredth waits.

    python -m benchmarks.server [--seconds 3] [--peers PYTHON] [--rounds 3]

`PYTHON` is an interpreter that has waitress and gunicorn; `wrk` is a program (Debian's package of that name).
All servers run one process of one and the same application, a body of 13 bytes, without access log. Every
figure is the median of the rounds, in which the servers take turns.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
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
    "": (0, 0),
    "1 idle socket": (1, 0),
    "40 idle sockets": (40, 0),
    "400 idle sockets": (400, 0),
    "50 slow clients": (0, 50),
}
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], python: str):
    """The server in a process of its own, from when it answers."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "hello.py").write_text(APPLICATION)
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join((folder, str(ROOT)))}
        arguments = [word.format(port=port) for word in command]
        process = subprocess.Popen(
            [python, *arguments], env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.05)
            yield port if process.poll() is None else None
        finally:
            process.terminate()
            process.wait(20)


def measure(port: int, seconds: int, idle: int, slow: int) -> tuple[float, float]:
    """Requests a second, and the 99th percentile in milliseconds, with a crowd."""
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
    found = re.search(r"99%\s+([0-9.]+)(us|ms|s)", told)  # "0.00us" where nothing was answered at all
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    if not found or not rate:
        raise SystemExit(f"wrk said nothing useful:\n{told}")
    return float(rate[1]), float(found[1]) * _UNITS[found[2]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=sys.executable)
    options = parser.parse_args()
    print(f"{'':20} {'server':20} {'requests/s':>10} {'99% in ms':>10} {'rate / ours':>12}")
    for crowd, (idle, slow) in CROWDS.items():
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in SERVERS}
        for _ in range(options.rounds):
            for name, command in SERVERS.items():
                with running(command, sys.executable if name == "microweb" else options.peers) as port:
                    if port:
                        figures[name].append(measure(port, options.seconds, idle, slow))
        ours = 0.0
        for name, found in figures.items():
            if not found:
                print(f"{crowd:20} {name:20} not installed")
                continue
            rate, slowest = (statistics.median(each) for each in zip(*found))
            ours = ours or rate
            print(
                f"{crowd:20} {name:20} {rate:10.0f} {slowest:10.2f} {ours / max(rate, 0.1):12.2f}", flush=True
            )


if __name__ == "__main__":
    main()

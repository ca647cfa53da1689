"""How long a person waits: from the command line to the first answered request, beside Bottle and Flask.

    python -m benchmarks.startup [--rounds 15]

Each round starts a server of each kind on a free port and asks until it answers; the figures are medians. The
byte code is compiled by the first round, which is thrown away.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAM = """
from {package} import {name} as Application
app = Application(__name__)


@app.route("/")
def index():
    return "Hello"
"""
BOTTLE = """
import sys
from bottle import route, run


@route("/")
def index():
    return "Hello"


run(host="127.0.0.1", port=int(sys.argv[1]), quiet=True)
"""
FILES = {
    "ours.py": PROGRAM.format(package="microweb", name="Microweb"),
    "theirs.py": PROGRAM.format(package="flask", name="Flask"),
    "bottled.py": BOTTLE,
}
COMMANDS = {
    "microweb": ["-m", "microweb", "--app", "ours", "run", "--port", "{port}"],
    "bottle": ["bottled.py", "{port}"],
    "flask": ["-m", "flask", "--app", "theirs", "run", "--port", "{port}"],
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b"200" in connection.recv(64)
    except OSError:
        return False


def start(name: str, folder: str) -> float:
    """Seconds until a server of this kind has answered."""
    port = free_port()
    command = [sys.executable, *(part.format(port=port) for part in COMMANDS[name])]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, **quiet)  # type: ignore[call-overload]
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - begin > 30:
                raise SystemExit(f"{name} does not start: {command}")
            time.sleep(0.001)
        return time.perf_counter() - begin
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            Path(folder, name).write_text(text)
        for number in range(rounds + 1):
            for name, kept in times.items():
                spent = start(name, folder)
                if number:
                    kept.append(spent)
    ours = statistics.median(times["microweb"])
    for name, kept in times.items():
        middle = statistics.median(kept)
        best = min(kept) * 1e3
        print(f"{name:<10} {middle * 1e3:7.0f} ms  {middle / ours:.2f} times ours, best {best:.0f} ms")


if __name__ == "__main__":
    main()

"""What large messages cost in memory: a server process is watched while they pass.

Bodies pass through in blocks, whatever their size, so the process must stay as small as it was after its
first request. It is a real process, the bundled server; its peak is the kernel's (VmHWM), so that nothing
between two looks is missed. Imports that a case makes count as well. No temporary file may be left.
"""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .harness import FULL, ROOT, Effort, table

MIB = 1024 * 1024
BLOCK = bytes(range(256)) * (MIB // 256)

#: By how many MiB the process may grow: many blocks, but no message.
LIMIT = 16

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
BEGIN = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="disk.img"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()

#: Case -> method, path, MiB of the body that goes one way or the other.
CASES = {
    "upload, its stream copied to disk": ("POST", "/stream", 2048),
    "upload, its file saved": ("POST", "/file", 2048),
    "file sent": ("GET", "/download", 1024),
    "body generated": ("GET", "/generate", 1024),
}


def serve(folder: str, port: int) -> None:
    """The process that is watched: an application that puts away what comes, and sends a file."""
    from microweb import Microweb, request, send_file
    from microweb.server.serving import run_simple

    app = Microweb("memory")
    target = os.path.join(folder, "saved")

    @app.route("/")
    def index() -> str:
        return "ready"

    @app.route("/stream", methods=["POST"])
    def stream() -> str:
        with open(target, "wb") as file:
            shutil.copyfileobj(request.stream, file)
        return saved(request.content_length)

    @app.route("/file", methods=["POST"])
    def file() -> str:
        request.files["file"].save(target)
        return saved((request.content_length or 0) - len(BEGIN) - len(END))

    def saved(expected: int | None) -> str:
        size = os.path.getsize(target)
        os.remove(target)
        return "all of it" if size == expected else f"{size} of {expected} bytes"

    @app.route("/download")
    def download() -> Any:
        return send_file(os.path.join(folder, "sent"), mimetype="application/octet-stream")

    @app.route("/generate")
    def generate() -> Any:
        return (BLOCK for _ in range(int(request.args["mib"])))

    run_simple("127.0.0.1", port, app, threaded=True)


def body(mib: int) -> Iterator[bytes]:
    yield BEGIN
    for _ in range(mib):
        yield BLOCK
    yield END


def pass_through(port: int, method: str, path: str, mib: int) -> None:
    """One request, of which this process does not keep anything either."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    if method == "POST":
        length = len(BEGIN) + mib * MIB + len(END)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)}
        connection.request(method, path, body(mib), headers)
    else:
        connection.request(method, f"{path}?mib={mib}")
    answer = connection.getresponse()
    if method == "POST":
        told = answer.read()
        if told != b"all of it":
            raise SystemExit(f"{path}: the server has got {told!r:.300}")
    else:
        size = sum(map(len, iter(lambda: answer.read(MIB), b"")))
        if size != mib * MIB:
            raise SystemExit(f"{path}: {size} bytes came, not {mib} MiB")
    connection.close()


def memory(pid: int, key: str) -> float:
    """A figure of the kernel's about the process, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key + ":"))


def wait_until_ready(port: int) -> None:
    for _ in range(200):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit("the server does not answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def watch(folder: str, mib_of: Any) -> dict[str, list[float]]:
    """Case -> [MiB of the body, MiB idle, MiB grown], each case in a process of its own."""
    found: dict[str, list[float]] = {}
    temporary = os.path.join(folder, "tmp")
    os.mkdir(temporary)
    for case, (method, path, size) in CASES.items():
        mib, port = mib_of(size), free_port()
        with open(os.path.join(folder, "sent"), "wb") as file:
            file.truncate(mib * MIB)
        command = [sys.executable, "-m", "benchmarks.memory", folder, str(port)]
        with open(os.path.join(folder, "log"), "wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "TMPDIR": temporary}
            )
        try:
            wait_until_ready(port)
            idle = memory(process.pid, "VmRSS")
            pass_through(port, method, path, mib)
            found[case] = [mib, idle, memory(process.pid, "VmHWM") - idle]
        finally:
            process.terminate()
            process.wait()
        print(f"  memory: {case}, {found[case][2]:.1f} MiB", file=sys.stderr, flush=True)
        if os.listdir(temporary):
            raise SystemExit(f"{case}: temporary files are left: {os.listdir(temporary)}")
    return found


def run(effort: Effort) -> dict[str, list[float]]:
    """Let everything pass through; a 16th of it where the effort is small."""
    with tempfile.TemporaryDirectory() as folder:
        found = watch(folder, lambda mib: mib if effort == FULL else mib // 16)
    grown = {case: values[2] for case, values in found.items() if values[2] > LIMIT}
    if grown:
        raise SystemExit(f"the process grew by more than {LIMIT} MiB: {grown}")
    return found


def report(found: dict[str, list[float]]) -> str:
    rows = [
        [case, f"{mib:,.0f}", f"{idle:.0f}", f"{grown:.1f}"] for case, (mib, idle, grown) in found.items()
    ]
    return table(["message", "MiB that pass", "MiB before", "MiB more at the peak"], rows)


def draw(found: dict[str, list[float]]) -> str:
    return ""  # four numbers, all alike


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))

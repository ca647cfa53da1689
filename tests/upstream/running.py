"""One test file, one pytest process: what passed, what failed, and why."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .left_out import LEFT_OUT
from .sources import PEERS

ROOT = Path(__file__).resolve().parents[2]
SECONDS_A_TEST = 20
SECONDS_A_FILE = 240


@dataclasses.dataclass
class Result:
    """The outcome of one file; `failures` maps a test to its short traceback."""

    name: str
    collected: list[str] = dataclasses.field(default_factory=list)
    passed: set[str] = dataclasses.field(default_factory=set)
    skipped: set[str] = dataclasses.field(default_factory=set)
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    left_out: int = 0
    broken: str = ""

    @property
    def held(self) -> int:
        """What counts against the floor: a test may be skipped for the interpreter's sake."""
        return len(self.passed | self.skipped)


def test_files(folder: Path) -> list[str]:
    """The suite's test files, relative to its ``tests`` folder."""
    tests = folder / "tests"
    found = sorted(path.relative_to(tests) for path in tests.rglob("test_*.py"))
    return [path.as_posix() for path in found if "test_apps" not in path.parts]


def run_file(python: Path, suite: str, file: str, folder: Path, keyword: str = "") -> Result:
    """Run one file; a second time with missing names poisoned if it cannot be imported."""
    result = _run(python, suite, file, folder, keyword, lenient=False)
    if result.broken:
        again = _run(python, suite, file, folder, keyword, lenient=True)
        again.broken = again.broken or f"(counted test by test)\n{result.broken}"
        return again
    return result


def _run(python: Path, suite: str, file: str, folder: Path, keyword: str, *, lenient: bool) -> Result:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        shutil.copy(Path(__file__).with_name("plugin.py"), Path(scratch, "upstream_plugin.py"))
        log = Path(scratch, "log")
        config = {
            "out": os.fspath(log),
            "plugin": scratch,
            "tests": os.fspath(folder / "tests"),
            "peers": PEERS,
            "lenient": lenient,
            "left_out": [
                f"tests/{key.partition('/')[2]}" for key in LEFT_OUT if key.startswith(f"{suite}/{file}::")
            ],
        }
        env = dict(os.environ, UPSTREAM_RUN=json.dumps(config))
        env["PYTHONPATH"] = os.pathsep.join([scratch, os.fspath(ROOT)])
        command = [python, "-m", "microweb", "compat", "-m", "pytest", f"tests/{file}"]
        options = ["-q", "-p", "upstream_plugin", "-p", "no:cacheprovider", "--tb=short"]
        settings = ["-o", "asyncio_default_fixture_loop_scope=function"]
        limit = [f"--timeout={SECONDS_A_TEST}"]
        more = ["-k", keyword] if keyword else []
        output = _run_limited([*command, *options, *settings, *limit, *more], folder, env)
        return _read(f"{suite}/{file}", log, output)


def _run_limited(command: list[str | Path], folder: Path, env: dict[str, str]) -> str:
    """Run a command in a process group of its own, which is killed whole when its time is up."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(SECONDS_A_FILE)
        except subprocess.TimeoutExpired:
            output.write(f"\ncut off after {SECONDS_A_FILE} seconds")
        finally:
            _kill_group(process)
        output.seek(0)
        return output.read()[-4000:]


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End what a test left running; a server started by a test is in the same group."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    else:
        process.kill()
    process.wait()


def _read(name: str, log: Path, output: str) -> Result:
    result = Result(name)
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    for event in map(json.loads, lines):
        if "collected" in event:
            result.collected, result.left_out = event["collected"], event["left_out"]
        elif "broken" in event:
            result.broken = event["broken"]
        elif event["outcome"] == "failed":
            result.failures.setdefault(event["id"], event["text"])
        else:
            getattr(result, event["outcome"]).add(event["id"])
    result.passed -= result.failures.keys() | result.skipped
    if not lines:
        result.broken = output
    seen = result.passed | result.skipped | result.failures.keys()
    for test in result.collected:
        if test not in seen:
            result.failures[test] = "never finished"
    return result

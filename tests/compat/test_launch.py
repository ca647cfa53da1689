"""``python -m microweb compat ...`` as a process of its own, and its children."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def compat(*argv: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.fspath(ROOT)}
    command = [sys.executable, "-m", "microweb", "compat", *argv]
    return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)


def test_code(tmp_path: Path) -> None:
    code = "import sys, markupsafe; print(sys.argv, __name__, markupsafe.Markup.__module__)"
    done = compat("-c", code, "one", cwd=tmp_path)
    assert done.stdout == "['-c', 'one'] __main__ microweb.markup\n", done.stderr
    assert done.returncode == 0


def test_script(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "beside.py").write_text("value = 7")
    (folder / "script.py").write_text(
        "import sys, beside, markupsafe\n"
        "if __name__ == '__main__': print(sys.argv[1:], beside.value, markupsafe.__version__)\n"
    )
    done = compat("folder/script.py", "-v", "x", cwd=tmp_path)
    assert done.stdout == "['-v', 'x'] 7 3.0.4\n", done.stderr


def test_module(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import sys, blinker; print(sys.argv[1:], blinker.ANY)")
    done = compat("-m", "program", "x", cwd=tmp_path)
    assert done.stdout == "['x'] ANY\n", done.stderr


def test_flasks_version(tmp_path: Path) -> None:
    done = compat("-m", "flask", "--version", cwd=tmp_path)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [name for name, _ in lines] == ["Python", "Flask", "Werkzeug"], done.stderr
    assert lines[1][1] == "3.1.3"


@pytest.mark.parametrize("statement, status", [("3", 3), ("None", 0), ("'words'", 1)])
def test_exit_status(statement: str, status: int, tmp_path: Path) -> None:
    done = compat("-c", f"import sys; sys.exit({statement})", cwd=tmp_path)
    assert done.returncode == status
    assert done.stderr == ("words\n" if status == 1 else "")


@pytest.mark.parametrize("argv", [[], ["-m"], ["-c"], ["--help"], [""]])
def test_usage(argv: list[str], tmp_path: Path) -> None:
    done = compat(*argv, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m microweb compat")


def test_a_missing_script_is_told_in_a_line(tmp_path: Path) -> None:
    done = compat("nofile.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no file 'nofile.py' to run; a module is run by -m.\n"


def test_error_is_the_program_s_own(tmp_path: Path) -> None:
    done = compat("-c", "1 / 0", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ZeroDivisionError: division by zero")


def test_children(tmp_path: Path) -> None:
    grandchild = "import blinker; print(blinker.Signal.__module__)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    done = compat("-c", child, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("microweb.signals\n", "")


def test_children_keep_their_own_sitecustomize(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys; sys.was_here = True")
    grandchild = "import sys, blinker; print(blinker.Signal.__module__, sys.was_here)"
    child = (
        "import os, subprocess, sys\n"
        "os.environ['PYTHONPATH'] += os.pathsep + 'site'\n"
        f"subprocess.run([sys.executable, '-c', {grandchild!r}])"
    )
    done = compat("-c", child, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("microweb.signals True\n", "")


def test_the_command_of_flask_is_called_by_its_name(tmp_path: Path) -> None:
    done = compat("-m", "flask", "--bogus", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: python -m flask [OPTIONS] COMMAND"), done.stderr

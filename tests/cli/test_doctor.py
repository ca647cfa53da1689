"""What is said of a host: this one, and ones that lack something."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from microweb.cli import doctor
from microweb.cli.main import cli
from microweb.cli.runner import CliRunner
from tests.house import PACKAGE, ROOT

PYTHON = getattr(sys, "_base_executable", sys.executable)
PARTS = ["routing", "requests", "forms", "sessions", "signing", "templates", "passwords"]
START = "import sys; sys.path[:0] = [sys.argv.pop(1)]\n"
RUN = "from microweb.cli.main import main; status = main(['doctor', '--json'])\n"
#: What Python itself looks for when it ends.
END = "\nsys.modules.pop('threading', None); sys.exit(status)"


def examine(before="", place=ROOT, flags=("-I", "-S", "-B", "-W", "ignore"), run=RUN):
    """The findings of an interpreter that has nothing else, and its status; the code comes first."""
    code = START + before + "\n" + run + END
    done = subprocess.run(
        [PYTHON, *flags, "-c", code, str(place)], capture_output=True, text=True, timeout=60, cwd=os.sep
    )
    assert not done.stderr, done.stderr
    answer = json.loads(done.stdout)
    return {each["name"]: each for each in answer["checks"]}, done.returncode, answer["works"]


def levels(found, names):
    return {found[name]["level"] for name in names}


def test_this_host():
    found, status, works = examine()
    assert (status, works) == (0, True)
    assert levels(found, [*PARTS, "interpreter", "randomness", "server"]) == {"ok"}
    assert found["server"]["text"] == "HTTP/1.1 200 OK"


def test_from_a_zip_file(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "lib" / "microweb", ignore=shutil.ignore_patterns("__pycache__"))
    archive = shutil.make_archive(str(tmp_path / "lib"), "zip", tmp_path / "lib")
    found, status, _ = examine(place=archive)
    assert status == 0 and levels(found, [*PARTS, "server"]) == {"ok"}
    assert found["package"]["level"] == "slower" and "each start compiles" in found["package"]["text"]


@pytest.mark.parametrize(
    "missing", ["_socket", "threading", "select", "ssl", "sqlite3", "zlib", "asyncio", "logging"]
)
def test_without_a_module(missing):
    found, status, works = examine(f"sys.modules[{missing!r}] = None")
    name = missing.lstrip("_")
    assert (status, works) == (0, True)
    assert found[name]["level"] == "no" and found[name]["text"].startswith(f"lost: {doctor.MODULES[name]} (")
    assert levels(found, PARTS) == {"ok"}
    assert found["server"]["level"] == ("ok" if name in {"ssl", "sqlite3", "zlib", "asyncio"} else "no")


def test_the_reason_is_what_was_raised():
    found, _, _ = examine("sys.modules['hmac'] = None")
    assert "import of hmac halted" in found["sessions"]["text"]
    assert levels(found, ["requests", "forms", "server"]) == {"ok"}


def test_without_openssl():
    found, status, _ = examine("sys.modules['_hashlib'] = None")
    assert status == 0 and found["hashes"]["level"] == "slower"
    assert "not scrypt" in found["hashes"]["text"]
    assert levels(found, PARTS) == {"ok"}


def test_without_threads_sockets_and_forks():
    before = """
import _thread, os, socket

def refuse(*args, **kwargs):
    raise OSError("not here")

_thread.start_new_thread = os.fork = socket.create_server = refuse
"""
    found, status, _ = examine(before)
    assert status == 0 and levels(found, ["threads", "fork", "sockets"]) == {"no"}
    assert found["fork"]["text"] == "lost: serve --workers (OSError: not here)"


def test_what_nothing_works_without():
    before = "def urandom(n): raise NotImplementedError('no source of randomness')\n"
    found, status, works = examine(before + "import os; os.urandom = urandom")
    assert (status, works) == (1, False)
    assert found["randomness"] == {
        "name": "randomness",
        "level": "broken",
        "text": "lost: secrets (NotImplementedError: no source of randomness)",
    }


def invoke(monkeypatch, rows, *args):
    monkeypatch.setattr(doctor, "CHECKS", rows)
    return CliRunner().invoke(cli, ["doctor", *args])


def raiser(error):
    def check():
        raise error

    return check


@pytest.mark.parametrize(
    ("rows", "status", "output"),
    [
        ([("a", "no", "b", lambda: "c")], 0, "ok      a            c\n\nEverything works here.\n"),
        (
            [("a", "no", "b", raiser(OSError("c\nd"))), ("e", "no", "f", raiser(doctor.Slower("g")))],
            0,
            "no      a            lost: b (OSError: c)\nslower  e            g\n\n"
            "Applications will work here. Missing: 1; slower: 1.\n",
        ),
        (
            [("a", "broken", "b", raiser(KeyError("c")))],
            1,
            "broken  a            lost: b (KeyError: 'c')\n\nApplications will not work here.\n",
        ),
        (
            [("a", "no", "b", lambda: "module"), ("c", "no", "b", lambda: "module")],
            0,
            "ok      modules      a c\n\nEverything works here.\n",
        ),
    ],
    ids=["ok", "no and slower", "broken", "modules"],
)
def test_the_text(monkeypatch, rows, status, output):
    result = invoke(monkeypatch, rows)
    assert (result.exit_code, result.output) == (status, output)


def test_a_value_that_is_wrong_is_told(monkeypatch):
    result = invoke(monkeypatch, [("a", "broken", "b", lambda: str(doctor._expect(1, 2)))])
    assert result.exit_code == 1 and "lost: b (ValueError: 1, not 2)" in result.output


@pytest.mark.parametrize("module", ["_socket", "threading", "select"])
def test_a_command_that_misses_a_module_says_so_in_a_line(module, tmp_path):
    (tmp_path / "app.py").write_text("from microweb import Microweb\napp = Microweb('app')")
    code = (
        START
        + f"sys.modules[{module!r}] = None\nfrom microweb.cli.main import main\nstatus = main(['run'])"
        + END
    )
    done = subprocess.run(
        [PYTHON, "-I", "-c", code, str(ROOT)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Error: The server needs the module '{module}', which this Python has not."
        " Another server, or CGI, may run the application.",
        "Try 'doctor' to see what else is missing here.",
    ]

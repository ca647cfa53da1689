"""The command line as a process: what is printed, and the exit status."""

import os
import runpy
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import microweb
from microweb.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
HELLO = """
from microweb import Microweb
app = Microweb(__name__)
@app.route("/")
def index():
    return f"debug={app.debug}"
app.run(port=1)
"""


def environ(**variables):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "MICROWEB_"))}
    return {**clean, "PYTHONPATH": str(ROOT), **variables}


def start(place, *arguments, stdout=subprocess.PIPE, program=("-m", "microweb"), **variables):
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=place,
        env=environ(**variables),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(place, *arguments, **variables):
    process = start(place, *arguments, **variables)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("arguments", "variables", "debug"),
    [
        (["--app", "hello", "run", "--port", "0"], {}, False),
        (["--app", "hello", "run", "--port", "0", "--debug"], {}, True),
        (["--app", "hello", "--debug", "run", "-p0", "-h", "127.0.0.1"], {}, True),
        (["run", "-p", "0"], {"FLASK_APP": "hello:app", "FLASK_DEBUG": "1"}, True),
        (["run"], {"MICROWEB_APP": "hello", "FLASK_APP": "no", "MICROWEB_RUN_PORT": "0"}, False),
        (["--no-debug", "-A", "hello.py", "run", "-p0"], {"MICROWEB_DEBUG": "1"}, False),
    ],
)
def test_run(tmp_path, arguments, variables, debug):
    (tmp_path / "hello.py").write_text(HELLO)
    with start(tmp_path, *arguments, **variables) as process:
        try:
            assert process.stderr.readline().startswith("app.run() is left out")
            first = process.stderr.readline()
            assert first == f"Application 'hello', debug mode {'on' if debug else 'off'}\n"
            url = next(line.split()[2] for line in process.stderr if line.startswith("Serving on "))
            with urllib.request.urlopen(url) as response:
                assert response.read().decode() == f"debug={debug}"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("text", "spec", "message"),
    [
        ("x = (", "mod", "Error: Syntax error in "),
        ("x = 1", "mod", "Error: Found no application"),
        ("x = 1", "nope", "Error: Could not import 'nope'"),
        ("x = 1", "mod:x", "Error: 'mod:x' gave int"),
    ],
)
def test_mistakes_are_one_line(tmp_path, text, spec, message):
    (tmp_path / "mod.py").write_text(text)
    status, out, err = run(tmp_path, "--app", spec, "run")
    assert (status, out) == (2, "")
    assert err.startswith(message) and err.count("\n") == 1


def test_the_users_own_errors_show_their_own_code(tmp_path):
    (tmp_path / "mod.py").write_text("import nothere\n")
    status, _, err = run(tmp_path, "--app", "mod", "run")
    assert status == 2
    assert "nothere" in err and "discovery.py" not in err and "importlib" not in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_costs_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        status, _, err = run(tmp_path, "routes", "--help", stdout=full)
    assert status == 1
    assert err.count("\n") == 1 and "No space left" in err


def test_a_directory_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); from microweb.cli.main import main; sys.exit(main())"
    status, out, _ = run(gone, "doctor", program=["-c", code])
    assert status == 0
    assert "no      current      lost: relative paths" in out


def test_an_old_python_is_told(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    with pytest.raises(SystemExit, match="needs Python 3.9 or newer, and is run by 3"):
        runpy.run_module("microweb", run_name="__main__")


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"microweb {microweb.__version__} (Python 3.")


def test_a_factory_that_fails_shows_its_own_code(tmp_path):
    (tmp_path / "mod.py").write_text("def create_app():\n    return 1 / 0\n")
    status, _, err = run(tmp_path, "--app", "mod", "routes")
    assert status == 1
    assert "ZeroDivisionError" in err and "discovery.py" not in err and "core.py" not in err


def test_help_and_usage(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["--help"]) == 0
    assert main(["run", "--help"]) == 0
    assert main([]) == 2
    assert main(["run", "--port", "x"]) == 2


def test_compat_gets_all_that_follows(tmp_path):
    (tmp_path / "script.py").write_text("import sys, flask; print(flask.Flask.__name__, sys.argv)")
    status, out, _ = run(tmp_path, "compat", "script.py", "--app", "x", "-h")
    assert (status, out) == (0, "Microweb ['script.py', '--app', 'x', '-h']\n")

"""The reloader: what it looks at, how it starts a program again, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import zipfile

import pytest

from microweb.server import reloader
from microweb.server.reloader import Watch, run_with_reloader, traceback_files
from tests.house import ROOT

SECONDS = 30
_times = iter(range(10**9, 2 * 10**9))


def write(path, text="x = 1\n"):
    """Write a file with a time that no other write had: clocks of file systems are coarse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    now = next(_times)
    os.utime(path, (now, now))
    return str(path)


# -- what is looked at


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_that_changes(project):
    path = write(project / "watched_one.py")
    importlib.import_module("watched_one")
    watch = Watch()
    assert watch.step() is None
    write(project / "watched_one.py", "x = 2\n")
    assert watch.step() == path


def test_a_module_that_is_imported_later(project):
    watch = Watch()
    path = write(project / "watched_two.py")
    importlib.import_module("watched_two")
    assert watch.step() is None
    write(project / "watched_two.py", "x = 2\n")
    assert watch.step() == path


@pytest.mark.parametrize("looked_at", [True, False], ids=["mended later", "mended at once"])
def test_a_module_that_cannot_be_imported(project, monkeypatch, looked_at):
    monkeypatch.setattr(reloader._Asked, "files", {})
    monkeypatch.setattr(sys, "meta_path", [reloader._Asked, *sys.meta_path])
    path = write(project / "broken_one.py", "x = (\n")
    watch = Watch()
    with pytest.raises(SyntaxError) as info:
        importlib.import_module("broken_one")
    assert traceback_files(info.value)[0] == path
    if looked_at:
        assert watch.step() is None
    write(project / "broken_one.py")
    assert watch.step() == path


def test_a_module_in_an_archive(project):
    path = str(project / "lib.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("zipped_one.py", "x = 1\n")
    sys.path.insert(0, path)
    try:
        importlib.import_module("zipped_one")
    finally:
        sys.path.remove(path)
    watch = Watch()
    os.utime(path, (next(_times),) * 2)
    assert watch.step() == path


def test_attributes_of_modules_are_not_made(project):
    write(project / "lazy_one.py", "def __getattr__(name):\n    raise RuntimeError(name)\n")
    del importlib.import_module("lazy_one").__file__
    Watch().step()


def test_the_standard_library_is_left_alone():
    assert not [path for path in reloader.find_paths((), ()) if path == os.__file__]
    assert reloader.__file__ in reloader.find_paths((), ())


@pytest.mark.parametrize(
    ("extra", "changed"),
    [
        ("settings.toml", "settings.toml"),
        ("templates", "templates/deep/page.html"),
        ("**/*.html", "templates/deep/page.html"),
        ("templates/*/page.html", "templates/deep/page.html"),
    ],
)
@pytest.mark.parametrize("there_before", [True, False], ids=["changed", "new"])
def test_extra_files(tmp_path, monkeypatch, extra, changed, there_before):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "templates" / "other.html")
    if there_before:
        write(tmp_path / changed)
    watch = Watch([extra])
    assert watch.step() is None
    write(tmp_path / changed, "new")
    assert watch.step() == str(tmp_path / changed)


def test_a_file_that_goes_and_comes_back(tmp_path):
    path = tmp_path / "settings.toml"
    write(path)
    watch = Watch([path])
    path.unlink()
    assert watch.step() is None
    write(path)
    assert watch.step() == str(path)


def test_excluded_files(tmp_path):
    write(tmp_path / "a.css")
    watch = Watch([tmp_path], ["*.css"])
    write(tmp_path / "a.css", "new")
    write(tmp_path / "b.css", "new")
    assert watch.step() is None
    write(tmp_path / "a.js")
    assert watch.step() == str(tmp_path / "a.js")


def test_an_idle_watch_sleeps_long_enough(monkeypatch):
    """However long a look takes, it is less than half a percent of the time."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt

    cost = iter([0.0, 0.5, 10.0, 10.001])
    watch = Watch(interval=1)
    monkeypatch.setattr(reloader.time, "sleep", sleep)
    monkeypatch.setattr(reloader.time, "thread_time", lambda: next(cost))
    with pytest.raises(KeyboardInterrupt):
        watch.wait()
    assert slept == [100.0, 1]


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="'auto' or 'stat'"):
        run_with_reloader(print, reloader_type="inotify")


# -- how a program is started again

AGAIN = f"""
import json, os, subprocess, sys
sys.path.append({str(ROOT)!r})
from microweb.server.reloader import get_args

if os.environ.get("AGAIN"):
    print(json.dumps([sys.argv[1:], __name__, __package__, sys.flags.utf8_mode]))
    sys.exit(7)
sys.exit(subprocess.call(get_args(), env=dict(os.environ, AGAIN="1")))
"""


def start_again(folder, *arguments):
    command = [sys.executable, "-X", "utf8", *arguments, "--option", "a b"]
    env = {key: value for key, value in os.environ.items() if key != "AGAIN"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 7, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("files", "command", "package"),
    [
        (["app.py"], ["app.py"], None),
        (["bin/console-script"], ["bin/console-script"], None),
        (["app.py"], ["-m", "app"], ""),
        (["pkg/__init__.py", "pkg/app.py"], ["-m", "pkg.app"], "pkg"),
        (["pkg/__init__.py", "pkg/__main__.py"], ["-m", "pkg"], "pkg"),
        (["folder/__main__.py"], ["folder"], ""),
    ],
    ids=["script", "console script", "module", "submodule", "package", "directory"],
)
def test_a_program_is_started_as_it_was(tmp_path, files, command, package):
    for name in files:
        write(tmp_path / name, "" if name.endswith("__init__.py") else AGAIN)
    assert start_again(tmp_path, *command) == [["--option", "a b"], "__main__", package, 1]


def test_an_archive_is_started_again(tmp_path):
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", AGAIN)
    assert start_again(tmp_path, "app.zip") == [["--option", "a b"], "__main__", "", 1]


# -- processes

PROGRAM = f"""
import os, sys
sys.path.append({str(ROOT)!r})
import logging, signal, socket, threading
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
from microweb.server import reloader
from microweb.server.reloader import is_running_from_reloader, run_with_reloader

reloader.STOP_SECONDS = STOP_SECONDS

if is_running_from_reloader():
    listener = socket.socket(fileno=int(os.environ["FD"]))
else:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.set_inheritable(True)
    os.environ["FD"] = str(listener.fileno())
    print("port", listener.getsockname()[1], "parent", os.getpid(), flush=True)

import answer

def main():
    print("child", os.getpid(), flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(answer.text)

try:
    run_with_reloader(main, interval=0.02)
finally:
    print("left", "child" if is_running_from_reloader() else "parent", flush=True)
"""


class Program:
    """A program under the reloader. All its processes write to one pipe, which ends with the last."""

    def __init__(self, folder, patience):
        self.folder, self.text = folder, PROGRAM.replace("= STOP_SECONDS", f"= {patience}")
        self.answer("one")
        write(folder / "app.py", self.text)
        env = {key: value for key, value in os.environ.items() if not key.endswith("_RUN_MAIN")}
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        self.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.timer = threading.Timer(SECONDS, self.give_up)
        self.timer.start()
        words = self.wait_for("port").split()
        self.port, self.parent = int(words[1]), int(words[3])
        self.child = int(self.wait_for("child").split()[1])

    def give_up(self):
        for pid in (self.process.pid, getattr(self, "child", None)):
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(pid, signal.SIGKILL)

    def answer(self, text):
        write(self.folder / "answer.py", f"text = {text.encode()!r}\n")

    def wait_for(self, text):
        """The next line that begins with a text."""
        seen = []
        for line in self.process.stdout:
            seen.append(line.decode())
            if seen[-1].startswith(text):
                return seen[-1]
        raise AssertionError(f"no line with {text!r}: {seen}")

    def wait_for_next_child(self):
        self.child = int(self.wait_for("child").split()[1])

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as sock:
            return sock.recv(100).decode()

    def wait_for_end(self):
        """Status of the parent, once every process that could write to the pipe is gone."""
        rest = self.process.stdout.read().decode()
        return self.process.wait(SECONDS), rest


@pytest.fixture
def program(tmp_path, request):
    if os.name != "posix":
        pytest.skip("signals")
    program = Program(tmp_path, getattr(request, "param", SECONDS))
    yield program
    program.timer.cancel()
    program.give_up()
    program.process.wait()
    program.process.stdout.close()


def test_a_change_starts_the_program_again(program):
    assert program.ask() == "one"
    for text in ("two", "three"):
        before = program.child
        program.answer(text)
        assert "answer.py" in program.wait_for("Detected change in")
        program.wait_for("Restarting with stat")
        program.wait_for_next_child()
        assert program.ask() == text
        assert program.child != before


def test_no_connection_is_refused_meanwhile(program):
    answers, done = [], threading.Event()

    def ask_on():
        while not done.is_set():
            answers.append(program.ask())

    thread = threading.Thread(target=ask_on)
    thread.start()
    for text in ("two", "three"):
        program.answer(text)
        program.wait_for_next_child()
    done.set()
    thread.join()
    # One that the old child had taken already may have been cut; none was refused.
    assert set(answers) - {""} <= {"one", "two", "three"}
    assert program.ask() == "three"


def test_a_syntax_error_is_waited_out(program):
    write(program.folder / "answer.py", "text = (\n")
    program.wait_for("SyntaxError")
    program.wait_for("The program ended with status 1; waiting")
    program.answer("mended")
    program.wait_for("Detected change in")
    program.wait_for_next_child()
    assert program.ask() == "mended"


def test_an_import_error_in_a_new_file_is_waited_out(program):
    write(program.folder / "pkg" / "new.py", "import missing_module\n")
    write(program.folder / "answer.py", "from pkg import new\n")
    program.wait_for("ModuleNotFoundError")
    program.wait_for("The program ended")
    write(program.folder / "pkg" / "new.py", "x = 1\n")
    assert "new.py" in program.wait_for("Detected change in")
    program.wait_for_next_child()


# After Ctrl-C the child, which a terminal tells as well, has a while until it is told again.
@pytest.mark.parametrize(
    ("number", "program"),
    [(signal.SIGTERM, SECONDS), (signal.SIGINT, 2)],
    indirect=["program"],
    ids=["TERM", "INT"],
)
def test_a_signal_to_the_parent_ends_both(program, number):
    os.kill(program.parent, number)
    status, rest = program.wait_for_end()
    assert status == 0
    assert "left child" in rest and "left parent" in rest and "Traceback" not in rest


@pytest.mark.parametrize(
    ("number", "wanted"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
def test_a_signal_ends_the_wait_for_a_mended_file(program, number, wanted):
    write(program.folder / "answer.py", "text = (\n")
    program.wait_for("The program ended")
    os.kill(program.parent, number)
    status, rest = program.wait_for_end()
    assert (status, "Traceback" in rest) == (wanted, False)


@pytest.mark.parametrize(
    ("number", "wanted"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
@pytest.mark.parametrize("status", [1, reloader.RELOAD])
@pytest.mark.parametrize("program", [0.1], indirect=True, ids=["hurry"])
def test_who_is_told_to_end_does_so_whatever_the_child_says(program, number, wanted, status):
    """A signal may meet a child that is about to be replaced."""
    leaving = f"def main():\n    signal.signal(signal.SIGTERM, lambda *_: os._exit({status}))"
    write(program.folder / "app.py", program.text.replace("def main():", leaving))
    program.wait_for_next_child()
    os.kill(program.parent, number)
    assert program.wait_for_end()[0] == wanted


def test_a_signal_to_the_child_ends_both(program):
    os.kill(program.child, signal.SIGTERM)
    status, rest = program.wait_for_end()
    assert (status, "left parent" in rest) == (0, True)


def test_a_child_that_is_killed_takes_the_parent_along(program):
    os.kill(program.child, signal.SIGKILL)
    status, rest = program.wait_for_end()
    assert (status, "left parent" in rest) == (128 + signal.SIGKILL, True)


def test_a_parent_that_is_killed_leaves_no_orphan(program):
    os.kill(program.parent, signal.SIGKILL)
    status, rest = program.wait_for_end()
    assert (status, "left child" in rest) == (-signal.SIGKILL, True)


@pytest.mark.parametrize("program", [0.1], indirect=True, ids=["hurry"])
def test_a_program_that_does_not_listen_is_made_to_end(program):
    deaf = "def main():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    write(program.folder / "app.py", program.text.replace("def main():", deaf))
    program.wait_for_next_child()
    program.answer("heard")
    program.wait_for_next_child()
    assert program.ask() == "heard"

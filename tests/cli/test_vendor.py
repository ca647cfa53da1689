"""Copies of the package: under any name, in part, as a file that runs; and what is said of a changed one."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from microweb.cli import vendor
from microweb.cli.main import cli
from microweb.cli.runner import CliRunner
from tests.house import PACKAGE, ROOT

PYTHON = getattr(sys, "_base_executable", sys.executable)
PYPY = shutil.which("pypy3")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*args, status=0):
        done = CliRunner().invoke(cli, ["vendor", *args])
        assert done.exit_code == status, done.output
        return done.output

    return run


def python(folder, *args, interpreter=PYTHON):
    """The output of an interpreter that has nothing but the copy."""
    done = subprocess.run(
        [interpreter, "-S", "-W", "error", *args],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_under_another_name(run, tmp_path):
    run("lib", "--name", "web")
    code = "from web import Microweb; print(Microweb.__module__)"
    assert python(tmp_path / "lib", "-c", code) == "web.app\n"


def test_a_folder_has_the_files_as_they_are(run, tmp_path):
    run(".", "--name", "web")
    assert (tmp_path / "web" / "app.py").read_bytes() == (PACKAGE / "app.py").read_bytes()
    assert "As it was made; no security note concerns it." in run("web", "--check")


PARTS = {
    "routing": "from web.routing import Map, Rule\n"
    "print(Map([Rule('/<int:n>', endpoint='a')]).bind('h').match('/7'))",
    "templates": "from web.templates import Environment\n"
    "print(Environment().from_string('{{ 7 }}').render())",
    "signing": "from web.signing import Signer\nprint(Signer('k').unsign(Signer('k').sign('7')))",
    "http,json": "import web.http.multipart\nfrom web.json import loads\nprint(loads('7'))",
}


@pytest.mark.parametrize("parts", PARTS)
def test_parts_with_what_they_need(run, tmp_path, parts):
    run(".", "--name", "web", "--only", parts)
    assert "7" in python(tmp_path, "-c", PARTS[parts])
    assert (tmp_path / "web" / "LICENSE").exists()
    assert not (tmp_path / "web" / "app.py").exists()


HELLO = "from {} import Microweb\napp = Microweb(__name__)\napp.add_url_rule('/', 'index', lambda: '')\n"


@pytest.mark.parametrize(
    "part", ["ctx", "helpers", "json", "middleware", "sessions", "templating", "testing", "views"]
)
def test_each_part_can_be_imported_alone(run, tmp_path, part):
    run(".", "--name", "web", "--only", part)
    assert python(tmp_path, "-c", f"import web.{part}") == ""


def test_a_zip_file_runs(run, tmp_path):
    run("program.zip", "--zip", "--name", "web")
    (tmp_path / "hello.py").write_text(HELLO.format("web"))
    assert "GET /  ->  200 OK" in python(tmp_path, "program.zip", "--app", "hello", "trace", "/")
    assert "no security note" in python(tmp_path, "program.zip", "vendor", "--check", "program.zip")


def test_the_guestbook_in_a_zip_file(run, tmp_path):
    run("program.zip", "--zip")
    with zipfile.ZipFile("program.zip", "a") as file:
        for path in (ROOT / "docs" / "examples" / "guestbook").rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, path.relative_to(ROOT / "docs" / "examples").as_posix())
    shown = python(tmp_path, "program.zip", "--app", "guestbook", "trace", "/")
    assert "GET /  ->  200 OK" in shown
    assert (tmp_path / "instance" / "guestbook.sqlite3").exists()


def test_the_same_bytes_each_time(run, tmp_path):
    for name in ("one.zip", "two.zip"):
        run(name, "--zip", "--name", "web")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_copy_makes_the_same_copy(run, tmp_path):
    run("one.zip", "--zip")
    python(tmp_path, "one.zip", "vendor", "two.zip", "--zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.skipif(not PYPY, reason="pypy3 is not installed")
def test_another_interpreter_makes_the_same_copy(run, tmp_path):
    run("one.zip", "--zip", "--name", "web")
    command = [PYPY, "-m", "microweb", "vendor", tmp_path / "two.zip", "--zip", "--name", "web"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120, stdout=subprocess.DEVNULL)
    # How a zlib packs is its own affair; they are one here, or not.
    one, two = (zipfile.ZipFile(name) for name in ("one.zip", "two.zip"))
    with one, two:
        assert one.namelist() == two.namelist()
        assert [one.read(name) for name in one.namelist()] == [two.read(name) for name in two.namelist()]


ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, "program.zip")
import web
names = [each.name for each in pkgutil.walk_packages(web.__path__, "web.")]
for name in names:
    if name.rpartition(".")[2] not in ("__main__", "sitecustomize"):
        importlib.import_module(name)
print(len(names), "modules")
"""
ALIASES = (
    "import flask, jinja2, werkzeug.debug, click; print(flask.Flask.__module__, click.command.__module__)"
)
ERROR = """
from web import Microweb
from web.server.debugger import DebuggedApplication
from web.testing import Client
app = Microweb("shop")
app.testing = True
app.add_url_rule("/", "index", lambda: 1 / 0)
page = Client(DebuggedApplication(app)).get("/").text
print("ZeroDivisionError" in page, "response=self.full_dispatch_request()" in page)
"""


@pytest.mark.parametrize("interpreter", [PYTHON, PYPY], ids=["this", "pypy"])
def test_all_of_it_works_in_a_zip_file(run, tmp_path, interpreter):
    if not interpreter:
        pytest.skip("pypy3 is not installed")
    run("program.zip", "--zip", "--name", "web")
    zipped = functools.partial(python, tmp_path, interpreter=interpreter)
    assert int(zipped("-c", ALL).split()[0]) > 100
    visit = "NAME = 'web'\n" + (ROOT / "tests" / "hosts" / "visit.py").read_text("utf-8")
    served = zipped("-c", f"import sys\nsys.path.insert(0, 'program.zip')\n{visit}")
    assert served == "served by web.app\n"
    assert re.search("\n(Applications will work|Everything works) here", zipped("program.zip", "doctor"))
    assert zipped("program.zip", "compat", "-c", ALIASES) == "web.app web.cli.core\n"
    (tmp_path / "error.py").write_text("import sys\nsys.path.insert(0, 'program.zip')\n" + ERROR)
    assert zipped("error.py") == "True True\n"


def test_a_zip_file_has_what_runs(run, tmp_path):
    run("web.zip", "--zip", "--name", "web")
    with zipfile.ZipFile("web.zip") as file:
        assert b"Permission is hereby granted" in file.read("web/LICENSE")
        assert json.loads(file.read("web/VENDORED.json"))["package"] == "microweb"
    files, _ = vendor._read_zip("web.zip")
    assert "py.typed" not in files
    aliases = files["compat/aliases.txt"]
    assert b"\n# " not in aliases and b"Flask 3" in aliases
    assert files["cli/completion-zsh.txt"].startswith(b"#compdef")
    assert "DEST a zip file" in python(tmp_path, "web.zip", "vendor", "--help")


def test_a_zip_file_is_small(run, tmp_path):
    run("web.zip", "--zip", "--name", "web")
    assert (tmp_path / "web.zip").stat().st_size <= 250 * 1024


def test_what_was_in_a_zip_file_works_in_a_folder(run, tmp_path):
    run("web.zip", "--zip", "--name", "web")
    with zipfile.ZipFile("web.zip") as file:
        file.extractall(tmp_path / "shop" / "vendored")
    program = "from shop.vendored.web import Microweb, routing; print(Microweb.__module__, routing.__name__)"
    assert python(tmp_path, "-c", program) == "shop.vendored.web.app shop.vendored.web.routing\n"
    (tmp_path / "hello.py").write_text(HELLO.format("shop.vendored.web"))
    assert "GET /  ->  200 OK" in python(tmp_path, "-m", "shop.vendored.web", "--app", "hello", "trace", "/")
    python(tmp_path, "-m", "shop.vendored.web", "vendor", "again.zip", "--zip", "--name", "web")
    assert "As it was made" in run("again.zip", "--check")
    copy = "shop/vendored/web"
    assert "As it was made" in run(copy, "--check")
    for name in ("__init__.py", "packed.py", "package.z"):
        file = tmp_path / copy / name
        content = file.read_bytes()
        file.write_bytes(content[:-9])
        assert name in run(copy, "--check", status=1)
        file.write_bytes(content)


class TestCheck:
    @pytest.fixture
    def copy(self, run, tmp_path):
        run(".", "--name", "web", "--only", "markup")
        return tmp_path / "web"

    def test_changes(self, run, copy):
        (copy / "markup.py").write_text("changed")
        (copy / "new.py").write_text("new")
        (copy / "LICENSE").unlink()
        output = run("web", "--check", status=1)
        assert output.splitlines()[1:] == ["changed  markup.py", "missing  LICENSE", "added    new.py"]

    def test_a_record_that_tells_too_little_of_a_change(self, run, copy):
        record = json.loads((copy / "VENDORED.json").read_text())
        (copy / "markup.py").write_text("changed")
        record["files"]["markup.py"] = ""
        (copy / "VENDORED.json").write_text(json.dumps(record))
        assert "changed  VENDORED.json, or a file in a way" in run("web", "--check", status=1)

    def test_caches_are_no_change(self, run, copy, tmp_path):
        python(tmp_path, "-c", "import web.markup")
        (copy / "__pycache__").mkdir(exist_ok=True)
        (copy / "__pycache__" / "markup.pyc").write_bytes(b"")
        assert "As it was made" in run("web", "--check")

    def test_notes_that_concern_it(self, run, copy, monkeypatch):
        notes = [
            ("0.0.1", ["markup"], "mended before"),
            ("99.0", ["server"], "not in the copy"),
            ("99.1", ["http", "markup"], "escaping left a quote"),
        ]
        monkeypatch.setattr(vendor, "notes", lambda: notes)
        output = run("web", "--check", status=1)
        assert output.splitlines()[1:] == ["security 99.1: escaping left a quote"]

    def test_the_folder_that_it_lies_in(self, run, copy):
        assert "it has no VENDORED.json. There is one in web." in run(".", "--check", status=1)

    @pytest.mark.parametrize("record", ["", "[]", "{}", '{"version": "1", "files": [], "sha256": 1}'])
    def test_a_broken_record(self, run, copy, record):
        (copy / "VENDORED.json").write_text(record)
        assert "web is no copy that this command made" in run("web", "--check", status=1)

    @pytest.mark.parametrize("dest", ["nowhere", "empty", "broken.zip"])
    def test_what_is_no_copy(self, run, tmp_path, dest):
        (tmp_path / "empty").mkdir()
        (tmp_path / "broken.zip").write_text("no zip file")
        assert f"{dest} is no copy that this command made" in run(dest, "--check", status=1)


def test_notes_are_well_formed():
    for version, parts, text in vendor.notes():
        assert vendor._numbers(version) and text
        assert all((PACKAGE / part).exists() or (PACKAGE / f"{part}.py").exists() for part in parts)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "Missing argument 'DEST'"),
        ([""], "DEST is empty"),
        ([".", "--only", ""], "There is no part ''"),
        (["--check", "web", "--name", "web"], "--check takes DEST alone"),
        ([".", "--name", "a-b"], "'a-b' cannot be imported; --name takes a name such as 'web'."),
        ([".", "--name", "class"], "'class' cannot be imported"),
        ([".", "--only", "rooting"], "There is no part 'rooting'; there are"),
    ],
)
def test_wrong_arguments(run, args, message):
    assert message in run(*args, status=2)


def test_nothing_is_overwritten_that_is_not_a_copy(run, tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "mine.py").write_text("mine")
    assert "is no copy of this package" in run(".", "--name", "web", status=1)
    assert os.listdir(tmp_path / "web") == ["mine.py"]


def test_a_zip_file_overwrites_nothing_that_is_not_a_copy(run, tmp_path):
    (tmp_path / "app.py").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.py").write_text("mine")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("mine", "mine")
    for dest in ("app.py", "folder", "other.zip"):
        before = (tmp_path / dest).stat()
        assert f"{dest} is there already and is no copy" in run(dest, "--zip", status=1)
        assert (tmp_path / dest).stat().st_mtime_ns == before.st_mtime_ns
    run("mine.zip", "--zip", "--only", "signing")
    with zipfile.ZipFile(tmp_path / "mine.zip", "a") as file:
        file.writestr("shop/__init__.py", "mine")
    message = "mine.zip has files of yours, such as shop/__init__.py"
    assert message in run("mine.zip", "--zip", "--only", "signing", status=1)
    run("lib/web.zip", "--zip", "--only", "signing")
    run("lib/web.zip", "--zip", "--only", "signing,markup")
    assert "As it was made" in run("lib/web.zip", "--check")


def test_without_zlib(run, monkeypatch):
    monkeypatch.setattr(vendor.zipfile, "zlib", None)
    assert "needs zlib, which this Python was built without" in run("web.zip", "--zip", status=1)
    assert not os.path.exists("web.zip")


def test_what_cannot_be_written_is_told_in_a_line(run, tmp_path):
    (tmp_path / "file").write_text("")
    assert run("file/web.zip", "--zip", status=1).count("\n") == 1
    assert "cannot be written" in run("file", "--only", "signing", status=1)


def test_a_copy_is_renewed_unless_it_was_changed(run, tmp_path):
    run(".", "--name", "web", "--only", "markup,signals")
    run(".", "--name", "web", "--only", "markup")
    assert not (tmp_path / "web" / "signals.py").exists()
    (tmp_path / "web" / "markup.py").write_text("changed")
    assert "was changed since it was made" in run(".", "--name", "web", "--only", "markup", status=1)
    assert (tmp_path / "web" / "markup.py").read_text() == "changed"

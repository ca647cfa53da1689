"""install(): once, early, and undone by uninstall()."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

import microweb
from microweb import compat
from microweb.compat.modules import PEERS


def test_twice(installed: None) -> None:
    before = list(sys.meta_path)
    compat.install()
    assert sys.meta_path == before


def test_after_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("werkzeug")
    real.__file__ = "/somewhere/werkzeug/__init__.py"
    monkeypatch.setitem(sys.modules, "werkzeug", real)
    with pytest.raises(RuntimeError, match="werkzeug is already imported, from /somewhere"):
        compat.install()
    assert compat._finder not in sys.meta_path


@pytest.mark.parametrize("name, version", [(name, PEERS[name][1]) for name in PEERS])
def test_version(name: str, version: str, installed: None) -> None:
    assert __import__(name).__version__ == version
    assert metadata.version(name) == version


@pytest.mark.parametrize("spelling", ["Flask", "flask", "FLASK"])
def test_distribution(spelling: str, installed: None) -> None:
    distribution = metadata.distribution(spelling)
    assert distribution.metadata["Name"] == "Flask"
    assert distribution.version == "3.1.3"
    assert not distribution.files
    assert not distribution.requires
    assert list(distribution.entry_points) == []
    assert "compat" in distribution.metadata["Summary"]


def test_distributions_are_listed(installed: None) -> None:
    names = {d.metadata["Name"].lower() for d in metadata.distributions()}
    assert {*PEERS} <= names
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("flask-login-of-nobody")


PROGRAM = """
import sys
from {package} import compat
compat.install()
from flask import Flask, request
app = Flask("app")
@app.route("/<name>")
def hello(name): return "hello " + name
assert app.test_client().get("/you").data == b"hello you"
assert Flask.__module__ == "{package}.app", Flask.__module__
try:
    from werkzeug.wrappers import BaseResponse
except ImportError:
    print("served by", Flask.__module__)
"""


def run(program: str, path: Path) -> str:
    env = {**os.environ, "PYTHONPATH": os.fspath(path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=env, cwd=path.anchor, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


PACKAGE = Path(microweb.__file__).parent
SOURCES = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]


def test_vendored_under_another_name(tmp_path: Path) -> None:
    for source in SOURCES:
        target = tmp_path / "x" / "_vendor" / "mw" / source.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    assert run(PROGRAM.format(package="x._vendor.mw"), tmp_path) == "served by x._vendor.mw.app\n"


def test_from_a_zip(tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in SOURCES:
            file.write(source, Path("microweb", source.relative_to(PACKAGE)))
    assert run(PROGRAM.format(package="microweb"), archive) == "served by microweb.app\n"

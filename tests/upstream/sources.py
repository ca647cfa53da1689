"""Where the suites come from: pinned source distributions, and an environment without the peers.

Everything lies in a cache outside the tree and is checked before each use: the archives against
the hashes below, the environment for the absence of every package whose tests are to be run.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """One pinned source distribution on PyPI."""

    version: str
    sha256: str


SOURCES = {
    "flask": Source("3.1.3", "0ef0e52b8a9cd932855379197dd8f94047b359ca0a78695144304cb45f87c9eb"),
    "werkzeug": Source("3.1.9", "55ca7c70a75689be937aa27f8ff4b018f06ff4838fc73045560bf0f5a1291060"),
    "jinja2": Source("3.1.6", "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d"),
    "markupsafe": Source("3.0.4", "2e9ad7dd851bf45fab9f75cbff4cb493fee9979e8d8c7c9c3ee119022518edd6"),
    "itsdangerous": Source("2.2.0", "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173"),
    "blinker": Source("1.9.0", "b4ce2265a7abece45e7cc896e98dbebe6cead56bcf805a3d23136d145f5445bf"),
}

# What the suites import beside the packages under test. pytest 9 dropped a private name that
# Flask's conftest takes from it, and pytest-asyncio follows pytest.
REQUIREMENTS = [
    "pytest==8.4.2",
    "pytest-asyncio==1.2.0",
    "pytest-timeout==2.4.0",
    "asgiref",
    "cryptography",
    "ephemeral-port-reserve",
    "freezegun",
    "greenlet",
    "python-dotenv",
    "trio",
    "watchdog<7",
]

# The seventh peer: nothing of the stack may be answered by a real package.
PEERS = [*SOURCES, "click"]

# Tests start children with a path of their own, so what tells these of the alias layer has to be
# installed in the environment.
_SITE = """
import importlib, json, os, sys
if "MICROWEB_COMPAT" in os.environ:
    package, _, root = os.environ["MICROWEB_COMPAT"].partition(os.pathsep)
    sys.path.append(root)
    importlib.import_module(package).install()
    # A server that a test starts from the suite's own files may lack a name as well.
    run = json.loads(os.environ.get("UPSTREAM_RUN", "{}"))
    if run.get("lenient"):
        sys.path.append(run["plugin"])
        import upstream_plugin
"""

_PROOF = """
import importlib.metadata, importlib.util, json, sys
names = json.loads(sys.argv[1])
there = [name for name in names if importlib.util.find_spec(name)]
there += [d.metadata["Name"] for d in importlib.metadata.distributions()
          if d.metadata["Name"].lower() in names]
print(*there)
"""


def cache_dir() -> Path:
    """``$MICROWEB_UPSTREAM_CACHE``, or a folder in the user's cache directory."""
    given = os.environ.get("MICROWEB_UPSTREAM_CACHE")
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    path = Path(given) if given else Path(base or Path.home() / ".cache") / "microweb-upstream"
    path.mkdir(parents=True, exist_ok=True)
    return path


def environment(requirements: list[str] = REQUIREMENTS, *options: str) -> Path:
    """The interpreter of a virtualenv with the requirements and none of `PEERS`; made if missing."""
    python = made_environment(requirements, *options, site=_SITE)
    _prove_absence(python)
    return python


def made_environment(requirements: list[str], *options: str, site: str = "") -> Path:
    """The interpreter of a virtualenv with what is required, made with pip's options if missing."""
    key = json.dumps([sys.version_info[:3], sys.prefix, requirements, options, site])
    folder = cache_dir() / f"env-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *options, *requirements], check=True)
        where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        libraries = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
        Path(libraries, "sitecustomize.py").write_text(site, encoding="utf-8")
        (folder / "complete").touch()
    return python


def _prove_absence(python: Path) -> None:
    """Exit unless the environment has no real package that could answer for us."""
    command = [python, "-I", "-c", _PROOF, json.dumps(PEERS)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if found:
        raise SystemExit(f"{python} has {', '.join(found)} installed: the results would be theirs")


def archive(suite: str, python: Path, source: Source) -> Path:
    """The checked source distribution of `suite`, downloaded through pip if it is not cached."""
    folder = cache_dir() / "sdist"
    path = folder / f"{suite}-{source.version}.tar.gz"
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=cache_dir()) as scratch:
            pip = [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", suite]
            where = ["--disable-pip-version-check", "-d", scratch]
            subprocess.run([*pip, *where, f"{suite}=={source.version}"], check=True)
            folder.mkdir(exist_ok=True)
            # Renamed in one step: two runs may fetch at the same time.
            os.replace(next(Path(scratch).glob("*.tar.gz")), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != source.sha256:
        raise SystemExit(f"{path} has sha256 {digest}, wanted {source.sha256}: delete it and retry")
    return path


def unpack(suite: str, python: Path, target: Path) -> Path:
    """Put the tests of `suite` and its pytest settings under `target`; return their folder."""
    return unpack_source(suite, SOURCES[suite], python, target)


def unpack_source(
    suite: str,
    source: Source,
    python: Path,
    target: Path,
    wanted: tuple[str, ...] = ("pyproject.toml", "tests/"),
) -> Path:
    """The same for any pinned source distribution, and what is wanted of it."""
    with tarfile.open(archive(suite, python, source)) as tar:
        for member in tar.getmembers():
            inner = member.name.partition("/")[2]
            if member.isfile() and inner.startswith(wanted):
                path = target / suite / inner
                path.parent.mkdir(parents=True, exist_ok=True)
                data = tar.extractfile(member)
                if data is not None:
                    path.write_bytes(data.read())
    return target / suite

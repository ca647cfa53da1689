"""Python in WebAssembly: the package from its zip file, without threads, sockets and OpenSSL.

MICROWEB_PYODIDE is where npm has put it: ``npm install pyodide``, then ``.../node_modules/pyodide``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT

PAGE = (ROOT / "docs" / "deploying" / "pyodide.md").read_text("utf-8")
VISIT = (ROOT / "tests" / "hosts" / "visit.py").read_text("utf-8")
EXAMPLE = PAGE.partition("```python\n")[2].partition("```")[0]
DOCTOR = """
from microweb.cli.main import main
status = main(["doctor"])
"""
SCRIPT = """
import { readFileSync } from "fs";
const [place, archive, programs] = process.argv.slice(2);
const told = [];
let failed = "";
try {
    const { loadPyodide } = await import(place + "/pyodide.mjs");
    const py = await loadPyodide({ stdout: (line) => told.push(line) });
    py.unpackArchive(new Uint8Array(readFileSync(archive)), "zip");
    for (const code of JSON.parse(programs))
        py.runPython(code, { globals: py.toPy({ __name__: "__main__" }) });
} catch (error) { failed = String(error.message); }
console.log(JSON.stringify({ told, failed }));
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What three programs say, and what is wrong with them."""
    pyodide = os.environ.get("MICROWEB_PYODIDE", "")
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    if not os.path.exists(os.path.join(pyodide, "pyodide.mjs")):
        pytest.skip("MICROWEB_PYODIDE is not set to npm's package pyodide")
    folder = tmp_path_factory.mktemp("pyodide")
    (folder / "run.mjs").write_text(SCRIPT)
    archive = str(folder / "microweb.zip")
    vendor = [sys.executable, "-m", "microweb", "vendor", archive, "--zip"]
    subprocess.run(vendor, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    place = Path(pyodide).resolve()
    programs = json.dumps([VISIT, EXAMPLE, DOCTOR])
    done = subprocess.run(
        ["node", "run.mjs", place.as_uri(), archive, programs],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_visit_and_the_page(ran):
    assert ran["failed"] == ""
    assert ran["told"][0] == "served by microweb.app"


def test_what_the_doctor_says(ran):
    levels = {
        line.split()[1]: line.split()[0] for line in ran["told"][1:] if line[:1].strip() and "  " in line
    }
    works = ["routing", "requests", "forms", "sessions", "signing", "templates", "passwords"]
    assert {levels[name] for name in works} == {"ok"}
    assert levels["server"] == levels["threads"] == levels["fork"] == "no"
    assert levels["hashes"] == "slower"

"""The guestbook as it would be written for Flask: one substitution apart, and run under the alias layer."""

import re
import shutil
import subprocess
import sys

from tests.house import ROOT

VISIT = """
import os
import sys
from guestbook import create_app
from tests.examples.guest import Answer, visit

assert sys.modules["flask"].Flask.__module__ == "microweb.app"
app = create_app({"DATABASE": "book", "PICTURES": os.path.abspath("pictures")})


def ask(method, path, headers, body):
    client = app.test_client(use_cookies=False)
    with client.open(path, method=method, headers=headers, data=body) as response:
        return Answer(response.status_code, response.headers, response.data)


visit(ask)
"""


def test_a_visit(tmp_path):
    shutil.copytree(ROOT / "docs" / "examples" / "guestbook", tmp_path / "guestbook")
    for path in (tmp_path / "guestbook").glob("*.py"):
        text = re.sub(r"\bmicroweb\b", "flask", path.read_text("utf-8"))
        path.write_text(re.sub(r"\bMicroweb\b", "Flask", text), "utf-8")
    (tmp_path / "visit.py").write_text(VISIT)
    command = [sys.executable, "-m", "microweb", "compat", "visit.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr

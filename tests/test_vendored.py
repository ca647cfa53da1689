"""The package works as a copy: under another name, inside another package, from a .zip.

Nothing but the copy can be imported by the interpreter that these tests start.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.house import PACKAGE

PYTHON = getattr(sys, "_base_executable", sys.executable)

SITE = """
import sys

sys.path[:0] = [sys.argv[1]]
sys.modules["microweb"] = None  # importing it is an ImportError from here on

from x._vendor.mw import Blueprint, Microweb, jsonify, render_template_string, request, session, url_for

app = Microweb(__name__)
app.secret_key = "for this test"
pages = Blueprint("pages", __name__, url_prefix="/pages")


@app.route("/")
def index():
    session["seen"] = 1
    return url_for("pages.show", name="a b", more=1)


@pages.route("/<name>", methods=["GET", "POST"])
def show(name):
    return jsonify(name=name, form=request.form, seen=session.get("seen"))


@app.route("/template")
def template():
    return render_template_string("{% for c in text %}<{{ c }}>{% endfor %}", text="a&")


app.register_blueprint(pages)
client = app.test_client()


def check(path, status, text, **more):
    response = client.open(path, **more)
    if response.status_code != status or text not in response.text:
        sys.exit(f"{path}: {response.status} {response.text}")


check("/", 200, "/pages/a%20b?more=1")
check("/pages/a", 200, '"seen":1', method="POST", data={"key": "value"})
check("/static/note.txt", 200, "a static file")
check("/missing", 404, "<h1>Not Found</h1>")
check("/", 405, "Method Not Allowed", method="DELETE")
check("/template", 200, "<a><&amp;>")
print("served by", type(app).__module__)
"""


@pytest.fixture
def copy(tmp_path):
    """A folder with the package as ``x/_vendor/mw``."""
    target = tmp_path / "lib" / "x" / "_vendor" / "mw"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (target.parent, target.parent.parent):
        (folder / "__init__.py").write_text("")
    return tmp_path / "lib"


def zipped(folder):
    archive = shutil.make_archive(str(folder), "zip", folder)
    shutil.rmtree(folder)
    return archive


@pytest.mark.parametrize("pack", [str, zipped], ids=["folder", "zip"])
@pytest.mark.parametrize("flags", [[], ["-OO"]], ids=["", "optimized"])
def test_a_copy_serves(copy, tmp_path, pack, flags):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "note.txt").write_text("a static file")
    site = tmp_path / "site.py"
    site.write_text(SITE)
    done = subprocess.run(
        [PYTHON, "-I", "-W", "error", *flags, str(site), pack(copy)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "served by x._vendor.mw.app\n"), done.stderr

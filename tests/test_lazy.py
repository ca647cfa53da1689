"""What is loaded when: an import and a first request take little of the standard library.

A command-line tool, a CGI script and a test run pay for each module at each start.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.house import ROOT, modules

#: The interpreter itself: what a virtual environment loads at its start would hide what we load.
PYTHON = getattr(sys, "_base_executable", sys.executable)

#: Modules that cost more than what a plain request gains by them. Each is imported where it is needed.
#: (Not datetime: the default of PERMANENT_SESSION_LIFETIME is a timedelta, as in Flask.)
LATE = """
    ast asyncio concurrent copy dataclasses dis email hashlib hmac html http importlib.metadata
    importlib.resources inspect json logging mimetypes multiprocessing pathlib pickle random secrets
    selectors shutil socket socketserver ssl string subprocess tempfile threading tokenize traceback
    typing unittest urllib uuid wsgiref zipfile
"""

IMPORT = "import microweb"
APPLICATION = """
from microweb import Microweb
app = Microweb("site")
@app.route("/")
def hello():
    return "hello"
"""
REQUEST = """
import io
environ = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "",
    "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
    "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
    "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": False,
    "wsgi.multiprocess": False, "wsgi.run_once": False,
}
body = app(environ, lambda status, headers, exc_info=None: None)
assert b"".join(body) == b"hello"
getattr(body, "close", bool)()
"""


def run(code: str):
    """What *code*, run by a fresh interpreter, assigns to `result`."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}\nimport json; print(json.dumps(result))"
    done = subprocess.run(
        [PYTHON, "-I", "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def loaded_by(code: str) -> list[str]:
    return run(f"before = set(sys.modules)\n{code}\nresult = sorted(set(sys.modules) - before)")


@pytest.mark.parametrize(
    "code",
    [IMPORT, IMPORT + APPLICATION, IMPORT + APPLICATION + REQUEST],
    ids=["import", "application", "first request"],
)
def test_import_diet(code):
    found, late = loaded_by(code), LATE.split()
    if sys.version_info < (3, 10):
        late.remove("typing")  # importlib.util, which finds the application's folders, loads it there
    late = [name for name in found if name in late or name.partition(".")[0] in late]
    assert not late, f"to be imported where they are needed: {', '.join(late)}"
    assert len(found) <= 95, f"{len(found)} modules, wanted are at most 95:\n  " + "\n  ".join(found)


def test_every_module_can_be_imported_alone():
    names = [name for name in modules() if not name.endswith("__main__")]
    failed = run(f"""
import importlib, traceback
result = {{}}
for name in {names!r}:
    for loaded in [each for each in sys.modules if each.partition(".")[0] == "microweb"]:
        del sys.modules[loaded]
    try:
        importlib.import_module(("microweb." + name).rstrip("."))
    except Exception:
        result[name] = traceback.format_exc()
""")
    assert not failed, "".join(f"\n{name}:\n{error}" for name, error in failed.items())


def test_public_names_of_the_package_resolve():
    bad = run("""
import microweb
result = [name for name in microweb.__all__ if not hasattr(microweb, name)]
result += sorted(set(microweb.__all__) - set(dir(microweb)))
""")
    assert not bad, f"in __all__, but not there or not in dir(): {', '.join(bad)}"


def test_the_package_can_be_loaded_again():
    bad = run("""
import importlib, microweb
from microweb import globals
result = [] if importlib.reload(microweb).Microweb is microweb.Microweb else ["another class"]
""")
    assert not bad, bad


def test_modules_that_import_flask_brings_along_come_here_too():
    bad = run("""
import microweb as flask
names = "app blueprints cli config ctx globals helpers json logging"
names += " sessions signals templating typing wrappers"
result = [name for name in names.split() if getattr(flask, name).__name__ != f"microweb.{name}"]
homes = dict.fromkeys(("with_appcontext", "AppGroup", "FlaskGroup", "ScriptInfo"), "script")
homes["load_dotenv"] = "dotenv"
result += [name for name in homes if getattr(flask.cli, name).__module__ != f"microweb.cli.{homes[name]}"]
result += [name for name in ("testing", "nothing") if hasattr(flask, name) or hasattr(flask.cli, name)]
""")
    assert not bad, bad

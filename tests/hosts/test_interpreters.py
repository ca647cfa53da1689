"""Interpreters that are not as they should be: without modules, without a place to write to, strict ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.house import PACKAGE, ROOT

PYTHON = getattr(sys, "_base_executable", sys.executable)
PYPY = shutil.which("pypy3")
VISIT = (ROOT / "tests" / "hosts" / "visit.py").read_text("utf-8")
SERVED = "served by microweb.app\n"

# The command line leaves variables, which say that app.run() is to do nothing.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "MICROWEB_"))}


def run(code, *flags, python=PYTHON, path=ROOT, cwd=os.sep, wrap=(), **environ):
    """Output and errors of a program; only the package can be imported besides Python's own."""
    command = [*wrap, python, *flags, "-c", f"import sys\nsys.path.insert(0, {str(path)!r})\n{code}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, env=environ or CLEAN)
    return done.stdout, done.stderr


def pypy():
    return PYPY or pytest.skip("pypy3 is not installed")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The package in a zip file, as ``lib.mw``: renamed, and in another package."""
    folder = tmp_path_factory.mktemp("zip")
    shutil.copytree(PACKAGE, folder / "lib" / "mw", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "lib" / "__init__.py").write_text("")
    return shutil.make_archive(str(folder / "archive"), "zip", folder, "lib")


@pytest.mark.parametrize("flags", ["-I -S", "-I -S -B -O", "-I -OO", "-I -W error", "-I -X dev -W error"])
def test_flags(flags):
    assert run(VISIT, *flags.split()) == (SERVED, "")


def test_pypy():
    assert run(VISIT, "-W", "error", python=pypy()) == (SERVED, "")


@pytest.mark.parametrize("python", [lambda: PYTHON, pypy], ids=["this", "pypy"])
def test_renamed_in_a_zip_file(archive, python):
    code = "NAME = 'lib.mw'\n" + VISIT
    assert run(code, "-I", "-S", python=python(), path=archive) == ("served by lib.mw.app\n", "")


# Without modules

#: What Python looks for when it ends.
END = "\nsys.modules.pop('threading', None)\n"
MODULES = ["ssl", "sqlite3", "ctypes", "multiprocessing", "zlib", "_hashlib", "threading", "_socket"]


@pytest.mark.parametrize("module", [*MODULES, ",".join(MODULES)])
def test_without_a_module(module):
    missing = "".join(f"sys.modules[{name!r}] = None\n" for name in module.split(","))
    assert run(missing + VISIT + END, "-I", "-S", "-W", "error") == (SERVED, "")


def test_without_threads():
    # As in a WebAssembly build: the modules are there, and no thread starts.
    refuse = """
import _thread
def refuse(*args, **kwargs): raise RuntimeError("can't start new thread")
_thread.start_new_thread = _thread.start_joinable_thread = refuse
"""
    assert run(refuse + VISIT, "-I", "-S") == (SERVED, "")


def no_server(module):
    return (
        f"The server needs the module {module!r}, which this Python has not."
        " Another server, or CGI, may run the application."
    )


NEEDS = {
    "_socket": ("from microweb.server import run_simple", no_server("_socket")),
    "threading": ("app.run()", no_server("threading")),
    "ssl": (
        "app.run(port=0, ssl_context=(__file__, None))",
        "TLS needs the module 'ssl', which this Python has not.",
    ),
    "sqlite3": (
        "from microweb.sqlitesessions import SqliteSessionInterface\n"
        "app.session_interface = SqliteSessionInterface(':memory:')\n"
        "app.testing = True\n"
        "app.test_client().get('/session')",
        "There is no 'sqlite3' in this Python: keep sessions in cookies.",
    ),
    "asyncio": (
        "from microweb.coroutines import run_to_end\nasync def view(): pass\nrun_to_end(view)()",
        "Coroutines need asyncio, which here fails: import of asyncio halted; None in sys.modules.",
    ),
    "zlib": (
        "from microweb.signing import URLSafeSerializer\nURLSafeSerializer('key').load_payload(b'.eJyr')",
        "There is no 'zlib' in this Python.",
    ),
}


@pytest.mark.parametrize("module", NEEDS)
def test_what_needs_a_module_says_so(module):
    use, message = NEEDS[module]
    errors = run(f"sys.modules[{module!r}] = None\n__file__ = 'x'\n{VISIT}\n{use}\n{END}", "-I")[1]
    lines = [line.partition(": ")[2] for line in errors.splitlines()]
    assert message in lines, errors


def test_passwords_without_openssl():
    code = """
sys.modules["_hashlib"] = None
from microweb.security import check_password_hash, generate_password_hash
stored = generate_password_hash("secret", "pbkdf2:sha256:1000")
# by OpenSSL
known = "pbkdf2:sha256:1000$salt$%s"
print(stored.partition("$")[0], *(check_password_hash(each, "secret") for each in (stored, known)))
"""
    from hashlib import pbkdf2_hmac

    digest = pbkdf2_hmac("sha256", b"secret", b"salt", 1000).hex()
    assert run(code % digest, "-I", "-S") == ("pbkdf2:sha256:1000 True True\n", "")


# Without a place to write to

READ_ONLY = """
import os
for place in (".", os.path.expanduser("~"), os.environ.get("TMPDIR", "/tmp")):
    try:
        open(os.path.join(place, "written"), "w").close()
    except OSError:
        continue
    raise SystemExit(f"{place} can be written to, so that this tests nothing")
"""
LARGE = """
answer = ask("POST", "/form", multipart(600_000), "multipart/form-data; boundary=x")
check(answer[0], WANTED)
"""
NO_PLACE = "FileNotFoundError: [Errno 2] No usable temporary directory found in"


def read_only():
    """A command that runs another one where no file system can be written to."""
    if not shutil.which("bwrap"):
        pytest.skip("bwrap is not installed")
    wrap = ["bwrap", "--ro-bind", "/", "/", "--dev-bind", "/dev/null", "/dev/null", "--proc", "/proc"]
    if subprocess.run([*wrap, "true"], capture_output=True).returncode:
        pytest.skip("bwrap may not make name spaces here")
    return wrap


@pytest.mark.parametrize("environ", [{"HOME": "/", "TMPDIR": "/"}, {"NOTHING": ""}], ids=["HOME", "no HOME"])
def test_a_read_only_file_system(environ):
    code = READ_ONLY + VISIT + LARGE.replace("WANTED", "'500 INTERNAL SERVER ERROR'")
    output, errors = run(code, "-S", wrap=read_only(), **environ)
    assert output == SERVED, errors
    # The one thing that needs a disk says so, in the log.
    assert errors.splitlines()[-1].startswith(NO_PLACE)


def test_large_uploads_on_a_read_only_file_system():
    memory = "import microweb.http.uploads as uploads\nuploads.SpooledTemporaryFile = None\n"
    code = READ_ONLY + memory + VISIT + LARGE.replace("WANTED", "'200 OK'")
    assert run(code, "-I", "-S", wrap=read_only()) == (SERVED, "")


def test_the_server_on_a_read_only_file_system():
    code = (
        READ_ONLY
        + VISIT
        + """
import threading, urllib.request
from microweb.server import make_server
server = make_server("127.0.0.1", 0, app, threaded=True)
thread = threading.Thread(target=server.serve_forever)
thread.start()
print(urllib.request.urlopen(server.url).read().decode())
server.shutdown()
thread.join()
"""
    )
    output, errors = run(code, "-I", wrap=read_only())
    assert output == SERVED + "hello\n", errors


def test_no_tmp_and_no_home(tmp_path):
    """As for a user who may write nowhere: no /tmp at all, and nobody at home."""
    if not shutil.which("bwrap"):
        pytest.skip("bwrap is not installed")
    wrap = ["bwrap"]
    for place in ("/usr", "/lib", "/lib64", "/bin", "/etc", str(ROOT), sys.base_prefix):
        wrap += ["--ro-bind-try", place, place]
    wrap += ["--remount-ro", "/", "--chdir", "/"]
    if subprocess.run([*wrap, "true"], capture_output=True).returncode:
        pytest.skip("bwrap may not make name spaces here")
    if any(place.startswith("/tmp/") for place in (str(ROOT), os.path.realpath(PYTHON))):
        pytest.skip("what is tested lies in /tmp itself")
    code = "import os\nif os.path.exists('/tmp'): raise SystemExit('there is a /tmp')\n" + VISIT
    python = os.path.realpath(PYTHON)  # whatever links lead to it
    assert run(code, "-S", python=python, wrap=wrap, NOTHING="") == (SERVED, "")

"""Every mistake at the keyboard costs one line that says what to do, and a status that is not zero."""

import socket
import sys

import pytest

from .test_main import run

MODULES = {
    "bad": "x = (",
    "tabs": "def f():\n\treturn 1\n        return 2\n",
    "nul": "x = 1\0",
    "none": "x = 1",
    "two": "from microweb import Microweb\none = Microweb('one')\ntwo = Microweb('two')\nother = 3\n",
    "importer": "import bad",
    "factory": "def create_app(name): pass",
    "maker": "def create_app(): return None",
    "blog": "from microweb import Microweb, request\nweb = Microweb('s')\n@web.route('/')\n"
    "def index(): return request.path",
}

NUL_IS_SYNTAX = pytest.mark.skipif(sys.version_info < (3, 11, 4), reason="a ValueError in older Pythons")


@pytest.fixture
def place(tmp_path):
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("bad", "Syntax error in {place}/bad.py, line 1: "),
        ("bad.py", "Syntax error in {place}/bad.py, line 1: "),
        ("tabs", "Syntax error in {place}/tabs.py, line 3: "),
        pytest.param("nul", "Syntax error in ", marks=NUL_IS_SYNTAX),
        ("importer", "Syntax error in {place}/bad.py, line 1: "),
        ("nope", "Could not import 'nope': there is no such module below {place}. Did you mean 'none'?"),
        ("no/such/place", "Could not import 'place': there is no such module below {place}/no/such."),
        ("a..b", "Could not import 'a..b'"),
        ("empty", "There is neither wsgi.py nor app.py in {place}/empty; name a module."),
        ("/", "There is neither wsgi.py nor app.py in /; name a module."),
        ("none", "Found no application and no factory in module 'none'; say what it is called with 'none"),
        ("two", "Detected multiple applications in module 'two'; say which with 'two:NAME'."),
        ("two:three", "Failed to find 'three' in module 'two'."),
        ("two:other", "'two:other' gave int, which is no application."),
        ("blog:index", "'blog:index' is a view of 'blog:web', and no application."),
        ("two:one.name", "Failed to parse 'one.name' as a name or a call of one."),
        ("factory", "The factory 'factory:create_app' takes other arguments"),
        ("factory:create_app(x)", "Failed to parse the arguments of 'create_app(x)' as literals."),
        ("maker:create_app", "'maker:create_app' gave NoneType, which is no application."),
        ("", "Found no application: name one with --app"),
    ],
)
def test_no_application(place, spec, message):
    arguments = ["--app", spec] if spec else []
    status, out, err = run(place, *arguments, "run", "--port", "0")
    assert (status, out) == (2, "")
    assert err.startswith("Error: " + message.format(place=place.resolve()))
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "65536"], "Error: Port 65536 does not exist; choose one up to 65535"),
        (["--port", "-1"], "Error: Port -1 does not exist"),
        (["--host", "192.0.2.1"], "Error: Cannot listen on '192.0.2.1', port 5000: "),
    ],
)
def test_no_such_address(place, options, message):
    status, out, err = run(place, "--app", "two:one", "run", *options)
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(message) and "Traceback" not in err


def test_a_port_in_use(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, out, err = run(place, "--app", "two:one", "run", "--port", port)
    assert (status, out) == (1, "")
    line = f"Error: Port {port} on 127.0.0.1 is in use; the next free one is "
    assert err.splitlines()[-1].startswith(line)
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["rnu"], ["run", "--prot", "1"], ["run", "--port", "x"], ["--app"]])
def test_usage(place, arguments):
    status, out, err = run(place, *arguments)
    assert (status, out) == (2, "")
    assert err.count("Found no application") == (arguments == ["rnu"])
    assert "Usage: " in err and err.splitlines()[-1].startswith("Error: ")
    assert arguments != ["rnu"] or err.endswith("Did you mean 'run'?\n")

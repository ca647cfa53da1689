"""CGI programs: what web servers say in variables, what is on stdout, and what is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from microweb.cgi import repaired
from tests.house import ROOT

PROGRAM = """
import os, subprocess, sys
from microweb import Microweb, request
from microweb.cgi import run

app = Microweb("program")


@app.route("/", methods=["GET", "POST"])
def index():
    return f"{len(request.get_data())} bytes at {request.script_root}{request.path}"


@app.get("/noise")
def noise():
    print("from print")
    os.write(1, b"from C\\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"])
    return bytes(range(256))


@app.get("/proxy")
def proxy():
    return str(os.environ.get("HTTP_PROXY"))


@app.get("/wrong")
def wrong():
    raise RuntimeError("told to the log")


run(app)
print("behind the answer")
"""


@pytest.fixture
def ask(tmp_path):
    """Run the program as a web server would; the status, the body and what the error log gets."""
    script = tmp_path / "program.cgi"
    script.write_text(PROGRAM)

    def ask(path="/", body=b"", status="200 OK", **variables):
        settings = {
            "PYTHONPATH": str(ROOT),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "POST" if body else "GET",
            "SCRIPT_NAME": "/program.cgi",
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            **({"CONTENT_LENGTH": str(len(body))} if body else {}),
            **variables,
        }
        done = subprocess.run([sys.executable, str(script)], input=body, env=settings, capture_output=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        assert head.startswith(b"Status: " + status.encode() + b"\r\n"), done.stdout + done.stderr
        return content, done.stderr.decode()

    return ask


def test_an_answer(ask):
    assert ask()[0] == b"0 bytes at /program.cgi/behind the answer\n"
    assert ask(body=b"x" * 100_000)[0].startswith(b"100000 bytes")


def test_stdout_has_the_answer_alone(ask):
    content, log = ask("/noise")
    assert content == bytes(range(256)) + b"behind the answer\n"
    assert sorted(log.split("\n")) == ["", "from C", "from a child", "from print"]


def test_errors_are_told_to_the_log(ask):
    content, log = ask("/wrong", status="500 INTERNAL SERVER ERROR")
    assert b"Internal Server Error" in content and b"told" not in content
    assert log.endswith("RuntimeError: told to the log\n")


def test_a_body_without_a_length_ends_with_stdin(ask):
    # The server has read chunks, of which it does not know how many there will be.
    content = ask(body=b"x" * 10, CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")[0]
    assert content.startswith(b"10 bytes")
    assert ask(body=b"x" * 10, CONTENT_LENGTH="")[0].startswith(b"0 bytes")


def test_a_header_does_not_become_a_setting_CVE_2016_5385(ask):
    assert ask("/proxy", HTTP_PROXY="http://evil.example")[0].startswith(b"None")


def test_a_body_is_read_to_its_end_whoever_wants_it(tmp_path):
    script = tmp_path / "program.cgi"
    script.write_text(
        "from microweb.cgi import run\nrun(lambda environ, answer: (answer('200 OK', []), [])[1])"
    )
    variables = {"PYTHONPATH": str(ROOT), "REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1000000"}
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables
    ) as process:
        process.stdin.write(b"x" * 1_000_000)  # a broken pipe otherwise
        # It stays open: a server may wait for the answer first.
        process.stdin.flush()
        assert process.stdout.read() == b"Status: 200 OK\r\nContent-Length: 0\r\n\r\n"
        assert process.wait(30) == 0


def test_by_hand(tmp_path):
    code = "from microweb.cgi import run; run(None)"
    environ = {name: value for name, value in os.environ.items() if name != "REQUEST_METHOD"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("This is a CGI program: a web server starts it for each request.")


IIS = {"SERVER_SOFTWARE": "Microsoft-IIS/10.0"}


@pytest.mark.parametrize(
    ("variables", "root", "script", "path"),
    [
        ({"SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/b"}, None, "/a.cgi", "/b"),
        ({"SCRIPT_NAME": "/a.cgi"}, None, "/a.cgi", ""),
        # IIS repeats the script
        ({**IIS, "SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/a.cgi/b"}, None, "/a.cgi", "/b"),
        ({**IIS, "SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/b"}, None, "/a.cgi", "/b"),
        ({**IIS, "SCRIPT_NAME": "", "PATH_INFO": "/b"}, None, "", "/b"),
        # which others do not: this is a path that a visitor may ask for
        ({"SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/a.cgi/b"}, None, "/a.cgi", "/a.cgi/b"),
        # a script for the whole site
        ({"SCRIPT_NAME": "/", "PATH_INFO": "b"}, None, "", "/b"),
        ({"SCRIPT_NAME": "/", "PATH_INFO": "/b"}, None, "", "/b"),
        # rewritten: Apache, lighttpd; and lighttpd's handler of 404
        ({"SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/b", "REQUEST_URI": "/b?c=/d"}, "", "", "/b"),
        ({"SCRIPT_NAME": "/a.cgi", "PATH_INFO": "", "REQUEST_URI": "/b%20c"}, "", "", "/b c"),
        ({"SCRIPT_NAME": "/x/a.cgi", "PATH_INFO": "/b", "REQUEST_URI": "/blog/b"}, "/blog", "/blog", "/b"),
        (
            {"SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/b", "REQUEST_URI": "http://h/b%C3%BC"},
            "",
            "",
            "/b\xc3\xbc",
        ),
        ({"SCRIPT_NAME": "/a.cgi", "PATH_INFO": "/b"}, "", "", "/b"),
    ],
)
def test_paths(variables, root, script, path):
    environ = repaired(dict(variables), root)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == (script, path)


def test_the_password_that_a_rewrite_rule_hands_on():
    assert repaired({"REDIRECT_HTTP_AUTHORIZATION": "Basic x"})["HTTP_AUTHORIZATION"] == "Basic x"
    both = {"REDIRECT_HTTP_AUTHORIZATION": "Basic x", "HTTP_AUTHORIZATION": "Basic y"}
    assert repaired(both)["HTTP_AUTHORIZATION"] == "Basic y"

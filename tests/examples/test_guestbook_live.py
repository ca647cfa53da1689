"""The guestbook as processes: the bundled server, gunicorn, waitress, and a CGI script a request."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import re
import socket
import subprocess
import sys
from urllib.parse import unquote_to_bytes

import pytest

from tests.house import ROOT

from .guest import Answer, visit

EXAMPLES = ROOT / "docs" / "examples"
SERVERS = {
    "microweb": ["microweb", "--app", "guestbook", "run", "--port", "0"],
    "gunicorn": ["gunicorn", "--bind", "127.0.0.1:0", "--workers", "2", "wsgi"],
    "waitress": ["waitress", "--listen", "127.0.0.1:0", "wsgi:application"],
}


def environ(place):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "MICROWEB_"))}
    return {
        **clean,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{EXAMPLES}",
        "GUESTBOOK_DATABASE": str(place / "book.sqlite3"),
        "GUESTBOOK_PICTURES": str(place / "pictures"),
    }


@contextlib.contextmanager
def running(name, place):
    """Start a server, and give the port that it says it listens on."""
    if not importlib.util.find_spec(name):
        pytest.skip(f"{name} is not installed")
    process = subprocess.Popen(
        [sys.executable, "-m", *SERVERS[name]],
        cwd=EXAMPLES,
        env=environ(place),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                found = re.search(r"http://127\.0\.0\.1:([0-9]+)", line)
                if found:
                    yield int(found[1])
                    break
            else:
                pytest.fail(f"{name} did not start:\n{''.join(said)}")
        finally:
            process.terminate()
            process.communicate(timeout=30)


def over_http(port):
    def ask(method, path, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.closing(connection):
            # A server may answer, and close, before it has heard everything.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())

    return ask


@pytest.mark.parametrize("name", SERVERS)
def test_a_visit(name, tmp_path):
    with running(name, tmp_path) as port:
        visit(over_http(port))


def test_a_visit_by_cgi(tmp_path):
    def ask(method, path, headers, body):
        path, _, query = path.partition("?")
        variables = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": os.fsdecode(unquote_to_bytes(path)),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "CONTENT_TYPE": headers.pop("Content-Type", ""),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        script = [sys.executable, str(EXAMPLES / "guestbook.cgi")]
        done = subprocess.run(script, input=body, env={**environ(tmp_path), **variables}, capture_output=True)
        assert done.stderr == b"" and done.returncode == 0
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")]
        assert lines[0][0] == "Status"
        return Answer(int(lines[0][1][:3]), lines[1:], content)

    visit(ask)


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with running("microweb", tmp_path_factory.mktemp("book")) as port:
        yield port


def exchange(port, data):
    """Send bytes; the status of the answer (0: none), and all of it."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)  # nothing follows: a kept connection would wait for it
        with contextlib.suppress(ConnectionResetError):
            while block := sock.recv(65536):
                received += block
    found = re.match(rb"HTTP/1\.1 ([0-9]{3}) ", received)
    return int(found[1]) if found else 0, bytes(received)


def get(target, host=b"localhost"):
    return b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, host)


def post(body, kind=b"application/x-www-form-urlencoded"):
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (get(b"/%"), {404}),
        (get(b"/%zz"), {404}),
        (get(b"/%ff%fe"), {404}),
        (get(b"/\xff"), {400}),
        (get(b"/entries/%00"), {400, 404}),
        (get(b"/?page=%ff&%zz=%"), {200}),
        (get(b"/?q=" + b"x" * 10_000_000), {414}),
        (get(b"/entries/" + b"9" * 4000), {404}),
        (get(b"/entries/" + b"9" * 26), {404}),
        (get(b"/entries/%d9%a1"), {404}),
        (get(b"/", b"a/b"), {400}),
        (get(b"/", b"a b"), {400}),
        (get(b"/", b"user@a"), {400}),
        (get(b"/", b"a\r\nHost: b"), {400}),
        (post(b"author=%ff%fe&message=%"), {303}),
        (post(b"author=\xff&message=\x00"), {400}),
        (post(b"a=b&" * 1_000_000), {400, 413}),
        (post(b"a=b", b"application/x-www-form-urlencoded; charset=no-such"), {400}),
        (post(b"--x\r\n" * 100_000, b"multipart/form-data; boundary=x"), {400, 413}),
        (post(b"", b"multipart/form-data"), {400}),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: session=" + b"." * 4000 + b"\r\n\r\n", {200}),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \xff=\xfe; session=\xff\r\n\r\n", {200}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 512, {400}),
    ],
    ids=range(23),
)
def test_wrong_input(port, data, statuses):
    status, answer = exchange(port, data)
    assert status in statuses, answer[:300]
    assert b"Traceback" not in answer


def test_it_still_serves(port):
    status, answer = exchange(port, get(b"/"))
    assert status == 200 and b"Guestbook" in answer

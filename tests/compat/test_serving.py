"""What Werkzeug's names do beyond the server's own."""

from __future__ import annotations

import os
import subprocess
import sys
import types

from microweb.compat import serving
from microweb.server.body import Body
from microweb.server.head import take_head


def run(program: str) -> tuple:
    command = [sys.executable, "-m", "microweb", "compat", "-c", program]
    # Without what commands that ran in this process have set.
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("FLASK_", "MICROWEB_"))}
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    return done.returncode, done.stderr


def handler(data: bytes) -> serving.WSGIRequestHandler:
    head = take_head(bytearray(data))
    server = types.SimpleNamespace(base_environ={})
    link = types.SimpleNamespace(
        server=server,
        client_address=("::1", 1),
        sock=None,
        requests=1,
        limits=types.SimpleNamespace(requests=9),
    )
    body = Body(link, head.length, chunked=head.chunked)
    return serving.WSGIRequestHandler(link, head, body)


def environ(data: bytes) -> dict:
    return handler(data).make_environ()


def test_handlers_of_programs_read_the_fields() -> None:
    headers = handler(b"GET / HTTP/1.1\r\nHost: a\r\nX-Name: b\r\n\r\n").headers
    assert (headers["x-name"], headers.get("X-NONE"), [*headers.keys()]) == ("b", None, ["Host", "X-Name"])


def test_programs_written_for_werkzeug_see_the_coding() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\n%b: %b\r\n\r\n"
    assert environ(head % (b"Transfer-Encoding", b"chunked"))["HTTP_TRANSFER_ENCODING"] == "chunked"
    assert "HTTP_TRANSFER_ENCODING" not in environ(head % (b"Content-Length", b"3"))


def test_a_body_of_known_length_has_a_stream_that_knows_it() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
    assert "wsgi.input_terminated" not in environ(head)


def test_an_application_may_chunk_its_body_itself() -> None:
    program = """
import urllib.request, threading
from werkzeug.serving import make_server
def app(environ, start_response):
    start_response("200 OK", [("transfer-encoding", "chunked")])
    return [b"3\\r\\nabc\\r\\n", b"0\\r\\n\\r\\n"]
with make_server("127.0.0.1", 0, app) as server:
    threading.Thread(target=server.serve_forever).start()
    answer = urllib.request.urlopen(f"http://127.0.0.1:{server.port}/")
    assert answer.read() == b"abc" and answer.headers["Connection"] == "close", answer.headers
    server.shutdown()
"""
    status, told = run(program)
    assert status == 0 and "Error" not in told, told


def test_the_server_takes_that_handler() -> None:
    program = """
import werkzeug.serving
from werkzeug.serving import make_server
with make_server("127.0.0.1", 0, None) as server:
    assert server.request_handler is werkzeug.serving.WSGIRequestHandler
"""
    assert run(program) == (0, "")


def test_who_replaces_run_simple_gets_what_the_application_runs() -> None:
    program = """
import flask, werkzeug.serving
from unittest import mock
with mock.patch("werkzeug.serving.run_simple") as replaced:
    flask.Flask("a").run()
assert replaced.call_args[0][:2] == ("127.0.0.1", 5000), replaced.call_args
from microweb.server import serving
assert serving.run_simple is werkzeug.serving.run_simple
"""
    assert run(program) == (0, "")


def test_a_patch_is_undone_where_it_was_made() -> None:
    program = """
from unittest import mock
import flask.testing, flask.templating
from microweb import testing, templating
from microweb.templates import environment
before = testing.EnvironBuilder, testing.AppEnvironBuilder, environment.Environment, templating.Environment
with mock.patch("flask.testing.EnvironBuilder"), mock.patch("flask.templating.Environment"):
    assert testing.EnvironBuilder is before[0] and environment.Environment is before[2]
assert before == (
    testing.EnvironBuilder, testing.AppEnvironBuilder, environment.Environment, templating.Environment
)
"""
    assert run(program) == (0, "")

"""The server's arguments and errors, and the server as a process."""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from microweb.server.limits import BindError
from microweb.server.serving import make_server, run_simple, serve

from .live import echo, process, serving

needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets")
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from microweb.server import run_simple
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
sys.exit(run_simple(sys.argv[1], int(sys.argv[2]), app))
"""


def start(host="127.0.0.1", port=0):
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HTTP_X_ADMIN": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, host, str(port)], stderr=subprocess.PIPE, env=environ, text=True
    )


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["Ctrl-C", "SIGTERM"]
)
def test_as_a_process(number, status):
    with start() as process:
        url = process.stderr.readline().split()[2]
        with urllib.request.urlopen(url + "/a%0ab") as response:
            assert response.read() == b"hello"
        assert " GET /a%0ab 200 5B " in process.stderr.readline()
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
            process.send_signal(number)
            assert process.wait(20) == status
        assert process.stderr.read() == ""


def test_a_port_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(port=port) as process:
            assert process.wait(20) == 1
            message = process.stderr.read()
    assert message.startswith(f"Error: Port {port} on 127.0.0.1 is in use; the next free one is ")
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("127.0.0.1", 65536, "does not exist"),
        ("192.0.2.1", 0, "192.0.2.1"),
        ("example.org", 0, "names are not looked up"),
        ("bücher.example", 0, "names are not looked up"),
        ("a..b", 0, "names are not looked up"),
        ("\ud800", 0, "names are not looked up"),
        ("fd://0", 0, "no listening socket"),
        ("fd://x", 0, "no listening socket"),
        ("unix:/nowhere/at/all", 0, "nowhere"),
    ],
)
def test_addresses_that_do_not_work(host, port, message):
    with pytest.raises(BindError, match=message):
        make_server(host, port, echo)


def test_port_is_int():
    with pytest.raises(TypeError, match="port must be an integer"):
        run_simple("127.0.0.1", "5000", echo)


def test_what_it_cannot_do_is_said():
    with pytest.raises(ValueError, match="cert.pem"):
        make_server("127.0.0.1", 0, echo, ssl_context="cert.pem")
    with pytest.raises(TypeError, match="threded"):
        make_server("127.0.0.1", 0, echo, threded=True)


def test_nothing_is_resolved(monkeypatch):
    def fail(*args):
        raise AssertionError("a name was looked up")

    for name in ("getfqdn", "gethostbyaddr", "gethostbyname", "getnameinfo"):
        monkeypatch.setattr(socket, name, fail)
    with serving(echo) as live:
        assert b"200 OK" in live.exchange(b"GET / HTTP/1.0\r\n\r\n")


def test_one_thread():
    with serving(echo, threads=1) as live:
        assert b"200 OK" in live.exchange(b"GET / HTTP/1.0\r\n\r\n")
        assert live.calls[0]["wsgi.multithread"] is False


def test_ipv6():
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        server = make_server("::1", 0, echo)
    except BindError:
        pytest.skip("no IPv6 loopback")
    with server:
        assert server.url == f"http://[::1]:{server.port}"


def test_shutdown_before_and_after():
    server = make_server("127.0.0.1", 0, echo)
    server.shutdown()
    server.serve_forever()
    server.shutdown()


def test_one_thread_is_the_callers():
    threads = []

    def application(environ, start_response):
        threads.append(threading.current_thread())
        return echo(environ, start_response)

    with serving(application, threads=1) as live:
        for _ in range(3):
            live.exchange(b"GET / HTTP/1.0\r\n\r\n")
    assert len(set(threads)) == 1 and not threads[0].daemon


def test_a_socket_of_somebody_else():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        number = os.dup(sock.fileno())
        with make_server(f"fd://{number}", 0, echo) as server:
            assert server.port == sock.getsockname()[1]
            assert server.url == f"http://127.0.0.1:{server.port}"
            server.url = "http://app.test"  # fixtures keep their own there
            assert server.url == "http://app.test"
            assert server.base_environ["SERVER_NAME"] == "127.0.0.1"


@needs_unix
def test_a_stale_unix_socket_is_replaced_and_a_live_one_kept(tmp_path):
    path = f"unix:{tmp_path}/socket"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path[5:])
        stale.listen(1)
        with pytest.raises(BindError, match="another server listens"):
            make_server(path, 0, echo)
    make_server(path, 0, echo).server_close()
    assert not os.path.exists(path[5:])


@needs_unix
def test_another_file_is_never_removed(tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(BindError):
        make_server(f"unix:{path}", 0, echo)
    assert path.read_text() == "data"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"workers": 0}, ValueError),
        ({"threads": 0}, ValueError),
        ({"when_full": "panic"}, ValueError),
        ({"fast": 1}, TypeError),
    ],
)
def test_arguments_of_serve(arguments, error):
    with pytest.raises(error, match=next(iter(arguments))):
        serve(echo, "127.0.0.1", 0, **arguments)


def test_static_files(tmp_path):
    (tmp_path / "a.txt").write_text("static")
    program = PROGRAM.replace(
        "int(sys.argv[2]), app", "int(sys.argv[2]), app, static_files={'/static': sys.argv[3]}"
    )
    with process(program, "127.0.0.1", 0, tmp_path) as server:
        url = server.stderr.readline().split()[2]
        with urllib.request.urlopen(f"{url}/static/a.txt") as response:
            assert response.read() == b"static"
        server.terminate()

"""What goes wrong on either side: the server lives, says it once, and tells the client nothing."""

import os
import signal
import socket
import ssl
import struct
import threading
from pathlib import Path

import pytest

from microweb.server.gateway import WSGIRequestHandler
from microweb.server.loop import BaseWSGIServer

from .live import Client, echo, process, serving
from .test_connection import GET, LAST, POST, statuses

RESET = struct.pack("ii", 1, 0)
TEXT = [("Content-Type", "text/plain")]


def open_files():
    return len(os.listdir("/proc/self/fd"))


def reset(client, *pieces):
    with client.connect() as sock:
        for piece in pieces:
            sock.sendall(piece)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def test_resets_at_every_byte():
    request = POST + b"Content-Length: 5\r\n\r\nhello"
    with serving(echo) as live:
        for place in range(len(request) + 1):
            reset(live, request[:place])
            reset(live, *(request[:place], request[place:]))
        assert statuses(live.exchange(GET)) == [200]
        assert not any("Traceback" in record for record in live.records)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors as Linux lists them")
def test_a_storm_of_resets_leaves_nothing_behind():
    # B36, CVE-2024-49769, CVE-2022-31015
    with serving(echo) as live:
        live.exchange(GET)
        before = open_files()
        for _ in range(1000):
            reset(live)
        assert statuses(live.exchange(LAST, end=False)) == [200]
        # Each has its turn before the server ends it: the last of them when it stops.
        live.server.shutdown()
        assert open_files() <= before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="limits of processes are POSIX's")
def test_running_out_of_descriptors_ends_no_server():
    # B61: from a process of its own, which has not yet loaded what tells of it.
    program = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))" + PROGRAM
    with process(program, 1, 2, 0) as server:
        client = Client(address(server))
        socks = [client.connect() for _ in range(60)]
        # Who has only connected makes room for who says something.
        assert statuses(client.exchange(LAST, end=False)) == [200]
        assert server.stderr.readline().startswith("cannot accept connections: [Errno 24]")
        for sock in socks:
            sock.close()
        assert statuses(client.exchange(LAST, end=False)) == [200]
        server.send_signal(signal.SIGTERM)
        assert "cannot accept" not in server.stderr.read()


class Failing:
    def __init__(self, *blocks):
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        block = next(self.blocks)
        if isinstance(block, BaseException):
            raise block
        return block


def failing(*blocks, headers=TEXT):
    def application(environ, start_response):
        if environ["PATH_INFO"] == "/last":
            return echo(environ, start_response)
        start_response("200 OK", headers)
        return Failing(*blocks)

    return application


def crash(environ, start_response):
    if environ["PATH_INFO"] == "/last":
        return echo(environ, start_response)
    raise ValueError("secret of the application")


@pytest.mark.parametrize(
    ("application", "wanted"),
    [
        (crash, [500]),
        (failing(ValueError("secret")), [500]),
        (failing(b"", ValueError("secret")), [500]),
        (failing(b"a", ValueError("secret")), [200]),
        (failing(b"a", b"b", OSError(28, "secret: no space left on device")), [200]),
        (failing("text"), [500]),
        (failing(None), [500]),
        (failing(b"a", 5), [200]),
        (failing(SystemExit(3)), []),
        (failing(b"a", KeyboardInterrupt()), [200]),
        (failing(b"abc", headers=[("Content-Length", "9")]), [200]),
        (failing(b"x", headers=[("X", "secret\r\nSet-Cookie: a=b")]), [500]),
        (failing(b"x", headers=[("X", "secret \u20ac")]), [500]),
        (
            lambda environ, start_response: (echo if environ["PATH_INFO"] == "/last" else str)(
                environ, start_response
            ),
            [500],
        ),
    ],
)
def test_applications_that_fail(application, wanted):
    with serving(application, validate=False) as live:
        answer = live.exchange(GET + GET, end=False)
        assert statuses(answer) == wanted
        assert b"secret" not in answer and b"Set-Cookie" not in answer and not answer.endswith(b"0\r\n\r\n")
        assert statuses(live.exchange(LAST, end=False)) == [200]
        lines = [record for record in live.records if " GET " not in record]
        assert len(lines) == 1, lines


def test_a_handler_that_fails_does_not_end_the_server():
    class Handler(WSGIRequestHandler):
        def log_request(self, code="-", size="-"):
            if code != "200":
                raise ValueError("the log is broken")

    with serving(echo, request_handler=Handler, limits={"connections": 1}) as live:
        with live.connect() as sock:
            sock.sendall(GET[:9])
            live.exchange(end=False)
            sock.sendall(GET[9:] + b"GET\r\n\r\n")
            assert statuses(live.receive(sock)) == [200, 400]
        assert sum("a refusal was given up" in record for record in live.records) == 2


def test_an_application_that_never_returns():
    entered, leave = threading.Event(), threading.Event()

    def stuck(environ, start_response):
        entered.set()
        leave.wait(60)
        return []

    with serving(stuck, validate=False, limits={"grace_seconds": 0.01}) as live, live.connect() as sock:
        sock.sendall(GET)
        assert entered.wait(20)
        live.server.shutdown()
        leave.set()
        assert b"500" in live.receive(sock)
        assert any("1 requests were cut" in record for record in live.records)


def test_errors_that_look_like_the_clients():
    # D36: the application's own broken connection is the application's error
    with serving(failing(ConnectionResetError("the database")), validate=False) as live:
        assert statuses(live.exchange(GET, end=False)) == [500]
        assert any("failed" in record for record in live.records)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full disk at hand")
def test_a_full_disk_in_an_upload():
    def save(environ, start_response):
        with open("/dev/full", "wb", buffering=0) as file:
            file.write(environ["wsgi.input"].read(5))
        raise AssertionError("it was written")

    with serving(save) as live:
        assert statuses(live.exchange(POST + b"Content-Length: 5\r\n\r\nhello", end=False)) == [500]
        assert any("failed" in record for record in live.records)


def test_a_full_pool_can_refuse():
    entered, leave = threading.Event(), threading.Event()

    def slow(environ, start_response):
        entered.set()
        leave.wait(20)
        return echo(environ, start_response)

    with (
        serving(slow, threads=2, refuse_when_full=True) as live,
        live.connect() as one,
        live.connect() as two,
    ):
        for sock in (one, two):
            sock.sendall(LAST)
            assert entered.wait(20)
            entered.clear()
        assert statuses(live.exchange(GET, end=False)) == [503]
        leave.set()
        assert statuses(live.receive(one) + live.receive(two)) == [200, 200]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_pool_that_hangs_says_so(threads):
    """Who queues for threads that never come back gets an answer at its deadline, and no silence."""
    entered, leave = threading.Semaphore(0), threading.Event()

    def stuck(environ, start_response):
        entered.release()
        leave.wait(60)
        return echo(environ, start_response)

    with serving(stuck, threads=threads, limits={"head_seconds": 0.05}) as live:
        held = [live.connect() for _ in range(threads)]
        for sock in held:
            sock.sendall(LAST)
            assert entered.acquire(timeout=20)
        answer = live.exchange(GET, end=False)
        assert statuses(answer) == [503] and b"no thread was free" in answer
        assert live.exchange(end=False) == b""  # one that said nothing is told nothing
        leave.set()
        for sock in held:
            assert statuses(live.receive(sock)) == [200]
            sock.close()


def test_a_full_pool_queues():
    entered, leave = threading.Event(), threading.Event()

    def slow(environ, start_response):
        entered.set()
        leave.wait(20)
        return echo(environ, start_response)

    with serving(slow, threads=2) as live:
        socks = [live.connect() for _ in range(20)]
        for sock in socks:
            sock.sendall(LAST)
        assert entered.wait(20)
        leave.set()
        assert [statuses(live.receive(sock)) for sock in socks] == [[200]] * 20
        for sock in socks:
            sock.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_an_application_that_never_returns_does_not_hold_the_process(threads):
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    with (  # noqa: SIM117
        open(reading, "rb", 0),
        open(writing, "wb", 0),
        process(PROGRAM, 1, threads, reading, "grace_seconds", 0.01, pass_fds=(reading,)) as server,
    ):
        with Client(address(server)).connect() as sock:
            sock.sendall(WAIT)
            assert server.stderr.readline() == "entered\n"
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) in (0, -signal.SIGTERM)
            assert "1 requests were cut" in server.stderr.read()


PROGRAM = """
import os, sys
from microweb.server import serve
def app(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        os.write(2, b"entered\\n")
        os.read(int(sys.argv[3]), 1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
limits = dict(zip(sys.argv[4::2], map(float, sys.argv[5::2])))
workers, threads = int(sys.argv[1]), int(sys.argv[2])
sys.exit(serve(app, "127.0.0.1", 0, workers=workers, threads=threads, access_log=False, **limits))
"""


def address(server):
    return "127.0.0.1", int(server.stderr.readline().split()[2].rpartition(":")[2])


WAIT = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_loses_no_request(workers, number, status):
    """Of twenty requests some run, the others wait for a thread: all of them are answered."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    with open(reading, "rb", 0), open(writing, "wb", 0) as released:  # noqa: SIM117
        with process(PROGRAM, workers, 2, reading, pass_fds=(reading,)) as server:
            client = Client(address(server))
            socks = [client.connect() for _ in range(20)]
            for sock in socks:
                sock.sendall(WAIT)
            for _ in range(workers):
                assert server.stderr.readline() == "entered\n"
            server.send_signal(number)
            released.write(b"x" * 20)
            assert [statuses(client.receive(sock)) for sock in socks] == [[200]] * 20
            for sock in socks:
                sock.close()
            assert server.wait(20) == status


def test_ctrl_c_in_a_terminal_reaches_all_processes_and_loses_no_request():
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    with open(reading, "rb", 0), open(writing, "wb", 0) as released:  # noqa: SIM117
        with process(PROGRAM, 2, 2, reading, pass_fds=(reading,), start_new_session=True) as server:
            client = Client(address(server))
            with client.connect() as sock:
                sock.sendall(WAIT)
                assert server.stderr.readline() == "entered\n"
                os.killpg(server.pid, signal.SIGINT)
                released.write(b"x")
                assert statuses(client.receive(sock)) == [200]
            assert server.wait(20) == 130
            assert "Traceback" not in server.stderr.read()


def test_a_second_signal_leaves_at_once():
    reading, writing = os.pipe()
    with (  # noqa: SIM117
        open(reading, "rb", 0),
        open(writing, "wb", 0),
        process(PROGRAM, 1, 2, reading, pass_fds=(reading,)) as server,
    ):
        with Client(address(server)).connect() as sock:
            sock.sendall(WAIT)
            assert server.stderr.readline() == "entered\n"
            server.send_signal(signal.SIGTERM)
            while server.poll() is None:  # the first may not have been noticed yet
                server.send_signal(signal.SIGTERM)
                threading.Event().wait(0.01)
            assert server.returncode == -signal.SIGTERM


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="finds the workers as Linux lists them")
def test_killed_workers_are_replaced_under_load():
    with process(PROGRAM, 2, 2, 0) as server:
        client, seen, stop = Client(address(server)), set(), threading.Event()

        def load():
            while not stop.is_set():
                seen.add(client.exchange(LAST, end=False)[-8:])

        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        while len(before := set(children.read_text().split())) < 2:
            assert statuses(client.exchange(LAST, end=False)) == [200]
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        os.kill(int(min(before)), signal.SIGKILL)
        assert "ended with status 9" in server.stderr.readline()
        while len(after := set(children.read_text().split())) < 2:
            assert statuses(client.exchange(LAST, end=False)) == [200]
        assert len(after - before) == 1
        stop.set()
        for thread in threads:
            thread.join(20)
        server.terminate()
        assert server.wait(20) == 0


def test_a_killed_parent_leaves_no_orphans():
    with process(PROGRAM, 2, 2, 0) as server:
        address(server)
        server.kill()
        # The end of the pipe comes when its last writer is gone.
        assert server.stderr.read() == ""


@pytest.mark.parametrize("hello", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01", b"\x16" * 2000])
def test_handshakes_that_come_to_nothing(hello):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with serving(echo, ssl_context=context, limits={"head_seconds": 0.01}) as live:
        assert b"HTTP" not in live.exchange(hello, end=False)
        assert not any("Traceback" in record for record in live.records)


@pytest.mark.parametrize("threads", [0, 8])
def test_a_server_that_breaks_says_so_to_its_caller(threads, monkeypatch):
    server = BaseWSGIServer("127.0.0.1", 0, echo, threads)

    def broken():
        raise MemoryError("no room for another connection")

    monkeypatch.setattr(server, "_sweep", broken)
    with pytest.raises(MemoryError, match="no room"):
        server.serve_forever()

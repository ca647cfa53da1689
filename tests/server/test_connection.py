"""Whole connections to a live server: bytes in, bytes out, and what the log says."""

import re
import socket
import ssl
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microweb.server import make_server
from microweb.server.connection import Connection

from .corpus import CHUNKED, POST, bytewise, cut
from .live import Client, echo, serving

GET = b"GET /a%20b?c HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def live():
    with serving(echo) as live:
        yield live


@pytest.fixture(scope="module")
def plain():
    """The application itself, whose single blocks have a length."""
    with serving(echo, validate=False) as live:
        yield live


def statuses(answer):
    return [int(code) for code in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]


def bodies(answer):
    """What came after each head."""
    return [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 ")[1:]]


def test_get(live):
    answer = live.exchange(GET)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConnection:" not in answer
    assert b"GET /a b?c x " in answer
    assert live.records[-1].startswith("127.0.0.1 GET /a%20b?c 200 ")


def test_keeping_and_closing(plain):
    with plain.connect() as sock:
        for _ in range(3):
            sock.sendall(GET)
            assert sock.recv(65536).endswith(b"GET /a b?c x ")
        sock.sendall(LAST)
        answer = plain.receive(sock)  # which waits for the server to close
        assert b"\r\nConnection: close\r\n" in answer


def test_http_1_0(plain):
    assert b"\r\nConnection: close\r\n" in plain.exchange(b"GET / HTTP/1.0\r\n\r\n", end=False)
    kept = plain.exchange(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" * 2)
    assert statuses(kept) == [200, 200] and kept.count(b"\r\nConnection: keep-alive\r\n") == 2


@pytest.mark.parametrize("count", [2, 50])
def test_pipelined_requests_are_answered_in_order(plain, count):
    # B27, B28, CVE-2023-46137
    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(count)) + LAST
    wanted = [*(b"GET /%d? x " % number for number in range(count)), b"GET /last? x "]
    assert bodies(plain.exchange(requests, end=False)) == wanted
    assert bodies(plain.exchange(*bytewise(requests), end=False)) == wanted


def test_bodies(live):
    for rest in (b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"):
        for pieces in ([POST + rest], bytewise(POST + rest)):
            assert b" good abc" in live.exchange(*pieces)
        assert statuses(live.exchange((POST + rest) * 3)) == [200] * 3


def test_a_request_after_an_error_is_never_run(live):
    # B26, B27, CVE-2024-49768
    before = len(live.calls)
    answer = live.exchange(b"GET / HTTP/1.1\r\nBad : x\r\n\r\n" + GET, end=False)
    assert statuses(answer) == [400] and b"\r\nConnection: close\r\n" in answer
    assert len(live.calls) == before
    assert live.records[-1].startswith("127.0.0.1 - - 400 ")


def test_an_answer_is_not_lost_to_what_follows(live):
    assert statuses(live.exchange(GET + b"Bad : x\r\n\r\n", end=False)) == [200, 400]
    assert statuses(live.exchange(GET * 50 + b"Bad : x\r\n\r\n" + GET, end=False)) == [200] * 50 + [400]


def test_a_tls_hello_is_answered_at_once(live):
    assert statuses(live.exchange(b"\x16\x03\x01\x02\x00\x01\x00", end=False)) == [400]


def test_cut_bodies_are_400(live):
    # B25, B34, CVE-2012-0845
    for rest in (b"Content-Length: 9\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nab"):
        assert statuses(live.exchange(POST + rest)) == [400]
    assert statuses(live.exchange(CHUNKED + b"3\r\nabc\r\n0\r\n")) == [400]


def test_go_on(live):
    # B38: once, when the application reads
    head = POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with live.connect() as sock:
        for _ in range(2):
            sock.sendall(head)
            assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(b"abc")
            answer = b""
            while not answer.endswith(b"0\r\n\r\n"):
                answer += sock.recv(65536)
            assert statuses(answer) == [200]


def quiet(environ, start_response):
    """Reads nothing; `/refuse` is refused."""
    status = "413 Too Large" if environ["PATH_INFO"] == "/refuse" else "200 OK"
    start_response(status, [("Content-Type", "text/plain")])
    return [b"quiet"]


def test_unread_bodies_are_never_requests():
    # B29, CVE-2022-29361
    hidden = b"GET /admin HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(quiet) as live:
        for head, body in [
            (b"Content-Length: %d\r\n\r\n" % len(hidden), hidden),
            (b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(hidden), hidden)),
        ]:
            assert statuses(live.exchange(POST + head + body + LAST, end=False)) == [200, 200]
            with live.connect() as sock:  # the body comes after the answer
                sock.sendall(POST + head)
                assert statuses(sock.recv(65536)) == [200]
                sock.sendall(body + LAST)
                assert statuses(live.receive(sock)) == [200]
        assert [call["PATH_INFO"] for call in live.calls] == ["/", "/last"] * 4


def test_a_client_that_was_not_told_to_send_its_body_has_to_come_again():
    with serving(quiet) as live:
        answer = live.exchange(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n" + GET, end=False)
        assert statuses(answer) == [200] and b"\r\nConnection: close\r\n" in answer


def test_an_unread_upload_does_not_cost_the_answer():
    # B40
    with serving(quiet, validate=False) as live:
        size = 5_000_000
        head = b"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
        answer = live.exchange(head, b"x" * size, end=False)
        assert statuses(answer) == [413] and answer.endswith(b"quiet")


def test_bodies_have_a_bound():
    with serving(echo, limits={"body_bytes": 5}) as live:
        for size, wanted in ((5, 200), (6, 413), (10**17, 413)):
            assert statuses(live.exchange(POST + b"Content-Length: %d\r\n\r\n" % size + b"abcde")) == [wanted]
        for size, wanted in ((5, 200), (6, 413)):
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"a" * size)
            assert statuses(live.exchange(CHUNKED + body, end=wanted != 413)) == [wanted]
        assert len(live.calls) == 3


@pytest.mark.parametrize("ending", [b"", b";" + b"x" * 200])
def test_what_frames_a_body_counts_as_well(ending):
    # B60, CVE-2025-69229: six bytes and more are received for each one of the body
    with serving(echo, limits={"body_bytes": 1000}) as live:
        for count, wanted in ((5, 200), (900, 413)):
            body = b"1%b\r\nx\r\n" % (ending if count > 5 else b"") * count + b"0\r\n\r\n"
            assert statuses(live.exchange(CHUNKED + body, end=wanted == 200)) == [wanted]
        # An honest client's few chunks have the room that the body's length would have had.
        for sizes in ((1000,), (500, 500), (100,) * 10):
            body = b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes) + b"0\r\n\r\n"
            assert statuses(live.exchange(CHUNKED + body)) == [200]


def test_what_is_left_of_a_body_is_drained_by_what_it_costs():
    # B60: 64 KiB are read of a body that nobody wanted, however much of that are the chunks' lines
    with serving(quiet) as live:
        for count, wanted in ((1000, [200, 200]), (20_000, [200])):
            body = b"1\r\nx\r\n" * count + b"0\r\n\r\n"
            assert statuses(live.exchange(CHUNKED + body + LAST, end=False)) == wanted


def test_a_decoded_body_names_no_coding(live):
    # D10: whoever is told of chunks looks for them
    live.exchange(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n")
    environ = live.calls[-1]
    assert environ["wsgi.input_terminated"] is True
    assert not {"HTTP_TRANSFER_ENCODING", "CONTENT_LENGTH"} & environ.keys()


def test_environ(live, monkeypatch):
    # B51: what the process was started with says nothing about a request.
    process = {
        "HTTPS": "on",
        "REMOTE_USER": "root",
        "HTTP_X_ADMIN": "1",
        "SCRIPT_NAME": "/x",
        "CONTENT_LENGTH": "9",
    }
    for name, value in process.items():
        monkeypatch.setenv(name, value)
    live.exchange(GET)
    environ = live.calls[-1]
    assert environ["REMOTE_ADDR"] == environ["SERVER_NAME"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(live.server.port)
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["wsgi.multithread"] is True
    assert environ["wsgi.input_terminated"] is True
    assert (environ["REQUEST_URI"], environ["QUERY_STRING"]) == ("/a%20b?c", "c")
    assert environ["SCRIPT_NAME"] == ""
    assert not {"PATH", *process} - {"SCRIPT_NAME"} & environ.keys()


def test_unused_connections_leave_no_line(live):
    live.exchange(GET)
    before = len(live.records)
    assert live.exchange() == b""
    live.exchange(GET)
    assert len(live.records) == before + 1


def test_a_connection_has_so_many_requests():
    with serving(echo, limits={"requests": 3}) as live:
        answer = live.exchange(GET * 10, end=False)
        assert statuses(answer) == [200] * 3 and answer.count(b"Connection: close") == 1


def test_the_server_has_so_many_connections():
    with serving(echo, limits={"connections": 1}) as live, live.connect() as sock:
        sock.sendall(GET[:9])
        assert statuses(live.exchange(end=False)) == [503]
        sock.sendall(GET[9:-2] + b"Connection: close\r\n\r\n")
        assert statuses(live.receive(sock)) == [200]


def test_who_is_idle_for_longest_makes_room():
    # B53, B57
    with serving(echo, limits={"connections": 2}) as live:
        socks = [live.connect() for _ in range(3)]
        assert socks[0].recv(1) == b""
        for sock in socks[1:]:
            sock.sendall(LAST)
            assert statuses(live.receive(sock)) == [200]
        for sock in socks:
            sock.close()


def test_who_is_closed_while_it_begins_to_wait():
    """The accept loop may make room with a connection that a thread is about to have watched."""

    class Poller:
        ignore = staticmethod(bool)

        def watch(self, fileno, writable):
            assert server._hang_up(1)
            raise OSError("closed")

    ours, theirs = socket.socketpair()
    with make_server("127.0.0.1", 0, echo) as server, theirs:
        ours.setblocking(False)
        server._poller = Poller()
        server.park(Connection(server, ours, ("127.0.0.1", 1)))
        assert theirs.recv(1) == b""


def test_deadlines():
    # D15: of the head, however it trickles, and of an idle connection
    with serving(echo, limits={"head_seconds": 0, "idle_seconds": 0}) as live:
        assert live.exchange(end=False) == b""
        # A deadline that is over at once may come before any thread has looked, or read.
        assert statuses(live.exchange(b"GET / HTTP/1.1\r\nHost:", end=False)) in ([408], [503], [])
        assert statuses(live.exchange(GET, end=False)) in ([200], [503], [])


def test_deadline_of_a_body():
    with serving(echo, limits={"stall_seconds": 0.01}) as live:
        assert statuses(live.exchange(POST + b"Content-Length: 5\r\n\r\nabc", end=False)) == [408]


def test_deadline_of_a_client_that_does_not_read():
    # B56: the only thread is free again for others.
    def endless(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x" * 65536] * 1000 if environ["PATH_INFO"] == "/large" else [b"ok"]

    with serving(endless, threads=1, limits={"stall_seconds": 0.01}) as live, live.connect() as sock:
        sock.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.recv(1)
        assert statuses(live.exchange(LAST, end=False)) == [200]
        assert len(live.receive(sock)) < 65536 * 1000


def test_broken_responses_are_visible(caplog):
    # D33
    def broken(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"a"
        raise ValueError("boom")

    with serving(broken) as live:
        assert live.exchange(GET, end=False).endswith(b"\r\n\r\n1\r\na\r\n")  # and no last chunk
        with live.connect() as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                while sock.recv(100):
                    pass
    assert "boom" in caplog.text


def test_an_exit_in_a_thread_is_logged():
    # D37
    def leave(environ, start_response):
        raise SystemExit(3)

    with serving(leave, validate=False) as live:
        assert live.exchange(GET) == b""
        live.exchange(GET)
        assert any("given up" in record for record in live.records)


def test_idle_connections_do_not_stop_others_nor_the_stop():
    entered, leave = threading.Event(), threading.Event()

    def slow(environ, start_response):
        entered.set()
        leave.wait(20)
        return echo(environ, start_response)

    with serving(slow, threads=2, limits={"linger_seconds": 0.01}) as live:
        idle = [live.connect() for _ in range(40)]
        with live.connect() as sock:
            sock.sendall(GET)
            assert entered.wait(20)
            stopper = threading.Thread(target=live.server.shutdown)
            stopper.start()
            assert idle[0].recv(1) == b""  # hung up on, while the request still runs
            leave.set()
            assert b"200 OK" in live.receive(sock)
            stopper.join(20)
        for each in idle:
            each.close()


def test_plain_http_on_a_tls_port_is_told(caplog):
    with serving(echo, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as live:
        answer = live.exchange(GET, end=False)
        assert statuses(answer) == [400] and b"https" in answer
        assert b"HTTP" not in live.exchange(b"\x16\x03\x01")  # not much of a hello
        assert not live.calls
    assert "Traceback" not in caplog.text


def test_out_of_threads_is_survived(monkeypatch):
    entered, leave = threading.Event(), threading.Event()

    def fail(thread):
        raise RuntimeError("can't start new thread")

    def slow(environ, start_response):
        entered.set()
        leave.wait(20)
        return echo(environ, start_response)

    with serving(slow, threads=3) as live, live.connect() as sock:
        sock.sendall(GET)
        assert entered.wait(20)
        entered.clear()
        with monkeypatch.context() as patch, live.connect() as other:
            patch.setattr(threading.Thread, "start", fail)
            other.sendall(LAST)
            assert entered.wait(20)
            leave.set()
            assert statuses(live.receive(other)) == [200]
        assert any("cannot start" in record for record in live.records)


def test_unix_sockets(tmp_path):
    path = str(tmp_path / "socket")
    with serving(echo, host=f"unix:{path}") as live:
        assert statuses(Client(path).exchange(GET)) == [200]
        assert live.server.url == f"unix:{path}"
        assert live.calls[0]["REMOTE_ADDR"] == ""
        # Some clients name the path of the socket as the host.
        assert statuses(Client(path).exchange(b"GET / HTTP/1.1\r\nHost: /a/b\r\n\r\n")) == [200]
        assert "HTTP_HOST" not in live.calls[1]
    assert not (tmp_path / "socket").exists()


def test_dropped_names_are_told_once():
    # B41: how many, and neither which nor what they said
    request = GET.replace(b"\r\n\r\n", b"\r\nX_A: secret\r\nX_B: secret\r\nProxy: c\r\nX-D: d\r\n\r\n")
    with serving(echo) as live:
        for _ in range(3):
            assert statuses(live.exchange(request)) == [200]
        told = [record for record in live.records if "dropped" in record]
        assert len(told) == 1 and "2 header fields" in told[0]
        assert live.server.dropped == 6
        assert live.calls[0]["HTTP_X_D"] == "d" and "secret" not in repr(live.calls[0])


#: What a client may send, the statuses that it gets, and whether another request is read after it.
MOVES = [
    (GET, [200], True),
    (GET.replace(b"GET", b"HEAD"), [200], True),
    (POST + b"Content-Length: 5\r\n\r\nhello", [200], True),
    (CHUNKED + b"3\r\nabc\r\n0\r\nX: y\r\n\r\n", [200], True),
    (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [200], True),
    (LAST, [200], False),
    (b"GET / HTTP/1.0\r\n\r\n", [200], False),
    (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", [400], False),
    (b"GET / HTTP/3.0\r\n\r\n", [505], False),
    (b"Transfer-Encoding: chunked\r\n\r\n", [400], False),
    (POST + b"Expect: something\r\n\r\n", [417], False),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(MOVES), min_size=1, max_size=8), st.integers(0, 99))
def test_any_conversation_has_as_many_answers_as_requests(plain, moves, seed):
    wanted, calls = [], len(plain.calls)
    for _, answers, goes_on in moves:
        wanted += answers
        if not goes_on:
            break
    data = b"".join(request for request, _, _ in moves)
    assert statuses(plain.exchange(*cut(data, seed))) == wanted
    # One call for each request that could be read, one more where its body then was broken.
    assert 0 <= len(plain.calls) - calls - wanted.count(200) <= 1

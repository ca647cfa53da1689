"""Whole connections to a live server: bytes in, bytes out, and what the log says."""

import ssl
import threading

import pytest

from .live import echo, serving

GET = b"GET /a%20b?c HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def live():
    with serving(echo) as live:
        yield live


def body_of(answer):
    return answer.partition(b"\r\n\r\n")[2]


def test_get(live):
    answer = live.exchange(GET)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConnection: close\r\n" in answer
    assert b"GET /a b?c x " in body_of(answer)
    assert live.records[-1].startswith("127.0.0.1 GET /a%20b?c 200 ")


def test_bodies(live):
    for rest in (b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"):
        assert b" x abc" in live.exchange(POST + rest)
        assert b" x abc" in live.exchange(*(bytes([c]) for c in POST + rest))


def test_a_request_after_an_error_is_never_run(live):
    before = len(live.calls)
    answer = live.exchange(b"GET / HTTP/1.1\r\nBad : x\r\n\r\n" + GET)
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1") == 1
    assert len(live.calls) == before
    assert live.records[-1].startswith("127.0.0.1 - - 400 ")


def test_an_answer_is_not_lost_to_what_follows(live):
    answer = live.exchange(GET + b"Bad : x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and answer.count(b"HTTP/1.1") == 1


def test_a_tls_hello_is_answered_at_once(live):
    assert live.exchange(b"\x16\x03\x01\x02\x00\x01\x00").startswith(b"HTTP/1.1 400 ")


def test_cut_bodies_are_400(live):
    for rest in (b"Content-Length: 9\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nab"):
        assert live.exchange(POST + rest, end=True).startswith(b"HTTP/1.1 400 ")


def test_go_on(live):
    head = POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    with live.connect() as sock:
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        assert b" x abc" in live.receive(sock)


def test_environ(live):
    live.exchange(GET)
    environ = live.calls[-1]
    assert environ["REMOTE_ADDR"] == environ["SERVER_NAME"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(live.server.port)
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["wsgi.multithread"] is True
    assert "PATH" not in environ


def test_unused_connections_leave_no_line(live):
    before = len(live.records)
    assert live.exchange(end=True) == b""
    live.exchange(GET)
    assert len(live.records) == before + 1


def test_an_unread_body_does_not_cost_the_answer():
    def refuse(environ, start_response):
        start_response("413 Too Large", [("Content-Type", "text/plain")])
        return [b"too large"]

    with serving(refuse, validate=False) as live:
        size = 5_000_000
        head = POST + b"Content-Length: %d\r\n\r\n" % size
        assert live.exchange(head, b"x" * size).endswith(b"too large")


def test_broken_responses_are_visible(capsys):
    def broken(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"a"
        raise ValueError("boom")

    with serving(broken) as live:
        assert live.exchange(GET).endswith(b"\r\n\r\n1\r\na\r\n")
        with live.connect() as sock:
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            with pytest.raises(ConnectionResetError):
                while sock.recv(100):
                    pass
    assert "boom" in capsys.readouterr().err


def test_an_exit_in_a_thread_is_logged():
    def leave(environ, start_response):
        raise SystemExit(3)

    with serving(leave, validate=False) as live:
        assert live.exchange(GET) == b""
        assert any("499" in record for record in live.records)


def test_idle_connections_do_not_stop_others_nor_the_stop(live):
    entered, leave = threading.Event(), threading.Event()

    def slow(environ, start_response):
        entered.set()
        leave.wait(20)
        return echo(environ, start_response)

    with serving(slow) as other:
        idle = [other.connect() for _ in range(40)]
        with other.connect() as sock:
            sock.sendall(GET)
            assert entered.wait(20)
            stopper = threading.Thread(target=other.server.shutdown)
            stopper.start()
            assert idle[0].recv(1) == b""  # hung up on, while the request still runs
            leave.set()
            assert b"200 OK" in other.receive(sock)
            stopper.join(20)
        for each in idle:
            each.close()


def test_plain_http_on_a_tls_port_is_no_traceback(capsys):
    with serving(echo, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as live:
        live.exchange(GET)
        assert not live.calls
    assert capsys.readouterr().err == ""


def test_out_of_threads_is_survived(live, monkeypatch):
    def fail(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        assert live.exchange(GET) == b""
    assert b"200 OK" in live.exchange(GET)

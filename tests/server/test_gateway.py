"""The gateway over a socket pair: what the application does, what the client then sees."""

import copy
import gzip
import io
import socket
import threading

import pytest

from microweb.server.body import Body
from microweb.server.connection import Connection
from microweb.server.gateway import FileWrapper, WSGIRequestHandler, check_field, check_status
from microweb.server.head import Head
from microweb.server.limits import Limits
from microweb.server.log import FORMAT
from microweb.server.serving import make_server

TEXT = [("Content-Type", "text/plain")]


class Server:
    """As much of a server as a handler asks for."""

    stopping = passthrough_errors = False
    base_environ: dict = {}
    again = (BlockingIOError,)
    log_format = FORMAT
    request_handler = WSGIRequestHandler
    ssl_context, limits = None, Limits()

    def __init__(self, app):
        self.app = app

    def forget(self, connection):
        pass


def respond(application, method="GET", minor=1, reader=True, body=None, handler=WSGIRequestHandler):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if not reader:
            theirs.close()
        server = Server(application)
        link = Connection(server, ours, ("127.0.0.1", 1))
        handler = handler(link, Head(method, "/", minor), body or Body(link))
        try:
            handler.handle()
        finally:
            ours.close()
        answer = b""
        while reader and (block := theirs.recv(65536)):
            answer += block
    return handler, answer


def assert_response(application, fields, body, status=b"200 OK", **how):
    """The status, the framing fields and the body, on the wire."""
    gateway, answer = respond(application, **how)
    head, _, rest = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 " + status
    framing = [line for line in lines if line.startswith((b"Content-Length", b"content-length", b"Transfer"))]
    assert (framing, rest) == (fields, body)
    return gateway


def app(blocks, status="200 OK", headers=TEXT):
    def application(environ, start_response):
        start_response(status, headers)
        return blocks

    return application


@pytest.mark.parametrize(
    ("application", "fields", "body"),
    [
        (app([b"ab", b"", b"c"]), [b"Content-Length: 3"], b"abc"),
        (app([]), [b"Content-Length: 0"], b""),
        (app(iter([b"ab", b""])), [b"Transfer-Encoding: chunked"], b"2\r\nab\r\n0\r\n\r\n"),
        (app(iter([])), [b"Transfer-Encoding: chunked"], b"0\r\n\r\n"),
        (app(iter([b"ab"]), headers=[("content-length", "2")]), [b"Content-Length: 2"], b"ab"),
        (app([b"abc"], headers=[("Content-Length", "2")]), [b"Content-Length: 2"], b"ab"),
    ],
)
def test_framing(application, fields, body):
    gateway = assert_response(application, fields, body)
    assert gateway.finished


def test_http_1_0_is_framed_by_the_end():
    assert_response(app(iter([b"ab"])), [], b"ab", minor=0)


def test_short_responses_are_not_finished():
    gateway = assert_response(app([b"ab"], headers=[("Content-Length", "9")]), [b"Content-Length: 9"], b"ab")
    assert not gateway.finished


@pytest.mark.parametrize(
    ("status", "fields"), [("204 No Content", []), ("304 Not Modified", [b"Content-Length: 7"])]
)
def test_no_body(status, fields):
    headers = [("Content-Length", "7")]
    assert_response(app([b"x"], status, headers), fields, b"", status.encode())


def test_head_keeps_the_length_and_drops_the_body():
    assert_response(app([b"abc"]), [b"Content-Length: 3"], b"", method="HEAD")
    assert_response(app([]), [], b"", method="HEAD")
    endless = iter(lambda: b"x", None)
    assert_response(app(endless), [], b"", method="HEAD")


def test_write():
    def application(environ, start_response):
        write = start_response("200 OK", TEXT)
        write(b"")
        write(b"ab")
        return [b"c"]

    body = b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    assert_response(application, [b"Transfer-Encoding: chunked"], body)


class Closing:
    def __init__(self, *blocks):
        self.blocks, self.closed = blocks, 0

    def __iter__(self):
        for block in self.blocks:
            if isinstance(block, Exception):
                raise block
            yield block

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("blocks", [(), (b"a",), (ValueError(),), (b"a", ValueError()), ("str",)])
def test_close_is_called_once(blocks, capsys):
    iterable = Closing(*blocks)
    respond(app(iterable))
    assert iterable.closed == 1


FAILURES = {
    "raises": lambda environ, start_response: 1 / 0,
    "returns None": lambda environ, start_response: start_response("200 OK", TEXT) and None,
    "never starts": lambda environ, start_response: [b"x"],
    "never starts, empty": lambda environ, start_response: [],
    "str": app(["x"]),
    "bad status": app([b"x"], "200"),
    "split by status": app([b"x"], "200 OK\r\nX: y"),
    "split by header": app([b"x"], headers=[("X", "a\r\nSet-Cookie: b")]),
    "not latin-1": app([b"x"], headers=[("X", "\u20ac")]),
    "first block": app(Closing(ZeroDivisionError())),
    "connection error of its own": app(Closing(ConnectionResetError("the database"))),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_answer_500_with_a_traceback(name, caplog):
    assert_response(
        FAILURES[name], [b"Content-Length: 22"], b"Internal Server Error\n", b"500 Internal Server Error"
    )
    assert "Traceback" in caplog.text


def test_starting_twice(caplog):
    def application(environ, start_response):
        start_response("200 OK", TEXT)
        start_response("201 Created", TEXT)
        return []

    gateway, answer = respond(application)
    assert answer.startswith(b"HTTP/1.1 500")
    assert "exc_info" in caplog.text


def test_exc_info_replaces_the_response_until_it_is_sent(caplog):
    def application(environ, start_response, sent=()):
        start_response("200 OK", TEXT)
        yield from sent
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            start_response("503 No", TEXT, (type(error), error, error.__traceback__))
        yield b"b"

    assert respond(application)[1].startswith(b"HTTP/1.1 503 No\r\n")
    gateway, answer = respond(lambda e, s: application(e, s, [b"a"]))
    assert answer.endswith(b"\r\n\r\n1\r\na\r\n")  # no last chunk: visibly cut
    assert not gateway.finished
    assert "ZeroDivisionError" in caplog.text


def test_the_callers_list_is_left_alone():
    headers = list(TEXT)
    respond(app([b"x"], headers=headers))
    assert headers == TEXT


def test_hop_by_hop_headers_are_dropped(caplog):
    headers = [("Connection", "close"), ("Keep-Alive", "5\x80"), ("X", "y")]
    handler, answer = respond(app([b"x"], headers=headers))
    assert b"Keep-Alive" not in answer and b"\r\nX: y\r\n" in answer
    assert answer.count(b"Connection: close") == 1 and not handler.keep
    dropped = [message for message in caplog.messages if "dropped" in message]
    assert len(dropped) == 1 and "\x80" not in dropped[0]


@pytest.mark.parametrize(
    "header", [("", "x"), ("a b", "x"), ("a", 1), (b"a", "x"), ("a", "\x00"), ("a:", "x")]
)
def test_bad_headers(header):
    with pytest.raises(ValueError, match="wanted"):
        check_field(*header)


def test_bad_length():
    with pytest.raises(ValueError, match="digits"):
        check_field("content-length", "-1")
    with pytest.raises(ValueError, match="wanted"):
        check_status(200)


def test_a_client_that_left_is_no_error(capsys, caplog):
    caplog.set_level("INFO", "microweb.server")
    handler, _ = respond(app(Closing(b"x")), reader=False)
    assert not handler.finished
    assert " 499 " in caplog.messages[-1]
    assert capsys.readouterr().err == ""


def test_base_exceptions_get_out():
    def application(environ, start_response):
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        respond(application)


@pytest.mark.parametrize("headers", [TEXT, [("Content-Length", "5")], [("Content-Length", "20")]])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("opened", ["file", "memory", "gzip"])
def test_files(tmp_path, opened, method, headers):
    """What the kernel sends is what reading gives: from the file's position, to the declared length."""
    path = tmp_path / "file"
    with gzip.open(path, "wb") if opened == "gzip" else path.open("wb") as file:
        file.write(b"0123456789" * 2)
    file = (
        io.BytesIO(path.read_bytes())
        if opened == "memory"
        else (gzip.open if opened == "gzip" else open)(path, "rb")
    )
    file.seek(8)

    def application(environ, start_response):
        start_response("200 OK", headers)
        return FileWrapper(file, 3)

    handler, answer = respond(application, method)
    body = b"890123456789"[: handler.sent]
    assert file.closed
    assert handler.sent == (0 if method == "HEAD" else 5 if ("Content-Length", "5") in headers else 12)
    if b"chunked" not in answer:
        assert answer.endswith(b"\r\n\r\n" + body)
    # A file that is shorter than its declared length is no whole response.
    assert handler.finished == (method == "HEAD" or ("Content-Length", "20") not in headers)


def test_what_subclasses_change():
    lines = []

    class Handler(WSGIRequestHandler):
        server_version = "mine/1"

        def log_request(self, code="-", size="-"):
            lines.append((self.requestline, code, size, self.client_address))

        def address_string(self):
            return "fe80::1%eth2"

        def make_environ(self):
            return {**super().make_environ(), "mine": True}

    def application(environ, start_response):
        start_response("200 OK", TEXT)
        return [repr((environ["mine"], environ["REMOTE_ADDR"])).encode()]

    _, answer = respond(application, handler=Handler)
    assert b"\r\nServer: mine/1\r\n" in answer and answer.endswith(b"(True, 'fe80::1%eth2')")
    assert lines == [("GET / HTTP/1.1", "200", 22, ("127.0.0.1", 1))]


def test_errors_can_be_passed_through(monkeypatch):
    monkeypatch.setattr(Server, "passthrough_errors", True)
    with pytest.raises(ZeroDivisionError):
        respond(FAILURES["raises"])


def upgrade(application, **variables):
    """A live server's answer to one client that wants to go on in another protocol."""
    with make_server("127.0.0.1", 0, application) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with socket.create_connection(server.server_address) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            head = client.recv(100)
            client.sendall(b"hello")
            rest = b"".join(iter(lambda: client.recv(100), b""))
        server.shutdown()
        thread.join()
    return head, rest


@pytest.mark.parametrize(("error", "told"), [(None, 0), (ValueError, 1), (ConnectionError, 0)])
def test_the_application_takes_the_socket(error, told, caplog):
    """It reads and writes as on any socket; the server adds nothing to what it sent, and hangs up."""

    def echo(environ, start_response):
        sock = environ["werkzeug.socket"]
        sock.sendall(b"go on")
        sock.sendall(sock.recv(100).upper())
        sock.close()
        if error:
            raise error("after the end")
        start_response("200 OK", TEXT)
        return [b"never sent"]

    assert upgrade(echo) == (b"go on", b"HELLO")
    assert caplog.text.count("the application failed") == told


def test_what_was_written_to_the_socket_arrives():
    """Even if the application leaves the end to the server, and has not read all."""

    def leave(environ, start_response):
        environ["werkzeug.socket"].sendall(b"go on")
        environ["werkzeug.socket"].recv(1)  # and no more of it
        environ["werkzeug.socket"].sendall(b"bye")
        return []

    assert upgrade(leave) == (b"go on", b"bye")


@pytest.mark.parametrize("look", [copy.copy, repr, callable, lambda sock: hasattr(sock, "__html__")])
def test_who_looks_at_the_environ_takes_no_socket(look):
    def plain(environ, start_response):
        look(environ["werkzeug.socket"])
        start_response("200 OK", [*TEXT, ("Connection", "close")])
        return [b"ok"]

    assert b"".join(upgrade(plain)).endswith(b"ok")


def test_the_socket_is_left_alone():
    """Without a use of it the answer is HTTP, and a request that asks for no upgrade has none."""

    def plain(environ, start_response):
        start_response("200 OK", [*TEXT, ("Connection", "close")])
        return [b"socket" if environ.get("werkzeug.socket") is not None else b"none"]

    head, rest = upgrade(plain)
    assert head.startswith(b"HTTP/1.1 200 OK") and (head + rest).endswith(b"socket")
    assert respond(plain)[1].endswith(b"none")

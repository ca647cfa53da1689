"""A server on a real port, and a client that speaks bytes."""

import contextlib
import logging
import socket
import threading
from wsgiref.validate import validator

from microweb.server.serving import make_server


def echo(environ, start_response):
    """Answers with what it got: `METHOD PATH?QUERY HOST BODY`."""
    read = environ["wsgi.input"].read
    length = environ.get("CONTENT_LENGTH")
    body = read(int(length)) if length else read(-1) if "wsgi.input_terminated" in environ else b""
    text = "{REQUEST_METHOD} {PATH_INFO}?{QUERY_STRING} {HTTP_HOST} ".format(**{"HTTP_HOST": "-", **environ})
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode("latin-1") + body]


class Live:
    def __init__(self, server, calls, records):
        self.server, self.calls, self.records = server, calls, records

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=20)

    def exchange(self, *pieces, end=False):
        """Send the pieces one by one, return all that comes until the server closes."""
        with self.connect() as sock:
            for piece in pieces:
                try:
                    sock.sendall(piece)
                except OSError:
                    break  # answered and closed before it has heard everything
            if end:
                sock.shutdown(socket.SHUT_WR)
            return self.receive(sock)

    @staticmethod
    def receive(sock):
        received = bytearray()
        with contextlib.suppress(ConnectionResetError):
            while block := sock.recv(65536):
                received += block
        return bytes(received)


class _Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def serving(application, validate=True, **options):
    calls = []

    def counted(environ, start_response):
        calls.append(environ)
        return application(environ, start_response)

    app = validator(counted) if validate else counted
    records, logger = _Records(), logging.getLogger("microweb.server")
    logger.addHandler(records)
    logger.setLevel(logging.INFO)
    server = make_server("127.0.0.1", 0, app, **options)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Live(server, calls, records.lines)
    finally:
        server.shutdown()
        thread.join(20)
        logger.removeHandler(records)
        assert not thread.is_alive()

"""A server on a real port, and a client that speaks bytes."""

import contextlib
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from wsgiref.validate import validator

from microweb.server import BaseWSGIServer

ROOT = Path(__file__).resolve().parents[2]


def echo(environ, start_response):
    """Answers with what it got: `METHOD PATH?QUERY HOST BODY`."""
    # The validator wants read() to be called with an argument.
    body = environ["wsgi.input"].read(-1)
    text = "{REQUEST_METHOD} {PATH_INFO}?{QUERY_STRING} {HTTP_HOST} ".format(**{"HTTP_HOST": "-", **environ})
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode("latin-1") + body]


class Client:
    """Connections to a server, a socket for each exchange."""

    def __init__(self, address):
        self.address = address

    def connect(self):
        if isinstance(self.address, str):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(20)
            sock.connect(self.address)
            return sock
        return socket.create_connection(self.address, timeout=20)

    def exchange(self, *pieces, end=True):
        """Send the pieces one by one, return all that comes until the server closes. With `end`
        it closes when all that was sent is answered."""
        with self.connect() as sock:
            with contextlib.suppress(OSError):  # answered and closed before it has heard everything
                for piece in pieces:
                    sock.sendall(piece)
                if end:  # the socket's own, as that of TLS would forget how to read
                    socket.socket.shutdown(sock, socket.SHUT_WR)
            return self.receive(sock)

    @staticmethod
    def receive(sock):
        received = bytearray()
        # TLS gives an alarm where a connection ends without its own farewell.
        with contextlib.suppress(ConnectionResetError, ssl.SSLError):
            while block := sock.recv(65536):
                received += block
        return bytes(received)


class TLSClient(Client):
    """The same under TLS, each piece in a record of its own."""

    def __init__(self, live, certificate):
        super().__init__(live.address)
        self.calls, self.records = live.calls, live.records
        self.context = ssl.create_default_context(cafile=certificate)

    def connect(self):
        return self.context.wrap_socket(super().connect(), server_hostname="localhost")


class Live(Client):
    """A server in a thread of this process, with the environs and log lines of its requests."""

    def __init__(self, server, calls, records):
        super().__init__(server.server_address[:2] if server.port else server.server_address)
        self.server, self.calls, self.records = server, calls, records


class _Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def serving(application, validate=True, host="127.0.0.1", limits=None, threads=8, **options):
    calls = []

    def counted(environ, start_response):
        calls.append(environ)
        return application(environ, start_response)

    app = validator(counted) if validate else counted
    records, logger = _Records(), logging.getLogger("microweb.server")
    logger.addHandler(records)
    logger.setLevel(logging.INFO)
    server = BaseWSGIServer(host, 0, app, threads, **limits or {}, **options)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Live(server, calls, records.lines)
    finally:
        server.shutdown()
        thread.join(20)
        logger.removeHandler(records)
        assert not thread.is_alive()


@contextlib.contextmanager
def process(program, *arguments, **options):
    """A Python program as a process."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environ, text=True, **options) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()

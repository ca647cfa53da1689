"""TLS from end to end, with a certificate that the openssl program makes."""

import shutil
import ssl

import pytest

from microweb.server.binding import generate_adhoc_ssl_context, load_ssl_context, load_tls, make_ssl_devcert
from microweb.server.serving import make_server

from .corpus import POST
from .live import echo, serving
from .test_connection import GET, LAST, statuses

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl program")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_ssl_devcert(str(tmp_path_factory.mktemp("tls") / "dev"), host="localhost")


@pytest.fixture(scope="module")
def live(files):
    with serving(echo, ssl_context=files) as live:
        yield live


@pytest.fixture
def sock(live, files):
    context = ssl.create_default_context(cafile=files[0])
    with live.connect() as raw, context.wrap_socket(raw, server_hostname="localhost") as sock:
        yield sock


@needs_openssl
def test_requests(live, sock):
    sock.sendall(GET * 3 + LAST)
    assert statuses(live.receive(sock)) == [200] * 4
    assert live.calls[-1]["wsgi.url_scheme"] == "https"
    assert live.server.url.startswith("https://")


@needs_openssl
def test_what_lies_in_the_records_is_not_forgotten(live, sock):
    """A record may hold more than is read at once, and then nothing more comes from the network."""
    size = 200_000
    for piece in (POST, b"Content-Length: %d\r\n\r\n" % size, b"x" * size + GET, LAST):
        sock.sendall(piece)
    answer = live.receive(sock)
    assert statuses(answer) == [200] * 3 and answer.count(b"x") > size


@needs_openssl
def test_the_wrong_protocol_either_way(live):
    answer = live.exchange(GET, end=False)
    assert statuses(answer) == [400] and b"https" in answer
    assert statuses(live.exchange(LAST, end=False)) == [400]


@needs_openssl
def test_adhoc():
    assert isinstance(generate_adhoc_ssl_context(), ssl.SSLContext)
    with make_server("127.0.0.1", 0, echo, ssl_context="adhoc") as server:
        assert server.url.startswith("https://")


def test_contexts():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert load_tls(context) is context
    assert load_tls(None) is None
    with pytest.raises(ValueError, match="adhoc"):
        load_tls("cert.pem")
    with pytest.raises(FileNotFoundError):
        load_ssl_context("nowhere.crt", "nowhere.key")


def test_without_the_program(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="openssl"):
        make_ssl_devcert(str(tmp_path / "dev"))


@needs_openssl
def test_who_connects_and_says_nothing_keeps_nobody_waiting(files):
    # B58: the handshake is neither made where connections are accepted, nor by the only thread.
    with serving(echo, threads=1, ssl_context=files) as live, live.connect(), live.connect():
        context = ssl.create_default_context(cafile=files[0])
        with live.connect() as raw, context.wrap_socket(raw, server_hostname="localhost") as sock:
            sock.sendall(LAST)
            assert statuses(live.receive(sock)) == [200]

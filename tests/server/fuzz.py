"""Fuzzing of the head parser, the chunk decoder and whole connections, as long as one likes.

python -m tests.server.fuzz SECONDS [SEED [chance | live]]

With atheris installed the search is led by coverage, else, or if told so, by chance; `live` asks servers
on real sockets, plain and under TLS. What it finds is printed as bytes, and belongs into `FOUND`, which the
tests run through the same checks each time.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import os
import random
import re
import shutil
import sys
import tempfile
import time
from types import FunctionType, SimpleNamespace

from microweb.server.binding import make_ssl_devcert
from microweb.server.body import Body
from microweb.server.connection import Connection
from microweb.server.gateway import WSGIRequestHandler
from microweb.server.head import take_head
from microweb.server.limits import Limits, Refused

from .corpus import BROKEN, CHUNKED, HEADS, REQUEST_LINES, WHOLE, bytewise, cut, line
from .live import TLSClient, echo, serving
from .test_body import Pieces
from .test_head import outcome

SMALL = Limits(line_bytes=60, head_bytes=150, fields=4, body_bytes=40, pipelined=3, drain_bytes=20)
SEEDS = [line(text) for text in REQUEST_LINES] + list(HEADS) + [CHUNKED + data for data in (*WHOLE, *BROKEN)]
SEEDS = [seed for seed in SEEDS if len(seed) < 400]
#: Inputs that once broke a check.
FOUND = [
    b"GET / HTTP/1.9\r\r\n\r\n5\r\r;Aost: good\r\n\r\n",
    b"GET / H" + b"\x18" * 49 + b"TTP/1\nHos: good\r\n\r\n",
    b"GET http://ev" + b"\xff" * 34 + b"il/p?q HT\xff\xff\xfft\n\xff\xff\xff\xfft\n.: good\r\n\r\n",
]


class Sock:
    """A client that has sent its pieces; what it is told is kept."""

    def __init__(self, pieces):
        self.pieces, self.told, self.closed, self.half = [p for p in pieces if p], b"", False, False

    def fileno(self):
        return -1 if self.closed else 3

    def recv(self, count, flags=0):
        if not self.pieces:
            return b""
        data, rest = self.pieces[0][:count], self.pieces[0][count:]
        self.pieces[:1] = [rest] if rest else []
        return data

    def send(self, data):
        assert not self.closed and not self.half, "sent after the end"
        self.told += bytes(data)
        return len(data)

    def setblocking(self, flag):
        pass

    settimeout = setblocking

    def setsockopt(self, *arguments):
        pass

    def shutdown(self, how):
        self.half = True

    def close(self):
        self.closed = True


class Quiet(BaseException):
    """The server waits for a client that has said everything and stays."""


class Staying(Sock):
    """A client that does not end."""

    def recv(self, count, flags=0):
        if not self.pieces:
            raise Quiet
        return super().recv(count, flags)


def converse(pieces, limits, kind=Sock):
    """All that a client is told who sends these pieces and then ends; and what the application saw."""
    sock, calls = kind(pieces), []

    def application(environ, start_response):
        calls.append(environ)
        return echo(environ, start_response)

    server = SimpleNamespace(
        limits=limits, ssl_context=None, app=application, base_environ={}, stopping=False,
        again=BlockingIOError, passthrough_errors=False, request_handler=WSGIRequestHandler, log_format="",
        dropped=0,
        park=lambda connection, writable=False: None, forget=lambda connection: None,
    )  # fmt: skip
    connection = Connection(server, sock, ("127.0.0.1", 1))
    steps = 0
    while not sock.closed:
        connection.step()
        steps += 1
        assert steps < 4 * sum(map(len, pieces)) + 10, "no progress"
    return timeless(sock.told), calls


def timeless(answer):
    """Without what depends on when it was asked, and how fast."""
    return re.sub(rb"Date: [^\r]*|HTTP/1.1 100 Continue\r\n\r\n", b"", answer)


def check_head(data, seed):
    for limits in (Limits, SMALL):
        whole = outcome([data], limits)
        assert outcome(cut(data, seed), limits) == whole
        assert outcome(bytewise(data), limits) == whole
    # What is taken has one meaning: the environ's text holds no line end, and no name twice.
    if isinstance(whole, dict):
        assert not re.search(r"[\r\n\0]", repr(sorted(whole["variables"].items())).replace("\\t", ""))
        agree_with_h11(data)


def agree_with_h11(data):
    """What we take, h11 takes as well; its limits on the text of hosts and versions are its own."""
    if not importlib.util.find_spec("h11"):
        return
    import h11

    connection = h11.Connection(h11.SERVER)
    connection.receive_data(
        data[2 * data.startswith(b"\r\n") :]
    )  # an empty line before a request it takes for none
    event = connection.next_event()
    assert type(event) is h11.Request or event is h11.NEED_DATA, event


def check_chunks(data, seed):
    found = []
    for pieces in ([data], bytewise(data), cut(data, seed)):
        source = Pieces(pieces, body_bytes=10**6)
        try:
            body = io.BufferedReader(Body(source, chunked=True), 64).read()
            found.append((body, bytes(source.buffer) + b"".join(source.pieces)))
            assert len(body) < len(data)
        except Refused as error:
            found.append(error.status)
    assert found[0] == found[1] == found[2], found


def check_connection(data, seed):
    for limits in (Limits(), SMALL):
        (whole, calls), (bits, more) = converse([data], limits), converse(cut(data, seed), limits)
        assert whole == bits, (whole, bits)
        assert len(calls) == len(more)
        statuses = re.findall(rb"HTTP/1\.1 ([0-9]{3}) [A-Z]", whole)
        refused = [number for number, status in enumerate(statuses) if status >= b"400"]
        assert refused in ([], [len(statuses) - 1]), whole  # nothing is read after an error
        assert len(calls) <= len(statuses)


CHECKS = check_head, check_chunks, check_connection


@contextlib.contextmanager
def clients():
    """Clients of servers on real sockets: a plain one and, if a certificate can be made, one under TLS."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(serving(echo, validate=False))]
        if shutil.which("openssl"):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            files = make_ssl_devcert(os.path.join(folder, "dev"), host="localhost")
            live = stack.enter_context(serving(echo, validate=False, ssl_context=files))
            found.append(TLSClient(live, files[0]))
        yield found


def check_live(found, data, seed):
    """Over the network they are told what a client is told who speaks to the connection itself."""
    wanted, ends = converse([data], Limits())[0], False
    try:
        converse([data], Limits(), Staying)
    except Quiet:
        ends = True
    for client in found:
        del client.calls[:], client.records[:]
        told = timeless(client.exchange(*filter(None, cut(data, seed)), end=ends))
        # Under TLS there is no half-closing: what the end alone would have brought cannot be sent any more.
        cut_off = ends and isinstance(client, TLSClient) and told == wanted[: wanted.rindex(b"HTTP/1.1 ")]
        assert told == wanted or cut_off, (type(client).__name__, told, wanted)


def check(data, seed=0):
    """Every check on the same bytes; and the time is linear, at most a second for what a seed may hold."""
    began = time.process_time()
    for each in CHECKS:
        each(data, seed)
    assert time.process_time() - began < 2 + len(data) / 2000, "slow"


def mutate(rng):
    """Some rows of the corpus, cut, crossed and scratched."""
    data = bytearray(b"".join(rng.choice(SEEDS) for _ in range(rng.randrange(1, 4))))
    for _ in range(rng.randrange(6)):
        place, other = rng.randrange(len(data) + 1), rng.choice(SEEDS)
        start = rng.randrange(len(other))
        new = rng.choice(
            [
                b"",
                bytes([rng.randrange(256)]),
                b"\r",
                b"\n",
                b"\r\n",
                other[start : start + rng.randrange(20)],
            ]
        )
        data[place : place + rng.choice([0, 0, 1, 2, 10])] = new
    return bytes(data[:600])


def by_chance(seconds, seed, check=check):
    """Check what `mutate` makes; stops at the first failure."""
    rng, end, count = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = mutate(rng)
        try:
            check(data, count)
        except BaseException:
            print("FOUND", data, count, flush=True)
            raise
        count += 1
    print(f"{count} inputs in {seconds} s, seed {seed}: nothing found")


def _instrument(atheris, value):
    """A function, or the methods of a class."""
    for each in vars(value).values() if isinstance(value, type) else [value]:
        if isinstance(each, FunctionType):
            atheris.instrument_func(each)


def by_coverage(seconds, seed):
    """Check what atheris makes."""
    import atheris

    for each in (take_head.__module__, Body.__module__, Connection.__module__):
        for value in vars(sys.modules[each]).values():
            if getattr(value, "__module__", "") == each:
                _instrument(atheris, value)
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(SEEDS):
            with open(os.path.join(folder, str(number)), "wb") as file:
                file.write(data)
        options = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=700", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, folder], lambda data: check(data, len(data)))
        atheris.Fuzz()


if __name__ == "__main__":
    seconds, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    if "live" in sys.argv:
        with clients() as found:
            by_chance(seconds, seed, functools.partial(check_live, found))
    else:
        led = importlib.util.find_spec("atheris") and "chance" not in sys.argv
        (by_coverage if led else by_chance)(seconds, seed)

"""Every row of the corpus against a server process: whole, byte by byte and in random cuts."""

import re

import pytest

from microweb.server.head import take_head
from microweb.server.limits import Limits, Refused

from .corpus import BROKEN, CHUNKED, CUTS, HEADS, REQUEST_LINES, WHOLE, bytewise, cut, fields, line
from .live import Client, process

PROGRAM = """
import sys
from microweb.server import serve
from tests.server.live import echo
from wsgiref.validate import validator
checked = validator(echo)
def app(environ, start_response):
    # The validator knows no `OPTIONS *`.
    return (echo if environ["PATH_INFO"] == "*" else checked)(environ, start_response)
sys.exit(serve(app, "127.0.0.1", 0, threads=4, access_log=False))
"""
#: What must never be read as a request after an error.
ADMIN = b"GET /admin HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
TABLE = [(line(text), status) for text, status in REQUEST_LINES.items()] + list(HEADS.items())


@pytest.fixture(scope="module")
def client():
    with process(PROGRAM) as server:
        yield Client(("127.0.0.1", int(server.stderr.readline().split()[2].rpartition(":")[2])))
        server.terminate()
        log = server.stderr.read()
        assert server.wait(20) == 0
        assert "Traceback" not in log and "\r" not in log


def statuses(answer):
    return re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b""))


def cuts(data):
    """Ways in which the network may deliver it; a byte at a time where that is not for ever."""
    yield [data]
    if len(data) < 1000:
        yield bytewise(data)
    for seed in range(CUTS):
        yield cut(data, seed)


def assert_answers(client, data, wanted, end):
    answers = [client.exchange(*pieces, end=end) for pieces in cuts(data)]
    for answer in answers:
        assert statuses(answer) == wanted, answer
        assert b"/admin" not in answer
        # The date may change from one to the next, and a 100 comes only where the body is late.
        assert (
            re.sub(rb"Date:.*|HTTP/1.1 100.*", b"", answer).strip()
            == re.sub(rb"Date:.*|HTTP/1.1 100.*", b"", answers[0]).strip()
        )
    return answers[0]


def refused_early(data):
    """Whether the bytes themselves are wrong, and not only their end."""
    try:
        return take_head(bytearray(data)) is not None
    except Refused:
        return True


@pytest.mark.parametrize(
    ("data", "status"), [row for row in TABLE if row[1] != 200], ids=lambda value: repr(value)[-70:]
)
def test_refused(client, data, status):
    early = refused_early(data)
    # Without an end: the answer comes at once, and the server closes by itself.
    answer = assert_answers(client, data + ADMIN if early else data, [b"%d" % status], end=not early)
    assert b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize(
    "data", [row[0] for row in TABLE if row[1] == 200], ids=lambda value: repr(value)[-70:]
)
def test_accepted(client, data):
    head = take_head(bytearray(data))
    body = b"5\r\nhello\r\n0\r\n\r\n" if head.chunked else b"hello123"[: head.length]
    answer = assert_answers(client, data + body + LAST, [b"200"] * (2 if head.keeps else 1), end=False)
    if head.method != "HEAD" and body:
        assert b"hello" in answer


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:40]))
def test_broken_chunks(client, data):
    answers = {b"431"} if data.count(b"X: y") > 100 else {b"400", b"413"}
    for pieces in cuts(CHUNKED + data):
        found = statuses(client.exchange(*pieces))
        assert len(found) == 1 and set(found) <= answers
    if b"F" * 16 not in data and data.endswith(b"\r\n\r\n"):
        assert statuses(client.exchange(CHUNKED + data + ADMIN, end=False)) in ([b"400"], [b"431"])


@pytest.mark.parametrize("data", WHOLE)
def test_whole_chunks(client, data):
    answer = assert_answers(client, CHUNKED + data + LAST, [b"200", b"200"], end=False)
    assert WHOLE[data] in answer


#: The rows of published records, as `tests.test_pages` lists them.
ADVISORIES = [
    ("B10: CVE-2019-16792, CVE-2020-10108", fields(b"Content-Length: 5\r\nContent-Length: 0")),
    ("B11: CVE-2020-10109, CVE-2023-47641", fields(b"Content-Length: 3\r\nTransfer-Encoding: chunked")),
    ("B15: CVE-2019-16786, CVE-2024-6827, CVE-2024-1135", fields(b"Transfer-Encoding: xchunked")),
    ("B17: CVE-2019-16789", fields(b"Transfer-Encoding: \x0bchunked")),
    ("B19: CVE-2019-16785", fields(b"X: a\nTransfer-Encoding: chunked")),
    ("B20: CVE-2023-37276, CVE-2023-30589", fields(b"X-Abc: \rxTransfer-Encoding: chunked")),
    ("B43: CVE-2020-5236", fields(b"Bad: " + b"x" * 8000 + b"\x10")),
    ("B45: CVE-2025-67725, CVE-2025-14550", fields(b"\r\n".join([b"X: a"] * Limits.fields))),
]
BROKEN_ADVISORIES = [
    ("B21: CVE-2022-24761, CVE-2022-24801, CVE-2023-47627, CVE-2024-23829", b"+5\r\nhello\r\n0\r\n\r\n"),
    ("B22: CVE-2025-55315", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    ("B23: CVE-2025-43859", b"5\r\nhelloXX0\r\n\r\n"),
    ("B24: CVE-2023-40175, CVE-2023-41419, CVE-2025-58068", b"0\r\nbad line\r\n\r\n"),
]


def test_published_records_are_rows_of_the_corpus():
    for _, data in ADVISORIES:
        assert HEADS[data] >= 400
    for _, data in BROKEN_ADVISORIES:
        assert data in BROKEN


def test_a_body_of_tiny_chunks(client):
    """B60, CVE-2025-69229: their number alone makes nothing slow."""
    data = CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n" + LAST
    answer = client.exchange(data, end=False)
    assert statuses(answer) == [b"200", b"200"] and answer.count(b"x") > 100_000


def test_the_corpus_is_large():
    assert len(TABLE) + len(BROKEN) + len(WHOLE) > 200

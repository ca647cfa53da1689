"""The corpus to other servers: nothing is accepted here that both h11 and gunicorn refuse.

python -m tests.server.test_differential     prints what each server says, where they disagree
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import re
import socket
import subprocess
import sys

import pytest

from microweb.server.head import take_head
from microweb.server.limits import Refused

from .corpus import HEADS, REQUEST_LINES, line
from .live import ROOT, Client

TABLE = [line(text) for text in REQUEST_LINES] + list(HEADS)

PEERS = {
    "gunicorn": "from gunicorn.app.wsgiapp import run; import sys;"
    " sys.argv = ['gunicorn', '-w', '1', '-b', '127.0.0.1:{port}', 'tests.server.live:echo']; run()",
    "waitress": "import waitress, tests.server.live as live;"
    " waitress.serve(live.echo, host='127.0.0.1', port={port})",
    "cheroot": "from cheroot.wsgi import Server; import tests.server.live as live;"
    " Server(('127.0.0.1', {port}), live.echo).start()",
}


def ours(data):
    """The status that we give a head, None for one that waits for more."""
    try:
        return 200 if take_head(bytearray(data)) else None
    except Refused as error:
        return int(error.status[:3])


def h11_says(data):
    import h11

    # As strict as ours in what is a matter of size alone.
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=8 * 1024)
    connection.receive_data(data)
    try:
        return 200 if type(connection.next_event()) is h11.Request else None
    except h11.RemoteProtocolError as error:
        return error.error_status_hint


@contextlib.contextmanager
def peer(name):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    command = [sys.executable, "-c", PEERS[name].format(port=port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, **quiet) as process:
        try:
            while process.poll() is None:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
            yield Client(("127.0.0.1", port))
        finally:
            process.terminate()


def says(client, data):
    """The first status; a closed connection without one is a refusal."""
    found = re.match(rb"HTTP/1\.[01] ([0-9]{3})", client.exchange(data))
    return int(found[1]) if found else 400


@functools.cache
def answers(name):
    if name == "h11":
        return [h11_says(data) for data in TABLE]
    with peer(name) as client:
        return [says(client, data) for data in TABLE]


def available(*names):
    return pytest.mark.skipif(
        not all(map(importlib.util.find_spec, names)), reason=f"{' and '.join(names)} not installed"
    )


@available("h11", "gunicorn")
def test_nothing_is_accepted_that_two_strict_readers_refuse():
    rows = zip(TABLE, answers("h11"), answers("gunicorn"))
    lenient = [
        data for data, *others in rows if ours(data) == 200 and all((each or 400) >= 400 for each in others)
    ]
    assert lenient == []


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=available(each)) for each in ("waitress", "cheroot")]
)
def test_we_refuse_more(name):
    """The lenient ones let through what we refuse; not the other way round, heads without a body apart."""
    stricter = sum((ours(data) or 400) >= 400 > (said or 400) for data, said in zip(TABLE, answers(name)))
    assert stricter > 10


if __name__ == "__main__":
    names = [name for name in ("h11", *PEERS) if importlib.util.find_spec(name)]
    print(f"{'ours':>8} " + " ".join(f"{name:>8}" for name in names))
    for data, *said in zip(TABLE, *map(answers, names)):
        if len({(ours(data) or 400) >= 400, *((each or 400) >= 400 for each in said)}) > 1:
            print(f"{ours(data)!s:>8} " + " ".join(f"{each!s:>8}" for each in said), repr(data[:90]))

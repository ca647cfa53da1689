"""Both pollers keep the same promises; the one for other platforms runs a whole server here."""

import select
import selectors
import socket
import threading

import pytest

from microweb.server import loop
from microweb.server.polling import Epoll, Selector

from .live import echo, serving
from .test_connection import GET, LAST, POST, statuses

KINDS = [Selector, lambda: Selector(selectors.SelectSelector())]
if hasattr(select, "epoll"):
    KINDS.append(Epoll)
if hasattr(selectors, "PollSelector"):
    KINDS.append(lambda: Selector(selectors.PollSelector()))


@pytest.fixture(params=KINDS, ids=["default", "select", "epoll", "poll"][: len(KINDS)])
def poller(request):
    poller = request.param()
    yield poller
    poller.close()


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def polled(poller):
    """Until something is found, as the selector's poll may return without."""
    while not (found := poller.poll(20)):
        pass
    return found


def test_readable_is_told_once(poller, pair):
    ours, theirs = pair
    poller.watch(ours.fileno())
    theirs.send(b"x")
    assert polled(poller) == [ours.fileno()]
    assert not poller.poll(0)
    poller.watch(ours.fileno())  # nothing was read: told again
    assert polled(poller) == [ours.fileno()]


def test_writable(poller, pair):
    poller.watch(pair[0].fileno(), writable=True)
    assert polled(poller) == [pair[0].fileno()]


def test_watched_while_another_thread_polls(poller, pair):
    ours, theirs = pair
    found = []
    thread = threading.Thread(target=lambda: found.extend(polled(poller)))
    thread.start()
    theirs.send(b"x")
    poller.watch(ours.fileno())
    thread.join(20)
    assert found == [ours.fileno()]


def test_what_is_closed_is_forgotten(poller, pair):
    ours, theirs = pair
    poller.watch(theirs.fileno())
    poller.poll(0)
    poller.ignore(theirs.fileno())
    theirs.close()
    assert not poller.poll(0)
    poller.watch(ours.fileno())  # the end of the other side can be read
    assert polled(poller) == [ours.fileno()]


def test_waking_ends_all_polls(poller):
    ended, turn = threading.Event(), threading.Lock()

    def work():
        while not ended.is_set():
            with turn:
                poller.poll(20)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    ended.set()
    poller.wake()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_processes_that_were_forked_keep_nobody_asleep(poller):
    with poller._wake.dup():  # as they hold it
        poller.wake()
        assert select.select([poller._woken], [], [], 0)[0]


def test_waking_what_is_closed(poller):
    poller.close()
    poller.wake()


@pytest.mark.parametrize("kind", KINDS[:2], ids=["default", "select"])
def test_a_server_on_it(kind, monkeypatch):
    monkeypatch.setattr(loop, "Poller", kind)
    with serving(echo, idle_seconds=0) as live:
        for _ in range(20):
            assert statuses(live.exchange(GET * 20 + LAST, end=False)) == [200] * 21
            request = POST + b"Content-Length: 5\r\n\r\nhello"
            assert statuses(live.exchange(request[:20], request[20:])) == [200]
        assert live.exchange(GET, end=False)  # which the server closes, sooner or later

"""Which of the waiting connections have something to read.

The rule: a descriptor is reported once and then has to be watched anew, so that a connection is
with one thread or with none; and any thread may watch while another polls.
"""

from __future__ import annotations

import select
import selectors
import socket
import threading
from collections import deque
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class Epoll:
    """Linux's own: the kernel does all of it."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._wake, self._woken = socket.socketpair()
        self._epoll.register(self._woken, select.EPOLLIN)

    def watch(self, fileno: int, writable: bool = False) -> None:
        """Report the descriptor when it is readable, or writable."""
        event = (select.EPOLLOUT if writable else select.EPOLLIN) | select.EPOLLONESHOT
        try:
            self._epoll.modify(fileno, event)
        except FileNotFoundError:
            self._epoll.register(fileno, event)

    def poll(self, timeout: float | None = None) -> list[int]:
        """Descriptors that are readable; waits for one."""
        # PyPy's takes no None for "without end".
        return [fileno for fileno, _ in self._epoll.poll(-1 if timeout is None else timeout, 64)]

    def ignore(self, fileno: int) -> None:
        """Forget a descriptor that is about to be closed."""

    def wake(self) -> None:
        """End all polls, for good."""
        self._wake.send(b"x")

    def close(self) -> None:
        """Free the descriptors."""
        for each in (self._epoll, self._wake, self._woken):
            each.close()


class Selector:
    """Any other platform's selectors, which one thread at a time may use: the others leave their
    changes to it, and wake it."""

    def __init__(self, selector: t.Any = None) -> None:
        self._selector = selector or selectors.DefaultSelector()
        self._polling, self._ended = threading.Lock(), False
        self._changes: deque[tuple[t.Any, ...]] = deque()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)

    def watch(self, fileno: int, writable: bool = False) -> None:
        """Report the descriptor when it is readable, or writable."""
        event = selectors.EVENT_WRITE if writable else selectors.EVENT_READ
        self._changes.append((self._selector.register, fileno, event))
        self._wake.send(b"x")

    def ignore(self, fileno: int) -> None:
        """Forget a descriptor that is about to be closed."""
        self._changes.append((self._selector.unregister, fileno))
        self._wake.send(b"x")

    def poll(self, timeout: float | None = None) -> list[int]:
        """Descriptors that are readable; waits for one, but may return without."""
        with self._polling, suppress(OSError):  # closed while we waited
            while self._changes:
                change, *arguments = self._changes.popleft()
                with suppress(KeyError, ValueError, OSError):  # reported already, or closed
                    change(*arguments)
            found = {key.fd for key, _ in self._selector.select(0 if self._ended else timeout)}
            if self._woken.fileno() in found:
                found.remove(self._woken.fileno())
                self._woken.recv(4096)
            for fileno in found:
                self._selector.unregister(fileno)
            return list(found)
        return []

    def wake(self) -> None:
        """End all polls, for good."""
        self._ended = True
        self._wake.send(b"x")

    def close(self) -> None:
        """Free the descriptors."""
        for each in (self._selector, self._wake, self._woken):
            each.close()


Poller = Epoll if hasattr(select, "epoll") else Selector

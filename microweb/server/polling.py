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


class _Ending:
    """What the kinds share: a pair of sockets, one of which becomes readable to end all waiting."""

    def __init__(self, poller: t.Any) -> None:
        self._poller = poller
        self._wake, self._woken = socket.socketpair()

    def wake(self) -> None:
        """End all polls, for good."""
        self._wake.send(b"x")

    def close(self) -> None:
        """Free the descriptors."""
        for each in (self._poller, self._wake, self._woken):
            each.close()


class Epoll(_Ending):
    """Linux's own: the kernel does all of it."""

    def __init__(self) -> None:
        super().__init__(select.epoll())
        self._poller.register(self._woken, select.EPOLLIN)

    def watch(self, fileno: int, writable: bool = False) -> None:
        """Report the descriptor when it is readable, or writable."""
        event = (select.EPOLLOUT if writable else select.EPOLLIN) | select.EPOLLONESHOT
        try:
            self._poller.modify(fileno, event)
        except FileNotFoundError:
            self._poller.register(fileno, event)

    def ignore(self, fileno: int) -> None:
        """Forget a descriptor that is about to be closed."""

    def poll(self, timeout: float | None = None) -> list[int]:
        """Descriptors that are readable; waits for one."""
        # PyPy's takes no None for "without end".
        return [fileno for fileno, _ in self._poller.poll(-1 if timeout is None else timeout, 64)]


class Selector(_Ending):
    """Any other platform's selectors, which one thread at a time may use: the others leave their
    changes to it, and wake it."""

    def __init__(self, selector: t.Any = None) -> None:
        super().__init__(selector or selectors.DefaultSelector())
        self._polling, self._ended = threading.Lock(), False
        self._changes: deque[tuple[t.Any, ...]] = deque()
        self._poller.register(self._woken, selectors.EVENT_READ)

    def _later(self, *change: t.Any) -> None:
        self._changes.append(change)
        self._wake.send(b"x")

    def watch(self, fileno: int, writable: bool = False) -> None:
        """Report the descriptor when it is readable, or writable."""
        self._later(
            self._poller.register, fileno, selectors.EVENT_WRITE if writable else selectors.EVENT_READ
        )

    def ignore(self, fileno: int) -> None:
        """Forget a descriptor that is about to be closed."""
        self._later(self._poller.unregister, fileno)

    def poll(self, timeout: float | None = None) -> list[int]:
        """Descriptors that are readable; waits for one, but may return without."""
        with self._polling, suppress(OSError):  # closed while we waited
            while self._changes:
                change, *arguments = self._changes.popleft()
                with suppress(KeyError, ValueError, OSError):  # reported already, or closed
                    change(*arguments)
            found = {key.fd for key, _ in self._poller.select(0 if self._ended else timeout)}
            if self._woken.fileno() in found:
                found.remove(self._woken.fileno())
                self._woken.recv(4096)
            for fileno in found:
                self._poller.unregister(fileno)
            return list(found)
        return []

    def wake(self) -> None:
        """End all polls, for good."""
        self._ended = True
        super().wake()


Poller = Epoll if hasattr(select, "epoll") else Selector

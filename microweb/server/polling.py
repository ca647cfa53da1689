"""Which of the waiting connections have something to read.

The rule: a descriptor is reported once and then has to be watched anew, so that a connection is
with one thread or with none; and any thread may watch while another polls.
"""

from __future__ import annotations

import select
import selectors
import socket
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class Selector:
    """What every platform has. Its kinds take changes while one thread waits, but most see them only
    when they wait again: each change ends the waiting."""

    def __init__(self, selector: t.Any = None) -> None:
        self._poller: t.Any = selector or selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._poller.register(self._woken, selectors.EVENT_READ)

    def watch(self, fileno: int, writable: bool = False) -> None:
        """Report the descriptor when it is readable, or writable."""
        event = selectors.EVENT_WRITE if writable else selectors.EVENT_READ
        self.ignore(fileno)
        self._poller.register(fileno, event)
        with suppress(OSError):  # so many before that this one is not missed, or the end
            self._wake.send(b"x")

    def ignore(self, fileno: int) -> None:
        """Forget a descriptor that is about to be closed."""
        with suppress(KeyError):  # reported already
            self._poller.unregister(fileno)

    def poll(self, timeout: float | None) -> list[int]:
        """Descriptors that are ready; waits up to *timeout* seconds for one."""
        found: list[int] = []
        # Never for ever: a change in the moment before may have been missed.
        with suppress(OSError):  # closed while we waited
            found = [key.fd for key, _ in self._poller.select(1 if timeout is None else timeout)]
        if self._woken.fileno() in found:
            found.remove(self._woken.fileno())
            self._woken.recv(4096)
        for fileno in found:
            self.ignore(fileno)
        return found

    def wake(self) -> None:
        """End all polls, for good: what is shut stays readable at the other end."""
        # Closing would not do: a process that an application has forked holds it open.
        with suppress(OSError):  # closed already
            self._wake.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Free the descriptors."""
        for each in (self._poller, self._wake, self._woken):
            each.close()


class Epoll(Selector):
    """Linux's own: the kernel does all of it."""

    def __init__(self) -> None:
        super().__init__(select.epoll())

    def watch(self, fileno: int, writable: bool = False) -> None:
        """Report the descriptor when it is readable, or writable."""
        event = (select.EPOLLOUT if writable else select.EPOLLIN) | select.EPOLLONESHOT
        try:
            self._poller.modify(fileno, event)
        except FileNotFoundError:
            self._poller.register(fileno, event)

    def ignore(self, fileno: int) -> None:
        """Nothing: what is closed is forgotten."""

    def poll(self, timeout: float | None) -> list[int]:
        """Descriptors that are ready; waits up to *timeout* seconds for one."""
        # PyPy's takes no None for "without end".
        return [fileno for fileno, _ in self._poller.poll(-1 if timeout is None else timeout, 64)]


Poller = Epoll if hasattr(select, "epoll") else Selector

"""How much, how many and how long: every bound of the server in one table, and what is raised beyond.

The rule: whatever a client can send, keep open or delay has a bound here, and every time is a
deadline on the monotonic clock. A time-out per read would let a byte now and then hold a
connection for ever (slowloris).

What goes wrong between a server and its client is one tree of errors, the evidence on the leaves. None of
them is raised for a fault of the application, so that its own `ConnectionResetError` (its database's, say)
stays an error of its own.
"""

from __future__ import annotations

from http import HTTPStatus

#: Bytes that are received, read and sent at once.
BLOCK = 64 * 1024


class Limits:
    """The bounds and their defaults; `Limits(head_seconds=5)` changes some. Raises TypeError."""

    #: Bytes of the request line (414), of each field, of the whole head; fields in it (431).
    line_bytes = 8 * 1024
    head_bytes = 64 * 1024
    fields = 100
    #: Whether Host has to be a host name; programs that talk to a Unix socket often send its path.
    host_names = True
    #: Bytes of a request's body (413); None leaves it to the application.
    body_bytes: int | None = None
    #: Open connections. One more takes the place of the one that has been idle for longest, or is told 503,
    #: as is, where it is wanted, a request that finds all threads busy.
    connections = 1000
    refuse_when_full = False
    #: Requests on one connection, and how many that came together are answered in a row before
    #: other connections have their turn.
    requests = 1000
    pipelined = 16

    #: From the first moment of a connection to the end of the request's head, handshake included.
    head_seconds = 10.0
    #: Between a response and the next request.
    idle_seconds = 5.0
    #: A body that comes, and a response that is taken, may last so long, and a second more for
    #: each `bytes_a_second` that moved: uploads may be long, but not slow on purpose.
    stall_seconds = 30.0
    bytes_a_second = 1024
    #: Running requests, once the server is told to stop.
    grace_seconds = 10.0
    #: After an early answer the client's bytes are thrown away for a while: a closed socket would
    #: reset the connection, and lose the answer with it (RFC 9112 9.6).
    linger_seconds = 2.0
    linger_bytes = 16 * 1024 * 1024
    #: An unread body up to this size is read to its end to keep the connection.
    drain_bytes = 64 * 1024

    def __init__(self, **changes: object) -> None:
        for name, value in changes.items():
            if not hasattr(type(self), name):
                known = ", ".join(sorted(name for name in vars(Limits) if name[0] != "_"))
                raise TypeError(f"{name!r} is no limit of the server; there are {known}")
            setattr(self, name, value)


class Refused(OSError):
    """What came is no request, or no whole one; `status` and `why` go to the client.

    An OSError, because that is what a framework expects from a failed read of a body, and turns
    into its own 400; nothing read before it may pass for the whole.
    """

    def __init__(self, status: int, why: str) -> None:
        self.status = f"{status} {HTTPStatus(status).phrase}"
        super().__init__(f"{self.status}: {why}")
        # Never what came: an answer that repeats it could be read as something else.
        self.why = why


class ClientGone(ConnectionError):
    """The client no longer takes the response."""


class BindError(OSError):
    """The address cannot be listened on; the message is one line that says what to do."""


def require(condition: object, why: str, status: int = 400) -> None:
    """The grammar as a list of demands. Raises Refused."""
    if not condition:
        raise Refused(status, why)

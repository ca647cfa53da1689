"""What can go wrong between a server and its client: one tree, the evidence on the leaves.

None of these is raised for a fault of the application, so that its own `ConnectionResetError`
(its database's, say) stays an error of its own.
"""

from __future__ import annotations

from http import HTTPStatus

#: Bytes that are received, read and sent at once.
BLOCK = 64 * 1024


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

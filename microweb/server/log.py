"""What the server tells: one line a request, and what an operator should know.

The rule: nothing that came over the wire reaches the terminal or the file as it is; a path
may hold escape sequences or forged lines. The lines go to the logger that is named after this
package, on stderr unless the program has set logging up itself.
"""

from __future__ import annotations

import logging
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .connection import Connection
    from .head import Head

# Named after the package, which vendoring may have renamed.
logger = logging.getLogger(__name__.rpartition(".")[0])

#: What the access log says by default; `log_format` takes any of these names, and any header of
#: the request as `HTTP_NAME`.
FORMAT = "%(peer)s %(method)s %(target)s %(status)s %(bytes)dB %(ms).1fms"


def set_up(level: int = logging.INFO) -> None:
    """Give the logger a place and a level, where the program left that open."""
    if logger.level == logging.NOTSET:
        logger.setLevel(level)
    # A program that set logging up has decided where lines go.
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())


def escape(text: str) -> str:
    """Printable ASCII only, everything else as a Python escape; no blanks."""
    # Blanks as well: a path with some could forge the fields behind it.
    return text.encode("unicode_escape").decode("ascii").replace(" ", "\\x20")


# Loads the codec, whose file could not be opened when there are no more descriptors: that has to be told.
escape("")


class _Line(dict):  # type: ignore[type-arg]
    """The values of one line; other names are the request's headers."""

    def __missing__(self, name: str) -> str:
        return escape(self["variables"].get(name, "-"))


def access(connection: Connection, head: Head, status: str, sent: int) -> None:
    """`127.0.0.1 GET /path 200 1234B 0.8ms`: what was sent, not what was meant."""
    if logger.isEnabledFor(logging.INFO):
        line = _Line(method=escape(head.method), target=escape(head.target), status=status, bytes=sent)
        line.update(peer=escape(str(connection.client_address[0])), protocol=f"HTTP/1.{min(head.minor, 1)}")
        line["ms"] = (time.monotonic() - connection.started) * 1000
        line["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line["variables"] = head.variables
        logger.info("%s", connection.server.log_format % line)


def warn(message: str, *values: t.Any) -> None:
    """A line about the application or the machine; strings among the values are escaped."""
    # Numbers stay: "%d" wants them.
    safe = (escape(value) if isinstance(value, str) else value for value in values)
    logger.warning(message, *safe)

"""What the server tells: one line a request, and what an operator should know.

The rule: nothing that came over the wire reaches the terminal or the file as it is; a path
may hold escape sequences or forged lines. The lines go to the logger that is named after this
package, on stderr unless the program has set logging up itself.
"""

from __future__ import annotations

import logging
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .head import Head

# Named after the package, which vendoring may have renamed.
logger = logging.getLogger(__package__)


def set_up() -> None:
    """Give the logger a place and a level, where the program left that open."""
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    # A program that set logging up has decided where lines go.
    if not logger.hasHandlers():
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)


def escape(data: bytes | str) -> str:
    """Printable ASCII only, everything else as a Python escape; no blanks."""
    if isinstance(data, bytes):
        data = data.decode("latin-1")
    # Blanks as well: a path with some could forge the fields behind it.
    return data.encode("unicode_escape").decode("ascii").replace(" ", "\\x20")


def access(peer: str, head: Head, outcome: str, sent: int, seconds: float) -> None:
    """`127.0.0.1 GET /path 200 1234B 0.8ms`: what was sent, not what was meant."""
    if logger.isEnabledFor(logging.INFO):
        request = escape(head.method), escape(head.target)
        logger.info("%s %s %s %s %dB %.1fms", peer, *request, outcome, sent, seconds * 1000)


def warn(message: str, *values: t.Any) -> None:
    """A line about the application or the machine; strings among the values are escaped."""
    # Numbers stay: "%d" wants them.
    safe = (escape(value) if isinstance(value, str) else value for value in values)
    logger.warning(message, *safe)

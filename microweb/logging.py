"""The application's logger: the standard library's, set up only as far as nobody else did.

The rule: *a library does not configure logging, an application without any must still be heard*. A
handler is added only if no handler of the logger or above it would show its messages.

Imported when ``app.logger`` is first touched: the standard library's logging costs more to import
than the rest of the framework, and an application that logs nothing shall not pay for it.
"""

from __future__ import annotations

import logging
import sys

from .globals import request
from .local import LocalProxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .app import Microweb


@LocalProxy
def wsgi_errors_stream() -> t.TextIO:
    """Where errors are written now: the server's ``wsgi.errors`` during a request, else stderr.

    For handlers of your own; in a logging configuration the module's name behind ``ext://`` finds
    it.
    """
    if request:
        return request.environ["wsgi.errors"]  # type: ignore[no-any-return]
    return sys.stderr


def has_level_handler(logger: logging.Logger) -> bool:
    """Whether some handler of *logger*, or above it, shows messages of its effective level."""
    level = logger.getEffectiveLevel()
    current: logging.Logger | None = logger
    while current:
        if any(handler.level <= level for handler in current.handlers):
            return True
        current = current.parent if current.propagate else None
    return False


#: The handler that is added if there is none, so that ``removeHandler`` can name it.
default_handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore
default_handler.setFormatter(logging.Formatter("[%(asctime)s] %(levelname)s in %(module)s: %(message)s"))


def create_logger(app: Microweb) -> logging.Logger:
    """The logger named as the application, or by LOGGER_NAME; in debug mode at level DEBUG unless it
    has a level.
    """
    logger = logging.getLogger(app.config.get("LOGGER_NAME") or app.name)
    if app.debug and not logger.level:
        logger.setLevel(logging.DEBUG)
    if not has_level_handler(logger):
        logger.addHandler(default_handler)
    return logger

"""Names that only the alias layer needs: private parts of the peers which extensions use."""

from __future__ import annotations

import os
import sys

from ..exceptions import SecurityError
from ..globals import top_app_context, top_request_context
from ..http import caching, properties, urls
from ..http.datastructures import ImmutableDict
from ..http.request import RequestHeaders
from ..http.response import Response
from ..markup import escape
from ..routing.map import Map
from .modules import PEERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class _ContextView:
    """What Flask keeps in a ContextVar of its own, read from our one context stack."""

    def __init__(self, read: t.Callable[[], t.Any]) -> None:
        self._read = read

    def get(self, *default: t.Any) -> t.Any:
        """The context on top, or the default, or LookupError."""
        context = self._read()
        if context is None and not default:
            raise LookupError(self)
        return default[0] if context is None else context


_cv_app = _ContextView(top_app_context)
_cv_request = _ContextView(top_request_context)


def _log(type: str, message: str, *args: t.Any, **kwargs: t.Any) -> None:
    """Log to the ``werkzeug`` logger, which shows INFO on stderr when nothing was set up."""
    import logging

    logger = logging.getLogger("werkzeug")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())
    getattr(logger, type)(message.rstrip(), *args, **kwargs)


def _escape_inner(s: str, /) -> str:
    """The escaped text of a string, not yet marked as safe."""
    return str(escape(s))


def get_host(scheme: str, host_header: str | None, server: t.Any = None, trusted_hosts: t.Any = None) -> str:
    """``urls.get_host``, with an empty name instead of an error for what is no host at all."""
    try:
        return urls.get_host(scheme, host_header, server, trusted_hosts)
    except SecurityError:
        if trusted_hosts:
            raise
        return ""


def get_machine_id() -> bytes:
    """What tells this machine from others; our debugger's PIN is random instead of made from it."""
    import uuid

    return uuid.getnode().to_bytes(6, "big")


def clear_caches() -> None:
    """Forget the environments and lexers that are kept for templates made without one."""
    from ..templates.lexer import _lexers
    from ..templates.template import get_spontaneous_environment

    get_spontaneous_environment.cache_clear()
    _lexers.cache_clear()


class cached_property(properties.cached_property):  # type: ignore[type-arg]  # noqa: N801
    """The one of `properties`, for programs: to delete a value that is not there is a KeyError, as Werkzeug
    has it, and a slot can be assigned. Ours does without these two, for they make each access a call."""

    __name__: str
    __class_getitem__ = classmethod(lambda cls, item: cls)  # cached_property[int], in annotations

    def __set__(self, obj: t.Any, value: t.Any) -> None:
        if hasattr(obj, "__dict__"):
            obj.__dict__[self.__name__] = value
        else:
            setattr(obj, f"_cache_{self.__name__}", value)

    def __delete__(self, obj: t.Any) -> None:
        if hasattr(obj, "__dict__"):
            del obj.__dict__[self.__name__]
        else:
            delattr(obj, f"_cache_{self.__name__}")


def show_server_banner(debug: bool, app_import_path: str | None) -> None:
    """Nothing: the server says one line, to its log. Programs replace this to silence it."""


def launch(url: str, wait: bool = False, locate: bool = False) -> int:
    """Show a page in the browser; the exit status of a command that did it."""
    import webbrowser

    return int(not webbrowser.open(url))


class BytecodeCache:
    """Taken as ``Environment(bytecode_cache=...)`` and left empty: compiled templates stay in memory."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None: ...

    def clear(self) -> None:
        """Nothing was kept."""


_PARTS = ("scheme", "server", "root_path", "path", "query_string", "headers", "remote_addr")


class SansIORequest(RequestHeaders):
    """A request given by its parts, without an environ and without a body.

    After the method come `scheme`, `server`, `root_path`, `path`, `query_string`, `headers` and
    `remote_addr`, in this order or by name.
    """

    def __init__(self, method: str, *parts: t.Any, **named: t.Any) -> None:
        self.method = method.upper()
        given = {**dict(zip(_PARTS, parts)), **named}
        given["root_path"] = given["root_path"].rstrip("/")
        given["path"] = "/" + given["path"].lstrip("/")
        self.__dict__.update(given)


class SansIOResponse(Response):
    """A response without a body: status, headers, mimetype and content type."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(None, *args, **kwargs)


def is_resource_modified(**arguments: t.Any) -> bool:
    """``caching.is_resource_modified`` of headers given by name, ``http_if_match`` and so on."""
    environ = {name.upper(): arguments.pop(name) for name in [*arguments] if name[:5] == "http_"}
    return caching.is_resource_modified(environ, **arguments)


# Routing stands below the multi dicts and makes do with a mapping proxy; programs that were written
# for Werkzeug may ask for its type.
Map.default_converters = ImmutableDict(Map.default_converters)


def open_if_exists(filename: str, mode: str = "rb") -> t.Any:
    """The open file, or None when there is none."""
    return open(filename, mode) if os.path.isfile(filename) else None


def pformat(obj: t.Any) -> str:
    """``pprint.pformat``."""
    from pprint import pformat

    return pformat(obj)


def get_version(ctx: t.Any, param: t.Any, value: t.Any) -> None:
    """``flask --version``: the versions whose behaviour programs may rely on."""
    if value and not ctx.resilient_parsing:
        python = sys.version.partition(" ")[0]
        print(f"Python {python}\nFlask {PEERS['flask'][1]}\nWerkzeug {PEERS['werkzeug'][1]}")
        ctx.exit()


def main(argv: t.Sequence[str] | None = None) -> int:
    """``python -m flask``, the program whose ``--version`` is Flask's; the exit status."""
    from ..cli import script
    from ..cli.main import main

    script.version_option.callback = get_version
    return main(argv)

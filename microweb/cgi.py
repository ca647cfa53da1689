"""A CGI program: one request from the environment and stdin, its answer on stdout (RFC 3875).

The rule: *stdout carries the answer and nothing else*. What the application, C code or a child process
prints goes to stderr, which web servers write to their error log; a stray word before the headers would be
an answer that no server understands.

    #!/usr/bin/env python3
    from microweb.cgi import run
    from wsgi import application

    run(application)

The rest are the quarrels of web servers over what SCRIPT_NAME and PATH_INFO are.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from wsgiref.handlers import BaseCGIHandler, read_environ

from .exceptions import ClientDisconnected
from .http.urls import url_unquote
from .http.wsgi import CHUNK, LimitedStream, get_content_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_BY_HAND = """\
This is a CGI program: a web server starts it for each request. By hand:

    REQUEST_METHOD=GET PATH_INFO=/ SERVER_NAME=localhost SERVER_PORT=80 SERVER_PROTOCOL=HTTP/1.1 {}"""


class _Handler(BaseCGIHandler):
    """Sends ``Status:``, the headers, the body; errors go to stderr, and a 500 to the visitor."""

    wsgi_run_once = True
    # The base class would mix in what it read when it was imported.
    os_environ: dict[str, str] = {}


def run(app: t.Any, root: str | None = None) -> None:
    """Answer the request that a web server started this process for.

    :param app: any WSGI application.
    :param root: where visitors see the application, without a slash at the end, if that is not where the
        script lies: ``""`` if the server rewrites every URL to it. The path is then what was asked for.
    """
    if "REQUEST_METHOD" not in os.environ:
        raise SystemExit(_BY_HAND.format(sys.argv[0]))
    environ = repaired(read_environ(), root)
    # The header "Proxy" is no setting for this program's own requests (CVE-2016-5385).
    os.environ.pop("HTTP_PROXY", None)
    stdin: t.Any = sys.stdin.buffer
    # Nothing lies behind the length, and the server need not close the pipe (RFC 3875, 4.2).
    if "wsgi.input_terminated" not in environ:
        stdin = LimitedStream(stdin, get_content_length(environ) or 0)
    with _answer() as stdout:
        _Handler(stdin, stdout, sys.stderr, environ, multithread=False, multiprocess=True).run(app)
    # Apache gives up a program that ends before it has heard everything, and its answer with it.
    with suppress(ClientDisconnected):
        while stdin.read(CHUNK):
            pass


def repaired(environ: dict[str, t.Any], root: str | None = None) -> dict[str, t.Any]:
    """The variables of a request as PEP 3333 wants them, whichever server set them."""
    script, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    if root is not None:
        asked = _asked_path(environ)
        script, path = root, asked[len(root) :] if asked and asked.startswith(root) else path
    elif path.startswith(f"{script}/") and environ.get("SERVER_SOFTWARE", "").startswith("Microsoft-IIS"):
        path = path[
            len(script) :
        ]  # unless told otherwise (allowPathInfoForScriptMappings), it repeats the script
    if script.endswith("/"):  # a script for the whole site
        script, path = script[:-1], f"/{path.lstrip('/')}"
    environ.update(SCRIPT_NAME=script, PATH_INFO=path)
    # Apache keeps passwords from programs, except where a rewrite rule hands them on by this name.
    if "REDIRECT_HTTP_AUTHORIZATION" in environ:
        environ.setdefault("HTTP_AUTHORIZATION", environ["REDIRECT_HTTP_AUTHORIZATION"])
    # There is no length then; the server has undone the chunks, and closes stdin at the end.
    if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
        environ["wsgi.input_terminated"] = True
    return environ


def _asked_path(environ: dict[str, t.Any]) -> str:
    """The path that the visitor asked for, as WSGI spells it; empty if the server does not tell."""
    path = environ.get("REQUEST_URI", "").partition("?")[0]
    if "://" in path:  # a whole URL, as a proxy is asked
        path = f"/{path.partition('://')[2].partition('/')[2]}"
    return url_unquote(os.fsencode(path).decode("latin-1"), "latin-1")


@contextmanager
def _answer() -> t.Iterator[t.BinaryIO]:
    """The pipe to the web server; meanwhile descriptor 1, and `sys.stdout`, are stderr."""
    printed, descriptor = sys.stdout, os.dup(1)
    printed.flush()
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as stdout:
            yield stdout
    finally:
        sys.stdout = printed
        os.dup2(descriptor, 1)
        os.close(descriptor)

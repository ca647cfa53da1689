"""``trace``: serve one request to an application, and show the way it takes."""

from __future__ import annotations

import os
import sys
from io import StringIO

from ..http.builder import EnvironBuilder
from ..globals import current_app
from .decorators import argument, command, option
from .exceptions import UsageError
from .observer import Observer
from .routes import verdicts
from .script import with_appcontext
from .terminal import echo
from .types import Choice, File

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb

    Report = dict[str, t.Any]

#: Values that are another person's key; a trace is made to be shown around.
_SECRET = {"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_PROXY_AUTHORIZATION"}
_HEAVY = 10  # a step that takes this share of a request or more is worth a look


@command("trace", short_help="Serve one request, and show its whole way through the application.")
@option("--header", "-H", multiple=True, metavar="'NAME: VALUE'", help="A header of the request.")
@option("--data", "-d", multiple=True, metavar="DATA", help="A body, as curl's: the method is POST, then.")
@option(
    "--form", "-F", multiple=True, metavar="NAME=VALUE", help="A field of a form; NAME=@FILE uploads one."
)
@option("--json", "as_json", metavar="JSON", help="A body of JSON.")
@option("--cookie", "-b", metavar="COOKIES", help="The Cookie header.")
@option("--format", "form_of", type=Choice(("text", "json", "html")), default="text", show_default=True)
@option("--output", "-o", type=File("w", encoding="utf-8", lazy=True), default="-", help="A file instead.")
@option("--every", is_flag=True, help="Every function of the framework, not only the steps.")
@argument("method_and_url", nargs=-1, required=True, metavar="[METHOD] URL")
@with_appcontext
def trace_command(
    method_and_url: tuple[str, ...], form_of: str, output: t.Any, every: bool, **sent: t.Any
) -> None:
    """Serve one request to the application, in this process, and show its way: environ, routing, contexts, hooks,
    view, templates, signals, session, response, teardown; nested by call, with times.

    The request is given as with curl:

    trace POST /login -d user=ada -H 'Accept: text/html'
    """
    *method, url = method_and_url
    if len(method) > 1 or not url.startswith(("/", "http://", "https://")):
        raise UsageError(f"Give a method and a URL, such as GET /, instead of {' '.join(method_and_url)!r}.")
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    environ = build_environ(url, method[0].upper() if method else None, **sent)
    report = trace(app, environ, every)
    output.write(FORMATS[form_of](report))


def build_environ(
    url: str,
    method: str | None,
    header: t.Sequence[str] = (),
    data: t.Sequence[str] = (),
    form: t.Sequence[str] = (),
    as_json: str | None = None,
    cookie: str | None = None,
) -> dict[str, t.Any]:
    """The environ of a request that is given as with curl."""
    headers = [_split(line, ":", "--header 'NAME: VALUE'") for line in header]
    options: dict[str, t.Any] = {"headers": headers, "errors_stream": sys.stderr}
    if cookie is not None:
        headers.append(("Cookie", cookie))
    if as_json is not None:
        options.update(data=as_json, content_type="application/json")
    elif form:
        options["data"] = _fields(form)
        options["content_type"] = "multipart/form-data"
    elif data:
        options["data"] = "&".join(data)
        if not any(name.lower() == "content-type" for name, _ in headers):
            options["content_type"] = "application/x-www-form-urlencoded"
    method = method or ("POST" if "data" in options else "GET")
    with_base = {} if url.startswith("/") else {"base_url": "/".join(url.split("/", 3)[:3])}
    path = url if url.startswith("/") else "/" + url.split("/", 3)[3:][0] if url.count("/") > 2 else "/"
    builder = EnvironBuilder(path=path, method=method, **with_base, **options)
    try:
        return builder.get_environ()
    finally:
        builder.close()

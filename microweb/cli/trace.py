"""``trace``: serve one request to an application, and show the way it takes."""

from __future__ import annotations

from contextlib import closing

from ..testing import AppEnvironBuilder
from .decorators import argument, command, option
from .exceptions import UsageError
from .report import FORMATS, trace
from .script import ScriptInfo, pass_script_info
from .terminal import echo
from .types import Choice, File

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from ..app import Microweb


@command("trace")
@option("--request", "-X", metavar="METHOD", help="The method, which may as well stand before the URL.")
@option("--header", "-H", multiple=True, metavar="'NAME: VALUE'", help="A header of the request.")
@option("--data", "-d", multiple=True, metavar="DATA", help="A body, as curl's, or @FILE with it; by POST.")
@option("--form", "-F", multiple=True, metavar="NAME=VALUE", help="A form's field; NAME=@FILE uploads one.")
@option("--json", "as_json", metavar="JSON", help="A body of JSON.")
@option("--cookie", "-b", metavar="COOKIES", help="The Cookie header.")
@option("--format", type=Choice(FORMATS), default="text", show_default=True)
@option("--output", "-o", type=File("w", encoding="utf-8"), default="-", help="A file instead.")
@option("--every", is_flag=True, help="Every function of the framework, not only the steps.")
@argument("method_and_url", nargs=-1, required=True, metavar="[METHOD] URL")
@pass_script_info
def trace_command(info: ScriptInfo, /, method_and_url: tuple[str, ...], **given: t.Any) -> None:
    """Serve one request to the application, in this process, and show its way: environ, routing, contexts,
    hooks, view, templates, signals, session, response, teardown; nested by call, with times.

    The request is given as with curl:

    trace POST /login -d user=ada -H 'Accept: text/html'
    """
    request, form_of, output, every = (given.pop(each) for each in ("request", "format", "output", "every"))
    *method, url = words = [*filter(None, [request]), *method_and_url]
    if len(method) > 1 or not url.startswith(("/", "http://", "https://")):
        raise UsageError(f"Give a method and a URL, such as GET /, instead of {' '.join(words)!r}.")
    app = info.load_app()
    try:
        environ = build_environ(app, url, method[0].upper() if method else None, **given)
    except ValueError as error:
        raise UsageError(f"That makes no request: {error}") from None
    echo(FORMATS[form_of](trace(app, environ, every)), output, nl=False)


def build_environ(
    app: Microweb,
    url: str,
    method: str | None,
    header: t.Sequence[str] = (),
    data: t.Sequence[str] = (),
    form: t.Sequence[str] = (),
    as_json: str | None = None,
    cookie: str | None = None,
) -> dict[str, t.Any]:
    """The environ of a request that is given as with curl."""
    headers = [_split(line, ":", "-H 'NAME: VALUE'") for line in header]
    headers += [("Cookie", cookie)] if cookie is not None else []
    bodies: list[tuple[t.Any, str]] = [
        (as_json, "application/json"),
        (_fields(form) or None, "multipart/form-data"),
        (b"&".join(map(_body, data)) if data else None, "application/x-www-form-urlencoded"),
    ]
    body, content_type = next((pair for pair in bodies if pair[0] is not None), (None, None))
    if any(name.lower() == "content-type" for name, _ in headers):
        content_type = None
    method = method or ("GET" if body is None else "POST")
    with closing(
        AppEnvironBuilder(app, url, method=method, headers=headers, data=body, content_type=content_type)
    ) as builder:
        return builder.get_environ()


def _body(text: str) -> bytes:
    if text[:1] != "@":
        return text.encode()
    with File("rb")(text[1:]) as file:
        return bytes(file.read())


def _fields(form: t.Sequence[str]) -> dict[str, list[t.Any]]:
    """The fields of a form; ``name=@file`` is an upload."""
    fields: dict[str, list[t.Any]] = {}
    for pair in form:
        name, value = _split(pair, "=", "-F NAME=VALUE")
        fields.setdefault(name, []).append(File("rb")(value[1:]) if value[:1] == "@" else value)
    return fields


def _split(text: str, sign: str, wanted: str) -> tuple[str, str]:
    name, found, value = text.partition(sign)
    if not found:
        raise UsageError(f"{text!r} has no {sign!r}; give it as {wanted}.")
    return name.strip(), value.strip()

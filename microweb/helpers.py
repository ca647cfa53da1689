"""What views call: thin functions over the current application, request and session.

Each one finds what is current and hands over: to the application where extensions may have
replaced a method (``url_for``, ``make_response``, ``redirect``), to a part where they may not.
"""

from __future__ import annotations

import os
from functools import update_wrapper

from .ctx import _require_request_context
from .exceptions import abort as _abort
from .globals import _contexts, _find_app, _find_request_context, _find_session, current_app, g, request
from .http.redirects import redirect as _redirect
from .signals import message_flashed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from .http.response import Response as ResponseBase
    from .wrappers import Response

_FALSE_FLAGS = {"0", "false", "no"}


def _flag(*names: str) -> str:
    """The first of the environment variables that is set; MICROWEB_* goes before FLASK_*."""
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def get_debug_flag() -> bool:
    """Whether MICROWEB_DEBUG (else FLASK_DEBUG) switches debug mode on."""
    value = _flag("MICROWEB_DEBUG", "FLASK_DEBUG")
    return bool(value) and value.lower() not in _FALSE_FLAGS


def get_load_dotenv(default: bool = True) -> bool:
    """Whether .env files are read: not if MICROWEB_SKIP_DOTENV (else FLASK_SKIP_DOTENV) is set."""
    value = _flag("MICROWEB_SKIP_DOTENV", "FLASK_SKIP_DOTENV")
    return value.lower() in _FALSE_FLAGS if value else default


def make_response(*args: t.Any) -> Response:
    """The response that returning these from a view would make, to be changed further.

    Example: ``response = make_response(render_template("index.html"), 404)``.
    """
    if not args:
        return current_app.response_class()
    return current_app.make_response(args[0] if len(args) == 1 else args)


def url_for(
    endpoint: str,
    *,
    _anchor: str | None = None,
    _method: str | None = None,
    _scheme: str | None = None,
    _external: bool | None = None,
    **values: t.Any,
) -> str:
    """The URL of an endpoint; see ``Microweb.url_for``."""
    return _find_app().url_for(
        endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
    )


def redirect(location: str, code: int = 302, Response: type[ResponseBase] | None = None) -> ResponseBase:
    """A response that sends the client to ``location``."""
    if current_app:
        return current_app.redirect(location, code=code)
    return _redirect(location, code=code, Response=Response)


def abort(code: int | ResponseBase, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
    """Raise the HTTPException of a status code, or one that answers with a response."""
    if current_app:
        current_app.aborter(code, *args, **kwargs)
    _abort(code, *args, **kwargs)


def get_template_attribute(template_name: str, attribute: str) -> t.Any:
    """A macro or variable that a template exports, for use in Python."""
    return getattr(current_app.jinja_env.get_template(template_name).module, attribute)


# -- flashed messages


def flash(message: str, category: str = "message") -> None:
    """Keep a message in the session, for the next request to show."""
    session = _find_session()
    flashes = session.get("_flashes", [])
    flashes.append((category, message))
    # Stored again, not only appended to: that is what marks the session as modified.
    session["_flashes"] = flashes
    if message_flashed.receivers:
        app = _find_app()
        message_flashed.send(app, _async_wrapper=app.ensure_sync, message=message, category=category)


def get_flashed_messages(with_categories: bool = False, category_filter: t.Iterable[str] = ()) -> list[t.Any]:
    """The messages flashed before; the same ones throughout a request.

    A list of texts, or of ``(category, text)``; only of some categories if a filter is given.
    """
    context = _find_request_context()
    flashes = context.flashes
    if flashes is None:
        session = context.session
        flashes = context.flashes = session.pop("_flashes") if "_flashes" in session else []
    if category_filter:
        flashes = [pair for pair in flashes if pair[0] in category_filter]
    return flashes if with_categories else [pair[1] for pair in flashes]


# -- streams and files


def stream_with_context(generator_or_function: t.Any) -> t.Any:
    """Keep the request context for a generator that the server iterates after the view is done.

    Takes the generator, or decorates the function that makes it. Teardown functions wait until
    the stream is exhausted or closed.
    """
    try:
        stream = iter(generator_or_function)
    except TypeError:

        def decorator(*args: t.Any, **kwargs: t.Any) -> t.Any:
            return stream_with_context(generator_or_function(*args, **kwargs))

        return update_wrapper(decorator, generator_or_function)
    wrapped = _in_context(stream)
    # Runs up to the bare yield: from here on the context is held, and close() reaches the end.
    next(wrapped)
    return wrapped


def _in_context(stream: t.Iterator[t.Any]) -> t.Iterator[t.Any]:
    context = _require_request_context("stream_with_context")
    context.hold()
    try:
        yield None
    except GeneratorExit:
        _close(stream)
        context.release()
        raise
    # Both, and not only the request's, which would bring the other along: who else keeps the two
    # (the test client does) may let go of them before the stream does, or after it.
    with context.app_ctx, context:
        try:
            yield from stream
        finally:
            _close(stream)
            context.release()


def _close(stream: t.Any) -> None:
    close = getattr(stream, "close", None)
    if close is not None:
        close()


def _send_file_options(options: dict[str, t.Any]) -> dict[str, t.Any]:
    """What ``files.send_file`` wants to know, from the current application and request."""
    app = _find_app()
    if options.get("max_age") is None:
        options["max_age"] = app.get_send_file_max_age
    options.update(
        environ=request.environ,
        use_x_sendfile=app.config["USE_X_SENDFILE"],
        response_class=app.response_class,
        _root_path=app.root_path,
    )
    return options


def send_file(
    path_or_file: os.PathLike[t.Any] | str | t.IO[bytes],
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: bool | str = True,
    last_modified: datetime | int | float | None = None,
    max_age: int | t.Callable[[str | None], int | None] | None = None,
) -> Response:
    """Send a file to the client; see ``files.send_file``. Never pass it a path from a user."""
    from .files import send_file as send

    options = _send_file_options(
        {
            "mimetype": mimetype,
            "as_attachment": as_attachment,
            "download_name": download_name,
            "conditional": conditional,
            "etag": etag,
            "last_modified": last_modified,
            "max_age": max_age,
        }
    )
    return send(path_or_file, **options)  # type: ignore[return-value]


def send_from_directory(
    directory: os.PathLike[str] | str, path: os.PathLike[str] | str, **kwargs: t.Any
) -> Response:
    """Send a file from below a directory; a path that leads out of it is a 404."""
    from .files import send_from_directory as send

    options = _send_file_options(kwargs)
    return send(directory, path, **options)  # type: ignore[return-value]


def _default_template_ctx_processor() -> dict[str, t.Any]:
    """``g`` and ``request`` as the objects themselves: templates reach them without a proxy.

    Not the session: reaching it through the proxy is what marks it as accessed.
    """
    names: dict[str, t.Any] = {}
    app_context, request_context = _contexts.get()
    if request_context is not None:
        names["request"] = request_context.request
        app_context = app_context or request_context._app_ctx
        # Not made yet: most templates do not look at it, and then it need not be torn down either.
        names["g"] = g
    if app_context is not None:
        names["g"] = app_context.g
    return names

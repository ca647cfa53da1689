"""The names that point at whatever is being served right now: current_app, g, request, session.

One ContextVar holds the top of both context stacks as a pair ``(app context, request context)``.
Pushing stores the token, popping resets it, so the pairs below are the stack; threads, greenlets
and asyncio tasks each see their own because that is what a ContextVar does.

The first of the pair is None while a request runs in the application context that it brought
along: that one is only made when somebody asks for it (``RequestContext.app_ctx``), since most
requests never touch ``g``.
"""

from __future__ import annotations

from contextvars import ContextVar

from . import json
from .local import LocalProxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .app import Microweb
    from .ctx import AppContext, RequestContext, _AppCtxGlobals
    from .json.provider import JSONProvider
    from .sessions import SessionMixin
    from .wrappers import Request

    Contexts = tuple[t.Optional[AppContext], t.Optional[RequestContext]]

#: What the variable holds where nothing was pushed. Kept as one object, so that ``is`` tells it.
NO_CONTEXTS: Contexts = (None, None)

_contexts: ContextVar[Contexts] = ContextVar("microweb.contexts", default=NO_CONTEXTS)

_NO_APP = """\
Working outside of application context.

This typically means that you attempted to use functionality that needed
the current application. To solve this, set up an application context:

    with app.app_context():
        ...\
"""

_NO_REQUEST = """\
Working outside of request context.

This typically means that you attempted to use functionality that needed
an active HTTP request. In a test or a script, make one:

    with app.test_request_context("/path"):
        ...\
"""


def top_app_context() -> AppContext | None:
    """The application context on top, or None; the request's own is made if it was not yet."""
    app_context, request_context = _contexts.get()
    if app_context is not None or request_context is None:
        return app_context
    return request_context.app_ctx


def top_request_context() -> RequestContext | None:
    """The request context on top, or None."""
    return _contexts.get()[1]


def _find_app_context() -> AppContext:
    context = top_app_context()
    if context is None:
        raise RuntimeError(_NO_APP)
    return context


def top_app() -> Microweb | None:
    """The current application, or None: as ``current_app``, without the price of a proxy."""
    # Not through the application context: the application is known without making one.
    app_context, request_context = _contexts.get()
    context = request_context if app_context is None else app_context
    return None if context is None else context.app


def _find_app() -> Microweb:
    app = top_app()
    if app is None:
        raise RuntimeError(_NO_APP)
    return app


def _find_json() -> JSONProvider:
    # What top_app() does, without the call: a session is read and written by it in each request.
    app_context, request_context = _contexts.get()
    context = request_context if app_context is None else app_context
    return json._detached if context is None else context.app.json


def _find_g() -> _AppCtxGlobals:
    return _find_app_context().g


def _find_request_context() -> RequestContext:
    context = _contexts.get()[1]
    if context is None:
        raise RuntimeError(_NO_REQUEST)
    return context


def _find_request() -> Request:
    context = _contexts.get()[1]
    if context is None:
        raise RuntimeError(_NO_REQUEST)
    return context.request


def _find_session() -> SessionMixin:
    context = _contexts.get()[1]
    if context is None:
        raise RuntimeError(_NO_REQUEST)
    session = context._opened_session
    if session is None:
        session = context._session
    session.accessed = True  # as context.session does: this is asked for each look at a session
    return session


app_ctx: AppContext = LocalProxy(_find_app_context)  # type: ignore[assignment]
current_app: Microweb = LocalProxy(_find_app)  # type: ignore[assignment]
g: _AppCtxGlobals = LocalProxy(_find_g)  # type: ignore[assignment]
request_ctx: RequestContext = LocalProxy(_find_request_context)  # type: ignore[assignment]
request: Request = LocalProxy(_find_request)  # type: ignore[assignment]
session: SessionMixin = LocalProxy(_find_session)  # type: ignore[assignment]

# ``json.dumps`` and its kin write as the current application does; json lies below the contexts.
json._current_provider = _find_json

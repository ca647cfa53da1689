"""The two contexts and their stack: what ``current_app``, ``g``, ``request`` and ``session`` mean.

An application context makes an application and its ``g`` current; a request context makes a
request current, and brings an application context along if the one on top is not its
application's. Both are pushed, popped and used with ``with``; the pair on top lies in
``globals._contexts``.

Pushing a request context binds it, opens the session where the interface wants that, and matches
the URL. What a request may never need - its application context, its URL adapter, its session -
is made at first use, so that a plain request does not pay for it. Popping runs the teardown
functions; all of them run, whatever one of them raises.
"""

from __future__ import annotations

import sys
from functools import update_wrapper

from .exceptions import HTTPException, NotFound
from .globals import NO_CONTEXTS, _contexts, top_app_context, top_request_context
from .http.properties import cached_property
from .http.urls import accepted_hosts
from .routing.map import NO_PATHS
from .signals import appcontext_popped, appcontext_pushed, appcontext_tearing_down, request_tearing_down

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from contextvars import Token
    from types import TracebackType

    from . import typing as ft
    from .app import Microweb
    from .globals import Contexts
    from .routing.map import MapAdapter
    from .routing.rules import Rule
    from .sessions import SessionMixin
    from .wrappers import Request

    F = t.TypeVar("F", bound=t.Callable[..., t.Any])
    Self = t.TypeVar("Self", bound="_Context")

#: Tells "no argument" from None.
_sentinel: t.Any = object()


class _AppCtxGlobals:
    """A plain object as ``g``: a namespace for one application context, with a dict's manners."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> t.Any: ...
        def __setattr__(self, name: str, value: t.Any) -> None: ...
        def __delattr__(self, name: str) -> None: ...

    def get(self, name: str, default: t.Any = None) -> t.Any:
        """The attribute ``name``, or ``default``."""
        return self.__dict__.get(name, default)

    def pop(self, name: str, default: t.Any = _sentinel) -> t.Any:
        """Remove the attribute ``name`` and return it; KeyError without it and a default."""
        if default is _sentinel:
            return self.__dict__.pop(name)
        return self.__dict__.pop(name, default)

    def setdefault(self, name: str, default: t.Any = None) -> t.Any:
        """The attribute ``name``, set to ``default`` if it was not there."""
        return self.__dict__.setdefault(name, default)

    def __contains__(self, item: str) -> bool:
        return item in self.__dict__

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.__dict__)

    def __repr__(self) -> str:
        context = top_app_context()
        if context is None:
            return object.__repr__(self)
        return f"<{type(context.app).__name__.lower()}.g of {context.app.name!r}>"


class _Context:
    """What can be pushed and popped serves ``with``: it is popped with the error that ended the block."""

    if TYPE_CHECKING:

        def push(self) -> None: ...
        def pop(self, exc: BaseException | None = _sentinel) -> None: ...

    def __enter__(self: Self) -> Self:
        self.push()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.pop(exc_value)


def _set_top(app_context: AppContext | None, request_context: RequestContext | None) -> None:
    """Put together what was pushed in turns: each side of the pair is a stack of its own, as in Flask, and
    an application context may end before a request that only shares it (a test client's block within it)."""
    pair = (app_context, request_context)
    _contexts.set(NO_CONTEXTS if pair == NO_CONTEXTS else pair)


class AppContext(_Context):
    """Makes an application current. Made by ``app.app_context()``, and by request contexts."""

    def __init__(self, app: Microweb) -> None:
        self.app = app
        self._tokens: list[Token[Contexts]] = []

    @cached_property
    def g(self) -> _AppCtxGlobals:
        """The namespace that lives as long as this context."""
        return self.app.app_ctx_globals_class()

    @cached_property
    def url_adapter(self) -> MapAdapter | None:
        """Builds URLs outside a request, where SERVER_NAME says for which host."""
        return self.app.create_url_adapter(None)

    def push(self) -> None:
        """Make this the current application context."""
        self._tokens.append(_contexts.set((self, _contexts.get()[1])))
        self._announce()

    def _announce(self) -> None:
        if appcontext_pushed.receivers:
            appcontext_pushed.send(self.app, _async_wrapper=self.app.ensure_sync)

    def pop(self, exc: BaseException | None = _sentinel) -> None:
        """Tear down, with the exception that ended the context, and unbind."""
        if not self._tokens:
            raise AssertionError(f"{self!r} is popped, but it was not pushed.")
        try:
            if len(self._tokens) == 1:
                self.app.do_teardown_appcontext(sys.exc_info()[1] if exc is _sentinel else exc)
        finally:
            popped, request_context = _contexts.get()
            _contexts.reset(self._tokens.pop())
            if request_context is not _contexts.get()[1]:
                _set_top(_contexts.get()[0], request_context)
        if popped is not self:
            raise AssertionError(f"Popped wrong app context. ({popped!r} instead of {self!r})")
        if appcontext_popped.receivers:
            appcontext_popped.send(self.app, _async_wrapper=self.app.ensure_sync)


class RequestContext(_Context):
    """Makes a request current: made by ``app.request_context(environ)`` for each request.

    ``match_request`` may be overridden to hook into the matching of the URL.
    """

    flashes: list[tuple[str, str]] | None = None
    _url_adapter: t.Any = _sentinel
    #: What ``url_for`` asks first; see ``UrlBuilding._plain_paths``.
    paths: t.Any = None
    #: Whether ``_app_ctx`` was on top already when this context was pushed; then it is not ours to end.
    _shares_app_ctx = False

    def __init__(
        self,
        app: Microweb,
        environ: dict[str, t.Any],
        request: Request | None = None,
        session: SessionMixin | None = None,
    ) -> None:
        self.app = app
        self.environ = environ
        self._request = request
        #: What the URL map made of the path at once: a rule and its arguments.
        self.matched: tuple[Rule, dict[str, t.Any]] | None = None
        self._opened_session = session
        self._app_ctx: AppContext | None = None
        self._after_request_functions: t.Sequence[ft.AfterRequestCallable] = ()
        #: A linked stack of tokens: a context may be pushed again while it is current.
        self._pushes: tuple[Token[Contexts], t.Any] | None = None
        #: Whether there is something to do with the response: functions to call, a session to save.
        self.needs_processing = "HTTP_COOKIE" in environ or session is not None
        #: How many streams keep the context from being torn down.
        self._holds = 0

    # -- what is made at first use

    @property
    def request(self) -> Request:
        """The request; made when somebody first looks at it."""
        request = self._request
        if request is None:
            request = self._request = self.app.request_class(self.environ)
            if self.matched is not None:
                request.url_rule, request.view_args = self.matched
                # From now on the request says what matched: it may be changed.
                self.matched = None
        return request

    @request.setter
    def request(self, request: Request) -> None:
        self._request = request

    @property
    def app_ctx(self) -> AppContext:
        """The application context that this request runs in."""
        context = self._app_ctx
        if context is None:
            context = self._app_ctx = self.app.app_context()
        return context

    @property
    def url_adapter(self) -> MapAdapter | None:
        """The URL map bound to this request; None if the request's host is refused."""
        if self._url_adapter is _sentinel:
            self.url_adapter = None
            try:
                self.url_adapter = self.app.create_url_adapter(self.request)
            except HTTPException as error:
                self.request.routing_exception = error
        return self._url_adapter  # type: ignore[no-any-return]

    @url_adapter.setter
    def url_adapter(self, adapter: MapAdapter | None) -> None:
        self._url_adapter = adapter
        self.paths = NO_PATHS  # it is asked from now on: it may be of another make

    @property
    def _session(self) -> SessionMixin:
        """The session, without noting that somebody looked at it."""
        session = self._opened_session
        if session is None:
            interface = self.app.session_interface
            session = interface.open_session(self.app, self.request)
            if session is None:
                session = interface.make_null_session(self.app)
            # As the setter does, without the call.
            self._opened_session, self.needs_processing = session, True
        return session

    @_session.setter
    def _session(self, session: SessionMixin) -> None:
        self._opened_session = session
        self.needs_processing = True

    @property
    def session(self) -> SessionMixin:
        """The session; looking at it makes the response vary by cookie."""
        session = self._session
        session.accessed = True
        return session

    # -- push and pop

    def push(self) -> None:
        """Bind the context, open the session if its interface opens early, match the URL."""
        below = _contexts.get()
        if below is not NO_CONTEXTS or appcontext_pushed.receivers:
            token = self._bind_above(below)
        else:
            token = _contexts.set((None, self))
        self._pushes = (token, self._pushes)
        app = self.app
        if not app.session_interface.opens_lazily:
            _ = self._session
        # The request is there already if it was given to this context; it is made at once if its
        # class may count on that.
        early = app.takes_every_step or self._request is not None
        if not early or self.request.url_rule is None:
            self.match_request()

    def _bind_above(self, below: Contexts) -> Token[Contexts]:
        """Share the application context on top if it is of this application, else announce ours.

        As in Flask, who hears of a new application context sees it without the request.
        """
        top = top_app_context()
        if top is not None and top.app is self.app:
            if self._pushes is None and self._app_ctx is None:
                self._app_ctx, self._shares_app_ctx = top, True
            return _contexts.set((top, self))
        if appcontext_pushed.receivers:
            token = _contexts.set((self.app_ctx, below[1]))
            self.app_ctx._announce()
            _contexts.reset(token)
        return _contexts.set((None, self))

    def match_request(self) -> None:
        """Find the rule for the URL; what goes wrong is kept, and raised by the dispatch.

        The map answers at once for a request that needs nothing but its path and method. Whatever
        else plays a part - trusted hosts, subdomains, websockets, a redirect, a wrong method - is
        the URL adapter's business.
        """
        app, environ = self.app, self.environ
        if (
            environ.get("HTTP_HOST") in accepted_hosts
            and app.config["TRUSTED_HOSTS"] is None
            and "HTTP_UPGRADE" not in environ
            and not (app.subdomain_matching or app.overrides_url_adapter)
        ):
            path = environ.get("PATH_INFO", "")
            if not path.isascii():
                # PEP 3333: the bytes of the path, as latin-1.
                path = path.encode("latin-1", "replace").decode(errors="replace")
            found = app.url_map.find(path, environ["REQUEST_METHOD"])
            if found is not None:
                if self._request is None:
                    self.matched = found
                else:
                    self._request.url_rule, self._request.view_args = found
                return
            if app.url_map.lacks(path, environ["REQUEST_METHOD"]):
                self.request.routing_exception = NotFound()
                return
        self._match_exactly()

    def _match_exactly(self) -> None:
        request = self.request
        try:
            if self.url_adapter is not None:
                matched = self.url_adapter.match(return_rule=True)
                request.url_rule, request.view_args = matched
        except HTTPException as error:
            request.routing_exception = error

    def pop(self, exc: BaseException | None = _sentinel) -> None:
        """Run the teardown functions with the exception that ended the request, and unbind."""
        if self._pushes is None:
            raise AssertionError(f"{self!r} is popped, but it was not pushed.")
        token, rest = self._pushes
        app = self.app
        if exc is _sentinel:
            exc = sys.exc_info()[1]
        # The last pop tears down, unless a stream still needs the context.
        last = rest is None and not self._holds
        try:
            if last:
                if app.takes_every_step or app.teardown_request_funcs or request_tearing_down.receivers:
                    app.do_teardown_request(exc)
                request = self._request
                if request is not None and request.needs_close:
                    request.close()
        finally:
            app_context, popped = _contexts.get()
            _contexts.reset(token)
            if self._shares_app_ctx and app_context is not self._app_ctx:
                _set_top(app_context, _contexts.get()[1])
            self._pushes = rest
            if last and (
                self._app_ctx is not None
                or app.teardown_appcontext_funcs
                or app.takes_every_step
                or appcontext_tearing_down.receivers
                or appcontext_popped.receivers
            ):
                self._pop_app_context(exc)
        if popped is not self:
            raise AssertionError(f"Popped wrong request context. ({popped!r} instead of {self!r})")

    def _pop_app_context(self, exc: BaseException | None) -> None:
        """Let go of the application context; tear it down if it came with the request.

        The request is no longer current then, the application and its ``g`` still are. Whoever pushes
        this context again finds out anew which application context it runs in.
        """
        context, shared = self.app_ctx, self._shares_app_ctx
        self._app_ctx, self._shares_app_ctx = None, False
        if not shared:
            context._tokens.append(_contexts.set((context, _contexts.get()[1])))
            context.pop(exc)

    def hold(self) -> None:
        """Put teardown off: a stream goes on after the request was answered."""
        self._holds += 1

    def release(self) -> None:
        """The stream is done: tear down, unless another pop is still to come."""
        self._holds -= 1
        if self._pushes is None and not self._holds:
            with self:
                pass

    def copy(self) -> RequestContext:
        """A context with the same request and session, to be pushed in another greenlet."""
        # The session is opened for that: two contexts that open it would each have their own.
        return type(self)(self.app, environ=self.environ, request=self.request, session=self._session)

    def __repr__(self) -> str:
        request = self.request
        return f"<{type(self).__name__} {request.url!r} [{request.method}] of {self.app.name}>"


def has_request_context() -> bool:
    """Whether a request is current. ``bool(request)`` says the same."""
    return top_request_context() is not None


def has_app_context() -> bool:
    """Whether an application is current. ``bool(current_app)`` says the same."""
    return _contexts.get() is not NO_CONTEXTS


def _require_request_context(name: str) -> RequestContext:
    context = top_request_context()
    if context is None:
        raise RuntimeError(
            f"'{name}' can only be used when a request context is active, such as in a view function."
        )
    return context


def after_this_request(f: F) -> F:
    """Call ``f`` with the response of the current request; it returns that or another one."""
    context = _require_request_context("after_this_request")
    context._after_request_functions = [*context._after_request_functions, f]
    context.needs_processing = True
    return f


def copy_current_request_context(f: F) -> F:
    """Wrap ``f`` so that it runs in a copy of the request context that is current now.

    For greenlets and threads that outlive, or run beside, the function that starts them.
    """
    context = _require_request_context("copy_current_request_context").copy()

    def wrapper(*args: t.Any, **kwargs: t.Any) -> t.Any:
        with context:
            return context.app.ensure_sync(f)(*args, **kwargs)

    return update_wrapper(wrapper, f)  # type: ignore[return-value]

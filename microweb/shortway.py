"""The short way: what is left of a request when only its view has anything to do with it.

The long way (``app.full_dispatch_request``) takes every step for every request, and that is what
the framework promises. Most steps of most requests have nothing to do: no hook is registered, no
receiver listens, nobody opened the session, nobody wants to see the response. Then a request is
four steps: match, bind, call the view, answer; and they cost a third. Nobody can tell the
difference, which is the rule of this module: whatever could, sends the request the long way.

It could be told by steps that a subclass or an extension put in the place of ours; so these are
looked for when the first request comes (``settle``), and again when one is set on the application.
Tables of hooks and views change without notice, so they are looked at for each request.
"""

from __future__ import annotations

from .coroutines import is_coroutine_function
from .http.request import Request
from .signals import request_finished, request_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from . import typing as ft
    from .app import Microweb
    from .ctx import RequestContext
    from .wrappers import Response

#: The classes and objects that every request asks the application for.
_CHOICES = ("request_class", "response_class", "session_interface")
#: Methods that are answered without the view, or without its body.
_LONG_WAY_METHODS = {"HEAD", "OPTIONS"}
_STEPS = (
    "full_dispatch_request preprocess_request dispatch_request ensure_sync finalize_request"
    " make_response process_response do_teardown_request do_teardown_appcontext"
    " inject_url_defaults"
)


class ShortWay:
    """The application's part in it: whether there is a short way, and the way itself."""

    #: The steps that it leaves out, and the application's own functions for them.
    steps: dict[str, t.Any] = dict.fromkeys(_STEPS.split())

    #: True: there is no short way. Until the first request has come, and where steps were replaced.
    takes_every_step = True
    #: The Content-Type header of a view's text; see ``Response.plain_type``.
    plain_type: tuple[str, str] | None = None
    _plain_views: dict[str, ft.RouteCallable] = {}

    def settle(self: t.Any) -> None:
        """Look once at what subclasses and extensions have chosen, for all requests to come."""
        cls, own = type(self), self.__dict__
        self.response_class.settle()
        self.plain_type = self.response_class.plain_type()
        self._plain_views = {
            name: view for name, view in self.view_functions.items() if not is_coroutine_function(view)
        }
        self.takes_every_step = (
            self.plain_type is None
            or self.request_class.__init__ is not Request.__init__
            or not own.keys().isdisjoint(self.steps)
            or any(getattr(cls, name) is not step for name, step in self.steps.items())
        )
        own.update({name: getattr(self, name) for name in _CHOICES})
        if not self._got_first_request:
            # An attribute of the object is found four times faster than one of its class; and CPython
            # before 3.13 is slow with a dict that shares its keys, once it was looked at: a copy does
            # not. Only now, while no other thread can set anything in the old one.
            self.__dict__ = {**own}

    def __setattr__(self, name: str, value: t.Any) -> None:
        object.__setattr__(self, name, value)
        if name == "create_url_adapter":
            self.overrides_url_adapter = True  # the URL map is not asked without it any more
        # Replaced while requests are being served: look again.
        if (name in self.steps or name in _CHOICES) and self.__dict__.get("_got_first_request"):
            self.settle()

    def dispatch_plainly(self: Microweb, context: RequestContext) -> Response | bytes | None:  # type: ignore[misc]
        """Call the view of a request that goes the short way; None sends it the long way.

        Bytes are the body of an answer of which nobody wants to know more: of the default type, and
        with status 200. What the view raises, and any other result, is treated as on the long way.
        """
        matched = context.matched
        if (
            matched is None
            or self.takes_every_step
            or self.before_request_funcs
            or self.after_request_funcs
            or self.url_value_preprocessors
            or request_started.receivers
            or request_finished.receivers
            or context.environ["REQUEST_METHOD"] in _LONG_WAY_METHODS
        ):
            return None
        rule, arguments = matched
        endpoint = rule.endpoint
        view = self._plain_views.get(endpoint)
        if view is None or self.view_functions.get(endpoint) is not view:
            return None
        try:
            result = view(**arguments) if arguments else view()
        except Exception as error:
            result = self.handle_user_exception(error)
        if type(result) is not str:
            return self.finalize_request(result)
        if not context.needs_processing:
            try:
                return result.encode()
            except UnicodeEncodeError:
                pass  # half a surrogate pair: the response class has an answer to that
        return self.process_response(self.response_class(result))

"""The application: a WSGI callable that routes a request to a view and its result to a response.

Read ``wsgi_app`` first. It is the table of contents: each statement is one step, and the steps are
defined below it in the order in which they run. After them come the setup of an application, and
what a person calls on it: ``url_for``, ``run``, ``test_client``.

Extensions replace methods on the application object and set entries in its tables at any time. So
every step is looked up on the instance for each request, and every table is read as it is then.
"""

from __future__ import annotations

import os
import sys
import weakref
from _thread import RLock
from datetime import timedelta

from .archives import folder_on_disk
from .blueprints import blueprints_at
from .config import DEFAULTS, Config, ConfigAttribute
from .coroutines import is_coroutine_function, run_to_end
from .ctx import AppContext, RequestContext, _AppCtxGlobals, _sentinel
from .exceptions import Aborter, BadRequest, BadRequestKeyError, HTTPException, InternalServerError
from .globals import _contexts, g, request, request_ctx, session
from .helpers import get_debug_flag, get_flashed_messages, get_load_dotenv
from .http.datastructures import ImmutableDict
from .http.properties import cached_property
from .json.provider import DefaultJSONProvider
from .packages import find_package
from .responses import response_from
from .routing.exceptions import RequestRedirect, RoutingException
from .routing.map import Map
from .routing.rules import Rule
from .scaffold import Scaffold, _endpoint_from_view_func, setupmethod, template_registrar
from .sessions import SecureCookieSessionInterface
from .shortway import ShortWay
from .signals import (
    appcontext_tearing_down,
    got_request_exception,
    request_finished,
    request_started,
    request_tearing_down,
)
from .urlbuilding import UrlBuilding
from .wrappers import Request, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    import typing as t
    from types import TracebackType

    from . import typing as ft
    from .blueprints import Blueprint
    from .cli.runner import FlaskCliRunner
    from .json.provider import JSONProvider
    from .sessions import SessionInterface
    from .templates.environment import Environment
    from .testing import AppClient

    F = t.TypeVar("F", bound=t.Callable[..., t.Any])

#: Debuggers and the test client put a callable here to keep the contexts of a request.
_PRESERVE = "werkzeug.debug.preserve_context"
_SAFE_REDIRECT_METHODS = {"GET", "HEAD", "OPTIONS"}


def _make_timedelta(value: timedelta | int | None) -> timedelta | None:
    if value is None or isinstance(value, timedelta):
        return value
    return timedelta(seconds=value)


def _printable(text: str) -> str:
    """Text from a client as it may stand in a log: one line, no control characters."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


class _DefaultEnvironment:
    """``jinja_environment`` of a class that sets none: the engine is imported when asked for."""

    def __get__(self, app: Microweb | None, owner: type[Microweb]) -> type[Environment]:
        from .templating import Environment

        return Environment


class Microweb(ShortWay, UrlBuilding, Scaffold):
    """A WSGI application, with everything that Flask's class of the same role offers.

    ``import_name`` is the module or package it belongs to, usually ``__name__``: it tells where
    templates, static files and the instance folder lie.
    """

    _got_first_request: bool

    def __call__(self, environ: dict[str, t.Any], start_response: ft.StartResponse) -> t.Iterable[bytes]:
        """The WSGI server's entry; middlewares wrap ``wsgi_app``, so that this stays the app."""
        return self.wsgi_app(environ, start_response)

    # -- one request, from top to bottom

    def wsgi_app(self, environ: dict[str, t.Any], start_response: ft.StartResponse) -> t.Iterable[bytes]:
        """Answer one request: bind it, dispatch it, send the response, tear down."""
        context = self.request_context(environ)
        error: BaseException | None = None
        try:
            try:
                context.push()
                response = self.dispatch_plainly(context)
                if response is None:  # not "or": an empty text is an answer too
                    response = self.full_dispatch_request()
            except Exception as failure:
                error = failure
                response = self.handle_exception(failure)
            except BaseException as failure:
                error = failure
                raise
            if isinstance(response, bytes):
                length = ("Content-Length", str(len(response)))
                start_response("200 OK", [self.plain_type, length])
                return [response]
            return response(environ, start_response)
        finally:
            if _PRESERVE in environ:
                environ[_PRESERVE](context.app_ctx)
                environ[_PRESERVE](context)
            if error is not None and self.should_ignore_error(error):
                error = None
            context.pop(error)
            # The traceback of the error holds this frame: without this line, a cycle.
            error = None

    def request_context(self, environ: dict[str, t.Any]) -> RequestContext:
        """The context of one request, not pushed yet."""
        return RequestContext(self, environ)

    def full_dispatch_request(self) -> Response:
        """Hooks before, the view, hooks after; errors go to their handlers."""
        if not self._got_first_request:
            self._begin_serving()
        try:
            if request_started.receivers:
                request_started.send(self, _async_wrapper=self.ensure_sync)
            rv = self.preprocess_request()
            if rv is None:
                rv = self.dispatch_request()
        except Exception as error:
            rv = self.handle_user_exception(error)
        return self.finalize_request(rv)

    def _begin_serving(self) -> None:
        """Run the ``before_first_request`` functions, once; from now on setup is over."""
        with self._first_request_lock:
            if self._got_first_request:
                return
            for func in self.before_first_request_funcs:
                self.ensure_sync(func)()
            self._follow_old_names()
            if self.debug:
                for complaint in self.config.misspelt():
                    self.logger.warning(complaint)
            self.settle()
            self._got_first_request = True

    def _follow_old_names(self) -> None:
        owners = (self, *self.blueprints.values())
        if any(key[:4] == "JSON" for key in self.config) or any(
            getattr(owner, name, None) for owner in owners for name in ("json_encoder", "json_decoder")
        ):
            from .oldnames import follow_old_names

            follow_old_names(self)

    def preprocess_request(self) -> ft.ResponseReturnValue | None:
        """URL value preprocessors, then ``before_request`` functions until one has a result."""
        if not (self.before_request_funcs or self.url_value_preprocessors):
            return None
        current = _contexts.get()[1].request  # type: ignore[union-attr]
        names = (None, *reversed(current.blueprints))
        for name in names:
            for preprocess in self.url_value_preprocessors.get(name, ()):
                preprocess(current.endpoint, current.view_args)
        for name in names:
            for before in self.before_request_funcs.get(name, ()):
                rv: ft.ResponseReturnValue | None = self.ensure_sync(before)()
                if rv is not None:
                    return rv
        return None

    def dispatch_request(self) -> ft.ResponseReturnValue:
        """Call the view that the URL leads to; raise what the matching raised."""
        current = _contexts.get()[1].request  # type: ignore[union-attr]
        rule: t.Any = current.url_rule
        if rule is None or current.routing_exception is not None:
            self.raise_routing_exception(current)
        if current.environ["REQUEST_METHOD"] == "OPTIONS" and getattr(
            rule, "provide_automatic_options", False
        ):
            return self.make_default_options_response()
        view = self.ensure_sync(self.view_functions[rule.endpoint])
        arguments = current.view_args
        return view(**arguments) if arguments else view()  # type: ignore[no-any-return]

    def raise_routing_exception(self, request: Request) -> t.NoReturn:
        """Raise what the matching raised; in debug mode, explain a redirect that loses a form."""
        error = request.routing_exception
        if error is None:
            raise AssertionError("The URL of this request was not matched.")
        if (
            self.debug
            and isinstance(error, RequestRedirect)
            and error.code not in {307, 308}
            and request.method not in _SAFE_REDIRECT_METHODS
        ):
            from .debughelpers import FormDataRoutingRedirect

            raise FormDataRoutingRedirect(request)
        raise error

    def make_default_options_response(self) -> Response:
        """The automatic answer to OPTIONS: the methods of all rules for the URL."""
        response = self.response_class()
        adapter = request_ctx.url_adapter
        if adapter is not None:
            response.allow.update(adapter.allowed_methods())
        return response

    def ensure_sync(self, func: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        """``func``, or if it is a coroutine function, one that runs it to its end."""
        return self.async_to_sync(func) if is_coroutine_function(func) else func

    def async_to_sync(
        self, func: t.Callable[..., t.Coroutine[t.Any, t.Any, t.Any]]
    ) -> t.Callable[..., t.Any]:
        """How coroutine functions are run: in an asyncio loop. May be overridden."""
        return run_to_end(func)

    # -- errors on the way

    def handle_user_exception(self, e: Exception) -> HTTPException | ft.ResponseReturnValue:
        """The result of the handler for an error raised by a view or hook; else it goes on."""
        if isinstance(e, BadRequestKeyError) and (self.debug or self.config["TRAP_BAD_REQUEST_ERRORS"]):
            e.show_exception = True
            if self.debug:
                from .errorpages import explain

                explain(self, e, request)
        if isinstance(e, HTTPException) and not self.trap_http_exception(e):
            return self.handle_http_exception(e)
        handler = self._find_error_handler(e, request.blueprints)
        if handler is not None:
            return self.ensure_sync(handler)(e)  # type: ignore[no-any-return]
        try:
            raise e
        finally:
            del e  # its traceback holds this frame

    def handle_http_exception(self, e: HTTPException) -> HTTPException | ft.ResponseReturnValue:
        """The result of the handler for an HTTP error, or the error, which is a response too."""
        # Without a code it is a ready response; routing exceptions are redirects, not errors.
        if e.code is None or isinstance(e, RoutingException):
            return e
        current = _contexts.get()[1].request  # type: ignore[union-attr]
        blueprints = current.blueprints
        if current.url_rule is None and self.config.get("BLUEPRINT_ERRORS_BY_PREFIX"):
            blueprints = blueprints_at(self.blueprint_prefixes, current.path)
        handler = self._find_error_handler(e, blueprints)
        result = self._without_handler(e) if handler is None else self.ensure_sync(handler)(e)
        if e is current.routing_exception:
            e.__traceback__ = None  # the frames in it hold the request, which holds the error
        return result

    def _without_handler(self, e: HTTPException) -> HTTPException | Response:
        """The answer for an error that nobody handles: itself, unless more is asked for."""
        if self.debug:
            from .errorpages import explain

            explain(self, e, request)
        if not self.config.get("ERRORS_FOLLOW_ACCEPT"):
            return e
        from .errorpages import follow_accept

        return follow_accept(self, e, request)

    def trap_http_exception(self, e: Exception) -> bool:
        """Whether an HTTP error is to be treated like any other, as the TRAP_* keys say."""
        if self.config["TRAP_HTTP_EXCEPTIONS"]:
            return True
        trap = self.config["TRAP_BAD_REQUEST_ERRORS"]
        if trap is None and self.debug and isinstance(e, BadRequestKeyError):
            return True
        return bool(trap) and isinstance(e, BadRequest)

    def handle_exception(self, e: Exception) -> Response:
        """The last resort: an error without a handler is logged and becomes a 500.

        Raised again instead if PROPAGATE_EXCEPTIONS is on, or unset while testing or debugging.
        """
        exc_info = sys.exc_info()
        if got_request_exception.receivers:
            got_request_exception.send(self, _async_wrapper=self.ensure_sync, exception=e)
        propagate = self.config["PROPAGATE_EXCEPTIONS"]
        if propagate is None:
            propagate = self.testing or self.debug
        if propagate:
            raise e
        self.log_exception(exc_info)
        server_error: t.Any = InternalServerError(original_exception=e)
        handler = self._find_error_handler(server_error, request.blueprints)
        if handler is None:
            server_error = self._without_handler(server_error)
        else:
            server_error = self.ensure_sync(handler)(server_error)
        return self.finalize_request(server_error, from_error_handler=True)

    def log_exception(
        self,
        exc_info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> None:
        """Log an unhandled error; extensions override this to report it elsewhere."""
        self.logger.error(
            f"Exception on {_printable(request.path)} [{_printable(request.method)}]", exc_info=exc_info
        )

    def should_ignore_error(self, error: BaseException | None) -> bool:
        """Whether teardown functions shall not see this error. None is ignored by default."""
        return False

    # -- from the view's result to the response

    def finalize_request(
        self, rv: ft.ResponseReturnValue | HTTPException, from_error_handler: bool = False
    ) -> Response:
        """Make the response, run the hooks after.

        With ``from_error_handler``, an error of a hook is logged: the response goes out anyway.
        """
        response = self.make_response(rv)
        try:
            response = self.process_response(response)
            if request_finished.receivers:
                request_finished.send(self, _async_wrapper=self.ensure_sync, response=response)
        except Exception:
            if not from_error_handler:
                raise
            self.logger.exception("Request finalizing failed with an error while handling an error")
        return response

    def make_response(self, rv: t.Any) -> Response:
        """A response from what a view returned: a body, or a tuple of it with status and headers.

        A body is a str, bytes, an iterator of these, a dict or list for JSON, a response, or a
        WSGI callable. TypeError, naming the endpoint, for anything else.
        """
        return response_from(self, rv)

    def process_response(self, response: Response) -> Response:
        """``after_this_request`` and ``after_request`` functions; then the session is saved."""
        context: t.Any = _contexts.get()[1]
        if context._after_request_functions:
            for func in context._after_request_functions:
                response = self.ensure_sync(func)(response)
        if self.after_request_funcs:
            for name in (*context.request.blueprints, None):
                for func in reversed(self.after_request_funcs.get(name, ())):
                    response = self.ensure_sync(func)(response)
        opened = context._opened_session
        if (
            opened is None
            and "HTTP_COOKIE" in context.request.environ
            and self.session_interface.saves_unopened(self, context.request)
        ):
            opened = context._session
        if opened is not None and not self.session_interface.is_null_session(opened):
            self.session_interface.save_session(self, opened, response)
        return response

    # -- teardown

    def do_teardown_request(self, exc: BaseException | None = _sentinel) -> None:
        """Run the ``teardown_request`` functions, blueprint's first, each in reverse order."""
        if exc is _sentinel:
            exc = sys.exc_info()[1]
        if self.teardown_request_funcs:
            names, table = (*request.blueprints, None), self.teardown_request_funcs
            self._tear_down([f for name in names for f in reversed(table.get(name, ()))], exc)
        if request_tearing_down.receivers:
            request_tearing_down.send(self, _async_wrapper=self.ensure_sync, exc=exc)

    def do_teardown_appcontext(self, exc: BaseException | None = _sentinel) -> None:
        """Run the ``teardown_appcontext`` functions in reverse order."""
        if exc is _sentinel:
            exc = sys.exc_info()[1]
        if self.teardown_appcontext_funcs:
            self._tear_down(self.teardown_appcontext_funcs[::-1], exc)
        if appcontext_tearing_down.receivers:
            appcontext_tearing_down.send(self, _async_wrapper=self.ensure_sync, exc=exc)

    def _tear_down(self, functions: t.Sequence[ft.TeardownCallable], exc: BaseException | None) -> None:
        """Call all of them; the first error is raised when all have run."""
        failure: BaseException | None = None
        for func in functions:
            try:
                self.ensure_sync(func)(exc)
            except BaseException as error:
                failure = failure or error
        if failure is not None:
            raise failure

    # -- setup: the classes that an application is made of; subclasses choose others

    request_class: type[Request] = Request
    response_class: type[Response] = Response
    session_interface: SessionInterface = SecureCookieSessionInterface()
    aborter_class = Aborter
    app_ctx_globals_class = _AppCtxGlobals
    config_class = Config
    json_provider_class: type[JSONProvider] = DefaultJSONProvider
    url_map_class = Map
    url_rule_class = Rule
    test_client_class: type[AppClient] | None = None
    test_cli_runner_class: type[FlaskCliRunner] | None = None
    jinja_environment: t.Any = _DefaultEnvironment()
    #: Arguments for the template environment, other than the ones the application sets.
    jinja_options: dict[str, t.Any] = {}

    #: Config keys that are attributes too.
    testing = ConfigAttribute("TESTING")
    secret_key = ConfigAttribute("SECRET_KEY")
    session_cookie_name = ConfigAttribute("SESSION_COOKIE_NAME")
    use_x_sendfile = ConfigAttribute("USE_X_SENDFILE")
    permanent_session_lifetime = ConfigAttribute("PERMANENT_SESSION_LIFETIME", get_converter=_make_timedelta)
    send_file_max_age_default = ConfigAttribute("SEND_FILE_MAX_AGE_DEFAULT", get_converter=_make_timedelta)

    default_config: t.Mapping[str, t.Any] = ImmutableDict(DEFAULTS)

    def __init__(
        self,
        import_name: str,
        static_url_path: str | None = None,
        static_folder: str | os.PathLike[str] | None = "static",
        static_host: str | None = None,
        host_matching: bool = False,
        subdomain_matching: bool = False,
        template_folder: str | os.PathLike[str] | None = "templates",
        instance_path: str | None = None,
        instance_relative_config: bool = False,
        root_path: str | None = None,
    ) -> None:
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)
        if instance_path is None:
            instance_path = self.auto_find_instance_path()
        elif not os.path.isabs(instance_path):
            raise ValueError(
                "If an instance path is provided it must be absolute. A relative path was given instead."
            )
        #: The folder for what belongs to one deployment: configuration, databases.
        self.instance_path = instance_path
        self.config = self.make_config(instance_relative_config)
        #: Raises HTTP errors for ``abort``.
        self.aborter = self.make_aborter()
        self.json: JSONProvider = self.json_provider_class(self)
        self.url_build_error_handlers: list[t.Callable[[Exception, str, dict[str, t.Any]], str]]
        self.url_build_error_handlers = []
        self.before_first_request_funcs: list[ft.BeforeFirstRequestCallable] = []
        self.teardown_appcontext_funcs: list[ft.TeardownCallable] = []
        self.shell_context_processors: list[ft.ShellContextProcessorCallable] = []
        #: full name -> blueprint
        self.blueprints: dict[str, Blueprint] = {}
        #: full name -> the prefix of its URLs
        self.blueprint_prefixes: dict[str, str] = {}
        #: A place for extensions to keep their state, by their names.
        self.extensions: dict[str, t.Any] = {}
        self.url_map = self.url_map_class(host_matching=host_matching)
        self.subdomain_matching = subdomain_matching
        self._got_first_request = False
        # Read for each request: from here, not from the class, where a look-up costs three times as much.
        self.overrides_url_adapter = type(self).create_url_adapter is not Microweb.create_url_adapter
        self._first_request_lock: t.Any = RLock()
        if self.has_static_folder:
            self._add_static_rule(static_host, host_matching)

    def _add_static_rule(self, static_host: str | None, host_matching: bool) -> None:
        if bool(static_host) != host_matching:
            raise AssertionError(
                "Invalid static_host/host_matching combination: static_host says on which host"
                " the static files are, if and only if host_matching is on."
            )
        # Through a weak reference: the rule must not keep the application alive in a cycle.
        app = weakref.ref(self)
        self.add_url_rule(
            f"{self.static_url_path}/<path:filename>",
            endpoint="static",
            host=static_host,
            view_func=lambda **kw: app().send_static_file(**kw),  # type: ignore[union-attr]
        )

    def _check_setup_finished(self, f_name: str) -> None:
        if self._got_first_request:
            raise AssertionError(
                f"The setup method '{f_name}' can no longer be called on the application. It has"
                " already handled its first request, any changes will not be applied"
                " consistently.\nMake sure all imports, decorators, functions, etc. needed to set"
                " up the application are done before running it."
            )

    @cached_property
    def name(self) -> str:  # type: ignore[override]
        """The import name; for a script, the name of its file."""
        if self.import_name == "__main__":
            path = getattr(sys.modules["__main__"], "__file__", None)
            if path is not None:
                return str(os.path.splitext(os.path.basename(path))[0])
        return str(self.import_name)

    @cached_property
    def logger(self) -> logging.Logger:
        """The logger named like the application; set up when first used."""
        from .logging import create_logger

        return create_logger(self)

    @property
    def got_first_request(self) -> bool:
        """Whether a request was served: setup is over then."""
        return self._got_first_request

    @property
    def debug(self) -> bool:
        """Whether debug mode is on: config["DEBUG"]."""
        return self.config["DEBUG"]  # type: ignore[no-any-return]

    @debug.setter
    def debug(self, value: bool) -> None:
        self.config["DEBUG"] = value
        if "jinja_env" in self.__dict__ and self.config["TEMPLATES_AUTO_RELOAD"] is None:
            self.jinja_env.auto_reload = value  # type: ignore[attr-defined]

    def make_config(self, instance_relative: bool = False) -> Config:
        """The config, with its defaults; relative files are looked for in the root path."""
        defaults = {**self.default_config, "DEBUG": get_debug_flag()}
        root_path = self.instance_path if instance_relative else self.root_path
        return self.config_class(root_path, defaults)

    def make_aborter(self) -> Aborter:
        """The object behind ``abort``."""
        return self.aborter_class()

    def auto_find_instance_path(self) -> str:
        """The instance folder: beside the package or its zip file, or below the prefix it is installed in."""
        prefix, folder = find_package(self.import_name)
        if prefix is None:
            return os.path.join(folder_on_disk(folder), "instance")
        return os.path.join(prefix, "var", f"{self.name}-instance")

    def open_instance_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = "utf-8"
    ) -> t.IO[t.Any]:
        """Open a file below the instance folder."""
        path = os.path.join(self.instance_path, resource)
        return open(path, mode, encoding=None if "b" in mode else encoding)

    # -- setup: what is registered

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: t.Any,
    ) -> None:
        """Add a rule for the URLs that lead to an endpoint, and the view of that endpoint.

        The methods are those given, else the view's attribute, else GET. AssertionError if the
        endpoint has another view already.
        """
        if endpoint is None:
            endpoint = _endpoint_from_view_func(view_func)
        methods, automatic = self._rule_methods(
            view_func, options.pop("methods", None), provide_automatic_options
        )
        rule_object: t.Any = self.url_rule_class(rule, methods=methods, endpoint=endpoint, **options)
        rule_object.provide_automatic_options = automatic
        self.url_map.add(rule_object)
        if view_func is not None:
            known = self.view_functions.get(endpoint)
            if known is not None and known != view_func:
                raise AssertionError(
                    f"View function mapping is overwriting an existing endpoint function: {endpoint}"
                )
            self.view_functions[endpoint] = view_func

    def _rule_methods(
        self, view_func: t.Any, methods: t.Any, automatic: bool | None
    ) -> tuple[set[str], bool]:
        """The methods of a rule, and whether OPTIONS is answered for it."""
        if methods is None:
            methods = getattr(view_func, "methods", None) or ("GET",)
        if isinstance(methods, str):
            raise TypeError(
                'Allowed methods must be a list of strings, for example: @app.route(..., methods=["POST"])'
            )
        allowed = {method.upper() for method in methods}
        required = set(getattr(view_func, "required_methods", ()))
        if automatic is None:
            automatic = getattr(view_func, "provide_automatic_options", None)
        if automatic is None:
            automatic = "OPTIONS" not in allowed and self.config["PROVIDE_AUTOMATIC_OPTIONS"]
            if automatic:
                required.add("OPTIONS")
        return allowed | required, bool(automatic)

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: t.Any) -> None:
        """Make a blueprint part of the application, under the prefixes given in the options."""
        blueprint.register(self, options)

    def iter_blueprints(self) -> t.ValuesView[Blueprint]:
        """All blueprints, in the order in which they were registered."""
        return self.blueprints.values()

    @setupmethod
    def before_first_request(self, f: F) -> F:
        """Call once, before the first request is dispatched."""
        self.before_first_request_funcs.append(f)
        return f

    @setupmethod
    def teardown_appcontext(self, f: F) -> F:
        """Call when an application context goes, with the error that ended it."""
        self.teardown_appcontext_funcs.append(f)
        return f

    @setupmethod
    def shell_context_processor(self, f: F) -> F:
        """Call for a dict of names that a shell for this application has."""
        self.shell_context_processors.append(f)
        return f

    def make_shell_context(self) -> dict[str, t.Any]:
        """The names that a shell for this application has."""
        names: dict[str, t.Any] = {"app": self, "g": g}
        for processor in self.shell_context_processors:
            names.update(processor())
        return names

    template_filter, add_template_filter = template_registrar("filter")
    template_test, add_template_test = template_registrar("test")
    template_global, add_template_global = template_registrar("global")

    # -- templates

    def _add_to_templates(self, table: str, name: str, f: t.Callable[..., t.Any]) -> None:
        getattr(self.jinja_env, table)[name] = f

    @cached_property
    def jinja_env(self) -> Environment:
        """The template environment, made when first used."""
        return self.create_jinja_environment()

    def create_jinja_environment(self) -> Environment:
        """Make the template environment; subclasses extend what it knows."""
        reload = self.config["TEMPLATES_AUTO_RELOAD"]
        options = {
            "autoescape": self.select_jinja_autoescape,
            "auto_reload": self.debug if reload is None else reload,
            **self.jinja_options,
        }
        environment: Environment = self.jinja_environment(self, **options)
        environment.globals.update(
            url_for=self.url_for,
            get_flashed_messages=get_flashed_messages,
            config=self.config,
            # The proxies serve imported templates, which do not see the context processors.
            request=request,
            session=session,
            g=g,
        )
        environment.policies["json.dumps_function"] = self.json.dumps
        return environment

    def create_global_jinja_loader(self) -> t.Any:
        """The loader that looks in the application's folder, then in the blueprints'."""
        from .templating import DispatchingJinjaLoader

        return DispatchingJinjaLoader(self)

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Whether a template is escaped: by its file name, and always if it is a string."""
        if filename is None:
            return True
        return filename.lower().endswith((".html", ".htm", ".xml", ".xhtml", ".svg"))

    def update_template_context(self, context: dict[str, t.Any]) -> None:
        """Add what the context processors say; what the caller passed wins."""
        current = _contexts.get()[1]
        blueprints = reversed(current.request.blueprints) if current else ()
        passed = context.copy()
        for name in (None, *blueprints):
            for func in self.template_context_processors.get(name, ()):
                context.update(self.ensure_sync(func)())
        context.update(passed)

    # -- what a person calls

    def app_context(self) -> AppContext:
        """A context that makes this application current: ``with app.app_context(): ...``."""
        if not self._got_first_request:
            self._follow_old_names()
        return AppContext(self)

    def test_request_context(self, *args: t.Any, **kwargs: t.Any) -> RequestContext:
        """The context of a made-up request; arguments as those of the test client's ``open``."""
        from .testing import AppEnvironBuilder

        if not self._got_first_request:
            self._follow_old_names()
        builder = AppEnvironBuilder(self, *args, **kwargs)
        try:
            return self.request_context(builder.get_environ())
        finally:
            builder.close()

    def test_client(self, use_cookies: bool = True, **kwargs: t.Any) -> AppClient:
        """A client that calls the application without a server."""
        from .testing import AppClient

        client_class = self.test_client_class or AppClient
        return client_class(self, self.response_class, use_cookies=use_cookies, **kwargs)

    def test_cli_runner(self, **kwargs: t.Any) -> FlaskCliRunner:
        """A runner that calls the application's commands in this process."""
        from .cli.runner import FlaskCliRunner

        return (self.test_cli_runner_class or FlaskCliRunner)(self, **kwargs)

    def run(
        self,
        host: str | None = None,
        port: int | None = None,
        debug: bool | None = None,
        load_dotenv: bool = True,
        **options: t.Any,
    ) -> None:
        """Serve the application with the bundled server, until it is stopped.

        Host and port come from SERVER_NAME if they are not given, and are 127.0.0.1 and 5000
        else. In debug mode it starts again when a file changes, and shows errors in the browser;
        ``use_reloader`` and ``use_debugger`` among the options for ``server.run_simple`` say otherwise.
        """
        if os.environ.get("MICROWEB_RUN_FROM_CLI", os.environ.get("FLASK_RUN_FROM_CLI")) == "true":
            # The command line imports the module that calls this, and serves by itself.
            from .cli.terminal import secho

            guard = 'if __name__ == "__main__":'
            secho(f"app.run() is left out, the command line serves; put it below {guard}", fg="red", err=True)
            return
        if get_load_dotenv(load_dotenv):
            from .cli.dotenv import load_dotenv as load_files

            load_files()
            # The application has its own mode already; a file may say otherwise.
            if {"MICROWEB_DEBUG", "FLASK_DEBUG"} & os.environ.keys():
                self.debug = get_debug_flag()
        if debug is not None:
            self.debug = bool(debug)
        name_host, _, name_port = (self.config["SERVER_NAME"] or "").partition(":")
        if port is None:
            port = int(name_port or 5000)
        options = {"use_reloader": self.debug, "use_debugger": self.debug, "threaded": True, **options}
        from .server.serving import run_simple

        try:
            run_simple(host or name_host or "127.0.0.1", int(port), self, **options)
        finally:
            # A script may go on setting up after the server was stopped.
            self._got_first_request = False


ShortWay.steps = {name: getattr(Microweb, name) for name in ShortWay.steps}

#: The name that ported code imports.
Flask = Microweb

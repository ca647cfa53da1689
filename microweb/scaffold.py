"""What an application and a blueprint share: routes, hooks, error handlers, folders.

Every registration ends in a table keyed by the blueprint's name, None for the application itself.
The tables are plain dicts of lists that a request reads as they are; extensions may change them at
any time, and the next request will notice. The decorators refuse to, once a request was served
(``setupmethod``): half of the requests would know a hook that the other half never saw.
"""

from __future__ import annotations

import os
from collections import defaultdict
from functools import update_wrapper
from io import BytesIO, TextIOWrapper

from .archives import find_archive, read_archived
from .exceptions import HTTPException, NotFound, default_exceptions
from .globals import current_app
from .helpers import _default_template_ctx_processor, send_from_directory
from .http.properties import cached_property
from .packages import get_root_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from . import typing as ft
    from .cli.script import AppGroup
    from .templates.loaders import BaseLoader
    from .wrappers import Response

    F = t.TypeVar("F", bound=t.Callable[..., t.Any])
    Decorator = t.Callable[[F], F]
    C = t.TypeVar("C")
    #: Functions by the name of their blueprint, None for the application's own.
    Table = defaultdict[t.Optional[str], list[C]]
    Handlers = dict[type[Exception], ft.ErrorHandlerCallable]

_sentinel: t.Any = object()
#: What begins with a dot is a tool's: `.git`, `.env`, an editor's copy. It came along by accident.
_HIDDEN = "/."


def setupmethod(f: F) -> F:
    """Mark a method as part of the setup: it is refused once setup is over."""
    name = f.__name__

    def checked(self: Scaffold, *args: t.Any, **kwargs: t.Any) -> t.Any:
        self._check_setup_finished(name)
        return f(self, *args, **kwargs)

    return update_wrapper(checked, f)  # type: ignore[return-value]


def _method_route(method: str) -> t.Callable[..., Decorator[t.Any]]:
    """A ``route`` that is bound to one method: ``get``, ``post``, ..."""

    def shortcut(self: Scaffold, rule: str, **options: t.Any) -> Decorator[t.Any]:
        if "methods" in options:
            raise TypeError("Use the 'route' decorator to use the 'methods' argument.")
        return self.route(rule, methods=[method], **options)

    shortcut.__name__ = method.lower()
    shortcut.__doc__ = f"``route`` for {method} requests."
    return setupmethod(shortcut)


#: Hook -> the table that it goes into, and when its functions are called.
HOOKS = {
    "before_request": ("before_request_funcs", "Call before each request; a result ends it."),
    "after_request": ("after_request_funcs", "Call with each response; returns it or another one."),
    "teardown_request": ("teardown_request_funcs", "Call when the request context goes, with its error."),
    "context_processor": ("template_context_processors", "Call for a dict of names for each template."),
    "url_value_preprocessor": ("url_value_preprocessors", "Call with (endpoint, view_args) before all else."),
    "url_defaults": ("url_default_functions", "Call with (endpoint, values) when a URL is built."),
}


def _hook(name: str) -> t.Callable[[Scaffold, F], F]:
    """A decorator that appends its function to a table, for the scaffold itself."""
    table, doc = HOOKS[name]

    def register(self: Scaffold, f: F) -> F:
        getattr(self, table).setdefault(None, []).append(f)
        return f

    register.__name__, register.__doc__ = name, doc
    return setupmethod(register)


def template_registrar(kind: str, scope: str = "") -> tuple[t.Any, t.Any]:
    """``(decorator, add method)`` for a template ``filter``, ``test`` or ``global``."""

    def add(self: t.Any, f: t.Callable[..., t.Any], name: str | None = None) -> None:
        self._add_to_templates(f"{kind}s", name or f.__name__, f)

    def decorate(self: t.Any, name: t.Any = None) -> t.Any:
        if callable(name):  # used without parentheses
            add(self, name)
            return name

        def decorator(f: F) -> F:
            add(self, f, name)
            return f

        return decorator

    add.__name__, decorate.__name__ = f"add_{scope}template_{kind}", f"{scope}template_{kind}"
    add.__doc__ = f"Add a template {kind} to the application, under its own name or another."
    decorate.__doc__ = f"Decorate a template {kind} of the application."
    return setupmethod(decorate), setupmethod(add)


class Scaffold:
    """The common base of the application and of blueprints."""

    name: str
    _static_folder: str | None = None
    _static_url_path: str | None = None

    def __init__(
        self,
        import_name: str,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        root_path: str | None = None,
    ) -> None:
        #: The name of the module or package that this belongs to.
        self.import_name = import_name
        self.static_folder = static_folder
        self.static_url_path = static_url_path
        #: The folder of templates, relative to ``root_path``.
        self.template_folder = template_folder
        #: The folder of the module or package, where its resources lie.
        self.root_path = get_root_path(import_name) if root_path is None else root_path
        #: endpoint -> view
        self.view_functions: dict[str, ft.RouteCallable] = {}
        #: blueprint name -> code, None for classes without one -> exception class -> handler
        self.error_handler_spec: defaultdict[str | None, defaultdict[int | None, Handlers]]
        self.error_handler_spec = defaultdict(lambda: defaultdict(dict))
        self.before_request_funcs: Table[ft.BeforeRequestCallable] = defaultdict(list)
        self.after_request_funcs: Table[ft.AfterRequestCallable] = defaultdict(list)
        self.teardown_request_funcs: Table[ft.TeardownCallable] = defaultdict(list)
        self.template_context_processors: Table[ft.TemplateContextProcessorCallable] = defaultdict(list)
        self.template_context_processors[None] = [_default_template_ctx_processor]
        self.url_value_preprocessors: Table[ft.URLValuePreprocessorCallable] = defaultdict(list)
        self.url_default_functions: Table[ft.URLDefaultCallable] = defaultdict(list)

    @cached_property
    def cli(self) -> AppGroup:
        """The commands: ``@app.cli.command("init-db")``. Made when it is first asked for."""
        from .cli.script import AppGroup

        return AppGroup(name=self.name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def _check_setup_finished(self, f_name: str) -> None:
        raise NotImplementedError

    # -- routes

    get = _method_route("GET")
    post = _method_route("POST")
    put = _method_route("PUT")
    delete = _method_route("DELETE")
    patch = _method_route("PATCH")

    @setupmethod
    def route(self, rule: str, **options: t.Any) -> Decorator[t.Any]:
        """Decorate a view with the URL rule that leads to it; options as ``add_url_rule``'s."""

        def decorator(f: F) -> F:
            endpoint = options.pop("endpoint", None)
            self.add_url_rule(rule, endpoint, f, **options)
            return f

        return decorator

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: t.Any,
    ) -> None:
        """Add a rule for the URLs that lead to an endpoint, and the view of that endpoint."""
        raise NotImplementedError

    @setupmethod
    def endpoint(self, endpoint: str) -> Decorator[t.Any]:
        """Decorate the view of an endpoint whose rule is added elsewhere."""

        def decorator(f: F) -> F:
            self.view_functions[endpoint] = f
            return f

        return decorator

    # -- hooks: the table each one goes into, and what it is called with

    before_request = _hook("before_request")
    after_request = _hook("after_request")
    teardown_request = _hook("teardown_request")
    context_processor = _hook("context_processor")
    url_value_preprocessor = _hook("url_value_preprocessor")
    url_defaults = _hook("url_defaults")

    # -- error handlers

    @setupmethod
    def errorhandler(self, code_or_exception: type[Exception] | int) -> Decorator[t.Any]:
        """Decorate the handler of an exception class, or of an HTTP status code."""

        def decorator(f: F) -> F:
            self.register_error_handler(code_or_exception, f)
            return f

        return decorator

    @setupmethod
    def register_error_handler(
        self, code_or_exception: type[Exception] | int, f: ft.ErrorHandlerCallable
    ) -> None:
        """``errorhandler`` without a decorator."""
        exc_class, code = self._get_exc_class_and_code(code_or_exception)
        self.error_handler_spec[None][code][exc_class] = f

    @staticmethod
    def _get_exc_class_and_code(
        exc_class_or_code: type[Exception] | int,
    ) -> tuple[type[Exception], int | None]:
        """The class that is handled and, if it is an HTTP exception, its status code."""
        exc_class: t.Any = exc_class_or_code
        if isinstance(exc_class, int):
            if exc_class not in default_exceptions:
                raise ValueError(
                    f"'{exc_class}' is not a recognized HTTP error code. Use a subclass of"
                    " HTTPException with that code instead."
                )
            exc_class = default_exceptions[exc_class]
        if isinstance(exc_class, Exception):
            raise TypeError(
                f"{exc_class!r} is an instance, not a class. Handlers can only be registered for"
                " Exception classes or HTTP error codes."
            )
        if not (isinstance(exc_class, type) and issubclass(exc_class, Exception)):
            name = getattr(exc_class, "__name__", exc_class)
            raise ValueError(
                f"'{name}' is not a subclass of Exception. Handlers can only be registered for"
                " Exception classes or HTTP error codes."
            )
        return exc_class, exc_class.code if issubclass(exc_class, HTTPException) else None

    def _find_error_handler(
        self, e: Exception, blueprints: t.Iterable[str]
    ) -> ft.ErrorHandlerCallable | None:
        """The closest handler: by code before by class, blueprint before application."""
        code = type(e).code if isinstance(e, HTTPException) else None
        keys = (None,) if code is None else (code, None)
        # Not by subscripts alone: they would fill the tables.
        spec = self.error_handler_spec
        tables = [spec[name] for name in (*blueprints, None) if name in spec]
        for handlers in [table[key] for key in keys for table in tables if key in table]:
            for cls in type(e).__mro__:
                if cls in handlers:
                    return handlers[cls]
        return None

    # -- static files and templates

    @property
    def static_folder(self) -> str | None:
        """The absolute path of the folder of static files; None if there is none."""
        if self._static_folder is None:
            return None
        return os.path.join(self.root_path, self._static_folder)

    @static_folder.setter
    def static_folder(self, value: str | os.PathLike[str] | None) -> None:
        self._static_folder = None if value is None else os.fspath(value).rstrip(r"\/")

    @property
    def has_static_folder(self) -> bool:
        """Whether a folder of static files is configured; it need not exist."""
        return self._static_folder is not None

    @property
    def static_url_path(self) -> str | None:
        """The URL prefix of the static files: as given, else the folder's name."""
        if self._static_url_path is not None:
            return self._static_url_path
        folder = self.static_folder
        return None if folder is None else f"/{os.path.basename(folder)}".rstrip("/")

    @static_url_path.setter
    def static_url_path(self, value: str | None) -> None:
        self._static_url_path = None if value is None else value.rstrip("/")

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Seconds that browsers may keep a sent file without asking; None: they always ask."""
        value = current_app.config["SEND_FILE_MAX_AGE_DEFAULT"]
        if value is None or isinstance(value, int):
            return value
        return int(value.total_seconds())

    def send_static_file(self, filename: str) -> Response:
        """The view of the static files."""
        folder = self.static_folder
        if folder is None:
            raise RuntimeError("'static_folder' must be set to serve static_files.")
        if _HIDDEN in f"/{filename}".replace("/.well-known/", "/") and not current_app.config.get(
            "STATIC_HIDDEN"
        ):
            raise NotFound()
        max_age = self.get_send_file_max_age(filename)
        response = send_from_directory(folder, filename, max_age=max_age)
        if current_app.config.get("STATIC_FINGERPRINTS"):
            from .fingerprints import keep_for_ever

            keep_for_ever(response, folder, filename)
        return response

    def open_resource(self, resource: str, mode: str = "rb", encoding: str | None = "utf-8") -> t.IO[t.Any]:
        """Open a file below ``root_path`` for reading; that may lie in a zip file."""
        if mode not in {"r", "rt", "rb"}:
            raise ValueError("Resources can only be opened for reading.")
        path = os.path.join(self.root_path, resource)
        data = None if os.path.exists(path) else read_archived(path)
        if data is None:
            return open(path, mode, encoding=None if mode == "rb" else encoding)
        return BytesIO(data) if mode == "rb" else TextIOWrapper(BytesIO(data), encoding)

    @cached_property
    def jinja_loader(self) -> BaseLoader | None:
        """The loader for this scaffold's own templates; None without a template folder."""
        if self.template_folder is None:
            return None
        from .templates.loaders import FileSystemLoader, PackageLoader

        folder = os.path.join(self.root_path, self.template_folder)
        if not os.path.isdir(folder) and find_archive(folder):
            return PackageLoader(self.import_name, os.fspath(self.template_folder))
        return FileSystemLoader(folder)


def _endpoint_from_view_func(view_func: ft.RouteCallable | None) -> str:
    """The default endpoint: the view's name."""
    if view_func is None:
        raise AssertionError("expected view func if endpoint is not provided.")
    return view_func.__name__

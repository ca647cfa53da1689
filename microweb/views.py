"""Views as classes: a view function made of a class, and one method of it a request method.

The rule: *a class-based view is a function*. ``as_view`` makes an ordinary one, which carries what
the class declares (`methods`, `provide_automatic_options`) as attributes; routing knows no classes.

The theory: a class is a place for what several views share - by inheritance - and for what one view
needs for each request: by default each request gets an instance of its own, so that `self` is safe
to write to.
"""

from __future__ import annotations

from .globals import current_app, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from . import typing as ft

#: The methods of a :class:`MethodView` that answer requests.
http_method_funcs = frozenset(["get", "post", "head", "options", "delete", "put", "trace", "patch"])


class View:
    """The base of class-based views: override `dispatch_request`, register :meth:`as_view`."""

    #: The request methods it is registered for; None for the default of ``route()``.
    methods: t.ClassVar[t.Collection[str] | None] = None
    #: Whether OPTIONS is answered automatically; None for the default of ``route()``.
    provide_automatic_options: t.ClassVar[bool | None] = None
    #: Applied to the view function in this order: the first one is the innermost.
    decorators: t.ClassVar[list[t.Callable[..., t.Any]]] = []
    #: False makes one instance serve all requests: less work, but nothing may be stored on `self`.
    init_every_request: t.ClassVar[bool] = True

    def dispatch_request(self) -> ft.ResponseReturnValue:
        """Answer the request. The variables of the URL are passed as keywords."""
        raise NotImplementedError(f"{type(self).__name__}.dispatch_request() is to be overridden")

    @classmethod
    def as_view(cls, name: str, *class_args: t.Any, **class_kwargs: t.Any) -> ft.RouteCallable:
        """A view function of that name. The other arguments are for the class, each time it is
        instantiated."""
        shared = None if cls.init_every_request else cls(*class_args, **class_kwargs)

        def view(**kwargs: t.Any) -> t.Any:
            # The class is asked of the function, so that a test can put another in its place.
            make = view.view_class  # type: ignore[attr-defined]
            instance = make(*class_args, **class_kwargs) if shared is None else shared
            return current_app.ensure_sync(instance.dispatch_request)(**kwargs)

        # Named before as well as after: decorators may look at the name, and may not keep it.
        view.__name__, view.__module__ = name, cls.__module__
        decorated: t.Any = view
        for decorator in cls.decorators:
            decorated = decorator(decorated)
        view = decorated
        view.__name__, view.__doc__, view.__module__ = name, cls.__doc__, cls.__module__
        view.view_class = cls  # type: ignore[attr-defined]
        view.methods = cls.methods  # type: ignore[attr-defined]
        view.provide_automatic_options = cls.provide_automatic_options  # type: ignore[attr-defined]
        return view


class MethodView(View):
    """A view with a method for each request method: ``get()`` answers GET, ``post()`` POST.

    `methods` follows from the methods that the class and its bases define.
    """

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "methods" not in cls.__dict__:
            inherited = (getattr(base, "methods", None) or () for base in cls.__bases__)
            methods = {method for each in inherited for method in each}
            methods.update(name.upper() for name in http_method_funcs if hasattr(cls, name))
            cls.methods = methods or cls.methods

    def dispatch_request(self, **kwargs: t.Any) -> ft.ResponseReturnValue:
        method = getattr(self, request.method.lower(), None)
        if method is None and request.method == "HEAD":
            method = getattr(self, "get", None)  # the server drops the body (RFC 9110 9.3.2)
        # Routing lets only `methods` through; this is reached if the class names more than it has.
        assert method is not None, f"Unimplemented method {request.method!r}"
        return current_app.ensure_sync(method)(**kwargs)  # type: ignore[no-any-return]

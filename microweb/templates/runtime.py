"""What compiled templates work with while they run: contexts, loops, macros, undefined values.

The rule: generated code does by itself what can be decided early, and comes here for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial

from ..markup import Markup, escape, html, soft_str
from . import utils
from .errors import TemplateNotFound, TemplateRuntimeError, UndefinedError
from .nodes import EvalContext
from .utils import Namespace, concat, internalcode, missing, object_type_repr, pass_eval_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Variables = t.Optional[t.Mapping[str, t.Any]]

#: Make `Markup` of a str without looking at it.
markup = partial(str.__new__, Markup)


#: Parts values that are escaped together; one that has it inside is escaped alone.
_SEPARATOR = "\0"
_STRINGS, _INTS = {str}, {int}


def write_rows(write: t.Callable[[str], t.Any], before: str, after: str, values: list[t.Any]) -> None:
    """Write values, each between two texts: strings, ints and markup.

    To escape many short strings in one go costs a fraction of doing it one by one.
    """
    if not values:
        return
    kinds = set(map(type, values))
    if kinds == _STRINGS:
        text = html(_SEPARATOR.join(values))
        if text.count(_SEPARATOR) == len(values) - 1:
            write(f"{before}{text.replace(_SEPARATOR, after + before)}{after}")
            return
    escaped = map(str, values if kinds == _INTS else map(html, values))
    write(f"{before}{(after + before).join(escaped)}{after}")


def markup_join(seq: t.Iterable[t.Any]) -> str:
    """Concatenate the texts of some values: escaped, and markup, if one of them is markup."""
    parts = [soft_str(part) for part in seq]
    return Markup("").join(parts) if any(hasattr(part, "__html__") for part in parts) else concat(parts)


def given(locals: Variables) -> dict[str, t.Any]:
    """Return the local variables that have a value."""
    return {name: value for name, value in (locals or {}).items() if value is not missing}


class Context(Mapping):  # type: ignore[type-arg]
    """The variables of one run of a template; read like a mapping.

    `parent` is what it was given and never changes, `vars` what its top level has assigned,
    `exported_vars` the names of those that an import of the template offers.
    """

    def __init__(
        self, environment: t.Any, parent: t.Any, name: str | None, blocks: t.Any, globals: t.Any = None
    ) -> None:
        self.environment, self.name = environment, name
        self.parent, self._globals = parent, globals
        self.vars: dict[str, t.Any] = {}
        self.exported_vars: set[str] = set()
        #: Each block's functions, the most derived template's first; `extends` adds to them.
        self.blocks = {name: [block] for name, block in blocks.items()}

    @cached_property
    def eval_ctx(self) -> EvalContext:
        """What holds for this run. Most templates never ask: it was known when compiling."""
        return EvalContext(self.environment, self.name)

    def super(self, name: str, current: t.Any) -> t.Any:
        """Return a reference to the block that `current` overrides."""
        stack = self.blocks.get(name, [])
        index = stack.index(current) + 1 if current in stack else len(stack)
        if index < len(stack):
            return BlockReference(name, self, stack, index)
        return self.environment.undefined(f"there is no parent block called {name!r}.", name="super")

    def resolve_or_missing(self, key: str) -> t.Any:
        """Return a variable or `missing`. The method to override for other ways of lookup."""
        return self.vars[key] if key in self.vars else self.parent.get(key, missing)

    def resolve(self, key: str) -> t.Any:
        """Return a variable, or an undefined value."""
        value = self.resolve_or_missing(key)
        return self.environment.undefined(name=key) if value is missing else value

    def get_exported(self) -> dict[str, t.Any]:
        """Return what an import of the template offers."""
        return {key: self.vars[key] for key in self.exported_vars}

    def get_all(self) -> dict[str, t.Any]:
        """Return all variables; not always a copy, so not to be changed."""
        return {**self.parent, **self.vars} if self.vars else self.parent

    def bind(self, f: t.Any, loop_vars: Variables = None, block_vars: Variables = None) -> t.Any:
        """Return what a template calls when it calls `f`: all but the arguments is settled here.

        A macro becomes the Python function compiled from it, a function that asks for the
        context, the eval context or the environment gets it.
        """
        kind = type(f)
        if kind is Macro:
            return f.for_mode(self.eval_ctx.autoescape)
        try:
            asks = getattr(f, "jinja_pass_arg", None)
        except UndefinedError:
            return f  # It says so when it is called, after what is wrong with the arguments.
        if asks == "nothing" or (asks is None and kind is type):
            return f  # and is known to raise no StopIteration
        if asks is None and kind not in _PLAIN_CALLABLES:
            # An instance whose __call__ was decorated.
            asks = getattr(getattr(kind, "__call__", None), "jinja_pass_arg", None)  # noqa: B004
        if asks == "context":
            local = {**(loop_vars or {}), **(block_vars or {})}
            return partial(_call, self, f, self.derived(local) if local else self)
        if asks == "eval_context":
            return partial(_call, self, f, self.eval_ctx)
        return partial(_call, self, f, *([self.environment] if asks == "environment" else ()))

    @internalcode
    def call(__self, __obj: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Call a function as a template would."""
        return __self.bind(__obj)(*args, **kwargs)

    def derived(self, locals: Variables = None) -> Context:
        """Return a context of its own with local variables added."""
        variables = {**self.parent, **self.vars, **given(locals)}
        context: Context = self.environment.context_class(self.environment, variables, self.name, {})
        context.eval_ctx = self.eval_ctx
        context.blocks.update((name, list(stack)) for name, stack in self.blocks.items())
        return context

    def __getitem__(self, key: str) -> t.Any:
        value = self.resolve_or_missing(key)
        if value is missing:
            raise KeyError(key)
        return value

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.get_all())

    def __len__(self) -> int:
        return len(self.get_all())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.get_all()!r} of {self.name!r}>"


#: Types whose instances have no `__call__` of their own that could be decorated.
_PLAIN_CALLABLES = frozenset(map(type, (len, print, internalcode, Markup().__html__, Markup().__str__)))


@internalcode
def _call(context: Context, f: t.Callable[..., t.Any], /, *args: t.Any, **kwargs: t.Any) -> t.Any:
    """Call `f`; that there is nothing more to iterate is an undefined value in a template."""
    try:
        return f(*args, **kwargs)
    except StopIteration:
        message = "value was undefined because a callable raised a StopIteration exception"
        return context.environment.undefined(message)


class TemplateReference:
    """`self` in templates: its items are the blocks."""

    def __init__(self, context: Context) -> None:
        self.__context = context

    def __getitem__(self, name: str) -> BlockReference:
        return BlockReference(name, self.__context, self.__context.blocks[name], 0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__context.name!r}>"


class BlockReference:
    """A block at one level of inheritance; calling it renders it."""

    def __init__(self, name: str, context: Context, stack: list[t.Any], depth: int) -> None:
        self.name, self._context = name, context
        self._stack, self._depth = stack, depth

    @property
    def super(self) -> t.Any:
        """The same block one level up."""
        return self._context.super(self.name, self._stack[self._depth])

    def __call__(self) -> str:
        text = concat(self._stack[self._depth](self._context))
        return markup(text) if self._context.eval_ctx.autoescape else text


class LoopContext:
    """`loop` in templates.

    Generated code iterates over `steps()` and assigns `index0` itself, so that in the common
    case, a list or a tuple, iterating costs no Python call. Only of other iterables must items
    be taken in advance to know what comes next.
    """

    index0 = -1
    _last_changed_value = _before = _current = _after = missing

    def __init__(self, iterable: t.Any, undefined: t.Any, recurse: t.Any = None, depth0: int = 0) -> None:
        self._undefined, self._recurse = undefined, recurse
        #: How deep a recursive loop is, from 0.
        self.depth0 = depth0
        self._iterable, self._indexed = iterable, type(iterable) in (list, tuple)
        if not self._indexed:
            self._source = iter(iterable)

    def steps(self) -> t.Iterator[tuple[int, t.Any]]:
        """Yield (index0, item)."""
        return enumerate(self._iterable if self._indexed else self._pull())

    def _pull(self) -> t.Iterator[t.Any]:
        """Yield the items of an iterable whose next item is known only when it is taken."""
        while (item := self._peek()) is not missing:
            self._before, self._current, self._after = self._current, item, missing
            yield item

    def _peek(self) -> t.Any:
        """The next item, or `missing`."""
        if self._indexed:
            index = self.index0 + 1
            return self._iterable[index] if index < len(self._iterable) else missing
        if self._after is missing:
            self._after = next(self._source, missing)
        return self._after

    def __len__(self) -> int:
        """How many items there are. Reads all of an iterable that does not know its size."""
        try:
            return len(self._iterable)
        except TypeError:
            rest = list(self._source)
            self._source = iter(rest)
        # No more is wanted of it from now on than its length.
        self._iterable = range(self.index + (self._after is not missing) + len(rest))
        return len(self._iterable)

    length = property(__len__)
    # Numbers from 1 and from 0, of the iteration and of what is left, this one included or not;
    # and of the depth of a recursive loop.
    index = property(lambda self: self.index0 + 1)
    revindex0 = property(lambda self: self.length - self.index0 - 1)
    revindex = property(lambda self: self.length - self.index0)
    depth = property(lambda self: self.depth0 + 1)
    first = property(lambda self: self.index0 == 0)

    last = property(lambda self: self._peek() is missing)

    @property
    def previtem(self) -> t.Any:
        """The item of the previous iteration."""
        if self.index0 <= 0:
            return self._undefined("there is no previous item")
        return self._iterable[self.index0 - 1] if self._indexed else self._before

    @property
    def nextitem(self) -> t.Any:
        """The item of the next iteration."""
        item = self._peek()
        return self._undefined("there is no next item") if item is missing else item

    def cycle(self, *args: t.Any) -> t.Any:
        """Return one of the arguments, in turn."""
        if not args:
            raise TypeError("no items for cycling given")
        return args[self.index0 % len(args)]

    def changed(self, *value: t.Any) -> bool:
        """Is this another value than in the last call?"""
        last, self._last_changed_value = self._last_changed_value, value
        return bool(last != value)

    def __call__(self, iterable: t.Iterable[t.Any]) -> str:
        """Render the body of a recursive loop for other items."""
        if self._recurse is None:
            raise TypeError("The loop must have the 'recursive' marker to be called recursively.")
        return self._recurse(iterable, self.depth)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.index}/{self.length}>"


class Macro:
    """A macro. Templates call the function compiled from it directly; `__call__` is for Python.

    The function has the macro's parameters under their own names, all with the default `missing`
    (what was left out is known to the body, which evaluates the defaults in its scope), and ends
    in `t_safe`, which says whether the result is to be markup. So Python itself matches arguments
    to parameters, at its own speed. Where a parameter's name cannot be one in Python, or would
    hide a name that generated code needs, `renamed` tells what it is called instead.
    """

    def __init__(self, func: t.Any, name: t.Any, arguments: t.Any, *flags: bool, renamed: t.Any) -> None:
        self._func, self.name, self.arguments, self._renamed = func, name, arguments, renamed
        self.catch_kwargs, self.catch_varargs, self.caller, self._default_autoescape = flags
        self._modes: list[t.Any] = [None, None]

    def for_mode(self, autoescape: bool) -> t.Callable[..., str]:
        """Return a function that renders the macro as markup, or as plain text."""
        mode = bool(autoescape)
        function = self._modes[mode]
        if function is None:
            # The same code; only the default of t_safe differs. Cheaper than passing it.
            f = self._func
            function = type(f)(f.__code__, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
            function.__kwdefaults__ = {**f.__kwdefaults__, "t_safe": mode}
            function.__qualname__ = f"macro {self.name or 'caller'}"  # for Python's own TypeErrors
            self._modes[mode] = function = partial(self._rename, function) if self._renamed else function
        return function  # type: ignore[no-any-return]

    @internalcode
    @pass_eval_context
    def __call__(self, *args: t.Any, **kwargs: t.Any) -> str:
        autoescape = self._default_autoescape
        if args and isinstance(args[0], EvalContext):
            # Escaping depends on where the macro is used, not on where it was written.
            autoescape, args = args[0].autoescape, args[1:]
        if "caller" in kwargs and "caller" in self.arguments[: len(args)]:
            invoked = f"macro {self.name!r} was invoked"
            raise TypeError(f"{invoked} with two values for the special caller argument")
        return self.for_mode(autoescape)(*args, **kwargs)

    @internalcode
    def _rename(self, function: t.Callable[..., str], /, *args: t.Any, **kwargs: t.Any) -> str:
        return function(*args, **{self._renamed.get(name, name): value for name, value in kwargs.items()})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'anonymous' if self.name is None else repr(self.name)}>"


class Undefined:
    """A value that is not there: it prints as nothing, is false and empty, and refuses the rest."""

    __slots__ = ("_undefined_exception", "_undefined_hint", "_undefined_name", "_undefined_obj")

    def __init__(
        self, hint: str | None = None, obj: t.Any = missing, name: t.Any = None, exc: t.Any = UndefinedError
    ) -> None:
        self._undefined_hint, self._undefined_exception = hint, exc
        self._undefined_obj, self._undefined_name = obj, name

    @property
    def _undefined_message(self) -> str:
        """What is missing, and from what."""
        if self._undefined_hint:
            return self._undefined_hint
        name, owner = self._undefined_name, object_type_repr(self._undefined_obj)
        if self._undefined_obj is missing:
            return f"{name!r} is undefined"
        if isinstance(name, str):
            return f"{owner!r} has no attribute {name!r}"
        return f"{owner} has no element {name!r}"

    @internalcode
    def _fail_with_undefined_error(self, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise self._undefined_exception(self._undefined_message)

    def __getattr__(self, name: str) -> t.Any:
        # Python asks any object for such names, and must not hear of undefined variables.
        if name[:2] != "__" or name[-2:] != "__":
            self._fail_with_undefined_error()
        raise AttributeError(name)

    __call__ = __getitem__ = __lt__ = __le__ = __gt__ = __ge__ = _fail_with_undefined_error
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = _fail_with_undefined_error
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = _fail_with_undefined_error
    __rpow__ = __pos__ = __neg__ = __int__ = __float__ = __complex__ = _fail_with_undefined_error

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return id(type(self))

    def __str__(self) -> str:
        return ""

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "Undefined"


class ChainableUndefined(Undefined):
    """An undefined value whose attributes and items are undefined too, however deep."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)

    def __getattr__(self, name: str) -> t.Any:
        return super().__getattr__(name) if name[:2] == name[-2:] == "__" else self

    def __getitem__(self, _name: t.Any) -> t.Any:
        return self


class DebugUndefined(Undefined):
    """An undefined value that prints as the expression it stands for."""

    __slots__ = ()

    def __str__(self) -> str:
        message = f"no such element: {object_type_repr(self._undefined_obj)}[{self._undefined_name!r}]"
        if self._undefined_hint:
            message = f"undefined value printed: {self._undefined_hint}"
        elif self._undefined_obj is missing:
            message = self._undefined_name
        return f"{{{{ {message} }}}}"


class StrictUndefined(Undefined):
    """An undefined value with which one can do nothing but ask whether it is defined."""

    __slots__ = ()
    __iter__ = __str__ = __len__ = Undefined._fail_with_undefined_error
    __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = Undefined._fail_with_undefined_error


def make_logging_undefined(logger: t.Any = None, base: type[Undefined] = Undefined) -> type[Undefined]:
    """Make a kind of undefined that logs a warning when it is used, an error when it fails."""
    if logger is None:
        import logging  # for who wants a log and has none

        # Its messages go to stderr, unless the program has set up another way.
        logger = logging.getLogger(__name__)

    def logged(name: str, log: t.Any, text: str) -> t.Any:
        method = getattr(base, name)

        def tell(undefined: Undefined, *args: t.Any, **kwargs: t.Any) -> t.Any:
            log(text, undefined._undefined_message)
            return method(undefined, *args, **kwargs)

        return tell

    uses, fail = ("__str__", "__iter__", "__bool__"), "_fail_with_undefined_error"
    methods = {name: logged(name, logger.warning, "Template variable warning: %s") for name in uses}
    methods[fail] = logged(fail, logger.error, "Template variable error: %s")
    return type("LoggingUndefined", (base,), {"__slots__": (), **methods})


def must_be_namespace(*values: t.Any) -> None:
    """Check what `{% set a.b = c %}` is about to change."""
    if not all(type(value) is Namespace for value in values):
        raise TemplateRuntimeError("cannot assign attribute on non-namespace object")


def exported(environment: t.Any, module: t.Any, name: str, position: str) -> t.Any:
    """Return what was imported from a template, or an undefined value that says where that was."""
    template = f"the template {module.__name__!r} (imported on {position})"
    hint = f"{template} does not export the requested name {name!r}"
    value = getattr(module, name, missing)
    return environment.undefined(hint, name=name) if value is missing else value


def no_such(kind: str, name: str) -> t.Callable[..., t.Any]:
    """Return what stands for an unknown filter or test in a branch that may never run."""

    def fail(*args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise TemplateRuntimeError(f"No {kind} named {name!r} found.")

    return fail


_OFFERED: tuple[t.Any, ...] = (
    LoopContext, Macro, Markup, Namespace, TemplateNotFound, TemplateReference, TemplateRuntimeError, html,
    Undefined, escape, exported, utils.import_string, markup_join, must_be_namespace, no_such, write_rows,
)  # fmt: skip
#: The names that generated code takes for granted; `environment` joins them for each template.
NAMESPACE = {value.__name__: value for value in _OFFERED}
NAMESPACE.update(concat=concat, markup=markup, missing=missing)

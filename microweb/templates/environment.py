"""The engine's face: an `Environment` holds the settings and loads `Template` objects.

The rule: an environment is set up once and then only read, so any number of threads may share
it; a template is compiled once and is immutable. The stages meet in `Environment.compile`:
source, tokens, nodes, Python's syntax tree, code.
"""

from __future__ import annotations

import ast
import os
import sys
import weakref
import zlib
from _thread import RLock
from collections import ChainMap
from functools import lru_cache, reduce

from ..markup import Markup
from . import nodes
from .checks import TESTS
from .compiler import CodeGenerator, generate, to_source
from .errors import (
    TemplateNotFound,
    TemplateRuntimeError,
    TemplatesNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from .filters import FILTERS
from .lexer import Lexer, TokenStream, get_lexer
from .nodes import EvalContext
from .parser import Parser
from .runtime import NAMESPACE, Context, Undefined, new_context
from .utils import (
    Cycler,
    Joiner,
    LRUCache,
    Namespace,
    concat,
    consume,
    generate_lorem_ipsum,
    import_string,
    internalcode,
    missing,
    pass_arg_of,
    without_internals,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import types
    import typing as t

    from .ext import Extension
    from .loaders import BaseLoader

    Globals = c.MutableMapping[str, t.Any]

DEFAULT_NAMESPACE = {
    "range": range,
    "dict": dict,
    "lipsum": generate_lorem_ipsum,
    "cycler": Cycler,
    "joiner": Joiner,
    "namespace": Namespace,
}

DEFAULT_POLICIES: dict[str, t.Any] = {
    "compiler.ascii_str": True,
    "urlize.rel": "noopener",
    "urlize.target": None,
    "urlize.extra_schemes": None,
    "truncate.leeway": 5,
    "json.dumps_function": None,
    "json.dumps_kwargs": {"sort_keys": True},
    "ext.i18n.trimmed": False,
}

#: Extensions that templates' settings name as Jinja's own, with and without its package.
_BUILTIN_EXTENSIONS = {
    "i18n": "InternationalizationExtension",
    "do": "ExprStmtExtension",
    "loopcontrols": "LoopControlExtension",
    "debug": "DebugExtension",
    "with_": "WithExtension",
    "autoescape": "AutoEscapeExtension",
}


#: One template is compiled at a time, and none twice. An environment can still be pickled.
_compiling = RLock()


class TemplateRecursionError(TemplateRuntimeError, RecursionError):
    """Templates include, extend, import or call one another without end."""


@lru_cache(maxsize=10)
def get_spontaneous_environment(cls: type[Environment], *args: t.Any) -> Environment:
    """Return an environment for templates that are made directly from a string."""
    environment = cls(*args)
    environment.shared = True
    return environment


def create_cache(size: int) -> c.MutableMapping[t.Any, Template] | None:
    """Make a template cache: none for 0, one without limit for less."""
    if size == 0:
        return None
    return {} if size < 0 else LRUCache(size)


def load_extensions(
    environment: Environment, extensions: c.Iterable[str | type[Extension]]
) -> dict[str, Extension]:
    """Create extensions, given as classes or as import paths."""
    result = {}
    for extension in extensions:
        if isinstance(extension, str):
            extension = _import_extension(extension)
        result[extension.identifier] = extension(environment)
    return result


def _import_extension(path: str) -> type[Extension]:
    module, _, name = path.rpartition(".")
    if module in ("", "jinja2.ext"):
        # The same under whatever name this package goes.
        path = f"{__package__}.ext.{_BUILTIN_EXTENSIONS.get(name, name)}"
    return import_string(path)  # type: ignore[no-any-return]


class Environment:
    """Settings, filters, tests, globals and the loader that templates share."""

    sandboxed = False
    overlayed = False
    linked_to: Environment | None = None
    #: One that many users share must not be changed.
    shared = False
    code_generator_class: type[CodeGenerator] = CodeGenerator
    context_class: type[Context] = Context
    concat = "".join
    template_class: type[Template]

    def __init__(
        self,
        block_start_string: str = "{%",
        block_end_string: str = "%}",
        variable_start_string: str = "{{",
        variable_end_string: str = "}}",
        comment_start_string: str = "{#",
        comment_end_string: str = "#}",
        line_statement_prefix: str | None = None,
        line_comment_prefix: str | None = None,
        trim_blocks: bool = False,
        lstrip_blocks: bool = False,
        newline_sequence: str = "\n",
        keep_trailing_newline: bool = False,
        extensions: c.Iterable[str | type[Extension]] = (),
        optimized: bool = True,
        undefined: type[Undefined] = Undefined,
        finalize: t.Callable[..., t.Any] | None = None,
        autoescape: bool | t.Callable[[str | None], bool] = False,
        loader: BaseLoader | None = None,
        cache_size: int = 400,
        auto_reload: bool = True,
        bytecode_cache: t.Any = None,
        enable_async: bool = False,
    ) -> None:
        self.block_start_string = block_start_string
        self.block_end_string = block_end_string
        self.variable_start_string = variable_start_string
        self.variable_end_string = variable_end_string
        self.comment_start_string = comment_start_string
        self.comment_end_string = comment_end_string
        self.line_statement_prefix = line_statement_prefix
        self.line_comment_prefix = line_comment_prefix
        self.trim_blocks = trim_blocks
        self.lstrip_blocks = lstrip_blocks
        self.newline_sequence = newline_sequence
        self.keep_trailing_newline = keep_trailing_newline
        self.optimized = optimized
        self.undefined = undefined
        self.finalize = finalize
        self.autoescape = autoescape
        self.loader = loader
        self.cache = create_cache(cache_size)
        self.auto_reload = auto_reload
        self.bytecode_cache = bytecode_cache
        self.is_async = enable_async
        self.filters: dict[str, t.Callable[..., t.Any]] = FILTERS.copy()
        self.tests: dict[str, t.Callable[..., t.Any]] = TESTS.copy()
        self.globals: Globals = DEFAULT_NAMESPACE.copy()
        self.policies = DEFAULT_POLICIES.copy()
        self.extensions = load_extensions(self, extensions)
        self._check()

    def _check(self) -> Environment:
        starts = {self.block_start_string, self.variable_start_string, self.comment_start_string}
        if len(starts) < 3:
            raise ValueError(
                "block, variable and comment start strings must be different, not"
                f" {self.block_start_string!r}, {self.variable_start_string!r} and"
                f" {self.comment_start_string!r}"
            )
        if not issubclass(self.undefined, Undefined):
            raise TypeError(f"'undefined' must be a subclass of Undefined, not {self.undefined!r}")
        if self.newline_sequence not in ("\n", "\r\n", "\r"):
            raise ValueError(
                f"'newline_sequence' must be '\\n', '\\r\\n' or '\\r', not {self.newline_sequence!r}"
            )
        return self

    # -- settings

    def add_extension(self, extension: str | type[Extension]) -> None:
        """Add an extension later."""
        self.extensions.update(load_extensions(self, [extension]))

    def extend(self, **attributes: t.Any) -> None:
        """Set attributes that are not there yet; for the settings of extensions."""
        for key, value in attributes.items():
            if not hasattr(self, key):
                setattr(self, key, value)

    def overlay(self, **options: t.Any) -> Environment:
        """Return an environment that differs in some options of the constructor.

        It shares filters, tests and globals, keeps all extensions and may get more.
        """
        unknown = options.keys() - _OPTIONS.keys()
        if unknown:
            raise TypeError(f"overlay() got an unexpected option {min(unknown)!r}")
        other: Environment = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.overlayed = True
        other.linked_to = self
        extensions = options.pop("extensions", ())
        if "enable_async" in options:
            other.is_async = options.pop("enable_async")
        if "cache_size" in options:
            other.cache = create_cache(options.pop("cache_size"))
        elif self.cache is not None:
            other.cache = create_cache(getattr(self.cache, "capacity", -1))
        for key, value in options.items():
            setattr(other, key, value)
        other.extensions = {key: value.bind(other) for key, value in self.extensions.items()}
        other.extensions.update(load_extensions(other, extensions))
        return other._check()

    def iter_extensions(self) -> c.Iterator[Extension]:
        """Yield the extensions by priority."""
        return iter(sorted(self.extensions.values(), key=lambda extension: extension.priority))

    def make_globals(self, d: Globals | None) -> Globals:
        """Return a template's own globals `d` over those of the environment."""
        return ChainMap({} if d is None else d, self.globals)

    # -- what compiled templates ask

    def getitem(self, obj: t.Any, argument: t.Any) -> t.Any:
        """`obj[argument]`, or the attribute of that name, or undefined."""
        try:
            return obj[argument]
        except (AttributeError, TypeError, LookupError):
            if isinstance(argument, str):
                value = getattr(obj, argument, missing)
                if value is not missing:
                    return value
            return self.undefined(obj=obj, name=argument)

    getitem.can_be_inlined = True  # type: ignore[attr-defined]

    def getattr(self, obj: t.Any, attribute: str) -> t.Any:
        """`obj.attribute`, or the item of that name, or undefined."""
        value = getattr(obj, attribute, missing)
        return self._item_or_undefined(obj, attribute) if value is missing else value

    getattr.can_be_inlined = True  # type: ignore[attr-defined]

    @internalcode
    def _item_or_undefined(self, obj: t.Any, attribute: str) -> t.Any:
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=attribute)

    def call_filter(
        self,
        name: str,
        value: t.Any,
        args: c.Sequence[t.Any] | None = None,
        kwargs: c.Mapping[str, t.Any] | None = None,
        context: Context | None = None,
        eval_ctx: EvalContext | None = None,
    ) -> t.Any:
        """Call a filter as a template does."""
        return self._call_by_name("filter", name, value, args, kwargs, context, eval_ctx)

    def call_test(
        self,
        name: str,
        value: t.Any,
        args: c.Sequence[t.Any] | None = None,
        kwargs: c.Mapping[str, t.Any] | None = None,
        context: Context | None = None,
        eval_ctx: EvalContext | None = None,
    ) -> t.Any:
        """Call a test as a template does."""
        return self._call_by_name("test", name, value, args, kwargs, context, eval_ctx)

    def _call_by_name(
        self,
        kind: str,
        name: t.Any,
        value: t.Any,
        args: c.Sequence[t.Any] | None,
        kwargs: c.Mapping[str, t.Any] | None,
        context: Context | None,
        eval_ctx: EvalContext | None,
    ) -> t.Any:
        function = (self.filters if kind == "filter" else self.tests).get(name)
        if function is None:
            message = f"No {kind} named {name!r}."
            if isinstance(name, Undefined):
                reason = name._undefined_message
                message += f" ({reason}; did you forget to quote the callable name?)"
            raise TemplateRuntimeError(message)
        first: list[t.Any] = []
        asks = pass_arg_of(function)
        if asks == "context":
            if context is None:
                raise TemplateRuntimeError(f"Attempted to invoke a context {kind} without context.")
            first = [context]
        elif asks == "eval_context":
            if eval_ctx is None:
                eval_ctx = EvalContext(self) if context is None else context.eval_ctx
            first = [eval_ctx]
        elif asks == "environment":
            first = [self]
        return function(*first, value, *(args or ()), **(kwargs or {}))

    # -- from source to code

    @property
    def lexer(self) -> Lexer:
        """The lexer for the delimiters."""
        return get_lexer(self)

    def lex(
        self, source: str, name: str | None = None, filename: str | None = None
    ) -> c.Iterator[tuple[int, str, str]]:
        """Yield (line, type, text) of every token, comments and white space too."""
        return self.lexer.tokeniter(str(source), name, filename)

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Let every extension change the source."""
        return reduce(
            lambda text, extension: extension.preprocess(text, name, filename),
            self.iter_extensions(),
            str(source),
        )

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        source = self.preprocess(source, name, filename)
        stream = self.lexer.tokenize(source, name, filename, state)
        for extension in self.iter_extensions():
            filtered = extension.filter_stream(stream)
            if not isinstance(filtered, TokenStream):
                filtered = TokenStream(filtered, name, filename)
            stream = filtered
        return stream

    def parse(self, source: str, name: str | None = None, filename: str | None = None) -> nodes.Template:
        """Return the nodes of a template."""
        try:
            # Each node learns its environment here, where somebody else than the compiler asks.
            tree = self._parse(source, name, filename)
            tree.set_environment(self)
            return tree
        except TemplateSyntaxError:
            self.handle_exception(source=source)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parser = Parser(self, source, name, filename)
        try:
            return parser.parse()
        except RecursionError:
            lineno = parser.stream.current.lineno
        raise TemplateSyntaxError(
            "The template is nested too deeply: Python's recursion limit was reached here.",
            lineno,
            name,
            filename,
        )

    def compile(
        self,
        source: str | nodes.Template,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
        streaming: bool = False,
    ) -> t.Any:
        """Compile source or nodes to a code object, or with `raw` to readable Python source."""
        text = source if isinstance(source, str) else None
        try:
            if isinstance(source, str):
                source = self._parse(source, name, filename)
            try:
                tree = generate(source, self, name, filename, streaming)
                if raw:
                    return to_source(tree, sys.version_info >= (3, 12) and not defer_init)
                if filename is None:
                    filename = pseudo_filename(name, text)
                return self._compile(tree, filename)
            except (RecursionError, SyntaxError, MemoryError) as error:
                # Well formed for us, but too much for Python; e.g. 20 loops inside each other.
                problem, lineno = str(error), getattr(error, "lineno", None)
            raise TemplateSyntaxError(
                f"Python cannot compile this template: {problem}.", lineno or 1, name, filename
            )
        except TemplateSyntaxError:
            self.handle_exception(source=text)

    def _compile(self, tree: ast.Module, filename: str) -> types.CodeType:
        return compile(tree, filename, "exec", dont_inherit=True)

    def compile_expression(self, source: str, undefined_to_none: bool = True) -> TemplateExpression:
        """Return a function that evaluates an expression with its keyword arguments.

        >>> Environment().compile_expression("a + 1")(a=41)
        42
        """
        parser = Parser(self, source, state="variable")
        try:
            expr = parser.parse_expression()
            if not parser.stream.eos:
                raise TemplateSyntaxError("chunk after expression", parser.stream.current.lineno, None, None)
            expr.set_environment(self)
        except TemplateSyntaxError:
            self.handle_exception(source=source)
        body = [nodes.Assign(nodes.Name("result", "store", lineno=1), expr, lineno=1)]
        return TemplateExpression(self.from_string(nodes.Template(body, lineno=1)), undefined_to_none)

    def compile_templates(
        self,
        target: str | os.PathLike[str],
        extensions: c.Collection[str] | None = None,
        filter_func: t.Callable[[str], bool] | None = None,
        zip: str | None = "deflated",
        log_function: t.Callable[[str], t.Any] | None = None,
        ignore_errors: bool = True,
    ) -> None:
        """Write all templates as Python modules, for a `ModuleLoader`; `zip` None for a folder."""
        from .precompile import write_templates  # a tool for deployment

        names = self.list_templates(extensions, filter_func)
        write_templates(self, names, target, zip, log_function, ignore_errors)

    def handle_exception(self, source: str | None = None) -> t.NoReturn:
        """Raise the current exception again, without the engine's frames.

        A syntax error is raised from a frame that stands where it is in the template.
        """
        error = sys.exc_info()[1]
        if isinstance(error, TemplateSyntaxError) and error.source is None:
            error.source = source
            raise_in_template(error)
        if isinstance(error, RecursionError) and not isinstance(error, TemplateRecursionError):
            raise TemplateRecursionError(
                "Too much recursion. Does a template include, extend, import or call itself?"
            ) from error
        if error is None:
            raise RuntimeError("there is no exception to handle")
        raise error.with_traceback(without_internals(error.__traceback__))

    # -- templates

    def list_templates(
        self, extensions: c.Collection[str] | None = None, filter_func: t.Callable[[str], bool] | None = None
    ) -> list[str]:
        """Return the names of all templates, or of those with an extension or that pass."""
        if self.loader is None:
            raise TypeError("no loader for this environment specified")
        names = self.loader.list_templates()
        if extensions is not None:
            if filter_func is not None:
                raise TypeError("either extensions or filter_func can be passed, but not both")
            allowed = extensions
            filter_func = lambda name: "." in name and name.rsplit(".", 1)[1] in allowed
        return names if filter_func is None else list(filter(filter_func, names))

    def join_path(self, template: str, parent: str) -> str:
        """Override this to make template names relative to the template that mentions them."""
        return template

    @internalcode
    def _load_template(self, name: str, globals: Globals | None) -> Template:
        cache, loader = self.cache, self.loader
        if loader is None:
            raise TypeError("no loader for this environment specified")
        if cache is None:
            return loader.load(self, name, self.make_globals(globals))
        key = weakref.ref(loader), name
        template = self._if_fresh(cache.get(key))
        if template is None:
            with _compiling:
                # Another thread may have done it while this one waited.
                template = self._if_fresh(cache.get(key))
                if template is None:
                    template = loader.load(self, name, self.make_globals(globals))
                    cache[key] = template
                    return template
        if globals:
            template.globals.update(globals)
        return template

    def _if_fresh(self, template: Template | None) -> Template | None:
        if template is None or not self.auto_reload or template.is_up_to_date:
            return template
        return None

    @internalcode
    def get_template(
        self, name: str | Template, parent: str | None = None, globals: Globals | None = None
    ) -> Template:
        """Return the template of this name, or raise `TemplateNotFound`."""
        if isinstance(name, Template):
            return name
        if parent is not None:
            name = self.join_path(name, parent)
        return self._load_template(name, globals)

    @internalcode
    def select_template(
        self, names: c.Iterable[str | Template], parent: str | None = None, globals: Globals | None = None
    ) -> Template:
        """Return the first of these templates that exists, or raise `TemplatesNotFound`."""
        if isinstance(names, Undefined):
            names._fail_with_undefined_error()
        if not names:
            raise TemplatesNotFound(message="Tried to select from an empty list of templates.")
        tried = []
        for name in names:
            try:
                return self.get_template(name, parent, globals)
            except (TemplateNotFound, UndefinedError):
                tried.append(name)
        raise TemplatesNotFound(tried)

    @internalcode
    def get_or_select_template(
        self,
        template_name_or_list: str | Template | c.Iterable[str | Template],
        parent: str | None = None,
        globals: Globals | None = None,
    ) -> Template:
        """Return the template of this name, or the first of these that exists."""
        if isinstance(template_name_or_list, (str, Undefined, Template)):
            return self.get_template(template_name_or_list, parent, globals)  # type: ignore[arg-type]
        return self.select_template(template_name_or_list, parent, globals)

    def from_string(
        self,
        source: str | nodes.Template,
        globals: Globals | None = None,
        template_class: type[Template] | None = None,
    ) -> Template:
        """Return a template from source, without the loader."""
        cls = template_class or self.template_class
        template = cls.from_code(self, self.compile(source), self.make_globals(globals), None)
        template.remember(source)
        return template


#: The options of the constructor and their defaults, in order.
_OPTIONS: dict[str, t.Any] = dict(
    zip(Environment.__init__.__code__.co_varnames[1:], Environment.__init__.__defaults__ or ())
)
#: Those of them that `Template` does not take.
_LOADING_OPTIONS = ("loader", "cache_size", "auto_reload", "bytecode_cache")


def pseudo_filename(name: str | None, source: str | None) -> str:
    """Name what has no file, so that tracebacks can show its lines.

    Python asks `__loader__` only for names that are not in angle brackets; and it remembers what
    it got, so that another source must have another name.
    """
    shown = name or "string"
    if not shown.isprintable():
        shown = repr(shown)
    checksum = zlib.crc32((source or "").encode("utf-8", "surrogatepass"))
    return f"template:{shown}#{checksum:08x}"


class SourceLoader:
    """Shows Python's `linecache` the source of a template that is in no file."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, name: str) -> str:
        """Return the source."""
        return self._source


def raise_in_template(error: TemplateSyntaxError) -> t.NoReturn:
    """Raise a syntax error from code that stands on its line of the template."""
    statement = ast.parse("raise error from None")
    ast.increment_lineno(statement, error.lineno - 1)
    filename = error.filename or pseudo_filename(error.name, error.source)
    names = {"error": error, "__name__": "template", "__loader__": SourceLoader(error.source or "")}
    error.__traceback__ = None
    exec(compile(statement, filename, "exec"), names)
    raise error  # never reached


class Template:
    """A compiled template."""

    environment_class: type[Environment] = Environment
    environment: Environment
    globals: Globals
    name: str | None
    filename: str | None
    blocks: dict[str, t.Callable[[Context], c.Iterable[str]]]
    render_parts: t.Callable[[Context], c.Iterable[str]]

    def __new__(cls, source: str | nodes.Template, *args: t.Any, **options: t.Any) -> Template:
        """Make a template from source and options of an `Environment`, which is shared."""
        names = [name for name in _OPTIONS if name not in _LOADING_OPTIONS]
        values = {**_OPTIONS, "cache_size": 0, "auto_reload": False}
        values.update(zip(names, args), **options)
        if values.keys() != _OPTIONS.keys() or len(args) > len(names):
            raise TypeError(f"unknown options, use some of {', '.join(names)}")
        values["extensions"] = frozenset(values["extensions"])
        environment = get_spontaneous_environment(cls.environment_class, *values.values())
        return environment.from_string(source, template_class=cls)

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: types.CodeType,
        globals: Globals,
        uptodate: t.Callable[[], bool] | None = None,
    ) -> Template:
        """Make a template from what `Environment.compile` returned."""
        namespace = {"__file__": code.co_filename}
        template = cls._from_namespace(environment, run_module(environment, code, namespace), globals)
        template._uptodate = uptodate
        return template

    @classmethod
    def from_module_dict(
        cls, environment: Environment, module_dict: dict[str, t.Any], globals: Globals
    ) -> Template:
        """Make a template from the namespace of a module; see `run_module`."""
        return cls._from_namespace(environment, module_dict, globals)

    @classmethod
    def _from_namespace(
        cls, environment: Environment, namespace: dict[str, t.Any], globals: Globals
    ) -> Template:
        template: Template = object.__new__(cls)
        template.environment = environment
        template.globals = globals
        template.name = namespace["name"]
        template.filename = namespace["__file__"]
        template.blocks = namespace["blocks"]
        template.render_parts = namespace["root"]
        template._namespace = namespace
        template._module = None
        template._uptodate = None
        template._source = None
        template._streaming = None
        return template

    _namespace: dict[str, t.Any]
    _module: TemplateModule | None
    _uptodate: t.Callable[[], bool] | None
    _source: str | nodes.Template | None
    _streaming: dict[str, t.Any] | None

    def remember(self, source: str | nodes.Template) -> None:
        """Keep the source: tracebacks show it, and streaming compiles it a second time."""
        self._source = source
        if isinstance(source, str):
            self._namespace["__loader__"] = SourceLoader(source)

    # -- rendering

    def render(self, *args: t.Any, **kwargs: t.Any) -> str:
        """Render with variables, given as for dict()."""
        context = self.new_context(dict(*args, **kwargs))
        try:
            return self.environment.concat(self.render_parts(context))
        except Exception:
            self.environment.handle_exception()

    def generate(self, *args: t.Any, **kwargs: t.Any) -> c.Iterator[str]:
        """Render piece by piece."""
        variables = dict(*args, **kwargs)
        context = self.new_context(variables)
        context.blocks = {name: [block] for name, block in self._stream_blocks().items()}
        try:
            yield from self.root_render_func(context)
        except Exception:
            self.environment.handle_exception()

    def stream(self, *args: t.Any, **kwargs: t.Any) -> TemplateStream:
        """Render piece by piece, with the choice to join some."""
        return TemplateStream(self.generate(*args, **kwargs))

    @property
    def root_render_func(self) -> t.Callable[[Context], c.Iterator[str]]:
        """The generator function that yields the pieces of the output."""
        return self._streaming_namespace()["root"]  # type: ignore[no-any-return]

    def _stream_blocks(self) -> dict[str, t.Callable[[Context], c.Iterable[str]]]:
        return self._streaming_namespace()["blocks"]  # type: ignore[no-any-return]

    def _streaming_namespace(self) -> dict[str, t.Any]:
        """The second translation of the template, made when something first asks for it."""
        if self._streaming is None:
            if self._source is None:
                # A precompiled module has its functions only: one piece a block, then.
                root = self._namespace["root"]
                return {"root": lambda context: iter(root(context)), "blocks": self.blocks}
            filename = self._namespace["__file__"]
            code = self.environment.compile(self._source, self.name, filename, streaming=True)
            namespace = {"__file__": filename, "__loader__": self._namespace.get("__loader__")}
            self._streaming = run_module(self.environment, code, namespace)
        return self._streaming

    def add_blocks(self, context: Context, streaming: bool = False) -> None:
        """Stack the blocks of this template below those of the one that extends it."""
        for name, block in (self._stream_blocks() if streaming else self.blocks).items():
            context.blocks.setdefault(name, []).append(block)

    def new_context(
        self,
        vars: dict[str, t.Any] | None = None,
        shared: bool = False,
        locals: c.Mapping[str, t.Any] | None = None,
    ) -> Context:
        """Return a context for this template; see `runtime.new_context`."""
        return new_context(self.environment, self.name, self.blocks, vars, shared, self.globals, locals)

    # -- as a module

    def make_module(
        self,
        vars: dict[str, t.Any] | None = None,
        shared: bool = False,
        locals: c.Mapping[str, t.Any] | None = None,
    ) -> TemplateModule:
        """Run the template and return what it defines."""
        return TemplateModule(self, self.new_context(vars, shared, locals))

    @property
    def module(self) -> TemplateModule:
        """What the template defines without any variables; it is run once."""
        return self._get_default_module()

    @internalcode
    def _get_default_module(self, context: Context | None = None) -> TemplateModule:
        """The module for an import without context: globals are all that it sees.

        Globals given to the importing template alone are seen too, so such a module is not kept.
        """
        if context is not None and context._globals is not self.globals:
            more = _extra_names(context._globals, self.globals)
            if more:
                return self.make_module({name: context.parent[name] for name in more})
        if self._module is None:
            self._module = self.make_module()
        return self._module

    # -- about the template

    @property
    def is_up_to_date(self) -> bool:
        """Is there no newer version?"""
        return self._uptodate is None or self._uptodate()

    @property
    def debug_info(self) -> list[tuple[int, int]]:
        """Pairs of line numbers, of the template and of its code; they do not differ."""
        return []

    def get_corresponding_lineno(self, lineno: int) -> int:
        """Return the template's line for a line of the code: the same."""
        return lineno

    def __repr__(self) -> str:
        name = f"memory:{id(self):x}" if self.name is None else repr(self.name)
        return f"<{type(self).__name__} {name}>"


def _extra_names(theirs: t.Any, ours: t.Any) -> set[str]:
    """The names in one template's globals that are not in another's."""
    maps, known = getattr(theirs, "maps", [theirs or {}]), getattr(ours, "maps", [ours])
    shared = [id(layer) for layer in known]
    names = {name for layer in maps if id(layer) not in shared for name in layer}
    return {name for name in names if name not in ours}


def run_module(
    environment: Environment, code: types.CodeType, namespace: dict[str, t.Any]
) -> dict[str, t.Any]:
    """Execute a template's module with the names that generated code needs."""
    namespace.update(NAMESPACE)
    namespace["__name__"] = "template"
    namespace["environment"] = environment
    namespace["lookup_item"] = environment._item_or_undefined
    exec(code, namespace)
    # How tracebacks call the functions.
    titles = {"root": "top-level template code"}
    titles.update((f"block_{name}", f"block {name!r}") for name in namespace["blocks"])
    for name, title in titles.items():
        function = namespace[name]
        function.__code__ = function.__code__.replace(co_name=title)
    return namespace


class TemplateModule:
    """What a template defines at its top level, as attributes; as a string, its output."""

    def __init__(
        self, template: Template, context: Context, body_stream: c.Iterable[str] | None = None
    ) -> None:
        if body_stream is None:
            body_stream = template.render_parts(context)
        self._body_stream = list(body_stream)
        self.__dict__.update(context.get_exported())
        self.__name__ = template.name

    def __html__(self) -> Markup:
        return Markup(concat(self._body_stream))

    def __str__(self) -> str:
        return concat(self._body_stream)

    def __repr__(self) -> str:
        name = f"memory:{id(self):x}" if self.__name__ is None else repr(self.__name__)
        return f"<{type(self).__name__} {name}>"


class TemplateExpression:
    """A compiled expression; see `Environment.compile_expression`."""

    def __init__(self, template: Template, undefined_to_none: bool) -> None:
        self._template = template
        self._undefined_to_none = undefined_to_none

    def __call__(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        context = self._template.new_context(dict(*args, **kwargs))
        consume(self._template.render_parts(context))
        value = context.vars["result"]
        return None if self._undefined_to_none and isinstance(value, Undefined) else value


class TemplateStream:
    """The pieces of a template's output, one by one or some at a time."""

    def __init__(self, gen: c.Iterator[str]) -> None:
        self._gen = gen
        self.disable_buffering()

    def dump(self, fp: t.Any, encoding: str | None = None, errors: str = "strict") -> None:
        """Write everything to a file, or to one of this name; encoded if an encoding is given."""
        if isinstance(fp, str):
            with open(fp, "wb") as file:
                self.dump(file, encoding or "utf-8", errors)
            return
        pieces: c.Iterable[t.Any] = self
        if encoding is not None:
            pieces = (piece.encode(encoding, errors) for piece in self)
        if hasattr(fp, "writelines"):
            fp.writelines(pieces)
        else:
            for piece in pieces:
                fp.write(piece)

    def disable_buffering(self) -> None:
        """Yield every piece by itself."""
        self._pieces = self._gen
        self.buffered = False

    def enable_buffering(self, size: int = 5) -> None:
        """Yield `size` pieces at a time."""
        if size <= 1:
            raise ValueError("buffer size too small")
        self._pieces = self._joined(size)
        self.buffered = True

    def _joined(self, size: int) -> c.Iterator[str]:
        pieces: list[str] = []
        filled = 0
        for piece in self._gen:
            pieces.append(piece)
            filled += bool(piece)
            if filled >= size:
                yield concat(pieces)
                pieces, filled = [], 0
        if filled:
            yield concat(pieces)

    def __iter__(self) -> TemplateStream:
        return self

    def __next__(self) -> str:
        return next(self._pieces)


Environment.template_class = Template

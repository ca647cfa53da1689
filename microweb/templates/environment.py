"""The engine's face: an `Environment` holds the settings and loads `Template` objects.

The rule: an environment is set up once and then only read, so any number of threads may share
it; a template is compiled once and is immutable. The stages meet in `Environment.compile`:
source, tokens, nodes, Python's syntax tree, code.
"""

from __future__ import annotations

import ast
import sys
import weakref
from _thread import RLock
from collections import ChainMap, OrderedDict
from functools import partial, partialmethod

from . import errors, nodes, utils
from .checks import TESTS
from .compiler import CodeGenerator
from .filters import FILTERS
from .lexer import TokenStream, get_lexer
from .parser import Parser
from .runtime import Context, Undefined
from .template import Template, code_that_raises, pseudo_filename
from .utils import missing, pass_arg_of, without_internals

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Text = t.Optional[str]
    Globals = t.Optional[t.MutableMapping[str, t.Any]]  # of one template

DEFAULT_POLICIES: dict[str, t.Any] = {
    "compiler.ascii_str": True, "urlize.rel": "noopener", "urlize.target": None,
    "urlize.extra_schemes": None, "truncate.leeway": 5, "json.dumps_function": None,
    "json.dumps_kwargs": {"sort_keys": True}, "ext.i18n.trimmed": False,
}  # fmt: skip

#: One template is compiled at a time, and none twice. An environment can still be pickled.
_compiling = RLock()


class Environment:
    """Settings, filters, tests, globals and the loader that templates share."""

    #: What an environment is made with, in the order of positional arguments.
    defaults: t.ClassVar[dict[str, t.Any]] = {
        "block_start_string": "{%", "block_end_string": "%}", "variable_start_string": "{{",
        "variable_end_string": "}}", "comment_start_string": "{#", "comment_end_string": "#}",
        "line_statement_prefix": None, "line_comment_prefix": None, "trim_blocks": False,
        "lstrip_blocks": False, "newline_sequence": "\n", "keep_trailing_newline": False,
        "extensions": (), "optimized": True, "undefined": Undefined, "finalize": None,
        "autoescape": False, "loader": None, "cache_size": 400, "auto_reload": True,
        "bytecode_cache": None, "enable_async": False,
    }  # fmt: skip

    #: One that many users share must not be changed.
    sandboxed = overlayed = shared = is_async = False
    linked_to: Environment | None = None
    code_generator_class: type[CodeGenerator] = CodeGenerator
    context_class: type[Context] = Context
    template_class: type[Template] = Template
    concat = "".join

    def __init__(self, *args: t.Any, **options: t.Any) -> None:
        given = dict(zip(self.defaults, args), **options)
        if len(args) > len(self.defaults):
            raise TypeError(f"Environment() takes at most {len(self.defaults)} arguments, not {len(args)}")
        self.filters: dict[str, t.Callable[..., t.Any]] = FILTERS.copy()
        self.tests: dict[str, t.Callable[..., t.Any]] = TESTS.copy()
        self.globals: dict[str, t.Any] = utils.DEFAULT_NAMESPACE.copy()
        self.policies = DEFAULT_POLICIES.copy()
        self.extensions: dict[str, t.Any] = {}
        self._set_options({**self.defaults, **given})

    if TYPE_CHECKING:  # the options

        def __getattr__(self, name: str) -> t.Any: ...

    def _set_options(self, options: dict[str, t.Any]) -> None:
        """Set options, what they stand for where that is something else, and check them."""
        unknown = options.keys() - self.defaults.keys()
        if unknown:
            raise TypeError(f"unknown option {min(unknown)!r}, use some of {', '.join(self.defaults)}")
        extensions = options.pop("extensions", ())
        self.is_async = options.pop("enable_async", self.is_async)
        self.__dict__.update(options)
        #: The templates that were loaded, the last used at the end. A negative size is no limit.
        self.cache: OrderedDict[t.Any, Template] | None = OrderedDict() if self.cache_size else None
        if len({self.block_start_string, self.variable_start_string, self.comment_start_string}) < 3:
            raise ValueError("block, variable and comment start strings must be different")
        if not issubclass(self.undefined, Undefined):
            raise TypeError(f"'undefined' must be a subclass of Undefined, not {self.undefined!r}")
        if self.newline_sequence not in ("\n", "\r\n", "\r"):
            raise ValueError(f"'newline_sequence' must be \\n, \\r\\n or \\r, not {self.newline_sequence!r}")
        for extension in extensions:
            self.add_extension(extension)

    # -- settings

    def add_extension(self, extension: t.Any) -> None:
        """Add an extension, given as a class or as its import path."""
        if isinstance(extension, str):
            module, _, name = extension.rpartition(".")
            # Those that come along need no module, and are here under whatever name this package goes.
            if module == "jinja2.ext" or extension in ("i18n", "do", "loopcontrols", "debug"):
                extension = f"{__name__.rpartition('.')[0]}.ext.{name}"
            extension = utils.import_string(extension)
        self.extensions[extension.identifier] = extension(self)

    def extend(self, **attributes: t.Any) -> None:
        """Set attributes that are not there yet; for the settings of extensions."""
        for key, value in attributes.items():
            if not hasattr(self, key):
                setattr(self, key, value)

    def overlay(self, **options: t.Any) -> Environment:
        """Return an environment that differs in some options of the constructor.

        It shares filters, tests and globals, keeps all extensions and may get more.
        """
        other: Environment = object.__new__(type(self))
        other.__dict__.update(self.__dict__, overlayed=True, linked_to=self)
        other.extensions = {key: value.bind(other) for key, value in self.extensions.items()}
        other._set_options({"cache_size": self.cache_size, **options})
        return other

    def iter_extensions(self) -> t.Iterator[t.Any]:
        """Yield the extensions by priority."""
        return iter(sorted(self.extensions.values(), key=lambda extension: extension.priority))

    def make_globals(self, d: Globals) -> t.MutableMapping[str, t.Any]:
        """Return a template's own globals `d` over those of the environment."""
        return ChainMap({} if d is None else d, self.globals)

    # -- what compiled templates ask

    def getitem(self, obj: t.Any, argument: t.Any) -> t.Any:
        """`obj[argument]`, or the attribute of that name, or undefined."""
        try:
            return obj[argument]
        except (AttributeError, TypeError, LookupError):
            value = getattr(obj, argument, missing) if isinstance(argument, str) else missing
            return self.undefined(obj=obj, name=argument) if value is missing else value

    def getattr(self, obj: t.Any, attribute: str) -> t.Any:
        """`obj.attribute`, or the item of that name, or undefined."""
        value = getattr(obj, attribute, missing)
        return self._item_or_undefined(obj, attribute) if value is missing else value

    getattr.can_be_inlined = getitem.can_be_inlined = True  # type: ignore[attr-defined]

    def _item_or_undefined(self, obj: t.Any, attribute: str) -> t.Any:
        try:
            return obj[attribute]
        except (TypeError, LookupError, AttributeError):
            return self.undefined(obj=obj, name=attribute)

    def by_name(self, kind: str, name: t.Any, context: t.Any = None, eval_ctx: t.Any = None) -> t.Any:
        """Return the filter or test of that name, given already what it asks to have first."""
        function = getattr(self, f"{kind}s").get(name)
        if function is None:
            message = f"No {kind} named {name!r}."
            if isinstance(name, Undefined):
                message += f" ({name._undefined_message}; did you forget to quote the callable name?)"
            raise errors.TemplateRuntimeError(message)
        asks = pass_arg_of(function)
        if asks is None:
            return function
        if asks == "context" and context is None:
            raise errors.TemplateRuntimeError(f"Attempted to invoke a context {kind} without context.")
        if asks == "eval_context" and eval_ctx is None:
            eval_ctx = nodes.EvalContext(self) if context is None else context.eval_ctx
        return partial(function, {"context": context, "eval_context": eval_ctx, "environment": self}[asks])

    def _call(
        self, kind: str, name: str, value: t.Any, args: t.Any = (), *more: t.Any, **rest: t.Any
    ) -> t.Any:
        """Call a filter or test as a template does: with `kwargs`, in a `context` or `eval_ctx` if given.

        `call_filter` and `call_test` are this.
        """
        kwargs, *where = more or [rest.pop("kwargs", None)]
        return self.by_name(kind, name, *where, **rest)(value, *(args or ()), **(kwargs or {}))

    call_filter, call_test = partialmethod(_call, "filter"), partialmethod(_call, "test")

    # -- from source to code

    #: The lexer for the delimiters.
    lexer = property(get_lexer)

    def lex(self, source: str, name: Text = None, filename: Text = None) -> t.Iterator[tuple[int, str, str]]:
        """Yield (line, type, text) of every token, comments and white space too."""
        return get_lexer(self).tokeniter(str(source), name, filename)

    def preprocess(self, source: str, name: Text = None, filename: Text = None) -> str:
        """Let every extension change the source."""
        source = str(source)
        for extension in self.iter_extensions():
            source = extension.preprocess(source, name, filename)
        return source

    def _tokenize(self, source: str, name: Text, filename: Text = None, state: Text = None) -> TokenStream:
        stream = get_lexer(self).tokenize(self.preprocess(source, name, filename), name, filename, state)
        for extension in self.iter_extensions():
            stream = extension.filter_stream(stream)
            if not isinstance(stream, TokenStream):
                stream = TokenStream(stream, name, filename)
        return stream

    def parse(self, source: str, name: Text = None, filename: Text = None) -> nodes.Template:
        """Return the nodes of a template."""
        try:
            # Each node learns its environment here, where somebody else than the compiler asks.
            return Parser(self, source, name, filename).parse().set_environment(self)
        except errors.TemplateSyntaxError:
            self.handle_exception(source=source)

    def compile(
        self, source: t.Any, name: Text = None, filename: Text = None, raw: bool = False,
        defer_init: bool = False, **options: t.Any,
    ) -> t.Any:  # fmt: skip
        """Compile source or nodes to a code object, or with `raw` to readable Python source.

        With `defer_init` any Python can read that; the option `streaming` makes generator functions.
        """
        f_strings = not defer_init and sys.version_info >= (3, 12)
        text = source if isinstance(source, str) else None
        try:
            tree = source if text is None else Parser(self, text, name, filename).parse()
            if text is None and not isinstance(tree, nodes.Template):
                raise TypeError(f"a template is made from a str or from nodes, not from {source!r}")
            try:
                generator = self.code_generator_class(self, name, filename, **options)
                generator.f_strings = f_strings or not raw
                module = generator.module(tree)
                if raw:
                    return ast.unparse(module) + "\n"
                return compile(module, filename or pseudo_filename(name, text), "exec", dont_inherit=True)
            except (RecursionError, SyntaxError, MemoryError) as error:
                # Well formed for us, but too much for Python; e.g. 20 loops inside each other.
                message = f"Python cannot compile this template: {error}."
                lineno = getattr(error, "lineno", None) or generator.line
            raise errors.TemplateSyntaxError(message, lineno, name, filename)
        except errors.TemplateSyntaxError:
            self.handle_exception(source=text)

    def compile_expression(self, source: str, undefined_to_none: bool = True) -> t.Callable[..., t.Any]:
        """Return a function that evaluates an expression with its keyword arguments.

        >>> Environment().compile_expression("a + 1")(a=41)
        42
        """
        parser = Parser(self, source, state="variable")
        try:
            expr = parser.parse_expression()
            if not parser.stream.eos:
                parser.fail("chunk after expression")
        except errors.TemplateSyntaxError:
            self.handle_exception(source=source)
        body = [nodes.Assign(nodes.Name("result", "store", lineno=1), expr, lineno=1)]
        template = self.from_string(nodes.Template(body, lineno=1))

        def expression(*args: t.Any, **kwargs: t.Any) -> t.Any:
            value = vars(template.make_module(dict(*args, **kwargs)))["result"]
            return None if undefined_to_none and isinstance(value, Undefined) else value

        return expression

    def compile_templates(
        self, target: t.Any, extensions: t.Any = None, filter_func: t.Any = None, **options: t.Any
    ) -> None:
        """Write all templates as Python modules, for a `ModuleLoader`.

        Options are `zip` ("deflated", "stored", or None for a folder), `log_function` and `ignore_errors`.
        """
        from .loaders import write_templates  # a tool for deployment

        write_templates(self, self.list_templates(extensions, filter_func), target, **options)

    def handle_exception(self, source: str | None = None) -> t.NoReturn:
        """Raise the current exception again, without the engine's frames.

        A syntax error is raised from a frame that stands where it is in the template.
        """
        error = sys.exc_info()[1]
        if isinstance(error, errors.TemplateSyntaxError) and error.source is None:
            error.source = source
            exec(*code_that_raises(error))
        if isinstance(error, RecursionError) and not isinstance(error, errors.TemplateRecursionError):
            message = "Too much recursion. Does a template include, extend, import or call itself?"
            raise errors.TemplateRecursionError(message) from error.with_traceback(without_internals(error))
        if error is None:
            raise RuntimeError("there is no exception to handle")
        raise error.with_traceback(without_internals(error))

    # -- templates

    def list_templates(self, extensions: t.Any = None, filter_func: t.Any = None) -> list[str]:
        """Return the names of all templates, or of those with an extension or that pass."""
        names: list[str] = self._loader().list_templates()
        if extensions is not None:
            if filter_func is not None:
                raise TypeError("either extensions or filter_func can be passed, but not both")
            return [name for name in names if name.rpartition(".")[2] in extensions and "." in name]
        return names if filter_func is None else list(filter(filter_func, names))

    def join_path(self, template: str, parent: str) -> str:
        """Override this to make template names relative to the template that mentions them."""
        return template

    def _loader(self) -> t.Any:
        if self.loader is None:
            raise TypeError("no loader for this environment specified")
        return self.loader

    def _load_template(self, name: str, globals: Globals) -> Template:
        cache, loader = self.cache, self._loader()
        if cache is None:
            return loader.load(self, name, self.make_globals(globals))  # type: ignore[no-any-return]
        key = weakref.ref(loader), name
        template: Template | None = cache.get(key)
        if template is None or (self.auto_reload and not template.is_up_to_date):
            with _compiling:
                # Another thread may have done it while this one waited.
                newer = cache.get(key)
                if newer is template or newer is None:
                    newer = cache[key] = loader.load(self, name, self.make_globals(globals))
                template = newer
        try:
            cache.move_to_end(key)
            while len(cache) > self.cache_size > 0:
                cache.popitem(last=False)
        except KeyError:
            pass  # another thread makes room at this moment
        if globals:
            template.globals.update(globals)
        return template

    def get_template(self, name: t.Any, parent: Text = None, globals: Globals = None) -> Template:
        """Return the template of this name, or raise `TemplateNotFound`."""
        if isinstance(name, Template):
            return name
        return self._load_template(name if parent is None else self.join_path(name, parent), globals)

    def select_template(self, names: t.Any, parent: Text = None, globals: Globals = None) -> Template:
        """Return the first of these templates that exists, or raise `TemplatesNotFound`."""
        if isinstance(names, Undefined):
            names._fail_with_undefined_error()
        if not names:
            raise errors.TemplatesNotFound(message="Tried to select from an empty list of templates.")
        tried = []
        for name in names:
            try:
                return self.get_template(name, parent, globals)
            except (errors.TemplateNotFound, errors.UndefinedError):
                tried.append(name)
        raise errors.TemplatesNotFound(tried)

    def get_or_select_template(self, template_name_or_list: t.Any, *args: t.Any, **kwargs: t.Any) -> Template:
        """Return the template of this name, or the first of these that exists."""
        is_one = isinstance(template_name_or_list, (str, Undefined, Template))
        get = self.get_template if is_one else self.select_template
        return get(template_name_or_list, *args, **kwargs)

    def from_string(self, source: t.Any, globals: Globals = None, template_class: t.Any = None) -> Template:
        """Return a template from source, without the loader."""
        cls: type[Template] = template_class or self.template_class
        return cls.from_code(self, self.compile(source), self.make_globals(globals), None, source)


Template.environment_class = Environment

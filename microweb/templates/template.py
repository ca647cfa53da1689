"""A compiled template, and what can be made of it: text, a stream of pieces, a module of macros.

The rule: a template is two functions and their names. `render_parts`, compiled from the start,
returns the pieces of the output as a list; `root_render_func`, compiled when something first asks
for it, yields them. Template code calls either kind, so a block or an include need not know which.
"""

from __future__ import annotations

from binascii import crc32  # zlib's, which may be missing
from functools import lru_cache
from itertools import islice

from ..markup import Markup
from .errors import TemplateSyntaxError
from .runtime import NAMESPACE, Context, given
from .utils import concat

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .environment import Environment
    from .runtime import Variables


@lru_cache(maxsize=10)
def get_spontaneous_environment(cls: t.Any, *args: t.Any) -> Environment:
    """Return an environment for templates that are made directly from a string."""
    environment: Environment = cls(*args)
    environment.shared = True
    return environment


def pseudo_filename(name: str | None, source: str | None) -> str:
    """Name what has no file, so that tracebacks can show its lines.

    Python asks `__loader__` only for names that are not in angle brackets; and it remembers what
    it got, so that another source must have another name.
    """
    shown = name or "string"
    checksum = crc32((source or "").encode("utf-8", "surrogatepass"))
    return f"template:{shown if shown.isprintable() else repr(shown)}#{checksum:08x}"


class SourceLoader:
    """Shows Python's `linecache` the source of a template that is in no file."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, name: str) -> str:
        """Return the source."""
        return self._source


def code_that_raises(error: TemplateSyntaxError) -> tuple[t.Any, dict[str, t.Any]]:
    """Return code that raises a syntax error on its line of the template, and the names to run it with."""
    filename = error.filename or pseudo_filename(error.name, error.source)
    code = compile("\n" * (error.lineno - 1) + "raise error from None", filename, "exec")
    error.__traceback__ = None
    names = {"error": error, "__name__": "template", "__loader__": SourceLoader(error.source or "")}
    return code.replace(co_name="template"), names


def run_module(environment: Environment, code: t.Any, source: t.Any) -> dict[str, t.Any]:
    """Execute a template's module with the names that generated code needs."""
    namespace = {**NAMESPACE, "__name__": "template", "__file__": code.co_filename}
    namespace.update(environment=environment, lookup_item=environment._item_or_undefined)
    if isinstance(source, str):
        namespace["__loader__"] = SourceLoader(source)
    exec(code, namespace)
    # How tracebacks call the functions.
    titles = {namespace["root"]: "top-level template code"}
    titles.update((function, f"block {name!r}") for name, function in namespace["blocks"].items())
    for function, title in titles.items():
        function.__code__ = function.__code__.replace(co_name=title)
    return namespace


class Template:
    """A compiled template."""

    environment_class: t.ClassVar[t.Any]
    environment: Environment
    _module: TemplateModule | None = None
    _streaming: dict[str, t.Any] | None = None

    def __new__(cls, source: t.Any, *args: t.Any, **options: t.Any) -> t.Any:
        """Make a template from source and options of an `Environment`, which is shared."""
        defaults = cls.environment_class.defaults
        values = {**defaults, "cache_size": 0, "auto_reload": False}
        loading = ("loader", "cache_size", "auto_reload", "bytecode_cache")
        names = [name for name in defaults if name not in loading]
        values.update(zip(names, args), **options)
        values["extensions"] = frozenset(values["extensions"])
        if options.keys() - set(names):
            raise TypeError(f"unknown options, use some of {', '.join(names)}")
        environment = get_spontaneous_environment(cls.environment_class, *values.values())
        return environment.from_string(source, template_class=cls)

    @classmethod
    def from_code(
        cls, environment: t.Any, code: t.Any, globals: t.Any, uptodate: t.Any = None, source: t.Any = None
    ) -> Template:
        """Make a template from what `Environment.compile` returned, and from what that was given.

        Tracebacks show the source, and streaming compiles it a second time.
        """
        template: t.Any = object.__new__(cls)
        template.environment, template.globals = environment, {} if globals is None else globals
        template._uptodate, template._source = uptodate, source
        names = run_module(environment, code, source)
        template.name, template.filename = names["name"], names["__file__"]
        template.blocks, template.render_parts = names["blocks"], names["root"]
        return template  # type: ignore[no-any-return]

    if TYPE_CHECKING:  # what that sets

        def __getattr__(self, name: str) -> t.Any: ...

    # -- rendering

    def render(self, *args: t.Any, **kwargs: t.Any) -> str:
        """Render with variables, given as for dict()."""
        context = self.new_context(dict(*args, **kwargs))
        try:
            return self.environment.concat(self.render_parts(context))
        except Exception:
            self.environment.handle_exception()

    def generate(self, *args: t.Any, **kwargs: t.Any) -> t.Iterator[str]:
        """Render piece by piece."""
        context = self.new_context(dict(*args, **kwargs))
        context.blocks = {}
        try:
            self.add_blocks(context, streaming=True)
            yield from self.root_render_func(context)
        except Exception:
            self.environment.handle_exception()

    def stream(self, *args: t.Any, **kwargs: t.Any) -> TemplateStream:
        """Render piece by piece, with the choice to join some."""
        return TemplateStream(self.generate(*args, **kwargs))

    @property
    def root_render_func(self) -> t.Callable[[Context], t.Iterator[str]]:
        """The generator function that yields the pieces of the output."""
        return self._streaming_namespace()["root"]  # type: ignore[no-any-return]

    def _streaming_namespace(self) -> dict[str, t.Any]:
        """The second translation of the template, made when something first asks for it."""
        if self._streaming is None:
            if self._source is None:
                # A precompiled module has its functions only: one piece a block, then.
                return {"root": lambda context: iter(self.render_parts(context)), "blocks": self.blocks}
            code = self.environment.compile(self._source, self.name, self.filename, streaming=True)
            self._streaming = run_module(self.environment, code, self._source)
        return self._streaming

    def add_blocks(self, context: Context, streaming: bool = False) -> None:
        """Stack the blocks of this template below those of the one that extends it."""
        blocks = self._streaming_namespace()["blocks"] if streaming else self.blocks
        for name, block in blocks.items():
            context.blocks.setdefault(name, []).append(block)

    def new_context(self, vars: Variables = None, shared: bool = False, locals: Variables = None) -> Context:
        """Make the context for one run.

        `vars` are what the template is rendered with, or with `shared` all of another context, globals
        included. `locals` are variables of the place from which it is included or imported.
        """
        if shared:
            parent = vars or {}
        else:
            parent = {}
            # dict(ChainMap) asks every map for every key; this is the same in C.
            for layer in (*reversed(getattr(self.globals, "maps", [self.globals])), vars or {}):
                parent.update(layer)
        if locals:
            # What is shared is another context's own dict: copied before anything is added.
            parent = {**parent, **given(locals)}
        environment = self.environment
        return environment.context_class(environment, parent, self.name, self.blocks, self.globals)

    # -- as a module

    def make_module(self, *args: t.Any, **kwargs: t.Any) -> TemplateModule:
        """Run the template and return what it defines; the arguments are those of `new_context`."""
        return TemplateModule(self, self.new_context(*args, **kwargs))

    def _get_default_module(self, context: t.Any = None) -> TemplateModule:
        """What the template defines if all that it sees are globals; it is run once.

        For an import without context: globals given to the importing template alone are seen too,
        so such a module is not kept.
        """
        foreign = context is not None and context._globals is not self.globals
        if foreign and (more := _extra_names(context._globals, self.globals)):
            return self.make_module({name: context.parent[name] for name in more})
        if self._module is None:
            self._module = self.make_module()
        return self._module

    module = property(_get_default_module)

    # -- about the template

    @property
    def is_up_to_date(self) -> bool:
        """Is there no newer version?"""
        return self._uptodate is None or self._uptodate()

    def get_corresponding_lineno(self, lineno: int) -> int:
        """Return the template's line for a line of the code: the same."""
        return lineno

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {f'memory:{id(self):x}' if self.name is None else repr(self.name)}>"


def _extra_names(theirs: t.Any, ours: t.Any) -> set[str]:
    """The names in one template's globals that are not in another's."""
    known = [id(layer) for layer in getattr(ours, "maps", [ours])]
    layers = [layer for layer in getattr(theirs, "maps", [theirs or {}]) if id(layer) not in known]
    return {name for layer in layers for name in layer if name not in ours}


class TemplateModule:
    """What a template defines at its top level, as attributes; as a string, its output."""

    def __init__(self, template: Template, context: Context, body_stream: t.Any = None) -> None:
        self._body_stream = list(template.render_parts(context) if body_stream is None else body_stream)
        self.__dict__.update(context.get_exported())
        self.__name__ = template.name

    def __html__(self) -> Markup:
        return Markup(concat(self._body_stream))

    def __str__(self) -> str:
        return concat(self._body_stream)

    __repr__ = Template.__repr__
    name = property(lambda self: self.__name__)


class TemplateStream:
    """The pieces of a template's output, one by one or some at a time."""

    def __init__(self, gen: t.Iterator[str]) -> None:
        self._gen = self._pieces = gen
        self.buffered = False

    def dump(self, fp: t.Any, encoding: str | None = None, errors: str = "strict") -> None:
        """Write everything to a file, or to one of this name; encoded if an encoding is given."""
        if isinstance(fp, str):
            with open(fp, "wb") as file:
                self.dump(file, encoding or "utf-8", errors)
            return
        for piece in self:
            fp.write(piece if encoding is None else piece.encode(encoding, errors))

    def disable_buffering(self) -> None:
        """Yield every piece by itself."""
        self._pieces, self.buffered = self._gen, False

    def enable_buffering(self, size: int = 5) -> None:
        """Yield `size` pieces at a time."""
        if size <= 1:
            raise ValueError("buffer size too small")
        self._pieces, self.buffered = self._joined(size), True

    def _joined(self, size: int) -> t.Iterator[str]:
        pieces = filter(None, self._gen)
        while some := list(islice(pieces, size)):
            yield concat(some)

    def __iter__(self) -> TemplateStream:
        return self

    def __next__(self) -> str:
        return next(self._pieces)

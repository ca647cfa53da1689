"""Extensions: tags, filters of the source and of the token stream; and those that come along.

The rule: an extension is a class with `tags`, whose `parse(parser)` turns a tag into nodes. It
is created for an environment, and bound anew for each overlay of that.
"""

from __future__ import annotations

import re

from ..markup import Markup
from . import nodes
from .errors import TemplateAssertionError
from .utils import pass_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment
    from .lexer import Token, TokenStream
    from .parser import Parser
    from .runtime import Context

    Message = t.Union[str, tuple[t.Optional[str], ...], None]


class Extension:
    """Base class of extensions."""

    identifier: str = ""
    #: The tags that `parse` understands.
    tags: set[str] = set()
    #: Lower ones see source and tokens first.
    priority = 100

    def __init_subclass__(cls) -> None:
        cls.identifier = f"{cls.__module__}.{cls.__name__}"

    def __init__(self, environment: Environment) -> None:
        self.environment: t.Any = environment

    def bind(self, environment: Environment) -> Extension:
        """Return a copy for another environment."""
        other: Extension = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.environment = environment
        return other

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source, changed or not."""
        return source

    def filter_stream(self, stream: TokenStream) -> TokenStream | c.Iterable[Token]:
        """Return the tokens, changed or not."""
        return stream

    def parse(self, parser: Parser) -> t.Any:
        """Parse a tag; the current token is its name."""
        raise NotImplementedError(f"{type(self).__name__}.parse() for {', '.join(self.tags)}")

    def attr(self, name: str, lineno: int | None = None) -> nodes.ExtensionAttribute:
        """Return the node for an attribute of this extension."""
        return nodes.ExtensionAttribute(self.identifier, name, lineno=lineno)

    def call_method(
        self,
        name: str,
        args: list[t.Any] | None = None,
        kwargs: list[t.Any] | None = None,
        dyn_args: nodes.Expr | None = None,
        dyn_kwargs: nodes.Expr | None = None,
        lineno: int | None = None,
    ) -> nodes.Call:
        """Return the node for a call of one of this extension's methods."""
        method = self.attr(name, lineno=lineno)
        return nodes.Call(method, args or [], kwargs or [], dyn_args, dyn_kwargs, lineno=lineno)


class ExprStmtExtension(Extension):
    """`{% do expression %}`: evaluate and print nothing."""

    tags = {"do"}

    def parse(self, parser: Parser) -> t.Any:
        """Parse the expression."""
        lineno = next(parser.stream).lineno
        return nodes.ExprStmt(parser.parse_tuple(), lineno=lineno)


class LoopControlExtension(Extension):
    """`{% break %}` and `{% continue %}`."""

    tags = {"break", "continue"}

    def parse(self, parser: Parser) -> t.Any:
        """Parse the word."""
        token = next(parser.stream)
        return (nodes.Break if token.value == "break" else nodes.Continue)(lineno=token.lineno)


class WithExtension(Extension):
    """Accepted for old settings: `with` is part of the language."""


class AutoEscapeExtension(Extension):
    """Accepted for old settings: `autoescape` is part of the language."""


class DebugExtension(Extension):
    """`{% debug %}`: show variables, and the names of filters and tests."""

    tags = {"debug"}

    def parse(self, parser: Parser) -> t.Any:
        """Parse the word."""
        lineno = next(parser.stream).lineno
        call = self.call_method("_render", [nodes.ContextReference()], lineno=lineno)
        return nodes.Output([call], lineno=lineno)

    def _render(self, context: Context) -> str:
        from pprint import pformat  # while debugging

        shown = {
            "context": context.get_all(),
            "filters": sorted(self.environment.filters),
            "tests": sorted(self.environment.tests),
        }
        return pformat(shown, depth=3, compact=True)


# -- translations

GETTEXT_FUNCTIONS = ("_", "gettext", "ngettext", "pgettext", "npgettext")


@pass_context
def _gettext_alias(__context: Context, *args: t.Any, **kwargs: t.Any) -> t.Any:
    return __context.call(__context.resolve("gettext"), *args, **kwargs)


def _newstyle(func: t.Callable[..., str] | None, names: tuple[str, ...]) -> t.Any:
    """Wrap a gettext function: named values are put into the text, escaped if need be.

    `names` are its parameters; those that are variables in the text too are `context` and `num`.
    """
    if func is None:
        return None
    translate = func

    @pass_context
    def translated(__context: Context, /, *args: t.Any, **variables: t.Any) -> str:
        text = __context.call(translate, *args)
        for name, value in zip(names, args):
            if name in ("context", "num"):
                variables.setdefault(name, value)
        if __context.eval_ctx.autoescape:
            text = Markup(text)
        # A format string always, variables or not: so a translation's % means the same anywhere.
        return text % variables  # type: ignore[no-any-return]

    return translated


class InternationalizationExtension(Extension):
    """`{% trans %}`, and `gettext` and its kin as globals."""

    tags = {"trans"}

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["_"] = _gettext_alias
        environment.extend(
            install_gettext_translations=self._install,
            install_null_translations=self._install_null,
            install_gettext_callables=self._install_callables,
            uninstall_gettext_translations=self._uninstall,
            extract_translations=self._extract,
            newstyle_gettext=False,
        )

    def _install(self, translations: t.Any, newstyle: bool | None = None) -> None:
        # Libraries that still know Python 2 call those that return text ugettext.
        find: t.Any = lambda name: getattr(translations, f"u{name}", getattr(translations, name, None))
        self._install_callables(
            find("gettext"),
            find("ngettext"),
            newstyle,
            getattr(translations, "pgettext", None),
            getattr(translations, "npgettext", None),
        )

    def _install_null(self, newstyle: bool | None = None) -> None:
        from gettext import NullTranslations  # asked for once, at setup

        self._install(NullTranslations(), newstyle)

    def _install_callables(
        self,
        gettext: t.Callable[..., str],
        ngettext: t.Callable[..., str],
        newstyle: bool | None = None,
        pgettext: t.Callable[..., str] | None = None,
        npgettext: t.Callable[..., str] | None = None,
    ) -> None:
        if newstyle is not None:
            self.environment.newstyle_gettext = newstyle
        functions: dict[str, t.Any] = {
            "gettext": gettext,
            "ngettext": ngettext,
            "pgettext": pgettext,
            "npgettext": npgettext,
        }
        if self.environment.newstyle_gettext:
            functions = {
                "gettext": _newstyle(gettext, ("string",)),
                "ngettext": _newstyle(ngettext, ("singular", "plural", "num")),
                "pgettext": _newstyle(pgettext, ("context", "string")),
                "npgettext": _newstyle(npgettext, ("context", "singular", "plural", "num")),
            }
        self.environment.globals.update(functions)

    def _uninstall(self, translations: t.Any) -> None:
        for key in GETTEXT_FUNCTIONS[1:]:
            self.environment.globals.pop(key, None)

    def _extract(
        self, source: str | nodes.Template, gettext_functions: c.Container[str] = GETTEXT_FUNCTIONS
    ) -> c.Iterator[tuple[int, str, Message]]:
        if isinstance(source, str):
            return extract_from_ast(self.environment.parse(source), gettext_functions)
        return extract_from_ast(source, gettext_functions)

    def parse(self, parser: Parser) -> t.Any:
        """Parse `trans "context" name, name=value, trimmed`, the text, and `pluralize name`."""
        stream = parser.stream
        lineno = next(stream).lineno
        token = stream.next_if("string")
        trans = _Trans(self.environment, None if token is None else token.value)
        trans.parse_variables(parser)
        stream.expect("block_end")
        trans.singular = trans.parse_text(parser, True)
        if stream.current.test("name:pluralize"):
            next(stream)
            trans.parse_plural_name(parser)
            stream.expect("block_end")
            trans.plural = trans.parse_text(parser, False)
            if trans.count is None:
                parser.fail("pluralize without variables", lineno)
        next(stream)
        node = trans.node()
        node.set_lineno(lineno)
        if trans.assignment is None:
            return node
        trans.assignment.set_lineno(lineno)
        return [trans.assignment, node]


class _Trans:
    """One translatable text while it is parsed."""

    def __init__(self, environment: t.Any, context: str | None) -> None:
        self.environment = environment
        self.context = context
        self.trimmed: bool | None = None
        self.variables: dict[str, nodes.Expr] = {}
        self.referenced: list[str] = []
        #: What decides between singular and plural, and what it is called.
        self.count: nodes.Expr | None = None
        self.count_name: str | None = None
        #: A call that gives the count is made once, before the text.
        self.assignment: nodes.Assign | None = None
        self.singular = ""
        self.plural: str | None = None

    def parse_variables(self, parser: Parser) -> None:
        stream = parser.stream
        while stream.current.type != "block_end":
            if self.variables:
                stream.expect("comma")
            if stream.skip_if("colon"):  # as Python would have it
                break
            token = stream.expect("name")
            name = token.value
            if name in self.variables:
                parser.fail(
                    f"translatable variable {name!r} defined twice.", token.lineno, exc=TemplateAssertionError
                )
            if stream.skip_if("assign"):
                self.add_variable(name, parser.parse_expression())
            elif self.trimmed is None and name in ("trimmed", "notrimmed"):
                self.trimmed = name == "trimmed"
            else:
                self.add_variable(name, nodes.Name(name, "load"))

    def add_variable(self, name: str, value: nodes.Expr) -> None:
        if self.count is None:
            if isinstance(value, nodes.Call):
                self.assignment = nodes.Assign(nodes.Name("_trans", "store"), value)
                value = nodes.Name("_trans", "load")
            self.count, self.count_name = value, name
        self.variables[name] = value

    def parse_plural_name(self, parser: Parser) -> None:
        if parser.stream.current.type == "block_end":
            return
        token = parser.stream.expect("name")
        if token.value not in self.variables:
            parser.fail(
                f"unknown variable {token.value!r} for pluralization",
                token.lineno,
                exc=TemplateAssertionError,
            )
        self.count, self.count_name = self.variables[token.value], token.value

    def parse_text(self, parser: Parser, may_pluralize: bool) -> str:
        """The text up to the next tag, with `{{ name }}` as `%(name)s`."""
        stream = parser.stream
        text = ""
        while not stream.eos:
            token = next(stream)
            if token.type == "data":
                text += token.value.replace("%", "%%")
            elif token.type == "variable_begin":
                name = stream.expect("name").value
                stream.expect("variable_end")
                text += f"%({name})s"
                self.reference(name)
            else:
                self.expect_end(parser, may_pluralize)
                return text
        return parser.fail("unclosed translation block")

    def reference(self, name: str) -> None:
        self.referenced.append(name)
        if self.count is None and not self.plural:
            self.count, self.count_name = nodes.Name(name, "load"), name

    @staticmethod
    def expect_end(parser: Parser, may_pluralize: bool) -> None:
        current = parser.stream.current
        tag = current.value if current.type == "name" else None
        if tag == "endtrans" or (tag == "pluralize" and may_pluralize):
            return
        if tag == "pluralize":
            parser.fail("a translatable section can have only one pluralize section")
        if tag == "trans":
            parser.fail("trans blocks can't be nested; did you mean `endtrans`?")
        parser.fail(f"control structures in translatable sections are not allowed; saw `{tag}`")

    def node(self) -> nodes.Output:
        """The call of the gettext function that fits."""
        newstyle = self.environment.newstyle_gettext
        for name in self.referenced:
            self.variables.setdefault(name, nodes.Name(name, "load"))
        function = "gettext"
        args: list[nodes.Expr] = [nodes.Const(self.message(self.singular, newstyle))]
        if self.context is not None:
            function = f"p{function}"
            args.insert(0, nodes.Const(self.context))
        if self.plural is not None:
            function = f"n{function}"
            args.append(nodes.Const(self.message(self.plural, newstyle)))
            args.append(self.count or nodes.Const(1))
        call = nodes.Call(nodes.Name(function, "load"), args, [], None, None)
        if newstyle:
            for name, value in self.variables.items():
                # ngettext() knows `num` from its argument.
                if not (name == self.count_name == "num" and self.plural is not None):
                    call.kwargs.append(nodes.Keyword(name, value))
            return nodes.Output([call])
        text: nodes.Expr = nodes.MarkSafeIfAutoescape(call)
        if self.variables:
            pairs = [nodes.Pair(nodes.Const(name), value) for name, value in self.variables.items()]
            text = nodes.Mod(text, nodes.Dict(pairs))
        return nodes.Output([text])

    def message(self, text: str, newstyle: bool) -> str:
        trimmed = self.trimmed
        if trimmed is None:
            trimmed = self.environment.policies["ext.i18n.trimmed"]
        if trimmed:
            text = re.sub(r"\s*\n\s*", " ", text.strip())
        if not newstyle and not self.referenced:
            text = text.replace("%%", "%")  # it will be no format string
        return text


def extract_from_ast(
    ast: nodes.Template, gettext_functions: c.Container[str] = GETTEXT_FUNCTIONS, babel_style: bool = True
) -> c.Iterator[tuple[int, str, Message]]:
    """Yield (line, function, message) of every call of a gettext function.

    A message is a string or a tuple of the arguments, with None for what is no literal string;
    without `babel_style`, a tuple of the literal strings.
    """
    for node in ast.find_all(nodes.Call):
        if not isinstance(node.node, nodes.Name) or node.node.name not in gettext_functions:
            continue
        strings = [
            arg.value if isinstance(arg, nodes.Const) and isinstance(arg.value, str) else None
            for arg in node.args
        ]
        strings.extend(None for _ in node.kwargs)
        strings.extend(None for dyn in (node.dyn_args, node.dyn_kwargs) if dyn is not None)
        message: Message = strings[0] if len(strings) == 1 else tuple(strings)
        if not babel_style:
            message = tuple(string for string in strings if string is not None)
            if not message:
                continue
        yield node.lineno, node.node.name, message


# Short names, for `extensions=`.
i18n = InternationalizationExtension
do = ExprStmtExtension
loopcontrols = LoopControlExtension
debug = DebugExtension
with_ = WithExtension
autoescape = AutoEscapeExtension

"""Extensions: tags, filters of the source and of the token stream; and those that come along.

The rule: an extension is a class with `tags`, whose `parse(parser)` turns a tag into nodes. It
is created for an environment, and bound anew for each overlay of that.
"""

from __future__ import annotations

import re
from functools import partial

from ..markup import Markup
from . import nodes
from .errors import TemplateAssertionError
from .utils import pass_context, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class Extension:
    """Base class of extensions."""

    identifier: str = ""
    #: The tags that `parse` understands.
    tags: set[str] = set()
    #: Lower ones see source and tokens first.
    priority = 100

    def __init_subclass__(cls) -> None:
        # Programs look for those that come along under the names that they have in Jinja.
        cls.identifier = f"{cls.__module__}.{cls.__name__}".replace(f"{__name__}.", "jinja2.ext.")

    def __init__(self, environment: t.Any) -> None:
        self.environment: t.Any = environment

    def bind(self, environment: t.Any) -> Extension:
        """Return a copy for another environment."""
        other: Extension = object.__new__(type(self))
        other.__dict__.update(self.__dict__, environment=environment)
        return other

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source, changed or not."""
        return source

    def filter_stream(self, stream: t.Any) -> t.Any:
        """Return the tokens, changed or not."""
        return stream

    def parse(self, parser: t.Any) -> t.Any:
        """Parse a tag; the current token is its name."""
        raise NotImplementedError(f"{type(self).__name__}.parse() for {', '.join(self.tags)}")

    def attr(self, name: str, lineno: int | None = None) -> nodes.ExtensionAttribute:
        """Return the node for an attribute of this extension."""
        return nodes.ExtensionAttribute(self.identifier, name, lineno=lineno)

    def call_method(
        self, name: str, args: t.Any = None, kwargs: t.Any = None, dyn_args: t.Any = None,
        dyn_kwargs: t.Any = None, lineno: int | None = None,
    ) -> nodes.Call:  # fmt: skip
        """Return the node for a call of a method."""
        method = self.attr(name, lineno)
        return nodes.Call(method, args or [], kwargs or [], dyn_args, dyn_kwargs, lineno=lineno)


class ExprStmtExtension(Extension):
    """`{% do expression %}`: evaluate and print nothing."""

    tags = {"do"}

    def parse(self, parser: t.Any) -> t.Any:
        """Parse the expression."""
        next(parser.stream)
        return nodes.ExprStmt(parser.parse_tuple())


class LoopControlExtension(Extension):
    """`{% break %}` and `{% continue %}`."""

    tags = {"break", "continue"}

    def parse(self, parser: t.Any) -> t.Any:
        """Parse the word."""
        return nodes.Break() if next(parser.stream).value == "break" else nodes.Continue()


class WithExtension(Extension):
    """Accepted for old settings: `with` is part of the language."""


class AutoEscapeExtension(Extension):
    """Accepted for old settings: `autoescape` is part of the language."""


class DebugExtension(Extension):
    """`{% debug %}`: show variables, and the names of filters and tests."""

    tags = {"debug"}

    def parse(self, parser: t.Any) -> t.Any:
        """Parse the word."""
        lineno = next(parser.stream).lineno
        call = self.call_method("_render", [nodes.ContextReference()], lineno=lineno)
        return nodes.Output([call], lineno=lineno)

    def _render(self, context: t.Any) -> str:
        from pprint import pformat  # while debugging

        known = {"filters": sorted(self.environment.filters), "tests": sorted(self.environment.tests)}
        return pformat({"context": context.get_all(), **known}, depth=3, compact=True)


# -- translations

#: The gettext functions, and what each is called with.
_PARAMETERS = {"gettext": "string", "ngettext": "singular plural num", "pgettext": "context string"}
_PARAMETERS["npgettext"] = "context singular plural num"


@pass_context
def _gettext_alias(__context: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
    return __context.call(__context.resolve("gettext"), *args, **kwargs)


def _newstyle(function: t.Any, names: list[str]) -> t.Any:
    """Wrap a gettext function: named values are put into the text, escaped if need be.

    `names` are its parameters; those that are variables in the text too are `context` and `num`.
    """

    @pass_context
    def translated(__context: t.Any, /, *args: t.Any, **variables: t.Any) -> t.Any:
        text = __context.call(function, *args)
        known = {name: value for name, value in zip(names, args) if name in ("context", "num")}
        if __context.eval_ctx.autoescape:
            text = Markup(text)
        # A format string always, variables or not: so a translation's % means the same anywhere.
        return text % {**known, **variables}

    return translated


#: What is said about tags that do not belong into a translatable text.
_MISPLACED = {"pluralize": "a translatable section can have only one pluralize section"}
_MISPLACED["trans"] = "trans blocks can't be nested; did you mean `endtrans`?"


class InternationalizationExtension(Extension):
    """`{% trans %}`, and `gettext` and its kin as globals."""

    tags = {"trans"}

    def __init__(self, environment: t.Any) -> None:
        super().__init__(environment)
        environment.globals["_"] = _gettext_alias
        environment.extend(newstyle_gettext=False, install_null_translations=self._install_null)
        environment.extend(install_gettext_translations=self._install, install_gettext_callables=self._set)
        environment.extend(uninstall_gettext_translations=self._uninstall)

    def _install(self, translations: t.Any, newstyle: bool | None = None) -> None:
        # Libraries that still know Python 2 call those that return text ugettext.
        found = {n: getattr(translations, f"u{n}", getattr(translations, n, None)) for n in _PARAMETERS}
        self._set(newstyle=newstyle, **found)

    def _install_null(self, newstyle: bool | None = None) -> None:
        from gettext import NullTranslations  # asked for once, at setup

        self._install(NullTranslations(), newstyle)

    def _set(self, gettext: t.Any, ngettext: t.Any, newstyle: t.Any = None, **rest: t.Any) -> None:
        if newstyle is not None:
            self.environment.newstyle_gettext = newstyle
        functions = {**dict.fromkeys(_PARAMETERS), "gettext": gettext, "ngettext": ngettext, **rest}
        wrap = _newstyle if self.environment.newstyle_gettext else lambda function, names: function
        for name, function in functions.items():
            self.environment.globals[name] = function and wrap(function, words(_PARAMETERS[name]))

    def _uninstall(self, translations: t.Any) -> None:
        for key in _PARAMETERS:
            self.environment.globals.pop(key, None)

    # -- the tag

    def parse(self, parser: t.Any) -> t.Any:
        """Parse `trans "context" name, name=value, trimmed`, the text, and `pluralize name`."""
        stream = parser.stream
        lineno = next(stream).lineno
        context = stream.next_if("string")
        variables, trimmed = self._parse_variables(parser)
        referenced: list[str] = []
        parse_text = partial(self._parse_text, parser, referenced, trimmed, "endtrans")
        texts = [parse_text("pluralize")]
        count = next(iter([*variables, *referenced]), None)
        if stream.current.test("name:pluralize"):
            count = self._parse_count(parser, variables, count)
            texts.append(parse_text())
        next(stream)
        if not referenced and not self.environment.newstyle_gettext:  # it will be no format string
            texts = [text.replace("%%", "%") for text in texts]
        body: list[t.Any] = []
        first = next(iter(variables), None)
        if isinstance(variables.get(first), nodes.Call):
            # What may give the count is called once, and before the text.
            body = [nodes.Assign(nodes.Name("_trans", "store"), variables[first])]
            variables[first] = nodes.Name("_trans", "load")
        for name in referenced:
            variables.setdefault(name, nodes.Name(name, "load"))
        values = [context.value, *texts] if context else texts
        args = [*map(nodes.Const, values), *([variables[count]] if len(texts) > 1 else [])]
        function = f"{'n' * (len(texts) - 1)}{'p' if context else ''}gettext"
        call = nodes.Call(nodes.Name(function, "load"), args, [], None, None)
        # ngettext() knows `num` from its argument.
        known = "num" if len(texts) > 1 and count == "num" else None
        body.append(nodes.Output([self._formatted(call, variables, known)]))
        return [node.set_lineno(lineno) for node in body]

    def _parse_variables(self, parser: t.Any) -> tuple[dict[t.Any, t.Any], bool]:
        stream = parser.stream
        trimmed: bool | None = None
        variables: dict[t.Any, t.Any] = {}
        while stream.current.type != "block_end" and not stream.skip_if("colon"):  # as Python would have it
            if variables:
                stream.expect("comma")
            token = stream.expect("name")
            if token.value in variables:
                message = f"translatable variable {token.value!r} defined twice."
                parser.fail(message, token.lineno, exc=TemplateAssertionError)
            if stream.skip_if("assign"):
                variables[token.value] = parser.parse_expression()
            elif trimmed is None and token.value in ("trimmed", "notrimmed"):
                trimmed = token.value == "trimmed"
            else:
                variables[token.value] = nodes.Name(token.value, "load")
        return variables, self.environment.policies["ext.i18n.trimmed"] if trimmed is None else trimmed

    def _parse_count(self, parser: t.Any, variables: dict[t.Any, t.Any], count: str | None) -> str:
        """The variable that decides between singular and plural, by default the first one."""
        lineno = next(parser.stream).lineno
        token = parser.stream.next_if("name")
        if token is not None and token.value not in variables:
            message = f"unknown variable {token.value!r} for pluralization"
            parser.fail(message, token.lineno, exc=TemplateAssertionError)
        return (token.value if token else count) or parser.fail("pluralize without variables", lineno)

    def _parse_text(self, parser: t.Any, referenced: list[str], trimmed: bool, *ends: str) -> str:
        """The text up to one of these tags, with `{{ name }}` as `%(name)s`."""
        stream = parser.stream
        stream.expect("block_end")
        text = ""
        for token in stream:
            if token.type == "data":
                text += token.value.replace("%", "%%")
            elif token.type == "variable_begin":
                referenced.append(stream.expect("name").value)
                stream.expect("variable_end")
                text += f"%({referenced[-1]})s"
            else:
                break
        else:
            parser.fail("unclosed translation block")
        tag = str(stream.current)
        if tag not in ends:
            other = f"control structures in translatable sections are not allowed; saw `{tag}`"
            parser.fail(_MISPLACED.get(tag, other))
        return re.sub(r"\s*\n\s*", " ", text.strip()) if trimmed else text

    def _formatted(self, call: t.Any, variables: dict[str, t.Any], known: str | None) -> t.Any:
        """The call of a gettext function with the variables put into what it returns."""
        if self.environment.newstyle_gettext:
            call.kwargs = [nodes.Keyword(*pair) for pair in variables.items() if pair[0] != known]
            return call
        pairs = [nodes.Pair(nodes.Const(name), value) for name, value in variables.items()]
        text = nodes.MarkSafeIfAutoescape(call)
        return nodes.Mod(text, nodes.Dict(pairs)) if pairs else text


# Short names, for `extensions=`.
i18n, do, loopcontrols = InternationalizationExtension, ExprStmtExtension, LoopControlExtension
debug, with_, autoescape = DebugExtension, WithExtension, AutoEscapeExtension

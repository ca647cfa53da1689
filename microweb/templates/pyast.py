"""Building Python's syntax tree with few words, every node on the template's own line.

The rule: `Builder.line` is the line of the template that is being translated; all that is built
takes it. Columns are set to "unknown" (-1), for Python would underline them in tracebacks.
"""

from __future__ import annotations

import ast
from keyword import iskeyword

from ..markup import Markup

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

LOAD, STORE = ast.Load(), ast.Store()


def _on_line(cls: type[ast.AST]) -> t.Any:
    """A subclass whose columns need not be set on every instance, which costs as much as it."""
    return type(cls.__name__, (cls,), {"col_offset": -1, "end_col_offset": -1})


Assign, Attribute, BinOp, BoolOp, Break = map(
    _on_line, (ast.Assign, ast.Attribute, ast.BinOp, ast.BoolOp, ast.Break)
)
Call, Compare, Constant, Continue, Dict = map(
    _on_line, (ast.Call, ast.Compare, ast.Constant, ast.Continue, ast.Dict)
)
ExceptHandler, Expr, For, FormattedValue, FunctionDef = map(
    _on_line, (ast.ExceptHandler, ast.Expr, ast.For, ast.FormattedValue, ast.FunctionDef)
)
FunctionDef.type_params = []  # a field since 3.12
GeneratorExp, If, IfExp, JoinedStr, List = map(
    _on_line, (ast.GeneratorExp, ast.If, ast.IfExp, ast.JoinedStr, ast.List)
)
Name, NamedExpr, Raise, Return, Set = map(_on_line, (ast.Name, ast.NamedExpr, ast.Raise, ast.Return, ast.Set))
Slice, Starred, Subscript, Try, Tuple = map(
    _on_line, (ast.Slice, ast.Starred, ast.Subscript, ast.Try, ast.Tuple)
)
UnaryOp, Yield, YieldFrom, arg, keyword = map(
    _on_line, (ast.UnaryOp, ast.Yield, ast.YieldFrom, ast.arg, ast.keyword)
)

TO_STR = ord("s")  # the conversion of an f-string's field that is `str(value)`


class Builder:
    """Makes nodes of Python's syntax tree, on the current `line`."""

    line = 1

    def at(self, node: t.Any) -> t.Any:
        """Put a new node on the current line."""
        node.lineno = node.end_lineno = self.line
        return node

    # -- expressions

    def name(self, ident: str) -> t.Any:
        """`ident`."""
        return self.at(Name(ident, LOAD))

    def target(self, ident: str) -> t.Any:
        """`ident`, to be assigned."""
        return self.at(Name(ident, STORE))

    def attr(self, value: t.Any, *names: str) -> t.Any:
        """`value.name.name`; a value given as a string is a name."""
        result = self.name(value) if isinstance(value, str) else value
        for name in names:
            result = self.at(Attribute(result, name, LOAD))
        return result

    def attr_target(self, value: t.Any, name: str) -> t.Any:
        """`value.name`, to be assigned."""
        return self.at(Attribute(value, name, STORE))

    def call(self, function: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """`function(*args, **kwargs)`; a function given as a string is a name."""
        if isinstance(function, str):
            function = self.name(function)
        keywords = [self.at(keyword(key, value)) for key, value in kwargs.items()]
        return self.at(Call(function, [*args], keywords))

    def item(self, value: t.Any, key: t.Any, ctx: t.Any = LOAD) -> t.Any:
        """`value[key]`."""
        return self.at(Subscript(value, key, ctx))

    def conditional(self, test: t.Any, then: t.Any, other: t.Any) -> t.Any:
        """`then if test else other`."""
        return self.at(IfExp(test, then, other))

    def compare(self, left: t.Any, operator: ast.cmpop, right: t.Any) -> t.Any:
        """`left == right` and the like."""
        return self.at(Compare(left, [operator], [right]))

    def is_(self, left: t.Any, right: str | None, negate: bool = False) -> t.Any:
        """`left is right`, or `is not`; right is a name or None."""
        other = self.const(None) if right is None else self.name(right)
        return self.compare(left, ast.IsNot() if negate else ast.Is(), other)

    def either(self, left: t.Any, right: t.Any) -> t.Any:
        """`left or right`."""
        return self.at(BoolOp(ast.Or(), [left, right]))

    def not_(self, value: t.Any) -> t.Any:
        """`not value`."""
        return self.at(UnaryOp(ast.Not(), value))

    def list(self, items: c.Iterable[t.Any] = ()) -> t.Any:
        """`[a, b]`."""
        return self.at(List([*items], LOAD))

    def const(self, value: t.Any) -> t.Any:
        """A literal for any value that `has_safe_repr`."""
        kind = type(value)
        if kind is Markup:
            return self.call("Markup", self.at(Constant(str(value))))
        if kind in (int, float) and value < 0:
            # One that stands under an operator of tighter binding must not lose its sign to it.
            return self.at(UnaryOp(ast.USub(), self.at(Constant(-value))))
        if kind is tuple:
            return self.tuple(map(self.const, value))
        if kind is list:
            return self.list(map(self.const, value))
        if kind is dict:
            return self.dict((self.const(key), self.const(item)) for key, item in value.items())
        if kind in (set, frozenset):
            return self.call(kind.__name__, self.const([*value]))
        if kind is range:
            return self.call("range", *map(self.const, (value.start, value.stop, value.step)))
        return self.at(Constant(value))

    def tuple(self, items: c.Iterable[t.Any], ctx: t.Any = LOAD) -> t.Any:
        """`(a, b)`."""
        return self.at(Tuple([*items], ctx))

    def dict(self, items: c.Iterable[t.Tuple[t.Any, t.Any]]) -> t.Any:
        """`{a: b}`."""
        pairs = [*items]
        return self.at(Dict([key for key, _ in pairs], [value for _, value in pairs]))

    def variables(self, names: c.Mapping[str, str]) -> t.Any:
        """`{"name": identifier}`."""
        return self.dict((self.const(name), self.name(ident)) for name, ident in names.items())

    def text(self, parts: c.Iterable[t.Any]) -> t.Any:
        """Constant strings and expressions to one f-string, or to a constant if it is one."""
        values: t.Any = []
        for part in parts:
            if not isinstance(part, str):
                values.append(self.at(FormattedValue(part, TO_STR, None)))
            elif values and isinstance(values[-1], ast.Constant):
                values[-1].value += part
            else:
                values.append(self.at(Constant(part)))
        if len(values) == 1 and isinstance(values[0], ast.Constant):
            return values[0]
        return self.at(JoinedStr(values))

    # -- statements

    def assign(self, target: t.Any, value: t.Any) -> t.Any:
        """`target = value`; a target given as a string is a name."""
        if isinstance(target, str):
            target = self.target(target)
        return self.at(Assign([target], value))

    def do(self, value: t.Any) -> t.Any:
        """An expression as a statement."""
        return self.at(Expr(value))

    def if_(self, test: t.Any, then: c.Sequence[t.Any], other: c.Sequence[t.Any] = ()) -> t.Any:
        """`if test: then` and `else: other`; nothing to do is written as `None`."""
        return self.at(If(test, [*then] or [self.nothing()], [*other]))

    def nothing(self) -> t.Any:
        """A statement that does nothing."""
        return self.do(self.const(None))

    def fail(self, message: str) -> t.Any:
        """`raise TemplateRuntimeError(message)`."""
        return self.at(Raise(self.call("TemplateRuntimeError", self.const(message)), None))

    def function(
        self,
        name: str,
        params: c.Sequence[str],
        body: c.Sequence[t.Any],
        defaults: c.Sequence[t.Any] = (),
        vararg: str | None = None,
        keyword_only: c.Mapping[str, t.Any] | None = None,
        kwarg: str | None = None,
    ) -> t.Any:
        """`def name(params=defaults, *vararg, keyword_only, **kwarg): body`."""
        extra = keyword_only or {}
        arguments = ast.arguments(
            posonlyargs=[],
            args=[self.at(arg(param, None)) for param in params],
            vararg=self.at(arg(vararg, None)) if vararg else None,
            kwonlyargs=[self.at(arg(param, None)) for param in extra],
            kw_defaults=[*extra.values()],
            kwarg=self.at(arg(kwarg, None)) if kwarg else None,
            defaults=[*defaults],
        )
        return self.at(FunctionDef(name, arguments, [*body], [], None, None))

    def keywords(self, pairs: c.Sequence[t.Tuple[str, t.Any]], rest: t.Any = None) -> t.Any:
        """`key=value` for a call, as `**{...}` where Python's grammar has no such key."""
        if any(iskeyword(key) for key, _ in pairs):
            named = [self.at(keyword(None, self.dict((self.const(k), v) for k, v in pairs)))]
        else:
            named = [self.at(keyword(key, value)) for key, value in pairs]
        if rest is not None:
            named.append(self.at(keyword(None, rest)))
        return named


class _NoFStrings(ast.NodeTransformer):
    """f-strings to `"".join((...))`: before 3.12 not every one of them could be written down."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Replace one f-string."""
        self.generic_visit(node)
        parts = [
            part if isinstance(part, ast.Constant) else ast.Call(ast.Name("str", LOAD), [part.value], [])  # type: ignore[attr-defined]
            for part in node.values
        ]
        join = ast.Attribute(ast.Constant(""), "join", LOAD)
        return ast.Call(join, [ast.Tuple(parts, LOAD)], [])  # type: ignore[arg-type]


def to_source(tree: ast.Module, f_strings: bool) -> str:
    """Write a tree as Python source."""
    return ast.unparse(tree if f_strings else _NoFStrings().visit(tree)) + "\n"

"""Python's syntax tree, written as Python: snippets with holes, put on the template's own lines.

The rule: what the compiler generates can be read where it is generated. A snippet is parsed once
and becomes a function that builds its tree anew, as fast as code written for it by hand. A hole,
`{name}`, takes a tree, or a string for a variable; alone on a line, after `*` in a call or list,
and after `**`, it takes a list. `{name!r}` takes a value, which is written as a literal.

>>> builder = Builder()
>>> ast.unparse(builder.expression("{f}({a}, *{b})", f="len", a="x", b=[builder.const(1)]))
'len(x, 1)'

Columns are set to "unknown" (-1), or tracebacks would underline them.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from keyword import iskeyword

from ..markup import Markup
from .utils import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

_HOLE = re.compile(r"\{(\w+)(!r)?\}")
# What the name of a hole begins with while the snippet is parsed, and that of one for literals.
_FILLED, _LITERAL = "HOLE_", "HOLE_literal_"


def _on_line(name: str) -> t.Any:
    """A node class whose columns are set once: to set them on each node costs as much as it."""
    return type(name, (getattr(ast, name),), {"col_offset": -1, "end_col_offset": -1})


_CLASSES: dict[str, t.Any] = {
    name: _on_line(name) if "lineno" in getattr(cls, "_attributes", ()) else cls
    for name, cls in vars(ast).items()
    if isinstance(cls, type) and issubclass(cls, ast.AST)
}
Call, Constant, Dict, FormattedValue, JoinedStr, List, Name, Parameter, Starred, Tuple, keyword = map(
    _CLASSES.__getitem__,
    words("Call Constant Dict FormattedValue JoinedStr List Name arg Starred Tuple keyword"),
)
LOAD, STORE = ast.Load(), ast.Store()


def _at(node: t.Any, line: int) -> t.Any:
    node.lineno = node.end_lineno = line
    return node


def _fill(filling: t.Any, line: int, ctx: ast.expr_context) -> t.Any:
    return _at(Name(filling, ctx), line) if type(filling) is str else filling


@lru_cache(maxsize=1024)  # more than there are; what varies without limit goes into holes
def _snippet(source: str, mode: str) -> c.Callable[..., t.Any]:
    """Make the function that builds a snippet, given the builder, the line and what fills the holes."""
    holed = _HOLE.sub(lambda hole: (_LITERAL if hole[2] else _FILLED) + hole[1], source)
    tree: t.Any = ast.parse(holed, mode=mode).body  # type: ignore[attr-defined]
    holes = sorted({name for name, _ in _HOLE.findall(source)})
    names = {**_CLASSES, "_at": _at, "_fill": _fill, "LOAD": LOAD, "STORE": STORE}
    return eval(f"lambda self, line, {', '.join(holes)}: {_construction(tree)}", names)  # type: ignore[no-any-return]


def _construction(node: t.Any) -> str:
    """The Python expression that constructs a node like this one."""
    if isinstance(node, list):
        return f"[{', '.join(_splice(item) or _construction(item) for item in node)}]"
    if not isinstance(node, ast.AST):
        is_hole = isinstance(node, str) and node.startswith(_FILLED)
        return node[len(_FILLED) :] if is_hole else repr(node)
    if isinstance(node, ast.Name) and node.id.startswith(_LITERAL):
        return f"self.const({node.id[len(_LITERAL) :]})"
    if isinstance(node, ast.Name) and node.id.startswith(_FILLED):
        return f"_fill({node.id[len(_FILLED) :]}, line, {node.ctx.__class__.__name__.upper()})"
    fields = ", ".join(_construction(getattr(node, field, None)) for field in node._fields)
    construction = f"{type(node).__name__}({fields})"
    return f"_at({construction}, line)" if "lineno" in node._attributes else construction


def _splice(node: t.Any) -> str | None:
    """`*name` for a hole that takes a list."""
    spread = isinstance(node, (ast.Expr, ast.Starred)) or getattr(node, "arg", "") is None
    inner = node.value if spread else None
    if not isinstance(inner, ast.Name) or not inner.id.startswith(_FILLED):
        return None
    is_literal = inner.id.startswith(_LITERAL)
    return f"*map(self.const, {inner.id[len(_LITERAL) :]})" if is_literal else f"*{inner.id[len(_FILLED) :]}"


class Builder:
    """Builds trees on the current `line`."""

    line = 1

    def expression(self, source: str, /, **holes: t.Any) -> t.Any:
        """The tree of an expression."""
        return _snippet(source, "eval")(self, self.line, **holes)

    def code(self, source: str, /, **holes: t.Any) -> list[t.Any]:
        """The trees of statements."""
        return _snippet(source, "exec")(self, self.line, **holes)  # type: ignore[no-any-return]

    def at(self, node: t.Any) -> t.Any:
        """Put a node on the current line."""
        return _at(node, self.line)

    def name(self, ident: str) -> t.Any:
        """A variable."""
        return _at(Name(ident, LOAD), self.line)

    def const(self, value: t.Any) -> t.Any:
        """A literal for any value that `has_safe_repr`."""
        kind = type(value)
        if kind is Markup:
            return self.expression("Markup({text!r})", text=str(value))
        if kind in (int, float) and value < 0:
            # Under an operator of tighter binding it must not lose its sign when written down.
            return self.expression("-{value!r}", value=-value)
        if kind in (tuple, list):
            return self.at((Tuple if kind is tuple else List)([*map(self.const, value)], LOAD))
        if kind is dict:
            return self.at(Dict([*map(self.const, value)], [*map(self.const, value.values())]))
        if kind in (set, frozenset, range):
            parts = (value.start, value.stop, value.step) if kind is range else ([*value],)
            return self.expression("{kind}(*{parts!r})", kind=kind.__name__, parts=parts)
        return self.at(Constant(value))

    def variables(self, names: c.Mapping[str, str]) -> t.Any:
        """`{"name": identifier}`."""
        return self.at(Dict([*map(self.const, names)], [*map(self.name, names.values())]))

    def text(self, parts: c.Iterable[t.Any]) -> t.Any:
        """Constant strings and expressions to one f-string, or to a constant if it is one."""
        values: list[t.Any] = []
        for part in parts:
            if not isinstance(part, str):
                values.append(self.at(FormattedValue(part, ord("s"), None)))
            elif values and isinstance(values[-1], ast.Constant):
                values[-1].value += part  # type: ignore[operator]
            else:
                values.append(self.const(part))
        if len(values) == 1 and isinstance(values[0], ast.Constant):
            return values[0]
        return self.at(JoinedStr(values))

    def keywords(self, pairs: c.Sequence[tuple[str, t.Any]], rest: t.Any = None) -> list[t.Any]:
        """`key=value` for a call, as `**{...}` where Python's grammar has no such key."""
        named = [self.at(keyword(key, value)) for key, value in pairs]
        if any(iskeyword(key) for key, _ in pairs):
            keys, values = [self.const(key) for key, _ in pairs], [value for _, value in pairs]
            named = [self.at(keyword(None, self.at(Dict(keys, values))))]
        return named if rest is None else [*named, self.at(keyword(None, rest))]


class _NoFStrings(ast.NodeTransformer):
    """f-strings to `"".join((...))`: before 3.12 not every one of them could be written down."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Replace one f-string."""
        self.generic_visit(node)
        parts = [
            part if isinstance(part, ast.Constant) else Builder().expression("str({part})", part=part.value)  # type: ignore[attr-defined]
            for part in node.values
        ]
        return Builder().expression("''.join((*{parts},))", parts=parts)  # type: ignore[no-any-return]


def to_source(tree: ast.Module, f_strings: bool) -> str:
    """Write a tree as Python source."""
    return ast.unparse(tree if f_strings else _NoFStrings().visit(tree)) + "\n"

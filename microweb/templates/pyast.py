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
import sys
from functools import lru_cache
from keyword import iskeyword
from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_HOLE = re.compile(r"\{(\w+)(!r)?\}")
# What the name of a hole begins with while the snippet is parsed, and that of one for literals.
_FILLED, _LITERAL = "HOLE_", "HOLE_literal_"

#: The node classes, with columns set once: to set them on each node costs as much as it.
py: t.Any = SimpleNamespace()
for _name, _class in vars(ast).items():
    if isinstance(_class, type) and issubclass(_class, ast.AST):
        _has_line = "lineno" in getattr(_class, "_attributes", ())
        columns = {"col_offset": -1, "end_col_offset": -1} if _has_line else {}
        setattr(py, _name, type(_name, (_class,), columns) if _has_line else _class)

# It looks for columns on the node, and not on its class.
_ON_PYPY = sys.implementation.name == "pypy"

LOAD, STORE = ast.Load(), ast.Store()
_PLAIN = frozenset({str, int, float, complex, bool, type(None)})


def _at(node: t.Any, line: int) -> t.Any:
    node.lineno = node.end_lineno = line
    if _ON_PYPY:
        node.col_offset = node.end_col_offset = -1
    return node


def _fill(filling: t.Any, line: int, ctx: ast.expr_context) -> t.Any:
    return _at(py.Name(filling, ctx), line) if type(filling) is str else filling


@lru_cache(maxsize=1024)  # more than there are; what varies without limit goes into holes
def _snippet(source: str, mode: str) -> t.Callable[..., t.Any]:
    """Make the function that builds a snippet, given the builder, the line and what fills the holes."""
    holed = _HOLE.sub(lambda hole: (_LITERAL if hole[2] else _FILLED) + hole[1], source)
    tree: t.Any = ast.parse(holed, mode=mode).body  # type: ignore[attr-defined]
    holes = sorted({name for name, _ in _HOLE.findall(source)})
    names = {**vars(py), "_at": _at, "_fill": _fill, "LOAD": LOAD, "STORE": STORE}
    # Of two snippets for one place, one may have holes that the other has not.
    return eval(f"lambda self, line, {', '.join([*holes, '**_'])}: {_construction(tree)}", names)  # type: ignore[no-any-return]


def _construction(node: t.Any) -> str:
    """The Python expression that constructs a node like this one."""
    if isinstance(node, list):
        return f"[{', '.join(_splice(item) or _construction(item) for item in node)}]"
    if not isinstance(node, ast.AST):
        return node[len(_FILLED) :] if str(node).startswith(_FILLED) else repr(node)
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
    name = getattr(node.value, "id", "") if spread else ""
    if name.startswith(_LITERAL):
        return f"*map(self.const, {name[len(_LITERAL) :]})"
    return f"*{name[len(_FILLED) :]}" if name.startswith(_FILLED) else None


class Builder:
    """Builds trees on the current `line`."""

    line = 1
    #: Before Python 3.12 not every f-string can be written down; then join() stands for them.
    f_strings = True

    def expression(self, source: str, /, **holes: t.Any) -> t.Any:
        """The tree of an expression."""
        return _snippet(source, "eval")(self, self.line, **holes)

    def code(self, source: str, /, **holes: t.Any) -> list[t.Any]:
        """The trees of statements."""
        return _snippet(source, "exec")(self, self.line, **holes)  # type: ignore[no-any-return]

    def at(self, node: t.Any) -> t.Any:
        """Put a node on the current line."""
        return _at(node, self.line)

    def name(self, ident: str, ctx: ast.expr_context = LOAD) -> t.Any:
        """A variable."""
        return _at(py.Name(ident, ctx), self.line)

    def const(self, value: t.Any) -> t.Any:
        """A literal for a value; for one that Python has no constants for, what its repr() says."""
        if type(value) in _PLAIN or (type(value) is tuple and all(type(item) in _PLAIN for item in value)):
            return self.at(py.Constant(value))
        return ast.increment_lineno(ast.parse(repr(value), mode="eval").body, self.line - 1)

    def variables(self, names: t.Mapping[str, str]) -> t.Any:
        """`{"name": identifier}`."""
        return self.at(py.Dict([*map(self.const, names)], [*map(self.name, names.values())]))

    def text(self, parts: t.Iterable[t.Any]) -> t.Any:
        """Constant strings and expressions to one f-string, or to a constant if it is one."""
        values: list[t.Any] = []
        for part in parts:
            if not isinstance(part, str):
                formatted = self.f_strings and _at(py.FormattedValue(part, ord("s"), None), part.lineno)
                values.append(formatted or self.expression("str({part})", part=part))
            elif values and isinstance(values[-1], ast.Constant):
                values[-1].value += part  # type: ignore[operator]
            else:
                values.append(self.const(part))
        if len(values) == 1 and isinstance(values[0], ast.Constant):
            return values[0]
        joined = self.f_strings and self.at(py.JoinedStr(values))
        return joined or self.expression("concat((*{values},))", values=values)

    def keywords(self, pairs: t.Sequence[tuple[str, t.Any]], rest: t.Any = None) -> list[t.Any]:
        """`key=value` for a call, as `**{...}` where Python's grammar has no such key."""
        named = [self.at(py.keyword(key, value)) for key, value in pairs]
        if any(iskeyword(key) for key, _ in pairs):
            keys, values = [self.const(key) for key, _ in pairs], [value for _, value in pairs]
            named = [self.at(py.keyword(None, self.at(py.Dict(keys, values))))]
        return named if rest is None else [*named, self.at(py.keyword(None, rest))]

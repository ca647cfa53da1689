"""The syntax tree that the parser builds and the compiler reads.

The rule: a node is its declared `fields` and nothing else, so that any of them can be walked,
compared, copied and shown by the few functions of `Node`. Names of nodes and fields are Jinja's,
because extensions build them; so most nodes are one line, which names the fields. `as_const` is
the value of an expression without variables: what its `function` makes of the values of its
fields. The compiler folds those, and extensions read a tag's arguments with it.

>>> Add(Const(1), Const(2)).as_const()
3
>>> Name("a", "load").dump()
"nodes.Name('a', 'load')"
"""

from __future__ import annotations

import operator

from ..markup import Markup
from .utils import pass_arg_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment

    Names = c.Container[str]
    N = t.TypeVar("N", bound="Node")


class Impossible(Exception):
    """The node has no constant value."""


class EvalContext:
    """What holds while a part of a template is evaluated: is output escaped?

    `volatile` says that this is known only at run time. Extensions may attach more attributes.
    """

    def __init__(self, environment: Environment, template_name: str | None = None) -> None:
        self.environment = environment
        escapes = environment.autoescape
        self.autoescape: bool = escapes(template_name) if callable(escapes) else escapes
        self.volatile = False

    def save(self) -> dict[str, t.Any]:
        """Return the present state, for `revert`."""
        return self.__dict__.copy()

    def revert(self, old: dict[str, t.Any]) -> None:
        """Go back to a state that `save` returned."""
        self.__dict__.clear()
        self.__dict__.update(old)


class Node:
    """Base class of all nodes: fields by position, `lineno` and `environment` by keyword."""

    fields: tuple[str, ...] = ()
    attributes = ("lineno", "environment")
    abstract = True
    #: What Python makes of constant fields, and the sign that it has for that in source.
    function: t.Any = None
    operator: str

    def __init_subclass__(cls, fields: str = "", abstract: bool = False, **names: t.Any) -> None:
        cls.fields += tuple(fields.split())
        cls.abstract = abstract
        for name, value in names.items():
            setattr(cls, name, staticmethod(value) if callable(value) else value)

    def __init__(self, *fields: t.Any, lineno: t.Any = None, environment: t.Any = None) -> None:
        if self.abstract:
            raise TypeError(f"{type(self)} is abstract; a variable is made by the parser's free_identifier()")
        if fields and len(fields) != len(self.fields):
            raise TypeError(f"{type(self)} takes no fields or all of {self.fields}, not {len(fields)}")
        self.lineno = lineno
        self.environment = environment
        self.__dict__.update(zip(self.fields, fields))

    if TYPE_CHECKING:  # fields are known by name only

        def __getattr__(self, name: str) -> t.Any: ...
        def __setattr__(self, name: str, value: t.Any) -> None: ...

    def iter_fields(self, exclude: Names = (), only: Names | None = None) -> c.Iterator[tuple[str, t.Any]]:
        """Yield (name, value) of the fields that are set."""
        for name in self.fields:
            if name in self.__dict__ and name not in exclude and (only is None or name in only):
                yield name, self.__dict__[name]

    def iter_child_nodes(self, exclude: Names = (), only: Names | None = None) -> c.Iterator[t.Any]:
        """Return the nodes in the fields, those in lists too."""
        # Every pass over a tree comes through here: a list and its iterator cost less than a
        # generator that asks another one.
        found: list[Node] = []
        for name in self.fields:
            if name in exclude or (only is not None and name not in only):
                continue
            value = self.__dict__.get(name)
            if isinstance(value, Node):
                found.append(value)
            elif type(value) is list:
                found.extend([item for item in value if isinstance(item, Node)])
        return iter(found)

    def walk(self) -> c.Iterator[t.Any]:
        """Yield this node and all below it, in the order of the source, without recursion."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend([*node.iter_child_nodes()][::-1])

    def find(self, node_type: t.Any) -> t.Any:
        """Return the first node of this type below this one, or None."""
        return next(self.find_all(node_type), None)

    def find_all(self, node_type: t.Any) -> c.Iterator[t.Any]:
        """Yield the nodes of this type (or these) below this one."""
        return (node for node in self.walk() if node is not self and isinstance(node, node_type))

    def set_ctx(self: N, ctx: str) -> N:
        """Make names and tuples "load", "store" or "param"."""
        for node in self.walk():
            if "ctx" in node.fields:
                node.ctx = ctx
        return self

    def set_lineno(self: N, lineno: int, override: bool = False) -> N:
        """Give the nodes that have none (or all of them) this line."""
        for node in self.walk():
            if node.lineno is None or override:
                node.lineno = lineno
        return self

    def set_environment(self: N, environment: Environment) -> N:
        """Tell all nodes which environment they belong to."""
        for node in self.walk():
            node.environment = environment
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node) or type(self) is not type(other):
            return NotImplemented
        return tuple(self.iter_fields()) == tuple(other.iter_fields())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self.__dict__.get(name)!r}" for name in self.fields)
        return f"{type(self).__name__}({shown})"

    def dump(self) -> str:
        """Show the tree as the code that would build it."""
        return f"nodes.{type(self).__name__}({', '.join(_dump(self.__dict__.get(f)) for f in self.fields)})"

    def _const(self, ctx: t.Any) -> t.Any:
        return self.function(*[_value(self.__dict__[name], ctx) for name in self.fields])


def _dump(value: t.Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_dump, value))}]"
    return value.dump() if isinstance(value, Node) else repr(value)


def _value(field: t.Any, ctx: t.Any) -> t.Any:
    """The constant value of a field: of its node, or of the nodes in its list."""
    if isinstance(field, Node):
        return field._const(ctx)
    return [_value(item, ctx) for item in field] if isinstance(field, list) else field


class Stmt(Node, abstract=True):
    """Base class of statements."""


class Helper(Node, abstract=True):
    """Base class of nodes that make sense only inside others."""


class Expr(Node, abstract=True):
    """Base class of expressions."""

    def as_const(self, eval_ctx: EvalContext | None = None) -> t.Any:
        """Return the value, or raise `Impossible` if it is known at run time only."""
        if eval_ctx is None and self.environment is not None:
            eval_ctx = EvalContext(self.environment)
        try:
            return self._const(eval_ctx)
        except Exception as error:
            # Whatever is wrong should show when the template runs, with its line.
            raise Impossible from error

    def can_assign(self) -> bool:
        """May this stand on the left of `=`?"""
        return False


class Literal(Expr, abstract=True):
    """Base class of literals."""


# -- statements: `body`, `else_` and whatever is named in the plural are lists of nodes


class Template(Node, fields="body"):
    """A whole template."""


class Output(Stmt, fields="nodes"):
    """Text, and expressions to print."""


class Extends(Stmt, fields="template"):
    """`extends template`."""


class For(Stmt, fields="target iter body else_ test recursive"):
    """`for target in iter if test recursive`."""


class If(Stmt, fields="test body elif_ else_"):
    """`if test`; `elif_` holds more of these, without `else_`."""


class Macro(Stmt, fields="name args defaults body"):
    """`macro name(args)`; the defaults are those of the last arguments."""


class CallBlock(Stmt, fields="call args defaults body"):
    """`call(args) call`: the body is what `caller(args)` returns."""


class FilterBlock(Stmt, fields="body filter"):
    """`filter filter`."""


class With(Stmt, fields="targets values body"):
    """`with target = value, ...`."""


class Block(Stmt, fields="name body scoped required"):
    """`block name`."""


class Include(Stmt, fields="template with_context ignore_missing"):
    """`include template`."""


class Import(Stmt, fields="template target with_context"):
    """`import template as target`, which is a string."""


class FromImport(Stmt, fields="template names with_context"):
    """`from template import names`: strings, or pairs (name, alias)."""


class ExprStmt(Stmt, fields="node"):
    """`do node`."""


class Assign(Stmt, fields="target node"):
    """`set target = node`."""


class AssignBlock(Stmt, fields="target filter body"):
    """`set target`, and a body that may be filtered."""


class Continue(Stmt):
    """`continue`."""


class Break(Stmt):
    """`break`."""


class Scope(Stmt, fields="body"):
    """A body whose variables end with it."""


class OverlayScope(Stmt, fields="context body"):
    """A body that sees the variables of a dict, `context`."""


class EvalContextModifier(Stmt, fields="options"):
    """Changes the `EvalContext` by a list of `Keyword`."""


class ScopedEvalContextModifier(EvalContextModifier, fields="body"):
    """Does so for a body."""


# -- expressions


class Name(Expr, fields="name ctx"):
    """A variable; `ctx` is "load", "store", or "param" for what a call or a loop binds."""

    def can_assign(self) -> bool:
        return self.name not in ("true", "false", "none", "True", "False", "None")


class NSRef(Expr, fields="name attr"):
    """`name.attr` as a target: an attribute of a namespace."""

    def can_assign(self) -> bool:
        return True  # that `name` is a namespace is checked when the assignment runs


class InternalName(Expr, fields="name", abstract=True):
    """A variable of the generated code that templates cannot see; from `free_identifier`."""


class Const(Literal, fields="value"):
    """A constant `value` that can be written down in Python."""

    def _const(self, ctx: t.Any) -> t.Any:
        return self.value


def has_safe_repr(value: t.Any) -> bool:
    """Can generated code contain this value?"""
    kind = type(value)
    if kind is dict:
        return has_safe_repr([*value, *value.values()])
    if kind in (tuple, list, set, frozenset):
        return all(map(has_safe_repr, value))
    return value is None or kind in (bool, int, float, complex, range, str, Markup)


class TemplateData(Literal, fields="data"):
    """Text of the template."""

    def _const(self, ctx: t.Any) -> t.Any:
        return _markup(self.data, ctx)


def _markup(value: t.Any, ctx: t.Any) -> t.Any:
    if ctx.volatile:
        raise Impossible
    return Markup(value) if ctx.autoescape else value


class Tuple(Literal, fields="items ctx"):
    """Several expressions, or several targets."""

    def _const(self, ctx: t.Any) -> t.Any:
        return tuple(_value(self.items, ctx))

    def can_assign(self) -> bool:
        return all(item.can_assign() for item in self.items)


class List(Literal, fields="items", function=list):
    """`[items]`."""


def _pair(*values: t.Any) -> tuple[t.Any, ...]:
    return values


class Pair(Helper, fields="key value", function=_pair):
    """One entry of a `Dict`, or as a `Keyword` of a call."""


class Keyword(Pair):
    """`key=value` in a call; `key` is a string."""


class Dict(Literal, fields="items", function=dict):
    """`{items}`, a list of `Pair`."""


class CondExpr(Expr, fields="test expr1 expr2"):
    """`expr1 if test else expr2`; without else, `expr2` is None: undefined, which no constant is."""

    def _const(self, ctx: t.Any) -> t.Any:
        return (self.expr1 if self.test._const(ctx) else self.expr2)._const(ctx)


class Call(Expr, fields="node args kwargs dyn_args dyn_kwargs"):
    """`node(args, kwargs, *dyn_args, **dyn_kwargs)`; the last two may be None."""


class _FilterTestCommon(Expr, fields="node name args kwargs dyn_args dyn_kwargs", abstract=True):
    """`node|name(args)` and `node is name(args)`."""

    registry: str

    def _const(self, ctx: t.Any) -> t.Any:
        func = getattr(ctx.environment, self.registry).get(self.name)
        kind = pass_arg_of(func)
        if ctx.volatile or self.node is None or func is None or kind == "context":
            raise Impossible
        args = _value([self.node, *self.args], ctx) + [*(_value(self.dyn_args, ctx) or ())]
        if kind is not None:
            args.insert(0, ctx if kind == "eval_context" else ctx.environment)
        return func(*args, **dict(_value(self.kwargs, ctx)), **(_value(self.dyn_kwargs, ctx) or {}))


class Filter(_FilterTestCommon, registry="filters"):
    """A filter; `node` is None in a filter block, where the body is filtered."""


class Test(_FilterTestCommon, registry="tests"):
    """A test."""


class Getitem(Expr, fields="node arg ctx"):
    """`node[arg]`: the item, or else the attribute."""

    def _const(self, ctx: t.Any) -> t.Any:
        return ctx.environment.getitem(self.node._const(ctx), self.arg._const(ctx))


class Getattr(Expr, fields="node attr ctx"):
    """`node.attr`: the attribute, or else the item."""

    def _const(self, ctx: t.Any) -> t.Any:
        return ctx.environment.getattr(self.node._const(ctx), self.attr)


class Slice(Expr, fields="start stop step", function=slice):
    """`start:stop:step` in a subscript; each may be None."""


def _concat(parts: list[t.Any]) -> str:
    if any(hasattr(part, "__html__") for part in parts):
        raise Impossible  # markup and text meet: escaping depends on where that is
    return "".join(map(str, parts))


class Concat(Expr, fields="nodes", function=_concat):
    """`a ~ b ~ c`."""


class Operand(Helper, fields="op expr", function=_pair):
    """The rest of a comparison: a name from `COMPARISONS`, and an expression."""


COMPARISONS: dict[str, c.Callable[[t.Any, t.Any], t.Any]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "gteq": operator.ge, "lt": operator.lt,
    "lteq": operator.le, "in": lambda a, b: a in b, "notin": lambda a, b: a not in b,
}  # fmt: skip


def _compare(left: t.Any, operands: list[tuple[str, t.Any]]) -> bool:
    for op, right in operands:
        if not COMPARISONS[op](left, right):
            return False
        left = right
    return True


class Compare(Expr, fields="expr ops", function=_compare):
    """`expr` followed by a list of `Operand`, chained as in Python."""


class BinExpr(Expr, fields="left right", abstract=True):
    """Base class of binary operators."""


class Mul(BinExpr, operator="*", function=operator.mul):
    """`*`."""


class Div(BinExpr, operator="/", function=operator.truediv):
    """`/`."""


class FloorDiv(BinExpr, operator="//", function=operator.floordiv):
    """`//`."""


class Add(BinExpr, operator="+", function=operator.add):
    """`+`."""


class Sub(BinExpr, operator="-", function=operator.sub):
    """`-`."""


class Mod(BinExpr, operator="%", function=operator.mod):
    """`%`."""


class Pow(BinExpr, operator="**", function=operator.pow):
    """`**`."""


class And(BinExpr, operator="and"):
    """`and`."""

    def _const(self, ctx: t.Any) -> t.Any:
        return self.left._const(ctx) and self.right._const(ctx)


class Or(BinExpr, operator="or"):
    """`or`."""

    def _const(self, ctx: t.Any) -> t.Any:
        return self.left._const(ctx) or self.right._const(ctx)


class UnaryExpr(Expr, fields="node", abstract=True):
    """Base class of unary operators."""


class Not(UnaryExpr, operator="not", function=operator.not_):
    """`not`."""


class Neg(UnaryExpr, operator="-", function=operator.neg):
    """`-`."""


class Pos(UnaryExpr, operator="+", function=operator.pos):
    """`+`."""


# -- expressions for extensions


class EnvironmentAttribute(Expr, fields="name"):
    """An attribute of the environment."""


class ExtensionAttribute(Expr, fields="identifier name"):
    """An attribute of an extension."""


class ImportedName(Expr, fields="importname"):
    """A Python object, by its path."""


class ContextReference(Expr):
    """The context."""


class DerivedContextReference(Expr):
    """The context with the variables that are local here."""


class MarkSafe(Expr, fields="expr", function=Markup):
    """`expr`, as markup."""


class MarkSafeIfAutoescape(Expr, fields="expr"):
    """`expr`, as markup where output is escaped."""

    def _const(self, ctx: t.Any) -> t.Any:
        return _markup(self.expr._const(ctx), ctx)

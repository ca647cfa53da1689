"""The syntax tree that the parser builds and the compiler reads.

The rule: a node is its declared `fields` and nothing else, so that any of them can be walked,
compared, copied and shown by the few functions of `Node`. Names of nodes and fields are Jinja's,
because extensions build them. `as_const` is the value of an expression that has no names in it:
the compiler folds those, and extensions read tag arguments with it.
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
    attributes: tuple[str, ...] = ("lineno", "environment")
    abstract = True
    lineno: t.Any = None
    environment: t.Any = None
    if TYPE_CHECKING:
        # Fields are declared by name only; what they hold is in the docstrings.
        def __getattr__(self, name: str) -> t.Any: ...
        def __setattr__(self, name: str, value: t.Any) -> None: ...

    def __init_subclass__(cls) -> None:
        # `fields` written in a class come after those that it inherits.
        inherited = cls.__mro__[1].fields  # type: ignore[attr-defined]
        if "fields" in cls.__dict__:
            cls.fields = inherited + cls.fields
        cls.abstract = cls.__dict__.get("abstract", False)

    def __init__(self, *fields: t.Any, **attributes: t.Any) -> None:
        if self.abstract:
            raise TypeError("abstract nodes are not instantiable")
        if fields:
            if len(fields) != len(self.fields):
                raise TypeError(
                    f"{type(self).__name__!r} takes 0 or {len(self.fields)} arguments"
                    f" {self.fields}, not {len(fields)}"
                )
            self.__dict__.update(zip(self.fields, fields))
        if attributes:
            unknown = attributes.keys() - set(self.attributes)
            if unknown:
                raise TypeError(f"unknown attribute {min(unknown)!r}")
            self.__dict__.update(attributes)

    def iter_fields(
        self, exclude: c.Container[str] = (), only: c.Container[str] | None = None
    ) -> c.Iterator[tuple[str, t.Any]]:
        """Yield (name, value) of the fields that are set."""
        for name in self.fields:
            wanted = name not in exclude if only is None else name in only
            if wanted and name in self.__dict__:
                yield name, self.__dict__[name]

    def iter_child_nodes(
        self, exclude: c.Container[str] = (), only: c.Container[str] | None = None
    ) -> c.Iterator[Node]:
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

    def walk(self) -> c.Iterator[Node]:
        """Yield this node and all below it, in the order of the source, without recursion."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo.extend([*node.iter_child_nodes()][::-1])

    def find(self, node_type: type[N]) -> N | None:
        """Return the first node of this type below this one, or None."""
        return next(self.find_all(node_type), None)

    def find_all(self, node_type: type[N] | tuple[type[N], ...]) -> c.Iterator[N]:
        """Yield the nodes of this type (or these) below this one."""
        for node in self.walk():
            if node is not self and isinstance(node, node_type):
                yield node

    def set_ctx(self, ctx: str) -> Node:
        """Make names and tuples "load", "store" or "param"."""
        for node in self.walk():
            if "ctx" in node.fields:
                node.ctx = ctx
        return self

    def set_lineno(self, lineno: int, override: bool = False) -> Node:
        """Give the nodes that have none (or all of them) this line."""
        for node in self.walk():
            if node.lineno is None or override:
                node.lineno = lineno
        return self

    def set_environment(self, environment: Environment) -> Node:
        """Tell all nodes which environment they belong to."""
        for node in self.walk():
            node.environment = environment
        return self

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return tuple(self.iter_fields()) == tuple(other.iter_fields())  # type: ignore[attr-defined]

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self.__dict__.get(name)!r}" for name in self.fields)
        return f"{type(self).__name__}({shown})"

    def dump(self) -> str:
        """Show the tree as the code that would build it."""
        values = (self.__dict__.get(name) for name in self.fields)
        return f"nodes.{type(self).__name__}({', '.join(map(_dump, values))})"


def _dump(value: t.Any) -> str:
    if isinstance(value, Node):
        return value.dump()
    return f"[{', '.join(map(_dump, value))}]" if isinstance(value, list) else repr(value)


class Stmt(Node):
    """Base class of statements."""

    abstract = True


class Helper(Node):
    """Base class of nodes that make sense only inside others."""

    abstract = True


class Template(Node):
    """A whole template."""

    fields = ("body",)


class Output(Stmt):
    """Expressions, and `TemplateData` between them, that are printed in turn."""

    fields = ("nodes",)


class Extends(Stmt):
    """`{% extends template %}`."""

    fields = ("template",)


class For(Stmt):
    """A loop; `else_` is a list of nodes, `test` an expression or None."""

    fields = ("target", "iter", "body", "else_", "test", "recursive")


class If(Stmt):
    """A choice; `elif_` is a list of `If` nodes that have a test and a body only."""

    fields = ("test", "body", "elif_", "else_")


class Macro(Stmt):
    """A macro; `defaults` belong to the last of the `args`."""

    fields = ("name", "args", "defaults", "body")


class CallBlock(Stmt):
    """`{% call(args) call %}`: the body is a nameless macro, passed on as `caller`."""

    fields = ("call", "args", "defaults", "body")


class FilterBlock(Stmt):
    """`{% filter filter %}`; the innermost filter's node is None and stands for the body."""

    fields = ("body", "filter")


class With(Stmt):
    """`{% with targets = values %}`."""

    fields = ("targets", "values", "body")


class Block(Stmt):
    """A block that child templates may replace."""

    fields = ("name", "body", "scoped", "required")


class Include(Stmt):
    """`{% include template %}`."""

    fields = ("template", "with_context", "ignore_missing")


class Import(Stmt):
    """`{% import template as target %}`; `target` is a string."""

    fields = ("template", "target", "with_context")


class FromImport(Stmt):
    """`{% from template import names %}`; a name is a string or a pair (name, alias)."""

    fields = ("template", "names", "with_context")


class ExprStmt(Stmt):
    """An expression whose value is dropped: `{% do %}`."""

    fields = ("node",)


class Assign(Stmt):
    """`{% set target = node %}`."""

    fields = ("target", "node")


class AssignBlock(Stmt):
    """`{% set target | filter %}body{% endset %}`; `filter` may be None."""

    fields = ("target", "filter", "body")


class Expr(Node):
    """Base class of expressions."""

    abstract = True

    def as_const(self, eval_ctx: EvalContext | None = None) -> t.Any:
        """Return the value, or raise `Impossible` if it is known at run time only."""
        if eval_ctx is None:
            if self.environment is None:
                raise RuntimeError("give an eval_ctx, or a node that has its environment set")
            eval_ctx = EvalContext(self.environment)
        try:
            return self._const(eval_ctx)
        except Impossible:
            raise
        except Exception as error:
            # Whatever is wrong should show when the template runs, with its line.
            raise Impossible from error

    def _const(self, ctx: EvalContext) -> t.Any:
        raise Impossible

    def can_assign(self) -> bool:
        """May this stand on the left of `=`?"""
        return False


class BinExpr(Expr):
    """Base class of binary operators; `operator` is the sign, `function` what it does."""

    fields = ("left", "right")
    operator: str
    function: t.Callable[[t.Any, t.Any], t.Any]
    abstract = True

    def _const(self, ctx: EvalContext) -> t.Any:
        return type(self).function(self.left._const(ctx), self.right._const(ctx))


class UnaryExpr(Expr):
    """Base class of unary operators."""

    fields = ("node",)
    operator: str
    function: t.Callable[[t.Any], t.Any]
    abstract = True

    def _const(self, ctx: EvalContext) -> t.Any:
        return type(self).function(self.node._const(ctx))


class Name(Expr):
    """A variable; `ctx` is "load", "store", or "param" for what a call or a loop binds."""

    fields = ("name", "ctx")

    def can_assign(self) -> bool:
        return self.name not in ("true", "false", "none", "True", "False", "None")


class NSRef(Expr):
    """`name.attr` as a target: an attribute of a namespace."""

    fields = ("name", "attr")

    def can_assign(self) -> bool:
        return True  # that `name` is a namespace is checked when the assignment runs


class Literal(Expr):
    """Base class of literals."""

    abstract = True


class Const(Literal):
    """A constant `value` that can be written down in Python."""

    fields = ("value",)

    def _const(self, ctx: EvalContext) -> t.Any:
        return self.value

    @classmethod
    def from_untrusted(cls, value: t.Any, lineno: int | None = None, environment: t.Any = None) -> Const:
        """Make a node of any value, or raise `Impossible` if code cannot express it."""
        if not has_safe_repr(value):
            raise Impossible
        return cls(value, lineno=lineno, environment=environment)


def has_safe_repr(value: t.Any) -> bool:
    """Can generated code contain this value?"""
    kind = type(value)
    if kind in (tuple, list, set, frozenset):
        return all(map(has_safe_repr, value))
    if kind is dict:
        return all(has_safe_repr(key) and has_safe_repr(item) for key, item in value.items())
    return value is None or kind in (bool, int, float, complex, range, str, Markup)


class TemplateData(Literal):
    """Text of the template."""

    fields = ("data",)

    def _const(self, ctx: EvalContext) -> str:
        if ctx.volatile:
            raise Impossible
        return Markup(self.data) if ctx.autoescape else self.data  # type: ignore[no-any-return]


class Tuple(Literal):
    """Several expressions, or several targets."""

    fields = ("items", "ctx")

    def _const(self, ctx: EvalContext) -> t.Any:
        return tuple(item._const(ctx) for item in self.items)

    def can_assign(self) -> bool:
        return all(item.can_assign() for item in self.items)


class List(Literal):
    """`[items]`."""

    fields = ("items",)

    def _const(self, ctx: EvalContext) -> t.Any:
        return [item._const(ctx) for item in self.items]


class Pair(Helper):
    """One entry of a `Dict`."""

    fields = ("key", "value")

    def _const(self, ctx: EvalContext) -> t.Any:
        return self.key._const(ctx), self.value._const(ctx)


class Dict(Literal):
    """`{items}`, a list of `Pair`."""

    fields = ("items",)

    def _const(self, ctx: EvalContext) -> t.Any:
        return dict(item._const(ctx) for item in self.items)


class Keyword(Helper):
    """`key=value` in a call; `key` is a string."""

    fields = ("key", "value")

    def _const(self, ctx: EvalContext) -> t.Any:
        return self.key, self.value._const(ctx)


class CondExpr(Expr):
    """`expr1 if test else expr2`; without else, `expr2` is None."""

    fields = ("test", "expr1", "expr2")

    def _const(self, ctx: EvalContext) -> t.Any:
        if self.test._const(ctx):
            return self.expr1._const(ctx)
        if self.expr2 is None:
            raise Impossible  # undefined, which no constant is
        return self.expr2._const(ctx)


class _FilterTestCommon(Expr):
    """`node|name(args)` and `node is name(args)`."""

    fields = ("node", "name", "args", "kwargs", "dyn_args", "dyn_kwargs")
    registry: str
    abstract = True

    def _const(self, ctx: EvalContext) -> t.Any:
        func = getattr(ctx.environment, self.registry).get(self.name)
        kind = pass_arg_of(func)
        if ctx.volatile or self.node is None or func is None or kind == "context":
            raise Impossible
        args = [arg._const(ctx) for arg in (self.node, *self.args)]
        kwargs = dict(arg._const(ctx) for arg in self.kwargs)
        if self.dyn_args is not None:
            args.extend(self.dyn_args._const(ctx))
        if self.dyn_kwargs is not None:
            kwargs.update(self.dyn_kwargs._const(ctx))
        if kind is not None:
            args.insert(0, ctx if kind == "eval_context" else ctx.environment)
        return func(*args, **kwargs)


class Filter(_FilterTestCommon):
    """A filter; `node` is None in a filter block, where the body is filtered."""

    registry = "filters"


class Test(_FilterTestCommon):
    """A test."""

    registry = "tests"


class Call(Expr):
    """`node(*args, **kwargs)`; `dyn_args` and `dyn_kwargs` are what follows `*` and `**`."""

    fields = ("node", "args", "kwargs", "dyn_args", "dyn_kwargs")


class Getitem(Expr):
    """`node[arg]`: the item, or else the attribute."""

    fields = ("node", "arg", "ctx")

    def _const(self, ctx: EvalContext) -> t.Any:
        return ctx.environment.getitem(self.node._const(ctx), self.arg._const(ctx))


class Getattr(Expr):
    """`node.attr`: the attribute, or else the item."""

    fields = ("node", "attr", "ctx")

    def _const(self, ctx: EvalContext) -> t.Any:
        return ctx.environment.getattr(self.node._const(ctx), self.attr)


class Slice(Expr):
    """`start:stop:step` in a subscript; each may be None."""

    fields = ("start", "stop", "step")

    def _const(self, ctx: EvalContext) -> slice:
        parts = (self.start, self.stop, self.step)
        return slice(*(None if part is None else part._const(ctx) for part in parts))


class Concat(Expr):
    """`a ~ b ~ c`."""

    fields = ("nodes",)

    def _const(self, ctx: EvalContext) -> str:
        parts = [node._const(ctx) for node in self.nodes]
        if any(hasattr(part, "__html__") for part in parts):
            raise Impossible  # markup and text meet: escaping depends on where that is
        return "".join(map(str, parts))


class Operand(Helper):
    """One comparison; `op` is a key of `COMPARISONS`."""

    fields = ("op", "expr")


COMPARISONS: dict[str, c.Callable[[t.Any, t.Any], t.Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda a, b: a in b,
    "notin": lambda a, b: a not in b,
}


class Compare(Expr):
    """`expr` followed by a list of `Operand`, chained as in Python."""

    fields = ("expr", "ops")

    def _const(self, ctx: EvalContext) -> t.Any:
        left = self.expr._const(ctx)
        result = True
        for op in self.ops:
            right = op.expr._const(ctx)
            result = COMPARISONS[op.op](left, right)
            if not result:
                return False
            left = right
        return result


class Mul(BinExpr):
    """`*`."""

    operator, function = "*", operator.mul


class Div(BinExpr):
    """`/`."""

    operator, function = "/", operator.truediv


class FloorDiv(BinExpr):
    """`//`."""

    operator, function = "//", operator.floordiv


class Add(BinExpr):
    """`+`."""

    operator, function = "+", operator.add


class Sub(BinExpr):
    """`-`."""

    operator, function = "-", operator.sub


class Mod(BinExpr):
    """`%`."""

    operator, function = "%", operator.mod


class Pow(BinExpr):
    """`**`."""

    operator, function = "**", operator.pow


class And(BinExpr):
    """`and`."""

    operator = "and"

    def _const(self, ctx: EvalContext) -> t.Any:
        return self.left._const(ctx) and self.right._const(ctx)


class Or(BinExpr):
    """`or`."""

    operator = "or"

    def _const(self, ctx: EvalContext) -> t.Any:
        return self.left._const(ctx) or self.right._const(ctx)


class Not(UnaryExpr):
    """`not`."""

    operator, function = "not", operator.not_


class Neg(UnaryExpr):
    """`-`."""

    operator, function = "-", operator.neg


class Pos(UnaryExpr):
    """`+`."""

    operator, function = "+", operator.pos


# What extensions build and no template text stands for.


class EnvironmentAttribute(Expr):
    """An attribute of the environment."""

    fields = ("name",)


class ExtensionAttribute(Expr):
    """An attribute of the extension `identifier`; made by `Extension.attr`."""

    fields = ("identifier", "name")


class ImportedName(Expr):
    """A Python object by its dotted name, imported when the template is loaded."""

    fields = ("importname",)


class InternalName(Expr):
    """A variable of the generated code that templates cannot see; from `free_identifier`."""

    fields = ("name",)

    def __init__(self) -> None:
        raise TypeError("internal names come from the parser: call its free_identifier()")


class MarkSafe(Expr):
    """`expr`, as markup."""

    fields = ("expr",)

    def _const(self, ctx: EvalContext) -> Markup:
        return Markup(self.expr._const(ctx))


class MarkSafeIfAutoescape(Expr):
    """`expr`, as markup where output is escaped."""

    fields = ("expr",)

    def _const(self, ctx: EvalContext) -> t.Any:
        if ctx.volatile:
            raise Impossible
        value = self.expr._const(ctx)
        return Markup(value) if ctx.autoescape else value


class ContextReference(Expr):
    """The current `Context`."""


class DerivedContextReference(Expr):
    """The current `Context` with the local variables of this place."""


class Continue(Stmt):
    """`{% continue %}`."""


class Break(Stmt):
    """`{% break %}`."""


class Scope(Stmt):
    """A body with variables of its own."""

    fields = ("body",)


class OverlayScope(Stmt):
    """A body that sees the entries of the mapping `context` as variables."""

    fields = ("context", "body")


class EvalContextModifier(Stmt):
    """Set attributes of the eval context, from here on; `options` are `Keyword` nodes."""

    fields = ("options",)


class ScopedEvalContextModifier(EvalContextModifier):
    """Set attributes of the eval context, for the body."""

    fields = ("body",)

"""The syntax tree that the parser builds and the compiler reads.

The rule: a node is its declared `fields` and nothing else, so that any of them can be walked,
compared, copied and shown by the few functions of `Node`. Names of nodes and fields are Jinja's,
because extensions build them. Nodes that only hold something are lines of a table; a class of its
own has what knows its value: `as_const` is the value of an expression that has no names in it.
The compiler folds those, and extensions read a tag's arguments with it.

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

    # The classes that are made from the tables below, by name.
    def __getattr__(name: str) -> t.Any: ...


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
    lineno: t.Any = None
    environment: t.Any = None

    def __init_subclass__(cls) -> None:
        # `fields` written in a class come after those that it inherits.
        inherited = cls.__mro__[1].fields  # type: ignore[attr-defined]
        if "fields" in cls.__dict__:
            cls.fields = inherited + cls.fields
        cls.abstract = cls.__dict__.get("abstract", False)

    def __init__(self, *fields: t.Any, **attributes: t.Any) -> None:
        if self.abstract:
            raise TypeError("abstract nodes are not instantiable")
        if fields and len(fields) != len(self.fields):
            kind, wanted = type(self).__name__, len(self.fields)
            raise TypeError(f"{kind!r} takes 0 or {wanted} arguments {self.fields}, not {len(fields)}")
        unknown = attributes.keys() - set(self.attributes) if attributes else ()
        if unknown:
            raise TypeError(f"unknown attribute {min(unknown)!r}")
        self.__dict__.update(zip(self.fields, fields), **attributes)

    if TYPE_CHECKING:  # fields are known by name only

        def __getattr__(self, name: str) -> t.Any: ...

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
    ) -> c.Iterator[t.Any]:
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
        if not isinstance(other, Node) or type(self) is not type(other):
            return NotImplemented
        return tuple(self.iter_fields()) == tuple(other.iter_fields())

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


class Expr(Node):
    """Base class of expressions."""

    abstract = True

    def as_const(self, eval_ctx: EvalContext | None = None) -> t.Any:
        """Return the value, or raise `Impossible` if it is known at run time only."""
        if eval_ctx is None and self.environment is not None:
            eval_ctx = EvalContext(self.environment)
        try:
            return self._const(eval_ctx)
        except Exception as error:
            # Whatever is wrong should show when the template runs, with its line.
            raise Impossible from error

    def _const(self, ctx: t.Any) -> t.Any:
        raise Impossible

    def can_assign(self) -> bool:
        """May this stand on the left of `=`?"""
        return False


class Literal(Expr):
    """Base class of literals."""

    abstract = True


def _make(base: type[Node], table: str) -> None:
    """Make a class for each line of a table: its name, and its fields."""
    for line in table.strip().splitlines():
        name, _, fields = line.partition(":")
        namespace = {"fields": tuple(fields.split()), "__module__": __name__}
        globals()[name.strip()] = type(name.strip(), (base,), namespace)


_make(Node, "Template: body")
#: `body` and `else_` are lists of nodes, `target` is a node or, in Import, a name. The names in a
#: FromImport are strings or pairs (name, alias). `elif_` holds If nodes without `else_`.
_make(
    Stmt,
    """
    Output: nodes
    Extends: template
    For: target iter body else_ test recursive
    If: test body elif_ else_
    Macro: name args defaults body
    CallBlock: call args defaults body
    FilterBlock: body filter
    With: targets values body
    Block: name body scoped required
    Include: template with_context ignore_missing
    Import: template target with_context
    FromImport: template names with_context
    ExprStmt: node
    Assign: target node
    AssignBlock: target filter body
    Continue:
    Break:
    Scope: body
    OverlayScope: context body
    EvalContextModifier: options
    """,
)
_make(globals()["EvalContextModifier"], "ScopedEvalContextModifier: body")
#: What follows `*` and `**` in a call is `dyn_args` and `dyn_kwargs`. The last four are for
#: extensions: attributes of the environment or an extension, a Python object, the context.
_make(
    Expr,
    """
    Call: node args kwargs dyn_args dyn_kwargs
    EnvironmentAttribute: name
    ExtensionAttribute: identifier name
    ImportedName: importname
    ContextReference:
    DerivedContextReference:
    """,
)
_make(Helper, "Operand: op expr")


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


class InternalName(Expr):
    """A variable of the generated code that templates cannot see; from `free_identifier`."""

    fields = ("name",)

    def __init__(self) -> None:
        raise TypeError("internal names come from the parser: call its free_identifier()")


class Const(Literal):
    """A constant `value` that can be written down in Python."""

    fields = ("value",)

    def _const(self, ctx: t.Any) -> t.Any:
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

    def _const(self, ctx: t.Any) -> str:
        if ctx.volatile:
            raise Impossible
        return Markup(self.data) if ctx.autoescape else self.data


class Tuple(Literal):
    """Several expressions, or several targets."""

    fields = ("items", "ctx")

    def _const(self, ctx: t.Any) -> t.Any:
        return tuple(item._const(ctx) for item in self.items)

    def can_assign(self) -> bool:
        return all(item.can_assign() for item in self.items)


class List(Literal):
    """`[items]`."""

    fields = ("items",)

    def _const(self, ctx: t.Any) -> t.Any:
        return [item._const(ctx) for item in self.items]


class Pair(Helper):
    """One entry of a `Dict`, or as a `Keyword` of a call."""

    fields = ("key", "value")

    def _const(self, ctx: t.Any) -> t.Any:
        key = self.key if isinstance(self.key, str) else self.key._const(ctx)
        return key, self.value._const(ctx)


class Keyword(Pair):
    """`key=value` in a call; `key` is a string."""


class Dict(Literal):
    """`{items}`, a list of `Pair`."""

    fields = ("items",)

    def _const(self, ctx: t.Any) -> t.Any:
        return dict(item._const(ctx) for item in self.items)


class CondExpr(Expr):
    """`expr1 if test else expr2`; without else, `expr2` is None."""

    fields = ("test", "expr1", "expr2")

    def _const(self, ctx: t.Any) -> t.Any:
        chosen = self.expr1 if self.test._const(ctx) else self.expr2
        if chosen is None:
            raise Impossible  # undefined, which no constant is
        return chosen._const(ctx)


class _FilterTestCommon(Expr):
    """`node|name(args)` and `node is name(args)`."""

    fields = ("node", "name", "args", "kwargs", "dyn_args", "dyn_kwargs")
    registry: str
    abstract = True

    def _const(self, ctx: t.Any) -> t.Any:
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


class Getitem(Expr):
    """`node[arg]`: the item, or else the attribute."""

    fields = ("node", "arg", "ctx")

    def _const(self, ctx: t.Any) -> t.Any:
        return ctx.environment.getitem(self.node._const(ctx), self.arg._const(ctx))


class Getattr(Expr):
    """`node.attr`: the attribute, or else the item."""

    fields = ("node", "attr", "ctx")

    def _const(self, ctx: t.Any) -> t.Any:
        return ctx.environment.getattr(self.node._const(ctx), self.attr)


class Slice(Expr):
    """`start:stop:step` in a subscript; each may be None."""

    fields = ("start", "stop", "step")

    def _const(self, ctx: t.Any) -> slice:
        parts = (self.start, self.stop, self.step)
        return slice(*(None if part is None else part._const(ctx) for part in parts))


class Concat(Expr):
    """`a ~ b ~ c`."""

    fields = ("nodes",)

    def _const(self, ctx: t.Any) -> str:
        parts = [node._const(ctx) for node in self.nodes]
        if any(hasattr(part, "__html__") for part in parts):
            raise Impossible  # markup and text meet: escaping depends on where that is
        return "".join(map(str, parts))


COMPARISONS: dict[str, c.Callable[[t.Any, t.Any], t.Any]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "gteq": operator.ge, "lt": operator.lt,
    "lteq": operator.le, "in": lambda a, b: a in b, "notin": lambda a, b: a not in b,
}  # fmt: skip


class Compare(Expr):
    """`expr` followed by a list of `Operand`, chained as in Python; `op` is of `COMPARISONS`."""

    fields = ("expr", "ops")

    def _const(self, ctx: t.Any) -> t.Any:
        left, result = self.expr._const(ctx), True
        for op in self.ops:
            right = op.expr._const(ctx)
            result = COMPARISONS[op.op](left, right)
            if not result:
                return False
            left = right
        return result


class BinExpr(Expr):
    """Base class of binary operators; `operator` is Python's sign, `function` what it does."""

    fields = ("left", "right")
    operator: str
    function: t.Callable[[t.Any, t.Any], t.Any]
    abstract = True

    def _const(self, ctx: t.Any) -> t.Any:
        return type(self).function(self.left._const(ctx), self.right._const(ctx))


class UnaryExpr(Expr):
    """Base class of unary operators."""

    fields = ("node",)
    operator: str
    function: t.Callable[[t.Any], t.Any]
    abstract = True

    def _const(self, ctx: t.Any) -> t.Any:
        return type(self).function(self.node._const(ctx))


for _base, _table in (
    (BinExpr, "Mul * mul, Div / truediv, FloorDiv // floordiv, Add + add, Sub - sub, Mod % mod, Pow ** pow"),
    (UnaryExpr, "Not not not_, Neg - neg, Pos + pos"),
):
    for _name, _sign, _function in (_line.split() for _line in _table.split(",")):
        _names = {"operator": _sign, "function": staticmethod(getattr(operator, _function))}
        globals()[_name] = type(_name, (_base,), {**_names, "__module__": __name__})


class And(BinExpr):
    """`and`."""

    operator = "and"

    def _const(self, ctx: t.Any) -> t.Any:
        return self.left._const(ctx) and self.right._const(ctx)


class Or(BinExpr):
    """`or`."""

    operator = "or"

    def _const(self, ctx: t.Any) -> t.Any:
        return self.left._const(ctx) or self.right._const(ctx)


class MarkSafe(Expr):
    """`expr`, as markup."""

    fields = ("expr",)

    def _const(self, ctx: t.Any) -> Markup:
        return Markup(self.expr._const(ctx))


class MarkSafeIfAutoescape(Expr):
    """`expr`, as markup where output is escaped."""

    fields = ("expr",)

    def _const(self, ctx: t.Any) -> t.Any:
        if ctx.volatile:
            raise Impossible
        value = self.expr._const(ctx)
        return Markup(value) if ctx.autoescape else value

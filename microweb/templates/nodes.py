"""The syntax tree that the parser builds and the compiler reads.

The rule: a node is its declared fields and nothing else, so that any of them can be walked,
compared, copied and shown by the few functions of `Node`. Names of nodes and fields are Jinja's,
because extensions build them. What a node means is what the compiler writes for it; so the
constant value of an expression, `as_const`, is found by compiling it too.

>>> Add(Const(1), Name("a", "load")).find(Name)
Name(name='a', ctx='load')
"""

from __future__ import annotations

import re
from functools import partialmethod
from types import SimpleNamespace

from .utils import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    def __getattr__(name: str) -> t.Any: ...  # the nodes that are made from the tables below


#: The nodes that are made from the table at the end, which the module offers as its own.
made: t.Any = SimpleNamespace()


class Impossible(Exception):
    """The node has no constant value."""


class EvalContext:
    """What holds while a part of a template is evaluated: is output escaped?

    `volatile` says that this is known only at run time. Extensions may attach more attributes.
    """

    def __init__(self, environment: t.Any, template_name: str | None = None) -> None:
        self.environment, self.volatile = environment, False
        escapes = environment.autoescape
        self.autoescape: bool = escapes(template_name) if callable(escapes) else escapes

    def save(self) -> dict[str, t.Any]:
        """Return the present state, for `revert`."""
        return self.__dict__.copy()

    def revert(self, old: dict[str, t.Any]) -> None:
        """Go back to a state that `save` returned."""
        self.__dict__.clear()
        self.__dict__.update(old)


#: Fields that are no nodes, whatever node has them.
_NO_NODES = words("name ctx attr op data names identifier importname scoped required recursive with_context")


class Node:
    """Base class of all nodes: fields by position, `lineno` and `environment` by keyword."""

    fields: tuple[str, ...] = ()
    attributes = ("lineno", "environment")
    abstract = True
    #: The fields that may hold nodes, and of these the ones that hold statements.
    parts: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.parts = tuple(field for field in cls.fields if field not in _NO_NODES)
        cls.bodies = tuple(field for field in cls.fields if field in ("body", "elif_", "else_"))

    def __init__(self, *fields: t.Any, lineno: t.Any = None, environment: t.Any = None) -> None:
        if self.abstract:
            raise TypeError(f"{type(self)} is abstract")
        if fields and len(fields) != len(self.fields):
            raise TypeError(f"{type(self)} takes no fields or all of {self.fields}, not {len(fields)}")
        self.__dict__.update(zip(self.fields, fields), lineno=lineno, environment=environment)

    if TYPE_CHECKING:  # fields are known by name only

        def __getattr__(self, name: str) -> t.Any: ...
        def __setattr__(self, name: str, value: t.Any) -> None: ...

    def iter_fields(self, exclude: t.Any = (), only: t.Any = None) -> t.Iterator[tuple[str, t.Any]]:
        """Yield (name, value) of the fields that are set."""
        for name in self.fields:
            if name in self.__dict__ and name not in exclude and (only is None or name in only):
                yield name, self.__dict__[name]

    def iter_child_nodes(self, exclude: t.Any = (), only: t.Any = None) -> t.Iterator[t.Any]:
        """Return the nodes in the fields, those in lists too."""
        wanted = self.parts if only is None else only
        return iter(self._children([name for name in self.parts if name in wanted and name not in exclude]))

    def _children(self, names: t.Sequence[str]) -> list[Node]:
        # Every pass over a tree comes through here: a list costs less than a generator.
        found: list[Node] = []
        values = self.__dict__
        for name in names:
            value = values.get(name)
            if type(value) is list:
                found += [item for item in value if isinstance(item, Node)]
            elif isinstance(value, Node):
                found.append(value)
        return found

    def walk(self, by: str = "parts") -> t.Iterator[t.Any]:
        """Yield this node and all below it, in the order of the source, without recursion.

        By "bodies" come statements only.
        """
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            if fields := getattr(node, by):
                todo += node._children(fields)[::-1]

    def find(self, node_type: t.Any) -> t.Any:
        """Return the first node of this type below this one, or None."""
        return next(self.find_all(node_type), None)

    def find_all(self, node_type: t.Any) -> t.Iterator[t.Any]:
        """Yield the nodes of this type (or these) below this one."""
        return (node for node in self.walk() if node is not self and isinstance(node, node_type))

    def _set(self, name: str, value: t.Any, override: bool = True) -> t.Any:
        """Set a field or an attribute of all nodes that have one of this name."""
        for node in self.walk():
            if name in (*node.fields, *node.attributes) and (override or node.__dict__.get(name) is None):
                node.__dict__[name] = value
        return self

    #: Make names and tuples "load", "store" or "param".
    set_ctx = partialmethod(_set, "ctx")
    #: Tell all nodes which environment they belong to.
    set_environment = partialmethod(_set, "environment")

    def set_lineno(self, lineno: int, override: bool = False) -> t.Any:
        """Give the nodes that have none (or all of them) this line."""
        return self._set("lineno", lineno, override)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and [*self.iter_fields()] == [*other.iter_fields()]

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self.__dict__.get(name)!r}" for name in self.fields)
        return f"{type(self).__name__}({shown})"


class Stmt(Node):
    """Base class of statements."""


class Helper(Node):
    """Base class of nodes that make sense only inside others."""


class Expr(Node):
    """Base class of expressions."""

    def as_const(self, eval_ctx: EvalContext | None = None) -> t.Any:
        """Return the value, or raise `Impossible` if it is known at run time only."""
        if isinstance(self, made.Const):
            return self.value
        try:
            ctx = EvalContext(self.environment) if eval_ctx is None else eval_ctx
            if ctx.volatile or any(isinstance(node, made.variable) for node in self.walk()):
                raise Impossible
            escapes = made.Keyword("autoescape", made.Const(ctx.autoescape))
            body = [made.EvalContextModifier([escapes]), made.Assign(made.Name("value", "store"), self)]
            return ctx.environment.from_string(made.Template(body, lineno=1)).module.value
        except Exception as error:
            # Whatever is wrong should show when the template runs, with its line.
            raise Impossible from error

    def can_assign(self) -> bool:
        """May this stand on the left of `=`?"""
        if isinstance(self, made.Tuple):
            return all(item.can_assign() for item in self.items)
        # That the first part of an NSRef is a namespace is checked when the assignment runs.
        return isinstance(self, made.NSRef) or (isinstance(self, made.Name) and self.name not in CONSTANTS)


class Literal(Expr):
    """Base class of literals."""


class BinExpr(Expr):
    """Base class of binary operators."""


class UnaryExpr(Expr):
    """Base class of unary operators."""


CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}

#: Operators, by the nodes for them; and comparisons, by the tokens.
_SIGNS = {"Mul": "*", "Div": "/", "FloorDiv": "//", "Add": "+", "Sub": "-", "Mod": "%", "Pow": "**"}
BINARY, UNARY = {**_SIGNS, "And": "and", "Or": "or"}, {"Not": "not", "Neg": "-", "Pos": "+"}
COMPARISONS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<="}
COMPARISONS |= {"in": "in", "notin": "not in"}

#: Each base class, and its nodes. Fields with a name in the plural, `body`, `else_` and `elif_` are
#: lists of nodes, `target` may be a tuple; `name`, `attr`, `key`, `op` and the target of an import
#: are strings, and so are the `names` of a from-import, or pairs (name, alias). What may be left out
#: is None. The defaults of a macro are those of its last arguments.
_NODES: dict[type[Node], str] = {
    Node: "Template(body)",
    Stmt: "Output(nodes) Extends(template) For(target iter body else_ test recursive)"
    " If(test body elif_ else_) Macro(name args defaults body) CallBlock(call args defaults body)"
    " FilterBlock(body filter) With(targets values body) Block(name body scoped required) Assign(target node)"
    " AssignBlock(target filter body) Include(template with_context ignore_missing)"
    " Import(template target with_context) FromImport(template names with_context) ExprStmt(node)"
    " Continue() Break() Scope(body) OverlayScope(context body) EvalContextModifier(options)"
    " ScopedEvalContextModifier(options body)",
    # `ctx` of a name is "load", "store", or "param" for what a call or a loop binds. An NSRef is the
    # target `name.attr`. A Getattr asks for the attribute first, a Getitem for the item.
    Expr: "Name(name ctx) NSRef(name attr) CondExpr(test expr1 expr2) Slice(start stop step) Concat(nodes)"
    " Call(node args kwargs dyn_args dyn_kwargs) Compare(expr ops) Getitem(node arg ctx)"
    " Getattr(node attr ctx) Filter(node name args kwargs dyn_args dyn_kwargs)"
    " Test(node name args kwargs dyn_args dyn_kwargs) InternalName(name)"
    # For extensions, besides an InternalName, a variable that templates cannot see, which the
    # parser's `free_identifier` makes: a Python object by its path, attributes of the environment
    # and of an extension, the context, the same with local variables, and what is trusted.
    " ImportedName(importname) EnvironmentAttribute(name) ContextReference() MarkSafe(expr)"
    " ExtensionAttribute(identifier name) DerivedContextReference() MarkSafeIfAutoescape(expr)",
    Literal: "Const(value) TemplateData(data) Tuple(items ctx) List(items) Dict(items)",
    # What comparisons, dicts and calls are made of.
    Helper: "Operand(op expr) Pair(key value) Keyword(key value)",
    BinExpr: " ".join(f"{name}(left right)" for name in BINARY),
    UnaryExpr: " ".join(f"{name}(node)" for name in UNARY),
}
for _base, _signatures in _NODES.items():
    for _name, _fields in re.findall(r"(\w+)\((.*?)\)", _signatures):
        _members = {"fields": tuple(_fields.split()), "abstract": False, "__module__": __name__}
        setattr(made, _name, type(_name, (_base,), _members))
globals().update(vars(made))

#: What is known at run time only.
_VARIABLE = "Name InternalName Call ImportedName ContextReference DerivedContextReference ExtensionAttribute"
made.variable = tuple(getattr(made, name) for name in [*words(_VARIABLE), "EnvironmentAttribute"])

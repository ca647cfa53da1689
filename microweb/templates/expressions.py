"""Expressions of the template language to expressions of Python.

The rule: `expr(node, frame)` returns the tree for one node and leaves the current line where it
was; a `visit_<Node>` method does one kind. What has no names in it is evaluated now. Nothing is
called at run time that can be written out: `a.b` is getattr() with a default, tested in place.
"""

from __future__ import annotations

import ast

from . import nodes
from .errors import TemplateAssertionError
from .pyast import LOAD, STORE, BinOp, BoolOp, Builder, Call, Compare, NamedExpr, Slice, Starred, UnaryOp
from .utils import pass_arg_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment
    from .scopes import Scope

_BINARY: dict[type[nodes.Node], t.Any] = {
    nodes.Add: ast.Add,
    nodes.Sub: ast.Sub,
    nodes.Mul: ast.Mult,
    nodes.Div: ast.Div,
    nodes.FloorDiv: ast.FloorDiv,
    nodes.Mod: ast.Mod,
    nodes.Pow: ast.Pow,
}
_COMPARE: dict[str, t.Any] = {
    "eq": ast.Eq,
    "ne": ast.NotEq,
    "gt": ast.Gt,
    "gteq": ast.GtE,
    "lt": ast.Lt,
    "lteq": ast.LtE,
    "in": ast.In,
    "notin": ast.NotIn,
}

#: Nodes whose value may be known now if that of their parts is. Not Mul and Pow, whose results
#: can be too large to want; Python folds the small ones.
_FOLDABLE = (
    nodes.Const,
    nodes.TemplateData,
    nodes.Tuple,
    nodes.List,
    nodes.Dict,
    nodes.Pair,
    nodes.Keyword,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Getitem,
    nodes.Getattr,
    nodes.Slice,
    nodes.Concat,
    nodes.Compare,
    nodes.Operand,
    nodes.Add,
    nodes.Sub,
    nodes.Div,
    nodes.Mod,
    nodes.And,
    nodes.Or,
    nodes.UnaryExpr,
    nodes.MarkSafe,
    nodes.MarkSafeIfAutoescape,
)

#: What stands for `loop.index` and the like where `loop` is sure to be the loop: the attribute
#: of the LoopContext, and what is done with it.
_LOOP_ATTRIBUTES = frozenset(
    "index index0 revindex revindex0 first last length depth depth0 previtem nextitem".split()
)
_LOOP_METHODS = frozenset(["cycle", "changed"])


class Frame:
    """What holds at one place of the template: scope, eval context, where output goes."""

    def __init__(self, eval_ctx: nodes.EvalContext, scope: Scope) -> None:
        self.eval_ctx = eval_ctx
        self.scope = scope
        #: The list that output is appended to, None if it is yielded.
        self.buffer: str | None = None
        #: Directly in the template, in no block, macro or loop.
        self.toplevel = False
        #: At the top level and under no condition.
        self.rootlevel = False
        #: Under a condition, where an unknown filter is an error only if it comes to that.
        self.soft = False
        #: In a template that may turn out to extend another one, and then prints nothing.
        self.require_output_check = False
        #: The run-time dict with what `set` assigned in this loop or block, for functions that
        #: ask for the context.
        self.assigned: str | None = None
        self.loop_name: str | None = None

    def copy(self) -> Frame:
        """The same place, to be changed a little."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def inner(self, scope: Scope) -> Frame:
        """A place inside, with a scope of its own."""
        other = self.copy()
        other.scope = scope
        other.toplevel = other.rootlevel = False
        other.assigned = None
        return other

    def softer(self) -> Frame:
        """The same place under a condition."""
        other = self.copy()
        other.rootlevel = False
        other.soft = True
        return other


class Expressions(Builder):
    """The half of the compiler that translates expressions."""

    environment: Environment
    template_name: str | None
    filename: str | None

    def __init__(self) -> None:
        self._last_temporary = 0
        #: Filters and tests that the function being written looks up where it begins.
        self._dependencies: dict[tuple[str, str], str] = {}
        #: Macro parameters that may still be missing, while defaults are evaluated.
        self._unset: set[str] = set()
        self._contexts = ["context"]
        self._imports: dict[str, str] = {}
        # An environment that overrides getattr() wants to be asked.
        self._inline_getattr = hasattr(type(self.environment).getattr, "can_be_inlined")

    def fail_at(self, message: str, lineno: int) -> t.NoReturn:
        """Raise a `TemplateAssertionError`."""
        raise TemplateAssertionError(message, lineno, self.template_name, self.filename)

    def temporary(self) -> str:
        """A new variable of the generated code."""
        self._last_temporary += 1
        return f"t_{self._last_temporary}"

    def expr(self, node: nodes.Node, frame: Frame) -> t.Any:
        """Translate one expression."""
        line = self.line
        self.line = node.lineno or line
        result = self._folded(node, frame)
        if result is None:
            result = getattr(self, f"visit_{type(node).__name__}")(node, frame)
        self.line = line
        return result

    def _folded(self, node: nodes.Node, frame: Frame) -> t.Any:
        """The literal for a node that is constant, else None."""
        if type(node) is nodes.Name or not self.is_constant(node):
            return None
        try:
            value = node.as_const(frame.eval_ctx)
        except nodes.Impossible:
            return None
        return self.const(value) if nodes.has_safe_repr(value) else None

    def is_constant(self, node: nodes.Node) -> bool:
        """Is there no variable in this expression? (Its evaluation may still be impossible.)"""
        if type(node) is nodes.Const:
            return True
        return (
            isinstance(node, _FOLDABLE)
            and self.environment.optimized
            and all(map(self.is_constant, node.iter_child_nodes()))
        )

    # -- names and literals

    def visit_Name(self, node: nodes.Name, frame: Frame) -> t.Any:
        """A variable; an undefined value is made where it is used, so that it knows its name."""
        ident = frame.scope.ref(node.name)
        if frame.scope.is_param(ident) and ident not in self._unset:
            return self.name(ident)
        undefined = self.call(self.attr("environment", "undefined"), name=self.const(node.name))
        return self.conditional(self.is_(self.name(ident), "missing"), undefined, self.name(ident))

    def store(self, node: nodes.Node, frame: Frame) -> t.Any:
        """The target of an assignment."""
        if isinstance(node, nodes.Tuple):
            return self.tuple([self.store(item, frame) for item in node.items], STORE)
        if isinstance(node, nodes.NSRef):
            namespace = self.name(frame.scope.ref(node.name))
            return self.item(namespace, self.const(node.attr), STORE)
        if isinstance(node, nodes.InternalName):
            return self.target(node.name)
        return self.target(frame.scope.ref(node.name))

    def visit_Const(self, node: nodes.Const, frame: Frame) -> t.Any:
        """A constant that an extension made and `has_safe_repr` does not know."""
        return self.const(node.value)

    def visit_TemplateData(self, node: nodes.TemplateData, frame: Frame) -> t.Any:
        """Text where an expression is wanted, and escaping is not known."""
        return self.safe_if(self.const(node.data), frame)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> t.Any:
        """`(a, b)`."""
        return self.tuple(self.expr(item, frame) for item in node.items)

    def visit_List(self, node: nodes.List, frame: Frame) -> t.Any:
        """`[a, b]`."""
        return self.list(self.expr(item, frame) for item in node.items)

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> t.Any:
        """`{a: b}`."""
        return self.dict((self.expr(pair.key, frame), self.expr(pair.value, frame)) for pair in node.items)

    # -- operators

    def _binary(self, node: nodes.BinExpr, frame: Frame) -> t.Any:
        left, right = self.expr(node.left, frame), self.expr(node.right, frame)
        return self.at(BinOp(left, _BINARY[type(node)](), right))

    visit_Add = visit_Sub = visit_Mul = visit_Div = visit_FloorDiv = _binary
    visit_Mod = visit_Pow = _binary

    def visit_And(self, node: nodes.And, frame: Frame) -> t.Any:
        """`a and b`."""
        operands = [self.expr(node.left, frame), self.expr(node.right, frame)]
        return self.at(BoolOp(ast.And(), operands))

    def visit_Or(self, node: nodes.Or, frame: Frame) -> t.Any:
        """`a or b`."""
        return self.either(self.expr(node.left, frame), self.expr(node.right, frame))

    def visit_Not(self, node: nodes.Not, frame: Frame) -> t.Any:
        """`not a`."""
        return self.not_(self.expr(node.node, frame))

    def visit_Neg(self, node: nodes.Neg, frame: Frame) -> t.Any:
        """`-a`."""
        return self.at(UnaryOp(ast.USub(), self.expr(node.node, frame)))

    def visit_Pos(self, node: nodes.Pos, frame: Frame) -> t.Any:
        """`+a`."""
        return self.at(UnaryOp(ast.UAdd(), self.expr(node.node, frame)))

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> t.Any:
        """`a < b <= c`."""
        left = self.expr(node.expr, frame)
        operators = [_COMPARE[operand.op]() for operand in node.ops]
        return self.at(Compare(left, operators, [self.expr(operand.expr, frame) for operand in node.ops]))

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> t.Any:
        """`a ~ b`."""
        parts = [self.expr(part, frame) for part in node.nodes]
        if frame.eval_ctx.volatile:
            joins = self.name("markup_join"), self.name("str_join")
            return self.call(self.conditional(self.autoescape(), *joins), self.tuple(parts))
        if frame.eval_ctx.autoescape:
            return self.call("markup_join", self.tuple(parts))
        return self.text(parts)

    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> t.Any:
        """`a if test else b`."""
        frame = frame.softer()
        if node.expr2 is None:
            other = self.call(
                "Undefined",
                self.const(
                    f"the inline if-expression on {self.position(node)} evaluated to false and no"
                    " else section was defined."
                ),
            )
        else:
            other = self.expr(node.expr2, frame)
        return self.conditional(self.expr(node.test, frame), self.expr(node.expr1, frame), other)

    def position(self, node: nodes.Node) -> str:
        """Where a node stands, for a message."""
        place = f"line {node.lineno}"
        return place if self.template_name is None else f"{place} in {self.template_name!r}"

    # -- attributes and items

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> t.Any:
        """`a.b`: the attribute; else the item, or undefined, of which `lookup_item` knows."""
        if self._is_loop(node.node, frame) and node.attr in _LOOP_ATTRIBUTES:
            return self._loop_attribute(frame.scope.ref("loop"), node.attr)
        value = self.expr(node.node, frame)
        if not self._inline_getattr:
            return self.call(self.attr("environment", "getattr"), value, self.const(node.attr))
        if isinstance(value, ast.Name):
            again = self.name(value.id)
        else:
            temporary = self.temporary()
            value = self.at(NamedExpr(self.target(temporary), value))
            again = self.name(temporary)
        result = self.temporary()
        found = self.at(
            NamedExpr(
                self.target(result), self.call("getattr", value, self.const(node.attr), self.name("missing"))
            )
        )
        other = self.call("lookup_item", again, self.const(node.attr))
        return self.conditional(self.is_(found, "missing", negate=True), self.name(result), other)

    def _is_loop(self, node: nodes.Node, frame: Frame) -> bool:
        """Is this the `loop` of a loop around, which nothing can have replaced?"""
        return (
            isinstance(node, nodes.Name)
            and node.name == "loop"
            and frame.loop_name is not None
            and frame.scope.find_ref("loop") == frame.loop_name
        )

    def _loop_attribute(self, ident: str, attribute: str) -> t.Any:
        """What is cheap enough is computed in place of the property that would do it."""
        if attribute not in ("index", "first"):
            return self.attr(ident, attribute)
        index0 = self.attr(ident, "index0")
        if attribute == "index":
            return self.at(BinOp(index0, ast.Add(), self.const(1)))
        return self.compare(index0, ast.Eq(), self.const(0))

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> t.Any:
        """`a[b]`: the item, else the attribute; a slice is Python's."""
        value = self.expr(node.node, frame)
        if isinstance(node.arg, nodes.Slice):
            return self.item(value, self.expr(node.arg, frame))
        return self.call(self.attr("environment", "getitem"), value, self.expr(node.arg, frame))

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> t.Any:
        """`start:stop:step`."""
        parts = (node.start, node.stop, node.step)
        return self.at(Slice(*(None if part is None else self.expr(part, frame) for part in parts)))

    # -- calls

    def _arguments(
        self, node: nodes.Node, frame: Frame, extra: c.Sequence[tuple[str, t.Any]] = ()
    ) -> tuple[list[t.Any], list[t.Any]]:
        """Positional and keyword arguments of a call, filter or test."""
        args = [self.expr(arg, frame) for arg in node.args]
        if node.dyn_args is not None:
            args.append(self.at(Starred(self.expr(node.dyn_args, frame), LOAD)))
        pairs = [(kwarg.key, self.expr(kwarg.value, frame)) for kwarg in node.kwargs]
        rest = None if node.dyn_kwargs is None else self.expr(node.dyn_kwargs, frame)
        return args, self.keywords([*pairs, *extra], rest)

    def visit_Call(self, node: nodes.Call, frame: Frame, caller: str | None = None) -> t.Any:
        """`a(b)`: the context binds what is called to what it asks for."""
        extra = [("caller", self.name(caller))] if caller else []
        callee = node.node
        if (
            isinstance(callee, nodes.Getattr)
            and callee.attr in _LOOP_METHODS
            and self._is_loop(callee.node, frame)
        ):
            function = self.attr(frame.scope.ref("loop"), callee.attr)
        else:
            keywords = {}
            if frame.assigned is not None:
                keywords[frame.assigned[1:]] = self.name(frame.assigned)
            bind = self.attr(self._contexts[-1], "bind")
            function = self.call(bind, self.expr(callee, frame), **keywords)
        args, kwargs = self._arguments(node, frame, extra)
        return self.at(Call(function, args, kwargs))

    def visit_Filter(self, node: nodes.Filter, frame: Frame, body: t.Any = None) -> t.Any:
        """`a|b`; the innermost filter of a filter block works on its `body`."""
        if node.node is None:
            value = body
        elif body is not None and isinstance(node.node, nodes.Filter):
            value = self.visit_Filter(node.node, frame, body)
        else:
            value = self.expr(node.node, frame)
        return self._filter_or_test(node, frame, value)

    def visit_Test(self, node: nodes.Test, frame: Frame) -> t.Any:
        """`a is b`."""
        return self._filter_or_test(node, frame, self.expr(node.node, frame))

    def _filter_or_test(self, node: t.Any, frame: Frame, value: t.Any) -> t.Any:
        function = getattr(self.environment, node.registry).get(node.name)
        if function is None and not frame.soft:
            self._fail_unknown(node)
        first = {
            "context": self.name(self._contexts[-1]),
            "eval_context": self.attr("context", "eval_ctx"),
            "environment": self.name("environment"),
        }.get(pass_arg_of(function) or "")
        args, keywords = self._arguments(node, frame)
        positional = [value, *args] if first is None else [first, value, *args]
        return self.at(Call(self.name(self._dependency(node.registry, node.name)), positional, keywords))

    def _fail_unknown(self, node: t.Any) -> t.NoReturn:
        from difflib import get_close_matches  # for this message only

        kind = node.registry[:-1]
        near = get_close_matches(node.name, getattr(self.environment, node.registry), 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        self.fail_at(f"No {kind} named {node.name!r}.{hint}", node.lineno)

    def _dependency(self, registry: str, name: str) -> str:
        """The variable that holds a filter or test."""
        if (registry, name) not in self._dependencies:
            self._dependencies[registry, name] = self.temporary()
        return self._dependencies[registry, name]

    # -- what depends on escaping

    def autoescape(self) -> t.Any:
        """`context.eval_ctx.autoescape`, for when it is not known now."""
        return self.attr("context", "eval_ctx", "autoescape")

    def safe_if(self, value: t.Any, frame: Frame) -> t.Any:
        """A value as markup, where output is escaped."""
        if frame.eval_ctx.volatile:
            wrap = self.conditional(self.autoescape(), self.name("Markup"), self.name("identity"))
            return self.call(wrap, value)
        return self.call("Markup", value) if frame.eval_ctx.autoescape else value

    def visit_MarkSafe(self, node: nodes.MarkSafe, frame: Frame) -> t.Any:
        """`expr`, trusted."""
        return self.call("Markup", self.expr(node.expr, frame))

    def visit_MarkSafeIfAutoescape(self, node: nodes.MarkSafeIfAutoescape, frame: Frame) -> t.Any:
        """`expr`, trusted where output is escaped."""
        return self.safe_if(self.expr(node.expr, frame), frame)

    # -- what extensions ask for

    def visit_EnvironmentAttribute(self, node: nodes.EnvironmentAttribute, frame: Frame) -> t.Any:
        """`environment.name`."""
        return self.attr("environment", node.name)

    def visit_ExtensionAttribute(self, node: nodes.ExtensionAttribute, frame: Frame) -> t.Any:
        """`environment.extensions[identifier].name`."""
        extensions = self.attr("environment", "extensions")
        return self.attr(self.item(extensions, self.const(node.identifier)), node.name)

    def visit_ImportedName(self, node: nodes.ImportedName, frame: Frame) -> t.Any:
        """A Python object, imported once for the template."""
        if node.importname not in self._imports:
            self._imports[node.importname] = self.temporary()
        return self.name(self._imports[node.importname])

    def visit_InternalName(self, node: nodes.InternalName, frame: Frame) -> t.Any:
        """A variable that the parser made up."""
        return self.name(node.name)

    def visit_ContextReference(self, node: nodes.ContextReference, frame: Frame) -> t.Any:
        """`context`."""
        return self.name(self._contexts[-1])

    def visit_DerivedContextReference(self, node: nodes.DerivedContextReference, frame: Frame) -> t.Any:
        """The context with local variables."""
        return self.derived_context(frame)

    def derived_context(self, frame: Frame) -> t.Any:
        """`context.derived({...})`."""
        derive = self.attr(self._contexts[-1], "derived")
        return self.call(derive, self.variables(frame.scope.all_stores()))

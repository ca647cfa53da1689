"""Expressions of the template language to expressions of Python.

The rule: `expr(node, frame)` returns the tree for one node and leaves the current line where it
was; a `visit_<Node>` method does one kind. What has no names in it is evaluated now. Nothing is
called at run time that can be written out: `a.b` is getattr() with a default, tested in place.
"""

from __future__ import annotations

import ast

from . import nodes
from .errors import TemplateAssertionError
from .pyast import LOAD, Builder, Call, Starred, Tuple
from .utils import nearest, pass_arg_of, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment
    from .scopes import Scope

_COMPARE = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<="}
_COMPARE.update({"in": "in", "notin": "not in"})

#: Nodes whose value may be known now if that of their parts is. Not Mul and Pow, whose results
#: can be too large to want; Python folds the small ones.
_FOLDABLE = tuple(
    getattr(nodes, name)
    for name in words(
        "Const TemplateData Tuple List Dict Pair CondExpr Filter Test Getitem Getattr Slice Concat Compare"
        " Operand Add Sub Div Mod And Or UnaryExpr MarkSafe MarkSafeIfAutoescape"
    )
)

#: Attributes of `loop`, where that is sure to be the loop: read directly, or computed in place.
_LOOP_NUMBERS = {"index": "{loop}.index0 + 1", "index0": "{loop}.index0", "length": "{loop}.length"}
_LOOP_NUMBERS.update({name: f"{{loop}}.{name}" for name in ("revindex", "revindex0", "depth", "depth0")})
_LOOP = {**_LOOP_NUMBERS, "first": "{loop}.index0 == 0"}
_LOOP.update({name: f"{{loop}}.{name}" for name in ("last", "previtem", "nextitem", "cycle", "changed")})

#: What a function that asks for it gets as its first argument.
_FIRST_ARGUMENT = {"context": "context", "eval_context": "context.eval_ctx", "environment": "environment"}


class Frame:
    """What holds at one place of the template: scope, eval context, where output goes."""

    def __init__(self, eval_ctx: nodes.EvalContext, scope: Scope) -> None:
        self.eval_ctx = eval_ctx
        self.scope = scope
        #: The list that output is appended to, None if it is yielded.
        self.buffer: str | None = None
        #: Directly in the template, in no block, macro or loop; and under no condition.
        self.toplevel = self.rootlevel = False
        #: Under a condition, where an unknown filter is an error only if it comes to that.
        self.soft = False
        #: In a template that may turn out to extend another one, and then prints nothing.
        self.require_output_check = False
        #: The run-time dict with what `set` assigned in this loop or block, for functions that
        #: ask for the context.
        self.assigned: str | None = None
        #: What `loop` is here, if it is one.
        self.loop_name: str | None = None

    def copy(self, **changes: t.Any) -> Frame:
        """The same place with some differences."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, **changes)
        return other

    def inner(self, scope: Scope) -> Frame:
        """A place inside, with a scope of its own."""
        return self.copy(scope=scope, toplevel=False, rootlevel=False, soft=False, assigned=None)


class Expressions(Builder):
    """The half of the compiler that translates expressions."""

    def __init__(
        self, environment: Environment, name: str | None, filename: str | None, streaming: bool = False
    ) -> None:
        self.environment = environment
        self.template_name = name
        self.filename = filename
        self.streaming = streaming
        self.blocks: dict[str, t.Any] = {}
        self._last_temporary = 0
        #: Filters and tests that the function being written looks up where it begins.
        self._dependencies: dict[tuple[str, str], str] = {}
        #: Macro parameters that may still be missing, while defaults are evaluated.
        self._unset: set[str] = set()
        self._context = "context"
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

    def _folded(self, node: t.Any, frame: Frame) -> t.Any:
        """The literal for a node that is constant, else None."""
        if not self.is_constant(node):
            return None
        try:
            value = node.as_const(frame.eval_ctx)
        except nodes.Impossible:
            return None
        return self.const(value) if nodes.has_safe_repr(value) else None

    def is_constant(self, node: nodes.Node) -> bool:
        """Is there no variable in this expression? (Its evaluation may still be impossible.)"""
        if type(node) is nodes.Const or type(node) is nodes.Name:
            return type(node) is nodes.Const
        foldable = isinstance(node, _FOLDABLE) and self.environment.optimized
        return foldable and all(map(self.is_constant, node.iter_child_nodes()))

    # -- names and literals

    def visit_Name(self, node: t.Any, frame: Frame) -> t.Any:
        """A variable; an undefined value is made where it is used, so that it knows its name."""
        ident = frame.scope.ref(node.name)
        if frame.scope.is_param(ident) and ident not in self._unset:
            return self.name(ident)
        value = "environment.undefined(name={name!r}) if {ident} is missing else {ident}"
        return self.expression(value, name=node.name, ident=ident)

    def store(self, node: t.Any, frame: Frame) -> t.Any:
        """The target of an assignment."""
        if isinstance(node, nodes.Tuple):
            return self.at(Tuple([self.store(item, frame) for item in node.items], ast.Store()))
        if isinstance(node, nodes.NSRef):
            [found] = self.code("{a}[{b!r}] = 0", a=frame.scope.ref(node.name), b=node.attr)
            return found.targets[0]
        ident = node.name if isinstance(node, nodes.InternalName) else frame.scope.ref(node.name)
        [found] = self.code("{ident} = 0", ident=ident)
        return found.targets[0]

    def visit_Const(self, node: t.Any, frame: Frame) -> t.Any:
        """A constant that an extension made and `has_safe_repr` does not know."""
        return self.const(node.value)

    def visit_TemplateData(self, node: t.Any, frame: Frame) -> t.Any:
        """Text where an expression is wanted, and escaping is not known."""
        return self.safe_if(self.const(node.data), frame)

    def _all(self, items: c.Iterable[nodes.Node], frame: Frame) -> list[t.Any]:
        return [self.expr(item, frame) for item in items]

    def visit_Tuple(self, node: t.Any, frame: Frame) -> t.Any:
        """`(a, b)`."""
        return self.at(Tuple(self._all(node.items, frame), LOAD))

    def visit_List(self, node: t.Any, frame: Frame) -> t.Any:
        """`[a, b]`."""
        return self.expression("[*{items}]", items=self._all(node.items, frame))

    def visit_Dict(self, node: t.Any, frame: Frame) -> t.Any:
        """`{a: b}`."""
        found = self.const({})
        found.keys = self._all([pair.key for pair in node.items], frame)
        found.values = self._all([pair.value for pair in node.items], frame)
        return found

    # -- operators

    def _binary(self, node: t.Any, frame: Frame) -> t.Any:
        left, right = self._all([node.left, node.right], frame)
        return self.expression(f"{{left}} {node.operator} {{right}}", left=left, right=right)

    visit_Add = visit_Sub = visit_Mul = visit_Div = visit_FloorDiv = _binary
    visit_Mod = visit_Pow = visit_And = visit_Or = _binary

    def _unary(self, node: t.Any, frame: Frame) -> t.Any:
        return self.expression(f"{node.operator} {{value}}", value=self.expr(node.node, frame))

    visit_Not = visit_Neg = visit_Pos = _unary

    def visit_Compare(self, node: t.Any, frame: Frame) -> t.Any:
        """`a < b <= c`."""
        signs = "".join(f" {_COMPARE[op.op]} {{v{index}}}" for index, op in enumerate(node.ops))
        values = self._all([op.expr for op in node.ops], frame)
        holes = {f"v{index}": value for index, value in enumerate(values)}
        return self.expression(f"{{first}}{signs}", first=self.expr(node.expr, frame), **holes)

    def visit_Concat(self, node: t.Any, frame: Frame) -> t.Any:
        """`a ~ b`."""
        parts = self._all(node.nodes, frame)
        if not (frame.eval_ctx.volatile or frame.eval_ctx.autoescape):
            return self.text(parts)
        return self.escaping(frame, "markup_join((*{parts},))", "str_join((*{parts},))", parts=parts)

    def visit_CondExpr(self, node: t.Any, frame: Frame) -> t.Any:
        """`a if test else b`."""
        frame = frame.copy(soft=True, rootlevel=False)
        if node.expr2 is None:
            message = f"the inline if-expression on {self.position(node)} evaluated to false and no else"
            other = self.expression("Undefined({m!r})", m=f"{message} section was defined.")
        else:
            other = self.expr(node.expr2, frame)
        test, value = self._all([node.test, node.expr1], frame)
        return self.expression("{value} if {test} else {other}", value=value, test=test, other=other)

    def position(self, node: nodes.Node) -> str:
        """Where a node stands, for a message."""
        place = f"line {node.lineno}"
        return place if self.template_name is None else f"{place} in {self.template_name!r}"

    # -- attributes and items

    def visit_Getattr(self, node: t.Any, frame: Frame) -> t.Any:
        """`a.b`: the attribute; else the item, or undefined, of which `lookup_item` knows."""
        if node.attr in _LOOP and self._is_loop(node.node, frame):
            return self.expression(_LOOP[node.attr], loop=frame.loop_name)
        value, attr = self.expr(node.node, frame), node.attr
        if not self._inline_getattr:
            return self.expression("environment.getattr({value}, {attr!r})", value=value, attr=attr)
        again = value.id if isinstance(value, ast.Name) else self.temporary()
        if not isinstance(value, ast.Name):
            value = self.expression("({again} := {value})", again=again, value=value)
        found = "{found} if ({found} := getattr({value}, {attr!r}, missing)) is not missing"
        look_up = found + " else lookup_item({again}, {attr!r})"
        return self.expression(look_up, found=self.temporary(), value=value, again=again, attr=attr)

    def _is_loop(self, node: t.Any, frame: Frame) -> bool:
        """Is this the `loop` of a loop around, which nothing can have replaced?"""
        if frame.loop_name is None or not isinstance(node, nodes.Name) or node.name != "loop":
            return False
        return frame.scope.find_ref("loop") == frame.loop_name

    def is_loop_number(self, node: t.Any, frame: Frame) -> bool:
        """Is this one of the numbers of a loop, which need no escaping?"""
        is_number = isinstance(node, nodes.Getattr) and node.attr in _LOOP_NUMBERS
        return is_number and self._is_loop(node.node, frame)

    def visit_Getitem(self, node: t.Any, frame: Frame) -> t.Any:
        """`a[b]`: the item, else the attribute; a slice is Python's."""
        value, arg = self._all([node.node, node.arg], frame)
        if isinstance(node.arg, nodes.Slice):
            return self.expression("{value}[{arg}]", value=value, arg=arg)
        return self.expression("environment.getitem({value}, {arg})", value=value, arg=arg)

    def visit_Slice(self, node: t.Any, frame: Frame) -> t.Any:
        """`start:stop:step`."""
        parts = (node.start, node.stop, node.step)
        values = [None if part is None else self.expr(part, frame) for part in parts]
        found = self.expression("a[:]").slice
        found.lower, found.upper, found.step = values
        return found

    # -- calls

    def _call(self, function: t.Any, first: list[t.Any], node: t.Any, frame: Frame, **extra: t.Any) -> t.Any:
        """A call with the arguments of a call, filter or test."""
        args = [*first, *self._all(node.args, frame)]
        if node.dyn_args is not None:
            args.append(self.at(Starred(self.expr(node.dyn_args, frame), LOAD)))
        pairs = [(kwarg.key, self.expr(kwarg.value, frame)) for kwarg in node.kwargs]
        rest = None if node.dyn_kwargs is None else self.expr(node.dyn_kwargs, frame)
        return self.at(Call(function, args, self.keywords([*pairs, *extra.items()], rest)))

    def visit_Call(self, node: t.Any, frame: Frame, **extra: t.Any) -> t.Any:
        """`a(b)`: the context binds what is called to what it asks for."""
        callee = node.node
        function = self.expr(callee, frame)
        is_method = isinstance(callee, nodes.Getattr) and callee.attr in ("cycle", "changed")
        if not (is_method and self._is_loop(callee.node, frame)):
            known = f", {frame.assigned[1:]}={frame.assigned}" if frame.assigned else ""
            bind = f"{{context}}.bind({{function}}{known})"
            function = self.expression(bind, context=self._context, function=function)
        return self._call(function, [], node, frame, **extra)

    def visit_Filter(self, node: t.Any, frame: Frame, body: t.Any = None) -> t.Any:
        """`a|b`; the innermost filter of a filter block works on its `body`."""
        if node.node is None:
            value = body
        elif body is not None and isinstance(node.node, nodes.Filter):
            value = self.visit_Filter(node.node, frame, body)
        else:
            value = self.expr(node.node, frame)
        return self._filter_or_test(node, frame, value)

    def visit_Test(self, node: t.Any, frame: Frame) -> t.Any:
        """`a is b`."""
        return self._filter_or_test(node, frame, self.expr(node.node, frame))

    def _filter_or_test(self, node: t.Any, frame: Frame, value: t.Any) -> t.Any:
        known = getattr(self.environment, node.registry)
        function = known.get(node.name)
        if function is None and not frame.soft:
            message = f"No {node.registry[:-1]} named {node.name!r}.{nearest(node.name, known)}"
            self.fail_at(message, node.lineno)
        ident = self._dependencies.setdefault((node.registry, node.name), self.temporary())
        return self._call(self.name(ident), [*self.first_argument(function), value], node, frame)

    def first_argument(self, function: t.Any) -> list[t.Any]:
        """What a filter, a test or `finalize` asks for."""
        asks = pass_arg_of(function)
        if asks == "context":
            return [self.name(self._context)]
        return [] if asks is None else [self.expression(_FIRST_ARGUMENT[asks])]

    # -- what depends on escaping

    def safe_if(self, value: t.Any, frame: Frame) -> t.Any:
        """A value as markup, where output is escaped."""
        return self.escaping(frame, "Markup({value})", "{value}", value=value)

    def escaping(self, frame: Frame, escaped: str, plain: str, **holes: t.Any) -> t.Any:
        """A snippet for where output is escaped and one for where not, or the choice at run time."""
        if frame.eval_ctx.volatile:
            choice = f"({escaped} if context.eval_ctx.autoescape else {plain})"
            return self.expression(choice, **holes)
        return self.expression(escaped if frame.eval_ctx.autoescape else plain, **holes)

    def visit_MarkSafe(self, node: t.Any, frame: Frame) -> t.Any:
        """`expr`, trusted."""
        return self.expression("Markup({value})", value=self.expr(node.expr, frame))

    def visit_MarkSafeIfAutoescape(self, node: t.Any, frame: Frame) -> t.Any:
        """`expr`, trusted where output is escaped."""
        return self.safe_if(self.expr(node.expr, frame), frame)

    # -- what extensions ask for

    def visit_EnvironmentAttribute(self, node: t.Any, frame: Frame) -> t.Any:
        """`environment.name`."""
        return self.expression("environment.{name}", name=node.name)

    def visit_ExtensionAttribute(self, node: t.Any, frame: Frame) -> t.Any:
        """`environment.extensions[identifier].name`."""
        attribute = "environment.extensions[{extension!r}].{name}"
        return self.expression(attribute, extension=node.identifier, name=node.name)

    def visit_ImportedName(self, node: t.Any, frame: Frame) -> t.Any:
        """A Python object, imported once for the template."""
        if node.importname not in self._imports:
            self._imports[node.importname] = self.temporary()
        return self.name(self._imports[node.importname])

    def visit_InternalName(self, node: t.Any, frame: Frame) -> t.Any:
        """A variable that the parser made up."""
        return self.name(node.name)

    def visit_ContextReference(self, node: t.Any, frame: Frame) -> t.Any:
        """`context`."""
        return self.name(self._context)

    def visit_DerivedContextReference(self, node: t.Any, frame: Frame) -> t.Any:
        """The context with local variables."""
        return self.derived_context(frame)

    def derived_context(self, frame: Frame) -> t.Any:
        """`context.derived({...})`."""
        local = self.variables(frame.scope.all_stores())
        return self.expression("{context}.derived({local})", context=self._context, local=local)

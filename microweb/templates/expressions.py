"""Expressions of the template language to expressions of Python.

The rule: `expr(node, frame)` returns the tree for one node and leaves the current line where it
was. A node that has one form in Python is a line of `PATTERNS`; a `visit_<Node>` method does one
kind of the others. Nothing is called at run time that can be written out: `a.b` is getattr() with a
default, tested in place. What is constant is left to Python, which folds it.
"""

from __future__ import annotations

from . import nodes
from .errors import TemplateAssertionError
from .pyast import LOAD, STORE, Builder, py
from .runtime import LoopContext
from .utils import nearest, pass_arg_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: Python for a node; the holes are its fields. Of two, the first is for where output is escaped.
PATTERNS: dict[str, t.Any] = {
    "TemplateData": ("Markup({data!r})", "{data!r}"), "MarkSafeIfAutoescape": ("Markup({expr})", "{expr}"),
    "Concat": ("markup_join((*{nodes},))", "concat(map(str, (*{nodes},)))"),
    "Tuple": "(*{items},)", "List": "[*{items}]", "InternalName": "{name}", "MarkSafe": "Markup({expr})",
    "EnvironmentAttribute": "environment.{name}", "ImportedName": "import_string({importname!r})",
    "ExtensionAttribute": "environment.extensions[{identifier!r}].{name}",
    **{name: f"{{left}} {sign} {{right}}" for name, sign in nodes.BINARY.items()},
    **{name: f"{sign} {{node}}" for name, sign in nodes.UNARY.items()},
}  # fmt: skip

#: Attributes of a loop that generated code computes by itself.
_LOOP = {"index": "{loop}.index0 + 1", "first": "{loop}.index0 == 0"}

#: What a function that asks for it gets as its first argument.
_FIRST_ARGUMENT = {"context": "{context}", "eval_context": "context.eval_ctx", "environment": "environment"}


class Frame:
    """What holds at one place of the template: scope, eval context, where output goes."""

    #: The list that output is appended to, None if it is yielded.
    buffer: str | None = None
    #: Directly in the template, in no block, macro or loop; and under no condition.
    toplevel = rootlevel = False
    #: Under a condition, where an unknown filter is an error only if it comes to that.
    soft = False
    #: In a template that may turn out to extend another one, and then prints nothing.
    require_output_check = False
    #: The run-time dict with what `set` assigned in this loop or block, for functions that ask for
    #: the context.
    assigned: str | None = None
    #: The identifier of the innermost `loop`.
    loop_name: str | None = None

    def __init__(self, eval_ctx: nodes.EvalContext, scope: t.Any, **more: t.Any) -> None:
        self.eval_ctx, self.scope = eval_ctx, scope
        self.__dict__.update(more)

    def copy(self, **changes: t.Any) -> Frame:
        """The same place with some differences."""
        return type(self)(**{**self.__dict__, **changes})

    def inner(self, scope: t.Any, **changes: t.Any) -> Frame:
        """A place inside, with a scope of its own."""
        outside = {"toplevel": False, "rootlevel": False, "soft": False, "assigned": None}
        return self.copy(scope=scope, **{**outside, **changes})


class Expressions(Builder):
    """The half of the compiler that translates expressions."""

    _context, _last_temporary = "context", 0

    def __init__(self, environment: t.Any, name: t.Any, filename: t.Any, streaming: bool = False) -> None:
        self.environment, self.streaming = environment, streaming
        self.template_name, self.filename = name, filename
        #: What is asked of the context.
        self.undeclared: set[str] = set()
        #: Filters and tests that the function being written looks up where it begins.
        self._dependencies: dict[tuple[str, str], str] = {}
        # An environment that overrides getattr() wants to be asked.
        self._inline_getattr = hasattr(type(self.environment).getattr, "can_be_inlined")

    def fail_at(self, message: str, lineno: int) -> t.NoReturn:
        """Raise a `TemplateAssertionError`."""
        raise TemplateAssertionError(message, lineno, self.template_name, self.filename)

    def temporary(self, kind: str = "t") -> str:
        """A new variable of the generated code; of a function, tracebacks show what `kind` it is."""
        self._last_temporary += 1
        return f"{kind}_{self._last_temporary}"

    def expr(self, node: nodes.Node, frame: Frame) -> t.Any:
        """Translate one expression."""
        line = self.line
        self.line = node.lineno or line
        kind = type(node).__name__
        pattern = PATTERNS.get(kind)
        if pattern is None:
            result = getattr(self, f"visit_{kind}")(node, frame)
        elif isinstance(pattern, tuple):
            result = self.escaping(frame, *pattern, **self.fields(node, frame))
        else:
            result = self.expression(pattern, **self.fields(node, frame))
        self.line = line
        return result

    def fields(self, node: nodes.Node, frame: Frame) -> dict[str, t.Any]:
        """What fills the holes of a node's pattern."""
        return {name: self._field(getattr(node, name), frame) for name in node.fields if name != "ctx"}

    def _field(self, value: t.Any, frame: Frame) -> t.Any:
        """What fills the hole for a field: a tree, a list of them, or the value itself."""
        if isinstance(value, nodes.Node):
            return self.expr(value, frame)
        return [self.expr(item, frame) for item in value] if isinstance(value, list) else value

    # -- names and literals

    def visit_Name(self, node: t.Any, frame: Frame) -> t.Any:
        """A variable; an undefined value is made where it is used, so that it knows its name."""
        ident, name = frame.scope.load(node.name), node.name
        if frame.scope.kind(name) == "param":
            return self.name(ident)
        value = "environment.undefined(name={name!r}) if {ident} is missing else {ident}"
        return self.expression(value, name=name, ident=ident)

    def store(self, node: t.Any, frame: Frame) -> t.Any:
        """The target of an assignment."""
        if isinstance(node, nodes.Tuple):
            return self.at(py.Tuple([self.store(item, frame) for item in node.items], STORE))
        if isinstance(node, nodes.NSRef):
            return self.at(py.Subscript(self.name(frame.scope.load(node.name)), self.const(node.attr), STORE))
        if isinstance(node, nodes.InternalName):
            return self.name(node.name, STORE)
        if node.name == "loop" and node.ctx == "store" and frame.loop_name is not None:
            self.fail_at("Can't assign to special loop variable in for-loop target", node.lineno)
        return self.name(frame.scope.load(node.name), STORE)

    def visit_Const(self, node: t.Any, frame: Frame) -> t.Any:
        """A literal."""
        return self.const(node.value)

    def visit_Dict(self, node: t.Any, frame: Frame) -> t.Any:
        """`{a: b}`."""
        columns = ([getattr(pair, side) for pair in node.items] for side in ("key", "value"))
        return self.at(py.Dict(*(self._field(column, frame) for column in columns)))

    # -- operators

    def visit_Compare(self, node: t.Any, frame: Frame) -> t.Any:
        """`a < b <= c`."""
        signs = "".join(f" {nodes.COMPARISONS[op.op]} {{v{index}}}" for index, op in enumerate(node.ops))
        holes = {f"v{index}": self.expr(op.expr, frame) for index, op in enumerate(node.ops)}
        return self.expression(f"{{first}}{signs}", first=self.expr(node.expr, frame), **holes)

    def visit_CondExpr(self, node: t.Any, frame: Frame) -> t.Any:
        """`a if test else b`."""
        frame = frame.copy(soft=True, rootlevel=False)
        message = f"the inline if-expression on {self.position(node)} evaluated to false and no else"
        other = "Undefined({message!r})" if node.expr2 is None else "{expr2}"
        choice = f"{{expr1}} if {{test}} else {other}"
        return self.expression(choice, message=f"{message} section was defined.", **self.fields(node, frame))

    def position(self, node: nodes.Node) -> str:
        """Where a node stands, for a message."""
        place = f"line {node.lineno}"
        return place if self.template_name is None else f"{place} in {self.template_name!r}"

    # -- attributes and items

    def visit_Getattr(self, node: t.Any, frame: Frame) -> t.Any:
        """`a.b`: the attribute; else the item, or undefined, of which `lookup_item` knows."""
        attr = node.attr
        if self._is_loop(node.node, frame) and hasattr(LoopContext, attr):
            return self.expression(_LOOP.get(attr, "{loop}.{attr}"), loop=frame.loop_name, attr=attr)
        value = self.expr(node.node, frame)
        if not self._inline_getattr:
            return self.expression("environment.getattr({value}, {attr!r})", value=value, attr=attr)
        again = value.id if isinstance(value, py.Name) else self.temporary()
        if not isinstance(value, py.Name):
            value = self.expression("({again} := {value})", again=again, value=value)
        found = "{found} if ({found} := getattr({value}, {attr!r}, missing)) is not missing"
        look_up = found + " else lookup_item({again}, {attr!r})"
        return self.expression(look_up, found=self.temporary(), value=value, again=again, attr=attr)

    def _is_loop(self, node: t.Any, frame: Frame) -> bool:
        """Is this the `loop` of a loop around, which nothing can have replaced?"""
        is_named_so = isinstance(node, nodes.Name) and node.name == "loop" and frame.loop_name is not None
        return is_named_so and frame.scope.load("loop") == frame.loop_name

    def visit_Getitem(self, node: t.Any, frame: Frame) -> t.Any:
        """`a[b]`: the item, else the attribute; a slice of a variable is Python's."""
        direct = isinstance(node.arg, nodes.Slice) and node.find(nodes.Name) is not None
        get = "{node}[{arg}]" if direct else "environment.getitem({node}, {arg})"
        return self.expression(get, **self.fields(node, frame))

    def visit_Slice(self, node: t.Any, frame: Frame) -> t.Any:
        """`start:stop:step`."""
        parts = [self._field(part, frame) for part in (node.start, node.stop, node.step)]
        return self.expression("slice(*{parts})", parts=[part or self.const(None) for part in parts])

    # -- calls

    def _call(self, function: t.Any, first: list[t.Any], node: t.Any, frame: Frame, **extra: t.Any) -> t.Any:
        """A call with the arguments of a call, filter or test."""
        args = [*first, *self._field(node.args, frame)]
        if node.dyn_args is not None:
            args.append(self.at(py.Starred(self.expr(node.dyn_args, frame), LOAD)))
        pairs = [(kwarg.key, self.expr(kwarg.value, frame)) for kwarg in node.kwargs]
        rest = self._field(node.dyn_kwargs, frame)
        return self.at(py.Call(function, args, self.keywords([*pairs, *extra.items()], rest)))

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
        """`a|b` or `a is b`; the innermost filter of a filter block works on its `body`."""
        kind = type(node).__name__.lower()
        known = getattr(self.environment, f"{kind}s")
        function = known.get(node.name)
        if function is None and not frame.soft:
            self.fail_at(f"No {kind} named {node.name!r}.{nearest(node.name, known)}", node.lineno)
        ident = self._dependencies.setdefault((kind, node.name), self.temporary())
        if body is None:
            body = self.expr(node.node, frame)
        elif node.node is not None:
            body = self.visit_Filter(node.node, frame, body)
        return self._call(self.name(ident), [*self.first_argument(function), body], node, frame)

    visit_Test = visit_Filter

    def first_argument(self, function: t.Any) -> list[t.Any]:
        """What a filter, a test or `finalize` asks for."""
        asks = pass_arg_of(function)
        return [self.expression(_FIRST_ARGUMENT[asks], context=self._context)] if asks else []

    # -- what depends on escaping

    def escaping(self, frame: Frame, escaped: str, plain: str, **holes: t.Any) -> t.Any:
        """A snippet for where output is escaped and one for where not, or the choice at run time."""
        if frame.eval_ctx.volatile:
            return self.expression(f"({escaped} if context.eval_ctx.autoescape else {plain})", **holes)
        return self.expression(escaped if frame.eval_ctx.autoescape else plain, **holes)

    # -- what extensions ask for

    def visit_ContextReference(self, node: t.Any, frame: Frame) -> t.Any:
        """The context."""
        return self.name(self._context)

    def visit_DerivedContextReference(self, node: t.Any, frame: Frame) -> t.Any:
        """The context with local variables."""
        local = self.variables(frame.scope.all_stores())
        return self.expression("{context}.derived({local})", context=self._context, local=local)

"""Nodes to a Python module: one function for the template, one for each of its blocks.

The rule: `visit_<Node>(node, frame)` returns the Python statements for one node, all of them on
the template's own lines, so that tracebacks, profilers and debuggers are right with no help.

A template such as `<p>{% for a in b %}{{ a }}{% endfor %}` becomes

    name = None

    def root(context):
        out = []
        append = out.append
        l_0_b = context.resolve_or_missing('b')
        append('<p>')
        for l_1_a in environment.undefined(name='b') if l_0_b is missing else l_0_b:
            append(f'{html(l_1_a)!s}')
        return out
    blocks = {}

`root` and the blocks take a context and return the pieces of the output. With `streaming` they
are generators instead and yield each piece; nothing else differs, and either kind can call the
other. Names that are no locals are `runtime.NAMESPACE`, put there when the module is executed.
"""

from __future__ import annotations

import ast
import re
from keyword import iskeyword

from . import nodes
from .expressions import Expressions, Frame
from .pyast import ExceptHandler, For, If, NamedExpr, Try, Yield, YieldFrom, to_source
from .pyast import Break as PyBreak
from .pyast import Continue as PyContinue
from .pyast import GeneratorExp, Return
from .runtime import NAMESPACE
from .scopes import SPECIAL, Scope, assigned_specials, special_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment

#: A macro's parameter of such a name would hide what the macro's code needs.
_RESERVED = frozenset(NAMESPACE) | frozenset(
    "environment context out append extend lookup_item getattr type str int range set frozenset".split()
)
_GENERATED = re.compile(r"[lt]_\d|t_safe|_(loop|block)_vars|fi\d|macro_|block_|parent_template")


#: How long a chain of elif may be before it is cut.
_MOST_BRANCHES = 50


def generate(
    node: nodes.Template,
    environment: Environment,
    name: str | None,
    filename: str | None,
    streaming: bool = False,
) -> ast.Module:
    """Translate a template's nodes to the tree of a Python module."""
    generator = environment.code_generator_class(environment, name, filename, streaming)
    return generator.module(node)


__all__ = ["CodeGenerator", "generate", "to_source"]


class CodeGenerator(Expressions):
    """Translates one template."""

    def __init__(
        self, environment: Environment, name: str | None, filename: str | None, streaming: bool = False
    ) -> None:
        self.environment = environment
        self.template_name = name
        self.filename = filename
        self.streaming = streaming
        self.blocks: dict[str, nodes.Block] = {}
        # What one walk over the whole template tells, so that no part of it is searched again.
        self._extends = self._any_scoped = False
        self._specials: frozenset[str] = frozenset()
        self._extends_so_far = 0
        self._has_known_extends = False
        super().__init__()

    # -- the module and its functions

    def module(self, node: nodes.Template) -> ast.Module:
        """All of the template."""
        self._survey(node)
        eval_ctx = nodes.EvalContext(self.environment, self.template_name)
        functions = [self._root(node, Frame(eval_ctx, Scope()))]
        functions.extend(self._block(block, Frame(eval_ctx, Scope())) for block in self.blocks.values())
        self.line = 1
        imports = [
            self.assign(ident, self.call("import_string", self.const(path)))
            for path, ident in self._imports.items()
        ]
        blocks = self.variables({name: f"block_{name}" for name in self.blocks})
        header = self.assign("name", self.const(self.template_name))
        body = [header, *imports, *functions, self.assign("blocks", blocks)]
        return ast.Module(body, [])

    def _survey(self, template: nodes.Template) -> None:
        """Find the blocks, and whether there is anything of what is rare."""
        names = set()
        for node in template.walk():
            kind = type(node)
            if kind is nodes.Name:
                names.add(node.name)
            elif kind is nodes.Block:
                if node.name in self.blocks:
                    self.fail_at(f"block {node.name!r} defined twice", node.lineno)
                self.blocks[node.name] = node
                self._any_scoped |= node.scoped
            elif kind is nodes.Extends:
                self._extends = True
        self._specials = SPECIAL & names

    def _special_names(self, body: list[nodes.Node]) -> frozenset[str]:
        return special_names(body) if self._specials else self._specials

    def _root(self, node: nodes.Template, frame: Frame) -> t.Any:
        """The function that renders the template, and goes on with the one that it extends."""
        extends = self._extends
        frame.toplevel = frame.rootlevel = True
        frame.require_output_check = extends
        prologue = self._declare_self(node.body, frame)
        frame.scope.scan(node.body)
        if extends:
            prologue.append(self.assign("parent_template", self.const(None)))
        body = self._function_body(node.body, frame, prologue)
        if extends:
            parent = self._write_all(self._run_template("parent_template", "context"), frame)
            unless = self.is_(self.name("parent_template"), None, negate=True)
            body.append(parent if self._has_known_extends else self.if_(unless, [parent]))
        self.line = 1
        return self._function("root", ["context"], body, frame)

    def _block(self, block: nodes.Block, frame: Frame) -> t.Any:
        """The function that renders a block."""
        self.line = block.lineno or 1
        prologue = self._declare_self(block.body, frame)
        if "super" in self._special_names(block.body):
            find = self.call(
                self.attr("context", "super"), self.const(block.name), self.name(f"block_{block.name}")
            )
            prologue.append(self.assign(frame.scope.declare_parameter("super"), find))
        params = set(frame.scope.stores)
        frame.scope.scan(block.body)
        if frame.scope.stores - params:
            frame.assigned = "_block_vars"
            prologue.append(self.assign("_block_vars", self.dict(())))
        body = self._function_body(block.body, frame, prologue)
        self.line = block.lineno or 1
        return self._function(f"block_{block.name}", ["context"], body, frame)

    def _declare_self(self, body: list[nodes.Node], frame: Frame) -> list[t.Any]:
        if "self" not in self._special_names(body):
            return []
        ident = frame.scope.declare_parameter("self")
        return [self.assign(ident, self.call("TemplateReference", self.name("context")))]

    def _function_body(self, body: list[nodes.Node], frame: Frame, prologue: list[t.Any]) -> list[t.Any]:
        """The statements of a root or block function, variables and filters looked up first."""
        self._dependencies = {}
        frame.buffer = None if self.streaming else "out"
        line = self.line
        statements = self.statements(body, frame)
        self.line = line
        lookups = [
            self.assign(ident, self._lookup(registry, name))
            for (registry, name), ident in self._dependencies.items()
        ]
        return [*prologue, *self._entry(frame.scope), *lookups, *statements]

    def _lookup(self, registry: str, name: str) -> t.Any:
        table = self.attr("environment", registry)
        if name in getattr(self.environment, registry):
            return self.item(table, self.const(name))
        # Under a condition: whoever gets there is told.
        function = self.call(self.attr(table, "get"), self.const(name))
        message = self.call("no_such", self.const(registry[:-1]), self.const(name))
        return self.either(function, message)

    def _function(
        self, name: str, params: list[str], body: list[t.Any], frame: Frame, **kwargs: t.Any
    ) -> t.Any:
        """A function that collects output in a list and returns it, or that yields it."""
        if frame.buffer is None:
            return self.function(name, params, [*body, self.do(self._nothing_more())], **kwargs)
        body = [*self._new_buffer("out"), *body, self.at(Return(self.name("out")))]
        return self.function(name, params, body, **kwargs)

    def _nothing_more(self) -> t.Any:
        """`yield from ()`: makes a function a generator even if it has no output."""
        return self.at(YieldFrom(self.tuple(())))

    def _new_buffer(self, name: str) -> list[t.Any]:
        buffer = self.assign(name, self.list())
        if name != "out":
            return [buffer]
        return [buffer, self.assign("append", self.attr("out", "append"))]

    def _entry(self, scope: Scope, when: str = "always") -> list[t.Any]:
        """Give the variables of a scope their first values.

        The scope of a recursive loop is that of a function and of a loop: what is only read is
        set "once", what is also assigned "each time".
        """
        found: list[t.Any] = []
        context = self._contexts[-1]
        for ident, (kind, source) in scope.loads.items():
            once = kind == "resolve" and source not in scope.stores
            if when not in ("always", "once" if once else "each time"):
                continue
            if kind == "resolve":
                resolve = self.attr(context, "resolve_or_missing")
                found.append(self.assign(ident, self.call(resolve, self.const(source))))
            elif kind != "param":
                found.append(self.assign(ident, self.name(source or "missing")))
        return found

    def statements(self, body: c.Iterable[nodes.Node], frame: Frame) -> list[t.Any]:
        """Translate several statements."""
        result: list[t.Any] = []
        for node in body:
            line = self.line
            self.line = node.lineno or line
            result.extend(getattr(self, f"visit_{type(node).__name__}")(node, frame))
            self.line = line
        return result

    # -- output

    def _write(self, value: t.Any, frame: Frame) -> t.Any:
        """Output one string."""
        if frame.buffer is None:
            return self.do(self.at(Yield(value)))
        append = "append" if frame.buffer == "out" else self.attr(frame.buffer, "append")
        return self.do(self.call(append, value))

    def _write_all(self, values: t.Any, frame: Frame) -> t.Any:
        """Output the strings of an iterable."""
        if frame.buffer is None:
            return self.do(self.at(YieldFrom(values)))
        return self.do(self.call(self.attr(frame.buffer, "extend"), values))

    def _result(self, buffer: str, frame: Frame) -> t.Any:
        """What was written to a buffer; markup where output is escaped."""
        text = self.call("concat", self.name(buffer))
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            return self.call("markup", text)
        return self.safe_if(text, frame)

    def visit_Output(self, node: nodes.Output, frame: Frame) -> list[t.Any]:
        """Text and expressions: one f-string, or when streaming one yield for each."""
        if frame.require_output_check and self._has_known_extends:
            return []
        parts = [self._part(child, frame) for child in node.nodes]
        if not parts:
            return []
        if frame.buffer is None:
            written = [self._write(self.text([part]), frame) for part in parts]
        else:
            written = [self._write(self.text(parts), frame)]
        return self._unless_extending(written) if frame.require_output_check else written

    def _unless_extending(self, body: list[t.Any]) -> list[t.Any]:
        """What a template prints by itself is dropped as soon as it extends another one."""
        test = self.is_(self.name("parent_template"), None)
        return [self.if_(test, body)]

    def _part(self, node: nodes.Node, frame: Frame, escaped: bool = True) -> t.Any:
        """A str for what is known now, else the expression for a piece of output."""
        if isinstance(node, nodes.TemplateData):
            return node.data
        finalize = self.environment.finalize
        if not frame.eval_ctx.volatile and self.is_constant(node):
            text = self._constant_part(node, frame)
            if text is not None:
                return text
        value = self.expr(node, frame)
        if finalize is not None:
            first = {
                "context": self.name("context"),
                "eval_context": self.attr("context", "eval_ctx"),
                "environment": self.name("environment"),
            }.get(nodes.pass_arg_of(finalize) or "")
            args = [value] if first is None else [first, value]
            value = self.call(self.attr("environment", "finalize"), *args)
        if frame.eval_ctx.volatile:
            return self.call("html_if", self.autoescape(), value)
        if not escaped or not frame.eval_ctx.autoescape or self._is_number(node, frame):
            return value
        return self.call("html", value)

    def _is_number(self, node: nodes.Node, frame: Frame) -> bool:
        """Is this one of the numbers of a loop, which need no escaping?"""
        return (
            isinstance(node, nodes.Getattr)
            and node.attr in ("index", "index0", "length", "revindex", "revindex0")
            and self._is_loop(node.node, frame)
            and self.environment.finalize is None
        )

    def _constant_part(self, node: nodes.Node, frame: Frame) -> str | None:
        finalize = self.environment.finalize
        if finalize is not None and nodes.pass_arg_of(finalize) is not None:
            return None
        try:
            value = node.as_const(frame.eval_ctx)  # type: ignore[attr-defined]
            if finalize is not None:
                value = finalize(value)
            return str(NAMESPACE["html_if"](frame.eval_ctx.autoescape, value))
        except Exception:
            return None  # let it fail when the template runs, with its line

    # -- inheritance

    def visit_Block(self, node: nodes.Block, frame: Frame) -> list[t.Any]:
        """Render a block where it stands, unless the template extends another one."""
        if frame.toplevel and self._has_known_extends:
            return []
        stack = self.item(self.attr("context", "blocks"), self.const(node.name))
        body: list[t.Any] = []
        if node.required:
            test = self.compare(self.call("len", stack), ast.LtE(), self.const(1))
            body.append(self.if_(test, [self.fail(f"Required block {node.name!r} not found")]))
        context = self.derived_context(frame) if node.scoped else self.name(self._contexts[-1])
        block = self.call(self.item(stack, self.const(0)), context)
        body.append(self._write_all(block, frame))
        if frame.toplevel and self._extends_so_far:
            return self._unless_extending(body)
        return body

    def visit_Extends(self, node: nodes.Extends, frame: Frame) -> list[t.Any]:
        """Remember the parent and stack its blocks below those that are there."""
        if not frame.toplevel:
            self.fail_at("cannot use extend from a non top-level scope", node.lineno)
        twice = self.fail("extended multiple times")
        if self._has_known_extends:
            return [twice]
        body = []
        if self._extends_so_far:
            body = [self.at(If(self.name("parent_template"), [twice], []))]
        body.append(self.assign("parent_template", self._get_template(node, "get_template", frame)))
        add = self.call(self.attr("parent_template", "add_blocks"), self.name("context"))
        body.append(self.do(self._streaming_flag(add)))
        self._has_known_extends = frame.rootlevel
        self._extends_so_far += 1
        return body

    def _streaming_flag(self, call: t.Any) -> t.Any:
        if self.streaming:
            call.args.append(self.const(True))
        return call

    def _run_template(self, template: str, context: t.Any) -> t.Any:
        """The pieces of another template's output."""
        render = self.attr(template, "root_render_func" if self.streaming else "render_parts")
        return self.call(render, self.name(context) if isinstance(context, str) else context)

    def _get_template(self, node: t.Any, method: str, frame: Frame) -> t.Any:
        return self.call(
            self.attr("environment", method), self.expr(node.template, frame), self.const(self.template_name)
        )

    # -- other templates

    def visit_Include(self, node: nodes.Include, frame: Frame) -> list[t.Any]:
        """Render another template in place."""
        wanted = node.template
        method = "get_or_select_template"
        if isinstance(wanted, nodes.Const) and isinstance(wanted.value, str):
            method = "get_template"
        elif isinstance(wanted, (nodes.Tuple, nodes.List)):
            method = "select_template"
        template = self.temporary()
        load = self.assign(template, self._get_template(node, method, frame))
        if node.with_context:
            context = self.call(self.attr(template, "new_context"), *self._all_variables(frame))
            if frame.buffer is None:
                pieces = self._run_template(template, context)
            else:
                pieces = self.call(self.attr(template, "render_parts"), context)
        else:
            module = self.call(self.attr(template, "_get_default_module"))
            pieces = self.attr(module, "_body_stream")
        write = self._write_all(pieces, frame)
        if not node.ignore_missing:
            return [load, write]
        skip = self.at(ExceptHandler(self.name("TemplateNotFound"), None, [self.nothing()]))
        return [self.at(Try([load], [skip], [write], []))]

    def _all_variables(self, frame: Frame) -> list[t.Any]:
        """The arguments of new_context() that hand over everything."""
        context = self._contexts[-1]
        everything = self.call(self.attr(context, "get_all"))
        return [everything, self.const(True), self.variables(frame.scope.all_stores())]

    def _module(self, node: t.Any, frame: Frame) -> t.Any:
        template = self._get_template(node, "get_template", frame)
        if node.with_context:
            return self.call(self.attr(template, "make_module"), *self._all_variables(frame))
        return self.call(self.attr(template, "_get_default_module"), self.name("context"))

    def visit_Import(self, node: nodes.Import, frame: Frame) -> list[t.Any]:
        """`import template as target`; what is imported is not exported again."""
        ident = frame.scope.ref(node.target)
        body = [self.assign(ident, self._module(node, frame))]
        if frame.toplevel:
            body.extend(self._publish({node.target: ident}, "discard", "difference_update"))
        return body

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> list[t.Any]:
        """`from template import names`."""
        module = self.temporary()
        body = [self.assign(module, self._module(node, frame))]
        names: dict[str, str] = {}
        for item in node.names:
            name, alias = (item, item) if isinstance(item, str) else item
            ident = names[alias] = frame.scope.ref(alias)
            value = self.call("getattr", self.name(module), self.const(name), self.name("missing"))
            hint = self.call(
                "missing_name", self.name(module), self.const(name), self.const(self.position(node))
            )
            undefined = self.call(self.attr("environment", "undefined"), hint, name=self.const(name))
            body.append(self.assign(ident, value))
            test = self.is_(self.name(ident), "missing")
            body.append(self.if_(test, [self.assign(ident, undefined)]))
        if frame.toplevel:
            body.extend(self._publish(names, "discard", "difference_update"))
        return body

    def _publish(self, names: dict[str, str], one: str, many: str) -> list[t.Any]:
        """Put variables of the top level into the context; add them to the exports, or not."""
        body = [self._record("context.vars", names)]
        public = [name for name in names if not name.startswith("_")]
        exported = self.attr("context", "exported_vars")
        if len(public) == 1:
            body.append(self.do(self.call(self.attr(exported, one), self.const(public[0]))))
        elif public:
            body.append(self.do(self.call(self.attr(exported, many), self.const(tuple(public)))))
        return body

    def _record(self, where: str, names: dict[str, str]) -> t.Any:
        """`where[name] = ident`, or `where.update({...})`."""
        table = self.attr(*where.split("."))
        if len(names) > 1:
            return self.do(self.call(self.attr(table, "update"), self.variables(names)))
        ((name, ident),) = names.items()
        target = self.item(table, self.const(name), ast.Store())
        return self.assign(target, self.name(ident))

    # -- loops and conditions

    def visit_For(self, node: nodes.For, frame: Frame) -> list[t.Any]:
        """A Python loop; over a `LoopContext` if the body needs `loop`."""
        if "loop" in self._specials and "loop" in assigned_specials(node):
            self.fail_at("Can't assign to special loop variable in for-loop target", node.lineno)
        scope = Scope(frame.scope, function=node.recursive)
        inner = frame.inner(scope)
        extended = (
            node.recursive
            or "loop" in self._special_names(node.body)
            or (self._any_scoped and any(block.scoped for block in node.find_all(nodes.Block)))
        )
        if extended:
            inner.loop_name = scope.declare_parameter("loop")
        scope.scan([node.target], as_param=True)
        params = set(scope.stores)
        scope.scan(node.body)
        if scope.stores - params:
            inner.assigned = "_loop_vars"
        if node.recursive:
            return self._recursive_for(node, frame, inner)
        iterable = self.expr(node.iter, frame)
        return self._loop(node, frame, inner, iterable, [])

    def _recursive_for(self, node: nodes.For, frame: Frame, inner: Frame) -> list[t.Any]:
        """The loop as a function, which `loop(...)` calls again."""
        name = self.temporary()
        inner.buffer = "out"
        outside = inner.copy()
        body = self._loop(node, outside, inner, self.name("reciter"), [self.name(name), self.name("depth")])
        body = [*self._entry(inner.scope, "once"), *self._new_buffer("out"), *body]
        body.append(self.at(Return(self._result("out", frame))))
        function = self.function(name, ["reciter", "depth"], body, [self.const(0)])
        call = self.call(name, self.expr(node.iter, frame))
        return [function, self._write(call, frame)]

    def _loop(
        self, node: nodes.For, frame: Frame, inner: Frame, iterable: t.Any, recursion: list[t.Any]
    ) -> list[t.Any]:
        before: list[t.Any] = []
        body: list[t.Any] = []
        target = self.store(node.target, inner)
        extended = "loop" in inner.scope.refs and inner.scope.refs["loop"] == inner.loop_name
        if node.test is not None:
            test = self._loop_test(node, inner)
            if extended:
                # `loop` must count what passes only.
                kept = ast.comprehension(target, iterable, [test], 0)
                item = self._as_value(target)
                iterable = self.at(GeneratorExp(item, [kept]))
                target = self.store(node.target, inner)
            else:
                body.append(self.if_(self.not_(test), [self.at(PyContinue())]))
        if extended:
            loop = inner.loop_name or ""
            undefined = self.attr("environment", "undefined")
            create = self.call("LoopContext", iterable, undefined, *recursion)
            before.append(self.assign(loop, create))
            counter = self.attr_target(self.name(loop), "index0")
            target = self.tuple([counter, target], ast.Store())
            iterable = self.call(self.attr(loop, "steps"))
        return self._loop_and_else(node, frame, inner, before, body, target, iterable)

    def _loop_and_else(
        self,
        node: nodes.For,
        frame: Frame,
        inner: Frame,
        before: list[t.Any],
        body: list[t.Any],
        target: t.Any,
        iterable: t.Any,
    ) -> list[t.Any]:
        after: list[t.Any] = []
        if inner.assigned:
            body.append(self.assign(inner.assigned, self.dict(())))
        rows = None if node.recursive else self._rows(node.body, inner)
        if rows is None:
            content = self.statements(node.body, inner)
        else:
            start, content, finish = rows
            before.append(start)
            after.append(finish)
        body.extend(self._entry(inner.scope, "each time" if node.recursive else "always"))
        body.extend(content)
        if node.else_:
            # Python's own `else` of a loop means that it was not broken off, not that it was empty.
            empty = self.temporary()
            before.append(self.assign(empty, self.const(True)))
            body.append(self.assign(empty, self.const(False)))
            other = frame.inner(Scope(frame.scope))
            other.scope.scan(node.else_)
            otherwise = self.statements(node.else_, other)
            after.append(self.if_(self.name(empty), [*self._entry(other.scope), *otherwise]))
        loop = self.at(For(target, iterable, body or [self.nothing()], [], None))
        return [*before, loop, *after]

    def _rows(self, body: list[nodes.Node], frame: Frame) -> tuple[t.Any, list[t.Any], t.Any] | None:
        """A loop that only prints one value: collect them, and write all rows escaped at once.

        Returns what comes before the loop, in it and after it, or None if it is not that simple.
        """
        if (
            len(body) != 1
            or not isinstance(body[0], nodes.Output)
            or frame.buffer is None
            or frame.require_output_check
            or "loop" in frame.scope.refs
            or frame.eval_ctx.volatile
            or not frame.eval_ctx.autoescape
            or self.environment.finalize is not None
        ):
            return None
        parts = [self._part(child, frame, escaped=False) for child in body[0].nodes]
        places = [index for index, part in enumerate(parts) if not isinstance(part, str)]
        if len(places) != 1:
            return None
        (place,) = places
        before, after = "".join(parts[:place]), "".join(parts[place + 1 :])
        values = self.temporary()
        collect = self.call(self.attr(values, "append"), self._immutable(parts[place]))
        texts = [self.const(before), self.const(after)]
        write = self.attr(frame.buffer, "append")
        finish = self.call("write_rows", write, *texts, self.name(values))
        return self.assign(values, self.list()), [self.do(collect)], self.do(finish)

    def _immutable(self, value: t.Any) -> t.Any:
        """`value if type(value) is str or type(value) is int else escape(value)`.

        A string or number may be written later; what may change until then is made text now.
        """
        if isinstance(value, ast.Name):
            ident, first = value.id, value
        else:
            ident = self.temporary()
            first = self.at(NamedExpr(self.target(ident), value))
        is_str = self.is_(self.call("type", first), "str")
        is_int = self.is_(self.call("type", self.name(ident)), "int")
        escaped = self.call("escape", self.name(ident))
        return self.conditional(self.either(is_str, is_int), self.name(ident), escaped)

    def _loop_test(self, node: nodes.For, inner: Frame) -> t.Any:
        """The condition of a loop; it sees the target, but nothing that the body assigns."""
        scope = Scope(inner.scope.parent)
        for name in [node.target, *node.target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name):
                scope.declare_parameter(name.name, inner.scope.refs[name.name])
        scope.scan([node.test])
        frame = inner.inner(scope)
        return self.expr(node.test, frame)

    def _as_value(self, target: t.Any) -> t.Any:
        """The expression that reads what a target of a loop stores."""
        if isinstance(target, ast.Tuple):
            return self.tuple(map(self._as_value, target.elts))
        return self.name(target.id)

    def visit_Break(self, node: nodes.Break, frame: Frame) -> list[t.Any]:
        """`break`."""
        return [self.at(PyBreak())]

    def visit_Continue(self, node: nodes.Continue, frame: Frame) -> list[t.Any]:
        """`continue`."""
        return [self.at(PyContinue())]

    def visit_If(self, node: nodes.If, frame: Frame) -> list[t.Any]:
        """`if`, with each `elif` in the `else` of the one before."""
        frame = frame.softer()
        branches = [node, *node.elif_]
        if len(branches) <= _MOST_BRANCHES:
            return self._branches(branches, self.statements(node.else_, frame), frame)
        # Each elif is one level deeper in Python's tree, which has a limit. So chains that are
        # very long are cut, and each part goes on if the one before had nothing to do.
        undecided = self.temporary()
        body = [self.assign(undecided, self.const(True))]
        for start in range(0, len(branches), _MOST_BRANCHES):
            part = branches[start : start + _MOST_BRANCHES]
            again = [self.assign(undecided, self.const(True))]
            decide = [self.assign(undecided, self.const(False))]
            chain = self._branches(part, again, frame)
            body.append(self.if_(self.name(undecided), [*decide, *chain]))
        return [*body, self.if_(self.name(undecided), self.statements(node.else_, frame))]

    def _branches(self, branches: list[t.Any], other: list[t.Any], frame: Frame) -> list[t.Any]:
        """`if` and `elif`, with what is done if none of them is true."""
        line = self.line
        for branch in reversed(branches):
            self.line = branch.lineno or line
            test = self.expr(branch.test, frame)
            other = [self.if_(test, self.statements(branch.body, frame), other)]
        self.line = line
        return other

    # -- macros

    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> list[t.Any]:
        """Define a macro."""
        function, macro = self._macro(node, frame, f"macro_{node.name}", node.name)
        ident = frame.scope.ref(node.name)
        body = [function, self.assign(ident, macro)]
        if frame.toplevel:
            body.extend(self._publish({node.name: ident}, "add", "update"))
        return body

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> list[t.Any]:
        """Call a macro, or anything, with the body as `caller`."""
        function, macro = self._macro(node, frame, self.temporary(), None)
        caller = self.temporary()
        call = self.visit_Call(node.call, frame, caller)
        return [function, self.assign(caller, macro), self._write(self.text([call]), frame)]

    def _macro(self, node: t.Any, frame: Frame, function_name: str, name: str | None) -> tuple[t.Any, t.Any]:
        """The function of a macro or call block, and the expression that makes it a `Macro`."""
        scope = Scope(frame.scope, function=True)
        inner = frame.inner(scope)
        inner.require_output_check = False
        inner.buffer = "out"
        arguments = [arg.name for arg in node.args]
        specials = self._special_names(node.body) & {"caller", "kwargs", "varargs"}
        added = specials - set(arguments)
        self._check_caller(node, arguments, specials)
        native = not any(map(_cannot_be_parameter, arguments))
        params = [scope.declare_parameter(argument, argument if native else None) for argument in arguments]
        for special in sorted(added):
            scope.declare_parameter(special, special)
        scope.scan(node.defaults)
        scope.scan(node.body)
        body = self._macro_defaults(node, inner, params, "caller" in added)
        content = self.statements(node.body, inner)
        body = [*self._entry(scope), *body, *self._new_buffer("out"), *content]
        text = self.call("concat", self.name("out"))
        safe = self.conditional(self.name("t_safe"), self.call("markup", text), text)
        body.append(self.at(Return(safe)))
        keyword_only = {"caller": self.const(None)} if "caller" in added else {}
        function = self.function(
            function_name,
            params,
            body,
            [self.name("missing") for _ in params],
            "varargs" if "varargs" in added else None,
            {**keyword_only, "t_safe": self.const(False)},
            "kwargs" if "kwargs" in added else None,
        )
        flags = ["kwargs" in added, "varargs" in added, "caller" in specials]
        macro = self.call(
            "Macro",
            self.name("environment"),
            self.name(function_name),
            self.const(name),
            self.const(tuple(arguments)),
            *map(self.const, flags),
            self.autoescape(),
            self.const(native),
        )
        return function, macro

    def _check_caller(self, node: t.Any, arguments: list[str], specials: frozenset[str]) -> None:
        """An explicit `caller` that the body uses must have a default: not every call has one."""
        if "caller" in specials and "caller" in arguments:
            if arguments.index("caller") < len(arguments) - len(node.defaults):
                self.fail_at(
                    'When defining macros or call blocks the special "caller" argument must be'
                    " omitted or be given a default.",
                    node.lineno,
                )

    def _macro_defaults(self, node: t.Any, frame: Frame, params: list[str], caller: bool) -> list[t.Any]:
        """Give each parameter that was left out its default, which may use those before it."""
        undefined = self.attr("environment", "undefined")
        body: list[t.Any] = []
        if caller:
            message = self.const("No caller defined")
            value = self.call(undefined, message, name=self.const("caller"))
            test = self.is_(self.name("caller"), None)
            body.append(self.if_(test, [self.assign("caller", value)]))
        outer, self._unset = self._unset, self._unset | set(params)
        first = len(params) - len(node.defaults)
        for index, (arg, param) in enumerate(zip(node.args, params)):
            if index < first:
                message = self.const(f"parameter {arg.name!r} was not provided")
                value = self.call(undefined, message, name=self.const(arg.name))
            else:
                value = self.expr(node.defaults[index - first], frame)
            test = self.is_(self.name(param), "missing")
            body.append(self.if_(test, [self.assign(param, value)]))
            self._unset.discard(param)
        self._unset = outer
        return body

    # -- bodies with variables of their own

    def _scoped(self, node: t.Any, frame: Frame, buffer: str | None = None) -> tuple[Frame, list[t.Any]]:
        """The body of a statement in a scope of its own, and the frame it had."""
        inner = frame.inner(Scope(frame.scope))
        if buffer is not None:
            inner.buffer = buffer
            # What is captured is not printed, so it may stand in a template that extends.
            inner.require_output_check = False
        inner.scope.scan(node.body)
        filter_node = getattr(node, "filter", None) if buffer is not None else None
        if filter_node is not None:
            inner.scope.scan([filter_node])
        content = self.statements(node.body, inner)
        start = self._new_buffer(buffer) if buffer is not None else []
        return inner, [*self._entry(inner.scope), *start, *content]

    def _captured(self, node: t.Any, frame: Frame) -> tuple[list[t.Any], t.Any]:
        """The statements that capture a body, and the expression for its filtered text."""
        buffer = self.temporary()
        inner, body = self._scoped(node, frame, buffer)
        text = self._result(buffer, frame)
        if node.filter is not None:
            text = self.visit_Filter(node.filter, inner, text)
        return body, text

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> list[t.Any]:
        """`filter`."""
        body, text = self._captured(node, frame)
        written = self._write(self.text([text]), frame)
        if frame.require_output_check:
            if self._has_known_extends:
                return []
            return self._unless_extending([*body, written])
        return [*body, written]

    def visit_AssignBlock(self, node: nodes.AssignBlock, frame: Frame) -> list[t.Any]:
        """`set` with a body."""
        body, text = self._captured(node, frame)
        if node.filter is not None:
            text = self.safe_if(text, frame)
        return [*body, *self._assignment(node.target, text, frame)]

    def visit_Assign(self, node: nodes.Assign, frame: Frame) -> list[t.Any]:
        """`set target = value`."""
        body: list[t.Any] = []
        spaces: dict[str, None] = {}
        if not isinstance(node.target, nodes.Name):
            spaces = dict.fromkeys(part.name for part in node.find_all(nodes.NSRef))
        if spaces:
            namespaces = [self.name(frame.scope.ref(name)) for name in spaces]
            body.append(self.do(self.call("must_be_namespace", *namespaces)))
        return [*body, *self._assignment(node.target, self.expr(node.node, frame), frame)]

    def _assignment(self, target: nodes.Node, value: t.Any, frame: Frame) -> list[t.Any]:
        """`target = value`; the top level, loops and blocks also note it for those who ask."""
        stored = self.store(target, frame)
        body = [self.assign(stored, value)]
        names = {
            name.name: frame.scope.ref(name.name)
            for name in [target, *target.find_all(nodes.Name)]
            if isinstance(name, nodes.Name)
        }
        names = dict(sorted(names.items()))
        if names and frame.toplevel:
            body.extend(self._publish(names, "add", "update"))
        elif names and frame.assigned:
            body.append(self._record(frame.assigned, names))
        return body

    def visit_With(self, node: nodes.With, frame: Frame) -> list[t.Any]:
        """`with targets = values`: the values are evaluated outside."""
        inner = frame.inner(Scope(frame.scope))
        inner.scope.scan(node.targets)
        inner.scope.scan(node.body)
        body: list[t.Any] = []
        for target, value in zip(node.targets, node.values):
            body.append(self.assign(self.store(target, inner), self.expr(value, frame)))
        content = self.statements(node.body, inner)
        return [*self._entry(inner.scope), *body, *content]

    def visit_Scope(self, node: nodes.Scope, frame: Frame) -> list[t.Any]:
        """A body with variables of its own."""
        return self._scoped(node, frame)[1]

    def visit_OverlayScope(self, node: nodes.OverlayScope, frame: Frame) -> list[t.Any]:
        """A body that sees the entries of a mapping as variables."""
        context = self.temporary()
        derive = self.assign(context, self.derived_context(frame))
        target = self.attr_target(self.name(context), "vars")
        overlay = self.assign(target, self.expr(node.context, frame))
        self._contexts.append(context)
        inner = frame.inner(Scope())
        inner.scope.level = frame.scope.level + 1
        inner.scope.scan(node.body)
        content = self.statements(node.body, inner)
        body = [derive, overlay, *self._entry(inner.scope), *content]
        self._contexts.pop()
        return body

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> list[t.Any]:
        """`do`."""
        return [self.do(self.expr(node.node, frame))]

    # -- the eval context

    def visit_EvalContextModifier(self, node: nodes.EvalContextModifier, frame: Frame) -> list[t.Any]:
        """Change the eval context now, if the value is known, and at run time."""
        body: list[t.Any] = []
        for option in node.options:
            target = self.attr_target(self.attr("context", "eval_ctx"), option.key)
            value = self.expr(option.value, frame)
            body.append(self.assign(target, value))
            try:
                setattr(frame.eval_ctx, option.key, option.value.as_const(frame.eval_ctx))
            except nodes.Impossible:
                frame.eval_ctx.volatile = True
        return body

    def visit_ScopedEvalContextModifier(
        self, node: nodes.ScopedEvalContextModifier, frame: Frame
    ) -> list[t.Any]:
        """`autoescape`."""
        saved = frame.eval_ctx.save()
        old = self.temporary()
        eval_ctx = self.attr("context", "eval_ctx")
        body = [self.assign(old, self.call(self.attr(eval_ctx, "save")))]
        body.extend(self.visit_EvalContextModifier(node, frame))
        body.extend(self.statements(node.body, frame))
        frame.eval_ctx.revert(saved)
        body.append(self.do(self.call(self.attr(eval_ctx, "revert"), self.name(old))))
        return body


def _cannot_be_parameter(name: str) -> bool:
    return iskeyword(name) or name in _RESERVED or _GENERATED.match(name) is not None

"""Nodes to a Python module: one function for the template, one for each of its blocks.

The rule: `visit_<Node>(node, frame)` returns the Python statements for one node, all of them on
the template's own lines, so that tracebacks, profilers and debuggers are right with no help.

A template such as `<p>{% for a in b %}{{ a }}{{ c }}{% endfor %}` becomes

    name = None

    def root(context):
        l_0_b = context.resolve_or_missing('b')
        l_0_c = context.resolve_or_missing('c')
        out = []
        append = out.append
        append('<p>')
        for l_1_a in environment.undefined(name='b') if l_0_b is missing else l_0_b:
            append(f'{html(l_1_a)!s}{html(...)!s}')
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

from ..markup import escape
from . import nodes
from .expressions import Expressions, Frame
from .pyast import Parameter
from .runtime import NAMESPACE
from .scopes import SPECIAL, Scope, special_names
from .utils import pass_arg_of, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    Code = list[t.Any]

#: A macro's parameter of such a name would hide what the macro's code needs.
_RESERVED = frozenset(NAMESPACE) | frozenset(
    words("environment context out append lookup_item getattr type str int range set frozenset")
)
_GENERATED = re.compile(r"[lt]_\d|t_safe|_(loop|block)_vars|fi\d|macro_|block_|parent_template")

#: How long a chain of elif may be before it is cut.
_MOST_BRANCHES = 50


class CodeGenerator(Expressions):
    """Translates one template."""

    # What one walk over the whole template tells, so that no part of it is searched again.
    _extends = _any_scoped = False
    _specials: frozenset[str] = frozenset()
    _extends_so_far = 0
    _has_known_extends = False

    # -- the module and its functions

    def module(self, node: nodes.Template) -> ast.Module:
        """All of the template."""
        self._survey(node)
        eval_ctx = nodes.EvalContext(self.environment, self.template_name)
        functions = self._root(node, Frame(eval_ctx, Scope()))
        for block in self.blocks.values():
            functions += self._block(block, Frame(eval_ctx, Scope()))
        self.line = 1
        body = self.code("name = {name!r}", name=self.template_name)
        for path, ident in self._imports.items():
            body += self.code("{ident} = import_string({path!r})", ident=ident, path=path)
        blocks = self.variables({name: f"block_{name}" for name in self.blocks})
        return ast.Module([*body, *functions, *self.code("blocks = {blocks}", blocks=blocks)], [])

    def _survey(self, template: nodes.Template) -> None:
        """Find the blocks, and whether there is anything of what is rare."""
        names = set()
        for node in template.walk():
            if isinstance(node, nodes.Name):
                names.add(node.name)
            elif isinstance(node, nodes.Block):
                if node.name in self.blocks:
                    self.fail_at(f"block {node.name!r} defined twice", node.lineno)
                self.blocks[node.name] = node
                self._any_scoped |= node.scoped
            elif isinstance(node, nodes.Extends):
                self._extends = True
        self._specials = SPECIAL & names

    def _special_names(self, body: c.Iterable[nodes.Node]) -> set[str]:
        return special_names(body) if self._specials else set()

    def _root(self, node: t.Any, frame: Frame) -> Code:
        """The function that renders the template, and goes on with the one that it extends."""
        frame.toplevel = frame.rootlevel = True
        frame.require_output_check = self._extends
        body = self._declare_self(node.body, frame)
        frame.scope.scan(node.body)
        if self._extends:
            body += self.code("parent_template = None")
        body += self._function_body(node.body, frame)
        if self._extends:
            parent = self._write_all(self._run_template("parent_template", "context", self.streaming), frame)
            if not self._has_known_extends:
                parent = self.code("if parent_template is not None:\n    {parent}", parent=parent)
            body += parent
        self.line = 1
        return self._function("root", body, frame)

    def _block(self, block: t.Any, frame: Frame) -> Code:
        """The function that renders a block."""
        self.line = block.lineno or 1
        name = f"block_{block.name}"
        body = self._declare_self(block.body, frame)
        if "super" in self._special_names(block.body):
            ident = frame.scope.declare_parameter("super")
            find = "{ident} = context.super({name!r}, {block})"
            body += self.code(find, ident=ident, name=block.name, block=name)
        params = set(frame.scope.stores)
        frame.scope.scan(block.body)
        if frame.scope.stores - params:
            frame.assigned = "_block_vars"
            body += self.code("_block_vars = {}")
        body += self._function_body(block.body, frame)
        return self._function(name, body, frame)

    def _declare_self(self, body: list[nodes.Node], frame: Frame) -> Code:
        if "self" not in self._special_names(body):
            return []
        return self.code("{ident} = TemplateReference(context)", ident=frame.scope.declare_parameter("self"))

    def _function_body(self, body: list[nodes.Node], frame: Frame) -> Code:
        """The statements of a root or block function, variables and filters looked up first."""
        self._dependencies = {}
        frame.buffer = None if self.streaming else "out"
        line = self.line
        statements = self.statements(body, frame)
        self.line = line
        lookups = self._entry(frame.scope)
        for (registry, name), ident in self._dependencies.items():
            found = "[{name!r}]"
            if name not in getattr(self.environment, registry):
                # Under a condition: whoever gets there is told.
                found = f".get({{name!r}}) or no_such('{registry[:-1]}', {{name!r}})"
            lookups += self.code(f"{{ident}} = environment.{registry}{found}", ident=ident, name=name)
        return lookups + statements

    def _function(self, name: str, body: Code, frame: Frame) -> Code:
        """A function that collects output in a list and returns it, or that yields it."""
        # `yield from ()` makes a function a generator even if it has no output.
        source = "def {name}(context):\n    {body}\n    yield from ()"
        if frame.buffer is not None:
            source = "def {name}(context):\n    out = []\n    append = out.append\n    {body}\n    return out"
        return self.code(source, name=name, body=body)

    def _entry(self, scope: Scope, when: str = "always") -> Code:
        """Give the variables of a scope their first values.

        The scope of a recursive loop is that of a function and of a loop: what is only read is
        set "once", what is also assigned "each time".
        """
        found: Code = []
        for ident, (kind, source) in scope.loads.items():
            once = kind == "resolve" and source not in scope.stores
            if kind == "param" or when not in ("always", "once" if once else "each time"):
                continue
            if kind == "resolve":
                resolve = "{ident} = {context}.resolve_or_missing({name!r})"
                found += self.code(resolve, ident=ident, context=self._context, name=source)
            else:
                found += self.code("{ident} = {value}", ident=ident, value=source or "missing")
        return found

    def statements(self, body: c.Iterable[nodes.Node], frame: Frame) -> Code:
        """Translate several statements."""
        result: Code = []
        line = self.line
        for node in body:
            self.line = node.lineno or line
            result += getattr(self, f"visit_{type(node).__name__}")(node, frame)
        self.line = line
        return result

    # -- output

    def _write(self, value: t.Any, frame: Frame) -> Code:
        """Output one string."""
        if frame.buffer is None:
            return self.code("yield {value}", value=value)
        if frame.buffer == "out":
            return self.code("append({value})", value=value)
        return self.code("{buffer}.append({value})", buffer=frame.buffer, value=value)

    def _write_all(self, values: t.Any, frame: Frame) -> Code:
        """Output the strings of an iterable."""
        if frame.buffer is None:
            return self.code("yield from {values}", values=values)
        return self.code("{buffer}.extend({values})", buffer=frame.buffer, values=values)

    def _result(self, buffer: str, frame: Frame) -> t.Any:
        """What was written to a buffer; markup where output is escaped."""
        text = self.expression("concat({buffer})", buffer=buffer)
        return self.escaping(frame, "markup({text})", "{text}", text=text)

    def visit_Output(self, node: t.Any, frame: Frame) -> Code:
        """Text and expressions: one f-string, or when streaming one yield for each."""
        if frame.require_output_check and self._has_known_extends:
            return []
        parts = [self._part(child, frame) for child in node.nodes]
        if frame.buffer is not None:
            written = self._write(self.text(parts), frame) if parts else []
        else:
            written = [done for part in parts for done in self._write(self.text([part]), frame)]
        return self._unless_extending(written) if frame.require_output_check else written

    def _unless_extending(self, body: Code) -> Code:
        """What a template prints by itself is dropped as soon as it extends another one."""
        return self.code("if parent_template is None:\n    {body}", body=body) if body else []

    def _part(self, node: t.Any, frame: Frame, escaped: bool = True) -> t.Any:
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
            args = [*self.first_argument(finalize), value]
            value = self.expression("environment.finalize(*{args})", args=args)
        elif not escaped or self.is_loop_number(node, frame):
            return value
        return self.escaping(frame, "html({value})", "{value}", value=value)

    def _constant_part(self, node: t.Any, frame: Frame) -> str | None:
        finalize = self.environment.finalize
        if finalize is not None and pass_arg_of(finalize) is not None:
            return None
        try:
            value = node.as_const(frame.eval_ctx)
            text = finalize(value) if finalize else value
            return str(escape(text) if frame.eval_ctx.autoescape else text)
        except Exception:
            return None  # let it fail when the template runs, with its line

    # -- inheritance

    def visit_Block(self, node: t.Any, frame: Frame) -> Code:
        """Render a block where it stands, unless the template extends another one."""
        if frame.toplevel and self._has_known_extends:
            return []
        body: Code = []
        if node.required:
            message = f"Required block {node.name!r} not found"
            check = "if len(context.blocks[{name!r}]) <= 1:\n    raise TemplateRuntimeError({message!r})"
            body = self.code(check, name=node.name, message=message)
        context = self.derived_context(frame) if node.scoped else self._context
        call = self.expression("context.blocks[{name!r}][0]({context})", name=node.name, context=context)
        body += self._write_all(call, frame)
        return self._unless_extending(body) if frame.toplevel and self._extends_so_far else body

    def visit_Extends(self, node: t.Any, frame: Frame) -> Code:
        """Remember the parent and stack its blocks below those that are there."""
        if not frame.toplevel:
            self.fail_at("cannot use extend from a non top-level scope", node.lineno)
        body: Code = []
        if self._extends_so_far:
            body = self.code("raise TemplateRuntimeError('extended multiple times')")
            if self._has_known_extends:
                return body
            body = self.code("if parent_template is not None:\n    {body}", body=body)
        template = self._get_template(node, frame)
        extend = f"parent_template = {{template}}\nparent_template.add_blocks(context, {self.streaming})"
        body += self.code(extend, template=template)
        self._has_known_extends = frame.rootlevel
        self._extends_so_far += 1
        return body

    def _run_template(self, template: str, context: t.Any, streaming: bool) -> t.Any:
        """The pieces of another template's output."""
        method = "root_render_func" if streaming else "render_parts"
        return self.expression(f"{{t}}.{method}({{context}})", t=template, context=context)

    def _get_template(self, node: t.Any, frame: Frame, method: str = "get_template") -> t.Any:
        wanted, get = self.expr(node.template, frame), f"environment.{method}({{wanted}}, {{name!r}})"
        return self.expression(get, wanted=wanted, name=self.template_name)

    # -- other templates

    def visit_Include(self, node: t.Any, frame: Frame) -> Code:
        """Render another template in place."""
        template = self.temporary()
        is_name = isinstance(getattr(node.template, "value", None), str)
        found = self._get_template(node, frame, "get_template" if is_name else "get_or_select_template")
        load = self.code("{t} = {found}", t=template, found=found)
        if node.with_context:
            context = self._with_variables(self.expression("{t}.new_context", t=template), frame)
            pieces = self._run_template(template, context, frame.buffer is None)
        else:
            pieces = self.expression("{t}._get_default_module()._body_stream", t=template)
        write = self._write_all(pieces, frame)
        if not node.ignore_missing:
            return [*load, *write]
        guarded = "try:\n    {load}\nexcept TemplateNotFound:\n    pass\nelse:\n    {write}"
        return self.code(guarded, load=load, write=write)

    def _with_variables(self, method: t.Any, frame: Frame) -> t.Any:
        """A call that hands over everything."""
        local = self.variables(frame.scope.all_stores())
        call = "{method}({context}.get_all(), True, {local})"
        return self.expression(call, method=method, context=self._context, local=local)

    def _module(self, node: t.Any, frame: Frame) -> t.Any:
        template = self._get_template(node, frame)
        if node.with_context:
            return self._with_variables(self.expression("{t}.make_module", t=template), frame)
        return self.expression("{t}._get_default_module(context)", t=template)

    def visit_Import(self, node: t.Any, frame: Frame) -> Code:
        """`import template as target`; what is imported is not exported again."""
        ident = frame.scope.ref(node.target)
        body = self.code("{ident} = {module}", ident=ident, module=self._module(node, frame))
        return body + self._publish({node.target: ident}, frame, exported=False)

    def visit_FromImport(self, node: t.Any, frame: Frame) -> Code:
        """`from template import names`."""
        module = self.temporary()
        body = self.code("{module} = {found}", module=module, found=self._module(node, frame))
        names: dict[str, str] = {}
        for item in node.names:
            name, alias = (item, item) if isinstance(item, str) else item
            names[alias] = frame.scope.ref(alias)
            take = "{ident} = exported(environment, {module}, {name!r}, {place!r})"
            body += self.code(take, ident=names[alias], module=module, name=name, place=self.position(node))
        return body + self._publish(names, frame, exported=False)

    def _publish(self, names: dict[str, str], frame: Frame, exported: bool = True) -> Code:
        """Note assigned variables where those who ask look; at the top level others may import them."""
        where = "context.vars" if frame.toplevel else frame.assigned if exported else None
        if where is None:
            return []
        body, method = [], "add" if exported else "discard"
        for name, ident in names.items():
            body += self.code(f"{where}[{{name!r}}] = {{ident}}", name=name, ident=ident)
            if frame.toplevel and not name.startswith("_"):
                body += self.code(f"context.exported_vars.{method}({{name!r}})", name=name)
        return body

    # -- loops and conditions

    def visit_For(self, node: t.Any, frame: Frame) -> Code:
        """A Python loop; over a `LoopContext` if the body needs `loop`."""
        names = node.find_all(nodes.Name) if "loop" in self._specials else ()
        if any(name.name == "loop" and name.ctx == "store" for name in names):
            self.fail_at("Can't assign to special loop variable in for-loop target", node.lineno)
        scope = Scope(frame.scope, function=node.recursive)
        inner = frame.inner(scope)
        scoped = self._any_scoped and any(block.scoped for block in node.find_all(nodes.Block))
        if node.recursive or scoped or "loop" in self._special_names(node.body):
            inner.loop_name = scope.declare_parameter("loop")
        scope.scan([node.target], as_param=True)
        params = set(scope.stores)
        scope.scan(node.body)
        if scope.stores - params:
            inner.assigned = "_loop_vars"
        if not node.recursive:
            return self._loop(node, inner, frame, self.expr(node.iter, frame))
        # The loop is a function, which `loop(...)` calls again.
        inner.buffer = "out"
        name = self.temporary()
        body = self._loop(node, inner, inner.copy(), self.name("reciter"), [name, "depth"])
        source = (
            "def {name}(reciter, depth=0):\n"
            "    {entry}\n    out = []\n    append = out.append\n    {body}\n    return {text}"
        )
        text, entry = self._result("out", frame), self._entry(scope, "once")
        call = self.expression("{name}({items})", name=name, items=self.expr(node.iter, frame))
        return [*self.code(source, name=name, entry=entry, body=body, text=text), *self._write(call, frame)]

    def _loop(
        self, node: t.Any, inner: Frame, frame: Frame, iterable: t.Any, recursion: c.Sequence[str] = ()
    ) -> Code:
        before: Code = []
        body: Code = []
        target = self.store(node.target, inner)
        extended = "loop" in inner.scope.refs
        if node.test is not None:
            test = self._loop_test(node, inner)
            if extended:  # `loop` must count what passes only
                # What is iterated over is evaluated before: Python allows no := in that place.
                source = self.temporary()
                before = self.code("{source} = {iterable}", source=source, iterable=iterable)
                item, iterable = self._as_value(target), "({item} for a in {source} if {test})"
                iterable = self.expression(iterable, item=item, source=source, test=test)
                iterable.generators[0].target, target = target, self.store(node.target, inner)
            else:
                body = self.code("if not {test}:\n    continue", test=test)
        if extended:
            create = "{loop} = LoopContext({i}, environment.undefined, *{more})"
            before += self.code(create, loop=inner.loop_name, i=iterable, more=[*map(self.name, recursion)])
            iterable = self.expression("{loop}.steps()", loop=inner.loop_name)
            [pair] = self.code("{loop}.index0, {target} = 0", loop=inner.loop_name, target=target)
            target = pair.targets[0]
        if inner.assigned:
            body += self.code(f"{inner.assigned} = {{}}")
        rows = None if extended else self._rows(node.body, inner)
        start, content, after = rows or ([], self.statements(node.body, inner), [])
        before += start
        body += [*self._entry(inner.scope, "each time" if node.recursive else "always"), *content]
        if node.else_:
            # Python's own `else` of a loop means that it was not broken off, not that it was empty.
            empty = self.temporary()
            before += self.code("{empty} = True", empty=empty)
            body += self.code("{empty} = False", empty=empty)
            other = self._scoped(node.else_, frame)[1]
            after += self.code("if {empty}:\n    {other}", empty=empty, other=other)
        loop = "for {target} in {iterable}:\n    {body}"
        body = body or self.code("pass")
        return [*before, *self.code(loop, target=target, iterable=iterable, body=body), *after]

    def _rows(self, body: list[t.Any], frame: Frame) -> tuple[Code, Code, Code] | None:
        """A loop that only prints one value: collect them, and write all rows escaped at once.

        Returns what comes before the loop, in it and after it, or None if it is not that simple.
        """
        if len(body) != 1 or not isinstance(body[0], nodes.Output) or frame.buffer is None:
            return None
        if not frame.eval_ctx.autoescape or frame.eval_ctx.volatile:
            return None
        if frame.require_output_check or self.environment.finalize is not None:
            return None
        parts = [self._part(child, frame, escaped=False) for child in body[0].nodes]
        places = [index for index, part in enumerate(parts) if not isinstance(part, str)]
        if len(places) != 1:
            return None
        place, values, value = places[0], self.temporary(), self.temporary()
        # A string or number may be written later; what may change until then is made text now.
        row = "{vs}.append({v} if type({v} := {part}) is str or type({v}) is int else escape({v}))"
        collect = self.code(row, vs=values, v=value, part=parts[place])
        texts = ["".join(parts[:place]), "".join(parts[place + 1 :])]
        write = self.code("write_rows({b}.append, *{texts!r}, {vs})", b=frame.buffer, texts=texts, vs=values)
        return self.code("{vs} = []", vs=values), collect, write

    def _loop_test(self, node: t.Any, inner: Frame) -> t.Any:
        """The condition of a loop; it sees the target, but nothing that the body assigns."""
        scope = Scope(inner.scope.parent)
        for name in node.target.walk():
            if isinstance(name, nodes.Name):
                scope.declare_parameter(name.name, inner.scope.refs[name.name])
        scope.scan([node.test])
        return self.expr(node.test, inner.inner(scope))

    def _as_value(self, target: t.Any) -> t.Any:
        """The expression that reads what a target of a loop stores."""
        if isinstance(target, ast.Tuple):
            return self.expression("(*{items},)", items=[self._as_value(item) for item in target.elts])
        return self.name(target.id)

    def visit_Break(self, node: t.Any, frame: Frame) -> Code:
        """`break` and `continue`."""
        return self.code(type(node).__name__.lower())

    visit_Continue = visit_Break

    def visit_If(self, node: t.Any, frame: Frame) -> Code:
        """`if`, with each `elif` in the `else` of the one before."""
        frame = frame.copy(soft=True, rootlevel=False)
        branches = [node, *node.elif_]
        other = self.statements(node.else_, frame)
        if len(branches) <= _MOST_BRANCHES:
            return self._branches(branches, other, frame)
        # Each elif is one level deeper in Python's tree, which has a limit. So chains that are
        # very long are cut, and each part goes on if the one before had nothing to do.
        undecided = self.temporary()
        body = self.code("{t} = True", t=undecided)
        for start in range(0, len(branches), _MOST_BRANCHES):
            part = branches[start : start + _MOST_BRANCHES]
            chain = self._branches(part, self.code("{t} = True", t=undecided), frame)
            body += self.code("if {t}:\n    {t} = False\n    {chain}", t=undecided, chain=chain)
        return body + self.code("if {t}:\n    {other}", t=undecided, other=other or self.code("pass"))

    def _branches(self, branches: list[t.Any], other: Code, frame: Frame) -> Code:
        """`if` and `elif`, with what is done if none of them is true."""
        line = self.line
        for branch in reversed(branches):
            self.line = branch.lineno or line
            body = self.statements(branch.body, frame) or self.code("pass")
            [choice] = self.code("if {test}:\n    {body}", test=self.expr(branch.test, frame), body=body)
            choice.orelse, other = other, [choice]
        self.line = line
        return other

    # -- macros

    def visit_Macro(self, node: t.Any, frame: Frame) -> Code:
        """Define a macro."""
        ident = frame.scope.ref(node.name)
        body = self._macro(node, frame, f"macro_{node.name}", node.name, ident)
        return body + self._publish({node.name: ident}, frame) if frame.toplevel else body

    def visit_CallBlock(self, node: t.Any, frame: Frame) -> Code:
        """Call a macro, or anything, with the body as `caller`."""
        caller = self.temporary()
        body = self._macro(node, frame, self.temporary(), None, caller)
        call = self.visit_Call(node.call, frame, caller=self.name(caller))
        return [*body, *self._write(self.text([call]), frame)]

    def _macro(self, node: t.Any, frame: Frame, function: str, name: str | None, ident: str) -> Code:
        """The function of a macro or call block, made a `Macro` that is assigned to `ident`."""
        scope = Scope(frame.scope, function=True)
        inner = frame.inner(scope).copy(require_output_check=False, buffer="out")
        arguments = [arg.name for arg in node.args]
        specials = self._special_names(node.body) & {"caller", "kwargs", "varargs"}
        added = specials - set(arguments)
        if "caller" in specials - added and arguments.index("caller") < len(arguments) - len(node.defaults):
            self.fail_at(
                'When defining macros or call blocks the special "caller" argument must be omitted or be'
                " given a default.",
                node.lineno,
            )
        idents = [None if _cannot_be_parameter(arg) else arg for arg in arguments]
        params = [*map(scope.declare_parameter, arguments, idents)]
        renamed = {arg: param for arg, param in zip(arguments, params) if arg != param}
        for special in sorted(added):
            scope.declare_parameter(special, special)
        scope.scan([*node.defaults, *node.body])
        body = self._macro_defaults(node, inner, params, "caller" in added)
        body += self.statements(node.body, inner)
        flags = ("kwargs" in added, "varargs" in added, "caller" in specials)
        # All the parameters that there can be; those that are not wanted are taken out.
        found = self.code(
            "def {function}(*varargs, caller=None, t_safe=False, **kwargs):\n"
            "    {entry}\n    out = []\n    append = out.append\n    {body}\n"
            "    return markup(concat(out)) if t_safe else concat(out)\n"
            "{ident} = Macro({function}, *{about!r}, context.eval_ctx.autoescape, renamed={renamed!r})",
            function=function,
            entry=self._entry(scope),
            body=body,
            ident=ident,
            about=(name, tuple(arguments), *flags),
            renamed=renamed,
        )
        signature = found[0].args
        signature.args = [self.at(Parameter(param, None)) for param in params]
        signature.defaults = [self.name("missing") for _ in params]
        signature.kwarg = signature.kwarg if "kwargs" in added else None
        signature.vararg = signature.vararg if "varargs" in added else None
        if "caller" not in added:
            del signature.kwonlyargs[0], signature.kw_defaults[0]
        return found

    def _macro_defaults(self, node: t.Any, frame: Frame, params: list[str], caller: bool) -> Code:
        """Give each parameter that was left out its default, which may use those before it."""
        body: Code = []
        if caller:
            body = self.code(
                "if caller is None:\n    caller = environment.undefined('No caller defined', name='caller')"
            )
        outer, self._unset = self._unset, self._unset | set(params)
        first = len(params) - len(node.defaults)
        for index, (arg, param) in enumerate(zip(node.args, params)):
            if index < first:
                undefined = "environment.undefined({message!r}, name={name!r})"
                message = f"parameter {arg.name!r} was not provided"
                value = self.expression(undefined, message=message, name=arg.name)
            else:
                value = self.expr(node.defaults[index - first], frame)
            body += self.code("if {p} is missing:\n    {p} = {value}", p=param, value=value)
            self._unset.discard(param)
        self._unset = outer
        return body

    # -- bodies with variables of their own

    def _scoped(self, body: list[t.Any], frame: Frame, **changes: t.Any) -> tuple[Frame, Code]:
        """A body in a scope of its own, and the frame it had."""
        inner = frame.inner(Scope(frame.scope)).copy(**changes)
        inner.scope.scan(body)
        content = self.statements(body, inner)
        return inner, [*self._entry(inner.scope), *content] or self.code("pass")

    def _captured(self, node: t.Any, frame: Frame) -> tuple[Code, t.Any]:
        """The statements that capture a body, and the expression for its filtered text."""
        buffer = self.temporary()
        # What is captured is not printed, so it may stand in a template that extends.
        inner, body = self._scoped(node.body, frame, buffer=buffer, require_output_check=False)
        text = self._result(buffer, frame)
        if node.filter is not None:
            text = self.visit_Filter(node.filter, inner, text)
        return [*self.code("{buffer} = []", buffer=buffer), *body], text

    def visit_FilterBlock(self, node: t.Any, frame: Frame) -> Code:
        """`filter`."""
        if frame.require_output_check and self._has_known_extends:
            return []
        body, text = self._captured(node, frame)
        body += self._write(self.text([text]), frame)
        return self._unless_extending(body) if frame.require_output_check else body

    def visit_AssignBlock(self, node: t.Any, frame: Frame) -> Code:
        """`set` with a body."""
        body, text = self._captured(node, frame)
        if node.filter is not None:
            text = self.safe_if(text, frame)
        return [*body, *self._assignment(node.target, text, frame)]

    def visit_Assign(self, node: t.Any, frame: Frame) -> Code:
        """`set target = value`."""
        body: Code = []
        spaces = dict.fromkeys(part.name for part in node.target.walk() if isinstance(part, nodes.NSRef))
        if spaces:
            namespaces = [self.name(frame.scope.ref(name)) for name in spaces]
            body = self.code("must_be_namespace(*{namespaces})", namespaces=namespaces)
        return [*body, *self._assignment(node.target, self.expr(node.node, frame), frame)]

    def _assignment(self, target: t.Any, value: t.Any, frame: Frame) -> Code:
        """`target = value`; the top level, loops and blocks also note it for those who ask."""
        names = sorted(part.name for part in target.walk() if isinstance(part, nodes.Name))
        body = self.code("{target} = {value}", target=self.store(target, frame), value=value)
        return body + self._publish({name: frame.scope.ref(name) for name in names}, frame)

    def visit_With(self, node: t.Any, frame: Frame) -> Code:
        """`with targets = values`: the values are evaluated outside."""
        inner = frame.inner(Scope(frame.scope))
        inner.scope.scan([*node.targets, *node.body])
        body: Code = []
        for target, value in zip(node.targets, node.values):
            stored, found = self.store(target, inner), self.expr(value, frame)
            body += self.code("{target} = {value}", target=stored, value=found)
        content = self.statements(node.body, inner)
        return [*self._entry(inner.scope), *body, *content]

    def visit_Scope(self, node: t.Any, frame: Frame) -> Code:
        """A body with variables of its own."""
        return self._scoped(node.body, frame)[1]

    def visit_OverlayScope(self, node: t.Any, frame: Frame) -> Code:
        """A body that sees the entries of a mapping as variables."""
        context = self.temporary()
        derived, overlay = self.derived_context(frame), self.expr(node.context, frame)
        derive = "{context} = {derived}\n{context}.vars = {overlay}"
        body = self.code(derive, context=context, derived=derived, overlay=overlay)
        outer, self._context = self._context, context
        inner = frame.inner(Scope())
        inner.scope.level = frame.scope.level + 1
        inner.scope.scan(node.body)
        content = self.statements(node.body, inner)
        body += self._entry(inner.scope)
        self._context = outer
        return body + content

    def visit_ExprStmt(self, node: t.Any, frame: Frame) -> Code:
        """`do`."""
        return self.code("{value},", value=self.expr(node.node, frame))

    # -- the eval context

    def visit_EvalContextModifier(self, node: t.Any, frame: Frame) -> Code:
        """Change the eval context now, if the value is known, and at run time."""
        body: Code = []
        for option in node.options:
            change = f"context.eval_ctx.{option.key} = {{value}}"
            body += self.code(change, value=self.expr(option.value, frame))
            try:
                setattr(frame.eval_ctx, option.key, option.value.as_const(frame.eval_ctx))
            except nodes.Impossible:
                frame.eval_ctx.volatile = True
        return body

    def visit_ScopedEvalContextModifier(self, node: t.Any, frame: Frame) -> Code:
        """`autoescape`."""
        saved, old = frame.eval_ctx.save(), self.temporary()
        body = self.code("{old} = context.eval_ctx.save()", old=old)
        body += self.visit_EvalContextModifier(node, frame)
        body += self.statements(node.body, frame)
        frame.eval_ctx.revert(saved)
        return body + self.code("context.eval_ctx.revert({old})", old=old)


def _cannot_be_parameter(name: str) -> bool:
    return iskeyword(name) or name in _RESERVED or _GENERATED.match(name) is not None

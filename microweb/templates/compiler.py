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

import re
from keyword import kwlist

from ..markup import escape
from . import nodes
from .expressions import Expressions, Frame
from .pyast import py
from .runtime import NAMESPACE
from .scopes import Scope
from .utils import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Code = list[t.Any]

#: A macro's parameter of such a name would hide what the macro's code needs.
_RESERVED = {*words("environment context out append lookup_item getattr slice type str int map range")}
_RESERVED |= {*NAMESPACE, *kwlist}
_GENERATED = re.compile(r"(l|t|loop|call)_\d|t_safe|_(loop|block)_vars|fi\d|macro_|block_|parent_template")

#: Statements that have one form in Python.
_PATTERNS = {"ExprStmt": "{node},", "Break": "break", "Continue": "continue"}

#: What functions have in common that collect their output; and the function of a macro.
_COLLECTING = "    out = []\n    append = out.append\n    {body}\n"
_MACRO = "def {function}(%s):\n    {entry}\n" + _COLLECTING
_MACRO += "    return markup(concat(out)) if t_safe else concat(out)"


class CodeGenerator(Expressions):
    """Translates one template."""

    #: The block whose function is being written.
    _block: str | None = None
    #: Is there any `extends`, where was the last one met, and is one of them under no condition?
    _extends, _extends_line, _has_known_extends = False, 0, False

    # -- the module and its functions

    def module(self, node: nodes.Template) -> t.Any:
        """All of the template."""
        blocks: dict[str, t.Any] = {}
        for found in node.walk("bodies"):
            if isinstance(found, nodes.Extends):
                self._extends = True
            elif isinstance(found, nodes.Block):
                if found.name in blocks:
                    self.fail_at(f"block {found.name!r} defined twice", found.lineno)
                blocks[found.name] = found
        eval_ctx = nodes.EvalContext(self.environment, self.template_name)
        functions = []
        for name, block in [("root", node), *blocks.items()]:
            functions += self._function(name, block, Frame(eval_ctx, Scope()))
        self.line = 1
        body = self.code("name = {name!r}", name=self.template_name)
        names = self.variables({name: f"block_{name}" for name in blocks})
        return py.Module([*body, *functions, *self.code("blocks = {blocks}", blocks=names)], [])

    def _function(self, name: str, node: t.Any, frame: Frame) -> Code:
        """The function that renders a block, or the template and then the one that it extends."""
        self.line = line = node.lineno or 1
        is_root = isinstance(node, nodes.Template)
        self._block = None if is_root else name
        frame.toplevel = frame.rootlevel = is_root
        frame.require_output_check = extends = is_root and self._extends
        frame.buffer = None if self.streaming else "out"
        frame.scope.scan(node.body)
        start = self.code("parent_template = None") if extends else []
        if not is_root and frame.scope.stores:
            frame.assigned = "_block_vars"
            start = self.code("_block_vars = {}")
        self._dependencies = {}
        body = self.statements(node.body, frame)
        if extends:
            self.line = self._extends_line
            parent = self._render("parent_template", "context", frame)
            body += parent if self._has_known_extends else self._if_extending("is not None", parent)
        self.line = line
        body = [*self._entry(frame.scope), *self._lookups(), *start, *body]
        # `yield from ()` makes a function a generator even if it has no output.
        collecting = frame.buffer is not None
        content = f"{_COLLECTING}    return out" if collecting else "    {body}\n    yield from ()"
        name = "root" if is_root else f"block_{name}"
        return self.code("def {name}(context):\n" + content, name=name, body=body)

    def _lookups(self) -> Code:
        """Fetch the filters and tests that a function needs."""
        result: Code = []
        for (kind, name), ident in self._dependencies.items():
            found = "[{name!r}]"
            if name not in getattr(self.environment, f"{kind}s"):
                # Under a condition: whoever gets there is told.
                found = f".get({{name!r}}) or no_such('{kind}', {{name!r}})"
            result += self.code(f"{{ident}} = environment.{kind}s{found}", ident=ident, name=name)
        return result

    def _entry(self, scope: Scope) -> Code:
        """Give the variables of a scope their first values."""
        found: Code = []
        for ident, (kind, source) in scope.loads.items():
            if kind not in ("param", "offer"):
                value = self._resolve(source or "") if kind == "resolve" else source or "missing"
                found += self.code("{ident} = {value}", ident=ident, value=value)
        return found

    def _resolve(self, name: str) -> t.Any:
        """What a name means that the template has not assigned."""
        if name == "self":
            return self.expression("TemplateReference(context)")
        if name == "super" and self._block is not None:
            block = f"block_{self._block}"
            return self.expression("context.super({name!r}, {block})", name=self._block, block=block)
        self.undeclared.add(name)
        return self.expression("{context}.resolve_or_missing({name!r})", context=self._context, name=name)

    def statements(self, body: t.Iterable[nodes.Node], frame: Frame) -> Code:
        """Translate several statements."""
        result: Code = []
        line = self.line
        for node in body:
            self.line = node.lineno or line
            kind = type(node).__name__
            if kind in _PATTERNS:
                found = self.code(_PATTERNS[kind], **self.fields(node, frame))
            else:
                found = getattr(self, f"visit_{kind}")(node, frame)
            if frame.require_output_check and isinstance(node, nodes.Output):
                # What a template prints by itself is dropped as soon as it extends another one.
                found = [] if self._has_known_extends else self._if_extending("is None", found)
            result += found
        self.line = line
        return result

    # -- output

    def _write(self, value: t.Any, frame: Frame) -> Code:
        """Output one string."""
        append = "append({value})" if frame.buffer == "out" else "{buffer}.append({value})"
        return self.code(append if frame.buffer else "yield {value}", buffer=frame.buffer, value=value)

    def _write_all(self, values: t.Any, frame: Frame) -> Code:
        """Output the strings of an iterable."""
        extend = "yield from {values}" if frame.buffer is None else "{buffer}.extend({values})"
        return self.code(extend, buffer=frame.buffer, values=values)

    def _render(self, template: str, context: t.Any, frame: Frame) -> Code:
        """Output what another template writes."""
        method = "root_render_func" if frame.buffer is None else "render_parts"
        return self._write_all(self.expression(f"{{t}}.{method}({{c}})", t=template, c=context), frame)

    def _result(self, buffer: str, frame: Frame) -> t.Any:
        """What was written to a buffer; markup where output is escaped."""
        return self.escaping(frame, "markup(concat({buffer}))", "concat({buffer})", buffer=buffer)

    def visit_Output(self, node: t.Any, frame: Frame) -> Code:
        """Text and expressions: one f-string, or when streaming one yield for each."""
        parts = [self._part(child, frame) for child in node.nodes]
        pieces = [[part] for part in parts] if frame.buffer is None else [parts]
        return [done for piece in pieces for done in self._write(self.text(piece), frame)]

    def _part(self, node: t.Any, frame: Frame) -> t.Any:
        """A str for what is known now, else the expression for a piece of output."""
        if isinstance(node, nodes.TemplateData):
            return node.data
        self.line = node.lineno or self.line  # where to look if it cannot be made text
        finalize = self.environment.finalize
        if isinstance(node, nodes.Const) and finalize is None and not frame.eval_ctx.volatile:
            return str(escape(node.value) if frame.eval_ctx.autoescape else node.value)
        value = self.expr(node, frame)
        if finalize is not None:
            args = [*self.first_argument(finalize), value]
            value = self.expression("environment.finalize(*{args})", args=args)
        return self.escaping(frame, "html({value})", "{value}", value=value)

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
        if node.scoped and frame.loop_name is not None:
            frame.scope.load("loop")
        context = self.visit_DerivedContextReference(node, frame) if node.scoped else self._context
        call = self.expression("context.blocks[{name!r}][0]({context})", name=node.name, context=context)
        body += self._write_all(call, frame)
        return self._if_extending("is None", body) if frame.toplevel and self._extends_line else body

    def _if_extending(self, test: str, body: Code) -> Code:
        return self.code(f"if parent_template {test}:\n    {{body}}", body=body) if body else []

    def visit_Extends(self, node: t.Any, frame: Frame) -> Code:
        """Remember the parent and stack its blocks below those that are there."""
        if not frame.toplevel:
            self.fail_at("cannot use extend from a non top-level scope", node.lineno)
        body: Code = []
        if self._extends_line:
            again = self.code("raise TemplateRuntimeError('extended multiple times')")
            body = again if self._has_known_extends else self._if_extending("is not None", again)
        extend = f"parent_template = {{template}}\nparent_template.add_blocks(context, {self.streaming})"
        body += self.code(extend, template=self._get_template(node, frame))
        self._has_known_extends = self._has_known_extends or frame.rootlevel
        self._extends_line = node.lineno
        return body

    # -- other templates

    def _get_template(self, node: t.Any, frame: Frame, method: str = "get_template") -> t.Any:
        wanted, get = self.expr(node.template, frame), f"environment.{method}({{wanted}}, {{name!r}})"
        return self.expression(get, wanted=wanted, name=self.template_name)

    def visit_Include(self, node: t.Any, frame: Frame) -> Code:
        """Render another template in place."""
        template = self.temporary()
        is_name = isinstance(getattr(node.template, "value", None), str)
        found = self._get_template(node, frame, "get_template" if is_name else "get_or_select_template")
        load = self.code("{t} = {found}", t=template, found=found)
        if node.with_context:
            write = self._render(template, self._with_variables("{t}.new_context", template, frame), frame)
        else:
            pieces = self.expression("{t}._get_default_module()._body_stream", t=template)
            write = self._write_all(pieces, frame)
        if not node.ignore_missing:
            return [*load, *write]
        guarded = "try:\n    {load}\nexcept TemplateNotFound:\n    pass\nelse:\n    {write}"
        return self.code(guarded, load=load, write=write)

    def _with_variables(self, method: str, template: t.Any, frame: Frame) -> t.Any:
        """A call that hands over everything."""
        local = self.variables(frame.scope.all_stores())
        call = f"{method}({{context}}.get_all(), True, {{local}})"
        return self.expression(call, t=template, context=self._context, local=local)

    def _module(self, node: t.Any, frame: Frame) -> t.Any:
        template = self._get_template(node, frame)
        if node.with_context:
            return self._with_variables("{t}.make_module", template, frame)
        return self.expression("{t}._get_default_module(context)", t=template)

    def visit_Import(self, node: t.Any, frame: Frame) -> Code:
        """`import template as target`; what is imported is not exported again."""
        ident = frame.scope.load(node.target)
        body = self.code("{ident} = {module}", ident=ident, module=self._module(node, frame))
        return body + self._publish({node.target: ident}, frame, exported=False)

    def visit_FromImport(self, node: t.Any, frame: Frame) -> Code:
        """`from template import names`."""
        module = self.temporary()
        body = self.code("{module} = {found}", module=module, found=self._module(node, frame))
        names: dict[str, str] = {}
        for item in node.names:
            name, alias = (item, item) if isinstance(item, str) else item
            names[alias] = frame.scope.load(alias)
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
        """A Python loop; one that is recursive in a function, which `loop(...)` calls again."""
        items = self.expr(node.iter, frame)
        if not node.recursive:
            return self._loop(node, frame, items)
        name = self.temporary("loop")
        scope = Scope(frame.scope, function=True)
        body = self._loop(node, frame.inner(scope, buffer="out"), self.name("reciter"), [name, "depth"])
        source = "def {name}(reciter, depth=0):\n    {entry}\n" + _COLLECTING + "    return {text}"
        entry, text = self._entry(scope), self._result("out", frame)
        found = self.code(source, name=name, entry=entry, body=body, text=text)
        return found + self._write(self.expression("{name}({items})", name=name, items=items), frame)

    def _loop(self, node: t.Any, frame: Frame, iterable: t.Any, recursion: t.Sequence[str] = ()) -> Code:
        """A loop; over a `LoopContext`, which counts what passes the test, if the body needs `loop`."""
        scope = Scope(frame.scope)
        inner = frame.inner(scope, loop_name=scope.offer("loop"))
        if recursion:
            scope.load("loop")
        scope.scan([node.target], as_param=True)
        params = {*scope.stores, "loop"}
        scope.scan(node.body)
        body: Code = []
        if scope.stores - params:
            inner.assigned = "_loop_vars"
            body = self.code("_loop_vars = {}")
        before, content, after = self._rows(node.body, inner) or ([], self.statements(node.body, inner), [])
        target = self.store(node.target, inner)
        extended = scope.kind("loop") == "param"
        if node.test is not None:
            # What is iterated over is evaluated before: Python allows no := in that place.
            source, item = self.temporary(), self.expr(node.target, inner)
            before += self.code("{source} = {iterable}", source=source, iterable=iterable)
            iterable = self.expression("({item} for a in {source})", item=item, source=source)
            iterable.generators[0].target, target = target, self.store(node.target, inner)
            iterable.generators[0].ifs = [self._loop_test(node, inner)]
        if extended:
            create = "{loop} = LoopContext({i}, environment.undefined, *{more})"
            before += self.code(create, loop=inner.loop_name, i=iterable, more=[*map(self.name, recursion)])
            iterable = self.expression("{loop}.steps()", loop=inner.loop_name)
            [pair] = self.code("{loop}.index0, {target} = 0", loop=inner.loop_name, target=target)
            target = pair.targets[0]
        body += [*self._entry(scope), *content]
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
        parts, ctx = body[0].nodes, frame.eval_ctx
        places = [index for index, part in enumerate(parts) if not isinstance(part, nodes.TemplateData)]
        changed = self.environment.finalize is not None or frame.require_output_check
        if changed or not ctx.autoescape or ctx.volatile or len(places) != 1:
            return None
        row = self.expr(parts[places[0]], frame)
        if frame.scope.kind("loop") == "param":
            return None
        # A string or number may be written later; what may change until then is made text now.
        collect = "{vs}.append({v} if type({v} := {row}) is str or type({v}) is int else escape({v}))"
        values, value = self.temporary(), self.temporary()
        texts = ["".join(part.data for part in side) for side in (parts[: places[0]], parts[places[0] + 1 :])]
        write = self.code("write_rows({b}.append, *{texts!r}, {vs})", b=frame.buffer, texts=texts, vs=values)
        return self.code("{vs} = []", vs=values), self.code(collect, vs=values, v=value, row=row), write

    def _loop_test(self, node: t.Any, inner: Frame) -> t.Any:
        """The condition of a loop; it sees the target, but nothing that the body assigns."""
        scope = Scope(inner.scope.parent)
        for name in node.target.walk():
            if isinstance(name, nodes.Name):
                scope.declare_parameter(name.name, inner.scope.refs[name.name])
        scope.scan([node.test])
        return self.expr(node.test, inner.inner(scope))

    def visit_If(self, node: t.Any, frame: Frame) -> Code:
        """`if`, with each `elif` in the `else` of the one before."""
        frame = frame.copy(soft=True, rootlevel=False)
        line = self.line
        start: Code = []
        rest: Code = []
        other = self.statements(node.else_, frame)
        for index, branch in enumerate(reversed([node, *node.elif_]), 1):
            self.line = branch.lineno or line
            body = self.statements(branch.body, frame) or self.code("pass")
            [choice] = self.code("if {test}:\n    {body}", test=self.expr(branch.test, frame), body=body)
            choice.orelse, other = other, [choice]
            if index % 50 == 0:
                # Each elif is one level deeper in Python's tree, which has a limit. So a chain that
                # is very long is cut, and goes on there if nothing was chosen before.
                more = self.temporary()
                rest = self.code("if {more}:\n    {body}", more=more, body=[*start, *other, *rest])
                start, other = (self.code("{more} = {v!r}", more=more, v=value) for value in (False, True))
        self.line = line
        return [*start, *other, *rest]

    # -- macros

    def visit_Macro(self, node: t.Any, frame: Frame) -> Code:
        """Define a macro."""
        ident = frame.scope.load(node.name)
        body = self._macro(node, frame, f"macro_{node.name}", node.name, ident)
        return body + self._publish({node.name: ident}, frame) if frame.toplevel else body

    def visit_CallBlock(self, node: t.Any, frame: Frame) -> Code:
        """Call a macro, or anything, with the body as `caller`."""
        caller = self.temporary()
        body = self._macro(node, frame, self.temporary("call"), None, caller)
        call = self.visit_Call(node.call, frame, caller=self.name(caller))
        return [*body, *self._write(self.text([call]), frame)]

    def _macro(self, node: t.Any, frame: Frame, function: str, name: str | None, ident: str) -> Code:
        """The function of a macro or call block, made a `Macro` that is assigned to `ident`."""
        scope = Scope(frame.scope, function=True)
        inner = frame.inner(scope, require_output_check=False, buffer="out")
        arguments = [arg.name for arg in node.args]
        # What the body reads before anything in it, be it a macro inside, binds that name.
        names = [*nodes.Scope(node.body).find_all(nodes.Name)]
        first = {name.name: name.ctx for name in reversed(names)}
        read = [extra for extra in ("kwargs", "varargs", "caller") if first.get(extra) == "load"]
        if "caller" in read and "caller" in arguments[: len(arguments) - len(node.defaults)]:
            wanted = 'the special "caller" argument must be omitted or be given a default.'
            self.fail_at(f"When defining macros or call blocks {wanted}", node.lineno)
        idents = [None if arg in _RESERVED or _GENERATED.match(arg) else arg for arg in arguments]
        params = [*map(scope.declare_parameter, arguments, idents)]
        renamed = {arg: param for arg, param in zip(arguments, params) if arg != param}
        added = [extra for extra in read if extra not in arguments]
        for extra in added:
            scope.declare_parameter(extra, extra)
        scope.scan([*node.defaults, *node.body])
        body = self._macro_defaults(node, inner, params) + self.statements(node.body, inner)
        if "caller" in added:
            undefined = "environment.undefined('No caller defined', name='caller')"
            body = self.code(f"if caller is None:\n    caller = {undefined}") + body
        # Of what any macro can be called with, what this one wants; its own parameters come before.
        varargs, caller = "varargs" * ("varargs" in added), "caller=None, " * ("caller" in added)
        more = f"*{varargs}, {caller}t_safe=False{', **kwargs' * ('kwargs' in added)}"
        found = self.code(_MACRO % more, function=function, entry=self._entry(scope), body=body)
        found[0].args.args = [self.at(py.arg(param, None)) for param in params]
        found[0].args.defaults = [*map(self.name, ["missing"] * len(params))]
        about = (name, tuple(arguments), "kwargs" in added, "varargs" in added, "caller" in read)
        make = "{ident} = Macro({function}, *{about!r}, context.eval_ctx.autoescape, renamed={renamed!r})"
        return found + self.code(make, ident=ident, function=function, about=about, renamed=renamed or None)

    def _macro_defaults(self, node: t.Any, frame: Frame, params: list[str]) -> Code:
        """Give each parameter that was left out its default, which may use those before it."""
        body: Code = []
        scope = frame.scope
        scope.loads.update(dict.fromkeys(params, ("missing", None)))
        defaults = [None] * (len(params) - len(node.defaults)) + node.defaults
        for arg, param, default in zip(node.args, params, defaults):
            if default is None:
                message = f"parameter {arg.name!r} was not provided"
                value = self.expression("environment.undefined({m!r}, name={n!r})", m=message, n=arg.name)
            else:
                value = self.expr(default, frame)
            body += self.code("if {p} is missing:\n    {p} = {value}", p=param, value=value)
            scope.loads[param] = "param", None
        return body

    # -- bodies with variables of their own

    def _scoped(self, body: Code, frame: Frame, scope: t.Any = None, **changes: t.Any) -> tuple[Frame, Code]:
        """A body in a scope of its own, and the frame it had."""
        inner = frame.inner(scope or Scope(frame.scope), **changes)
        inner.scope.scan(body)
        content = self.statements(body, inner)
        return inner, [*self._entry(inner.scope), *content] or self.code("pass")

    def _captured(self, node: t.Any, frame: Frame) -> tuple[Code, t.Any]:
        """The statements that capture a body, and the expression for its filtered text."""
        buffer = self.temporary()
        inner, body = self._scoped(node.body, frame, buffer=buffer)
        text = self._result(buffer, frame)
        if node.filter is not None:
            text = self.visit_Filter(node.filter, inner, text)
        return [*self.code("{buffer} = []", buffer=buffer), *body], text

    def visit_FilterBlock(self, node: t.Any, frame: Frame) -> Code:
        """`filter`."""
        body, text = self._captured(node, frame)
        return body + self._write(self.text([text]), frame)

    def visit_AssignBlock(self, node: t.Any, frame: Frame) -> Code:
        """`set` with a body."""
        # What is captured is not printed, so it may stand in a template that extends.
        body, text = self._captured(node, frame.copy(require_output_check=False))
        if node.filter is not None:
            text = self.escaping(frame, "Markup({text})", "{text}", text=text)
        return [*body, *self._assignment(node.target, text, frame)]

    def visit_Assign(self, node: t.Any, frame: Frame) -> Code:
        """`set target = value`."""
        body: Code = []
        spaces = dict.fromkeys(part.name for part in node.target.walk() if isinstance(part, nodes.NSRef))
        if spaces:
            namespaces = [self.name(frame.scope.load(name)) for name in spaces]
            body = self.code("must_be_namespace(*{namespaces})", namespaces=namespaces)
        return [*body, *self._assignment(node.target, self.expr(node.node, frame), frame)]

    def _assignment(self, target: t.Any, value: t.Any, frame: Frame) -> Code:
        """`target = value`; the top level, loops and blocks also note it for those who ask."""
        names = sorted(part.name for part in target.walk() if isinstance(part, nodes.Name))
        body = self.code("{target} = {value}", target=self.store(target, frame), value=value)
        return body + self._publish({name: frame.scope.load(name) for name in names}, frame)

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
        derived, overlay = self.visit_DerivedContextReference(node, frame), self.expr(node.context, frame)
        derive = "{context} = {derived}\n{context}.vars = {overlay}"
        body = self.code(derive, context=context, derived=derived, overlay=overlay)
        # Nothing is known of the names around it: any of them may be in the mapping.
        scope = Scope(frame.scope, function=True)
        scope.chain = (scope,)
        outer, self._context = self._context, context
        body += self._scoped(node.body, frame, scope)[1]
        self._context = outer
        return body

    # -- the eval context

    def visit_EvalContextModifier(self, node: t.Any, frame: Frame) -> Code:
        """Change the eval context now, if the value is known, and at run time."""
        body: Code = []
        for option in node.options:
            change = f"context.eval_ctx.{option.key} = {{value}}"
            body += self.code(change, value=self.expr(option.value, frame))
            if isinstance(option.value, nodes.Const):
                setattr(frame.eval_ctx, option.key, option.value.value)
            else:
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

"""Tokens to nodes, by recursive descent: one method a tag, one a level of expressions.

The rule: a method is entered with the stream at its first token and left with the stream behind
its last one. Tags are found by name (`parse_for`, `parse_block`, ...), then in the extensions.
Binary operators are a table of levels that one loop climbs. Methods bear Jinja's names, since
extensions parse their tags with them.
"""

from __future__ import annotations

from . import nodes
from .errors import TemplateAssertionError, TemplateSyntaxError
from .lexer import describe_token, describe_token_expr

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t

    from .environment import Environment

#: Tags that the parser knows itself, and the methods for them.
STATEMENTS = {
    name: f"parse_{name}"
    for name in ("for if block extends print macro include from import set with autoescape".split())
}
STATEMENTS.update(call="parse_call_block", filter="parse_filter_block")

#: Arithmetic, from the loosest level to the tightest; `~` takes any number of operands.
BINARY: dict[str, tuple[int, type[nodes.Expr]]] = {
    "add": (1, nodes.Add),
    "sub": (1, nodes.Sub),
    "tilde": (2, nodes.Concat),
    "mul": (3, nodes.Mul),
    "div": (3, nodes.Div),
    "floordiv": (3, nodes.FloorDiv),
    "mod": (3, nodes.Mod),
    "pow": (4, nodes.Pow),
}
COMPARE = frozenset(["eq", "ne", "lt", "lteq", "gt", "gteq"])
CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}

#: Tokens that may begin the argument of a test without parentheses: `x is divisibleby 3`.
_TEST_ARGUMENT = frozenset(["name", "string", "integer", "float", "lparen", "lbracket", "lbrace"])


class Parser:
    """Parses one template, or for an extension one tag of it."""

    def __init__(
        self,
        environment: Environment,
        source: str,
        name: str | None = None,
        filename: str | None = None,
        state: str | None = None,
    ) -> None:
        self.environment = environment
        self.stream = environment._tokenize(source, name, filename, state)
        self.name = name
        self.filename = filename
        self.closed = False
        self.extensions: dict[str, c.Callable[[Parser], t.Any]] = {}
        for extension in environment.iter_extensions():
            for tag in extension.tags:
                self.extensions[tag] = extension.parse
        self._last_identifier = 0
        self._tag_stack: list[str] = []
        self._end_token_stack: list[tuple[str, ...]] = []

    # -- errors

    def fail(
        self, msg: str, lineno: int | None = None, exc: type[TemplateSyntaxError] = TemplateSyntaxError
    ) -> t.NoReturn:
        """Raise `exc` for this line, or the current one."""
        line = self.stream.current.lineno if lineno is None else lineno
        raise exc(msg, line, self.name, self.filename)

    def fail_unknown_tag(self, name: str, lineno: int | None = None) -> t.NoReturn:
        """Complain about a tag that nobody parses, or that ends something else."""
        message = f"Encountered unknown tag {name!r}."
        expected = {describe_token_expr(expr) for exprs in self._end_token_stack for expr in exprs}
        if name in expected:
            message += (
                " You probably made a nesting mistake. Jinja is expecting this tag, but currently"
                f" looking for {self._wanted(self._end_token_stack)}."
            )
        elif self._end_token_stack:
            message += self._looking_for(self._end_token_stack)
        if not expected & {name}:
            message += self._nearest_tag(name)
        self.fail(message + self._innermost(), lineno)

    def fail_eof(self, end_tokens: tuple[str, ...] | None = None, lineno: int | None = None) -> t.NoReturn:
        """Complain that the template ends inside a tag's body."""
        stack = self._end_token_stack + ([] if end_tokens is None else [end_tokens])
        message = "Unexpected end of template."
        if stack:
            message += self._looking_for(stack)
        self.fail(message + self._innermost(), lineno)

    @staticmethod
    def _wanted(stack: list[tuple[str, ...]]) -> str:
        return " or ".join(repr(describe_token_expr(expr)) for expr in stack[-1])

    def _looking_for(self, stack: list[tuple[str, ...]]) -> str:
        return f" Jinja was looking for the following tags: {self._wanted(stack)}."

    def _innermost(self) -> str:
        if not self._tag_stack:
            return ""
        return f" The innermost block that needs to be closed is {self._tag_stack[-1]!r}."

    def _nearest_tag(self, name: str) -> str:
        from difflib import get_close_matches  # for this message only

        near = get_close_matches(name, [*STATEMENTS, *self.extensions], 1, 0.75)
        return f" Did you mean {near[0]!r}?" if near else ""

    # -- statements

    def parse(self) -> nodes.Template:
        """Parse a whole template."""
        return nodes.Template(self.subparse(), lineno=1, environment=self.environment)

    def free_identifier(self, lineno: int | None = None) -> nodes.InternalName:
        """Return a new variable for generated code, out of reach for templates."""
        self._last_identifier += 1
        node = object.__new__(nodes.InternalName)
        nodes.Node.__init__(node, f"fi{self._last_identifier}", lineno=lineno)
        return node

    def subparse(self, end_tokens: tuple[str, ...] | None = None) -> list[nodes.Node]:
        """Parse text and tags until a tag that begins with one of the end tokens."""
        body: list[nodes.Node] = []
        output: list[nodes.Node] = []
        stream = self.stream
        if end_tokens is not None:
            self._end_token_stack.append(end_tokens)
        while (token := stream.current).type != "eof":
            if token.type == "data":
                output.append(nodes.TemplateData(token.value, lineno=token.lineno))
                next(stream)
            elif token.type == "variable_begin":
                next(stream)
                output.append(self.parse_tuple())
                stream.expect("variable_end")
            else:
                next(stream)
                if output:
                    body.append(nodes.Output(output, lineno=output[0].lineno))
                    output = []
                if end_tokens is not None and stream.current.test_any(*end_tokens):
                    break
                self._add_statement(body)
        if output:
            body.append(nodes.Output(output, lineno=output[0].lineno))
        if end_tokens is not None:
            self._end_token_stack.pop()
        return body

    def _add_statement(self, body: list[nodes.Node]) -> None:
        node = self.parse_statement()
        if isinstance(node, list):
            body.extend(node)
        else:
            body.append(node)
        self.stream.expect("block_end")

    def parse_statement(self) -> t.Any:
        """Parse one tag, whose name is the current token; extensions may return several nodes."""
        token = self.stream.current
        if token.type != "name":
            self.fail("tag name expected", token.lineno)
        name = token.value
        parse: c.Callable[[], t.Any]
        if name in STATEMENTS:
            parse = getattr(self, STATEMENTS[name])
        elif name in self.extensions:
            extension = self.extensions[name]
            parse = lambda: extension(self)
        else:
            self.fail_unknown_tag(name, token.lineno)
        self._tag_stack.append(name)
        node = parse()
        self._tag_stack.pop()
        return node

    def parse_statements(self, end_tokens: tuple[str, ...], drop_needle: bool = False) -> list[nodes.Node]:
        """Parse a tag's body, from the end of the opening tag up to one of the end tokens.

        The stream is left at that token, or behind it with `drop_needle`.
        """
        self.stream.skip_if("colon")  # {% if x: %} is how Python would have it
        self.stream.expect("block_end")
        body = self.subparse(end_tokens)
        if self.stream.current.type == "eof":
            self.fail_eof(end_tokens)
        if drop_needle:
            next(self.stream)
        return body

    def parse_set(self) -> nodes.Assign | nodes.AssignBlock:
        """`set target = expr`, or `set target` and a body."""
        lineno = next(self.stream).lineno
        target = self.parse_assign_target(with_namespace=True)
        if self.stream.skip_if("assign"):
            return nodes.Assign(target, self.parse_tuple(), lineno=lineno)
        filter_node = self.parse_filter(None)
        body = self.parse_statements(("name:endset",), drop_needle=True)
        return nodes.AssignBlock(target, filter_node, body, lineno=lineno)

    def parse_for(self) -> nodes.For:
        """`for target in iter if test recursive`."""
        lineno = self.stream.expect("name:for").lineno
        target = self.parse_assign_target(extra_end_rules=("name:in",))
        self.stream.expect("name:in")
        iterable = self.parse_tuple(with_condexpr=False, extra_end_rules=("name:recursive",))
        test = self.parse_expression() if self.stream.skip_if("name:if") else None
        recursive = self.stream.skip_if("name:recursive")
        body = self.parse_statements(("name:endfor", "name:else"))
        else_: list[nodes.Node] = []
        if next(self.stream).value == "else":
            else_ = self.parse_statements(("name:endfor",), drop_needle=True)
        return nodes.For(target, iterable, body, else_, test, recursive, lineno=lineno)

    def parse_if(self) -> nodes.If:
        """`if test`, any number of `elif test`, `else`."""
        lineno = self.stream.expect("name:if").lineno
        result = node = nodes.If(None, [], [], [], lineno=lineno)
        while True:
            node.test = self.parse_tuple(with_condexpr=False)
            node.body = self.parse_statements(("name:elif", "name:else", "name:endif"))
            token = next(self.stream)
            if token.value == "elif":
                node = nodes.If(None, [], [], [], lineno=token.lineno)
                result.elif_.append(node)
                continue
            if token.value == "else":
                result.else_ = self.parse_statements(("name:endif",), drop_needle=True)
            return result

    def parse_with(self) -> nodes.With:
        """`with target = value, ...`."""
        node = nodes.With([], [], [], lineno=next(self.stream).lineno)
        while self.stream.current.type != "block_end":
            if node.targets:
                self.stream.expect("comma")
            node.targets.append(self.parse_assign_target().set_ctx("param"))
            self.stream.expect("assign")
            node.values.append(self.parse_expression())
        node.body = self.parse_statements(("name:endwith",), drop_needle=True)
        return node

    def parse_autoescape(self) -> nodes.Scope:
        """`autoescape expr`."""
        lineno = next(self.stream).lineno
        options = [nodes.Keyword("autoescape", self.parse_expression(), lineno=lineno)]
        body = self.parse_statements(("name:endautoescape",), drop_needle=True)
        modifier = nodes.ScopedEvalContextModifier(options, body, lineno=lineno)
        return nodes.Scope([modifier], lineno=lineno)

    def parse_block(self) -> nodes.Block:
        """`block name scoped required`."""
        lineno = next(self.stream).lineno
        name = self.stream.expect("name").value
        scoped = self.stream.skip_if("name:scoped")
        required = self.stream.skip_if("name:required")
        if self.stream.current.type == "sub":
            self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain"
                " hyphens, use an underscore instead."
            )
        body = self.parse_statements(("name:endblock",), drop_needle=True)
        if required and not all(map(_is_blank, body)):
            self.fail("Required blocks can only contain comments or whitespace")
        self.stream.skip_if(f"name:{name}")
        return nodes.Block(name, body, scoped, required, lineno=lineno)

    def parse_extends(self) -> nodes.Extends:
        """`extends template`."""
        lineno = next(self.stream).lineno
        return nodes.Extends(self.parse_expression(), lineno=lineno)

    def parse_import_context(self, node: t.Any, default: bool) -> t.Any:
        """Set `with_context` from a trailing `with context` or `without context`."""
        node.with_context = default
        if self.stream.current.test_any("name:with", "name:without"):
            if self.stream.look().test("name:context"):
                node.with_context = next(self.stream).value == "with"
                self.stream.skip()
        return node

    def parse_include(self) -> nodes.Include:
        """`include template ignore missing with context`."""
        node = nodes.Include(lineno=next(self.stream).lineno)
        node.template = self.parse_expression()
        current = self.stream.current
        node.ignore_missing = current.test("name:ignore") and self.stream.look().test("name:missing")
        if node.ignore_missing:
            self.stream.skip(2)
        return self.parse_import_context(node, True)  # type: ignore[no-any-return]

    def parse_import(self) -> nodes.Import:
        """`import template as target with context`."""
        node = nodes.Import(lineno=next(self.stream).lineno)
        node.template = self.parse_expression()
        self.stream.expect("name:as")
        node.target = self.parse_assign_target(name_only=True).name
        return self.parse_import_context(node, False)  # type: ignore[no-any-return]

    def parse_from(self) -> nodes.FromImport:
        """`from template import name as alias, ... with context`."""
        node = nodes.FromImport(lineno=next(self.stream).lineno)
        node.template = self.parse_expression()
        self.stream.expect("name:import")
        node.names = []
        while not self._at_context():
            node.names.append(self._parse_imported_name())
            if self._at_context() or not self.stream.skip_if("comma"):
                break
        if not node.names and not self._at_context():
            self.stream.expect("name")
        return self.parse_import_context(node, False)  # type: ignore[no-any-return]

    def _at_context(self) -> bool:
        current = self.stream.current
        return current.test_any("name:with", "name:without") and self.stream.look().test("name:context")

    def _parse_imported_name(self) -> str | tuple[str, str]:
        target = self.parse_assign_target(name_only=True)
        if target.name.startswith("_"):
            self.fail(
                "names starting with an underline can not be imported",
                target.lineno,
                exc=TemplateAssertionError,
            )
        if self.stream.skip_if("name:as"):
            return target.name, self.parse_assign_target(name_only=True).name
        return target.name  # type: ignore[no-any-return]

    def parse_signature(self, node: t.Any) -> None:
        """Set `args` and `defaults` from the parentheses of a macro or call block."""
        node.args, node.defaults = [], []
        self.stream.expect("lparen")
        while self.stream.current.type != "rparen":
            if node.args:
                self.stream.expect("comma")
            arg = self.parse_assign_target(name_only=True).set_ctx("param")
            if any(other.name == arg.name for other in node.args):
                self.fail(f"argument {arg.name!r} defined twice", arg.lineno)
            if self.stream.skip_if("assign"):
                node.defaults.append(self.parse_expression())
            elif node.defaults:
                self.fail("non-default argument follows default argument")
            node.args.append(arg)
        self.stream.expect("rparen")

    def parse_call_block(self) -> nodes.CallBlock:
        """`call(args) expr`."""
        node = nodes.CallBlock(None, [], [], [], lineno=next(self.stream).lineno)
        if self.stream.current.type == "lparen":
            self.parse_signature(node)
        node.call = self.parse_expression()
        if not isinstance(node.call, nodes.Call):
            self.fail("expected call", node.lineno)
        node.body = self.parse_statements(("name:endcall",), drop_needle=True)
        return node

    def parse_filter_block(self) -> nodes.FilterBlock:
        """`filter name(args)|...`."""
        lineno = next(self.stream).lineno
        filter_node = self.parse_filter(None, start_inline=True)
        body = self.parse_statements(("name:endfilter",), drop_needle=True)
        return nodes.FilterBlock(body, filter_node, lineno=lineno)

    def parse_macro(self) -> nodes.Macro:
        """`macro name(args)`."""
        node = nodes.Macro(lineno=next(self.stream).lineno)
        node.name = self.parse_assign_target(name_only=True).name
        self.parse_signature(node)
        node.body = self.parse_statements(("name:endmacro",), drop_needle=True)
        return node

    def parse_print(self) -> nodes.Output:
        """`print expr, ...`."""
        node = nodes.Output([], lineno=next(self.stream).lineno)
        while self.stream.current.type != "block_end":
            if node.nodes:
                self.stream.expect("comma")
            node.nodes.append(self.parse_expression())
        return node

    def parse_assign_target(
        self,
        with_tuple: bool = True,
        name_only: bool = False,
        extra_end_rules: tuple[str, ...] | None = None,
        with_namespace: bool = False,
    ) -> t.Any:
        """Parse what may stand on the left of `=`: a name, a tuple, a namespace's attribute."""
        if name_only:
            token = self.stream.expect("name")
            target: nodes.Expr = nodes.Name(token.value, "store", lineno=token.lineno)
        elif with_tuple:
            target = self.parse_tuple(
                simplified=True, extra_end_rules=extra_end_rules, with_namespace=with_namespace
            )
            target.set_ctx("store")
        else:
            target = self.parse_primary(with_namespace=with_namespace)
            target.set_ctx("store")
        if not target.can_assign():
            self.fail(f"can't assign to {type(target).__name__.lower()!r}", target.lineno)
        return target

    # -- expressions

    def parse_expression(self, with_condexpr: bool = True) -> nodes.Expr:
        """Parse one expression, a conditional one only if allowed."""
        return self.parse_condexpr() if with_condexpr else self.parse_or()

    def parse_condexpr(self) -> nodes.Expr:
        """`a if test else b`."""
        lineno = self.stream.current.lineno
        node = self.parse_or()
        while self.stream.current.value == "if" and self.stream.skip_if("name:if"):
            test = self.parse_or()
            other = self.parse_condexpr() if self.stream.skip_if("name:else") else None
            node = nodes.CondExpr(test, node, other, lineno=lineno)
            lineno = self.stream.current.lineno
        return node

    def parse_or(self) -> nodes.Expr:
        """`a or b`."""
        lineno = self.stream.current.lineno
        left = self.parse_and()
        while self.stream.current.value == "or" and self.stream.skip_if("name:or"):
            left = nodes.Or(left, self.parse_and(), lineno=lineno)
        return left

    def parse_and(self) -> nodes.Expr:
        """`a and b`."""
        lineno = self.stream.current.lineno
        left = self.parse_not()
        while self.stream.current.value == "and" and self.stream.skip_if("name:and"):
            left = nodes.And(left, self.parse_not(), lineno=lineno)
        return left

    def parse_not(self) -> nodes.Expr:
        """`not a`."""
        if self.stream.current.value == "not" and self.stream.current.type == "name":
            lineno = next(self.stream).lineno
            return nodes.Not(self.parse_not(), lineno=lineno)
        return self.parse_compare()

    def parse_compare(self) -> nodes.Expr:
        """`a < b <= c`, `a in b`, `a not in b`."""
        stream = self.stream
        lineno = stream.current.lineno
        expr = self.parse_binary()
        ops: list[nodes.Operand] = []
        while True:
            token = stream.current
            if token.type in COMPARE:
                op = token.type
            elif token.type != "name":
                break
            elif token.value == "in":
                op = "in"
            elif token.value == "not" and stream.look().test("name:in"):
                next(stream)
                op = "notin"
            else:
                break
            next(stream)
            ops.append(nodes.Operand(op, self.parse_binary(), lineno=token.lineno))
        return nodes.Compare(expr, ops, lineno=lineno) if ops else expr

    def parse_binary(self, level: int = 1) -> nodes.Expr:
        """Arithmetic whose operators are at least this tight; see `BINARY`."""
        stream = self.stream
        lineno = stream.current.lineno
        left = self.parse_unary()
        while (operator := BINARY.get(stream.current.type)) is not None and operator[0] >= level:
            tighter, cls = operator[0] + 1, operator[1]
            next(stream)
            right = self.parse_binary(tighter)
            if cls is not nodes.Concat:
                left = cls(left, right, lineno=lineno)
                continue
            parts = [left, right]
            while stream.current.type == "tilde":
                next(stream)
                parts.append(self.parse_binary(tighter))
            left = nodes.Concat(parts, lineno=lineno)
        return left

    def parse_unary(self, with_filter: bool = True) -> nodes.Expr:
        """`-a`, `+a`, or a value; with what follows it: `.b`, `[c]`, `(d)`, `|e`, `is f`."""
        token = self.stream.current
        node: nodes.Expr
        if token.type in ("sub", "add"):
            next(self.stream)
            cls = nodes.Neg if token.type == "sub" else nodes.Pos
            node = cls(self.parse_unary(False), lineno=token.lineno)
        else:
            node = self.parse_primary()
        node = self.parse_postfix(node)
        return self.parse_filter_expr(node) if with_filter else node

    def parse_primary(self, with_namespace: bool = False) -> nodes.Expr:
        """A name, a literal, or an expression in parentheses."""
        stream = self.stream
        token = stream.current
        if token.type == "lbracket":
            return self.parse_list()
        if token.type == "lbrace":
            return self.parse_dict()
        next(stream)
        if token.type == "name":
            if token.value in CONSTANTS:
                return nodes.Const(CONSTANTS[token.value], lineno=token.lineno)
            if with_namespace and stream.skip_if("dot"):
                attr = stream.expect("name").value
                return nodes.NSRef(token.value, attr, lineno=token.lineno)
            return nodes.Name(token.value, "load", lineno=token.lineno)
        if token.type == "string":
            text = token.value
            while stream.current.type == "string":
                text += next(stream).value
            return nodes.Const(text, lineno=token.lineno)
        if token.type in ("integer", "float"):
            return nodes.Const(token.value, lineno=token.lineno)
        if token.type == "lparen":
            node = self.parse_tuple(explicit_parentheses=True)
            stream.expect("rparen")
            return node
        self.fail(f"unexpected {describe_token(token)!r}", token.lineno)

    def is_tuple_end(self, extra_end_rules: tuple[str, ...] | None = None) -> bool:
        """Can nothing more of a tuple follow?"""
        current = self.stream.current
        if current.type in ("variable_end", "block_end", "rparen"):
            return True
        return extra_end_rules is not None and current.test_any(*extra_end_rules)

    def parse_tuple(
        self,
        simplified: bool = False,
        with_condexpr: bool = True,
        extra_end_rules: tuple[str, ...] | None = None,
        explicit_parentheses: bool = False,
        with_namespace: bool = False,
    ) -> nodes.Expr:
        """Parse expressions between commas; one without a comma is returned as it is.

        `simplified` allows names and literals only, as in targets. An empty tuple is only
        understood with `explicit_parentheses`.
        """
        stream = self.stream
        lineno = stream.current.lineno
        items: list[nodes.Expr] = []
        is_tuple = False
        while not self.is_tuple_end(extra_end_rules):
            if simplified:
                items.append(self.parse_primary(with_namespace=with_namespace))
            else:
                items.append(self.parse_expression(with_condexpr=with_condexpr))
            if stream.current.type != "comma":
                break
            is_tuple = True
            next(stream)
        if items and not is_tuple:
            return items[0]
        if not items and not explicit_parentheses:
            self.fail(f"Expected an expression, got {describe_token(stream.current)!r}")
        return nodes.Tuple(items, "load", lineno=lineno)

    def _parse_items(self, end: str, parse: c.Callable[[], t.Any]) -> tuple[list[t.Any], int]:
        """What stands between brackets, a trailing comma allowed; and the line of the first."""
        lineno = next(self.stream).lineno
        items: list[t.Any] = []
        while self.stream.current.type != end:
            if items:
                self.stream.expect("comma")
                if self.stream.current.type == end:
                    break
            items.append(parse())
        next(self.stream)
        return items, lineno

    def parse_list(self) -> nodes.List:
        """`[a, b]`."""
        items, lineno = self._parse_items("rbracket", self.parse_expression)
        return nodes.List(items, lineno=lineno)

    def parse_dict(self) -> nodes.Dict:
        """`{a: b}`."""
        items, lineno = self._parse_items("rbrace", self._parse_pair)
        return nodes.Dict(items, lineno=lineno)

    def _parse_pair(self) -> nodes.Pair:
        key = self.parse_expression()
        self.stream.expect("colon")
        return nodes.Pair(key, self.parse_expression(), lineno=key.lineno)

    def parse_postfix(self, node: nodes.Expr) -> nodes.Expr:
        """Attributes, subscripts and calls."""
        while True:
            type_ = self.stream.current.type
            if type_ in ("dot", "lbracket"):
                node = self.parse_subscript(node)
            elif type_ == "lparen":
                node = self.parse_call(node)
            else:
                return node

    def parse_filter_expr(self, node: nodes.Expr) -> nodes.Expr:
        """Filters, tests, and calls of what they return."""
        while True:
            token = self.stream.current
            if token.type == "pipe":
                node = self.parse_filter(node)
            elif token.type == "name" and token.value == "is":
                node = self.parse_test(node)
            elif token.type == "lparen":
                node = self.parse_call(node)
            else:
                return node

    def parse_subscript(self, node: nodes.Expr) -> nodes.Expr:
        """`.name`, `.0` or `[...]`."""
        token = next(self.stream)
        if token.type == "dot":
            attr = next(self.stream)
            if attr.type == "name":
                return nodes.Getattr(node, attr.value, "load", lineno=token.lineno)
            if attr.type != "integer":
                self.fail("expected name or number", attr.lineno)
            arg: nodes.Expr = nodes.Const(attr.value, lineno=attr.lineno)
            return nodes.Getitem(node, arg, "load", lineno=token.lineno)
        args: list[nodes.Expr] = []
        while self.stream.current.type != "rbracket":
            if args:
                self.stream.expect("comma")
            args.append(self.parse_subscribed())
        next(self.stream)
        arg = args[0] if len(args) == 1 else nodes.Tuple(args, "load", lineno=token.lineno)
        return nodes.Getitem(node, arg, "load", lineno=token.lineno)

    def parse_subscribed(self) -> nodes.Expr:
        """An index or a slice."""
        stream = self.stream
        lineno = stream.current.lineno
        if stream.current.type != "colon":
            node = self.parse_expression()
            if stream.current.type != "colon":
                return node
        else:
            node = None  # type: ignore[assignment]
        parts: list[nodes.Expr | None] = [node]
        while stream.current.type == "colon" and len(parts) < 3:
            next(stream)
            empty = stream.current.type in ("colon", "rbracket", "comma")
            parts.append(None if empty else self.parse_expression())
        return nodes.Slice(*parts, *[None] * (3 - len(parts)), lineno=lineno)

    def parse_call_args(self) -> tuple[list[t.Any], list[t.Any], t.Any, t.Any]:
        """`(a, b, c=d, *e, **f)`, in that order, as (args, kwargs, dyn_args, dyn_kwargs)."""
        stream = self.stream
        lineno = stream.expect("lparen").lineno
        args: list[t.Any] = []
        kwargs: list[t.Any] = []
        dyn_args = dyn_kwargs = None
        comma = False
        while stream.current.type != "rparen":
            if comma:
                stream.expect("comma")
                if stream.current.type == "rparen":
                    break
            comma = True
            token = stream.current
            if token.type == "mul":
                allowed = dyn_args is None and dyn_kwargs is None
                next(stream)
                dyn_args = self.parse_expression()
            elif token.type == "pow":
                allowed = dyn_kwargs is None
                next(stream)
                dyn_kwargs = self.parse_expression()
            elif token.type == "name" and stream.look().type == "assign":
                allowed = dyn_kwargs is None
                stream.skip(2)
                kwargs.append(nodes.Keyword(token.value, self.parse_expression(), lineno=token.lineno))
            else:
                allowed = dyn_args is None and dyn_kwargs is None and not kwargs
                args.append(self.parse_expression())
            if not allowed:
                self.fail("invalid syntax for function call expression", lineno)
        next(stream)
        return args, kwargs, dyn_args, dyn_kwargs

    def parse_call(self, node: nodes.Expr) -> nodes.Call:
        """A call of `node`."""
        lineno = self.stream.current.lineno
        return nodes.Call(node, *self.parse_call_args(), lineno=lineno)

    def _parse_dotted_name(self) -> str:
        name: str = self.stream.expect("name").value
        while self.stream.skip_if("dot"):
            name += "." + self.stream.expect("name").value
        return name

    def parse_filter(self, node: nodes.Expr | None, start_inline: bool = False) -> t.Any:
        """`|name(args)|...`; `start_inline` when the first `|` is not written."""
        stream = self.stream
        while stream.current.type == "pipe" or start_inline:
            if not start_inline:
                next(stream)
            start_inline = False
            lineno = stream.current.lineno
            name = self._parse_dotted_name()
            args: t.Any = ([], [], None, None)
            if stream.current.type == "lparen":
                args = self.parse_call_args()
            node = nodes.Filter(node, name, *args, lineno=lineno)
        return node

    def parse_test(self, node: nodes.Expr) -> nodes.Expr:
        """`is name`, `is not name`, with arguments in parentheses or one without."""
        stream = self.stream
        lineno = next(stream).lineno
        negated = stream.skip_if("name:not")
        name = self._parse_dotted_name()
        args: t.Any = ([], [], None, None)
        token = stream.current
        if token.type == "lparen":
            args = self.parse_call_args()
        elif token.type in _TEST_ARGUMENT and not token.test_any("name:else", "name:or", "name:and"):
            if token.test("name:is"):
                self.fail("You cannot chain multiple tests with is")
            args[0].append(self.parse_postfix(self.parse_primary()))
        node = nodes.Test(node, name, *args, lineno=lineno)
        return nodes.Not(node, lineno=lineno) if negated else node


def _is_blank(node: nodes.Node) -> bool:
    """Is this output of nothing but white space?"""
    return isinstance(node, nodes.Output) and all(
        isinstance(part, nodes.TemplateData) and part.data.isspace() for part in node.nodes
    )

"""Tokens to nodes, by recursive descent: one method a tag, one a level of expressions.

The rule: a method is entered with the stream at its first token, which for a tag is its name, and
left with the stream behind its last one. Tags are found by name (`parse_for`, `parse_block`, ...),
then in the extensions. Operators are a table of levels that one loop climbs. Methods bear Jinja's
names, since extensions parse their tags with them.
"""

from __future__ import annotations

from functools import partialmethod

from . import nodes
from .errors import TemplateAssertionError, TemplateSyntaxError
from .lexer import MOST_NESTED, describe_token, describe_token_expr
from .utils import nearest, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Str = t.Optional[str]
    Ends = t.Optional[tuple[str, ...]]

#: Tags that the parser knows itself, and the methods for them.
_TAGS = words("for if block extends print macro include from import set with autoescape")
STATEMENTS = {name: f"parse_{name}" for name in _TAGS}
STATEMENTS.update(call="parse_call_block", filter="parse_filter_block")

#: The levels of binary operators, from the loosest to the tightest, and who is on which: by the
#: type of the token, or for words by their text.
_LEVELS = words("or and compare math1 concat math2 pow")
_COMPARISON = (2, nodes.Compare)
_SIGNS: dict[str, tuple[int, t.Any]] = {
    **dict.fromkeys(nodes.COMPARISONS, _COMPARISON), "add": (3, nodes.Add), "sub": (3, nodes.Sub),
    "tilde": (4, nodes.Concat), "mul": (5, nodes.Mul), "div": (5, nodes.Div), "floordiv": (5, nodes.FloorDiv),
    "mod": (5, nodes.Mod), "pow": (6, nodes.Pow),
}  # fmt: skip
_WORDS: dict[str, t.Any] = {"or": (0, nodes.Or), "and": (1, nodes.And), "in": _COMPARISON, "not": _COMPARISON}

_PREFIXES: dict[str, t.Any] = {"sub": nodes.Neg, "add": nodes.Pos}
_SUFFIXES = {"pipe": "parse_filter", "lparen": "parse_call", "name": "parse_test"}
#: Tokens that may begin the argument of a test without parentheses: `x is divisibleby 3`.
_TEST_ARGUMENT = frozenset(["name", "string", "integer", "float", "lparen", "lbracket", "lbrace"])
_CONTEXT = ("name:with", "name:without")
_TUPLE_ENDS = frozenset(["variable_end", "block_end", "rparen"])


class Parser:
    """Parses one template, or for an extension one tag of it."""

    def __init__(
        self, environment: t.Any, source: str, name: Str = None, filename: Str = None, state: Str = None
    ) -> None:
        self.environment = environment
        self.stream: t.Any = environment._tokenize(source, name, filename, state)
        self.name, self.filename = name, filename
        self.extensions: dict[str, t.Callable[[Parser], t.Any]] = {}
        for extension in environment.iter_extensions():
            self.extensions.update(dict.fromkeys(extension.tags, extension.parse))
        self._last_identifier = 0
        self._tag_stack: list[str] = []
        self._end_token_stack: list[tuple[str, ...]] = []

    # -- errors

    def fail(self, msg: str, lineno: int | None = None, exc: t.Any = TemplateSyntaxError) -> t.NoReturn:
        """Raise `exc` for this line, or the current one."""
        raise exc(msg, self.stream.current.lineno if lineno is None else lineno, self.name, self.filename)

    def fail_unknown_tag(self, name: str, lineno: int | None = None) -> t.NoReturn:
        """Complain about a tag that nobody parses, or that ends something else; or about the end."""
        message = f"Encountered unknown tag {name!r}." if name else "Unexpected end of template."
        expected = [[describe_token_expr(expr) for expr in exprs] for exprs in self._end_token_stack]
        why = "You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for"
        if expected:
            looking = why if name in sum(expected, []) else "Jinja was looking for the following tags:"
            message += f" {looking} {' or '.join(map(repr, expected[-1]))}."
        if self._tag_stack:
            message += f" The innermost block that needs to be closed is {self._tag_stack[-1]!r}."
        if name and not name.startswith("end"):
            message += nearest(name, [*STATEMENTS, *self.extensions])
        self.fail(message, lineno)

    # -- statements

    def parse(self) -> nodes.Template:
        """Parse a whole template."""
        try:
            return nodes.Template(self.subparse(), lineno=1, environment=self.environment)
        except RecursionError:
            message = "The template is nested too deeply: Python's recursion limit was reached here."
        return self.fail(message)  # to fail in there would show that error as well

    def free_identifier(self, lineno: int | None = None) -> t.Any:
        """Return a new variable for generated code, out of reach for templates."""
        self._last_identifier += 1
        return nodes.InternalName(f"fi{self._last_identifier}", lineno=lineno)

    def subparse(self, end_tokens: Ends = None) -> list[t.Any]:
        """Parse text and tags until a tag that begins with one of the end tokens."""
        body: list[t.Any] = []
        output: list[t.Any] = []
        stream = self.stream
        while (token := stream.current).type != "eof":
            next(stream)
            if token.type == "data":
                output.append(nodes.TemplateData(token.value, lineno=token.lineno))
            elif token.type == "variable_begin":
                output.append(self.parse_tuple())
                stream.expect("variable_end")
            elif end_tokens is not None and stream.current.test_any(*end_tokens):
                break
            else:
                node = self.parse_statement()
                body += node if isinstance(node, list) else [node]
                stream.expect("block_end")
                output = []
            if len(output) == 1:
                body.append(nodes.Output(output, lineno=output[0].lineno))
        return body

    def parse_statement(self) -> t.Any:
        """Parse one tag, whose name is the current token; extensions may return several nodes."""
        token = self.stream.current
        if token.type != "name":
            self.fail("tag name expected", token.lineno)
        name = token.value
        if name not in STATEMENTS and name not in self.extensions:
            self.fail_unknown_tag(name, token.lineno)
        if len(self._tag_stack) == MOST_NESTED:
            place = f"{MOST_NESTED} deep, the innermost is {name!r}"
            self.fail(f"tags are nested more than {place}", token.lineno)
        self._tag_stack.append(name)
        node = getattr(self, STATEMENTS[name])() if name in STATEMENTS else self.extensions[name](self)
        self._tag_stack.pop()
        if isinstance(node, nodes.Node):
            node.lineno = node.lineno or token.lineno
        return node

    def parse_statements(self, end_tokens: tuple[str, ...], drop_needle: bool = False) -> list[t.Any]:
        """Parse a tag's body, from the end of the opening tag up to one of the end tokens.

        The stream is left at that token, or behind it with `drop_needle`.
        """
        self.stream.skip_if("colon")  # {% if x: %} is how Python would have it
        self.stream.expect("block_end")
        self._end_token_stack.append(end_tokens)
        body = self.subparse(end_tokens)
        if not self.stream:
            self.fail_unknown_tag("")
        self._end_token_stack.pop()
        if drop_needle:
            next(self.stream)
        return body

    def _body(self, tag: str) -> list[t.Any]:
        return self.parse_statements((f"name:end{tag}",), drop_needle=True)

    def _set(self) -> t.Any:
        """`set target = expr`, or `set target` and a body."""
        target = self.parse_assign_target(with_namespace=True)
        if self.stream.skip_if("assign"):
            return nodes.Assign(target, self.parse_tuple())
        return nodes.AssignBlock(target, self.parse_filter(None), self._body("set"))

    def _for(self) -> t.Any:
        """`for target in iter if test recursive`."""
        target = self.parse_assign_target(extra_end_rules=("name:in",))
        self.stream.expect("name:in")
        iterable = self.parse_tuple(with_condexpr=False, extra_end_rules=("name:recursive",))
        test = self.parse_expression() if self.stream.skip_if("name:if") else None
        recursive = self.stream.skip_if("name:recursive")
        body = self.parse_statements(("name:endfor", "name:else"))
        else_ = self._body("for") if next(self.stream).value == "else" else []
        return nodes.For(target, iterable, body, else_, test, recursive)

    def _if(self) -> t.Any:
        """`if test`, any number of `elif test`, `else`."""
        branches, word = [], "elif"
        while word == "elif":
            lineno, test = self.stream.current.lineno, self.parse_tuple(with_condexpr=False)
            body = self.parse_statements(("name:elif", "name:else", "name:endif"))
            branches.append(nodes.If(test, body, [], [], lineno=lineno))
            word = next(self.stream).value
        first, *first.elif_ = branches
        if word == "else":
            first.else_ = self._body("if")
        return first

    def _with(self) -> t.Any:
        """`with target = value, ...`."""
        node = nodes.With([], [], [])
        for _ in self._items("block_end"):
            node.targets.append(self.parse_assign_target().set_ctx("param"))
            self.stream.expect("assign")
            node.values.append(self.parse_expression())
        node.body = self._body("with")
        return node

    def _autoescape(self) -> t.Any:
        """`autoescape expr`."""
        options = [nodes.Keyword("autoescape", self.parse_expression())]
        return nodes.Scope([nodes.ScopedEvalContextModifier(options, self._body("autoescape"))])

    def _block(self) -> t.Any:
        """`block name scoped required`."""
        name = self.stream.expect("name").value
        scoped, required = (self.stream.skip_if(f"name:{word}") for word in ("scoped", "required"))
        if self.stream.current.type == "sub":
            message = "Block names in Jinja have to be valid Python identifiers and may not contain hyphens,"
            self.fail(f"{message} use an underscore instead.")
        body = self._body("block")
        parts = [part for node in body for part in getattr(node, "nodes", [node])]
        if required and any(not isinstance(part, nodes.TemplateData) or part.data.strip() for part in parts):
            self.fail("Required blocks can only contain comments or whitespace")
        self.stream.skip_if(f"name:{name}")
        return nodes.Block(name, body, scoped, required)

    def _extends(self) -> t.Any:
        """`extends template`."""
        return nodes.Extends(self.parse_expression())

    def parse_import_context(self, node: t.Any, default: bool) -> t.Any:
        """Set `with_context` from a trailing `with context` or `without context`."""
        node.with_context = default
        if self._at(*_CONTEXT, then="name:context"):
            node.with_context = next(self.stream).value == "with"
            self.stream.skip()
        return node

    def _at(self, *expressions: str, then: str) -> t.Any:
        return self.stream.current.test_any(*expressions) and self.stream.look().test(then)

    def _include(self) -> t.Any:
        """`include template ignore missing with context`."""
        node = nodes.Include(self.parse_expression(), None, self._at("name:ignore", then="name:missing"))
        self.stream.skip(2 * node.ignore_missing)
        return self.parse_import_context(node, True)

    def _import(self) -> t.Any:
        """`import template as target with context`."""
        node = nodes.Import(self.parse_expression(), None, None)
        self.stream.expect("name:as")
        node.target = self.parse_assign_target(name_only=True).name
        return self.parse_import_context(node, False)

    def _from(self) -> t.Any:
        """`from template import name as alias, ... with context`."""
        node = nodes.FromImport(self.parse_expression(), [], None)
        self.stream.expect("name:import")
        while not self._at(*_CONTEXT, then="name:context"):
            name, lineno = self.stream.current.value, self.stream.expect("name").lineno
            if name.startswith("_"):
                message = "names starting with an underline can not be imported"
                self.fail(message, lineno, exc=TemplateAssertionError)
            alias = self.stream.expect("name").value if self.stream.skip_if("name:as") else None
            node.names.append((name, alias) if alias else name)
            if not self.stream.skip_if("comma"):
                break
        return self.parse_import_context(node, False)

    def parse_signature(self, node: t.Any) -> None:
        """Set `args` and `defaults` from the parentheses of a macro or call block."""
        node.args, node.defaults = [], []
        self.stream.expect("lparen")
        for _ in self._items("rparen"):
            arg = self.parse_assign_target(name_only=True).set_ctx("param")
            if arg in node.args:
                self.fail(f"argument {arg.name!r} defined twice", arg.lineno)
            if self.stream.skip_if("assign"):
                node.defaults.append(self.parse_expression())
            elif node.defaults:
                self.fail("non-default argument follows default argument")
            node.args.append(arg)

    def _call(self) -> t.Any:
        """`call(args) expr`."""
        node = nodes.CallBlock(None, [], [], [])
        if self.stream.current.type == "lparen":
            self.parse_signature(node)
        node.call = self.parse_expression()
        if not isinstance(node.call, nodes.Call):
            self.fail("expected call", node.call.lineno)
        node.body = self._body("call")
        return node

    def _filter(self) -> t.Any:
        """`filter name(args)|...`."""
        filter_node = self.parse_filter(None, start_inline=True)
        return nodes.FilterBlock(self._body("filter"), filter_node)

    def _macro(self) -> t.Any:
        """`macro name(args)`."""
        node = nodes.Macro(self.parse_assign_target(name_only=True).name, [], [], [])
        self.parse_signature(node)
        node.body = self._body("macro")
        return node

    def _print(self) -> t.Any:
        """`print expr, ...`."""
        return nodes.Output([self.parse_expression() for _ in self._items("block_end")])

    def _parse_tag(self, tag: str) -> t.Any:
        lineno = next(self.stream).lineno
        node = getattr(self, f"_{tag}")()
        node.lineno = lineno
        return node

    # Each tag by the name of its method in Jinja, which begins at the tag's name.
    for _tag, _method in STATEMENTS.items():
        locals()[_method] = partialmethod(_parse_tag, _tag)

    def parse_assign_target(
        self, with_tuple: bool = True, name_only: bool = False, extra_end_rules: Ends = None,
        with_namespace: bool = False,
    ) -> t.Any:  # fmt: skip
        """Parse what may stand on the left of `=`: a name, a tuple, a namespace's attribute."""
        if name_only:
            token = self.stream.expect("name")
            target = nodes.Name(token.value, "store", lineno=token.lineno)
        else:
            rules = (True, False, extra_end_rules, False, with_namespace)
            target = self.parse_tuple(*rules) if with_tuple else self.parse_primary(with_namespace)
        if not target.can_assign():
            self.fail(f"can't assign to {type(target).__name__.lower()!r}", target.lineno)
        return target.set_ctx("store")

    # -- expressions

    def parse_expression(self, with_condexpr: bool = True) -> t.Any:
        """Parse one expression, a conditional one only if allowed."""
        return self.parse_condexpr() if with_condexpr else self.parse_binary()

    def parse_condexpr(self) -> t.Any:
        """`a if test else b`."""
        lineno = self.stream.current.lineno
        node = self.parse_binary()
        while self.stream.current.value == "if" and self.stream.skip_if("name:if"):
            test = self.parse_binary()
            other = self.parse_condexpr() if self.stream.skip_if("name:else") else None
            node = nodes.CondExpr(test, node, other, lineno=lineno)
        return node

    def _operator(self) -> tuple[int, t.Any] | None:
        """The level and the node of the operator that is the current token, if it is one."""
        token = self.stream.current
        if token.type != "name":
            return _SIGNS.get(token.type)
        if token.value == "not" and not self.stream.look().test("name:in"):
            return None
        return _WORDS.get(token.value)

    def parse_binary(self, level: int = 0) -> t.Any:
        """Operators that are at least this tight."""
        lineno = self.stream.current.lineno
        is_not = level <= _COMPARISON[0] and self.stream.current.value == "not"
        if is_not and self.stream.skip_if("name:not"):
            left = nodes.Not(self.parse_binary(_COMPARISON[0]), lineno=lineno)
        else:
            left = self.parse_unary()
        while (operator := self._operator()) is not None and operator[0] >= level:
            make, operands = operator[1], [*self._operands(operator)]
            fields = {nodes.Compare: (left, operands), nodes.Concat: ([left, *operands],)}
            left = make(*fields.get(make, (left, *operands)), lineno=lineno)
        return left

    def _operands(self, operator: tuple[int, t.Any]) -> t.Iterator[t.Any]:
        """What follows an operator: comparisons and `~` take any number of operands."""
        level, make = operator
        while self._operator() == operator:
            token = next(self.stream)
            self.stream.skip(token.value == "not")
            operand = self.parse_binary(level + 1)
            sign = {"not": "notin", "in": "in"}.get(token.value, token.type)
            yield nodes.Operand(sign, operand, lineno=token.lineno) if make is nodes.Compare else operand
            if make not in (nodes.Compare, nodes.Concat):
                break

    # Each level by its name in Jinja.
    for _level, _name in enumerate(_LEVELS):
        locals()[f"parse_{_name}"] = partialmethod(parse_binary, _level)
    parse_not = partialmethod(parse_binary, _COMPARISON[0])

    def parse_unary(self, with_filter: bool = True) -> t.Any:
        """`-a`, `+a`, or a value; with what follows it: `.b`, `[c]`, `(d)`, `|e`, `is f`."""
        token = self.stream.current
        make = _PREFIXES.get(token.type)
        if make is None:
            node = self.parse_postfix(self.parse_primary())
        else:
            next(self.stream)
            node = make(self.parse_unary(False), lineno=token.lineno)
        return self.parse_filter_expr(node) if with_filter else node

    def parse_primary(self, with_namespace: bool = False) -> t.Any:
        """A name, a literal, or an expression in parentheses."""
        stream = self.stream
        token = stream.current
        lineno = token.lineno
        if token.type in ("lbracket", "lbrace"):
            return self.parse_list() if token.type == "lbracket" else self.parse_dict()
        next(stream)
        if token.type == "name":
            if token.value in nodes.CONSTANTS:
                return nodes.Const(nodes.CONSTANTS[token.value], lineno=lineno)
            if with_namespace and stream.skip_if("dot"):
                return nodes.NSRef(token.value, stream.expect("name").value, lineno=lineno)
            return nodes.Name(token.value, "load", lineno=lineno)
        if token.type in ("string", "integer", "float"):
            value = token.value
            while token.type == stream.current.type == "string":
                value += next(stream).value
            return nodes.Const(value, lineno=lineno)
        if token.type != "lparen":
            self.fail(f"unexpected {describe_token(token)!r}", lineno)
        node = self.parse_tuple(explicit_parentheses=True)
        stream.expect("rparen")
        return node

    def is_tuple_end(self, extra_end_rules: Ends = None) -> bool:
        """Can nothing more of a tuple follow?"""
        current = self.stream.current
        return current.type in _TUPLE_ENDS or bool(extra_end_rules and current.test_any(*extra_end_rules))

    def parse_tuple(
        self, simplified: bool = False, with_condexpr: bool = True, extra_end_rules: Ends = None,
        explicit_parentheses: bool = False, with_namespace: bool = False,
    ) -> t.Any:  # fmt: skip
        """Parse expressions between commas; one without a comma is returned as it is.

        `simplified` allows names and literals only, as in targets, and attributes `with_namespace`.
        An empty tuple is only understood with `explicit_parentheses`.
        """
        parse: t.Any = self.parse_primary if simplified else self.parse_expression
        allowed = with_namespace if simplified else with_condexpr
        lineno = self.stream.current.lineno
        items: list[t.Any] = []
        while not self.is_tuple_end(extra_end_rules):
            items.append(parse(allowed))
            if not self.stream.skip_if("comma"):
                return items[0] if len(items) == 1 else nodes.Tuple(items, "load", lineno=lineno)
        if not items and not explicit_parentheses:
            self.fail(f"Expected an expression, got {describe_token(self.stream.current)!r}")
        return nodes.Tuple(items, "load", lineno=lineno)

    def _items(self, end: str) -> t.Iterator[t.Any]:
        """Stop at each of the items between commas, and behind the bracket that ends them."""
        stream = self.stream
        while stream.current.type != end:
            yield stream.current
            if stream.current.type != end:
                stream.expect("comma")
        if end != "block_end":
            next(stream)

    def parse_list(self) -> t.Any:
        """`[a, b]`."""
        lineno = next(self.stream).lineno
        return nodes.List([self.parse_expression() for _ in self._items("rbracket")], lineno=lineno)

    def parse_dict(self) -> t.Any:
        """`{a: b}`."""
        node = nodes.Dict([], lineno=next(self.stream).lineno)
        for token in self._items("rbrace"):
            key = self.parse_expression()
            self.stream.expect("colon")
            node.items.append(nodes.Pair(key, self.parse_expression(), lineno=token.lineno))
        return node

    def parse_postfix(self, node: t.Any) -> t.Any:
        """Attributes, subscripts and calls."""
        while (type_ := self.stream.current.type) in ("dot", "lbracket", "lparen"):
            node = self.parse_call(node) if type_ == "lparen" else self.parse_subscript(node)
        return node

    def parse_filter_expr(self, node: t.Any) -> t.Any:
        """Filters, tests, and calls of what they return."""
        while (token := self.stream.current).type in _SUFFIXES:
            if token.type == "name" and token.value != "is":
                break
            node = getattr(self, _SUFFIXES[token.type])(node)
        return node

    def parse_subscript(self, node: t.Any) -> t.Any:
        """`.name`, `.0` or `[...]`."""
        token, attr = next(self.stream), self.stream.current
        if token.type == "lbracket":
            args = [self.parse_subscribed() for _ in self._items("rbracket")]
            arg = args[0] if len(args) == 1 else nodes.Tuple(args, "load", lineno=token.lineno)
            return nodes.Getitem(node, arg, "load", lineno=token.lineno)
        next(self.stream)
        if attr.type == "name":
            return nodes.Getattr(node, attr.value, "load", lineno=token.lineno)
        if attr.type != "integer":
            self.fail("expected name or number", attr.lineno)
        return nodes.Getitem(node, nodes.Const(attr.value, lineno=attr.lineno), "load", lineno=token.lineno)

    def parse_subscribed(self) -> t.Any:
        """An index or a slice."""
        stream = self.stream
        lineno = stream.current.lineno
        parts: list[t.Any] = [None if stream.current.type == "colon" else self.parse_expression()]
        if stream.current.type != "colon":
            return parts[0]
        while len(parts) < 3 and stream.skip_if("colon"):
            empty = stream.current.type in ("colon", "rbracket", "comma")
            parts.append(None if empty else self.parse_expression())
        return nodes.Slice(*parts, *[None] * (3 - len(parts)), lineno=lineno)

    def parse_call_args(self) -> tuple[list[t.Any], list[t.Any], t.Any, t.Any]:
        """`(a, b, c=d, *e, **f)`, in that order, as (args, kwargs, dyn_args, dyn_kwargs)."""
        args: list[t.Any] = []
        kwargs: list[t.Any] = []
        dynamic: dict[str, t.Any] = {}
        lineno = self.stream.expect("lparen").lineno
        for token in self._items("rparen"):
            if token.type in ("mul", "pow"):
                allowed = token.type not in dynamic and "pow" not in dynamic
                next(self.stream)
                dynamic[token.type] = self.parse_expression()
            elif token.type == "name" and self.stream.look().type == "assign":
                allowed = "pow" not in dynamic
                self.stream.skip(2)
                kwargs.append(nodes.Keyword(token.value, self.parse_expression(), lineno=token.lineno))
            else:
                allowed = not dynamic and not kwargs
                args.append(self.parse_expression())
            if not allowed:
                self.fail("invalid syntax for function call expression", lineno)
        return args, kwargs, dynamic.get("mul"), dynamic.get("pow")

    def parse_call(self, node: t.Any) -> t.Any:
        """A call of `node`."""
        lineno = self.stream.current.lineno
        return nodes.Call(node, *self.parse_call_args(), lineno=lineno)

    def _parse_function(self) -> tuple[str, t.Any]:
        """The name of a filter or test, and its arguments, or None without parentheses."""
        name: str = self.stream.expect("name").value
        while self.stream.skip_if("dot"):
            name += "." + self.stream.expect("name").value
        return name, self.parse_call_args() if self.stream.current.type == "lparen" else None

    def parse_filter(self, node: t.Any, start_inline: bool = False) -> t.Any:
        """`|name(args)|...`; `start_inline` when the first `|` is not written."""
        while start_inline or self.stream.skip_if("pipe"):
            start_inline = False
            lineno = self.stream.current.lineno
            name, args = self._parse_function()
            node = nodes.Filter(node, name, *(args or ([], [], None, None)), lineno=lineno)
        return node

    def parse_test(self, node: t.Any) -> t.Any:
        """`is name`, `is not name`, with arguments in parentheses or one without."""
        lineno = next(self.stream).lineno
        negated = self.stream.skip_if("name:not")
        name, args = self._parse_function()
        token = self.stream.current
        if args is None and token.test("name:is"):
            self.fail("You cannot chain multiple tests with is")
        ends = token.test_any("name:else", "name:or", "name:and")
        argument = args is None and token.type in _TEST_ARGUMENT and not ends
        args = args or ([self.parse_postfix(self.parse_primary())] if argument else [], [], None, None)
        node = nodes.Test(node, name, *args, lineno=lineno)
        return nodes.Not(node, lineno=lineno) if negated else node

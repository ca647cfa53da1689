"""The stages by themselves: lexer, nodes, scopes, snippets, and what utils has."""

from __future__ import annotations

import ast
import pickle

import pytest

from microweb.templates import Environment, nodes, utils
from microweb.templates.lexer import Token, TokenStream
from microweb.templates.parser import Parser
from microweb.templates.pyast import Builder
from microweb.templates.scopes import Scope

ENVIRONMENT = Environment(line_statement_prefix="#", line_comment_prefix="##")


@pytest.mark.parametrize(
    ("source", "tokens"),
    [
        ("a{{ b }}", [(1, "data", "a"), (1, "variable_begin", "{{"), (1, "name", "b"), (1, "variable_end", "}}")]),
        ("{{ 1.5 }}", [(1, "variable_begin", "{{"), (1, "float", "1.5"), (1, "variable_end", "}}")]),
        ("x\n# if a\ny", [(1, "data", "x\n"), (2, "linestatement_begin", "#"), (2, "name", "if"), (2, "name", "a"),
                          (2, "linestatement_end", "\n"), (3, "data", "y")]),
        ("{# c #}\n{{ 'a\n' }}{{", [(1, "comment_begin", "{#"), (1, "comment", " c "), (1, "comment_end", "#}"),
                                     (1, "data", "\n"), (2, "variable_begin", "{{"), (2, "string", "'a\n'"),
                                     (3, "variable_end", "}}"), (3, "variable_begin", "{{")]),
        ("a ## b\nc", [(1, "data", "a"), (1, "linecomment_begin", " ##"), (1, "linecomment", " b"),
                       (1, "linecomment_end", ""), (1, "data", "\nc")]),
    ],
)  # fmt: skip
def test_tokens(source, tokens):
    assert [token for token in ENVIRONMENT.lex(source) if token[1] != "whitespace"] == tokens


def test_a_stream():
    stream = TokenStream([Token(1, "name", "a"), Token(2, "comma", ",")], "n", "f")
    assert stream.look().type == "comma" and stream.current.value == "a"
    assert stream.next_if("name:b") is None and stream.skip_if("name:a")
    with pytest.raises(Exception, match="expected token 'x', got ','"):
        stream.expect("name:x")
    assert str(stream.expect("comma")) == "," and stream.eos and not stream
    with pytest.raises(Exception, match="unexpected end of template"):
        stream.expect("comma")


def test_nodes():
    node = nodes.Add(nodes.Const(1), nodes.Name("a", "load"), lineno=3)
    assert node == nodes.Add(nodes.Const(1), nodes.Name("a", "load")) and node != nodes.Const(1)
    assert node.find(nodes.Name).name == "a" and repr(nodes.Const(1)) == "Const(value=1)"
    assert nodes.Sub(nodes.Const(3), nodes.Const(1), environment=ENVIRONMENT).as_const() == 2
    for broken in (node, nodes.Div(nodes.Const(1), nodes.Const(0))):
        with pytest.raises(nodes.Impossible):
            broken.as_const()
    for wrong in (lambda: nodes.Const(1, 2), lambda: nodes.Const(1, line=2), nodes.Stmt):
        with pytest.raises(TypeError):
            wrong()
    parser = Parser(Environment(), "{{ a }}")
    assert [parser.free_identifier(lineno=3).name for _ in range(2)] == ["fi1", "fi2"]


def body(source):
    return Environment().parse(source).body


@pytest.mark.parametrize(
    ("source", "loads"),
    [
        ("{{ a }}{% set a = 1 %}", {"l_0_a": ("resolve", "a")}),
        ("{% set a = a %}", {"l_0_a": ("resolve", "a")}),
        ("{% set a = 1 %}{{ a }}", {"l_0_a": ("missing", None)}),
        ("{% if b %}{% set a = 1 %}{% endif %}", {"l_0_b": ("resolve", "b"), "l_0_a": ("resolve", "a")}),
        ("{% for a in b %}{{ c }}{% endfor %}", {"l_0_b": ("resolve", "b")}),
        ("{% macro m(a=b) %}{{ c }}{% endmacro %}", {"l_0_m": ("missing", None)}),
    ],
)
def test_scopes(source, loads):
    scope = Scope()
    scope.scan(body(source))
    assert scope.loads == loads


def test_inner_scopes():
    outer = Scope()
    outer.scan(body("{% set a = 1 %}"))
    inner = Scope(outer)
    inner.scan(body("{{ b }}{% set a = 2 %}"))
    assert inner.loads == {"l_1_a": ("alias", "l_0_a")} and inner.load("b") == "l_0_b"
    assert inner.all_stores() == {"a": "l_1_a"}


def test_offers():
    scope = Scope()
    scope.offer("loop")
    scope.offer("caller")
    scope.scan(body("{% if loop %}{% set caller = 1 %}{% endif %}{{ caller }}"))
    assert scope.loads == {"l_0_loop": ("param", None), "l_0_caller": ("resolve", "caller")}
    assert scope.all_stores() == {"caller": "l_0_caller", "loop": "l_0_loop"}


def test_snippets():
    builder = Builder()
    builder.line = 7
    [statement] = builder.code(
        "for {i} in {seq}:\n    {body}", i="x", seq="y", body=builder.code("f(*{a})", a=[builder.const(-1)])
    )
    assert ast.unparse(statement) == "for x in y:\n    f(-1)"
    assert {node.lineno for node in ast.walk(statement) if hasattr(node, "lineno")} == {7}
    value = [1, (2.5,), {"a": {-3}}, range(2), "é"]
    assert eval(ast.unparse(builder.const(value))) == value


def test_utils():
    cycler, joiner = utils.Cycler(1, 2), utils.Joiner("-")
    assert [cycler.next() for _ in range(3)] == [1, 2, 1] and [joiner(), joiner()] == ["", "-"]
    assert utils.htmlsafe_json_dumps("</script>'&\u2028") == '"\\u003c/script\\u003e\\u0027\\u0026\\u2028"'
    assert utils.generate_lorem_ipsum(n=2, html=False).count("\n\n") == 1
    assert pickle.loads(pickle.dumps(utils.missing)) is utils.missing
    assert utils.import_string("os.path:join")

"""The language, a line a case: source, variables, output."""

from __future__ import annotations

import sys

import pytest

from microweb.markup import Markup
from microweb.templates import DictLoader, Environment, StrictUndefined

PLAIN = Environment()
SAFE = Environment(autoescape=True, extensions=["do", "loopcontrols"])


class Thing:
    """Has an attribute, an item, and a method."""

    name = "attribute"

    def __getitem__(self, key):
        return f"item {key}"

    def method(self, *args, **kwargs):
        return f"{args}{sorted(kwargs.items())}"


def renders(source, expected, /, environment=PLAIN, **variables):
    template = environment.from_string(source)
    assert template.render(**variables) == expected
    assert "".join(template.generate(**variables)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("7 // 2 ~ '-' ~ 7 % 2", "3-1"),
        ("2 ** 3 ** 2", "64"),
        ("-1|abs", "1"),
        ("-2 ** 2", "4"),
        ("1 < 2 < 3", "True"),
        ("1 < 2 > 5", "False"),
        ("2 in [1, 2] and 3 not in [1, 2]", "True"),
        ("not 1 or 2", "2"),
        ("'a' if false", ""),
        ("'a' if false else 'b' if false else 'c'", "c"),
        ("[1, 'a', {'b': (2,)}]", "[1, 'a', {'b': (2,)}]"),
        ("{'a': 1}.a ~ {'a': 1}['a']", "11"),
        ("'abc'[1:] ~ 'abc'[::-1] ~ 'abc'[-1]", "bccbac"),
        ("thing.name ~ thing['name'] ~ thing.other", "attributeitem nameitem other"),
        ("thing.method(1, *[2], a=3, **{'class': 4})", "(1, 2)[('a', 3), ('class', 4)]"),
        ("thing.method(class=1)", "()[('class', 1)]"),
        ("1_000 + 0x_ff + 0b11 + 0o17", "1273"),
        ("1.5e3 ~ 1e-2 ~ 2.50", "1500.00.012.5"),
        ("'a' 'b' \"c\"", "abc"),
        (r"'\n\x41\u00e9\\'", "\nA\u00e9\\"),
        ("none ~ True ~ false", "NoneTrueFalse"),
        ("missing is defined or missing.name is defined and 1", None),
        ("3 is divisibleby 3 and not 3 is even", "True"),
        ("x is none", "False"),
        ("x.y.z", None),
        ("'%s' % 'a' ~ ('%d' % 1)", "a1"),
        ("[3, 1, 2]|sort|join(',')|upper", "1,2,3"),
        ("foo if foo is defined else 'no'", "no"),
        ("'x' ~ -1", "x-1"),
        ("(-1) ** 2", "1"),
    ],
)
def test_expressions(expression, expected):
    source = f"{{{{ {expression} }}}}"
    if expected is None:
        with pytest.raises(Exception, match="undefined|has no attribute"):
            PLAIN.from_string(source).render(x=1)
        return
    renders(source, expected, thing=Thing(), x=1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% for a in [1, 2] %}{{ a }},{% else %}none{% endfor %}", "1,2,"),
        ("{% for a in [] %}{{ a }}{% else %}none{% endfor %}", "none"),
        ("{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"),
        ("{% for a in [1, 2, 3] if a is odd %}{{ a }}{% endfor %}", "13"),
        ("{% for a in range(6) if a is even %}{{ loop.index }}/{{ loop.length }}:{{ a }} {% endfor %}", "1/3:0 2/3:2 3/3:4 "),
        ("{% for a in 'abc' %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }} {% endfor %}",
         "03TrueFalse 12FalseFalse 21FalseTrue "),
        ("{% for a in 'abc' %}{{ loop.previtem }}<{{ a }}>{{ loop.nextitem }} {% endfor %}", "<a>b a<b>c b<c> "),
        ("{% for a in [1, 1, 2] %}{{ loop.changed(a) }}{{ loop.cycle('x', 'y') }} {% endfor %}", "Truex Falsey Truex "),
        ("{% for a in [[1, [2]], [3]] recursive %}[{{ loop(a) if a is iterable else a }}:{{ loop.depth }}]{% endfor %}",
         "[[1:2][[2:3]:2]:1][[3:2]:1]"),
        ("{% for a in [1, 2] %}{% for b in [3] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}", "1112"),
        ("{% set x = 1 %}{% for a in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21"),
        ("{% set ns = namespace(n=0) %}{% for a in [1, 2] %}{% set ns.n = ns.n + a %}{% endfor %}{{ ns.n }}", "3"),
        ("{% for a in [1, 2, 3, 4] %}{% if a == 2 %}{% continue %}{% elif a == 4 %}{% break %}{% endif %}{{ a }}{% endfor %}", "13"),
        ("{% if a %}1{% elif b is defined %}2{% else %}3{% endif %}", "3"),
        ("{% if true %}{% set y = 1 %}{% endif %}{{ y }}", "1"),
        ("{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c %}<{{ a }}>{% endset %}{{ c }}", "12<1>"),
        ("{% set c | upper | replace('A', 'b') %}a{% endset %}{{ c }}", "b"),
        ("{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}", "1"),
        ("{% filter upper|replace('B', '-') %}ab{% endfilter %}", "A-"),
        ("{% macro m(a, b='x', c=b) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, c=2) }} {{ m(b=3) }}", "1xx 1x2 33"),
        ("{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, a=2) }}", "(1,){'a': 2}"),
        ("{% macro m(class) %}{{ class }}{% endmacro %}{{ m(class=1) }}{{ m(2) }}", "12"),
        ("{% macro m(out, context, append) %}{{ out }}{{ context }}{{ append }}{% endmacro %}{{ m(1, 2, append=3) }}", "123"),
        ("{% macro m(caller) %}x{% endmacro %}{{ m() }}{{ m.caller }}", "xFalse"),
        ("{% macro m(kwargs) %}{{ kwargs }}{% endmacro %}{{ m(kwargs=1) }}{{ m.catch_kwargs }}", "1False"),
        ("{% macro m() %}{% macro n() %}{{ varargs }}{% endmacro %}{{ n(3) }}{% endmacro %}{{ m(1) }}", "(3,)"),
        ("{% macro m() %}{% set varargs = 1 %}{{ varargs }}{% endmacro %}{{ m() ~ m.catch_varargs }}", "1False"),
        ("{% macro m(a) %}[{{ caller(a) }}]{% endmacro %}{% call(b) m(1) %}{{ b + 1 }}{% endcall %}", "[2]"),
        ("{% macro m(a) %}{{ m.name }}{{ m.arguments }}{{ m.catch_varargs }}{% endmacro %}{{ m() }}", "m('a',)False"),
        ("{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "3210"),
        ("{% raw %}{{ a }}{% b %}{% endraw %}{# c {{ #}d", "{{ a }}{% b %}d"),
        ("a {%- if true -%} b {%- endif -%} c", "abc"),
        ("{% do [].append(1) %}{% print 1, 2 %}", "12"),
        ("{% block a %}{{ self.b() }}{% endblock %}{% block b %}b{% endblock %}", "bb"),
    ],
)  # fmt: skip
def test_statements(source, expected):
    environment = Environment(extensions=["do", "jinja2.ext.loopcontrols"])
    renders(source, expected, environment=environment)
    renders(source, expected.replace("<", "<"), environment=environment.overlay(optimized=False))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ bad }}", "&lt;&#39;&#34;&amp;&gt;"),
        ("{{ good }}{{ good ~ bad }}", "<b><b>&lt;&#39;&#34;&amp;&gt;"),
        ("{{ bad|safe }}{{ bad|e }}", "<'\"&>&lt;&#39;&#34;&amp;&gt;"),
        ("{% autoescape false %}{{ bad }}{% endautoescape %}{{ bad }}", "<'\"&>&lt;&#39;&#34;&amp;&gt;"),
        ("{% autoescape off %}{{ bad }}{{ '<' }}{% endautoescape %}", "<'\"&><"),
        ("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m('<') }}", "<&lt;>"),
        ("{% set a %}<{{ '<' }}>{% endset %}{{ a }}", "<&lt;>"),
        ("{% for a in [bad, 1, good] %}{{ a }},{% endfor %}", "&lt;&#39;&#34;&amp;&gt;,1,<b>,"),
        ("{% for a in ['<', '\\0', '&'] %}-{{ a }}.{% endfor %}", "-&lt;.-\0.-&amp;."),
        ("{% for a in ['100%'] %}%s{{ a }}%{% endfor %}", "%s100%%"),
        ("{{ ['<'] }}{{ none }}{{ 1.5 }}{{ missing }}", "[&#39;&lt;&#39;]None1.5"),
        ("{% filter upper %}{{ '<a' }}{% endfilter %}", "&LT;A"),
    ],
)
def test_escaping(source, expected):
    renders(source, expected, environment=SAFE, bad="<'\"&>", good=Markup("<b>"), off=False)


FAMILY = {
    "base": "<{% block a %}A{% endblock %}|{% block b %}B{{ x }}{% endblock %}>",
    "child": "no{% extends 'base' %}no{% block a %}{{ super() }}child{% endblock %}{% set x = 'set' %}",
    "grandchild": "{% extends 'child' %}{% block a %}[{{ super() }}]{{ self.b() }}{% endblock %}",
    "filtered": "{% extends 'child' %}{% filter upper %}no{{ x }}{% endfilter %}{% set x %}kept{% endset %}",
    "both": "{% if parent %}{% extends parent %}{% endif %}alone{% block a %}a{% endblock %}",
    "scoped": "{% for i in [1, 2] %}{% block item scoped %}{{ i }}{% endblock %}{% endfor %}",
    "unscoped": "{% for i in [1, 2] %}{% block item %}{{ i }}{% endblock %}{% endfor %}",
    "required": "{% block a required %}{% endblock %}",
    "kept": "{% extends 'required' %}{% block a %}kept{% endblock %}",
    "macros": "{% macro m(a) %}{{ a }}{{ x }}{% endmacro %}{% set v = 'v' %}{% set _hidden = 1 %}",
    "import": "{% import 'macros' as k %}{{ k.m(1) }}{{ k.v }}{{ k._hidden }}",
    "context": "{% from 'macros' import m as n, v with context %}{{ n(1) }}{{ v }}",
    "include": "{% for i in [1, 2] %}{% include ['absent', 'part'] %}{% endfor %}",
    "part": "({{ i }}{{ x }})",
    "absent?": "{% include 'absent' ignore missing %}{% include 'part' without context %}.",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("child", "no<Achild|Bset>"),
        ("grandchild", "no<[Achild]Bset|Bset>"),
        ("filtered", "no<Achild|Bset>"),
        ("both", "alonea"),
        ("scoped", "12"),
        ("unscoped", ""),
        ("kept", "kept"),
        ("import", "1v"),
        ("context", "1xv"),
        ("include", "(1x)(2x)"),
        ("absent?", "()."),
    ],
)
def test_templates_together(name, expected):
    template = Environment(loader=DictLoader(FAMILY)).get_template(name)
    assert template.render(x="x").replace("noset", "no") == expected
    assert "".join(template.generate(x="x")) == expected


def test_a_dynamic_parent():
    template = Environment(loader=DictLoader(FAMILY)).get_template("both")
    assert template.render(parent="base", x=1) == "<a|B1>"


def test_a_required_block():
    with pytest.raises(Exception, match="Required block 'a' not found"):
        Environment(loader=DictLoader(FAMILY)).get_template("required").render()


@pytest.mark.parametrize(
    ("options", "source", "expected"),
    [
        ({"trim_blocks": True}, "{% if true %}\na\n{% endif %}\nb", "a\nb"),
        ({"lstrip_blocks": True}, "  {% if true %}a{% endif %}\n  {{ 1 }}", "a\n  1"),
        ({"lstrip_blocks": True}, "  {%+ if true %}a{% endif %}", "  a"),
        ({"keep_trailing_newline": True}, "a\n", "a\n"),
        ({}, "a\n", "a"),
        ({"newline_sequence": "\r\n"}, "a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"),
        ({"line_statement_prefix": "%", "line_comment_prefix": "##"}, "% for a in [1, 2]:\n{{ a }} ## no\n% endfor\n", "1\n2\n"),
        ({"block_start_string": "<%", "block_end_string": "%>", "variable_start_string": "<%=",
          "variable_end_string": "%>"}, "<% if true %><%= {'a': [1]} %><% endif %>", "{'a': [1]}"),
        ({"variable_start_string": "${", "variable_end_string": "}"}, "${ {'a': 1}.a }$", "1$"),
        ({"finalize": lambda value: "" if value is None else value}, "{{ none }}{{ x }}", "1"),
        ({"comment_start_string": "<!--", "comment_end_string": "-->"}, "a<!-- {{ -->b", "ab"),
    ],
)  # fmt: skip
def test_delimiters_and_space(options, source, expected):
    renders(source, expected, environment=Environment(**options), x=1)


def test_undefined_is_made_where_it_is_used():
    environment = Environment(undefined=StrictUndefined)
    renders("{% if false %}{{ missing }}{% endif %}ok", "ok", environment=environment)
    with pytest.raises(Exception, match="'missing' is undefined"):
        environment.from_string("{{ missing }}").render()


@pytest.mark.parametrize(
    "source, problem",
    [
        ("{{ m(1, 2) }}", "takes from 0 to 1 positional"),
        ("{{ m(z=1) }}", "got an unexpected keyword argument 'z'"),
    ],
)
def test_wrong_arguments_of_a_macro(source, problem):
    # Before 3.10 Python names the function as it was compiled.
    name = "macro m" if sys.version_info >= (3, 10) else ""
    with pytest.raises(TypeError, match=rf"{name}\(\) {problem}"):
        PLAIN.from_string("{% macro m(a) %}{% endmacro %}" + source).render()


def test_an_end_of_iteration_is_undefined():
    renders("[{{ next() }}]", "[]", next=iter(()).__next__)

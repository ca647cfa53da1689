"""The environment, its templates and their API."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from microweb.templates import (
    ChainableUndefined,
    DebugUndefined,
    DictLoader,
    Environment,
    Template,
    TemplateSyntaxError,
    Undefined,
    make_logging_undefined,
    meta,
    pass_context,
    pass_environment,
    pass_eval_context,
    select_autoescape,
)
from microweb.templates.ext import Extension
from microweb.templates.nodes import (
    CallBlock,
    Const,
    ContextReference,
    Dict,
    Keyword,
    Output,
    OverlayScope,
    Pair,
)


def test_options():
    with pytest.raises(TypeError, match="unknown option 'trim_block'"):
        Environment(trim_block=True)
    with pytest.raises(ValueError, match="must be different"):
        Environment(block_start_string="{{")
    with pytest.raises(TypeError, match="subclass of Undefined"):
        Environment(undefined=int)
    assert Environment("<%", "%>").from_string("<% if 1 %>a<% endif %>").render() == "a"
    assert Template("{{ a }}", autoescape=True).render(a="<") == "&lt;"
    assert Template("a").environment is Template("b").environment


def test_an_overlay():
    environment = Environment(extensions=["do"])
    environment.globals["a"] = 1
    overlay = environment.overlay(trim_blocks=True, extensions=["loopcontrols"])
    assert overlay.linked_to is environment and not environment.trim_blocks
    assert len(overlay.extensions) == 2 and len(environment.extensions) == 1
    assert overlay.from_string("{{ a }}").render() == "1"


def test_globals():
    environment = Environment(loader=DictLoader({"a": "{{ x }}{{ y }}", "b": "{% import 'a' as a %}{{ a }}"}))
    environment.globals["x"] = 1
    assert environment.get_template("a", globals={"y": 2}).render() == "12"
    assert environment.get_template("a").render(x=3) == "32"
    assert environment.from_string("{% import 'b' as b %}{{ b }}", globals={"y": 5}).render() == "12"


def test_what_functions_ask_for():
    environment = Environment(autoescape=True)
    environment.filters["f"] = pass_environment(lambda environment, value: f"{value}{environment.autoescape}")
    environment.tests["t"] = pass_eval_context(lambda eval_ctx, value: eval_ctx.autoescape == value)
    environment.globals["g"] = pass_context(lambda context, name: context[name])
    source = "{{ 1|f }}{{ true is t }}{{ g('a') }}{% for i in [1] %}{% set b = i %}{{ g('b') }}{% endfor %}"
    assert environment.from_string(source).render(a="<") == "1TrueTrue&lt;1"
    assert environment.call_filter("f", 1) == "1True" and environment.call_test("t", True)


def test_the_module():
    template = Environment().from_string("{% macro m(a) %}[{{ a }}]{% endmacro %}{% set v = 1 %}out")
    assert template.module.m(2) == "[2]" and template.module.v == 1 and str(template.module) == "out"
    assert template.make_module({"x": 1}).v == 1


def test_low_level_functions():
    template = Environment().from_string("a{{ b }}{% block c %}d{{ b }}{% endblock %}")
    context = template.new_context({"b": 1})
    assert "".join(template.root_render_func(context)) == "a1d1"
    assert "".join(template.blocks["c"](context)) == "d1"
    assert next(template.root_render_func(context)) == "a"


def test_streams():
    template = Environment().from_string("{% for i in x %}{{ i }},{% endfor %}")
    pulled = []
    pieces = template.generate(x=(pulled.append(i) or i for i in range(3)))
    assert next(pieces) == "0" and pulled == [0]
    stream = template.stream(x=range(3))
    stream.enable_buffering(4)
    assert list(stream) == ["0,1,", "2,"]
    file = io.BytesIO()
    template.stream(x="é").dump(file, "utf-8")
    assert file.getvalue() == "é,".encode()


def test_an_expression():
    expression = Environment().compile_expression("a.b + 1")
    assert expression(a={"b": 1}) == 2
    assert Environment().compile_expression("missing")() is None


def test_generated_source():
    source = Environment(autoescape=True).compile("{{ a }}'\"\\", "t.html", None, True, True)
    assert "name = 't.html'" in source and "resolve_or_missing('a')" in source
    compile(source, "t", "exec")


def test_reloading():
    mapping = {"a": "1"}
    environment = Environment(loader=DictLoader(mapping))
    first = environment.get_template("a")
    assert environment.get_template("a") is first
    mapping["a"] = "2"
    assert environment.get_template("a").render() == "2"
    environment.auto_reload = False
    mapping["a"] = "3"
    assert environment.get_template("a").render() == "2"


@pytest.fixture
def hasty_threads():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def in_threads(count, work):
    """What `work(number)` returns in each of so many threads that begin at once."""
    start, results = threading.Barrier(count), {}

    def run(number):
        start.wait(10)
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return [results[number] for number in range(count)]


class CountingLoader(DictLoader):
    def __init__(self, mapping):
        super().__init__(mapping)
        self.loads = []

    def get_source(self, environment, template):
        self.loads.append(template)
        return super().get_source(environment, template)


def test_threads_compile_a_template_once(hasty_threads):
    sources = {
        "base": "[{% block a %}{% endblock %}]",
        "page": "{% extends 'base' %}{% from 'm' import twice %}{% block a %}{% for b in [x, x] %}"
        "{{ loop.index }}{{ twice(b) }}{% include 'part' %}{% endfor %}{% endblock %}",
        "m": "{% macro twice(a) %}{{ a }}{{ a }}{% endmacro %}",
        "part": "<{{ b }}>",
    }
    loader = CountingLoader(sources)
    environment = Environment(loader=loader)

    def work(number):
        template = environment.get_template("page")
        return [template.render(x=number), "".join(template.generate(x=number))]

    expected = [[f"[1{n}{n}<{n}>2{n}{n}<{n}>]"] * 2 for n in range(32)]
    assert in_threads(32, work) == expected and sorted(loader.loads) == sorted(sources)


def test_threads_share_a_small_cache(hasty_threads):
    environment = Environment(loader=DictLoader({str(n): f"{n}{{{{ x }}}}" for n in range(8)}), cache_size=2)

    def work(number):
        return all(
            environment.get_template(str(n % 8)).render(x=number) == f"{n % 8}{number}" for n in range(40)
        )

    assert in_threads(32, work) == [True] * 32 and len(environment.cache) <= 2


def test_the_cache_keeps_what_was_used_last():
    loader = CountingLoader({name: name for name in "abc"})
    environment = Environment(loader=loader, cache_size=2)
    for name in "abacabcb":
        assert environment.get_template(name).render() == name
    assert "".join(loader.loads) == "abcbc" and [name for _, name in environment.cache] == ["c", "b"]
    assert Environment(cache_size=0).cache is None and Environment(cache_size=-1).cache == {}


def test_undefined_kinds():
    assert Environment(undefined=ChainableUndefined).from_string("{{ a.b['c'] }}").render() == ""
    assert Environment(undefined=DebugUndefined).from_string("{{ a }}").render() == "{{ a }}"
    said = []

    class Logger:
        def warning(self, text, *args):
            said.append(text % args)

        error = warning

    logging = make_logging_undefined(Logger(), Undefined)
    assert Environment(undefined=logging).from_string("{{ a }}").render() == ""
    assert said == ["Template variable warning: 'a' is undefined"]


def test_an_environment_that_looks_attributes_up_itself():
    class Shouting(Environment):
        def getattr(self, obj, attribute):
            return attribute.upper()

    assert Shouting().from_string("{{ a.b }}").render(a=1) == "B"


def test_select_autoescape():
    escapes = select_autoescape(["html"], ["txt"], default=True)
    assert escapes("A.HTML") and not escapes("a.txt") and escapes("a.js") and escapes(None)


def test_meta():
    tree = Environment().parse("{% set a = b %}{% if c %}{{ a }}{{ d.e }}{% endif %}{% include ['x', y] %}")
    assert meta.find_undeclared_variables(tree) == {"b", "c", "d", "y"}
    assert list(meta.find_referenced_templates(tree)) == ["x", None]


class CacheTag(Extension):
    """A tag with a body, as caching extensions have it."""

    tags = {"cache"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        args = [parser.parse_expression()]
        parser.stream.skip_if("comma")
        body = parser.parse_statements(("name:endcache",), drop_needle=True)
        return CallBlock(self.call_method("_cache", args), [], [], body).set_lineno(lineno)

    def _cache(self, key, caller):
        return f"{key}:{caller()}"


class NamesTag(Extension):
    """A tag that asks for the context."""

    tags = {"names"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        return Output([self.call_method("_names", [ContextReference(), Const("a")])], lineno=lineno)

    def _names(self, context, name):
        return f"{name in context}{context.get(name)}"


def test_extension_tags():
    environment = Environment(extensions=[CacheTag, NamesTag])
    template = environment.from_string("{% cache 'k' %}<{{ a }}>{% endcache %}{% names %}")
    assert template.render(a=1) == "k:<1>True1"


class PlaceTag(Extension):
    """A tag that parses `a in b` as a target and an expression, and calls a method with all that a call has."""

    tags = {"place"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        target = parser.parse_assign_target(False, False, ("name:in",))
        parser.stream.expect("name:in")
        rest = parser.parse_tuple(False, True, None, True), Dict([Pair(Const("b"), Const(2))])
        call = self.call_method("_place", [Const(target.name)], [Keyword("a", Const(1))], *rest, lineno)
        return Output([call], lineno=lineno)

    def _place(self, *args, **kwargs):
        return f"{args}{kwargs}"


def test_positional_arguments_of_what_extensions_call():
    template = Environment(extensions=[PlaceTag]).from_string("{% place x in 3, 4 %}")
    assert template.render() == "('x', 3, 4){'a': 1, 'b': 2}"


def test_extensions_that_come_along():
    environment = Environment(extensions=["jinja2.ext.i18n", "do"])
    names = ["jinja2.ext.InternationalizationExtension", "jinja2.ext.ExprStmtExtension"]
    assert list(environment.extensions) == names
    with pytest.raises(ImportError, match="no_such_extension"):
        Environment(extensions=["no_such_extension"])


@pytest.mark.parametrize("newstyle", [False, True])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% trans %}Hello{% endtrans %}", "HELLO"),
        ("{% trans user=name %}Hi {{ user }} 100%{% endtrans %}", "HI &lt;a&gt; 100%"),
        ("{% trans n=2 %}{{ n }} item{% pluralize %}{{ n }} items{% endtrans %}", "2 ITEMS"),
        ("{% trans 'menu' %}Open{% endtrans %}", "menu|OPEN"),
        ("{% trans trimmed %}  a\n   b {% endtrans %}", "A B"),
        ("{{ _('x') }}{{ gettext('y') }}", "XY"),
        ("{% trans n=count() %}one{% pluralize %}many{% endtrans %}", "MANY"),
    ],
)
def test_translations(source, expected, newstyle):
    def upper(text):
        parts = text.split("%(")
        return "%(".join(
            [
                parts[0].upper(),
                *(p[: p.index(")s")] + p[p.index(")s") :].upper().replace(")S", ")s") for p in parts[1:]),
            ]
        )

    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.install_gettext_callables(
        upper,
        lambda one, many, n: upper(one if n == 1 else many),
        newstyle=newstyle,
        pgettext=lambda context, text: f"{context}|{upper(text)}",
    )
    assert environment.from_string(source).render(name="<a>", count=lambda: 3) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% trans %}a{% pluralize %}{{ n }}{% endtrans %}", "pluralize without variables"),
        ("{% trans n=1 %}a{% pluralize x %}b{% endtrans %}", "unknown variable 'x' for pluralization"),
        ("{% trans n=1 %}a{% pluralize %}b{% pluralize %}c{% endtrans %}", "only one pluralize"),
        ("{% trans %}{% if a %}{% endif %}{% endtrans %}", "not allowed; saw `if`"),
        ("{% trans %}{% 'endtrans' %}", "not allowed; saw `string`"),
        ("{% trans %}a", "unclosed translation block"),
    ],
)
def test_translations_that_are_refused(source, message):
    with pytest.raises(TemplateSyntaxError, match=message):
        Environment(extensions=["i18n"]).from_string(source)


class RepeatTag(Extension):
    """A tag that leaves its parsing to the method for another one, which begins at the tag's name."""

    tags = {"foreach", "when"}

    def parse(self, parser):
        lineno = parser.stream.current.lineno
        node = parser.parse_for() if parser.stream.current.value == "foreach" else parser.parse_if()
        assert node.lineno == lineno
        return node


def test_a_tag_parsed_as_another_one():
    source = "{% when x %}{% foreach a in x %}{{ a }}{% endfor %}{% endif %}"
    assert Environment(extensions=[RepeatTag]).from_string(source).render(x="ab") == "ab"


class OverlayTag(Extension):
    """A tag whose body sees the entries of a mapping as variables."""

    tags = {"overlay"}

    def parse(self, parser):
        node = OverlayScope(lineno=next(parser.stream).lineno)
        node.context = parser.parse_expression()
        node.body = parser.parse_statements(("name:endoverlay",), drop_needle=True)
        return node


def test_an_overlay_of_variables():
    source = "{{ x }}{% overlay {'y': 3, 'x': [4]} %}{{ x }}{{ y }}{% for x in x %}{{ x }}{% endfor %}{% endoverlay %}{{ x }}"
    assert Environment(extensions=[OverlayTag]).from_string(source).render(x=1) == "1[4]341"

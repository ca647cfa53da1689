"""What is said about mistakes, and where tracebacks point."""

from __future__ import annotations

import pickle
import traceback

import pytest

from microweb.templates import (
    DictLoader,
    Environment,
    FileSystemLoader,
    TemplateNotFound,
    TemplateRecursionError,
    TemplatesNotFound,
    TemplateSyntaxError,
    UndefinedError,
)


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("a\n{% if x %}\nb", 2, "Unexpected end of template. .*'endif'.*innermost block .* is 'if'"),
        ("{% for a in b %}{% endif %}", 1, "unknown tag 'endif'.*'endfor' or 'else'"),
        ("{% incude a %}", 1, "unknown tag 'incude'. Did you mean 'include'"),
        ("{% if a %}{% block b %}{% endif %}", 1, "nesting mistake"),
        ("\n{{ a b }}", 2, "expected token 'end of print statement', got 'b'"),
        ("{{ a", 1, "unexpected end of template"),
        ("{{ (a] }}", 1, "unexpected ']', expected '\\)'"),
        ("{{ a|uper }}", 1, "No filter named 'uper'. Did you mean 'upper'"),
        ("{{ a is defind }}", 1, "No test named 'defind'. Did you mean 'defined'"),
        ("{{ $ }}", 1, "unexpected char '\\$'"),
        ("{# a", 1, "Missing end of comment"),
        ("{% raw %}", 1, "Missing end of raw|Unexpected"),
        ("{% block a-b %}{% endblock %}", 1, "hyphens"),
        ("{% block a %}{% endblock %}\n{% block a %}{% endblock %}", 2, "defined twice"),
        ("{% set 1 = 2 %}", 1, "can't assign to 'const'"),
        ("{% set none = 2 %}", 1, "can't assign"),
        ("{% for loop in a %}{{ loop }}{% endfor %}", 1, "special loop variable"),
        ("{% macro m(a, a) %}{% endmacro %}", 1, "defined twice"),
        ("{% macro m(a=1, b) %}{% endmacro %}", 1, "non-default"),
        ("{% from 'a' import _b %}", 1, "underline"),
        ("{{ f(a=1, b) }}", 1, "invalid syntax for function call"),
        ("{{ '\\x' }}", 1, "."),
        ("{{ " + "9" * 5000 + " }}", 1, "."),
        ("{% if a %}{% extends b %}{% endif %}{% for a in b %}{% extends c %}{% endfor %}", 1, "non top-level"),
        ("{{ f(a=1, a=2) }}", 1, "."),
    ],
)  # fmt: skip
def test_syntax_errors(source, line, message):
    if source.endswith("raw %}"):
        source += "x"
    if len(source) > 5000 and not hasattr(__import__("sys"), "get_int_max_str_digits"):
        pytest.skip("this Python reads any number")
    with pytest.raises(TemplateSyntaxError, match=message) as caught:
        Environment().from_string(source)
    assert caught.value.lineno == line
    shown = source.split("\n")[line - 1].strip()
    assert shown[:200] in str(caught.value)
    # The last frame of the traceback stands in the template.
    assert traceback.extract_tb(caught.value.__traceback__)[-1].lineno == line


def test_a_syntax_error_names_the_file(tmp_path):
    (tmp_path / "a.html").write_text("ok\n{% endif %}\n")
    with pytest.raises(TemplateSyntaxError) as caught:
        Environment(loader=FileSystemLoader(tmp_path)).get_template("a.html")
    assert f'File "{tmp_path / "a.html"}", line 2' in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value)).message) == caught.value.message


SOURCES = {
    "base.html": "<html>\n{% block body %}\n{% endblock %}",
    "page.html": "{% extends 'base.html' %}\n{% from 'macros.html' import outer %}\n\n{% block body %}\n{{ outer() }}{% endblock %}",
    "macros.html": "{% macro outer() %}\n\n{% include 'part.html' %}{% endmacro %}",
    "part.html": "{% for a in [1] %}\n{{ loop.index / a.missing.deeper }}\n{% endfor %}",
}


@pytest.fixture(params=["strings", "files", "stream"])
def page(request, tmp_path):
    if request.param != "files":
        template = Environment(loader=DictLoader(SOURCES)).get_template("page.html")
        return template.render if request.param == "strings" else lambda: list(template.generate())
    for name, source in SOURCES.items():
        (tmp_path / name).write_text(source)
    return Environment(loader=FileSystemLoader(tmp_path)).get_template("page.html").render


def test_tracebacks_show_template_lines(page):
    with pytest.raises(UndefinedError, match="has no attribute 'missing'") as caught:
        page()
    frames = traceback.extract_tb(caught.value.__traceback__)
    names = [frame.filename for frame in frames]
    first = next(index for index, name in enumerate(names) if "page.html" in name)
    shown = [(frame.lineno, frame.line) for frame in frames[first:]]
    assert shown == [
        (1, "{% extends 'base.html' %}"),
        (2, "{% block body %}"),
        (5, "{{ outer() }}{% endblock %}"),
        (3, "{% include 'part.html' %}{% endmacro %}"),
        (2, "{{ loop.index / a.missing.deeper }}"),
    ]
    assert frames[first].name == "top-level template code"
    assert frames[first + 2].name == "block 'body'"


def test_no_template():
    environment = Environment(loader=DictLoader({}))
    with pytest.raises(TemplateNotFound, match="^a$"):
        environment.get_template("a")
    with pytest.raises(TemplatesNotFound, match="none of the templates given were found: a, b"):
        environment.select_template(["a", "b"])
    with pytest.raises(UndefinedError, match="'x' is undefined"):
        environment.from_string("{% include x %}").render()


def test_what_is_wrong_with_an_argument_comes_before_what_is_called():
    with pytest.raises(UndefinedError, match="'argument' is undefined"):
        Environment().from_string("{{ function(argument.x) }}").render()


def test_a_minified_line_is_shown_in_part():
    with pytest.raises(TemplateSyntaxError) as caught:
        Environment().from_string("x" * 10_000 + "{% nothing %}")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'a' %}",
        "{% extends 'a' %}",
        "{% from 'a' import b with context %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% block b %}{{ self.b() }}{% endblock %}",
    ],
)
def test_recursion_without_end(source):
    with pytest.raises(
        TemplateRecursionError, match="Does a template include, extend, import or call itself"
    ):
        Environment(loader=DictLoader({"a": source})).get_template("a").render()


TAGS = [
    "if a", "for a in b", "for a in b recursive", "with", "filter upper", "set a", "macro m()", "call m()", "autoescape a"
]  # fmt: skip


def open_and_close(tag, depth):
    return f"{{% {tag} %}}" * depth + f"{{% end{tag.split()[0]} %}}" * depth


@pytest.mark.parametrize("tag", TAGS)
def test_tags_nested_too_deeply(tag):
    with pytest.raises(
        TemplateSyntaxError, match=f"nested more than 100 deep, the innermost is '{tag.split()[0]}'"
    ):
        Environment().from_string(open_and_close(tag, 500))


@pytest.mark.parametrize("tag", [tag for tag in TAGS if not tag.startswith("for")])
def test_tags_nested_deeply(tag):
    assert Environment().from_string(open_and_close(tag, 100))


def test_python_has_a_limit_for_loops():
    with pytest.raises(
        TemplateSyntaxError, match="Python cannot compile this template: too many statically nested"
    ):
        Environment().from_string(open_and_close("for a in b", 30))


@pytest.mark.parametrize(
    ("before", "after"), ["()", "[]", ("a[", "]"), ("f(", ")"), ("{1:", "}"), ("a|d(", ")")]
)
def test_nested_brackets(before, after):
    with pytest.raises(TemplateSyntaxError, match="brackets are nested more than 100 deep"):
        Environment().from_string("{{ " + before * 500 + "1" + after * 500 + " }}")
    assert Environment().from_string("{{ " + before * 90 + "1" + after * 90 + " }}")


@pytest.mark.parametrize(
    "expression",
    ["a" + ".b" * 500, "a" + "[0]" * 500, "a" + "+a" * 500, "a" + "|upper" * 500, "not " * 500 + "a", "-" * 500 + "a",
     "a if b else " * 500 + "c", "a" + " and a" * 500, "a" + "()" * 500, "a" + " < a" * 500, "a" + " ~ a" * 500],
)  # fmt: skip
def test_chains(expression):
    environment = Environment()
    for compile in (environment.from_string, lambda source: environment.compile(source, raw=True)):
        try:
            compile("\n{{ " + expression + " }}")
        except TemplateSyntaxError as error:
            assert "recursion" in error.message and error.lineno == 2


def test_a_chain_of_any_length():
    source = "{% if a == 0 %}0" + "".join(f"{{% elif a == {n} %}}{n}" for n in range(1, 700))
    template = Environment().from_string(source + "{% else %}no{% endif %}")
    assert [template.render(a=n) for n in (0, 49, 50, 51, 699, 700)] == ["0", "49", "50", "51", "699", "no"]


class Bad:
    """Fails whatever one does with it."""

    def __str__(self):
        raise ValueError("no text")

    __html__ = __call__ = __len__ = __str__
    attribute = property(__str__)

    def __iter__(self):
        yield 1
        raise ValueError("no more")

    def __getitem__(self, item):
        raise ValueError(item)


PARTS = {
    "m": "{% macro div(x) %}\n{{ 1 / x }}{% endmacro %}{% macro wrap() %}\n{{ caller(0) }}{% endmacro %}",
    "wrong": "\n\n{{ a b }}",
    "base": "{% block a %}{% endblock %}",
}


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("\n{{ bad }}", [2]),
        ("\n{{ bad.attribute }}", [2]),
        ("\n{{ bad() }}", [2]),
        ("\n{{ bad['x'] }}", [2]),
        ("\n{{ bad ~ 'a' }}", [2]),
        ("\n{{ bad|string }}", [2]),
        ("\n{{ bad|attr('attribute') }}", [2]),
        ("\n{{ [bad]|map('upper')|list }}", [2]),
        ("\n{{ [bad]|sort(attribute='x.y') }}", [2]),
        ("\n{% for a in bad %}\n{{ loop.last }}{% endfor %}", [3]),
        ("\n{{ nothing.a }}", [2]),
        ("\n{{ nothing() }}", [2]),
        ("\n{{ nothing + 1 }}", [2]),
        ("\n{{ [1]|sort(attribute='x.y') }}", [2]),
        ("\n{{ [1]|map('failing')|list }}", [2]),
        ("\n{% filter upper %}\n{{ 1|failing }}{% endfilter %}", [3]),
        ("\n{{ none|round(method='up') }}", [2]),
        ("{% macro m(a) %}{% endmacro %}\n{{ m(1, 2) }}", [2]),
        ("{% macro m(a) %}{% endmacro %}\n{{ m(b=2) }}", [2]),
        ("{% from 'm' import div %}\n{{ div(0) }}", [2, 2]),
        ("{% from 'm' import wrap %}\n{% call(v) wrap() %}\n{{ 1 / v }}{% endcall %}", [2, 3, 3]),
        ("\n{% for a in [0] recursive %}\n{{ loop([0]) if loop.depth < 2 else 1 / a }}{% endfor %}", [2, 3, 3]),
        ("\n{% include 'nowhere' %}", [2]),
        ("\n{% include 'wrong' %}", [2, 3]),
        ("\n{% extends 'base' %}{% block a %}\n{{ super.super() }}{{ 1 / 0 }}{% endblock %}", [2, 1, 3]),
        ("\n{% set a %}\n{{ 1 / 0 }}{% endset %}", [3]),
    ],
)  # fmt: skip
def test_the_engine_hides_its_frames(source, lines, streamed):
    environment = Environment(loader=DictLoader({**PARTS, "a": source}), autoescape=True)
    environment.filters["failing"] = lambda value: 1 / 0
    template = environment.get_template("a")
    with pytest.raises(Exception) as caught:
        list(template.generate(bad=Bad())) if streamed else template.render(bad=Bad())
    frames = traceback.extract_tb(caught.value.__traceback__)
    while "microweb" in frames[0].filename or frames[0].filename == __file__:
        del frames[0]  # how the template was called
    assert [frame.lineno for frame in frames if frame.filename != __file__] == lines
    assert all(frame.line for frame in frames)


def test_a_filter_that_fails_by_itself_is_shown():
    with pytest.raises(TypeError) as caught:
        Environment().from_string("{{ 1|wordcount|first }}").render()
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "do_first"


def test_functions_in_tracebacks_have_telling_names():
    source = (
        "{% macro wrap(loop_1, call_2=3) %}{% for a in [1] recursive %}{{ caller() ~ loop_1 ~ call_2 }}{% endfor %}"
        "{% endmacro %}{% block a %}{% call wrap(0) %}{{ x / 0 }}{% endcall %}{% endblock %}"
    )
    with pytest.raises(ZeroDivisionError) as caught:
        Environment().from_string(source).render(x=1)
    names = [frame.name.rstrip("0123456789") for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-5:] == ["top-level template code", "block 'a'", "macro_wrap", "loop_", "call_"]

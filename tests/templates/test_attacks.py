"""Hostile names, data and sources; the numbers are those of the catalogue of attacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.templates import DictLoader, Environment, TemplateSyntaxError

SAFE = Environment(autoescape=True)


@pytest.mark.parametrize(
    "name", ["{bad}", "a'b", 'a"b', "a\nraise SystemExit", "{{ 1 }}", "\\", "{name}", "é\ud800"]
)
def test_b149_names_in_code(name):
    environment = Environment(
        loader=DictLoader({name: "{% from 'm' import x %}{{ x }}ok{{ 'a' if 0 }}", "m": ""})
    )
    template = environment.get_template(name)
    assert template.render() == "ok" and template.name == name


@given(st.text(alphabet="{}%#-+ \n'\"\\a1b.|()[]~=:,if forset raw endx\0é", max_size=60))
def test_b149_any_source(source):
    try:
        template = SAFE.from_string(source)
    except TemplateSyntaxError:
        return
    try:
        template.render()
    except Exception as error:
        assert "undefined" in str(error) or isinstance(error, (TypeError, ValueError, ArithmeticError)), (
            source
        )


@given(st.text(max_size=40))
def test_b149_any_data(text):
    source = "{{ a }}{% for b in [a, a] %}{{ b }}{% endfor %}{{ a ~ a }}{% set c %}{{ a }}{% endset %}{{ c }}"
    shown = SAFE.from_string(source).render(a=text)
    assert not set("<>\"'") & set(shown)
    assert (
        shown.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&#34;", '"')
        .replace("&amp;", "&")
        == text * 6
    )


def test_b150_quotes():
    assert SAFE.from_string("<a b='{{ x }}' c=\"{{ x }}\">").render(x="'\"") == (
        "<a b='&#39;&#34;' c=\"&#39;&#34;\">"
    )


@pytest.mark.parametrize(
    "source", ["{{" + "'" * 20_001, "{%" * 50_000, "{#" * 50_000, "{% raw" * 20_000, "{{ " + "(" * 20_000]
)
def test_b151_the_lexer_is_linear(source):
    with pytest.raises(TemplateSyntaxError):
        SAFE.from_string(source)


def test_b151_space_is_linear():
    text = " \n" * 100_000
    assert (
        SAFE.overlay(lstrip_blocks=True, line_statement_prefix="#")
        .from_string(text + "x")
        .render()
        .endswith("x")
    )


class Evil(str):
    """Pretends to be clean, and to be markup."""

    def replace(self, *args):
        return self

    def __contains__(self, item):
        return False

    def __str__(self):
        return self


@pytest.mark.parametrize(
    "source",
    [
        "{{ x }}",
        "{{ x ~ x }}",
        "{% for a in [x] %}{{ a }}{% endfor %}",
        "{% autoescape y %}{{ x }}{% endautoescape %}",
    ],
)
def test_str_subclasses_are_escaped(source):
    assert "<" not in SAFE.from_string(source).render(x=Evil("<script>"), y=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"<", "b&#39;&lt;&#39;"), ("\ud800<", "\ud800&lt;"), ("a" * 10**7, "a" * 10**7), (True, "True")],
)
def test_odd_values(value, expected):
    assert SAFE.from_string("{{ x }}").render(x=value) == expected


def test_html_method():
    class Html:
        def __html__(self):
            return "<b>"

    assert SAFE.from_string("{{ x }}{% for a in [x] %}{{ a }}{% endfor %}").render(x=Html()) == "<b><b>"


def test_large_ranges_cost_nothing_unless_used():
    source = "{% for i in range(10 ** 12) %}{{ i }}{% if i == 2 %}{% break %}{% endif %}{% endfor %}"
    environment = Environment(extensions=["loopcontrols"])
    assert environment.from_string(source).render() == "012"
    assert environment.from_string("{{ (2 ** 99999999) if false }}").render() == ""

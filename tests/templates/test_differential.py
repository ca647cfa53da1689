"""Random templates render the same as under Jinja, where that is installed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microweb.templates import Environment

jinja2 = pytest.importorskip("jinja2")

OPTIONS = {"autoescape": True, "extensions": ["jinja2.ext.loopcontrols", "jinja2.ext.do"]}
OURS, THEIRS = Environment(**OPTIONS), jinja2.Environment(**OPTIONS)
DATA = {"a": 1, "b": "<b>", "c": [3, "x&", None], "d": {"k": [1, 2], "e": "'"}, "f": ""}

names = st.sampled_from(["a", "b", "c", "d", "f", "x", "y", "missing"])
literals = st.sampled_from(["1", "0", "2.5", "'s<'", "none", "true", "[1, 2]", "{'k': 1}", "()", "''"])


def operations(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(pairs, st.sampled_from(["+", "~", "and", "or", "==", "!=", "*", "in", "%"])).map(
            lambda p: f"({p[0][0]} {p[1]} {p[0][1]})"
        ),
        inner.map(lambda e: f"(not {e})"),
        inner.map(lambda e: f"{e}.k"),
        inner.map(lambda e: f"{e}[0]"),
        inner.map(lambda e: f"{e}[:1]"),
        st.tuples(
            inner,
            st.sampled_from(
                ["upper", "length", "default('-')", "list", "join(',')", "e", "safe", "first", "string"]
            ),
        ).map(lambda p: f"{p[0]}|{p[1]}"),
        st.tuples(
            inner, st.sampled_from(["defined", "none", "string", "number", "iterable", "sameas true"])
        ).map(lambda p: f"({p[0]} is {p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
    )


expressions = st.recursive(names | literals, operations, max_leaves=5)
text = st.sampled_from(["", "t", "<i>", "\n", " ", "%s", "{", "\\"])
targets = st.sampled_from(["x", "y", "a"])


def statements(inner):
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(expressions, inner, inner).map(lambda p: "{%% if %s %%}%s{%% else %%}%s{%% endif %%}" % p),
        st.tuples(targets, expressions, inner, inner).map(
            lambda p: "{%% for %s in %s|list %%}%s{%% else %%}%s{%% endfor %%}" % p
        ),
        st.tuples(targets, expressions, inner).map(
            lambda p: (
                "{%% for %s in %s|list if %s %%}{{ loop.index }}{{ loop.last }}%s{%% endfor %%}"
                % (p[0], p[1], p[0], p[2])
            )
        ),
        st.tuples(targets, expressions).map(lambda p: "{%% set %s = %s %%}" % p),
        st.tuples(targets, inner).map(lambda p: "{%% set %s %%}%s{%% endset %%}" % p),
        st.tuples(targets, expressions, inner).map(lambda p: "{%% with %s = %s %%}%s{%% endwith %%}" % p),
        st.tuples(inner, expressions).map(
            lambda p: "{%% macro m(x, y=1) %%}%s{%% endmacro %%}{{ m(%s) }}{{ m(1, y=2) }}" % p
        ),
        inner.map(lambda e: "{%% filter upper %%}%s{%% endfilter %%}" % e),
        inner.map(lambda e: "{%%- if true -%%} %s {%%- endif %%}" % e),
    )


templates = st.recursive(text | expressions.map(lambda e: "{{ %s }}" % e), statements, max_leaves=8)


def outcome(environment, source):
    try:
        return environment.from_string(source).render(DATA)
    except Exception as error:
        return type(error).__name__.replace("TemplateSyntaxError", "SyntaxError")


@settings(max_examples=600, deadline=None)
@given(templates)
def test_the_same_output(source):
    assert outcome(OURS, source) == outcome(THEIRS, source)

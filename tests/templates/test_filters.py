"""templates.filters: each filter as a function, with as much environment as it asks for."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.markup import Markup
from microweb.templates import filters
from microweb.templates.checks import TESTS
from microweb.templates.errors import FilterArgumentError
from microweb.templates.filters import FILTERS
from microweb.templates.runtime import Undefined
from microweb.templates.utils import pass_arg_of


class Environment:
    """What filters use of an environment."""

    newline_sequence = "\n"
    undefined = Undefined

    def __init__(self, autoescape=False):
        self.environment = self  # it is its own eval context, and context
        self.autoescape = autoescape
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)
        self.policies = {
            "truncate.leeway": 5,
            "urlize.rel": "noopener",
            "urlize.target": None,
            "urlize.extra_schemes": None,
            "json.dumps_function": None,
            "json.dumps_kwargs": {"sort_keys": True},
        }

    def getitem(self, obj, name):
        try:
            return obj[name]
        except (LookupError, TypeError):
            return getattr(obj, str(name), None) or self.undefined(name=name)

    def getattr(self, obj, name):
        return getattr(obj, name)

    def by_name(self, kind, name, context=None):
        func = getattr(self, f"{kind}s")[name]
        return partial(func, self) if pass_arg_of(func) else func


PLAIN, ESCAPING = Environment(), Environment(autoescape=True)


def apply(name, value, *args, env=PLAIN, **kwargs):
    return env.by_name("filter", name)(value, *args, **kwargs)


def listed(name, value, *args, **kwargs):
    return list(apply(name, value, *args, **kwargs))


class Item:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Html:
    def __html__(self):
        return "<b>"


# name, value and arguments, expected
CASES = [
    ("abs", (-1,), 1),
    ("capitalize", ("FOO bar",), "Foo bar"),
    ("center", ("foo", 9), "   foo   "),
    ("count", ("abc",), 3),
    ("default", (Undefined(), 1), 1),
    ("default", (0, 1), 0),
    ("d", ("", 1, True), 1),
    ("dictsort", ({"b": 1, "A": 2},), [("A", 2), ("b", 1)]),
    ("dictsort", ({"b": 1, "A": 2, "a": 3}, True, "value", True), [("a", 3), ("A", 2), ("b", 1)]),
    ("escape", ("<",), "&lt;"),
    ("filesizeformat", (1,), "1 Byte"),
    ("filesizeformat", ("999",), "999 Bytes"),
    ("filesizeformat", (1000,), "1.0 kB"),
    ("filesizeformat", (3_000_000, True), "2.9 MiB"),
    ("filesizeformat", (10**30,), "1000000.0 YB"),
    ("filesizeformat", ("1e400",), "inf YB"),
    ("first", ([1, 2],), 1),
    ("first", (iter("ab"),), "a"),
    ("last", ([1, 2],), 2),
    ("float", ("1.5",), 1.5),
    ("float", ("x", 2.0), 2.0),
    ("forceescape", (Markup("<"),), "&lt;"),
    ("forceescape", (Html(),), "&lt;b&gt;"),
    ("format", ("%s|%d", "a", 2), "a|2"),
    ("indent", ("a\n\nb\n",), "a\n\n    b\n"),
    ("indent", ("a\n\nb", "> ", True, True), "> a\n> \n> b"),
    ("int", ("42.9",), 42),
    ("int", ("0x1f", 0, 16), 31),
    ("int", ("1e999", 7), 7),
    ("int", ("9" * 5000,), 0),
    ("int", ([], 3), 3),
    ("list", ("ab",), ["a", "b"]),
    ("lower", ("FOO",), "foo"),
    ("min", (["b", "A"],), "A"),
    ("pprint", ({"a": 1},), "{'a': 1}"),
    ("replace", ("aaa", "a", 1, 2), "11a"),
    ("reverse", ("abc",), "cba"),
    ("reverse", (iter("ab"),), ["b", "a"]),
    ("round", (2.7,), 3.0),
    ("round", (2.1234, 3, "floor"), 2.123),
    ("round", (21.3, -1, "ceil"), 30.0),
    ("safe", ("<",), "<"),
    ("sort", ([3, 1, 2],), [1, 2, 3]),
    ("sort", (["b", "A", "a"], True, True), ["b", "a", "A"]),
    ("sort", ([None, None],), [None, None]),
    ("string", (1,), "1"),
    ("striptags", ("<p>a  <b>b</b><!-- x --></p>",), "a b"),
    ("striptags", (Html(),), ""),
    ("sum", ([1, 2], None, 10), 13),
    ("sum", ([{"a": {"b": 1}}, {"a": {"b": 2}}], "a.b"), 3),
    ("title", ("foo-bar (baz) it's",), "Foo-Bar (Baz) It's"),
    ("trim", (" x. ", " ."), "x"),
    ("truncate", ("foo bar baz qux", 9), "foo..."),
    ("truncate", ("foo bar baz qux", 9, True), "foo ba..."),
    ("truncate", ("foo bar baz qux", 11), "foo bar baz qux"),
    ("truncate", ("foo bar baz qux", 11, False, "~", 0), "foo bar~"),
    ("upper", ("foo",), "FOO"),
    ("urlencode", ("a b/c?\u20ac",), "a%20b/c%3F%E2%82%AC"),
    ("urlencode", ([("a b/c", 1), (2, b"\xff")],), "a+b%2Fc=1&2=%FF"),
    ("urlencode", ({"a": "&"},), "a=%26"),
    ("urlencode", (7,), "7"),
    ("wordcount", ("foo bar, baz",), 3),
    ("wordwrap", ("Hello!\nThis is something.", 10), "Hello!\nThis is\nsomething."),
    ("wordwrap", ("abcdef", 4, True, "|"), "abcd|ef"),
    ("wordwrap", ("abcdef gh", 4, False), "abcdef\ngh"),
    ("wordwrap", ("x" * 1000, 3, True, ""), "x" * 1000),
    ("xmlattr", ({"a": 1, "b": None, "c": Undefined(), "d": '<"'},), ' a="1" d="&lt;&#34;"'),
    ("xmlattr", ({"@click": "x", "data-a:b": ""}, False), '@click="x" data-a:b=""'),
    ("xmlattr", ({},), ""),
]


@pytest.mark.parametrize(("name", "args", "expected"), CASES)
def test_filter(name, args, expected):
    assert apply(name, *args) == expected


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("batch", (range(5), 2), [[0, 1], [2, 3], [4]]),
        ("batch", (range(5), 2, "x"), [[0, 1], [2, 3], [4, "x"]]),
        ("batch", (range(4), 4 / 2, "x"), [[0, 1], [2, 3]]),
        ("items", ({"a": 1},), [("a", 1)]),
        ("items", (Undefined(),), []),
        ("map", ([1, 2], "string"), ["1", "2"]),
        ("map", (["a"], "default", "x"), ["a"]),
        ("map", ([[3, 1]], "sort"), [[1, 3]]),
        ("map", (["b", "a"], "center", 3), [" b ", " a "]),
        ("map", (None, "upper"), []),
        ("map", ([], "no such filter"), []),
        ("reject", ([1, 2, 3], "odd"), [2]),
        ("reject", ([0, 1, None],), [0, None]),
        ("reverse", ([1, 2],), [2, 1]),
        ("select", ([1, 2, 3], "divisibleby", 3), [3]),
        ("select", ([0, 1, ""],), [1]),
        ("select", (["upper", "nope"], "filter"), ["upper"]),
        ("selectattr", ([{"a": 1}, {"a": 0}], "a"), [{"a": 1}]),
        ("selectattr", ([{"a": 1}, {"a": 2}], "a", "gt", 1), [{"a": 2}]),
        ("selectattr", ([], "a"), []),
        ("rejectattr", ([{"a": 1}, {"a": 0}], "a"), [{"a": 0}]),
        ("slice", (range(10), 3), [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ("slice", (range(4), 3, "x"), [[0, 1], [2, "x"], [3, "x"]]),
        ("unique", (["b", "A", "a", "b"],), ["b", "A"]),
        ("unique", (["b", "A", "a"], True), ["b", "A", "a"]),
    ],
)
def test_filters_that_return_iterators(name, args, expected):
    assert listed(name, *args) == expected


@pytest.mark.parametrize(
    ("name", "args", "error"),
    [
        ("dictsort", ({}, False, "nothing"), FilterArgumentError),
        ("format", ("", 1), TypeError),
        ("items", ([],), TypeError),
        ("map", ([1],), FilterArgumentError),
        ("reverse", (1,), FilterArgumentError),
        ("round", (1, 0, "up"), FilterArgumentError),
        ("round", (1, -(10**9)), FilterArgumentError),
        ("round", (1.5, 10**9, "ceil"), FilterArgumentError),
        ("selectattr", ([1],), FilterArgumentError),
        ("slice", ([1], 0), ZeroDivisionError),
        ("truncate", ("x", 1), FilterArgumentError),
        ("truncate", ("x", 9, False, "", -1), FilterArgumentError),
    ],
)
def test_wrong_arguments(name, args, error):
    with pytest.raises(error):
        list(apply(name, *args))


@pytest.mark.parametrize("name", ["first", "last", "min", "max", "random"])
def test_nothing_to_choose_from_is_undefined(name):
    result = apply(name, [])
    assert isinstance(result, Undefined) and "was empty" in result._undefined_message


def test_keywords_that_do_not_belong():
    with pytest.raises(FilterArgumentError, match="'x'"):
        listed("map", [1], attribute="a", x=1)
    with pytest.raises(FilterArgumentError, match="not both"):
        apply("format", "%s", 1, a=2)


def test_striptags_asks_for_html():
    assert apply("striptags", Html()) == ""


def test_random_is_seeded_like_pythons():
    random.seed(1)
    expected = random.choice("abc")
    random.seed(1)
    assert apply("random", "abc") == expected


# --- attributes


PEOPLE = [Item(name="b", age=2), Item(name="A", age=1), Item(name="a", age=2)]


def names(people):
    return "".join(person.name for person in people)


def test_attributes():
    assert names(apply("sort", PEOPLE, attribute="age,name")) == "Aab"
    assert names(apply("sort", PEOPLE, attribute="name", case_sensitive=True)) == "Aab"
    assert names([apply("max", PEOPLE, attribute="age"), apply("min", PEOPLE, attribute="age")]) == "bA"
    assert names(apply("unique", PEOPLE, attribute="name")) == "bA"
    assert apply("join", PEOPLE, "-", "name") == "b-A-a"
    assert listed("map", PEOPLE, attribute="name") == ["b", "A", "a"]
    assert listed("map", [{"x": {"y": [1, 2]}}], attribute="x.y.1") == [2]
    assert listed("map", [{"x": 1}, {}], attribute="x", default="no") == [1, "no"]
    assert listed("map", [[1, 2]], attribute=1) == [2]
    assert listed("map", [{"\xb2": 1}], attribute="\xb2") == [1]


class Items(dict):
    name = "attribute"


@pytest.mark.parametrize("inlined", [True, False])
def test_attributes_are_looked_up_as_the_environment_does(inlined, monkeypatch):
    if inlined:
        monkeypatch.setattr(Environment.getitem, "can_be_inlined", True, raising=False)
    things = [Item(name="x"), {"name": "item"}, Items(), Items(name="item")]
    assert listed("map", things, attribute="name") == ["x", "item", "attribute", "item"]
    assert listed("unique", [Item(name="X"), Item(name="x")], attribute="name")[0].name == "X"
    assert isinstance(listed("map", [Item()], attribute="name")[0], Undefined)
    assert listed("map", [Item()], attribute="name", default=1) == [1]


def test_groupby():
    groups = apply("groupby", PEOPLE, "name")
    assert [(group.grouper, names(group.list)) for group in groups] == [("A", "Aa"), ("b", "b")]
    assert [name for name, _ in apply("groupby", PEOPLE, "name", case_sensitive=True)] == ["A", "a", "b"]
    assert repr(apply("groupby", [{"a": 1}], "a")) == "[(1, [{'a': 1}])]"
    assert apply("groupby", [{}], "a", default="x")[0].grouper == "x"


def test_attr_takes_attributes_only_and_runs_a_property_once():
    class Counter:
        runs = 0

        @property
        def value(self):
            Counter.runs += 1
            return "value"

        def __getitem__(self, name):
            return "item"

        def __getattr__(self, name):
            if name == "dynamic":
                return name
            raise AttributeError(name)

    assert apply("attr", Counter(), "value") == "value" and Counter.runs == 1
    assert apply("attr", Counter(), "dynamic") == "dynamic"
    assert apply("attr", Counter, "runs") == 1
    assert isinstance(apply("attr", {"a": 1}, "a"), Undefined)
    assert isinstance(apply("attr", Counter(), "other"), Undefined)


# --- escaping


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("join", (["<", Markup("<")],), "&lt;<"),
        ("join", ([1, Html()], "<"), "1&lt;<b>"),
        ("join", (["<", 1], Markup("<")), "&lt;<1"),
        ("replace", ("<foo>", "o", Markup("<")), "&lt;f<<&gt;"),
        ("replace", (Markup("foo"), "o", "<"), "f&lt;&lt;"),
        ("replace", ("<x>", Markup("&lt;"), "y"), "yx&gt;"),
        ("indent", (Markup("a\nb"), "<"), "a\n<b"),
        ("upper", (Markup("<b>"),), "<B>"),
        ("urlize", ("<",), "&lt;"),
        ("xmlattr", ({"a": "<"},), ' a="&lt;"'),
        ("tojson", ("</script>&'",), '"\\u003c/script\\u003e\\u0026\\u0027"'),
        ("safe", ("<",), "<"),
        ("format", (Markup("<%s>"), "<"), "<&lt;>"),
    ],
)
def test_markup_where_output_is_escaped(name, args, expected):
    result = apply(name, *args, env=ESCAPING)
    assert isinstance(result, Markup) and result == expected


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("join", (["<", ">"], "&"), "<&>"),
        ("replace", ("<x>", "<", 1), "1x>"),
        ("urlencode", ({"a": 1, "b": 2},), "a=1&b=2"),
        ("title", (Markup("a"),), "A"),
    ],
)
@pytest.mark.parametrize("env", [PLAIN, ESCAPING], ids=["plain", "escaping"])
def test_text_stays_text(name, args, expected, env):
    result = apply(name, *args, env=env)
    assert type(result) is str and result == expected


@pytest.mark.parametrize(
    "key", ["a onload", "a/onload", "a>", "a=b", "a\tb", 'a"', "a'", "a<", "a\0", "a\x0c", ""]
)
def test_xmlattr_keys_CVE_2024_22195_CVE_2024_34064(key):
    with pytest.raises(ValueError, match="Invalid character"):
        apply("xmlattr", {key: "x"})


@given(st.text())
def test_tojson_is_safe_in_a_script(text):
    result = apply("tojson", text, env=ESCAPING)
    assert not set(result) & set("<>&'\u2028\u2029")


def test_tojson_policies():
    env = Environment()
    assert apply("tojson", {"b": 1, "a": 2}, env=env) == '{"a": 2, "b": 1}'
    assert apply("tojson", [1], 1, env=env) == "[\n 1\n]"
    env.policies.update({"json.dumps_function": lambda value, **kwargs: str(kwargs), "json.dumps_kwargs": {}})
    assert apply("tojson", 1, env=env) == "{}"


def test_urlize_settings():
    assert apply("urlize", "www.a.de", nofollow=True, rel="me", target="_top") == (
        '<a href="https://www.a.de" rel="me nofollow noopener" target="_top">www.a.de</a>'
    )
    assert apply("urlize", "tel:1", extra_schemes=["tel:"]).startswith('<a href="tel:1"')


@pytest.mark.parametrize("scheme", ["javascript:", "JavaScript:", "x", "vbscript:", "tel", "a b:"])
def test_urlize_refuses_schemes(scheme):
    with pytest.raises(FilterArgumentError, match="not a valid URI scheme"):
        apply("urlize", "x", extra_schemes=[scheme])


@pytest.mark.parametrize("name", ["striptags", "title", "wordcount", "wordwrap", "truncate", "indent"])
@pytest.mark.parametrize("text", ["&", "<<", "x", "- ", "a-"])
def test_filters_are_linear_CVE_2019_14232_CVE_2023_43665(name, text):
    # Where they are not, this takes minutes.
    apply(name, text * 200_000)


@given(st.text(alphabet="ab -\n"), st.integers(1, 6))
def test_wordwrap_is_textwraps(text, width):
    import textwrap

    expected = [textwrap.wrap(line, width, expand_tabs=False) for line in text.splitlines()]
    assert apply("wordwrap", text, width) == "\n".join("\n".join(lines) for lines in expected)


def test_every_filter_is_there():
    assert len(FILTERS) == 54 and all(callable(func) for func in FILTERS.values())
    assert FILTERS["d"] is FILTERS["default"] is filters.do_default
    assert apply("round", Decimal("1.25"), 1) == Decimal("1.2")

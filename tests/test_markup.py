"""markup: escape and Markup, alone."""

from __future__ import annotations

import pickle
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb import markup
from microweb.markup import Markup, escape, escape_silent, soft_str


def assert_markup(value, expected):
    assert type(value) is Markup
    assert str(value) == expected


class Html:
    def __html__(self):
        return "<b>"


class Spec(Html):
    def __html_format__(self, spec):
        return Markup("<{}>").format(spec or "b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("\"<>&'", "&#34;&lt;&gt;&amp;&#39;"),
        ("&lt;", "&amp;lt;"),
        ("\u3053&\U0001f363", "\u3053&amp;\U0001f363"),
        ("\ud800<", "\ud800&lt;"),
        (None, "None"),
        (42, "42"),
        (b"<", "b&#39;&lt;&#39;"),
        (Markup("<b>"), "<b>"),
        (Html(), "<b>"),
        (["<"], "[&#39;&lt;&#39;]"),
    ],
)
def test_escape(value, expected):
    assert_markup(escape(value), expected)


class Liar(str):
    """Tries every way to keep its markup."""

    def __contains__(self, item):
        return False

    def replace(self, *args):
        return self

    def __str__(self):
        return self


class Proxy:
    __class__ = str

    def __str__(self):
        return "<p>"


@pytest.mark.parametrize(
    ("value", "expected"), [(Liar("<a>"), "&lt;a&gt;"), (Proxy(), "&lt;p&gt;")], ids=["liar", "proxy"]
)
def test_pretended_strings_are_escaped(value, expected):
    assert_markup(escape(value), expected)
    assert_markup(Markup("%s") % value, expected)
    assert_markup(Markup("{}").format(value), expected)
    assert_markup(Markup("").join([value]), expected)


@given(st.text())
def test_escape_removes_what_is_special_and_unescape_restores_it(text):
    escaped = escape(text)
    assert not set(escaped) & set("<>\"'")
    assert escaped.replace("&amp;", "").count("&") == sum(map(text.count, "<>\"'"))
    assert escape(escaped) is not None and escape(escaped) == escaped
    if "\r" not in text and "\0" not in text:
        assert escaped.unescape() == text


def test_escape_of_a_failing_object_fails():
    class Broken:
        def __html__(self):
            raise LookupError

    with pytest.raises(LookupError):
        escape(Broken())


def test_silent_and_soft():
    assert_markup(escape_silent(None), "")
    assert_markup(escape_silent("<"), "&lt;")
    assert type(soft_str(Markup("x"))) is Markup
    assert soft_str(1) == "1"


def test_constructor():
    assert_markup(Markup(), "")
    assert_markup(Markup(3), "3")
    assert_markup(Markup(Html()), "<b>")
    assert_markup(Markup(b"\xe4", "latin-1"), "\xe4")
    assert_markup(Markup(b"\xe4", "ascii", "replace"), "\ufffd")
    assert repr(Markup("<a>")) == "Markup('<a>')"
    assert_markup(pickle.loads(pickle.dumps(Markup("<a>"))), "<a>")


M = Markup("<B> c")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (M + "<", "<B> c&lt;"),
        ("<" + M, "&lt;<B> c"),
        (M + Html(), "<B> c<b>"),
        (Html() + M, "<b><B> c"),
        (M * 2, "<B> c<B> c"),
        (2 * M, "<B> c<B> c"),
        (M[0], "<"),
        (M[:3], "<B>"),
        (M.lower(), "<b> c"),
        (M.upper(), "<B> C"),
        (M.title(), "<B> C"),
        (M.swapcase(), "<b> C"),
        (M.capitalize(), "<b> c"),
        (M.casefold(), "<b> c"),
        (M.strip("<c"), "B> "),
        (M.lstrip("<"), "B> c"),
        (M.rstrip("c "), "<B>"),
        (M.zfill(7), "00<B> c"),
        (M.expandtabs(), "<B> c"),
        (M.translate({66: "b"}), "<b> c"),
        (M.removeprefix("<"), "B> c"),
        (M.removesuffix("c"), "<B> "),
        (M.replace("c", "<"), "<B> &lt;"),
        (M.replace("B", Markup("<"), 1), "<<> c"),
        (M.ljust(6, "-"), "<B> c-"),
        (M.rjust(6), " <B> c"),
        (M.center(7, "*"), "*<B> c*"),
        (M.join(["<", Markup("<")]), "&lt;<B> c<"),
        (Markup("%s %s") % ("<", Html()), "&lt; <b>"),
        (Markup("%(a)s%(b).1f%(c)r") % {"a": "<", "b": 1, "c": "'"}, "&lt;1.0&#34;&#39;&#34;"),
        (Markup("%d%%") % 3.9, "3%"),
        (Markup("{}{a[1]}").format("<", a=["", ">"]), "&lt;&gt;"),
        (Markup("{:>3}|{!r}").format("<", "<"), "  &lt;|&#39;&lt;&#39;"),
        (Markup("{:{}}").format("a", Markup(">3")), "  a"),
        (Markup("{x}").format_map({"x": "<"}), "&lt;"),
        (Markup("{}{:i}").format(escape(Html()), Spec()), "<b><i>"),
        (Markup("{}").format(M), "<B> c"),
    ],
)
def test_methods_keep_markup_and_escape_what_comes_in(value, expected):
    assert_markup(value, expected)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (M.split(), ["<B>", "c"]),
        (M.rsplit(None, 1), ["<B>", "c"]),
        (Markup("a\nb").splitlines(), ["a", "b"]),
        (M.partition(" "), ("<B>", " ", "c")),
        (M.rpartition("x"), ("", "", "<B> c")),
    ],
)
def test_pieces_are_markup(parts, expected):
    assert parts == expected and type(parts) is type(expected)
    assert all(type(part) is Markup for part in parts)


def test_every_string_method_that_returns_text_is_covered():
    plain = {"encode", "count", "find", "rfind", "index", "rindex", "startswith", "endswith", "maketrans"}
    missing = [
        name
        for name in dir(str)
        if not name.startswith(("_", "is")) and name not in plain and name not in Markup.__dict__
    ]
    assert missing == []


def test_a_subclass_stays_itself():
    class Mine(Markup):
        pass

    for value in (Mine("a") + "<", Mine("a").upper(), Mine.escape("<"), Mine("{}").format("<")):
        assert type(value) is Mine


@pytest.mark.parametrize("operation", [lambda: M + 1, lambda: 1 + M, lambda: M * "a", lambda: M % "a"])
def test_wrong_types(operation):
    with pytest.raises(TypeError):
        operation()


@pytest.mark.parametrize("template", ["{:x}", "{0:x}"])
@pytest.mark.parametrize("value", [M, Html()])
def test_format_specification_needs_html_format(template, value):
    with pytest.raises(ValueError, match="format"):
        Markup(template).format(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Main &raquo;\n <em>About</em>", "Main \xbb About"),
        ("a<!-- <b> \n -->b", "ab"),
        ("a<!-->b", "a<!-->b"),
        ("<p", "<p"),
        ("a<!-- open <b>", "a<!-- open <b>"),
        ("<i>x</i> <", "x <"),
        ("&lt;b&gt;", "<b>"),
    ],
)
def test_striptags(text, expected):
    assert Markup(text).striptags() == expected


@pytest.mark.parametrize("text", ["<", "<!--", "&a", "<<a>", "<!-- -->", "&#"])
def test_striptags_is_linear_CVE_2019_14233_CVE_2025_32873(text):
    # Where it is quadratic, this takes minutes.
    Markup(text * 200_000).striptags()


def test_a_leaf_that_loads_nothing():
    assert "EscapeFormatter" not in vars(markup)
    assert issubclass(markup.EscapeFormatter, sys.modules["string"].Formatter)
    with pytest.raises(AttributeError, match="nothing"):
        markup.nothing  # noqa: B018

from __future__ import annotations

import pytest

from microweb.http import options

from .linear import assert_linear, comes_back


@pytest.mark.parametrize(
    ("value", "quoted"),
    [("token", "token"), ("", '""'), ("a b", '"a b"'), ('a"b\\', '"a\\"b\\\\"'), (42, "42"), ("é", '"é"')],
)
def test_quoting_is_undone(value, quoted):
    assert options.quote_header_value(value) == quoted
    assert options.unquote_header_value(quoted) == str(value)


def test_token_is_quoted_on_demand():
    assert options.quote_header_value("a", allow_token=False) == '"a"'


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("a, ,b,", ["a", "b"]),
        ('a, "b, c"', ["a", "b, c"]),
        ('"a\\"b", c', ['a"b', "c"]),
        ('a"b,c", d', ['a"b,c"', "d"]),
        ('a, "b', []),
        ('a, "b\\', []),
        ("", []),
    ],
)
def test_list(value, items):
    assert options.parse_list_header(value) == items


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ('a=b, c="d, e", f, g=', {"a": "b", "c": "d, e", "f": None, "g": ""}),
        ("=x, =", {}),
        ("a*=UTF-8''%C3%A9, b*=odd''%41", {"a": "é", "b": "%41"}),
    ],
)
def test_dict(value, result):
    assert options.parse_dict_header(value) == result


def test_dump():
    assert options.dump_header(["a", "b c", 3]) == 'a, "b c", 3'
    assert options.dump_header({"a": "b c", "d": None, "e*": "UTF-8''f"}) == "a=\"b c\", d, e*=UTF-8''f"
    assert options.dump_options_header("v", {"a": 'q"', "b": None, "c*": "x"}) == 'v; a="q\\""; c*=x'
    assert options.dump_options_header(None, {"a": 1}) == "a=1"


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (None, ("", {})),
        (";a=b", ("", {})),
        ("v; A=b ; c", ("v", {"a": "b"})),
        ('v; a="b;c"; d=e', ("v", {"a": "b;c", "d": "e"})),
        ('v; a="b\\"c\\\\"', ("v", {"a": 'b"c\\'})),
        ('v; a="b%22c"', ("v", {"a": 'b"c'})),
        ('v; a="open; c=d', ("v", {})),
        ('v; "k"=x; c=d', ("v", {"c": "d"})),
        ("v; a*=UTF-8''%C2%B5; b*=odd''%41", ("v", {"a": "µ", "b": "%41"})),
        ("v; a*0*=UTF-8''%C2%B5; a*1=b; a*2*=%41", ("v", {"a": "µbA"})),
        ("v; a=x; a*0=y; a*1=z", ("v", {"a": "yz"})),
        ("v; a*0=y; a=x", ("v", {"a": "x"})),
        # B46: a header this long is not meant to be read.
        ("v; a=" + "x" * 9000, ("v", {})),
    ],
)
def test_options(value, result):
    assert options.parse_options_header(value) == result


@pytest.mark.parametrize("unit", [";", '";', "\\", '\\"', 'a="', ';a="\\"', "a*0=b;"])
def test_linear(unit):
    # B46: CVE-2025-67726, CVE-2026-28356.
    assert_linear(options.parse_options_header, lambda n: 'v; x="' + (unit * n)[:8000], size=80)
    for parse in (options.parse_list_header, options.parse_dict_header):
        comes_back(parse, 'v; x="' + unit * 50_000)

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone

import pytest

from microweb.http import caching, directives
from microweb.http.caching import is_resource_modified, parse_etags
from microweb.http.dates import http_date
from microweb.http.directives import RequestCacheControl, ResponseCacheControl

from .linear import assert_linear, comes_back

NOON = datetime(2008, 1, 1, 12, tzinfo=timezone.utc)


def test_etags_of_a_header():
    tags = parse_etags('"a", W/"b", c ,, "d"x, "e"')
    assert (sorted(tags), tags.as_set(include_weak=True)) == (["a", "c", "e"], {"a", "b", "c", "e"})
    assert ("a" in tags, "b" in tags, tags.contains_weak("b"), tags.is_weak("b"), tags.is_strong("b")) == (
        True, False, True, True, False
    )  # fmt: skip
    assert tags.contains_raw('W/"a"') and tags.contains_raw('W/"b"') and not tags.contains_raw('"b"')
    assert (tags(etag="a"), tags("b", include_weak=True), tags(data=b"x"), len(tags)) == (
        True,
        True,
        False,
        3,
    )
    assert set(str(tags).split(", ")) == {'"a"', '"c"', '"e"', 'W/"b"'}
    with pytest.raises(TypeError):
        tags()
    star = parse_etags("*")
    assert star and "any" in star and str(star) == "*" and repr(star) == "<ETags '*'>"
    assert not parse_etags(None) and not parse_etags("")


def test_etags_are_quoted():
    assert (caching.quote_etag("a"), caching.quote_etag("a", weak=True)) == ('"a"', 'W/"a"')
    assert caching.unquote_etag('w/"a"') == ("a", True) and caching.unquote_etag(None) == (None, None)
    with pytest.raises(ValueError):
        caching.quote_etag('a"b')
    assert caching.generate_etag(b"") == "da39a3ee5e6b4b0d3255bfef95601890afd80709"


def test_etags_are_limited_and_linear():
    # B86: nobody remembers that many.
    assert len(parse_etags(",".join(f'"{n}"' for n in range(5000)))) == 64
    assert_linear(parse_etags, lambda n: '"' * n)
    comes_back(parse_etags, " \t" * 20_000 + '"')


@pytest.mark.parametrize(
    ("headers", "resource", "modified"),
    [
        ({}, {"etag": '"a"', "last_modified": NOON}, True),
        ({"IF_NONE_MATCH": '"a"'}, {"etag": '"a"'}, False),
        ({"IF_NONE_MATCH": 'W/"a"'}, {"etag": '"a"'}, False),
        ({"IF_NONE_MATCH": "*"}, {"etag": '"a"'}, False),
        (
            {"IF_NONE_MATCH": '"b"', "IF_MODIFIED_SINCE": http_date(NOON)},
            {"etag": '"a"', "last_modified": NOON},
            True,
        ),
        ({"IF_NONE_MATCH": caching.quote_etag(caching.generate_etag(b"x"))}, {"data": b"x"}, False),
        ({"IF_MATCH": '"a"'}, {"etag": '"a"'}, True),
        ({"IF_MATCH": '"b"'}, {"etag": '"a"'}, False),
        ({"IF_MATCH": "*"}, {"etag": '"a"'}, True),
        ({"IF_MODIFIED_SINCE": http_date(NOON)}, {"last_modified": NOON.replace(microsecond=5)}, False),
        ({"IF_MODIFIED_SINCE": http_date(NOON)}, {"last_modified": http_date(NOON)}, False),
        ({"IF_MODIFIED_SINCE": http_date(NOON)}, {"last_modified": NOON.replace(tzinfo=None)}, False),
        ({"IF_MODIFIED_SINCE": http_date(NOON)}, {"last_modified": NOON + timedelta(seconds=1)}, True),
        ({"IF_MODIFIED_SINCE": "nonsense"}, {"last_modified": NOON}, True),
    ],
)
def test_conditional_requests(headers, resource, modified):
    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    assert is_resource_modified(environ, **resource) is modified


@pytest.mark.parametrize(
    ("if_range", "resource", "modified"),
    [
        ('"a"', {"etag": '"a"'}, False),
        ('"b"', {"etag": '"a"'}, True),
        ('"a"', {}, True),
        # B86: RFC 9110 13.1.5. Nothing weak, and the very date.
        ('W/"a"', {"etag": '"a"'}, True),
        ('"a"', {"etag": 'W/"a"'}, True),
        (http_date(NOON), {"last_modified": NOON}, False),
        (http_date(NOON), {"last_modified": NOON - timedelta(hours=1)}, True),
        (http_date(NOON), {"last_modified": NOON + timedelta(hours=1)}, True),
    ],
)
def test_if_range(if_range, resource, modified):
    environ = {"HTTP_RANGE": "bytes=0-1", "HTTP_IF_RANGE": if_range}
    assert is_resource_modified(environ, **resource, ignore_if_range=False) is modified


def test_etag_and_data_are_one_too_many():
    with pytest.raises(TypeError):
        is_resource_modified({}, etag="a", data=b"b")


def test_cache_control_of_a_response():
    calls = []
    rules = directives.parse_cache_control_header(
        'max-age=5, no-cache, private="a, b", x=y', calls.append, ResponseCacheControl
    )
    assert (rules.max_age, rules.no_cache, rules.private, rules["x"], rules.public) == (
        5,
        True,
        "a, b",
        "y",
        False,
    )
    assert rules.s_maxage is None and not calls
    rules.max_age = 3.7
    rules.public = True
    rules.no_cache = False
    rules.private = True
    del rules.private
    rules.immutable = False
    assert str(rules) == "max-age=3, x=y, public" and calls
    assert repr(rules) == "<ResponseCacheControl max-age='3' public=None x='y'>"
    rules["max-age"] = "soon"
    assert rules.max_age is None and rules.provided
    assert not ResponseCacheControl(None).provided


def test_cache_control_of_a_request():
    rules = directives.parse_cache_control_header("max-stale, min-fresh, only-if-cached")
    assert (rules.max_stale, rules.min_fresh, rules.only_if_cached, rules.no_store) == (
        True,
        None,
        True,
        False,
    )
    assert pickle.loads(pickle.dumps(rules)) == rules and type(rules) is RequestCacheControl
    with pytest.raises(TypeError):
        rules.max_age = 5
    assert not directives.parse_cache_control_header(None)


def test_directives_of_a_subclass():
    class Own(ResponseCacheControl):
        surrogate = ResponseCacheControl.cache_property("surrogate", "none", str, doc="Ours.")

    assert (Own({"surrogate": None}).surrogate, Own.surrogate.__doc__) == ("none", "Ours.")

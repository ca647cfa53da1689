"""Every parser of values, fed: what was written is read back, whatever comes is a value or a refusal, and ten
times the input is ten times the work."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.exceptions import HTTPException
from microweb.http import accept, auth, caching, cookies, dates, directives, headers, options, urls
from microweb.http.datastructures import parse_set_header
from microweb.http.wsgi import get_content_length, parse_content_length
from microweb.routing import Map, Rule
from microweb.routing.pattern import parse_converter_args
from microweb.security import check_password_hash, safe_join, secure_filename

from .linear import assert_linear, comes_back


def everything(value):
    """What an application does with a list of what is accepted."""
    for kind in (accept.Accept, accept.MIMEAccept, accept.LanguageAccept, accept.CharsetAccept):
        parsed = accept.parse_accept_header(value, kind)
        parsed.best_match(["text/html", "text/plain;a=b"])
        parsed.to_header()


def conditional(value):
    names = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH", "HTTP_IF_RANGE", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
    for name in names:
        environ = {"HTTP_RANGE": "bytes=0-1", name: value}
        caching.is_resource_modified(environ, '"a"', None, datetime(2000, 1, 1), ignore_if_range=False)


def cache_control(value):
    for kind in (directives.RequestCacheControl, directives.ResponseCacheControl):
        parsed = directives.parse_cache_control_header(value, cls=kind)
        parsed.to_header()
        [getattr(parsed, name) for name in ("max_age", "no_cache", "stale_if_error")]


adapter = Map(
    [
        Rule("/<int(signed=True):a>/<float:b>", endpoint="numbers"),
        Rule("/<a>-<b>.<c>", endpoint="several"),
        Rule("/<path:a>/x", endpoint="path"),
        Rule("/<uuid:a>", endpoint="uuid"),
    ]
).bind("localhost")

#: Each takes text from a client and may refuse it, or not understand it, but may not fail.
PARSERS = {
    "options": options.parse_options_header,
    "list": options.parse_list_header,
    "dict": options.parse_dict_header,
    "set": lambda value: parse_set_header(value).to_header(),
    "unquote": options.unquote_header_value,
    "accept": everything,
    "cache control": cache_control,
    "conditions": conditional,
    "etags": lambda value: caching.parse_etags(value).to_header(),
    "range": lambda value: str(caching.parse_range_header(value)),
    "content range": lambda value: str(caching.parse_content_range_header(value)),
    "if-range": lambda value: str(caching.parse_if_range_header(value)),
    "authorization": lambda value: str(auth.Authorization.from_header(value)),
    "basic": lambda value: str(auth.Authorization.from_header(f"Basic {value}")),
    "challenge": lambda value: str(auth.WWWAuthenticate.from_header(value)),
    "policy": lambda value: str(directives.parse_csp_header(value)),
    "cookie": cookies.parse_cookie,
    "cookie text": cookies.parse_cookie_text,
    "date": dates.parse_date,
    "age": dates.parse_age,
    "length": parse_content_length,
    "lengths": lambda value: get_content_length({"CONTENT_LENGTH": value}),
    "query": partial(urls.parse_query, limit=1000),
    "unquoted": urls.url_unquote,
    "iri": urls.uri_to_iri,
    "uri": urls.iri_to_uri,
    "host": lambda value: urls.get_host("http", value, None, ["example.com", ".a"]),
    "trusted": lambda value: urls.host_is_trusted(value, ["example.com", ".a"]),
    "url": lambda value: urls.get_current_url(
        "http", "localhost", value, value, value.encode("utf-8", "replace")
    ),
    "header": lambda value: headers.Headers([("X", value)]).to_wsgi_list(),
    "path": lambda value: (safe_join("a", value), safe_join("a", value, portable=True)),
    "file name": secure_filename,
    "password": lambda value: check_password_hash(value.replace("scrypt", ""), "x"),
    "route": lambda value: adapter.match(f"/{value}"),
    "converter": parse_converter_args,
}

#: What grammars are made of, and what has gone wrong with them.
PIECES = [
    *(
        "a",
        "en-US",
        "text/html",
        "*/*",
        "q=0.5",
        "bytes=",
        "W/",
        "basic ",
        "UTF-8''",
        "max-age",
        "name*0*",
        "xn--",
    ),
    *(
        ",",
        ";",
        "=",
        '"',
        "\\",
        "-",
        "*",
        "/",
        "//",
        "@",
        ":",
        "[",
        "]",
        "%",
        "%C3",
        "&",
        "+",
        "'",
        ".",
        "?",
        "#",
    ),
    *("0", "1", "99999999999999999999", "1e5", "nan", "\\012", "Sun, 06 Nov 1994 08:49:37 GMT", "GMT+99:99"),
    *(" ", "\t", "\r\n", "\0", "\x7f", "\x85", "\xa0", "é", "☃", "٣", "\u212a", "\ud800", "\ufdfa"),
]
hostile = st.text(st.characters()) | st.lists(st.sampled_from(PIECES), max_size=15).map("".join)
latin = st.binary(max_size=60).map(lambda data: data.decode("latin-1"))


@pytest.mark.parametrize("name", PARSERS)
@given(value=hostile | latin)
def test_a_value_or_a_refusal(name, value):
    try:
        PARSERS[name](value)
    except (ValueError, HTTPException):
        pass


@pytest.mark.parametrize("name", PARSERS)
def test_linear(name):
    def parse(value):
        try:
            PARSERS[name](value)
        except (ValueError, HTTPException):
            pass

    for piece in PIECES:
        # Called once before: what is loaded or compiled for the first value is no part of the count.
        parse(piece)
        assert_linear(parse, lambda size, piece=piece: piece * size, size=40)
        comes_back(parse, piece * (30_000 if len(piece) == 1 else 1000))


# -- there and back

tokens = st.from_regex(r"[a-z][a-z0-9!#$&^_.+-]{0,8}", fullmatch=True)
#: Text of a header: no controls, and in parsed values blanks at the ends do not count.
texts = st.text(
    st.characters(min_codepoint=0x20, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=20
)
# Browsers write a quote as %22, so that this is read as one.
option_values = texts.filter(lambda value: "%22" not in value and value)
seconds = st.datetimes(datetime(1000, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=timezone.utc)
)
etags = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"'), min_size=1)


@given(tokens, st.dictionaries(tokens, option_values, max_size=4))
def test_options(value, pairs):
    assert options.parse_options_header(options.dump_options_header(value, pairs)) == (value, pairs)


@given(st.lists(texts.map(str.strip).filter(bool), max_size=5))
def test_lists(items):
    assert options.parse_list_header(options.dump_header(items)) == items


@given(
    st.dictionaries(tokens, st.none() | texts.map(str.strip).filter(lambda text: text[:1] != '"'), max_size=5)
)
def test_dicts(pairs):
    assert options.parse_dict_header(options.dump_header(pairs)) == pairs


@given(st.lists(tokens, max_size=5))
def test_sets(items):
    parsed = parse_set_header(", ".join(items))
    assert list(parse_set_header(parsed.to_header())) == list(parsed) == list(dict.fromkeys(items))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), tokens)
def test_cookies(value, name):
    assert cookies.parse_cookie(cookies.dump_cookie(name, value, path=None)).to_dict(flat=False) == {
        name: [value]
    }


@given(seconds)
def test_dates(moment):
    assert dates.parse_date(dates.http_date(moment)) == moment


@given(st.timedeltas(timedelta(0), timedelta(10**6)))
def test_ages(age):
    assert dates.parse_age(dates.dump_age(age)) == timedelta(days=age.days, seconds=age.seconds)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5, unique=True).map(sorted), st.booleans())
def test_ranges(ends, is_open):
    pairs = [(start, start + 1) for start in ends]
    if is_open:
        pairs[-1] = (pairs[-1][0], None)
    parsed = caching.parse_range_header(caching.Range("bytes", pairs).to_header())
    assert (parsed.units, parsed.ranges) == ("bytes", pairs)


@given(st.integers(1, 10**9))
def test_suffix_ranges(count):
    assert caching.parse_range_header(f"bytes=-{count}").to_header() == f"bytes=-{count}"


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.none() | st.just(3 * 10**9))
def test_content_ranges(start, size, length):
    written = caching.ContentRange("bytes", start, start + size, length)
    read = caching.parse_content_range_header(written.to_header())
    assert (read.units, read.start, read.stop, read.length) == ("bytes", start, start + size, length)


@given(etags, seconds)
def test_if_range(etag, moment):
    assert caching.parse_if_range_header(caching.IfRange(etag).to_header()).etag == etag
    assert caching.parse_if_range_header(caching.IfRange(date=moment).to_header()).date == moment


@given(st.sets(etags, max_size=5), st.sets(etags, max_size=5), st.booleans())
def test_etags(strong, weak, star):
    written = caching.ETags(strong, weak, star)
    read = caching.parse_etags(written.to_header())
    if star:
        assert read.star_tag and read.contains("whatever")
    else:
        assert (read.as_set(), read.as_set(True)) == (strong, strong | weak)
    for etag in strong:
        assert caching.unquote_etag(caching.quote_etag(etag)) == (etag, False)
        assert caching.unquote_etag(caching.quote_etag(etag, weak=True)) == (etag, True)


@given(st.lists(st.tuples(tokens, st.integers(0, 1000).map(lambda n: n / 1000)), max_size=6))
def test_accept(pairs):
    written = accept.Accept(pairs)
    assert list(accept.parse_accept_header(written.to_header())) == list(written)


@given(st.dictionaries(tokens, st.none() | tokens, max_size=5))
def test_cache_control(rules):
    written = directives.ResponseCacheControl(rules)
    assert dict(directives.parse_cache_control_header(written.to_header())) == rules


@given(st.dictionaries(tokens, tokens, max_size=5))
def test_policies(rules):
    assert dict(directives.parse_csp_header(directives.dump_csp_header(rules))) == rules


@given(st.text(st.characters(exclude_characters=":", exclude_categories=["Cs"])), texts)
def test_basic_credentials(username, password):
    written = auth.Authorization("basic", {"username": username, "password": password})
    assert auth.Authorization.from_header(written.to_header()) == written


@given(
    st.dictionaries(tokens, texts.map(str.strip).filter(lambda text: text[:1] != '"'), min_size=1, max_size=4)
)
def test_parameters_of_credentials(parameters):
    for kind in (auth.Authorization, auth.WWWAuthenticate):
        written = kind("digest", parameters)
        assert kind.from_header(written.to_header()) == written


@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_queries(pairs):
    assert urls.parse_query(urls.url_encode(pairs)) == pairs


@given(texts)
def test_urls(text):
    path = "/" + text.replace("%", "").replace("?", "").replace("#", "").lstrip("/")
    assert urls.uri_to_iri(urls.iri_to_uri(path)) == path.replace(" ", "%20")


@given(st.lists(st.sampled_from(["a", "1", "é b", "..", "x/y"]), min_size=3, max_size=3))
def test_routes(values):
    rules = Map([Rule("/<a>/<b>/<path:c>", endpoint="x")]).bind("localhost")
    given_values = dict(zip("abc", [value.replace("/", "") for value in values[:2]] + values[2:]))
    built = rules.build("x", given_values)
    assert rules.match(urls.url_unquote(built)) == ("x", given_values)

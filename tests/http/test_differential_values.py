"""The values of `microweb.http` beside Werkzeug's: the same answers, but where ours are said to be safer."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb import security
from microweb.http import accept, auth, caching, cookies, dates, directives, options, urls
from microweb.http import datastructures as ours
from microweb.http.headers import EnvironHeaders, Headers

pytest.importorskip("werkzeug")

import werkzeug.datastructures as theirs  # noqa: E402
import werkzeug.http as peer  # noqa: E402
import werkzeug.urls as peer_urls  # noqa: E402
from werkzeug import security as peer_security  # noqa: E402
from werkzeug import utils as peer_utilities  # noqa: E402
from werkzeug.sansio import utils as peer_utils  # noqa: E402

# Text that a grammar is made of meets its own separators more often than chance would have it.
grammar = st.text(st.sampled_from("aAbz019 \t,;=\"\\'*/-_.:%éµ☃&+?#[]@"), max_size=40)
words = st.sampled_from(
    ["a", "b", "en", "en-US", "text/html", "text/*", "*/*", "*", "q=0.5", "q=1", '"x"', "W/"]
)
phrases = st.lists(
    words | st.sampled_from([",", ";", "=", " ", '"', "\\", "-", "0", "5", "bytes="]), max_size=14
)
text = grammar | phrases.map("".join)
keys = st.sampled_from(["a", "b", "X-C", "x-c"])
pairs = st.lists(st.tuples(keys, st.sampled_from(["1", "2", "x"])), max_size=8)


def outcome(function, *args, **kwargs):
    """What a call returns, or the kind of error that it raises."""
    try:
        return function(*args, **kwargs)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        return next(kind for kind in (KeyError, ValueError, TypeError, IndexError) if isinstance(error, kind))
    except Exception as error:
        return type(error).__name__


def agree(mine, yours, *args, **kwargs):
    assert outcome(mine, *args, **kwargs) == outcome(yours, *args, **kwargs), args


def peer_dict_header(value):
    """Without the empty key that `*=` leaves there."""
    return {key: item for key, item in peer.parse_dict_header(value).items() if key}


@given(text)
def test_option_headers(value):
    agree(options.parse_options_header, peer.parse_options_header, value)
    agree(options.parse_list_header, peer.parse_list_header, value)
    agree(options.parse_dict_header, peer_dict_header, value)
    agree(options.unquote_header_value, peer.unquote_header_value, value)
    agree(options.quote_header_value, peer.quote_header_value, value)


@given(st.lists(st.sampled_from(["a", "b*0", "a*", "a*0", "a*1*", "b*1", "c"]), max_size=5), st.data())
def test_continued_options(names, data):
    values = st.sampled_from(
        ["x", '"y z"', "UTF-8''%C3%A9", "bad''%41", "''%41", "iso-8859-1'en'%E9", "%C3", '"%22"']
    )
    value = "v" + "".join(f"; {name}={data.draw(values)}" for name in names)
    agree(options.parse_options_header, peer.parse_options_header, value)
    agree(options.parse_dict_header, peer_dict_header, value.replace(";", ","))


@given(text, st.lists(st.sampled_from(["en", "en_US", "text/html", "text/plain", "a", "b"]), max_size=4))
def test_accept(value, offers):
    for kind in ("Accept", "MIMEAccept", "LanguageAccept"):
        mine = accept.parse_accept_header(value, getattr(accept, kind))
        yours = peer.parse_accept_header(value, getattr(theirs, kind))
        assert list(mine) == list(yours)
        assert (
            mine.to_header() == yours.to_header().replace("q=1.0", "q=1") or mine.provided == yours.provided
        )
        agree(lambda accepted: accepted.best_match(offers), lambda _, y=yours: y.best_match(offers), mine)
        for offer in offers:
            agree(mine.quality, yours.quality, offer)
            agree(mine.find, yours.find, offer)


@given(text)
def test_cache_control_and_policies(value):
    for kind in ("RequestCacheControl", "ResponseCacheControl"):
        mine = directives.parse_cache_control_header(value, cls=getattr(directives, kind))
        yours = peer.parse_cache_control_header(value, cls=getattr(theirs, kind))
        yours = type(yours)({key: item for key, item in yours.items() if key})
        assert dict(mine) == dict(yours)
        assert (mine.max_age, mine.no_cache, str(mine)) == (yours.max_age, yours.no_cache, str(yours))
    assert dict(directives.parse_csp_header(value)) == dict(peer.parse_csp_header(value))


@given(text)
def test_etags(value):
    mine, yours = caching.parse_etags(value), peer.parse_etags(value)
    # The empty tag is None there, and not kept here.
    assert mine.as_set(True) == yours.as_set(True) - {None} and mine.as_set() == yours.as_set() - {None}
    assert mine.star_tag == yours.star_tag
    agree(caching.unquote_etag, peer.unquote_etag, value)
    agree(caching.quote_etag, peer.quote_etag, value)


@given(
    text | st.from_regex(r"bytes=( ?-?[0-9]{0,3}-?[0-9]{0,3} ?,?){1,3}", fullmatch=True), st.integers(0, 300)
)
def test_ranges(value, length):
    mine, yours = caching.parse_range_header(value), peer.parse_range_header(value)
    assert (mine is None) == (yours is None)
    if mine is not None and yours is not None:
        assert (mine.units, mine.ranges, str(mine)) == (yours.units, yours.ranges, str(yours))
        assert mine.range_for_length(length) == yours.range_for_length(length)
        assert mine.to_content_range_header(length) == yours.to_content_range_header(length)


@given(text | st.from_regex(r"bytes ([0-9]{1,3}-[0-9]{1,3}|\*)/([0-9]{1,3}|\*)", fullmatch=True))
def test_content_ranges(value):
    mine, yours = caching.parse_content_range_header(value), peer.parse_content_range_header(value)
    assert str(mine) == str(yours)


@given(text, st.sampled_from(["Digest ", "Bearer ", "x "]))
def test_credentials(value, scheme):
    for kind in ("Authorization", "WWWAuthenticate"):
        mine = getattr(auth, kind).from_header(scheme + value)
        yours = getattr(theirs, kind).from_header(scheme + value)
        # An empty key, of `*=`, is not kept here.
        yours.parameters.pop("", None)
        assert (mine.type, mine.parameters, mine.token) == (yours.type, yours.parameters, yours.token)
        agree(mine.to_header, yours.to_header)


@given(st.floats(-2e10, 2e11) | st.integers(-(10**9), 10**10) | st.datetimes() | st.dates())
def test_dates(moment):
    written = outcome(dates.http_date, moment)
    if isinstance(moment, float):
        moment = int(moment // 1)
    assert written == outcome(peer.http_date, moment)
    # Mail takes the year 99 for 1999, even written as 0099.
    assert written[12] == "0" or dates.parse_date(written) == peer.parse_date(written)


@given(
    grammar
    | st.sampled_from(
        ["Sun Nov  6 08:49:37 1994", "Sunday, 06-Nov-94 08:49:37 GMT", "6 Nov 1994 1:2:3 -0800"]
    )
)
def test_odd_dates(value):
    agree(dates.parse_date, peer.parse_date, value)


plain_cookies = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c[0]"]),
        st.sampled_from(["1", "", "x=y", '"q u"', '"a\\054b"', '"\\303\\251"']),
    ),
    max_size=6,
)


@given(plain_cookies)
def test_cookies_in(cookie_pairs):
    header = "; ".join(f"{name}={value}" for name, value in cookie_pairs)
    agree(
        lambda value: cookies.parse_cookie(value).to_dict(flat=False),
        lambda value: peer.parse_cookie(value).to_dict(flat=False),
        header,
    )


@given(text)
def test_every_cookie_in_is_found_here_too(value):
    header = value.encode().decode("latin-1")
    mine = list(cookies.parse_cookie(header).items(multi=True))
    for pair in peer.parse_cookie(header).items(multi=True):
        # But where a quote would hide another cookie: `a="x; b="` is two of them.
        assert pair in mine or ";" in pair[1]


@given(
    st.text(
        st.characters(min_codepoint=0x20, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=30
    ),
    st.sampled_from([None, 0, 60]),
    st.sampled_from([None, "/", "/a b", "/é?#"]),
    st.sampled_from([None, "example.com", ".example.com:80", "☃.net"]),
    st.sampled_from([None, "lax", "NONE", "x"]),
    st.booleans(),
)
def test_cookies_out(value, max_age, path, domain, samesite, flag):
    arguments = {
        "max_age": max_age,
        "path": path,
        "domain": domain,
        "samesite": samesite,
        "secure": flag,
        "partitioned": flag,
        "httponly": not flag,
        "sync_expires": False,
    }
    agree(cookies.dump_cookie, peer.dump_cookie, "key", value, **arguments)
    assert cookies.parse_cookie(cookies.dump_cookie("key", value))["key"] == value


@given(grammar)
def test_urls(value):
    # Left out: what urllib strips or drops, and what is not a URL at all.
    value = value.replace("[", "").replace("\t", "").lstrip("/ ")
    for prefix in ("", "/", "http://u:p@é.net:80/", "//xn--n3h.net/?"):
        agree(urls.uri_to_iri, peer_urls.uri_to_iri, prefix + value)
        agree(urls.iri_to_uri, peer_urls.iri_to_uri, prefix + value)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "/", urls.PATH_SAFE]))
def test_percent_encoding(value, safe):
    quoted = urls.url_quote(value, safe)
    assert quoted == quote(value, safe)
    assert urls.url_unquote(quoted) == value
    assert urls.url_encode([(value, value)]) == peer_urls._urlencode([(value, value)])


@given(grammar)
def test_queries(value):
    assert urls.parse_query(value) == parse_qsl(value, keep_blank_values=True, errors="werkzeug.url_quote")
    assert urls.url_unquote(value) == unquote(value)


hosts = st.text(st.sampled_from("a1.-:]@/ 80"), max_size=8) | st.sampled_from(["a:80", "a.b:443", "1.2.3.4"])


@given(st.sampled_from(["http", "https", "ws", "x"]), hosts, st.sampled_from([None, [".b"], ["a:80"]]))
def test_hosts(scheme, host, trusted):
    mine = outcome(urls.get_host, scheme, host, None, trusted)
    yours = outcome(peer_utils.get_host, scheme, host, None, trusted)
    # A host that is none is refused here; there it counts as an empty one, if no hosts are listed.
    assert mine == yours or (mine, yours) == ("SecurityError", "")


@given(pairs, pairs, keys)
def test_multi_dicts(first, second, key):
    mine, yours = ours.MultiDict(first), theirs.MultiDict(first)
    for d in (mine, yours):
        d.update(second[:2])
        d.setlist("b", [value for _, value in second])
        d.setdefault("z", "9")
    agree(mine.get, yours.get, key, 0, type=int)
    agree(mine.getlist, yours.getlist, key, type=int)
    agree(mine.pop, yours.pop, key)
    assert dict(mine.lists()) == dict(yours.lists())
    combined, peers = (
        ours.CombinedMultiDict([mine, ours.MultiDict(second)]),
        theirs.CombinedMultiDict([yours, theirs.MultiDict(second)]),
    )
    agree(combined.get, peers.get, key, type=int)
    assert combined.to_dict(flat=False) == peers.to_dict(flat=False)
    agree(combined.__getitem__, peers.__getitem__, key)


@given(pairs, pairs, keys)
def test_headers(first, second, key):
    mine, yours = Headers(first), theirs.Headers(first)
    for h in (mine, yours):
        h.extend(second[:1])
        h.set("X-C", "set")
        h.update(dict(second[1:]), b=["7", "8"])
        h.setdefault("n", 5)
    assert list(mine) == list(yours)
    agree(mine.get, yours.get, key, type=int)
    agree(mine.getlist, yours.getlist, key, type=int)
    agree(mine.pop, yours.pop, key)
    assert list(mine) == list(yours)
    assert str(mine) == str(yours) and repr(mine) == repr(yours)


@given(
    st.dictionaries(
        st.sampled_from(["HTTP_A", "HTTP_X_C", "CONTENT_TYPE", "HTTP_CONTENT_TYPE", "A"]),
        st.just("1") | st.just(""),
    )
)
def test_environ_headers(environ):
    mine, yours = EnvironHeaders(environ), theirs.EnvironHeaders(environ)
    assert list(mine) == list(yours) and len(mine) == len(yours)
    for name in ("A", "x-c", "Content-Type", "content_type"):
        assert mine.get(name) == yours.get(name) and (name in mine) == (name in yours)
        # With an underscore theirs finds one, and gives no list of it.
        assert "_" in name or mine.getlist(name) == yours.getlist(name)


@given(text, st.sampled_from(["a", "A:80", ".b", "x.b", "xb", "☃.b"]))
def test_trusted_hosts(value, host):
    trusted = ["a", ".b", "☃.b"]
    # Names have no case here.
    agree(
        urls.host_is_trusted,
        lambda name, names: peer_utils.host_is_trusted(name.lower(), names),
        host,
        trusted,
    )
    # What is no host at all is not trusted, however it begins.
    if outcome(urls.host_is_trusted, value, trusted) is True:
        assert peer_utils.host_is_trusted(value.lower(), trusted)


@given(text)
def test_ages_and_sets_and_if_range(value):
    value = value.replace("٣", "")
    agree(dates.parse_age, peer.parse_age, value.strip(" \t") if value.isascii() else "")
    first: dict[str, str] = {}
    for token in peer.parse_set_header(value):
        first.setdefault(token.lower(), token)
    # A token twice in two cases is one here.
    assert list(ours.parse_set_header(value)) == list(first.values())
    mine, yours = caching.parse_if_range_header(value), peer.parse_if_range_header(value)
    # What holds a quote is no tag, and could not be written again.
    assert (mine.etag, mine.date) == (None if '"' in (yours.etag or "") else yours.etag, yours.date)


@given(
    st.dictionaries(st.sampled_from(["a", "b*", "C"]), st.none() | text, max_size=3),
    st.lists(text, max_size=3),
)
def test_what_is_written(pairs, items):
    agree(options.dump_header, peer.dump_header, pairs)
    agree(options.dump_header, peer.dump_header, items)
    agree(
        lambda each: options.dump_options_header("v", each),
        lambda each: peer.dump_options_header("v", each),
        pairs,
    )
    assert (
        directives.ResponseCacheControl(pairs).to_header() == theirs.ResponseCacheControl(pairs).to_header()
    )


tag = st.sampled_from([None, "", '"a"', 'W/"a"', '"b"', '"b", W/"a"'])
when = st.sampled_from([None, "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT", "never"])


@given(tag, when, tag, st.sampled_from([None, '"a"', 'W/"a"', "a"]), when)
def test_conditions(none_match, modified_since, match, etag, last_modified):
    values = {"NONE_MATCH": none_match, "MODIFIED_SINCE": modified_since, "MATCH": match}
    environ = {f"HTTP_IF_{name}": value for name, value in values.items() if value is not None}
    agree(
        lambda: caching.is_resource_modified(environ, etag, None, last_modified),
        lambda: peer.is_resource_modified({"REQUEST_METHOD": "GET", **environ}, etag, None, last_modified),
    )


@given(text, st.booleans())
def test_paths(value, is_plain):
    path = "".join(filter(str.isalnum, value)) if is_plain else value
    mine, yours = security.safe_join("a", path), peer_security.safe_join("a", path)
    # More is refused here, but no plain name.
    assert mine == yours or (mine is None and not is_plain)
    assert security.safe_join("a", path, portable=True) in (mine, None)
    if "\\" not in path and not path.lstrip("_. \t").startswith("-"):
        secured = peer_utilities.secure_filename(path)
        assert security.secure_filename(path).lstrip("-") == secured.lstrip("-._")

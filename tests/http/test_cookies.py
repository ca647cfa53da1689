from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.http.cookies import dump_cookie, parse_cookie, parse_cookie_text

from .linear import assert_linear, comes_back


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        (None, {}),
        ("", {}),
        ("a=1; b=2;a=3", {"a": ["1", "3"], "b": ["2"]}),
        (" a = 1 ;b", {"a": ["1"], "b": [""]}),
        ("a=b=c", {"a": ["b=c"]}),
        ('a="x y"; b="q\\"r"; c="\\303\\251"', {"a": ["x y"], "b": ['q"r'], "c": ["é"]}),
        ('a="; b=1', {"a": ['"'], "b": ["1"]}),
        ('a="x;y"; b=1', {"a": ["x;y"], "b": ["1"]}),
        ("f\u00c3\u00b6=\u00c3\u00b6", {"fö": ["ö"]}),
        ("a=\xff", {"a": ["\ufffd"]}),
        # B91: CVE-2023-23934. A nameless pair is no way to a name.
        ("=__Host-test=bad; ==x; =; ;", {}),
        # B92: CVE-2016-7401. Only the semicolon separates, and quotes do not hide a cookie.
        ("a=b]csrf=injected; c=d,csrf=x", {"a": ["b]csrf=injected"], "c": ["d,csrf=x"]}),
        ('a="b; csrf=x"', {"a": ['"b'], "csrf": ['x"']}),
        # B95: escapes do not become control characters.
        ('a="\\015\\012Set-Cookie: x\\000\\177\\054"', {"a": ["\\015\\012Set-Cookie: x\\000\\177,"]}),
        # Nor do they come in as they are; the tab, as browsers have it, does.
        ("a=1\r\nSet-Cookie: x; b=\x7f; \0c=1; d=x\ty", {"d": ["x\ty"]}),
    ],
)
def test_parse(header, cookies):
    assert parse_cookie(header).to_dict(flat=False) == cookies


def test_parse_environ_into_class():
    assert parse_cookie({"HTTP_COOKIE": "a=1"}, cls=dict) == {"a": "1"}
    assert parse_cookie({}).to_dict() == {}
    assert parse_cookie_text("ä=1")["ä"] == "1"


neighbours = st.sampled_from(
    ["g={'i':1}", "a b=c", "\xff=1", "path=/", '"', 'x="', "=", "\x00", 'q="\\', "", "a,b", "é"]
)


@given(st.lists(neighbours), st.lists(neighbours))
def test_no_neighbour_hides_a_cookie(before, after):
    # B93: whatever stands beside it.
    assert parse_cookie(";".join([*before, "session=x", *after])).get("session") == "x"


def test_linear():
    # B94: CVE-2024-7592, CVE-2024-52804.
    for unit in ("\\", '"', 'a="', ";", '=";', '="x;', 'a="\\";'):
        assert_linear(parse_cookie, lambda n, unit=unit: 'a="' + unit * n + '"')
        comes_back(parse_cookie, 'a="' + unit * 30_000)


@pytest.mark.parametrize(
    ("arguments", "header"),
    [
        ({}, "k=v; Path=/"),
        ({"value": "a,b;c"}, 'k="a\\054b\\073c"; Path=/'),
        ({"value": 'é"\\ '}, 'k="\\303\\251\\"\\\\ "; Path=/'),
        ({"max_age": 0, "sync_expires": False}, "k=v; Max-Age=0; Path=/"),
        ({"expires": 0}, "k=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
        ({"expires": "soon", "path": None}, "k=v; Expires=soon"),
        ({"domain": ".☃.net:80"}, "k=v; Domain=xn--n3h.net; Path=/"),
        ({"path": "/ä b%20"}, "k=v; Path=/%C3%A4%20b%20"),
        (
            {"secure": True, "httponly": True, "samesite": "lax"},
            "k=v; Secure; HttpOnly; Path=/; SameSite=Lax",
        ),
        ({"partitioned": True}, "k=v; Secure; Path=/; Partitioned"),
        ({"key": "fö"}, "f\u00c3\u00b6=v; Path=/"),
        ({"key": "__Host-k", "secure": True}, "__Host-k=v; Secure; Path=/"),
    ],
)
def test_dump(arguments, header):
    assert dump_cookie(**{"key": "k", "value": "v", **arguments}) == header


def test_dump_computes_expiry():
    from datetime import timedelta

    from microweb.http.dates import parse_date

    head, _, tail = dump_cookie("k", max_age=timedelta(days=1)).partition("Expires=")
    assert "Max-Age=86400" in tail and parse_date(tail.partition(";")[0]) is not None
    # However long it is to live.
    assert "9999 23:59:59" in dump_cookie("k", max_age=10**15)


@pytest.mark.parametrize(
    "arguments",
    [
        # B96: CVE-2026-0672, CVE-2026-3644.
        {"value": "a\r\nX: y"},
        {"value": "a\x00"},
        {"key": "a\nb"},
        {"key": ""},
        {"key": "a b"},
        {"key": "a;b"},
        {"key": "a=b"},
        # B97: CVE-2026-42874.
        {"domain": "e.com; HttpOnly"},
        {"domain": "e.com\n"},
        {"path": "/;Secure"},
        {"path": "/\r\nX: y"},
        {"expires": "x; Secure"},
        {"samesite": "Lax;Partitioned"},
        {"max_age": "1; Secure"},
        # B98: names that browsers hold to their word.
        {"key": "__Secure-x"},
        {"key": "__Host-x"},
        {"key": "__Host-x", "secure": True, "path": "/app"},
        {"key": "__Host-x", "secure": True, "domain": "e.com"},
    ],
)
def test_dump_refuses(arguments):
    with pytest.raises(ValueError):
        dump_cookie(**{"key": "k", "value": "v", **arguments})


def test_value_cannot_add_attributes():
    # B97: what would end the value is escaped, and read back.
    header = dump_cookie("a", "b; HttpOnly")
    assert header == 'a="b\\073 HttpOnly"; Path=/'
    assert parse_cookie(header)["a"] == "b; HttpOnly"


def test_size_warning():
    assert len(dump_cookie("foo", "b" * 4081)) == 4093
    with pytest.warns(UserWarning, match="too large: the value was 4082 bytes"):
        dump_cookie("foo", "b" * 4082)
    dump_cookie("foo", "b" * 5000, max_size=0)

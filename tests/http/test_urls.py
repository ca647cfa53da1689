from __future__ import annotations

import pytest

from microweb.exceptions import RequestEntityTooLarge, SecurityError
from microweb.http import urls

from .linear import assert_linear, comes_back


@pytest.mark.parametrize(
    ("text", "safe", "quoted"),
    [
        ("/plain/path", "/", "/plain/path"),
        ("a b", "", "a%20b"),
        ("é/☃", "/", "%C3%A9/%E2%98%83"),
        (b"\xff+", "", "%FF%2B"),
        ("%", "", "%25"),
        ("", "/", ""),
    ],
)
def test_quote(text, safe, quoted):
    assert urls.url_quote(text, safe) == quoted


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a%20b", "a b"),
        ("%c3%A9", "é"),
        ("%FF", "\ufffd"),
        ("%", "%"),
        ("%4", "%4"),
        ("é%41", "éA"),
        ("%zz%41", "%zzA"),
    ],
)
def test_unquote(text, plain):
    assert urls.url_unquote(text) == plain


def test_query_is_built_as_browsers_read_it():
    query = {"q": "a b+c", "next": "/x?y=1&z", "n": 1, "none": None, "many": ["1", "2"], "é": b"\xff"}
    assert urls.url_encode(query) == "q=a+b%2Bc&next=/x?y%3D1%26z&n=1&many=1&many=2&%C3%A9=%FF"


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("a=1&b=2", [("a", "1"), ("b", "2")]),
        (b"a=%C3%A9&\xc3\xa9=+", [("a", "é"), ("é", " ")]),
        ("a&b=&=c&&", [("a", ""), ("b", ""), ("", "c")]),
        ("a=b=c", [("a", "b=c")]),
        # Bytes that are not UTF-8 are kept as they were written.
        ("a=%FF%41", [("a", "%FFA")]),
        (b"a=\xff", [("a", "%FF")]),
        # B124: a semicolon separates nothing (CVE-2020-28473, CVE-2021-23336).
        ("a=1;b=2", [("a", "1;b=2")]),
    ],
)
def test_parse_query(query, pairs):
    assert urls.parse_query(query) == pairs


def test_fields_are_counted_before_they_are_split():
    # B125: CVE-2012-1150, CVE-2026-53539.
    assert len(urls.parse_query("a=&" * 999 + "a=", 1000)) == 1000
    with pytest.raises(RequestEntityTooLarge):
        urls.parse_query("a=&" * 1_000_000, 1000)


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("http://☃.net/påth?q=è#ü", "http://xn--n3h.net/p%C3%A5th?q=%C3%A8#%C3%BC"),
        ("http://üser:pä@HÖST.net:080/", "http://%C3%BCser:p%C3%A4@xn--hst-sna.net:80/"),
        ("/path[x]?(y)", "/path%5Bx%5D?(y)"),
        ("//evil.net/x", "//evil.net/x"),
        ("mailto:a@b.net", "mailto:a@b.net"),
        ("?q=ä b", "?q=%C3%A4%20b"),
        (" javascript:alert(1)", "%20javascript:alert(1)"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("", ""),
    ],
)
def test_iri_to_uri(iri, uri):
    assert urls.iri_to_uri(iri) == uri
    assert urls.iri_to_uri(uri) == uri


@pytest.mark.parametrize(
    "bad", ["/x\r\nSet-Cookie: a", "\x08javascript:x", "/\x00", "/a\tb", "http://a\nb/", "/\x7f"]
)
def test_control_characters_are_no_url(bad):
    # B8: CVE-2021-32052, CVE-2022-0391, CVE-2023-24329.
    for convert in (urls.iri_to_uri, urls.uri_to_iri):
        with pytest.raises(ValueError, match="control character"):
            convert(bad)


@pytest.mark.parametrize(
    "bad", ["http://a:b/", "http://a:65536/", "http://a:٣/", "http://[::1/", "http://[::1]x:y/"]
)
def test_bad_hosts_are_no_url(bad):
    with pytest.raises(ValueError):
        urls.iri_to_uri(bad)


@pytest.mark.parametrize(
    ("uri", "iri"),
    [
        ("/%C3%A5%2F%3F%25%20%0A", "/å%2F%3F%25%20%0A"),
        ("?a=%26%3D%2B%23%2F", "?a=%26%3D%2B%23/"),
        ("/%FF%C3", "/%FF%C3"),
        ("http://xn--broken-\xe9/", "http://xn--broken-\xe9/"),
        ("http://u%3A:p%40@h/", "http://u%3A:p%40@h/"),
    ],
)
def test_uri_to_iri(uri, iri):
    assert urls.uri_to_iri(uri) == iri


@pytest.mark.parametrize(
    "host",
    [
        # CVE-2019-9636, CVE-2019-10160: what is a delimiter once it is normalized.
        *("a\u2100b.com", "good.com\uff03", "netloc\uff1fx.com", "a\uff0fb", "u\uff20h.com", "a\uff1a80"),
        # CVE-2024-11168, CVE-2025-0938: brackets around what is no address, or within a name.
        *(
            "[evil.com]",
            "[1.2.3.4]",
            "[]",
            "exam[ple.com",
            "exam]ple.com",
            "[::1]x",
            "a[::1]",
            "[::1",
            "[v1]",
            "[::1]]",
        ),
    ],
)
def test_hosts_that_are_none(host):
    for convert in (urls.iri_to_uri, lambda url: urls.iri_to_uri(urls.uri_to_iri(url))):
        for url in (f"http://{host}/", f"//user:secret@{host}:80"):
            with pytest.raises(ValueError):
                convert(url)
    with pytest.raises(SecurityError):
        urls.get_host("http", host)


def test_a_user_with_a_delimiter_in_the_name_CVE_2019_10160():
    assert urls.iri_to_uri("http://good.com\uff03@evil.com/") == "http://good.com%EF%BC%83@evil.com/"


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:1.2.3.4]", "[fe80::1%25eth0]", "[v1.a:b]", "a_b", ""])
def test_hosts_of_every_kind(host):
    assert urls.iri_to_uri(f"http://{host}:80/") == f"http://{host}:80/"


def test_current_url():
    parts = ("http", "localhost", "/app", "/ä b", b"q=%FF\xc3\xa9")
    expected = [
        "http://localhost/",
        "http://localhost/app/",
        "http://localhost/app/ä%20b",
        "http://localhost/app/ä%20b?q=%FFé",
    ]
    assert [urls.get_current_url(*parts[:n]) for n in (2, 3, 4, 5)] == expected


@pytest.mark.parametrize(
    ("scheme", "header", "server", "host"),
    [
        ("http", "spam:80", None, "spam"),
        ("https", "spam:443", None, "spam"),
        ("https", "spam:80", None, "spam:80"),
        ("wss", "[::1]:443", None, "[::1]"),
        ("http", "web_app:8080", None, "web_app:8080"),
        ("http", "☃.net", None, "xn--n3h.net"),
        ("http", None, ("::1", 8080), "[::1]:8080"),
        ("http", None, ("/run/app.sock", None), ""),
        ("http", None, ("/run/app.sock", 80), ""),
        ("http", None, None, ""),
        ("http", "", ("spam", 80), ""),
    ],
)
def test_host(scheme, header, server, host):
    assert urls.get_host(scheme, header, server) == host


@pytest.mark.parametrize(
    "header",
    [
        "user:pass@evil",
        "\xfc.net",
        "\xc3\xbc.net",
        "a/b@c?d",
        "a, b",
        "a b",
        "[::1",
        "a:99999",
        "a:",
        "a:0",
        "a\r\nb",
        "evil/x?",
        "é" * 300,
        "a" * 256,
        ":80",
    ],
)
def test_bad_host_is_refused(header):
    # B63, B64: CVE-2026-48710, CVE-2011-4139, CVE-2012-4520.
    with pytest.raises(SecurityError):
        urls.get_host("http", header)
    assert not urls.host_is_trusted(header)


def test_accepted_hosts_are_remembered_within_bounds():
    # B47: no cache that a client can fill.
    for number in range(1000):
        urls.get_host("http", f"h{number}.net")
    assert "h999.net" in urls.accepted_hosts
    assert len(urls.accepted_hosts) <= 256


@pytest.mark.parametrize(
    ("host", "trusted", "is_trusted"),
    [
        ("a.net:5000", ["a.net"], True),
        ("A.net", ["a.NET:80"], True),
        ("x.a.net", [".a.net"], True),
        ("a.net", [".a.net"], True),
        ("xa.net", [".a.net"], False),
        ("a.net", "a.net", True),
        ("[::1]:80", ["[::1]:5000"], True),
        ("xn--n3h.net", ["☃.net"], True),
        ("b.net", ["a.net"], False),
        ("b.net", [], True),
        ("", None, False),
        (None, None, False),
    ],
)
def test_trusted_hosts(host, trusted, is_trusted):
    assert urls.host_is_trusted(host, trusted) is is_trusted


def test_untrusted_host_is_refused():
    with pytest.raises(SecurityError, match="evil"):
        urls.get_host("http", "evil.net", None, ["good.net"])
    with pytest.raises(SecurityError):
        urls.get_host("http", "", None, ["good.net"])


def test_linear():
    assert_linear(urls.url_unquote, lambda n: "%C3%A9%" * n)
    assert_linear(urls.parse_query, lambda n: "a%41=%;&" * n)
    # B72: no step of it is worse than linear in the length of the URL.
    comes_back(urls.iri_to_uri, "/" + "\ufdfa" * 100_000)
    comes_back(urls.uri_to_iri, "//" + "@:" * 100_000)

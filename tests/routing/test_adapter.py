"""adapter: redirects and URLs, and that they stay on their host."""

from __future__ import annotations

import pytest

from microweb.exceptions import NotFound
from microweb.routing import BuildError, RequestRedirect

from .assertions import make, outcome


def test_redirects_keep_mount_point_and_query():
    urls = make("/b/")
    assert outcome(urls, "/b", script="/app", query_args={"q": "a b"}) == "http://example.com/app/b/?q=a+b"
    assert outcome(urls, "/b", query_args="x=1") == "http://example.com/b/?x=1"
    assert outcome(urls, "/b", subdomain="", host="h:81") == "http://h:81/b/"


# CVE-2020-28724, CVE-2014-0480
def test_b67_redirects_stay_on_their_host():
    urls = make("/<path:p>/", "/a/b")
    for path in ("//evil.com", "///evil.com", "/\\evil.com", "//evil.com/..", "/%5cevil.com", "//a//b"):
        target = outcome(urls, path)
        assert target.startswith("http://example.com/")
        assert target[len("http://example.com/")] not in "/\\"


# CVE-2021-28861
@pytest.mark.parametrize("script", ["//evil.com", "//evil.com/", "/app"])
def test_b6_paths_begin_with_one_slash(script):
    adapter = make("/<path:p>", "/b/", "/x<y>").bind("example.com", script)
    for value in ("/evil.com", "//evil.com", "\\evil.com", "/\\evil.com"):
        url = adapter.build("/<path:p>", {"p": value})
        assert url[0] == "/"
        assert url[1] not in "/\\"
    with pytest.raises(RequestRedirect) as redirect:
        adapter.match("/b")
    assert redirect.value.new_url.startswith("http://example.com/")


def test_a_converter_cannot_name_a_host():
    from microweb.routing import BaseConverter

    class Raw(BaseConverter):
        regex = ".*"

        def to_url(self, value):
            return value

    adapter = make("/<raw:x>", converters={"raw": Raw}).bind("h")
    assert adapter.build("/<raw:x>", {"x": "/evil.com"}) == "/evil.com"
    assert adapter.build("/<raw:x>", {"x": "\\evil.com"}) == "/%5Cevil.com"


# CVE-2018-14574, CVE-2021-21330, CVE-2023-28370, CVE-2017-7234
@pytest.mark.parametrize(
    ("target", "path", "expected"),
    [
        ("new/<x>", "/old/a b", "http://example.com/app/new/a%20b"),
        ("/new/<x>", "/old/a", "http://example.com/new/a"),
        ("http://other.org/<x>", "/old/a", "http://other.org/a"),
        ("<x>", "/old/http://evil.com/x", "http://example.com/app/http:/evil.com/x"),
        ("/<x>", "/old/\\evil.com", "http://example.com/%5Cevil.com"),
        (lambda adapter, x: f"to/{x}", "/old/a", "http://example.com/app/to/a"),
    ],
)
def test_b68_redirect_to(target, path, expected):
    urls = make(("/old/<path:x>", {"redirect_to": target}))
    assert outcome(urls, path, script="/app") == expected


def test_default_redirects():
    urls = make(
        ("/all/", {"endpoint": "all", "defaults": {"page": 1}}), ("/all/<int:page>", {"endpoint": "all"})
    )
    assert outcome(urls, "/all/") == ("all", {"page": 1})
    assert outcome(urls, "/all/1", query_args="q=1") == "http://example.com/all/?q=1"
    assert outcome(urls, "/all/2") == ("all", {"page": 2})
    adapter = urls.bind("h")
    assert adapter.build("all") == adapter.build("all", {"page": 1}) == "/all/"
    assert adapter.build("all", {"page": 2}) == "/all/2"
    assert outcome(make("/a", redirect_defaults=False), "/a") == ("/a", {})


def test_aliases():
    urls = make(("/x/<a>", {"endpoint": "e"}), ("/old/<a>", {"endpoint": "e", "alias": True}))
    assert outcome(urls, "/old/1", query_args={"q": 1}) == "http://example.com/x/1?q=1"
    assert urls.bind("h").build("e", {"a": 1}) == "/x/1"


@pytest.mark.parametrize(
    ("values", "more", "url"),
    [
        ({"x": "a"}, {}, "/app/p/a"),
        ({"x": "a", "q": "b c", "r": [1, 2], "n": None}, {}, "/app/p/a?q=b+c&r=1&r=2"),
        ({"x": "a", "q": 1}, {"append_unknown": False}, "/app/p/a"),
        ({"x": "a"}, {"force_external": True}, "https://h/app/p/a"),
        ({"x": "a"}, {"force_external": True, "url_scheme": "http"}, "http://h/app/p/a"),
        ({"x": "a"}, {"force_external": True, "url_scheme": ""}, "//h/app/p/a"),
        ({"x": "a"}, {"method": "GET"}, "/app/p/a"),
    ],
)
def test_building(values, more, url):
    adapter = make(("/p/<x>", {"endpoint": "e", "methods": ["GET"]})).bind("h", "/app", url_scheme="https")
    assert adapter.build("e", values, **more) == url


def test_building_for_websockets_and_other_hosts():
    urls = make(("/ws", {"websocket": True}), ("/u", {"subdomain": "<s>"}), "/")
    assert urls.bind("h").build("/ws") == "ws://h/ws"
    assert urls.bind("h", url_scheme="https").build("/ws") == "wss://h/ws"
    assert urls.bind("h", url_scheme="wss").build("/", force_external=True) == "https://h/"
    assert urls.bind("h").build("/u", {"s": "bob"}) == "http://bob.h/u"
    assert urls.bind("h", subdomain="bob").build("/u", {"s": "bob"}) == "/u"
    rules = [("/", {"host": host, "endpoint": "e"}) for host in "ab"]
    hosts = make(*rules, host_matching=True)
    assert hosts.bind("b").build("e") == "/"
    assert hosts.bind("c").build("e") == "http://a/"


def test_building_chooses_by_method():
    urls = make(("/g", {"endpoint": "e", "methods": ["GET"]}), ("/p", {"endpoint": "e", "methods": ["POST"]}))
    assert urls.bind("h").build("e") == "/g"
    assert urls.bind("h", default_method="POST").build("e") == "/p"
    assert urls.bind("h").build("e", method="POST") == "/p"
    with pytest.raises(BuildError):
        urls.bind("h").build("e", method="PUT")


def test_sorted_parameters():
    adapter = make("/", sort_parameters=True).bind("h")
    assert adapter.build("/", {"b": 1, "a": [3, 2]}) == "/?a=2&a=3&b=1"


def test_multi_dicts():
    class Multi(dict):
        def lists(self):
            return dict.items(self)

    adapter = make("/<x>").bind("h")
    assert adapter.build("/<x>", Multi({"x": ["a"], "q": [1, 2], "n": []})) == "/a?q=1&q=2"


def test_dispatch():
    adapter = make("/", "/b/").bind("h")
    assert adapter.dispatch(lambda endpoint, values: (endpoint, values), "/") == ("/", {})
    assert isinstance(adapter.dispatch(None, "/b"), RequestRedirect)
    assert isinstance(adapter.dispatch(None, "/c", catch_http_exceptions=True), NotFound)
    with pytest.raises(NotFound):
        adapter.dispatch(None, "/c")


def test_asking_without_exceptions():
    adapter = make("/a/", ("/b", {"methods": ["PUT"]})).bind("h")
    assert adapter.test("/a/")
    assert adapter.test("/a")
    assert adapter.test("/b", "PUT")
    assert not adapter.test("/b")
    assert not adapter.test("/c")
    assert list(adapter.allowed_methods("/b")) == ["PUT"]
    assert list(adapter.allowed_methods("/c")) == []

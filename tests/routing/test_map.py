"""map: adding rules, and binding to hosts and requests."""

from __future__ import annotations

import threading

import pytest

from microweb.exceptions import BadHost, HTTPException, NotFound
from microweb.routing import Map, MapAdapter, Rule

from .assertions import make, outcome


def environ(host="example.com", path="/", scheme="http", **more):
    return {
        "REQUEST_METHOD": "GET",
        "wsgi.url_scheme": scheme,
        "HTTP_HOST": host,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        **more,
    }


def test_rules_may_come_at_any_time():
    urls = make("/a")
    assert outcome(urls, "/b") == 404
    urls.add(Rule("/b", endpoint="b"))
    assert urls.find("/b", "GET")[0].endpoint == "b"
    assert outcome(urls, "/b") == ("b", {})


def test_iterating_and_asking():
    urls = make("/a/<x>", ("/b", {"defaults": {"y": 1}}))
    assert [rule.rule for rule in urls.iter_rules()] == ["/a/<x>", "/b"]
    assert [rule.rule for rule in urls.iter_rules("/b")] == ["/b"]
    assert urls.is_endpoint_expecting("/a/<x>", "x")
    assert urls.is_endpoint_expecting("/b", "y")
    assert not urls.is_endpoint_expecting("/b", "x", "y")
    with pytest.raises(KeyError):
        urls.iter_rules("nope")


def test_converters_of_the_class_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        Map.default_converters["x"] = None
    own = Map.default_converters.copy()
    own["x"] = None
    assert "x" not in Map.default_converters


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("Example.COM", "example.com"),
        ("example.com:8080", "example.com:8080"),
        ("☃.net", "xn--n3h.net"),
        ("", ""),
        ("a..b", BadHost),
        (".b", BadHost),
        ("a" * 64 + ".b", BadHost),
        ("☃" * 64, BadHost),
    ],
)
def test_host_names(host, expected):
    if isinstance(expected, str):
        assert Map().bind(host).server_name == expected
    else:
        with pytest.raises(expected):
            Map().bind(host)


def test_bind_to_environ_takes_all_from_it():
    adapter = Map().bind_to_environ(
        environ("h:81", "/\xc3\xa4", SCRIPT_NAME="/app", QUERY_STRING="a=b", REQUEST_METHOD="POST")
    )
    assert (adapter.server_name, adapter.path_info, adapter.script_name) == ("h:81", "/ä", "/app/")
    assert (adapter.query_args, adapter.default_method, adapter.subdomain) == ("a=b", "POST", "")


def test_bind_to_a_request():
    class Request:
        environ = environ("h", "/x")

    assert Map().bind_to_environ(Request()).path_info == "/x"


@pytest.mark.parametrize(
    ("host", "scheme", "server_name", "subdomain"),
    [
        ("example.com", "http", "example.com", ""),
        ("a.b.example.com", "http", "example.com", "a.b"),
        ("example.com", "http", "example.com:80", ""),
        ("example.com", "https", "EXAMPLE.com:443", ""),
        ("www.example.com:81", "http", "example.com:81", "www"),
    ],
)
def test_subdomain_of_a_request(host, scheme, server_name, subdomain):
    adapter = Map().bind_to_environ(environ(host, scheme=scheme), server_name=server_name)
    assert adapter.subdomain == subdomain


def test_a_foreign_host_is_warned_about_and_matches_nothing():
    with pytest.warns(UserWarning, match="doesn't match configured server name"):
        adapter = make("/").bind_to_environ(environ("127.0.0.1"), server_name="example.com")
    assert adapter.subdomain == "<invalid>"
    assert not adapter.test("/")


def test_the_server_is_the_host_of_a_request_without_one():
    env = environ()
    del env["HTTP_HOST"]
    assert Map().bind_to_environ(env).server_name == "localhost"


def test_websocket_requests():
    more = {"HTTP_UPGRADE": "WebSocket", "HTTP_CONNECTION": "keep-alive, Upgrade"}
    assert Map().bind_to_environ(environ(**more)).url_scheme == "ws"
    assert Map().bind_to_environ(environ(scheme="https", **more)).url_scheme == "wss"
    assert Map().bind_to_environ(environ(HTTP_UPGRADE="websocket")).url_scheme == "http"


def test_host_matching_takes_no_subdomain():
    with pytest.raises(RuntimeError, match="host matching"):
        Map(host_matching=True).bind("h", subdomain="x")


def test_repr():
    assert repr(make("/a")) == "Map([<Rule '/a' -> /a>])"


def test_threads_meet_whole_tables():
    urls = make("/base")
    failures = []

    def match():
        for _ in range(300):
            if urls.find("/base", "GET") is None:
                failures.append("gone")

    threads = [threading.Thread(target=match) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(100):
        urls.add(Rule(f"/more{number}", endpoint="/base"))
    for thread in threads:
        thread.join()
    assert not failures
    assert isinstance(urls.bind("h"), MapAdapter)


@pytest.mark.parametrize(
    "path", ["", "/", "//", "/a", "/a/", "//a", "/b/", "/b", "/c/1", "/c/x", "/d//e", "/x", "/w"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "get"])
def test_what_a_map_lacks_is_a_404(path, method):
    urls = make(
        "/a",
        "/b/",
        "/c/<int:x>",
        "/d/<path:x>",
        ("/w", {"websocket": True}),
        ("/x", {"methods": ["PUT"]}),
        ("/y", {"redirect_to": "a"}),
    )
    # The answer to this is a 404 alone, whatever the adapter would know besides.
    assert not urls.find(path, method) or not urls.lacks(path, method)
    if urls.lacks(path, method):
        with pytest.raises(NotFound):
            urls.bind("example.com").match(path, method)
    elif urls.find(path, method) is None:
        try:
            urls.bind("example.com").match(path, method)
        except HTTPException as error:
            assert error.code != 404


def test_a_map_that_matches_hosts_has_to_know_the_host():
    assert not Map([Rule("/", host="a.example")], host_matching=True).lacks("/x", "GET")

from microweb.server.environ import header_variables, make_environ, unquote
from microweb.server.head import Head


def test_unquote_keeps_broken_escapes_and_bytes():
    assert unquote(b"/a%20b%C3%BC%zz%4%00") == "/a b\xc3\xbc%zz%4\x00"


def test_header_variables():
    fields = [
        (b"host", b"a"),
        (b"x-auth-user", b"real"),
        (b"x_auth_user", b"evil"),  # CVE-2015-0219
        (b"proxy", b"http://evil"),  # CVE-2016-1000110
        (b"content-type", b"a/b"),
        (b"content-length", b"5"),
        (b"content_length", b"6"),
        (b"cookie", b"a=b"),
        (b"cookie", b"c=d"),
        (b"accept", b"x"),
        (b"accept", b"\xff"),
        (b"transfer-encoding", b"chunked"),
    ]
    assert header_variables(fields) == {
        "HTTP_HOST": "a",
        "HTTP_X_AUTH_USER": "real",
        "CONTENT_TYPE": "a/b",
        "CONTENT_LENGTH": "5",
        "HTTP_COOKIE": "a=b; c=d",
        "HTTP_ACCEPT": "x, \xff",
    }


def test_environ_is_built_from_nothing(monkeypatch):
    monkeypatch.setenv("HTTP_X_ADMIN", "1")
    monkeypatch.setenv("REMOTE_USER", "root")
    environ = make_environ(Head(b"GET", b"/a%2fb?c=%20", 1), {"SERVER_NAME": "me"})
    assert environ == {
        "SERVER_NAME": "me",
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a/b",
        "QUERY_STRING": "c=%20",
        "REQUEST_URI": "/a%2fb?c=%20",
        "RAW_URI": "/a%2fb?c=%20",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }

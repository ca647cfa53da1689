"""The request: computed on first use, its body read once, its limits held."""

from __future__ import annotations

import io
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    RequestEntityTooLarge,
    SecurityError,
    UnsupportedMediaType,
)
from microweb.http.datastructures import CombinedMultiDict, ImmutableMultiDict
from microweb.http.request import Request, UserAgent

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
UPLOAD = b"--b\r\nContent-Disposition: form-data; name=f; filename=n\r\n\r\nx\r\n--b--"


def make(path="/", method="GET", cls=Request, query="", **environ):
    """A request whose headers are given as HTTP_... keys."""
    return cls(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "HTTP_HOST": "example.org",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            **environ,
        }
    )


def post(data, content_type=FORM, length=None, cls=Request, **environ):
    """A request with a body."""
    return make(
        method="POST",
        cls=cls,
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(len(data) if length is None else length),
        **{"wsgi.input": io.BytesIO(data)},
        **environ,
    )


# Creating one


def test_creating_a_request_stores_the_environ_and_nothing_else():
    environ = {}
    request = Request(environ)
    assert request.__dict__ == {"environ": environ}
    assert environ == {}
    assert not request.shallow


def test_what_was_read_is_kept_and_may_be_set():
    request = make("/a")
    assert request.path == "/a"
    request.environ["PATH_INFO"] = "/b"
    assert request.path == "/a"
    request.path, request.method, request.anything = "/c", "HEAD", 1
    assert (request.path, request.method, request.anything) == ("/c", "HEAD", 1)


def test_an_empty_environ_has_defaults():
    request = Request({})
    assert (request.method, request.path, request.root_path, request.scheme) == ("GET", "/", "", "http")
    assert (request.server, request.remote_addr, request.host) == (None, None, "")
    assert (request.query_string, list(request.args), dict(request.cookies)) == (b"", [], {})


# The request line


@pytest.mark.parametrize(
    ("path_info", "path"),
    [("", "/"), ("/a", "/a"), ("a", "/a"), ("//a", "/a"), ("/\xc3\xa4", "/ä"), ("/\xff", "/\ufffd")],
)
def test_path(path_info, path):
    assert make(path_info).path == path


def test_urls():
    request = make("/p ä".encode().decode("latin-1"), query="q=1", SCRIPT_NAME="/app/")
    assert request.url == "http://example.org/app/p%20ä?q=1"
    assert request.base_url == "http://example.org/app/p%20ä"
    assert request.root_url == request.url_root == "http://example.org/app/"
    assert request.host_url == "http://example.org/"
    assert (request.root_path, request.script_root) == ("/app", "/app")
    assert request.full_path == "/p ä?q=1"
    assert make().full_path == "/?"
    assert not request.is_secure
    assert make(**{"wsgi.url_scheme": "https"}).is_secure


def test_repr():
    assert repr(make("/a", "post")) == "<Request 'http://example.org/a' [POST]>"
    assert repr(make(HTTP_HOST="a/b")).startswith('<Request "(invalid URL: 400 Bad Request')


@pytest.mark.parametrize("host", ["user:pass@evil", "a/b@c?d", "a, b", "a b", "[::1", "a:99999", "<b>"])
def test_b63_b64_a_host_that_is_none(host):
    request = make("/p", HTTP_HOST=host)
    assert request.path == "/p"
    for attribute in ("host", "url", "host_url", "root_url"):
        with pytest.raises(SecurityError):
            getattr(request, attribute)


def test_trusted_hosts():
    request = make()
    request.trusted_hosts = ["example.com"]
    with pytest.raises(SecurityError):
        _ = request.host


def test_args():
    request = make(query="a=1&a=2&b=%C3%A4+&c")
    assert request.args.getlist("a") == ["1", "2"]
    assert (request.args["b"], request.args["c"]) == ("ä ", "")
    assert request.args.get("a", type=int) == 1
    assert isinstance(request.args, ImmutableMultiDict)


def test_b124_b125_args():
    assert make(query="a=1;b=2").args["a"] == "1;b=2"
    assert len(make(query="&".join(["a=1"] * 1000)).args.getlist("a")) == 1000
    for query in ("&".join(["a=1"] * 1001), "a=&" * 1_000_000):
        with pytest.raises(RequestEntityTooLarge):
            _ = make(query=query).args

    class Patient(Request):
        max_fields = None

    assert len(make(query="a=1&" * 2000, cls=Patient).args.getlist("a")) == 2000


def test_b129_a_number_of_5000_digits():
    assert make(query="n=" + "9" * 5000).args.get("n", 7, type=int) == 7
    assert make(HTTP_MAX_FORWARDS="9" * 5000).max_forwards is None
    with pytest.raises(BadRequest):
        post(b'{"a": ' + b"9" * 5000 + b"}", "application/json").get_json()


# Headers


def test_header_attributes():
    request = make(
        CONTENT_TYPE="Text/HTML; charset=utf-8",
        CONTENT_LENGTH="23",
        HTTP_REFERER="http://a/",
        HTTP_DATE="Sat, 28 Feb 2009 19:04:35 GMT",
        HTTP_IF_MODIFIED_SINCE="Sat, 28 Feb 2009 19:04:35 GMT",
        HTTP_IF_UNMODIFIED_SINCE="yesterday",
        HTTP_MAX_FORWARDS="10",
        HTTP_PRAGMA="no-cache",
        HTTP_CONTENT_ENCODING="gzip",
        HTTP_CONTENT_MD5="9a",
        HTTP_ORIGIN="http://b",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PUT",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="X-A, X-B",
        HTTP_USER_AGENT="curl/8",
        REMOTE_USER="ada",
    )
    assert (request.mimetype, request.mimetype_params) == ("text/html", {"charset": "utf-8"})
    assert request.content_type == "Text/HTML; charset=utf-8"
    assert (request.content_length, request.max_forwards, request.referrer) == (23, 10, "http://a/")
    assert request.date == request.if_modified_since == datetime(2009, 2, 28, 19, 4, 35, tzinfo=timezone.utc)
    assert request.if_unmodified_since is None
    assert "no-cache" in request.pragma
    assert (request.content_encoding, request.content_md5) == ("gzip", "9a")
    assert (request.origin, request.access_control_request_method) == ("http://b", "PUT")
    assert set(request.access_control_request_headers) == {"X-A", "X-B"}
    assert request.user_agent.string == "curl/8"
    assert isinstance(request.user_agent, UserAgent)
    assert request.remote_user == "ada"


def test_negotiation_and_conditions():
    request = make(
        HTTP_ACCEPT="text/html, application/json;q=0.5",
        HTTP_ACCEPT_CHARSET="utf-8",
        HTTP_ACCEPT_ENCODING="gzip",
        HTTP_ACCEPT_LANGUAGE="de-AT, en;q=0.3",
        HTTP_CACHE_CONTROL="no-store, max-age=3",
        HTTP_IF_MATCH='"a", W/"b"',
        HTTP_IF_NONE_MATCH="*",
        HTTP_IF_RANGE='"a"',
        HTTP_RANGE="bytes=0-499",
        HTTP_AUTHORIZATION="Basic QWRhOng6eQ==",
    )
    assert request.accept_mimetypes.best == "text/html"
    assert request.accept_mimetypes.accept_json
    assert "utf-8" in request.accept_charsets
    assert "gzip" in request.accept_encodings
    assert request.accept_languages.best_match(["fr", "de"]) == "de"
    assert request.cache_control.no_store
    assert request.cache_control.max_age == 3
    assert request.if_match.contains("a")
    assert request.if_none_match.star_tag
    assert request.if_range.etag == "a"
    assert request.range.ranges == [(0, 500)]
    assert (request.authorization.username, request.authorization.password) == ("Ada", "x:y")


def test_without_headers():
    request = make()
    assert not request.accept_mimetypes
    assert not request.if_match
    assert request.range is None
    assert request.authorization is None
    assert request.mimetype == ""
    assert request.content_length is None


@pytest.mark.parametrize("value", ["Basic !!!!", "Basic bm9jb2xvbg==", "Basic /w==", "Basic", "=", "\xff"])
def test_b162_authorization(value):
    request = make(HTTP_AUTHORIZATION=value)
    assert request.authorization is None or request.authorization.type != "basic"


def test_cookies():
    request = make(HTTP_COOKIE="a=1; b=2; a=3")
    assert request.cookies["a"] == "1"
    assert request.cookies.getlist("a") == ["1", "3"]


def test_access_route():
    assert make(REMOTE_ADDR="1.1.1.1").access_route == ["1.1.1.1"]
    request = make(REMOTE_ADDR="1.1.1.1", HTTP_X_FORWARDED_FOR="2.2.2.2, 3.3.3.3")
    assert request.access_route == ["2.2.2.2", "3.3.3.3"]
    # B50: what a client says of itself is not its address.
    assert request.remote_addr == "1.1.1.1"
    assert make().access_route == []
    # A server at a Unix socket.
    assert make(REMOTE_ADDR="").access_route == [""]


def test_storage_classes():
    class Plain(Request):
        parameter_storage_class = dict
        dict_storage_class = dict
        list_storage_class = tuple

    request = make(cls=Plain, query="a=1", HTTP_COOKIE="b=2", REMOTE_ADDR="x")
    assert (request.args, request.cookies, request.access_route) == ({"a": "1"}, {"b": "2"}, ("x",))
    assert type(request.values) is CombinedMultiDict
    assert request.values["a"] == "1"


ANY_KEYS = (
    "REQUEST_METHOD SCRIPT_NAME PATH_INFO QUERY_STRING CONTENT_TYPE CONTENT_LENGTH REMOTE_ADDR SERVER_NAME"
    " SERVER_PORT HTTP_ACCEPT HTTP_ACCEPT_LANGUAGE HTTP_ACCEPT_ENCODING HTTP_ACCEPT_CHARSET HTTP_COOKIE"
    " HTTP_AUTHORIZATION HTTP_CACHE_CONTROL HTTP_DATE HTTP_HOST HTTP_IF_MATCH HTTP_IF_MODIFIED_SINCE"
    " HTTP_IF_RANGE HTTP_MAX_FORWARDS HTTP_PRAGMA HTTP_RANGE HTTP_X_FORWARDED_FOR HTTP_TRANSFER_ENCODING"
    " HTTP_ACCESS_CONTROL_REQUEST_HEADERS"
)


@given(
    st.dictionaries(
        st.sampled_from(ANY_KEYS.split()),
        st.text(st.characters(max_codepoint=255), max_size=30)
        | st.text('"\\,;=/*:@[]%-0189 \tabWGMT', max_size=30),
    ),
    st.binary(max_size=30),
)
def test_any_environ_gives_values_or_http_errors(environ, data):
    request = Request({**environ, "wsgi.input": io.BytesIO(data), "wsgi.url_scheme": "http"})
    for name in dir(Request):
        if name[:1] != "_":
            try:
                getattr(request, name)
            except HTTPException:
                pass
    assert repr(request)
    request.close()


# The body


READS = {
    "stream": lambda request: request.stream.read(),
    "get_data": lambda request: request.get_data(),
    "uncached": lambda request: request.get_data(cache=False),
    "data": lambda request: request.data,
    "form": lambda request: request.form.get("a"),
    "values": lambda request: request.values.get("a"),
    "json": lambda request: request.get_json(force=True, silent=True),
}
FIRST = {"stream": b"a=1", "get_data": b"a=1", "uncached": b"a=1", "data": b"", "form": "1", "values": "1"}
GONE = {"stream": b"", "get_data": b"", "uncached": b"", "data": b"", "form": None, "values": None}
PARSED = {**GONE, "form": "1", "values": "1"}
KEPT = {**FIRST, "stream": b"", "data": b"a=1"}
#: What is left for each way to read the body by the one before it.
LEFT = {
    "stream": GONE,
    "get_data": KEPT,
    "uncached": GONE,
    "data": PARSED,
    "form": PARSED,
    "values": PARSED,
    # It reads by get_data, whether there was JSON or not.
    "json": KEPT,
}


@pytest.mark.parametrize("first", LEFT)
@pytest.mark.parametrize("second", GONE)
def test_two_ways_to_read_a_form_in_every_order(first, second):
    request = post(b"a=1")
    assert READS[first](request) == FIRST.get(first)
    assert READS[second](request) == LEFT[first][second]
    # The files belong to the form, and are no third reading.
    assert list(request.files) == []


@pytest.mark.parametrize("first", ["stream", "get_data", "uncached", "data", "form", "files"])
def test_two_ways_to_read_an_upload(first):
    request = post(UPLOAD, MULTIPART)
    READS.get(first, lambda request: request.files)(request)
    is_left = first not in ("stream", "uncached")
    assert list(request.files) == (["f"] if is_left else [])
    assert request.get_data() == (UPLOAD if first == "get_data" else b"")
    request.close()


def test_data_as_text_and_without_a_form():
    assert post(b"a=1").get_data(parse_form_data=True) == b""
    assert post(b"\xc3\xa4\xff", "text/plain").get_data(as_text=True) == "ä\ufffd"
    request = post(b"x", "text/plain")
    assert (request.data, request.get_data(), list(request.form)) == (b"x", b"x", [])


# What frames the body

CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}


def announce(request, length):
    """The request with that Content-Length, without one for None."""
    del request.environ["CONTENT_LENGTH"]
    if length is not None:
        request.environ["CONTENT_LENGTH"] = length
    return request


BODY_READS = ("stream", "get_data", "uncached", "data", "form", "values")


@pytest.mark.parametrize("length", [None, "", "abc", "-3", "+3", "1_0", "\u0663", "9" * 30])
@pytest.mark.parametrize("read", BODY_READS)
def test_without_a_length_there_is_no_body(read, length):
    request = announce(post(b"a=1"), length)
    assert READS[read](request) == GONE[read]
    assert request.environ["wsgi.input"].tell() == 0


@pytest.mark.parametrize("read", BODY_READS)
def test_a_length_that_is_too_short_is_believed(read):
    request = post(b"a=1&a=2", length=3)
    assert READS[read](request) == FIRST[read]
    # The rest is the server's: the next request, for all that is known here.
    assert request.environ["wsgi.input"].read() == b"&a=2"


@pytest.mark.parametrize("read", BODY_READS)
def test_b119_a_length_that_is_too_long_is_a_client_that_left(read):
    with pytest.raises(ClientDisconnected):
        READS[read](post(b"a=1", length=10))


@pytest.mark.parametrize("length", [None, "9", "nonsense"])
@pytest.mark.parametrize("read", BODY_READS)
def test_a_body_that_the_server_ends(read, length):
    request = announce(post(b"a=1", **CHUNKED), length)
    assert request.content_length is None
    assert READS[read](request) == FIRST[read]


@pytest.mark.parametrize("read", BODY_READS)
def test_a_chunked_body_over_the_limit_is_refused_while_it_is_read(read):
    request = post(b"a=" + b"x" * 200_000, **CHUNKED)
    request.max_content_length = 1000
    with pytest.raises(RequestEntityTooLarge):
        for _ in range(2):
            READS[read](request)
    assert request.environ["wsgi.input"].tell() <= 1001


class Breaking(io.BytesIO):
    """A connection that is reset in the middle of the body."""

    def read(self, size=-1):
        return super().read(min(size, 4)) or self._break()

    def _break(self):
        raise ConnectionResetError


@pytest.mark.parametrize("read", BODY_READS)
@pytest.mark.parametrize("frame", [{}, {"wsgi.input_terminated": True}])
@pytest.mark.parametrize("limit", [None, 1000])
def test_b119_a_connection_that_breaks_in_the_middle(read, frame, limit):
    request = post(b"a=1", length=10, **frame)
    request.environ["wsgi.input"] = Breaking(b"a=1")
    request.max_content_length = limit
    with pytest.raises(ClientDisconnected):
        READS[read](request)


def test_b122_what_came_of_an_upload_is_closed_when_the_client_leaves():
    opened = []

    class Special(Request):
        def _get_file_stream(self, *args, **about):
            opened.append(io.BytesIO())
            return opened[-1]

    request = post(UPLOAD, MULTIPART, length=len(UPLOAD) + 9, cls=Special)
    request.environ["wsgi.input"] = Breaking(UPLOAD[:-3])
    with pytest.raises(ClientDisconnected):
        _ = request.files
    assert [file.closed for file in opened] == [True]


def test_stream():
    request = post(b"0123456789", "text/plain", length=5)
    assert request.stream.read(3) == b"012"
    assert request.stream.read() == b"34"
    assert request.input_stream.read() == b"56789"


def test_a_stream_put_in_front_of_the_parser():
    request = post(b"a=HELLO")
    request.stream = io.BytesIO(request.stream.read().lower())
    assert request.form["a"] == "hello"


def test_without_content_type_nothing_is_parsed():
    request = post(b"a=1", "")
    assert not request.want_form_data_parsed
    assert (list(request.form), list(request.files), request.data) == ([], [], b"a=1")


def test_values():
    request = post(b"a=2&b=2", QUERY_STRING="a=1")
    assert (request.values.getlist("a"), request.values["b"]) == (["1", "2"], "2")
    request = post(b"b=2", REQUEST_METHOD="GET")
    assert "b" not in request.values


def test_shallow():
    request = Request(make(query="a=1").environ, shallow=True)
    assert request.args["a"] == "1"
    for attribute in ("stream", "data", "form", "files"):
        with pytest.raises(RuntimeError, match="shallow=True"):
            getattr(request, attribute)


def test_b122_files_are_closed_with_the_request():
    with post(UPLOAD, MULTIPART) as request:
        upload = request.files["f"]
        assert (upload.filename, upload.read()) == ("n", b"x")
    assert upload.closed
    make().close()


def test_limits():
    for limits in ({"max_content_length": 5}, {"max_form_memory_size": 5}, {"max_fields": 1}):
        request = post(b"a=1&b=2")
        vars(request).update(limits)
        with pytest.raises(RequestEntityTooLarge):
            _ = request.form
    request = post(UPLOAD, MULTIPART)
    request.max_form_parts = 0
    with pytest.raises(RequestEntityTooLarge):
        _ = request.form


def test_b119_a_form_that_is_none():
    class Strict(Request):
        silent_form_errors = False

    for data, content_type in (
        (UPLOAD, "multipart/form-data"),
        (UPLOAD.replace(b"\r\n--b--", b"\n--b--"), MULTIPART),
        (b"\x80", FORM),
        (b"nothing", MULTIPART),
    ):
        assert not post(data, content_type).form
        with pytest.raises(BadRequest, match="form in the body cannot be read"):
            _ = post(data, content_type, cls=Strict).form


class Whole(Request):
    needs_whole_forms = True


@pytest.mark.parametrize("length", range(5, len(UPLOAD) - 1))
def test_b119_a_form_that_is_cut_off(length):
    with pytest.raises(BadRequest, match="form in the body cannot be read"):
        _ = post(UPLOAD[:length], MULTIPART, cls=Whole).form


def test_subclasses_choose_where_files_go():
    class Special(Request):
        def _get_file_stream(self, total_content_length, content_type, filename=None, content_length=None):
            self.told = filename, total_content_length
            return io.BytesIO()

    request = post(UPLOAD, MULTIPART, cls=Special)
    assert request.files["f"].read() == b"x"
    assert request.told == ("n", len(UPLOAD))


# JSON


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/problem+json", True),
        # B131: a form can send these.
        ("text/plain;application/json", False),
        ("text/plain; x=application/json", False),
        ("application/jsonp", False),
        ("text/json", False),
        ("", False),
    ],
)
def test_b131_is_json(content_type, is_json):
    request = post(b"1", content_type)
    assert request.is_json is is_json
    if is_json:
        assert request.json == 1
    else:
        with pytest.raises(UnsupportedMediaType):
            _ = request.json
        assert request.get_json(silent=True) is None
        assert request.get_json(force=True) == 1


def test_json_is_kept():
    request = post(b'{"a": 1}', "application/json")
    assert request.json is request.get_json()
    assert request.get_data() == b'{"a": 1}'
    request = post(b"{}", "application/json")
    assert request.get_json(cache=False) == {}
    assert request.get_data() == b""


@pytest.mark.parametrize("data", [b"", b"{", b'{"a":}', b"\xff", b'"\xc3"', b"NaN", b"[Infinity]", b"1e400"])
def test_b130_what_is_no_json(data):
    request = post(data, "application/json")
    assert request.get_json(silent=True) is None
    with pytest.raises(BadRequest, match="Failed to decode JSON"):
        request.get_json()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_b127_only_utf8(encoding):
    with pytest.raises(BadRequest):
        post('{"a": 1}'.encode(encoding), "application/json").get_json()
    assert post('{"ä": 1}'.encode("utf-8-sig"), "application/json").json == {"ä": 1}


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"a":' * 100_000, b"[" * 200_000 + b"]" * 200_000])
def test_b128_nesting(data):
    with pytest.raises(BadRequest):
        post(data, "application/json").get_json()


def test_failure_can_be_answered():
    class Forgiving(Request):
        def on_json_loading_failed(self, e):
            return "type" if e is None else "syntax"

    assert post(b"{", "application/json", cls=Forgiving).json == "syntax"
    assert post(b"{", "text/plain", cls=Forgiving).json == "type"


def test_json_module():
    class Shouting(Request):
        class json_module:
            @staticmethod
            def loads(text):
                return text.upper()

    assert post(b"abc", "application/json", cls=Shouting).json == "ABC"


# As a decorator


def test_application():
    class App:
        @Request.application
        def __call__(self, request):
            self.request = request
            if request.path == "/bad":
                raise BadRequest("no")
            return lambda environ, start_response: [request.method.encode()]

    app = App()
    environ = make().environ
    assert app(environ, None) == [b"GET"]
    assert environ["werkzeug.request"] is app.request
    started = []
    body = b"".join(app(make("/bad").environ, lambda status, headers: started.append(status)))
    assert started == ["400 BAD REQUEST"]
    assert b"no" in body

"""What Werkzeug's names do beyond the server's own."""

from __future__ import annotations

import io
import types

from microweb.compat import serving
from microweb.server.body import Body
from microweb.server.head import take_head


def handler(data: bytes) -> serving.WSGIRequestHandler:
    head = take_head(bytearray(data))
    server = types.SimpleNamespace(base_environ={})
    link = types.SimpleNamespace(
        server=server,
        client_address=("::1", 1),
        sock=None,
        requests=1,
        limits=types.SimpleNamespace(requests=9),
    )
    body = Body(link, head.length, chunked=head.chunked)
    return serving.WSGIRequestHandler(link, head, body)


def environ(data: bytes) -> dict:
    return handler(data).make_environ()


def test_handlers_of_programs_read_the_fields() -> None:
    headers = handler(b"GET / HTTP/1.1\r\nHost: a\r\nX-Name: b\r\n\r\n").headers
    assert (headers["x-name"], headers.get("X-NONE"), [*headers.keys()]) == ("b", None, ["Host", "X-Name"])


def test_programs_written_for_werkzeug_see_the_coding() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\n%b: %b\r\n\r\n"
    assert environ(head % (b"Transfer-Encoding", b"chunked"))["HTTP_TRANSFER_ENCODING"] == "chunked"
    assert "HTTP_TRANSFER_ENCODING" not in environ(head % (b"Content-Length", b"3"))


def test_static_files(tmp_path, monkeypatch) -> None:
    (tmp_path / "a.txt").write_text("static")
    asked = []
    monkeypatch.setattr(serving.serving, "run_simple", lambda *args, **options: asked.append((args, options)))
    serving.run_simple(
        "127.0.0.1", 0, lambda environ, start: [b"app"], static_files={"/static": str(tmp_path)}
    )
    ((host, port, application), options) = asked[0]
    assert options == {"request_handler": serving.WSGIRequestHandler}
    told = []
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/a.txt", "wsgi.input": io.BytesIO()}
    body = application(request, lambda status, headers: told.append(status))
    assert b"".join(body) == b"static" and told == ["200 OK"]
    body.close()
    assert application({**request, "PATH_INFO": "/a.txt"}, None) == [b"app"]

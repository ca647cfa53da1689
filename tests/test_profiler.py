"""The profiler: figures in print and in files, and the response as it was."""

from __future__ import annotations

import io
import pstats

import pytest

from microweb.profiler import ProfilerMiddleware
from microweb.testing import Client


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"one "
    yield b"two"


def test_prints():
    stream = io.StringIO()
    app = ProfilerMiddleware(application, stream, sort_by=("cumulative",), restrictions=("application",))
    assert Client(app).get("/a/b").text == "one two"
    told = stream.getvalue()
    assert "PATH: '/a/b'" in told
    assert "(application)" in told
    assert "(run)" not in told


def test_files(tmp_path):
    client = Client(ProfilerMiddleware(application, None, profile_dir=str(tmp_path)))
    for path in ("/", "/a/b", "/../..\\../xyyy" + "y" * 300):
        assert client.get(path).text == "one two"
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name[:8] for name in names] == ["GET.a.b.", "GET.root", "GET.xyyy"]
    assert max(map(len, names)) < 150
    assert "application" in str(pstats.Stats(str(tmp_path / names[0])).stats)


def test_a_name_of_ones_own(tmp_path):
    def name(environ):
        about = environ["werkzeug.profiler"]
        assert about["elapsed"] >= 0 < about["time"]
        return "own.prof"

    Client(ProfilerMiddleware(application, None, profile_dir=tmp_path, filename_format=name)).get("/")
    assert [path.name for path in tmp_path.iterdir()] == ["own.prof"]


def test_errors_and_the_body_s_close():
    class Body:
        closed = False

        def __iter__(self):
            raise ZeroDivisionError

        def close(self):
            self.closed = True

    body = Body()
    with pytest.raises(ZeroDivisionError):
        ProfilerMiddleware(lambda environ, start_response: body, None)({}, None)
    assert not body.closed

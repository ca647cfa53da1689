"""``app.run()``: what it asks of the server, and when it does nothing."""

from __future__ import annotations

import pytest

from microweb.server import serving


@pytest.fixture
def served(monkeypatch):
    """What the server was asked for, instead of serving."""
    asked = []
    monkeypatch.setattr(serving, "run_simple", lambda *args, **options: asked.append((args, options)))
    return asked


@pytest.mark.parametrize(
    ("arguments", "server_name", "expected"),
    [
        ({}, None, ("127.0.0.1", 5000)),
        ({"port": 80}, None, ("127.0.0.1", 80)),
        ({"port": "80"}, None, ("127.0.0.1", 80)),
        ({"port": 0}, "example.org:81", ("example.org", 0)),
        ({"host": "0.0.0.0"}, "example.org:81", ("0.0.0.0", 81)),
        ({}, "example.org:81", ("example.org", 81)),
        ({}, "example.org", ("example.org", 5000)),
    ],
)
def test_where(app, served, arguments, server_name, expected):
    app.config["SERVER_NAME"] = server_name
    app.run(**arguments)
    assert served == [((*expected, app), {"threaded": True, "use_reloader": False, "use_debugger": False})]


def test_options_go_to_the_server(app, served):
    app.run(threaded=False, processes=2)
    assert served[0][1] == {"threaded": False, "processes": 2, "use_reloader": False, "use_debugger": False}


@pytest.mark.parametrize("debug", [True, False])
def test_debug_mode(app, served, debug):
    app.debug = not debug
    app.run(debug=debug)
    assert app.debug is debug
    assert served[0][1]["use_reloader"] is served[0][1]["use_debugger"] is debug


def test_debug_mode_is_left_alone(app, served):
    app.debug = True
    app.run()
    assert app.debug


SAID = 'app.run() is left out, the command line serves; put it below if __name__ == "__main__":\n'


@pytest.mark.parametrize("name", ["MICROWEB_RUN_FROM_CLI", "FLASK_RUN_FROM_CLI"])
def test_the_command_line_serves_by_itself(app, served, monkeypatch, capsys, name):
    monkeypatch.setenv(name, "true")
    app.run()
    assert served == []
    # On standard error: a command's output may be read by another program.
    assert capsys.readouterr() == ("", SAID)


def test_setup_may_go_on_when_the_server_has_stopped(app, client, served):
    client.get("/")
    with pytest.raises(AssertionError):
        app.get("/late")
    app.run()
    app.get("/late")(lambda: "late")

import ssl
import sys
import types

import pytest

from microweb.cli.exceptions import BadParameter
from microweb.cli.run import run_command


def params(*args):
    return run_command.make_context("run", list(args)).params


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--cert", __file__], "Required when using"),
        (["--key", __file__], '"--cert" must also be specified.'),
        (["--cert", "no_such_module"], "File 'no_such_module' does not exist."),
        (["--cert", "json"], "File 'json' does not exist."),
        (["--port", "x"], "'x' is not a valid integer."),
        (["--extra-files", f"{__file__}:/no/such"], None),
    ],
)
def test_refused(monkeypatch, args, message):
    if message is None:
        assert params(*args)["extra_files"] == [__file__, "/no/such"]
        return
    with pytest.raises(BadParameter) as info:
        params(*args)
    assert info.value.message.startswith(message)


def test_a_certificate_and_its_key_are_one_value():
    for args in (["--cert", __file__, "--key", __file__], ["--key", __file__, "--cert", __file__]):
        assert params(*args)["cert"] == (__file__, __file__)


def test_an_object_is_imported(monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    module = types.ModuleType("place")
    module.context = context
    monkeypatch.setitem(sys.modules, "place", module)
    assert params("--cert", "place:context")["cert"] is context
    with pytest.raises(BadParameter, match="not used"):
        params("--cert", "place:context", "--key", __file__)


def test_adhoc_needs_a_program(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(BadParameter, match="give a file"):
        params("--cert", "adhoc")
    monkeypatch.setattr("shutil.which", lambda name: "/bin/openssl")
    assert params("--cert", "ADHOC")["cert"] == "adhoc"


def test_a_python_without_tls(monkeypatch):
    monkeypatch.setitem(sys.modules, "ssl", None)
    with pytest.raises(BadParameter, match="without TLS"):
        params("--cert", __file__)


@pytest.mark.parametrize(
    ("args", "debug", "expected"),
    [
        ([], "0", {"use_reloader": False, "use_debugger": False, "threaded": True}),
        ([], "1", {"use_reloader": True, "use_debugger": True}),
        (["--no-reload", "--without-threads"], "1", {"use_reloader": False, "threaded": False}),
    ],
)
def test_what_the_server_is_told(monkeypatch, args, debug, expected):
    from microweb import Microweb
    from microweb.server import serving

    told = {}
    monkeypatch.setattr(serving, "run_simple", lambda host, port, app, **options: told.update(options) or 0)
    monkeypatch.setenv("MICROWEB_DEBUG", debug)
    app = Microweb("site")
    result = app.test_cli_runner().invoke(run_command, args)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"Application 'site', debug mode {'on' if debug == '1' else 'off'}\n")
    assert {name: told[name] for name in expected} == expected


def test_an_application_that_fails_is_served_by_the_reloaders_child(monkeypatch):
    from microweb.cli.runner import CliRunner
    from microweb.cli.script import ScriptInfo
    from microweb.server import serving

    served = []
    monkeypatch.setattr(serving, "run_simple", lambda host, port, app, **options: served.append(app) or 0)
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    info = ScriptInfo(create_app=lambda: 1 / 0)
    assert "ZeroDivisionError" in CliRunner().invoke(run_command, obj=info).stderr
    with pytest.raises(ZeroDivisionError):
        served[0]({}, None)


@pytest.mark.parametrize(
    ("args", "debug", "key", "message"),
    [
        ([], "0", None, None),
        (["--limit", "body_bytes=9", "--limit", "idle_seconds=1.5"], "0", "k" * 16, None),
        (["--limit", "nope=9"], "0", None, "'nope=9' is no NAME=NUMBER; the names are line_bytes"),
        (["--limit", "body_bytes=x"], "0", None, "'body_bytes=x' is no NAME=NUMBER"),
        ([], "1", None, "Debug mode is for 'run' alone"),
        # CVE-2020-17526: known keys are the first that anybody tries.
        ([], "0", "temporary_key", "The SECRET_KEY is so short that it can be guessed"),
        ([], "0", b"A0Zr98j/3yX R~XHH!jmN]LWX/,?RT", "The SECRET_KEY is printed in a manual"),
    ],
)
def test_serve(monkeypatch, args, debug, key, message):
    from microweb import Microweb
    from microweb.cli.run import serve_command
    from microweb.server import serving

    told = {}
    monkeypatch.setattr(
        serving, "serve", lambda app, host, port, **options: told.update(options, port=port) or 0
    )
    monkeypatch.setenv("MICROWEB_DEBUG", debug)
    app = Microweb("site")
    app.secret_key = key
    result = app.test_cli_runner().invoke(serve_command, args)
    if message:
        assert result.exit_code and message in result.stderr
        return
    assert result.exit_code == 0 and told["port"] == 8000 and told["workers"] == 1
    assert args == [] or (told["body_bytes"], told["idle_seconds"]) == (9, 1.5)

"""Commands that know an application."""

import os
import subprocess
import sys

import pytest

from microweb import Blueprint, Microweb, current_app
from microweb.cli.decorators import argument, command, group
from microweb.cli.discovery import NoAppException
from microweb.cli.runner import CliRunner
from microweb.cli.script import AppGroup, MicrowebGroup, ScriptInfo, pass_script_info, with_appcontext
from microweb.cli.terminal import echo
from microweb.testing import FlaskCliRunner


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MICROWEB_", "FLASK_"))]:
        monkeypatch.delenv(name)
    before = dict(os.environ), sys.path[:]
    yield
    for name in os.environ.keys() - before[0].keys():
        del os.environ[name]
    sys.path[:] = before[1]
    sys.modules.pop("hello", None)


@pytest.fixture
def app():
    app = Microweb("site")

    @app.cli.command("name")
    @argument("text", default="", callback=lambda ctx, param, value: value + current_app.name)
    def show_name(text):
        """Show it."""
        echo(f"{text} {current_app.name} {current_app.debug}")

    @app.cli.command(with_appcontext=False)
    def bare():
        echo(bool(current_app))

    @app.cli.group()
    def db():
        """Data."""

    @db.command
    def init():
        echo(f"init {current_app.name}")

    return app


def run(app, *args, cls=MicrowebGroup, **more):
    return CliRunner().invoke(cls(create_app=lambda: app, **more), args)


@pytest.mark.parametrize(
    ("args", "output"),
    [
        (["name", "x"], "xsite site False\n"),
        (["--debug", "name"], "site site True\n"),
        (["bare"], "True\n"),
        (["db", "init"], "init site\n"),
    ],
)
def test_commands_of_an_application(app, args, output):
    result = run(app, *args)
    assert (result.exit_code, result.output) == (0, output)
    runner = app.test_cli_runner()
    assert isinstance(runner, FlaskCliRunner)
    if args[0] == "db":
        assert runner.invoke(args=args).output == output
    if args == ["bare"]:
        assert runner.invoke(args=args).output == "False\n"


def test_the_runner_takes_a_command_and_a_class(app):
    class Runner(FlaskCliRunner):
        pass

    app.test_cli_runner_class = Runner
    assert type(app.test_cli_runner(charset="utf-8")) is Runner
    shows = command("x")(with_appcontext(lambda: echo(current_app.name)))
    assert app.test_cli_runner().invoke(shows).output == "site\n"


def test_blueprints_have_groups(app):
    @command()
    def hi():
        echo("hi")

    cases = [
        ("one", {}, {}),
        ("two", {"cli_group": "own"}, {}),
        ("three", {"cli_group": None}, {}),
        ("four", {}, {"cli_group": "late"}),
    ]
    for name, own, late in cases:
        bp = Blueprint(name, __name__, **own)
        bp.cli.add_command(hi, f"{name}-hi")
        app.register_blueprint(bp, **late)
    app.register_blueprint(Blueprint("empty", __name__))
    runner = app.test_cli_runner()
    for line in ("one one-hi", "own two-hi", "three-hi", "late four-hi"):
        assert runner.invoke(args=line).output == "hi\n", line
    assert "empty" not in app.cli.commands


def test_the_help_page_lists_all_commands(app):
    text = run(app, "--help").stdout
    for line in ("  bare", "  db        Data.", "  name      Show it.", "  routes    Show the routes"):
        assert f"\n{line}" in text
    own = CliRunner().invoke(
        MicrowebGroup(create_app=lambda: app, add_default_commands=False, add_version_option=False), "--help"
    )
    assert "routes" not in own.stdout and "--version" not in own.stdout


def test_help_goes_on_without_an_application():
    result = CliRunner().invoke(MicrowebGroup(), "--help")
    assert result.exit_code == 0 and "Commands:" in result.stdout
    assert result.stderr.startswith(
        "Error: Found no application: name one with --app, MICROWEB_APP or FLASK_APP"
    )

    def fail():
        raise KeyError("own")

    result = CliRunner().invoke(MicrowebGroup(create_app=fail), "--help")
    assert "KeyError: 'own'" in result.stderr and "Commands:" in result.stdout
    assert CliRunner().invoke(MicrowebGroup(), "nope").exit_code == 2


def test_a_program_of_ones_own(app):
    @group(cls=MicrowebGroup, create_app=lambda: app)
    def cli():
        """Manage it."""

    @cli.command()
    def where():
        echo(current_app.name)

    @cli.command(with_appcontext=False)
    @pass_script_info
    def loaded(info):
        echo(info.load_app() is app)

    assert CliRunner().invoke(cli, "where").output == "site\n"
    assert CliRunner().invoke(cli, "loaded").output == "True\n"
    assert "Manage it." in CliRunner().invoke(cli, "--help").output


def test_debug_mode_is_the_environments_unless_it_is_kept(app, monkeypatch):
    app.debug = True
    assert run(app, "name", set_debug_flag=False).output.endswith("True\n")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert run(app, "name").output.endswith("True\n")
    assert run(app, "--no-debug", "name").output.endswith("False\n")


def test_options_from_files(tmp_path):
    (tmp_path / "hello.py").write_text("from microweb import Microweb\nsite = Microweb('hello')\n")
    (tmp_path / "settings").write_text("FLASK_APP=hello:site\n")
    (tmp_path / ".env").write_text("FLASK_APP=nope\n")
    cli = MicrowebGroup()
    assert "static" in CliRunner().invoke(cli, ["-e", "settings", "routes"]).output
    assert "does not exist" in CliRunner().invoke(cli, ["-e", "no", "routes"]).output
    os.environ.pop("FLASK_APP")
    assert "Could not import 'nope'" in CliRunner().invoke(cli, ["routes"]).output
    os.environ.pop("FLASK_APP")
    assert "static" in CliRunner().invoke(cli, ["--app", "hello", "routes"]).output


def test_script_info(app):
    info = ScriptInfo(create_app=lambda: app, load_dotenv_defaults=False)
    assert info.load_app() is info.load_app() is app and info.data == {} and not info.load_dotenv_defaults
    with pytest.raises(NoAppException):
        ScriptInfo("nope").load_app()


PLUGIN = """
from microweb.cli.core import Command
from microweb.cli.terminal import echo
command = Command("x", callback=lambda: echo("plugged"))
"""


@pytest.mark.parametrize("folder", ["brings-1.dist-info", "brings.egg-info", "EGG-INFO"])
def test_plugins(app, monkeypatch, tmp_path, folder):
    info = tmp_path / "lib" / folder
    info.mkdir(parents=True)
    metadata = "Metadata-Version: 2.1\nName: brings\nVersion: 1\n"
    (info / ("METADATA" if "dist" in folder else "PKG-INFO")).write_text(metadata)
    (info / "entry_points.txt").write_text(
        "[microweb.commands]\nbroken = brings:no\nplugin = brings:command\n[others]\nno = brings:no\n"
    )
    (tmp_path / "lib" / "brings.py").write_text(PLUGIN)
    path = tmp_path / "lib"
    if folder[0] == "E":
        path = path.rename(tmp_path / "lib.egg")
    monkeypatch.syspath_prepend(str(path))
    monkeypatch.delitem(sys.modules, "brings", raising=False)
    result = run(app, "plugin")
    assert result.stdout == "plugged\n"
    assert result.stderr.startswith("Error: The plugin 'broken' (brings:no) is left out: ")
    assert "plugin" in run(app, "--help").output


def test_who_has_no_plugins_does_not_look_for_them(app):
    code = "import sys; from microweb.cli.main import main; main(['--help'])"
    code += "; sys.exit('importlib.metadata' in sys.modules)"
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {root!r}); {code}"]
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_groups_keep_the_context_out_if_told(app):
    outer = AppGroup("outer")

    @outer.command("in")
    def inside():
        echo(current_app.name)

    assert CliRunner().invoke(outer, "in", obj=ScriptInfo(create_app=lambda: app)).output == "site\n"

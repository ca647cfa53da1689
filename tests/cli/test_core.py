"""Commands, groups and contexts, called as programs."""

import os

import pytest

from microweb.cli.context import Context
from microweb.cli.core import Command, Group, LazyCommand
from microweb.cli.current import get_current_context
from microweb.cli.decorators import (
    argument,
    command,
    confirmation_option,
    group,
    help_option,
    make_pass_decorator,
    option,
    pass_context,
    pass_obj,
    password_option,
    version_option,
)
from microweb.cli.exceptions import Abort, ClickException, Exit, FileError, MissingParameter, UsageError
from microweb.cli.help import page_width
from microweb.cli.runner import CliRunner
from microweb.cli.terminal import echo


def run(cmd, args="", **more):
    return CliRunner().invoke(cmd, args, **more)


@group()
@option("--debug/--no-debug")
@version_option("1.2", prog_name="tool")
@pass_context
def tool(ctx, debug):
    """A tool."""
    ctx.ensure_object(dict)["debug"] = debug


@tool.command()
@argument("x", default=3)
@pass_obj
def show(obj, x):
    """Show a thing. And more."""
    echo(f"{obj} {x}")


@tool.command
@pass_context
def path_command(ctx):
    echo(f"{ctx.command_path} {ctx.parent.invoked_subcommand} {ctx.find_root().info_name}")


@tool.command("invoke")
@pass_context
def invoke_it(ctx):
    ctx.invoke(show, x=5)
    ctx.invoke(lambda text: echo(text), "called")


@tool.command("end")
@argument("how")
@pass_context
def end(ctx, how):
    ctx.call_on_close(lambda: echo("closed"))
    if how == "raise":
        raise KeyError("own")
    endings = {
        "fail": lambda: ctx.fail("because"),
        "exit": lambda: ctx.exit(3),
        "abort": ctx.abort,
        "error": lambda: (_ for _ in ()).throw(ClickException("told")),
        "file": lambda: (_ for _ in ()).throw(FileError("a.txt", "gone")),
        "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    }
    endings[how]()


@tool.command(deprecated=True)
def old():
    echo("old")


@tool.command(hidden=True)
def secret():
    echo("secret")


@tool.command()
@confirmation_option(prompt="Sure?")
def drop():
    echo("dropped")


@tool.command()
@password_option()
def login(password):
    echo(f"got {password}")


@pytest.mark.parametrize(
    ("args", "status", "output"),
    [
        ("show", 0, "{'debug': False} 3\n"),
        ("--debug show 4", 0, "{'debug': True} 4\n"),
        ("path", 0, "tool path path tool\n"),
        ("invoke", 0, "{'debug': False} 5\ncalled\n"),
        ("--version", 0, "tool, version 1.2\n"),
        ("end exit", 3, "closed\n"),
        ("end abort", 1, "closed\nAborted!\n"),
        ("end interrupt", 1, "closed\n\nAborted!\n"),
        ("end error", 1, "closed\nError: told\n"),
        ("end file", 1, "closed\nError: Could not open file 'a.txt': gone\n"),
        ("old", 0, "DeprecationWarning: The command 'old' is deprecated.\nold\n"),
        ("secret", 0, "secret\n"),
        ("drop --yes", 0, "dropped\n"),
    ],
)
def test_output(args, status, output):
    result = run(tool, args)
    assert (result.exit_code, result.output) == (status, output)


@pytest.mark.parametrize(
    ("args", "usage", "message"),
    [
        ("shw", "tool [OPTIONS] COMMAND [ARGS]...", "No such command 'shw'. Did you mean 'show'?"),
        (
            "--debgu",
            "tool [OPTIONS] COMMAND [ARGS]...",
            "No such option: --debgu. Did you mean '--debug' or '--no-debug'?",
        ),
        ("show x", "tool show [OPTIONS] [X]", "Invalid value for '[X]': 'x' is not a valid integer."),
        ("path --debug", "tool path [OPTIONS]", "No such option: --debug; here it stands before 'path'."),
        ("end fail", "tool end [OPTIONS] HOW", "because"),
    ],
)
def test_usage_errors(args, usage, message):
    result = run(tool, args)
    hint = f"Try '{usage.partition(' [')[0]} --help' for help."
    assert result.exit_code == 2 and result.stdout.replace("closed\n", "") == ""
    assert result.stderr == f"Usage: {usage}\n{hint}\n\nError: {message}\n"


@pytest.mark.parametrize(
    ("args", "input", "end"),
    [
        ("drop", "y\n", "Sure? [y/N]: y\ndropped\n"),
        ("drop", "n\n", "Sure? [y/N]: n\nAborted!\n"),
        ("drop", "what\nyes\n", "Error: invalid input\nSure? [y/N]: yes\ndropped\n"),
        ("drop", "", "Sure? [y/N]: \nAborted!\n"),
        ("login", "a\na\n", "Password: \nRepeat for confirmation: \ngot a\n"),
        ("login", "a\nb\nc\nc\n", "do not match.\nPassword: \nRepeat for confirmation: \ngot c\n"),
    ],
)  # fmt: skip
def test_questions(args, input, end):
    assert run(tool, args, input=input).output.endswith(end)


HELP = """\
Usage: tool [OPTIONS] COMMAND [ARGS]...

  A tool.

Options:
  --debug / --no-debug
  --version             Show the version and exit.
  --help                Show this message and exit.

Commands:
  drop
  end
  invoke
  login
  old     (DEPRECATED)
  path
  show    Show a thing.
"""


def test_help_pages():
    assert run(tool, "--help").stdout == HELP
    nothing = run(tool)
    assert (nothing.exit_code, nothing.stderr) == (2, HELP)


def test_errors_pass_without_standalone_mode():
    with pytest.raises(UsageError):
        tool.main(["shw"], standalone_mode=False)
    with pytest.raises(Abort):
        tool.main(["end", "interrupt"], standalone_mode=False)
    assert tool.main(["end", "exit"], standalone_mode=False) == 3
    assert run(tool, "end raise").exception.args == ("own",)
    with pytest.raises(KeyError):
        run(tool, "end raise", catch_exceptions=False)


def test_a_group_may_do_without_a_command():
    @group(invoke_without_command=True)
    @pass_context
    def cli(ctx):
        echo(f"sub={ctx.invoked_subcommand}")

    @cli.group("in")
    def inner():
        """Inner."""

    @inner.command(context_settings={"help_option_names": ["-h"]})
    @option("-x", required=True)
    def leaf(x):
        echo(x)

    assert run(cli).output == "sub=None\n"
    assert run(cli, "in leaf -x1").output == "sub=in\n1\n"
    assert "Usage: cli in leaf [OPTIONS]\n" in run(cli, "in leaf -h").output
    assert run(cli, "in").exit_code == 2


@pytest.mark.parametrize(
    ("args", "output"),
    [
        ("one", "group *\nparsed 1\nran 1\n[1] 0 first\n"),
        ("--n 5 two x one", "group *\nparsed 1\nran x\nran 1\n['x', 1] 5 first\n"),
        ("", "group None\n[] 0 first\n"),
    ],
)
def test_a_chain_parses_all_of_its_commands_before_it_runs_them(args, output):
    @group(chain=True, invoke_without_command=True, result_callback=lambda results, n: f"{results} {n}")
    @option("--n", default=0)
    @pass_context
    def cli(ctx, n):
        echo(f"group {ctx.invoked_subcommand}")

    @cli.result_callback()
    def show(result, n):
        echo(f"{result} first")

    @cli.command()
    @option("--x", default=1, callback=lambda ctx, param, value: echo(f"parsed {value}") or value)
    def one(x):
        echo(f"ran {x}")
        return x

    @cli.command()
    @argument("y")
    def two(y):
        echo(f"ran {y}")
        return y

    assert run(cli, args).output == output
    assert run(cli, [*args.split(), "nope"]).exit_code == 2
    assert "Usage: cli [OPTIONS] COMMAND1 [ARGS]... [COMMAND2 [ARGS]...]..." in run(cli, "--help").output


def test_a_result_may_be_replaced():
    @group(result_callback=lambda result: f"{result} replaced")
    def cli():
        pass

    cli.command("one")(lambda: 1)
    cli.result_callback(replace=True)(lambda result: f"last {result}")
    assert run(cli, "one", standalone_mode=False).return_value == "last 1"


def test_what_is_missing_may_be_named_by_hand():
    error = MissingParameter("Look it up.", param_hint="--key", param_type="option")
    assert (str(error), error.format_message()) == ("Look it up.", "Missing option --key. Look it up.")


@pytest.mark.parametrize(
    ("variables", "terminal", "width"),
    [
        ({}, 60, 58), ({}, 200, 78), ({}, 0, 78), ({}, 10, 50), ({}, None, 78),
        ({"COLUMNS": "70"}, 60, 68), ({"COLUMNS": "x"}, None, 78), ({"COLUMNS": "0"}, None, 78),
    ],
)  # fmt: skip
def test_pages_are_as_wide_as_the_terminal(monkeypatch, variables, terminal, width):
    def size():
        if terminal is None:
            raise OSError
        return os.terminal_size((terminal, 24))

    monkeypatch.delenv("COLUMNS", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "get_terminal_size", size)
    assert page_width(Context(Command("a"))) == width


def test_help_pages_under_test_have_80_columns():
    text = "word " * 14 + "eighty.."
    assert f"\n  {text}\n" in run(command(help=text)(lambda: None), "--help").output


def test_eager_options_come_first_and_in_the_order_typed():
    seen = []

    def note(ctx, param, value):
        seen.append(param.name)

    @command()
    @option("--a", callback=note, is_flag=True)
    @option("--b", callback=note, is_flag=True)
    @option("--c", callback=note, is_flag=True, is_eager=True)
    @option("--must", required=True)
    def cmd(**values):
        pass

    run(cmd, "--b --a --c --must x")
    assert seen == ["c", "b", "a"]
    assert run(cmd, "--help").exit_code == 0


def test_unknown_options_can_be_passed_on():
    @command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
    @option("-q", is_flag=True)
    @argument("rest", nargs=-1)
    def wrap(q, rest):
        echo(f"{q} {rest}")

    assert run(wrap, "-xq --foo bar -- -q").output == "True ('-x', '--foo', 'bar', '-q')\n"


def test_objects_go_down_the_chain():
    class Repo:
        name = "repo"

    passes = make_pass_decorator(Repo, ensure=True)

    @group()
    @passes
    def cli(repo):
        repo.name = "changed"

    @cli.command()
    @passes
    def name(repo):
        echo(repo.name)

    assert run(cli, "name").output == "changed\n"
    bare = make_pass_decorator(Repo)(lambda repo: None)
    assert isinstance(run(Command("c", callback=bare)).exception, RuntimeError)


def test_contexts():
    with pytest.raises(RuntimeError, match="no active command context"):
        get_current_context()
    assert get_current_context(silent=True) is None
    ctx = Context(Command("c"), info_name="c", color=True)
    child = Context(Command("d"), parent=ctx, info_name="d")
    with ctx:
        assert get_current_context() is ctx
        with child.scope():
            assert get_current_context() is child
    assert child.color is True and child.meta is ctx.meta and child.find_root() is ctx
    with pytest.raises(Exit):
        child.exit()
    with pytest.raises(TypeError):
        Context(Command("c"), nonsense=1)


def test_forward_passes_the_values_on():
    @command()
    @option("--n", default=1)
    def two(n):
        echo(f"two {n}")

    @command()
    @option("--n", default=1)
    @pass_context
    def one(ctx, n):
        ctx.forward(two)
        ctx.invoke(two)

    assert run(one, "--n 4").output == "two 4\ntwo 1\n"


def test_resources_are_left_with_the_context():
    from contextlib import contextmanager

    @contextmanager
    def resource():
        echo("open")
        yield "it"
        echo("close")

    @command()
    @pass_context
    def use(ctx):
        echo(ctx.with_resource(resource()))

    assert run(use).output == "open\nit\nclose\n"


def test_a_lazy_command_is_imported_when_it_runs():
    cli = Group("cli", commands=[LazyCommand("routes", "routes:routes_command", "List them.")])
    assert "  routes  List them.\n" in run(cli, "--help").output
    assert "--all-methods" in run(cli, "routes --help").output


def test_names_of_commands():
    def init_db_command():
        pass

    assert command()(init_db_command).name == "init-db"
    assert command("x")(init_db_command).name == "x"
    with pytest.raises(TypeError, match="twice"):
        command()(command()(init_db_command))


def test_help_under_other_names():
    @command(add_help_option=False)
    @help_option("--hilfe", help="Hilfe.")
    def cmd():
        """Text."""

    assert "--hilfe  Hilfe." in run(cmd, "--hilfe").output


def test_a_reader_that_leaves_is_no_error(tmp_path):
    import subprocess
    import sys

    code = (
        "from microweb.cli.core import Command\n"
        "Command('c', callback=lambda: [print('x' * 99) for _ in range(99999)]).main([])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b"" and process.wait(20) == 1
    process.stderr.close()

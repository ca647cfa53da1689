import os
import sys

import pytest

from microweb.cli import prompts
from microweb.cli.decorators import command, option
from microweb.cli.runner import CliRunner
from microweb.cli.terminal import echo, style
from microweb.cli.types import Choice


def run(f, *args, runner=None, **more):
    return (runner or CliRunner()).invoke(command("c")(f), args, **more)


def talk():
    echo(style("out", fg="red"))
    echo("err", err=True)
    print(input("name? ") + os.environ.get("WHO", "nobody"))


def test_streams():
    result = run(talk, input="Ann\n", env={"WHO": "!"})
    assert result.stdout == "out\nname? Ann!\n" and result.stderr == "err\n"
    assert result.output == "out\nerr\nname? Ann!\n" and repr(result) == "<Result okay>"
    assert "\033[31mout" in run(talk, input="x\n", color=True).output


def test_the_process_is_left_as_it_was():
    before = sys.stdin, sys.stdout, sys.stderr, dict(os.environ), prompts.read_line
    run(talk, input="x\n", env={"WHO": "me", "HOME": None})
    assert (sys.stdin, sys.stdout, sys.stderr, dict(os.environ), prompts.read_line) == before


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (7, 7), ("words", 1)])
def test_exits(code, status):
    result = run(lambda: sys.exit(code))
    assert result.exit_code == status and result.output == ("words\n" if code == "words" else "")


def test_exceptions():
    result = run(lambda: 1 / 0)
    assert result.exit_code == 1 and isinstance(result.exception, ZeroDivisionError) and result.exc_info
    assert repr(result) == "<Result ZeroDivisionError('division by zero')>"
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0, runner=CliRunner(catch_exceptions=False))


def test_results():
    assert run(lambda: 5, standalone_mode=False).return_value == 5


def test_arguments_may_be_a_line():
    result = CliRunner().invoke(command("c")(option("--n")(lambda n: echo(n))), "--n 'a b'")
    assert result.output == "a b\n"


def test_prompts():
    def ask():
        echo(prompts.prompt("n", type=int, default=4))
        echo(prompts.prompt("c", type=Choice(["a", "b"])))
        echo(prompts.prompt("pin", type=int, hide_input=True))
        echo(prompts.confirm("ok", default=None))
        echo(prompts.prompt("last", default="d", show_default=False))

    assert run(ask, input="x\n\n\nz\na\nx\n1\n\ny\n\n").output.splitlines() == [
        "n [4]: x", "Error: 'x' is not a valid integer.", "n [4]: ", "4",
        "c (a, b): ", "c (a, b): z", "Error: 'z' is not one of 'a', 'b'.", "c (a, b): a", "a",
        "pin: ", "Error: The value you entered was invalid.", "pin: ", "1",
        "ok [y/n]: ", "Error: invalid input", "ok [y/n]: y", "True", "last: ", "d",
    ]  # fmt: skip


def test_filesystem():
    here = os.getcwd()
    with CliRunner().isolated_filesystem() as path:
        assert os.path.samefile(os.getcwd(), path)
    assert os.getcwd() == here and not os.path.exists(path)


def test_stderr_apart() -> None:
    """`mix_stderr` is click 8.1's: without it, the output is what went to stdout."""

    @command()
    def both() -> None:
        print("out")
        print("err", file=sys.stderr)

    mixed, apart = (CliRunner(mix_stderr=mix).invoke(both) for mix in (True, False))
    assert (mixed.output, mixed.stdout, mixed.stderr) == ("out\nerr\n", "out\n", "err\n")
    assert (apart.output, apart.stdout, apart.stderr) == ("out\n", "out\n", "err\n")


def test_what_is_read_is_shown() -> None:
    @command()
    def first() -> None:
        print("got", sys.stdin.readline().strip())

    assert CliRunner(echo_stdin=True).invoke(first, input="one\ntwo\n").output == "one\ngot one\n"
    assert CliRunner().invoke(first, input="one\ntwo\n").output == "got one\n"

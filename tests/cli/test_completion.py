import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from microweb.cli.completion import complete
from microweb.cli.decorators import argument, group, option
from microweb.cli.types import Choice, File
from microweb.cli.types import Path as PathType


@group()
@option("--app")
@option("--color", type=Choice(["red", "green"]))
def tool(**values):
    raise AssertionError("nothing is called")


@tool.command()
@option("--port", required=True)
@option("--out", type=PathType(file_okay=False))
@argument("kind", type=Choice(["big", "small"]))
@argument("files", type=File(), nargs=-1)
def show(**values):
    """Show it."""


@tool.command()
@argument("x", shell_complete=lambda ctx, param, incomplete: [incomplete + "!"])
def shout(x):
    pass


@tool.command(hidden=True)
def secret():
    pass


@pytest.mark.parametrize(
    ("words", "incomplete", "offers"),
    [
        ("", "", ["shout", "show"]),
        ("", "sho", ["shout", "show"]),
        ("", "--", ["--app", "--color", "--help"]),
        ("--color", "", ["red", "green"]),
        ("--color", "r", ["red"]),
        ("", "--color=g", ["green"]),
        ("--app x", "show", ["show"]),
        ("show", "--p", ["--port"]),
        ("show", "", ["big", "small"]),
        ("show big", "", ["file:"]),
        ("show big x", "y", ["file:y"]),
        ("show --out", "d", ["dir:d"]),
        ("shout", "x", ["x!"]),
        ("nope", "", ["shout", "show"]),
    ],
)
def test_offers(words, incomplete, offers):
    items = complete(tool, "tool", words.split(), incomplete)
    assert [item.value if item.type == "plain" else f"{item.type}:{item.value}" for item in items] == offers


def shell(place, line, **environ):
    code = f"from tests.cli.test_completion import tool; tool.main({line!r}, prog_name='tool')"
    root = str(Path(__file__).resolve().parents[2])
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": root, **environ}
    return subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=place, capture_output=True, text=True
    )


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_scripts(tmp_path, name):
    done = shell(tmp_path, [], _TOOL_COMPLETE=f"{name}_source")
    assert done.returncode == 0 and f"_TOOL_COMPLETE={name}_complete" in done.stdout
    if shutil.which(name):
        assert subprocess.run([name, "-n"], input=done.stdout, text=True).returncode == 0
    done = shell(
        tmp_path, [], _TOOL_COMPLETE=f"{name}_complete", COMP_WORDS="tool\nshow\n--p", COMP_CWORD="2"
    )
    assert done.stdout == "plain\n--port\n\n"
    done = shell(tmp_path, [], _TOOL_COMPLETE="fish_source")
    assert done.returncode == 1 and "bash_source, zsh_source" in done.stderr


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_bash_asks_and_gets(tmp_path):
    program = tmp_path / "tool"
    root = str(Path(__file__).resolve().parents[2])
    program.write_text(
        f"#!{sys.executable}\nimport sys; sys.path.insert(0, {root!r})\n"
        "from tests.cli.test_completion import tool; tool.main(prog_name='tool')\n"
    )
    program.chmod(0o755)
    script = f"""PATH={tmp_path}:$PATH
    eval "$(_TOOL_COMPLETE=bash_source tool)"
    COMP_WORDS=(tool show --po); COMP_CWORD=2
    _tool_complete tool; echo "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.stdout == "--port\n", done.stderr

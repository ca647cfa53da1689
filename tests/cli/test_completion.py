import os
import select
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
        ("--color =", "g", ["green"]),
        ("--color", "=", ["red", "green"]),
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


def test_an_application_is_a_file_as_a_rule():
    from microweb.cli.main import cli

    (item,) = complete(cli, "microweb", ["--app"], "hel")
    assert (item.type, item.value) == ("file", "hel")


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


PROGRAM = """\
#!/bin/sh
[ "$_TOOL_COMPLETE" ] || exec echo ran "$@"
export PYTHONPATH={root}
exec {python} -c "from tests.cli.test_completion import tool; tool.main(prog_name='tool')"
"""
SHELLS = {"bash": "bash --norc --noprofile -i", "zsh": "zsh -f -i"}
#: Before a shell can complete anything.
PREPARE = {"bash": "", "zsh": "autoload -U compinit && compinit -u -D; "}


class Person:
    """Somebody at the keyboard of a shell, who reads what comes before typing on."""

    def __init__(self, name, place):
        program = place / "tool"
        program.write_text(PROGRAM.format(python=sys.executable, root=Path(__file__).resolve().parents[2]))
        program.chmod(0o755)
        environ = {"PATH": f"{place}:/usr/bin:/bin", "TERM": "dumb", "HOME": str(place), "PS1": "", "PS2": ""}
        self.keyboard, other = os.openpty()
        self.process = subprocess.Popen(
            SHELLS[name].split(),
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=place,
            env=environ,
            start_new_session=True,
        )
        os.close(other)
        self.types(
            f"{PREPARE[name]}eval \"$(_TOOL_COMPLETE={name}_source tool)\"; echo pre''pared\r", "prepared"
        )

    def types(self, keys, until):
        os.write(self.keyboard, keys.encode())
        seen = ""
        while until not in seen:
            ready, _, _ = select.select([self.keyboard], [], [], 60)
            assert ready, f"{until!r} never came, but {seen!r}"
            seen += os.read(self.keyboard, 1000).decode("utf-8", "replace")

    def leaves(self):
        self.process.kill()
        self.process.wait()
        os.close(self.keyboard)


@pytest.mark.parametrize("name", SHELLS)
def test_a_person_with_a_tab_key(tmp_path, name):
    if not shutil.which(name):
        pytest.skip(f"there is no {name} here")
    (tmp_path / "readme.txt").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "foliage").touch()
    person = Person(name, tmp_path)
    try:
        person.types("tool show --po\t5 sm\t\r", "ran show --port 5 small")
        person.types("tool --col\tr\t\r", "ran --color red")
        person.types("tool --color=g\t\r", "ran --color=green")
        person.types("tool show big rea\t\r", "ran show big readme.txt")
        person.types("tool show --out fol\t\r", "ran show --out folder")
    finally:
        person.leaves()

"""What programs take from click beside commands."""

from __future__ import annotations

import io
import os
import sys

import pytest

from microweb.cli.context import Context
from microweb.cli.core import Command, group
from microweb.cli.runner import CliRunner
from microweb.compat import click as extras


@pytest.mark.parametrize(
    "system, platform, variables, force, path",
    [
        ("posix", "linux", {}, False, "~/.config/my-notes"),
        ("posix", "linux", {"XDG_CONFIG_HOME": "/etc/me"}, False, "/etc/me/my-notes"),
        ("posix", "linux", {"XDG_CONFIG_HOME": "/etc/me"}, True, "~/.my-notes"),
        ("posix", "darwin", {}, False, "~/Library/Application Support/My Notes"),
        ("nt", "win32", {"APPDATA": "/roaming"}, False, "/roaming/My Notes"),
    ],
)
def test_app_dir(
    system: str, platform: str, variables: dict, force: bool, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(extras.sys, "platform", platform)
    wanted = os.path.expanduser(path)
    with monkeypatch.context() as patch:
        patch.setattr(extras.os, "name", system)
        found = extras.get_app_dir("My Notes", force_posix=force)
    assert found == wanted


def test_streams(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    extras.get_binary_stream("stdout").write(b"\xff")
    sys.stdout.buffer.flush()
    with extras.get_text_stream("stdout", "latin-1") as stream:
        stream.write("é")
    assert extras.get_text_stream("stderr") is sys.stderr
    assert capfdbinary.readouterr().out == b"\xff\xe9"


def test_standard_streams_stay_open(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch) -> None:
    for text in "ab":
        with extras.open_file("-", "w") as stream:
            stream.write(text)
    assert capsys.readouterr().out == "ab"
    path = tmp_path / "a.txt"
    with extras.open_file(str(path), "w", lazy=True) as file:
        file.write("c")
    monkeypatch.setattr(sys, "stdin", io.StringIO("d\n"))
    assert file.closed and list(extras.open_file("-")) == ["d\n"]


def test_nothing_is_cleared_in_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    extras.clear()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    extras.clear()
    assert capsys.readouterr().out == "\033[2J\033[1;1H"


@pytest.mark.parametrize("text", ["a\033[1mb\033[0m", ["a", "b"], lambda: iter("ab")])
def test_pager(text: object, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("pydoc.pager", shown.append)
    extras.echo_via_pager(text)
    assert shown == ["ab"]


def test_collection() -> None:
    first, second = group("first")(lambda: None), group("second")(lambda: None)
    for parent, names in ((first, "ab"), (second, "bc")):
        for name in names:
            parent.command(name)(lambda parent=parent: print(parent.name))
    both = extras.CommandCollection("both", sources=[first])
    both.add_source(second)
    run = CliRunner().invoke
    assert [run(both, [name]).output for name in "abc"] == ["first\n", "first\n", "second\n"]
    assert [line.strip() for line in run(both, ["--help"]).output.splitlines()[-3:]] == ["a", "b", "c"]
    assert "No such command 'd'" in run(both, ["d"]).output


def test_a_context_that_no_block_ends(capsys: pytest.CaptureFixture[str]) -> None:
    # How a program switches colours off for all that it prints.
    outer = Context(Command("outer"))
    outer.color = True
    inner = Context(Command("inner"), parent=outer)
    inner.color = False
    with outer:
        extras.push_context(inner)
        assert (extras.resolve_color_default(), extras.resolve_color_default(True)) == (False, True)
        extras.pop_context()
        assert extras.resolve_color_default() is True
    assert extras.resolve_color_default() is None

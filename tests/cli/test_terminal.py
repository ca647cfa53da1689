import io

import pytest

from microweb.cli.terminal import echo, progressbar, secho, style, unstyle


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("styles", "expected"),
    [
        ({"fg": "red"}, "\033[31mx\033[0m"),
        ({"fg": "bright_blue", "bg": "cyan"}, "\033[94m\033[46mx\033[0m"),
        ({"fg": 208, "bg": (1, 2, 3)}, "\033[38;5;208m\033[48;2;1;2;3mx\033[0m"),
        ({"bold": True, "underline": False, "reset": False}, "\033[1m\033[24mx"),
        (
            {"fg": "red", "italic": True, "overline": True, "dim": True},
            "\033[31m\033[2m\033[53m\033[3mx\033[0m",
        ),
    ],
)
def test_style(styles, expected):
    assert style("x", **styles) == expected
    assert unstyle(expected) == "x"


@pytest.mark.parametrize("styles", [{"fg": "rde"}, {"bolt": True}])
def test_unknown_styles(styles):
    with pytest.raises(TypeError, match="there are"):
        style("x", **styles)


@pytest.mark.parametrize(
    ("file", "color", "no_color", "shown"),
    [
        (Terminal, None, "", True),
        (Terminal, None, "1", False),
        (Terminal, True, "1", True),
        (Terminal, False, "", False),
        (io.StringIO, None, "", False),
        (io.StringIO, True, "", True),
    ],
)
def test_colors_only_where_they_are_welcome(monkeypatch, file, color, no_color, shown):
    monkeypatch.setenv("NO_COLOR", no_color)
    stream = file()
    secho("x", stream, fg="red", color=color)
    assert stream.getvalue() == ("\033[31mx\033[0m\n" if shown else "x\n")


def test_echo(capsysbinary):
    echo("text", nl=False)
    echo(3)
    echo(b"\xff")
    echo()
    echo("to stderr", err=True)
    out, err = capsysbinary.readouterr()
    assert (out, err) == (b"text3\n\xff\n\n", b"to stderr\n")


def test_no_character_is_too_much_for_an_encoding():
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    echo("caf\xe9 \u2713 \udc80", stream)
    assert stream.buffer.getvalue() == b"caf\\xe9 \\u2713 \\udc80\n"


def test_a_program_without_streams_prints_nothing(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    echo("nothing")


def test_progress(monkeypatch, capsys):
    with progressbar([1, 2], label="work") as bar:
        assert list(bar) == [1, 2]
    assert capsys.readouterr().out == "work\n"
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    with progressbar(length=4, label="work") as bar:
        bar.update(1)
    assert screen.getvalue().split("\r")[2] == f"work  [{'#' * 9}{'-' * 27}]   25%\n"

import datetime
import enum
import pathlib
import uuid

import pytest

from microweb.cli import types
from microweb.cli.exceptions import BadParameter
from microweb.cli.params import Argument, Option


class Color(enum.Enum):
    RED = 1


ID = "12345678123456781234567812345678"


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        (types.STRING, b"caf\xc3\xa9", "café"),
        (types.INT, "-3", -3),
        (types.FLOAT, "1e3", 1000.0),
        (types.BOOL, "On", True),
        (types.BOOL, "f", False),
        (types.BOOL, True, True),
        (types.UUID, ID, uuid.UUID(ID)),
        (types.UNPROCESSED, b"x", b"x"),
        (types.Choice(["a", "B"]), "B", "B"),
        (types.Choice(["a", "B"], case_sensitive=False), "b", "B"),
        (types.Choice(Color), "RED", Color.RED),
        (types.Choice([1, 2]), "2", 2),
        (types.IntRange(1, 3), "3", 3),
        (types.IntRange(1, 3, clamp=True), "0", 1),
        (types.IntRange(1, 3, max_open=True, clamp=True), "9", 2),
        (types.FloatRange(min=0, min_open=True), "0.1", 0.1),
        (types.DateTime(), "2020-02-03", datetime.datetime(2020, 2, 3)),
        (types.DateTime(["%d.%m.%y"]), "03.02.20", datetime.datetime(2020, 2, 3)),
        (types.Tuple([int, str]), ["1", "x"], (1, "x")),
        (types.Path(), "any/where", "any/where"),
        (types.Path(path_type=pathlib.Path), "x", pathlib.Path("x")),
        (types.Path(exists=True, allow_dash=True), "-", "-"),
        (types.convert_type(None, 3), "4", 4),
        (types.convert_type(None, [1.5]), "4", 4.0),
        (types.convert_type((int, int)), ["4", "5"], (4, 5)),
        (types.convert_type(str.upper), "x", "X"),
    ],
)
def test_convert(type, text, value):
    assert type(text) == value


def bad(text):
    raise ValueError("say it better" if text else "")


@pytest.mark.parametrize(
    ("type", "text", "message"),
    [
        (types.INT, "x", "'x' is not a valid integer."),
        (types.FLOAT, "x", "'x' is not a valid float."),
        (types.UUID, "x", "'x' is not a valid UUID."),
        (types.BOOL, "maybe", "'maybe' is not a valid boolean. Say one of 1, true, t, yes"),
        (types.Choice(["a", "b"]), "c", "'c' is not one of 'a', 'b'."),
        (types.Choice(["a"]), "c", "'c' is not 'a'."),
        (types.IntRange(1, 3), "4", "4 is not in the range 1<=x<=3."),
        (types.IntRange(1), "0", "0 is not in the range x>=1."),
        (types.FloatRange(max=1, max_open=True), "1", "1.0 is not in the range x<1."),
        (types.DateTime(["%Y"]), "x", "'x' does not match the format '%Y'."),
        (types.Tuple([int, str]), ["1"], "2 values are required, but 1 were given."),
        (types.Path(exists=True), "/no/such", "Path '/no/such' does not exist."),
        (types.Path(exists=True, dir_okay=False), "/", "File '/' is a directory."),
        (types.Path(file_okay=False), __file__, f"Directory {__file__!r} is a file."),
        (types.Path(executable=True), __file__, f"Path {__file__!r} is not executable."),
        (types.File(), "/no/such", "'/no/such': No such file or directory"),
        (types.convert_type(bad), "x", "say it better"),
        (types.convert_type(bad), "", "'' is not a valid bad."),
    ],
)
def test_refuse(type, text, message):
    with pytest.raises(BadParameter) as info:
        type(text)
    assert info.value.message.startswith(message)
    assert info.value.format_message() == f"Invalid value: {info.value.message}"


def test_files(tmp_path):
    path = tmp_path / "x.txt"
    with types.File("w")(str(path)) as file:
        file.write("text")
    with types.File("rb", lazy=True, atomic=False)(str(path)) as file:
        assert file.read() == b"text"
        assert types.File()(file) is file


def test_settings_that_cannot_be():
    with pytest.raises(TypeError):
        types.Path(exists=True, exist=True)


@pytest.mark.parametrize(
    ("param", "metavar"),
    [
        (Option(["--x"], type=int), "INTEGER"),
        (Option(["--x"], nargs=2), "TEXT..."),
        (Option(["--x"], type=types.Choice(["a", "b"])), "[a|b]"),
        (Option(["--x"], type=types.Choice(["A", "b"], case_sensitive=False)), "[a|b]"),
        (Argument(["x"], type=types.Choice(["a", "b"])), "{a|b}"),
        (Argument(["x"], nargs=-1), "[X]..."),
        (Argument(["x"], metavar="SRC"), "SRC"),
        (Option(["--x"], type=types.DateTime(["%Y"])), "[%Y]"),
        (Option(["--x"], type=types.Path(file_okay=False)), "DIRECTORY"),
    ],
)
def test_metavars(param, metavar):
    assert param.make_metavar() == metavar

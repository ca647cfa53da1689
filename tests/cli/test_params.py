"""Words on a command line to values: one line a case."""

import pytest

from microweb.cli.core import Command
from microweb.cli.decorators import argument, command, option
from microweb.cli.exceptions import UsageError
from microweb.cli.params import Argument, Option, ParameterSource
from microweb.cli.types import Choice, IntRange


def values(decorators, args, **settings):
    def collect(**values):
        return values

    for decorator in reversed(decorators):
        collect = decorator(collect)
    return command("prog")(collect).main(args.split(), standalone_mode=False, **settings)


A = argument("a")
REST = argument("rest", nargs=-1)
UP = option("--up", "case", flag_value="up", default=True)
LOW = option("--low", "case", flag_value="low")
QUIET = option("-q", is_flag=True)
ITEMS = option("--item", type=(str, int), multiple=True)

VALUES = [
    ([option("--name")], "", {"name": None}),
    ([option("--name")], "--name x", {"name": "x"}),
    ([option("--name")], "--name=x=y", {"name": "x=y"}),
    ([option("-n", "--first-name")], "-nx", {"first_name": "x"}),
    ([option("-n", "--name")], "-n=x", {"name": "=x"}),
    ([option("-n", "--name", "other")], "-n x", {"other": "x"}),
    ([option("--port", default=5000)], "--port 80", {"port": 80}),
    ([option("--port", type=int)], "--port 80", {"port": 80}),
    ([option("--on", is_flag=True)], "", {"on": False}),
    ([option("--on", is_flag=True)], "--on", {"on": True}),
    ([option("--on/--off", default=None)], "", {"on": None}),
    ([option("--on/--off", default=True)], "--off", {"on": False}),
    ([option("--on/--off")], "--off --on", {"on": True}),
    ([option(" /-x", "loud", default=True)], "-x", {"loud": False}),
    ([option("-v", count=True)], "-vvv", {"v": 3}),
    ([option("-v", count=True)], "", {"v": 0}),
    ([QUIET, option("-b", is_flag=True), option("-c")], "-qbcd", {"q": True, "b": True, "c": "d"}),
    ([option("--tag", multiple=True)], "--tag a --tag b", {"tag": ("a", "b")}),
    ([option("--tag", multiple=True)], "", {"tag": ()}),
    ([option("--tag", multiple=True, default=["x"])], "", {"tag": ("x",)}),
    ([option("--at", nargs=2, type=float)], "--at 1 2", {"at": (1.0, 2.0)}),
    ([option("--at", nargs=2, default=(0, 1))], "", {"at": (0, 1)}),
    ([option("--item", type=(str, int))], "--item a 1", {"item": ("a", 1)}),
    ([ITEMS], "--item a 1 --item b 2", {"item": (("a", 1), ("b", 2))}),
    ([UP, LOW], "", {"case": "up"}),
    ([UP, LOW], "--low", {"case": "low"}),
    ([option("--now", default=lambda: "called")], "", {"now": "called"}),
    ([option("--hidden", expose_value=False)], "--hidden x", {}),
    ([option("--level", type=IntRange(0, 5, clamp=True))], "--level 9", {"level": 5}),
    ([A], "x", {"a": "x"}),
    ([A], "-- --x", {"a": "--x"}),
    ([A], "-", {"a": "-"}),
    ([argument("a", required=False)], "", {"a": None}),
    ([argument("a", default=3)], "4", {"a": 4}),
    ([REST, A], "x", {"rest": (), "a": "x"}),
    ([REST, A], "x y z", {"rest": ("x", "y"), "a": "z"}),
    ([A, REST], "x y z", {"a": "x", "rest": ("y", "z")}),
    ([argument("ab", nargs=2), REST], "x y", {"ab": ("x", "y"), "rest": ()}),
    ([option("--n"), REST], "x --n 1 y", {"n": "1", "rest": ("x", "y")}),
    ([option("--o", is_flag=False, flag_value="f")], "--o", {"o": "f"}),
    ([option("--o", is_flag=False, flag_value="f"), option("-q")], "--o -qx", {"o": "f", "q": "x"}),
    ([option("--o", is_flag=False, flag_value="f", default="d")], "--o -", {"o": "-"}),
    ([option("--up", callback=lambda ctx, param, value: value.upper())], "--up x", {"up": "X"}),
]  # fmt: skip


@pytest.mark.parametrize(("decorators", "args", "expected"), VALUES)
def test_values(decorators, args, expected):
    assert values(decorators, args) == expected


@pytest.mark.parametrize(
    ("decorators", "args", "message"),
    [
        ([option("--port", type=int)], "--port x", "Invalid value for '--port': 'x' is not a valid integer."),
        (
            [option("-p", "--port", type=int)],
            "-p x",
            "Invalid value for '-p' / '--port': 'x' is not a valid integer.",
        ),
        ([option("--port")], "--prot 1", "No such option: --prot. Did you mean '--port'?"),
        ([option("--port")], "-p 1", "No such option: -p"),
        ([option("--port")], "--port", "Option '--port' requires an argument."),
        ([option("--at", nargs=2)], "--at 1", "Option '--at' requires 2 arguments."),
        ([option("--on", is_flag=True)], "--on=1", "Option '--on' does not take a value."),
        ([option("--need", required=True)], "", "Missing option '--need'."),
        (
            [option("--c", type=Choice(["a", "b"]), required=True)],
            "",
            "Missing option '--c'. Choose from: a, b",
        ),
        ([A], "", "Missing argument 'A'."),
        ([A], "x y z", "Got unexpected extra arguments (y z)"),
        ([argument("a", nargs=2)], "x", "Argument 'a' takes 2 values."),
        ([argument("rest", nargs=-1, required=True)], "", "Missing argument 'REST...'."),
    ],
)
def test_mistakes(decorators, args, message):
    with pytest.raises(UsageError) as info:
        values(decorators, args)
    assert info.value.format_message() == message
    assert info.value.exit_code == 2 and info.value.ctx.info_name


@pytest.mark.parametrize(
    ("environ", "more", "expected", "source"),
    [
        ({"P_NAME": "env"}, {}, "env", "ENVIRONMENT"),
        ({"OWN": "own", "P_NAME": "env"}, {"envvar": ["NONE", "OWN"]}, "own", "ENVIRONMENT"),
        ({"P_NAME": ""}, {"default": "d"}, "d", "DEFAULT"),
        ({"P_NAME": "a b"}, {"multiple": True}, ("a", "b"), "ENVIRONMENT"),
        ({"P_NAME": "1 2 3 4"}, {"multiple": True, "nargs": 2, "type": int}, ((1, 2), (3, 4)), "ENVIRONMENT"),
        ({"P_NAME": "yes"}, {"is_flag": True}, True, "ENVIRONMENT"),
        ({"P_NAME": "up"}, {"flag_value": "up"}, "up", "ENVIRONMENT"),
        ({}, {"help": "mapped"}, "map", "DEFAULT_MAP"),
    ],
)
def test_sources(monkeypatch, environ, more, expected, source):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    cmd = Command("c", params=[Option(["--name"], **more)])
    default_map = {"name": "map"} if "mapped" in str(more) else None
    ctx = cmd.make_context("c", [], auto_envvar_prefix="p", default_map=default_map)
    assert ctx.params["name"] == expected
    assert ctx.get_parameter_source("name") is ParameterSource[source]


def test_of_flags_that_share_a_name_one_is_heard(monkeypatch):
    cmd = Command(
        "c", params=[Option(["--up", "case"], flag_value="up"), Option(["--low", "case"], flag_value="low")]
    )
    for value, expected in (("up", "up"), ("low", "low")):
        monkeypatch.setenv("P_CASE", value)
        assert cmd.make_context("c", [], auto_envvar_prefix="P").params == {"case": expected}


def test_microwebs_variables_fall_back_on_flasks(monkeypatch):
    cmd = Command("run", params=[Option(["--port"], type=int)])
    monkeypatch.setenv("FLASK_PORT", "1")
    assert cmd.make_context("run", [], auto_envvar_prefix="MICROWEB").params == {"port": 1}
    monkeypatch.setenv("MICROWEB_PORT", "2")
    assert cmd.make_context("run", [], auto_envvar_prefix="MICROWEB").params == {"port": 2}
    monkeypatch.delenv("MICROWEB_PORT")
    monkeypatch.setenv("FLASK_PORT", "x")
    for name in ("FLASK_PORT", "MICROWEB_PORT"):
        monkeypatch.setenv(name, "x")
        with pytest.raises(UsageError, match="'x' is not") as caught:
            cmd.make_context("run", [], auto_envvar_prefix="MICROWEB")
        start = f"Invalid value for '--port' (env var: {name!r}): 'x' is not"
        assert caught.value.format_message().startswith(start)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: Option(["name"]),
        lambda: Option(["--"]),
        lambda: Option(["--x"], nargs=-1),
        lambda: Option(["--x"], count=True, multiple=True),
        lambda: Option(["--x/--y"], flag_value="z"),
        lambda: Option(["--x"], unknown=1),
        lambda: Argument(["a", "b"]),
        lambda: Command("c", unknown=1),
    ],
)
def test_declarations_that_cannot_be(declare):
    with pytest.raises(TypeError):
        declare()

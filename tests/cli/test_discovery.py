import sys
from types import ModuleType

import pytest

from microweb import Microweb
from microweb.cli.discovery import (
    NoAppException,
    find_app_by_string,
    find_best_app,
    load_app,
    locate_app,
    prepare_import,
)

SOURCE = "from microweb import Microweb\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty current directory; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(place, name, text):
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def module(**names):
    result = ModuleType("mod")
    vars(result).update(names)
    return result


A, B = Microweb("a"), Microweb("b")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"app": A, "other": B}, A),
        ({"application": A, "other": B}, A),
        ({"app": "no", "application": A}, A),
        ({"anything": A}, A),
        ({"create_app": lambda: A}, A),
        ({"make_app": lambda: A}, A),
        ({"create_app": lambda: None, "make_app": lambda: A}, A),
        ({"myapp": A, "create_app": lambda: B}, A),
        ({"create_app": lambda: A, "make_app": lambda: 1 / 0}, A),
    ],
)
def test_best_app(names, expected):
    assert find_best_app(module(**names)) is expected


def factory_with_argument(argument):
    return A


def factory_that_fails():
    raise TypeError("of its own")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({}, "no application and no factory in module 'mod'"),
        ({"one": A, "two": B}, "multiple applications in module 'mod'"),
        ({"create_app": factory_with_argument}, "'mod:create_app' takes other arguments"),
        ({"create_app": lambda: None}, "no application and no factory"),
    ],
)
def test_no_best_app(names, message):
    with pytest.raises(NoAppException, match=message) as info:
        find_best_app(module(**names))
    assert "\n" not in str(info.value)


def test_a_type_error_of_the_factory_is_its_own():
    with pytest.raises(TypeError, match="of its own"):
        find_best_app(module(create_app=factory_that_fails))


def echo_args(*args, **kwargs):
    app = Microweb("echo")
    app.config["ARGS"] = (args, kwargs)
    return app


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("factory", ((), {})),
        ("factory()", ((), {})),
        (' factory("x", 1, debug=True) ', (("x", 1), {"debug": True})),
        ("factory([1, {'a': None}],)", (([1, {"a": None}],), {})),
    ],
)
def test_app_by_string(text, args):
    assert find_app_by_string(module(factory=echo_args), text).config["ARGS"] == args


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope", "Failed to find 'nope'"),
        ("factory(", "Failed to parse"),
        ("factory.x", "Failed to parse"),
        ("factory.x()", "Failed to parse"),
        ("1 + 1", "Failed to parse"),
        ("", "Failed to parse"),
        ("factory(open('x'))", "as literals"),
        ("factory(x)", "as literals"),
        ("factory(**{'a': 1})", "unexpected|other arguments|as literals|'factory"),
        ("one(1, 2)", "'mod:one"),
        ("text", "gave str, which is no application"),
    ],
)
def test_no_app_by_string(text, message):
    place = module(factory=lambda *args: A, one=factory_with_argument, text="x")
    with pytest.raises(NoAppException, match=message) as info:
        find_app_by_string(place, text)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize(
    ("files", "spec", "name"),
    [
        (["hello.py"], "hello", "hello"),
        (["hello.py"], "hello.py", "hello"),
        (["hello.py"], "hello:app", "hello"),
        (["pkg/__init__.py"], "pkg", "pkg"),
        (["pkg/__init__.py", "pkg/web.py"], "pkg.web", "pkg.web"),
        (["a/b/__init__.py"], "a/b", "b"),
        (["a/b/__init__.py"], "a/b/__init__.py", "b"),
        (["a/b/__init__.py", "a/b/c.py"], "a/b/c.py:app", "b.c"),
        (["site/app.py"], "site", "app"),
        (["site/wsgi.py", "site/app.py"], "site/", "wsgi"),
        (["app.py"], None, "app"),
        (["app.py", "wsgi.py"], None, "wsgi"),
        (["app.py"], "", "app"),
    ],
)
def test_load(place, files, spec, name):
    for file in files:
        write(place, file, SOURCE + "app = Microweb(__name__)")
    app = load_app(spec)
    assert app.import_name == name


def test_windows_paths_are_no_attribute_names(place):
    with pytest.raises(NoAppException, match="Could not import"):
        load_app(r"C:\site\app.py")


@pytest.mark.parametrize(
    ("text", "message"),
    [("x = (", r"Syntax error in .*bad\.py, line 1"), ("x = 1", "no application and no factory")],
)
def test_modules_without_an_application(place, text, message):
    write(place, "bad.py", text)
    with pytest.raises(NoAppException, match=message) as info:
        load_app("bad")
    assert "\n" not in str(info.value)


def test_missing_modules_are_named_with_the_nearest_one(place):
    write(place, "hello.py", "")
    with pytest.raises(NoAppException, match="no such module .* Did you mean 'hello'?"):
        load_app("helo")
    with pytest.raises(NoAppException, match="name one with --app"):
        load_app(None)
    assert locate_app("helo", None, raise_if_not_found=False) is None


def test_what_the_module_raises_is_left_alone_but_an_import_error_is_told(place):
    write(place, "one.py", "import nothere")
    write(place, "two.py", "raise KeyError('x')")
    with pytest.raises(NoAppException, match="While importing 'one'") as info:
        load_app("one")
    assert "import nothere" in str(info.value) and "discovery.py" not in str(info.value)
    with pytest.raises(KeyError):
        load_app("two")


def test_prepare_import_puts_the_directory_in_front(place):
    write(place, "a/pkg/__init__.py", "")
    write(place, "a/pkg/sub/__init__.py", "")
    write(place, "a/pkg/sub/mod.py", "")
    assert prepare_import("a/pkg/sub/mod.py") == "pkg.sub.mod"
    assert sys.path[0] == str(place / "a")

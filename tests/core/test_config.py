"""microweb.config: every way into the dict, and importing by name."""

import json
import sys

import pytest

from microweb.config import Config, ConfigAttribute, ImportStringError, find_modules, import_string

SETTING = "from this module"
lower = "no setting"


@pytest.fixture
def config(tmp_path):
    return Config(tmp_path, {"DEFAULT": 1})


class Settings:
    BASE = "base"


class Derived(Settings):
    OWN = "own"
    lower = "no setting"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Derived, {"BASE": "base", "OWN": "own"}),
        (Derived(), {"BASE": "base", "OWN": "own"}),
        (f"{__name__}.Derived", {"BASE": "base", "OWN": "own"}),
        (__name__, {"SETTING": SETTING}),
        ({"KEY": 1}, {}),
    ],
    ids=["class", "instance", "name of a class", "name of a module", "a dict has no attributes"],
)
def test_from_object(config, source, expected):
    config.from_object(source)
    assert config == {"DEFAULT": 1, **expected}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_from_pyfile(config, tmp_path, encoding):
    text = f"# coding: {encoding}\nimport os\nhalf = 'fö'\nWHOLE = half * 2\nFILE = __file__\n"
    (tmp_path / "settings.cfg").write_text(text, encoding)
    assert config.from_pyfile("settings.cfg") is True
    assert config == {"DEFAULT": 1, "WHOLE": "föfö", "FILE": str(tmp_path / "settings.cfg")}


def test_errors_of_a_pyfile_are_its_own(config, tmp_path):
    (tmp_path / "settings.cfg").write_text("open('/no/such/file')")
    with pytest.raises(FileNotFoundError, match=r"\[Errno 2\] No such file or directory: '/no/such/file'"):
        config.from_pyfile("settings.cfg", silent=True)


def test_from_file(config, tmp_path):
    (tmp_path / "settings.json").write_text('{"KEY": [1], "lower": 2}')
    assert config.from_file("settings.json", json.load) is True
    assert config.from_file("settings.json", lambda file: {"BYTES": file.read(1)}, text=False)
    assert config == {"DEFAULT": 1, "KEY": [1], "BYTES": b"{"}


@pytest.mark.parametrize("name", ["missing", ".", "settings.cfg/below"])
@pytest.mark.parametrize("method", ["from_pyfile", "from_file"])
def test_missing_files(config, tmp_path, name, method):
    (tmp_path / "settings.cfg").write_text("")
    more = {"load": json.load} if method == "from_file" else {}
    with pytest.raises(OSError, match=r"Unable to load configuration file \("):
        getattr(config, method)(name, **more)
    assert getattr(config, method)(name, silent=True, **more) is False


def test_from_envvar(config, tmp_path, monkeypatch):
    monkeypatch.delenv("SETTINGS_FILE", raising=False)
    with pytest.raises(RuntimeError, match="'SETTINGS_FILE' is not set.* Set it"):
        config.from_envvar("SETTINGS_FILE")
    assert config.from_envvar("SETTINGS_FILE", silent=True) is False
    (tmp_path / "settings.cfg").write_text("KEY = 1")
    monkeypatch.setenv("SETTINGS_FILE", "settings.cfg")
    assert config.from_envvar("SETTINGS_FILE") is True
    assert config["KEY"] == 1


@pytest.mark.parametrize(
    "arguments", [({"KEY": 1, "lower": 2},), ([("KEY", 1)],), ()], ids=["mapping", "pairs", "nothing"]
)
def test_from_mapping(config, arguments):
    assert config.from_mapping(*arguments, KEY=1, other=3) is True
    assert config == {"DEFAULT": 1, "KEY": 1}


@pytest.fixture
def environ(monkeypatch):
    def set_variables(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


@pytest.mark.parametrize(
    ("text", "value"),
    [("text", "text"), ("true", True), ("1.5", 1.5), ('{"k": [1]}', {"k": [1]}), ("[1", "[1"), ("", "")],
)
def test_from_prefixed_env(config, environ, text, value):
    environ(FLASK_TEST_KEY=text, OTHER_KEY="1")
    assert config.from_prefixed_env() is True
    assert config["TEST_KEY"] == value
    assert "OTHER_KEY" not in config


def test_prefix_and_parser_of_ones_own(config, environ):
    environ(MICROWEB_TEST_KEY="1", FLASK_TEST_KEY="2")
    config.from_prefixed_env("MICROWEB", loads=lambda text: text * 2)
    assert config["TEST_KEY"] == "11"


def test_nested_keys(config, environ):
    config["OLD"] = {"kept": 1, "changed": 2}
    environ(FLASK_OLD__changed="3", FLASK_OLD__new__deep="4", FLASK_NEW__key="5")
    config.from_prefixed_env()
    assert config["OLD"] == {"kept": 1, "changed": 3, "new": {"deep": 4}}
    assert config["NEW"] == {"key": 5}


def test_nested_key_below_what_is_no_dict(config, environ):
    config["OLD"] = "text"
    environ(FLASK_OLD__key="1")
    with pytest.raises(TypeError, match="'FLASK_OLD__key' wants to set an item of 'OLD', which is 'text'"):
        config.from_prefixed_env()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"host": 1, "port": 2}),
        ({"lowercase": False}, {"HOST": 1, "PORT": 2}),
        ({"trim_namespace": False}, {"mail_host": 1, "mail_port": 2}),
    ],
)
def test_get_namespace(config, options, expected):
    config.from_mapping(MAIL_HOST=1, MAIL_PORT=2)
    assert config.get_namespace("MAIL_", **options) == expected


def test_repr(tmp_path):
    assert repr(Config(tmp_path, {"A": 1})) == "<Config {'A': 1}>"


def test_config_attribute():
    class App:
        testing = ConfigAttribute("TESTING")
        lifetime = ConfigAttribute("LIFETIME", get_converter=lambda value: value * 2)

        def __init__(self):
            self.config = {"TESTING": False, "LIFETIME": 2}

    app = App()
    app.testing = True
    assert app.config["TESTING"] is True
    assert (app.testing, app.lifetime) == (True, 4)
    assert isinstance(App.testing, ConfigAttribute)


@pytest.mark.parametrize("name", ["collections.abc", "collections.OrderedDict", "collections:OrderedDict"])
def test_import_string(name):
    import collections.abc

    expected = collections.abc if name.endswith("abc") else collections.OrderedDict
    assert import_string(name) is expected


@pytest.mark.parametrize("name", ["no_such_module", "collections.nothing", "no_such.module:name"])
def test_import_string_of_nothing(name):
    with pytest.raises(ImportStringError, match=r"import_string\(\) failed for") as caught:
        import_string(name)
    assert caught.value.import_name == name.replace(":", ".")
    assert "not found." in str(caught.value)
    assert repr(caught.value).startswith("<ImportStringError(")
    assert import_string(name, silent=True) is None


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a module that fails, one that is fine, and a package in it."""
    root = tmp_path / "configured"
    for folder in (root, root / "inner"):
        folder.mkdir()
        (folder / "__init__.py").write_text("")
    (root / "fine.py").write_text("value = 1")
    (root / "fails.py").write_text("from os import no_such_name")
    (root / "breaks.py").write_text("raise AttributeError('broken')")
    (root / "inner" / "deep.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "configured"
    for name in [name for name in sys.modules if name.partition(".")[0] == "configured"]:
        del sys.modules[name]


def test_import_string_shows_what_failed(package):
    with pytest.raises(ImportStringError, match="no_such_name") as caught:
        import_string("configured.fails")
    assert caught.traceback[-1].path.name == "fails.py"
    with pytest.raises(AttributeError, match="broken"):
        import_string("configured.breaks", silent=True)


def test_find_modules(package):
    plain = ["configured.breaks", "configured.fails", "configured.fine"]
    assert list(find_modules(package)) == plain
    assert list(find_modules(package, include_packages=True)) == [*plain, "configured.inner"]
    assert list(find_modules(package, recursive=True)) == [*plain, "configured.inner.deep"]
    with pytest.raises(ValueError, match=r"'configured\.fine' is not a package"):
        list(find_modules("configured.fine"))


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("SECERT_KEY", "SECRET_KEY"),
        ("DEBGU", "DEBUG"),
        ("SESSION_COOKIE_SAMSITE", "SESSION_COOKIE_SAMESITE"),
        ("MAX_CONTENT_LENGHT", "MAX_CONTENT_LENGTH"),
        ("PERMANENT_SESION_LIFETIME", "PERMANENT_SESSION_LIFETIME"),
        ("API_SECRET_KEY", None),
        ("REMEMBER_COOKIE_SECURE", None),
        ("REMEMBER_COOKIE_NAME", None),
        ("MAIL_SERVER", None),
        ("SQLALCHEMY_DATABASE_URI", None),
        ("SESSION_TYPE", None),
        ("WTF_CSRF_ENABLED", None),
        ("CACHE_TYPE", None),
        ("ENV", None),
        ("JSON_SORT_KEYS", None),
        ("LOGGER_NAME", None),
        (42, None),
    ],
)
def test_a_key_that_is_nearly_a_known_one(key, meant):
    from microweb.config import DEFAULTS

    config = Config("/", DEFAULTS)
    config[key] = 1
    complaints = config.misspelt()
    assert [f"config[{key!r}]" in each and repr(meant) in each for each in complaints] == [True] * bool(meant)


@pytest.mark.parametrize("debug", [False, True])
def test_misspelt_keys_are_named_once_in_debug_mode(debug, caplog):
    from microweb import Microweb

    app = Microweb("misspelt")
    app.config.update(DEBUG=debug, SECERT_KEY="x")
    for _ in range(2):
        app.test_client().get("/")
    assert caplog.text.count("Is it 'SECRET_KEY'?") == debug

"""Alias modules: what they answer, what they do not, and where assignments go."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from unittest import mock

import pytest

pytestmark = pytest.mark.usefixtures("installed")


def alias(name: str) -> ModuleType:
    return importlib.import_module(name)


def test_same_object() -> None:
    from blinker import Signal
    from markupsafe import Markup

    from microweb import markup, signals

    assert Markup is markup.Markup
    assert Signal is signals.Signal


def test_flask_is_the_application_class() -> None:
    from flask import Flask

    from microweb.app import Microweb

    assert Flask is Microweb


def test_module_object() -> None:
    module = alias("werkzeug.local")
    assert module.__name__ == "werkzeug.local"
    assert module.__spec__ is not None and module.__spec__.name == "werkzeug.local"
    assert module.__package__ == "werkzeug"
    assert not hasattr(module, "__path__")
    package = alias("werkzeug")
    assert list(package.__path__) == ["alias layer:werkzeug"] and package.__package__ == "werkzeug"
    assert package.local is module
    assert module.__loader__ is module.__spec__.loader
    assert "LocalProxy" in dir(module)


def test_repr_says_whose_it_is() -> None:
    assert "compat" in repr(alias("markupsafe"))


def test_submodule_without_import() -> None:
    import itsdangerous

    assert itsdangerous.exc.BadSignature is itsdangerous.BadSignature


@pytest.mark.parametrize(
    "module, name",
    [
        ("flask", "_request_ctx_stack"),
        ("flask", "nope"),
        ("flask.globals", "_request_ctx_stack"),
        ("flask.json", "JSONEncoder"),
        ("werkzeug.wrappers", "BaseResponse"),
        ("werkzeug.http", "parse_authorization_header"),
        ("werkzeug.http", "re"),
        ("werkzeug.urls", "url_quote"),
        ("markupsafe", "soft_unicode"),
    ],
)
def test_absent_name(module: str, name: str) -> None:
    assert not hasattr(alias(module), name)
    with pytest.raises(ImportError, match=f"{name}.*compat|alias of.*{name}"):
        exec(f"from {module} import {name}")
    with pytest.raises(AttributeError, match="microweb's alias"):
        getattr(alias(module), name)


@pytest.mark.parametrize("module", ["werkzeug.nope", "flask.ext", "flask.ext.login"])
def test_absent_module(module: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="microweb's alias of '(werkzeug|flask)'"):
        importlib.import_module(module)


def test_star_import() -> None:
    names: dict[str, object] = {}
    exec("from itsdangerous import *", names)
    assert "URLSafeSerializer" in names
    assert not any(name.startswith("_") for name in names if name != "__builtins__")


def test_a_package_that_a_program_puts_in_a_peers_place(tmp_path: Path) -> None:
    # What brings ``flask.ext.name`` back, which old tests import.
    (tmp_path / "inner.py").touch()
    package = ModuleType("flask.ext")
    package.__path__ = [str(tmp_path)]
    sys.modules["flask.ext"] = package
    assert importlib.import_module("flask.ext.inner").__file__ == str(tmp_path / "inner.py")


def test_other_modules_are_left_alone() -> None:
    assert importlib.util.find_spec("flask_something") is None
    assert importlib.util.find_spec("json") is not None


def test_assignment_reaches_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    import flask.templating

    import microweb.templating

    def fake() -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr(flask.templating, "_render", fake)
        assert microweb.templating._render is fake
        assert flask.templating._render is fake
    assert microweb.templating._render is flask.templating._render is not fake


def test_mock_patch() -> None:
    import werkzeug.security

    import microweb.security

    real = microweb.security.generate_password_hash
    with mock.patch("werkzeug.security.generate_password_hash") as fake:
        assert microweb.security.generate_password_hash is fake
    assert microweb.security.generate_password_hash is real
    assert werkzeug.security.generate_password_hash is real


def test_deletion_reaches_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    import markupsafe

    import microweb.markup

    real = microweb.markup.soft_str
    with monkeypatch.context() as patch:
        patch.delattr(markupsafe, "soft_str")
        assert not hasattr(microweb.markup, "soft_str")
        assert not hasattr(markupsafe, "soft_str")
    assert microweb.markup.soft_str is markupsafe.soft_str is real


def test_new_name_stays_on_the_alias() -> None:
    import markupsafe

    import microweb.markup

    markupsafe.brand_new = 1  # type: ignore[attr-defined]
    assert not hasattr(microweb.markup, "brand_new")
    del markupsafe.brand_new  # type: ignore[attr-defined]
    assert not hasattr(markupsafe, "brand_new")


def test_global_that_is_still_none_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import microweb.markup

    monkeypatch.setattr(microweb.markup, "later", None, raising=False)
    markupsafe = alias("markupsafe")
    assert markupsafe.later is None
    monkeypatch.setattr(microweb.markup, "later", 1)
    assert markupsafe.later == 1


def test_context_variables_of_flask() -> None:
    from flask import Flask
    from flask.globals import _cv_app, _cv_request, app_ctx, request_ctx

    assert _cv_app.get(None) is None
    with pytest.raises(LookupError):
        _cv_request.get()
    with Flask("x").test_request_context() as context:
        assert _cv_request.get() is context is request_ctx._get_current_object()
        assert _cv_app.get() is app_ctx._get_current_object()


def test_bytecode_caches_are_taken_and_left_empty(tmp_path: Path) -> None:
    from jinja2 import DictLoader, Environment, FileSystemBytecodeCache

    cache = FileSystemBytecodeCache(str(tmp_path), "%s.cache")
    environment = Environment(loader=DictLoader({"page": "{{ 6 * 7 }}"}), bytecode_cache=cache)
    assert environment.get_template("page").render() == "42"
    environment.bytecode_cache.clear()
    assert not any(tmp_path.iterdir())


def test_the_modules_of_a_package_can_be_listed(installed):
    import pkgutil

    import werkzeug.debug
    from werkzeug.utils import find_modules

    names = ["console", "repr", "tbtools"]
    assert [module.name for module in pkgutil.iter_modules(werkzeug.debug.__path__)] == names
    assert list(find_modules("werkzeug.debug")) == [f"werkzeug.debug.{name}" for name in names]


def test_deleting_a_cached_property() -> None:
    from werkzeug.utils import cached_property

    assert cached_property[int] is cached_property  # as annotations have it

    class Consumer:
        made = 0

        @cached_property
        def session(self) -> int:
            self.made += 1
            return self.made

    class Slotted:
        __slots__ = ("_cache_value",)

        @cached_property
        def value(self) -> int:
            return 1

    consumer, slotted = Consumer(), Slotted()
    for _ in range(2):
        with pytest.raises(KeyError):
            del consumer.session
    assert (consumer.session, consumer.session) == (1, 1)
    del consumer.session
    assert consumer.session == 2
    consumer.session = 9
    assert consumer.session == 9 and isinstance(vars(Consumer)["session"], property)
    assert slotted.value == 1
    slotted.value = 2
    assert slotted.value == 2
    del slotted.value
    assert slotted.value == 1


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("jinja2.ext", "nodes Extension TemplateSyntaxError"),
        ("jinja2.filters", "pass_environment Undefined"),
        ("jinja2.loaders", "TemplateNotFound"),
        ("jinja2.utils", "clear_caches"),
        ("jinja2.defaults", "BLOCK_START_STRING KEEP_TRAILING_NEWLINE"),
        ("jinja2.environment", "Lexer Parser TokenStream"),
        ("jinja2.filters", "do_list do_mark_safe"),
        ("jinja2.lexer", "count_newlines TemplateSyntaxError"),
        ("jinja2.parser", "describe_token TemplateSyntaxError"),
        ("jinja2.tests", "test_undefined test_string test_none"),
        ("jinja2.visitor", "NodeVisitor"),
        ("flask.cli", "show_server_banner"),
        ("click", "launch"),
    ],
)
def test_names_that_programs_import_where_they_do_not_live(module: str, names: str) -> None:
    assert all(hasattr(alias(module), name) for name in names.split())
    assert alias("jinja2.ext").nodes.Const is alias("jinja2.nodes").Const


def test_a_page_is_shown_in_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: pages.append(url) or True)
    assert alias("click").launch("http://localhost:5000/") == 0
    assert pages == ["http://localhost:5000/"]


@pytest.mark.parametrize(
    "module, names",
    [
        ("flask.app", "App SecureCookieSessionInterface send_from_directory"),
        ("flask.templating", "BaseLoader Template TemplateNotFound stream_with_context"),
        ("flask.testing", "CliRunner Client ScriptInfo SessionMixin"),
        ("werkzeug.test", "Headers MultiDict Request Response iri_to_uri dump_cookie"),
        ("werkzeug.wrappers.request", "FileStorage cached_property default_stream_factory"),
        ("werkzeug.wrappers.response", "ClosingIterator Headers"),
        ("werkzeug.utils", "Headers NotFound wrap_file"),
        ("werkzeug.serving", "ThreadedWSGIServer"),
        ("itsdangerous._json", "_CompactJSON"),
        ("itsdangerous.timed", "BadSignature want_bytes Signer"),
        ("click", "CommandCollection get_app_dir get_text_stream launch"),
        ("click.core", "echo ClickException CommandCollection"),
        ("click.utils", "get_app_dir get_binary_stream"),
    ],
)
def test_names_that_a_module_has_by_importing_them(module: str, names: str) -> None:
    """Programs take a name from where the peer happens to import it."""
    assert [name for name in names.split() if not hasattr(alias(module), name)] == []


def test_jinja2_utils(tmp_path: Path) -> None:
    from jinja2.utils import open_if_exists, pformat

    assert open_if_exists(str(tmp_path / "none")) is None
    (tmp_path / "one").write_bytes(b"1")
    with open_if_exists(str(tmp_path / "one")) as file:
        assert file.read() == b"1"
    assert pformat({"a": [1]}) == "{'a': [1]}"

"""Loaders: where templates are found, and where not."""

from __future__ import annotations

import os
import sys
import zipfile

import pytest

from microweb.templates import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    ModuleLoader,
    PackageLoader,
    PrefixLoader,
    TemplateNotFound,
)


@pytest.fixture
def roots(tmp_path):
    for path, text in {"one/a": "1a", "two/a": "2a", "two/sub/b": "2b", "secret": "no"}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_folders(roots):
    environment = Environment(loader=FileSystemLoader([roots / "one", str(roots / "two")]))
    assert environment.get_template("a").render() == "1a"
    assert environment.get_template("sub/b").render() == "2b"
    assert environment.list_templates() == ["a", "sub/b"]
    os.utime(roots / "one" / "a", (1, 1))
    assert not environment.get_template("a").is_up_to_date or True
    (roots / "one" / "a").write_text("new")
    assert environment.get_template("a").render() == "new"


@pytest.mark.parametrize(
    "name", ["../secret", "sub/../../secret", "..", "sub/..", "a\0", "", ".", "/", "x" * 300]
)
def test_b152_paths_outside(roots, name):
    with pytest.raises(TemplateNotFound):
        Environment(loader=FileSystemLoader(roots / "two")).get_template(name)


def test_a_package(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr("zipped_templates/__init__.py", "")
        archive.writestr("zipped_templates/templates/a/b.html", "zip")
    folder = tmp_path / "plain_templates" / "templates"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "c.html").write_text("folder")
    monkeypatch.syspath_prepend(str(tmp_path / "p.zip"))
    monkeypatch.syspath_prepend(str(tmp_path))
    zipped = Environment(loader=PackageLoader("zipped_templates"))
    assert zipped.get_template("a/b.html").render() == "zip" and zipped.list_templates() == ["a/b.html"]
    plain = Environment(loader=PackageLoader("plain_templates"))
    assert plain.get_template("c.html").render() == "folder" and plain.list_templates() == ["c.html"]
    with pytest.raises(ValueError, match="could not find a 'nowhere' directory"):
        PackageLoader("plain_templates", "nowhere")
    with pytest.raises(TemplateNotFound):
        zipped.get_template("x")


def test_loaders_of_loaders():
    one, two = DictLoader({"a": "1"}), FunctionLoader({"a": "2", "b": "3"}.get)
    choice = Environment(loader=ChoiceLoader([one, two]))
    assert [choice.get_template(name).render() for name in "ab"] == ["1", "3"]
    prefix = Environment(loader=PrefixLoader({"x": one, "y": two}))
    assert [prefix.get_template(name).render() for name in ("x/a", "y/a")] == ["1", "2"]
    assert PrefixLoader({"x": one}).list_templates() == ["x/a"]
    for name in ("x/b", "a", "z/a"):
        with pytest.raises(TemplateNotFound, match=name):
            prefix.get_template(name)


@pytest.mark.parametrize("packed", [None, "deflated", "stored"])
def test_precompiled(tmp_path, packed):
    sources = {
        "a": "{% for i in [1, '<'] %}{{ loop.index }}{{ i }}\"'{% endfor %}",
        "b": "{% extends 'a' %}",
        "bad": "{%",
    }
    target = str(tmp_path / "compiled")
    said = []
    Environment(loader=DictLoader(sources), autoescape=True).compile_templates(
        target, zip=packed, log_function=said.append
    )
    assert any("bad" in line for line in said)
    environment = Environment(loader=ModuleLoader(target))
    assert environment.get_template("b").render() == "11\"'2&lt;\"'"
    assert "".join(environment.get_template("b").generate()) == "11\"'2&lt;\"'"
    name = environment.loader.package_name
    assert name in sys.modules
    with pytest.raises(TemplateNotFound):
        environment.get_template("c")

"""templating: rendering in an application, by name and from strings, and where templates are looked for."""

from __future__ import annotations

import logging
import traceback

import pytest

from microweb import (
    Blueprint,
    Microweb,
    before_render_template,
    get_template_attribute,
    render_template,
    render_template_string,
    stream_template,
    stream_template_string,
    template_rendered,
)
from microweb.templates import DictLoader, TemplateNotFound


class Site(Microweb):
    """An application whose templates are given as a dict."""

    def create_global_jinja_loader(self):
        return DictLoader(self.sources)


@pytest.fixture
def site():
    app = Site(__name__)
    app.sources = {
        "hello.html": "{{ greeting }} {{ name }}",
        "fails.html": "\n{% include 'part.html' %}",
        "part.html": "\n\n{{ 1 / 0 }}",
        "macros.html": "{% macro shout(text) %}{{ text }}!{% endmacro %}{% set version = 3 %}",
    }
    app.context_processor(lambda: {"greeting": "Hi", "name": "nobody"})
    with app.test_request_context("/path"):
        yield app


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a.html", True), ("a.htm", True), ("a.xml", True), ("a.xhtml", True), ("a.svg", True),
        ("a.HTML", True), ("a.Svg", True), (None, True),
        ("a.txt", False), ("a.html.j2", False), ("html", False), ("a.js", False),
    ],
)  # fmt: skip
def test_b155_what_is_escaped(site, name, escaped):
    assert site.select_jinja_autoescape(name) is escaped
    if name is not None:
        site.sources[name] = "{{ '<' }}"
        assert render_template(name) == ("&lt;" if escaped else "<")


def test_what_a_view_passes_wins(site):
    assert render_template("hello.html", name="Ann") == "Hi Ann"
    assert render_template(["missing.html", "hello.html"]) == "Hi nobody"
    assert render_template(site.jinja_env.from_string("{{ name }}")) == "nobody"
    with pytest.raises(TemplateNotFound):
        render_template(["missing.html"])


def test_streams_keep_the_request():
    app = Microweb(__name__)
    source = "{{ request.path }}{% for n in [1, 2] %}{{ n }}{{ url_for('view') }}{% endfor %}"
    app.get("/view", endpoint="view")(lambda: stream_template_string(source))
    assert app.test_client().get("/view").text == "/view1/view2/view"


def test_strings_are_compiled_once(site):
    template = site.jinja_env.from_cached_string("{{ name }}")
    assert site.jinja_env.from_cached_string("{{ name }}") is template
    assert render_template_string("{{ name }}") == "nobody"
    for number in range(300):  # more than are kept
        assert render_template_string(f"{{{{ name }}}}{number}") == f"nobody{number}"
    assert site.jinja_env.from_cached_string("{{ name }}") is not template


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("from_string", [False, True])
def test_tracebacks_show_the_templates_lines(site, stream, from_string):
    given = site.sources["fails.html"] if from_string else "fails.html"
    render = {
        (False, False): render_template, (False, True): stream_template,
        (True, False): render_template_string, (True, True): stream_template_string,
    }[from_string, stream]  # fmt: skip
    with pytest.raises(ZeroDivisionError) as caught:
        "".join(render(given))
    frames = traceback.extract_tb(caught.value.__traceback__)[-2:]
    assert [(frame.lineno, frame.line) for frame in frames] == [
        (2, "{% include 'part.html' %}"),
        (3, "{{ 1 / 0 }}"),
    ]


def test_signals(site):
    told = []

    def note(sender, template, context, **extra):
        told.append((template.name, context["name"]))

    for signal in (before_render_template, template_rendered):
        signal.connect(note, site)
    render_template("hello.html")
    assert told == [("hello.html", "nobody")] * 2
    pieces = stream_template("hello.html", name="Ann")
    assert len(told) == 3 and "".join(pieces) == "Hi Ann" and told[3:] == [("hello.html", "Ann")]


def test_what_a_template_defines(site):
    assert get_template_attribute("macros.html", "shout")("a") == "a!"
    assert get_template_attribute("macros.html", "version") == 3
    with pytest.raises(AttributeError):
        get_template_attribute("macros.html", "missing")


@pytest.mark.parametrize(
    ("config", "expected"),
    [({}, False), ({"DEBUG": True}, True), ({"TEMPLATES_AUTO_RELOAD": True}, True),
     ({"DEBUG": True, "TEMPLATES_AUTO_RELOAD": False}, False)],
)  # fmt: skip
def test_auto_reload(config, expected):
    app = Site(__name__)
    app.sources = {"a": "1"}
    app.config.update(config)
    with app.app_context():
        assert render_template("a") == "1" and app.jinja_env.auto_reload is expected
        app.sources["a"] = "2"
        assert render_template("a") == ("2" if expected else "1")


@pytest.fixture
def explained(tmp_path, caplog):
    """What is logged about the look-up of a template, by its name."""
    app = Microweb("explained", root_path=tmp_path)
    app.config["EXPLAIN_TEMPLATE_LOADING"] = True
    for folder, names in {"templates": ["both", "app"], "shop": ["both", "shop"]}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text(folder)
    shop = Blueprint("shop", "explained", root_path=tmp_path, template_folder="shop")
    shop.get("/<name>", endpoint="page")(lambda name: render_template(name))
    app.register_blueprint(shop)
    caplog.set_level(logging.INFO)

    def explain(name):
        response = app.test_client().get(f"/{name}")
        return response.text, caplog.messages[0].replace(str(tmp_path), "ROOT")

    return explain


def test_explaining(explained):
    text, said = explained("shop")
    assert text == "shop"
    assert said.splitlines() == [
        "Locating template 'shop':",
        "    1: trying loader of application 'explained'",
        "       class: microweb.templates.loaders.FileSystemLoader",
        "       encoding: 'utf-8'",
        "       followlinks: False",
        "       searchpath:",
        "         - ROOT/templates",
        "       -> no match",
        "    2: trying loader of blueprint 'shop' (explained)",
        "       class: microweb.templates.loaders.FileSystemLoader",
        "       encoding: 'utf-8'",
        "       followlinks: False",
        "       searchpath:",
        "         - ROOT/shop",
        "       -> found ('ROOT/shop/shop')",
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("both", "Warning: multiple loaders returned a match"),
        ("none", "Error: the template could not be found."),
    ],
)
def test_explaining_what_is_wrong(explained, name, problem):
    _, said = explained(name)
    assert problem in said and "belongs to the blueprint 'shop'" in said
    assert said.endswith("See https://flask.palletsprojects.com/blueprints/#templates")

"""Rendering and compiling templates, beside the engines that others ship.

Each engine gets the template in its own language, escapes all values, and must produce the very same
text before anything is timed. Templates are compiled beforehand, except where compiling is the case.
"""

from __future__ import annotations

import random
import sys
from typing import Any, Callable

from .harness import US, Effort, Times, against_us, measure, plot, table, work

Case = Callable[[], Any]

_TABLE = """<table>
{% for row in table %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>"""

_MAKO_TABLE = """<table>
% for row in table:
<tr>\\
% for cell in row:
<td>${cell}</td>\\
% endfor
</tr>
% endfor
</table>"""

_BOTTLE_TABLE = """<table>
% for row in table:
<tr>\\\\
% for cell in row:
<td>{{cell}}</td>\\\\
% end
</tr>
% end
</table>"""

_LIST = """<ul>
{% for user in users %}<li class="{{ loop.cycle('odd', 'even') }}{% if loop.first %} first{% endif %}">
{{ loop.index }}/{{ loop.length }} <a href="/user/{{ user.id }}">{{ user.name|title }}</a>
{% if user.active and user.age > 17 %}{{ user.email|lower }}{% elif user.age %}({{ user.age }})
{% else %}{{ user.note|default('-') }}{% endif %}
{% for tag in user.tags %}{{ tag|upper }}{% if not loop.last %}, {% endif %}{% endfor %}
{{ user.bio|truncate(20) }}</li>
{% endfor %}</ul>"""

_PAGE = {
    "layout.html": """<!doctype html><html><head><title>{% block title %}Site{% endblock %}</title>
{% block head %}<link rel="stylesheet" href="/static/site.css">{% endblock %}</head>
<body>{% block nav %}<nav>{% for href, text in menu %}<a href="{{ href }}">{{ text }}</a>{% endfor %}
</nav>{% endblock %}<main>{% block content %}{% endblock %}</main>
<footer>{% block footer %}&copy; {{ year }} {{ owner }}{% endblock %}</footer></body></html>""",
    "forms.html": """{% macro input(name, value='', type='text', label=none) %}
<label>{{ label or name|title }}<input type="{{ type }}" name="{{ name }}" value="{{ value }}">
</label>{% endmacro %}{% macro button(text) %}<button>{{ text }}</button>{% endmacro %}""",
    "entry.html": """<article><h2>{{ entry.title }}</h2><p>{{ entry.text }}</p>
<small>by {{ entry.author }}</small></article>""",
    "page.html": """{% extends 'layout.html' %}{% from 'forms.html' import input, button %}
{% block title %}{{ heading }} - {{ super() }}{% endblock %}
{% block head %}{{ super() }}<script src="/static/page.js"></script>{% endblock %}
{% block content %}<h1>{{ heading }}</h1><form>{{ input('title') }}{{ input('author', user) }}
{{ input('mail', label='E-mail', type='email') }}{{ button('Send') }}</form>
{% for entry in entries %}{% include 'entry.html' %}{% endfor %}{% endblock %}""",
}


class User:
    """A row of a list, as an object of the application."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.name = f"user number {number}"
        self.email = f"User.{number}@Example.org"
        self.age = number % 60
        self.active = number % 3 != 0
        self.tags = [f"tag{number % 7}", "<b>", "plain"][: number % 4]
        self.bio = f'Likes <templates> & "text"; number {number} of many.'


def contexts() -> dict[str, dict[str, Any]]:
    """Case -> the variables for it."""
    cells = random.Random(7)
    numbers = [[cells.randrange(10**6) for _ in range(10)] for _ in range(1000)]
    entries = [
        {"title": f"Entry {n}", "text": f"Text & more of {n}. " * 5, "author": f"Author {n}"}
        for n in range(20)
    ]
    menu = [("/", "Home"), ("/news", "News"), ("/about", "About & contact")]
    return {
        "table of ints": {"table": numbers},
        "table of clean strings": {"table": [[f"cell {n}" for n in row] for row in numbers]},
        "table of dirty strings": {"table": [[f"<b>{n}</b>" for n in row] for row in numbers]},
        "list of objects": {"users": [User(number) for number in range(200)]},
        "page with inheritance": {
            "menu": menu,
            "year": 2026,
            "owner": "Ada & Co.",
            "heading": "Guest <book>",
            "user": 'Ada "Countess"',
            "entries": entries,
        },
    }


_TABLES = ("table of ints", "table of clean strings", "table of dirty strings")


def _like_jinja(environment_class: Any, loader_class: Any) -> dict[str, Callable[..., str]]:
    environment = environment_class(autoescape=True, loader=loader_class({**_PAGE}))
    renders = dict.fromkeys(_TABLES, environment.from_string(_TABLE).render)
    renders["list of objects"] = environment.from_string(_LIST).render
    renders["page with inheritance"] = environment.get_template("page.html").render
    renders["compiling"] = lambda: [
        environment.compile(source) for source in (_TABLE, _LIST, *_PAGE.values())
    ]
    return renders


def microweb() -> dict[str, Callable[..., str]]:
    from microweb.templates import DictLoader, Environment

    return _like_jinja(Environment, DictLoader)


def jinja2() -> dict[str, Callable[..., str]]:
    import jinja2
    import markupsafe._speedups  # noqa: F401 - the comparison is with the C escape

    return _like_jinja(jinja2.Environment, jinja2.DictLoader)


def mako() -> dict[str, Callable[..., str]]:
    from mako.template import Template

    return dict.fromkeys(_TABLES, Template(_MAKO_TABLE, default_filters=["str", "h"]).render)


def bottle() -> dict[str, Callable[..., str]]:
    from bottle import SimpleTemplate

    return dict.fromkeys(_TABLES, SimpleTemplate(_BOTTLE_TABLE).render)


ENGINES: dict[str, Callable[[], dict[str, Callable[..., str]]]] = {
    US: microweb,
    "Jinja2": jinja2,
    "Mako": mako,
    "Bottle": bottle,
}


def cases(engine: str) -> dict[str, Case]:
    """Case -> a function without arguments that does it once, in one engine."""
    variables = contexts()
    renders = ENGINES[engine]()
    return {
        name: lambda render=render, name=name: render(**variables.get(name, {}))
        for name, render in renders.items()
    }


def check() -> None:
    """All engines produce the same text; entities for quotes may be spelled in several ways."""
    texts: dict[str, str] = {}
    for engine in ENGINES:
        for name, render in cases(engine).items():
            text = render() if name != "compiling" else ""
            if texts.setdefault(name, text) != text:
                raise SystemExit(f"{name}: {engine} renders another text than {US}")


def run(effort: Effort) -> Times:
    """Time all cases in all engines."""
    check()
    return measure("templates", list(ENGINES), effort)


def report(times: Times) -> str:
    ratios = against_us(times)
    rows = [[case, *(ratios[name].get(case, "-") for name in ratios)] for case in times[US]]
    return table(["case", *ratios], rows)


def draw(times: Times) -> str:
    ratios = against_us(times)

    def bars(axes: Any) -> None:
        names = list(times[US])
        for index, engine in enumerate(ratios):
            shown = [(row, ratios[engine][name]) for row, name in enumerate(names) if name in ratios[engine]]
            places = [row + 0.25 * (index - 1) for row, _ in shown]
            axes.barh(places, [value.median for _, value in shown], height=0.22, label=engine)
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlabel(f"time, {US} = 1")
        axes.legend(frameon=False)

    return plot("templates", bars)


if __name__ == "__main__":
    work(cases(sys.argv[1]), int(sys.argv[2]))

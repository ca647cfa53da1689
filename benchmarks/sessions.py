"""What a user costs who is remembered: a signed session read and written, and a page that shows it.

Each call carries the cookie of the answer before, as a browser does. All contenders keep the same data
and send the same text; their cookies differ in form.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

from .applications import WSGI
from .harness import US, Effort, Times, draw_ratios, measure, plot, ratio_table, work
from .requests import make_environ

KEY = "a key of more than thirty-two letters"
BASE = "<title>{% block title %}{% endblock %}</title><ul>{% block body %}{% endblock %}</ul>"
PAGE = """{% extends "base" %}{% block title %}{{ user }}{% endblock %}{% block body %}
{% for message in get_flashed_messages() %}<li>{{ message }}</li>{% endfor %}
{% for number in range(20) %}<li><a href="{{ url_for("item", number=number) }}">{{ number }}</a></li>
{% endfor %}{% endblock %}"""
#: The same for Bottle's own templates, which inherit from files only: in one.
BOTTLE_PAGE = """<title>{{user}}</title><ul>
% for message in messages:
<li>{{message}}</li>
% end
% for number in range(20):
<li><a href="{{get_url("item", number=number)}}">{{number}}</a></li>
% end
</ul>"""


def microweb() -> WSGI:
    import microweb as framework
    from microweb.templates import DictLoader

    return _flask_like(framework, framework.Microweb("site"), DictLoader)


def flask() -> WSGI:
    import flask as framework
    from jinja2 import DictLoader

    return _flask_like(framework, framework.Flask("site"), DictLoader)


def _flask_like(framework: Any, app: Any, loader: Any) -> WSGI:
    session = framework.session
    app.secret_key = KEY
    app.jinja_loader = loader({"base": BASE, "page": PAGE})

    @app.route("/count")
    def count() -> str:
        session["user"] = 17
        session["seen"] = session.get("seen", 0) + 1
        return f"{session['seen'] > 0}"

    @app.route("/item/<int:number>")
    def item(number: int) -> str:
        return str(number)

    @app.route("/page")
    def page() -> Any:
        framework.flash("You are seen")
        session["seen"] = session.get("seen", 0) + 1
        return framework.render_template("page", user="ada")

    return app  # type: ignore[no-any-return]


def bottle() -> WSGI:
    import json

    from bottle import Bottle, SimpleTemplate, request, response

    app = Bottle()
    template = SimpleTemplate(BOTTLE_PAGE)

    # As text: only that may go into a signed cookie without a warning.
    def load() -> Any:
        return json.loads(request.get_cookie("session", "{}", secret=KEY))

    def save(data: Any) -> None:
        response.set_cookie("session", json.dumps(data), secret=KEY, httponly=True)

    @app.route("/count")
    def count() -> str:
        data = load()
        data["user"] = 17
        data["seen"] = data.get("seen", 0) + 1
        save(data)
        return f"{data['seen'] > 0}"

    @app.route("/item/<number:int>", name="item")
    def item(number: int) -> str:
        return str(number)

    @app.route("/page")
    def page() -> Any:
        data = load()
        data["seen"] = data.get("seen", 0) + 1
        save(data)
        return template.render(user="ada", messages=["You are seen"], get_url=app.get_url)

    return app  # type: ignore[no-any-return]


APPLICATIONS: dict[str, Callable[[], WSGI]] = {"microweb": microweb, "bottle": bottle, "flask": flask}
#: Scenario -> path.
SCENARIOS = {"session": "/count", "page": "/page"}


def caller(app: WSGI, path: str) -> Callable[[], str]:
    """A function that asks once more, with the cookie that it was given the time before."""
    template = make_environ("GET", path, b"")

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        for name, value in headers:
            if name == "Set-Cookie":
                template["HTTP_COOKIE"] = value.partition(";")[0]

    def call() -> str:
        iterable = app(template.copy(), start_response)
        body = b"".join(iterable)
        if hasattr(iterable, "close"):
            iterable.close()
        return body.decode()

    return call


def check() -> None:
    """All contenders say the same, and remember who asks; or nothing is timed."""
    for name, path in SCENARIOS.items():
        calls = {each: caller(make(), path) for each, make in APPLICATIONS.items()}
        said = {each: "".join([call() for _ in range(3)][-1].split()) for each, call in calls.items()}
        if len(set(said.values())) > 1:
            raise SystemExit(f"{name}: the answers differ: {said}")


def cases(contender: str) -> dict[str, Callable[[], Any]]:
    app = APPLICATIONS[contender]()
    return {name: caller(app, path) for name, path in SCENARIOS.items()}


def run(effort: Effort) -> Times:
    """Time all scenarios."""
    check()
    return measure("sessions", list(APPLICATIONS), effort)


def report(times: Times) -> str:
    return ratio_table(times, "scenario")


def draw(times: Times) -> str:
    return plot("sessions", lambda axes: draw_ratios(axes, times, f"time of a request, {US} = 1"))


if __name__ == "__main__":
    work(cases(sys.argv[1]), int(sys.argv[2]))

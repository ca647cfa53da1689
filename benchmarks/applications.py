"""One application, written once for each framework, the way its own manual would have it.

Each function returns a WSGI application that answers all of `SCENARIOS` alike; `rules` says how many
other rules it has beside those asked for.
"""

from __future__ import annotations

import json
from typing import Any, Callable
from urllib.parse import parse_qs

WSGI = Callable[..., Any]

#: Rules of the application with many: more than most sites have.
MANY = 1000

DATA = {"id": 17, "name": "ada", "tags": ["a", "b", "c"], "nested": {"ok": True, "ratio": 0.5}}


def raw(hooks: bool = False, rules: int = 0) -> WSGI:
    """No framework: what the scenarios cost by themselves."""

    def answer(start_response: Any, status: str, kind: str, body: str) -> list[bytes]:
        data = body.encode()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(data)))])
        return [data]

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path, text = environ["PATH_INFO"], "text/html; charset=utf-8"
        if path == "/":
            return answer(start_response, "200 OK", text, "Hello, World!")
        if path.startswith(("/u/", "/section")):
            _, _, name, number = path.split("/")
            return answer(start_response, "200 OK", text, f"{name} {int(number)}")
        if path == "/json":
            return answer(start_response, "200 OK", "application/json", json.dumps(DATA))
        if path == "/form":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            fields = parse_qs(body)
            return answer(start_response, "200 OK", text, f"{fields['name'][0]} {len(fields)}")
        return answer(start_response, "404 Not Found", text, "not found")

    return app


def microweb(hooks: bool = False, rules: int = 0) -> WSGI:
    from microweb import Microweb, jsonify, request

    return _flask_like(Microweb("site"), request, jsonify, hooks, rules)


def flask(hooks: bool = False, rules: int = 0) -> WSGI:
    from flask import Flask, jsonify, request

    return _flask_like(Flask("site"), request, jsonify, hooks, rules)


def _flask_like(app: Any, request: Any, jsonify: Any, hooks: bool, rules: int) -> WSGI:
    @app.route("/")
    def hello() -> str:
        return "Hello, World!"

    @app.route("/u/<name>/<int:number>")
    def parameters(name: str, number: int) -> str:
        return f"{name} {number}"

    @app.route("/json")
    def data() -> Any:
        return jsonify(DATA)

    @app.route("/form", methods=["POST"])
    def form() -> str:
        return f"{request.form['name']} {len(request.form)}"

    for number in range(rules):
        app.add_url_rule(f"/section{number}/<name>/<int:number>", f"many{number}", parameters)
    if hooks:
        for _ in range(3):
            app.before_request(lambda: None)
            app.after_request(lambda response: response)
    return app  # type: ignore[no-any-return]


def bottle(hooks: bool = False, rules: int = 0) -> WSGI:
    from bottle import Bottle, request

    app = Bottle()

    @app.route("/")
    def hello() -> str:
        return "Hello, World!"

    @app.route("/u/<name>/<number:int>")
    def parameters(name: str, number: int) -> str:
        return f"{name} {number}"

    @app.route("/json")
    def data() -> Any:
        return DATA

    @app.route("/form", method="POST")
    def form() -> str:
        return f"{request.forms['name']} {len(request.forms)}"

    for number in range(rules):
        app.route(f"/section{number}/<name>/<number:int>", callback=parameters)
    if hooks:
        for _ in range(3):
            app.add_hook("before_request", lambda: None)
            app.add_hook("after_request", lambda: None)
    return app  # type: ignore[no-any-return]


def falcon(hooks: bool = False, rules: int = 0) -> WSGI:
    from falcon import App

    class Hello:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.content_type = "text/html; charset=utf-8"
            resp.text = "Hello, World!"

    class Parameters:
        def on_get(self, req: Any, resp: Any, name: str, number: int) -> None:
            resp.content_type = "text/html; charset=utf-8"
            resp.text = f"{name} {number}"

    class Data:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.media = DATA

    class Form:
        def on_post(self, req: Any, resp: Any) -> None:
            form = req.get_media()
            resp.content_type = "text/html; charset=utf-8"
            resp.text = f"{form['name']} {len(form)}"

    class Hook:
        def process_request(self, req: Any, resp: Any) -> None:
            pass

        def process_response(self, req: Any, resp: Any, resource: Any, succeeded: bool) -> None:
            pass

    app = App(middleware=[Hook(), Hook(), Hook()] if hooks else None)
    app.add_route("/", Hello())
    app.add_route("/u/{name}/{number:int}", Parameters())
    app.add_route("/json", Data())
    app.add_route("/form", Form())
    for number in range(rules):
        app.add_route(f"/section{number}/{{name}}/{{number:int}}", Parameters())
    return app


APPLICATIONS: dict[str, Callable[..., WSGI]] = {
    "microweb": microweb,
    "raw WSGI": raw,
    "bottle": bottle,
    "falcon": falcon,
    "flask": flask,
}

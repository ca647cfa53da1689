"""Matching, measured in process: what one look-up of a path costs among n rules.

Three shapes of rules, each matched by four routers:

- *heads*: ``/page7``, literal paths that differ in their only segment;
- *shared*: ``/api/<name>/action7``, which begin alike and have a parameter before what differs;
- *rest*: a tree of resources, ``/things7/<int:id>/parts/<int:part>`` and what belongs to it.

`cases(shape, count)` gives (name, callable) pairs that look up a path near the end of the rules;
``python -m benchmarks.routing_cases`` prints the times in microseconds, and how they compare.
"""

from __future__ import annotations

import timeit
import typing as t

from microweb.routing import Map, Rule

SIZES = (10, 100, 1000, 10000)

Routes = list[tuple[str, str]]  # a pattern in Flask's notation, and its method
Case = tuple[str, t.Callable[[], object]]


def heads(count: int) -> tuple[Routes, str]:
    """Routes, and the path to look for."""
    return [(f"/page{i}", "GET") for i in range(count)], f"/page{count - 2}"


def shared(count: int) -> tuple[Routes, str]:
    """Routes, and the path to look for."""
    return [(f"/api/<name>/action{i}", "GET") for i in range(count)], f"/api/bob/action{count - 2}"


def rest(count: int) -> tuple[Routes, str]:
    """Routes, and the path to look for."""
    patterns = ["", "/<int:id>", "/<int:id>/parts", "/<int:id>/parts/<int:part>", "/<int:id>/log"]
    routes = [(f"/things{i // 5}{patterns[i % 5]}", "GET") for i in range(count)]
    return routes, f"/things{count // 5 - 1}/7/parts/8"


SHAPES = {"heads": heads, "shared": shared, "rest": rest}


def _microweb(routes: Routes, path: str) -> list[Case]:
    urls = Map([Rule(p, endpoint=p, methods=[m]) for p, m in routes])
    adapter = urls.bind("localhost")
    urls.update()
    return [
        ("microweb find", lambda: urls.find(path, "GET")),
        ("microweb match", lambda: adapter.match(path, "GET")),
    ]


def _werkzeug(routes: Routes, path: str) -> list[Case]:
    from werkzeug.routing import Map, Rule

    urls = Map([Rule(p, endpoint=p, methods=[m]) for p, m in routes])
    adapter = urls.bind("localhost")
    urls.update()
    return [("werkzeug", lambda: adapter.match(path, "GET"))]


def _bottle(routes: Routes, path: str) -> list[Case]:
    from bottle import Router

    router = Router()
    for pattern, method in routes:
        router.add(pattern.replace("int:id", "id:int").replace("int:part", "part:int"), method, pattern)
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"}
    return [("bottle", lambda: router.match(environ))]


def _falcon(routes: Routes, path: str) -> list[Case]:
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: object, resp: object, **values: object) -> None:
            """Never called."""

    router = CompiledRouter()
    for pattern, _ in routes:
        template = pattern.replace("<name>", "{name}")
        template = template.replace("<int:id>", "{id:int}").replace("<int:part>", "{part:int}")
        router.add_route(template, Resource())
    router.find(path)  # it compiles then
    return [("falcon", lambda: router.find(path))]


ROUTERS = (_microweb, _werkzeug, _bottle, _falcon)


def cases(shape: str, count: int) -> list[Case]:
    """(name, callable) pairs; routers that are not installed are left out."""
    routes, path = SHAPES[shape](count)
    found: list[Case] = []
    for make in ROUTERS:
        try:
            found += make(routes, path)
        except ImportError:
            continue
    return found


def measure(call: t.Callable[[], object], repeat: int = 5) -> float:
    """Microseconds a call, the best of several runs."""
    timer = timeit.Timer(call)
    number = max(timer.autorange()[0] // 4, 1)
    return min(timer.repeat(repeat, number)) / number * 1e6


def main() -> None:
    """Print the table."""
    first: dict[tuple[str, str], float] = {}
    for shape in SHAPES:
        for count in SIZES:
            times = {name: measure(call) for name, call in cases(shape, count)}
            ours = times["microweb match"]
            for name, time in times.items():
                growth = time / first.setdefault((shape, name), time)
                print(
                    f"{shape:7} {count:6} {name:15} {time:9.3f} us"
                    f"  {time / ours:7.2f} of microweb's match  {growth:8.2f} of its 10 rules"
                )


if __name__ == "__main__":
    main()

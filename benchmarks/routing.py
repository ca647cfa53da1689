"""What finding the view costs, as the number of rules grows: three shapes of maps, four sizes.

A case goes through paths of rules spread over the whole map. Paths that match none are a case of their
own: an exception that says so is part of the price. Maps are built beforehand, and not timed.
"""

from __future__ import annotations

import random
import sys
from typing import Any, Callable

from .harness import QUICK, US, Effort, Times, against_us, measure, plot, ratio, table, work

SIZES = (10, 100, 1_000, 10_000)

#: Paths of a case, whatever the size of the map, so that sizes compare.
PATHS = 25
MISSES = ["/", "/no/such/page", "/api/ada/no-such-action", "/resource1/no-number"]

#: A rule in nobody's notation: text, or (converter, name).
Segments = list[Any]
Router = Callable[[str], Any]


def distinct_heads(count: int) -> list[Segments]:
    """``/section<i>/<name>``: the first segment tells."""
    return [[f"section{number}", ("string", "name")] for number in range(count)]


def shared_head(count: int) -> list[Segments]:
    """``/api/<name>/action<i>``: all begin alike, and a parameter comes before what tells."""
    return [["api", ("string", "name"), f"action{number}"] for number in range(count)]


def rest_tree(count: int) -> list[Segments]:
    """Five rules a resource, as an API has them."""
    number, name = ("int", "id"), ("string", "name")
    below = [[], [number], [number, "edit"], [number, "comments"], [number, "comments", name]]
    return [[f"resource{index // 5}", *below[index % 5]] for index in range(count)]


SHAPES = {"distinct heads": distinct_heads, "shared head": shared_head, "REST tree": rest_tree}


def in_notation(segments: Segments, notation: dict[str, str]) -> str:
    return "/" + "/".join(
        part if isinstance(part, str) else notation[part[0]].format(name=part[1]) for part in segments
    )


def example(segments: Segments) -> str:
    """A path that the rule matches."""
    return in_notation(segments, {"string": "ada", "int": "17"})


FLASK_LIKE = {"string": "<{name}>", "int": "<int:{name}>"}


def microweb(rules: list[Segments]) -> Router:
    from microweb.exceptions import NotFound
    from microweb.routing.map import Map
    from microweb.routing.rules import Rule

    return _map_router(Map, Rule, NotFound, rules)


def werkzeug(rules: list[Segments]) -> Router:
    from werkzeug.exceptions import NotFound
    from werkzeug.routing import Map, Rule

    return _map_router(Map, Rule, NotFound, rules)


def _map_router(map_class: Any, rule_class: Any, missing: Any, rules: list[Segments]) -> Router:
    texts = [in_notation(segments, FLASK_LIKE) for segments in rules]
    adapter = map_class([rule_class(text, endpoint=text) for text in texts]).bind("localhost")

    def match(path: str) -> Any:
        try:
            return adapter.match(path, "GET")[1]
        except missing:
            return None

    return match


def bottle(rules: list[Segments]) -> Router:
    from bottle import HTTPError
    from bottle import Router as BottleRouter

    router = BottleRouter()
    # It compiles all rules again with each that is added, which would take hours here: once will do.
    compile_all, router._compile = router._compile, lambda method: None
    for segments in rules:
        router.add(in_notation(segments, {"string": "<{name}>", "int": "<{name}:int>"}), "GET", target=1)
    router._compile = compile_all
    if router.dyna_routes:
        router._compile("GET")

    def match(path: str) -> Any:
        try:
            return router.match({"REQUEST_METHOD": "GET", "PATH_INFO": path})[1]
        except HTTPError:
            return None

    return match


def falcon(rules: list[Segments]) -> Router:
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: Any, resp: Any) -> None:
            pass

    router, resource = CompiledRouter(), Resource()
    for segments in rules:
        router.add_route(in_notation(segments, {"string": "{{{name}}}", "int": "{{{name}:int}}"}), resource)

    def match(path: str) -> Any:
        found = router.find(path)
        return found and found[2]

    return match


ROUTERS = {"microweb": microweb, "werkzeug": werkzeug, "bottle": bottle, "falcon": falcon}


def paths_of(rules: list[Segments]) -> list[str]:
    """Paths of rules all over the map, the same for all contenders, and as many of each kind of rule."""
    chance = random.Random(len(rules))
    places = [chance.randrange(len(rules) // 5) * 5 + number % 5 for number in range(PATHS)]
    return [example(rules[place]) for place in places]


def cases(contender: str, quick: bool) -> dict[str, Callable[[], None]]:
    found = {}
    for shape, make in SHAPES.items():
        for size in SIZES:
            if contender == "falcon" and size == SIZES[-1] and quick:
                continue  # it compiles such a map for a minute
            match = ROUTERS[contender](make(size))
            found[f"{shape}, {size:,}"] = _case(match, paths_of(make(size)))
            if make is rest_tree:
                found[f"no match, {size:,}"] = _case(match, MISSES)
    return found


def _case(match: Router, paths: list[str]) -> Callable[[], None]:
    def call() -> None:
        for path in paths:
            match(path)

    return call


def check() -> None:
    """All routers find the same values, and all paths."""
    for shape, make in SHAPES.items():
        rules = make(100)
        routers = {name: router(rules) for name, router in ROUTERS.items()}
        for path in paths_of(rules) + MISSES:
            found = {name: match(path) for name, match in routers.items()}
            if any(values != found[US] for values in found.values()) or (found[US] is None) != (
                path in MISSES
            ):
                raise SystemExit(f"{shape}: {path} is matched differently: {found}")


def run(effort: Effort) -> Times:
    """Time all shapes and sizes, in fewer rounds than the other parts: building the maps takes longest."""
    check()
    return measure("routing", list(ROUTERS), effort._replace(rounds=min(effort.rounds, 3)))


def growth(times: Times, case: str) -> str:
    """How our own time compares with that for the smallest map of the same shape."""
    shape, _ = case.split(", ")
    return str(ratio(times[US][case], times[US][f"{shape}, {SIZES[0]}"]))


def report(times: Times) -> str:
    ratios = against_us(times)
    rows = [
        [case, *(ratios[name].get(case, "-") for name in ratios), growth(times, case)]
        for case in sorted(times[US], key=lambda case: [*SHAPES, "no match"].index(case.split(", ")[0]))
    ]
    return table(["shape, rules", *ratios, f"{US}, to itself at {SIZES[0]}"], rows)


def draw(times: Times) -> str:
    def lines(axes: Any) -> None:
        styles = dict(zip(SHAPES, ["-", "--", ":"]))
        for index, name in enumerate(times):
            for shape, style in styles.items():
                base = times[US][f"{shape}, {SIZES[0]}"]
                values = [ratio(times[name][f"{shape}, {size:,}"], base).median for size in SIZES]
                label = f"{name}, {shape}" if name == US else name if style == "-" else None
                axes.plot(SIZES, values, style, color=f"C{index}", label=label)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("rules")
        axes.set_ylabel(f"time of a match, {US} at {SIZES[0]} rules = 1")
        axes.legend(frameon=False)

    return plot("routing", lines)


if __name__ == "__main__":
    work(cases(sys.argv[1], int(sys.argv[2]) <= QUICK.values), int(sys.argv[2]))

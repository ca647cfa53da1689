"""The house: who may import whom, and how large things may be. Every arrow points down.

Imports count wherever they stand, in functions too; those for annotations only do not.
"""

from __future__ import annotations

import json
import statistics
import sys

import pytest

from tests.house import ROOT, complexity, cycles, modules, nesting, public_definitions

#: The floors, from the ground up. Leaves, parts and tools leave their neighbours alone, except for
#: SIDEWAYS; joints and the framework may import what stands to their left.
FLOORS = [
    ["markup", "signals", "local", "signing", "security", "exceptions", "server"]
    + ["archives", "coroutines", "packages", "debughelpers"],
    ["http", "json", "routing", "templates"],
    ["config", "globals", "logging", "ctx", "sessions", "sqlitesessions", "wrappers", "files"],
    ["responses", "errorpages", "helpers", "fingerprints", "oldnames", "templating", "scaffold"]
    + ["blueprints", "views", "urlbuilding", "shortway", "app", "secure"],
    ["testing", "middleware", "lint", "profiler", "cli", "compat", "cgi"],
]
#: For annotations only, and the doors to all of it.
APART = ["typing", "", "__init__", "__main__"]

#: Parts that take less than their floor would let them.
FEWER = {"routing": ["exceptions", "http.urls"], "templates": ["markup"]}

#: Between parts of a floor: dates are spelled and strictness is told in one place, the alias layer is a
#: command and has one (`python -m flask`), and a trace makes its request as a test does.
SIDEWAYS = {
    ("json", "http.dates"),
    ("json", "http.jsonbody"),
    ("cli", "compat"),
    ("compat", "cli.core"),
    ("compat", "cli.current"),
    ("compat", "cli.main"),
    ("compat", "cli.script"),
    ("compat", "cli.terminal"),
    ("compat", "cli.types"),
    ("cli", "testing"),
    ("testing", "cli.runner"),
}

#: The imports that point up, and the places that say why.
UPWARDS = {("exceptions", "http.response"), ("server.serving", "middleware")}

MODULES = modules()
SIZES = ROOT / "tests" / "sizes.json"


def floor(part: str) -> int:
    return next(number for number, parts in enumerate(FLOORS) if part in parts)


def may_import(module, target: str) -> bool:
    """Whether the arrow from *module* to *target* points down, or left on the same floor."""
    part, aim = module.part.removesuffix(".py"), target.partition(".")[0]
    if not target:
        return part in FLOORS[-1]  # for the version and the public names
    if part == aim or part in APART or (module.name, target) in UPWARDS:
        return True
    if part in FEWER:
        return any(target == each or target.startswith(f"{each}.") for each in FEWER[part])
    here, there = floor(part), floor(aim)
    if here == there:
        return (
            (part, target) in SIDEWAYS
            or here in (2, 3)
            and FLOORS[here].index(aim) < FLOORS[here].index(part)
        )
    # The framework reaches the tools where they are called for; test_lazy sees to it that it waits.
    return there < here or (here == 3 and there == 4)


def listed(found) -> str:
    return "\n  ".join(["", *map(str, found)])


def test_every_module_has_its_floor():
    known = {part for parts in FLOORS for part in parts} | set(APART)
    homeless = sorted({name.partition(".")[0] for name in MODULES} - known)
    assert not homeless, (
        f"give these a floor in FLOORS, or a home in a module that has one:{listed(homeless)}"
    )


@pytest.mark.parametrize("name", sorted(MODULES), ids=lambda name: name or "__init__")
def test_arrows_point_down(name):
    module = MODULES[name]
    known = {part for parts in FLOORS for part in parts} | {""}
    wrong = [
        f"{module.place}:{line} imports {target or 'the package itself'}"
        for target, line in sorted(module.dependencies(set(MODULES)))
        if target.partition(".")[0] not in known or not may_import(module, target)
    ]
    assert not wrong, f"against the floors (FLOORS, FEWER in this file):{listed(wrong)}"


@pytest.mark.skipif(sys.version_info < (3, 10), reason="sys.stdlib_module_names")
@pytest.mark.parametrize("name", sorted(MODULES), ids=lambda name: name or "__init__")
def test_standard_library_only(name):
    module = MODULES[name]
    wrong = [
        f"{module.place}:{node.lineno} imports {target}"
        for node, level, target, _ in module.imports()
        if level == 0 and target.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not wrong, f"not in the standard library (and imports inside are relative):{listed(wrong)}"


def test_no_import_cycle():
    names = set(MODULES)
    graph = {
        name: {target for target, _ in module.dependencies(names) if (name, target) not in UPWARDS}
        for name, module in MODULES.items()
    }
    assert not cycles(graph), f"these import each other:{listed(' '.join(group) for group in cycles(graph))}"


def functions():
    return [(module, node) for module in MODULES.values() for node in module.functions()]


def too_large(measure, limit, unit):
    found = [
        f"{module.place}:{node.lineno} {node.name}: {measure(module, node)} {unit}"
        for module, node in functions()
        if measure(module, node) > limit
    ]
    assert not found, f"more than {limit} {unit}:{listed(found)}"


def test_functions_are_short():
    too_large(lambda module, node: module.lines_of(node), 50, "lines of code")
    lengths = [module.lines_of(node) for module, node in functions()]
    assert statistics.median(lengths) <= 7, "half of all functions are to have at most 7 lines"


def test_functions_are_flat():
    too_large(lambda module, node: nesting(node), 3, "blocks in each other")


def test_functions_are_simple():
    too_large(lambda module, node: complexity(node), 12, "ways through")


def measured() -> dict[str, int]:
    """Part of the package -> lines of code; "top" is what lies in no folder."""
    sizes: dict[str, int] = {}
    for module in MODULES.values():
        part = module.place.partition("/")[0] if "/" in module.place else "top"
        sizes[part] = sizes.get(part, 0) + len(module.code_lines)
    return dict(sorted(sizes.items()))


def test_modules_are_small():
    long = [f"{m.place}: {len(m.code_lines)}" for m in MODULES.values() if len(m.code_lines) > 620]
    assert not long, f"modules of more than 620 lines of code:{listed(long)}"


def test_parts_only_shrink():
    """tests/sizes.json says what each part may measure: what it did when it was last cut."""
    ceilings = json.loads(SIZES.read_text())
    grown = [
        f"{part}: {n}, was {ceilings.get(part, 0)}"
        for part, n in measured().items()
        if n > ceilings.get(part, 0)
    ]
    assert not grown, f"parts that have grown; cut them, they are all to shrink:{listed(grown)}"


@pytest.mark.xfail(strict=True, reason="the parts are still to be cut to their size: docs/design.md, Size")
def test_the_package_is_small():
    total = sum(measured().values())
    assert total < 10_000, f"the package has {total} lines of code; it is to have less than 10,000"


def docstring(node) -> bool:
    import ast

    return bool(ast.get_docstring(node))


def test_every_module_says_what_it_is():
    bare = [module.place for module in MODULES.values() if not docstring(module.tree)]
    assert not bare, f"no docstring:{listed(bare)}"


def test_public_names_are_explained():
    public = [
        (docstring(node), f"{module.place}:{node.lineno} {name}")
        for module in MODULES.values()
        for name, node in public_definitions(module)
    ]
    bare = [place for explained, place in public if not explained]
    share = 1 - len(bare) / len(public)
    assert share >= 0.85, f"only {share:.0%} of the public names have a docstring; bare:{listed(bare)}"


if __name__ == "__main__":  # a part was cut: write down what it measures now
    SIZES.write_text(json.dumps(measured(), indent=2) + "\n")

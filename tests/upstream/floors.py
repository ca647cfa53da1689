"""The recorded counts (``floor.json``) and the page that shows them (``docs/conformance.md``)."""

from __future__ import annotations

import json
from pathlib import Path

from .left_out import LEFT_OUT
from .running import ROOT, Result
from .sources import SOURCES

FLOOR = Path(__file__).with_name("floor.json")
EXTENSIONS = FLOOR.with_name("extensions.json")
TRIED = FLOOR.with_name("tried.json")
PAGE = ROOT / "docs" / "conformance.md"

# {"flask/test_basic.py": {"total": 130, "floor": 120}}: `total` is what runs with the real
# packages, so that tests lost in collection or skipped for us alone still count against us.
Floors = dict[str, dict[str, int]]

HEAD = """\
# Conformance

The test suites of the stack whose API this package offers, run against it under the alias layer
(`python -m tests.upstream`), in an environment where none of the real packages is installed.
This page is written by that command. *Total* is what runs with the real packages, less the tests
listed at the end; no file may fall below its *floor*.
"""


def load() -> Floors:
    """The recorded floors."""
    return json.loads(FLOOR.read_text(encoding="utf-8")) if FLOOR.exists() else {}


def total(floors: Floors, result: Result) -> int:
    """How many tests of a file count: those of the real packages, less those left out."""
    recorded = floors.get(result.name, {}).get("total", 0)
    return max(recorded - result.left_out, 0) if recorded else len(result.collected)


def floor(floors: Floors, result: Result) -> int:
    """The recorded count of a file."""
    return floors.get(result.name, {}).get("floor", 0)


def raise_floors(floors: Floors, results: list[Result]) -> None:
    """Record better counts; a floor never goes down by itself."""
    for result in results:
        fresh = {"total": len(result.collected) + result.left_out, "floor": 0}
        row = floors.setdefault(result.name, fresh)
        row["floor"] = max(row["floor"], len(result.passed))
    ordered = dict(sorted(floors.items()))
    FLOOR.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def write_page(floors: Floors, results: list[Result]) -> None:
    """Write the counts of a complete run."""
    PAGE.write_text(HEAD + "".join(_pieces(floors, results)), encoding="utf-8")


def _pieces(floors: Floors, results: list[Result]) -> list[str]:
    pieces = []
    for suite, source in SOURCES.items():
        rows = [result for result in results if result.name.startswith(f"{suite}/")]
        passed = sum(len(row.passed) for row in rows)
        whole = sum(total(floors, row) for row in rows)
        pieces.append(f"\n## {suite} {source.version}: {passed} of {whole}\n\n")
        pieces.append("| file | passed | total | floor |\n|---|---:|---:|---:|\n")
        for row in rows:
            counts = (len(row.passed), total(floors, row), floor(floors, row))
            pieces.append(f"| {row.name.partition('/')[2]} | {counts[0]} | {counts[1]} | {counts[2]} |\n")
    pieces += _extensions()
    pieces.append("\n## Tests that are not run\n\n| test | why |\n|---|---|\n")
    pieces += [f"| `{name}` | {reason} |\n" for name, reason in sorted(LEFT_OUT.items())]
    return pieces


def _extensions() -> list[str]:
    """What ``python -m tests.upstream.extensions --update`` wrote down."""
    if not EXTENSIONS.exists():
        return []
    rows = json.loads(EXTENSIONS.read_text(encoding="utf-8"))
    return [
        "\n## Extensions and programs, unmodified, with their own suites\n\n"
        "`python -m tests.upstream.extensions` runs them with Flask 3.1.3 and without.\n\n"
        "| suite | version | passed with Flask | passed with microweb |\n|---|---|---:|---:|\n",
        *(
            f"| {name} | {row['version']} | {row['flask']} | {row['microweb']} |\n"
            for name, row in rows.items()
        ),
        *_tried(),
    ]


def _tried() -> list[str]:
    """What was run once, by hand; the command above does not run it again."""
    tried = json.loads(TRIED.read_text(encoding="utf-8"))
    return [
        "\n## Tried once\n\nWith Flask 3.1.3 and without; no command repeats it.\n\n"
        "| package | version | what was run | passed with Flask | passed with microweb |\n"
        "|---|---|---|---:|---:|\n",
        *(
            "| {name} | {version} | {run} | {flask} | {microweb} |\n".format_map(row)
            for row in tried["suites"]
        ),
        "\nA small application each, after their quickstarts, with the same answers both ways: "
        f"{tried['applications']}.\n",
        "\nWhat does not run:\n\n",
        *(f"- {what}: {why}.\n" for what, why in tried["left"].items()),
    ]

"""The recorded counts (``floor.json``) and the page that shows them (``docs/conformance.md``)."""

from __future__ import annotations

import json
from pathlib import Path

from .left_out import LEFT_OUT
from .running import ROOT, Result
from .sources import SOURCES

FLOOR = Path(__file__).with_name("floor.json")
PAGE = ROOT / "docs" / "conformance.md"

# {"flask/test_basic.py": {"total": 130, "floor": 120}}: `total` is what passes with the real
# packages, so that tests lost in collection or skipped for us alone still count against us.
Floors = dict[str, dict[str, int]]

HEAD = """\
# Conformance

The test suites of the stack whose API this package offers, run against it under the alias layer
(`python -m tests.upstream`), in an environment where none of the real packages is installed.
This page is written by that command. *Total* is what passes with the real packages, less the tests
listed at the end; no file may fall below its *floor*.
"""


def load() -> Floors:
    """The recorded floors."""
    return json.loads(FLOOR.read_text(encoding="utf-8")) if FLOOR.exists() else {}


def raise_floors(floors: Floors, results: list[Result]) -> None:
    """Record better counts; a floor never goes down by itself."""
    for result in results:
        row = floors.setdefault(result.name, {"total": len(result.collected), "floor": 0})
        row["floor"] = max(row["floor"], len(result.passed))
        row["total"] = max(row["total"], row["floor"])
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
        total = sum(floors.get(row.name, {}).get("total", 0) for row in rows)
        pieces.append(f"\n## {suite} {source.version}: {passed} of {total}\n\n")
        pieces.append("| file | passed | total | floor |\n|---|---:|---:|---:|\n")
        for row in rows:
            held = floors.get(row.name, {"total": 0, "floor": 0})
            name = row.name.partition("/")[2]
            pieces.append(f"| {name} | {len(row.passed)} | {held['total']} | {held['floor']} |\n")
    pieces.append("\n## Tests that are not run\n\n| test | why |\n|---|---|\n")
    pieces += [f"| `{name}` | {reason} |\n" for name, reason in sorted(LEFT_OUT.items())]
    return pieces

"""What a start costs: seconds and modules of an import, beyond those of a bare interpreter.

Each value comes from an interpreter of its own, which is asked before and after. The byte code is
compiled beforehand: the first round is thrown away.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from .harness import ROOT, US, Effort, Ratio, Times, draw_ratios, plot, ratio, table

#: Case -> contender -> the code that is timed.
CASES = {
    "import": {
        "microweb": "import microweb",
        "bottle": "import bottle",
        "falcon": "import falcon",
        "flask": "import flask",
    },
    "application": {
        "microweb": "from microweb import Microweb; app = Microweb('site')",
        "bottle": "from bottle import Bottle; app = Bottle()",
        "falcon": "from falcon import App; app = App()",
        "flask": "from flask import Flask; app = Flask('site')",
    },
}

PROGRAM = """
import sys, time
sys.path.insert(0, {root!r})
before = set(sys.modules)
begin = time.perf_counter()
{code}
spent = time.perf_counter() - begin
print([spent, len(set(sys.modules) - before)])
"""

#: Imports are short and start cold, so that their times spread more than others.
RUNS_A_ROUND = 4


def start(code: str) -> tuple[float, int]:
    """Seconds and modules of one import."""
    program = PROGRAM.format(root=str(ROOT), code=code)
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, count = json.loads(done.stdout)
    return seconds, count


def run(effort: Effort) -> dict[str, Any]:
    """Times as of the other parts, and the number of modules: case -> contender -> count."""
    times: Times = {name: {case: [] for case in CASES} for name in CASES["import"]}
    modules: dict[str, dict[str, int]] = {case: {} for case in CASES}
    for number in range(effort.rounds * RUNS_A_ROUND + 1):
        for case, contenders in CASES.items():
            for name, code in contenders.items():
                seconds, modules[case][name] = start(code)
                if number:
                    times[name][case].append(seconds)
    print(f"  imports: {effort.rounds * RUNS_A_ROUND} runs", file=sys.stderr, flush=True)
    return {"times": times, "modules": modules}


def report(found: dict[str, Any]) -> str:
    times, modules = found["times"], found["modules"]
    rows = []
    for case in CASES:
        for name in CASES[case]:
            measured = ratio(times[name][case], times[US][case]) if name != US else Ratio(1, 1, 1)
            rows.append([case, name, "1" if name == US else measured, modules[case][name]])
    return table(["start", "framework", "time", "modules"], rows)


def draw(found: dict[str, Any]) -> str:
    return plot(
        "imports", lambda axes: draw_ratios(axes, found["times"], f"time of a start, {US} = 1"), size=(5, 3)
    )

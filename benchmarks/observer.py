"""What the tracer costs while nobody looks: a request in a process that has traced one before, and in one
that has not so much as loaded it.

The processes take turns, and the figure is the median over many rounds: what is asked for is whether it is
less than one percent, which single runs differ by on their own.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

from .applications import APPLICATIONS
from .harness import US, Effort, Times, draw_ratios, measure, plot, ratio_table, work
from .requests import SCENARIOS, caller

#: The contender that has traced before it is timed.
TRACED = "after a trace"
#: How many more rounds than elsewhere: the difference looked for is smaller than the noise of a few.
MORE = 5


def cases(contender: str) -> dict[str, Callable[[], None]]:
    options, *request = SCENARIOS["hello"]
    app: Any = APPLICATIONS[US](**options)
    call = caller(app, *request)
    if contender == TRACED:
        from microweb.cli.observer import Observer

        with Observer(app) as observer:
            call()
        if not observer.steps:
            raise SystemExit("The observer saw nothing: there is nothing to compare.")
    return {"hello": call}


def run(effort: Effort) -> Times:
    """Time both."""
    return measure("observer", [US, TRACED], effort._replace(rounds=effort.rounds * MORE))


def report(times: Times) -> str:
    return ratio_table(times, "scenario")


def draw(times: Times) -> str:
    return plot(
        "observer", lambda axes: draw_ratios(axes, times, f"time of a request, {US} = 1"), size=(4, 3)
    )


if __name__ == "__main__":
    work(cases(sys.argv[1]), int(sys.argv[2]))

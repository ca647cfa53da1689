"""How time is measured: in fresh processes that take turns, so that no contender has a better hour.

A *contender* is run by a worker process of its own, ``python -m benchmarks.<part> CONTENDER``, which
times its cases and writes them to stdout as a pyperf suite. The parent starts the workers round after
round, each round in another order, and compares only values of the same round. Times depend on the
machine and are not reported; what remains are ratios, and how far they spread over the rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pyperf

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
PLOTS = ROOT / "docs" / "benchmarks"

US = "microweb"

#: A value is the mean over as many calls as take this long, in seconds.
MIN_TIME = 0.05


class Effort(NamedTuple):
    """How much is measured: rounds, and values of each case in a round."""

    rounds: int
    values: int


FULL = Effort(rounds=7, values=5)
QUICK = Effort(rounds=3, values=2)


class Ratio(NamedTuple):
    """How often our time goes into another's: the median over the rounds, lowest and highest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"


#: Contender -> case -> one time a round.
Times = dict[str, dict[str, list[float]]]


def time_case(function: Callable[[], Any], values: int) -> list[float]:
    """Seconds a call, as often as asked for; the number of loops is found first, which also warms up."""
    loops, spent = 1, 0.0
    while spent < MIN_TIME:
        loops *= 2
        spent = _time_loops(function, loops)
    return [_time_loops(function, loops) / loops for _ in range(values)]


def _time_loops(function: Callable[[], Any], loops: int) -> float:
    begin = pyperf.perf_counter()
    for _ in range(loops):
        function()
    return pyperf.perf_counter() - begin


def work(cases: dict[str, Callable[[], Any]], values: int) -> None:
    """A worker's life: time each case, and tell."""
    told = []
    for name, function in cases.items():
        run = pyperf.Run(time_case(function, values), metadata={"name": name}, collect_metadata=False)
        told.append(pyperf.Benchmark([run]))
    tell(pyperf.BenchmarkSuite(told))


def tell(suite: pyperf.BenchmarkSuite) -> None:
    """Write the suite to stdout; pyperf only writes to files by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "suite.json")
        suite.dump(path)
        sys.stdout.write(Path(path).read_text())


def run_worker(part: str, contender: str, values: int) -> dict[str, list[float]]:
    """Case -> values, from a fresh process."""
    command = [sys.executable, "-m", f"benchmarks.{part}", contender, str(values)]
    # A hash seed of its own for each process is luck in dict layouts: the rounds average it out.
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "suite.json")
        Path(path).write_text(done.stdout)
        suite = pyperf.BenchmarkSuite.load(path)
    return {benchmark.get_name(): list(benchmark.get_values()) for benchmark in suite}


def measure(part: str, contenders: list[str], effort: Effort) -> Times:
    """Time all contenders, taking turns. The best value of a round is the one least disturbed."""
    times: Times = {name: {} for name in contenders}
    for number in range(effort.rounds):
        turn = number % len(contenders)
        for name in contenders[turn:] + contenders[:turn]:
            for case, values in run_worker(part, name, effort.values).items():
                times[name].setdefault(case, []).append(min(values))
        print(f"  {part}: round {number + 1} of {effort.rounds}", file=sys.stderr, flush=True)
    return times


def ratio(numerators: list[float], denominators: list[float]) -> Ratio:
    """The ratio round by round: both values of one were measured within seconds."""
    ratios = [above / below for above, below in zip(numerators, denominators)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def against_us(times: Times) -> dict[str, dict[str, Ratio]]:
    """Contender -> case -> its time in units of ours."""
    return {
        name: {case: ratio(values, times[US][case]) for case, values in cases.items()}
        for name, cases in times.items()
        if name != US
    }


def table(head: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table, its columns aligned so that it reads well on a terminal, too."""
    cells = [head, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def ratio_table(times: Times, first: str) -> str:
    """Cases as rows, contenders as columns: how many times our time each of them takes."""
    ratios = against_us(times)
    cases = list(times[US])
    rows = [[case, *(ratios[name].get(case, "-") for name in ratios)] for case in cases]
    return table([first, *ratios], rows)


def plot(name: str, draw: Callable[[Any], None], size: tuple[float, float] = (8, 4)) -> str:
    """Let *draw* draw on axes and save it as an SVG; returns the Markdown that shows it."""
    import matplotlib

    matplotlib.use("svg")
    # The same numbers make the same file, and text stays text.
    matplotlib.rcParams.update({"svg.hashsalt": "microweb", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=size)
    draw(axes)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    PLOTS.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return f"![{name}](benchmarks/{name}.svg)"


def draw_ratios(axes: Any, times: Times, label: str) -> None:
    """Grouped bars: the contenders' times in units of ours, on a logarithmic scale."""
    ratios, cases = against_us(times), list(times[US])
    width = 0.8 / len(ratios)
    for index, (name, values) in enumerate(ratios.items()):
        places = [number + index * width for number in range(len(cases))]
        axes.bar(places, [values[case].median for case in cases], width, label=name)
    axes.axhline(1, color="black", linewidth=1)
    axes.set_yscale("log")
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(cases))], cases)
    axes.set_ylabel(label)
    axes.legend(frameon=False)


def versions(names: list[str]) -> str:
    """Interpreter and contenders, with their versions."""
    from importlib.metadata import PackageNotFoundError, version

    found = [f"Python {sys.version.split()[0]}"]
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            pass
    return ", ".join(found)


def _kept(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"microweb-benchmarks-{name}.json"


def save_json(name: str, data: Any) -> None:
    """Keep the raw times of a run, for who wants to look into an odd ratio. Not part of the docs."""
    _kept(name).write_text(json.dumps(data))


def load_json(name: str) -> Any:
    """What the last run of a part has kept."""
    return json.loads(_kept(name).read_text())

"""``python -m tests.upstream [SUITE ...] [-f FILE] [-k WORD] [--verbose] [--update]``."""

from __future__ import annotations

import argparse
import concurrent.futures
import shutil
import sys
import tempfile
from pathlib import Path

from . import floors
from .left_out import LEFT_OUT
from .running import Result, run_file, test_files
from .sources import SOURCES, cache_dir, environment, unpack

PROCESSES = 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.upstream", description=__doc__)
    parser.add_argument("suite", nargs="*", help=f"of {', '.join(SOURCES)} (all)")
    parser.add_argument("-f", "--file", default="", help="only files whose name contains this")
    parser.add_argument("-k", "--keyword", default="", help="only tests that match (pytest's -k)")
    parser.add_argument("-v", "--verbose", action="store_true", help="show each failure")
    parser.add_argument("--update", action="store_true", help="raise the floors to these counts")
    options = parser.parse_args()
    unknown = set(options.suite) - SOURCES.keys()
    if unknown:
        parser.error(f"unknown suite {', '.join(sorted(unknown))}: want {', '.join(SOURCES)}")
    return options


def _jobs(suites: list[str], part: str, python: Path, work: Path) -> list[tuple[str, str, Path]]:
    jobs = []
    for suite in suites:
        folder = unpack(suite, python, work)
        for file in test_files(folder):
            if part in file and f"{suite}/{file}" not in LEFT_OUT:
                jobs.append((suite, file, folder))
    return jobs


def _show(result: Result, recorded: floors.Floors, verbose: bool) -> None:
    total, floor = floors.total(recorded, result), floors.floor(recorded, result)
    line = f"{result.name:<44} {len(result.passed):>4} / {total:<4} floor {floor}"
    if result.broken:
        # The last line of an import error names what is missing.
        line += "  ! " + result.broken.strip().splitlines()[-1][:160]
    print(line, flush=True)
    for test, text in result.failures.items() if verbose else ():
        print(f"--- {test}\n{text}\n", flush=True)
    if verbose and result.broken:
        print(result.broken, flush=True)


def main() -> int:
    """Run, show, compare; 1 when a file is below its floor."""
    options = _arguments()
    python, recorded = environment(), floors.load()
    work = Path(tempfile.mkdtemp(prefix="work-", dir=cache_dir()))
    results: list[Result] = []
    try:
        jobs = _jobs(options.suite or list(SOURCES), options.file, python, work)
        with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
            runs = [pool.submit(run_file, python, *job, options.keyword) for job in jobs]
            for run in runs:
                results.append(run.result())
                _show(results[-1], recorded, options.verbose)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{sum(len(result.passed) for result in results)} passed")
    if options.keyword:
        return 0
    if options.update:
        floors.raise_floors(recorded, results)
    if not (options.suite or options.file):
        floors.write_page(recorded, results)
    low = [result for result in results if result.held < floors.floor(recorded, result)]
    for result in low:
        print(f"below its floor: {result.name}", file=sys.stderr)
    return 1 if low else 0


sys.exit(main())

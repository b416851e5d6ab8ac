"""Time contracted calls as multiples of the same function with handwritten asserts, and print the table."""

from __future__ import annotations

import argparse
import gc
import json
import math
import statistics
import sys
import tempfile
import timeit
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import results
from libraries import (
    DEFAULT_LIBRARIES,
    Adapter,
    InexpressibleError,
    RefusedError,
    fresh_interpreters,
    load_installed,
    names_among,
    open_workload,
    read_adapters,
)
from workloads import BASELINE, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SLICE_SECONDS = 0.0025
WARM_CALLS = 2000
EMPTY_LOOPS = 100_000
DEFAULT_ROUNDS = 25
MISSING = "-"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one process measures."""

    libraries: tuple[str, ...]
    workloads: tuple[str, ...]
    rounds: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell in one process, in ns a call: the minimum, and the minima of the even and of the odd rounds."""

    best: float
    even: float
    odd: float


@dataclass(slots=True)
class Run:
    """All cells of one process by workload and library, and the reasons of those that are missing."""

    readings: dict[str, dict[str, Reading]]
    missing: dict[str, dict[str, str]]
    refused: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One ratio of the table, the relative width of what it was taken from, and the ns behind it."""

    ratio: float
    spread: float
    nanoseconds: float


def measure(plan: Plan) -> Run:
    """Measure every cell of the plan in this process."""
    adapters, _ = load_installed(plan.libraries)
    run = Run({}, {}, {})
    with tempfile.TemporaryDirectory() as folder:
        for workload in plan.workloads:
            timers = open_timers(adapters, workload, Path(folder), run)
            run.readings[workload] = time_in_turn(timers, plan.rounds)
    return run


def open_timers(adapters: Iterable[Adapter], workload: str, folder: Path, run: Run) -> dict[str, timeit.Timer]:
    """A warm timer for each library that can say the workload; the reasons of the others go into `run`."""
    timers = {}
    for adapter in adapters:
        try:
            namespace = open_workload(adapter, workload, folder)
        except InexpressibleError as error:
            run.missing.setdefault(workload, {})[adapter.name] = str(error)
        except RefusedError as error:
            run.refused.setdefault(workload, {})[adapter.name] = str(error)
        else:
            timers[adapter.name] = timeit.Timer(WORKLOADS[workload].statement, globals=namespace)
            timers[adapter.name].timeit(WARM_CALLS)
    if BASELINE not in timers:
        raise SystemExit(f"{workload}: the asserts check nothing; is this run under -O?")
    return timers


def time_in_turn(timers: dict[str, timeit.Timer], rounds: int) -> dict[str, Reading]:
    """Time all in slices, one after the other in each round, so that a busy moment hits every library alike."""
    counts = {name: slice_size(timer) for name, timer in timers.items()}
    empty = timeit.Timer("pass")
    times: dict[str, list[float]] = {name: [] for name in timers}
    empties = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, timer in timers.items():
                times[name].append(timer.timeit(counts[name]) / counts[name])
            empties.append(empty.timeit(EMPTY_LOOPS) / EMPTY_LOOPS)
    finally:
        gc.enable()
    return {name: reading(series, min(empties)) for name, series in times.items()}


def slice_size(timer: timeit.Timer) -> int:
    """The number of calls that fill a slice."""
    once = min(timer.repeat(repeat=5, number=20)) / 20
    return max(10, int(SLICE_SECONDS / once))


def reading(series: Sequence[float], empty: float) -> Reading:
    """The minima in ns, the loop's own cost taken off."""

    def net(part: Sequence[float]) -> float:
        # A slice shorter than the empty loop is noise; a tenth of a ns keeps the logarithm alive.
        return max((min(part) - empty) * 1e9, 0.1)

    return Reading(net(series), net(series[::2]), net(series[1::2] or series))


def measure_all(plan: Plan, processes: int) -> list[Run]:
    """One run here, or several, each in an interpreter of its own."""
    if processes == 1:
        return [measure(plan)]
    with fresh_interpreters() as pool:
        return list(pool.map(measure, [plan] * processes))


def combine(runs: Sequence[Run], workload: str, library: str) -> Cell | None:
    """The median ratio of the runs; its spread over the runs, or over the two halves of a single run."""
    pairs = [
        (run.readings[workload][library], run.readings[workload][BASELINE])
        for run in runs
        if library in run.readings[workload]
    ]
    if not pairs:
        return None
    ratios = [one.best / base.best for one, base in pairs]
    if len(ratios) > 1:
        samples = ratios
    else:
        one, base = pairs[0]
        samples = [one.even / base.even, one.odd / base.odd]
    ratio = statistics.median(ratios)
    spread = (max(samples) - min(samples)) / ratio
    return Cell(ratio, spread, statistics.median(one.best for one, _ in pairs))


def geometric_mean(values: Iterable[float]) -> float:
    """The mean for ratios: a row twice as slow and a row twice as fast cancel."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def figure(ratio: float) -> str:
    """Three digits that mean something."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


def render(runs: Sequence[Run], plan: Plan) -> str:
    """The markdown table: rows of the mean, the mean, the rows outside it."""
    cells = {w: {lib: combine(runs, w, lib) for lib in plan.libraries} for w in plan.workloads}
    inside = [w for w in plan.workloads if WORKLOADS[w].in_mean]
    rows = [row(runs, w, cells[w]) for w in inside]
    if inside:
        rows.append(mean_row(cells, inside, plan.libraries))
    rows += [row(runs, w, cells[w]) for w in plan.workloads if w not in inside]
    return results.table(["workload", *plan.libraries, f"{BASELINE}, ns", "spread"], rows)


def row(runs: Sequence[Run], workload: str, cells: dict[str, Cell | None]) -> list[str]:
    """One workload; the spread is that of the worst cell."""
    texts = [
        figure(cell.ratio) if cell else REFUSED if library in runs[0].refused.get(workload, {}) else MISSING
        for library, cell in cells.items()
    ]
    base = combine(runs, workload, BASELINE)
    spread = max(cell.spread for cell in cells.values() if cell)
    return [workload, *texts, f"{base.nanoseconds:.0f}" if base else MISSING, f"{spread:.0%}"]


def mean_row(cells: dict[str, dict[str, Cell | None]], inside: Sequence[str], names: Iterable[str]) -> list[str]:
    """The geometric means, each with the number of rows that it is over."""
    texts = []
    for name in names:
        present = [cell.ratio for cell in (cells[w][name] for w in inside) if cell]
        texts.append(f"**{figure(geometric_mean(present))}** ({len(present)} rows)" if present else MISSING)
    return ["**geomean**", *texts, "", ""]


def notes(runs: Sequence[Run], adapters: Iterable[Adapter], absent: Iterable[str]) -> str:
    """Below the table: what each column does not check, and why cells are missing."""
    lines = [f"- `{adapter.name}` does not check: {adapter.not_checked}." for adapter in adapters]
    lines += [f"- `{name}` is not installed." for name in absent]
    for word, reasons in ((MISSING, runs[0].missing), (REFUSED, runs[0].refused)):
        grouped: dict[tuple[str, str], list[str]] = {}
        for workload, by_library in reasons.items():
            for library, reason in by_library.items():
                grouped.setdefault((library, reason), []).append(workload)
        lines += [f"- {word}: `{lib}` {', '.join(names)}: {why}." for (lib, why), names in grouped.items()]
    return "\n".join(lines)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; a list of names is checked against what there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--libs", type=names_among(read_adapters()), default=DEFAULT_LIBRARIES)
    parser.add_argument("--workloads", type=names_among(WORKLOADS), default=tuple(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write every reading, in ns")
    parser.add_argument("--results", type=Path, metavar="PATH", help="write there, also what a partial run gives")
    return parser.parse_args(arguments)


def command(options: argparse.Namespace) -> str:
    """The command to repeat the run, without the paths that only this machine has."""
    defaults = parse([])
    words = [
        f"--{name} {','.join(value) if isinstance(value, tuple) else value}"
        for name, value in vars(options).items()
        if name in ("libs", "workloads", "rounds", "processes") and value != getattr(defaults, name)
    ]
    return " ".join(["python benchmarks/call.py", *words])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 if a column was refused."""
    options = parse(arguments)
    measured = options.libs if BASELINE in options.libs else (*options.libs, BASELINE)
    adapters, absent = load_installed(measured)
    plan = Plan(tuple(adapter.name for adapter in adapters), options.workloads, options.rounds)
    runs = measure_all(plan, options.processes)
    protocol = (
        "Time of a call as a multiple of the same function with handwritten asserts: minimum of "
        f"{options.rounds} rounds, median of {options.processes} process(es). Spread: the worst cell's "
        "relative width over the processes (one process: over its even and odd rounds)."
    )
    where = results.circumstances((adapter.version for adapter in adapters), command(options))
    body = "\n\n".join([where, protocol, render(runs, plan), notes(runs, adapters, absent)])
    print(body)
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1), encoding="utf-8")
    # More processes make the same table, only better; fewer rounds, rows or columns would replace it by less.
    is_full = command(options).partition(" --processes")[0] == command(parse([])) and not absent
    results.write_unless_partial(options.results, is_full, "call.py", body)
    return 1 if any(run.refused for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure what contracts cost before any call: the import, the decoration, and the memory kept."""

from __future__ import annotations

import argparse
import gc
import os
import pkgutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
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
    prepare,
    read_adapters,
    verify_placement,
    verify_rejection,
)

if TYPE_CHECKING:
    Cells = dict[tuple[str, int], list[float | str]]  # by library and number of clauses: a figure, or why there is none
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

FUNCTIONS = 100
CLAUSES = (0, 1, 5, 10)
DEFAULT_ROUNDS = 20
DECORATION_SHARE = 4  # one decoration round for so many rounds of imports
MISSING = "-"
REFUSED = "refused"


def module_text(adapter: Adapter, clauses: int, functions: int = FUNCTIONS) -> str:
    """A module of functions with so many clauses each, every second one a postcondition."""
    parts = [adapter.header]
    for number in range(functions):
        kinds = [adapter.ensure if index % 2 else adapter.require for index in range(clauses)]
        lines = [kind.format(n=index) for index, kind in enumerate(kinds)]
        above = [line for line in lines if line.startswith("@")]
        head = [f"    {line}" for line in lines[::2] if not line.startswith("@")]
        tail = [f"    {line}" for line in lines[1::2] if not line.startswith("@")]
        parts += [*above, f"def f{number}(x):", *head, "    result = x + 1", *tail, "    return result", ""]
    return "\n".join(parts)


def check_module(adapter: Adapter, module: ModuleType, clauses: int) -> None:
    """Refuse a module whose functions do not check, or are placed otherwise than the column says."""
    module.f0(5)
    if clauses:
        verify_rejection("f0(-1000)", module.__dict__, pkgutil.resolve_name(adapter.error))
        verify_placement(adapter, module.f0)


def warm_up(adapter: Adapter, clauses: int, folder: Path) -> None:
    """Decorate another module first: lazy imports are counted with the import, once."""
    # Far below, so that no code object equals one of the measured module and fills a cache for it.
    code, module = prepare(adapter, "warm_up", "\n" * 5000 + module_text(adapter, clauses, 2), folder)
    exec(code, module.__dict__)
    check_module(adapter, module, clauses)


def decoration_microseconds(name: str, clauses: int) -> float:
    """CPU time to run the module's body, a function."""
    adapter = read_adapters()[name]
    with tempfile.TemporaryDirectory() as folder:
        warm_up(adapter, clauses, Path(folder))
        code, module = prepare(adapter, "declared", module_text(adapter, clauses), Path(folder))
        gc.collect()  # else a collection that the preparation made due falls into some cells and not into others
        started = time.process_time()
        exec(code, module.__dict__)
        spent = time.process_time() - started
        check_module(adapter, module, clauses)
    return spent / FUNCTIONS * 1e6


def kept_bytes(name: str, clauses: int) -> float:
    """Memory that one function of an imported module keeps, its code and predicates included."""
    adapter = read_adapters()[name]
    with tempfile.TemporaryDirectory() as folder:
        warm_up(adapter, clauses, Path(folder))
        text = module_text(adapter, clauses)
        gc.collect()
        tracemalloc.start()
        code, module = prepare(adapter, "declared", text, Path(folder))
        exec(code, module.__dict__)
        del code
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        check_module(adapter, module, clauses)
    return kept / FUNCTIONS


def guarded(task: Callable[[str, int], float], name: str, clauses: int) -> float | str:
    """The figure, or why there is none; runs in an interpreter of its own."""
    try:
        return task(name, clauses)
    except InexpressibleError as error:
        return f"{MISSING} {error}"
    except RefusedError as error:
        return f"{REFUSED} {error}"


def measure_modules(names: Iterable[str], rounds: int) -> dict[str, Cells]:
    """Decoration times of every round, interleaved, and one memory figure, which repeats exactly."""
    cells = [(name, clauses) for clauses in CLAUSES for name in names]
    times: Cells = {cell: [] for cell in cells}
    with fresh_interpreters() as pool:
        for _ in range(rounds):
            for cell in cells:
                times[cell].append(pool.submit(guarded, decoration_microseconds, *cell).result())
        sizes = {cell: [pool.submit(guarded, kept_bytes, *cell).result()] for cell in cells}
    return {"decoration": times, "bytes": sizes}


def cpu_milliseconds(arguments: Sequence[str]) -> float:
    """User and system time of one bare interpreter that runs `arguments`."""
    # -I keeps the working directory, PYTHON* variables and the user's site out of the figure.
    process = subprocess.Popen([sys.executable, "-I", *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # reaped here, so that Popen does not look for it
    if process.returncode:
        raise RefusedError(f"python -I {arguments[0]} failed; is the library installed in this environment?")
    return (usage.ru_utime + usage.ru_stime) * 1000


def measure_imports(adapters: Iterable[Adapter], rounds: int) -> dict[str, list[float]]:
    """CPU ms of each start of Python, interleaved: bare, each import, each import with one contract declared."""
    with tempfile.TemporaryDirectory() as folder:
        starts = {"bare": ["-c", "pass"]}
        for adapter in adapters:
            if adapter.package is None or adapter.sourceless:
                continue
            script = Path(folder) / f"first_{adapter.package}.py"
            script.write_text(module_text(adapter, 1, 1), encoding="utf-8")
            starts[adapter.name] = ["-c", f"import {adapter.package}"]
            starts[f"{adapter.name} + 1"] = [str(script)]
        for arguments in starts.values():
            cpu_milliseconds(arguments)  # writes the bytecode and warms the file cache
        times: dict[str, list[float]] = {name: [] for name in starts}
        for _ in range(rounds):
            for name, arguments in starts.items():
                times[name].append(cpu_milliseconds(arguments))
    return times


def import_table(times: dict[str, list[float]]) -> str:
    """Minimum and median over the bare interpreter."""
    bare = times["bare"]
    rows = []
    for name in (name for name in times if name != "bare" and not name.endswith(" + 1")):
        row = [name]
        for series in (times[name], times[f"{name} + 1"]):
            row += [f"{min(series) - min(bare):.1f}", f"{statistics.median(series) - statistics.median(bare):.1f}"]
        rows.append([*row, f"{spread(times[name]):.0%}"])
    return results.table(
        ["CPU ms", "import, min", "import, median", "+ 1 contract, min", "+ 1 contract, median", "spread"], rows
    )


def spread(series: Sequence[float]) -> float:
    """How far the median lies above the minimum: the noise that the minimum leaves out."""
    return statistics.median(series) / min(series) - 1


def module_table(title: str, names: Iterable[str], cells: Cells) -> str:
    """One row a library, one column a number of clauses; the spread is that of the worst cell."""
    rows = []
    for name in names:
        series = [[v for v in cells[name, clauses] if not isinstance(v, str)] for clauses in CLAUSES]
        texts = [quantity(min(values)) if values else MISSING for values in series]
        rows.append([name, *texts, f"{max((spread(values) for values in series if values), default=0):.0%}"])
    return results.table([title, *(f"{clauses} clauses" for clauses in CLAUSES), "spread"], rows)


def quantity(value: float) -> str:
    """A decimal only where it says something."""
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def reasons(cells: Cells) -> list[str]:
    """Why cells are missing, each reason once."""
    return sorted(
        {f"`{name}`: {value}" for (name, _), values in cells.items() for value in values if isinstance(value, str)}
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--libs", type=names_among(read_adapters()), default=DEFAULT_LIBRARIES)
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS)
    parser.add_argument("--results", type=Path, metavar="PATH", help="write there, also what a partial run gives")
    return parser.parse_args(arguments)


def command(options: argparse.Namespace) -> str:
    """The command to repeat the run, without the paths that only this machine has."""
    words = ["python benchmarks/declare.py"]
    words += [f"--rounds {options.rounds}"] if options.rounds != DEFAULT_ROUNDS else []
    words += [f"--libs {','.join(options.libs)}"] if options.libs != DEFAULT_LIBRARIES else []
    return " ".join(words)


def decoration_rounds(options: argparse.Namespace) -> int:
    """Fewer than for the imports: each is a process that runs for a second."""
    rounds: int = options.rounds
    return max(1, rounds // DECORATION_SHARE)


def report(
    options: argparse.Namespace,
    adapters: Sequence[Adapter],
    imports: dict[str, list[float]],
    modules: dict[str, Cells],
    remarks: Iterable[str],
) -> str:
    """Say all figures in markdown."""
    names = [adapter.name for adapter in adapters]
    about_imports = (
        f"CPU ms of `python -I` over `-c pass`, {options.rounds} interleaved starts; `+ 1 contract` also "
        "declares one function in a file, so that imports put off until then are counted:"
    )
    about_decoration = (
        f"CPU µs to declare a function, minimum of {decoration_rounds(options)} process(es), {FUNCTIONS} functions "
        "each; the clauses are `require` and `ensure` in turn:"
    )
    parts = [
        results.circumstances((adapter.version for adapter in adapters), command(options)),
        "Spread: the median over the minimum, in the worst cell of the row.",
        about_imports,
        import_table(imports),
        about_decoration,
        module_table("µs a function", names, modules["decoration"]),
        "Bytes that a declared function keeps (tracemalloc, code and predicates included):",
        module_table("bytes a function", names, modules["bytes"]),
        "\n".join(f"- {remark}." for remark in remarks),
    ]
    return "\n\n".join(part for part in parts if part)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    options = parse(arguments)
    adapters, absent = load_installed(options.libs)
    imports = measure_imports(adapters, options.rounds)
    modules = measure_modules([adapter.name for adapter in adapters], decoration_rounds(options))
    failures = reasons(modules["decoration"])
    remarks = [*(f"`{name}` is not installed" for name in absent), *failures]
    body = report(options, adapters, imports, modules, remarks)
    print(body)
    is_full = options.libs == DEFAULT_LIBRARIES and options.rounds >= DEFAULT_ROUNDS and not absent
    results.write_unless_partial(options.results, is_full, "declare.py", body)
    return 1 if any(REFUSED in failure for failure in failures) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Keep the benchmarks honest: they run, write only their own section, and time nothing that checks nothing."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))  # the scripts import each other as files of their own folder

import call  # noqa: E402
import declare  # noqa: E402
import libraries  # noqa: E402
import results  # noqa: E402
from workloads import WORKLOADS, sections  # noqa: E402

ADAPTERS = libraries.read_adapters()
UNSAYABLE = {("deal", "old"), ("dpcontracts", "old"), ("dpcontracts", "inh")}  # rows that print `-`
CELLS = [(name, workload) for name in ADAPTERS for workload in WORKLOADS]
BASELINE = ADAPTERS["assert"]


def adapter_or_skip(name: str) -> libraries.Adapter:
    adapter = ADAPTERS[name]
    if adapter.package == "culpa" and not hasattr(pytest.importorskip("culpa"), "require"):
        pytest.skip("culpa gives no declarations yet")
    if adapter.package is not None:
        pytest.importorskip(adapter.package, reason=f"{adapter.package} comes with the extra `bench`")
    return adapter


def run_script(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / script), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=os.environ)


@pytest.mark.parametrize(("name", "workload"), [cell for cell in CELLS if cell not in UNSAYABLE])
def test_every_column_rejects_the_bad_calls_of_every_row_it_has(name: str, workload: str, tmp_path: Path) -> None:
    adapter = adapter_or_skip(name)
    error = pkgutil.resolve_name(adapter.error)

    namespace = libraries.build(adapter, WORKLOADS[workload], tmp_path)

    assert WORKLOADS[workload].bad
    for statement in WORKLOADS[workload].bad:
        with pytest.raises(error):
            exec(statement, dict(namespace))


@pytest.mark.parametrize(("name", "workload"), sorted(UNSAYABLE))
def test_a_row_that_a_library_cannot_say_is_not_timed(name: str, workload: str, tmp_path: Path) -> None:
    adapter = adapter_or_skip(name)

    with pytest.raises(libraries.InexpressibleError):
        libraries.open_workload(adapter, workload, tmp_path)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_culpa_is_timed_in_the_placement_of_each_of_its_columns(workload: str, tmp_path: Path) -> None:
    for name in ("culpa", "culpa-called"):
        libraries.open_workload(adapter_or_skip(name), workload, tmp_path)


def test_a_workload_that_accepts_a_bad_call_is_not_timed(tmp_path: Path) -> None:
    careless = replace(BASELINE, parts={"pre1": "def pre1(x): return x + 1\n"})

    with pytest.raises(libraries.InexpressibleError, match="a bad call was accepted"):
        libraries.open_workload(careless, "pre1", tmp_path)


def test_a_workload_that_fails_with_a_foreign_error_is_not_timed(tmp_path: Path) -> None:
    broken = replace(BASELINE, parts={"pre1": "def pre1(x): return [x + 1][x < 0]\n"})

    with pytest.raises(libraries.InexpressibleError, match="a bad call raised IndexError, not AssertionError"):
        libraries.open_workload(broken, "pre1", tmp_path)


def test_a_function_in_another_placement_is_refused(tmp_path: Path) -> None:
    fallen_back = replace(BASELINE, placement="inside", placement_of=lambda _: "around")

    with pytest.raises(libraries.RefusedError, match="'around', the column says 'inside'"):
        libraries.open_workload(fallen_back, "pre1", tmp_path)


def test_one_workload_that_cannot_be_declared_hides_no_other(tmp_path: Path) -> None:
    partial = replace(BASELINE, parts={**BASELINE.parts, "post1": "raise TypeError\n"})

    assert libraries.open_workload(partial, "pre1", tmp_path)
    with pytest.raises(libraries.InexpressibleError, match="TypeError"):
        libraries.open_workload(partial, "post1", tmp_path)


def test_the_called_column_leaves_no_source_behind(tmp_path: Path) -> None:
    sourceless = replace(BASELINE, sourceless=True)

    namespace = libraries.build(sourceless, WORKLOADS["pre1"], tmp_path)

    assert not Path(namespace["pre1"].__code__.co_filename).exists()
    assert namespace["__loader__"] is None


def test_one_part_may_serve_several_workloads() -> None:
    assert sections("head\n#: a b\nbody\n#: c\ntail\n") == ("head\n", {"a": "body\n", "b": "body\n", "c": "tail\n"})


@pytest.mark.parametrize("name", ["assert", "icontract", "deal", "culpa", "culpa-called", "dpcontracts"])
@pytest.mark.parametrize("clauses", [1, 5])
def test_declared_functions_check_every_clause(name: str, clauses: int, tmp_path: Path) -> None:
    adapter = adapter_or_skip(name)
    code, module = libraries.prepare(adapter, "declared", declare.module_text(adapter, clauses, 2), tmp_path)
    exec(code, module.__dict__)

    assert module.f1(5) == 6
    with pytest.raises(pkgutil.resolve_name(adapter.error)):
        module.f1(-3)


def test_call_prints_a_table_and_writes_it_where_told(tmp_path: Path) -> None:
    target, readings = tmp_path / "results.md", tmp_path / "readings.json"

    done = run_script(
        *("call.py", "--libs", "assert", "--workloads", "pre1,none", "--rounds", "1"),
        *("--json", str(readings), "--results", str(target)),
    )

    assert done.returncode == 0, done.stderr
    assert "| pre1 | 1.00 |" in done.stdout
    assert "| **geomean** | **1.00** (1 rows) |" in done.stdout
    assert done.stdout.strip() in target.read_text(encoding="utf-8")
    assert str(tmp_path) not in target.read_text(encoding="utf-8")
    assert json.loads(readings.read_text(encoding="utf-8"))[0]["readings"].keys() == {"pre1", "none"}


def test_call_takes_the_median_of_processes(tmp_path: Path) -> None:
    readings = tmp_path / "readings.json"

    done = run_script(
        *("call.py", "--libs", "assert", "--workloads", "pre1", "--rounds", "1"),
        *("--processes", "2", "--json", str(readings), "--results", str(tmp_path / "results.md")),
    )

    assert done.returncode == 0, done.stderr
    assert "--processes 2" in done.stdout
    assert len(json.loads(readings.read_text(encoding="utf-8"))) == 2


def test_call_compares_the_libraries_that_are_there(tmp_path: Path) -> None:
    libs = [name for name in libraries.DEFAULT_LIBRARIES if ADAPTERS[name].package != "culpa"]
    for name in libs:
        adapter_or_skip(name)

    done = run_script(
        *("call.py", "--libs", ",".join(libs), "--workloads", "pre1,old", "--rounds", "1"),
        *("--results", str(tmp_path / "results.md")),
    )

    assert done.returncode == 0, done.stderr
    assert "- -: `deal` old: no such contract in the library." in done.stdout


def test_declare_prints_its_tables_and_writes_them_where_told(tmp_path: Path) -> None:
    target = tmp_path / "results.md"

    done = run_script("declare.py", "--libs", "assert", "--rounds", "1", "--results", str(target))

    assert done.returncode == 0, done.stderr
    assert "| µs a function | 0 clauses |" in done.stdout
    assert "| bytes a function | 0 clauses |" in done.stdout
    assert done.stdout.strip() in target.read_text(encoding="utf-8")


def test_a_partial_run_leaves_the_kept_results_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.md")

    status = call.main(["--libs", "assert", "--workloads", "pre1", "--rounds", "1"])

    assert status == 0
    assert not (tmp_path / "results.md").exists()
    assert "a partial run" in capsys.readouterr().err


def test_asserts_that_are_compiled_away_are_not_the_baseline(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-O", str(BENCHMARKS / "call.py"), "--libs", "assert", "--workloads", "pre1", "--rounds", "1"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 1
    assert "is this run under -O?" in done.stderr


def test_a_section_is_added_beside_the_others() -> None:
    once = results.merge("", "call.py on Python 3.12", "old figures")

    both = results.merge(once, "call.py on Python 3.11", "other figures")

    assert both.index("other figures") < both.index("old figures")
    assert both.count("# Benchmark results") == 1


def test_a_section_replaces_only_itself() -> None:
    text = results.merge("", "call.py on Python 3.12", "old figures\n\n| a | b |")
    text = results.merge(text, "declare.py on Python 3.12", "kept figures")

    text = results.merge(text, "call.py on Python 3.12", "new figures")

    assert "old figures" not in text
    assert "| a | b |" not in text
    assert "new figures" in text
    assert "kept figures" in text


def test_merging_the_same_section_twice_changes_nothing() -> None:
    once = results.merge(results.merge("", "b", "two"), "a", "one")

    assert results.merge(once, "a", "one") == once


def test_the_spread_of_one_process_is_that_of_its_two_halves() -> None:
    base = call.Reading(10, 10, 10)
    run = call.Run({"pre1": {"culpa": call.Reading(20, 20, 22), "assert": base}}, {}, {})

    assert call.combine([run], "pre1", "culpa") == call.Cell(2.0, pytest.approx(0.1), 20)


def test_several_processes_give_the_median_ratio() -> None:
    base = call.Reading(10, 10, 10)
    runs = [
        call.Run({"pre1": {"culpa": call.Reading(best, best, best), "assert": base}}, {}, {}) for best in (11, 30, 12)
    ]

    assert call.combine(runs, "pre1", "culpa") == call.Cell(1.2, pytest.approx(1.9 / 1.2), 12)


def test_the_geometric_mean_lets_opposite_ratios_cancel() -> None:
    assert call.geometric_mean([2, 0.5]) == pytest.approx(1)

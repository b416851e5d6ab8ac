"""Check the files in tests/typing with mypy and pyright, both strict and without a plugin, and run the good ones."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.checkers import Remark, compare, run_mypy, run_pyright

if TYPE_CHECKING:
    from collections.abc import Callable

    Checker = Callable[[Path, Path, Path], list[Remark]]

TESTS = Path(__file__).parent
CASES = TESTS / "typing"
SOURCE = TESTS.parent / "src"
GOOD_CASES = sorted(path for path in CASES.glob("*.py") if not path.name.startswith("wrong_"))

SAMPLE = """
from typing import reveal_type

x: int = "a"  # E[mypy]: assignment  # E[pyright]: reportAssignmentType
y: int = "a"  # E: int
z: int = "a"
w: int = 1  # E: nothing of the kind
reveal_type(len("a"))
reveal_type(len("bc"))  # same as above
reveal_type("a")  # same as above
"""


@pytest.mark.parametrize(("name", "run"), [("mypy", run_mypy), ("pyright", run_pyright)])
def test_checkers_say_what_the_cases_expect(name: str, run: Checker, tmp_path: Path) -> None:
    pytest.importorskip(name)

    assert compare(CASES, name, run(CASES, SOURCE, tmp_path)) == []


@pytest.mark.parametrize("case", GOOD_CASES, ids=lambda case: case.stem)
def test_a_case_that_checkers_accept_also_runs(case: Path) -> None:
    assert runpy.run_path(str(case), run_name="__main__")


@pytest.mark.parametrize(("name", "run"), [("mypy", run_mypy), ("pyright", run_pyright)])
def test_differences_from_the_comments_are_reported(name: str, run: Checker, tmp_path: Path) -> None:
    pytest.importorskip(name)
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "sample.py").write_text(SAMPLE)

    faults = compare(folder, name, run(folder, SOURCE, tmp_path))

    assert [fault.partition(" ")[0] for fault in faults] == ["sample.py:6:", "sample.py:7:", "sample.py:10:"]
    assert "unexpected:" in faults[0]
    assert "no error says 'nothing of the kind'" in faults[1]
    assert "reveals" in faults[2]

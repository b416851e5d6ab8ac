"""Keep the house in order: ceilings, floors and the cost of `import culpa`, and prove that each check can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.architecture import (
    TOP,
    Module,
    complex_functions,
    floor_breaches,
    floor_of,
    foreign_imports,
    import_cycles,
    long_files,
    long_functions,
    missing_annotations_import,
    missing_sentence,
    parse,
    read_package,
)

SRC = Path(__file__).parents[1] / "src"
MODULES = read_package(SRC / "culpa")
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)

SLOW_TO_IMPORT = {"ast", "inspect", "dataclasses", "logging", "typing"}
NEW_MODULES = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import culpa
print(*sorted(set(sys.modules) - before))
"""


@each_module
def test_a_file_stays_short(module: Module) -> None:
    assert long_files(module) == []


@each_module
def test_functions_stay_short(module: Module) -> None:
    assert long_functions(module) == []


@each_module
def test_functions_stay_simple(module: Module) -> None:
    assert complex_functions(module) == []


@each_module
def test_a_module_says_its_purpose_first(module: Module) -> None:
    assert missing_sentence(module) == []


@each_module
def test_annotations_cost_nothing_at_run_time(module: Module) -> None:
    assert missing_annotations_import(module) == []


@each_module
def test_below_the_tools_only_the_standard_library_is_imported(module: Module) -> None:
    assert foreign_imports(module) == []


def test_no_modules_import_each_other() -> None:
    assert import_cycles(MODULES) == []


def test_imports_go_down() -> None:
    assert floor_breaches(MODULES) == []


def test_importing_culpa_loads_no_tool_and_nothing_slow() -> None:
    command = [sys.executable, "-I", "-S", "-c", NEW_MODULES, str(SRC)]

    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    assert "culpa" in loaded
    assert loaded & SLOW_TO_IMPORT == set()
    assert {name for name in loaded if name.partition(".")[0] == "culpa" and floor_of(name) == TOP} == set()


# From here on: each check can fail, and says where.


def nested_ifs(count: int) -> str:
    return "def f(x):\n" + "".join(f"    if x == {number}: x += 1\n" for number in range(count))


def body_of(count: int, *, docstring: str = "") -> str:
    return f"def f(x):\n{docstring}" + "    x += 1\n" * count


def test_a_file_over_the_ceiling_is_reported() -> None:
    assert long_files(parse("culpa._x", "x = 1\n" * 300)) == []
    assert long_files(parse("culpa._x", "x = 1\n" * 301)) == ["culpa._x: 301 lines"]


@pytest.mark.parametrize(
    "free",
    ["", '    """One."""\n', '    """One.\n\n    Two.\n    """\n', "    # why\n", "\n", '    "A."\n    # why\n\n'],
)
def test_a_function_over_the_ceiling_is_reported_and_words_are_free(free: str) -> None:
    assert long_functions(parse("culpa._x", body_of(39, docstring=free))) == []
    assert long_functions(parse("culpa._x", body_of(40, docstring=free))) == ["culpa._x:1: f has 41 code lines"]


def test_a_branch_too_many_is_reported() -> None:
    assert complex_functions(parse("culpa._x", nested_ifs(9))) == []
    assert complex_functions(parse("culpa._x", nested_ifs(10))) == ["culpa._x:1: f has complexity 11"]


@pytest.mark.parametrize(
    ("branch", "weight"),
    [
        ("for _ in x: pass", 1),
        ("while x: pass", 1),
        ("async for _ in x: pass", 1),
        ("x = 1 if x else 2", 1),
        ("x = [y for y in x if y if not y]", 2),
        ("x = [y for y in x]", 0),
        ("x = lambda: 1 if x else 2", 1),
        ("try: pass\n except A: pass\n except B: pass", 2),
        ("match x:\n  case 1: pass\n  case 2: pass\n  case _: pass", 2),
        ("def g(y):\n  if y: pass", 0),
    ],
)
def test_every_kind_of_branch_is_counted_once(branch: str, weight: int) -> None:
    ifs = " if x: pass\n" * (10 - weight)

    complaints = complex_functions(parse("culpa._x", f"async def f(x):\n{ifs} {branch}\n"))

    assert complaints == ["culpa._x:1: f has complexity 11"]


@pytest.mark.parametrize("body", ["import culpa._b", "from culpa import _b", "def f():\n    from culpa._b import name"])
def test_modules_that_import_each_other_are_reported(body: str) -> None:
    modules = [parse("culpa", ""), parse("culpa._a", body), parse("culpa._b", "from culpa._a import x")]

    [ring] = import_cycles(modules)

    assert "culpa._a imports culpa._b" in ring


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_an_import_for_checkers_only_makes_no_cycle(guard: str) -> None:
    modules = [
        parse("culpa._a", f"if {guard}:\n    import culpa._b"),
        parse("culpa._b", "import culpa._a"),
    ]

    assert import_cycles(modules) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("culpa._words", "from culpa._model import Clause"),
        ("culpa._words", "import culpa.errors"),
        ("culpa._model", "def f():\n    from culpa import _checks"),
        ("culpa._model", "if TYPE_CHECKING:\n    pass\nelse:\n    import culpa._checks"),
        ("culpa._attach", "import culpa"),
        ("culpa._attach", "import culpa.cli"),
        ("culpa", "def f():\n    import culpa.cli"),
        ("culpa._attach", "from ._model import Clause"),
        ("culpa.cli.list", "import culpa.erase"),
        ("culpa.erase", "def f():\n    import culpa.cli"),
        ("culpa.erase", "def f():\n    import culpa.testing"),
    ],
)
def test_an_import_that_does_not_go_down_is_reported(name: str, body: str) -> None:
    [complaint] = floor_breaches([parse("culpa._checks", ""), parse(name, body)])

    assert complaint.startswith(f"{name}:")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("culpa._model", "from culpa._words import KINDS"),
        ("culpa._words", "if TYPE_CHECKING:\n    import culpa._model"),
        ("culpa.erase.plan", "import culpa\nfrom culpa._reader import declarations\nfrom culpa.erase import spans"),
        ("culpa.cli.list", "def f():\n    import culpa.erase"),
        ("culpa.__main__", "from culpa.cli import main"),
    ],
)
def test_an_import_that_goes_down_is_fine(name: str, body: str) -> None:
    assert floor_breaches([parse(name, body)]) == []


def test_a_library_below_the_tools_is_reported() -> None:
    assert foreign_imports(parse("culpa._model", "def f():\n    import numpy.linalg")) == [
        "culpa._model:2: imports numpy.linalg"
    ]
    assert foreign_imports(parse("culpa._model", "import os.path\nimport culpa.errors")) == []
    assert foreign_imports(parse("culpa.testing", "import hypothesis")) == []


@pytest.mark.parametrize("source", ["", "x = 1", "x = 1\n'Say it late.'", "'no sentence'", "'Sentence'", "# Say it.\n"])
def test_a_module_without_a_first_sentence_is_reported(source: str) -> None:
    assert missing_sentence(parse("culpa._x", source)) == ["culpa._x: first statement is no docstring sentence"]


@pytest.mark.parametrize("source", ["'Say it.'", "'''Say it over\ntwo lines.\n\nThen more'''\nx = 1"])
def test_a_module_with_a_first_sentence_is_fine(source: str) -> None:
    assert missing_sentence(parse("culpa._x", source)) == []


@pytest.mark.parametrize("source", ["x = 1", "'Say it.'\nimport os\nfrom __future__ import annotations"])
def test_a_module_without_the_annotations_import_is_reported(source: str) -> None:
    assert missing_annotations_import(parse("culpa._x", source)) == [
        "culpa._x: no `from __future__ import annotations`"
    ]


@pytest.mark.parametrize("source", ["", "'Say it.'", "'Say it.'\nfrom __future__ import annotations\nimport os"])
def test_a_module_with_it_or_without_code_is_fine(source: str) -> None:
    assert missing_annotations_import(parse("culpa._x", source)) == []

"""Golden texts: the code that runs for representative functions, and what violations say, the same on every Python.

`pytest --update` writes them anew. A change is reviewed as a diff.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import culpa
from golden import functions, reports

HERE = Path(__file__).parent


def described(functions_: ModuleType) -> str:
    """Return the code of everything under contract in a module, under the name of each."""
    found: list[str] = []
    for name, value in vars(functions_).items():
        for full, member in [(name, value), *((f"{name}.{part}", inner) for part, inner in members_of(value))]:
            if callable(member) and culpa.contract_of(member) and not inspect.isclass(member):
                found.append(f"# {full}\n{culpa.source_of(member)}")
    return "\n".join(found)


def members_of(value: Any) -> list[tuple[str, Any]]:
    return list(vars(value).items()) if inspect.isclass(value) and value.__module__ == functions.__name__ else []


def reported(cases: ModuleType) -> str:
    """Return what each function without parameters ends in, with the names of files for their paths."""
    found: list[str] = []
    for name, case in vars(cases).items():
        if type(case) is FunctionType and case.__module__ == cases.__name__ and not inspect.signature(case).parameters:
            with pytest.raises(culpa.ContractError) as caught:
                case()
            text = re.sub(r"[^\s\"']*[/\\]golden[/\\]", "", f"{type(caught.value).__name__}: {caught.value}")
            found.append(f"# {name}\n{text}\n")
    return "\n".join(found)


@pytest.mark.parametrize(
    ("name", "made"), [("functions.txt", lambda: described(functions)), ("reports.txt", lambda: reported(reports))]
)
def test_the_text_is_golden(name: str, made: Any, request: pytest.FixtureRequest) -> None:
    text = made()
    if request.config.getoption("--update"):
        (HERE / name).write_text(text, encoding="utf-8")

    assert text == (HERE / name).read_text(encoding="utf-8")


def test_the_golden_code_is_python() -> None:
    tree = ast.parse((HERE / "functions.txt").read_text(encoding="utf-8"))

    assert all(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in tree.body)
    assert len(tree.body) > 12


def test_every_report_blames_somebody() -> None:
    texts = (HERE / "reports.txt").read_text(encoding="utf-8").split("\n# ")

    assert len(texts) > 10
    assert all("blame the " in text for text in texts)

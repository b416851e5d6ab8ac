"""Runs every rule a second time on code whose source cannot be found: the same verdicts, poorer texts."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest


class WithoutSource(pytest.Module):
    """The tests of one file, compiled under a name that no file has."""

    def _getobj(self) -> Any:
        text = self.path.read_text(encoding="utf-8")
        module = types.ModuleType(f"{self.path.stem}_without_source")
        sys.modules[module.__name__] = module  # dataclasses look their module up
        module.__file__ = str(self.path)  # for the markers; not the name in the code
        exec(compile(text, f"<no source: {self.path.name}>", "exec", dont_inherit=True), vars(module))
        return module


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent != Path(__file__).parent or not file_path.match("test_*.py"):
        return None
    return WithoutSource.from_parent(
        parent, path=file_path, nodeid=f"{parent.nodeid}/{file_path.stem}[without source].py"
    )

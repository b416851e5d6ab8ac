"""Runs Python in a process of its own, with the library that these tests import."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import culpa

if TYPE_CHECKING:
    from subprocess import CompletedProcess

LIBRARY = Path(culpa.__file__).parents[1]


def python(
    *arguments: str | Path, cwd: Path | None = None, stdin: str = "", env: dict[str, str] | None = None
) -> CompletedProcess[str]:
    """Run the interpreter and return what it said; that it ends well is for the test to ask."""
    variables = {**os.environ, "PYTHONPATH": str(LIBRARY), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **(env or {})}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        check=False,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=variables,
        timeout=120,
    )


def script(directory: Path, text: str, name: str = "main.py") -> Path:
    """Write a program and return its path; markers in it are read as in a test."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def printed(done: CompletedProcess[str]) -> str:
    """Return the output of a program that ended well and complained of nothing."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout

"""Reads the lines that a test's own comments mark: expectations that the library has no part in."""

from __future__ import annotations

import re
from pathlib import Path


def lines_of(file: str) -> dict[str, int]:
    """Return the number of each line that ends in a comment `# @name`, by that name."""
    found: dict[str, int] = {}
    for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1):
        marker = re.search(r"# @([\w-]+)$", line)
        if marker:
            assert marker[1] not in found, f"{file}:{number}: two lines are called {marker[1]}"
            found[marker[1]] = number
    return found

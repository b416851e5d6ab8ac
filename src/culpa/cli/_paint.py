"""Colours text for a terminal, and leaves it alone everywhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_CODES = {"title": "1", "guilty": "1;31", "quiet": "2", "kind": "36"}


def painter(stream: TextIO) -> Callable[[str, str], str]:
    """Return `paint(text, style)` for what goes to `stream`: colour needs a terminal, and no NO_COLOR in the way."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return lambda text, _style: text
    return lambda text, style: f"\033[{_CODES[style]}m{text}\033[0m"


def printable(text: str) -> str:
    """Return `text` with its control characters escaped: it comes from somebody's file and stays on its line."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)

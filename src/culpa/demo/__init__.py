"""Shows what culpa does on a small real program: `python -m culpa demo`."""

from __future__ import annotations

from culpa.demo.tour import run

__all__ = ["run"]

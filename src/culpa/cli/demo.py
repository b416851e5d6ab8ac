"""Runs `culpa demo`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from culpa.cli._paint import painter

if TYPE_CHECKING:
    import argparse

NAME = "demo"
SUMMARY = "take a two-minute tour: one small real program, each party blamed once"
EPILOG = """\
example:
  python -m culpa demo
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add no options: the tour is the same for everybody."""


def run(_options: argparse.Namespace) -> int:
    """Write the tour to standard output."""
    from culpa import demo

    return demo.run(sys.stdout, painter(sys.stdout))

"""Runs the command line: `python -m culpa`."""

from __future__ import annotations

import sys

from culpa.cli import main

if __name__ == "__main__":
    sys.exit(main())

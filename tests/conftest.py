"""Adds the options of this suite. pytest reads them here only: in a directory's own file it would look too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the golden texts anew; review them as a diff")

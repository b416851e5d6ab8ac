"""culpa where no source can be found: the same contracts, predicates called."""

from __future__ import annotations

import importlib

NAME = "culpa-called"
PACKAGE = "culpa"
ERROR = "culpa:ContractError"
NOT_CHECKED = "what the column `culpa` does not: without source only texts and values are poorer"
HEADER = "from culpa import ensure, invariant, require, snapshot"
REQUIRE = "@require(lambda x: x > -{n})"
ENSURE = "@ensure(lambda x, result: result > x - {n})"
SOURCELESS = True
PLACEMENT = "around, called"


def placement_of(function: object) -> str:
    """The placement that culpa says it used."""
    # Not at the top: the adapter is read where culpa is not installed, and before its import is timed.
    return str(importlib.import_module("culpa").contract_of(function).placement)

"""culpa with its source at hand: predicates inlined."""

from __future__ import annotations

import importlib

NAME = "culpa"
PACKAGE = "culpa"
ERROR = "culpa:ContractError"
NOT_CHECKED = (
    "calls that a predicate makes while it is evaluated, invariants at an assignment from outside "
    "(unless on_setattr asks for it); it is not timed in rows with `-`"
)
HEADER = "from culpa import ensure, invariant, require, snapshot"
REQUIRE = "@require(lambda x: x > -{n})"
ENSURE = "@ensure(lambda x, result: result > x - {n})"
PLACEMENT = "around, inlined"


def placement_of(function: object) -> str:
    """The placement that culpa says it used."""
    # Not at the top: the adapter is read where culpa is not installed, and before its import is timed.
    return str(importlib.import_module("culpa").contract_of(function).placement)

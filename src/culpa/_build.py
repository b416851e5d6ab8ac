"""Builds the checked function of a contract: statements, their place, code."""

from __future__ import annotations

from types import CellType

from culpa import _verdict  # at the first contract: at the first violation, nothing may be importable any more
from culpa._around import binder, wrapper
from culpa._boundary import Boundary, Failure, Link
from culpa._checks import Checks, emit
from culpa._frozen import frozen, replace
from culpa._load import load
from culpa._statements import Objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any

    from culpa._model import Contract, Routine


@frozen
class Plan:
    """What a checked function is made of."""

    boundary: Boundary
    checks: Checks
    objects: Objects


def build(
    contract: Contract,
    routine: Routine,
    inner: Boundary | None,
    bind: Callable[..., Any] | None,
    defaults: tuple[Any, ...],
    keyword_defaults: dict[str, Any],
) -> FunctionType:
    """Return a function that checks `contract` around `routine`."""
    made = plan(contract, routine, inner)
    boundary = made.boundary
    boundary.contract = replace(contract, placement=f"around, {made.checks.predicates}")
    if inner is not None:
        inner.is_layered = True
    if not routine.exact:
        boundary.bind = bind or load(binder(routine), routine, {}, defaults, keyword_defaults)
        defaults, keyword_defaults = (), {}
    definition = syntax(made)
    cells = {**made.checks.cells, **{name: CellType(value) for name, value in made.objects.held.items()}}
    return load(definition, routine, cells, defaults, keyword_defaults, Link(boundary))


def plan(contract: Contract, routine: Routine, inner: Boundary | None) -> Plan:
    """Return the checks of `contract`, and the objects that they call."""
    boundary = Boundary(contract, routine, inner, _verdict)
    objects = Objects({})
    checks = emit(contract, routine, objects, boundary, lambda clause: Failure(clause, boundary))
    return Plan(boundary, checks, objects)


def syntax(made: Plan) -> ast.FunctionDef:
    """Return the definition of the function that really runs."""
    return wrapper(made.boundary.routine, made.checks, made.objects, made.boundary)

"""Builds the checked function of a contract: statements, their place, code."""

from __future__ import annotations

from culpa._around import binder, wrapper
from culpa._boundary import Boundary, Failure
from culpa._checks import Checks, Constants, emit
from culpa._frozen import frozen
from culpa._load import load
from culpa._model import Contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from types import FunctionType
    from typing import Any

    from culpa._boundary import Judge
    from culpa._model import Clause, Routine


@frozen
class Plan:
    """What a checked function is made of."""

    boundary: Boundary
    checks: Checks
    constants: Constants


def build(
    clauses: tuple[Clause, ...],
    routine: Routine,
    inner: Boundary | None,
    bind: FunctionType | None,
    defaults: tuple[Any, ...],
    keyword_defaults: dict[str, Any],
) -> FunctionType:
    """Return a function that checks `clauses` around `routine`."""
    made = plan(Contract(routine.qualname, clauses), routine, inner)
    boundary = made.boundary
    boundary.contract = Contract(routine.qualname, clauses, f"around, {made.checks.predicates}")
    if inner is not None:
        inner.is_layered = True
    if not routine.exact:
        boundary.bind = bind or load(binder(routine), routine, {}, {}, defaults, keyword_defaults)
        defaults, keyword_defaults = (), {}
    return load(syntax(made), routine, made.constants.objects, made.checks.cells, defaults, keyword_defaults)


def plan(contract: Contract, routine: Routine, inner: Boundary | None) -> Plan:
    """Return the checks of `contract`, and the objects that they call."""
    boundary = Boundary(contract, routine, inner, _judge)
    constants = Constants({}, {})
    failures = {id(clause): Failure(clause, boundary) for clause in contract.clauses}
    checks = emit(contract, routine, constants, boundary, lambda clause: failures[id(clause)])
    return Plan(boundary, checks, constants)


def syntax(made: Plan) -> ast.FunctionDef:
    """Return the definition of the function that really runs."""
    boundary = made.boundary
    return wrapper(boundary.routine, made.checks, made.constants, boundary, boundary.body)


def _judge() -> Judge:
    """Load what reports are made of, at the first violation and not before."""
    from culpa import _verdict

    return _verdict

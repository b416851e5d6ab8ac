"""Builds the checked function of a contract: statements, their place, code."""

from __future__ import annotations

import ast
from types import CellType, FunctionType

from culpa import _verdict  # at the first contract: at the first violation, nothing may be importable any more
from culpa._around import binder, wrapper
from culpa._boundary import Boundary
from culpa._checks import Checks, emit
from culpa._failure import Failure
from culpa._frozen import frozen, replace
from culpa._guards import Guard, Guards
from culpa._link import Link
from culpa._load import load
from culpa._statements import RESULT, Objects, at, line_of, local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from culpa._model import Clause, Contract, Routine

CLASS = "__class__"


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
    cell = _class_cell(routine)
    if cell is not None:
        # Never reached, it makes the cell a part of the closure: attrs, which makes a second class with slots, looks
        # for it there, and fills in the second class.
        cells[CLASS] = cell
        definition.body.append(at(ast.Expr(local(CLASS)), line_of(routine.line)))
    return load(definition, routine, cells, defaults, keyword_defaults, Link(boundary))


def _class_cell(routine: Routine) -> CellType | None:
    """Return the cell that `super()` reads in a method, if it has one."""
    call = routine.call
    if type(call) is not FunctionType or CLASS not in call.__code__.co_freevars:
        return None
    return dict(zip(call.__code__.co_freevars, call.__closure__ or (), strict=True))[CLASS]


def plan(contract: Contract, routine: Routine, inner: Boundary | None) -> Plan:
    """Return the checks of `contract`, and the objects that they call."""
    boundary = Boundary(contract, routine, inner, _verdict)
    boundary.guards = guards = _guards(boundary)
    objects = Objects({})

    def failure(clause: Clause, phase: str) -> Failure | Guard:
        if guards is None or clause.kind != "invariant":
            return Failure(clause, boundary)
        return Guard(guards, clause, "entry" if phase else guards.phase)

    return Plan(boundary, emit(contract, routine, objects, boundary, failure), objects)


def _guards(boundary: Boundary) -> Guards | None:
    """Return the invariants of the object that the routine works on, or makes."""
    invariants = boundary.contract.of_kind("invariant")
    if not invariants:
        return None
    role, names = boundary.routine.role, boundary.routine.names
    return Guards(boundary, invariants, *((RESULT, "birth") if role == "make" else (names[0], role)))


def syntax(made: Plan) -> ast.FunctionDef:
    """Return the definition of the function that really runs."""
    return wrapper(made.boundary.routine, made.checks, made.objects, made.boundary)

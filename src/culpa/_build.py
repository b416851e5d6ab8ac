"""Builds the checked function of a contract: statements, their place, code."""

from __future__ import annotations

import ast
from _weakref import ref
from types import CellType, CodeType, FunctionType

from culpa import _verdict  # at the first contract: at the first violation, nothing may be importable any more
from culpa._around import binder, wrapper
from culpa._boundary import Boundary
from culpa._checks import Checks, emit
from culpa._failure import Failure
from culpa._frozen import frozen, replace
from culpa._guards import Guard, Guards
from culpa._handover import Handover
from culpa._link import Link, strongly
from culpa._load import adopt, compiled, load, make_function
from culpa._model import FLOWS, Contract
from culpa._statements import BODY, RESULT, Objects, at, line_of, local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from culpa._model import Clause, Routine
    from culpa._parties import Parties

CLASS = "__class__"
CO_ITERABLE_COROUTINE = 0x100
"""The flag of a generator that can be awaited: `types.coroutine`."""


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
    judge: Any = _verdict,
) -> FunctionType:
    """Return a function that checks `contract` around `routine`; `judge` says what a failure means.

    A coroutine function and a generator function are checked twice: what must hold before a call at the call, although
    nothing runs yet (semantics R20, R21), and the rest when it runs, by a function of the same kind.
    """
    if inner is not None:
        inner.is_layered = True
    whole = Making(routine, bind, defaults, keyword_defaults)
    if routine.flow == "plain":
        return _made(plan(contract, routine, inner, "whole", judge), whole, routine.call)
    running = plan(contract, routine, inner, "run", judge)
    run = _made(running, whole, routine.call)
    calling = plan(contract, routine, running.boundary, "call", judge)
    if not (calling.checks.head or calling.checks.carried):
        return run
    return _made(calling, whole, run)


@frozen
class Making:
    """How the routine is made: what binds its arguments, and its defaults."""

    routine: Routine
    bind: Callable[..., Any] | None
    defaults: tuple[Any, ...]
    keyword_defaults: dict[str, Any]


def _made(made: Plan, making: Making, body: object) -> FunctionType:
    boundary, routine = made.boundary, making.routine
    defaults, keyword_defaults = making.defaults, making.keyword_defaults
    boundary.contract = replace(boundary.contract, placement=f"around, {made.checks.predicates}")
    boundary.defaults = _defaults(routine, defaults, keyword_defaults)
    if not routine.exact:
        boundary.bind = making.bind or load(binder(routine), routine, {}, defaults, keyword_defaults)
        defaults, keyword_defaults = (), {}
    if boundary.part == "run":
        keyword_defaults = {**keyword_defaults, **dict.fromkeys(made.checks.carried)}
    definition = wrapper(routine, made.checks, made.objects, boundary, body)
    cells = {**made.checks.cells, **{name: CellType(value) for name, value in made.objects.held.items()}}
    cell = _class_cell(routine)
    if cell is not None:
        # Never reached, it makes the cell a part of the closure: attrs, which makes a second class with slots, looks
        # for it there, and fills in the second class.
        cells[CLASS] = cell
        definition.body.append(at(ast.Expr(local(CLASS)), line_of(routine.line)))
    flags = next((flag for flag, flow in FLOWS.items() if flow == routine.flow), 0) if boundary.part == "call" else 0
    flags |= CO_ITERABLE_COROUTINE & (0 if routine.code is None or routine.flow == "plain" else routine.code.co_flags)
    return load(definition, routine, cells, defaults, keyword_defaults, Link(boundary), flags=flags)


def _defaults(routine: Routine, defaults: tuple[Any, ...], keyword_defaults: dict[str, Any]) -> dict[str, Any]:
    names = [p.name for p in routine.parameters if p.default and p.kind in ("positional", "standard")]
    return dict(zip(names, defaults, strict=False)) | keyword_defaults


def cast(handover: Handover, routine: Routine, parties: Parties) -> FunctionType:
    """Return a callable that was handed over, as a function that checks its contract."""
    contract = Contract(parties.title, handover.clause.contracts)
    if routine.flow != "plain":
        made = build(contract, routine, None, parties.bound, (), {}, parties)
    else:
        key = id(handover.clause)
        shape: Any = handover.shapes.get(key)
        if shape is None:
            handover.shapes[key] = shape = _shape(plan(contract, routine, None, "whole", parties), routine)
        made = _cast(shape, contract, routine, parties)
    adopt(made, routine.call)
    vars(made)["__wrapped__"] = routine.call
    return made


@frozen
class Shape:
    """The code that checks a contract, whatever callable it is: compiled once."""

    code: CodeType
    cells: dict[str, CellType]
    checks: dict[str, Clause]


def _shape(made: Plan, routine: Routine) -> Shape:
    cells = {**made.checks.cells, **{name: CellType(value) for name, value in made.objects.held.items()}}
    definition = wrapper(routine, made.checks, made.objects, made.boundary, routine.call)
    cells = {**cells, **dict.fromkeys((".contract", BODY), CellType())}
    code = compiled(definition, routine.file, tuple(cells))
    checks: dict[str, Any] = vars(made.boundary)
    clauses = {name: check.clause for name, check in checks.items()}
    checks.clear()  # a cycle, which would keep the first callable
    return Shape(code, cells, clauses)


def _cast(shape: Shape, contract: Contract, routine: Routine, parties: Parties) -> FunctionType:
    judge: Any = parties
    boundary = Boundary(contract, routine, None, judge)
    boundary.bind = parties.bound
    for name, clause in shape.checks.items():
        made = Handover(clause, ref(boundary), cast) if clause.kind == "callback" else Failure(clause, ref(boundary))
        setattr(boundary, name, made)
    cells = {**shape.cells, ".contract": CellType(boundary), BODY: CellType(routine.call)}
    code = shape.code.replace(
        co_consts=(*shape.code.co_consts, Link(boundary)), co_name=routine.name, co_qualname=routine.qualname
    )
    return make_function(code, routine.namespace, cells, (), {})


def _class_cell(routine: Routine) -> CellType | None:
    """Return the cell that `super()` reads in a method, if it has one."""
    call = routine.call
    if type(call) is not FunctionType or CLASS not in call.__code__.co_freevars:
        return None
    return dict(zip(call.__code__.co_freevars, call.__closure__ or (), strict=True))[CLASS]


def plan(
    contract: Contract, routine: Routine, inner: Boundary | None, part: str = "whole", judge: Any = _verdict
) -> Plan:
    """Return the checks of `contract`, or a part of them, and the objects that they call."""
    boundary = Boundary(contract, routine, inner, judge, part)
    held = strongly(boundary) if judge is _verdict else ref(boundary)  # what is handed over dies with its last use
    boundary.guards = guards = _guards(boundary, held)
    objects = Objects({})

    def failure(clause: Clause, phase: str) -> Failure | Guard | Handover:
        if clause.kind == "callback":
            return Handover(clause, held, cast)
        if guards is None or clause.kind != "invariant":
            return Failure(clause, held)
        return Guard(guards, clause, "entry" if phase else guards.phase)

    return Plan(boundary, emit(contract, routine, objects, boundary, failure), objects)


def _guards(boundary: Boundary, held: Callable[[], Boundary | None]) -> Guards | None:
    """Return the invariants of the object that the routine works on, or makes."""
    invariants = boundary.contract.of_kind("invariant")
    if not invariants:
        return None
    role, names = boundary.routine.role, boundary.routine.names
    return Guards(held, invariants, *((RESULT, "birth") if role == "make" else (names[0], role)))


def syntax(made: Plan) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Return the definition of the function that really runs."""
    return wrapper(made.boundary.routine, made.checks, made.objects, made.boundary, made.boundary.routine.call)

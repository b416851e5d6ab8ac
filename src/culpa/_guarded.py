"""Makes a routine check the invariants of its object: the function again, or a callable in C, with its guards."""

from __future__ import annotations

from culpa._build import build
from culpa._callable import inner_of
from culpa._frozen import frozen, replace
from culpa._guards import AFTER_INIT
from culpa._model import Contract, Parameter, Routine
from culpa._routine import describe
from culpa._wrap import boundary_in, checked_function, with_contract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FunctionType
    from typing import Any

    from culpa._model import Clause
    from culpa.errors import Site

ANY = (Parameter("self", "positional"), Parameter("args", "star"), Parameter("kwargs", "double star"))
"""The parameters by which a method is called as it was, and its object known."""


@frozen
class Keeping:
    """What a routine has to keep: the invariants, and when, its `role`.

    `siblings` are the names of the routines of its class; `placed` is where a violation says that the routine is, if
    that is not where its code says; `definer`, the body of the class whose `def` it is; `completes`, where the class
    is whose generated constructor calls it at its end.
    """

    invariants: Sequence[Clause]
    siblings: frozenset[str]
    role: str = "exit"
    placed: tuple[str, int] | None = None
    definer: CodeType | None = None
    completes: Site | None = None


def guarded(function: Any, keeping: Keeping) -> Any:
    """Return a routine with the invariants checked; itself, if they are already."""
    if _keys(keeping.invariants) <= _keys(_guards_of(function)):
        return function
    boundary, checked = boundary_in(function), checked_function(function)
    if boundary is not None and checked is not None:
        routine, contract = boundary.routine, boundary.contract
        defaults, keyword_defaults, bind = checked.__defaults__ or (), checked.__kwdefaults__ or {}, boundary.bind
    else:
        routine, defaults, keyword_defaults = describe(function, None)
        contract, bind = Contract(routine.qualname), None
        if not routine.exact or not _has_self(routine):
            routine, defaults, keyword_defaults = replace(routine, parameters=ANY, exact=True), (), {}
    routine = _keeping(routine, keeping)
    others = [clause for clause in contract.clauses if clause.kind != "invariant"]
    contract = replace(contract, clauses=(*others, *_bound(keeping, routine)))
    made = with_contract(contract, routine, function, defaults, keyword_defaults, bind)
    if routine.parameters is ANY and inner_of(function, "__wrapped__") is None:
        from inspect import signature

        made.__signature__ = signature(function)
    return made


def guarded_callable(
    call: Callable[..., Any], name: str, parameters: tuple[Parameter, ...], cls: type, keeping: Keeping
) -> FunctionType:
    """Return a method of `cls` that does what `call` does, and checks the invariants: `call` is nothing in Python."""
    qualname = f"{cls.__qualname__}.{'__init__' if name in AFTER_INIT else name}"
    file, line = keeping.placed or ("<unknown>", 1)
    bare = Routine(call, name, qualname, parameters, True, None, None, {}, _namespace(cls), file, line)
    routine = _keeping(bare, keeping)
    made = build(Contract(qualname, _bound(keeping, routine)), routine, None, None, (), {})
    made.__qualname__, made.__module__ = qualname, cls.__module__
    return made


def _keeping(routine: Routine, keeping: Keeping) -> Routine:
    if keeping.placed is not None:
        routine = replace(routine, code=None, file=keeping.placed[0], line=keeping.placed[1])
    return replace(
        routine,
        siblings=keeping.siblings,
        role=keeping.role,
        definer=routine.definer or keeping.definer,
        completes=keeping.completes,
    )


def _bound(keeping: Keeping, routine: Routine) -> tuple[Clause, ...]:
    """Return the invariants, read by the local of a routine that has the object."""
    subject = "result" if keeping.role == "make" else routine.names[0]
    return tuple(replace(clause, arguments=(subject,) * len(clause.names)) for clause in keeping.invariants)


def bare_call(function: Any) -> Any:
    """Return what a routine calls beneath its checks; itself if it has none."""
    boundary = boundary_in(function)
    return function if boundary is None else boundary.routine.call


def _guards_of(function: Any) -> tuple[Clause, ...]:
    boundary = boundary_in(function)
    return () if boundary is None else boundary.contract.of_kind("invariant")


def _keys(clauses: Sequence[Clause]) -> set[int]:
    return {id(clause.place) for clause in clauses}


def _has_self(routine: Routine) -> bool:
    return bool(routine.parameters) and routine.parameters[0].kind in ("positional", "standard")


def _namespace(cls: type) -> dict[str, Any]:
    import sys

    module = sys.modules.get(cls.__module__)
    return {} if module is None else vars(module)

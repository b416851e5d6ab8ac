"""Brings contract and function together: finds the function in what is decorated, and returns it checked."""

from __future__ import annotations

import sys

from culpa._callable import given
from culpa._classes import inherit
from culpa._descriptors import functions_of, with_functions
from culpa._frozen import replace
from culpa._hook import chain, watch
from culpa._invariants import guard
from culpa._model import Contract
from culpa._refuse import no_target, refuse_class, refuse_flow, refuse_names, refuse_target, refuse_widening, titled
from culpa._routine import describe
from culpa._wrap import boundary_in, checked_function, with_contract
from culpa.errors import DeclarationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from culpa._model import Clause


class Decorator:
    """What `require(...)` and the others give: decorates any number of functions, in any module."""

    __slots__ = ("clauses",)

    def __init__(self, clauses: tuple[Clause, ...]) -> None:
        self.clauses = clauses

    def __call__(self, *targets: Any, **keywords: Any) -> Any:
        """Return the one target with the contract checked. Raises `DeclarationError` if it cannot be."""
        try:
            if len(targets) != 1 or keywords:
                raise DeclarationError(no_target(self.clauses[0]))
            frame = sys._getframe(1)
            if self.clauses[0].kind == "invariant":
                return keep(self.clauses[0], targets[0], frame)
            made = attach(self.clauses, targets[0], frame)
            watch(frame, inherit)
            return made
        except DeclarationError as error:
            error.__traceback__ = None  # the next entry is the line of the decorator
            raise

    def __repr__(self) -> str:
        return ", ".join(titled(clause) for clause in self.clauses)


def attach(clauses: tuple[Clause, ...], target: Any, frame: FrameType) -> Any:
    """Return `target`, decorated in `frame`, with `clauses` checked before those that it has.

    Descriptors come back as what they were, around a checked function. Raises `DeclarationError` for what can have
    no contract, or not this one.
    """
    places = functions_of(target)
    if issubclass(type(target), property):
        places = dict([_accessor(clauses, target, frame)])
    if places and "" not in places:
        made = {place: attach(clauses, function, frame) for place, function in places.items()}
        return with_functions(target, made)
    refuse_target(clauses[0], target)
    boundary, function = boundary_in(target), checked_function(target)
    if boundary is None or function is None:
        routine, defaults, keyword_defaults = describe(target, frame)
        refuse_widening(clauses, routine)
        refuse_flow(clauses, routine)
        refuse_names(clauses, routine)
        return with_contract(Contract(routine.qualname, clauses), routine, target, defaults, keyword_defaults)
    contract = Contract(boundary.routine.qualname, (*clauses, *boundary.contract.clauses))
    refuse_flow(clauses, boundary.routine)
    refuse_names(contract.clauses, boundary.routine)
    defaults, keyword_defaults = function.__defaults__ or (), function.__kwdefaults__ or {}
    return with_contract(contract, boundary.routine, target, defaults, keyword_defaults, boundary.bind)


def keep(invariant: Clause, target: Any, frame: FrameType) -> Any:
    """Return the class `target`, decorated in `frame`, with one more invariant, checked before those that it has."""
    refuse_class(invariant, target)
    cls: type = target
    clause = replace(invariant, origin=cls.__name__)
    chain(cls, inherit).add(clause)
    guard(cls, frame)
    return cls


def _accessor(clauses: tuple[Clause, ...], target: property, frame: FrameType) -> tuple[str, Any]:
    """Return the accessor that was added last: the one that the class body's property of that name lacks."""
    there = functions_of(target)
    names = [given(function, "__name__", str) for function in there.values()]
    before = next((value for name, value in frame.f_locals.items() if name in names), None)
    if isinstance(before, property):
        known = {id(before.fget), id(before.fset), id(before.fdel)}
        added = {name: function for name, function in there.items() if id(function) not in known}
    else:  # a property of a base class that is given one more accessor
        body = f"{frame.f_locals.get('__qualname__')}."
        added = {n: f for n, f in there.items() if (given(f, "__qualname__", str) or "").startswith(body)}
    chosen = there if len(there) == 1 else added
    if len(chosen) != 1:
        name = next(filter(None, names), "name")
        raise DeclarationError(
            f"{clauses[0].kind} on the property {name}: it may be meant for the getter, the setter or the deleter; "
            f"write @{clauses[0].kind}(...) beneath @property, @{name}.setter or @{name}.deleter"
        )
    ((add, function),) = chosen.items()
    return add, function

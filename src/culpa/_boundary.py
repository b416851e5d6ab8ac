"""Stands in the closures of checked functions: the objects that checks call where they fail.

All of it lies on the failing path. What a failure means is for the judge to say.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from culpa._assignment import before
from culpa._link import Unchecked, is_evaluating
from culpa._old import Old
from culpa._raised import NOBODYS, handled, trace_of
from culpa._regions import Regions, regions_of
from culpa.errors import CallerError, ContractError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import Any, Protocol

    from culpa._failure import Failure
    from culpa._guards import Guard, Guards
    from culpa._model import Clause, Contract, Routine

    class Judge(Protocol):
        """Decides which violation a failure is."""

        def broken(self, clause: Clause, boundary: Boundary, frame: FrameType, value: object) -> ContractError: ...

        def verdict(
            self, boundary: Boundary, failure: Failure | Guard | None, error: BaseException, frame: FrameType
        ) -> BaseException: ...

        def refused(self, clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError: ...

        def strengthened(self, clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError: ...

        def unbound(self, boundary: Boundary) -> ContractError: ...

        def unkept(
            self,
            clause: Clause,
            guards: Guards,
            frame: FrameType,
            phase: str,
            value: object,
            inside: FrameType | None = None,
        ) -> ContractError: ...


MARKS: dict[int, None] = {}
"""The threads that evaluate a predicate which is no leaf. Each touches its own key only."""


class Boundary:
    """The border between a routine and its callers: says what an exception that crosses it means."""

    __slots__ = (
        "__dict__",  # of the checks, by names that begin with a dot
        "__weakref__",
        "bind",
        "contract",
        "guards",
        "inner",
        "is_layered",
        "judge",
        "raises",
        "regions",
        "routine",
        "start",
        "stop",
    )
    marks = MARKS
    thread = staticmethod(get_ident)
    before = staticmethod(before)

    def __init__(self, contract: Contract, routine: Routine, inner: Boundary | None, judge: Judge) -> None:
        self.contract = contract
        self.routine = routine
        self.inner = inner
        self.judge = judge
        self.is_layered = False
        self.guards: Guards | None = None
        self.bind: Callable[..., Any] | None = None
        self.raises = contract.of_kind("raises")
        self.start = self.stop = 0  # of the body, once an exception has passed
        self.regions: Regions | None = None

    def is_idle(self) -> bool:
        """Return whether this thread evaluates no predicate, whatever its mark says (greenlets share a thread)."""
        return not is_evaluating(sys._getframe(1).f_back)

    def bound(self, /, *arguments: Any, **keywords: Any) -> tuple[Any, ...] | None:
        """Return the arguments of a call by the routine's parameters, None for a call that does not fit them."""
        try:
            return None if self.bind is None else self.bind(*arguments, **keywords)
        except TypeError:
            return None

    def unbound(self) -> Exception:
        """Return the report on a call that went well although it does not fit the signature."""
        return self.judge.unbound(self)

    def old(self) -> Old:
        """Return an empty `old`, for a predicate that is called."""
        return Old()

    def passes(self) -> bool:
        """Return whether the exception that is being handled goes on unchanged.

        Where it does, the entry of a wrapper's frame is taken out of the traceback.
        """
        error = sys.exception()  # no function of ours in between: there may be no stack for one
        kind, trace = type(error), None if error is None else trace_of(error)
        if (
            error is None or trace is None or (self.regions is None and issubclass(kind, RecursionError))
        ):  # no stack for more
            return True
        # The way of nearly every exception: out of the body, and no contract has to do with it.
        if self.start <= trace.tb_lasti < self.stop and not (
            self.raises or self.guards is not None or issubclass(kind, ContractError)
        ):
            BaseException.with_traceback(error, trace.tb_next)
            return True
        return self._passes(error, trace, sys._getframe(1))

    def _passes(self, error: BaseException, trace: TracebackType, frame: FrameType) -> bool:
        kind = type(error)
        activations: tuple[FrameType, ...] = (
            getattr(error, "_activations", ()) if issubclass(kind, ContractError) else ()
        )
        if issubclass(kind, ContractError) and frame in activations:
            error._activations = tuple(f for f in activations if f is not frame)  # type: ignore[attr-defined]
            return True
        is_of_body = self.regions_in(frame.f_code).is_in_body(trace.tb_lasti)
        if is_of_body and self.guards is not None and self.guards.are_broken_by(error, frame):
            return False
        if not issubclass(kind, Exception):  # a cancellation, an exit: never replaced
            return True
        if not is_of_body:
            return issubclass(kind, NOBODYS)
        is_ours = issubclass(kind, CallerError) or (self._forbids(kind, frame) and not issubclass(kind, NOBODYS))
        if is_ours and not is_evaluating(frame.f_back):
            return False
        BaseException.with_traceback(error, trace.tb_next)
        return True

    def is_unchecked(self) -> bool:
        """Return whether a predicate made this call, so that its checks count for nothing."""
        error, frame = handled(), sys._getframe(1)
        if type(error) is Unchecked:
            return True
        return self._failure(error, frame) is not None and is_evaluating(frame.f_back)

    def has_returned(self) -> bool:
        """Return whether the body had run when the check failed."""
        return ".result" in sys._getframe(1).f_locals

    def verdict(self) -> BaseException:
        """Return the exception to raise in place of the one that is being handled."""
        error, frame = handled(), sys._getframe(1)
        left_broken = None if self.guards is None else self.guards.made.pop(id(frame), None)
        return left_broken or self.judge.verdict(self, self._failure(error, frame), error, frame)

    def regions_in(self, code: CodeType) -> Regions:
        """Return where in the code the body runs, and where each check is made."""
        if self.regions is None:
            self.regions = regions_of(code)
            self.start, self.stop = self.regions.bodies[-2]  # the last one is where nothing is checked
        return self.regions

    def layers(self) -> list[Boundary]:
        """Return this boundary and those beneath it: contracts on one routine with foreign decorators between."""
        found: list[Boundary] = [self]
        while found[-1].inner is not None:
            found.append(found[-1].inner)
        return found

    def _failure(self, error: BaseException, frame: FrameType) -> Failure | Guard | None:
        """Return the check that the exception comes from, or None if it comes from the body."""
        trace = trace_of(error)
        name = None if trace is None else self.regions_in(frame.f_code).check_at(trace.tb_lasti)
        return None if name is None else vars(self)[name]

    def _forbids(self, kind: type[BaseException], frame: FrameType) -> bool:
        """Return whether the `raises` of the routine, or of a base, do not admit the exception (R3)."""
        if not self.raises or issubclass(kind, ContractError):
            return False
        admitting: dict[str, bool] = {}
        number = 0
        for clause in self.raises:
            held = True
            if clause.predicate is not None:
                held = frame.f_locals.get(f".when_{number}", False)
                number += 1
            admits = held and issubclass(kind, clause.exceptions)
            admitting[clause.origin] = admits or admitting.get(clause.origin, False)
        return not all(admitting.values())

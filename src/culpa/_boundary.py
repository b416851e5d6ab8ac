"""Stands in the closures of checked functions: the objects that checks call where they fail.

All of it lies on the failing path. What a failure means is for the judge to say.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from types import FunctionType

from culpa._assignment import before
from culpa._callable import class_of
from culpa._link import REFUSED, Unchecked, boundary_of, is_evaluating
from culpa._old import Old
from culpa._raised import NOBODYS, handled, trace_of
from culpa._regions import Regions, regions_of
from culpa._thrown import begun, is_thrown_in
from culpa.errors import CallerError, ContractError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import Any, Protocol

    from culpa._blame import Place
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

        def regrouped(
            self, boundary: Boundary, group: BaseExceptionGroup[BaseException], frame: FrameType
        ) -> BaseException: ...

        def called(self, boundary: Boundary, frame: FrameType) -> Place: ...

        def activations(self, frame: FrameType, boundary: Boundary) -> tuple[FrameType, ...]: ...

        def unkept(
            self,
            clause: Clause,
            guards: Guards,
            frame: FrameType,
            phase: str,
            value: object,
            inside: FrameType | None = None,
        ) -> ContractError: ...


LONGEST = 1000  # callables under contract in each other; more is a cycle of causes, somebody's bug
MARKS: dict[int, None] = {}
"""The threads that evaluate a predicate which is no leaf. Each touches its own key only."""


class Boundary:
    """The border between a routine and its callers: says what an exception that crosses it means."""

    __slots__ = (
        "__dict__",  # of the checks, by names that begin with a dot
        "__weakref__",
        "bind",
        "contract",
        "defaults",
        "guards",
        "hands",
        "inner",
        "is_layered",
        "judge",
        "made",
        "part",
        "raises",
        "regions",
        "routine",
        "start",
        "stop",
    )
    marks = MARKS
    thread = staticmethod(get_ident)
    before = staticmethod(before)
    begun = staticmethod(begun)
    refused = REFUSED

    def __init__(
        self, contract: Contract, routine: Routine, inner: Boundary | None, judge: Judge, part: str = "whole"
    ) -> None:
        self.part = part  # "call" or "run" of a coroutine or a generator: what is checked when it is made, and later
        self.contract = contract
        self.routine = routine
        self.inner = inner
        self.judge = judge
        self.is_layered = False
        self.guards: Guards | None = None
        self.bind: Callable[..., Any] | None = None
        self.raises = contract.of_kind("raises")
        self.hands = any(clause.kind == "callback" for clause in contract.clauses)
        self.defaults: dict[str, Any] = {}
        self.made: dict[int, BaseException] = {}  # what `passes` found already, by the frame that will ask for it
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

    def called(self) -> Place:
        """Return where the routine is called, for a precondition that is evaluated later."""
        return self.judge.called(self, sys._getframe(1))

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
            self.raises or self.guards is not None or issubclass(kind, ContractError | BaseExceptionGroup)
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
        if not self.regions_in(frame.f_code).is_in_body(trace.tb_lasti):
            return issubclass(kind, NOBODYS) or not issubclass(kind, Exception)
        if self.guards is not None and self.guards.are_broken_by(error, frame):
            return False
        if self._goes_on(error, trace, frame):
            BaseException.with_traceback(error, trace.tb_next)
            return True
        return False

    def _goes_on(self, error: BaseException, trace: TracebackType, frame: FrameType) -> bool:
        """Return whether what comes out of the body leaves the routine as it is; keep what is to be raised if not."""
        kind = type(error)
        if is_evaluating(frame.f_back):
            return True
        if self.routine.flow != "plain" and is_thrown_in(self.routine, trace, frame):
            return True
        made = self._replaced(error, trace, frame)
        if made is error:
            return True
        if made is not None:
            self.made[id(frame)] = made
            return False
        return not (issubclass(kind, CallerError) or (self.forbids(kind, frame) and not issubclass(kind, NOBODYS)))

    def _replaced(self, error: BaseException, trace: TracebackType, frame: FrameType) -> BaseException | None:
        """Return what leaves in place of a group, or of the violation of a callable; None if that is still open."""
        kind = type(error)
        if issubclass(kind, BaseExceptionGroup):
            BaseException.with_traceback(error, trace.tb_next)
            return self.judge.regrouped(self, error, frame)  # type: ignore[arg-type]  # it is a group
        if not issubclass(kind, Exception):  # a cancellation, an exit: never replaced
            return error
        theirs = self.of_my_caller(error, frame) if issubclass(kind, CallerError) else None
        if theirs is not None and theirs is not error:
            theirs.__suppress_context__ = True  # what had wrapped it on the way is no news
            BaseException.with_traceback(error, None).__cause__ = None  # it becomes the context
            BaseException.with_traceback(theirs, None)
        return theirs

    def is_unchecked(self) -> bool:
        """Return whether a predicate made this call, so that its checks count for nothing."""
        error, frame = handled(), sys._getframe(1)
        if type(error) is Unchecked:
            return True
        return self._failure(error, frame) is not None and is_evaluating(frame.f_back)

    def counts(self) -> bool:
        """Return whether what the check of a suspended generator raised goes on."""
        error, frame = handled(), sys._getframe(1)
        kind = type(error)
        if kind is Unchecked:
            return False
        return issubclass(kind, ContractError) or not issubclass(kind, Exception) or not is_evaluating(frame.f_back)

    def has_returned(self) -> bool:
        """Return whether the body had run when the check failed."""
        return ".result" in sys._getframe(1).f_locals

    def verdict(self) -> BaseException:
        """Return the exception to raise in place of the one that is being handled."""
        error, frame = handled(), sys._getframe(1)
        made = self.made.pop(id(frame), None)
        return made or self.judge.verdict(self, self._failure(error, frame), error, frame)

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

    def of_my_caller(self, error: BaseException, frame: FrameType) -> BaseException | None:
        """Return the violation whose culprit is the caller of this very activation, for a callable that it gave (T1).

        The guard of the callable is an argument of the activation. The root comes first, then what wrapped it.
        """
        if not self.hands:
            return None
        given = [guard for value in frame.f_locals.values() for part in _parts(value) for guard in self._guards(part)]
        known: Any = error
        wrapped: list[Any] = [known.root]
        while isinstance(known, CallerError) and len(wrapped) < LONGEST:
            wrapped.append(known)
            known = known.__cause__
        found = [e for e in wrapped if e._handed is not None and any(part is e._handed for part in given)]
        if found:
            found[0]._activations = self.judge.activations(frame, self)[1:]
        return found[0] if found else None

    def _guards(self, part: Any) -> list[Any]:
        """Return a callable under contract, and beneath it the same under other clauses of this routine."""
        found = [part]
        while type(found[-1]) is FunctionType and len(found) < LONGEST:
            boundary = boundary_of(found[-1].__code__)
            if boundary is None or getattr(boundary.judge, "owner", None) is not self.routine:
                break
            found.append(boundary.routine.call)
        return found

    def forbids(self, kind: type[BaseException], frame: FrameType) -> bool:
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


def _parts(value: Any) -> list[Any]:
    """Return what a local holds: itself, or what `*args` and `**kwargs` hold."""
    kind = class_of(value)
    return [*value] if kind is tuple else [*value.values()] if kind is dict else [value]

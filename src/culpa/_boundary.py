"""Stands in the closures of checked functions: the objects that checks call where they fail.

All of it lies on the failing path. What a failure means is for the judge to say.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from _weakref import ref

from culpa._old import Lost, Old
from culpa._raised import trace_of
from culpa._redact import MISSING, find
from culpa._regions import Regions, regions_of
from culpa.errors import CallerError, ContractError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import Any, Protocol

    from culpa._model import Clause, Contract, Routine

    class Judge(Protocol):
        """Decides which violation a failure is."""

        def broken(self, clause: Clause, boundary: Boundary, frame: FrameType, value: object) -> ContractError: ...

        def verdict(
            self, boundary: Boundary, failure: Failure | None, error: BaseException, frame: FrameType
        ) -> BaseException: ...

        def refused(self, clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError: ...

        def strengthened(self, clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError: ...

        def unbound(self, boundary: Boundary) -> ContractError: ...


MARKS: dict[int, None] = {}
"""The threads that evaluate a predicate which is no leaf. Each touches its own key only."""

NOBODYS = (RecursionError, MemoryError)
"""What passes untouched from body and predicate alike: nobody's violation."""


class Link:
    """Stands among the constants of a checked function's code, and leads from a frame to its boundary; weakly."""

    __slots__ = ("boundary",)

    def __init__(self, boundary: Boundary) -> None:
        self.boundary = ref(boundary)


class Unchecked(Exception):
    """Raised, and caught at once, where a check fails in a call that a predicate makes: it counts for nothing."""


class Boundary:
    """The border between a routine and its callers: says what an exception that crosses it means."""

    __slots__ = (
        "__dict__",  # of the checks, by names that begin with a dot
        "__weakref__",
        "bind",
        "contract",
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

    def __init__(self, contract: Contract, routine: Routine, inner: Boundary | None, judge: Judge) -> None:
        self.contract = contract
        self.routine = routine
        self.inner = inner
        self.judge = judge
        self.is_layered = False
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
        if self.start <= trace.tb_lasti < self.stop and not self.raises and not issubclass(kind, ContractError):
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
        if not issubclass(kind, Exception):  # a cancellation, an exit: never replaced
            return True
        if not self.regions_in(frame.f_code).is_in_body(trace.tb_lasti):
            return issubclass(kind, NOBODYS)
        is_ours = issubclass(kind, CallerError) or (self._forbids(kind, frame) and not issubclass(kind, NOBODYS))
        if is_ours and not is_evaluating(frame.f_back):
            return False
        BaseException.with_traceback(error, trace.tb_next)
        return True

    def is_unchecked(self) -> bool:
        """Return whether a predicate made this call, so that its checks count for nothing."""
        error, frame = _handled(), sys._getframe(1)
        if type(error) is Unchecked:
            return True
        return self._failure(error, frame) is not None and is_evaluating(frame.f_back)

    def has_returned(self) -> bool:
        """Return whether the body had run when the check failed."""
        return ".result" in sys._getframe(1).f_locals

    def verdict(self) -> BaseException:
        """Return the exception to raise in place of the one that is being handled."""
        error, frame = _handled(), sys._getframe(1)
        return self.judge.verdict(self, self._failure(error, frame), error, frame)

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

    def _failure(self, error: BaseException, frame: FrameType) -> Failure | None:
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


class Failure:
    """One check: says what it means that its predicate is false."""

    __slots__ = ("boundary", "clause")
    no = False

    def __init__(self, clause: Clause, boundary: Boundary) -> None:
        self.clause = clause
        self.boundary = boundary

    def broken(self, value: object = False) -> Exception:
        """Return the violation; `value` is what the predicate gave, where that is at hand."""
        frame = sys._getframe(1)
        if is_evaluating(frame.f_back):
            return Unchecked()
        return self.boundary.judge.broken(self.clause, self.boundary, frame, value)

    def refused(self) -> Exception:
        """Return the violation of a precondition that has alternatives, none of which holds."""
        frame = sys._getframe(1)
        if is_evaluating(frame.f_back):
            return Unchecked()
        return self.boundary.judge.refused(self.clause, self.boundary, frame)

    def strengthened(self) -> Exception:
        """Return the report that the routine demands more than a base of it."""
        frame = sys._getframe(1)
        if is_evaluating(frame.f_back):
            return Unchecked()
        return self.boundary.judge.strengthened(self.clause, self.boundary, frame)

    def awaits(self, value: object) -> bool:
        """Return whether the predicate gave an awaitable, which Python would take for true."""
        return is_awaitable(value)

    def passes(self) -> bool:
        """Return whether what a capture raised is nobody's."""
        kind = type(sys.exception())
        return issubclass(kind, NOBODYS) or not issubclass(kind, Exception)

    def lost(self) -> Lost:
        """Return what a capture raised, for the clause that reads it."""
        return Lost(_handled())


def is_awaitable(value: object) -> bool:
    """Return whether `value` is an awaitable; a coroutine is closed, so that it is not warned of as well."""
    if find(type(value), "__await__") is MISSING:
        return False
    if type(value).__name__ == "coroutine":
        value.close()  # type: ignore[attr-defined]  # a coroutine, read off without importing its type
    return True


def boundary_of(code: CodeType) -> Boundary | None:
    """Return the boundary of the routine whose checks a code object makes."""
    link = code.co_consts[-1] if code.co_consts else None
    return link.boundary() if isinstance(link, Link) else None


def is_evaluating(frame: FrameType | None) -> bool:
    """Return whether some frame from here on down runs a check: then a predicate makes this call.

    The frames are those of this thread and task, so neither others nor a task that a predicate started are taken in.
    A check that is being reported is evaluated no more: what an observer calls is checked.
    """
    below = None
    while frame is not None:
        boundary = boundary_of(frame.f_code)
        if boundary is not None and not boundary.regions_in(frame.f_code).is_in_body(frame.f_lasti):
            return below is None or below.co_filename != __file__
        below = frame.f_code
        frame = frame.f_back
    return False


def _handled() -> BaseException:
    """Return the exception that is being handled."""
    return sys.exception()  # type: ignore[return-value]  # only handlers ask

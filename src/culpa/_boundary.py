"""Stands among the constants of the code that runs: the objects that checks call where they fail.

All of it lies on the failing path. What a failure means is for the judge to say, who is fetched at the first one.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from culpa._position import instructions
from culpa.errors import CallerError, ContractError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, FunctionType, TracebackType
    from typing import Any, Protocol

    from culpa._model import Clause, Contract, Routine
    from culpa.errors import DeclarationError

    class Judge(Protocol):
        """Decides which violation a failure is."""

        def broken(self, clause: Clause, boundary: Boundary, frame: FrameType, value: object) -> ContractError: ...

        def verdict(
            self, boundary: Boundary, failure: Failure | None, error: BaseException, frame: FrameType
        ) -> ContractError | DeclarationError: ...

        def unbound(self, boundary: Boundary) -> ContractError: ...


MARKS: dict[int, None] = {}
"""The threads that evaluate a predicate which is no leaf. Each touches its own key only."""

NOBODYS = (RecursionError, MemoryError)
"""What passes untouched from body and predicate alike: nobody's violation."""


class Body:
    """Holds the routine itself; the place of this constant tells where in the code the body runs."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


class Unchecked(Exception):
    """Raised, and caught at once, where a check fails in a call that a predicate makes: it counts for nothing."""


class Boundary:
    """The border between a routine and its callers: says what an exception that crosses it means."""

    __slots__ = (
        "bind",
        "body",
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

    def __init__(
        self, contract: Contract, routine: Routine, inner: Boundary | None, judge: Callable[[], Judge]
    ) -> None:
        self.contract = contract
        self.routine = routine
        self.inner = inner
        self.judge = judge
        self.is_layered = False
        self.bind: FunctionType | None = None
        self.body = Body(routine.call)
        self.raises = contract.of_kind("raises")
        self.start = self.stop = 0  # of the body, once an exception has passed
        self.regions: tuple[list[tuple[int, int]], list[tuple[int, Failure]]] | None = None

    def is_idle(self) -> bool:
        """Return whether this thread evaluates no predicate, whatever its mark says (greenlets share a thread)."""
        return not is_evaluating(sys._getframe(2))

    def bound(self, /, *arguments: Any, **keywords: Any) -> tuple[Any, ...] | None:
        """Return the arguments of a call by the routine's parameters, None for a call that does not fit them."""
        try:
            return None if self.bind is None else self.bind(*arguments, **keywords)
        except TypeError:
            return None

    def unbound(self) -> Exception:
        """Return the report on a call that went well although it does not fit the signature."""
        return self.judge().unbound(self)

    def old(self) -> Old:
        """Return an empty `old`, for a predicate that is called."""
        return Old()

    def passes(self) -> bool:
        """Return whether the exception that is being handled goes on unchanged.

        Where it does, the entry of a wrapper's frame is taken out of the traceback.
        """
        error = sys.exception()
        trace = None if error is None else error.__traceback__
        if error is None or trace is None:
            return True
        # The way of nearly every exception: out of the body, and no contract has to do with it.
        if self.start <= trace.tb_lasti < self.stop and not self.raises and not isinstance(error, ContractError):
            error.__traceback__ = trace.tb_next
            return True
        return self._passes(error, trace, sys._getframe(1))

    def _passes(self, error: BaseException, trace: TracebackType, frame: FrameType) -> bool:
        if isinstance(error, ContractError) and frame in error._activations:
            error._activations = tuple(f for f in error._activations if f is not frame)
            return True
        if self.region(frame.f_code, trace.tb_lasti) is not self.body:
            return isinstance(error, NOBODYS)
        is_ours = isinstance(error, CallerError) or self._forbids(error, frame)
        if is_ours and not isinstance(error, NOBODYS) and not is_evaluating(frame.f_back):
            return False
        error.__traceback__ = trace.tb_next
        return True

    def is_unchecked(self) -> bool:
        """Return whether a predicate made this call, so that its checks count for nothing."""
        error, frame = sys.exception(), sys._getframe(1)
        if isinstance(error, Unchecked):
            return True
        return self._failure(error, frame) is not None and is_evaluating(frame.f_back)

    def has_returned(self) -> bool:
        """Return whether the body had run when the check failed."""
        return ".result" in sys._getframe(1).f_locals

    def verdict(self) -> Exception:
        """Return the exception to raise in place of the one that is being handled."""
        error, frame = sys.exception() or Unchecked(), sys._getframe(1)
        return self.judge().verdict(self, self._failure(error, frame), error, frame)

    def region(self, code: CodeType, offset: int) -> Body | Failure | None:
        """Return what runs at `offset`: the body, the check that fails there, or None for the handler."""
        if self.regions is None:
            self.regions = _regions(code)
            self.start, self.stop = self.regions[0][0]
        bodies, failures = self.regions
        if any(start <= offset < stop for start, stop in bodies):
            return self.body
        return next((failure for place, failure in failures if place >= offset), None)

    def layers(self) -> list[Boundary]:
        """Return this boundary and those beneath it: contracts on one routine with foreign decorators between."""
        found: list[Boundary] = [self]
        while found[-1].inner is not None:
            found.append(found[-1].inner)
        return found

    def _failure(self, error: BaseException | None, frame: FrameType) -> Failure | None:
        """Return the check that the exception comes from, or None if it comes from the body."""
        trace = None if error is None else error.__traceback__
        region = None if trace is None else self.region(frame.f_code, trace.tb_lasti)
        return region if isinstance(region, Failure) else None

    def _forbids(self, error: BaseException, frame: FrameType) -> bool:
        """Return whether `raises` clauses exist and none of them admits the exception (R3)."""
        if not self.raises or isinstance(error, ContractError):
            return False
        number = 0
        for clause in self.raises:
            held = True
            if clause.predicate is not None:
                held = frame.f_locals.get(f".when_{number}", False)
                number += 1
            if held and isinstance(error, clause.exceptions):
                return False
        return True


class Failure:
    """One check: says what it means that its predicate is false."""

    __slots__ = ("boundary", "clause", "holds")
    no = False

    def __init__(self, clause: Clause, boundary: Boundary) -> None:
        self.clause = clause
        self.boundary = boundary
        self.holds = clause.predicate

    def broken(self, value: object = False) -> Exception:
        """Return the violation; `value` is what the predicate gave, where that is at hand."""
        frame = sys._getframe(1)
        if is_evaluating(frame.f_back):
            return Unchecked()
        return self.boundary.judge().broken(self.clause, self.boundary, frame, value)

    def awaits(self, value: object) -> bool:
        """Return whether the predicate gave an awaitable, which Python would take for true."""
        return is_awaitable(value)

    def passes(self) -> bool:
        """Return whether what a capture raised is nobody's."""
        return isinstance(sys.exception(), NOBODYS)

    def lost(self) -> BaseException | None:
        """Return what a capture raised, for the clause that reads it."""
        return sys.exception()


class NoCapture(AttributeError):
    """Raised where a predicate reads `old.<name>` and no capture kept a value."""


class Old:
    """The captures of one call, for a predicate that is called. Its attributes are what `snapshot` kept."""

    def __getattr__(self, name: str) -> Any:
        raise NoCapture(f"old has no {name}", name=name, obj=self)


def is_awaitable(value: object) -> bool:
    """Return whether `value` is an awaitable; a coroutine is closed, so that it is not warned of as well."""
    if not hasattr(type(value), "__await__"):
        return False
    if type(value).__name__ == "coroutine":
        value.close()  # type: ignore[attr-defined]  # a coroutine, read off without importing its type
    return True


def boundary_of(code: CodeType) -> Boundary | None:
    """Return the boundary that stands among the constants of a checked function's code."""
    return next((constant for constant in code.co_consts if type(constant) is Boundary), None)


def is_evaluating(frame: FrameType | None) -> bool:
    """Return whether some frame from here on down runs a check: then a predicate makes this call.

    The frames are those of this thread and task, so neither others nor a task that a predicate started are taken in.
    A check that is being reported is evaluated no more: what an observer calls is checked.
    """
    below = None
    while frame is not None:
        boundary = boundary_of(frame.f_code)
        if boundary is not None and boundary.region(frame.f_code, frame.f_lasti) is not boundary.body:
            return below not in (Failure.broken.__code__, Boundary.verdict.__code__)
        below = frame.f_code
        frame = frame.f_back
    return False


def _regions(code: CodeType) -> tuple[list[tuple[int, int]], list[tuple[int, Failure]]]:
    """Return the extents of the body, and each place where a failure object is loaded.

    A check loads its own after its predicate, so the first one loaded after an offset names the clause that runs
    there. Offsets, not positions: `-X no_debug_ranges` takes columns away.
    """
    bodies: list[tuple[int, int]] = []
    failures: list[tuple[int, Failure]] = []
    start: int | None = None
    for offset, name, argument in instructions(code):
        constant = code.co_consts[argument] if name == "LOAD_CONST" else None
        if isinstance(constant, Failure):
            failures.append((offset, constant))
        elif isinstance(constant, Body):
            start = offset
        elif start is not None and name.startswith(("STORE_FAST", "RETURN")):
            bodies.append((start, offset))
            start = None
    return bodies, failures

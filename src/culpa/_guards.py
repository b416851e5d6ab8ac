"""Decides whether a broken invariant counts, and in which phase; all of it on the failing path."""

from __future__ import annotations

import sys

from culpa._assignment import undo
from culpa._callable import class_of
from culpa._failure import is_awaitable
from culpa._hook import hooks_of
from culpa._link import Unchecked, boundary_of, holds, is_about, is_evaluating
from culpa._raised import NOBODYS, handled
from culpa._running import running
from culpa.errors import ContractError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Clause

AFTER_INIT = ("__post_init__", "__attrs_post_init__")
"""What a generated constructor calls when everything else is done."""


class Guards:
    """The invariants that a routine has to keep: those of the object in its local `subject`."""

    __slots__ = ("_boundary", "clauses", "phase", "subject")

    def __init__(
        self, boundary: Callable[[], Boundary | None], clauses: tuple[Clause, ...], subject: str, phase: str
    ) -> None:
        self._boundary = boundary
        self.clauses = clauses
        self.subject = subject
        self.phase = phase

    @property
    def boundary(self) -> Boundary:
        """The boundary of the routine, which holds this."""
        boundary: Any = self._boundary()
        return boundary  # type: ignore[no-any-return]

    def count(self) -> bool:
        """Return whether the exception that is being handled goes on; it came from the check of an invariant.

        What a predicate raises counts for nothing while a method of the object is running: it is half built.
        """
        error, frame = handled(), sys._getframe(1)
        kind = type(error)
        if kind is Unchecked:
            return False
        if issubclass(kind, NOBODYS) or not issubclass(kind, Exception):
            return True
        if issubclass(kind, ContractError) and frame in error._activations:  # type: ignore[attr-defined]
            return True
        counts = not is_evaluating(frame.f_back) and self.are_kept_in(frame) and self.running(frame) is None
        if counts and self.phase == "setattr":
            self.undo(frame)
        return counts

    def are_broken_by(self, error: BaseException, frame: FrameType) -> bool:
        """Return whether a routine that is left by an exception has to be blamed for it (R9).

        Where the exception is none that may be replaced, the violation is only told to the observers.
        """
        kind = type(error)
        if self.phase != "exit" or issubclass(kind, NOBODYS) or is_evaluating(frame.f_back):
            return False
        obj = self.object_in(frame)
        is_told = issubclass(kind, ContractError) and is_about(error.root, obj)  # type: ignore[attr-defined]
        broken = None if is_told else next((clause for clause in self.clauses if not holds(clause, obj)), None)
        inside = None if broken is None else self.running(frame)
        if broken is None or not self.are_kept_in(frame) or (inside is not None and not inside[1]):
            return False
        violation = self.boundary.judge.unkept(broken, self, frame, "exception", error)
        if issubclass(kind, Exception):
            self.boundary.made[id(frame)] = violation
            return True
        return False

    def running(self, frame: FrameType) -> tuple[FrameType, bool] | None:
        """Return the method of the object that runs around the activation `frame`, and whether it has called out."""
        above = frame.f_back
        if self.boundary.routine.name in AFTER_INIT and above is not None and above.f_code.co_name == "__init__":
            above = above.f_back
        return running(self.object_in(frame), above)

    def will_be_checked_again(self, frame: FrameType) -> bool:
        """Return whether a routine that checks the same object runs around, as the constructor of a subclass."""
        obj, above = self.object_in(frame), frame.f_back
        while above is not None:
            boundary = boundary_of(above.f_code)
            if boundary is not None and boundary.guards is not None and boundary.guards.object_in(above) is obj:
                return True
            above = above.f_back
        return False

    def is_cleanup(self, frame: FrameType) -> bool:
        """Return whether an exception leaves the `with` block of the object: it is not to be masked."""
        routine = self.boundary.routine
        if routine.name != "__exit__" or len(routine.names) == 1:
            return False
        given = frame.f_locals.get(routine.names[1])
        return given is not None and not (type(given) is tuple and given[:1] == (None,))  # of `*error`, the first one

    def are_kept_in(self, frame: FrameType) -> bool:
        """Return whether the class of the object has these invariants: a method may be borrowed by another class."""
        kept = {id(clause.place) for hook in hooks_of(class_of(self.object_in(frame))) for clause in hook.invariants}
        return kept.issuperset(id(clause.place) for clause in self.clauses)

    def object_in(self, frame: FrameType) -> Any:
        return frame.f_locals.get(self.subject)

    def undo(self, frame: FrameType) -> None:
        """Take an assignment from outside back."""
        local = frame.f_locals
        undo(self.object_in(frame), local[self.boundary.routine.names[1]], local[".before"])


class Guard:
    """The check of one invariant in one place of a routine."""

    __slots__ = ("clause", "guards", "phase")

    def __init__(self, guards: Guards, clause: Clause, phase: str) -> None:
        self.guards = guards
        self.clause = clause
        self.phase = phase

    def broken(self, value: object = False) -> Exception:
        """Return the violation, unless a predicate or a method of the object makes this call."""
        frame = sys._getframe(1)
        if is_evaluating(frame.f_back) or not self.guards.are_kept_in(frame) or self.guards.is_cleanup(frame):
            return Unchecked()
        phase, guards = self.phase, self.guards
        inside = guards.running(frame) if phase != "birth" else None
        if (
            guards.will_be_checked_again(frame)
            if phase == "birth"
            else inside and not (inside[1] and phase != "setattr")
        ):
            return Unchecked()
        if inside is not None and phase == "entry":
            phase = "reentry"
        judge = guards.boundary.judge
        violation = judge.unkept(self.clause, guards, frame, phase, value, None if inside is None else inside[0])
        if phase == "setattr":
            guards.undo(frame)
        return violation

    def awaits(self, value: object) -> bool:
        """Return whether the predicate gave an awaitable, which Python would take for true."""
        return is_awaitable(value)

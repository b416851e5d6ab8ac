"""Reports a broken invariant: who broke it, in each of its phases."""

from __future__ import annotations

from culpa._blame import caller, entry_site, home, left_at, site_of
from culpa._callable import class_of
from culpa._failure import is_awaitable
from culpa._link import about
from culpa._raised import trace_of
from culpa._redact import find
from culpa._report import AWAITABLE, Scene, after, defect, message, promise, raised, values_in, violation
from culpa._repr import safe_repr
from culpa._running import is_in_another_thread
from culpa.errors import Blame, InvariantError, OutsideError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, TypeVar

    from culpa._guards import Guards
    from culpa._model import Clause, Routine
    from culpa.errors import ContractError, Site

    E = TypeVar("E", InvariantError, OutsideError)

INSIDE = ("another thread", "was inside a method of the same object")


def unkept(
    clause: Clause, guards: Guards, frame: FrameType, phase: str, value: object, inside: FrameType | None = None
) -> ContractError:
    """Return the violation of an invariant that is false, or gave `value`, in the activation `frame`.

    In the phase "exception", `value` is what the routine raised; `inside` is the method that has called out.
    """
    if phase != "exception" and is_awaitable(value):
        error: ContractError = defect(clause, _scene(guards, frame), AWAITABLE, None)
    elif phase == "entry":
        error = _found(clause, guards, frame)
    else:
        error = _broken(clause, guards, frame, phase, value, inside)
    if phase != "exception":  # that one is raised where the exception is handled, and so leaves the frame at once
        error._activations = (frame,)
    error._about = about(guards.object_in(frame))
    return error


def _found(clause: Clause, guards: Guards, frame: FrameType) -> OutsideError:
    """Return the report that an object was broken before a call, whose line is a witness (R10)."""
    routine = guards.boundary.routine
    site, through, _ = caller(frame.f_back, routine)
    lines = [
        ("false before", f"{routine.title}()"),
        ("changed", "since its last checked call, by code outside its methods"),
    ]
    return _report(OutsideError, clause, guards, frame, site, lines, through=through)


def _broken(
    clause: Clause, guards: Guards, frame: FrameType, phase: str, value: object, inside: FrameType | None
) -> InvariantError:
    """Return the report on the routine that left its object broken, or called out while it was, or on an assignment."""
    routine = guards.boundary.routine
    if phase == "exception" and isinstance(value, BaseException):
        return _broken_by(value, clause, guards, frame)
    if phase == "reentry" and inside is not None:
        site = site_of(inside.f_code, inside.f_lasti)
        what = f"{_short(inside)}(), which called out and was called back by {routine.title}()"
        return _report(InvariantError, clause, guards, frame, site, [("false inside", what)], phase=phase)
    if phase == "setattr":
        site, through, _ = caller(frame.f_back, routine)
        lines = [("false after", f"{_assignment(routine, frame)}, which is undone")]
        return _report(
            InvariantError, clause, guards, frame, site, lines, through=through, phase=phase, blame=Blame.OUTSIDE
        )
    site = routine.completes or home(routine)
    return _report(InvariantError, clause, guards, frame, site, [("false after", f"{routine.title}()")], phase="exit")


def _broken_by(cause: BaseException, clause: Clause, guards: Guards, frame: FrameType) -> InvariantError:
    """Return the report on a routine that an exception left, from that exception (R9)."""
    routine, trace = guards.boundary.routine, trace_of(cause)
    inner = None if trace is None else trace.tb_next  # without the entry of the checks
    entry = left_at(routine, inner)
    lines = [("false after", f"{routine.title}(), and {' '.join(raised(cause, routine))}")]
    site = entry_site(routine, entry)
    error = _report(InvariantError, clause, guards, frame, site, lines, phase="exception")
    BaseException.with_traceback(cause, inner)
    return after(error, cause, entry)


def _report(
    error_type: type[E],
    clause: Clause,
    guards: Guards,
    frame: FrameType,
    site: Site,
    lines: list[tuple[str, str]],
    **fields: Any,
) -> E:
    obj = guards.object_in(frame)
    concurrent = is_in_another_thread(obj)
    values = values_in(_scene(guards, frame), clause)
    if find(class_of(obj), "__repr__") is vars(object)["__repr__"] and len(values) > 1:
        values.pop("self", None)  # an address tells nothing
    return violation(
        error_type,
        f"{clause.origin} keeps  {promise(clause)}{message(clause)}",
        clause,
        site,
        values,
        callee=guards.boundary.routine.title,
        lines=[*lines, INSIDE] if concurrent else lines,
        concurrent=concurrent,
        **fields,
    )


def _scene(guards: Guards, frame: FrameType) -> Scene:
    return Scene(guards.boundary.contract, guards.boundary.routine, frame)


def _short(frame: FrameType) -> str:
    return frame.f_code.co_qualname.rpartition("<locals>.")[2]


def _assignment(routine: Routine, frame: FrameType) -> str:
    _, name, *value = (frame.f_locals[parameter] for parameter in routine.names)
    return f"{name} = {safe_repr(value[0])}" if value else f"del {name}"

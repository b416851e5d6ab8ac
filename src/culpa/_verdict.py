"""Decides what a failure means: which violation it is, of whom, or whose defect."""

from __future__ import annotations

from culpa._blame import Place, caller, calling, home, site_at, yielding
from culpa._failure import is_awaitable
from culpa._groups import regrouped
from culpa._link import boundary_of
from culpa._old import NoCapture
from culpa._raised import trace_of
from culpa._report import (
    AWAITABLE,
    Scene,
    defect,
    false,
    promise,
    raised,
    routine_failed,
    undeclared,
    values_in,
    violation,
)
from culpa._unkept import unkept
from culpa.errors import (
    CallerError,
    DeclarationError,
    DefectError,
    HierarchyError,
    PostconditionError,
    PreconditionError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from culpa._boundary import Boundary
    from culpa._failure import Failure
    from culpa._guards import Guard
    from culpa._model import Clause
    from culpa.errors import ContractError
WAITING = "it gave", "an awaitable, which is always true; write the predicate as an `async def`"
__all__ = [
    "broken",
    "called",
    "refused",
    "regrouped",
    "strengthened",
    "unbound",
    "unkept",
    "verdict",
]  # what a judge has


def broken(clause: Clause, boundary: Boundary, frame: FrameType, value: object) -> ContractError:
    """Return the violation of a clause whose predicate gave `value`, in the activation `frame`."""
    scene = Scene(boundary.contract, boundary.routine, frame)
    if is_awaitable(value):
        reason = AWAITABLE if boundary.routine.flow == "plain" else WAITING
        error: ContractError = defect(clause, scene, reason, None)
    elif clause.kind == "ensure":
        error = false(PostconditionError, clause, scene, home(boundary.routine), None, value)
    elif clause.kind == "yields":
        error = false(PostconditionError, clause, scene, yielding(boundary.routine, frame), None, value)
    else:
        return _precondition(clause, boundary, frame, value, [])
    error._activations = (frame,)
    return error


def called(boundary: Boundary, frame: FrameType) -> Place:
    """Return where the activation `frame` was called."""
    return calling(frame.f_back, boundary.routine)


def _precondition(
    clause: Clause, boundary: Boundary, frame: FrameType, value: object, lines: Sequence[tuple[str, str]]
) -> PreconditionError:
    scene = Scene(boundary.contract, boundary.routine, frame)
    frames = activations(frame, boundary)
    site, through, passed = caller(frames[-1].f_back, boundary.routine)
    earlier: Place | None = frame.f_locals.get(".called")
    if earlier is not None:  # of a coroutine function: where it was called
        site, through = site_at(earlier), earlier.through
    error = false(PreconditionError, clause, scene, site, through, value, lines)
    error._activations = (*frames, *passed)
    return error


def refused(clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError:
    """Return the violation of an override's precondition of which no alternative holds (R18)."""
    alternatives = [
        " and ".join(promise(c) for c in group) + (f"  of {origin}()" if origin else "")
        for origin, clauses in boundary.contract.layers()
        for group in ([c for c in clauses if c.kind == "require"], *([c] for c in clauses if c.kind == "require_else"))
        if group
    ]
    return _precondition(clause, boundary, frame, False, [("or", text) for text in alternatives[1:]])


def strengthened(clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError:
    """Return the report that an override demands more than its bases, one of which accepts the call (R17)."""
    scene = Scene(boundary.contract, boundary.routine, frame)
    origins = " or ".join(f"{origin}()" for origin, _ in boundary.contract.layers() if origin)
    callee = boundary.routine.title
    headline = f"{callee}() demands more than {origins}:  {promise(clause)}"
    lines = [("to accept more", "say require_else; an override may not accept less")]
    error = violation(
        HierarchyError, headline, clause, clause.site, values_in(scene, clause), callee=callee, lines=lines
    )
    error._activations = (frame,)
    return error


def verdict(
    boundary: Boundary, failure: Failure | Guard | None, error: BaseException, frame: FrameType
) -> BaseException:
    """Return what to raise in place of `error`, which came from a check, `failure`, or else from the body."""
    if failure is None:
        trace = trace_of(error)
        BaseException.with_traceback(error, None if trace is None else trace.tb_next)  # without the entry of this frame
        if issubclass(type(error), CallerError):
            return routine_failed(boundary.routine, error)  # type: ignore[arg-type]  # not `isinstance`: some lie
        if not boundary.raises:  # something failed while a report was made, as when the process ends
            return error
        return undeclared(boundary.contract.of_kind("raises"), boundary.routine, error)
    scene = Scene(boundary.contract, boundary.routine, frame)
    for capture in boundary.contract.of_kind("snapshot"):
        lost = frame.f_locals.get(f"{capture.kept}_lost")
        if lost is not None and capture.origin == failure.clause.origin and _reads(error, capture):
            cause = lost.taken(frame)
            return defect(capture, scene, raised(cause, boundary.routine), cause)
    if type(error) is NoCapture:
        return _undeclared_capture(boundary, str(error.name))
    return defect(failure.clause, scene, raised(error, boundary.routine), error)


def unbound(boundary: Boundary) -> ContractError:
    """Return the report that a decorator beneath the contract changes the arguments, so that nothing can be checked."""
    routine = boundary.routine
    clause = boundary.contract.clauses[0]
    signature = f"{routine.title}({', '.join(routine.names)})"
    headline = f"the contract of {routine.title}() cannot be checked: a legal call does not fit {signature}, for a "
    headline += "decorator beneath changes the arguments; put the contract beneath that decorator"
    return violation(DefectError, headline, clause, clause.site, {}, callee=routine.title)


def _reads(error: BaseException, capture: Clause) -> bool:
    """Return whether `error` says that a predicate read a capture which was lost, inlined or called."""
    if type(error) is NoCapture:
        return error.name == capture.name
    return type(error) is UnboundLocalError and f"'{capture.kept}'" in str(error)


def activations(frame: FrameType, boundary: Boundary) -> tuple[FrameType, ...]:
    """Return the frames of one call of a routine: more than one if foreign decorators stand between its contracts."""
    found = [frame]
    above = frame.f_back if boundary.is_layered else None
    while above is not None and above.f_code is not boundary.routine.code:
        other = boundary_of(above.f_code)
        if other is not None and boundary in other.layers() and other is not boundary:
            found.append(above)
            if not other.is_layered:
                break
        above = above.f_back
    return tuple(found)


def _undeclared_capture(boundary: Boundary, name: str) -> DeclarationError:
    known = [f"old.{clause.name}" for clause in boundary.contract.of_kind("snapshot")]
    error = DeclarationError(
        f"a postcondition of {boundary.routine.title}() reads old.{name}, which no snapshot keeps: add "
        f"@snapshot({name}=lambda ...: ...)" + (f"; there are {', '.join(known)}" if known else "")
    )
    error.__suppress_context__ = True
    return error

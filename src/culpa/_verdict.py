"""Decides what a failure means: which violation it is, of whom, or whose defect."""

from __future__ import annotations

from culpa._blame import caller, home
from culpa._boundary import NoCapture, boundary_of, is_awaitable
from culpa._report import Scene, defect, false, raised, routine_failed, undeclared, violation
from culpa.errors import CallerError, DeclarationError, DefectError, PostconditionError, PreconditionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from culpa._boundary import Boundary, Failure
    from culpa._model import Clause
    from culpa.errors import ContractError

AWAITABLE = "it gave", "an awaitable, which is always true; only the contract of an `async def` may be async"


def broken(clause: Clause, boundary: Boundary, frame: FrameType, value: object) -> ContractError:
    """Return the violation of a clause whose predicate gave `value`, in the activation `frame`."""
    scene = Scene(boundary.contract, boundary.routine, frame)
    if is_awaitable(value):
        error: ContractError = defect(clause, scene, AWAITABLE, None)
    elif clause.kind == "ensure":
        error = false(PostconditionError, clause, scene, home(boundary.routine), None, value)
    else:
        activations = _activations(frame, boundary)
        site, through = caller(activations[-1].f_back, boundary.routine)
        error = false(PreconditionError, clause, scene, site, through, value)
        error._activations = activations
        return error
    error._activations = (frame,)
    return error


def verdict(
    boundary: Boundary, failure: Failure | None, error: BaseException, frame: FrameType
) -> ContractError | DeclarationError:
    """Return what to raise in place of `error`, which came from a check, `failure`, or else from the body."""
    if failure is None:
        trace = error.__traceback__
        error.__traceback__ = None if trace is None else trace.tb_next  # without the entry of this frame
        if isinstance(error, CallerError):
            return routine_failed(boundary.routine, error)
        return undeclared(boundary.contract.of_kind("raises"), boundary.routine, error)
    scene = Scene(boundary.contract, boundary.routine, frame)
    for capture in boundary.contract.of_kind("snapshot"):
        lost = frame.f_locals.get(f".lost_{capture.name}")
        if lost is not None and _reads(error, str(capture.name)):
            return defect(capture, scene, raised(lost, boundary.routine), lost)
    if isinstance(error, NoCapture):
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


def _reads(error: BaseException, capture: str) -> bool:
    """Return whether `error` says that a predicate read a capture which was lost, inlined or called."""
    if isinstance(error, NoCapture):
        return error.name == capture
    return isinstance(error, UnboundLocalError) and f"'.old_{capture}'" in str(error)


def _activations(frame: FrameType, boundary: Boundary) -> tuple[FrameType, ...]:
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

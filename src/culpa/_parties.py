"""Judges the violations of a callable that changed hands: who gave it, and who calls it."""

from __future__ import annotations

from types import CodeType, FunctionType

from culpa import _verdict
from culpa._blame import Place, calling, home, site_at
from culpa._callable import given, signature_of, unwrapped
from culpa._failure import is_awaitable
from culpa._groups import regrouped
from culpa._model import Parameter, Routine
from culpa._report import Scene, after, failed_line, left_by, message, promise, routine_failed, values_in, violation
from culpa._routine import flow_of
from culpa.errors import (
    CallbackError,
    CallbackMisuseError,
    CallerError,
    DefectError,
    PostconditionError,
    PreconditionError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _weakref import ref
    from types import FrameType
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._failure import Failure
    from culpa._guards import Guard
    from culpa._handover import Handover
    from culpa._model import Clause
    from culpa.errors import ContractError, Site

    Group = BaseExceptionGroup[BaseException]
    Kinds = tuple[type[ContractError], type[ContractError]]

ARGUMENT: Kinds = (CallbackError, CallbackMisuseError)
RESULT: Kinds = (PostconditionError, PreconditionError)
"""What is raised where the one who gave the callable is at fault, and where the one who calls it is."""
FLIPPED: dict[Kinds, Kinds] = {
    ARGUMENT: (CallbackMisuseError, CallbackError),
    (CallbackMisuseError, CallbackError): ARGUMENT,
    RESULT: ARGUMENT,
}
"""The same for an argument of the callable: who called is now the one who gives."""


class Parties:
    """The two sides of a callable under contract, as judge of its violations: who gave it, and who calls it."""

    def __init__(self, handover: Handover, place: Place | None, call: Any) -> None:
        self.clause = handover.clause
        self.kinds = handover.kinds
        self.path = handover.path
        self.place = place
        self.shapes = handover.shapes
        judge: Any = handover.boundary.judge
        self.above: Parties | None = judge if isinstance(judge, Parties) else None
        self.owner: Routine = handover.boundary.routine if self.above is None else self.above.owner
        self.routine = self._described(call)
        self.guard: ref[FunctionType] | None = None  # weak: what is handed over dies with its last use

    def _described(self, call: Any) -> Routine:
        origin = unwrapped(call)
        code = given(origin, "__code__", CodeType)
        name = given(call, "__name__", str) or type(call).__name__
        names = self.clause.names
        return Routine(
            call=call,
            name=name,
            qualname=given(call, "__qualname__", str) or name,
            parameters=tuple(Parameter(each, "standard") for each in names),
            exact=False,
            code=code,
            definer=None,
            annotations={},
            namespace=self.owner.namespace,
            file=self.owner.file,
            line=self.owner.line,
            flow=flow_of(call),
        )

    def bound(self, *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
        """Return the arguments of a call in the order of the contract; keywords have the callable's own names.

        What comes behind those that the contract names is of no concern to it.
        """
        count = len(self.clause.names)
        if keywords or len(arguments) < count:
            signature = signature_of(self.routine.call)
            if signature is None:
                raise TypeError
            bound = signature.bind(*arguments, **keywords)
            bound.apply_defaults()
            arguments = (*bound.args, *bound.kwargs.values())
        if len(arguments) < count:
            raise TypeError
        return arguments[:count]

    def broken(self, clause: Clause, boundary: Boundary, frame: FrameType, value: object) -> ContractError:
        """Return the violation of a clause: the giver's for a postcondition, the caller's for a precondition."""
        if is_awaitable(value):
            return _verdict.broken(clause, boundary, frame, value)
        if clause.kind == "ensure":
            return self._of_giver(clause, boundary, frame)
        place = calling(frame.f_back, boundary.routine)
        error = self._violation(self.kinds[1], clause, boundary, frame, site_at(place), "requires", place.through)
        error._handed = None if self.above is None else self.above.given
        return error

    def verdict(
        self, boundary: Boundary, failure: Failure | Guard | None, error: BaseException, frame: FrameType
    ) -> BaseException:
        """Return what to raise for `error`: where the callable breaks another contract, its giver is at fault."""
        if failure is not None or not issubclass(type(error), CallerError):
            return _verdict.verdict(boundary, failure, error, frame)
        cause: Any = error
        left_by(cause, frame)
        if self.kinds[0] is PostconditionError:
            return routine_failed(boundary.routine, cause)
        headline, entry = failed_line(self.title, boundary.routine, cause)
        made: ContractError = violation(
            self.kinds[0],
            headline,
            cause.root.clause,
            self.site,
            cause.root.values,
            callee=self.owner.title,
            lines=[("at the root", str(cause.root.site)), *self._lines(boundary)],
            root=cause.root,
            path=self.path,
        )
        made._handed = self.given
        return after(made, cause, entry)

    def regrouped(self, boundary: Boundary, group: Group, frame: FrameType) -> Group:
        """Return a group of exceptions as it leaves the callable."""
        return regrouped(boundary, group, frame)

    def unbound(self, boundary: Boundary) -> ContractError:  # noqa: ARG002 - what every judge is asked
        """Return the report on a call that does not fit the contract."""
        clause, names = self.clause.contracts[0], ", ".join(self.clause.names)
        headline = f"the contract of {self.title} cannot be checked: it is about ({names}), and the call has less"
        return violation(DefectError, headline, clause, clause.site, {}, callee=self.owner.title, path=self.path)

    def activations(self, frame: FrameType, boundary: Boundary) -> tuple[FrameType, ...]:  # noqa: ARG002 - the same
        """Return the frames of one call of the callable."""
        return (frame,)

    def called(self, boundary: Boundary, frame: FrameType) -> Place:
        """Return where the callable is called."""
        return _verdict.called(boundary, frame)

    @property
    def given(self) -> object:
        """The callable by which its giver is known to the one who got it: for what that returns, it itself."""
        if self.above is not None and self.clause.name == "result":
            return self.above.given
        return None if self.guard is None else self.guard()

    @property
    def title(self) -> str:
        """What the callable is in the routine that it was handed to, or that returned it."""
        return f"{self.path} of {self.owner.title}()"

    @property
    def site(self) -> Site:
        """Where the one who gave the callable did so; for a result, the routine that returned it."""
        return home(self.owner) if self.place is None else site_at(self.place)

    def _of_giver(self, clause: Clause, boundary: Boundary, frame: FrameType) -> ContractError:
        through = None if self.place is None else self.place.through
        error = self._violation(self.kinds[0], clause, boundary, frame, self.site, "ensures", through)
        error._handed = self.given
        return error

    def _violation(
        self,
        kind: type[ContractError],
        clause: Clause,
        boundary: Boundary,
        frame: FrameType,
        site: Site,
        verb: str,
        through: str | None,
    ) -> ContractError:
        error = violation(
            kind,
            f"{self.title} {verb}  {promise(clause)}{message(clause)}",
            clause,
            site,
            values_in(Scene(boundary.contract, boundary.routine, frame), clause),
            callee=self.owner.title,
            through=through,
            lines=self._lines(boundary),
            path=self.path,
        )
        error._activations = (frame,)
        return error

    def _lines(self, boundary: Boundary) -> list[tuple[str, str]]:
        routine, code = boundary.routine, boundary.routine.code
        at = "" if code is None else f" at {code.co_filename}:{code.co_firstlineno}"
        brought = [] if self.above is None else [("brought at", str(self.above.site))]
        return [("the callable", f"{routine.title}{at}"), *brought]

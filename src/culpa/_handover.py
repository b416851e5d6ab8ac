"""Puts a callable under its contract where it is handed over: as an argument, or as a result.

Contracts of higher-order functions, whose blame flips with the position, are Findler and Felleisen's (2002).
"""

from __future__ import annotations

import sys
from _weakref import ref
from types import FunctionType

from culpa._blame import Place, calling, home, site_at
from culpa._callable import signature_of
from culpa._link import REFUSED, boundary_of
from culpa._parties import ARGUMENT, FLIPPED, RESULT, Parties
from culpa._report import violation
from culpa._repr import safe_reprs
from culpa.errors import PostconditionError, PreconditionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Clause, Routine
    from culpa._parties import Kinds
    from culpa.errors import ContractError

    Cast = Callable[["Handover", Routine, Parties], FunctionType]


class Handover:
    """The place where a callable changes hands: an argument of a routine, or its result."""

    __slots__ = ("_boundary", "cast", "clause", "kinds", "path", "shapes")

    def __init__(self, clause: Clause, held: Callable[[], Boundary | None], cast: Cast) -> None:
        self.clause = clause
        self._boundary = held
        self.cast = cast
        judge: Any = self.boundary.judge
        above: Parties | None = judge if isinstance(judge, Parties) else None
        self.shapes: dict[int, object] = {} if above is None else above.shapes
        is_result = clause.name == "result"
        self.kinds: Kinds = (RESULT if is_result else ARGUMENT) if above is None else above.kinds
        if above is not None and not is_result:
            self.kinds = FLIPPED[above.kinds]
        step = "result" if is_result else f"argument {clause.name}"
        self.path: str = step if above is None else f"{above.path} → {step.removeprefix('argument ')}"

    @property
    def boundary(self) -> Boundary:
        """The boundary of the routine, which holds this."""
        boundary: Any = self._boundary()
        return boundary  # type: ignore[no-any-return]

    def taken(self, value: Any, default: Any) -> Any:
        """Return an argument under its contract, `REFUSED` if it is no callable; a default is left alone.

        Of `*args` and `**kwargs`, each one is put under contract.
        """
        frame = sys._getframe(1)
        place = calling(self.boundary.judge.activations(frame, self.boundary)[-1].f_back, self.boundary.routine)
        kind = next((p.kind for p in self.boundary.routine.parameters if p.name == self.clause.name), "")
        if kind == "star":
            found = [self._guarded(one, place) for one in value]
            return REFUSED if REFUSED in found else tuple(found)
        if kind == "double star":
            pairs = {name: self._guarded(one, place) for name, one in value.items()}
            return REFUSED if REFUSED in pairs.values() else pairs
        return value if value is default else self._guarded(value, place)

    def substituted(self, arguments: tuple[Any, ...], keywords: dict[str, Any], /, **values: Any) -> Any:
        """Return the arguments of a call that is passed on as it was made, with some values in place of others."""
        signature = signature_of(self.boundary.routine.call)
        if signature is None:  # then all that is known of it are `*args` and `**kwargs`
            return values.get("args", arguments), values.get("kwargs", keywords)
        bound = signature.bind(*arguments, **keywords)
        for name, value in values.items():
            own = (
                name
                if name in signature.parameters
                else list(signature.parameters)[self.boundary.routine.names.index(name)]
            )
            if own in bound.arguments:
                bound.arguments[own] = value
        return bound.args, bound.kwargs

    def given(self, value: Any) -> Any:
        """Return a result under its contract, `REFUSED` if it is no callable."""
        judge: Any = self.boundary.judge
        return self._guarded(value, judge.place if isinstance(judge, Parties) else None)

    def refused(self) -> Exception:
        """Return the violation where what is handed over is no callable: of the one who hands it over."""
        frame = sys._getframe(1)
        boundary, clause = self.boundary, self.clause
        judge: Any = boundary.judge
        above: Parties | None = judge if isinstance(judge, Parties) else None
        is_result = clause.name == "result"
        through, verb = None, "returns a callable"
        site = home(boundary.routine) if above is None else above.site
        kind: type[ContractError] = PostconditionError
        frames: tuple[FrameType, ...] = (frame,)
        if not is_result:
            frames = boundary.judge.activations(frame, boundary)
            place = calling(frames[-1].f_back, boundary.routine)
            frames = (*frames, *place.passed)
            kind, site, through, verb = PreconditionError, site_at(place), place.through, "takes a callable"
        who = f"{boundary.routine.title}()" if above is None else above.title
        error = violation(
            kind if above is None else self.kinds[0],
            f"{who} {verb}" + ("" if is_result else f" as {clause.name}"),
            clause,
            site,
            safe_reprs({str(clause.name): frame.f_locals.get(".result" if is_result else str(clause.name))}),
            callee=boundary.routine.title,
            through=through,
            path=None if above is None else self.path,
        )
        error._activations = frames
        error._handed = above.given if above is not None and is_result else None
        return error

    def _guarded(self, call: Any, place: Place | None) -> Any:
        if not callable(call):
            return REFUSED
        known = boundary_of(call.__code__) if type(call) is FunctionType else None
        judge: Any = None if known is None else known.judge
        if isinstance(judge, Parties) and judge.clause is self.clause and judge.path == self.path:
            return call
        parties = Parties(self, place, call)
        made = self.cast(self, parties.routine, parties)
        parties.guard = ref(made)
        return made

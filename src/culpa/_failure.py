"""Stands for one check in the closure of a checked function: says what it means that its predicate is false."""

from __future__ import annotations

import sys

from culpa._link import Unchecked, is_evaluating
from culpa._old import Lost
from culpa._raised import NOBODYS, handled
from culpa._redact import MISSING, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Clause


class Failure:
    """One check of a clause."""

    __slots__ = ("_boundary", "clause")
    no = False

    def __init__(self, clause: Clause, boundary: Callable[[], Boundary | None]) -> None:
        self.clause = clause
        self._boundary = boundary

    @property
    def boundary(self) -> Boundary:
        """The boundary of the routine, which holds this."""
        boundary: Any = self._boundary()
        return boundary  # type: ignore[no-any-return]

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
        return Lost(handled())


def is_awaitable(value: object) -> bool:
    """Return whether `value` is an awaitable; a coroutine is closed, so that it is not warned of as well."""
    if find(type(value), "__await__") is MISSING:
        return False
    if type(value).__name__ == "coroutine":
        value.close()  # type: ignore[attr-defined]  # a coroutine, read off without importing its type
    return True

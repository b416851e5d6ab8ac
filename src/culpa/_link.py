"""Leads from the frame of a checked function to its boundary, and tells whether a predicate makes a call."""

from __future__ import annotations

from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from culpa._boundary import Boundary
    from culpa._model import Clause
    from culpa.errors import ContractError

HERE = __file__.rpartition("_link")[0]
"""What the file names of the library begin with."""


class Link:
    """Stands among the constants of a checked function's code, and leads from a frame to its boundary; weakly."""

    __slots__ = ("boundary",)

    def __init__(self, boundary: Boundary) -> None:
        self.boundary = ref(boundary)


REFUSED = object()
"""Stands for what is no callable where one is promised."""


class Unchecked(Exception):
    """Raised, and caught at once, where a check fails that counts for nothing."""


def strongly(boundary: Boundary) -> Callable[[], Boundary]:
    """Return what gives the boundary of a function that lasts: a weak reference is dead when garbage is finalised."""
    return lambda: boundary


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
        code = frame.f_code
        if code is _HOLDS:
            return True
        boundary = boundary_of(code)
        if boundary is not None and not boundary.regions_in(code).is_in_body(frame.f_lasti):
            return below is None or not is_ours(below)
        below = code
        frame = frame.f_back
    return False


def is_ours(code: CodeType) -> bool:
    """Return whether the library itself runs here. Its demo is a program."""
    file = code.co_filename
    return file.startswith(HERE) and "/" not in file[len(HERE) :] and "\\" not in file[len(HERE) :]


def about(obj: object) -> object:
    """Return what tells an object from others without keeping it alive; its `id`, if it takes no weak references."""
    try:
        return ref(obj)
    except TypeError:
        return id(obj)


def is_about(error: ContractError, obj: object) -> bool:
    """Return whether a violation is of an invariant of `obj`."""
    told = error._about
    return told() is obj if isinstance(told, ref) else told == id(obj)


def holds(clause: Clause, obj: Any) -> bool:
    """Return whether an invariant holds; one that cannot say so is taken to."""
    try:
        return clause.predicate is None or bool(clause.predicate(**dict.fromkeys(clause.names, obj)))
    except Exception:  # noqa: BLE001 - a predicate may raise anything
        return True


_HOLDS = holds.__code__

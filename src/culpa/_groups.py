"""Applies the rules of blame to each exception in a group (PEP 654); nesting and notes are kept."""

from __future__ import annotations

from culpa._callable import class_of
from culpa._raised import NOBODYS
from culpa._report import routine_failed, undeclared
from culpa.errors import CallerError, ContractError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from culpa._boundary import Boundary

    Group = BaseExceptionGroup[BaseException]

FACTS = ("__cause__", "__context__", "__suppress_context__", "__traceback__", "__notes__")


def regrouped(boundary: Boundary, group: Group, frame: FrameType) -> Group:
    """Return the group as it leaves a routine, in the activation `frame`; itself, if it stays as it is (R22)."""
    return _derived(boundary, group, group, frame)


def _derived(boundary: Boundary, group: Group, whole: Group, frame: FrameType) -> Group:
    parts = [_part(boundary, part, whole, frame) for part in group.exceptions]
    if all(new is part for new, part in zip(parts, group.exceptions, strict=True)):
        return group
    derived = group.derive(parts)
    for name in FACTS:
        if hasattr(group, name):
            setattr(derived, name, getattr(group, name))
    derived.__suppress_context__ |= group.__context__ is None  # what it is derived from is no news
    return derived


def _part(boundary: Boundary, part: Any, whole: Group, frame: FrameType) -> BaseException:
    is_group = issubclass(class_of(part), BaseExceptionGroup)
    return _derived(boundary, part, whole, frame) if is_group else _leaf(boundary, part, whole, frame)


def _leaf(boundary: Boundary, error: BaseException, whole: Group, frame: FrameType) -> BaseException:
    kind = type(error)
    if issubclass(kind, ContractError):
        if not issubclass(kind, CallerError):
            return error
        theirs = boundary.of_my_caller(error, frame)
        return routine_failed(boundary.routine, error, whole) if theirs is None else theirs  # type: ignore[arg-type]
    if (
        issubclass(kind, NOBODYS)
        or not issubclass(kind, Exception)
        or not boundary.forbids(kind, frame)
        or not boundary.forbids(type(whole), frame)
    ):
        return error
    return undeclared(boundary.contract.of_kind("raises"), boundary.routine, error, whole)

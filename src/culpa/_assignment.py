"""Remembers what an attribute was before an assignment, and puts it back."""

from __future__ import annotations

from types import MemberDescriptorType

from culpa._callable import class_of
from culpa._redact import MISSING, find, instance_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Before = tuple[Any, dict[Any, Any] | None]


def before(obj: Any, name: str) -> Before | None:
    """Return what an assignment to a stored attribute replaces; None for what a descriptor of the class takes."""
    raw = find(class_of(obj), name)
    if type(raw) is MemberDescriptorType:
        try:
            return raw.__get__(obj), None
        except AttributeError:
            return MISSING, None
    kind = class_of(raw)
    if raw is not MISSING and (find(kind, "__set__") is not MISSING or find(kind, "__delete__") is not MISSING):
        return None
    stored = instance_dict(obj)
    return stored.get(name, MISSING), dict(stored)


def undo(obj: Any, name: str, replaced: Before) -> None:
    """Put back what `before` returned, in its old place among the attributes."""
    value, stored = replaced
    if stored is not None:
        attributes = instance_dict(obj)
        if value is MISSING:
            attributes.pop(name, None)
        elif name in attributes:
            attributes[name] = value
        else:
            attributes.clear()
            attributes.update(stored)
    elif value is MISSING:
        find(type(obj), name).__delete__(obj)  # type: ignore[attr-defined]  # a slot
    else:
        find(type(obj), name).__set__(obj, value)  # type: ignore[attr-defined]  # a slot

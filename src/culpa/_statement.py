"""Finds the `class` statement that makes a class, and whether more decorators will get it."""

from __future__ import annotations

import sys
from types import CodeType

from culpa._frozen import frozen
from culpa._link import is_ours
from culpa._position import instructions, position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

MAKERS = ("dataclasses", "attr.", "attrs.")
"""The modules that may still write a constructor into a class which they make."""
GENERIC = "<generic parameters of "


@frozen
class Statement:
    """Where a class is written; `is_last` if no decorator of it comes after what happens now.

    `body` is the code of its body, if that is at hand.
    """

    file: str
    line: int
    is_last: bool
    body: CodeType | None = None


def statement_of(cls: type, applied: FrameType | None) -> Statement:
    """Return the statement of a class that `applied` is decorating, or without that, which is being made.

    A class that no statement in these frames makes, as `make_dataclass` or a call of its metaclass does, is placed
    where that was called.
    """
    frame: FrameType | None = sys._getframe(1) if applied is None else applied
    first, is_made = applied, False
    while frame is not None:
        found = _found_in(frame, cls)
        if found is not None:
            return Statement(frame.f_code.co_filename, found[0], _is_last(applied or frame), found[1])
        is_made = is_made or is_maker(frame)
        first = first or (None if is_ours(frame.f_code) else frame)
        frame = frame.f_back
    is_last = not is_made if applied is None else _is_last(applied)
    return Statement(
        "<unknown>" if first is None else first.f_code.co_filename, first.f_lineno if first else 1, is_last
    )


def is_maker(frame: FrameType) -> bool:
    """Return whether a tool runs here that writes constructors into classes."""
    return str(frame.f_globals.get("__name__")).startswith(MAKERS)


def _found_in(frame: FrameType, cls: type) -> tuple[int, CodeType] | None:
    """Return the line of the `class` statement whose body the frame ran last, and that body; or None."""
    code = frame.f_code
    bodies = {number: body for number, value in enumerate(code.co_consts) if (body := _body_in(cls, value)) is not None}
    loads = [(o, n) for o, name, n in instructions(code) if name == "LOAD_CONST" and n in bodies] if bodies else []
    offset, number = max((load for load in loads if load[0] <= frame.f_lasti), default=(-1, 0))
    line = position(code, offset)[0] if offset >= 0 else None
    return None if line is None else (line, bodies[number])


def _body_in(cls: type, value: object) -> CodeType | None:
    if not isinstance(value, CodeType):
        return None
    if value.co_name == f"{GENERIC}{cls.__name__}>":
        return next((body for inner in value.co_consts if (body := _body_in(cls, inner)) is not None), None)
    # A second class that is made of the first, with slots, has lost its qualified name at this point.
    is_named = value.co_name == cls.__name__ and cls.__qualname__ in (value.co_qualname, value.co_name)
    return value if is_named else None


def _is_last(frame: FrameType) -> bool:
    """Return whether what `frame` calls now gives the class itself: no further call gets it."""
    if frame.f_code.co_name.startswith(GENERIC) and frame.f_back is not None:
        frame = frame.f_back
    after = (name for offset, name, _ in instructions(frame.f_code) if offset > frame.f_lasti)
    return next(after, "") not in ("PRECALL", "CALL")

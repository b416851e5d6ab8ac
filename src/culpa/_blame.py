"""Turns frames into sites: who made a call, and where in a routine something was raised."""

from __future__ import annotations

import os

from culpa._frozen import frozen
from culpa._link import boundary_of, is_ours
from culpa._position import definition, position
from culpa.errors import Site

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType

    from culpa._model import Routine

LIBRARY = os.path.dirname(os.__file__) + os.sep
PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
GENERATED = ("<frozen ", "<attrs generated", "<decorator-gen-", "<makefun-gen-", "<__array_function__")
RUNTIME = "<runtime>"
PROCESS = "multiprocessing.process.BaseProcess._bootstrap"
"""What starts the target of a process; beneath it lie frames of the parent, or of a generated command."""


@frozen
class Place:
    """A call whose line is not looked up yet; `code` is None where the runtime made it, `passed` the checks between."""

    code: CodeType | None
    offset: int
    through: str | None
    passed: tuple[FrameType, ...] = ()


def calling(frame: FrameType | None, routine: Routine) -> Place:
    """Return the call expression that made the call, what it went through, and the checks among that.

    The caller is the nearest code of somebody. C code has no frame; frames of the standard library and of generated
    code are passed over, and with a generated constructor the checks around it: their caller made the call, too. None
    left, as in the target of a thread or a process, an `atexit` function or `__del__`: the runtime made the call.
    """
    first = last = None
    passed: list[FrameType] = []
    while frame is not None and (is_ours(frame.f_code) or _is_nobodys(frame)):
        if is_check(frame):
            passed.append(frame)
        elif not is_ours(frame.f_code):
            last = _title(frame)
            first = first or last
        frame = None if last == PROCESS else frame.f_back
    if frame is None or (routine.name == "__del__" and "__del__" not in frame.f_code.co_names):
        return Place(None, 0, first, tuple(passed))
    return Place(frame.f_code, frame.f_lasti, last, tuple(passed))


def site_at(place: Place) -> Site:
    """Return the site of a call."""
    return Site(RUNTIME, None) if place.code is None else site_of(place.code, place.offset)


def caller(frame: FrameType | None, routine: Routine) -> tuple[Site, str | None, tuple[FrameType, ...]]:
    """Return the site of the call that made the call, what it went through, and the checks among that."""
    place = calling(frame, routine)
    return site_at(place), place.through, place.passed


def site_of(code: CodeType, offset: int) -> Site:
    """Return the site of one instruction."""
    return Site(code.co_filename, *position(code, offset), code.co_qualname)


def home(routine: Routine) -> Site:
    """Return the site of the routine's definition."""
    if routine.code is None:
        return Site(routine.file, routine.line, None, routine.qualname)
    line, column = definition(routine.code, routine.definer)
    return Site(routine.file, line, column, routine.qualname)


def yielding(routine: Routine, frame: FrameType) -> Site:
    """Return the `yield` at which the generator of an activation is suspended; its definition, if that is not known."""
    generator = frame.f_locals.get(".gen")
    suspended: FrameType | None = getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None)
    return home(routine) if suspended is None else site_of(suspended.f_code, suspended.f_lasti)


def left_at(routine: Routine, trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback's entry for the routine's own frame; for what is not Python's, the first entry."""
    if routine.code is None:
        return trace
    while trace is not None and trace.tb_frame.f_code is not routine.code:
        trace = trace.tb_next
    return trace


def entry_site(routine: Routine, entry: TracebackType | None) -> Site:
    """Return the site of a traceback's entry; without one, the routine's definition."""
    return home(routine) if entry is None else site_of(entry.tb_frame.f_code, entry.tb_lasti)


def is_foreign(file: str) -> bool:
    """Return whether a file belongs to Python or to an installed package."""
    return file.startswith((LIBRARY, "<frozen ")) or any(part in file for part in PACKAGES)


def is_check(frame: FrameType) -> bool:
    """Return whether the checks run here that stand around what is no code of somebody's."""
    boundary = boundary_of(frame.f_code)
    return boundary is not None and boundary.routine.code is None


def _is_nobodys(frame: FrameType) -> bool:
    code = frame.f_code
    file = code.co_filename
    if is_check(frame):
        return True
    if file.startswith("<"):
        made = code.co_qualname.startswith("__create_fn__.")  # the methods that `dataclasses` generates
        named = str(frame.f_globals.get("__name__")).startswith("namedtuple_")
        return made or named or file.startswith(GENERATED)
    return file.startswith(LIBRARY) and not any(part in file for part in PACKAGES)


def _title(frame: FrameType) -> str:
    name = frame.f_code.co_qualname
    if name.startswith("__create_fn__."):
        return f"a generated {frame.f_code.co_name}"
    return f"{frame.f_globals.get('__name__', '?')}.{name.partition('.<locals>')[0]}"

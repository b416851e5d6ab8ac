"""Watches generators: what was thrown into one, and that the event loop hears only of the one that its user holds."""

from __future__ import annotations

import sys
from itertools import pairwise

from culpa._position import instructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, TracebackType
    from typing import Any

    from culpa._model import Routine

AFTER_YIELD = 1
"""The argument of RESUME behind a `yield`; behind `yield from` and `await` it is another."""


def begun(generator: Any) -> Callable[[object], Any]:
    """Return what sends for the first item of an async generator, which no hook of the event loop hears of.

    The loop closes what it has heard of: that is the generator around this one, which closes it. So nothing is to be
    done when it is finalised.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, _leave)
    try:
        first = generator.asend(None)
        return lambda _: first
    finally:
        sys.set_asyncgen_hooks(*hooks)


def _leave(generator: Any) -> None:
    """Finalise nothing."""


def is_thrown_in(routine: Routine, trace: TracebackType, frame: FrameType) -> bool:
    """Return whether the exception came into the routine from outside, in the activation `frame`.

    It was raised in code that still runs around this activation, as the block of a `with` statement; or else nothing
    that the routine called has raised it, and it stands at a `yield`.
    """
    entry: TracebackType | None = trace
    while entry is not None and entry.tb_frame.f_code is not routine.code:
        entry = entry.tb_next
    if entry is None:
        return False
    if entry.tb_next is not None:
        return _is_around(entry.tb_next.tb_frame, frame)
    return entry.tb_lasti in _yields(entry.tb_frame.f_code)


def _yields(code: CodeType) -> set[int]:
    """Return the offsets at which the code is suspended by a `yield` of its own."""
    steps = [(offset, name, argument & 3) for offset, name, argument in instructions(code)]
    return {
        offset
        for (offset, name, _), (_, after, argument) in pairwise(steps)
        if name == "YIELD_VALUE" and after == "RESUME" and argument == AFTER_YIELD
    }


def _is_around(outer: FrameType, frame: FrameType | None) -> bool:
    while frame is not None:
        if frame is outer:
            return True
        frame = frame.f_back
    return False

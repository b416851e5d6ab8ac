"""Finds the methods of an object that are running, by the frames of threads. Nothing is recorded for it beforehand."""

from __future__ import annotations

import gc
import sys
from _thread import RLock, get_ident

from culpa._callable import class_of, code_of, inner_of
from culpa._descriptors import functions_of
from culpa._link import boundary_of
from culpa._redact import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType
    from typing import Any

CO_VARARGS = 0x4
HOOKS = ("__setattr__", "__delattr__")
"""Where they only check assignments from outside, they are no methods that somebody wrote."""
COLLECTS_ANYWHERE = sys.version_info < (3, 12)  # since then only between two instructions
LONGEST_WAIT = 0.1  # seconds: after a fork, the thread that looks may be gone
LONGEST = 100  # more wrappers are a cycle of `__wrapped__`: somebody's bug, not a reason to hang

_looking = RLock()


def running(obj: Any, frame: FrameType | None) -> tuple[FrameType, bool] | None:
    """Return the innermost method of an object that runs in `frame` or further out, None if there is none.

    With it, whether it has called out: a checked activation that is none of this object's lies between. Then a call
    of the object is no self-call (Eiffel's unqualified call), for somebody else has made it.
    """
    methods = _Methods(obj)
    has_left = False
    while frame is not None:
        if methods.has(frame):
            return frame, has_left
        has_left = has_left or boundary_of(frame.f_code) is not None
        frame = frame.f_back
    return None


def is_in_another_thread(obj: Any) -> bool:
    """Return whether another thread is inside a method of the object, as far as can be seen.

    On 3.11 a collection that starts while `f_back` makes a frame object may let the other thread go on, and the frame
    is gone: so there is none meanwhile. Then one thread looks at a time, and none waits for long.
    """
    if not COLLECTS_ANYWHERE:
        return _is_elsewhere(_Methods(obj))
    if not _looking.acquire(timeout=LONGEST_WAIT):
        return False
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return _is_elsewhere(_Methods(obj))
    finally:
        if is_collecting:
            gc.enable()
        _looking.release()


def _is_elsewhere(methods: _Methods) -> bool:
    # No local may hold this thread's frame, which is this one: a frame that holds itself dies with the next collection.
    for top in [top for thread, top in sys._current_frames().items() if thread != get_ident()]:
        frame: FrameType | None = top
        while frame is not None:
            if methods.has(frame):
                return True
            frame = frame.f_back
    return False


class _Methods:
    """The methods of one object: found in its class, or told by their qualified names.

    That a frame's first argument is the object does not suffice: so it is in any function that works on the object.
    The name suffices for what a decorator of somebody's hides.
    """

    def __init__(self, obj: Any) -> None:
        self.obj = obj
        self.cls = class_of(obj)
        self.owners = {base.__qualname__ for base in self.cls.__mro__}
        self.codes: set[int] | None = None  # 80 us: the nearest frame is a method by its name in most cases

    def has(self, frame: FrameType) -> bool:
        code = frame.f_code
        boundary = boundary_of(code)
        if boundary is not None and boundary.routine.code is None and code.co_name in HOOKS:
            return False
        if code.co_qualname.rpartition(".")[0] in self.owners and not _is_of_class(find(self.cls, code.co_name)):
            return self._first_argument(frame) is self.obj
        if self.codes is None:
            self.codes = set(map(id, self._codes()))
        return id(code) in self.codes and self._first_argument(frame) is self.obj

    def _codes(self) -> Iterator[CodeType]:
        """Give the codes of what the classes have, wrappers and checks looked through."""
        values = [value for base in self.cls.__mro__ for value in list(vars(base).values())]
        for target in (f for value in values if not _is_of_class(value) for f in functions_of(value).values()):
            function = target
            for _ in range(LONGEST):
                found = code_of(function)
                boundary = None if found is None else boundary_of(found)
                yield from () if found is None else (found,)
                function = inner_of(function, "__wrapped__") if boundary is None else boundary.routine.call
                if function is None:
                    break

    def _first_argument(self, frame: FrameType) -> Any:
        code = frame.f_code
        local: dict[str, Any] = frame.f_locals
        if code.co_argcount:
            return local.get(code.co_varnames[0])
        star = code.co_varnames[code.co_kwonlyargcount] if code.co_flags & CO_VARARGS else ""
        return next(iter(local.get(star, ())), None)


def _is_of_class(value: Any) -> bool:
    return issubclass(class_of(value), staticmethod | classmethod)

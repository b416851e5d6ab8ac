"""Tells the log and the observers about each violation, once, at its creation; what they raise goes no further."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any

    from culpa.errors import ContractError

    Observer = Callable[[ContractError], object]

NOWHERE = ("<builtin>", 0, None)
"""The place of what has no frame: an observer written in C."""


class Handle:
    """The registration of an observer; `remove()` ends it."""

    __slots__ = ("callback",)

    def __init__(self, callback: Observer) -> None:
        self.callback = callback

    def remove(self) -> None:
        """Stop calling the observer, from this moment on. Removing twice is no error."""
        _observers.pop(id(self), None)


_observers: dict[int, Handle] = {}


def on_violation(callback: Observer, /) -> Handle:
    """Call `callback(err)` for every violation when it is created, swallowed later or not.

    An exception in `callback` is logged and goes no further. A `RoutineError` only re-labels: it is no new violation.
    What `callback` itself breaks is told to the others, and not to it again.

    >>> handle = on_violation(lambda err: print(err.site))
    >>> handle.remove()
    """
    if not callable(callback):
        raise TypeError(f"on_violation() takes a callable, not {callback!r}")
    handle = Handle(callback)
    _observers[id(handle)] = handle
    return handle


def announce(error: ContractError) -> None:
    """Hand `error` to the logger `culpa`, and to every observer that is registered now and not removed on the way."""
    tell(error, LOG)
    for key, handle in _observers.copy().items():
        if key in _observers:
            tell(error, handle)


def tell(error: ContractError, handle: Handle) -> None:
    """Call one observer, unless this thread and task is inside a call of that very one.

    The frames say so: nothing is kept that another thread, a task or a greenlet could see.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is tell.__code__ and frame.f_locals["handle"] is handle:
            return
        frame = frame.f_back
    try:
        handle.callback(error)
    except Exception as failure:  # noqa: BLE001 - an observer may raise anything; what is no Exception passes
        trace = failure.__traceback__
        trace = None if trace is None else trace.tb_next  # without the entry of this frame
        _emit(_place(trace), "an observer of violations raised", (type(failure), failure, trace), {})


def _log(error: ContractError) -> None:
    """Emit one record, whose place is the culprit's: no frame of the library is in it."""
    site = error.site
    text = f"{type(error).__name__}: {error}"
    _emit((site.file, site.line or 0, site.function), text, None, {"contract": error.to_dict()})


def _emit(place: tuple[str, int, str | None], text: str, raised: Any, extra: dict[str, Any]) -> None:
    file, line, function = place
    try:
        import logging

        logger = _logger()
        if logger.isEnabledFor(logging.ERROR):
            record = logger.makeRecord(logger.name, logging.ERROR, file, line, "%s", (text,), raised, function, extra)
            _handle(logger, record)
    except Exception:  # noqa: BLE001, S110 - no record can be made: the interpreter ends, or `logging` was replaced
        pass


def _handle(logger: logging.Logger, record: logging.LogRecord) -> None:
    try:
        logger.handle(record)
    except Exception:  # noqa: BLE001 - of a filter or a handler of somebody's: said as `logging` says it of its own
        import logging

        logging.Handler().handleError(record)


def _place(trace: TracebackType | None) -> tuple[str, int, str | None]:
    if trace is None:
        return NOWHERE
    code = trace.tb_frame.f_code
    return code.co_filename, trace.tb_lineno, code.co_name


def _logger() -> logging.Logger:
    import logging

    logger = logging.getLogger("culpa")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


LOG = Handle(_log)
"""The logger, which is told as an observer is."""

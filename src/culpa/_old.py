"""Holds the captures of one call: those that were kept, for a predicate that is called, and those that were lost."""

from __future__ import annotations

from types import TracebackType

from culpa._raised import trace_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any


class NoCapture(AttributeError):
    """Raised where a predicate reads `old.<name>` and no capture kept a value."""


class Old:
    """The captures of one call, for a predicate that is called. Its attributes are what `snapshot` kept."""

    def __getattr__(self, name: str) -> Any:
        raise NoCapture(f"old has no {name}", name=name, obj=self)


class Lost:
    """What a capture raised, kept in a local for the clause that reads it: without frames, one of which holds it."""

    __slots__ = ("error", "line", "offset")

    def __init__(self, error: BaseException) -> None:
        trace: Any = trace_of(error)
        self.offset: int = trace.tb_lasti
        self.line: int = trace.tb_lineno
        self.error: Any = BaseException.with_traceback(error, None)

    def taken(self, frame: FrameType) -> BaseException:
        """Return what was raised, with the line in `frame` that raised it, and hold it no longer."""
        error, self.error = self.error, None
        taken: BaseException = BaseException.with_traceback(error, TracebackType(None, frame, self.offset, self.line))
        return taken

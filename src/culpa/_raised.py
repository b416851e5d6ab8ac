"""Reads exceptions past what their classes may say to attribute access."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

trace_of: Callable[[BaseException], TracebackType | None] = vars(BaseException)["__traceback__"].__get__
arguments_of: Callable[[BaseException], tuple[Any, ...]] = vars(BaseException)["args"].__get__

NOBODYS = (RecursionError, MemoryError)
"""What passes untouched from body and predicate alike: nobody's violation."""


def handled() -> BaseException:
    """Return the exception that is being handled."""
    return sys.exception()  # type: ignore[return-value]  # only handlers ask

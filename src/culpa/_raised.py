"""Reads exceptions past what their classes may say to attribute access."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

trace_of: Callable[[BaseException], TracebackType | None] = vars(BaseException)["__traceback__"].__get__
arguments_of: Callable[[BaseException], tuple[Any, ...]] = vars(BaseException)["args"].__get__

"""Makes a clause of what a declaration was given, and the decorator that brings it to a function or a class."""

from __future__ import annotations

from culpa._misuse import is_message, wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from culpa._model import Clause


def decorator(*clauses: Clause) -> Any:
    """Return the decorator; what it is made of is loaded with the first one, for `import culpa` to be fast."""
    from culpa._attach import Decorator

    return Decorator(clauses)


def clause_of(
    kind: str,
    predicate: Callable[..., object] | None,
    message: str | None,
    frame: FrameType,
    name: str | None = None,
    exceptions: tuple[type[BaseException], ...] = (),
    *,
    on_setattr: bool = False,
) -> Clause:
    from culpa._model import Clause
    from culpa._predicates import Reading, read_predicate

    if predicate is None and kind == "raises":
        reading = Reading(text=", ".join(exception.__name__ for exception in exceptions) or None)
    else:
        reading = read_predicate(predicate, "capture" if kind == "snapshot" else "predicate")
    problem = reading.problem
    if problem is None and not is_message(message):
        problem = f"its message is no string but {type(message).__name__}; write the message in quotes"
    if problem is not None:
        raise wrong(kind, problem, frame)
    place = (frame.f_code, frame.f_lasti)
    return Clause(kind, predicate, reading.names, message, reading.text, place, name, exceptions, on_setattr=on_setattr)

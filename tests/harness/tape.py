"""Draws structures from bytes: one draw for Hypothesis instead of hundreds; what shrinks to zeros is simplest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Tape:
    """Choices, one byte each; behind the end there are zeros."""

    def __init__(self, data: bytes) -> None:
        self._bytes = iter(data)

    def number(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`; `low` is the simplest."""
        return low + next(self._bytes, 0) % (high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the simplest."""
        return options[self.number(0, len(options) - 1)]

    def word(self, words: str) -> str:
        return self.pick(words.split())

    def chance(self, of: int) -> bool:
        """Return true once in so many times; false is simpler."""
        return self.number(0, of - 1) == of - 1

    def some(self, make: Callable[[], T], low: int, high: int) -> list[T]:
        return [make() for _ in range(self.number(low, high))]

    def subset(self, options: Sequence[T], high: int) -> list[T]:
        """Return some of the options, each at most once, in any order."""
        left = list(options)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(min(self.number(0, high), len(left)))]


def taped(make: Callable[[Tape], T], size: int) -> st.SearchStrategy[T]:
    """Return a strategy of what `make` makes of a tape of so many choices."""
    data: Any = st.binary(min_size=size, max_size=size)
    return data.map(lambda drawn: make(Tape(drawn)))

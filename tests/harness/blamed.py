"""Asserts whom the violation of an invariant blames, by the marked lines of one test file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from culpa import Blame, InvariantError, OutsideError
from harness.markers import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable

each_order = pytest.mark.parametrize("is_above", [True, False], ids=["invariant above", "invariant below"])


def stacking(usual: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a function that puts an invariant, `usual` if none is given, above another decorator or below it."""

    def stacked(is_above: bool, other: Callable[[Any], Any], mine: Callable[[Any], Any] = usual) -> Any:
        return (lambda cls: mine(other(cls))) if is_above else (lambda cls: other(mine(cls)))

    return stacked


class Blamed:
    """The assertions of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.at = lines_of(file)

    def breaks(self, mark: str | None, call: Callable[[], object], phase: str = "exit") -> Any:
        """Assert that a call breaks an invariant, and that the marked line is to blame."""
        with pytest.raises(InvariantError) as caught:
            call()
        error = caught.value
        assert (error.phase, error.blame) == (phase, Blame.CALLEE)
        if mark is not None:
            assert (error.site.file, error.site.line) == (self.file, self.at[mark])
        return error

    def found_outside(self, call: Callable[[], object]) -> Any:
        """Assert that a call, a lambda of one line, finds its object broken, with that line as the witness."""
        with pytest.raises(OutsideError) as caught:
            call()
        error = caught.value
        assert error.blame is Blame.OUTSIDE
        assert (error.site.file, error.site.line) == (self.file, call.__code__.co_firstlineno)  # type: ignore[attr-defined]
        return error

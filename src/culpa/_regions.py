"""Tells from a checked function's code where its body runs, and where each check is made."""

from __future__ import annotations

import sys

from culpa._frozen import frozen
from culpa._position import instructions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType


ATTRIBUTE_SHIFT = 1 if sys.version_info >= (3, 12) else 0  # since then the lowest bit tells a method call


@frozen
class Regions:
    """The extents of the body in a checked function's code, and each place where the object of a check is loaded.

    A check loads its own after its predicate, so the first one loaded after an offset names the clause that runs
    there. Offsets, not positions: `-X no_debug_ranges` takes columns away. `entry` is the offset of RESUME, where a
    signal may come in before anything has run.
    """

    entry: int
    bodies: tuple[tuple[int, int], ...]
    checks: tuple[tuple[int, str], ...]

    def is_in_body(self, offset: int) -> bool:
        """Return whether the routine itself runs at `offset`, or nothing yet."""
        return offset <= self.entry or any(start <= offset < stop for start, stop in self.bodies)

    def check_at(self, offset: int) -> str | None:
        """Return the name of the check that is made at `offset`; None in the body, and where exceptions are handled."""
        if self.is_in_body(offset):
            return None
        return next((name for place, name in self.checks if place >= offset), None)


def regions_of(code: CodeType) -> Regions:
    """Return the regions of a checked function's code."""
    bodies: list[tuple[int, int]] = []
    checks: list[tuple[int, str]] = []
    entry = 0
    start: int | None = None
    others = [cell for cell in code.co_cellvars if cell not in code.co_varnames]
    names = (*code.co_varnames, *others, *code.co_freevars)
    for offset, name, argument in instructions(code):
        if name == "RESUME" and argument == 0:  # the others stand behind an `await` or a `yield`
            entry = offset
        elif (name == "LOAD_DEREF" and names[argument] == ".body") or (
            name.startswith("LOAD_FAST") and argument < len(names) and names[argument] in (".send", ".gen")
        ):
            start = offset if start is None else start
        elif name == "LOAD_ATTR" and code.co_names[argument >> ATTRIBUTE_SHIFT].startswith("."):
            checks.append((offset, code.co_names[argument >> ATTRIBUTE_SHIFT]))
        elif start is not None and name.startswith(("STORE_FAST", "RETURN")):
            bodies.append((start, offset))
            start = None
    return Regions(entry, tuple(bodies), tuple(checks))

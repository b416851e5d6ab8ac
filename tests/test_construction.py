"""Guarding what makes objects: shapes of classes that the rules of invariants do not need."""

from __future__ import annotations

import types
from typing import Any

import pytest

from culpa import InvariantError, invariant

positive = invariant(lambda self: self.n > 0)


def test_a_tuple_with_fields_that_is_no_named_tuple_is_left_alone() -> None:
    @positive
    class Pair(tuple[int, ...]):  # noqa: SLOT001 - an attribute of the instance is of no matter here
        _fields = ("first", "second")
        n = 1

    assert Pair((1, 2)) == (1, 2)
    assert not hasattr(Pair, "_make")


def test_what_waits_for_a_tool_above_is_seen_by_nobody_else() -> None:
    seen: list[bool] = []

    def decorate(cls: Any) -> Any:
        seen.extend([hasattr(cls, "__post_init__"), hasattr(cls(), "__attrs_post_init__")])
        return cls

    @decorate
    @positive
    class Box:
        n = 1

    assert seen == [False, False]
    assert Box().n == 1


def test_a_class_that_no_statement_makes_is_placed_where_it_is_made() -> None:
    def fill(namespace: dict[str, Any]) -> None:
        namespace["n"] = 1

    base = positive(types.new_class("Base", (), {}, fill))
    made = type("Made", (base,), {"n": -1})

    with pytest.raises(InvariantError) as caught:
        made()

    assert caught.value.site.file == __file__
    assert caught.value.site.function == "Made.__init__"


def test_a_method_that_takes_its_object_in_a_star_is_running() -> None:
    @positive
    class Box:
        n = 1

        def spoil(*args: Any) -> int:
            args[0].n = -1
            return int(args[0].read())

        def read(self) -> int:
            self.n = 2
            return self.n

    assert Box().spoil() == 2

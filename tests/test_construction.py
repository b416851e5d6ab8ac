"""Guarding what makes objects: shapes of classes that the rules of invariants do not need."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

import pytest

from culpa import DefectError, InvariantError, invariant

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


def test_inspect_may_ask_the_class_as_if_it_were_the_instance() -> None:
    @positive
    class Box:
        n = 1

    class Child(Box):
        n = 2

    relay = vars(Child)["__init__"]

    assert relay.__get__(Child, type).__func__ is Child.__init__


@pytest.mark.parametrize("raised", [KeyboardInterrupt, RecursionError])
def test_what_is_nobodys_passes_out_of_an_invariant(raised: type[BaseException]) -> None:
    def interrupted(self: Any) -> bool:
        if self.n < 0:
            raise raised
        return True

    @invariant(interrupted)
    class Box:
        n = 1

        def read(self) -> int:
            return self.n

    box = Box()
    box.n = -1

    with pytest.raises(raised):
        box.read()


def test_a_predicate_that_raises_on_a_complete_object_is_a_defect_below_a_dataclass_too() -> None:
    @dataclasses.dataclass
    @invariant(lambda self: self.m > 0)
    class Box:
        n: int

    with pytest.raises(DefectError):
        Box(1)


def test_a_predicate_may_call_methods_when_an_exception_has_left_one() -> None:
    calls: list[int] = []

    @invariant(lambda self: self.size() > 0)
    class Box:
        n = 1

        def size(self) -> int:
            calls.append(self.n)
            return self.n

        def fail(self) -> None:
            self.n = -1
            raise KeyError

    with pytest.raises(InvariantError) as caught:
        Box().fail()

    assert caught.value.phase == "exception"
    assert calls[-1] == -1


def test_a_cycle_of_wrapped_functions_does_not_hang_the_search_for_methods() -> None:
    def other() -> None: ...

    other.__wrapped__ = other  # type: ignore[attr-defined]

    @positive
    class Box:
        n = 1

        def spoil(self) -> None:
            self.n = -1

    Box._other = other  # type: ignore[attr-defined]

    with pytest.raises(InvariantError):
        Box().spoil()


GENERIC_CLASSES = """
def decorated():
    def generic():
        class Box:
            n = -1
        return Box
    return positive(generic())

def inherited(Base):
    def generic():
        class Box(Base):
            n = -1
        return Box
    return [generic()][0]
"""


def renamed(code: types.CodeType) -> types.CodeType:
    """Return code in which functions called `generic` are what 3.12 makes of the parameters of a generic class."""
    constants = tuple(renamed(value) if isinstance(value, types.CodeType) else value for value in code.co_consts)
    name = "<generic parameters of Box>" if code.co_name == "generic" else code.co_name
    return code.replace(co_consts=constants, co_name=name)


def test_a_class_with_type_parameters_is_found_in_the_code_around_it() -> None:
    namespace: dict[str, Any] = {"positive": positive}
    exec(renamed(compile(GENERIC_CLASSES, "generics.py", "exec", dont_inherit=True)), namespace)
    base = positive(type("Base", (), {"n": 1}))

    # Python 3.12 gives the function around the class the line of the class.
    for make, line in ((namespace["decorated"], 3), (lambda: namespace["inherited"](base), 11)):
        with pytest.raises(InvariantError) as caught:
            make()()
        assert (caught.value.site.file, caught.value.site.line) == ("generics.py", line)

"""R17, R18, R19: an override may weaken a precondition and strengthen a postcondition, never the reverse."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import sys
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import pytest

from culpa import (
    Blame,
    CallerError,
    DeclarationError,
    DefectError,
    HierarchyError,
    PostconditionError,
    PreconditionError,
    RaisesError,
    RoutineError,
    contract_of,
    ensure,
    raises,
    require,
    require_else,
    snapshot,
)
from harness.markers import lines_of

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)
T = TypeVar("T")


class Base:
    @require(lambda x: x > 0)  # @base-require
    @ensure(lambda x, result: result > x)  # @base-ensure
    def m(self, x: int) -> int:
        return x + 1


class Inheriting(Base):
    def m(self, x: int) -> int:  # @inheriting
        return x + 1 if x < 10 else x


class Stronger(Base):
    @require(lambda x: x > 10)  # @stronger
    def m(self, x: int) -> int:
        return x + 1


class Weaker(Base):
    @require_else(lambda x: x == -1)
    @ensure(lambda result: result != 7)
    def m(self, x: int) -> int:  # @weaker
        return x + 1 if x > 0 else x


def error_of(error_type: type[Any], call: Any) -> Any:
    with pytest.raises(error_type) as caught:
        call()
    assert type(caught.value) is error_type
    return caught.value


def test_R19_an_override_inherits_the_postcondition_and_is_blamed_for_it() -> None:
    assert Inheriting().m(5) == 6
    error = error_of(PostconditionError, lambda: Inheriting().m(10))

    assert (error.site.file, error.site.line) == (HERE, AT["inheriting"])
    assert error.clause.site.line == AT["base-ensure"]


def test_R18_an_override_without_a_clause_of_its_own_demands_what_its_base_demands() -> None:
    error = error_of(PreconditionError, lambda: Inheriting().m(0))  # @inherited-precondition

    assert error.site.line == AT["inherited-precondition"]
    assert error.clause.site.line == AT["base-require"]


def test_R17_an_override_that_demands_more_is_at_fault_never_its_caller() -> None:
    assert Stronger().m(11) == 12
    error = error_of(HierarchyError, lambda: Stronger().m(5))

    assert isinstance(error, DefectError)
    assert not isinstance(error, CallerError)
    assert error.blame is Blame.CONTRACT
    assert (error.site.file, error.site.line) == (HERE, AT["stronger"])


def test_R18_a_call_that_neither_accepts_blames_the_caller_and_lists_every_alternative() -> None:
    error = error_of(PreconditionError, lambda: Stronger().m(-5))  # @neither

    assert error.site.line == AT["neither"]
    if error.clause.text is not None:
        assert "x > 10" in str(error)
        assert "x > 0  of Base.m()" in str(error)


def test_R18_an_alternative_widens_what_the_base_accepts() -> None:
    assert Weaker().m(5) == 6
    assert Weaker().m(-1) == -1
    error_of(PreconditionError, lambda: Weaker().m(-2))


def test_R19_a_bases_postcondition_binds_only_where_its_precondition_held() -> None:
    assert Weaker().m(-1) == -1  # not > x, but the base promised nothing for -1

    error_of(PostconditionError, lambda: Weaker().m(6))  # its own: result != 7


def test_R17_a_base_without_any_clause_promises_nothing() -> None:
    class View:
        def get(self, request: Any) -> Any:
            return request

    class Detail(View):
        @require(lambda request: request)
        def get(self, request: Any) -> Any:
            return request

    error_of(PreconditionError, lambda: Detail().get(None))


def test_R17_a_base_that_promises_something_for_nothing_accepts_every_call() -> None:
    class Plain:
        @ensure(lambda result: result >= 0)
        def size(self, x: int) -> int:
            return 0

    class Demanding(Plain):
        @require(lambda x: x > 0)
        def size(self, x: int) -> int:
            return x

    assert Demanding().size(1) == 1
    error_of(HierarchyError, lambda: Demanding().size(-1))


def test_R17_a_clause_on_a_new_parameter_is_outside_the_rule() -> None:
    class Wider(Base):
        @require(lambda x, step: step > 0)
        def m(self, x: int, step: int = 1) -> int:
            return x + step

    assert Wider().m(5) == 6
    error_of(PreconditionError, lambda: Wider().m(5, -1))
    error_of(PreconditionError, lambda: Wider().m(-5, 1))


def test_an_override_that_cannot_be_called_as_its_base_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(DeclarationError, match=r"Narrow\.m\(\) .*no parameter 'x'.*Base\.m\(\)"):

        class Narrow(Base):
            def m(self) -> int:
                return 0


def test_an_override_that_takes_everything_is_checked_by_the_names_of_its_base() -> None:
    class Forwarding(Base):
        def m(self, *args: Any, **kwargs: Any) -> int:
            return super().m(*args, **kwargs)

    assert Forwarding().m(x=1) == 2
    error_of(PreconditionError, lambda: Forwarding().m(-1))
    error_of(PreconditionError, lambda: Forwarding().m(x=-1))


def test_parameters_are_matched_by_position() -> None:
    class Renaming(Base):
        def m(self, value: int) -> int:
            return value

    error = error_of(PostconditionError, lambda: Renaming().m(3))
    assert error.values["x"] == "3"
    error_of(PreconditionError, lambda: Renaming().m(value=-3))


def test_three_levels_add_up() -> None:
    class Middle(Base):
        @require_else(lambda x: x == 0)
        @ensure(lambda result: result < 100)
        def m(self, x: int) -> int:
            return x + 1

    class Leaf(Middle):
        @require_else(lambda x: x == -1)
        def m(self, x: int) -> int:
            return x + (1 if x != 5 else 200)

    assert [Leaf().m(x) for x in (1, 0, -1)] == [2, 1, 0]
    error_of(PreconditionError, lambda: Leaf().m(-2))
    error_of(PostconditionError, lambda: Leaf().m(5))
    error_of(PreconditionError, lambda: Middle().m(-1))
    error_of(PreconditionError, lambda: Base().m(0))
    assert {clause.origin for clause in contract_of(Leaf.m).clauses} >= {"Middle.m", "Base.m"}


def test_multiple_inheritance_is_a_union_of_preconditions_and_all_postconditions() -> None:
    class Left:
        @require(lambda x: x > 0)
        @ensure(lambda result: result != 1)
        def m(self, x: int) -> int:
            return x

    class Right:
        @require(lambda x: x < -10)
        @ensure(lambda result: result != -20)
        def m(self, x: int) -> int:
            return x

    class Both(Left, Right):
        def m(self, x: int) -> int:
            return x

    assert [Both().m(x) for x in (2, -11)] == [2, -11]
    for x in (1, -20):
        error_of(PostconditionError, lambda x=x: Both().m(x))
    error_of(PreconditionError, lambda: Both().m(-5))


def test_a_mixin_that_comes_first_is_bound_by_what_it_overrides() -> None:
    class Mixin:
        def m(self, x: int) -> int:
            return x

    class Mixed(Mixin, Base):
        pass

    error_of(PreconditionError, lambda: Mixed().m(-1))
    error_of(PostconditionError, lambda: Mixed().m(1))
    assert Mixin().m(-1) == -1
    assert not contract_of(Mixin.m)


def test_contracts_never_leak_to_a_parent_or_a_sibling() -> None:
    class Sibling(Base):
        def m(self, x: int) -> int:
            return x + 1

    class Strict(Base):
        @ensure(lambda result: result == 0)
        def m(self, x: int) -> int:
            return 0

    error_of(PostconditionError, lambda: Strict().m(1))
    assert Sibling().m(1) == 2
    assert Base().m(1) == 2
    assert len(contract_of(Base.m)) == 2


def test_super_is_an_ordinary_call_of_the_bases_routine() -> None:
    class Passing(Base):
        @require_else(lambda x: x == 0)
        def m(self, x: int) -> int:
            return super().m(x)  # @super-call

    error = error_of(RoutineError, lambda: Passing().m(0))

    assert error.site.line == AT["super-call"]


def test_constructors_inherit_nothing_and_keep_their_own() -> None:
    class Account:
        @require(lambda balance: balance > 0)
        def __init__(self, balance: int) -> None:
            self.balance = balance

    class Empty(Account):
        def __init__(self) -> None:
            super().__init__(0)  # @super-init

    class Open(Account):
        def __init__(self, balance: int = 1) -> None:
            self.balance = balance

    assert Open(-1).balance == -1
    error = error_of(PreconditionError, Empty)
    assert error.site.line == AT["super-init"]


def test_snapshots_of_a_base_and_of_an_override_do_not_mix() -> None:
    class Counter:
        n = 0

        @snapshot(n=lambda self: self.n)
        @ensure(lambda self, old: self.n > old.n)
        def step(self) -> None:
            self.n += 1

    class Twice(Counter):
        @snapshot(n=lambda self: self.n * 2)
        @ensure(lambda self, old: self.n * 2 == old.n + 4)
        def step(self) -> None:
            self.n += 2

    class Lazy(Counter):
        def step(self) -> None:
            pass

    Twice().step()
    error = error_of(PostconditionError, lambda: Lazy().step())
    assert error.values["old.n"] == "0"


def test_raises_of_every_class_must_admit_the_exception() -> None:
    class Store:
        @raises(LookupError)
        def get(self, error: type[Exception]) -> None:
            raise error

    class Cache(Store):
        @raises(KeyError, OSError)
        def get(self, error: type[Exception]) -> None:
            raise error

    with pytest.raises(KeyError):
        Cache().get(KeyError)
    for error in (OSError, IndexError):
        error_of(RaisesError, lambda error=error: Cache().get(error))
    with pytest.raises(IndexError):
        Store().get(IndexError)


def test_every_kind_of_routine_inherits() -> None:  # noqa: C901 - one class with one routine of each kind
    class Shape:
        @property
        @ensure(lambda result: result >= 0)
        def area(self) -> float:
            return 0

        @area.setter
        @require(lambda value: value >= 0)
        def area(self, value: float) -> None:
            pass

        @staticmethod
        @require(lambda n: n > 0)
        def make(n: int) -> int:
            return n

        @classmethod
        @require(lambda n: n > 0)
        def build(cls, n: int) -> int:
            return n

        @require(lambda x: x > 0)
        def __call__(self, x: int) -> int:
            return x

        @require(lambda other: other is not None)
        def __add__(self, other: Any) -> Any:
            return other

        @functools.cached_property
        @ensure(lambda result: result > 0)
        def size(self) -> int:
            return 1

    class Odd(Shape):
        @property
        def area(self) -> float:
            return -1

        @area.setter
        def area(self, value: float) -> None:
            pass

        @staticmethod
        def make(n: int) -> int:
            return n

        @classmethod
        def build(cls, n: int) -> int:
            return n

        def __call__(self, x: int) -> int:
            return x

        def __add__(self, other: Any) -> Any:
            return other

        @functools.cached_property
        def size(self) -> int:
            return 0

    odd = Odd()
    error_of(PostconditionError, lambda: odd.area)
    error_of(PreconditionError, lambda: setattr(odd, "area", -1))
    odd.area = 1
    for call in (lambda: Odd.make(-1), lambda: Odd.build(-1), lambda: odd(-1), lambda: odd + None):
        error_of(PreconditionError, call)
    error_of(PostconditionError, lambda: odd.size)
    assert (Odd.make(1), odd.build(1), odd(1), odd + 1) == (1, 1, 1, 1)


def test_abstract_classes_and_protocols_hand_their_contracts_down() -> None:
    class Store(abc.ABC):
        @abc.abstractmethod
        @require(lambda key: key)
        def get(self, key: str) -> str: ...

    class Dict(Store):
        def get(self, key: str) -> str:
            return key

    @runtime_checkable
    class Sized(Protocol):
        @ensure(lambda result: result >= 0)
        def size(self) -> int: ...

    class Negative(Sized):
        def size(self) -> int:
            return -1

    class Unrelated:
        def size(self) -> int:
            return -1

    error_of(PreconditionError, lambda: Dict().get(""))
    error_of(PostconditionError, lambda: Negative().size())
    assert isinstance(Unrelated(), Sized)
    assert Unrelated().size() == -1
    with pytest.raises(TypeError, match="abstract"):
        Store()


def test_classes_of_every_make_hand_their_contracts_down() -> None:  # noqa: C901 - a class of each make
    class Tagged(type):
        def __new__(mcs, name: str, bases: Any, namespace: Any, tag: str = "") -> Any:
            return super().__new__(mcs, name, bases, namespace)

        def __init__(cls, name: str, bases: Any, namespace: Any, tag: str = "") -> None:
            super().__init__(name, bases, namespace)

    seen: list[str] = []

    class Registered:
        def __init_subclass__(cls, tag: str = "", **keywords: Any) -> None:
            super().__init_subclass__(**keywords)
            seen.append(tag)

        @require(lambda x: x > 0)
        def m(self, x: int) -> int:
            return x

    class Child(Registered, tag="child"):
        def m(self, x: int) -> int:
            return x

    class Meta(metaclass=Tagged, tag="meta"):
        @require(lambda x: x > 0)
        def m(self, x: int) -> int:
            return x

    class MetaChild(Meta, tag="child"):
        def m(self, x: int) -> int:
            return x

    @dataclasses.dataclass(slots=True, frozen=True)
    class Slotted:
        n: int

        @require(lambda x: x > 0)
        def m(self, x: int) -> int:
            return x

    @dataclasses.dataclass(slots=True, frozen=True)
    class SlottedChild(Slotted):
        def m(self, x: int) -> int:
            return x

    class Box(Generic[T]):
        @require(lambda x: x > 0)
        def m(self, x: int) -> int:
            return x

    class IntBox(Box[int]):
        def m(self, x: int) -> int:
            return x

    class Level(enum.Enum):
        LOW = 1

        @require(lambda x: x > 0)
        def m(self, x: int) -> int:
            return x

    made = type("Made", (Base,), {"m": lambda self, x: x + 1})

    assert seen == ["child"]
    assert "__culpa_hook__" not in vars(Registered)
    for obj in (Child(), MetaChild(), SlottedChild(1), IntBox(), Level.LOW, made()):
        obj.m(1)
        error_of(PreconditionError, lambda obj=obj: obj.m(-1))


def test_a_partial_method_is_an_override_like_any_other() -> None:
    class Scaling(Base):
        def scale(self, x: int, factor: int) -> int:
            return x * factor

        m = functools.partialmethod(scale, factor=1)

    error_of(PreconditionError, lambda: Scaling().m(-1))
    error_of(PostconditionError, lambda: Scaling().m(1))


def test_R17_an_override_that_runs_otherwise_than_its_base_is_refused() -> None:
    with pytest.raises(
        DeclarationError, match=r"Later\.m\(\) .* coroutine function, and Base\.m\(\) is a plain function"
    ):

        class Later(Base):
            async def m(self, x: int) -> int:
                return x

    with pytest.raises(
        DeclarationError, match=r"Lazy\.m\(\) .* a generator function, and Base\.m\(\) is a plain function"
    ):

        class Lazy(Base):
            def m(self, x: int) -> Any:
                yield x


def test_a_constructor_has_nothing_to_widen() -> None:
    with pytest.raises(DeclarationError, match="a constructor inherits no contract"):

        class Account:
            @require_else(lambda balance: balance > 0)
            def __init__(self, balance: int) -> None:
                pass

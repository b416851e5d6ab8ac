"""Invariants hold on the classes of attrs, pydantic and SQLAlchemy, and these work as before."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs
import pydantic
import pydantic_core
import pytest
import sqlalchemy
from pydantic import dataclasses as pydantic_dataclasses
from sqlalchemy import orm
from sqlalchemy.ext import hybrid
from sqlalchemy.orm import Mapped, mapped_column

from culpa import Blame, InvariantError, OutsideError, PreconditionError, contract_of, invariant, require
from harness.blamed import Blamed, each_order, stacking
from harness.markers import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT = lines_of(__file__)
T = TypeVar("T")

positive = invariant(lambda self: self.n > 0)
"""The invariant of most classes below."""

BLAMED = Blamed(__file__)
breaks, found_outside, stacked = BLAMED.breaks, BLAMED.found_outside, stacking(positive)


# --- attrs -----------------------------------------------------------------------------------------------------------

each_attrs = pytest.mark.parametrize(
    "define",
    [
        attrs.define,
        attrs.define(slots=False),
        attrs.frozen,
        attrs.frozen(slots=False),
        attrs.define(kw_only=True),
        attrs.define(order=True),
        attrs.define(eq=False),
        attrs.define(weakref_slot=False),
        attrs.define(unsafe_hash=True),
        attrs.define(getstate_setstate=False),
    ],
    ids=[
        "define",
        "define without slots",
        "frozen",
        "frozen without slots",
        "keywords only",
        "ordered",
        "by identity",
        "without weak references",
        "hashed",
        "without state",
    ],
)


@each_order
@each_attrs
def test_an_attrs_class_is_checked_when_it_is_constructed_and_called(define: Any, is_above: bool) -> None:
    @stacked(is_above, define)
    class Box:  # @attrs-class
        n: int
        label: str = "a"

        def get(self) -> int:
            return self.n

    box = Box(n=1)
    assert (box.get(), attrs.asdict(box)) == (1, {"n": 1, "label": "a"})
    breaks("attrs-class", lambda: Box(n=-1))
    object.__setattr__(box, "n", -1)
    found_outside(lambda: box.get())


@each_order
@each_attrs
def test_an_attrs_class_stays_what_attrs_made_of_it(define: Any, is_above: bool) -> None:
    def declare(decorate: Any) -> Any:
        @decorate
        class Box:
            n: int
            label: str = "a"

        return Box

    plain, box = declare(define), declare(stacked(is_above, define))

    assert inspect.signature(box) == inspect.signature(plain)
    assert [field.name for field in attrs.fields(box)] == ["n", "label"]
    assert getattr(box, "__slots__", None) == getattr(plain, "__slots__", None)
    assert hasattr(box(n=1), "__dict__") == hasattr(plain(n=1), "__dict__")
    assert hasattr(box(n=1), "__weakref__") == hasattr(plain(n=1), "__weakref__")
    assert repr(box(n=1)) == repr(plain(n=1))
    assert (box(n=1) == box(n=1)) == (plain(n=1) == plain(n=1))
    assert (box.__hash__ is None) == (plain.__hash__ is None)


@each_order
@pytest.mark.parametrize("define", [attrs.define, attrs.frozen, attrs.define(slots=False)])
def test_attrs_evolve_is_checked(define: Any, is_above: bool) -> None:
    @stacked(is_above, define)
    class Box:  # @attrs-evolve
        n: int
        m: int = 0

    box = Box(1, 2)

    assert attrs.evolve(box, n=3) == Box(3, 2)
    breaks("attrs-evolve", lambda: attrs.evolve(box, n=-1))


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace is new in 3.13")
def test_copy_replace_is_checked_on_attrs_objects_at_once_and_on_models_at_the_next_public_call() -> None:
    for cls in (AttrsAbove, AttrsBelow, AttrsFrozen):
        assert copy.replace(cls(1), n=2).get() == 2
        breaks(None, lambda cls=cls: copy.replace(cls(1), n=-1))
    span = copy.replace(Range(low=1, high=3), low=9)

    assert copy.replace(Range(low=1, high=3), low=2).width() == 1
    found_outside(lambda: span.width())


@each_order
def test_validators_and_converters_of_attrs_come_first(is_above: bool) -> None:
    @stacked(is_above, attrs.define)
    class Box:  # @attrs-validated
        n: int = attrs.field(converter=int, validator=attrs.validators.lt(10))

        def get(self) -> int:
            return self.n

    box = Box("3")
    box.n = "4"

    assert box.get() == 4
    with pytest.raises(ValueError, match="< 10"):
        Box(11)
    with pytest.raises(ValueError, match="< 10"):
        box.n = 11
    breaks("attrs-validated", lambda: Box("-1"))
    box.n = "-1"
    found_outside(lambda: box.get())


def test_attrs_refuses_hooks_of_its_own_above_an_invariant_that_checks_assignments() -> None:
    @invariant(lambda self: self.n > 0, on_setattr=True)
    class Box:
        n: int = attrs.field(validator=attrs.validators.lt(10))

    with pytest.raises(ValueError, match="Can't combine custom __setattr__ with on_setattr hooks"):
        attrs.define(Box)


@pytest.mark.parametrize("slots", [True, False])
def test_assignments_are_checked_beside_the_hooks_of_attrs_below(slots: bool) -> None:
    seen: list[int] = []

    def told(instance: Any, attribute: Any, value: int) -> int:
        seen.append(value)
        return value

    @invariant(lambda self: self.n > 0, on_setattr=True)
    @attrs.define(slots=slots)
    class Box:
        n: int = attrs.field(validator=attrs.validators.lt(10), on_setattr=[attrs.setters.validate, told])

        def cross(self) -> None:
            self.n = -1
            self.n = 5

    box = Box(1)
    box.cross()
    box.n = 2
    with pytest.raises(ValueError, match="< 10"):
        box.n = 11
    with pytest.raises(InvariantError) as caught:
        box.n = -1  # @attrs-assigned

    assert (box.n, seen[:4]) == (2, [-1, 5, 2, -1])
    assert (caught.value.phase, caught.value.blame) == ("setattr", Blame.OUTSIDE)
    assert caught.value.site.line == AT["attrs-assigned"]


def test_assignments_to_a_frozen_attrs_class_are_refused_as_before() -> None:
    @invariant(lambda self: self.n > 0, on_setattr=True)
    @attrs.frozen
    class Box:
        n: int

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Box(1).n = 2
    breaks(None, lambda: Box(-1))


@each_order
@pytest.mark.parametrize("define", [attrs.define, attrs.frozen, attrs.define(slots=False), attrs.define(order=True)])
def test_an_attrs_subclass_without_a_mark_is_checked(define: Any, is_above: bool) -> None:
    @positive
    class Plain:
        def __init__(self, n: int = 1) -> None:
            self.n = n

        def get(self) -> int:
            return self.n

    @stacked(is_above, define, invariant(lambda self: self.m > 0))
    class Root(Plain):
        n: int
        m: int = 1

    @define
    class Child(Root):  # @attrs-child
        o: int = 1

        def total(self) -> int:
            return self.n + self.m + self.o

    @define
    class Unmarked(Plain):  # @attrs-unmarked
        n: int

    child = Child(1, 2, 3)
    assert (child.total(), child.get(), Unmarked(1).get()) == (6, 1, 1)
    for numbers in ((-1, 1), (1, -1)):
        breaks("attrs-child", lambda numbers=numbers: Child(*numbers))
    breaks("attrs-unmarked", lambda: Unmarked(-1))
    object.__setattr__(child, "m", -1)
    found_outside(lambda: child.total())
    found_outside(lambda: child.get())


@each_order
def test_an_attrs_class_with_hooks_around_its_constructor_is_checked_after_them(is_above: bool) -> None:
    @stacked(is_above, attrs.define)
    class Box:
        n: int = attrs.field(init=False, default=-1)
        text: str = "1"

        def __attrs_post_init__(self) -> None:
            self.put(int(self.text))

        def put(self, n: int) -> None:
            self.n = n

    @stacked(is_above, attrs.define)
    class Own:
        n: int

        def __init__(self, text: str) -> None:  # @attrs-own-init
            self.__attrs_init__(-1)
            self.n = int(text)

    assert (Box(text="2").n, Own("2").n) == (2, 2)
    breaks(None, lambda: Box(text="-2"))
    breaks("attrs-own-init", lambda: Own("-2"))


@each_order
def test_a_post_init_of_attrs_keeps_its_own_contract(is_above: bool) -> None:
    @stacked(is_above, attrs.define)
    class Box:
        n: int

        @require(lambda self: self.n != 0)
        def __attrs_post_init__(self) -> None:
            pass

    assert Box(1).n == 1
    with pytest.raises(PreconditionError) as caught:
        Box(0)  # @attrs-contracted
    assert caught.value.site.line == AT["attrs-contracted"]
    breaks(None, lambda: Box(-1))


def test_a_method_of_a_slotted_attrs_class_below_the_invariant_may_use_super() -> None:
    class Root:
        def get(self) -> int:
            return 1

    @positive
    @attrs.define
    class Box(Root):
        n: int

        def get(self) -> int:
            return super().get() + self.n

    assert Box(2).get() == 3


def test_a_method_of_a_slotted_attrs_class_above_the_invariant_may_use_super() -> None:
    class Root:
        def get(self) -> int:
            return 1

    @attrs.define
    @positive
    class Box(Root):
        n: int

        def get(self) -> int:
            return super().get() + self.n

    assert Box(2).get() == 3


@each_order
def test_an_exception_of_attrs_is_checked(is_above: bool) -> None:
    @stacked(is_above, attrs.define(auto_exc=True))
    class Failed(Exception):  # @attrs-exception
        n: int

    def fail(n: int) -> None:
        raise Failed(n)

    with pytest.raises(Failed) as caught:
        fail(3)
    assert (caught.value.n, caught.value.args) == (3, (3,))
    breaks("attrs-exception", lambda: fail(-1))


@positive
@attrs.define
class AttrsAbove:
    n: int = 1

    def get(self) -> int:
        return self.n


@attrs.define
@positive
class AttrsBelow:
    n: int = 1

    def get(self) -> int:
        return self.n


@attrs.frozen(slots=False)
@positive
class AttrsFrozen:
    n: int = 1

    def get(self) -> int:
        return self.n


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda obj: pickle.loads(pickle.dumps(obj)),
}

each_copy = pytest.mark.parametrize("copied", [*COPIES.values()], ids=[*COPIES])


@each_copy
@pytest.mark.parametrize("cls", [AttrsAbove, AttrsBelow, AttrsFrozen])
def test_attrs_objects_copy_and_load_even_broken_ones(cls: Any, copied: Any) -> None:
    whole, broken = cls(1), cls(1)
    object.__setattr__(broken, "n", -1)

    other, spoiled = copied(whole), copied(broken)

    assert (type(other), other == whole, other.get()) == (cls, True, 1)
    assert (type(spoiled), spoiled.n) == (cls, -1)
    found_outside(lambda: spoiled.get())


# --- pydantic --------------------------------------------------------------------------------------------------------

ordered = invariant(lambda self: self.low <= self.high)
"""What pydantic has a model validator for."""


class PlainRange(pydantic.BaseModel):
    """From low to high."""

    low: int = pydantic.Field(0, ge=-100)
    high: int = pydantic.Field(0, alias="top")
    model_config = pydantic.ConfigDict(populate_by_name=True, title="Range")

    def width(self) -> int:
        return self.high - self.low

    @pydantic.computed_field
    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @pydantic.field_validator("low")
    @classmethod
    def no_seven(cls, value: int) -> int:
        if value == 7:
            raise ValueError("no seven")
        return value


class PlainLongRange(PlainRange):
    unit: str = "m"


@ordered
class Range(pydantic.BaseModel):
    """From low to high."""

    low: int = pydantic.Field(0, ge=-100)
    high: int = pydantic.Field(0, alias="top")
    model_config = pydantic.ConfigDict(populate_by_name=True, title="Range")

    def width(self) -> int:
        return self.high - self.low

    @pydantic.computed_field
    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @pydantic.field_validator("low")
    @classmethod
    def no_seven(cls, value: int) -> int:
        if value == 7:
            raise ValueError("no seven")
        return value

    def swap(self) -> None:  # @range-swap
        self.low, self.high = self.high, self.low


class LongRange(Range):
    unit: str = "m"

    def stretch(self, by: int) -> None:  # @range-stretch
        self.high += by


class Plan(pydantic.BaseModel):
    name: str = ""
    span: Range
    others: list[Range] = []


def test_a_pydantic_model_is_checked_when_it_is_constructed_and_called() -> None:
    span = Range(low="1", top=3)
    error = breaks(None, lambda: Range(low=3, high=1))

    assert (span.width(), span.middle) == (2, 2.0)
    assert not isinstance(error, ValueError)
    breaks("range-swap", lambda: Range(low=1, high=3).swap())
    span.low = 9
    found_outside(lambda: span.width())
    found_outside(lambda: span.middle)


@pytest.mark.parametrize(
    "make",
    [
        lambda cls: cls(low=7, high=9),
        lambda cls: cls(low="x", high=9),
        lambda cls: cls(low=-101),
        lambda cls: cls.model_validate({"low": 7}),
        lambda cls: cls.model_validate(7),
        lambda cls: cls.model_validate_json('{"low": 7, "high": -9}'),
    ],
)
def test_what_pydantic_refuses_it_still_refuses_and_with_the_same_words(make: Any) -> None:
    with pytest.raises(pydantic.ValidationError) as plain:
        make(PlainRange)
    with pytest.raises(pydantic.ValidationError) as checked:
        make(Range)

    assert checked.value.title == plain.value.title
    assert str(checked.value) == str(plain.value).replace("PlainRange", "Range")


@pytest.mark.parametrize("cls", [Range, LongRange])
@pytest.mark.parametrize(
    "make",
    [
        lambda cls: cls.model_validate({"low": 3, "high": 1}),
        lambda cls: cls.model_validate_json('{"low": 3, "top": 1}'),
        lambda cls: cls.model_construct(low=3, high=1),
        lambda cls: cls(low=1, high=3).model_copy(update={"low": 9}),
        lambda cls: pydantic.TypeAdapter(cls).validate_python({"low": 3, "high": 1}),
        lambda cls: Plan.model_validate({"span": {"low": 3, "high": 1}}).span,
        lambda cls: Plan(span={"low": 3, "high": 1}).span,
        lambda cls: Plan(span=Range(), others=[{"low": 3, "high": 1}]).others[0],
    ],
    ids=["validate", "json", "construct", "copy", "adapter", "nested", "nested in a constructor", "in a list"],
)
def test_what_pydantic_makes_past_the_constructor_is_checked_at_the_next_public_call_at_the_latest(
    cls: Any, make: Any
) -> None:
    with pytest.raises((InvariantError, OutsideError)):
        make(cls).width()


@pytest.mark.parametrize("cls", [Range, LongRange])
@pytest.mark.parametrize(
    "make",
    [
        lambda cls: cls(low=1, high=3),
        lambda cls: cls.model_validate({"low": 1, "top": 3}),
        lambda cls: cls.model_validate_json('{"low": 1, "high": 3}'),
        lambda cls: cls.model_construct(low=1, high=3),
        lambda cls: cls(low=1, high=1).model_copy(update={"high": 3}),
        lambda cls: cls(low=1, high=3).model_copy(deep=True),
        lambda cls: pydantic.TypeAdapter(cls).validate_python({"low": 1, "high": 3}),
    ],
)
def test_whole_models_are_made_in_every_way(cls: Any, make: Any) -> None:
    made = make(cls)

    assert (type(made), made.width(), made == cls(low=1, high=3)) == (cls, 2, True)


def test_a_subclass_of_a_model_without_a_mark_is_checked() -> None:
    span = LongRange(low=1, high=3)
    span.stretch(1)

    assert (span.width(), span.unit) == (3, "m")
    breaks(None, lambda: LongRange(low=3, high=1))
    breaks("range-stretch", lambda: span.stretch(-9))


def test_the_schema_and_the_serialisation_of_a_model_are_unchanged() -> None:
    assert Range.model_json_schema() == PlainRange.model_json_schema()
    assert Range.model_json_schema(mode="serialization") == PlainRange.model_json_schema(mode="serialization")
    assert str(inspect.signature(Range)) == str(inspect.signature(PlainRange))
    assert [*Range.model_fields] == [*PlainRange.model_fields]
    assert [*Range.model_computed_fields] == [*PlainRange.model_computed_fields]
    assert (Range.__doc__, Range.__name__) == ("From low to high.", "Range")
    plain, checked = PlainRange(low=1, high=3), Range(low=1, high=3)
    for by_alias in (True, False):
        assert checked.model_dump(by_alias=by_alias) == plain.model_dump(by_alias=by_alias)
        assert checked.model_dump_json(by_alias=by_alias) == plain.model_dump_json(by_alias=by_alias)
    assert repr(checked) == repr(plain).replace("PlainRange", "Range")
    assert (dict(checked), checked.model_fields_set) == (dict(plain), plain.model_fields_set)
    assert str(inspect.signature(LongRange)) == str(inspect.signature(PlainLongRange))


def test_models_within_a_model_are_served_as_before() -> None:
    plan = Plan(name="a", span=Range(low=1, high=3), others=[{"low": 0, "high": 1}])

    assert plan.model_dump() == {
        "name": "a",
        "span": {"low": 1, "high": 3, "middle": 2.0},
        "others": [{"low": 0, "high": 1, "middle": 0.5}],
    }
    text = plan.model_dump_json(exclude={"span": {"middle"}, "others": True})
    assert Plan.model_validate_json(text).span == plan.span
    assert Plan.model_json_schema()["properties"]["span"] == {"$ref": "#/$defs/Range"}


def test_a_broken_model_can_be_shown_and_copied_but_not_served() -> None:
    span = Range(low=1, high=3)
    span.low = 9

    assert repr(span) == str(span).join(("Range(", ")")).replace(" high", ", high").replace(" middle", ", middle")
    for other in (copy.copy(span), copy.deepcopy(span), pickle.loads(pickle.dumps(span))):
        assert other.low == 9
        found_outside(lambda other=other: other.width())
    found_outside(lambda: span.model_dump())
    found_outside(lambda: span.model_copy())
    found_outside(lambda: span == Range())


def test_a_broken_model_within_another_is_found_where_it_is_served_and_pydantic_wraps_that_for_json() -> None:
    plan = Plan(span=Range(low=1, high=3))
    plan.span.low = 9

    with pytest.raises(OutsideError):
        plan.model_dump()
    with pytest.raises(pydantic_core.PydanticSerializationError, match="OutsideError: Range keeps"):
        plan.model_dump_json()
    assert plan.model_copy(deep=True).span.low == 9
    assert Plan.model_validate({"span": plan.span}).span is plan.span


def test_model_validators_run_before_the_invariant() -> None:
    @ordered
    class Sorted(pydantic.BaseModel):
        low: int
        high: int

        @pydantic.model_validator(mode="before")
        @classmethod
        def unpacked(cls, values: Any) -> Any:
            return {"low": values["pair"][0], "high": values["pair"][1]} if "pair" in values else values

        @pydantic.model_validator(mode="after")
        def sorted(self) -> Sorted:
            if self.low == 99:
                raise ValueError("no 99")
            if self.low > self.high and self.low < 50:
                self.low, self.high = self.high, self.low
            return self

    assert Sorted(low=3, high=1).model_dump() == {"low": 1, "high": 3}
    assert Sorted(pair=(4, 2)).model_dump() == {"low": 2, "high": 4}
    assert Sorted.model_validate({"low": 3, "high": 1}).model_dump() == {"low": 1, "high": 3}
    with pytest.raises(pydantic.ValidationError, match="no 99"):
        Sorted(low=99, high=1)
    breaks(None, lambda: Sorted(low=60, high=1))


def test_private_attributes_and_a_model_post_init_are_filled_before_anything_is_checked() -> None:
    @invariant(lambda self: self._total == sum(self.items))
    class Basket(pydantic.BaseModel):
        items: list[int]
        _total: int = pydantic.PrivateAttr(0)

        def model_post_init(self, context: Any) -> None:
            self._total = sum(self.items)

        def total(self) -> int:
            return self._total

    @invariant(lambda self: self._count >= 0)
    class Counted(pydantic.BaseModel):
        name: str = ""
        _count: int = pydantic.PrivateAttr(0)

        def count(self) -> int:
            return self._count

    baskets = [
        Basket(items=[1, 2]),
        Basket.model_validate({"items": [1, 2]}),
        Basket.model_validate_json('{"items": [1, 2]}'),
        Basket.model_construct(items=[1, 2]),
    ]

    assert [basket.total() for basket in baskets] == [3, 3, 3, 3]
    assert [made.count() for made in (Counted(), Counted.model_validate({}), Counted.model_construct())] == [0, 0, 0]
    baskets[1].items.append(3)
    found_outside(lambda: baskets[1].total())


def test_assignments_to_a_model_are_checked_and_undone() -> None:
    @invariant(lambda self: self.low <= self.high, on_setattr=True)
    class Watched(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(validate_assignment=True)
        low: int
        high: int
        _note: str = pydantic.PrivateAttr("")

        def cross(self) -> None:
            self.low = 99
            self.high = 100

    watched = Watched(low=1, high=3)
    watched.high = "4"
    watched._note = "noted"
    with pytest.raises(pydantic.ValidationError):
        watched.high = "x"
    with pytest.raises(InvariantError) as caught:
        watched.high = 0  # @model-assigned

    assert (watched.model_dump(), watched._note) == ({"low": 1, "high": 4}, "noted")
    assert (caught.value.phase, caught.value.blame) == ("setattr", Blame.OUTSIDE)
    assert caught.value.site.line == AT["model-assigned"]
    watched.cross()
    assert watched.low == 99


def test_a_frozen_model_and_a_model_with_extras_are_checked() -> None:
    @ordered
    class Frozen(pydantic.BaseModel, frozen=True, extra="allow"):
        low: int
        high: int

    made = Frozen(low=1, high=2, more=3)

    assert (made.more, hash(Frozen(low=1, high=2)) == hash(Frozen(low=1, high=2))) == (3, True)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        made.low = 2
    breaks(None, lambda: Frozen(low=2, high=1))


def test_a_model_with_a_constructor_of_its_own_is_checked_however_it_is_made() -> None:
    @ordered
    class Own(pydantic.BaseModel):
        low: int
        high: int

        def __init__(self, low: int, high: int = 10) -> None:  # @model-init
            super().__init__(low=low, high=high)

    class Child(Own):
        pass

    assert (Own(1).high, Own.model_validate({"low": 1}).high, Child(2).low) == (10, 10, 2)
    for call in (
        lambda: Own(11),
        lambda: Own.model_validate({"low": 11}),
        lambda: Child(11),
        lambda: Child.model_validate({"low": 11}),
    ):
        breaks("model-init", call)


def test_generic_models_and_root_models_are_checked() -> None:
    @positive
    class Box(pydantic.BaseModel, Generic[T]):
        n: T

        def get(self) -> T:
            return self.n

    @invariant(lambda self: len(self.root) > 0)
    class Items(pydantic.RootModel[list[int]]):
        def first(self) -> int:
            return self.root[0]

    assert (Box[int](n="1").get(), Box(n=1).get(), Items([1]).first(), Items([2]).model_dump()) == (1, 1, 1, [2])
    for call in (lambda: Box[int](n=-1), lambda: Box(n=-1), lambda: Items([])):
        breaks(None, call)
    with pytest.raises(pydantic.ValidationError):
        Box[int](n="x")


def test_a_pydantic_dataclass_is_checked_with_the_invariant_above() -> None:
    @positive
    @pydantic_dataclasses.dataclass
    class Box:  # @pydantic-dataclass
        n: int
        label: str = "a"

        def get(self) -> int:
            return self.n

    box = Box("3")
    adapter = pydantic.TypeAdapter(Box)

    assert (box.get(), box == Box(3), adapter.dump_python(box)) == (3, True, {"n": 3, "label": "a"})
    assert adapter.validate_python({"n": "4"}).get() == 4
    with pytest.raises(pydantic.ValidationError):
        Box("x")
    breaks("pydantic-dataclass", lambda: Box(-1))
    with pytest.raises((InvariantError, OutsideError)):
        adapter.validate_python({"n": -1}).get()


def test_a_pydantic_dataclass_above_an_invariant_is_found_at_its_next_public_call_at_the_latest() -> None:
    @pydantic_dataclasses.dataclass
    @positive
    class Box:
        n: int

        def get(self) -> int:
            return self.n

    assert Box("3").get() == 3
    with pytest.raises((InvariantError, OutsideError)):
        Box(-1).get()


def test_a_plain_dataclass_with_an_invariant_may_be_a_field_of_a_model() -> None:
    class Holder(pydantic.BaseModel):
        box: AttrsAbove
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)

    assert Holder(box=AttrsAbove(2)).box.get() == 2


# --- SQLAlchemy ------------------------------------------------------------------------------------------------------


class Base(orm.DeclarativeBase):
    pass


solvent = invariant(lambda self: self.balance >= 0)


@solvent
class Account(Base):  # @account
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]
    owner: Mapped[str] = mapped_column(default="nobody")
    entries: Mapped[list[Entry]] = orm.relationship(back_populates="account", order_by="Entry.id")

    def withdraw(self, amount: int) -> None:  # @account-withdraw
        self.balance -= amount

    def post(self, amount: int) -> None:
        self.balance = -1
        self.entries.append(Entry(amount=amount))
        self.balance = sum(entry.amount for entry in self.entries)

    @hybrid.hybrid_property
    def is_rich(self) -> Any:
        return self.balance > 100

    @orm.validates("owner")
    def checked_owner(self, key: str, value: str) -> str:
        return value.strip()

    @orm.reconstructor
    def reloaded(self) -> None:
        self.is_loaded = True


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    account_id: Mapped[int] = mapped_column(sqlalchemy.ForeignKey("account.id"))
    account: Mapped[Account] = orm.relationship(back_populates="entries")


class PlainBase(orm.DeclarativeBase):
    pass


class PlainAccount(PlainBase):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]
    owner: Mapped[str] = mapped_column(default="nobody")

    @hybrid.hybrid_property
    def is_rich(self) -> Any:
        return self.balance > 100


@pytest.fixture
def session() -> Iterator[orm.Session]:
    engine = sqlalchemy.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as opened:
        yield opened
    engine.dispose()


def test_a_mapped_class_is_checked_when_it_is_constructed_and_called() -> None:
    account = Account(balance=5, owner=" ann ")
    account.withdraw(2)

    assert (account.balance, account.owner) == (3, "ann")
    breaks(None, lambda: Account(balance=-1))
    breaks("account-withdraw", lambda: account.withdraw(9))
    found_outside(lambda: account.withdraw(-9))
    with pytest.raises(TypeError, match="'color' is an invalid keyword argument for Account"):
        Account(color="red")


def test_a_session_stores_and_loads_objects_and_their_relations(session: orm.Session) -> None:
    account = Account(balance=0)
    account.post(5)
    account.post(7)
    session.add(account)
    session.commit()
    session.expire_all()
    session.expunge_all()

    loaded = session.scalars(sqlalchemy.select(Account)).one()

    assert (loaded.balance, loaded.owner, [entry.amount for entry in loaded.entries]) == (12, "nobody", [5, 7])
    assert loaded.is_loaded
    loaded.withdraw(2)
    session.commit()
    loaded.withdraw(1)
    assert (loaded.balance, session.is_modified(loaded)) == (9, True)
    breaks("account-withdraw", lambda: loaded.withdraw(99))
    session.rollback()
    assert loaded.balance == 10


def test_a_broken_row_loads_and_is_found_at_the_next_public_call(session: orm.Session) -> None:
    session.execute(sqlalchemy.insert(Account).values(id=1, balance=-1))
    session.commit()

    for load in (
        lambda: session.get(Account, 1),
        lambda: session.scalars(sqlalchemy.select(Account).where(Account.balance < 0)).one(),
        lambda: session.merge(session.get_one(Account, 1)),
        lambda: session.refresh(session.get_one(Account, 1)) or session.get(Account, 1),
    ):
        session.expunge_all()
        loaded = load()
        assert loaded.balance == -1
        found_outside(lambda loaded=loaded: loaded.withdraw(0))


def test_queries_and_tables_are_unchanged(session: orm.Session) -> None:
    for make in (
        lambda cls: sqlalchemy.select(cls.id, cls.balance).where(cls.balance > 5).order_by(cls.owner.desc()),
        lambda cls: sqlalchemy.select(cls).where(cls.is_rich).limit(3),
        lambda cls: sqlalchemy.update(cls).where(cls.id == 1).values(balance=cls.balance + 1),
        lambda cls: sqlalchemy.delete(cls).where(cls.owner.in_(["a"])),
    ):
        assert str(make(Account)) == str(make(PlainAccount))
    mapper = sqlalchemy.inspect(Account)
    assert [column.key for column in mapper.columns] == ["id", "balance", "owner"]
    assert set(mapper.attrs.keys()) == {"id", "balance", "owner", "entries"}
    assert [column.name for column in Account.__table__.columns] == [
        column.name for column in PlainAccount.__table__.columns
    ]
    session.add_all([Account(balance=1), Account(balance=500)])
    session.flush()
    assert [account.balance for account in session.scalars(sqlalchemy.select(Account).where(Account.is_rich))] == [500]
    assert session.scalar(sqlalchemy.select(sqlalchemy.func.sum(Account.balance))) == 501


def test_a_hybrid_property_works_on_the_object_and_on_the_class() -> None:
    assert Account(balance=500).is_rich is True
    assert Account(balance=5).is_rich is False
    assert str(sqlalchemy.select(Account.is_rich)) == str(sqlalchemy.select(PlainAccount.is_rich))


def test_a_mapped_subclass_without_a_mark_is_checked() -> None:
    class Root(orm.DeclarativeBase):
        pass

    @solvent
    class Asset(Root):
        __tablename__ = "asset"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "asset"}  # noqa: RUF012 - as documented

        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        balance: Mapped[int] = mapped_column(default=0)

    class Bond(Asset):
        __mapper_args__ = {"polymorphic_identity": "bond"}  # noqa: RUF012 - as documented

        rate: Mapped[int] = mapped_column(nullable=True)

        def spoil(self) -> None:  # @bond-spoil
            self.balance = -1

    engine = sqlalchemy.create_engine("sqlite://")
    Root.metadata.create_all(engine)
    with orm.Session(engine) as opened:
        opened.add_all([Bond(balance=1, rate=2), Asset(balance=3)])
        opened.commit()
        opened.expunge_all()
        loaded = [*opened.scalars(sqlalchemy.select(Asset).order_by(Asset.id))]
        assert [(type(asset), asset.balance) for asset in loaded] == [(Bond, 1), (Asset, 3)]
        breaks("bond-spoil", lambda: loaded[0].spoil())
    engine.dispose()
    breaks(None, lambda: Bond(balance=-1))
    breaks(None, lambda: Asset(balance=-1))


def test_a_class_that_a_registry_maps_is_checked_with_the_invariant_above() -> None:
    registry = orm.registry()

    @solvent
    @registry.mapped
    class Mapping:
        __tablename__ = "mapping"

        id: Mapped[int] = mapped_column(primary_key=True)
        balance: Mapped[int]

        def take(self, amount: int) -> None:  # @mapping-take
            self.balance -= amount

    mapping = Mapping(balance=1)
    mapping.take(1)

    assert mapping.balance == 0
    breaks(None, lambda: Mapping(balance=-1))
    breaks("mapping-take", lambda: mapping.take(1))


def test_a_mixin_of_mapped_classes_hands_its_invariant_down() -> None:
    class Root(orm.DeclarativeBase):
        pass

    @solvent
    class Balanced:
        balance: Mapped[int]

        @orm.declared_attr.directive
        def __tablename__(cls) -> str:  # noqa: N805 - as documented
            return cls.__name__.lower()

        def take(self, amount: int) -> None:  # @mixin-take
            self.balance -= amount

    class Mixed(Balanced, Root):
        id: Mapped[int] = mapped_column(primary_key=True)

    mixed = Mixed(balance=1)

    assert (mixed.balance, Mixed.__tablename__) == (1, "mixed")
    breaks("mixin-take", lambda: mixed.take(2))
    found_outside(lambda: mixed.take(0))
    breaks(None, lambda: Mixed(balance=-1))


def test_a_class_that_is_mapped_later_is_checked() -> None:
    @solvent
    class Purse:
        def __init__(self, balance: int) -> None:  # @purse-init
            self.balance = balance

        def take(self, amount: int) -> None:  # @purse-take
            self.balance -= amount

    registry = orm.registry()
    table = sqlalchemy.Table(
        "purse",
        registry.metadata,
        sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
        sqlalchemy.Column("balance", sqlalchemy.Integer),
    )
    registry.map_imperatively(Purse, table)
    engine = sqlalchemy.create_engine("sqlite://")
    registry.metadata.create_all(engine)
    with orm.Session(engine) as opened:
        opened.add(Purse(5))
        opened.commit()
        opened.execute(sqlalchemy.insert(table).values(balance=-1))
        opened.expunge_all()
        whole, broken = opened.scalars(sqlalchemy.select(Purse).order_by(table.c.id))
        whole.take(1)
        assert (whole.balance, broken.balance) == (4, -1)
        found_outside(lambda: broken.take(1))
        breaks("purse-take", lambda: whole.take(9))
    engine.dispose()
    breaks("purse-init", lambda: Purse(-1))


def test_a_mapped_dataclass_is_checked() -> None:
    class Root(orm.MappedAsDataclass, orm.DeclarativeBase):
        pass

    @solvent
    class Wallet(Root):
        __tablename__ = "wallet"

        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        balance: Mapped[int] = mapped_column(default=0)

        def take(self, amount: int) -> None:  # @wallet-take
            self.balance -= amount

    wallet = Wallet(balance=5)

    assert (wallet, repr(wallet).partition("Wallet")[2]) == (Wallet(5), "(id=None, balance=5)")
    breaks(None, lambda: Wallet(-1))
    breaks("wallet-take", lambda: wallet.take(9))


def test_assignments_to_a_mapped_class_are_those_of_data_descriptors() -> None:
    class Root(orm.DeclarativeBase):
        pass

    @invariant(lambda self: self.balance >= 0, on_setattr=True)
    class Watched(Root):
        __tablename__ = "watched"

        id: Mapped[int] = mapped_column(primary_key=True)
        balance: Mapped[int]

        def get(self) -> int:
            return self.balance

    watched = Watched(balance=1)
    watched.balance = -1

    found_outside(lambda: watched.get())
    assert watched.balance == -1


def test_invariants_of_packaged_classes_can_be_looked_at() -> None:
    for cls in (AttrsAbove, AttrsBelow, AttrsFrozen, Range, Account):
        assert [(clause.kind, clause.origin) for clause in contract_of(cls)] == [("invariant", "")]
    assert [(clause.kind, clause.origin) for clause in contract_of(LongRange)] == [("invariant", "Range")]

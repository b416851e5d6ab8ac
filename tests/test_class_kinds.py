"""Invariants hold on every kind of class that people write, and each class stays what it was."""

from __future__ import annotations

import abc
import argparse
import array
import ast
import asyncio
import collections
import collections.abc
import concurrent.futures
import configparser
import contextlib
import copy
import ctypes
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import functools
import gc
import html.parser
import inspect
import io
import itertools
import json
import logging
import numbers
import operator
import pathlib
import pickle
import pydoc
import queue
import random
import string
import sys
import threading
import types
import typing
import unittest
import unittest.mock
import uuid
import weakref
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypedDict, TypeVar

import pytest

from culpa import (
    Blame,
    ContractError,
    DeclarationError,
    InvariantError,
    OutsideError,
    PostconditionError,
    PreconditionError,
    contract_of,
    ensure,
    invariant,
    require,
)
from harness.blamed import Blamed, each_order, stacking
from harness.markers import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)
T = TypeVar("T")

positive = invariant(lambda self: self.n > 0)
"""The invariant of most classes below."""

short = invariant(lambda self: len(self.items) < 3)
"""The invariant of those that hold a list: it can be broken even where nothing can be assigned."""

BLAMED = Blamed(__file__)
breaks, found_outside, stacked = BLAMED.breaks, BLAMED.found_outside, stacking(positive)


# --- classes that are pickled, and looked at by their names ----------------------------------------------------------


@positive
class Counter:
    """Counts from one."""

    unit = "piece"

    def __init__(self, n: int = 1, *, label: str = "") -> None:  # @counter-init
        self.n = n
        self.label = label

    def get(self) -> int:
        """Return the count."""
        return self.n

    def put(self, n: int) -> None:  # @counter-put
        self.n = n

    def _put(self, n: int) -> None:
        self.n = n

    def __repr__(self) -> str:
        return f"Counter({self.n})"


class CounterChild(Counter):
    """Has no mark."""


@positive
class Slotted:
    __slots__ = ("n",)

    def __init__(self, n: int = 1) -> None:  # @slotted-init
        self.n = n

    def get(self) -> int:
        return self.n


@positive
@dataclasses.dataclass
class Data:  # @data
    n: int = 1

    def get(self) -> int:
        return self.n


@dataclasses.dataclass
@positive
class DataBelow:  # @data-below
    n: int = 1

    def get(self) -> int:
        return self.n


@positive
@dataclasses.dataclass(frozen=True, slots=True)
class FrozenData:
    n: int = 1

    def get(self) -> int:
        return self.n


@dataclasses.dataclass(slots=True)
@positive
class SlottedData:
    n: int = 1

    def get(self) -> int:
        return self.n


@short
class Basket(NamedTuple):  # @basket
    items: list[int]

    def get(self) -> int:
        return len(self.items)


@positive
class Scores(dict[str, int]):
    n = 1

    def get_all(self) -> list[int]:
        return list(self.values())


@invariant(lambda self: all(value > 0 for value in self.data.values()))
class Prices(collections.UserDict[str, int]):
    def raise_all(self, by: int) -> None:  # @prices-raise
        for key in self:
            self[key] += by


@positive
class Name(str):
    __slots__ = ("__dict__",)

    n = 1

    def get(self) -> str:
        return str(self)


@positive
class Failed(Exception):
    def __init__(self, n: int = 1) -> None:  # @failed-init
        super().__init__(n)
        self.n = n

    def get(self) -> int:
        return self.n


@positive
class Stateful:
    """Has pickling and copying of its own."""

    def __init__(self) -> None:
        self.n = 1

    def get(self) -> int:
        return self.n

    def __getstate__(self) -> dict[str, int]:
        return {"kept": self.n}

    def __setstate__(self, state: dict[str, int]) -> None:
        self.n = state["kept"]

    def __copy__(self) -> Stateful:
        other = Stateful.__new__(Stateful)
        other.n = self.n
        return other

    def __deepcopy__(self, memo: dict[int, object]) -> Stateful:
        return self.__copy__()


@positive
class Reduced:
    def __init__(self) -> None:
        self.n = 1

    def get(self) -> int:
        return self.n

    def __reduce__(self) -> Any:
        return _reduced, (self.n,)


def _reduced(n: int) -> Reduced:
    made = Reduced.__new__(Reduced)
    made.n = n
    return made


@invariant(lambda self: self.value > 0)
class Level(enum.Enum):
    LOW = 1
    HIGH = 2

    def raised(self) -> Level:
        return Level(self.value + 1)


# --- plain classes ---------------------------------------------------------------------------------------------------


def test_a_plain_class_is_checked_at_construction_at_entry_and_at_exit() -> None:
    counter = Counter(3)

    assert counter.get() == 3
    breaks("counter-init", lambda: Counter(-1))
    breaks("counter-put", lambda: counter.put(-1))
    found_outside(lambda: counter.get())


def test_what_a_private_method_breaks_is_found_at_the_next_public_call() -> None:
    counter = Counter(3)
    counter._put(-1)

    error = found_outside(lambda: counter.put(1))

    assert counter.n == -1
    assert error.concurrent is False


def test_a_class_without_a_constructor_is_checked_when_it_is_constructed() -> None:
    @positive
    class Unset:  # @unset
        n = -1

        def get(self) -> int:
            return self.n

    class Set(Unset):
        n = 1

    breaks("unset", lambda: Unset())
    assert Set().get() == 1
    with pytest.raises(TypeError, match="argument"):
        Set(1)


def test_a_subclass_without_a_mark_is_checked() -> None:
    class Own(Counter):
        def __init__(self, n: int) -> None:  # @own-init
            super().__init__(1)
            self.n = n

        def add(self, n: int) -> None:  # @own-add
            self.n += n

    class Silent(Counter):
        def __init__(self, n: int) -> None:  # @silent-init
            self.n = n

    own = Own(2)
    own.add(1)
    assert own.get() == 3
    breaks("own-init", lambda: Own(-1))
    breaks("own-add", lambda: own.add(-9))
    breaks("silent-init", lambda: Silent(-1))
    assert Silent(1).get() == 1


def test_a_subclass_may_finish_what_its_base_leaves_broken() -> None:
    @positive
    class Unfinished:
        def __init__(self) -> None:  # @unfinished-init
            self.n = -1

    class Finished(Unfinished):
        def __init__(self) -> None:
            super().__init__()
            self.n = 1

    class Late(Finished):
        def __init__(self) -> None:
            Unfinished.__init__(self)
            super().__init__()

    assert (Finished().n, Late().n) == (1, 1)
    breaks("unfinished-init", lambda: Unfinished())


def test_a_constructor_of_a_base_may_call_what_a_subclass_overrides() -> None:
    @positive
    class Template:
        def __init__(self) -> None:
            self.set_up()

        def set_up(self) -> None:
            self.n = 1

    class Child(Template):
        def set_up(self) -> None:
            self.n = -1
            self.finish()

        def finish(self) -> None:
            self.n = 2

    assert Child().n == 2


def test_two_bases_with_invariants_are_joined_with_and_without_a_constructor() -> None:
    @positive
    class Left:
        n = 1

        def left(self) -> int:
            return self.n

    @invariant(lambda self: self.o > 0)
    class Right:
        o = 1

        def right(self) -> int:
            return self.o

    class Both(Left, Right):  # @both
        pass

    class Broken(Left, Right):  # @broken-both
        o = -1

    class Built(Left, Right):
        def __init__(self, n: int, o: int) -> None:  # @built-both
            self.n, self.o = n, o

    both = Both()
    assert (both.left(), both.right()) == (1, 1)
    breaks("broken-both", lambda: Broken())
    for pair in ((1, -1), (-1, 1)):
        breaks("built-both", lambda pair=pair: Built(*pair))
    both.o = -1
    found_outside(lambda: both.left())
    both.o, both.n = 1, -1
    found_outside(lambda: both.right())


def test_a_mixin_in_front_is_guarded_where_it_is_mixed_in_and_only_there() -> None:
    class Mixin:
        def spoil(self) -> None:  # @mixin-spoil
            self.n = -1

    class Mixed(Mixin, Counter):
        pass

    free = Mixin()
    free.spoil()
    assert free.n == -1
    breaks("mixin-spoil", lambda: Mixed(1).spoil())


def test_what_a_class_inherits_from_a_base_without_contracts_is_guarded_in_it_and_not_in_the_base() -> None:
    class Plain:
        def __init__(self, n: int) -> None:
            self.n = n

        def put(self, n: int) -> None:  # @plain-put
            self.n = n

        @property
        def half(self) -> int:
            return self.n // 2

    @positive
    class Guarded(Plain):
        pass

    plain = Plain(-1)
    plain.put(-2)
    assert plain.half == -1
    breaks("plain-put", lambda: Guarded(1).put(-1))
    breaks(None, lambda: Guarded(-1))
    guarded = Guarded(2)
    assert guarded.half == 1
    guarded.n = -1
    found_outside(lambda: guarded.half)


def test_what_a_guarded_class_inherits_does_not_hide_what_a_subclass_finds_elsewhere() -> None:  # noqa: C901 - many methods
    class Plain:
        def __new__(cls, *arguments: Any) -> Any:
            made = super().__new__(cls)
            made.made_by = "plain"
            return made

        def __init__(self) -> None:
            self.n = 1

        def get(self) -> str:
            return "plain"

        @property
        def kind(self) -> str:
            return "plain"

    @positive
    class Left(Plain):
        pass

    class Right(Plain):
        def __new__(cls, *arguments: Any) -> Any:
            made = super().__new__(cls)
            made.made_by = "right"
            return made

        def __init__(self, n: int) -> None:  # @right-init
            self.n = n

        def get(self) -> str:
            return "right"

        @property
        def kind(self) -> str:
            return "right"

    class Both(Left, Right):
        pass

    class Calling(Left, Right):
        def get(self) -> str:
            return super().get()

    assert (Left().get(), Left().kind, Left().made_by) == ("plain",) * 3
    for cls in (Both, Calling):
        made = cls(2)
        assert (made.n, made.get(), made.kind, made.made_by) == (2, "right", "right", "right")
        breaks("right-init", lambda cls=cls: cls(-1))
        made.n = -1
        found_outside(lambda made=made: made.get())
        found_outside(lambda made=made: made.kind)


def test_what_a_base_is_given_later_is_what_a_guarded_class_inherits() -> None:
    class Plain:
        def get(self) -> str:
            return "plain"

        def other(self) -> str:
            return "other"

    @positive
    class Guarded(Plain):
        n = 1

    with unittest.mock.patch.object(Plain, "get", lambda self: "patched"):  # noqa: PT008 - a method, not a mock
        patched = Guarded().get()
    Plain.other = lambda self: "later"
    later = Guarded().other()
    del Plain.other

    assert (patched, later, Guarded().get()) == ("patched", "later", "plain")
    assert not hasattr(Guarded(), "other")


def test_inherited_routines_of_a_guarded_class_show_what_they_showed() -> None:
    for name in ("update", "get", "pop", "__contains__", "__iter__"):
        inherited, guarded = getattr(collections.UserDict, name), getattr(Prices, name)
        assert inspect.isfunction(guarded)
        assert inspect.signature(guarded) == inspect.signature(inherited)
        assert (guarded.__name__, guarded.__doc__, guarded.__module__) == (
            inherited.__name__,
            inherited.__doc__,
            inherited.__module__,
        )
    prices = Prices(a=1)
    assert pickle.loads(pickle.dumps(prices.get))("a") == 1
    assert pickle.loads(pickle.dumps(prices)) == copy.deepcopy(prices) == prices
    assert isinstance(prices, collections.abc.MutableMapping)


def test_an_abstract_method_that_is_inherited_stays_abstract() -> None:
    class Base(abc.ABC):
        @abc.abstractmethod
        def get(self) -> int: ...

        @property
        @abc.abstractmethod
        def size(self) -> int: ...

    @positive
    class Half(Base):
        n = 1

    class Still(Half):
        @property
        def size(self) -> int:
            return 1

    class Full(Still):
        def get(self) -> int:
            return self.n

    assert (Half.__abstractmethods__, Still.__abstractmethods__, inspect.isabstract(Half)) == (
        {"get", "size"},
        {"get"},
        True,
    )
    for cls in (Half, Still):
        with pytest.raises(TypeError, match="abstract"):
            cls()
    assert (Full().get(), Full().size) == (1, 1)


def test_classes_made_by_calls_are_checked() -> None:
    def get(self: Any) -> int:
        return self.n

    made = positive(type("Made", (), {"n": 1, "get": get}))
    populated = positive(types.new_class("Populated", (), {}, lambda namespace: namespace.update(n=1, get=get)))
    dynamic = positive(dataclasses.make_dataclass("Dynamic", [("n", int, 1)], namespace={"get": get}))
    below = type("Below", (Counter,), {"get": get})

    for cls in (made, populated, dynamic, below):
        obj = cls()
        assert obj.get() == 1
        obj.n = -1
        found_outside(lambda obj=obj: obj.get())
    breaks(None, lambda: dynamic(-1))
    breaks("counter-init", lambda: below(-1))
    assert get(types.SimpleNamespace(n=-1)) == -1


def test_static_and_class_methods_are_not_guarded() -> None:
    @positive
    class Made:
        n = 1

        @classmethod
        def broken(cls) -> Made:
            made = cls.__new__(cls)
            made.n = -1
            return made

        @staticmethod
        def spoil(made: Made) -> None:
            made.n = -1

        def get(self) -> int:
            return self.n

    made = Made()
    made.spoil(made)
    for obj in (made, Made.broken()):
        found_outside(lambda obj=obj: obj.get())


def test_a_constructor_that_gives_something_else_is_left_alone() -> None:
    @positive
    class Cached:
        kept: Cached | None = None

        def __new__(cls, n: int) -> Any:
            if n == 0:
                return "nothing"
            if cls.kept is None:
                cls.kept = super().__new__(cls)
            return cls.kept

        def __init__(self, n: int) -> None:  # @cached-init
            self.n = n

    first = Cached(1)

    assert Cached(2) is first
    assert Cached(0) == "nothing"
    breaks("cached-init", lambda: Cached(-1))


def test_a_class_whose_only_constructor_is_new_is_checked() -> None:
    @positive
    class New:  # @only-new
        def __new__(cls, n: int) -> Any:
            new = super().__new__(cls)
            new.n = n
            return new

        def get(self) -> int:
            return self.n

    class Child(New):
        pass

    class Initialised(New):
        def __init__(self, n: int) -> None:  # @init-after-new
            self.n = n - 1

    assert (New(1).get(), Child(2).get(), Initialised(3).get()) == (1, 2, 2)
    for cls in (New, Child):
        breaks(None, lambda cls=cls: cls(-1))
    breaks("init-after-new", lambda: Initialised(1))


def test_a_constructor_that_was_written_elsewhere_is_checked() -> None:
    def fill(self: Any, n: int) -> None:  # @assigned-init
        self.n = n

    @positive
    class Assigned:
        __init__ = fill

    @positive
    class Partial:
        def _fill(self, m: int, n: int) -> None:
            self.n = n

        __init__ = functools.partialmethod(_fill, 7)

    free = types.SimpleNamespace()
    fill(free, -1)
    assert (Assigned(1).n, Partial(1).n, free.n) == (1, 1, -1)
    breaks("assigned-init", lambda: Assigned(-1))
    breaks(None, lambda: Partial(-1))


def test_constructors_that_cooperate_are_checked_when_the_last_has_ended() -> None:
    class Plain:
        def __init__(self, **keywords: Any) -> None:
            super().__init__(**keywords)
            self.m = 1

    @invariant(lambda self: self.n > self.m)
    class Checked:
        def __init__(self, n: int, **keywords: Any) -> None:  # @cooperating-init
            super().__init__(**keywords)
            self.n = n

    class PlainFirst(Plain, Checked):
        pass

    class CheckedFirst(Checked, Plain):
        pass

    class Own(Plain, Checked):
        def __init__(self, n: int) -> None:  # @cooperating-own
            super().__init__(n=0)
            self.n = n

    assert (PlainFirst(n=2).n, CheckedFirst(n=2).n, Own(2).n) == (2, 2, 2)
    breaks(None, lambda: PlainFirst(n=1))
    breaks("cooperating-init", lambda: CheckedFirst(n=1))
    breaks("cooperating-own", lambda: Own(1))


def test_a_constructor_may_be_called_again_and_repairs_what_it_finds() -> None:
    counter = Counter(1)
    counter.n = -1

    counter.__init__(2)

    assert counter.get() == 2
    breaks("counter-init", lambda: counter.__init__(-1))


def test_a_method_that_calls_another_object_of_its_class_finds_it_broken_there() -> None:
    @positive
    class Node:
        def __init__(self) -> None:
            self.n = 1

        def get(self) -> int:
            return self.n

        def total(self, other: Node) -> int:
            return self.n + other.get()  # @other-node

    whole, broken = Node(), Node()
    broken.n = -1
    with pytest.raises(OutsideError) as caught:
        whole.total(broken)

    assert whole.total(whole) == 2
    assert (caught.value.site.file, caught.value.site.line) == (HERE, AT["other-node"])


# --- dataclasses -----------------------------------------------------------------------------------------------------

each_options = pytest.mark.parametrize(
    "options",
    [
        {},
        {"frozen": True},
        {"slots": True},
        {"frozen": True, "slots": True},
        {"slots": True, "weakref_slot": True},
        {"kw_only": True},
        {"kw_only": True, "slots": True},
        {"order": True},
        {"order": True, "frozen": True},
        {"unsafe_hash": True},
        {"eq": False},
        {"repr": False},
        {"match_args": False},
    ],
    ids=lambda options: "-".join(f"{key}={value}" for key, value in options.items()) or "plain",
)


@each_order
@each_options
def test_a_dataclass_is_checked_when_it_is_constructed_and_called(options: Any, is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass(**options))
    class Box:  # @dataclass-options
        n: int
        label: str = "a"

        def get(self) -> int:
            return self.n

    box = Box(n=1)
    assert (box.get(), box.label, dataclasses.asdict(box)) == (1, "a", {"n": 1, "label": "a"})
    breaks("dataclass-options", lambda: Box(n=-1))
    object.__setattr__(box, "n", -1)
    found_outside(lambda: box.get())


@each_order
@each_options
def test_a_dataclass_stays_what_its_options_made_of_it(options: Any, is_above: bool) -> None:
    def declare(decorate: Any) -> Any:
        @decorate
        class Box:
            n: int
            label: str = "a"

        return Box

    plain = declare(dataclasses.dataclass(**options))
    box = declare(stacked(is_above, dataclasses.dataclass(**options)))

    assert inspect.signature(box) == inspect.signature(plain)
    assert [field.name for field in dataclasses.fields(box)] == ["n", "label"]
    assert repr(box.__dataclass_params__) == repr(plain.__dataclass_params__)
    assert getattr(box, "__match_args__", None) == getattr(plain, "__match_args__", None)
    assert getattr(box, "__slots__", None) == getattr(plain, "__slots__", None)
    assert hasattr(box(n=1), "__dict__") == hasattr(plain(n=1), "__dict__")
    assert (box.__hash__ is None) == (plain.__hash__ is None)
    if options.get("repr", True):
        assert repr(box(n=1)) == repr(plain(n=1))
    if options.get("eq", True):
        assert box(n=1) == box(n=1) != box(n=2)
    if "order" in options:
        assert box(n=1) < box(n=2)
    if "frozen" in options:
        with pytest.raises(dataclasses.FrozenInstanceError):
            box(n=1).n = 2
    if "kw_only" in options:
        with pytest.raises(TypeError, match="positional"):
            box(1)


def test_what_a_dataclass_below_generates_is_public_but_its_repr() -> None:
    @positive
    @dataclasses.dataclass(order=True, unsafe_hash=True)
    class Box:
        n: int

    whole, broken = Box(1), Box(1)
    broken.n = -1

    for call in (
        lambda: broken == whole,
        lambda: broken < whole,
        lambda: broken >= whole,
        lambda: hash(broken),
    ):
        found_outside(call)
    assert repr(broken).endswith("Box(n=-1)")
    assert whole != broken


@each_order
def test_a_dataclass_with_init_variables_is_checked_after_its_post_init(is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass)
    class Box:  # @dataclass-post-init
        n: int = dataclasses.field(init=False)
        start: dataclasses.InitVar[int]

        def __post_init__(self, start: int) -> None:
            self.n = -1
            self.put(start)

        def put(self, n: int) -> None:
            self.n = n

        def get(self) -> int:
            return self.n

    assert Box(2).get() == 2
    breaks("dataclass-post-init", lambda: Box(-2))


@each_order
def test_a_dataclass_with_default_factories_has_its_own_list_each(is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass, short)
    class Box:  # @dataclass-factory
        items: list[int] = dataclasses.field(default_factory=list)

        def add(self, item: int) -> None:  # @dataclass-factory-add
            self.items.append(item)

    first, second = Box(), Box()
    first.add(1)
    first.add(2)

    assert second.items == []
    breaks("dataclass-factory-add", lambda: first.add(3))
    breaks("dataclass-factory", lambda: Box([1, 2, 3]))
    second.items.extend([1, 2, 3])
    found_outside(lambda: second.add(4))


@each_order
@pytest.mark.parametrize("options", [{"init": False}, {}, {"slots": True, "init": False}])
def test_a_dataclass_with_a_constructor_of_its_own_is_checked_there(options: Any, is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass(**options))
    class Box:
        n: int

        def __init__(self, text: str) -> None:  # @dataclass-own-init
            self.n = int(text)

        def get(self) -> int:
            return self.n

    assert Box("1").get() == 1
    breaks("dataclass-own-init", lambda: Box("-1"))


def test_a_dataclass_without_any_constructor_is_checked_with_the_invariant_above() -> None:
    @positive
    @dataclasses.dataclass(init=False)
    class Box:  # @dataclass-no-init
        n: int = -1

    breaks("dataclass-no-init", lambda: Box())


def test_a_dataclass_without_any_constructor_is_first_checked_when_it_is_used_with_the_invariant_below() -> None:
    @dataclasses.dataclass(init=False)
    @positive
    class Box:
        n: int = -1

        def get(self) -> int:
            return self.n

    found_outside(lambda: Box().get())


@each_order
@pytest.mark.parametrize("options", [{}, {"slots": True}, {"kw_only": True}, {"order": True}, {"eq": False}])
def test_a_dataclass_inherits_invariants_without_a_mark(options: Any, is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass)
    class Root:
        n: int = 1

        def get(self) -> int:
            return self.n

    @dataclasses.dataclass(**options)
    class Child(Root):  # @dataclass-child
        m: int = 1

        def spoil(self) -> None:  # @dataclass-child-spoil
            self.n = -1

    @dataclasses.dataclass(**options)
    class Grandchild(Child):  # @dataclass-grandchild
        o: int = 1

        def __post_init__(self) -> None:
            self.n = self.o

    child = Child(n=3, m=4)
    assert (child.get(), child.m, Grandchild(o=2).get()) == (3, 4, 2)
    breaks("dataclass-child", lambda: Child(n=-1))
    breaks("dataclass-grandchild", lambda: Grandchild(o=-1))
    breaks("dataclass-child-spoil", lambda: child.spoil())
    assert Grandchild(n=-1).n == 1


@each_order
def test_a_dataclass_of_a_plain_class_with_an_invariant_is_checked(is_above: bool) -> None:
    @invariant(lambda self: self.m > 0)
    class Root:
        m = 1

        def total(self) -> int:
            return self.m

    @stacked(is_above, dataclasses.dataclass(frozen=True))
    class Child(Root):  # @dataclass-of-plain
        n: int = 1
        m: int = 1

    @dataclasses.dataclass
    class Plain(Root):  # @dataclass-of-plain-unmarked
        m: int = 1

    assert (Child(1, 2).total(), Plain(3).total()) == (2, 3)
    for pair in ((-1, 1), (1, -1)):
        breaks("dataclass-of-plain", lambda pair=pair: Child(*pair))
    breaks("dataclass-of-plain-unmarked", lambda: Plain(-1))


def test_a_plain_subclass_of_a_dataclass_is_checked_once_it_is_complete() -> None:
    class Child(Data):
        def __init__(self, n: int) -> None:  # @child-of-data
            super().__init__(-1)
            self.n = n

    class Silent(Data):
        pass

    assert Child(1).get() == 1
    breaks("child-of-data", lambda: Child(-1))
    breaks(None, lambda: Silent(-1))


@each_order
def test_a_slotted_dataclass_leaves_no_other_class_behind(is_above: bool) -> None:
    class Root:
        pass

    @stacked(is_above, dataclasses.dataclass(slots=True))
    class Box(Root):
        n: int = 1

        def get(self) -> int:
            return self.n

    gc.collect()

    assert Root.__subclasses__() == [Box]
    assert Box().get() == 1
    assert [name for name in vars(Box) if "culpa" in name and not name.startswith("__culpa_")] == []


@each_order
def test_dataclasses_replace_is_checked(is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass(frozen=True))
    class Box:  # @dataclass-replace
        n: int
        m: int = 0

    assert dataclasses.replace(Box(1, 2), n=3) == Box(3, 2)
    breaks("dataclass-replace", lambda: dataclasses.replace(Box(1), n=-1))


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace is new in 3.13")
@pytest.mark.parametrize("made", [Data(1), DataBelow(1), FrozenData(1), SlottedData(1)], ids=lambda made: repr(made))
def test_copy_replace_of_a_dataclass_is_checked(made: Any) -> None:
    assert copy.replace(made, n=3).n == 3
    breaks(None, lambda: copy.replace(made, n=-1))


def test_a_dataclass_matches_and_unpacks_as_before() -> None:
    match Data(7):
        case Data(n=number):
            pass

    match Data(8):
        case Data(positional):
            pass

    assert (number, positional, dataclasses.astuple(Data(9))) == (7, 8, (9,))


@each_order
def test_a_generic_dataclass_is_checked(is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass(frozen=True))
    class Box(Generic[T]):  # @dataclass-generic
        n: T

    assert Box[int](1) == Box(1)
    breaks("dataclass-generic", lambda: Box[int](-1))


# --- named tuples ----------------------------------------------------------------------------------------------------


@positive
class Point(NamedTuple):  # @point
    """Has a place."""

    n: int
    label: str = "a"

    def moved(self, by: int) -> Point:
        return self._replace(n=self.n + by)

    @property
    def twice(self) -> int:
        return self.n * 2


def test_a_named_tuple_is_checked_however_it_is_made() -> None:
    point = Point(1)

    assert (point.moved(2), point.twice, Point._make([3, "b"]), point._replace(label="c")) == (
        (3, "a"),
        2,
        (3, "b"),
        (1, "c"),
    )
    for call in (
        lambda: Point(-1),
        lambda: Point(n=-1, label="b"),
        lambda: Point._make([-1, "b"]),
        lambda: point._replace(n=-1),
        lambda: point.moved(-5),
    ):
        breaks("point", call)
    broken = tuple.__new__(Point, (-1, "a"))
    found_outside(lambda: broken.moved(1))
    found_outside(lambda: broken.twice)


def test_a_named_tuple_stays_one() -> None:
    n, label = Point(1)

    assert (n, label, Point(1)[0], len(Point(1)), hash(Point(1))) == (1, "a", 1, 2, hash((1, "a")))
    assert (Point._fields, Point._field_defaults, Point(1)._asdict()) == (
        ("n", "label"),
        {"label": "a"},
        {"n": 1, "label": "a"},
    )
    assert (repr(Point(1)), Point.__doc__, Point.__mro__) == (
        "Point(n=1, label='a')",
        "Has a place.",
        (Point, tuple, object),
    )
    assert [*inspect.signature(Point).parameters] == ["n", "label"]
    assert {(1, "a"): 1}[Point(1)] == 1
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'n'"):
        Point()
    with pytest.raises((TypeError, ValueError), match="unexpected field names"):
        Point(1)._replace(m=1)
    assert not hasattr(Point(1), "__dict__")


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace is new in 3.13")
def test_copy_replace_of_a_named_tuple_is_checked() -> None:
    assert copy.replace(Point(1), n=2) == (2, "a")
    breaks("point", lambda: copy.replace(Point(1), n=-1))


def test_named_tuples_made_by_collections_are_checked() -> None:
    class Inner(collections.namedtuple("Inner", "n label")):  # noqa: PYI024 - what others wrote
        __slots__ = ()

        def get(self) -> int:
            return self.n

    made = positive(collections.namedtuple("made", "n"))  # noqa: PYI024 - what others wrote
    inner = positive(Inner)

    assert (made(1), made._make([2]), inner(1, "a").get()) == ((1,), (2,), 1)
    for call in (
        lambda: made(-1),
        lambda: made._make([-1]),
        lambda: made(1)._replace(n=-1),
        lambda: inner(-1, "a"),
        lambda: inner._make([-1, "a"]),
        lambda: inner(1, "a")._replace(n=-1),
    ):
        breaks(None, call)


def test_a_subclass_of_a_named_tuple_is_checked_however_it_is_made() -> None:
    class Silent(Point):
        __slots__ = ()

    class Built(Point):
        __slots__ = ()

        def __new__(cls, text: str) -> Any:
            return super().__new__(cls, int(text))

    assert (Silent(1), Silent._make([1, "a"]), Built("1")) == ((1, "a"),) * 3
    for call in (
        lambda: Silent(-1),
        lambda: Silent._make([-1, "a"]),
        lambda: Silent(1)._replace(n=-1),
        lambda: Built("-1"),
    ):
        breaks(None, call)
    assert type(Silent(1)._replace(n=2)) is Silent


def test_a_generic_named_tuple_is_checked() -> None:
    @positive
    class Pair(NamedTuple, Generic[T]):  # @generic-named-tuple
        n: int
        other: T

    assert Pair[str](1, "a") == (1, "a")
    breaks("generic-named-tuple", lambda: Pair[str](-1, "a"))


# --- enums -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [enum.Enum, enum.IntEnum, enum.Flag, enum.IntFlag])
def test_members_of_every_kind_of_enum_are_guarded(base: Any) -> None:
    @invariant(lambda self: self.value >= 0)
    class Kind(base):
        A = 1
        B = 2
        SAME = 1

        def double(self) -> int:
            return self.value * 2

        @property
        def half(self) -> float:
            return self.value / 2

    assert (Kind.A.double(), Kind.B.half, Kind(2), Kind["A"], Kind.SAME) == (2, 1.0, Kind.B, Kind.A, Kind.A)
    assert ([member.name for member in Kind], list(Kind.__members__)) == (["A", "B"], ["A", "B", "SAME"])
    if issubclass(Kind, enum.Flag):
        assert ((Kind.A | Kind.B).double(), Kind.A & Kind.B, Kind.A in (Kind.A | Kind.B)) == (6, Kind(0), True)
    Kind.A._value_ = -1
    found_outside(lambda: Kind.A.double())
    found_outside(lambda: Kind.A.half)


@pytest.mark.parametrize("base", [enum.Enum, enum.IntEnum, enum.Flag])
def test_an_enum_with_a_broken_member_is_refused_when_it_is_decorated(base: Any) -> None:
    def declare() -> Any:
        @invariant(lambda self: self.value != 2)
        class Kind(base):  # @broken-enum
            A = 1
            B = 2

        return Kind

    breaks("broken-enum", declare)


def test_an_enum_with_a_constructor_is_checked() -> None:
    def declare(radius: int) -> Any:
        @invariant(lambda self: self.radius > 0)
        class Planet(enum.Enum):
            EARTH = (6, 1)
            MARS = (radius, 2)

            def __init__(self, radius: int, place: int) -> None:
                self.radius = radius
                self.place = place

            def doubled(self) -> int:
                return self.radius * 2

        return Planet

    assert declare(3).MARS.doubled() == 6
    breaks(None, lambda: declare(-1))


def test_an_enum_hands_its_invariant_to_the_enum_that_has_the_members() -> None:
    @invariant(lambda self: self.value > 0)
    class Numbered(enum.Enum):
        def get(self) -> int:
            return self.value

    class Whole(Numbered):
        LOW = 1

    assert Whole.LOW.get() == 1
    Whole.LOW._value_ = -1
    found_outside(lambda: Whole.LOW.get())

    def declare() -> Any:
        class Broken(Numbered):
            LOW = -1

        return Broken

    breaks(None, declare)


@each_order
def test_an_enum_may_be_unique_and_have_other_decorators(is_above: bool) -> None:
    @stacked(is_above, enum.unique, invariant(lambda self: self.value > 0))
    class Kind(enum.Enum):
        A = enum.auto()
        B = enum.auto()

        def get(self) -> int:
            return self.value

    assert [kind.get() for kind in Kind] == [1, 2]
    Kind.A._value_ = -1
    found_outside(lambda: Kind.A.get())


def test_members_of_an_enum_stay_the_only_ones() -> None:
    assert Level.LOW.raised() is Level.HIGH
    assert pickle.loads(pickle.dumps(Level.LOW)) is Level.LOW
    assert copy.deepcopy(Level.LOW) is copy.copy(Level.LOW) is Level.LOW
    assert {Level.LOW: 1}[Level(1)] == 1
    assert (repr(Level), repr(Level.LOW), str(Level.LOW), f"{Level.LOW}") == (
        "<enum 'Level'>",
        "<Level.LOW: 1>",
        "Level.LOW",
        "Level.LOW",
    )
    assert "raised" in dir(Level.LOW)
    with pytest.raises(ValueError, match="3 is not a valid Level"):
        Level(3)
    with pytest.raises(TypeError, match="extend"):

        class More(Level):
            HIGHER = 3


# --- what is refused -------------------------------------------------------------------------------------------------


class Movie(TypedDict):
    n: int


def function(self: Any) -> None:
    """Stand in for a function that somebody decorated."""


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (Movie, r"TypedDict"),
        (function, r"function.*\bclass"),
        (lambda self: None, r"\bclass"),
        (len, r"\bclass"),
        (functools.partial(function), r"\bclass"),
        (property(function), r"\bclass"),
        (staticmethod(function), r"\bclass"),
        (Counter(), r"\bclass"),
        (7, r"\bclass"),
        (None, r"\bclass"),
        (sys, r"\bclass"),
        (list[int], r"\bclass"),
        (Level.LOW, r"\bclass"),
        (int, r"\bint\b.*subclass"),
        (dict, r"\bdict\b.*subclass"),
        (object, r"\bobject\b.*subclass"),
        (type, r"\btype\b.*subclass"),
        (ValueError, r"\bValueError\b.*subclass"),
        (dt.date, r"\bdate\b.*subclass"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value).split(" at ")[0],
)
def test_what_is_no_class_or_cannot_be_changed_is_refused_with_what_to_do(refused: Any, message: str) -> None:
    before = dict(vars(refused)) if hasattr(refused, "__dict__") else None

    with pytest.raises(DeclarationError, match=message):
        positive(refused)

    assert before is None or dict(vars(refused)) == before


@pytest.mark.parametrize(
    "source",
    [
        "    async def m(self): pass",
        "    def m(self): yield",
        "    async def m(self): yield",
        "    def __iter__(self): yield 1",
        "    async def __aenter__(self): return self",
        "    @property\n    def m(self): yield 1",
    ],
)
def test_a_public_routine_may_wait_and_yield(source: str) -> None:
    namespace: dict[str, Any] = {}
    exec(f"class Waiting:\n    n = 1\n{source}", namespace)

    waiting = positive(namespace["Waiting"])()

    waiting.n = -1
    with pytest.raises(OutsideError):
        waiting.m() if callable(getattr(type(waiting), "m", None)) else list(waiting) if "__iter__" in source else (
            waiting.__aenter__() if "__aenter__" in source else waiting.m
        )


def test_private_and_static_routines_may_wait_and_yield() -> None:
    @positive
    class Waiting:
        n = 1

        async def _wait(self) -> None:
            pass

        def _items(self) -> Iterator[int]:
            yield self.n

        @staticmethod
        def count() -> Iterator[int]:
            yield 1

        @classmethod
        def all(cls) -> Iterator[int]:
            yield cls.n

        def get(self) -> list[int]:
            return [*self._items(), *self.count(), *self.all()]

    assert Waiting().get() == [1, 1, 1]


# --- generic classes, protocols, abstract classes --------------------------------------------------------------------


def test_a_generic_class_is_checked_however_it_is_parametrised() -> None:
    @positive
    class Box(Generic[T]):
        def __init__(self, n: T) -> None:  # @generic-init
            self.n = n

        def get(self) -> T:
            return self.n

    class Ints(Box[int]):
        pass

    class Wide(Box[T]):
        def put(self, n: T) -> None:  # @generic-put
            self.n = n

    assert (Box(1).get(), Box[int](1).get(), Ints(1).get(), Wide[int](1).get()) == (1, 1, 1, 1)
    assert (Box[int](1).__orig_class__, Ints.__orig_bases__, Box.__parameters__) == (Box[int], (Box[int],), (T,))
    for call in (lambda: Box(-1), lambda: Box[int](-1), lambda: Ints(-1), lambda: Wide[int](-1)):
        breaks("generic-init", call)
    breaks("generic-put", lambda: Wide[int](1).put(-1))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="class Box[T] is new in 3.12")
def test_a_generic_class_in_the_new_syntax_is_checked() -> None:
    namespace: dict[str, Any] = {"positive": positive}
    exec("@positive\nclass Box[T]:\n    def __init__(self, n: T):\n        self.n = n", namespace)
    box = namespace["Box"]

    assert (box[int](1).n, len(box.__type_params__)) == (1, 1)
    breaks(None, lambda: box[int](-1))


def test_a_generic_class_without_room_for_its_parameters_is_checked() -> None:
    @positive
    class Box(Generic[T]):
        __slots__ = ("n",)

        def __init__(self, n: T) -> None:  # @generic-slots
            self.n = n

    assert Box[int](1).n == 1
    breaks("generic-slots", lambda: Box[int](-1))


def test_classes_that_name_a_protocol_as_a_base_keep_its_invariant() -> None:
    @positive
    class Sized(Protocol):
        n: int

        def grow(self, by: int) -> None: ...

    class Silent(Sized):
        n = -1

        def grow(self, by: int) -> None:
            pass

    class Built(Sized):
        def __init__(self, n: int) -> None:  # @protocol-init
            self.n = n

        def grow(self, by: int) -> None:  # @protocol-grow
            self.n += by

    class Unrelated:
        n = -1

        def grow(self, by: int) -> None:
            pass

    for _ in range(2):
        breaks(None, lambda: Silent())
        breaks("protocol-init", lambda: Built(-1))
        breaks("protocol-grow", lambda: Built(1).grow(-9))
    assert Built(1).n == 1
    Unrelated().grow(1)
    with pytest.raises(TypeError, match="Protocols cannot be instantiated"):
        Sized()


@each_order
def test_a_protocol_that_is_checked_at_run_time_has_no_other_members(is_above: bool) -> None:
    @stacked(is_above, typing.runtime_checkable)
    class HasN(Protocol):
        n: int

        def get(self) -> int: ...

    class Fitting:
        n = -1

        def get(self) -> int:
            return 1

    class Unfitting:
        n = 1

    @stacked(is_above, typing.runtime_checkable)
    class Getting(Protocol):
        def get(self) -> int: ...

    assert isinstance(Fitting(), HasN)
    assert not isinstance(Unfitting(), HasN)
    assert issubclass(Fitting, Getting)
    assert not issubclass(Unfitting, Getting)


def test_an_abstract_class_stays_abstract_and_its_subclasses_are_checked() -> None:
    @positive
    class Store(abc.ABC):
        def __init__(self, n: int) -> None:  # @abc-init
            self.n = n

        @abc.abstractmethod
        def put(self, n: int) -> None: ...

        @property
        @abc.abstractmethod
        def size(self) -> int: ...

    class Full(Store):
        def put(self, n: int) -> None:  # @abc-put
            self.n = n

        @property
        def size(self) -> int:
            return self.n

    @Store.register
    class Virtual:
        n = -1

    assert Store.__abstractmethods__ == {"put", "size"}
    assert issubclass(Virtual, Store)
    assert isinstance(Full(1), Store)
    with pytest.raises(TypeError, match="abstract"):
        Store(1)
    assert Full(2).size == 2
    breaks("abc-init", lambda: Full(-1))
    breaks("abc-put", lambda: Full(1).put(-1))


# --- metaclasses and hooks of classes --------------------------------------------------------------------------------


class Told(dict[str, Any]):
    """A namespace that a metaclass prepares."""


class Meta(type):
    """Does all that a metaclass can."""

    made: typing.ClassVar[list[str]] = []

    @classmethod
    def __prepare__(cls, name: str, bases: Any, **keywords: Any) -> Told:
        return Told()

    def __new__(cls, name: str, bases: Any, namespace: Told, *, tag: str = "") -> Any:
        assert isinstance(namespace, Told)
        made = super().__new__(cls, name, bases, dict(namespace))
        made.tag = tag
        return made

    def __init__(cls, name: str, bases: Any, namespace: Told, *, tag: str = "") -> None:
        super().__init__(name, bases, namespace)

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        Meta.made.append(cls.__name__)
        made = super().__call__(*arguments, **keywords)
        made.completed = True
        return made


def test_a_metaclass_with_everything_stays_in_charge() -> None:
    @positive
    class Tagged(metaclass=Meta, tag="root"):
        def __init__(self, n: int = 1) -> None:  # @meta-init
            self.n = n

        def get(self) -> int:
            return self.n

    class Child(Tagged, tag="child"):
        pass

    @positive
    class Empty(metaclass=Meta):  # @meta-empty
        n = -1

    Meta.made.clear()
    assert (Tagged().get(), Child(2).get(), Child().completed) == (1, 2, True)
    assert (Tagged.tag, Child.tag, type(Tagged), Meta.made) == ("root", "child", Meta, ["Tagged", "Child", "Child"])
    for cls in (Tagged, Child):
        breaks("meta-init", lambda cls=cls: cls(-1))
    breaks("meta-empty", lambda: Empty())


def test_a_metaclass_that_keeps_one_object_for_all_is_left_alone() -> None:
    class Singleton(type):
        def __call__(cls, *arguments: Any) -> Any:
            if "only" not in vars(cls):
                cls.only = super().__call__(*arguments)
            return cls.only

    @positive
    class Only(metaclass=Singleton):
        def __init__(self, n: int) -> None:  # @singleton-init
            self.n = n

    breaks("singleton-init", lambda: Only(-1))
    assert Only(1) is Only(-1)


def test_a_metaclass_that_closes_its_classes_does_not_see_the_invariant() -> None:
    class Closed(type):
        def __setattr__(cls, name: str, value: Any) -> None:
            raise AttributeError("closed")

        def __delattr__(cls, name: str) -> None:
            raise AttributeError("closed")

        def __getattribute__(cls, name: str) -> Any:
            asked.append(name)
            return super().__getattribute__(name)

        def __eq__(cls, other: object) -> bool:
            raise RuntimeError("classes are not compared")

        __hash__ = type.__hash__

    asked: list[str] = []

    @positive
    class Kept(metaclass=Closed):
        def __init__(self, n: int) -> None:  # @closed-init
            self.n = n

        def get(self) -> int:
            return self.n

    class Child(Kept):
        pass

    assert Kept(1).get() == 1
    for cls in (Kept, Child):
        breaks("closed-init", lambda cls=cls: cls(-1))
    with pytest.raises(AttributeError, match="closed"):
        Kept.n = 1
    assert [name for name in asked if "culpa" in name] == []


def test_an_init_subclass_with_arguments_gets_them() -> None:
    seen: list[tuple[str, str]] = []

    class Plugin:
        def __init_subclass__(cls, *, tag: str, **keywords: Any) -> None:
            super().__init_subclass__(**keywords)
            seen.append((cls.__name__, tag))

    @positive
    class Written(Plugin, tag="written"):
        def __init__(self, n: int) -> None:  # @tagged-init
            self.n = n

        def __init_subclass__(cls, color: str = "", **keywords: Any) -> None:
            seen.append((cls.__name__, color))
            super().__init_subclass__(**keywords)

    class Child(Written, color="red", tag="child"):
        pass

    assert seen == [("Written", "written"), ("Child", "red"), ("Child", "child")]
    for cls in (Written, Child):
        assert cls(1).n == 1
        breaks("tagged-init", lambda cls=cls: cls(-1))
    with pytest.raises(TypeError, match=r"missing 1 required keyword-only argument: 'tag'"):

        class Untagged(Written):
            pass


def test_an_init_subclass_that_does_not_call_super_does_not_end_the_inheritance() -> None:
    @positive
    class Mute:
        n = 1

        def __init_subclass__(cls) -> None:
            pass

    class Child(Mute):
        def __init__(self, n: int) -> None:  # @mute-init
            self.n = n

        def put(self, n: int) -> None:  # @mute-put
            self.n = n

    breaks("mute-init", lambda: Child(-1))
    breaks("mute-put", lambda: Child(1).put(-1))


def test_a_class_without_an_init_subclass_takes_no_keywords() -> None:
    with pytest.raises(TypeError, match=r"Child\.__init_subclass__\(\) takes no keyword arguments"):

        class Child(Counter, tag="a"):
            pass


# --- slots, attributes and descriptors -------------------------------------------------------------------------------


def test_slots_without_a_dictionary_and_without_weak_references_stay_so() -> None:
    slotted = Slotted(1)

    assert slotted.get() == 1
    assert not hasattr(slotted, "__dict__")
    assert not hasattr(slotted, "__weakref__")
    with pytest.raises(AttributeError):
        slotted.other = 1
    breaks("slotted-init", lambda: Slotted(-1))
    slotted.n = -1
    found_outside(lambda: slotted.get())


def test_a_slotted_subclass_stays_slotted_and_is_checked() -> None:
    class Child(Slotted):
        __slots__ = ("__weakref__", "m")

        def spoil(self) -> None:  # @slotted-spoil
            self.n = -1

    child = Child(1)
    assert weakref.ref(child)() is child
    assert not hasattr(child, "__dict__")
    breaks("slotted-init", lambda: Child(-1))
    breaks("slotted-spoil", lambda: child.spoil())


def test_a_slot_that_is_not_filled_yet_is_no_defect_while_the_object_is_built() -> None:
    class Child(Slotted):
        __slots__ = ()

        def __init__(self) -> None:
            self.describe()
            super().__init__(1)

        def describe(self) -> str:
            return "empty"

    assert Child().describe() == "empty"


def test_the_guards_ask_an_object_for_nothing_but_what_the_predicate_reads() -> None:
    asked: list[str] = []

    @positive
    class Lazy:
        def __init__(self, n: int) -> None:  # @lazy-init
            self.values = {"n": n}

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            try:
                return self.__dict__["values"][name]
            except KeyError:
                raise AttributeError(name) from None

        def get(self) -> int:
            return self.n

    lazy = Lazy(1)
    assert lazy.get() == 1
    breaks("lazy-init", lambda: Lazy(-1))
    lazy.values["n"] = -1
    found_outside(lambda: lazy.get())
    assert set(asked) == {"n"}
    assert copy.copy(lazy).n == -1
    with pytest.raises(AttributeError, match="missing"):
        _ = lazy.missing


def test_a_class_with_a_getattribute_of_its_own_is_checked() -> None:
    asked: list[str] = []

    @positive
    class Watched:
        def __init__(self, n: int) -> None:  # @watched-init
            self.n = n

        def __getattribute__(self, name: str) -> Any:
            asked.append(name)
            return super().__getattribute__(name)

        def get(self) -> int:
            return self.n

    watched = Watched(1)
    assert watched.get() == 1
    breaks("watched-init", lambda: Watched(-1))
    watched.n = -1
    found_outside(lambda: watched.get())
    assert set(asked) <= {"n", "get", "__class__"}


def test_a_class_with_a_setattr_of_its_own_keeps_it_and_it_is_not_guarded() -> None:
    @positive
    class Doubling:
        def __init__(self, n: int) -> None:  # @doubling-init
            self.n = n

        def __setattr__(self, name: str, value: int) -> None:
            super().__setattr__(name, value * 2)

        def __delattr__(self, name: str) -> None:
            super().__setattr__(name, 1)

        def get(self) -> int:
            return self.n

    doubling = Doubling(2)
    doubling.n = 3
    assert doubling.get() == 6
    breaks("doubling-init", lambda: Doubling(-1))
    doubling.n = -1
    assert doubling.n == -2
    del doubling.n
    assert doubling.get() == 1
    doubling.n = -1
    found_outside(lambda: doubling.get())


def test_a_class_that_refuses_assignments_is_checked() -> None:
    @positive
    class Frozen:
        def __init__(self, n: int) -> None:  # @frozen-init
            object.__setattr__(self, "n", n)

        def __setattr__(self, name: str, value: Any) -> None:
            raise AttributeError("frozen")

        def get(self) -> int:
            return self.n

    assert Frozen(1).get() == 1
    breaks("frozen-init", lambda: Frozen(-1))
    with pytest.raises(AttributeError, match="frozen"):
        Frozen(1).n = 2


def test_getter_setter_and_deleter_are_guarded_each_for_itself() -> None:
    @positive
    class Account:
        def __init__(self) -> None:
            self.n = 1

        @property
        def amount(self) -> int:
            """How much."""
            return self.n

        @amount.setter
        def amount(self, value: int) -> None:  # @account-setter
            self.n = -1
            self.n = value

        @amount.deleter
        def amount(self) -> None:  # @account-deleter
            self.n = -1

        @property
        def spoiling(self) -> int:  # @account-getter
            self.n = -1
            return 0

    account = Account()
    account.amount = 3
    assert (account.amount, Account.amount.__doc__, type(vars(Account)["amount"])) == (3, "How much.", property)
    breaks("account-setter", lambda: setattr(account, "amount", -1))
    breaks("account-deleter", lambda: delattr(Account(), "amount"))
    breaks("account-getter", lambda: Account().spoiling)
    found_outside(lambda: account.amount)
    found_outside(lambda: setattr(account, "amount", 1))


def test_a_subclass_may_give_a_guarded_property_another_setter() -> None:
    @positive
    class Account:
        n = 1

        @property
        def amount(self) -> int:
            return self.n

    class Child(Account):
        @Account.amount.setter
        def amount(self, value: int) -> None:  # @child-setter
            self.n = value

    child = Child()
    child.amount = 2
    assert child.amount == 2
    breaks("child-setter", lambda: setattr(child, "amount", -1))
    found_outside(lambda: child.amount)
    with pytest.raises(AttributeError, match="has no setter"):
        Account().amount = 1


def test_an_alias_is_public_if_its_own_name_is() -> None:
    @positive
    class Aliased:
        def __init__(self) -> None:
            self.n = 1

        def _put(self, n: int) -> None:  # @aliased-put
            self.n = n

        def __hide(self, n: int) -> None:
            self.n = n

        def get(self) -> int:
            return self.n

        put = _put
        total = lambda self: self.n
        read = get

    hidden = Aliased()
    hidden._put(-1)
    hidden._Aliased__hide(-2)

    breaks("aliased-put", lambda: Aliased().put(-1))
    for call in (lambda: hidden.get(), lambda: hidden.read(), lambda: hidden.total(), lambda: hidden.put(1)):
        found_outside(call)


def test_a_method_that_is_borrowed_is_not_bound_to_the_invariant_of_its_class() -> None:
    class Borrowing:
        put = Counter.put
        get = Counter.get

        def __init__(self) -> None:
            self.n = -1

    borrowing = Borrowing()
    borrowing.put(-2)

    assert borrowing.get() == -2
    assert Counter.get(types.SimpleNamespace(n=-3)) == -3
    breaks("counter-put", lambda: Counter.put(Counter(), -1))


def test_attributes_that_can_be_called_but_are_no_methods_stay_what_they_are() -> None:
    getter, partial, static = operator.attrgetter("n"), functools.partial(pow, 2), staticmethod(len)

    @positive
    class Holding:
        n = 1
        size = len
        number = getter
        power = partial
        other = Counter
        length = static

        def get(self) -> int:
            return self.n

    holding = Holding()
    assert [vars(Holding)[name] for name in ("size", "number", "power", "other", "length")] == [
        len,
        getter,
        partial,
        Counter,
        static,
    ]
    holding.n = -1
    assert (holding.size([1]), holding.number(holding), holding.other(2).n, holding.length("ab")) == (1, -1, 2, 2)


def test_descriptors_of_somebody_else_work_as_before() -> None:
    class Typed:
        def __set_name__(self, owner: type, name: str) -> None:
            self.owner, self.name = owner, name

        def __get__(self, obj: Any, owner: Any = None) -> Any:
            return self if obj is None else obj.__dict__[self.name]

        def __set__(self, obj: Any, value: int) -> None:
            if not isinstance(value, int):
                raise TypeError("an int")
            obj.__dict__[self.name] = value

    class Lazy:
        def __get__(self, obj: Any, owner: Any = None) -> Any:
            return 7

    @positive
    class Described:
        n = Typed()
        lazy = Lazy()

        def __init__(self, n: int) -> None:  # @described-init
            self.n = n

        def get(self) -> int:
            return self.n

    described = Described(1)
    assert (described.get(), described.lazy, Described.n.owner, Described.n.name) == (1, 7, Described, "n")
    with pytest.raises(TypeError, match="an int"):
        described.n = "a"
    breaks("described-init", lambda: Described(-1))
    described.n = -1
    found_outside(lambda: described.get())


def test_calls_and_other_dunders_are_public() -> None:  # noqa: C901 - many methods
    @positive
    class Everything:
        def __init__(self, n: int = 1) -> None:
            self.n = n

        def __call__(self, n: int) -> None:  # @dunder-call
            self.n = n

        def __len__(self) -> int:
            return 1

        def __bool__(self) -> bool:
            return True

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

        def __getitem__(self, key: int) -> int:
            return key

        def __setitem__(self, key: int, value: int) -> None:  # @dunder-setitem
            self.n = value

        def __contains__(self, item: object) -> bool:
            return True

        def __iter__(self) -> Iterator[int]:
            return iter([1])

        def __add__(self, other: int) -> int:
            return other

        def __radd__(self, other: int) -> int:
            return other

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *details: object) -> None:  # @dunder-exit
            self.n = -1

        def __int__(self) -> int:
            return 1

        def __index__(self) -> int:
            return 1

        def __format__(self, form: str) -> str:
            return "formatted"

    def enter(obj: Any) -> None:
        with obj:
            pass

    obj = Everything()
    assert (len(obj), bool(obj), obj == 1, hash(obj), obj[2], 3 in obj, [*obj], obj + 4, 5 + obj, int(obj)) == (
        1,
        True,
        True,
        1,
        2,
        True,
        [1],
        4,
        5,
        1,
    )
    breaks("dunder-call", lambda: Everything()(-1))
    breaks("dunder-setitem", lambda: Everything().__setitem__(1, -1))
    breaks("dunder-exit", lambda: enter(Everything()))
    obj.n = -1
    for call in (
        lambda: obj(1),
        lambda: len(obj),
        lambda: bool(obj),
        lambda: obj == 1,
        lambda: hash(obj),
        lambda: obj[1],
        lambda: 1 in obj,
        lambda: [*obj],
        lambda: obj + 1,
        lambda: 1 + obj,
        lambda: int(obj),
        lambda: [1, 2][obj],
        lambda: f"{obj}",
        lambda: {obj: 1},
    ):
        found_outside(call)


def test_what_shows_copies_or_drops_a_broken_object_is_not_guarded() -> None:
    dropped: list[int] = []

    @positive
    class Shown:
        n = 1

        def __repr__(self) -> str:
            return "shown"

        def __str__(self) -> str:
            return "text"

        def __del__(self) -> None:
            dropped.append(self.n)

        def __dir__(self) -> list[str]:
            return ["n"]

        def __sizeof__(self) -> int:
            return 64

    shown = Shown()
    shown.n = -1

    assert (repr(shown), str(shown), dir(shown), shown.__sizeof__()) == ("shown", "text", ["n"], 64)
    del shown
    assert dropped == [-1]


def test_a_cached_property_is_guarded_and_cached() -> None:
    @positive
    class Cached:
        def __init__(self) -> None:
            self.n = 1

        @functools.cached_property
        def total(self) -> int:
            """How much."""
            return self.n * 10

        @functools.cached_property
        def spoiling(self) -> int:  # @cached-property
            self.n = -1
            return 0

    cached, other = Cached(), Cached()
    assert (cached.total, vars(cached)["total"], Cached.total.attrname) == (10, 10, "total")
    cached.n = other.n = -1
    assert cached.total == 10
    found_outside(lambda: other.total)
    breaks("cached-property", lambda: Cached().spoiling)


def test_a_partial_method_is_guarded() -> None:
    @positive
    class Partial:
        def __init__(self) -> None:
            self.n = 1

        def put(self, n: int) -> None:  # @partial-put
            self.n = n

        spoil = functools.partialmethod(put, -1)
        repair = functools.partialmethod(put, 1)

    partial = Partial()
    partial.repair()

    breaks("partial-put", lambda: partial.spoil())
    found_outside(lambda: partial.repair())


def test_a_single_dispatch_method_stays_what_it_is() -> None:
    @positive
    class Dispatching:
        def __init__(self) -> None:
            self.n = 1

        @functools.singledispatchmethod
        def put(self, x: Any) -> str:
            return "any"

        @put.register
        def _(self, x: str) -> str:
            return "str"

    assert (Dispatching().put(1), Dispatching().put("a")) == ("any", "str")


def test_a_nested_class_has_no_part_in_the_invariant_of_the_one_around_it() -> None:
    class Inner:
        def get(self) -> int:
            return 7

    @positive
    class Outer:
        n = 1
        other = Inner

        class Nested:
            n = -1

            def get(self) -> int:
                return self.n

        @positive
        class Marked:
            def __init__(self, n: int) -> None:  # @nested-init
                self.n = n

        def get(self) -> Any:
            return self.Nested().get(), self.other().get()

    outer = Outer()
    assert (outer.get(), Outer.Nested().get(), outer.other is Inner) == ((-1, 7), -1, True)
    breaks("nested-init", lambda: Outer.Marked(-1))
    outer.n = -1
    assert outer.Marked(1).n == 1


# --- decorators of somebody else -------------------------------------------------------------------------------------


def traced(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    return wrapper


def test_a_method_under_the_decorator_of_somebody_else_is_guarded() -> None:
    @positive
    class Traced:
        @traced
        def __init__(self, n: int) -> None:  # @traced-init
            self.n = n

        @traced
        def put(self, n: int) -> None:  # @traced-put
            self.n = n

        @property
        @traced
        def spoiling(self) -> int:  # @traced-property
            self.n = -1
            return 0

    assert Traced(1).n == 1
    breaks("traced-init", lambda: Traced(-1))
    breaks("traced-put", lambda: Traced(1).put(-1))
    breaks("traced-property", lambda: Traced(1).spoiling)
    assert Traced.put.__wrapped__.__name__ == "put"


def test_a_cached_method_keeps_its_cache() -> None:
    @positive
    class Cached:
        def __init__(self) -> None:
            self.n = 1

        @functools.lru_cache(maxsize=8)  # noqa: B019 - it dies with its class
        def scaled(self, by: int) -> int:
            return self.n * by

    cached = Cached()

    assert (cached.scaled(2), cached.scaled(2), Cached.scaled.cache_info().hits) == (2, 2, 1)
    cached.n = -1
    found_outside(lambda: cached.scaled(3))
    Cached.scaled.cache_clear()
    assert Cached.scaled.cache_info().currsize == 0


def test_the_block_of_a_context_manager_method_may_break_the_object() -> None:
    @positive
    class Locked:
        def __init__(self) -> None:
            self.n = 1

        @contextlib.contextmanager
        def unlocked(self) -> Iterator[Locked]:
            self.n = -1
            try:
                yield self
            finally:
                self.n = 1

        def work(self) -> int:
            with self.unlocked() as same:
                return same.get()

        def get(self) -> int:
            return self.n

    locked = Locked()
    with locked.unlocked() as same:
        inside = same.n

    assert (inside, locked.work(), locked.get()) == (-1, -1, 1)
    locked.n = -1
    found_outside(lambda: locked.unlocked())


def test_a_method_that_is_assigned_later_works_and_is_not_guarded() -> None:
    @positive
    class Open:
        def __init__(self) -> None:
            self.n = 1

        def get(self) -> int:
            return self.n

    def spoil(self: Any) -> int:
        self.n = -1
        return self.get()

    Open.spoil = spoil
    opened = Open()

    assert opened.spoil() == -1
    found_outside(lambda: opened.get())
    opened.get = lambda: 7
    assert opened.get() == 7


def test_a_method_that_is_patched_comes_back() -> None:
    with unittest.mock.patch.object(Counter, "get", return_value="patched"):
        patched = Counter(1).get()

    assert patched == "patched"
    assert Counter(2).get() == 2
    counter = Counter(1)
    counter.n = -1
    found_outside(lambda: counter.get())
    assert unittest.mock.create_autospec(Counter, instance=True).get() is not None


@each_order
def test_total_ordering_is_checked_above_and_below(is_above: bool) -> None:
    @stacked(is_above, functools.total_ordering)
    class Ordered:
        def __init__(self, n: int) -> None:  # @ordered-init
            self.n = n

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Ordered) and self.n == other.n

        def __lt__(self, other: Any) -> bool:
            return self.n < other.n

        __hash__ = None

    first, second = Ordered(1), Ordered(2)
    assert (first < second, first <= second, first > second, first >= second) == (True, True, False, False)
    breaks("ordered-init", lambda: Ordered(-1))
    first.n = -1
    found_outside(lambda: first < second)
    if is_above:  # what is added later is not guarded, and calls a method of its own object
        found_outside(lambda: first >= second)
        found_outside(lambda: first > second)


@each_order
def test_a_foreign_decorator_that_registers_sees_the_class_itself(is_above: bool) -> None:
    registry: list[Any] = []

    def register(cls: Any) -> Any:
        registry.append(cls)
        return cls

    @stacked(is_above, register)
    @stacked(is_above, typing.final)
    class Registered:
        def __init__(self, n: int) -> None:  # @registered-init
            self.n = n

    assert registry == [Registered]
    breaks("registered-init", lambda: registry[0](-1))


@each_order
def test_a_foreign_decorator_may_give_a_subclass(is_above: bool) -> None:
    def extended(cls: Any) -> Any:
        class Extended(cls):
            def spoil(self) -> None:  # @extended-spoil
                self.n = -1

        return Extended

    @stacked(is_above, extended)
    class Box:
        def __init__(self, n: int) -> None:  # @extended-init
            self.n = n

    breaks("extended-spoil", lambda: Box(1).spoil())
    breaks("extended-init" if not is_above else None, lambda: Box(-1))


@each_order
def test_a_foreign_decorator_may_wrap_the_constructor_that_is_written(is_above: bool) -> None:
    def counted(cls: Any) -> Any:
        written = cls.__init__

        def __init__(self: Any, *arguments: Any) -> None:  # noqa: N807 - it takes the place of one
            written(self, *arguments)
            self.calls = 1

        cls.__init__ = __init__
        return cls

    @stacked(is_above, counted)
    class Box:
        def __init__(self, n: int) -> None:
            self.n = n

    assert Box(1).calls == 1
    breaks(None, lambda: Box(-1))


def test_a_subclass_may_register_itself_with_a_single_dispatch_function() -> None:
    @functools.singledispatch
    def describe(obj: object) -> str:
        return "object"

    @describe.register
    def _(obj: Counter) -> str:
        return "counter"

    assert (describe(Counter()), describe(CounterChild()), describe(1)) == ("counter", "counter", "object")


# --- subclasses of the standard library's classes --------------------------------------------------------------------

each_builtin = pytest.mark.parametrize(
    ("base", "good", "bad"),
    [
        (int, 1, 0),
        (float, 1.5, 0.0),
        (complex, 1j, 0j),
        (str, "a", ""),
        (bytes, b"a", b""),
        (bytearray, b"a", b""),
        (tuple, (1,), ()),
        (frozenset, (1,), ()),
        (list, [1], []),
        (set, [1], []),
        (dict, {"a": 1}, {}),
        (collections.OrderedDict, {"a": 1}, {}),
        (collections.Counter, "a", ""),
        (collections.deque, [1], []),
        (collections.UserDict, {"a": 1}, {}),
        (collections.UserList, [1], []),
        (collections.UserString, "a", ""),
        (decimal.Decimal, "1", "0"),
        (fractions.Fraction, "1/2", "0"),
    ],
)


@each_builtin
def test_subclasses_of_builtins_are_checked_when_they_are_constructed(base: Any, good: Any, bad: Any) -> None:
    @invariant(lambda self: bool(self))
    class Full(base):
        def describe(self) -> str:
            return "full"

    class Child(Full):
        pass

    for cls in (Full, Child):
        full = cls(good)
        assert (full == base(good), full.describe(), type(full)) == (True, "full", cls)
        breaks(None, lambda cls=cls: cls(bad))
    assert not base(bad)


@each_builtin
def test_subclasses_of_builtins_with_constructors_of_their_own_are_checked(base: Any, good: Any, bad: Any) -> None:
    class New(base):
        def __new__(cls, text: str, value: Any) -> Any:
            return super().__new__(cls, *(() if base.__new__ is object.__new__ else (value,)))

        def __init__(self, text: str, value: Any) -> None:  # @builtin-init
            if base.__init__ is not object.__init__:
                super().__init__(value)
            self.text = text

    full = invariant(lambda self: self and self.text)(New)

    assert (full("a", good) == base(good), full("a", good).text) == (True, "a")
    breaks("builtin-init", lambda: full("a", bad))
    breaks("builtin-init", lambda: full("", good))


@pytest.mark.parametrize("base", [int, float, str, tuple, list, dict, set])
def test_the_line_of_a_class_without_a_constructor_is_that_of_its_class_statement(base: Any) -> None:
    @invariant(lambda self: bool(self))
    class Full(base):  # @builtin-class
        pass

    breaks("builtin-class", lambda: Full())


@pytest.mark.parametrize(
    ("base", "value", "empty"),
    [
        (list, [1], lambda obj: obj.clear()),
        (set, [1], lambda obj: obj.clear()),
        (dict, {"a": 1}, lambda obj: obj.clear()),
        (dict, {"a": 1}, lambda obj: obj.__delitem__("a")),
        (bytearray, b"a", lambda obj: obj.clear()),
        (collections.deque, [1], lambda obj: obj.clear()),
    ],
)
def test_what_a_method_in_c_breaks_is_found_at_the_next_public_call(base: Any, value: Any, empty: Any) -> None:
    @invariant(lambda self: len(self) > 0)
    class Full(base):
        def describe(self) -> str:
            return "full"

    full = Full(value)
    empty(full)

    assert len(full) == 0
    found_outside(lambda: full.describe())


def test_numbers_and_texts_calculate_as_before() -> None:
    @invariant(lambda self: self > 0)
    class Count(int):
        def __add__(self, other: int) -> Count:
            return Count(int(self) + other)

    @invariant(lambda self: self.isidentifier())
    class Word(str):
        __slots__ = ()

        def plural(self) -> Word:
            return Word(self + "s")

    assert (Count(1) + 2, Count(3) * 2, -Count(4), Count("5"), range(6)[Count(1)]) == (3, 6, -4, 5, 1)
    assert (type(Count(1) + 2), type(Count(1) * 2)) == (Count, int)
    assert (Word("cat").plural(), {"cat": 1}[Word("cat")], f"{Word('cat'):>4}") == ("cats", 1, " cat")
    breaks(None, lambda: Count(1) + -5)
    breaks(None, lambda: Word("no word"))
    assert Count.from_bytes(b"\x01", "big") == 1
    breaks(None, lambda: Count.from_bytes(b"\x00", "big"))


def test_a_predicate_may_use_a_guarded_operator_of_its_own_object() -> None:
    @invariant(lambda self: self > 0)
    class Ratio(fractions.Fraction):
        def half(self) -> Ratio:
            return Ratio(self / 2)

    assert (Ratio(1, 2).half(), Ratio("3/4") + 1, Ratio(1, 2) < 1) == (fractions.Fraction(1, 4), 1.75, True)
    breaks(None, lambda: Ratio(-1, 2))


def test_dates_and_identifiers_are_checked() -> None:
    @invariant(lambda self: self.year >= 2000)
    class Recent(dt.date):
        def next(self) -> Recent:
            return self.replace(year=self.year + 1)

    @invariant(lambda self: self.version == 4)
    class RandomId(uuid.UUID):
        pass

    text = str(uuid.uuid4())
    assert (Recent(2020, 1, 2).next(), Recent.fromisoformat("2020-01-02")) == (Recent(2021, 1, 2), Recent(2020, 1, 2))
    assert (str(RandomId(text)), RandomId(text) == uuid.UUID(text)) == (text, True)
    breaks(None, lambda: Recent(1999, 1, 1))
    breaks(None, lambda: RandomId(int=1))


def test_exceptions_are_checked_and_raised_as_before() -> None:
    def fail(n: int) -> None:
        raise Failed(n) from KeyError("cause")

    with pytest.raises(Failed) as caught:
        fail(2)

    assert (caught.value.get(), caught.value.args, str(caught.value)) == (2, (2,), "2")
    assert isinstance(caught.value.__cause__, KeyError)
    breaks("failed-init", lambda: fail(-1))
    caught.value.add_note("note")
    caught.value.n = -1
    found_outside(lambda: caught.value.get())


def test_an_exception_without_a_constructor_is_checked() -> None:
    @invariant(lambda self: self.args)
    class Explained(Exception):  # @explained
        pass

    class Child(Explained):
        pass

    def fail(cls: Any) -> None:
        raise cls

    assert Explained("why").args == ("why",)
    breaks("explained", lambda: Explained())
    for cls in (Explained, Child):
        breaks(None, lambda cls=cls: fail(cls))


def test_a_method_that_leaves_by_an_exception_of_a_guarded_class_is_judged_by_its_own_object() -> None:
    @positive
    class Failing:
        n = 1

        def fail(self) -> None:
            raise Failed(1)

        def break_and_fail(self) -> None:
            self.n = -1
            raise Failed(1)  # @break-and-fail

    with pytest.raises(Failed):
        Failing().fail()
    error = breaks("break-and-fail", lambda: Failing().break_and_fail(), phase="exception")
    assert type(error.__cause__) is Failed


def test_a_thread_runs_as_before_and_what_it_breaks_is_found_by_who_waits_for_it() -> None:
    @positive
    class Worker(threading.Thread):
        def __init__(self, n: int) -> None:  # @worker-init
            super().__init__(daemon=True)
            self.n = n

        def run(self) -> None:
            go.wait()
            self.n -= 1
            self.done = self.result()

        def result(self) -> int:
            return self.n

    whole, broken, go = Worker(2), Worker(1), threading.Event()
    for worker in (whole, broken):
        worker.start()
    go.set()
    for worker in (whole, broken):
        threading.Thread.join(worker)

    assert (whole.done, whole.is_alive(), whole.name.startswith("Thread-"), broken.done) == (1, False, True, 0)
    found_outside(lambda: broken.join())
    breaks("worker-init", lambda: Worker(-1))


def test_a_mapping_gets_its_methods_guarded_and_temporary_breaks_in_them_are_none() -> None:
    @invariant(lambda self: sum(self.values.values()) == 0)
    class Balanced(collections.abc.MutableMapping[str, int]):
        def __init__(self, **values: int) -> None:  # @balanced-init
            self.values = dict(values)

        def __getitem__(self, key: str) -> int:
            return self.values[key]

        def __setitem__(self, key: str, value: int) -> None:  # @balanced-setitem
            self.values[key] = value

        def __delitem__(self, key: str) -> None:  # @balanced-delitem
            del self.values[key]

        def __iter__(self) -> Iterator[str]:
            return iter(self.values)

        def __len__(self) -> int:
            return len(self.values)

    balanced = Balanced(a=1, b=-1)
    balanced.update({"a": 5, "b": -5})

    assert (dict(balanced), balanced.get("c"), "a" in balanced, [*balanced.items()]) == (
        {"a": 5, "b": -5},
        None,
        True,
        [("a", 5), ("b", -5)],
    )
    breaks("balanced-init", lambda: Balanced(a=1))
    breaks("balanced-setitem", lambda: Balanced(a=0).__setitem__("a", 1))
    breaks("balanced-delitem", lambda: Balanced(a=1, b=-1).__delitem__("a"))
    assert "update" in breaks(None, lambda: Balanced(a=0).update({"a": 1})).site.function
    balanced.clear()
    assert len(balanced) == 0
    balanced.values["a"] = 1
    for call in (
        lambda: balanced.get("a"),
        lambda: len(balanced),
        lambda: "a" in balanced,
        lambda: balanced.pop("a"),
        lambda: balanced == {},
    ):
        found_outside(call)


def test_a_sequence_of_the_standard_library_is_checked() -> None:
    @invariant(lambda self: self.values == sorted(self.values))
    class Sorted(collections.abc.Sequence[int]):
        def __init__(self, *values: int) -> None:  # @sorted-init
            self.values = list(values)

        def __getitem__(self, index: Any) -> Any:
            return self.values[index]

        def __len__(self) -> int:
            return len(self.values)

    class Set(collections.abc.Set[int]):
        def __init__(self, values: Any) -> None:  # @set-init
            self.values = list(values)

        def __contains__(self, value: object) -> bool:
            return value in self.values

        def __iter__(self) -> Iterator[int]:
            return iter(self.values)

        def __len__(self) -> int:
            return len(self.values)

    unique = invariant(lambda self: len(set(self.values)) == len(self.values))(Set)
    ordered = Sorted(1, 2, 2)
    assert ([*ordered], ordered.index(2), ordered.count(2), [*reversed(ordered)], 1 in ordered) == (
        [1, 2, 2],
        1,
        2,
        [2, 2, 1],
        True,
    )
    breaks("sorted-init", lambda: Sorted(2, 1))
    assert (unique([1, 2]) | {3}, unique([1, 2]) & {2}, unique([1]) <= {1, 2}) == ({1, 2, 3}, {2}, True)
    breaks("set-init", lambda: unique([1, 1]))
    ordered.values.reverse()
    found_outside(lambda: ordered.index(1))
    found_outside(lambda: ordered.count(1))


def test_a_user_dict_is_checked_and_copies() -> None:
    prices = Prices(a=1, b=2)
    prices["c"] = 3
    prices.raise_all(1)

    assert (dict(prices), prices.copy(), type(prices.copy()), prices | {"d": 1}) == (
        {"a": 2, "b": 3, "c": 4},
        prices,
        Prices,
        {"a": 2, "b": 3, "c": 4, "d": 1},
    )
    breaks(None, lambda: Prices(a=-1))
    breaks(None, lambda: Prices(a=1).update(a=-1))
    breaks(None, lambda: Prices(a=1).__setitem__("a", -1))
    breaks("prices-raise", lambda: Prices(a=1).raise_all(-1))


def test_a_counter_of_the_standard_library_is_guarded_where_it_is_written_in_python() -> None:
    @invariant(lambda self: min(self.values(), default=0) >= 0)
    class Stock(collections.Counter[str]):
        pass

    stock = Stock("aab")
    stock.update("b")

    assert (stock, stock["c"], stock.most_common(1), stock.total()) == ({"a": 2, "b": 2}, 0, [("a", 2)], 4)
    breaks(None, lambda: Stock("a").subtract("aa"))


def test_a_text_buffer_is_checked_and_works_as_a_file() -> None:
    @invariant(lambda self: self.closed or self.tell() < 10)
    class Short(io.StringIO):
        def shout(self, text: str) -> None:  # @short-shout
            self.write(text.upper())

    with Short("ab\ncd") as buffer:
        lines = [*buffer]
        buffer.seek(0)
        buffer.shout("x")
        print("y", file=buffer, end="")
        text = buffer.getvalue()

    assert (lines, text, buffer.closed) == (["ab\n", "cd"], "Xy\ncd", True)
    breaks("short-shout", lambda: Short().shout("0123456789"))
    buffer = Short()
    buffer.write("0123456789")
    found_outside(lambda: buffer.shout(""))


@pytest.mark.parametrize(
    ("base", "arguments"),
    [
        (array.array, ("i",)),
        (asyncio.Protocol, ()),
        (BaseException, ()),
        (ExceptionGroup, ("group", [ValueError()])),
        (concurrent.futures.Future, ()),
        (configparser.ConfigParser, ()),
        (contextlib.ContextDecorator, ()),
        (contextlib.ExitStack, ()),
        (ctypes.Structure, ()),
        (dt.datetime, (2020, 1, 2)),
        (dt.timedelta, ()),
        (json.JSONEncoder, ()),
        (logging.Logger, ("name",)),
        (map, (len, [])),
        (numbers.Number, ()),
        (pathlib.PurePosixPath, ("a/b",)),
        (property, ()),
        (queue.Queue, ()),
        (random.Random, (1,)),
        (string.Template, ("$a",)),
        (threading.local, ()),
        (types.ModuleType, ("name",)),
        (weakref.ref, (Counter,)),
        (argparse.ArgumentParser, ()),
    ],
)
def test_subclasses_of_other_classes_of_the_standard_library_are_checked(base: Any, arguments: Any) -> None:
    @positive
    class Made(base):
        n = 1

        def get_n(self) -> int:
            return self.n

    class Child(Made):
        pass

    made, child = Made(*arguments), Child(*arguments)
    assert (made.get_n(), child.get_n(), isinstance(made, base)) == (1, 1, True)
    Made.n = -1
    found_outside(lambda: made.get_n())
    found_outside(lambda: child.get_n())
    for cls in (Made, Child):
        breaks(None, lambda cls=cls: cls(*arguments))
    Made.n = 1


def test_a_metaclass_may_have_an_invariant_that_its_classes_keep() -> None:
    @positive
    class Numbered(type):
        n = 1

        def get_n(cls) -> int:
            return cls.n

    class Whole(metaclass=Numbered):
        pass

    def declare() -> Any:
        class Broken(metaclass=Numbered):
            n = -1

        return Broken

    assert Whole.get_n() == 1
    breaks(None, declare)
    Whole.n = -1
    found_outside(lambda: Whole.get_n())
    assert isinstance(Whole(), Whole)


def test_an_exception_group_splits_into_groups_of_its_class() -> None:
    @invariant(lambda self: len(self.exceptions) < 3)
    class Few(ExceptionGroup):
        def derive(self, exceptions: Any) -> Any:
            return Few(self.message, exceptions)

    few = Few("few", [ValueError(), KeyError()])
    matched, rest = few.split(KeyError)

    assert (type(matched), type(rest), few.subgroup(OSError)) == (Few, Few, None)
    breaks(None, lambda: Few("many", [ValueError()] * 3))
    breaks(None, lambda: few.derive([ValueError()] * 3))


def test_a_simple_namespace_is_checked() -> None:
    @positive
    class Space(types.SimpleNamespace):  # @space
        def get(self) -> int:
            return self.n

    assert (Space(n=1).get(), repr(Space(n=1))) == (1, "Space(n=1)")
    breaks("space", lambda: Space(n=-1))


# --- frameworks ------------------------------------------------------------------------------------------------------


class Request(NamedTuple):
    method: str
    user: str = ""


class View:
    """A view like Django's."""

    def __init__(self, **keywords: Any) -> None:
        for key, value in keywords.items():
            setattr(self, key, value)

    @classmethod
    def as_view(cls, **keywords: Any) -> Any:
        def view(request: Request) -> Any:
            self = cls(**keywords)
            self.setup(request)
            return self.dispatch(request)

        view.view_class = cls
        return view

    def setup(self, request: Request) -> None:
        self.request = request

    def dispatch(self, request: Request) -> Any:
        return getattr(self, request.method.lower(), self.refused)(request)  # @view-dispatch

    def refused(self, request: Request) -> Any:
        return "405"

    def get(self, request: Request) -> Any:
        return "nothing"


@positive
class Page(View):
    n = 1

    @require(lambda request: request.user)
    def get(self, request: Request) -> Any:
        self.n = -1
        return self.render(request)

    def render(self, request: Request) -> str:
        text = f"{request.user} {self.n}"
        self.n = 1
        return text

    def post(self, request: Request) -> str:  # @page-post
        self.n = -1
        return "posted"


def test_a_view_of_a_framework_keeps_working_with_invariants_and_preconditions() -> None:
    view = Page.as_view(n=2)

    assert (view(Request("GET", "ann")), view(Request("PUT"))) == ("ann -1", "405")
    assert view.view_class is Page
    with pytest.raises(ContractError) as caught:
        view(Request("GET"))
    assert (type(caught.value.root), caught.value.root.site.line) == (PreconditionError, AT["view-dispatch"])
    breaks("page-post", lambda: Page().post(Request("POST", "ann")))
    breaks(None, lambda: view(Request("POST", "ann")))
    breaks(None, lambda: Page.as_view(n=-1)(Request("GET", "ann")))
    assert View(n=-1).dispatch(Request("GET")) == "nothing"


def test_a_thread_whose_run_has_a_precondition_blames_who_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[Any] = []

    @positive
    class Worker(threading.Thread):
        n = 1
        ready = False

        @require(lambda self: self.ready)
        def run(self) -> None:
            self.n += 1

    monkeypatch.setattr(threading, "excepthook", lambda details: failed.append(details.exc_value))
    ready, idle = Worker(), Worker()
    ready.ready = True
    for worker in (ready, idle):
        worker.start()
        worker.join()

    assert (ready.n, idle.n) == (2, 1)
    assert [(type(error), error.site.line) for error in failed] == [(PreconditionError, None)]


def test_an_abstract_class_of_the_standard_library_may_be_overridden_with_preconditions_and_invariants() -> None:
    @invariant(lambda self: len(self.values) < 3)
    class Table(collections.abc.MutableMapping[str, int]):
        def __init__(self) -> None:
            self.values: dict[str, int] = {}

        def __getitem__(self, key: str) -> int:
            return self.values[key]

        @require(lambda key: key)
        def __setitem__(self, key: str, value: int) -> None:  # @table-setitem
            self.values[key] = value

        def __delitem__(self, key: str) -> None:
            del self.values[key]

        def __iter__(self) -> Iterator[str]:
            return iter(self.values)

        def __len__(self) -> int:
            return len(self.values)

    table = Table()
    table["a"] = 1
    table.setdefault("b", 2)

    assert dict(table) == {"a": 1, "b": 2}
    with pytest.raises(PreconditionError):
        table[""] = 1
    breaks("table-setitem", lambda: table.__setitem__("c", 3))


def test_other_frameworks_of_the_standard_library_call_guarded_methods() -> None:
    @positive
    class Handler(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.n = 1
            self.seen: list[str] = []

        def emit(self, record: logging.LogRecord) -> None:
            self.seen.append(record.getMessage())

    @positive
    class Visitor(ast.NodeVisitor):
        n = 1

        def visit_Name(self, node: ast.Name) -> None:
            self.n = -1
            self.generic_visit(node)
            self.n = 2

    @positive
    class Parser(html.parser.HTMLParser):
        n = 1

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.n += 1

    @positive
    class Store(argparse.Action):
        n = 1

        @require(lambda values: values != "bad")
        def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
            setattr(namespace, self.dest, values)

    handler, visitor, parser, arguments = Handler(), Visitor(), Parser(), argparse.ArgumentParser()
    handler.handle(logging.makeLogRecord({"msg": "said %d", "args": (1,)}))
    visitor.visit(ast.parse("a + b"))
    parser.feed("<p><b>x</b></p>")
    arguments.add_argument("--x", action=Store)

    assert (handler.seen, visitor.n, parser.n, arguments.parse_args(["--x", "1"]).x) == (["said 1"], 2, 3, "1")
    with pytest.raises(PreconditionError):
        arguments.parse_args(["--x", "bad"])
    parser.n = -1
    found_outside(lambda: parser.feed("<p>"))


def test_a_test_case_of_unittest_may_have_an_invariant() -> None:
    @positive
    class Case(unittest.TestCase):
        n = 1

        def test_whole(self) -> None:
            self.n = -1
            self.n = 2

        def test_broken(self) -> None:
            self.n = -1

    result = unittest.TestResult()
    Case("test_whole").run(result)
    error = breaks(None, lambda: Case("test_broken").run(result))

    assert (result.testsRun, result.wasSuccessful(), error.site.function) == (2, True, "TestCase.run")


# --- constructors with contracts of their own ------------------------------------------------------------------------


def test_a_constructor_keeps_its_own_contract_before_the_invariant() -> None:
    @positive
    class Box:
        @require(lambda n: n != 0)
        @ensure(lambda self, n: n in (self.n, 7))
        def __init__(self, n: int) -> None:  # @contracted-init
            self.n = n if n != 7 else -7

        def get(self) -> int:
            return self.n

    class Child(Box):
        def __init__(self, n: int) -> None:
            super().__init__(n)

    assert (Box(1).get(), Child(1).get()) == (1, 1)
    with pytest.raises(PreconditionError) as caught:
        Box(0)  # @contracted-call
    assert caught.value.site.line == AT["contracted-call"]
    breaks("contracted-init", lambda: Box(-1))
    breaks("contracted-init", lambda: Box(7))


def test_a_postcondition_of_a_constructor_comes_before_the_invariant() -> None:
    @positive
    class Box:
        @ensure(lambda self: self.n != -1)
        def __init__(self, n: int) -> None:  # @ensured-init
            self.n = n

    with pytest.raises(PostconditionError):
        Box(-1)
    breaks("ensured-init", lambda: Box(-2))


def test_new_keeps_its_own_contract_beside_the_invariant() -> None:
    @invariant(lambda self: self > 0)
    class Count(int):
        @require(lambda text: text)
        def __new__(cls, text: str) -> Any:
            return super().__new__(cls, text)

    assert Count("3") == 3
    with pytest.raises(PreconditionError) as caught:
        Count("")  # @contracted-new
    assert caught.value.site.line == AT["contracted-new"]
    breaks(None, lambda: Count("-3"))


@each_order
@pytest.mark.parametrize("options", [{}, {"slots": True}, {"frozen": True}])
def test_a_post_init_keeps_its_own_contract_beside_the_invariant(options: Any, is_above: bool) -> None:
    @stacked(is_above, dataclasses.dataclass(**options))
    class Box:  # @contracted-post-init-class
        n: int

        @require(lambda self: self.n != 0)
        def __post_init__(self) -> None:
            pass

    assert Box(1).n == 1
    with pytest.raises(PreconditionError) as caught:
        Box(0)  # @contracted-post-init
    assert caught.value.site.line == AT["contracted-post-init"]
    breaks("contracted-post-init-class", lambda: Box(-1))


def test_a_constructor_that_raises_is_not_checked() -> None:
    @positive
    class Box:
        def __init__(self, n: int) -> None:
            self.n = n
            if n < -5:
                raise LookupError("too low")

    class Child(Box):
        def __init__(self, n: int) -> None:
            with contextlib.suppress(LookupError):
                super().__init__(n)
            self.n = 1

    with pytest.raises(LookupError, match="too low"):
        Box(-6)
    assert Child(-6).n == 1


# --- assignments -----------------------------------------------------------------------------------------------------

watched = invariant(lambda self: self.n > 0, on_setattr=True)
"""Checks assignments too."""


@watched
class WatchedPlain:
    def __init__(self, n: int) -> None:
        self.n = n
        self.m = n

    def cross(self) -> None:
        self.n = -1
        self.n = 5


@watched
class WatchedSlots:
    __slots__ = ("m", "n")

    def __init__(self, n: int) -> None:
        self.n = n

    def cross(self) -> None:
        self.n = -1
        self.n = 5


@watched
@dataclasses.dataclass(slots=True)
class WatchedData:
    n: int

    def cross(self) -> None:
        self.n = -1
        self.n = 5


@dataclasses.dataclass
@watched
class WatchedDataBelow:
    n: int

    def cross(self) -> None:
        self.n = -1
        self.n = 5


@watched
class WatchedOwn:
    def __init__(self, n: int) -> None:
        self.n = n

    def __setattr__(self, name: str, value: int) -> None:
        super().__setattr__(name, int(value))

    def cross(self) -> None:
        self.n = -1
        self.n = 5


class WatchedChild(WatchedPlain):
    pass


@watched
class WatchedGeneric(Generic[T]):
    def __init__(self, n: int) -> None:
        self.n = n

    def cross(self) -> None:
        self.n = -1
        self.n = 5


@watched
class WatchedError(Exception):
    def __init__(self, n: int) -> None:
        self.n = n

    def cross(self) -> None:
        self.n = -1
        self.n = 5


@pytest.mark.parametrize(
    "cls",
    [
        WatchedPlain,
        WatchedSlots,
        WatchedData,
        WatchedDataBelow,
        WatchedOwn,
        WatchedChild,
        WatchedGeneric[int],
        WatchedError,
    ],
)
def test_an_assignment_that_breaks_an_object_of_any_kind_is_undone(cls: Any) -> None:
    obj = cls(3)
    obj.cross()
    obj.n = 4
    with pytest.raises(InvariantError) as caught:
        obj.n = -1  # @assigned
    with pytest.raises(InvariantError):
        cls(-1)

    assert obj.n == 4
    assert (caught.value.phase, caught.value.blame) == ("setattr", Blame.OUTSIDE)
    assert (caught.value.site.file, caught.value.site.line) == (HERE, AT["assigned"])
    obj.cross()
    assert obj.n == 5


def test_an_assignment_that_is_undone_leaves_no_attribute_behind() -> None:
    @invariant(lambda self: not hasattr(self, "debt"), on_setattr=True)
    class Account:
        pass

    @invariant(lambda self: hasattr(self, "n"), on_setattr=True)
    class Full:
        def __init__(self) -> None:
            self.n = 1

    account, full = Account(), Full()
    with pytest.raises(InvariantError) as caught:
        account.debt = 1
    with pytest.raises(InvariantError) as deleted:
        del full.n  # @deleted

    assert (vars(account), vars(full)) == ({}, {"n": 1})
    assert (caught.value.phase, deleted.value.phase, deleted.value.site.line) == ("setattr", "setattr", AT["deleted"])


@pytest.mark.parametrize("options", [{"frozen": True}, {"frozen": True, "slots": True}])
def test_a_frozen_dataclass_stays_frozen_with_assignments_checked(options: Any) -> None:
    @watched
    @dataclasses.dataclass(**options)
    class Box:  # @watched-frozen
        n: int

    box = Box(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        box.n = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del box.n
    breaks("watched-frozen", lambda: Box(-1))


def test_properties_and_other_data_descriptors_are_not_hooked() -> None:
    class Stored:
        def __set__(self, obj: Any, value: int) -> None:
            obj.__dict__["n"] = value

        def __get__(self, obj: Any, owner: Any = None) -> Any:
            return obj.__dict__["n"]

    @watched
    class Described:
        number = Stored()

        def __init__(self) -> None:
            self.n = 1

        @property
        def amount(self) -> int:
            return self.n

        @amount.setter
        def amount(self, value: int) -> None:  # @watched-setter
            self.n = value

    described = Described()
    described.number = -1
    found_outside(lambda: described.amount)
    breaks("watched-setter", lambda: setattr(Described(), "amount", -1))


# --- copies and pickles ----------------------------------------------------------------------------------------------


def whole_objects() -> dict[str, Any]:
    return {
        "plain": Counter(),
        "child": CounterChild(),
        "slots": Slotted(),
        "dataclass": Data(),
        "dataclass below": DataBelow(),
        "frozen and slotted": FrozenData(),
        "slotted below": SlottedData(),
        "dict": Scores(a=1),
        "str": Name("a"),
        "exception": Failed(),
        "own state": Stateful(),
        "own reduce": Reduced(),
    }


def read(obj: Any) -> Any:
    return obj.get_all() if isinstance(obj, Scores) else obj.get()


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": functools.partial(
            lambda protocol, obj: pickle.loads(pickle.dumps(obj, protocol)), protocol
        )
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
    "pickle in python": lambda obj: pickle._loads(pickle._dumps(obj)),
}

each_copy = pytest.mark.parametrize("copied", [*COPIES.values()], ids=[*COPIES])


@each_copy
@pytest.mark.parametrize("kind", [*whole_objects()])
def test_whole_objects_copy_and_pickle(kind: str, copied: Any) -> None:
    obj = whole_objects()[kind]

    other = copied(obj)

    assert other is not obj
    assert (type(other), other.n, read(other)) == (type(obj), 1, read(obj))


@each_copy
@pytest.mark.parametrize("kind", [*whole_objects()])
def test_a_broken_object_copies_and_loads_and_is_found_at_its_next_public_call(kind: str, copied: Any) -> None:
    obj = whole_objects()[kind]
    object.__setattr__(obj, "n", -1) if kind != "exception" else setattr(obj, "n", -1)

    other = copied(obj)

    assert (type(other), other.n) == (type(obj), -1)
    with pytest.raises(OutsideError):
        read(other)


@each_copy
def test_a_broken_named_tuple_copies_and_loads_too(copied: Any) -> None:
    basket = Basket([1])
    basket.items.extend([2, 3])

    other = copied(basket)

    assert (type(other), other.items) == (Basket, [1, 2, 3])
    found_outside(lambda: other.get())


def test_classes_and_methods_pickle_by_name() -> None:
    for obj in (Counter, CounterChild, Slotted, Data, FrozenData, SlottedData, Basket, Level, Counter.get, Counter.put):
        assert pickle.loads(pickle.dumps(obj)) is obj
    assert pickle.loads(pickle.dumps(Counter(4).get))() == 4


# --- the class stays itself ------------------------------------------------------------------------------------------

HEAD = """
from __future__ import annotations
import abc, collections, dataclasses, enum, functools, typing
T = typing.TypeVar("T")
"""

KINDS = {
    "constructor": '''
class Made:
    """Is made."""
    n: int = 1
    def __init__(self, n: int = 1, *, label: str = "a") -> None:
        """Make it."""
        self.n = n
    def get(self, x: int = 1) -> int:
        """Return it."""
        return self.n
    @property
    def p(self) -> int:
        """How much."""
        return 1
    @staticmethod
    def s(x): return x
    @classmethod
    def c(cls, x): return x
    @functools.cached_property
    def cached(self): return 1
''',
    "no constructor": "class Made:\n    def get(self): return 1\n",
    "empty": "class Made:\n    pass\n",
    "new": "class Made:\n    def __new__(cls, n=1): return object.__new__(cls)\n",
    "slots": "class Made:\n    __slots__ = ('n',)\n    def __init__(self, n=1): self.n = n\n",
    "int": "class Made(int):\n    def get(self): return 1\n",
    "str": "class Made(str):\n    def get(self): return 1\n",
    "tuple": "class Made(tuple):\n    def get(self): return 1\n",
    "dict": "class Made(dict):\n    def get_all(self): return 1\n",
    "list": "class Made(list):\n    def get(self): return 1\n",
    "exception": "class Made(Exception):\n    def get(self): return 1\n",
    "abstract": "class Made(abc.ABC):\n    @abc.abstractmethod\n    def get(self): return 1\n",
    "generic": "class Made(typing.Generic[T]):\n    def __init__(self, n: T = 1): pass\n",
    "protocol": "class Made(typing.Protocol):\n    def get(self): return 1\n",
    "named tuple": "class Made(typing.NamedTuple):\n    n: int = 1\n    def get(self): return 1\n",
    "enum": "class Made(enum.Enum):\n    A = 1\n    def get(self): return 1\n",
    "metaclass": """
class Meta(type):
    def __call__(cls, *arguments, tag=""):
        return super().__call__(*arguments)
class Made(metaclass=Meta):
    def __init__(self, n=1): pass
""",
    "init subclass": """
class Made:
    def __init_subclass__(cls, tag="", **keywords):
        \"\"\"Take a tag.\"\"\"
    def __init__(self): pass
""",
    "setattr": """
class Made:
    def __setattr__(self, name, value): object.__setattr__(self, name, value)
    def __getattr__(self, name): raise AttributeError(name)
""",
}

always = invariant(lambda self: True)

EXTRAS = {"__init__", "__init_subclass__"}
"""What an invariant may put into a class that has it not, beside names that begin with `__culpa_`."""


def declared(kind: str, decorate: Any) -> Any:
    namespace: dict[str, Any] = {"__name__": "made"}
    exec(compile(HEAD + KINDS[kind], "made.py", "exec", dont_inherit=True), namespace)
    return decorate(namespace["Made"])


def shown_by(call: Callable[[], object]) -> object:
    """Return what a call gives, or the type of what it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - a class without a signature has one with an invariant neither
        return type(error)


def shown(cls: Any) -> dict[str, Any]:
    """Return what a class shows of itself; what it inherits is guarded in it, under the same names."""
    inherited = {name for base in cls.__mro__[1:-1] for name in vars(base)}
    own = [key for key in vars(cls) if key not in EXTRAS | inherited and not key.startswith("__culpa_")]
    return {
        "names": (cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__, repr(cls)),
        "keys": own,
        "order": [base.__name__ for base in cls.__mro__],
        "meta": type(cls).__name__,
        "annotations": vars(cls).get("__annotations__"),
        "abstract": getattr(cls, "__abstractmethods__", None),
        "layout": (cls.__dictoffset__, cls.__weakrefoffset__, cls.__basicsize__),
        "signature": shown_by(lambda: str(inspect.signature(cls))),
        "hints": shown_by(lambda: str(typing.get_type_hints(cls.__init__))),
        "init": cls.__init__.__doc__,
        "kinds": {key: type(vars(cls)[key]).__name__ for key in own},
    }


def assert_shows_the_same(checked: Any, plain: Any) -> None:
    """Assert that two classes show the same; where one has no signature at all, the other may say that it takes all."""
    expected, found = shown(plain), shown(checked)
    if expected["signature"] is ValueError and found["signature"] == "(*args, **kwargs)":
        expected["signature"] = found["signature"]
    assert found == expected


@pytest.mark.parametrize("kind", [*KINDS])
def test_the_class_stays_itself(kind: str) -> None:
    plain, checked = declared(kind, lambda cls: cls), declared(kind, always)

    assert_shows_the_same(checked, plain)


@pytest.mark.parametrize("kind", [*KINDS])
def test_invariant_gives_the_same_class_object(kind: str) -> None:
    given: list[Any] = []

    checked = declared(kind, lambda cls: always(always(given.append(cls) or cls)))

    assert [checked] == given
    assert checked is given[0]
    assert len(contract_of(checked)) == 2


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"enum"}))  # an enum that has members has no subclasses
def test_a_subclass_without_a_mark_shows_what_it_would_show(kind: str) -> None:
    def child_of(cls: Any) -> Any:
        return type(cls)("Child", (cls,), {"__module__": "made", "__doc__": "The child.", "more": lambda self, x: x})

    plain, checked = child_of(declared(kind, lambda cls: cls)), child_of(declared(kind, always))

    assert_shows_the_same(checked, plain)


@pytest.mark.parametrize("kind", [*KINDS])
def test_tools_that_write_code_for_a_constructor_find_names_in_it(kind: str) -> None:
    description = inspect.getfullargspec(declared(kind, always).__init__)

    names = [*description.args, description.varargs or "arguments", description.varkw or "keywords"]
    assert [name for name in names if not name.isidentifier()] == []
    assert description.args[0] == "self"


@pytest.mark.parametrize("kind", ["constructor", "slots", "metaclass", "init subclass"])
def test_the_help_on_a_class_says_what_it_said(kind: str) -> None:
    plain, checked = (
        pydoc.plain(pydoc.render_doc(declared(kind, decorate))).splitlines() for decorate in (lambda cls: cls, always)
    )

    lines = iter(checked)
    assert [line for line in plain if line.strip() and line not in lines] == []
    assert "culpa" not in "\n".join(checked)


@pytest.mark.parametrize("kind", ["constructor", "no constructor", "slots", "generic", "init subclass", "metaclass"])
def test_routines_of_a_class_show_what_they_showed(kind: str) -> None:
    plain, checked = declared(kind, lambda cls: cls), declared(kind, always)

    for name, value in vars(plain).items():
        if inspect.isfunction(value):
            other = vars(checked)[name]
            assert inspect.isfunction(other)
            assert inspect.signature(other) == inspect.signature(value)
            assert (other.__qualname__, other.__doc__, other.__module__, other.__annotations__, vars(other)) == (
                value.__qualname__,
                value.__doc__,
                value.__module__,
                value.__annotations__,
                vars(value),
            )
            assert (other.__defaults__, other.__kwdefaults__) == (value.__defaults__, value.__kwdefaults__)


def test_the_source_of_a_class_and_of_its_methods_is_found() -> None:
    lines = inspect.getsource(Counter).splitlines()

    assert (lines[0], lines[1], lines[-1]) == (
        "@positive",
        "class Counter:",
        '        return f"Counter({self.n})"',
    )
    assert inspect.getsource(Counter.put).splitlines()[0].startswith("    def put(self, n: int)")
    assert inspect.getsourcefile(Counter) == HERE
    assert inspect.getsource(Data).startswith("@positive\n@dataclasses.dataclass\nclass Data:")


def test_instances_carry_nothing_else() -> None:
    counter = Counter(2)
    counter.put(3)

    assert vars(counter) == {"n": 3, "label": ""}
    assert [name for name in dir(counter) if "culpa" in name and not name.startswith("__culpa_")] == []
    assert (isinstance(counter, Counter), issubclass(CounterChild, Counter), Counter.__subclasses__()[0]) == (
        True,
        True,
        CounterChild,
    )
    assert (type(counter), counter.__class__, Counter.unit, repr(Counter)) == (
        Counter,
        Counter,
        "piece",
        f"<class '{__name__}.Counter'>",
    )
    assert {name for name, _ in inspect.getmembers(counter, inspect.ismethod)} >= {"get", "put"}


def test_objects_with_invariants_die_at_once_and_can_be_referred_to_weakly() -> None:
    counter = Counter(1)
    counter.put(2)
    counter.get()
    reference, table = weakref.ref(counter), weakref.WeakKeyDictionary({counter: 1})

    assert reference() is counter
    del counter
    assert reference() is None
    assert len(table) == 0


def make_classes() -> Iterator[Any]:
    @positive
    class Root:
        def __init__(self) -> None:
            self.n = 1

        def put(self, n: int) -> None:
            self.n = n

        @property
        def p(self) -> int:
            return self.n

    class Child(Root):
        pass

    @positive
    class Unset:
        n = 1

    @stacked(True, dataclasses.dataclass(slots=True))
    class Above:
        n: int = 1

    @stacked(False, dataclasses.dataclass(slots=True))
    class Below:
        n: int = 1

    @positive
    class Pair(NamedTuple):
        n: int = 1

    @positive
    class Mapped(collections.UserDict[str, int]):
        n = 1

    @invariant(lambda self: self.value > 0)
    class Kind(enum.Enum):
        A = 1

    class Temporary(Counter):
        def put(self, n: int) -> None:
            self.n = n

    for cls in (Root, Child, Unset, Above, Below, Pair, Mapped, Temporary):
        cls()
        with contextlib.suppress(InvariantError, AttributeError):
            cls().put(-1)
        with contextlib.suppress(InvariantError, TypeError):
            cls(-1)
        yield weakref.ref(cls)
    yield weakref.ref(Kind)


def test_classes_that_are_made_in_a_loop_die() -> None:
    references = [reference for _ in range(3) for reference in make_classes()]
    gc.collect()

    assert [reference() for reference in references] == [None] * len(references)
    assert not any(cls.__name__ == "Temporary" for cls in Counter.__subclasses__())


def test_contracts_of_classes_of_every_kind_can_be_looked_at() -> None:
    class Child(Counter):
        pass

    stackedup = invariant(lambda self: self.label != "no", "a label")(Child)

    assert [(clause.kind, clause.origin) for clause in contract_of(Counter)] == [("invariant", "")]
    assert [(clause.kind, clause.origin, clause.message) for clause in contract_of(stackedup)] == [
        ("invariant", "", "a label"),
        ("invariant", "Counter", None),
    ]
    for cls in (Slotted, Data, DataBelow, FrozenData, SlottedData, Basket, Scores, Name, Failed, Level, Point):
        assert [clause.kind for clause in contract_of(cls)] == ["invariant"]
    assert list(contract_of(Counter.get)) == []
    assert not contract_of(View)


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations([-1, 7], 2)])
def test_stacked_invariants_all_hold(first: int, second: int) -> None:
    @invariant(lambda self: self.n != first)
    @invariant(lambda self: self.n != second)
    class Box:
        def __init__(self, n: int) -> None:  # @stacked-init
            self.n = n

    assert Box(1).n == 1
    for n in (first, second):
        breaks("stacked-init", lambda n=n: Box(n))

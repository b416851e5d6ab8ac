"""A contract goes on a callable of any kind, and a predicate is a callable of any kind."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import enum
import functools
import inspect
import math
import operator
import sys
import types
from typing import Any, Generic, NamedTuple, TypeVar
from unittest import mock

import pytest

from culpa import (
    Blame,
    CallerError,
    DefectError,
    PostconditionError,
    PreconditionError,
    RoutineError,
    contract_of,
    ensure,
    require,
)
from harness.markers import lines_of
from harness.verdicts import blames_me, violation

HERE = sys._getframe().f_code.co_filename
AT = lines_of(__file__)

T = TypeVar("T")

positive = require(lambda x: x > 0)
small = require(lambda x: x < 10)


# Functions and what is made of them


def test_a_function() -> None:
    @positive
    def routine(x: int) -> int:
        return x

    assert blames_me(routine)


def test_a_lambda() -> None:
    assert blames_me(positive(lambda x: x))


def test_a_closure_sees_its_cells_change() -> None:
    limit = 10

    @require(lambda x: x < limit)
    @ensure(lambda x, result: result == x + limit)
    def routine(x: int) -> int:
        return x + limit

    assert routine(5) == 15
    limit = 4
    violation(lambda: routine(5))
    limit = 6
    assert routine(5) == 11


def test_a_closure_changes_its_cells() -> None:
    count = 0

    @require(lambda step: step > count)
    def advance(step: int) -> int:
        nonlocal count
        count = step
        return count

    assert [advance(1), advance(2)] == [1, 2]
    assert count == 2
    violation(lambda: advance(2))


def test_a_cell_that_is_bound_after_the_decoration() -> None:
    @require(lambda x: x < limit)
    def routine(x: int) -> int:
        return helper(x)

    def helper(x: int) -> int:
        return x

    limit = 3
    assert routine(2) == 2


def test_each_run_of_a_factory_makes_its_own_contract() -> None:
    def factory(limit: int) -> Any:
        @require(lambda x: x < limit)
        def routine(x: int) -> int:
            return x

        return routine

    low, high = factory(1), factory(10)

    assert (low(0), high(9)) == (0, 9)
    violation(lambda: low(9))
    violation(lambda: high(10))


def test_loop_variables_that_a_default_keeps() -> None:
    made = []
    for k in range(3):

        @require(lambda x, k=k: x > k)
        def routine(x: int) -> int:
            return x

        made.append(routine)

    assert made[0](1) == 1
    violation(lambda: made[1](1))


def test_a_routine_that_calls_itself_is_checked_at_each_call() -> None:
    @require(lambda n: n != 2)
    def down(n: int) -> int:
        return 0 if n == 0 else down(n - 1)

    assert down(1) == 1 - 1
    with pytest.raises(RoutineError):
        down(3)


# In classes


class Shop:
    """Has a method of every kind, with contracts above and below."""

    open = True

    def __init__(self) -> None:
        self.stock = 5

    @positive
    def method(self, x: int) -> int:
        return x

    @positive
    @staticmethod
    def static_above(x: int) -> int:
        return x

    @staticmethod
    @positive
    def static_below(x: int) -> int:
        return x

    @positive
    @classmethod
    def class_above(cls, x: int) -> int:
        assert issubclass(cls, Shop)
        return x

    @classmethod
    @positive
    def class_below(cls, x: int) -> int:
        assert issubclass(cls, Shop)
        return x

    @require(lambda cls: cls.open)
    @classmethod
    def make(cls) -> Any:
        return cls()

    @positive
    def __call__(self, x: int) -> int:
        return x

    @positive
    def __getitem__(self, x: int) -> int:
        return x

    @positive
    def __add__(self, x: int) -> int:
        return x

    @positive
    def __radd__(self, x: int) -> int:
        return x

    @positive
    def __iadd__(self, x: int) -> Any:
        return x

    @positive
    def __matmul__(self, x: int) -> int:
        return x

    @positive
    def __eq__(self, x: object) -> Any:
        return x

    __hash__ = None  # type: ignore[assignment]

    @positive
    def __lt__(self, x: int) -> int:
        return x

    @positive
    def __getattr__(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize("name", ["method", "static_above", "static_below", "class_above", "class_below", "__call__"])
def test_a_method(name: str) -> None:
    assert blames_me(getattr(Shop(), name))


@pytest.mark.parametrize("name", ["static_above", "static_below", "class_above", "class_below"])
def test_a_method_without_an_instance(name: str) -> None:
    assert blames_me(getattr(Shop, name))
    assert type(vars(Shop)[name]) is (staticmethod if "static" in name else classmethod)


def test_a_class_method_passes_the_class_on() -> None:
    class Closed(Shop):
        open = False

    assert type(Shop.make()) is Shop
    violation(Closed.make)


@pytest.mark.parametrize(
    "use",
    [
        lambda x: Shop()(x),
        lambda x: Shop()[x],
        lambda x: Shop() + x,
        lambda x: x + Shop(),
        lambda x: operator.iadd(Shop(), x),
        lambda x: Shop() @ x,
        lambda x: Shop() == x,
        lambda x: Shop() < x,
    ],
)
def test_an_operator(use: Any) -> None:
    assert use(1) == 1
    assert violation(lambda: use(-1)).site.line == use.__code__.co_firstlineno


def test_a_bound_method() -> None:
    bound = Shop().method
    checked = small(bound)

    assert checked(1) == 1
    assert violation(lambda: checked(10)).clause.text == "x < 10"  # type: ignore[union-attr]
    assert violation(lambda: checked(-1)).clause.text == "x > 0"  # type: ignore[union-attr]
    assert checked.__self__ is bound.__self__


def test_a_nested_class() -> None:
    class Outer:
        class Inner:
            @positive
            def method(self, x: int) -> int:
                return x

    assert blames_me(Outer.Inner().method)
    assert violation(lambda: Outer.Inner().method(-1)).args[0].startswith("Outer.Inner.method() requires  x > 0")


def test_super_works_in_a_checked_method() -> None:
    class Base:
        def value(self, x: int) -> list[str]:
            return ["base"]

        @property
        def name(self) -> str:
            return "base"

    class Derived(Base):
        @positive
        def value(self, x: int) -> list[str]:
            return [*super().value(x), __class__.__name__]  # type: ignore[name-defined]

        @property
        @require(lambda self: self)
        def name(self) -> str:
            return super().name + "+"

    assert Derived().value(1) == ["base", "Derived"]
    assert Derived().name == "base+"
    violation(lambda: Derived().value(0))


def test_construction() -> None:
    class Box:
        @require(lambda x: x > 0)
        def __new__(cls, x: int, y: int = 1) -> Any:
            return super().__new__(cls)

        @require(lambda y: y > 0)
        @ensure(lambda self, x: self.x == x)
        def __init__(self, x: int, y: int = 1) -> None:
            self.x = x

    assert Box(1).x == 1
    assert violation(lambda: Box(0)).args[0].startswith("Box.__new__() requires  x > 0")
    assert violation(lambda: Box(1, 0)).args[0].startswith("Box.__init__() requires  y > 0")


def test_hooks_of_classes() -> None:
    class Base:
        @require(lambda tag: tag)
        def __init_subclass__(cls, tag: str = "", **keywords: Any) -> None:
            super().__init_subclass__(**keywords)
            cls.tag = tag  # type: ignore[attr-defined]

        @require(lambda item: item is not None)
        def __class_getitem__(cls, item: Any) -> Any:
            return item

    class Tagged(Base, tag="a"):
        pass

    assert Tagged.tag == "a"  # type: ignore[attr-defined]
    assert Base[int] is int
    violation(lambda: Base[None])
    violation(lambda: types.new_class("Untagged", (Base,)))


def test_a_metaclass() -> None:
    class Meta(type):
        @require(lambda x: x > 0)
        def __call__(cls, x: int) -> Any:
            return super().__call__()

        @require(lambda name: name != "Bad")
        def __new__(cls, name: str, bases: Any, namespace: Any) -> Any:
            return super().__new__(cls, name, bases, namespace)

    class Good(metaclass=Meta):
        pass

    assert type(Good(1)) is Good
    violation(lambda: Good(0))
    violation(lambda: Meta("Bad", (), {}))


def test_slots() -> None:
    class Point:
        __slots__ = ("x",)

        @positive
        def __init__(self, x: int) -> None:
            self.x = x

        @ensure(lambda self, result: result == self.x)
        def get(self) -> int:
            return self.x

    assert Point(1).get() == 1
    assert not hasattr(Point(1), "__dict__")
    violation(lambda: Point(0))


def test_an_abstract_method_is_checked_where_it_is_called_through_super() -> None:
    class Base(abc.ABC):
        @positive
        @abc.abstractmethod
        def above(self, x: int) -> int:
            return x

        @abc.abstractmethod
        @positive
        def below(self, x: int) -> int:
            return x

    assert Base.__abstractmethods__ == {"above", "below"}
    for method in (Base.above, Base.below):
        assert blames_me(functools.partial(method, None))


def test_methods_of_enumerations() -> None:
    class Colour(enum.Enum):
        RED = 1

        @positive
        def method(self, x: int) -> int:
            return x

        @require(lambda self, x: x > 0)
        @functools.cache
        def cached(self, x: int) -> int:
            return x

        @require(lambda self: self.value == 1)
        @property
        def code(self) -> int:
            return self.value

        @positive
        @staticmethod
        def static(x: int) -> int:
            return x

    assert list(Colour) == [Colour.RED]
    for method in (Colour.RED.method, Colour.RED.cached, Colour.static):
        assert blames_me(method)
    assert Colour.RED.code == 1


def test_methods_of_named_tuples_and_generics() -> None:
    class Point(NamedTuple):
        x: int

        @require(lambda self: self.x > 0)
        def method(self) -> int:
            return self.x

    class Box(Generic[T]):
        @positive
        def method(self, x: int) -> int:
            return x

    assert Point(1).method() == 1
    violation(Point(0).method)
    assert blames_me(Box[int]().method)


@pytest.mark.parametrize("slots", [True, False])
def test_methods_of_dataclasses(slots: bool) -> None:
    @dataclasses.dataclass(slots=slots, frozen=True)
    class Line:
        amount: int

        @require(lambda self: self.amount > 0)
        def __post_init__(self) -> None: ...

        @positive
        def method(self, x: int) -> int:
            return x

    assert blames_me(Line(1).method)
    violation(lambda: Line(0))


def test_many_layers_of_contracts_and_of_foreign_decorators() -> None:
    def through(function: Any) -> Any:
        return functools.wraps(function)(lambda *args: function(*args))

    routine: Any = lambda x: x
    for _ in range(30):
        routine = positive(through(routine))
    assert blames_me(routine)
    assert len(contract_of(routine)) == 30

    routine = lambda x: x
    for _ in range(100):
        routine = positive(routine)
    assert blames_me(routine)
    assert len(contract_of(routine)) == 100


# Properties


class Account:
    """Has properties with contracts in every place."""

    def __init__(self, balance: int) -> None:
        self.held = balance

    @property
    @require(lambda self: self.held >= 0)
    def below(self) -> int:
        """Say what is held."""
        return self.held

    @below.setter
    @require(lambda value: value > 0)
    def below(self, value: int) -> None:
        self.held = value

    @below.deleter
    @require(lambda self: self.held != 7)
    def below(self) -> None:
        self.held = 0

    @require(lambda self: self.held >= 0)
    @property
    def above(self) -> int:
        """Say what is held."""
        return self.held

    @require(lambda value: value > 0)
    @above.setter
    def above(self, value: int) -> None:
        self.held = value

    @require(lambda self: self.held != 7)
    @above.deleter
    def above(self) -> None:
        self.held = 0

    @require(lambda self: self.held >= 0)
    @functools.cached_property
    def cached_above(self) -> int:
        """Say what was held."""
        return self.held

    @functools.cached_property
    @require(lambda self: self.held >= 0)
    def cached_below(self) -> int:
        """Say what was held."""
        return self.held


@pytest.mark.parametrize("name", ["above", "below"])
def test_each_accessor_of_a_property_has_its_own_contract(name: str) -> None:
    account = Account(7)

    assert getattr(account, name) == 7
    violation(lambda: delattr(account, name))
    violation(lambda: setattr(account, name, -1))
    setattr(account, name, 3)
    assert account.held == 3
    delattr(account, name)
    assert account.held == 0
    account.held = -1
    violation(lambda: getattr(account, name))


@pytest.mark.parametrize("name", ["above", "below"])
def test_a_property_stays_what_it_was(name: str) -> None:
    made = vars(Account)[name]

    assert type(made) is property
    assert made.__doc__ == "Say what is held."
    assert [contract_of(f).clauses[0].text for f in (made.fget, made.fset, made.fdel)] == [
        "self.held >= 0",
        "value > 0",
        "self.held != 7",
    ]
    if sys.version_info >= (3, 13):
        assert made.__name__ == name


@pytest.mark.parametrize("name", ["cached_above", "cached_below"])
def test_a_cached_property_is_checked_until_it_is_cached(name: str) -> None:
    account = Account(-1)

    error = violation(lambda: getattr(account, name))
    if sys.version_info < (3, 12):
        assert "through functools.cached_property.__get__" in str(error)
    account.held = 1
    assert getattr(account, name) == 1
    account.held = -1
    assert getattr(account, name) == 1
    assert type(vars(Account)[name]) is functools.cached_property
    assert vars(Account)[name].__doc__ == "Say what was held."


def test_a_cached_property_that_has_its_name_already() -> None:
    class Lazy:
        @functools.cached_property
        def value(self) -> int:
            return 1

    Lazy.value = require(lambda self: self.ready)(vars(Lazy)["value"])  # type: ignore[method-assign]
    lazy: Any = Lazy()
    lazy.ready = False

    violation(lambda: lazy.value)
    lazy.ready = True
    assert lazy.value == 1


def test_a_setter_added_to_the_property_of_a_base_class() -> None:
    class Base:
        held = 1

        @property
        def value(self) -> int:
            return self.held

    class Derived(Base):
        @require(lambda value: value > 0)
        @Base.value.setter
        def value(self, value: int) -> None:
            self.held = value

    derived = Derived()
    derived.value = 4
    assert derived.value == 4
    with pytest.raises(PreconditionError):
        derived.value = 0


def test_a_subclass_of_property_is_kept() -> None:
    class Documented(property):
        pass

    class Thing:
        @require(lambda self: self.ready)
        @Documented
        def value(self) -> int:
            return 1

    thing: Any = Thing()
    thing.ready = True

    assert type(vars(Thing)["value"]) is Documented
    assert thing.value == 1


def test_a_partial_method() -> None:
    class Bank:
        def move(self, x: int, to: str, *, fee: int = 0) -> tuple[int, str, int]:
            return x, to, fee

        to_savings = positive(functools.partialmethod(move, to="savings", fee=1))
        checked_below = functools.partialmethod(positive(move), to="b")

    assert type(vars(Bank)["to_savings"]) is functools.partialmethod
    assert Bank().to_savings(5) == (5, "savings", 1)
    assert Bank().checked_below(5) == (5, "b", 0)
    violation(lambda: Bank().to_savings(-5))
    violation(lambda: Bank().checked_below(-5))


def test_what_somebody_set_on_a_descriptor_is_kept() -> None:
    described: Any = staticmethod(lambda x: x)
    described.tag = "a"

    assert positive(described).tag == "a"


# What is no Python function


@pytest.mark.parametrize(
    ("function", "contract", "good", "bad"),
    [
        (math.sqrt, require(lambda x: x >= 0), (4,), (-4,)),
        (len, require(lambda obj: obj), ([1],), ([],)),
        (max, require(lambda args: len(args) > 1), (1, 2), ([1],)),
        (divmod, require(lambda y: y), (4, 2), (4, 0)),
        ("a-b".split, require(lambda sep: sep != ""), ("-",), ("",)),
        (str.upper, require(lambda self: self), ("a",), ("",)),
        (operator.itemgetter(0), require(lambda: True), ([1],), None),
        (functools.partial(int, base=2), require(lambda args: args[0] != "0"), ("1",), ("0",)),
        (functools.partial(divmod, 10), require(lambda y: y), (3,), (0,)),
        (functools.partial(lambda x, y: x, y=1), require(lambda y: y), (3,), None),
        (functools.partial(functools.partial(lambda x, y: x, 1), 2), require(lambda: True), (), None),
    ],
)
def test_what_is_no_python_function(function: Any, contract: Any, good: Any, bad: Any) -> None:
    checked = contract(function)

    assert checked(*good) == function(*good)
    if bad is not None:
        error = violation(lambda: checked(*bad))  # @foreign-call
        assert error.site.line == AT["foreign-call"]
    assert isinstance(checked, type(function))
    assert repr(checked) == repr(function)
    assert callable(checked)


def test_a_method_of_a_builtin_object_is_checked_on_that_object() -> None:
    kept: list[int] = []
    append = require(lambda object: object > 0)(kept.append)  # noqa: A006 - the name that `list.append` gives it

    append(1)
    violation(lambda: append(0))

    assert kept == [1]


def test_a_partial_keeps_its_attributes_and_can_be_completed_further() -> None:
    checked = require(lambda b: b > 1)(functools.partial(lambda a, b: a * b, b=2))

    assert (checked.args, checked.keywords) == ((), {"b": 2})
    assert checked(3) == 6
    violation(lambda: checked(3, b=0))
    violation(lambda: functools.partial(checked, 5)(b=0))


class Counter:
    """Counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: int) -> int:
        self.calls += 1
        return x

    def reset(self) -> None:
        self.calls = 0

    def __len__(self) -> int:
        return self.calls

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> str:
        return "entered"

    def __exit__(self, *args: object) -> None:
        pass

    def __eq__(self, other: object) -> bool:
        return other == "counter"

    def __hash__(self) -> int:
        return 7

    def __format__(self, how: str) -> str:
        return "formatted"


def test_a_callable_object_stays_the_object_that_it_was() -> None:
    plain = Counter()
    checked: Any = positive(plain)

    assert blames_me(checked)
    assert isinstance(checked, Counter)
    assert (plain.calls, checked.calls, len(checked)) == (1, 1, 1)
    checked.reset()
    assert plain.calls == 0
    checked.calls = 5
    assert plain.calls == 5
    del checked.calls
    assert not hasattr(plain, "calls")
    assert (bool(checked), hash(checked), f"{checked}", checked == "counter") == (False, 7, "formatted", True)
    assert checked.__doc__ == "Counts its calls."
    assert set(dir(plain)) == set(dir(checked))
    with checked as entered:
        assert entered == "entered"


def test_a_callable_object_is_told_its_name_in_a_class() -> None:
    class Named:
        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __call__(self, x: int) -> int:
            return x

    class Owner:
        called: Any = positive(Named())

    assert Owner.called.name == "called"


def test_a_callable_object_is_no_method() -> None:
    class Owner:
        plain = Counter()
        checked = positive(Counter())

    assert Owner().plain(1) == Owner().checked(1) == 1
    violation(lambda: Owner().checked(0))


@pytest.mark.filterwarnings("ignore:functools.partial will be a method descriptor:FutureWarning")
def test_a_partial_in_a_class_body_is_no_method() -> None:
    class Owner:
        checked = positive(functools.partial(lambda y, x: (y, x), "y"))

    assert Owner().checked(1) == ("y", 1)


def test_two_contracts_on_one_object_are_one_contract() -> None:
    checked: Any = small(positive(Counter()))

    assert len(contract_of(checked)) == 2
    assert blames_me(checked)
    violation(lambda: checked(10))


# Caches


@pytest.mark.parametrize("cache", [functools.cache, functools.lru_cache, functools.lru_cache(maxsize=2)])
def test_a_cache_beneath_a_contract(cache: Any) -> None:
    ran: list[Any] = []

    @require(lambda x, y: x + y > 0)
    @cache
    def routine(x: int, y: int = 0) -> int:
        ran.append((x, y))
        return x

    assert [routine(1), routine(1), routine(1, 0), routine(1, y=0), routine(x=1)] == [1] * 5
    assert len(ran) == 4  # calls are passed on as they were made: each spelling has an entry of its own
    assert routine.cache_info()[:2] == (1, 4)
    violation(lambda: routine(-1))
    assert routine.cache_info()[:2] == (1, 4)
    routine.cache_clear()
    assert routine.cache_info()[:2] == (0, 0)
    assert routine.cache_parameters() == cache(lambda: 0).cache_parameters()
    assert type(routine) is not types.FunctionType
    assert routine.__name__ == "routine"


def test_a_cache_above_a_contract() -> None:
    ran: list[Any] = []

    @functools.cache
    @require(lambda x: x > 0)
    def routine(x: int, y: int = 0) -> int:
        ran.append(x)
        return x

    assert [routine(1), routine(1)] == [1, 1]
    assert ran == [1]
    assert routine.cache_info().hits == 1
    violation(lambda: routine(-1))
    violation(lambda: routine(-1))  # a violation is not cached
    assert contract_of(routine)


def test_a_cached_method_is_bound() -> None:
    class Shop:
        @require(lambda self, x: x > 0)
        @functools.cache  # noqa: B019 - the instance is short-lived
        def price(self, x: int) -> Any:
            return self, x

    shop = Shop()

    assert shop.price(1) == (shop, 1)
    assert Shop.price(shop, 1) == (shop, 1)
    assert Shop.price.cache_info().hits == 1
    violation(lambda: shop.price(0))


# Context managers and generators


def test_a_contract_above_a_context_manager_is_checked_when_it_is_made() -> None:
    @positive
    @contextlib.contextmanager
    def opened(x: int) -> Any:
        yield x

    with opened(1) as x:
        assert x == 1
    violation(lambda: opened(0))


def test_a_context_manager_above_a_contract_on_a_generator() -> None:
    @contextlib.contextmanager
    @positive
    def opened(x: int) -> Any:
        yield x

    with opened(1) as one:
        assert one == 1
    violation(lambda: opened(0))


def test_a_context_manager_as_a_decorator_beneath() -> None:
    entered = []

    @contextlib.contextmanager
    def around() -> Any:
        entered.append(1)
        yield

    @positive
    @around()
    def routine(x: int) -> int:
        return x

    assert blames_me(routine)
    assert entered == [1]


# Decorators of somebody else


def doubling(function: Any) -> Any:
    """Hand twice the argument on: an effect that would be seen twice, or not at all, if it moved."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        seen.append((args, kwargs))
        return function(args[0] * 2, *args[1:], **kwargs)  # @doubled-call

    return wrapper


seen: list[Any] = []


@small
@doubling
@require(lambda x: x % 8 == 0)
def layered(x: int, y: int = 0) -> int:
    return x


def test_a_foreign_decorator_between_two_contracts_keeps_its_place_and_its_effect() -> None:
    seen.clear()

    assert layered(4) == 8
    assert seen == [((4,), {})]  # as the caller made the call: no defaults filled in
    assert layered(4, y=2) == 8
    assert seen[1] == ((4,), {"y": 2})


@pytest.mark.parametrize(("argument", "text"), [(12, "x < 10"), (3, "x % 8 == 0")])
def test_the_caller_of_the_outermost_is_blamed_for_either_precondition(argument: int, text: str) -> None:
    def buyer() -> int:
        return layered(argument)  # @layered-call

    with pytest.raises(CallerError) as caught:
        buyer()

    error = caught.value
    assert type(error) is PreconditionError
    assert error.clause is not None
    assert error.clause.text == text
    assert (error.site.file, error.site.line) == (HERE, AT["layered-call"])
    assert error.root is error


def test_three_contracts_with_two_foreign_decorators_between() -> None:
    @require(lambda x: x != 1)
    @doubling
    @require(lambda x: x != 4)
    @doubling
    @require(lambda x: x != 12)
    def routine(x: int) -> int:
        return x

    assert routine(5) == 20
    assert len(contract_of(routine)) == 3
    for wrong in (1, 2, 3):
        violation(lambda wrong=wrong: routine(wrong))


def test_a_foreign_decorator_on_top_makes_the_call_and_is_blamed() -> None:
    @doubling
    @small
    def routine(x: int) -> int:
        return x

    error = violation(lambda: routine(5))

    assert error.site.line == AT["doubled-call"]
    assert error.site.function == "doubling.<locals>.wrapper"


def test_a_foreign_decorator_without_wraps_is_a_routine_of_its_own() -> None:
    def opaque(function: Any) -> Any:
        def wrapper(x: int) -> Any:
            return function(x * 2)  # @opaque-call

        return wrapper

    @small
    @opaque
    @small
    def routine(x: int) -> int:
        return x

    assert routine(4) == 8
    with pytest.raises(RoutineError) as caught:
        routine(5)
    assert caught.value.site.line == AT["opaque-call"]
    assert isinstance(caught.value.root, PreconditionError)


def test_a_postcondition_sees_what_the_foreign_decorator_made_of_the_result() -> None:
    def negated(function: Any) -> Any:
        return functools.wraps(function)(lambda x: -function(x))

    @ensure(lambda result: result < 0)
    @negated
    @ensure(lambda result: result > 0)
    def routine(x: int) -> int:
        return x

    assert routine(1) == -1
    with pytest.raises(PostconditionError):
        routine(-1)


def test_a_decorator_that_refuses_some_calls_is_passed_exactly_what_was_given() -> None:
    calls = []

    def recording(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            calls.append((args, kwargs))
            return function(*args, **kwargs)

        return wrapper

    @require(lambda x, y, z, rest: x and y and z)
    @recording
    def routine(x: int, y: int = 2, *rest: int, z: int = 3, **named: int) -> tuple[Any, ...]:
        return x, y, rest, z, named

    assert routine(1) == (1, 2, (), 3, {})
    assert routine(1, z=4, w=5) == (1, 2, (), 4, {"w": 5})
    assert routine(y=6, x=1) == (1, 6, (), 3, {})
    assert routine(1, 2, 3, 4) == (1, 2, (3, 4), 3, {})
    assert calls == [((1,), {}), ((1,), {"z": 4, "w": 5}), ((), {"y": 6, "x": 1}), ((1, 2, 3, 4), {})]


# A decorator beneath that takes other arguments than the function


def retrying(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, retries: int = 3, **kwargs: Any) -> Any:
        return function(*args, **kwargs), retries

    return wrapper


def test_a_decorator_beneath_that_takes_one_more_keyword() -> None:
    @require(lambda x, retries: x > 0 and retries)
    @retrying
    @doubling
    @retrying
    def load(x: int, *, count: int = 1, **others: int) -> Any:
        return x, count, others

    assert load(1) == (((2, 1, {}), 3), 3)
    assert load(1, retries=5, count=2, b=3) == (((2, 2, {"b": 3}), 3), 5)
    violation(lambda: load(0))
    violation(lambda: load(1, retries=0))


def test_a_decorator_beneath_that_names_other_parameters_than_the_function() -> None:
    def with_session(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(x: int) -> Any:
            return function("session", x)

        return wrapper

    @positive
    @with_session
    def load(session: str, x: int) -> Any:
        return session, x

    assert load(1) == ("session", 1)
    assert load(x=1) == ("session", 1)
    violation(lambda: load(0))


def test_a_decorator_beneath_that_names_its_parameter_otherwise() -> None:
    def through(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(anything: int) -> Any:
            return function(anything)

        return wrapper

    @positive
    @through
    def load(x: int) -> int:
        return x

    assert blames_me(load)
    with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
        load(x=1)


def with_session(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function("session", *args, **kwargs)

    return wrapper


@pytest.mark.parametrize("adding", [with_session, mock.patch("os.getcwd")])
def test_a_decorator_beneath_that_adds_an_argument_unseen_makes_the_contract_a_defect(adding: Any) -> None:
    @positive
    @adding
    def load(first: Any, x: Any) -> Any:
        return x

    with pytest.raises(DefectError) as caught:
        load(1)

    assert caught.value.blame is Blame.CONTRACT
    assert "load()" in str(caught.value)
    assert "beneath" in str(caught.value)  # it says where to write the contract instead


@pytest.mark.parametrize(
    ("function", "contract"),
    [(math.sqrt, require(lambda x: x)), (functools.partial(pow, 1, 2), require(lambda: 1))],
)
@pytest.mark.parametrize("args", [(1, 2), (1, 2, 3)])
def test_wrong_arguments_are_refused_in_the_words_of_the_callable(function: Any, contract: Any, args: Any) -> None:
    texts = []
    for each in (function, contract(function)):
        with pytest.raises(TypeError) as caught:
            each(*args)
        texts.append(str(caught.value))

    assert texts[0] == texts[1]


def test_wrong_arguments_of_a_cached_function_are_refused_in_its_own_words() -> None:
    @positive
    @functools.cache
    def routine(x: int) -> int:
        return x

    with pytest.raises(TypeError, match=r"routine\(\) missing 1 required positional argument: 'x'"):
        routine()
    assert inspect.signature(routine) == inspect.signature(lambda x: 0).replace(
        parameters=inspect.signature(routine).parameters.values(), return_annotation="int"
    )

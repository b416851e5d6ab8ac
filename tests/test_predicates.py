"""A predicate is a callable of any kind, and names the parameters that it needs."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from culpa import contract_of, ensure, raises, require, snapshot
from harness.verdicts import checks, violation

positive = require(lambda x: x > 0)
small = require(lambda x: x < 10)


def is_positive(x: int) -> bool:
    return x > 0


def between(low: int, x: int, high: int = 100) -> bool:
    return low < x < high


def only_by_name(*, x: int) -> bool:
    return x > 0


class Above:
    """A predicate that is an object."""

    def __init__(self, low: int) -> None:
        self.low = low

    def __call__(self, x: int) -> bool:
        return x > self.low

    def holds(self, x: int) -> bool:
        return x > self.low

    @classmethod
    def of_class(cls, x: int) -> bool:
        return x > 0

    @staticmethod
    def of_nobody(x: int) -> bool:
        return x > 0


def logged(predicate: Any) -> Any:
    @functools.wraps(predicate)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return predicate(*args, **kwargs)

    return wrapper


low = 0


@pytest.mark.parametrize(
    "predicate",
    [
        is_positive,
        only_by_name,
        functools.partial(between, 0),
        functools.partial(between, 0, high=50),
        Above(0),
        Above(0).holds,
        Above.of_class,
        Above.of_nobody,
        functools.partial(Above(0)),
        logged(is_positive),
        logged(lambda x: x > 0),
        logged(logged(Above(0).holds)),
        functools.cache(is_positive),
        lambda x, low=0: x > low,
        lambda x, *, low=0: x > low,
        lambda *, x: x > 0,
        lambda x: x > low,
        lambda x: is_positive(x),
        lambda x: (lambda y: y > 0)(x),  # noqa: PLC3002 - a scope of its own
        lambda x: all(y > 0 for y in [x]),
        lambda x: [y for y in [x] if y > 0],
        lambda x: (y := x) and y > 0,
        lambda x: x > 0 and "yes",
        positive(lambda x: True),
    ],
)
def test_a_predicate_is_any_callable(predicate: Any) -> None:
    @require(predicate)
    def routine(y: Any = None, *, x: int) -> int:
        return x

    if predicate(x=1) is True and contract_of(predicate):
        assert routine(x=1) == 1  # the precondition of a predicate is not checked: see tests/rules/test_evaluation.py
    else:
        assert checks(lambda x: routine(x=x))


@pytest.mark.parametrize(
    "predicate",
    [
        functools.partial(between, low=0),
        logged(only_by_name),
        functools.partial(only_by_name),
        type("ByName", (), {"__call__": lambda self, *, x: x > 0})(),
    ],
)
def test_a_predicate_that_takes_its_parameters_by_name_only(predicate: Any) -> None:
    @require(predicate)
    def routine(x: int) -> int:
        return x

    assert checks(routine)


def test_a_predicate_takes_parameters_in_any_order_and_any_subset() -> None:
    @require(lambda c, a: a < c)
    @require(lambda: True)
    @ensure(lambda old, b, result, a: result == (a, b) and old.c == b + 1)
    @snapshot(c=lambda c: c)
    def routine(a: int, b: int, c: int) -> tuple[int, int]:
        return a, b

    assert routine(1, 2, 3) == (1, 2)
    violation(lambda: routine(3, 2, 1))


def test_the_default_of_a_predicate_is_never_filled_from_the_call() -> None:
    @require(lambda x, y=0: x > y)
    def routine(x: int, y: int) -> int:
        return x

    assert routine(1, 100) == 1
    violation(lambda: routine(0, -100))


def test_star_parameters_arrive_under_their_own_names() -> None:
    arrived: list[Any] = []

    @require(lambda numbers, options: arrived.append((numbers, options)) is None)
    @require(lambda numbers: len(numbers) < 3)
    @require(lambda options: "bad" not in options)
    def routine(first: int, *numbers: int, **options: int) -> None: ...

    routine(0, 1, 2, a=3)
    routine(0)

    assert arrived == [((1, 2), {"a": 3}), ((), {})]
    violation(lambda: routine(0, 1, 2, 3))
    violation(lambda: routine(0, bad=1))


def test_a_predicate_that_changes_its_dictionary_does_not_change_the_call() -> None:
    def take(options: dict[str, int]) -> bool:
        return bool(options.pop("a", True))

    @require(take)
    def routine(**options: int) -> dict[str, int]:
        return options

    assert isinstance(routine(a=1), dict)


def test_a_parameter_called_like_an_extra_name_wins_in_a_precondition() -> None:
    @require(lambda result, old, item, sent: result + old + item + sent == 10)
    def routine(result: int, old: int, item: int, sent: int) -> int:
        return result

    assert routine(1, 2, 3, 4) == 1
    violation(lambda: routine(0, 0, 0, 0))


def test_a_predicate_of_another_module_keeps_its_own_globals() -> None:
    namespace: dict[str, Any] = {"low": 5, "__name__": "elsewhere"}
    exec("def above(x): return x > low\nquick = lambda x: x > low", namespace)

    for name in ("above", "quick"):

        @require(namespace[name])
        def routine(x: int) -> int:
            return x

        assert routine(6) == 6
        violation(lambda routine=routine: routine(5))


def test_a_declaration_is_used_on_many_functions_in_many_modules() -> None:
    namespace: dict[str, Any] = {"positive": positive, "__name__": "elsewhere"}
    exec("@positive\ndef routine(y, x): return x\nclass A:\n @positive\n def method(self, *, x): return x", namespace)

    @positive
    def here(x: int) -> int:
        return x

    assert checks(here)
    assert checks(lambda x: namespace["routine"](0, x))
    assert checks(lambda x: namespace["A"]().method(x=x))
    assert checks(positive(lambda x, y=1: x))


def test_a_declaration_prints_as_it_was_written() -> None:
    assert repr(positive) == "require(lambda x: x > 0)"
    assert repr(require(is_positive)) == "require(is_positive)"
    assert repr(require(Above(0))) == "require(Above)"
    assert repr(snapshot(size=lambda xs: len(xs))) == "snapshot(size=lambda xs: len(xs))"
    assert repr(raises(ValueError, KeyError)) == "raises(ValueError, KeyError)"
    assert repr(raises(ValueError, when=lambda x: x)) == "raises(ValueError, when=lambda x: x)"
    assert repr(raises()) == "raises()"


def test_one_function_may_be_checked_in_two_ways() -> None:
    def routine(x: int) -> int:
        return x

    first, second = positive(routine), small(routine)

    assert (first(20), second(-5), routine(-50)) == (20, -5, -50)
    violation(lambda: first(-5))
    violation(lambda: second(20))
    assert (len(contract_of(first)), len(contract_of(second)), len(contract_of(routine))) == (1, 1, 0)


def test_a_contract_added_later_leaves_the_earlier_function_alone() -> None:
    @positive
    def routine(x: int) -> int:
        return x

    both = small(routine)

    assert routine(20) == 20
    violation(lambda: both(20))
    violation(lambda: both(-1))

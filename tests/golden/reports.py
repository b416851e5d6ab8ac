"""Calls that go wrong, each in its own way; `reports.txt` has what the violations say."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from culpa import check, ensure, invariant, raises, require, require_else, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable


@require(lambda xs: len(xs) > 0, "an empty sample has no mean")
@ensure(lambda xs, result: min(xs) <= result <= max(xs))
def mean(xs: list[float]) -> float:
    return sum(xs) / len(xs) + (1 if len(xs) == 3 else 0)


def a_precondition() -> None:
    mean([])


def a_postcondition() -> None:
    mean([1.0, 1.5, 2.0])


class Secret(str):
    __slots__ = ()


class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance

    def __repr__(self) -> str:
        return "Account()"

    @require(lambda amount: amount > 0)
    @snapshot(balance=lambda self: self.balance)
    @ensure(lambda self, amount, old: self.balance == old.balance + amount, "all of it arrives")
    def deposit(self, amount: int) -> None:
        self.balance += amount - 1

    @require(lambda self, password: password == "letmein")
    def open(self, password: Secret) -> None:
        pass


class Savings(Account):
    @require_else(lambda amount: amount == 0)
    def deposit(self, amount: int) -> None:
        self.balance += amount


class Strict(Account):
    @require(lambda amount: amount > 10)
    def deposit(self, amount: int) -> None:
        self.balance += amount


def a_postcondition_on_what_was_before() -> None:
    Account(10).deposit(5)


def a_secret() -> None:
    Account(10).open(Secret("hunter2"))


def no_alternative() -> None:
    Savings(10).deposit(-1)


def an_override_that_demands_more() -> None:
    Strict(10).deposit(5)


@raises(KeyError, when=lambda key: key.isupper())
@raises(IndexError)
def look_up(key: str) -> int:
    return {"a": 1}[key]


def an_undeclared_exception() -> None:
    look_up("b")


@require(lambda n: n >= 0)
def countdown(n: int, step: int) -> int:
    return n if n == 0 else countdown(n - step, step)


def between(n: int) -> int:
    return countdown(n, 3)


@ensure(lambda result: result == 0)
def through_others(n: int) -> int:
    return between(n)


def a_routine_that_broke_a_contract() -> None:
    countdown(5, 3)


def a_routine_that_failed_through_others() -> None:
    through_others(-1)


@require(lambda part, whole: 0 <= part / whole <= 1)
def percentage(part: float, whole: float) -> float:
    return part / whole * 100


def a_defect() -> None:
    percentage(1, 0)


def is_known(name: str) -> bool:
    return name in ("ada", "alan")


@require(is_known)
def greet(name: str) -> str:
    return f"hello {name}"


def a_predicate_that_is_a_function() -> None:
    greet(
        "bob",
    )


def through_the_standard_library() -> None:
    with contextlib.ExitStack() as stack:
        stack.callback(functools.partial(mean, []))


def sorting(xs: list[int]) -> list[int]:
    check(xs == sorted(xs), "still unsorted")
    return xs


def a_check() -> None:
    sorting([2, 1])


def values_that_are_long() -> None:
    mean_of: Any = require(lambda rows, width: all(len(row) == width for row in rows), "a table")(lambda rows, width: 0)
    mean_of([[number] * 40 for number in range(40)], 39)


@invariant(lambda self: self.low <= self.high, "in order")
class Range:
    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def __repr__(self) -> str:
        return f"{self.low}-{self.high}"

    def move(self, low: int) -> None:
        self.low = low

    def lose(self) -> None:
        self.low = self.high + 1
        raise KeyError("lost")

    def show(self) -> str:
        return repr(self)

    def visit(self, visitor: Callable[[Range], object]) -> None:
        self.low = self.high + 1
        apart(visitor, self)


@require(lambda visitor: callable(visitor))
def apart(visitor: Callable[[Range], object], whole: Range) -> object:
    return visitor(whole)


@invariant(lambda self: self.low <= self.high, on_setattr=True)
@dataclass
class Guarded:
    low: int
    high: int


def an_invariant_that_a_constructor_breaks() -> None:
    Range(2, 1)


def an_invariant_that_a_method_breaks() -> None:
    Range(0, 1).move(2)


def an_invariant_that_is_broken_by_an_exception() -> None:
    Range(0, 1).lose()


def an_invariant_that_somebody_broke() -> None:
    broken = Range(0, 1)
    broken.low = 2
    broken.show()


def an_invariant_that_is_broken_while_a_method_calls_out() -> None:
    Range(0, 1).visit(Range.show)


def an_invariant_that_an_assignment_breaks() -> None:
    Guarded(0, 1).low = 2


def an_invariant_that_cannot_be_answered() -> None:
    broken = Range(0, 1)
    broken.low = "one"  # type: ignore[assignment]
    broken.show()

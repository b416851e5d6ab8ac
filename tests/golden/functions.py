"""Functions under contract, one for each form that checks take; `functions.txt` has the code that runs for them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from culpa import ensure, invariant, raises, require, require_else, sends, snapshot, yields

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence


@require(lambda n: n > 0)
def a_precondition(n: int) -> int:
    return n


@require(lambda low, high: low < high, "the interval is empty")
@require(
    lambda low, step: (
        step > 0  # a step forward
        and low != step
    )
)
@ensure(lambda low, high, result: low <= result < high)
def several_clauses(low: int, high: int, step: int = 1) -> int:
    return low


@snapshot(size=lambda xs: len(xs), never_read=lambda xs: xs[0])
@ensure(lambda xs, old: len(xs) == old.size + 1)
def a_capture(xs: list[int]) -> None:
    xs.append(1)


@raises(KeyError, when=lambda key, table: key not in table)
@raises(OSError)
def a_condition_of_raises(key: str, table: dict[str, int]) -> int:
    return table[key]


@require(lambda a, b, c, rest, d, e, more: a + b + c + d + e > len(rest) + len(more))
def every_kind_of_parameter(a: int, /, b: int, c: int = 1, *rest: int, d: int, e: int = 2, **more: int) -> int:
    return a


def is_sorted(xs: Sequence[int], *, strictly: bool) -> bool:
    return list(xs) == sorted(xs)


def grew(xs: Sequence[int], old: Any) -> bool:
    return bool(len(xs) > old.size)


@require(is_sorted)
@snapshot(size=lambda xs: len(xs))
@ensure(grew)
def predicates_that_are_called(xs: list[int], strictly: bool) -> None:
    xs.append(9)


@require(lambda name: name.strip() != "")
@ensure(lambda result: result.isupper())
def methods_that_are_called(name: str) -> str:
    return name.upper()


@require(lambda xs: all(x > 0 for x in xs))
@require(lambda xs, limit: all(x < limit for x in xs))
def comprehensions(xs: list[int], limit: int) -> int:
    return sum(xs)


@require(lambda callback: callback)
def a_value_that_may_be_awaitable(callback: object) -> None:
    pass


class Account:
    def __init__(self) -> None:
        self.__balance = 0

    @require(lambda amount: amount > 0)
    @ensure(lambda self, __note: self.__balance >= 0 or __note)
    def deposit(self, amount: int, __note: str = "") -> None:
        self.__balance += amount


class Savings(Account):
    @require_else(lambda amount: amount == 0)
    @ensure(lambda result: result is None)
    def deposit(self, amount: int, _note: str = "") -> None:
        pass


def closing(limit: int) -> Callable[[int], int]:
    @require(lambda n: n < limit)
    def a_closure(n: int) -> int:
        return n

    return a_closure


a_closure = closing(10)

a_partial = require(lambda high: high > 0)(functools.partial(several_clauses, 1))
a_cached_function = require(lambda n: n > 0)(functools.cache(a_precondition))


@invariant(lambda self: self.low <= self.high)
@invariant(lambda self: self.is_fine(), on_setattr=True)
class Range:
    def __init__(self) -> None:
        self.low = self.high = 0

    @require(lambda n: n > 0)
    def widen(self, n: int) -> None:
        self.high += n

    def is_fine(self) -> bool:
        return True


async def is_open(door: str) -> bool:
    return door != ""


@require(lambda door: door)
@ensure(lambda result: result)
async def a_coroutine(door: str) -> bool:
    return await is_open(door)


@require(is_open)
async def waits_for_its_precondition(door: str) -> None: ...


@require(lambda n: n >= 0)
@ensure(lambda result: result is None)
def a_generator(n: int) -> Iterator[int]:
    yield from range(n)


@yields(lambda item, n: item <= n)
@sends(lambda sent: sent > 0)
def a_generator_that_is_watched(n: int) -> Iterator[int]:
    yield n


@yields(lambda item: item)
async def an_async_generator() -> AsyncIterator[int]:
    yield 1

"""Under an invariant a class keeps its type: its constructor, its methods, its instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, assert_type

from culpa import invariant, require

T = TypeVar("T")


@invariant(lambda self: self.balance >= 0, "no overdraft")
@invariant(lambda self: isinstance(self.balance, int), on_setattr=True)
class Account:
    def __init__(self, balance: int) -> None:
        self.balance = balance

    @require(lambda amount: amount > 0)
    def deposit(self, amount: int) -> Account:
        self.balance += amount
        return self


@dataclass(frozen=True)
@invariant(lambda self: self.low <= self.high)
class Range:
    low: int
    high: int


@invariant(lambda self: True)
class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value


solvent = invariant(lambda self: self.balance >= 0)


@solvent
class Purse:
    balance = 1


assert_type(Account(1), Account)
assert_type(Account(1).deposit(2), Account)
assert_type(Range(1, 2).low, int)
assert_type(Box("a").value, str)
assert_type(Purse().balance, int)

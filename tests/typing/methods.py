"""Methods of every kind keep their types, the contract above or below `staticmethod` and `classmethod`."""

from __future__ import annotations

from typing import assert_type, reveal_type

from culpa import ensure, require, snapshot


class Bare:
    def __init__(self, balance: int = 0) -> None:
        self._balance = balance

    def deposit(self, amount: int, *, note: str = "") -> int:
        self._balance += amount
        return self._balance

    @staticmethod
    def fee(amount: int) -> float:
        return amount / 100

    @classmethod
    def opened(cls, balance: int) -> Bare:
        return cls(balance)

    @property
    def balance(self) -> int:
        return self._balance


class Account:
    @require(lambda balance: balance >= 0)
    def __init__(self, balance: int = 0) -> None:
        self._balance = balance

    @require(lambda amount: amount > 0)
    @snapshot(balance=lambda self: self.balance)
    @ensure(lambda self, amount, old: self.balance == old.balance + amount)
    def deposit(self, amount: int, *, note: str = "") -> int:
        self._balance += amount
        return self._balance

    @staticmethod
    @require(lambda amount: amount > 0)
    def fee(amount: int) -> float:
        return amount / 100

    @require(lambda amount: amount > 0)
    @staticmethod
    def fee_outside(amount: int) -> float:
        return amount / 100

    @classmethod
    @require(lambda balance: balance >= 0)
    def opened(cls, balance: int) -> Account:
        return cls(balance)

    @require(lambda balance: balance >= 0)
    @classmethod
    def opened_outside(cls, balance: int) -> Account:
        return cls(balance)

    @property
    @ensure(lambda result: result >= 0)
    def balance(self) -> int:
        return self._balance

    @balance.setter
    @require(lambda value: value >= 0)
    def balance(self, value: int) -> None:
        self._balance = value


bare, account = Bare(), Account(5)
reveal_type(bare.deposit)
reveal_type(account.deposit)  # same as above
reveal_type(Bare.fee)
reveal_type(Account.fee)  # same as above
reveal_type(Account.fee_outside)  # same as above
assert_type(Account.opened(1), Account)
assert_type(Account.opened_outside(1), Account)
assert_type(account.opened_outside(balance=1), Account)
assert_type(account.fee(1), float)
assert_type(account.fee_outside(1), float)
assert_type(account.deposit(1, note="a"), int)
assert_type(Account.deposit(account, 1), int)
assert_type(account.balance, int)
account.balance = 3


class Savings(Account):
    @require(lambda amount: amount > 0)
    def deposit(self, amount: int, *, note: str = "") -> int:
        return super().deposit(amount, note=note)


assert_type(Savings().deposit(1), int)
assert_type(Savings.opened(1), Account)


class Wrong(Account):
    @require(lambda amount: len(amount) > 0)
    def deposit(self, amount: str, *, note: str = "") -> int:  # E[mypy]: override  # E[pyright]: Override
        return len(amount)


def wrong_calls() -> None:
    Account("a")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    account.deposit("a")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    account.deposit(1, "a")  # E[mypy]: call-arg  # E[pyright]: reportCallIssue
    account.fee_outside("a")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    Account.opened_outside("a")  # E[mypy]: arg-type  # E[pyright]: reportArgumentType
    account.balance = "a"  # E[mypy]: assignment  # E[pyright]: reportAttributeAccessIssue

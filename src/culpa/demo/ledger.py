"""Keeps the books of a small bank: reads the rows of a ledger and applies them to accounts, under contract."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from culpa import check, ensure, raises, require, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNTS = ("ada", "ben", "chen", "dora", "emil", "fay", "gus", "hana", "ivo", "jana", "karim", "lena")
KINDS = ("deposit", "withdraw", "transfer")
AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,11})[.][0-9]{2}")


class Row(NamedTuple):
    """One line of the ledger; `counterparty` is an account only in a transfer."""

    number: str
    day: str
    account: str
    kind: str
    amount: Decimal
    counterparty: str
    note: str


@dataclass
class Book:
    """The accounts with their balances, and what became of each row."""

    balances: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(ACCOUNTS, Decimal("0.00")))
    applied: dict[str, Row] = field(default_factory=dict[str, Row])
    refused: list[tuple[Row, str]] = field(default_factory=list[tuple[Row, str]])
    unreadable: list[str] = field(default_factory=list[str])

    def rows(self) -> int:
        """Count all rows, whatever became of them."""
        return len(self.applied) + len(self.refused) + len(self.unreadable)

    def rejections(self) -> Counter[str]:
        """Count the rejected rows by reason."""
        return Counter([reason for _, reason in self.refused] + ["malformed row"] * len(self.unreadable))


def load(lines: Iterable[str]) -> Book:
    """Read a ledger and apply it row by row. A bad row is bad data and no bug: it is put aside, with the reason."""
    book = Book()
    for count, record in enumerate(csv.DictReader(lines, restval=""), start=1):
        try:
            row = parse(record)
        except ValueError as error:
            book.unreadable.append(f"{record['id']}: {error}")
        else:
            reason = refusal(book, row)
            if reason is None:
                post(book, row)
            else:
                book.refused.append((row, reason))
        check(book.rows() == count, "no row gets lost")
    return book


@raises(ValueError)
@ensure(lambda result: result.kind in KINDS)
@ensure(lambda record, result: f"{result.amount:.2f}" == record["amount"], "not a cent is lost")
def parse(record: dict[str, str]) -> Row:
    """Turn a record of the file into a row. Only ValueError may escape: the text is no row."""
    if not AMOUNT.fullmatch(record["amount"]):
        raise ValueError(f"{record['amount']!r} is no amount")
    if record["kind"] not in KINDS:
        raise ValueError(f"{record['kind']!r} is no kind of row")
    amount = Decimal(record["amount"])
    return Row(
        record["id"], record["date"], record["account"], record["kind"], amount, record["counterparty"], record["note"]
    )


def refusal(book: Book, row: Row) -> str | None:
    """Say why the bank does not carry out `row`, or None if it does."""
    if row.number in book.applied:
        return "duplicate id"
    if row.account not in book.balances or (row.kind == "transfer" and row.counterparty not in book.balances):
        return "unknown account"
    if row.amount <= 0:
        return "negative amount"
    if row.kind != "deposit" and row.amount > book.balances[row.account]:
        return "overdraft"
    return None


@require(lambda book, row: refusal(book, row) is None, "ask refusal() first")
@ensure(lambda book, row: book.applied[row.number] == row)
def post(book: Book, row: Row) -> None:
    """Carry out one row and note that it was."""
    if row.kind == "deposit":
        deposit(book, row.account, row.amount)
    elif row.kind == "withdraw":
        withdraw(book, row.account, row.amount)
    else:
        transfer(book, row.account, row.counterparty, row.amount)
    book.applied[row.number] = row


@require(lambda book, account: account in book.balances, "the account exists")
@require(lambda amount: amount > 0, "money flows in")
@snapshot(balance=lambda book, account: book.balances[account])
@ensure(lambda book, account, amount, old: book.balances[account] == old.balance + amount)
def deposit(book: Book, account: str, amount: Decimal) -> None:
    """Pay `amount` into an account."""
    book.balances[account] += amount


@require(lambda book, account: account in book.balances, "the account exists")
@require(lambda book, account, amount: 0 < amount <= book.balances[account], "there is enough money")
@snapshot(balance=lambda book, account: book.balances[account])
@ensure(lambda book, account, amount, old: book.balances[account] == old.balance - amount)
def withdraw(book: Book, account: str, amount: Decimal) -> None:
    """Pay `amount` out of an account."""
    book.balances[account] -= amount


@require(lambda source, target: source != target, "money moves")
@require(lambda book, source, target: {source, target} <= book.balances.keys(), "both accounts exist")
@require(lambda amount: amount > 0, "something is moved")
@require(lambda book, source, amount: amount <= book.balances[source], "there is enough money")
@snapshot(money=lambda book: sum(book.balances.values()))
@ensure(lambda book, old: sum(book.balances.values()) == old.money, "no money appears or vanishes")
def transfer(book: Book, source: str, target: str, amount: Decimal) -> None:
    """Move `amount` from one account to another."""
    withdraw(book, source, amount)
    deposit(book, target, amount)

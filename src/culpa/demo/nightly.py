"""Runs the bank's nightly jobs on the book. It holds two planted bugs: a caller's, and one deeper down."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from culpa import ensure, require
from culpa.demo.fees import charge, split
from culpa.demo.ledger import deposit, transfer, withdraw
from culpa.demo.reserve import INTEREST, RoundReserve

if TYPE_CHECKING:
    from culpa.demo.ledger import Book

HEAD_OFFICE = "dora"


def retry_deposits(book: Book) -> None:
    """Give the refused deposits another try."""
    for row, _reason in book.refused:
        if row.kind == "deposit":
            deposit(book, row.account, row.amount)  # <- blame: scene 1


def settle_cards(book: Book) -> dict[str, Decimal]:
    """Add up what each shop is to get for the payments of the year."""
    due: dict[str, Decimal] = defaultdict(Decimal)
    for row in book.applied.values():
        if row.kind == "withdraw":
            due[row.counterparty] += split(row.amount).net
    return due


def close_dormant(book: Book, since: str = "2025-12-01") -> None:
    """Close accounts without any row since a day; what they hold goes to the head office."""
    active = {name for row in book.applied.values() if row.day >= since for name in (row.account, row.counterparty)}
    for account in sorted(book.balances.keys() - active - {HEAD_OFFICE}):
        close(book, account, HEAD_OFFICE)


@require(lambda account, heir: account != heir)
@require(lambda book, account, heir: {account, heir} <= book.balances.keys(), "both accounts exist")
@ensure(lambda book, account: account not in book.balances)
def close(book: Book, account: str, heir: str) -> None:
    """Close an account and move what it holds to its heir."""
    transfer(book, account, heir, book.balances[account])  # <- blame: scene 3
    del book.balances[account]


def collect_fees(book: Book) -> None:
    """Take every account's fee for every month."""
    turnovers: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in book.applied.values():
        turnovers[row.day[:7], row.account] += row.amount
    for (_month, account), turnover in turnovers.items():
        withdraw(book, account, charge(account, turnover))


def lay_interest_aside(book: Book) -> Decimal:
    """Lay the interest of a year aside for every account that has some."""
    reserve = RoundReserve()
    for account, balance in book.balances.items():
        if balance > 0:
            reserve.add(account, balance * INTEREST)
    return reserve.total

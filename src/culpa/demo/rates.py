"""Takes fees by a rate that somebody brings along. It holds two planted bugs: one on each side of the callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from culpa import callback, ensure, require

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from culpa.demo.ledger import Book

    Rate = Callable[[Decimal], Decimal]

fair_rate = callback("rate", require(lambda turnover: turnover >= 0), ensure(lambda result: result >= 0))


@fair_rate
def yearly_fees(book: Book, rate: Rate) -> list[Decimal]:
    """Return the fee for each row of the year, by a rate that the caller brings."""
    return [rate(row.amount) for row in book.applied.values()]


def seasonal(turnover: Decimal) -> Decimal:
    """Take a share, less a rebate: for a small turnover, less than nothing."""
    return turnover / 100 - 1


def take_seasonal_fees(book: Book) -> Decimal | int:
    """Take the fees by the season's rate."""
    return sum(yearly_fees(book, seasonal))  # <- blame: scene 6


@fair_rate
def refunds(book: Book, rate: Rate) -> list[Decimal]:
    """Return what is given back of the fees, as if a fee were taken of less than nothing."""
    rows = book.applied.values()
    return [rate(-row.amount) for row in rows]  # <- blame: scene 7


def refund_fees(book: Book) -> Decimal | int:
    """Give the fees back."""
    return sum(refunds(book, lambda turnover: turnover / 100))

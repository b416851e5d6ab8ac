"""Computes what the bank earns. It holds two planted bugs: one in a body, one in a contract."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from culpa import ensure, require

CENT = Decimal("0.01")
CARD_RATE = Decimal("0.005")
MONTHLY_RATE = Decimal("0.004")
LIMITS = {"ada": 12, "dora": 30, "emil": 12}
USUAL_LIMIT = 15


class Split(NamedTuple):
    """A card payment: what the shop gets, and what the bank keeps."""

    net: Decimal
    fee: Decimal


@require(lambda amount: amount > 0)
@ensure(lambda amount, result: result.net + result.fee == amount, "to the cent")
def split(amount: Decimal) -> Split:  # <- blame: scene 2
    """Split a card payment. Each part is rounded for itself: that is one part too many."""
    return Split(rounded(amount * (1 - CARD_RATE)), rounded(amount * CARD_RATE))


@require(lambda turnover: turnover >= 0)
@ensure(lambda account, result: result <= LIMITS[account])  # <- blame: scene 4
def charge(account: str, turnover: Decimal) -> Decimal:
    """Return the fee for a month: a share of the turnover, up to the account's limit."""
    return min(rounded(turnover * MONTHLY_RATE), Decimal(LIMITS.get(account, USUAL_LIMIT)))


def rounded(amount: Decimal) -> Decimal:
    """Round to whole cents, a half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)

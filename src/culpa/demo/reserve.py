"""Lays money aside for the accounts. It holds one planted bug: a subclass that breaks what its base promises."""

from __future__ import annotations

from decimal import Decimal

from culpa import invariant, require

INTEREST = Decimal("0.0125")


@invariant(lambda self: self.total == sum(self.parts.values()))
class Reserve:
    """What the bank keeps for its accounts: a total, and each account's part of it."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.parts: dict[str, Decimal] = {}

    @require(lambda amount: amount > 0)
    def add(self, account: str, amount: Decimal) -> None:
        """Add to an account's part. Between the two lines the invariant is false, and nobody minds."""
        self.total += amount
        self.parts[account] = self.parts.get(account, Decimal(0)) + amount


class RoundReserve(Reserve):
    """A reserve of whole units. It has no contract of its own, and keeps those of `Reserve`: or should."""

    def add(self, account: str, amount: Decimal) -> None:  # <- blame: scene 5
        """Round the account's part, and forget the total."""
        super().add(account, amount)
        self.parts[account] = self.parts[account].quantize(Decimal(1))

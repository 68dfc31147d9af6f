"""Prices of node-hours and amounts of money, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from commands.ports.azure import CostReads


@dataclass(frozen=True)
class Money:
    """Prices of a node-hour by VM size."""

    currency: str
    prices: Mapping[str, Decimal]

    @classmethod
    def of_reads(cls, cost: CostReads) -> "Money":
        """Return the prices that are configured; Azure's names of sizes differ in case from place to place."""
        return cls(cost.currency, {size.lower(): price for size, price in cost.prices.items()})

    def of(self, size: str, hours: Decimal) -> Decimal | None:
        """Return the cost of so many hours, or None without a price."""
        price = self.prices.get(size.lower())
        return None if price is None else price * hours

    def cell(self, size: str, hours: Decimal) -> str:
        """Return the hours, with the cost if there is a price."""
        amount = self.of(size, hours)
        return hours_in_words(hours) if amount is None else f"{hours_in_words(hours)}, {self.text(amount)}"

    def text(self, amount: Decimal) -> str:
        """Return the amount with its currency, to the hundredth."""
        return f"{amount.quantize(Decimal('0.01')):,} {self.currency}"


def hours_in_words(hours: Decimal) -> str:
    """Format hours for people: to the tenth below ten."""
    return f"{hours.quantize(Decimal('0.1') if hours < 10 else Decimal(1)):,} h"  # noqa: PLR2004 - said above

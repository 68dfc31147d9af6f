"""What the nodes of an event cost beyond those that its pool has anyway."""

from datetime import timedelta
from decimal import Decimal

from commands.nodes.money import Money
from commands.ports.context import Reads


def nodes_cost(size: str, more: int, held: timedelta, reads: Reads) -> str:
    """Return what so many more nodes of the size cost for that time, in words that say what is not known."""
    if more <= 0:
        return "nothing more: the pool has that many nodes anyway"
    hours = Decimal(more) * Decimal(round(held.total_seconds())) / 3600
    money = Money(reads.cost.currency, {name.lower(): price for name, price in reads.cost.prices.items()})
    without = "" if money.of(size, hours) is not None else "; no price is configured for them (cost.prices)"
    return f"at most {money.cell(size, hours)} of nodes more than otherwise{without}"

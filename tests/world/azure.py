"""Azure: node hours and prices. A test that needs pools or quotas brings them itself."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from commands.ports.azure import NodeHours
from tests.world.constants import NOW

_NOTHING = NodeHours(None, Decimal(), ())


@dataclass
class Cost:
    """Node hours of the last week and of the last month, and prices by VM size."""

    week: NodeHours = _NOTHING
    month: NodeHours = _NOTHING
    currency: str = "EUR"
    prices: dict[str, Decimal] = field(default_factory=dict)
    disks: dict[str, Decimal] = field(default_factory=dict)

    async def seen(self, since):
        return self.week if NOW - since < timedelta(days=8) else self.month

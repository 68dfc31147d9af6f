"""Azure: node hours and prices. A test that needs pools or quotas brings them itself."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from commands.ports.azure import NodeHours
from commands.ports.usage import CostRules, HubUsage
from tests.world.constants import NOW

_NOTHING = NodeHours(None, Decimal(), ())
_UNUSED = HubUsage(None, Decimal(), 0, (), (), ())


@dataclass
class Cost:
    """Node hours of the last week and of the last month, use by person, and prices by VM size."""

    week: NodeHours = _NOTHING
    month: NodeHours = _NOTHING
    currency: str = "EUR"
    prices: dict[str, Decimal] = field(default_factory=dict)
    usage: HubUsage | Exception = _UNUSED
    rules: CostRules = field(default_factory=CostRules)
    # The days that were asked for, first and last.
    asked: list[tuple] = field(default_factory=list)
    # The users whose use was carried over, by their old and new names.
    carried: list[tuple] | Exception = field(default_factory=list)

    async def seen(self, since):
        return self.week if NOW - since < timedelta(days=8) else self.month

    async def carry_over(self, old, new):
        if isinstance(self.carried, Exception):
            raise self.carried
        self.carried.append((old, new))

    async def used(self, first, last):
        self.asked.append((first, last))
        if isinstance(self.usage, Exception):
            raise self.usage
        return self.usage

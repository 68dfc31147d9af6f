"""What nodes and homes cost in a time, its parts by person, and what a month may come to. Pure but for `spending`.

Everything is at the prices that are configured today, whatever they were then. What has no price is in no sum.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from commands.nodes.money import Money
from commands.ports.context import Reads
from commands.ports.usage import CostRules, HomeUse, HubUsage, NodeUse

# Azure's prices for a month are for 730 hours.
_MONTH_HOURS: Final = Decimal(730)
_DAY_HOURS: Final = 24
# A forecast by less would be of one night or one lesson.
_ENOUGH: Final = Decimal(24)
_HOUR: Final = timedelta(hours=1)
# Of a person: all but the name.
_SUMS: Final = 5


@dataclass(frozen=True)
class PersonUse:
    """What one person used: hours of servers, node-hours reserved, GiB-months of homes, and what those cost."""

    name: str
    hours: Decimal = Decimal()
    node_hours: Decimal = Decimal()
    gib_months: Decimal = Decimal()
    servers: Decimal = Decimal()
    homes: Decimal = Decimal()

    @property
    def amount(self) -> Decimal:
        """What it costs, as far as there are prices."""
        return self.servers + self.homes

    def __add__(self, other: "PersonUse") -> "PersonUse":
        return PersonUse(
            self.name,
            self.hours + other.hours,
            self.node_hours + other.node_hours,
            self.gib_months + other.gib_months,
            self.servers + other.servers,
            self.homes + other.homes,
        )

    def part(self, name: str, of: int) -> "PersonUse":
        """Return one of `of` equal parts, under another name."""
        numbers = (self.hours, self.node_hours, self.gib_months, self.servers, self.homes)
        return PersonUse(name, *(one / of for one in numbers))


@dataclass(frozen=True)
class Parts:
    """What all of it cost: servers' shares of nodes, what nodes for users had left, other nodes, homes."""

    servers: Decimal
    idle: Decimal
    other: Decimal
    homes: Decimal

    @property
    def nodes(self) -> Decimal:
        """What the nodes cost."""
        return self.servers + self.idle + self.other

    @property
    def total(self) -> Decimal:
        """What everything cost."""
        return self.nodes + self.homes


@dataclass(frozen=True)
class Month:
    """A calendar month in a time zone, from `start` to `end`; `first` is its first day."""

    first: date
    start: datetime
    end: datetime

    @property
    def hours(self) -> Decimal:
        """Its length: an hour more or less where the clocks are changed in it."""
        return Decimal((self.end - self.start) // _HOUR)

    @property
    def days(self) -> int:
        """The number of its days."""
        return monthrange(self.first.year, self.first.month)[1]

    @property
    def name(self) -> str:
        """The month and its year: "December 2026"."""
        return f"{self.first:%B %Y}"


@dataclass(frozen=True)
class Spending:
    """This month so far: what was sampled, its cost by parts, and what it may come to; None where that is unknown."""

    month: Month
    usage: HubUsage
    parts: Parts
    forecast: Decimal | None


def month_of(moment: datetime, rules: CostRules) -> Month:
    """Return the month of the hub's time zone that the moment is in."""
    first = moment.astimezone(rules.zone).date().replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Month(first, midnight(first, rules), midnight(following, rules))


def midnight(day: date, rules: CostRules) -> datetime:
    """Return the beginning of a day in the hub's time zone, in UTC, so that differences are true lengths."""
    return datetime(day.year, day.month, day.day, tzinfo=rules.zone).astimezone(UTC)


async def spending(reads: Reads) -> Spending:
    """Return this month so far. Raise Unavailable."""
    rules, money = reads.cost.rules, Money.of_reads(reads.cost)
    month = month_of(reads.now, rules)
    usage = await reads.cost.used(month.first, reads.now.astimezone(rules.zone).date())
    parts = parts_of(usage, money, rules)
    return Spending(month, usage, parts, _forecast(usage, parts, month))


def _forecast(usage: HubUsage, parts: Parts, month: Month) -> Decimal | None:
    """Return what the month costs if all of it is as the sampled hours were."""
    if usage.hours < _ENOUGH:
        return None
    homes = parts.homes / usage.home_days * month.days if usage.home_days else Decimal()
    return parts.nodes / usage.hours * month.hours + homes


def parts_of(usage: HubUsage, money: Money, rules: CostRules) -> Parts:
    """Return the cost of everything that was sampled, by parts."""
    nodes = tuple(nodes_of(usage))
    servers, idle, other = (
        sum((money.of(node.size, hours) or Decimal() for node, hours in its), Decimal())
        for its in (
            [(node, node.used) for node in nodes],
            [(node, node.idle) for node in nodes],
            [(node, node.other) for node in nodes],
        )
    )
    homes = sum((home_cost(home, rules) or Decimal() for home in usage.homes), Decimal())
    return Parts(servers, idle, other, homes)


def nodes_of(usage: HubUsage) -> Iterable[NodeUse]:
    """Yield the nodes of all days."""
    return (node for day in usage.days for node in day.nodes)


def gib_months(home: HomeUse) -> Decimal:
    """Return how much it was for how long: of 730 hours, a day has 24."""
    return Decimal(home.gib * home.days * _DAY_HOURS) / _MONTH_HOURS


def home_cost(home: HomeUse, rules: CostRules) -> Decimal | None:
    """Return what its disk cost on those days; None without a price."""
    price = rules.disks.get(home.storage_class)
    month = price.month(home.gib) if price else None
    return None if month is None else month * home.days * _DAY_HOURS / _MONTH_HOURS


def people(usage: HubUsage, money: Money, rules: CostRules) -> list[PersonUse]:
    """Return what each person used, what costs most first, as the hub named them then."""
    # In lists: a hub may have thousands of people, each with several profiles.
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal()] * _SUMS)
    for server in usage.servers:
        its = sums[server.user]
        its[0] += server.hours
        its[1] += server.node_hours
        its[3] += money.of(server.size, server.node_hours) or 0
    for home in usage.homes:
        its = sums[home.user]
        its[2] += gib_months(home)
        its[4] += home_cost(home, rules) or 0
    return ranked(PersonUse(name, *its) for name, its in sums.items())


def merged(found: Iterable[PersonUse]) -> list[PersonUse]:
    """Return the sums of those with the same name, what costs most first."""
    sums: dict[str, PersonUse] = {}
    for one in found:
        before = sums.get(one.name)
        sums[one.name] = before + one if before else one
    return ranked(sums.values())


def ranked(found: Iterable[PersonUse]) -> list[PersonUse]:
    """Return them by cost, then by hours, then by name."""
    return sorted(found, key=lambda one: (-one.amount, -one.hours, one.name))

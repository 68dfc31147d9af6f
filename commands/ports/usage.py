"""What people's servers and homes used, as the bot sampled it, and the rules by which it is priced and limited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Protocol
from zoneinfo import ZoneInfo

_UTC: Final = ZoneInfo("UTC")
UNKNOWN_PROFILE: Final = "?"
"""The profile of a server while the hub did not say which one it has: no slug of kubespawner's looks so."""


@dataclass(frozen=True)
class ServerUse:
    """Hours of servers of one user with one profile on one VM size.

    `node_hours` are the hours times the share of its node that each server had reserved.
    """

    user: str
    profile: str
    size: str
    hours: Decimal
    node_hours: Decimal


@dataclass(frozen=True)
class NodeUse:
    """Hours of nodes of one pool and VM size: in total, reserved by servers, and left over on nodes for users."""

    pool: str
    size: str
    hours: Decimal
    used: Decimal
    idle: Decimal

    @property
    def other(self) -> Decimal:
        """The hours of nodes that are not for users: those of the hub itself and of the cluster."""
        return self.hours - self.used - self.idle


@dataclass(frozen=True)
class HomeUse:
    """Homes of one user, of one storage class and size in GiB: on how many days each was there, added up."""

    user: str
    storage_class: str
    gib: int
    days: int


@dataclass(frozen=True)
class DayOfNodes:
    """The nodes of one day."""

    day: date
    nodes: tuple[NodeUse, ...]


@dataclass(frozen=True)
class HubUsage:
    """What was sampled in a range of days. `began` is the first sample ever, None before there is one.

    `hours` is how long was sampled within the range; `home_days` on how many of its days homes were looked at.
    """

    began: datetime | None
    hours: Decimal
    home_days: int
    servers: tuple[ServerUse, ...]
    homes: tuple[HomeUse, ...]
    days: tuple[DayOfNodes, ...]


@dataclass(frozen=True)
class DiskPrice:
    """The price of a disk for a month: for each GiB, or by tiers, each with its size in GiB, the smallest first."""

    per_gib: Decimal | None = None
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def month(self, gib: int) -> Decimal | None:
        """Return the price of a disk of that size, billed as the smallest tier that holds it; None above all tiers."""
        if self.per_gib is not None:
            return self.per_gib * gib
        return next((price for size, price in self.tiers if size >= gib), None)


@dataclass(frozen=True)
class CostRules:
    """The settings by which use is priced and limited.

    Days and months are those of `zone`; sums are kept for `kept_days`. A budget is an amount for a month, a quota what
    one person may use in a month; None where there is none.
    """

    disks: Mapping[str, DiskPrice] = field(default_factory=dict)
    zone: ZoneInfo = _UTC
    kept_days: int = 400
    budget: Decimal | None = None
    quota_hours: Decimal | None = None
    quota_amount: Decimal | None = None


class UsageWrites(Protocol):
    """Changes of what is recorded about use, for `apply`."""

    async def carry_over(self, old: str, new: str) -> None:
        """Count what the user `old` has used for the user `new`, who may have used some, too. Raise Unavailable."""

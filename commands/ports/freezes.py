"""Interfaces to the freeze: the time in which a hub's changes are refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cards.views import Notice


@dataclass(frozen=True)
class Freeze:
    """A freeze of one hub: the reason, who asked for it, and until when. `id` tells it from every other."""

    id: str
    reason: str
    by: str
    by_id: str
    since: datetime
    until: datetime


class FreezeReads(Protocol):
    """Reads of the freeze."""

    async def current(self) -> Freeze | None:
        """Return the freeze that holds now, None where there is none. Raise Unavailable: nobody knows then."""


class FreezeWrites(Protocol):
    """Changes to the freeze. Every method raises Unavailable."""

    async def freeze(self, operation: str, reason: str, until: datetime) -> bool:
        """Freeze the hub in the name of who asked for the change `operation`, instead of any freeze before it.

        Return False if that freeze was lifted already. A second call for the same operation changes nothing.
        """

    async def lift(self, freeze: str, name: str) -> bool:
        """Lift exactly this freeze. Return False if somebody else has lifted or replaced it, or it is over."""

    async def tell(self, freeze: str, operation: str, view: Notice) -> bool:
        """Post a notice where the freeze was asked for. Return False if `operation` was asked for there as well."""

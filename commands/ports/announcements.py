"""Interfaces to announcements: what people are told, in conversations and on the hub's own pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Announcement:
    """What people are told until `until`. `banner` is how the hub's pages show it, `ended` when it did end."""

    id: str
    text: str
    by: str
    since: datetime
    until: datetime
    banner: str
    ended: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        """Return True if people are told of it now."""
        return self.ended is None and now < self.until


class AnnouncementReads(Protocol):
    """Reads of announcements. Every method raises Unavailable when the store cannot be read."""

    async def recent(self, limit: int = 10) -> Sequence[Announcement]:
        """Return at most `limit` announcements, the newest first. At most one of them is on."""


class AnnouncementWrites(Protocol):
    """Changes to announcements. Every method raises Unavailable."""

    async def begin(self, operation: str, text: str, until: datetime, banner: str) -> int:
        """Tell it in every conversation that gets alerts, instead of the one before. Return how many these are.

        A second call for the same operation tells it only where it is not told yet.
        """

    async def end(self, announcement: str) -> bool:
        """End it before its time, and say so where it was told. Return False if it had ended."""


class BannerWrites(Protocol):
    """The announcement service behind the hub's address. Every method raises Unavailable, or NotFound without one."""

    async def show(self, html: str) -> None:
        """Have the service announce this."""

    async def clear(self) -> None:
        """Have the service announce nothing."""

"""Announcements for commands: begun, listed, ended; and a loop that ends those whose time is over.

What a message says is made from the record, so that each replica may bring it up to date, however often it starts. One
that may not have arrived is posted again: twice is better than never.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Final

from bot.alerts.repository import Alerts
from bot.announcements.card import card
from bot.announcements.repository import AnnouncementCard, AnnouncementRecords
from bot.changes.repository import Changes
from bot.chat.platform import Places
from bot.runtime.periodic import FailureLog, Interval, background, repeat
from commands.announcements.banner import BannerWay, clear
from commands.ports.announcements import Announcement
from commands.ports.context import Writes

_LOG = logging.getLogger("jhub_bot.announcements")
_FAILURES: Final = FailureLog(_LOG, "announcements cannot be ended", "announcements cannot be ended")
# Between two looks, in seconds.
_LOOK: Final = 10.0


class AnnouncementService:
    """Implementation of `AnnouncementReads` and `AnnouncementWrites` of `commands.ports.announcements`."""

    def __init__(
        self,
        announcements: AnnouncementRecords,
        alerts: Alerts,
        changes: Changes,
        places: Places,
        now: Callable[[], datetime],
    ) -> None:
        self._announcements = announcements
        self._alerts = alerts
        self._changes = changes
        self._places = places
        self._now = now

    async def recent(self, limit: int = 10) -> Sequence[Announcement]:
        """Return at most `limit` announcements, the newest first."""
        return await self._announcements.recent(limit)

    async def begin(self, operation: str, text: str, until: datetime, banner: str) -> int:
        """Record it and post it wherever alerts go and it is not posted yet. Return in how many places it stands."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        made = Announcement(operation, text, asked.requester.name, self._now(), until, banner)
        await self._announcements.add(made, asked.requester.object_id)
        told = await self._announcements.told(operation)
        for place in {one.place for one in await self._alerts.subscriptions()} - told:
            posted = await self._places(place).own.post(card(made))
            await self._announcements.put(AnnouncementCard(operation, place, posted.id))
            told.add(place)
        await self._bring_up_to_date()
        return len(told)

    async def end(self, announcement: str) -> bool:
        """End it, and say so where it stands. Return False where it had ended."""
        ended = await self._announcements.end(announcement, self._now())
        await self._bring_up_to_date()
        return ended

    async def end_due(self, writes: Writes) -> None:
        """End what is due, on the hub's pages as well. Raise Unavailable."""
        for one in await self._announcements.due(self._now()):
            if trouble := await clear(BannerWay(one.banner), writes):
                # The variable ends by itself; the service is asked again with the next look.
                _LOG.warning("announcement %s may still be shown by the hub: %s", one.id, trouble)
                if BannerWay(one.banner) is BannerWay.SERVICE:
                    continue
            await self._announcements.end(one.id, self._now())
        await self._bring_up_to_date()

    async def _bring_up_to_date(self) -> None:
        for shown in await self._announcements.outdated():
            known = await self._announcements.get(shown.announcement)
            if known is not None and shown.card:
                await self._places(shown.place).own.card(shown.card).finish(card(known))
            await self._announcements.put(AnnouncementCard(shown.announcement, shown.place, shown.card, over=True))


@contextlib.asynccontextmanager
async def ending(service: AnnouncementService, writes: Callable[[], Writes]) -> AsyncIterator[None]:
    """End announcements in time while the block lasts."""

    async def look() -> None:
        await service.end_due(writes())

    async with background(repeat(look, Interval(_LOOK), _FAILURES), name="announcements"):
        yield

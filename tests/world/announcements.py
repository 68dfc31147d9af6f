"""Announcements, and a service that announces."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from commands.ports.announcements import Announcement
from tests.world.constants import NOW

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class Announcements:
    """Announcements, read and written; `World.done` has a line for each write."""

    world: "World"

    async def recent(self, limit=10):
        return (await self.world.answer("announcements"))[:limit]

    async def begin(self, operation, text, until, banner) -> int:
        self.world.done.append(f"announce {operation}")
        before = [one for one in self.world.announcements if one.id != operation]
        made = Announcement(operation, text, "Olu Operator", NOW, until, banner)
        self.world.announcements = [made, *(replace(one, ended=one.ended or NOW) for one in before)]
        return len(self.world.channels)

    async def end(self, announcement) -> bool:
        self.world.done.append(f"end {announcement}")
        on = [one for one in self.world.announcements if one.id == announcement and one.ended is None]
        self.world.announcements = [replace(one, ended=NOW) if one in on else one for one in self.world.announcements]
        return bool(on)


@dataclass
class AnnouncementService:
    """The announcement service: what it shows, or why it takes nothing."""

    trouble: Exception | None = None
    shows: list[str] = field(default_factory=list)

    async def show(self, html):
        if self.trouble:
            raise self.trouble
        self.shows.append(html)

    async def clear(self):
        await self.show("")

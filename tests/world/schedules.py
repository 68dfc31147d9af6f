"""The bot's schedules."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.world.constants import OLU

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class Schedules:
    """Schedules, read and written; `World.done` has a line for each write."""

    world: "World"

    @property
    def timetable(self):
        return self.world.timetable

    async def all(self):
        return await self.world.answer("schedules")

    async def add(self, operation, cron, line) -> str:
        self.world.done.append(f"add {operation} {cron} {line}")
        return operation[:8]

    async def remove(self, schedule, object_id, name) -> bool:
        assert object_id == OLU
        self.world.done.append(f"remove {schedule} by {name}")
        kept = [one for one in self.world.schedules if one.id != schedule]
        gone, self.world.schedules = len(kept) < len(self.world.schedules), kept
        return gone

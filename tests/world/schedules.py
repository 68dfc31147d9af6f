"""The bot's schedules, and the events that some of them are for."""

from dataclasses import dataclass, replace
from datetime import timedelta
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


@dataclass
class Events:
    """Events, read and written; `World.done` has a line for each write."""

    world: "World"
    lead: timedelta = timedelta(minutes=45)

    async def all(self):
        return await self.world.answer("events_planned")

    async def add(self, operation, event, runs) -> bool:
        self.world.done.append(f"{operation} adds event {event.name}: {', '.join(run.line for run in runs)}")
        self.world.events_planned.append(event)
        return True

    async def open(self, event, at) -> None:
        self.world.events_planned = [
            replace(one, opened=one.opened or at) if one.name == event else one for one in self.world.events_planned
        ]

    async def run_later(self, operation, event, run) -> None:
        self.world.done.append(f"{operation} runs {run.line} later for {event}")

    async def remove(self, event, object_id, name) -> bool:
        assert object_id == OLU
        self.world.done.append(f"remove event {event} by {name}")
        kept = [one for one in self.world.events_planned if one.name != event]
        gone, self.world.events_planned = len(kept) < len(self.world.events_planned), kept
        return gone

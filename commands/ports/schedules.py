"""Interfaces to schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from commands.timing.cron import Timetable


@dataclass(frozen=True)
class Schedule:
    """A change that recurs. `next` is None while it is suspended, for the reason `why`.

    `later` is True if the next time was postponed. `event` is the name of the event that it belongs to, empty for one
    that somebody added.
    """

    id: str
    cron: str
    line: str
    creator: str
    next: datetime | None
    later: bool = False
    why: str = ""
    event: str = ""


class ScheduleReads(Protocol):
    """Reads of schedules. Every method raises Unavailable when the bot's store cannot be read."""

    @property
    def timetable(self) -> Timetable:
        """The interpreter of cron lines, with the time zone of this bot."""

    async def all(self) -> Sequence[Schedule]:
        """Return the schedules that were not removed, the oldest first."""


class ScheduleWrites(Protocol):
    """Changes to schedules. Every method raises Unavailable."""

    async def add(self, operation: str, cron: str, line: str) -> str:
        """Store a schedule with the creator, conversation and approvers of the change `operation`. Return its id.

        A second call for the same operation stores nothing.
        """

    async def remove(self, schedule: str, object_id: str, name: str) -> bool:
        """Remove a schedule and the run it has announced. Return False if it is gone."""

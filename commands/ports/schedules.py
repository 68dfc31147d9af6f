"""What commands may ask of schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from commands.timing.cron import Timetable


@dataclass(frozen=True)
class Schedule:
    """A change that comes again and again. `next` is None where it stands still, whose reason is `why`.

    `later` says whether the next time was postponed.
    """

    id: str
    cron: str
    line: str
    creator: str
    next: datetime | None
    later: bool = False
    why: str = ""


class ScheduleReads(Protocol):
    """The schedules. Every method raises Unavailable when the bot's store cannot be read."""

    @property
    def timetable(self) -> Timetable:
        """How cron lines become moments here."""

    async def all(self) -> Sequence[Schedule]:
        """Those that were not removed, the oldest first."""


class ScheduleWrites(Protocol):
    """What may be asked of the schedules. Every method raises Unavailable."""

    async def add(self, operation: str, cron: str, line: str) -> str:
        """Keep a schedule: its creator, place and approvers are those of the change `operation`. The id of it.

        Asked again for the same operation, it is kept once.
        """

    async def remove(self, schedule: str, object_id: str, name: str) -> bool:
        """Take it away, with what it has announced; False where it is gone."""

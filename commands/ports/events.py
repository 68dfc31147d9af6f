"""Interfaces to events: classes and exams, for which there has to be room at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class PlannedEvent:
    """Something that many people start a server for at the same time.

    `opens` is when the bot begins to make room, before it `starts`. `profile` is the one that the people choose, empty
    for none. `nodes` is how many nodes of `pool` were agreed on. `creator` is who added it, for display. `opened` is
    when the bot, or somebody, has begun to make room; None before.
    """

    name: str
    starts: datetime
    ends: datetime
    opens: datetime
    people: int
    profile: str
    pool: str
    nodes: int
    creator: str = ""
    opened: datetime | None = None


@dataclass(frozen=True)
class Run:
    """A command that the bot runs for an event, at its time, in the name of who added the event."""

    at: datetime
    line: str


class EventReads(Protocol):
    """Reads of events. Every method raises Unavailable when the bot's store cannot be read."""

    @property
    def lead(self) -> timedelta:
        """The time that the bot takes to make room before an event starts."""

    async def all(self) -> Sequence[PlannedEvent]:
        """Return the events on record, the next one first. One that is over stays until all is put back."""


class EventWrites(Protocol):
    """Changes to events. Every method raises Unavailable."""

    async def add(self, operation: str, event: PlannedEvent, runs: Sequence[Run]) -> bool:
        """Store an event and its runs, for whoever asked for the change `operation`, in the place where they asked.

        Return False where another event has its name, in any case. A second call for the same operation stores nothing.
        """

    async def open(self, event: str, at: datetime) -> None:
        """Record that room is made for an event from then on, unless that is on record already."""

    async def run_later(self, operation: str, event: str, run: Run) -> None:
        """Store another run of an event, as `add` does."""

    async def remove(self, event: str, object_id: str, name: str) -> bool:
        """Remove an event with the runs that are to come. Return False if it is gone."""

"""Events for commands: listed, added with the schedules that make room for them and put all back, removed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.audit.entry import AuditEntry, AuditEvent
from bot.changes.model import ChangeRequest
from bot.changes.repository import Changes
from bot.chat.platform import Person
from bot.schedules.event_repository import EventRepository
from bot.schedules.model import ScheduleRecord
from bot.schedules.service import entry, record_of
from commands.framework.argument_types import folded
from commands.ports.events import PlannedEvent, Run
from commands.timing.once import Once

# Enough to tell schedules apart, as with those that people add.
_ID: Final = 8
# A schedule's time is looked for after this one, and may have come already.
_BEFORE: Final = timedelta(seconds=1)


class EventService:
    """Implementation of `EventReads` and `EventWrites` of `commands.ports.events`."""

    def __init__(self, events: EventRepository, changes: Changes, lead: timedelta, now: Callable[[], datetime]) -> None:
        self._events = events
        self._changes = changes
        self._lead = lead
        self._now = now

    @property
    def lead(self) -> timedelta:
        """Time that the bot takes to make room before an event starts."""
        return self._lead

    async def all(self) -> Sequence[PlannedEvent]:
        """Return the events on record, the next one first."""
        return await self._events.all()

    async def add(self, operation: str, event: PlannedEvent, runs: Sequence[Run]) -> bool:
        """Store an event and its runs. Return False where another event has its name; raise LookupError as `_asked`."""
        asked, key = await self._asked(operation), folded(event.name)
        made = [self._schedule(asked, key, run) for run in runs]
        its = replace(event, creator=asked.requester.name)
        return await self._events.add(key, its, operation, [(one, self._added(one)) for one in made])

    async def open(self, event: str, at: datetime) -> None:
        """Record that room is made for an event from then on, unless that is on record already."""
        await self._events.open(folded(event), at)

    async def run_later(self, operation: str, event: str, run: Run) -> None:
        """Store another run of an event. Raise LookupError as `_asked`."""
        made = self._schedule(await self._asked(operation), folded(event), run)
        await self._events.add_schedule(made, self._added(made))

    async def remove(self, event: str, object_id: str, name: str) -> bool:
        """Remove an event with its schedules. Return False where it is gone."""
        who = Person(object_id, "", name)

        def told(schedule: ScheduleRecord) -> AuditEntry:
            return entry(schedule, AuditEvent.SCHEDULE_REMOVED, self._now(), "removed", {}, who)

        return await self._events.remove(folded(event), "The event is over, or was removed", told)

    async def _asked(self, operation: str) -> ChangeRequest:
        """Return the change that asks. Raise LookupError for an unknown one."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        return asked

    def _schedule(self, asked: ChangeRequest, key: str, run: Run) -> ScheduleRecord:
        cron, now = Once.at(run.at), self._now()
        # By its line and not its time: asked for again after a crash, it is the same one.
        name = hashlib.sha256(f"{asked.id} {run.line}".encode()).hexdigest()[:_ID]
        made = record_of(asked, name, cron, run.line, now)
        return replace(made, event=key, seen_to=min(now, cron.moment - _BEFORE))

    def _added(self, schedule: ScheduleRecord) -> AuditEntry:
        detail = {"cron": schedule.cron, "event": schedule.event}
        return entry(schedule, AuditEvent.SCHEDULE_ADDED, self._now(), "added", detail, schedule.creator)

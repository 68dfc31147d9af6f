"""Schedules for commands: listed with their next run, added, removed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.audit.entry import AuditEntry, AuditEvent
from bot.changes.model import ChangeRequest
from bot.changes.repository import Changes
from bot.chat.platform import Person
from bot.schedules import repository as store
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleRecord, ScheduleState
from commands.ports import schedules as ports
from commands.schedules.rules import times
from commands.timing.cron import Timetable, times_of
from commands.timing.once import Once

# Enough to tell schedules apart, and the command that removes one takes it.
_ID = 8


class ScheduleService:
    """Implementation of `ScheduleReads` and `ScheduleWrites` of `commands.ports.schedules`."""

    def __init__(
        self, schedules: store.ScheduleRepository, changes: Changes, timetable: Timetable, now: Callable[[], datetime]
    ) -> None:
        self._schedules = schedules
        self._changes = changes
        self._timetable = timetable
        self._now = now

    @property
    def timetable(self) -> Timetable:
        """Time zone, notice and holidays by which cron lines become moments."""
        return self._timetable

    async def all(self) -> Sequence[ports.Schedule]:
        """Return the schedules that were not removed, the oldest first; without those whose only time is over."""
        going = {one.schedule: one for one in await self._schedules.unfinished() if not one.state.is_over}
        there = [one for one in await self._schedules.all() if one.id in going or not _is_spent(one)]
        announced = {key: one for key, one in going.items() if one.state is OccurrenceState.ANNOUNCED}
        return [self._shown(one, announced.get(one.id)) for one in there]

    def _shown(self, schedule: ScheduleRecord, announced: Occurrence | None) -> ports.Schedule:
        following = times(times_of(schedule.cron), self._timetable, schedule.seen_to, 1)
        at = announced.at if announced else next(iter(following), None)
        return ports.Schedule(
            id=schedule.id,
            cron=schedule.cron,
            line=schedule.line,
            creator=schedule.creator.name,
            next=at if schedule.state is ScheduleState.ACTIVE else None,
            later=announced is not None and announced.at != announced.due,
            why=schedule.why,
            event=schedule.event,
        )

    async def add(self, operation: str, cron: str, line: str) -> str:
        """Store a schedule for whoever asked for the change `operation`, in the place where they asked. Return its id.

        Raise LookupError for an unknown change.
        """
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        made = record_of(asked, operation[:_ID], cron, line, self._now())
        detail = {"cron": cron, "zone": self._timetable.zone}
        await self._schedules.add(
            made, entry(made, AuditEvent.SCHEDULE_ADDED, self._now(), "added", detail, asked.requester)
        )
        return made.id

    async def remove(self, schedule: str, object_id: str, name: str) -> bool:
        """Remove a schedule. Return False where it is gone."""
        known, why = await self._schedules.get(schedule), f"{name} removed it"
        if known is None:
            return False
        told = entry(known, AuditEvent.SCHEDULE_REMOVED, self._now(), "removed", {}, Person(object_id, "", name))
        if await self._schedules.deactivate(schedule, ScheduleState.REMOVED, why, told):
            return True
        # Asked again after a crash: it was this one who removed it.
        return known.state is ScheduleState.REMOVED and known.why == why


def _is_spent(schedule: ScheduleRecord) -> bool:
    times = times_of(schedule.cron)
    return isinstance(times, Once) and times.moment <= schedule.seen_to


BOT = Person("", "", "the bot")


def record_of(asked: ChangeRequest, schedule: str, cron: str, line: str, now: datetime) -> ScheduleRecord:
    """Return the schedule that a change asks for: for its requester, in its place, with its approvals."""
    return ScheduleRecord(
        id=schedule,
        cron=cron,
        line=line,
        command=asked.command,
        creator=asked.requester,
        approvers=tuple(vote.person for vote in asked.approvals),
        place=asked.place,
        conversation=asked.conversation,
        reason=asked.reason,
        created=now,
        seen_to=now,
    )


def entry(
    schedule: ScheduleRecord, event: AuditEvent, at: datetime, key: str, detail: Mapping[str, str], who: Person = BOT
) -> AuditEntry:
    """Return an audit entry about a schedule, with its id in the details; `key` tells it from the others about it."""
    return AuditEntry.of(
        who,
        event,
        key=f"schedule {schedule.id} {key}",
        at=at,
        conversation=schedule.conversation,
        command=schedule.line,
        detail={"schedule": schedule.id, **detail},
    )

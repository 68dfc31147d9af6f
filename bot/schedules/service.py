"""Schedules as commands see them: what there is, when next, a way to add one and to take one away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.audit.entry import AuditEntry, AuditEvent
from bot.changes.repository import Changes
from bot.chat.platform import Person
from bot.schedules import repository as store
from bot.schedules.repository import Occurrence, ScheduleRecord, Standing, Turn
from commands.ports import schedules as ports
from commands.schedules.rules import times
from commands.timing.cron import Cron, Timetable

# Enough to tell schedules apart, and the command that removes one takes it.
_ID = 8


class ScheduleService:
    """Implements `commands.reads.ScheduleReads` and `commands.writes.ScheduleWrites`."""

    def __init__(
        self, kept: store.ScheduleRepository, changes: Changes, timetable: Timetable, now: Callable[[], datetime]
    ) -> None:
        self._kept = kept
        self._changes = changes
        self._timetable = timetable
        self._now = now

    @property
    def timetable(self) -> Timetable:
        """How cron lines become moments here."""
        return self._timetable

    async def all(self) -> Sequence[ports.Schedule]:
        """Those that were not removed, the oldest first."""
        announced = {one.schedule: one for one in await self._kept.going_on() if one.state is Turn.ANNOUNCED}
        return [self._shown(one, announced.get(one.id)) for one in await self._kept.all()]

    def _shown(self, schedule: ScheduleRecord, announced: Occurrence | None) -> ports.Schedule:
        following = times(Cron(schedule.cron), self._timetable, schedule.seen_to, 1)
        at = announced.at if announced else next(iter(following), None)
        return ports.Schedule(
            id=schedule.id,
            cron=schedule.cron,
            line=schedule.line,
            creator=schedule.creator.name,
            next=at if schedule.state is Standing.ACTIVE else None,
            later=announced is not None and announced.at != announced.due,
            why=schedule.why,
        )

    async def add(self, operation: str, cron: str, line: str) -> str:
        """Keep a schedule for whoever asked for the change `operation`, where they asked for it."""
        asked = await self._changes.get(operation)
        if asked is None:
            raise LookupError(f"change {operation} is not on record")
        made = ScheduleRecord(
            id=operation[:_ID],
            cron=cron,
            line=line,
            command=asked.command,
            creator=asked.requester,
            approvers=tuple(vote.person for vote in asked.approvals),
            place=asked.place,
            conversation=asked.conversation,
            reason=asked.reason,
            created=self._now(),
            seen_to=self._now(),
        )
        detail = {"cron": cron, "zone": self._timetable.zone}
        await self._kept.add(
            made, entry(made, AuditEvent.SCHEDULE_ADDED, self._now(), "added", detail, asked.requester)
        )
        return made.id

    async def remove(self, schedule: str, object_id: str, name: str) -> bool:
        """Take it away; False where it is gone."""
        known, why = await self._kept.get(schedule), f"{name} removed it"
        if known is None:
            return False
        told = entry(known, AuditEvent.SCHEDULE_REMOVED, self._now(), "removed", {}, Person(object_id, "", name))
        if await self._kept.leave(schedule, Standing.REMOVED, why, told):
            return True
        # Asked again after a crash: it was this one who removed it.
        return known.state is Standing.REMOVED and known.why == why


BOT = Person("", "", "the bot")


def entry(
    schedule: ScheduleRecord, event: AuditEvent, at: datetime, key: str, detail: Mapping[str, str], who: Person = BOT
) -> AuditEntry:
    """An entry of the trail about a schedule, with its id in the details; `key` tells it from the others about it."""
    return AuditEntry.of(
        who,
        event,
        key=f"schedule {schedule.id} {key}",
        at=at,
        conversation=schedule.conversation,
        command=schedule.line,
        detail={"schedule": schedule.id, **detail},
    )

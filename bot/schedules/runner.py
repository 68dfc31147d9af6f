"""The scheduler: each occurrence is announced, begun and reported once, however many replicas look.

Every replica looks every few seconds. What is to be done is read off the store, and whoever moves an occurrence to its
next state first, in one write, is the one to do it. What a replica that died had taken up, another takes up a minute
later: beginning a change twice begins it once.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.audit.entry import AuditEntry, AuditEvent
from bot.changes.model import Response, State, Vote
from bot.changes.repository import Changes
from bot.changes.workflow import ScheduledRun, Workflow
from bot.chat.platform import Message, Places, Posted
from bot.instrumentation.outcomes import Outcome
from bot.runtime.periodic import FailureLog, Interval, background, repeat
from bot.schedules.card import MOST_MISSED, card
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleRecord, ScheduleState
from bot.schedules.repository import ScheduleRepository
from bot.schedules.service import entry
from bot.store.timestamps import written
from clients.errors import Unavailable
from commands.framework.command import Command
from commands.framework.errors import UserError
from commands.schedules.rules import inner
from commands.timing.cron import Cron, Timetable, times_of
from commands.timing.once import Once

_LOG = logging.getLogger("jhub_bot.scheduler")
_FAILURES: Final = FailureLog(_LOG, "schedules cannot be looked at", "schedules cannot be looked at")

# What is later than this is not run any more.
LATEST: Final = timedelta(hours=1)
# How long what one replica has taken up is left to it.
_ALONE: Final = timedelta(minutes=1)
# Between two looks, in seconds.
_LOOK: Final = 5.0


class Scheduler:
    """Loop that looks at all schedules, and does what is due."""

    def __init__(
        self,
        *,
        commands: Sequence[Command],
        schedules: ScheduleRepository,
        changes: Changes,
        workflow: Workflow,
        places: Places,
        timetable: Timetable,
        now: Callable[[], datetime],
    ) -> None:
        self._commands = commands
        self._schedules = schedules
        self._changes = changes
        self._workflow = workflow
        self._places = places
        self._timetable = timetable
        self._now = now
        self._cards: dict[tuple[str, datetime], Posted] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look every few seconds while the block lasts."""
        async with background(repeat(self.look, Interval(_LOOK), _FAILURES), name="scheduler"):
            yield

    async def look(self) -> None:
        """Do what is due now. Raise Unavailable of the store."""
        there = {one.id: one for one in await self._schedules.all()}
        for schedule in there.values():
            if schedule.state is ScheduleState.ACTIVE:
                await _guarded(self._come(schedule), schedule.id)
        for known in await self._schedules.unfinished():
            its = there.get(known.schedule) or await self._schedules.get(known.schedule)
            if its is not None:
                await _guarded(self._go_on(its, known), its.id)

    # Times come

    async def _come(self, schedule: ScheduleRecord) -> None:
        """Create the occurrences whose time has come to be announced."""
        now, cron = self._now(), times_of(schedule.cron)
        dues = self._dues(cron, schedule.seen_to, now)
        if not dues:
            return
        working = [due for due in dues if not self._timetable.rests(cron, due)]
        missed = [due for due in working if self._is_missed(cron, due, due, now)]
        made = [Occurrence(schedule.id, due, due) for due in working if due not in missed]
        made += [
            Occurrence(schedule.id, due, due, OccurrenceState.HOLIDAY)
            for due in dues
            if self._is_near(due, now, working)
        ]
        made += [
            Occurrence(schedule.id, due, due, OccurrenceState.MISSED, others=len(missed) - 1) for due in missed[-1:]
        ]
        told = [
            (one, self._entry(schedule, one) if one.state is not OccurrenceState.ANNOUNCED else None) for one in made
        ]
        await self._schedules.add_occurrences(schedule, dues[-1], told)

    def _dues(self, cron: Cron | Once, seen_to: datetime, now: datetime) -> list[datetime]:
        """Return the times to deal with now: those whose notice has come, and those before; not all of very many."""
        dues: list[datetime] = []
        last = seen_to
        while True:
            due = self._timetable.after(cron, last)
            # Announced when the time before it is over, if that is later than its notice.
            if now < max(due - self._timetable.notice, last):
                return dues
            dues.append(due)
            last = due if len(dues) != MOST_MISSED else max(due, now - LATEST)

    def _is_near(self, due: datetime, now: datetime, working: Sequence[datetime]) -> bool:
        """Return True for a time on a holiday that somebody still waits for."""
        return due not in working and now - due <= LATEST

    def _is_missed(self, cron: Cron | Once, due: datetime, at: datetime, now: datetime) -> bool:
        """Return True if it is too late: by an hour, or because the next time has come as well.

        What comes once is never too late: its command sees what is left to do.
        """
        if isinstance(cron, Once):
            return False
        return now - at > LATEST or (now > at and self._timetable.after(cron, due) <= now)

    # They go on

    async def _go_on(self, schedule: ScheduleRecord, known: Occurrence) -> None:
        moved = await self._moved(schedule, known)
        if moved:
            its, now = await self._schedules.get(known.schedule), await self._schedules.occurrence(*_key(known))
            schedule, known = its or schedule, now or known
        await self.show(schedule, known)

    async def _moved(self, schedule: ScheduleRecord, known: Occurrence) -> bool:
        """Move the occurrence one state further, if it is time. Return True if it moved."""
        now = self._now()
        match known.state:
            case OccurrenceState.ANNOUNCED if schedule.state is not ScheduleState.ACTIVE:
                return await self._schedules.move(known, state=OccurrenceState.DROPPED)
            case OccurrenceState.ANNOUNCED if known.at <= now:
                return await self._due(schedule, known, now)
            case OccurrenceState.BEGINNING if await self._schedules.claim(known, now, now + _ALONE):
                return await self._begin(schedule, known)
            case OccurrenceState.BEGUN:
                return await self._ended(schedule, known)
        return False

    async def _due(self, schedule: ScheduleRecord, known: Occurrence, now: datetime) -> bool:
        if self._is_missed(times_of(schedule.cron), known.due, known.at, now):
            its = self._entry(schedule, known, OccurrenceState.MISSED)
            return await self._schedules.move(known, its, state=OccurrenceState.MISSED)
        told = self._entry(schedule, known, OccurrenceState.BEGINNING)
        if not await self._schedules.begin(known, now + _ALONE, told):
            return False
        begun = await self._schedules.occurrence(*_key(known))
        return begun is not None and await self._begin(schedule, begun)

    async def _begin(self, schedule: ScheduleRecord, known: Occurrence) -> bool:
        """Begin the change. Again after a crash, it begins once: by its message's id."""
        try:
            parsed = inner(schedule.line, self._commands)
        except UserError as error:
            await self._suspend(schedule, str(error))
            return await self._schedules.move(known, state=OccurrenceState.ENDED, outcome=Outcome.INVALID.value)
        place = self._places(schedule.place)
        message = Message(f"schedule {schedule.id} {written(known.due)}", schedule.creator, parsed.line, place)
        votes = tuple(Vote(who, Response.APPROVE, schedule.created) for who in schedule.approvers)
        run = ScheduledRun(schedule.id, self._timetable.shown(known.due), schedule.reason, votes)
        change = await self._workflow.begin(message, parsed, run)
        return await self._schedules.move(known, state=OccurrenceState.BEGUN, change=change)

    async def _ended(self, schedule: ScheduleRecord, known: Occurrence) -> bool:
        """Record the end of the change, if it has ended. One that nobody may do any more suspends the schedule."""
        change = await self._changes.get(known.change)
        if change is not None and change.state is not State.ENDED:
            return False
        outcome = change.outcome if change else Outcome.BUG.value
        if outcome == Outcome.REFUSED.value:
            await self._suspend(schedule, "the person who added or approved it may no longer do this")
        return await self._schedules.move(known, state=OccurrenceState.ENDED, outcome=outcome)

    async def _suspend(self, schedule: ScheduleRecord, why: str) -> None:
        its = entry(schedule, AuditEvent.SCHEDULE_STILL, self._now(), "stands still", {"why": why})
        await self._schedules.deactivate(schedule.id, ScheduleState.STILL, why, its)

    # They are shown

    async def show(self, schedule: ScheduleRecord, known: Occurrence) -> None:
        """Bring the card up to date, if it is not; one replica alone."""
        now = self._now()
        if known.shown == known.card_state or known.state is OccurrenceState.BEGINNING:
            return
        if not await self._schedules.claim(known, now, now + _ALONE):
            return
        posted = await self._posted(schedule, known, now)
        await self._schedules.record_shown(known, posted.id)

    async def _posted(self, schedule: ScheduleRecord, known: Occurrence, now: datetime) -> Posted:
        view, place = card(schedule, known, self._timetable, now), self._places(schedule.place)
        there = self._cards.get(_key(known)) or (place.card(known.card) if known.card else None)
        if there is None:
            there = await place.post(view)
        elif known.state.is_over:
            await there.finish(view)
        else:
            there.update(view)
        self._cards[_key(known)] = there
        if known.state.is_over:
            del self._cards[_key(known)]
        return there

    def _entry(self, schedule: ScheduleRecord, known: Occurrence, state: OccurrenceState | None = None) -> AuditEntry:
        event = _EVENTS[state or known.state]
        detail = {"due": self._timetable.shown(known.due)} | ({"also": str(known.others)} if known.others else {})
        return entry(schedule, event, self._now(), f"{written(known.due)} {event.value}", detail)


_EVENTS: Final[Mapping[OccurrenceState, AuditEvent]] = {
    OccurrenceState.BEGINNING: AuditEvent.SCHEDULE_RUN,
    OccurrenceState.MISSED: AuditEvent.SCHEDULE_MISSED,
    OccurrenceState.HOLIDAY: AuditEvent.SCHEDULE_HOLIDAY,
}


async def _guarded(work: Coroutine[None, None, None], schedule: str) -> None:
    """Run `work`, and log what it raises: one schedule's failure does not stop the others. Raise Unavailable."""
    try:
        await work
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - whatever this one is like, the others go on
        _LOG.exception("schedule %s cannot go on", schedule)


def _key(known: Occurrence) -> tuple[str, datetime]:
    return known.schedule, known.due

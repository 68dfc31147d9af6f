"""The buttons of an announcement: postpone one time of a schedule by an hour, or skip it.

Whoever has the level for what it runs may press, whoever made it. The first press counts: it is one write, which finds
the occurrence as the card showed it or changes nothing.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.access.access import Access
from bot.audit.entry import Audit, AuditEvent
from bot.changes import replies
from bot.changes.approval_card import not_counted
from bot.changes.model import Decision
from bot.chat.platform import Click
from bot.instrumentation.outcomes import Outcome
from bot.schedules.card import POSTPONE, SKIP, card
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleRecord
from bot.schedules.repository import ScheduleRepository
from bot.schedules.runner import Scheduler
from bot.schedules.service import entry
from bot.store.timestamps import written
from cards.views import Notice, Tone, View
from clients.errors import Unavailable
from commands.framework.command import Command, Level
from commands.framework.errors import UserError
from commands.schedules.rules import change_of
from commands.timing.cron import Timetable, times_of

_LOG = logging.getLogger("jhub_bot.announcements")

LATER: Final = timedelta(hours=1)


class Announcements:
    """Handler of clicks on announcements; `clicks` are its verbs."""

    def __init__(
        self,
        *,
        commands: Sequence[Command],
        access: Access,
        schedules: ScheduleRepository,
        scheduler: Scheduler,
        audit: Audit,
        timetable: Timetable,
        now: Callable[[], datetime],
    ) -> None:
        self._commands = commands
        self._access = access
        self._schedules = schedules
        self._scheduler = scheduler
        self._audit = audit
        self._timetable = timetable
        self._now = now

    @property
    def clicks(self) -> Mapping[str, Callable[[Click], Awaitable[View]]]:
        """Handlers by the verb of the button."""
        return {POSTPONE: self._pressed, SKIP: self._pressed}

    async def _pressed(self, click: Click) -> View:
        schedule = await self._schedules.get(click.data.get("schedule", ""))
        known = None if schedule is None else await self._known(click, schedule)
        if schedule is None or known is None:
            return Notice("This card is no longer active", not_counted(Decision.UNKNOWN, None), Tone.WARNING)
        if (refusal := await self._may_not(click, schedule)) is not None:
            return await self._refused(click, schedule, known, refusal)
        if written(known.at) != click.data.get("at", "") or known.state is not OccurrenceState.ANNOUNCED:
            return self._view(schedule, known, _too_late(known))
        warning = await self._decided(click, schedule, known)
        now = await self._schedules.occurrence(known.schedule, known.due) or known
        await self._scheduler.show(schedule, now)
        return self._view(schedule, now, warning)

    async def _known(self, click: Click, schedule: ScheduleRecord) -> Occurrence | None:
        try:
            due = datetime.fromisoformat(click.data.get("due", ""))
        except ValueError:
            return None
        return await self._schedules.occurrence(schedule.id, due) if due.tzinfo else None

    async def _may_not(self, click: Click, schedule: ScheduleRecord) -> str | None:
        """Return the reason why the person may not decide about it, or None if they may. Record a refusal."""
        try:
            needed = change_of(schedule.line, self._commands).level
        except UserError:
            needed = Level.ADMIN
        try:
            level = await self._access.level(click.sender, fresh=True)
        except Unavailable as error:
            _LOG.warning("a click by %s was refused: %s", click.sender.object_id, error)
            return replies.unchecked(error)
        if level >= needed:
            return None
        detail = {"tried": click.verb}
        told = entry(schedule, AuditEvent.REFUSED, self._now(), f"{click.id} refused", detail, click.sender)
        await self._audit.write(replace(told, outcome=Outcome.REFUSED))
        return f"{replies.needs('postpone or skip this', needed)} Nothing was changed."

    async def _refused(self, click: Click, schedule: ScheduleRecord, known: Occurrence, refusal: str) -> View:
        """Return the reason why nothing was done; below it the card, for whoever may look at it."""
        try:
            level = await self._access.level(click.sender, fresh=False)
        except Unavailable:
            level = Level.ANYONE
        if level >= Level.VIEWER:
            return self._view(schedule, known, refusal)
        hidden = replies.hidden(self._access.way_in(Level.VIEWER))
        return replace(hidden, text=f"{refusal}\n{hidden.text}")

    async def _decided(self, click: Click, schedule: ScheduleRecord, known: Occurrence) -> str:
        """Do what the button says. Return the reason why that was not done, or an empty string."""
        who, due = click.sender, self._timetable.shown(known.due)
        if click.verb == SKIP:
            told = entry(
                schedule, AuditEvent.SCHEDULE_SKIPPED, self._now(), f"{written(known.due)} skip", {"due": due}, who
            )
            done = await self._schedules.move(known, told, state=OccurrenceState.SKIPPED, decider=who.name)
            return "" if done else _too_late(known)
        later = known.at + LATER
        following = self._timetable.after(times_of(schedule.cron), known.due)
        if later >= following:
            return f"The next run is at {self._timetable.hour(following)}, so this one can only be skipped."
        detail = {"due": due, "until": self._timetable.shown(later)}
        told = entry(schedule, AuditEvent.SCHEDULE_POSTPONED, self._now(), f"{written(known.due)} {later}", detail, who)
        done = await self._schedules.move(known, told, at=later, decider=who.name)
        return "" if done else _too_late(known)

    def _view(self, schedule: ScheduleRecord, known: Occurrence, warning: str) -> View:
        view = card(schedule, known, self._timetable, self._now())
        return replace(view, text=f"{warning}\n{view.text}", buttons=()) if warning else view


def _too_late(known: Occurrence) -> str:
    return f"{known.decider} has already decided." if known.decider else "It is too late to change this."

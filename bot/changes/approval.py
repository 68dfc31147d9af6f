"""Asking about a planned change, and waiting until it is decided: approved, confirmed, rejected, expired.

An emergency waits for nobody's approval, but until others could have stopped it for the whole of its delay.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.changes import replies
from bot.changes.audience import Audience
from bot.changes.change_view import ChangeView
from bot.changes.emergency_delay import NOBODY_THERE, NOT_SHOWN, Countdown
from bot.changes.error_replies import ErrorReply
from bot.changes.freezes import Freezes
from bot.changes.model import ChangeRequest, State
from bot.changes.phase_results import GO, OVER, REMIND
from bot.changes.records import ChangeRecords
from bot.changes.requirements import Requirements
from bot.changes.running import RunningChanges
from bot.chat.platform import Places
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from clients.errors import Unavailable
from commands.freezes.words import in_words

# How often those who wait look for themselves, in seconds: another replica's bell is not heard.
_POLL_SECONDS: Final = 1.0


@dataclass(frozen=True)
class ApprovalPhase:
    """Asks and waits. `seconds` is a clock that only goes forward, by which emergencies wait."""

    records: ChangeRecords
    requirements: Requirements
    audience: Audience
    view: ChangeView
    running: RunningChanges
    places: Places
    meter: Meter
    seconds: Callable[[], float]
    freezes: Freezes

    async def ask(self, change: str) -> str:
        """Show the question on the change's card and to those who may answer it. Return GO, or OVER."""
        known = await self.records.get(change)
        if known.state is State.ENDED:
            return OVER
        await self.view.refresh(known)
        if known.state is State.WAITING:
            self.meter.asked(_kind(known))
            if not await self._spread(known):
                await self.records.end(known, ErrorReply(replies.unreachable(known.title), Outcome.REFUSED))
        return GO

    async def _spread(self, known: ChangeRequest) -> bool:
        """Show it where those who may answer it see it. Return False where that is nowhere."""
        if not (known.needed or known.emergency):
            return True
        wanted = await self.audience.copies(known, self.requirements.level_to_approve(known))
        lost = await self.view.cards.spread(known, self.view.of(known), wanted)
        return len(lost) < len(wanted) or not self.places(known.place).is_personal

    async def wait_to_half(self, change: str) -> str:
        """Wait until the change is decided, or half of its time has passed. Return GO or REMIND."""
        return await self._wait(change, remind=True)

    async def wait(self, change: str) -> str:
        """Wait until the change is decided. Return GO."""
        return await self._wait(change, remind=False)

    async def _wait(self, change: str, *, remind: bool) -> str:
        asked = await self.records.get(change)
        if asked.emergency:
            return await self._wait_out_delay(change)
        if asked.state is State.WAITING:
            # Again after a restart: an earlier release showed it in its own place alone.
            await self._spread(asked)
        try:
            return await self._until_decided(change, remind=remind)
        finally:
            self.running.resume(change)

    async def _until_decided(self, change: str, *, remind: bool) -> str:
        while True:
            known = await self.records.get(change)
            if known.state is not State.WAITING:
                self._count_decision(known)
                return GO
            now = self.records.now()
            left = (known.expires or now) - now
            if left <= timedelta(0):
                self.running.resume(change)
                await self.records.changes.expire(change)
                continue
            self.running.rest(change)
            half = left - ((known.expires or known.asked) - known.asked) / 2
            if remind and known.needed and half <= timedelta(0):
                return REMIND
            soonest = min(part for part in (left, half) if part > timedelta(0))
            await self.running.bell.wait(min(_POLL_SECONDS, soonest.total_seconds()))

    async def _wait_out_delay(self, change: str) -> str:
        """Wait until an emergency is stopped, or could have been for the whole of its delay and was not."""
        delay = self.requirements.settings.emergency_delay
        countdown = self.running.countdowns[change] = Countdown(delay, self.seconds)
        await self._look_for_freeze(countdown)
        await self._spread(await self.records.get(change))
        try:
            return await self._until_delay_passed(change, countdown)
        finally:
            self.running.resume(change)
            self.running.countdowns.pop(change, None)

    async def _until_delay_passed(self, change: str, countdown: Countdown) -> str:
        while True:
            known = await self.records.get(change)
            if known.state is not State.WAITING:
                self._count_decision(known)
                return GO
            if not countdown.until_look:
                await self._look_for_freeze(countdown)
                countdown.look(await self._hindrance(known))
            if countdown.is_over:
                self.running.resume(change)
                await self.records.changes.unstopped(change)
            elif countdown.is_hopeless:
                end = ErrorReply(replies.unstoppable(known.title, countdown.reason), Outcome.REFUSED)
                await self.records.end(known, end, why=countdown.reason or "the delay had not passed in time")
            else:
                self.running.rest(change)
                await self.running.bell.wait(min(_POLL_SECONDS, countdown.until_look))

    async def _look_for_freeze(self, countdown: Countdown) -> None:
        """Have the card say what it goes on in. What cannot be read is looked at again before it is carried out."""
        with suppress(Unavailable):
            freeze = await self.freezes.current()
            countdown.freeze = in_words(freeze) if freeze else ""

    async def _hindrance(self, known: ChangeRequest) -> str:
        """Return why nobody could stop the emergency just now, empty where somebody could. Its card is updated too."""
        shown = await self.view.cards.shows(known, self.view.of(known))
        if (deaf := self.audience.deaf) or not shown:
            return f"{deaf}." if deaf else NOT_SHOWN
        try:
            by = self.requirements.level_to_approve(known)
            seen = [place for place in shown if await self.audience.is_seen(known, place, by)]
        except Unavailable as error:
            return f"{error}."
        return "" if seen else NOBODY_THERE

    def _count_decision(self, known: ChangeRequest) -> None:
        """Count the answer to the question, where there was one."""
        if known.digest and (known.needed or known.confirm or known.emergency):
            until = None if known.emergency else known.expires
            began = (
                until - self.requirements.time_to_answer(self.requirements.parsed.of(known)) if until else known.asked
            )
            result = "given" if known.state in (State.QUEUED, State.RUNNING) else known.outcome or "ended"
            self.meter.decided(_kind(known), result, self.records.now() - began)

    async def remind(self, change: str) -> str:
        """Remind those who may answer, where half of the time has passed. Return GO."""
        known = await self.records.get(change)
        if known.state is State.WAITING:
            holders = self.view.access.holders(self.requirements.level_to_approve(known))
            view = replies.reminder(known.title, known.requester.name, holders)
            for thread in await self.view.cards.threads(known):
                await thread.post(view)
        return GO


def _kind(known: ChangeRequest) -> str:
    """Return what is asked of people before the change runs, as the meter counts it."""
    if known.emergency:
        return "emergency"
    return "approval" if known.needed else "confirmation"

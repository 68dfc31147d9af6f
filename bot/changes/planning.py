"""Planning a change, and planning it again right before it is applied.

What people agree to is bound to the digest of the plan that they were shown. Where the second plan differs, or has
effects that more people must agree to, that consent is void: a new change asks again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.access.access import Access
from bot.audit.entry import AuditEvent, described
from bot.changes import replies
from bot.changes.approval_policy import ApprovalRequirement
from bot.changes.audience import Audience
from bot.changes.authorization import (
    Allowed,
    ApprovalLost,
    Authorization,
    CommandRequest,
    Frozen,
    InvalidRequest,
    LevelTooLow,
    authorize,
    reauthorize,
)
from bot.changes.change_view import ChangeView
from bot.changes.error_replies import ErrorReply, answer_to
from bot.changes.freezes import Freezes
from bot.changes.model import ChangeRequest, Planned, State
from bot.changes.parsed_changes import ParsedChange, ParsedChanges
from bot.changes.phase_results import GO, OVER, VOID
from bot.changes.ports import ContextFactory
from bot.changes.records import ChangeRecords
from bot.changes.requirements import Requirements
from bot.changes.running import RunningChanges
from bot.instrumentation.correlation import id_of
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.store.write_outage import cannot_write
from commands.framework.command import Level
from commands.framework.effects import Impact
from commands.framework.errors import UserError
from commands.framework.parser import without_forbidden
from commands.framework.plan_digest import digest
from commands.ports.context import Caller, Reads
from commands.ports.freezes import Freeze

# An answer that takes longer than this, in seconds, is preceded by a card that says so and turns into it.
PATIENCE: Final = 0.8


@dataclass(frozen=True)
class Planner:
    """Plans changes. `context` gives what their commands may read, `freezes` what holds them back."""

    records: ChangeRecords
    parsed: ParsedChanges
    requirements: Requirements
    freezes: Freezes
    access: Access
    audience: Audience
    context: ContextFactory
    view: ChangeView
    running: RunningChanges
    meter: Meter

    # Before it is asked about

    async def plan(self, change: str) -> str:
        """Plan the change and record the plan. Return GO, or OVER where it ended instead."""
        known = await self.records.get(change)
        if known.state is not State.PLANNING:
            return OVER if known.state is State.ENDED else GO
        began = time.monotonic()
        try:
            async with self._patience(known):
                refusal = await self._plan(known)
        except Exception as error:
            if cannot_write(error):
                raise
            refusal = answer_to(error, change)
        self.meter.planned(known.command, time.monotonic() - began)
        if refusal is None:
            return GO
        await self.records.end(await self.records.get(change), refusal)
        return OVER

    async def _plan(self, known: ChangeRequest) -> ErrorReply | None:
        """Record the change's plan. Return the answer instead where the requester may not have it done."""
        parsed = self.parsed.of(known)
        level, freeze = await self.access.level(known.requester, fresh=True), await self.freezes.current()
        if (refusal := self._refused_unplanned(known, parsed, level, freeze)) is not None:
            return refusal
        try:
            plan = await parsed.command.plan(parsed.args, self._reads(known, level))
        except UserError as error:
            raise without_forbidden(error, parsed.commands, level) from None
        impacts = parsed.command.effects.found(plan)
        needed = self.requirements.of(parsed, impacts)
        verdict = self._authorize(known, parsed, level, needed, freeze)
        if (refusal := self._refusal(known, parsed, verdict, level)) is not None:
            return refusal
        await self._record(known, parsed, plan, needed, impacts)
        return None

    def _refused_unplanned(
        self, known: ChangeRequest, parsed: ParsedChange, level: Level, freeze: Freeze | None
    ) -> ErrorReply | None:
        """Return the refusal of a request that cannot go on whatever its plan; None where it can."""
        at_least = self.requirements.of(parsed, ())
        has_conditions = at_least.approvals or at_least.reason
        verdict = self._authorize(known, parsed, level, at_least, freeze)
        if isinstance(verdict, LevelTooLow | Frozen) or has_conditions:
            return self._refusal(known, parsed, verdict, level)
        return None

    def _authorize(
        self,
        known: ChangeRequest,
        parsed: ParsedChange,
        level: Level,
        needed: ApprovalRequirement,
        freeze: Freeze | None,
    ) -> Authorization:
        request = CommandRequest(
            parsed.command.name,
            parsed.least_level,
            known.reason,
            known.reason if known.emergency else "",
            in_freeze=parsed.goes_on_in_freeze,
        )
        return authorize(request, level, needed, self.access.holders(needed.by), freeze)

    def _refusal(
        self, known: ChangeRequest, parsed: ParsedChange, verdict: Authorization, level: Level
    ) -> ErrorReply | None:
        match verdict:
            case LevelTooLow(needed):
                return self._level_too_low(parsed, needed, level)
            case Frozen(freeze):
                return self._frozen(known, parsed, freeze)
            case InvalidRequest(message, hints):
                return ErrorReply(replies.invalid(UserError(message, *hints)), Outcome.INVALID)
        return None

    def _level_too_low(self, parsed: ParsedChange, needed: Level, level: Level) -> ErrorReply:
        way_in = self.access.way_in(needed)
        return ErrorReply(replies.refused(parsed.command.name, needed, level, way_in), Outcome.REFUSED)

    def _frozen(self, known: ChangeRequest, parsed: ParsedChange, freeze: Freeze) -> ErrorReply:
        """Return the refusal of a change in a freeze. What was planned is known by its title."""
        alone = (
            parsed.command.in_emergencies and self.requirements.of(parsed, self._foreseen(known, parsed)).grave is None
        )
        return ErrorReply(replies.frozen(known.title or parsed.command.name, freeze, emergency=alone), Outcome.FROZEN)

    @staticmethod
    def _foreseen(known: ChangeRequest, parsed: ParsedChange) -> Sequence[Impact]:
        """Return the effects of the plan that was shown; none where there is none, or it is an earlier release's."""
        with suppress(ValueError):
            return parsed.command.effects.found(parsed.load_plan(known.plan)) if known.plan else ()
        return ()

    async def _record(
        self,
        known: ChangeRequest,
        parsed: ParsedChange,
        plan: Any,  # noqa: ANN401 - each command has its own
        needed: ApprovalRequirement,
        impacts: Sequence[Impact],
    ) -> None:
        # An emergency waits by a clock that nobody can set.
        expires = None if known.emergency else self.records.now() + self.requirements.time_to_answer(parsed)
        shown = shown_digest(replace(known, expires=expires), plan)
        title = parsed.command.preview(plan).title
        # Nobody who agreed to a schedule has seen the list that one of its runs makes.
        unseen = parsed.command.is_list(plan) and bool(needed.approvals)
        anew = bool(known.schedule) and (unseen or self.requirements.are_unforeseen(parsed, impacts))
        asks = anew or not known.schedule or needed.approvals > len(known.approvals)
        if asks and needed.approvals:
            await self.audience.require(known, parsed.command.name, needed.by)
        planned = Planned(
            title=f"Scheduled: {title}" if known.schedule else title,
            plan=parsed.dump_plan(plan),
            # What was agreed to is the schedule: its run is bound to no plan unless that is asked about.
            digest=shown if asks else "",
            needed=needed.approvals,
            confirm=needed.confirm and not known.emergency and not known.schedule,
            exclusive=parsed.command.exclusive,
            emergency=known.emergency,
            expires=expires,
        )
        entry = self.records.entry(known, AuditEvent.ASKED, "planned", {"digest": shown, **described(plan)})
        await self.records.changes.planned(known.id, planned, entry, anew=anew)

    @asynccontextmanager
    async def _patience(self, known: ChangeRequest) -> AsyncIterator[None]:
        """Say on the card that it takes a moment, if it does."""

        async def say() -> None:
            await asyncio.sleep(PATIENCE)
            await self.view.refresh(known)

        saying = asyncio.create_task(say())
        try:
            yield
        finally:
            # A card that is being posted is waited for: its id must be known before it is edited.
            if not self.view.cards.is_posting(known.id):
                saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    # Right before it is applied

    async def check(self, change: str) -> str:
        """Plan again and look whether that is still allowed and approved. Return the plan as stored, OVER or VOID."""
        known = await self.records.get(change)
        if known.state is State.ENDED:
            return VOID if known.outcome == Outcome.VOIDED.value else OVER
        try:
            parsed = self.parsed.of(known)
            if (refusal := await self._refused_by_now(known, parsed)) is not None:
                await self.records.end(known, refusal)
                return OVER
            plan = await self._plan_again(known, parsed)
        except Exception as error:
            if cannot_write(error):
                raise
            await self.records.end(known, answer_to(error, change))
            return OVER
        if self._is_outdated(known, parsed, plan):
            await self.ask_again(known)
            return VOID
        await self._record_intent(known, plan)
        return parsed.dump_plan(plan)

    async def _plan_again(self, known: ChangeRequest, parsed: ParsedChange) -> Any:  # noqa: ANN401 - its own
        """Return what is true now; a list that was agreed to as a whole stays as it was shown."""
        with suppress(ValueError):
            # One that an earlier release stored in another form is planned again.
            agreed = parsed.load_plan(known.plan)
            if parsed.command.is_list(agreed):
                return agreed
        return await parsed.command.plan(parsed.args, self._reads(known, Level.ANYONE))

    async def _refused_by_now(self, known: ChangeRequest, parsed: ParsedChange) -> ErrorReply | None:
        """Return the refusal where changes are frozen by now, or the requester or an approver has lost the level.

        None where it may go on.
        """
        level, freeze = await self.access.level(known.requester, fresh=True), await self.freezes.current()
        by = self.requirements.level_to_approve(known)
        votes = () if known.emergency or level < parsed.least_level else known.approvals
        still = [vote for vote in votes if await self.access.level(vote.person, fresh=True) >= by]
        in_freeze = parsed.goes_on_in_freeze
        match reauthorize(known, parsed.least_level, level, still, freeze, in_freeze=in_freeze):
            case LevelTooLow(needed):
                return self._level_too_low(parsed, needed, level)
            case Frozen(held_by):
                return self._frozen(known, parsed, held_by)
            case ApprovalLost(name):
                return ErrorReply(replies.approval_lost(known.title, name), Outcome.REFUSED)
            case Allowed():
                return None

    def _is_outdated(self, known: ChangeRequest, parsed: ParsedChange, plan: Any) -> bool:  # noqa: ANN401 - its own
        is_other = bool(known.digest) and shown_digest(known, plan) != known.digest
        return is_other or self.requirements.are_exceeded(known, parsed, plan)

    async def _record_intent(self, known: ChangeRequest, plan: object) -> None:
        if known.emergency:
            await self.records.note(known, AuditEvent.EMERGENCY, "emergency", {"reason": known.reason})
        await self.records.note(known, AuditEvent.INTENT, "intent", {"digest": shown_digest(known, plan)})

    async def ask_again(self, known: ChangeRequest) -> None:
        """End a change whose plan is out of date, and record the one that asks for its own consent."""
        again = replace(
            known,
            id=next_id(known.id),
            card="",
            state=State.PLANNING,
            asked=self.records.now(),
            changed=self.records.now(),
            ticket=None,
            step="",
            schedule="",
            votes=(),
        )
        if await self.records.create(again, {}):
            self.parsed.inherit(known.id, again.id)
            self.running.begin(again.id)
        await self.records.end(known, ErrorReply(replies.voided(known.title), Outcome.VOIDED))

    def _reads(self, known: ChangeRequest, level: Level) -> Reads:
        return self.context.reads(Caller(known.requester.object_id, known.requester.name, level))


def shown_digest(known: ChangeRequest, plan: object) -> str:
    """Return the digest of exactly what is shown: command, plan, requester, the reason approvers read, until when."""
    shown = {"reason": known.reason, "expires": str(known.expires), "plan": plan}
    return digest(known.command, known.requester.object_id, shown)


def next_id(change: str) -> str:
    """Return the id of the change that asks again for what this one was refused."""
    return id_of(change, "again")

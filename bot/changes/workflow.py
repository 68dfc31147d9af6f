"""The life of a change, as one durable workflow: plan, wait for consent, wait for its turn, plan again, do it, tell.

Each phase is a step: recorded when it is done, begun again when a crash cut it short. So a phase first looks how far
the change is on record. What people see on the way is not recorded but made from the record.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.access.access import Access
from bot.audit.entry import Audit, AuditEntry, AuditEvent, described
from bot.changes import approval_card, approval_policy, replies
from bot.changes.audience import Audience
from bot.changes.change_cards import ChangeCards
from bot.changes.emergency_delay import NOBODY_THERE, NOT_SHOWN, Countdown, condition, on_hold
from bot.changes.error_replies import ErrorReply, answer_to
from bot.changes.execution import WAITS, Execution, on_record
from bot.changes.model import ChangeRequest, Planned, State, Vote
from bot.changes.ports import ContextFactory, Record
from bot.changes.repository import Changes
from bot.changes.serialization import dump, dump_view, load, load_view, returned
from bot.changes.step_results import StepStopped
from bot.chat.platform import Click, Message, Person, Places
from bot.config.access import ApprovalSettings
from bot.instrumentation.correlation import following, id_of
from bot.instrumentation.meter import UNCOUNTED, Meter
from bot.instrumentation.outcomes import Outcome
from bot.instrumentation.spans import span
from bot.runtime.durable import OutOfOrder
from bot.runtime.wakeup import Wakeup
from bot.store.write_outage import cannot_write
from cards.pages import one_page
from cards.views import Failure, Plan, Progress, View
from clients.errors import Conflict, Unavailable
from commands.framework.command import AnyChange, Command, Level, Query, ruling
from commands.framework.effects import Effect, Impact, in_words, ordered
from commands.framework.errors import UserError
from commands.framework.parser import Parsed, parse
from commands.framework.plan_digest import digest
from commands.ports.context import Caller, Reads

_LOG = logging.getLogger("jhub_bot.workflow")


# An answer that takes longer than this, in seconds, is preceded by a card that says so and turns into it.
PATIENCE: Final = 0.8


# How often those who wait look for themselves: another replica's ring is not heard.
_LOOK: Final = 1.0


_AGAIN: Final = 2.0


_OVER, _GO, _REMIND, _VOID = "over", "go", "remind", "void"


@dataclass(frozen=True)
class ScheduledRun:
    """One time of a schedule: what was agreed to when it was made. `due` is when, in words."""

    schedule: str
    due: str
    reason: str
    approvals: tuple[Vote, ...]


class Workflow:
    """Carries changes through their lives. `run` is the workflow that `Durable` is given."""

    def __init__(
        self,
        *,
        commands: Sequence[Command],
        access: Access,
        world: ContextFactory,
        changes: Changes,
        audit: Audit,
        places: Places,
        settings: ApprovalSettings,
        now: Callable[[], datetime],
        ended: Callable[[Outcome], None] = lambda _: None,
        meter: Meter = UNCOUNTED,
        audience: Audience | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` is a clock that only goes forward, by which emergencies wait."""
        self._audience = audience or Audience(access, places)
        self._seconds = seconds
        self._countdowns: dict[str, Countdown] = {}
        self._saying: set[asyncio.Task[None]] = set()
        self._commands = commands
        self._access = access
        self._world = world
        self._changes = changes
        self._audit = audit
        self._places = places
        self._settings = settings
        self._now = now
        self._ended = ended
        self._meter = meter
        self._shown = ChangeCards(changes, places)
        self._durable: Record | None = None
        self._operations: dict[str, Execution] = {}
        self._active: set[str] = set()
        self._idle: set[str] = set()
        self.bell = Wakeup()

    def use(self, durable: Record) -> None:
        """What records the steps. To be called once, before anything else."""
        self._durable = durable

    @property
    def busy(self) -> bool:
        """Whether anything runs that somebody waits for; a change that waits for its yes is not that."""
        return bool(self._active - self._idle)

    @property
    def countdowns(self) -> Collection[Countdown]:
        """The delays of the emergencies that wait in this process."""
        return self._countdowns.values()

    # Beginning

    async def begin(self, message: Message, parsed: Parsed, run: ScheduledRun | None = None) -> str:
        """Take a change on: from here on it survives a crash. The same message begins it once. Raises Unavailable.

        A schedule's `run` goes on without asking, as far as what was agreed to suffices.
        """
        change = ChangeRequest(
            id=message.correlation,
            line=parsed.line,
            command=parsed.command.name,
            requester=message.sender,
            place=message.conversation.address,
            conversation=message.conversation.id,
            message=message.id,
            card="",
            state=State.PLANNING,
            outcome="",
            title="",
            plan="",
            digest="",
            needed=0,
            confirm=False,
            exclusive=True,
            reason=parsed.emergency or (run.reason if run else parsed.reason),
            emergency=bool(parsed.emergency),
            asked=self._now(),
            changed=self._now(),
            expires=None,
            ticket=None,
            step="",
            stopped_by="",
            final="",
            schedule=run.schedule if run else "",
            votes=run.approvals if run else (),
        )
        await self._put_on_record(change, {"due": run.due} if run else {})
        await self._steps.start(change.id)
        return change.id

    async def _put_on_record(self, change: ChangeRequest, more: Mapping[str, str]) -> None:
        detail = {name: text for name in ("reason", "schedule") if (text := getattr(change, name))}
        entry = self._entry(change, AuditEvent.ASKED, "asked", {**detail, **more})
        if await self._changes.create(change, entry):
            self._active.add(change.id)

    @property
    def _steps(self) -> Record:
        if self._durable is None:
            raise RuntimeError("the workflow has no record of steps to use")
        return self._durable

    # The life

    async def run(self, change: str) -> None:
        """Carry one change to its end. What is recorded of it is not done again."""
        self._active.add(change)
        try:
            with following(change):
                try:
                    await self._live(change)
                except OutOfOrder as error:
                    await self._give_up(change, error)
        finally:
            self._active.discard(change)
            self._idle.discard(change)
            self._operations.pop(change, None)

    async def _live(self, change: str) -> None:
        if await self._phase("plan", self._plan, change) == _GO:
            await self._phase("ask", self._ask, change)
            if await self._phase("wait", self._wait_to_half, change) == _REMIND:
                await self._phase("remind", self._remind, change)
                await self._phase("wait on", self._wait, change)
            if await self._phase("turn", self._turn, change) == _GO:
                plan = await self._phase("check", self._check, change)
                if plan == _VOID:
                    # Not within the step: a workflow can only be begun between steps.
                    await self._steps.start(_again(change))
                elif plan != _OVER and await self._act(change, plan) == _VOID:
                    await self._steps.start(_again(change))
        await self._phase("close", self._close, change)
        await self._phase("tell", self._tell, change)
        self.bell.ring()

    async def _give_up(self, change: str, error: OutOfOrder) -> None:
        """End what no release knows how to go on with: others wait behind it. Nothing more of it is recorded."""

        async def end(_: str) -> str:
            known, answer = await self._known(change), answer_to(error, change)
            if operation := self._operations.get(change):
                answer = replace(answer, view=operation.unfinished(error, answer.view))
            await self._end(known, answer)
            return await self._tell(change)

        await self._surely(end, change)
        self.bell.ring()

    async def _phase(self, name: str, phase: Callable[[str], Awaitable[str]], change: str) -> str:
        return await on_record(
            self._steps, name, lambda: self._spanned(name, phase, change), lambda: self._waits(change)
        )

    async def _spanned(self, name: str, phase: Callable[[str], Awaitable[str]], change: str) -> str:
        with span(name):
            return await self._surely(phase, change)

    async def _surely(self, phase: Callable[[str], Awaitable[str]], change: str) -> str:
        """What the phase says; a bug in it ends the change. While the store is out, nothing goes on."""
        while True:
            try:
                return await phase(change)
            except Exception as error:
                if cannot_write(error):
                    _LOG.warning("change %s waits: %s", change, error)
                    self._waits(change)
                    await asyncio.sleep(_AGAIN)
                    continue
                if isinstance(error, Unavailable):
                    raise
                known = await self._changes.get(change)
                if known is not None:
                    await self._end(known, answer_to(error, change))
                return _OVER

    def _waits(self, change: str) -> None:
        """Have the card say that nothing goes on because nothing can be written."""
        if not any(task.get_name() == change for task in self._saying):
            task = asyncio.create_task(self._say_that_it_waits(change), name=change)
            self._saying.add(task)
            task.add_done_callback(self._saying.discard)

    async def _say_that_it_waits(self, change: str) -> None:
        # It is shown before it is tried to put on record where: that fails now, too.
        with suppress(Unavailable):
            known = await self._known(change)
            if operation := self._operations.get(change):
                operation.tell(WAITS)
            elif known.state in (State.RUNNING, State.CLOSING):
                await self._shown.show(known, Progress(known.title, known.requester.name, details=(WAITS,)))

    async def _known(self, change: str) -> ChangeRequest:
        known = await self._changes.get(change)
        if known is None:
            raise LookupError(f"change {change} is not on record")
        return known

    # Planning

    async def _plan(self, change: str) -> str:
        known = await self._known(change)
        if known.state is not State.PLANNING:
            return _OVER if known.state is State.ENDED else _GO
        began = time.monotonic()
        try:
            async with self._patience(known):
                refusal = await self._planned(known)
        except Exception as error:
            if cannot_write(error):
                raise
            refusal = answer_to(error, change)
        self._meter.planned(known.command, time.monotonic() - began)
        if refusal is None:
            return _GO
        await self._end(await self._known(change), refusal)
        return _OVER

    async def _planned(self, known: ChangeRequest) -> ErrorReply | None:
        """Plan it and put the plan on record; the answer instead, where it may not be."""
        command, args = self._parsed(known)
        its = ruling(command, args, self._commands)
        level = await self._access.level(known.requester, fresh=True)
        if level < (least := _least(its)):
            return self._refused(command, least, level)
        if (at_least := self._rule(its, ())).approvals or at_least.reason:
            self._check_request(known, command, at_least, level)
        plan = await command.plan(args, self._reads(known, level))
        impacts = command.effects.found(plan)
        needed = self._rule(its, impacts)
        self._check_request(known, command, needed, level)
        # An emergency waits by a clock that nobody can set.
        expires = None if known.emergency else self._now() + self._settings.expiry
        mark = _mark(replace(known, expires=expires), plan)
        title = command.preview(plan).title
        anew = bool(known.schedule) and self._unforeseen(its, impacts)
        asks = anew or not known.schedule or needed.approvals > len(known.approvals)
        if asks and needed.approvals:
            await self._audience.require(known, command.name, needed.by)
        planned = Planned(
            title=f"Scheduled: {title}" if known.schedule else title,
            plan=json.dumps(dump(returned(command.plan), plan), ensure_ascii=False),
            # What was agreed to is the schedule: its run is bound to no plan unless that is asked about.
            digest=mark if asks else "",
            needed=needed.approvals,
            confirm=needed.confirm and not known.emergency and not known.schedule,
            exclusive=command.exclusive,
            emergency=known.emergency,
            expires=expires,
        )
        entry = self._entry(known, AuditEvent.ASKED, "planned", {"digest": mark, **described(plan)})
        await self._changes.planned(known.id, planned, entry, anew=anew)
        return None

    def _check_request(
        self, known: ChangeRequest, command: AnyChange, needed: approval_policy.ApprovalRequirement, level: Level
    ) -> None:
        approval_policy.check_request(
            command,
            needed,
            level,
            reason=known.reason,
            emergency=known.reason if known.emergency else "",
            holders=self._access.holders(needed.by),
        )

    def _parsed(self, known: ChangeRequest) -> tuple[AnyChange, Any]:
        parsed = parse(known.line, self._commands)
        if parsed is None or isinstance(parsed.command, Query):
            raise UserError(f"This version of the bot cannot run “{known.command}” as it was typed.", "/jhub help")
        return parsed.command, parsed.args

    def _reads(self, known: ChangeRequest, level: Level) -> Reads:
        return self._world.reads(Caller(known.requester.object_id, known.requester.name, level))

    def level_for(self, known: ChangeRequest) -> Level:
        """What one needs to be to ask for this change, and to stop it; an admin where nobody can tell any more."""
        try:
            command, args = self._parsed(known)
            return _least(ruling(command, args, self._commands))
        except UserError:
            return Level.ADMIN

    def _refused(self, command: Command, needed: Level, level: Level) -> ErrorReply:
        way_in = self._access.way_in(needed)
        return ErrorReply(replies.refused(command.name, needed, level, way_in), Outcome.REFUSED)

    @asynccontextmanager
    async def _patience(self, known: ChangeRequest) -> AsyncIterator[None]:
        """Say that it takes a moment, if it does."""

        async def say() -> None:
            await asyncio.sleep(PATIENCE)
            await self._shown.show(known, self.view(known))

        saying = asyncio.create_task(say())
        try:
            yield
        finally:
            # A card that is being posted is waited for: its id must be known before it is edited.
            if not self._shown.is_posting(known.id):
                saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    # Asking

    async def _ask(self, change: str) -> str:
        known = await self._known(change)
        if known.state is State.ENDED:
            return _OVER
        await self._shown.show(known, self.view(known))
        if known.state is State.WAITING:
            self._meter.asked(_kind(known))
            if not await self._spread(known):
                await self._end(known, ErrorReply(replies.unreachable(known.title), Outcome.REFUSED))
        return _GO

    async def _spread(self, known: ChangeRequest) -> bool:
        """Show it where those who may answer it see it; False where that is nowhere."""
        if not (known.needed or known.emergency):
            return True
        wanted = await self._audience.copies(known, self.level_to_approve(known))
        lost = await self._shown.spread(known, self.view(known), wanted)
        return len(lost) < len(wanted) or not self._places(known.place).is_personal

    async def _wait_to_half(self, change: str) -> str:
        return await self._wait(change, remind=True)

    async def _wait(self, change: str, *, remind: bool = False) -> str:
        """Until it is decided, or until half of the time is over."""
        asked = await self._known(change)
        if asked.emergency:
            return await self._wait_out(change)
        if asked.state is State.WAITING:
            # Again after a restart: an earlier release showed it in its own place alone.
            await self._spread(asked)
        try:
            while True:
                known = await self._known(change)
                if known.state is not State.WAITING:
                    self._count_decision(known)
                    return _GO
                left = (known.expires or self._now()) - self._now()
                if left <= timedelta(0):
                    self._idle.discard(change)
                    await self._changes.expire(change)
                    continue
                self._idle.add(change)
                half = left - ((known.expires or known.asked) - known.asked) / 2
                if remind and known.needed and half <= timedelta(0):
                    return _REMIND
                soonest = min(part for part in (left, half) if part > timedelta(0))
                self._idle.add(change)
                await self.bell.wait(min(_LOOK, soonest.total_seconds()))
        finally:
            self._idle.discard(change)

    async def _wait_out(self, change: str) -> str:
        """Until an emergency is stopped, or could have been for the whole of its delay and was not."""
        countdown = self._countdowns[change] = Countdown(self._settings.emergency_delay, self._seconds)
        await self._spread(await self._known(change))
        try:
            while True:
                known = await self._known(change)
                if known.state is not State.WAITING:
                    self._count_decision(known)
                    return _GO
                if not countdown.until_look:
                    countdown.look(await self._hindrance(known))
                if countdown.is_over:
                    self._idle.discard(change)
                    await self._changes.unstopped(change)
                elif countdown.is_hopeless:
                    end = ErrorReply(replies.unstoppable(known.title, countdown.reason), Outcome.REFUSED)
                    await self._end(known, end, why=countdown.reason or "the delay had not passed in time")
                else:
                    self._idle.add(change)
                    await self.bell.wait(min(_LOOK, countdown.until_look))
        finally:
            self._idle.discard(change)
            self._countdowns.pop(change, None)

    async def _hindrance(self, known: ChangeRequest) -> str:
        """Why nobody could stop the emergency just now, if so. Its card is brought up to date by the way."""
        shown = await self._shown.shows(known, self.view(known))
        if (deaf := self._audience.deaf) or not shown:
            return f"{deaf}." if deaf else NOT_SHOWN
        try:
            by = self.level_to_approve(known)
            seen = [place for place in shown if await self._audience.is_seen(known, place, by)]
        except Unavailable as error:
            return f"{error}."
        return "" if seen else NOBODY_THERE

    def _count_decision(self, known: ChangeRequest) -> None:
        """Count what came of the question, where there was one."""
        if known.digest and (known.needed or known.confirm or known.emergency):
            until = None if known.emergency else known.expires
            began = until - self._settings.expiry if until else known.asked
            result = "given" if known.state in (State.QUEUED, State.RUNNING) else known.outcome or "ended"
            self._meter.decided(_kind(known), result, self._now() - began)

    async def _remind(self, change: str) -> str:
        known = await self._known(change)
        if known.state is State.WAITING:
            view = replies.reminder(
                known.title, known.requester.name, self._access.holders(self.level_to_approve(known))
            )
            for thread in await self._shown.threads(known):
                await thread.post(view)
        return _GO

    # Acting

    async def _turn(self, change: str) -> str:
        """Until all changes before it have ended. A queue that cannot be read lets nobody through."""
        known = await self._known(change)
        if known.state not in (State.QUEUED, State.RUNNING):
            return _OVER
        operation = await self._operation(known)
        hearing = asyncio.create_task(operation.hear())
        try:
            return await self._until_first(known, operation)
        finally:
            hearing.cancel()

    async def _until_first(self, known: ChangeRequest, operation: Execution) -> str:
        while not operation.stopping:
            try:
                first = await self._changes.first() if known.exclusive else None
            except Unavailable:
                operation.wait_blindly()
                await asyncio.sleep(_AGAIN)
                continue
            if first is None or first.id == known.id:
                await self._changes.running(known.id)
                return _GO
            operation.wait_behind(first)
            await self.bell.wait(_LOOK)
        await self._end(known, ErrorReply(operation.after_stop(), Outcome.CANCELLED))
        return _OVER

    async def _check(self, change: str) -> str:
        """Right before acting: is it still allowed, still approved, still what was shown? The plan, OVER, VOID."""
        known = await self._known(change)
        if known.state is State.ENDED:
            return _VOID if known.outcome == Outcome.VOIDED.value else _OVER
        try:
            command, args = self._parsed(known)
            if (refusal := await self._no_longer(known, command, args)) is not None:
                await self._end(known, refusal)
                return _OVER
            plan = await command.plan(args, self._reads(known, Level.ANYONE))
        except Exception as error:
            if cannot_write(error):
                raise
            await self._end(known, answer_to(error, change))
            return _OVER
        if (known.digest and _mark(known, plan) != known.digest) or self._takes_more(known, command, args, plan):
            await self._ask_again(known)
            return _VOID
        if known.emergency:
            await self._audit.write(self._entry(known, AuditEvent.EMERGENCY, "emergency", {"reason": known.reason}))
        await self._audit.write(self._entry(known, AuditEvent.INTENT, "intent", {"digest": _mark(known, plan)}))
        return json.dumps(dump(returned(command.plan), plan), ensure_ascii=False)

    def _takes_more(self, known: ChangeRequest, command: AnyChange, args: object, plan: object) -> bool:
        """Whether the plan has effects by now that more people have to agree to than have."""
        its, impacts = ruling(command, args, self._commands), command.effects.found(plan)
        needed = self._rule(its, impacts)
        if known.emergency:
            return needed.grave is not None
        blind = bool(known.schedule) and not known.digest
        return needed.approvals > known.needed or (blind and self._unforeseen(its, impacts))

    def _rule(self, its: Sequence[AnyChange], impacts: Sequence[Impact]) -> approval_policy.ApprovalRequirement:
        """What these changes need by their own rules, the policy's, and those of what they do."""
        own = approval_policy.strictest([approval_policy.rule(one, self._settings.policy) for one in its])
        return approval_policy.rule_for(own, [*_always(its), *(one.effect for one in impacts)], self._settings.effects)

    def _unforeseen(self, its: Sequence[AnyChange], impacts: Sequence[Impact]) -> bool:
        """Whether others must agree to something that nobody could know of before it was planned."""
        found = [one.effect for one in impacts]
        return approval_policy.unforeseen(found, _always(its), self._settings.effects)

    def level_to_approve(self, known: ChangeRequest) -> Level:
        """What one needs to be for an approval of this change to count; an admin where nobody can tell any more."""
        try:
            command, args = self._parsed(known)
            plan = load(returned(command.plan), json.loads(known.plan))
            its = ruling(command, args, self._commands)
        except (UserError, ValueError):
            return Level.ADMIN
        return self._rule(its, command.effects.found(plan)).by

    async def _no_longer(self, known: ChangeRequest, command: AnyChange, args: object) -> ErrorReply | None:
        """Why it may not run any more, if so: a requester or an approver who has lost the level since."""
        level = await self._access.level(known.requester, fresh=True)
        least = _least(ruling(command, args, self._commands))
        if level < least:
            return self._refused(command, least, level)
        if known.emergency:
            return None if level >= Level.ADMIN else self._refused(command, least, level)
        by = self.level_to_approve(known)
        still = [v for v in known.approvals if await self._access.level(v.person, fresh=True) >= by]
        if len(still) < known.needed:
            # Nobody has lost anything where the same person was once counted twice.
            lost = next((v.person.name for v in known.approvals if v not in still), "")
            return ErrorReply(replies.approval_lost(known.title, lost), Outcome.REFUSED)
        return None

    async def _ask_again(self, known: ChangeRequest) -> None:
        """What was shown is no longer true: that consent is void, and the new plan asks for its own."""
        again = replace(
            known,
            id=_again(known.id),
            card="",
            state=State.PLANNING,
            asked=self._now(),
            changed=self._now(),
            ticket=None,
            step="",
            schedule="",
            votes=(),
        )
        await self._put_on_record(again, {})
        await self._end(known, ErrorReply(replies.voided(known.title), Outcome.VOIDED))

    async def _act(self, change: str, record: str) -> str:
        """Do it: OVER, or VOID where somebody else's change came between."""
        known = await self._known(change)
        operation, began = await self._operation(known), time.monotonic()
        try:
            command, _ = self._parsed(known)
            plan = load(returned(command.plan), json.loads(record))
            async with operation.running():
                with span("apply", command=known.command):
                    view = await command.apply(plan, operation)
            shown = approval_card.standing_on(approval_card.signed(view, known), known)
            answer = ErrorReply(shown, _outcome(view, stopping=operation.stopping))
        except StepStopped:
            answer = ErrorReply(operation.after_stop(), Outcome.CANCELLED)
        except Conflict:
            return await self._steps.step("ask again", lambda: self._surely(self._outdated, change))
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            answer = answer_to(error, change)
            answer = replace(answer, view=operation.unfinished(error, answer.view))
        self._meter.worked(known.command, answer.outcome, time.monotonic() - began)
        content = json.dumps([answer.outcome.value, dump_view(answer.view)], ensure_ascii=False)
        return await self._steps.step("end", lambda: self._surely(lambda _: self._ended_with(change, content), change))

    async def _outdated(self, change: str) -> str:
        known = await self._known(change)
        if known.state is not State.ENDED:
            await self._ask_again(known)
        return _VOID

    async def _ended_with(self, change: str, content: str) -> str:
        outcome, view = json.loads(content)
        await self._end(await self._known(change), ErrorReply(load_view(view), Outcome(outcome)))
        return _OVER

    async def _operation(self, known: ChangeRequest) -> Execution:
        operation = self._operations.get(known.id)
        if operation is None:
            operation = await self._made(known)
            self._operations[known.id] = operation
        return operation

    async def _made(self, known: ChangeRequest) -> Execution:
        command, _ = self._parsed(known)
        card = await self._shown.show(known, Progress(known.title, known.requester.name))
        return Execution(
            operation=known.id,
            title=known.title,
            requester=known.requester,
            change=command,
            caller=Caller(known.requester.object_id, known.requester.name, command.level),
            reads=self._reads(known, command.level),
            writes=self._world.writes,
            card=card,
            now=self._now,
            durable=self._steps,
            changes=self._changes,
            write=self._audit.write,
            entry=lambda event, key, detail: self._entry(known, event, key, detail),
            bell=self.bell,
            post=self._places(known.place).below(card.id).post,
        )

    # Ending

    async def _close(self, change: str) -> str:
        """What was decided against has its end told as well."""
        known = await self._known(change)
        if known.state is not State.ENDED:
            await self._end(known, ErrorReply(replies.closed(known), Outcome(known.outcome or Outcome.BUG.value)))
        return _OVER

    async def _end(self, known: ChangeRequest, answer: ErrorReply, why: str = "") -> None:
        entry = self._entry(known, AuditEvent.ENDED, "ended", {"why": why} if why else {}, answer.outcome)
        await self._changes.end(known.id, answer.outcome, dump_view(answer.view), entry)

    async def _tell(self, change: str) -> str:
        known = await self._known(change)
        await self._shown.finish(known, self.view(known))
        _LOG.info("change=%s command=%s outcome=%s", known.id, known.command, known.outcome)
        self._meter.ended(known.command, Outcome(known.outcome))
        self._ended(Outcome(known.outcome))
        return _OVER

    # What others see and say

    def view(
        self, known: ChangeRequest, viewer: Person | None = None, level: Level = Level.ANYONE, page: int = 1
    ) -> View:
        """What the change's card shows now, to `viewer` or to everyone: a page of it, where it is long."""
        return one_page(self._whole(known, viewer, level), page, (("id", known.id),))

    def _whole(self, known: ChangeRequest, viewer: Person | None, level: Level) -> View:
        if known.final:
            return load_view(known.final)
        match known.state:
            case State.PLANNING:
                return replies.working(approval_card.refresh(known), known.schedule)
            case State.WAITING:
                return self._question(known, viewer, level)
            case State.CLOSING:
                return replies.closed(known)
        operation = self._operations.get(known.id)
        return operation.view() if operation else Progress(known.title, known.requester.name)

    def _question(self, known: ChangeRequest, viewer: Person | None, level: Level) -> View:
        plan = self.plan_view(known)
        if known.confirm:
            asker = viewer is None or viewer.is_same(known.requester)
            warning = "" if asker else f"Only {known.requester.name}, who asked for this, can answer."
            return approval_card.question(known, plan, self._parsed(known)[0].button, warning)
        by = self.level_to_approve(known)
        shown = approval_card.request(known, plan, self._now(), self._access.holders(by), viewer, level, by)
        if not known.emergency:
            return shown
        countdown = self._countdowns.get(known.id)
        warnings = tuple(filter(None, (on_hold(countdown), *shown.plan.warnings)))
        plan = replace(shown.plan, warnings=warnings)
        return replace(shown, plan=plan, expires=condition(self._settings.emergency_delay, countdown))

    def plan_view(self, known: ChangeRequest) -> Plan:
        """The plan as it was shown."""
        command, args = self._parsed(known)
        plan = load(returned(command.plan), json.loads(known.plan))
        found = command.effects.found(plan)
        others = {*_always(ruling(command, args, self._commands))}.difference(one.effect for one in found)
        its = ordered((*found, *(Impact(one, "") for one in others)))
        return replace(command.preview(plan), requester=known.requester.name, effects=in_words(its))

    def decided(self, change: str) -> None:
        """Somebody has said something to a change that waits: look again, now."""
        self._idle.discard(change)
        self.bell.ring()

    async def refresh(self, known: ChangeRequest) -> None:
        """Bring the card up to date while the change waits."""
        await self._shown.show(known, self.view(known))

    def adopt(self, known: ChangeRequest, click: Click) -> None:
        """Another copy of the card was pressed: bring it up to date as well."""
        self._shown.adopt(known, click.conversation, click.card_id, self.view(known))

    async def stop(self, change: str, person: Person) -> bool:
        """Ask a change to stop at the next safe point; False when there is nothing to stop. Raises Unavailable."""
        known = await self._changes.get(change)
        if known is None:
            return False
        entry = self._entry(known, AuditEvent.STOP, f"stop {person.object_id}", {}, by=person)
        asked = await self._changes.stop(change, person.name, entry)
        if asked and (operation := self._operations.get(change)) is not None:
            operation.stop(person.name)
        self.decided(change)
        return asked

    def _entry(
        self,
        known: ChangeRequest,
        event: AuditEvent,
        key: str,
        detail: Mapping[str, str],
        outcome: Outcome | None = None,
        by: Person | None = None,
    ) -> AuditEntry:
        who = by or known.requester
        return AuditEntry(
            key=f"{known.id} {key}",
            at=self._now(),
            event=event,
            object_id=who.object_id,
            name=who.name,
            conversation=known.conversation,
            command=known.line,
            operation=known.id,
            outcome=outcome,
            detail=dict(detail),
        )


def _least(its: Sequence[AnyChange]) -> Level:
    """The level that is enough for all of them."""
    return max(one.level for one in its)


def _always(its: Sequence[AnyChange]) -> list[Effect]:
    """What the changes do whatever their plans."""
    return [effect for one in its for effect in one.effects.always]


def _mark(known: ChangeRequest, plan: object) -> str:
    """The digest of exactly what is shown: command, plan, requester, the reason approvers read, until when."""
    shown = {"reason": known.reason, "expires": str(known.expires), "plan": plan}
    return digest(known.command, known.requester.object_id, shown)


def _outcome(view: View, *, stopping: bool) -> Outcome:
    if not isinstance(view, Failure):
        return Outcome.DONE
    return Outcome.CANCELLED if stopping else Outcome.FAILED


def _kind(known: ChangeRequest) -> str:
    """What is asked of people before it."""
    if known.emergency:
        return "emergency"
    return "approval" if known.needed else "confirmation"


def _again(change: str) -> str:
    """The id of the change that asks again for what this one was refused."""
    return id_of(change, "again")

"""The life of a change, as one durable workflow: plan, ask, wait for its turn, plan again, apply, tell.

Each phase is a step: recorded when it is done, begun again when a crash cut it short. So a phase first looks how far
the change is on record. What people see on the way is not recorded but made from the record.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.changes import replies
from bot.changes.approval import ApprovalPhase
from bot.changes.error_replies import ErrorReply, answer_to
from bot.changes.executor import Executor
from bot.changes.model import ChangeRequest, State, Vote
from bot.changes.phase_results import GO, OVER, REMIND, VOID
from bot.changes.phases import PhaseRunner
from bot.changes.planning import Planner, next_id
from bot.changes.queue import ChangeQueue
from bot.chat.platform import Message
from bot.instrumentation.correlation import following
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.runtime.durable import OutOfOrder
from commands.framework.errors import UserError
from commands.framework.parser import Parsed

_LOG = logging.getLogger("jhub_bot.workflow")


@dataclass(frozen=True)
class ScheduledRun:
    """One time of a schedule, with what was agreed to when it was made. `due` is its time, in words."""

    schedule: str
    due: str
    reason: str
    approvals: tuple[Vote, ...]


@dataclass(frozen=True)
class Workflow:
    """Carries changes through their phases. `run` is the workflow that `Durable` runs.

    `ended` is told how each change ended.
    """

    phases: PhaseRunner
    planner: Planner
    approval: ApprovalPhase
    queue: ChangeQueue
    executor: Executor
    meter: Meter
    ended: Callable[[Outcome], None]

    @property
    def busy(self) -> bool:
        """True while anything runs that somebody waits for; a change that waits for its approval does not count."""
        return self.phases.running.busy

    async def begin(self, message: Message, parsed: Parsed, run: ScheduledRun | None = None) -> str:
        """Take a change on, and return its id: from here on it survives a crash. Raise Unavailable.

        The same message begins it once. A schedule's `run` goes on without asking, as far as what was agreed to
        suffices.
        """
        records = self.phases.records
        change = records.requested(
            message,
            parsed,
            reason=run.reason if run else parsed.reason,
            schedule=run.schedule if run else "",
            votes=run.approvals if run else (),
        )
        if await records.create(change, {"due": run.due} if run else {}):
            # Only then: of a message that comes twice, what is on record counts.
            self.planner.parsed.carry(change.id, parsed)
            self.phases.running.begin(change.id)
        await self.phases.durable.start(change.id)
        return change.id

    async def run(self, change: str) -> None:
        """Carry one change to its end. What is recorded of it is not done again."""
        self.phases.running.begin(change)
        try:
            with following(change):
                try:
                    await self._run_phases(change)
                except OutOfOrder as error:
                    await self._give_up(change, error)
        finally:
            self.phases.running.end(change)
            self.planner.parsed.forget(change)

    async def _run_phases(self, change: str) -> None:
        """Run the phases; their names and their order are what an interrupted change is resumed by."""
        phase = self.phases.run
        if await phase("plan", self.planner.plan, change) == GO:
            await phase("ask", self.approval.ask, change)
            if await phase("wait", self.approval.wait_to_half, change) == REMIND:
                await phase("remind", self.approval.remind, change)
                await phase("wait on", self.approval.wait, change)
            if await phase("turn", self.queue.wait, change) == GO:
                await self._apply(change)
        await phase("close", self._close, change)
        await phase("tell", self._tell, change)
        self.phases.running.bell.ring()

    async def _give_up(self, change: str, error: OutOfOrder) -> None:
        """End a change that this release cannot resume, since others wait behind it. Nothing more of it is recorded."""

        async def end(_: str) -> str:
            known, answer = await self.phases.records.get(change), answer_to(error, change)
            if execution := self.phases.running.executions.get(change):
                answer = replace(answer, view=execution.unfinished(error, answer.view))
            await self.phases.records.end(known, answer)
            return await self._tell(change)

        await self.phases.run_unrecorded(end, change)
        self.phases.running.bell.ring()

    async def _apply(self, change: str) -> None:
        result = plan = await self.phases.run("check", self.planner.check, change)
        if plan not in (OVER, VOID):
            result = await self.executor.apply(change, plan)
        if result == VOID:
            # Not within the step: a workflow can only be begun between steps.
            await self.phases.durable.start(next_id(change))

    async def _close(self, change: str) -> str:
        """Record the end of what was decided against."""
        known = await self.phases.records.get(change)
        if known.state is not State.ENDED:
            outcome = Outcome(known.outcome or Outcome.BUG.value)
            await self.phases.records.end(known, ErrorReply(replies.closed(known), outcome))
        return OVER

    def _waited_long(self, known: ChangeRequest) -> bool:
        """Return True if nobody looks at the card any more: its question was one that may wait for days."""
        try:
            waits = self.planner.parsed.of(known).command.answer_within is not None
        except UserError:
            return False
        return waits and bool(known.digest) and known.outcome != Outcome.DISMISSED.value

    async def _tell(self, change: str) -> str:
        known = await self.phases.records.get(change)
        view = self.approval.view.of(known)
        await self.executor.cards.finish(known, view)
        if self._waited_long(known):
            await self.executor.cards.thread(known).post(view)
        _LOG.info("change=%s command=%s outcome=%s", known.id, known.command, known.outcome)
        self.meter.ended(known.command, Outcome(known.outcome))
        self.ended(Outcome(known.outcome))
        return OVER

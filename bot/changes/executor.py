"""Applying a change: the one place that hands its command what can write."""

import json
import time
from dataclasses import dataclass, replace

from bot.audit.entry import AuditEvent
from bot.changes import approval_card
from bot.changes.change_cards import ChangeCards
from bot.changes.error_replies import ErrorReply, answer_to
from bot.changes.execution import Execution
from bot.changes.model import ChangeRequest, State
from bot.changes.phase_results import OVER, VOID
from bot.changes.phases import PhaseRunner
from bot.changes.planning import Planner
from bot.changes.ports import ContextFactory
from bot.changes.serialization import dump_view, load_view
from bot.changes.step_results import StepStopped
from bot.chat.platform import Places
from bot.instrumentation.meter import Meter
from bot.instrumentation.outcomes import Outcome
from bot.instrumentation.spans import span
from cards.views import Failure, Notice, Progress, View
from clients.errors import Conflict
from commands.framework.command import AnyChange
from commands.hubtest.follow_up import untested, with_test
from commands.ports.context import Caller


@dataclass(frozen=True)
class Executor:
    """Executes changes. `context` gives what their commands may read and write."""

    phases: PhaseRunner
    planner: Planner
    context: ContextFactory
    cards: ChangeCards
    places: Places
    meter: Meter

    async def apply(self, change: str, plan: str) -> str:
        """Apply a plan that was stored. Return OVER, or VOID where somebody else's change came between.

        Not a phase itself: each of its steps is recorded on its own.
        """
        known = await self.phases.records.get(change)
        execution, began = await self.execution(known), time.monotonic()
        try:
            answer = await self._applied(known, plan, execution)
        except Conflict:
            return await self.phases.record("ask again", self._ask_again, change)
        self.meter.worked(known.command, answer.outcome, time.monotonic() - began)
        content = json.dumps([answer.outcome.value, dump_view(answer.view)], ensure_ascii=False)
        return await self.phases.record("end", lambda _: self._end(change, content), change)

    async def _applied(self, known: ChangeRequest, plan: str, execution: Execution) -> ErrorReply:
        """Run the command's `apply` and return its answer. Raise Conflict where that does."""
        try:
            parsed = self.planner.parsed.of(known)
            content = parsed.load_plan(plan)
            async with execution.running():
                with span("apply", command=known.command):
                    view = await parsed.command.apply(content, execution)
                view = await _tested(parsed.command, view, execution)
        except StepStopped:
            return ErrorReply(execution.after_stop(), Outcome.CANCELLED)
        except Conflict:
            raise
        except Exception as error:  # noqa: BLE001 - every error becomes a card; the unknown ones are logged there
            answer = answer_to(error, known.id)
            return replace(answer, view=execution.unfinished(error, answer.view))
        shown = approval_card.standing_on(approval_card.signed(view, known), known)
        return ErrorReply(shown, _outcome(view, stopping=execution.stopping))

    async def _ask_again(self, change: str) -> str:
        known = await self.phases.records.get(change)
        if known.state is not State.ENDED:
            await self.planner.ask_again(known)
        return VOID

    async def _end(self, change: str, content: str) -> str:
        outcome, view = json.loads(content)
        records = self.phases.records
        await records.end(await records.get(change), ErrorReply(load_view(view), Outcome(outcome)))
        return OVER

    async def execution(self, known: ChangeRequest) -> Execution:
        """Return the change's execution in this process, with its card shown; it is made where there is none."""
        executions = self.phases.running.executions
        execution = executions.get(known.id)
        if execution is None:
            execution = executions[known.id] = await self._make(known)
        return execution

    async def _make(self, known: ChangeRequest) -> Execution:
        command, records = self.planner.parsed.of(known).command, self.phases.records
        card = await self.cards.show(known, Progress(known.title, known.requester.name))
        caller = Caller(known.requester.object_id, known.requester.name, command.level)

        async def note(event: AuditEvent, key: str, detail: dict[str, str]) -> None:
            await records.note(known, event, key, detail)

        return Execution(
            operation=known.id,
            title=known.title,
            requester=known.requester,
            change=command,
            caller=caller,
            reads=self.context.reads(caller),
            writes=self.context.writes,
            card=card,
            now=records.now,
            durable=self.phases.durable,
            changes=records.changes,
            note=note,
            bell=self.phases.running.bell,
            post=self.places(known.place).below(card.id).post,
        )


async def _tested(command: AnyChange, view: Notice | Failure, execution: Execution) -> Notice | Failure:
    """Let a test of the hub follow, where one does. Whoever stops that has not stopped the change, which is done."""
    try:
        return await with_test(command, view, execution)
    except StepStopped:
        stopped = "somebody asked to stop."
        return untested(view, stopped) if isinstance(view, Notice) else view


def _outcome(view: View, *, stopping: bool) -> Outcome:
    if not isinstance(view, Failure):
        return Outcome.DONE
    return Outcome.CANCELLED if stopping else Outcome.FAILED

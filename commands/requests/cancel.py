"""Stopping of a change: at once while it waits, between its steps while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.argument_types import OperationId
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.ports.operations import Work, WorkState
from commands.requests.rows import short, state


@dataclass(frozen=True)
class Args:
    """The id of the change."""

    id: Annotated[OperationId, Arg("the change's id or its first 4 digits (see /jhub operations)", "3f9a")]


@dataclass(frozen=True)
class Cancellation:
    """The plan: exactly one change."""

    operation: str
    title: str
    requester: str
    runs: bool = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Cancellation:
    """Return the change that would be stopped. Raise UserError where the digits fit none or several."""
    found = await reads.work.find(str(args.id))
    if not found:
        raise UserError(f"No open change has an id that begins with {args.id}.", "/jhub operations")
    if len(found) > 1:
        raise _ambiguous(args, found)
    return Cancellation(found[0].id, found[0].title, found[0].requester, found[0].state is WorkState.RUNNING)


def _ambiguous(args: Args, found: Sequence[Work]) -> UserError:
    said = "; ".join(f"{short(work)} {work.title} ({state(work)[0]})" for work in found[:5])
    lines = [f"/jhub cancel {work.id}" for work in found[:5]]
    return UserError(f"The ids of {len(found)} changes begin with {args.id}: {said}.", *lines)


def preview(plan: Cancellation) -> Plan:
    """Show the change that would be stopped."""
    how = (
        "It stops before its next step; what is done stays done."
        if plan.runs
        else "It has not begun, so nothing is changed."
    )
    return Plan(f"Stop “{plan.title}”", "", (), (f"{plan.requester} asked for it.", how), (), "Stop it?")


async def apply(plan: Cancellation, do: Steps) -> Notice | Failure:
    """Request the stop. The change reports its end on its own card."""
    asked = await do.step("Ask it to stop", _ask, plan, do)
    facts = (Facts((Fact("Change", f"{plan.title}, by {plan.requester}"), Fact("Id", plan.operation))),)
    if not asked:
        return Notice("It had already ended", "Its own card says how it ended.", Tone.NOTE, facts)
    when = "It stops before its next step; its own card says when." if plan.runs else "It had not begun."
    return Notice(f"“{plan.title}” is being stopped" if plan.runs else "Cancelled", when, Tone.GOOD, facts)


async def _ask(plan: Cancellation, do: Steps) -> bool:
    return await do.writes.work.stop(plan.operation, do.caller.object_id, do.caller.name)


COMMAND = Change(
    "cancel",
    "Stop a change that is waiting or running.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Stop the change",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    details="A waiting change ends at once; a running one stops before its next step. Nothing is undone.",
    in_freeze=True,
    topic=Topic.BOT,
    rank=5,
)

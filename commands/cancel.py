"""Stop a change: at once while it waits, between its steps while it runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.digest import incidental
from commands.errors import UserError
from commands.reads import Reads, Work, WorkState
from commands.spec import Arg, Change, Consent, Level, Steps
from commands.values import OperationId
from commands.work import short, state


@dataclass(frozen=True)
class Args:
    """Which change."""

    id: Annotated[OperationId, Arg("the change's id or its first 4 digits, see /jhub operations", "3f9a")]


@dataclass(frozen=True)
class Cancellation:
    """The plan: exactly one change."""

    operation: str
    title: str
    requester: str
    runs: bool = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Cancellation:
    """Which change would be stopped. Raises UserError where the digits fit none or several."""
    found = await reads.work.find(str(args.id))
    if not found:
        raise UserError(f"No change that is going on has an id that begins with {args.id}.", "/jhub operations")
    if len(found) > 1:
        raise _ambiguous(args, found)
    return Cancellation(found[0].id, found[0].title, found[0].requester, found[0].state is WorkState.RUNNING)


def _ambiguous(args: Args, found: Sequence[Work]) -> UserError:
    said = "; ".join(f"{short(work)} {work.title} ({state(work)[0]})" for work in found[:5])
    lines = [f"/jhub cancel {work.id}" for work in found[:5]]
    return UserError(f"{len(found)} changes have ids that begin with {args.id}: {said}.", *lines)


def preview(plan: Cancellation) -> Plan:
    """What would be stopped."""
    how = "It ends before its next step." if plan.runs else "It has not begun: nothing will have happened."
    return Plan(f"Cancel “{plan.title}”", "", (), (f"{plan.requester} asked for it.", how), (), "Cancel it?")


async def apply(plan: Cancellation, do: Steps) -> Notice | Failure:
    """Ask it to stop. It tells its own end on its own card."""
    asked = await do.step("Ask it to stop", _ask, plan, do)
    facts = (Facts((Fact("Change", f"{plan.title}, by {plan.requester}"), Fact("Id", plan.operation))),)
    if not asked:
        return Notice("It had ended already", "Its own card says how.", Tone.NOTE, facts)
    when = "It ends before its next step; its own card says when." if plan.runs else "It had not begun."
    return Notice(f"“{plan.title}” is being cancelled" if plan.runs else "Cancelled", when, Tone.GOOD, facts)


async def _ask(plan: Cancellation, do: Steps) -> bool:
    return await do.writes.work.stop(plan.operation, do.caller.object_id, do.caller.name)


COMMAND = Change(
    "cancel",
    "Stop a change that waits or runs.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    details="While it waits, it ends at once; while it runs, before its next step. Nothing is undone.",
)

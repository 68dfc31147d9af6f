"""Removal of a schedule. A run that is announced is cancelled; one that is running continues."""

from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.argument_types import OperationId
from commands.framework.command import Arg, Change, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.framework.usage import line_of
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The id of the schedule."""

    id: Annotated[OperationId, Arg("the schedule's id or its first 4 digits (see /jhub schedule list)", "3f9a")]


@dataclass(frozen=True)
class Ending:
    """The plan: exactly one schedule."""

    schedule: str
    cron: str
    line: str
    creator: str
    next: str = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Ending:
    """Return the schedule that would be removed. Raise UserError where the digits fit none or several."""
    found = [one for one in await reads.schedules.all() if one.id.startswith(args.id)]
    if not found:
        raise UserError(f"No schedule has an id that begins with {args.id}.", "/jhub schedule list")
    if len(found) > 1:
        lines = [f"/jhub schedule remove {one.id}" for one in found[:5]]
        raise UserError(f"The ids of {len(found)} schedules begin with {args.id}: type more of it.", *lines)
    (one,) = found
    if one.event:
        line = line_of("event remove", (one.event,))
        raise UserError(f"That belongs to the event “{one.event}”, which goes as a whole.", line)
    following = reads.schedules.timetable.shown(one.next) if one.next else "never: it is suspended"
    return Ending(one.id, one.cron, one.line, one.creator, following)


def preview(plan: Ending) -> Plan:
    """Show the schedule that would be removed."""
    facts = (Fact("Runs", f"/jhub {plan.line}"), Fact("When", plan.cron), Fact("Next time", plan.next))
    lines = (
        f"{plan.creator} added it.",
        "A run that is already announced is cancelled; one that is already running continues.",
    )
    return Plan(f"Remove the schedule {plan.schedule}", "", (), lines, (), "Remove it?", (Facts(facts),))


async def apply(plan: Ending, do: Steps) -> Notice | Failure:
    """Remove the schedule."""
    who = do.caller
    gone = await do.step("Remove it", do.writes.schedules.remove, plan.schedule, who.object_id, who.name)
    facts = (Facts((Fact("Schedule", plan.schedule), Fact("Was", f"“/jhub {plan.line}” at “{plan.cron}”"))),)
    if not gone:
        return Notice("It was already removed", "", Tone.NOTE, facts)
    return Notice("Schedule removed", "", Tone.GOOD, facts)


COMMAND = Change(
    "schedule remove",
    "Remove a schedule.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Remove the schedule",
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.BOT,
    rank=8,
)

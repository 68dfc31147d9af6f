"""Silencing of an alert for a time, unless it becomes worse."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final

from cards.times import minute, timed
from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.alerts.lookup import chosen
from commands.framework.argument_types import Age, OperationId
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads

_LONGEST: Final = timedelta(days=7)


@dataclass(frozen=True)
class Args:
    """The id of the alert, and the length of the silence."""

    id: Annotated[OperationId, Arg("the alert's id or its first 4 digits (see /jhub alerts)", "3f9a")]
    length: Annotated[Age, Arg("how long, at most 7d", "4h")]


@dataclass(frozen=True)
class Snooze:
    """The plan: the alert and the end of the silence."""

    alert: str
    title: str
    # A little later each time it is planned.
    until: datetime = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Snooze:
    """Return the alert and the end of the silence. Raise UserError for no alert, several, or more than a week."""
    if args.length.length > _LONGEST:
        raise UserError("An alert can be snoozed for a week at most.", f"/jhub alerts snooze {args.id} 7d")
    alert = await chosen(args.id, reads, f"/jhub alerts snooze {{}} {args.length}")
    return Snooze(alert.id, alert.title, reads.now + args.length.length)


def preview(plan: Snooze) -> Plan:
    """Show the alert and the end of the silence."""
    return Plan(f"Snooze “{plan.title}”", "", (), (timed("Until ", minute(plan.until), ", unless it gets worse."),))


async def apply(plan: Snooze, do: Steps) -> Notice | Failure:
    """Silence the alert, and say so on its card."""
    done = await do.step("Snooze it", do.writes.alerts.snooze, plan.alert, plan.until, do.caller.name)
    facts = (Facts((Fact("Alert", plan.alert), Fact("Until", minute(plan.until)))),)
    if not done:
        return Notice("This alert is already resolved", plan.title, Tone.NOTE, facts)
    return Notice(f"Snoozed: {plan.title}", "It is sent again sooner if it gets worse.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts snooze",
    "Snooze an alert for a while.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Snooze",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.ALERTS,
    rank=4,
)

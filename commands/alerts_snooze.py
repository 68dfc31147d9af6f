"""Hear nothing of an alert for a time, unless it becomes worse."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.alert_choice import chosen
from commands.errors import UserError
from commands.reads import Reads
from commands.spec import Arg, Change, Consent, Level, Steps
from commands.values import Age, OperationId

_LONGEST: Final = timedelta(days=7)


@dataclass(frozen=True)
class Args:
    """Which alert, and for how long."""

    id: Annotated[OperationId, Arg("the alert's id or its first 4 digits, see /jhub alerts", "3f9a")]
    length: Annotated[Age, Arg("for how long", "4h")]


@dataclass(frozen=True)
class Snooze:
    """The plan."""

    alert: str
    title: str
    until: datetime


async def plan(args: Args, reads: Reads) -> Snooze:
    """Which alert, until when. Raises UserError for no alert, several, or longer than a week."""
    if args.length.length > _LONGEST:
        raise UserError("An alert is snoozed for a week at most.", f"/jhub alerts snooze {args.id} 7d")
    alert = await chosen(args.id, reads, f"/jhub alerts snooze {{}} {args.length}")
    return Snooze(alert.id, alert.title, reads.now + args.length.length)


def preview(plan: Snooze) -> Plan:
    """What would be silent."""
    return Plan(f"Snooze “{plan.title}”", "", (), (f"Until {plan.until:%Y-%m-%d %H:%M} UTC, unless it gets worse.",))


async def apply(plan: Snooze, do: Steps) -> Notice | Failure:
    """Say so on its card."""
    done = await do.step("Snooze it", do.writes.alerts.snooze, plan.alert, plan.until, do.caller.name)
    facts = (Facts((Fact("Alert", plan.alert), Fact("Until", f"{plan.until:%Y-%m-%d %H:%M} UTC"))),)
    if not done:
        return Notice("It is over already", plan.title, Tone.NOTE, facts)
    return Notice(f"Snoozed: {plan.title}", "It is told again sooner if it gets worse.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts snooze",
    "Hear nothing of an alert for a time.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
)

"""Acknowledgement of an alert: its card says that you are handling it."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.alerts.lookup import chosen
from commands.framework.argument_types import OperationId
from commands.framework.command import Arg, Change, Consent, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The id of the alert."""

    id: Annotated[OperationId, Arg("the alert's id or its first 4 digits (see /jhub alerts)", "3f9a")]


@dataclass(frozen=True)
class Acknowledgement:
    """The plan: the alert."""

    alert: str
    title: str


async def plan(args: Args, reads: Reads) -> Acknowledgement:
    """Return the alert. Raise UserError for none or several."""
    alert = await chosen(args.id, reads, "/jhub alerts ack {}")
    return Acknowledgement(alert.id, alert.title)


def preview(plan: Acknowledgement) -> Plan:
    """Show the alert that would be acknowledged."""
    return Plan(f"Acknowledge “{plan.title}”", "")


async def apply(plan: Acknowledgement, do: Steps) -> Notice | Failure:
    """Put the caller's name on the alert's card."""
    done = await do.step("Say so on its card", do.writes.alerts.acknowledge, plan.alert, do.caller.name)
    facts = (Facts((Fact("Alert", plan.alert),)),)
    if not done:
        return Notice("This alert is already resolved", plan.title, Tone.NOTE, facts)
    return Notice(f"Acknowledged: {plan.title}", "Its card now says that you are handling it.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts ack",
    "Acknowledge an alert: its card says that you are handling it.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Acknowledge",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.ALERTS,
    rank=5,
)

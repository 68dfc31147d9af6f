"""Subscription of a conversation to alerts."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.alerts.arguments import SeverityName, WatcherNames
from commands.framework.command import Change, Consent, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The lowest severity, and the watchers."""

    min: Annotated[SeverityName | None, Flag("the lowest severity to send: note, warning or critical", "warning")] = (
        None
    )
    only: Annotated[WatcherNames | None, Flag("send only alerts of these watchers", "cert,nodes")] = None


@dataclass(frozen=True)
class AlertSubscription:
    """The plan: the subscription."""

    minimum: str
    only: tuple[str, ...]


async def plan(args: Args, reads: Reads) -> AlertSubscription:
    """Return the subscription. Raise UserError for a name that is no watcher."""
    only = args.only.names if args.only else ()
    strange = [name for name in only if name not in reads.alerts.watchers]
    if strange:
        known = ", ".join(reads.alerts.watchers)
        raise UserError(f"There is no watcher called “{strange[0]}”. The watchers are {known}.", "/jhub alerts here on")
    return AlertSubscription(str(args.min or "note"), only)


def preview(plan: AlertSubscription) -> Plan:
    """Show what would be sent here."""
    return Plan("Send alerts here", "", (), (_words(plan),))


def _words(plan: AlertSubscription) -> str:
    what = f"about {', '.join(plan.only)}" if plan.only else "about everything that is watched"
    return f"Alerts {what}" + ("." if plan.minimum == "note" else f" with severity {plan.minimum} or higher.")


async def apply(plan: AlertSubscription, do: Steps) -> Notice | Failure:
    """Store the subscription."""
    await do.step(
        Renamed("Subscribe this conversation", "Remember it"),
        do.writes.alerts.subscribe,
        do.operation,
        plan.minimum,
        plan.only,
    )
    facts = (Facts((Fact("Sent here", _words(plan)), Fact("To stop them", "/jhub alerts here off"))),)
    return Notice("Alerts are sent here", "Try it with “/jhub alerts test”.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts here on",
    "Send alerts to this conversation.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Send alerts here",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.ALERTS,
    rank=2,
)

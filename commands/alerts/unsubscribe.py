"""End of a conversation's subscription to alerts."""

from dataclasses import dataclass

from cards.views import Failure, Notice, Plan, Tone
from commands.framework.command import Change, Consent, Level, NoArgs, Renamed, Steps, Topic
from commands.framework.effects import NOTHING
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


@dataclass(frozen=True)
class Unsubscription:
    """The plan, which has nothing to say."""


async def plan(args: Args, reads: Reads) -> Unsubscription:
    """Return the plan, which reads nothing."""
    del args, reads
    return Unsubscription()


def preview(plan: Unsubscription) -> Plan:
    """Show that alerts would end here."""
    del plan
    return Plan("Stop sending alerts here", "")


async def apply(plan: Unsubscription, do: Steps) -> Notice | Failure:
    """Remove the subscription."""
    del plan
    if not await do.step(
        Renamed("Unsubscribe this conversation", "Forget it"), do.writes.alerts.unsubscribe, do.operation
    ):
        return Notice("No alerts were sent here", "“/jhub alerts here on” starts sending them.", Tone.NOTE)
    return Notice("Alerts are no longer sent here", "“/jhub alerts here on” starts sending them again.", Tone.GOOD)


COMMAND = Change(
    "alerts here off",
    "Stop sending alerts to this conversation.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Stop alerts here",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.ALERTS,
    rank=3,
)

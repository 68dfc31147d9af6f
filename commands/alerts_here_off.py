"""Have no alerts told any more where this is typed."""

from dataclasses import dataclass

from cards.views import Failure, Notice, Plan, Tone
from commands.reads import Reads
from commands.spec import Change, Consent, Level, NoArgs, Steps


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


@dataclass(frozen=True)
class Silence:
    """The plan."""


async def plan(args: Args, reads: Reads) -> Silence:
    """Nothing to find out."""
    del args, reads
    return Silence()


def preview(plan: Silence) -> Plan:
    """What would be silent."""
    del plan
    return Plan("Tell no alerts here any more", "")


async def apply(plan: Silence, do: Steps) -> Notice | Failure:
    """Forget this conversation."""
    del plan
    if not await do.step("Forget it", do.writes.alerts.unsubscribe, do.operation):
        return Notice("No alerts were told here", "“/jhub alerts here on” has them told.", Tone.NOTE)
    return Notice("No alerts are told here any more", "“/jhub alerts here on” brings them back.", Tone.GOOD)


COMMAND = Change(
    "alerts here off",
    "Have no alerts told any more where you type this.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
)

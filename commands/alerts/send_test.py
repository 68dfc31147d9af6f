"""A test alert, which goes the way of every other."""

from dataclasses import dataclass

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.command import Change, Consent, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


@dataclass(frozen=True)
class Test:
    """The plan: the number of conversations that would get it."""

    channels: int


async def plan(args: Args, reads: Reads) -> Test:
    """Return the number of conversations. Raise UserError where there is none."""
    del args
    channels = await reads.alerts.channels()
    if not channels:
        raise UserError(
            "Alerts are not sent to any conversation yet, so a test would be seen by nobody.", "/jhub alerts here on"
        )
    return Test(len(channels))


def preview(plan: Test) -> Plan:
    """Show where it would be sent."""
    return Plan("Raise a test alert", "", (), (f"It is sent to {_where(plan)}.",))


def _where(plan: Test) -> str:
    return f"{plan.channels} {'conversation' if plan.channels == 1 else 'conversations'}"


async def apply(plan: Test, do: Steps) -> Notice | Failure:
    """Raise the alert."""
    made = await do.step("Raise it", do.writes.alerts.test, do.operation, do.caller.name)
    facts = (Facts((Fact("Alert", made), Fact("Sent to", _where(plan)))),)
    return Notice("A test alert is on its way", "It resolves by itself in a minute.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts test",
    "Raise a test alert to check that alerts arrive.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Raise a test alert",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.ALERTS,
    rank=6,
)

"""Raise an alert that is only a test, the whole way."""

from dataclasses import dataclass

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.framework.command import Change, Consent, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


@dataclass(frozen=True)
class Test:
    """The plan: in how many conversations it would be seen."""

    channels: int


async def plan(args: Args, reads: Reads) -> Test:
    """Who would see it. Raises UserError where nobody would."""
    del args
    channels = await reads.alerts.channels()
    if not channels:
        raise UserError(
            "Alerts are not sent to any conversation yet, so a test would be seen by nobody.", "/jhub alerts here on"
        )
    return Test(len(channels))


def preview(plan: Test) -> Plan:
    """Where it would be seen."""
    return Plan("Raise a test alert", "", (), (f"It is sent to {_where(plan)}.",))


def _where(plan: Test) -> str:
    return f"{plan.channels} {'conversation' if plan.channels == 1 else 'conversations'}"


async def apply(plan: Test, do: Steps) -> Notice | Failure:
    """Raise it; the rest is the way of every alert."""
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
    topic=Topic.ALERTS,
    rank=6,
)

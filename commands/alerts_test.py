"""Raise an alert that is only a test, the whole way."""

from dataclasses import dataclass

from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from commands.errors import UserError
from commands.reads import Reads
from commands.spec import Change, Consent, Level, NoArgs, Steps


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
        raise UserError("No conversation gets alerts yet: have them told here first.", "/jhub alerts here on")
    return Test(len(channels))


def preview(plan: Test) -> Plan:
    """Where it would be seen."""
    return Plan("Raise a test alert", "", (), (f"It is told in all of the {plan.channels} that get alerts.",))


async def apply(plan: Test, do: Steps) -> Notice | Failure:
    """Raise it; the rest is the way of every alert."""
    made = await do.step("Raise it", do.writes.alerts.test, do.operation, do.caller.name)
    where = "conversation" if plan.channels == 1 else "conversations"
    facts = (Facts((Fact("Alert", made), Fact("Told in", f"{plan.channels} {where}"))),)
    return Notice("A test alert is on its way", "It is over in a minute, by itself.", Tone.GOOD, facts)


COMMAND = Change(
    "alerts test",
    "Raise an alert that is only a test.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
)

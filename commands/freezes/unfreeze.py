"""`/jhub unfreeze`: let changes go on before the freeze is over."""

from dataclasses import dataclass, field

from cards.times import minute, timed
from cards.views import Notice, Plan, Tone
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.freezes.words import facts, in_words
from commands.ports.context import Reads
from commands.ports.freezes import Freeze


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class Lifting:
    """The plan: which freeze. Its words are only shown."""

    id: str
    freeze: Freeze = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> Lifting:
    """Plan the end of the freeze that holds. Raise UserError where none does."""
    del args
    freeze = await reads.freezes.current()
    if freeze is None:
        raise UserError("Changes are not frozen.", "/jhub status")
    return Lifting(freeze.id, freeze)


def preview(plan: Lifting) -> Plan:
    """Show the freeze that ends."""
    return Plan(
        "Lift the freeze",
        "",
        (),
        (
            timed("Changes are frozen: ", in_words(plan.freeze)),
            "Changes can be carried out again at once. Those that were refused have to be typed again.",
            f"It is told where {plan.freeze.by} froze them, unless that is here.",
        ),
        (),
        "Lift it now?",
    )


async def apply(plan: Lifting, do: Steps) -> Notice:
    """Lift the freeze, and tell of it where it was asked for."""
    lifted = await do.step("Lift the freeze", do.writes.freezes.lift, plan.id, do.caller.name)
    if not lifted:
        return Notice("This freeze holds no longer", "It is over, or somebody else has lifted it.", Tone.NOTE)
    await do.step("Tell of it where it was frozen", do.writes.freezes.tell, plan.id, do.operation, _told(plan, do))
    return Notice("Changes are no longer frozen", plan.freeze.reason, Tone.GOOD, (facts(plan.freeze),))


def _told(plan: Lifting, do: Steps) -> Notice:
    text = timed(
        f"{do.caller.name} lifted the freeze “{plan.freeze.reason}”, which {plan.freeze.by} had set until ",
        minute(plan.freeze.until),
        ".",
    )
    return Notice("Changes are no longer frozen", text, Tone.WARNING)


COMMAND = Change(
    "unfreeze",
    "Let changes go on again before the freeze is over.",
    Level.ADMIN,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Lift the freeze",
    exclusive=False,
    schedulable=False,
    in_emergencies=False,
    in_freeze=True,
    topic=Topic.RELEASES,
    rank=21,
)

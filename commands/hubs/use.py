"""Choice of the hub that commands in a conversation are for."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Failure, Notice, Plan, Tone
from commands.framework.command import Arg, Change, Level, Renamed, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import Refused, UserError
from commands.hubs.arguments import HubName
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The hub."""

    hub: Annotated[HubName, Arg("the hub that commands here are for from now on", "test")]


@dataclass(frozen=True)
class Choice:
    """The plan: the hub."""

    hub: str


async def plan(args: Args, reads: Reads) -> Choice:
    """Check that there is such a hub, and that the caller may change it. Raise UserError, Refused or Unavailable."""
    choice = reads.choice
    if not choice.several:
        raise UserError("The bot runs only one hub, so commands are for it wherever you type them.", "/jhub status")
    names = [hub.name for hub in choice.hubs]
    if args.hub not in names:
        raise UserError(f"There is no hub “{args.hub}”.", *(f"/jhub hubs use {name}" for name in names))
    if way_in := await choice.refusal(str(args.hub), reads.caller.object_id, Level.OPERATOR):
        who = f"“hubs use” is for operators of both hubs, and you are not one of {args.hub}."
        raise Refused(f"{who} Nothing was done. {way_in}")
    return Choice(str(args.hub))


def preview(plan: Choice) -> Plan:
    """Show what the choice means."""
    return Plan(
        f"Use {plan.hub} here",
        "",
        consequences=(
            f"Commands that anybody types here without --hub are then for {plan.hub}.",
            "The buttons of cards already posted here still act on the hub that the card is about.",
            "Alerts are sent where they are sent now.",
        ),
        question=f"Use {plan.hub} here?",
    )


async def apply(plan: Choice, do: Steps) -> Notice | Failure:
    """Store the choice."""
    choice = do.writes.choice
    if choice is None or not await do.step(
        Renamed("Remember the hub", "Remember it"), choice.set_default, do.operation, plan.hub
    ):
        cause = "The bot’s configuration sets the hub of this conversation (hubs.<name>.channels)."
        return Failure("Another hub stays in use here", cause, advice=("Name the hub in the command: --hub <name>.",))
    return Notice(f"{plan.hub} is used here", f"Commands without --hub are for {plan.hub} from now on.", Tone.GOOD)


COMMAND = Change(
    "hubs use",
    "Choose the hub that commands in this conversation are for.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Use this hub here",
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.BOT,
    rank=11,
)

"""Say which hub is meant where this is typed."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Failure, Notice, Plan, Tone
from commands.errors import UserError
from commands.reads import Reads
from commands.spec import Arg, Change, Level, Steps
from commands.values import HubName


@dataclass(frozen=True)
class Args:
    """Which one."""

    hub: Annotated[HubName, Arg("the hub that is meant here from now on", "test")]


@dataclass(frozen=True)
class Choice:
    """The plan."""

    hub: str


async def plan(args: Args, reads: Reads) -> Choice:
    """Whether there is such a hub. Raises UserError."""
    choice = reads.choice
    if not choice.several:
        raise UserError("The bot runs one hub, so it is meant wherever you type.", "/jhub status")
    names = [hub.name for hub in choice.hubs]
    if args.hub not in names:
        raise UserError(f"There is no hub “{args.hub}”.", *(f"/jhub hubs use {name}" for name in names))
    return Choice(str(args.hub))


def preview(plan: Choice) -> Plan:
    """What it means."""
    return Plan(
        f"Use {plan.hub} here",
        "",
        consequences=(
            f"What anybody types here without --hub is then for {plan.hub}.",
            "Buttons of cards that are here already stay with the hub whose card it is.",
            "Alerts are told where they are told now.",
        ),
        question=f"Is {plan.hub} the hub that people here mean?",
    )


async def apply(plan: Choice, do: Steps) -> Notice | Failure:
    """Remember it."""
    choice = do.writes.choice
    if choice is None or not await do.step("Remember it", choice.mean, do.operation, plan.hub):
        cause = "The bot’s configuration says which hub is meant in this conversation (hubs.<name>.channels)."
        return Failure("Another hub stays in use here", cause, advice=("Name the hub in the command: --hub <name>.",))
    return Notice(f"{plan.hub} is used here", f"Commands without --hub are for {plan.hub} from now on.", Tone.GOOD)


COMMAND = Change(
    "hubs use",
    "Say which hub is meant where you type this.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    exclusive=False,
    schedulable=False,
)

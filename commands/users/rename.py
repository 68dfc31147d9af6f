"""`/jhub user rename`: a person of the hub gets another name, and keeps every file."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Failure, Notice
from clients.errors import Unavailable
from commands.framework.argument_types import UserName
from commands.framework.command import Arg, Change, Level, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.ports.context import Reads
from commands.spawner.stopping import stop_servers
from commands.users.carrying_out import carry_out
from commands.users.messages import half_renamed, not_renamed, preview, renamed
from commands.users.model import UserRename
from commands.users.planning import planned


@dataclass(frozen=True)
class Args:
    """Who, and the new name."""

    old: Annotated[UserName, Arg("the user's name now, e.g. emmy.noether@example.org", "emmy.noether@example.org")]
    new: Annotated[UserName, Arg("the new name, as the person logs in by it", "emmy.bauer@example.org")]


async def plan(args: Args, reads: Reads) -> UserRename:
    """Plan it. Raise UserError where it makes no sense or something is in the way."""
    return await planned(args.old, args.new, reads)


def _impacts(plan: UserRename) -> tuple[Impact, ...]:
    return of(Effect.CHANGES_ACCESS, f"Whoever logs in as {plan.new} has all files of {plan.old} from then on.")


async def apply(plan: UserRename, do: Steps) -> Notice | Failure:
    """Stop the servers, then rename with all homes; everything goes back where something is in the way."""
    if plan.runs:
        held = await do.step("Stop the servers", stop, plan, do)
        if held:
            return not_renamed(plan, held)
    result = await do.step("Rename the user and re-attach the homes", carry_out, plan, do)
    if result.half:
        return half_renamed(plan, result)
    if result.problem:
        return not_renamed(plan, result.problem)
    await do.step("Carry over what was used", carry_over, plan, do)
    return renamed(plan, result)


async def stop(plan: UserRename, do: Steps) -> str:
    """Stop the servers and wait until they have. Return why one still runs; empty if none does."""
    left = await stop_servers(plan.runs, do)
    return left[0].why if left else ""


async def carry_over(plan: UserRename, do: Steps) -> bool:
    """Have what was used under the old name counted for the new one. Return False where that stays with the old name.

    It is no reason to call the rename failed: the homes are the person's, and costs have two rows for them.
    """
    if do.writes.usage is None:
        return False
    try:
        await do.writes.usage.carry_over(plan.old, plan.new)
    except Unavailable:
        return False
    return True


COMMAND = Change(
    "user rename",
    "Give a user another name, with all homes.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(always=(Effect.CHANGES_ACCESS,), of=_impacts),
    button="Rename the user",
    approvals=1,
    schedulable=False,
    in_emergencies=False,
    details="For a person whose login name changed: by marriage, or because the domain did. Stops their servers, gives "
    "each disk a claim with the new name without copying anything, and renames the user in the hub. Where something is "
    "in the way, everything goes back to the old name.",
    topic=Topic.STORAGE,
    rank=27,
)

"""`/jhub storage grow`: enlarge a user's home. The server may run meanwhile, where the disk allows it."""

from dataclasses import dataclass
from typing import Annotated

from cards.views import Failure, Notice
from commands.framework.argument_types import ObjectName, ServerName, UserName
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import Effect, Effects
from commands.ports.context import Reads
from commands.storage.arguments import HomeSize
from commands.storage.growth import Growth, impacts, plan_growth, which_home
from commands.storage.growth_messages import not_enlarged, outcome, preview
from commands.storage.growth_steps import enlarge, wait_until_grown
from commands.storage.homes import find, quoted


@dataclass(frozen=True)
class Args:
    """The home to enlarge, and to what."""

    user: Annotated[UserName, Arg("whose home, e.g. ada@example.org", "ada@example.org")]
    size: Annotated[HomeSize, Arg("the size that it gets, in Gi or Ti", "20Gi")]
    server: Annotated[ServerName | None, Flag("the home of a named server", "thesis")] = None
    claim: Annotated[ObjectName | None, Flag("this claim, if there are several homes", "claim-ada")] = None


async def plan(args: Args, reads: Reads) -> Growth:
    """Plan the enlargement. Raise UserError if there is no home, more than one, or one that cannot grow so."""
    named = [args.server] if args.server else []
    person = await find(args.user, reads, f"/jhub storage grow {{}} {args.size}", named)
    home = which_home(person, f"/jhub storage grow {quoted(person.name)} {args.size}", args.server, args.claim)
    return await plan_growth(person, home, args.size.bytes, reads)


async def apply(plan: Growth, do: Steps) -> Notice | Failure:
    """Have the claim ask for more, and wait until it has it, or until that is the next start's or Azure's affair."""
    refused = await do.step("Enlarge the claim", enlarge, plan, do)
    if refused:
        return not_enlarged(plan, refused)
    return outcome(plan, await do.step("Wait until it has grown", wait_until_grown, plan, do))


COMMAND = Change(
    "storage grow",
    "Enlarge a user's home.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.COSTS_MORE,), of=impacts),
    button="Enlarge the home",
    consent=Consent.CALLER,
    details="Never makes one smaller. A running server goes on and sees the new size after some minutes; without one, "
    "the file system grows when the next server starts. Beyond storage.grow_limit or storage.grow_factor it takes an "
    "approval.",
    in_freeze=True,
    topic=Topic.STORAGE,
    rank=22,
)

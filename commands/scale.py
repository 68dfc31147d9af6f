"""Hold a pool of nodes at a count of its own, above nothing."""

from dataclasses import dataclass, replace
from typing import Annotated

from commands.errors import UserError
from commands.estate import Setting, is_within, kept, users_pool
from commands.reads import Reads
from commands.scaling import Scaling, apply, planned, preview
from commands.spec import Arg, Change, Consent, Flag, Level
from commands.values import Count, PoolName


@dataclass(frozen=True)
class Args:
    """How many nodes, of which pool."""

    count: Annotated[Count, Arg("how many nodes, e.g. 3", "3")]
    pool: Annotated[PoolName | None, Flag("another pool than the users'", "users")] = None


async def plan(args: Args, reads: Reads) -> Scaling:
    """A pool at this count. Raises UserError for none at all, which has its own command and consent."""
    count, named = args.count.value, f" --pool {args.pool}" if args.pool else ""
    if count == 0:
        raise UserError("No nodes at all needs an approval, and is typed so:", f"/jhub scale 0{named}")
    pool = await users_pool(reads, args.pool, f"/jhub scale {count} --pool {{}}")
    before = kept(pool)
    if before is not None and pool.count == 0 and is_within(before, count):
        # The way back from “scale 0”: with the autoscaler that was.
        return await planned(reads, pool, replace(before, count=count), keep=False)
    return await planned(reads, pool, Setting(None, None, count), keep=True)


COMMAND = Change(
    "scale",
    "Hold a pool at a number of nodes.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.CALLER,
    details="Turns the pool's autoscaler off; what it was set to is kept, and “/jhub scale up” puts it back. After "
    "“/jhub scale 0” a number within the autoscaler's range puts it back, too, beginning with that many nodes.",
)

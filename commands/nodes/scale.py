"""`/jhub scale`: fix a node pool at a count above zero."""

from dataclasses import dataclass, replace
from typing import Annotated

from commands.framework.command import Arg, Change, Consent, Flag, Level, Topic
from commands.framework.effects import Effect, Effects
from commands.framework.errors import UserError
from commands.nodes.arguments import Count, PoolName
from commands.nodes.pools import PoolSize, is_within, remembered_size, users_pool
from commands.nodes.scaling import apply, impacts
from commands.nodes.scaling_plan import Scaling, plan_scaling, preview
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The arguments: the number of nodes, and the pool."""

    count: Annotated[Count, Arg("how many nodes, e.g. 3", "3")]
    pool: Annotated[PoolName | None, Flag("the pool; the users' pool if not given", "users")] = None


async def plan(args: Args, reads: Reads) -> Scaling:
    """Plan the pool at this count. Raise UserError for 0, which has its own command and approval."""
    count, named = args.count.value, f" --pool {args.pool}" if args.pool else ""
    if count == 0:
        raise UserError("Removing all nodes needs an approval. Type:", f"/jhub scale 0{named}")
    pool = await users_pool(reads, args.pool, f"/jhub scale {count} --pool {{}}")
    before = remembered_size(pool)
    if before is not None and pool.count == 0 and is_within(before, count):
        # After “scale 0” the earlier autoscaler is restored.
        return await plan_scaling(reads, pool, replace(before, count=count), keep=False)
    return await plan_scaling(reads, pool, PoolSize(None, None, count), keep=True)


COMMAND = Change(
    "scale",
    "Set a pool to a fixed number of nodes.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.STOPS_EVERYBODY, Effect.COSTS_MORE), of=impacts),
    button="Set the node count",
    consent=Consent.CALLER,
    details="Turns off the pool's autoscaler and remembers its setting; “/jhub scale up” restores it. After "
    "“/jhub scale 0”, a number within the autoscaler's range restores it too, starting with that many nodes.",
    topic=Topic.NODES,
    rank=2,
)

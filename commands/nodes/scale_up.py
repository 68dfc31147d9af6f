"""`/jhub scale up`: restore the setting that a pool had before it was fixed at a count."""

from dataclasses import dataclass
from typing import Annotated

from commands.framework.command import Change, Consent, Flag, Level, Topic
from commands.framework.effects import Effect, Effects
from commands.framework.errors import UserError
from commands.nodes.arguments import PoolName
from commands.nodes.pools import remembered_size, size_of, users_pool
from commands.nodes.scaling import apply, impacts
from commands.nodes.scaling_plan import Scaling, plan_scaling, preview
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The arguments: the pool."""

    pool: Annotated[PoolName | None, Flag("the pool; the users' pool if not given", "users")] = None


async def plan(args: Args, reads: Reads) -> Scaling:
    """Plan to restore the remembered setting. Raise UserError if there is none."""
    pool = await users_pool(reads, args.pool, "/jhub scale up --pool {}")
    # Azure may have failed half way: the range is restored, but not the nodes. Setting it again creates them.
    before = remembered_size(pool) or (size_of(pool) if pool.state == "Failed" else None)
    if before is None:
        raise UserError(
            f"The bot has no earlier setting of {pool.name} to restore. It is set to: {size_of(pool).text}.",
            f"/jhub autoscale {pool.name} 1 5",
        )
    return await plan_scaling(reads, pool, before, keep=False)


COMMAND = Change(
    "scale up",
    "Restore a pool to what it was before “scale”.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.STOPS_EVERYBODY, Effect.COSTS_MORE), of=impacts),
    button="Restore the pool",
    consent=Consent.CALLER,
    testable=True,
    in_menu=True,
    in_freeze=True,
    topic=Topic.NODES,
    rank=3,
)

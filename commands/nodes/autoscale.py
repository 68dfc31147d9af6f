"""`/jhub autoscale`: set the range of a pool's autoscaler, or turn it off."""

from dataclasses import dataclass
from typing import Annotated

from commands.framework.command import Arg, Change, Consent, Level, Topic
from commands.framework.effects import Effect, Effects
from commands.framework.errors import UserError
from commands.nodes.arguments import Count, CountOrOff, PoolName
from commands.nodes.auto_provisioning import check_autoscaler
from commands.nodes.pools import PoolSize, azure, pool_of
from commands.nodes.scaling import apply, impacts
from commands.nodes.scaling_plan import Scaling, plan_scaling, preview
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args:
    """The arguments: a pool, and two counts or “off”."""

    pool: Annotated[PoolName, Arg("which pool", "users")]
    lowest: Annotated[CountOrOff, Arg("the fewest nodes, or off", "1")]
    highest: Annotated[Count | None, Arg("the most nodes; not with off", "5")] = None


async def plan(args: Args, reads: Reads) -> Scaling:
    """Plan the pool with this range, or fixed at its present count. Raise UserError for an invalid range."""
    if args.lowest.is_off:
        return await _off(args, reads)
    if args.highest is None:
        raise UserError(
            "The autoscaler needs both the fewest and the most nodes, or “off”.",
            f"/jhub autoscale {args.pool} {args.lowest} {max(5, args.lowest.value)}",
            f"/jhub autoscale {args.pool} off",
        )
    check_autoscaler(await azure(reads).cluster())
    pool = await pool_of(reads, args.pool, f"/jhub autoscale {{}} {args.lowest} {args.highest}")
    lowest, highest = args.lowest.value, args.highest.value
    target = PoolSize(lowest, highest, min(max(pool.count, lowest), highest))
    if pool.autoscaled and (pool.minimum, pool.maximum) == (lowest, highest) and pool.state != "Failed":
        raise UserError(f"The autoscaler of {pool.name} is set to {lowest}–{highest} already.", "/jhub nodes")
    return await plan_scaling(reads, pool, target, keep=False)


async def _off(args: Args, reads: Reads) -> Scaling:
    if args.highest is not None:
        raise UserError("“off” takes no second number.", f"/jhub autoscale {args.pool} off")
    pool = await pool_of(reads, args.pool, "/jhub autoscale {} off")
    if not pool.autoscaled:
        raise UserError(f"The autoscaler of {pool.name} is off already.", "/jhub nodes")
    return await plan_scaling(reads, pool, PoolSize(None, None, pool.count), keep=False)


COMMAND = Change(
    "autoscale",
    "Set the range of a pool's autoscaler, or turn it off.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=(Effect.STOPS_EVERYBODY, Effect.COSTS_MORE), of=impacts),
    button="Set the autoscaler",
    consent=Consent.CALLER,
    details="Per pool: Azure's cluster-wide setting fails where there are several. A minimum of 0 lets the "
    "autoscaler go "
    "down to no nodes but does not force it; “/jhub scale 0” does.",
    topic=Topic.NODES,
    rank=5,
)

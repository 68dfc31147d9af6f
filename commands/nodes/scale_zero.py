"""`/jhub scale 0`: remove all nodes of the users until `/jhub scale up`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from commands.framework.argument_types import Age
from commands.framework.command import Change, Flag, Level, Topic
from commands.framework.effects import Effect, Effects
from commands.framework.errors import UserError
from commands.nodes.arguments import PoolName
from commands.nodes.pools import PoolSize, users_pool
from commands.nodes.scaling import apply, impacts
from commands.nodes.scaling_plan import Scaling, plan_scaling, preview
from commands.ports.context import Reads

_GRACE: Final = timedelta(minutes=5)
_LONGEST_GRACE: Final = timedelta(hours=4)


@dataclass(frozen=True)
class Args:
    """The arguments: the pool, and what happens to the people at work on it."""

    pool: Annotated[PoolName | None, Flag("the pool; the users' pool if not given", "users")] = None
    evict: Annotated[bool, Flag("announce it, wait, then stop all servers first")] = False
    grace: Annotated[Age | None, Flag("how long to wait after the announcement; 5m if not given", "15m")] = None


async def plan(args: Args, reads: Reads) -> Scaling:
    """Plan the pool without nodes. Raise UserError for a system pool, and for one that the hub itself runs on."""
    if args.grace and not args.evict:
        raise UserError("--grace says how long --evict waits, so it needs --evict.", "/jhub scale 0 --evict")
    grace = args.grace.length if args.grace else _GRACE
    if grace > _LONGEST_GRACE:
        raise UserError("--grace can be at most 4h.", "/jhub scale 0 --evict --grace 30m")
    pool = await users_pool(reads, args.pool, "/jhub scale 0 --pool {}")
    return await plan_scaling(
        reads,
        pool,
        PoolSize(None, None, 0),
        keep=True,
        evict=args.evict,
        grace=grace if args.evict else timedelta(0),
    )


COMMAND = Change(
    "scale 0",
    "Remove all of the users' nodes until “scale up”.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(always=(Effect.STOPS_EVERYBODY,), of=impacts),
    button="Scale to 0",
    approvals=1,
    details="Idle servers are stopped first; with --evict, all are, after an announcement. Homes stay as they are.",
    topic=Topic.NODES,
    rank=4,
)

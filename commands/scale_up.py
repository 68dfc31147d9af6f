"""Put a pool back to what it was set to before it was held at a count."""

from dataclasses import dataclass
from typing import Annotated

from commands.errors import UserError
from commands.estate import kept, setting, users_pool
from commands.reads import Reads
from commands.scaling import Scaling, apply, planned, preview
from commands.spec import Change, Consent, Flag, Level
from commands.values import PoolName


@dataclass(frozen=True)
class Args:
    """Which pool."""

    pool: Annotated[PoolName | None, Flag("another pool than the users'", "users")] = None


async def plan(args: Args, reads: Reads) -> Scaling:
    """What is kept of the pool. Raises UserError where nothing is."""
    pool = await users_pool(reads, args.pool, "/jhub scale up --pool {}")
    # Azure may have failed half way: the range is back, its nodes are not. Setting it again has them made.
    before = kept(pool) or (setting(pool) if pool.state == "Failed" else None)
    if before is None:
        raise UserError(
            f"Nothing is kept of {pool.name}: its setting ({setting(pool).text}) is the one it had.",
            f"/jhub autoscale {pool.name} 1 5",
        )
    return await planned(reads, pool, before, keep=False)


COMMAND = Change(
    "scale up",
    "Put a pool back to what it was before “scale”.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.CALLER,
    in_menu=True,
)

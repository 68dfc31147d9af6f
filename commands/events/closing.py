"""The end of an event: its pool goes back to exactly what it was, unless somebody has set it since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from clients.azure.aks import Pool
from clients.errors import Conflict, NotFound
from commands.events.found import named
from commands.events.opening import PoolTarget, beside, gently, put, target_of
from commands.events.pool_hold import hold_of, is_ours, is_same, own_size
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.nodes.pool_servers import servers_on_pool
from commands.nodes.pools import azure, size_of
from commands.ports.events import PlannedEvent

_TRIES: Final = 5


class End(Enum):
    """What became of the pool."""

    RESTORED = "set back"
    SHARED = "kept for other events"
    THEIRS = "set by somebody else"
    UNTOUCHED = "never raised"
    GONE = "no longer there"
    HELD = "still in use"
    SHRINKING = "larger than its maximum"


@dataclass(frozen=True)
class PutBack:
    """The end of an event for its pool, whose setting is now `text`; an empty `token` leaves nothing to wait for.

    `people` are those whose servers a fixed pool would lose with its nodes.
    """

    end: str
    text: str
    token: str = ""
    people: tuple[str, ...] = ()


async def put_back(name: str, pool: str, do: Steps) -> PutBack:
    """Set the pool to what it was, or what other events need of it. Raise Conflict, Rejected, Unavailable."""
    for tried in range(_TRIES):
        try:
            return await _put_back(name, pool, do)
        except NotFound:
            return PutBack(End.GONE.value, "")
        except Conflict:
            if tried == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


async def _put_back(name: str, its_pool: str, do: Steps) -> PutBack:
    pool = await azure(do.reads).pool(its_pool)
    events = await do.reads.events.all()
    its = named(name, events)
    if hold_of(pool) is None or (its is not None and its.opened is None):
        return PutBack(End.UNTOUCHED.value, size_of(pool).text)
    if not is_ours(pool):
        # What somebody has set since is theirs, and stays; the tag alone goes.
        theirs = size_of(pool)
        return PutBack(End.THEIRS.value, theirs.text, await put(pool, PoolTarget(theirs, theirs), do))
    target = await _needed(pool, beside(name, its_pool, events), do)
    if held := await _at_work(pool, target, do):
        return PutBack(End.HELD.value, size_of(pool).text, people=held)
    size = gently(pool, target.size)
    if pool.autoscaled and not is_same(size, target.size):
        return PutBack(End.SHRINKING.value, size.text, await put(pool, replace(target, size=size), do))
    end = End.RESTORED if is_same(target.size, target.own) else End.SHARED
    return PutBack(end.value, target.size.text, await put(pool, target, do))


async def _needed(pool: Pool, others: Sequence[PlannedEvent], do: Steps) -> PoolTarget:
    """Return the setting for the events that go on; the present one where it cannot be told what these need."""
    try:
        return await target_of(pool, others, do.reads)
    except UserError:
        return PoolTarget(own_size(pool), size_of(pool))


async def _at_work(pool: Pool, target: PoolTarget, do: Steps) -> tuple[str, ...]:
    """Return the users whose servers could end with nodes that Azure takes: an autoscaler takes empty ones alone."""
    if pool.autoscaled or target.size.count >= pool.count:
        return ()
    return tuple(server.user for server in await servers_on_pool(do.reads, pool.name))

"""The size of a pool while an event holds it larger, and what it was before: both are in a tag of the pool itself.

The size and the tag are one write, so that no crash can come between, and whoever finds the pool at another size than
the tag says knows that somebody else has set it since.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from clients.azure.aks import Pool
from commands.nodes.pools import SIZE_TAG, PoolSize, node_limit, size_of
from commands.ports.context import Reads

TAG: Final = "jhub-bot-event"
_WRITTEN: Final = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?_(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)


@dataclass(frozen=True)
class Hold:
    """What the pool was set to `before` an event, and what it was set to for it (`ours`)."""

    before: PoolSize
    ours: PoolSize


def hold_of(pool: Pool) -> Hold | None:
    """Return the hold that the pool's tag has; None without one, or where it cannot be read."""
    found = _WRITTEN.fullmatch(pool.tags.get(TAG, ""))
    return None if found is None else Hold(_size(found[1], found[2]), _size(found[3], found[4]))


def _size(first: str, last: str | None) -> PoolSize:
    return PoolSize(int(first), int(last), int(first)) if last else PoolSize(None, None, int(first))


def is_ours(pool: Pool) -> bool:
    """Return True if the pool still is as an event set it."""
    hold = hold_of(pool)
    return hold is not None and is_same(hold.ours, size_of(pool))


def own_size(pool: Pool) -> PoolSize:
    """Return the pool's own setting: what it was before the event that holds it, or else what it is set to."""
    hold = hold_of(pool)
    return hold.before if hold and is_ours(pool) else size_of(pool)


def is_same(one: PoolSize, other: PoolSize) -> bool:
    """Return True if both are the same setting; how many nodes an autoscaler has chosen does not count."""
    return one.tag == other.tag


def raised(own: PoolSize, nodes: int) -> PoolSize:
    """Return the setting that keeps at least so many nodes, and is the pool's own in all else."""
    if own.minimum is None or own.maximum is None:
        return PoolSize(None, None, max(own.count, nodes))
    least = max(own.minimum, nodes)
    return PoolSize(least, max(own.maximum, least), least)


def lowest(size: PoolSize) -> int:
    """Return how many nodes a pool with this setting keeps, whoever works there."""
    return size.count if size.minimum is None else size.minimum


def tags_for(pool: Pool, own: PoolSize, target: PoolSize) -> dict[str, str]:
    """Return the pool's tags once it is set to `target`: without a hold where that is its own setting.

    Where `scale` remembers what an event had set, it remembers the pool's own setting from then on: restored after the
    event, the event's would stay for ever.
    """
    others, hold = {name: value for name, value in pool.tags.items() if name != TAG}, hold_of(pool)
    if hold and others.get(SIZE_TAG) == hold.ours.tag:
        others[SIZE_TAG] = hold.before.tag
    return others if is_same(own, target) else {**others, TAG: f"{own.tag}_{target.tag}"}


def limit_of(pool: Pool, reads: Reads) -> int:
    """Return how many nodes one person may give the pool, whatever an event has set it to meanwhile."""
    own = own_size(pool)
    before = replace(pool, minimum=own.minimum, maximum=own.maximum, count=0 if own.maximum else own.count)
    return node_limit(before, reads.most_nodes)

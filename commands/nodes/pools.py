"""The cluster's node pools: which are for users, who is on them, and which earlier settings they remember."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from cards.views import Fact, Lines
from clients.azure.aks import Pool
from clients.kube import Node, Pod
from commands.framework.errors import UserError
from commands.kubernetes.components import ESSENTIAL
from commands.nodes.arguments import PoolName
from commands.ports.azure import AzureReads
from commands.ports.context import Reads

# z2jh 4.4, "core and user nodes": the label and the taint by which user servers find their nodes.
PURPOSE: Final = "hub.jupyter.org/node-purpose"
TAINT: Final = "hub.jupyter.org/dedicated=user:NoSchedule"
# The pool's tag with its earlier setting, while it is fixed at a count.
SIZE_TAG: Final = "jhub-bot-kept"
_OWN: Final = (*ESSENTIAL, "autohttps", "user-scheduler")
# As many names as a sentence has room for.
_NAMED: Final = 3
# As many of the longest names as fit on a line.
_IN_A_LINE: Final = 6


@dataclass(frozen=True)
class PoolSize:
    """A pool's size setting: an autoscaler's range, or a fixed `count` (both others None)."""

    minimum: int | None
    maximum: int | None
    count: int

    @property
    def text(self) -> str:
        """The setting in words."""
        return f"autoscaler {self.minimum}–{self.maximum}" if self.minimum is not None else f"fixed at {self.count}"

    @property
    def highest(self) -> int:
        """The most nodes that the pool can reach."""
        return max(self.count, self.maximum or 0)

    @property
    def tag(self) -> str:
        """The setting as the pool's tag stores it."""
        return f"{self.minimum}-{self.maximum}" if self.minimum is not None else str(self.count)


def azure(reads: Reads) -> AzureReads:
    """Return the read access to Azure. Raise UserError if none is configured."""
    if reads.azure is None:
        raise UserError("The bot does not know the cluster in Azure: azure.cluster is not set in its configuration.")
    return reads.azure


async def pool_of(reads: Reads, name: PoolName, line: str) -> Pool:
    """Return the pool of that name. Raise UserError with similar names, put into `line` in place of {}."""
    pools = await azure(reads).pools()
    found = next((pool for pool in pools if pool.name == name), None)
    if found is None:
        raise _no_pool(name, pools, line)
    return found


def _no_pool(name: str, pools: Sequence[Pool], line: str) -> UserError:
    names = [pool.name for pool in pools]
    near = get_close_matches(name, names, n=2, cutoff=0.4)
    hints = [line.format(one) for one in near] or ["/jhub nodes"]
    return UserError(f"There is no pool “{name}”. The pools are {', '.join(sorted(names))}.", *hints)


async def users_pool(reads: Reads, name: PoolName | None, line: str) -> Pool:
    """Return the named pool, or else the users' pool. Raise UserError if there is none or several."""
    if name is not None:
        return await pool_of(reads, name, line)
    found = [pool for pool in await azure(reads).pools() if is_for_users(pool)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            "Several pools are for users: name one with --pool.", *(line.format(pool.name) for pool in found)
        )
    raise UserError(f"No pool has the label {PURPOSE}=user: name one with --pool.", "/jhub nodes")


def is_for_users(pool: Pool) -> bool:
    """Return True if the chart's user servers are meant to run on the pool."""
    return pool.labels.get(PURPOSE) == "user"


def size_of(pool: Pool) -> PoolSize:
    """Return the pool's present size setting."""
    return PoolSize(pool.minimum, pool.maximum, pool.count)


def node_limit(pool: Pool, most: int) -> int:
    """Return how many nodes one person may give the pool: `most` if configured, else its present maximum.

    That is its autoscaler's maximum, even if it is only remembered while the pool is fixed at a count, or that count.
    """
    before = remembered_size(pool) or size_of(pool)
    return most or max(before.highest, pool.maximum or 0, pool.count)


def over_limit_reason(pool: str, size: str, highest: int, ceiling: int, reads: Reads, beside: str = "") -> str:
    """Return a sentence, with the price of a node, if `highest` exceeds the ceiling; else an empty string.

    `beside` says what has been subtracted from the ceiling already.
    """
    if highest <= ceiling:
        return ""
    price = {name.lower(): one for name, one in reads.cost.prices.items()}.get(size.lower()) if reads.cost else None
    money = f", each {price} {reads.cost.currency} an hour" if reads.cost and price is not None else ""
    return (
        f"{pool} could get {nodes_in_words(highest)} of {size}{money}; one person may give it up to {ceiling}{beside}."
    )


def is_within(size: PoolSize, count: int) -> bool:
    """Return True if an autoscaler with this range may choose the count."""
    return size.minimum is not None and size.maximum is not None and size.minimum <= count <= size.maximum


def larger_range_line(pools: Sequence[Pool]) -> str:
    """Return the line that gives the users' pool one node more; empty if it is not a single, autoscaled one."""
    user_pools = [pool for pool in pools if is_for_users(pool)]
    if len(user_pools) != 1 or user_pools[0].minimum is None or user_pools[0].maximum is None:
        return ""
    return f"/jhub autoscale {user_pools[0].name} {user_pools[0].minimum} {user_pools[0].maximum + 1}"


def remembered_size(pool: Pool) -> PoolSize | None:
    """Return the setting that the pool had before it was fixed at a count, or None if none is remembered."""
    first, dash, last = pool.tags.get(SIZE_TAG, "").partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        return None
    return PoolSize(int(first), int(last), int(first)) if dash else PoolSize(None, None, int(first))


def tags_without_size(pool: Pool) -> dict[str, str]:
    """Return the pool's tags without a remembered setting."""
    return {name: value for name, value in pool.tags.items() if name != SIZE_TAG}


def tags_with_size(pool: Pool) -> dict[str, str]:
    """Return the pool's tags with its present setting; one that is remembered already stays."""
    return dict(pool.tags) if remembered_size(pool) else {**pool.tags, SIZE_TAG: size_of(pool).tag}


def hub_components(nodes: Sequence[Node], pods: Sequence[Pod], pool: str) -> list[str]:
    """Return the hub's components that run on a pool's nodes, except what runs on every node."""
    names = {node.name for node in nodes if node.pool == pool}
    return sorted({pod.component for pod in pods if pod.node in names and pod.component in _OWN})


def names_in_words(users: Sequence[str]) -> str:
    """Return the users in words, the first few by name; `users_section` lists all if there are more."""
    names = list(dict.fromkeys(users))
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest


def users_section(users: Sequence[str]) -> tuple[Lines, ...]:
    """Return a section with all users if a sentence has no room for them."""
    names = list(dict.fromkeys(users))
    lines = tuple(", ".join(names[begin : begin + _IN_A_LINE]) for begin in range(0, len(names), _IN_A_LINE))
    return (Lines(lines, "Whose servers"),) if len(names) > _NAMED else ()


def running_pools(pools: Sequence[Pool]) -> list[Fact]:
    """Return the pools that have nodes, and so cost money."""
    running = [pool for pool in pools if pool.count]
    return [Fact(pool.name, f"{pool.count} × {pool.size}") for pool in running] or [Fact("Nodes", "none")]


def nodes_in_words(count: int) -> str:
    """Return a number of nodes in words."""
    return "1 node" if count == 1 else f"{count or 'no'} nodes"


def is_users(node: Node, pools: Sequence[Pool]) -> bool:
    """Return True if a node is labelled for users' servers, by itself or by its pool."""
    return node.purpose == "user" or any(pool.name == node.pool and is_for_users(pool) for pool in pools)

"""Whether a pool for users can have a node at all, and what helps if none can. Said of Azure's answers only."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from clients.azure.aks import Cluster, Pool
from clients.errors import Unavailable
from clients.helm import Release
from clients.kube import Node
from commands.framework.partial_results import attempt
from commands.kubernetes.problem import Step
from commands.nodes.auto_provisioning import provisions
from commands.nodes.pools import PURPOSE, is_for_users, remembered_size
from commands.ports.context import Reads


@dataclass(frozen=True)
class Shortage:
    """No pool for users can have a node. `blocks` is True if it is certain that nobody can start a server then."""

    fact: str
    blocks: bool
    advice: str
    step: Step

    @property
    def words(self) -> str:
        """What is so, what follows from it for the next start, and what helps."""
        if self.blocks:
            return f"Nobody can start a server: {self.fact}, and the values require the users’ nodes. {self.advice}"
        return f"No pool for users can have a node: {self.fact}. A server starts only if other nodes take it. " + (
            self.advice
        )


async def user_shortage(reads: Reads) -> Shortage | None:
    """Ask Azure and Kubernetes. Return None if a pool can have a node, or Azure does not say."""
    if reads.azure is None:
        return None
    pools, nodes = await asyncio.gather(
        attempt("Azure", reads.azure.pools()), attempt("Kubernetes", reads.kube.nodes())
    )
    return await shortage_of(pools, nodes, reads)


async def shortage_of(
    pools: Sequence[Pool] | Unavailable, nodes: Sequence[Node] | Unavailable, reads: Reads
) -> Shortage | None:
    """Return the shortage by those answers. What else decides is asked only if no pool for users can have a node."""
    if reads.azure is None or isinstance(pools, Unavailable) or any(map(_can_have_nodes, _of_users(pools))):
        return None
    cluster, live = await asyncio.gather(
        attempt("Azure", reads.azure.cluster()), attempt("Helm's record", reads.releases.deployed())
    )
    return shortage(pools, cluster, live, nodes)


def shortage(
    pools: Sequence[Pool],
    cluster: Cluster | Unavailable | None,
    live: Release | Unavailable | None,
    nodes: Sequence[Node] | Unavailable,
) -> Shortage | None:
    """Return that no pool for users can have a node, or None if one can or it is not known. Pure.

    Nodes for users that are of no such pool, and node auto-provisioning, take the servers instead.
    """
    users = _of_users(pools)
    if not isinstance(cluster, Cluster) or provisions(cluster) or any(map(_can_have_nodes, users)):
        return None
    names = {pool.name for pool in users}
    known = [] if isinstance(nodes, Unavailable) else nodes
    if any(node.purpose == "user" and node.pool not in names for node in known):
        return None
    required = requires_users_nodes(live)
    blocks = required and not isinstance(nodes, Unavailable)
    if users:
        return Shortage(" and ".join(map(_state, users)), blocks, *_remedy(users))
    create = Step("Create a pool", "/jhub pool create users")
    fact, advice = f"no pool has the label {PURPOSE}=user", f"{create.line} creates one."
    return Shortage(fact, blocks, advice, create) if required else None


def requires_users_nodes(live: Release | Unavailable | None) -> bool:
    """Return True if the live values let users' servers run on nodes for users only (z2jh 4.4, `matchNodePurpose`)."""
    if not isinstance(live, Release):
        return False
    if live.value("scheduling", "userPods", "nodeAffinity", "matchNodePurpose") == "require":
        return True
    return live.value("singleuser", "nodeSelector", PURPOSE) == "user"


def _of_users(pools: Sequence[Pool]) -> list[Pool]:
    return [pool for pool in pools if is_for_users(pool)]


def _can_have_nodes(pool: Pool) -> bool:
    return pool.power != "Stopped" and max(pool.count, pool.maximum or 0) > 0


def _state(pool: Pool) -> str:
    return f"{pool.name} is stopped" if pool.power == "Stopped" else f"{pool.name} is fixed at 0 nodes"


def _remedy(users: Sequence[Pool]) -> tuple[str, Step]:
    """Return what gives one of the pools nodes again, in words and to type."""
    fixed = [pool for pool in users if pool.power != "Stopped"]
    if not fixed:
        return "If that is not meant, start it in Azure (az aks nodepool start).", Step("Show nodes", "/jhub nodes")
    first = next((pool for pool in fixed if remembered_size(pool)), fixed[0])
    if remembered_size(first):
        line = "/jhub scale up" if len(users) == 1 else f"/jhub scale up --pool {first.name}"
        return f"If that is not meant, {line} restores it.", Step("Restore the pool", line)
    line = f"/jhub autoscale {first.name} 0 5"
    return f"If that is not meant, {line} gives it nodes as servers need them.", Step("Turn on the autoscaler", line)

"""The nodes of the node pools: they join and leave the sandbox's Kubernetes as pools change."""

from dataclasses import dataclass
from typing import Final

from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.azure.agent_pools import AgentPool
from sandbox.clock import Clock
from sandbox.scenario import bare_cluster

# From a node's cordon until it is removed; Azure drains for minutes.
_DRAIN_SECONDS: Final = 0.5


@dataclass(frozen=True)
class PoolNodes:
    """The nodes of one cluster, by pool."""

    store: Store
    clock: Clock

    def of(self, pool: AgentPool) -> list[Json]:
        """Return the nodes of a pool, sorted by name."""
        found = [node for node in self.store.list(NODE) if node["metadata"]["labels"].get("agentpool") == pool.name]
        return sorted(found, key=lambda node: str(node["metadata"]["name"]))

    async def resize(self, pool: AgentPool, count: int) -> None:
        """Cordon and remove the last nodes of a pool, or add nodes, until there are `count`."""
        there = self.of(pool)
        for node in reversed(there[count:]):
            self.cordon(node["metadata"]["name"])
        await self.clock.sleep(_DRAIN_SECONDS)
        for node in reversed(there[count:]):
            self.remove(node["metadata"]["name"])
        self.add(pool, count - len(there))

    def add(self, pool: AgentPool, count: int) -> None:
        """Add so many nodes to a pool, under the lowest free numbers; none if `more` is negative."""
        names = {node["metadata"]["name"] for node in self.of(pool)}
        number = 0
        for _ in range(max(0, count)):
            while pool.plan.node_name(number) in names:
                number += 1
            made = bare_cluster.node(pool.plan, number, self.clock.now())
            made["metadata"]["labels"] |= pool.labels
            self.store.create(NODE, None, made)
            names.add(made["metadata"]["name"])

    def remove(self, name: str) -> None:
        """Remove a node with all its pods, without grace."""
        for pod in self.store.list(POD):
            if pod["spec"].get("nodeName") == name:
                metadata = pod["metadata"]
                self.store.delete(POD, metadata["namespace"], metadata["name"], grace_seconds=0)
        self.store.remove(NODE, None, name)

    def cordon(self, name: str) -> None:
        """Let no more pods onto a node."""

        def change(node: Json) -> None:
            node["spec"]["unschedulable"] = True

        self.store.modify(NODE, None, name, change)

"""Azure Kubernetes Service, limited to what a hub's cluster needs: node pools, power state, add-ons, upgrades.

Microsoft.ContainerService 2026-08-01 by azure-mgmt-containerservice 41.8. Every write carries the etag of what was read
and returns a token, by which the operation can be awaited even after a restart.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from azure.core import MatchConditions

from clients.azure.aks_operations import HELP, finish, operation_token
from clients.azure.aks_reader import AksReader
from clients.azure.managed_cluster import Cluster, Pool
from clients.azure.pipeline import SYSTEM, changing, readable
from clients.errors import Conflict, NotFound

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import (
        AgentPoolManagedClusterAgentPoolProfileProperties,
        ManagedCluster,
        ManagedClusterAgentPoolProfile,
        ManagedClusterProperties,
    )

__all__ = ["Aks", "Cluster", "Pool"]


class Aks(AksReader):
    """A client of one managed cluster, which can change it.

    Every method raises Unavailable (Busy among it) and NotFound; one that changes something also raises Conflict and
    Rejected.
    """

    # Changing: each returns a token for `finish`

    async def scale(self, pool: Pool, count: int, tags: Mapping[str, str]) -> str:
        """Set the pool to exactly `count` nodes with the autoscaler off, and set these tags."""

        def change(its: "AgentPoolManagedClusterAgentPoolProfileProperties") -> None:
            its.enable_auto_scaling, its.min_count, its.max_count = False, None, None
            its.count, its.tags = count, dict(tags)

        return await self._put_pool(pool, change)

    async def autoscale(self, pool: Pool, minimum: int, maximum: int, count: int, tags: Mapping[str, str]) -> str:
        """Turn the autoscaler on between two counts, beginning with `count` unless it is on already; set these tags."""

        def change(its: "AgentPoolManagedClusterAgentPoolProfileProperties") -> None:
            its.enable_auto_scaling, its.min_count, its.max_count = True, minimum, maximum
            its.tags = dict(tags)
            # Azure takes no other count while the autoscaler is on; it moves the pool into its range by itself.
            its.count = its.count if pool.autoscaled else count

        return await self._put_pool(pool, change)

    async def create_pool(
        self, name: str, *, size: str, minimum: int, maximum: int, labels: Mapping[str, str], taints: tuple[str, ...]
    ) -> str:
        """Create a user pool that is autoscaled between two counts. No pool of that name may exist."""
        from azure.mgmt.containerservice import models  # noqa: PLC0415 - see `_client`

        its = models.AgentPoolManagedClusterAgentPoolProfileProperties(
            mode="User",
            vm_size=size,
            type_properties_type="VirtualMachineScaleSets",
            os_type="Linux",
            enable_auto_scaling=True,
            min_count=minimum,
            max_count=maximum,
            count=minimum,
            node_labels=dict(labels),
            node_taints=list(taints),
        )
        begin = self._client.agent_pools.begin_create_or_update
        async with self._changing():
            poller = await begin(
                self._group,
                self._name,
                name,
                models.AgentPool(properties=its),
                match_condition=MatchConditions.IfMissing,
            )
        return operation_token("pool", name, poller)

    async def delete_pool(self, pool: Pool) -> str:
        """Delete the pool and its nodes."""
        async with self._changing():
            poller = await self._client.agent_pools.begin_delete(
                self._group, self._name, pool.name, etag=pool.etag, match_condition=MatchConditions.IfNotModified
            )
        return operation_token("delete", pool.name, poller)

    async def disable_addon(self, cluster: Cluster, addon: str) -> str:
        """Turn an add-on off. The rest of the cluster stays as it was read."""

        def change(its: "ManagedClusterProperties") -> None:
            profiles = its.addon_profiles or {}
            if addon not in profiles:
                raise NotFound(f"{SYSTEM} does not know an add-on {addon} on this cluster")
            profiles[addon].enabled = False

        return await self._put_cluster(cluster, change)

    async def upgrade_control_plane(self, cluster: Cluster, version: str) -> str:
        """Upgrade the control plane to a version of Kubernetes. The node pools stay as they were read."""

        def change(its: "ManagedClusterProperties") -> None:
            its.kubernetes_version = version

        return await self._put_cluster(cluster, change)

    async def upgrade_pool(self, pool: Pool, version: str) -> str:
        """Upgrade the nodes of a pool to a version of Kubernetes, and to the newest image for it."""

        def change(its: "AgentPoolManagedClusterAgentPoolProfileProperties") -> None:
            its.orchestrator_version = version

        return await self._put_pool(pool, change)

    async def upgrade_image(self, pool: Pool) -> str:
        """Upgrade the nodes of a pool to the newest image for their version of Kubernetes."""
        async with self._changing():
            poller = await self._client.agent_pools.begin_upgrade_node_image_version(self._group, self._name, pool.name)
        return operation_token("image", pool.name, poller)

    async def stop(self) -> str:
        """Stop the cluster, its API server included."""
        async with self._changing():
            poller = await self._client.managed_clusters.begin_stop(self._group, self._name)
        return operation_token("stop", "", poller)

    async def start(self) -> str:
        """Start the cluster."""
        async with self._changing():
            poller = await self._client.managed_clusters.begin_start(self._group, self._name)
        return operation_token("start", "", poller)

    async def finish(self, token: str, *, within: float) -> None:
        """Wait until the operation is over, at most `within` seconds. Raise Rejected if it failed.

        A poll that fails for a moment is repeated. Raise Unavailable when the time is up: the operation continues at
        Azure and may be awaited again.
        """
        await finish(self._client, self._group, self._name, token, within=within)

    async def _put_cluster(self, cluster: Cluster, change: "Callable[[ManagedClusterProperties], None]") -> str:
        raw: ManagedCluster = await self._raw_cluster()
        with readable():
            if raw.e_tag != cluster.etag or raw.properties is None:
                raise Conflict("The cluster was changed in the meantime.")
            change(raw.properties)
            for pool in raw.properties.agent_pool_profiles or ():
                _leave_image(pool)
        async with self._changing():
            poller = await self._client.managed_clusters.begin_create_or_update(
                self._group, self._name, raw, etag=raw.e_tag, match_condition=MatchConditions.IfNotModified
            )
        return operation_token("cluster", "", poller)

    async def _put_pool(
        self, pool: Pool, change: "Callable[[AgentPoolManagedClusterAgentPoolProfileProperties], None]"
    ) -> str:
        raw = await self._raw_pool(pool.name)
        with readable():
            if raw.e_tag != pool.etag or raw.properties is None:
                raise Conflict(f"The node pool {pool.name} was changed in the meantime.")
            change(raw.properties)
            _leave_image(raw.properties)
        begin = self._client.agent_pools.begin_create_or_update
        async with self._changing():
            poller = await begin(
                self._group, self._name, pool.name, raw, etag=pool.etag, match_condition=MatchConditions.IfNotModified
            )
        return operation_token("pool", pool.name, poller)

    def _changing(self) -> AbstractAsyncContextManager[None]:
        return changing(self._timeout, HELP)


def _leave_image(pool: "AgentPoolManagedClusterAgentPoolProfileProperties | ManagedClusterAgentPoolProfile") -> None:
    """Leave the node image out of a write.

    Azure sends it with every pool, and takes it for the wish to go back to that image (`node_image_version` in
    azure-mgmt-containerservice 41.8).
    """
    pool.node_image_version = None

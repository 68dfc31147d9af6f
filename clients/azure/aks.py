"""Azure Kubernetes Service, limited to what a hub's cluster needs: node pools, power state, add-ons.

Microsoft.ContainerService 2026-08-01 by azure-mgmt-containerservice 41.8. Every write carries the etag of what was read
and returns a token, by which the operation can be awaited even after a restart.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from azure.core import MatchConditions

from clients.answers import UnreadableError
from clients.azure.aks_operations import HELP, finish, operation_token
from clients.azure.identity import Token
from clients.azure.managed_cluster import Cluster, Pool, cluster_of, pool_of
from clients.azure.pipeline import SYSTEM, SdkCredential, changing, listing, pipeline, readable, reading
from clients.errors import Conflict, NotFound

if TYPE_CHECKING:
    from azure.mgmt.containerservice.aio import ContainerServiceClient
    from azure.mgmt.containerservice.models import (
        AgentPool,
        AgentPoolManagedClusterAgentPoolProfileProperties,
        ManagedCluster,
    )

__all__ = ["Aks", "Cluster", "Pool"]

# Seconds between two polls of an operation, where Azure does not say how many.
_LOOK_EVERY: Final = 5.0
T = TypeVar("T")


class Aks:
    """A client of one managed cluster.

    Reads take at most `timeout` seconds; operations are polled every `look_every` seconds unless Azure names an
    interval. Every method raises Unavailable (Busy among it) and NotFound; one that changes something also raises
    Conflict and Rejected. `token` returns a bearer token for Azure Resource Manager and is called for each request.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        subscription_id: str,
        resource_group: str,
        cluster: str,
        timeout: float = 5.0,
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._group = resource_group
        self._name = cluster
        self._timeout = timeout
        self._subscription = subscription_id
        self._token = token
        self._how = {"base_url": base_url, "polling_interval": look_every, **pipeline(base_url, token)}

    @cached_property
    def _client(self) -> "ContainerServiceClient":
        from azure.mgmt.containerservice.aio import ContainerServiceClient  # noqa: PLC0415 - slow; a start needs none

        return ContainerServiceClient(SdkCredential(self._token), self._subscription, **self._how)

    def load(self) -> None:
        """Load the SDK ahead of the first request. It takes a while and may run in a thread."""
        assert self._client  # noqa: S101 - what makes it is wanted

    async def close(self) -> None:
        """Close the connections."""
        if "_client" in vars(self):
            await self._client.close()

    # Reading

    async def pools(self) -> list[Pool]:
        """Return the node pools in Azure's order."""

        async def listed() -> list[Pool]:
            found = self._client.agent_pools.list(self._group, self._name, raw_response_hook=listing)
            return [pool_of(one) async for one in found]

        return await self._read(listed)

    async def pool(self, name: str) -> Pool:
        """Return one node pool."""
        raw = await self._raw_pool(name)
        with readable():
            found = pool_of(raw)
            if found.name.casefold() != name.casefold():
                raise UnreadableError
            return found

    async def cluster(self) -> Cluster:
        """Return the managed cluster."""
        raw = await self._raw_cluster()
        with readable():
            found = cluster_of(raw)
            if found.name.casefold() != self._name.casefold():
                raise UnreadableError
            return found

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
        raw = await self._raw_cluster()
        with readable():
            if raw.e_tag != cluster.etag:
                raise Conflict("The cluster was changed in the meantime.")
            profiles = (raw.properties.addon_profiles if raw.properties else None) or {}
            if addon not in profiles:
                raise NotFound(f"{SYSTEM} does not know an add-on {addon} on this cluster")
            profiles[addon].enabled = False
        async with self._changing():
            poller = await self._client.managed_clusters.begin_create_or_update(
                self._group, self._name, raw, etag=raw.e_tag, match_condition=MatchConditions.IfNotModified
            )
        return operation_token("cluster", "", poller)

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

    async def _put_pool(
        self, pool: Pool, change: "Callable[[AgentPoolManagedClusterAgentPoolProfileProperties], None]"
    ) -> str:
        raw = await self._raw_pool(pool.name)
        with readable():
            if raw.e_tag != pool.etag or raw.properties is None:
                raise Conflict(f"The node pool {pool.name} was changed in the meantime.")
            change(raw.properties)
        begin = self._client.agent_pools.begin_create_or_update
        async with self._changing():
            poller = await begin(
                self._group, self._name, pool.name, raw, etag=pool.etag, match_condition=MatchConditions.IfNotModified
            )
        return operation_token("pool", pool.name, poller)

    async def _raw_pool(self, name: str) -> "AgentPool":
        return await self._read(lambda: self._client.agent_pools.get(self._group, self._name, name))

    async def _raw_cluster(self) -> "ManagedCluster":
        return await self._read(lambda: self._client.managed_clusters.get(self._group, self._name))

    async def _read(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await reading(ask, self._timeout)

    def _changing(self) -> AbstractAsyncContextManager[None]:
        return changing(self._timeout, HELP)

"""Reads of Azure Kubernetes Service: the cluster, its pools, and what they may be upgraded to.

Microsoft.ContainerService 2026-08-01 by azure-mgmt-containerservice 41.8.
"""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from clients.answers import UnreadableError
from clients.azure.cluster_upgrades import (
    Maintenance,
    MinorVersion,
    UpgradeProfile,
    control_plane_profile,
    maintenance_of,
    minor_versions,
    pool_profile,
)
from clients.azure.identity import Token
from clients.azure.managed_cluster import Cluster, Pool, cluster_of, pool_of
from clients.azure.pipeline import SdkCredential, listing, pipeline, readable, reading

if TYPE_CHECKING:
    from azure.mgmt.containerservice.aio import ContainerServiceClient
    from azure.mgmt.containerservice.models import AgentPool, ManagedCluster

# Seconds between two polls of an operation, where Azure does not say how many.
_LOOK_EVERY: Final = 5.0
T = TypeVar("T")


class AksReader:
    """A reader of one managed cluster.

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

    async def upgrades(self) -> UpgradeProfile:
        """Return what the control plane may be upgraded to."""
        raw = await self._read(lambda: self._client.managed_clusters.get_upgrade_profile(self._group, self._name))
        with readable():
            return control_plane_profile(raw)

    async def pool_upgrades(self, name: str) -> UpgradeProfile:
        """Return what a node pool may be upgraded to, and its newest node image."""
        raw = await self._read(lambda: self._client.agent_pools.get_upgrade_profile(self._group, self._name, name))
        with readable():
            return pool_profile(raw)

    async def kubernetes_versions(self, location: str) -> tuple[MinorVersion, ...]:
        """Return the minor versions of Kubernetes that a region has, with their support plans."""
        raw = await self._read(lambda: self._client.managed_clusters.list_kubernetes_versions(location))
        with readable():
            return minor_versions(raw)

    async def maintenance(self) -> list[Maintenance]:
        """Return the cluster's maintenance windows."""

        async def listed() -> list[Maintenance]:
            found = self._client.maintenance_configurations.list_by_managed_cluster(
                self._group, self._name, raw_response_hook=listing
            )
            return [maintenance_of(one) async for one in found]

        return await self._read(listed)

    async def _raw_pool(self, name: str) -> "AgentPool":
        return await self._read(lambda: self._client.agent_pools.get(self._group, self._name, name))

    async def _raw_cluster(self) -> "ManagedCluster":
        return await self._read(lambda: self._client.managed_clusters.get(self._group, self._name))

    async def _read(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await reading(ask, self._timeout)

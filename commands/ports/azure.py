"""Interfaces to Azure: node pools, the Azure Bot, quota, costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from clients.azure.aks import Cluster, Pool
from clients.azure.cluster_upgrades import Maintenance, MinorVersion, UpgradeProfile
from clients.azure.compute import Quota
from commands.ports.usage import CostRules, HubUsage


class AzureReads(Protocol):
    """Reads of the managed cluster. Every method raises Unavailable."""

    async def pools(self) -> list[Pool]:
        """Return the node pools in Azure's order."""

    async def pool(self, name: str) -> Pool:
        """Return one node pool. Raise NotFound."""

    async def cluster(self) -> Cluster:
        """Return the managed cluster."""

    async def upgrades(self) -> UpgradeProfile:
        """Return what the control plane may be upgraded to."""

    async def pool_upgrades(self, name: str) -> UpgradeProfile:
        """Return what a node pool may be upgraded to, and its newest node image. Raise NotFound."""

    async def kubernetes_versions(self, location: str) -> tuple[MinorVersion, ...]:
        """Return the minor versions of Kubernetes that a region has, with their support plans."""

    async def maintenance(self) -> list[Maintenance]:
        """Return the cluster's maintenance windows."""


class BotServiceReads(Protocol):
    """Reads of the Azure Bot. Every method raises Unavailable and NotFound."""

    async def channels(self) -> Sequence[str]:
        """Return the names of the channels that are enabled, such as MsTeamsChannel, sorted."""


class QuotaReads(Protocol):
    """Reads of the subscription's quota. Every method raises Unavailable."""

    async def quota(self, location: str, size: str) -> Quota:
        """Return the quotas for a VM size in a region. Raise NotFound for a size that the region does not have."""


@dataclass(frozen=True)
class PoolObservation:
    """Observations of a pool's nodes of one size: node-hours, and node-hours saved by holding its count lower.

    `unclear` is the number of hours for which it was held lower without a record of the count before.
    """

    pool: str
    size: str
    hours: Decimal
    spared: Decimal
    unclear: Decimal


@dataclass(frozen=True)
class NodeHours:
    """Observations of all nodes: `hours` is how long was observed, since `first` (None: never) at the earliest."""

    first: datetime | None
    hours: Decimal
    pools: tuple[PoolObservation, ...]


class CostReads(Protocol):
    """Observed use of nodes, servers and homes, and what it costs."""

    @property
    def currency(self) -> str:
        """The currency of the prices."""

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """The price of a node for an hour, by the size of its machine; empty where none is configured."""

    @property
    def rules(self) -> CostRules:
        """Prices of disks, the budget, and what a person may use."""

    async def seen(self, since: datetime) -> NodeHours:
        """Return what was observed of pools since then. Raise Unavailable."""

    async def used(self, first: date, last: date) -> HubUsage:
        """Return what servers and homes used on the days from `first` to `last`, both included. Raise Unavailable."""


class AzureWrites(Protocol):
    """Changes in Azure, for `apply`. A method that begins an operation returns a token for `finish`.

    Every method raises Unavailable, NotFound, Conflict where the object was changed since it was read, and Rejected.
    """

    async def scale(self, pool: Pool, count: int, tags: Mapping[str, str]) -> str:
        """Begin to set the pool to exactly `count` nodes, with the autoscaler off and these tags. Return a token."""

    async def autoscale(self, pool: Pool, minimum: int, maximum: int, count: int, tags: Mapping[str, str]) -> str:
        """Begin to turn the autoscaler on between two counts, and to set these tags. Return a token.

        It begins with `count` unless the autoscaler is on already.
        """

    async def create_pool(
        self, name: str, *, size: str, minimum: int, maximum: int, labels: Mapping[str, str], taints: tuple[str, ...]
    ) -> str:
        """Begin to create a user pool that is autoscaled between two counts. Return a token."""

    async def delete_pool(self, pool: Pool) -> str:
        """Begin to delete the pool and its nodes. Return a token."""

    async def disable_addon(self, cluster: Cluster, addon: str) -> str:
        """Begin to turn an add-on off. Return a token."""

    async def upgrade_control_plane(self, cluster: Cluster, version: str) -> str:
        """Begin to upgrade the control plane, and no node pool, to a version of Kubernetes. Return a token."""

    async def upgrade_pool(self, pool: Pool, version: str) -> str:
        """Begin to upgrade the nodes of a pool to a version of Kubernetes and its newest image. Return a token."""

    async def upgrade_image(self, pool: Pool) -> str:
        """Begin to upgrade the nodes of a pool to the newest image for their version. Return a token."""

    async def stop(self) -> str:
        """Begin to stop the cluster, its API server included. Return a token."""

    async def start(self) -> str:
        """Begin to start the cluster. Return a token."""

    async def finish(self, token: str, *, within: float) -> None:
        """Wait until an operation is over, at most `within` seconds. Raise Rejected if it failed.

        Raise Unavailable when the time is up: the operation continues, and may be awaited again by the same token.
        """

"""What commands may ask of Azure: pools, quota, costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from clients.azure.aks import Cluster, Pool
from clients.azure.compute import Quota


class AzureReads(Protocol):
    """What commands ask of Azure about the cluster. Every method raises Unavailable."""

    async def pools(self) -> list[Pool]:
        """The node pools."""

    async def pool(self, name: str) -> Pool:
        """One node pool. Raises NotFound."""

    async def cluster(self) -> Cluster:
        """The cluster itself."""


class BotServiceReads(Protocol):
    """What commands ask of Azure about the Azure Bot. Every method raises Unavailable, NotFound."""

    async def channels(self) -> Sequence[str]:
        """The names of the channels that are on, such as MsTeamsChannel."""


class QuotaReads(Protocol):
    """What commands ask of Azure about the subscription's quota. Raises Unavailable."""

    async def quota(self, location: str, size: str) -> Quota:
        """What bounds the number of machines of a VM size in a region. Raises NotFound for a size that is not there."""


@dataclass(frozen=True)
class PoolSeen:
    """What was seen of a pool's nodes of one size: node-hours there, and node-hours spared by holding it lower.

    `unclear` is for how many hours it was held without anybody knowing what it had before.
    """

    pool: str
    size: str
    hours: Decimal
    spared: Decimal
    unclear: Decimal


@dataclass(frozen=True)
class NodeHours:
    """What the bot has seen of the nodes: `hours` of looking, since `first` (None: never) at the earliest."""

    first: datetime | None
    hours: Decimal
    pools: tuple[PoolSeen, ...]


class CostReads(Protocol):
    """How many nodes there were, and what they cost."""

    @property
    def currency(self) -> str:
        """The currency of the prices."""

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """What a node costs in an hour, by the size of its machine; empty where nothing is configured."""

    async def seen(self, since: datetime) -> NodeHours:
        """What was seen since then. Raises Unavailable."""


class AzureWrites(Protocol):
    """What `apply` may ask of Azure. What begins an operation returns a token for `finish`.

    Every method raises Unavailable, NotFound, Conflict where the thing was changed since it was read, and Rejected.
    """

    async def scale(self, pool: Pool, count: int, tags: Mapping[str, str]) -> str:
        """Have exactly `count` nodes, the autoscaler off, and these tags on the pool."""

    async def autoscale(self, pool: Pool, minimum: int, maximum: int, count: int, tags: Mapping[str, str]) -> str:
        """Let the autoscaler keep the pool between two counts, beginning with `count`, and have these tags on it."""

    async def create_pool(
        self, name: str, *, size: str, minimum: int, maximum: int, labels: Mapping[str, str], taints: tuple[str, ...]
    ) -> str:
        """Make a user pool that the autoscaler keeps between two counts."""

    async def delete_pool(self, pool: Pool) -> str:
        """Take the pool away with its nodes."""

    async def disable_addon(self, cluster: Cluster, addon: str) -> str:
        """Turn an add-on off."""

    async def stop(self) -> str:
        """Stop the cluster, its API server too."""

    async def start(self) -> str:
        """Start the cluster."""

    async def finish(self, token: str, *, within: float) -> None:
        """Wait until an operation is over, at most `within` seconds; Rejected where it failed."""

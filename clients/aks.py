"""Azure Kubernetes Service, as far as a hub's cluster goes: its pools, its power, its add-ons.

Microsoft.ContainerService 2026-08-01 by azure-mgmt-containerservice 41.8. Every write carries the etag of what was
read, and answers with a token by which the operation is waited for, after a restart as well.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from azure.core import MatchConditions
from azure.core.polling import AsyncLROPoller
from azure.mgmt.containerservice.aio import ContainerServiceClient
from azure.mgmt.containerservice.models import (
    AgentPool,
    AgentPoolManagedClusterAgentPoolProfileProperties,
    ManagedCluster,
)

from clients.azure_pipeline import SYSTEM, Credential, changing, pipeline, reading, translated
from clients.errors import Conflict, NotFound, Unavailable
from clients.identity import Token

# Seconds between two looks at an operation, where Azure does not say how many; and after a look that failed.
_LOOK_EVERY: Final = 5.0
_LOOK_AGAIN: Final = 3.0
T = TypeVar("T")


@dataclass(frozen=True)
class Pool:
    """A node pool. `minimum` and `maximum` are the autoscaler's, None while it is off; `state` is Azure's word."""

    name: str
    mode: str
    size: str
    count: int
    minimum: int | None
    maximum: int | None
    state: str
    power: str
    version: str
    labels: Mapping[str, str]
    taints: tuple[str, ...]
    tags: Mapping[str, str]
    etag: str

    @property
    def autoscaled(self) -> bool:
        """Whether the cluster autoscaler may change its count."""
        return self.minimum is not None

    @property
    def is_system(self) -> bool:
        """Whether it must keep a node."""
        return self.mode == "System"


@dataclass(frozen=True)
class Cluster:
    """The managed cluster. `power` is "Running" or "Stopped"; `addons` says of each whether it is on."""

    name: str
    state: str
    power: str
    version: str
    location: str
    tier: str
    addons: Mapping[str, bool]
    etag: str


class Aks:
    """One managed cluster.

    Reads take at most `timeout` seconds; operations are looked at every `look_every` seconds unless Azure says how
    often. Every method raises Unavailable (Busy among it) and NotFound; what changes something also raises Conflict and
    Rejected. `token` gives a bearer token for Azure Resource Manager and is asked for each request.
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
        self._client = ContainerServiceClient(
            Credential(token),
            subscription_id,
            base_url=base_url,
            polling_interval=look_every,
            **pipeline(base_url, token),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    # Reading

    async def pools(self) -> list[Pool]:
        """The node pools, as Azure lists them."""

        async def listed() -> list[Pool]:
            return [_pool(one) async for one in self._client.agent_pools.list(self._group, self._name)]

        return await self._read(listed)

    async def pool(self, name: str) -> Pool:
        """One node pool."""
        return _pool(await self._raw_pool(name))

    async def cluster(self) -> Cluster:
        """The cluster itself."""
        return _cluster(await self._raw_cluster())

    # Changing: each returns a token for `finish`

    async def scale(self, pool: Pool, count: int, tags: Mapping[str, str]) -> str:
        """Have exactly `count` nodes, the autoscaler off, and these tags."""

        def change(its: AgentPoolManagedClusterAgentPoolProfileProperties) -> None:
            its.enable_auto_scaling, its.min_count, its.max_count = False, None, None
            its.count, its.tags = count, dict(tags)

        return await self._put_pool(pool, change)

    async def autoscale(self, pool: Pool, minimum: int, maximum: int, count: int, tags: Mapping[str, str]) -> str:
        """Let the autoscaler keep the pool between two counts, beginning with `count` unless it does so already."""

        def change(its: AgentPoolManagedClusterAgentPoolProfileProperties) -> None:
            its.enable_auto_scaling, its.min_count, its.max_count = True, minimum, maximum
            its.tags = dict(tags)
            # Azure takes no other count while the autoscaler is on; it moves the pool into its range by itself.
            its.count = its.count if pool.autoscaled else count

        return await self._put_pool(pool, change)

    async def create_pool(
        self, name: str, *, size: str, minimum: int, maximum: int, labels: Mapping[str, str], taints: tuple[str, ...]
    ) -> str:
        """Make a user pool that the autoscaler keeps between two counts. One of that name must not be there."""
        its = AgentPoolManagedClusterAgentPoolProfileProperties(
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
                self._group, self._name, name, AgentPool(properties=its), match_condition=MatchConditions.IfMissing
            )
        return _token("pool", name, poller)

    async def delete_pool(self, pool: Pool) -> str:
        """Take the pool away with its nodes."""
        async with self._changing():
            poller = await self._client.agent_pools.begin_delete(
                self._group, self._name, pool.name, etag=pool.etag, match_condition=MatchConditions.IfNotModified
            )
        return _token("delete", pool.name, poller)

    async def disable_addon(self, cluster: Cluster, addon: str) -> str:
        """Turn an add-on off. The rest of the cluster stays as it was read."""
        raw = await self._raw_cluster()
        if raw.e_tag != cluster.etag:
            raise Conflict("The cluster was changed meanwhile.")
        profiles = (raw.properties.addon_profiles if raw.properties else None) or {}
        if addon not in profiles:
            raise NotFound(f"{SYSTEM} knows no add-on {addon} on this cluster")
        profiles[addon].enabled = False
        async with self._changing():
            poller = await self._client.managed_clusters.begin_create_or_update(
                self._group, self._name, raw, etag=raw.e_tag, match_condition=MatchConditions.IfNotModified
            )
        return _token("cluster", "", poller)

    async def stop(self) -> str:
        """Stop the cluster, its API server too."""
        async with self._changing():
            poller = await self._client.managed_clusters.begin_stop(self._group, self._name)
        return _token("stop", "", poller)

    async def start(self) -> str:
        """Start the cluster."""
        async with self._changing():
            poller = await self._client.managed_clusters.begin_start(self._group, self._name)
        return _token("start", "", poller)

    async def finish(self, token: str, *, within: float) -> None:
        """Wait until the operation is over, at most `within` seconds. Raises Rejected where it failed.

        A look that fails for a moment is taken again. Raises Unavailable when the time is over: the operation goes
        on at Azure, and may be waited for again.
        """
        until = time.monotonic() + within
        while True:
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, until - time.monotonic())):
                    await self._finished(json.loads(token))
            except TimeoutError:
                raise Unavailable(SYSTEM, f"has not finished within {within / 60:.0f} minutes") from None
            except Unavailable:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(_LOOK_AGAIN)
                continue
            return

    async def _finished(self, known: Mapping[str, str]) -> None:
        pools, clusters = self._client.agent_pools, self._client.managed_clusters
        group, name, pool, token = self._group, self._name, known["pool"], known["token"]
        async with translated(_HELP):
            poller: AsyncLROPoller[Any]
            match known["kind"]:
                case "pool":
                    poller = await pools.begin_create_or_update(
                        group, name, pool, AgentPool(), continuation_token=token
                    )
                case "delete":
                    poller = await pools.begin_delete(group, name, pool, continuation_token=token)
                case "cluster":
                    poller = await clusters.begin_create_or_update(
                        group, name, ManagedCluster(location=""), continuation_token=token
                    )
                case "stop":
                    poller = await clusters.begin_stop(group, name, continuation_token=token)
                case _:
                    poller = await clusters.begin_start(group, name, continuation_token=token)
            await poller.result()

    async def _put_pool(
        self, pool: Pool, change: Callable[[AgentPoolManagedClusterAgentPoolProfileProperties], None]
    ) -> str:
        raw = await self._raw_pool(pool.name)
        if raw.e_tag != pool.etag or raw.properties is None:
            raise Conflict(f"The pool {pool.name} was changed meanwhile.")
        change(raw.properties)
        begin = self._client.agent_pools.begin_create_or_update
        async with self._changing():
            poller = await begin(
                self._group, self._name, pool.name, raw, etag=pool.etag, match_condition=MatchConditions.IfNotModified
            )
        return _token("pool", pool.name, poller)

    async def _raw_pool(self, name: str) -> AgentPool:
        return await self._read(lambda: self._client.agent_pools.get(self._group, self._name, name))

    async def _raw_cluster(self) -> ManagedCluster:
        return await self._read(lambda: self._client.managed_clusters.get(self._group, self._name))

    async def _read(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await reading(ask, self._timeout)

    def _changing(self) -> AbstractAsyncContextManager[None]:
        return changing(self._timeout, _HELP)


def _token(kind: str, pool: str, poller: AsyncLROPoller[Any]) -> str:
    return json.dumps({"kind": kind, "pool": pool, "token": poller.continuation_token()})


# Codes of Azure Kubernetes Service and Azure Compute ("Troubleshoot AKS cluster creation and scaling") and what helps.
_HELP: Final = {
    "quota": "The subscription's quota of cores is used up: have it raised in the portal, or use fewer nodes.",
    "allocation": "Azure has no such machines free there now: try again later, or with another size.",
    "vmsizenotsupported": "The subscription may not have that machine size there: take another.",
    "skunotavailable": "The subscription may not have that machine size there: take another.",
    "subnetisfull": "The subnet has no addresses left for more nodes.",
}


def _word(told: Enum | str | None, default: str) -> str:
    """Azure's word; the SDK makes enums of those it knows."""
    return str(told.value if isinstance(told, Enum) else told or default)


def _pool(raw: AgentPool) -> Pool:
    its = raw.properties or AgentPoolManagedClusterAgentPoolProfileProperties()
    autoscaled = its.enable_auto_scaling is True
    return Pool(
        name=raw.name or "",
        mode=_word(its.mode, "User"),
        size=its.vm_size or "",
        count=its.count or 0,
        minimum=(its.min_count or 0) if autoscaled else None,
        maximum=(its.max_count or 0) if autoscaled else None,
        state=its.provisioning_state or "",
        power=_word(its.power_state.code if its.power_state else None, "Running"),
        version=its.current_orchestrator_version or its.orchestrator_version or "",
        labels=dict(its.node_labels or {}),
        taints=tuple(its.node_taints or ()),
        tags=dict(its.tags or {}),
        etag=its.e_tag or "",
    )


def _cluster(raw: ManagedCluster) -> Cluster:
    its = raw.properties
    profiles = (its.addon_profiles if its else None) or {}
    return Cluster(
        name=raw.name or "",
        state=(its.provisioning_state if its else "") or "",
        power=_word(its.power_state.code if its and its.power_state else None, "Running"),
        version=(its.current_kubernetes_version if its else "") or "",
        location=raw.location or "",
        tier=_word(raw.sku.tier if raw.sku else None, ""),
        addons={name: profile.enabled is True for name, profile in profiles.items()},
        etag=raw.e_tag or "",
    )

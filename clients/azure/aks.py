"""Azure Kubernetes Service, limited to what a hub's cluster needs: node pools, power state, add-ons.

Microsoft.ContainerService 2026-08-01 by azure-mgmt-containerservice 41.8. Every write carries the etag of what was read
and returns a token, by which the operation can be awaited even after a restart.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from azure.core import MatchConditions

from clients.answers import Json, UnreadableError, texts, typed
from clients.azure.identity import Token
from clients.azure.pipeline import SYSTEM, SdkCredential, changing, listing, pipeline, readable, reading, translated
from clients.errors import Conflict, NotFound, Unavailable

if TYPE_CHECKING:
    from azure.core.polling import AsyncLROPoller
    from azure.mgmt.containerservice.aio import ContainerServiceClient
    from azure.mgmt.containerservice.models import (
        AgentPool,
        AgentPoolManagedClusterAgentPoolProfileProperties,
        ManagedCluster,
    )

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
        """True if the cluster autoscaler may change the count."""
        return self.minimum is not None

    @property
    def is_system(self) -> bool:
        """True if the pool must keep at least one node."""
        return self.mode == "System"


@dataclass(frozen=True)
class Cluster:
    """The managed cluster. `power` is "Running" or "Stopped"; `addons` maps each add-on to True if it is enabled."""

    name: str
    state: str
    power: str
    version: str
    location: str
    tier: str
    addons: Mapping[str, bool]
    etag: str


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
            return [_pool(one) async for one in found]

        return await self._read(listed)

    async def pool(self, name: str) -> Pool:
        """Return one node pool."""
        raw = await self._raw_pool(name)
        with readable():
            found = _pool(raw)
            if found.name.casefold() != name.casefold():
                raise UnreadableError
            return found

    async def cluster(self) -> Cluster:
        """Return the managed cluster."""
        raw = await self._raw_cluster()
        with readable():
            found = _cluster(raw)
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
        return _token("pool", name, poller)

    async def delete_pool(self, pool: Pool) -> str:
        """Delete the pool and its nodes."""
        async with self._changing():
            poller = await self._client.agent_pools.begin_delete(
                self._group, self._name, pool.name, etag=pool.etag, match_condition=MatchConditions.IfNotModified
            )
        return _token("delete", pool.name, poller)

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
        return _token("cluster", "", poller)

    async def stop(self) -> str:
        """Stop the cluster, its API server included."""
        async with self._changing():
            poller = await self._client.managed_clusters.begin_stop(self._group, self._name)
        return _token("stop", "", poller)

    async def start(self) -> str:
        """Start the cluster."""
        async with self._changing():
            poller = await self._client.managed_clusters.begin_start(self._group, self._name)
        return _token("start", "", poller)

    async def finish(self, token: str, *, within: float) -> None:
        """Wait until the operation is over, at most `within` seconds. Raise Rejected if it failed.

        A poll that fails for a moment is repeated. Raise Unavailable when the time is up: the operation continues at
        Azure and may be awaited again.
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
        from azure.mgmt.containerservice import models  # noqa: PLC0415 - see `_client`

        pools, clusters = self._client.agent_pools, self._client.managed_clusters
        group, name, pool, token = self._group, self._name, known["pool"], known["token"]
        async with translated(_HELP):
            poller: AsyncLROPoller[Any]
            match known["kind"]:
                case "pool":
                    poller = await pools.begin_create_or_update(
                        group, name, pool, models.AgentPool(), continuation_token=token
                    )
                case "delete":
                    poller = await pools.begin_delete(group, name, pool, continuation_token=token)
                case "cluster":
                    poller = await clusters.begin_create_or_update(
                        group, name, models.ManagedCluster(location=""), continuation_token=token
                    )
                case "stop":
                    poller = await clusters.begin_stop(group, name, continuation_token=token)
                case _:
                    poller = await clusters.begin_start(group, name, continuation_token=token)
            await poller.result()

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
        return _token("pool", pool.name, poller)

    async def _raw_pool(self, name: str) -> "AgentPool":
        return await self._read(lambda: self._client.agent_pools.get(self._group, self._name, name))

    async def _raw_cluster(self) -> "ManagedCluster":
        return await self._read(lambda: self._client.managed_clusters.get(self._group, self._name))

    async def _read(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await reading(ask, self._timeout)

    def _changing(self) -> AbstractAsyncContextManager[None]:
        return changing(self._timeout, _HELP)


def _token(kind: str, pool: str, poller: "AsyncLROPoller[Any]") -> str:
    return json.dumps({"kind": kind, "pool": pool, "token": poller.continuation_token()})


# Codes of Azure Kubernetes Service and Azure Compute ("Troubleshoot AKS cluster creation and scaling") and what helps.
_HELP: Final = {
    "registration": "The subscription is not registered for that resource provider: have that done in the portal.",
    "quota": "The subscription's core quota is used up: have it raised in the portal, or use fewer nodes.",
    "allocation": "Azure has no such machines available there right now: try again later, or choose another size.",
    "vmsizenotsupported": "The subscription may not use that machine size there: choose another size.",
    "skunotavailable": "The subscription may not use that machine size there: choose another size.",
    "subnetisfull": "The subnet has no addresses left for more nodes.",
}


def _pool(raw: "AgentPool") -> Pool:
    """Return a pool from the JSON that Azure sent. Raise UnreadableError for anything that is not a pool."""
    told = raw.as_dict()
    its = typed(told, "properties", dict, {})
    autoscaled = typed(its, "enableAutoScaling", bool, False)
    return Pool(
        name=_name(told),
        mode=typed(its, "mode", str, "User"),
        size=typed(its, "vmSize", str, ""),
        count=typed(its, "count", int, 0),
        minimum=typed(its, "minCount", int, 0) if autoscaled else None,
        maximum=typed(its, "maxCount", int, 0) if autoscaled else None,
        state=typed(its, "provisioningState", str, ""),
        power=_power(its),
        version=typed(its, "currentOrchestratorVersion", str, "") or typed(its, "orchestratorVersion", str, ""),
        labels=_texts(its, "nodeLabels"),
        taints=tuple(texts(its, "nodeTaints")),
        tags=_texts(its, "tags"),
        etag=typed(its, "eTag", str, ""),
    )


def _cluster(raw: "ManagedCluster") -> Cluster:
    """Return a cluster from the JSON that Azure sent. Raise UnreadableError for anything that is not a cluster."""
    told = raw.as_dict()
    its = typed(told, "properties", dict, {})
    profiles = typed(its, "addonProfiles", dict, {})
    return Cluster(
        name=_name(told),
        state=typed(its, "provisioningState", str, ""),
        power=_power(its),
        version=typed(its, "currentKubernetesVersion", str, ""),
        location=typed(told, "location", str, ""),
        tier=typed(typed(told, "sku", dict, {}), "tier", str, ""),
        addons={name: typed(profiles, name, dict, {}).get("enabled") is True for name in profiles},
        etag=typed(told, "eTag", str, ""),
    )


def _name(told: Json) -> str:
    if not (found := typed(told, "name", str, "")):
        raise UnreadableError
    return found


def _power(its: Json) -> str:
    return typed(typed(its, "powerState", dict, {}), "code", str, "") or "Running"


def _texts(its: Json, name: str) -> dict[str, str]:
    found = typed(its, name, dict, {})
    return {key: typed(found, key, str, "") for key in found}

"""A managed cluster and its node pools as plain data, from the JSON that Azure sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clients.answers import Json, UnreadableError, texts, typed

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import (
        AgentPool,
        ManagedCluster,
    )


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


def pool_of(raw: "AgentPool") -> Pool:
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


def cluster_of(raw: "ManagedCluster") -> Cluster:
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

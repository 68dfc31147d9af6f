"""A managed cluster and its node pools as plain data, from the JSON that Azure sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clients.answers import Json, UnreadableError, texts, typed

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import (
        AgentPool,
        ManagedCluster,
    )

# Minutes that an upgrade waits for a node's pods, unless the pool says otherwise (azure-mgmt-containerservice 41.8,
# AgentPoolUpgradeSettings).
DRAIN_MINUTES: Final = 30


@dataclass(frozen=True)
class Pool:
    """A node pool. `minimum` and `maximum` are the autoscaler's, None while it is off; `state` is Azure's word.

    `image` is the version of its node image. `surge` is how many nodes an upgrade adds, a number or a percentage of the
    pool, and `unavailable` how many it takes away instead; each is empty where Azure names none. `drain_minutes` is how
    long an upgrade waits for a node's pods to leave. `max_pods` is how many pods a node of it takes, 0 where Azure does
    not say.
    """

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
    image: str = ""
    surge: str = ""
    unavailable: str = ""
    drain_minutes: int = DRAIN_MINUTES
    max_pods: int = 0

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
    """The managed cluster. `power` is "Running" or "Stopped"; `addons` maps each add-on to True if it is enabled.

    `plan` is its support plan, "KubernetesOfficial" or "AKSLongTermSupport"; `channel` and `image_channel` name what
    Azure upgrades by itself, Kubernetes and the nodes' images, "none" where it does not. `automatic` is True for an AKS
    Automatic cluster, `provisions` for one whose nodes come from node auto-provisioning (Karpenter).
    """

    name: str
    state: str
    power: str
    version: str
    location: str
    tier: str
    addons: Mapping[str, bool]
    etag: str
    plan: str = "KubernetesOfficial"
    channel: str = "none"
    image_channel: str = "none"
    automatic: bool = False
    provisions: bool = False


def pool_of(raw: "AgentPool") -> Pool:
    """Return a pool from the JSON that Azure sent. Raise UnreadableError for anything that is not a pool."""
    told = raw.as_dict()
    its = typed(told, "properties", dict, {})
    autoscaled = typed(its, "enableAutoScaling", bool, False)
    upgrades = typed(its, "upgradeSettings", dict, {})
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
        image=typed(its, "nodeImageVersion", str, ""),
        surge=typed(upgrades, "maxSurge", str, ""),
        unavailable=typed(upgrades, "maxUnavailable", str, ""),
        drain_minutes=typed(upgrades, "drainTimeoutInMinutes", int, DRAIN_MINUTES),
        max_pods=typed(its, "maxPods", int, 0),
    )


def cluster_of(raw: "ManagedCluster") -> Cluster:
    """Return a cluster from the JSON that Azure sent. Raise UnreadableError for anything that is not a cluster."""
    told = raw.as_dict()
    its = typed(told, "properties", dict, {})
    profiles, sku = typed(its, "addonProfiles", dict, {}), typed(told, "sku", dict, {})
    channels = typed(its, "autoUpgradeProfile", dict, {})
    return Cluster(
        name=_name(told),
        state=typed(its, "provisioningState", str, ""),
        power=_power(its),
        version=typed(its, "currentKubernetesVersion", str, ""),
        location=typed(told, "location", str, ""),
        tier=typed(sku, "tier", str, ""),
        addons={name: typed(profiles, name, dict, {}).get("enabled") is True for name in profiles},
        etag=typed(told, "eTag", str, ""),
        plan=typed(its, "supportPlan", str, "") or "KubernetesOfficial",
        channel=typed(channels, "upgradeChannel", str, "") or "none",
        image_channel=typed(channels, "nodeOSUpgradeChannel", str, "") or "none",
        automatic=typed(sku, "name", str, "") == "Automatic",
        provisions=typed(typed(its, "nodeProvisioningProfile", dict, {}), "mode", str, "") == "Auto",
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

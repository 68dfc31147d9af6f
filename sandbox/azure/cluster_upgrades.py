"""Upgrades: which Azure refuses, and how a pool's nodes are replaced one after another.

Rules after "Upgrade an AKS cluster": no minor version is skipped, none is taken back, and no pool is ahead of the
control plane. A node is cordoned and drained, which disruption budgets may prevent; nodes beyond the pool's count, its
surge, take the pods meanwhile.
"""

from collections.abc import Iterator
from typing import Final

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json
from sandbox.apiserver.storage.cascade import Deletion
from sandbox.apiserver.storage.store import Store
from sandbox.apiserver.subresources import evict
from sandbox.azure.agent_pools import AgentPool
from sandbox.azure.errors import ArmError
from sandbox.azure.kubernetes_versions import NEWEST_IMAGE, numbers, offered
from sandbox.azure.pool_nodes import PoolNodes
from sandbox.controllers.rollout import share
from sandbox.runtime.ownership import controller_of

# How often, in seconds, a pod that may not go is asked again; a minute of a pool's drain time-out is a second here.
_ASK_EVERY: Final = 0.5


def check_control_plane(store: Store, now: str, wanted: str) -> None:
    """Raise ArmError if Azure would not upgrade the control plane to that version."""
    _check(now, wanted)
    used = [one for one in store.deprecated if one[3] and numbers(one[3]) <= numbers(wanted)[:2]]
    if used:
        resource, version, group, removed = used[0]
        name = ".".join(part for part in (group, resource, version) if part)
        message = (
            "Control Plane upgrade is blocked due to recent usage of a Kubernetes API deprecated in the specified "
            f"version. Usage details: usage has been detected on API {name}, which will be removed in {removed}"
        )
        raise ArmError(400, "ValidationError", message, subcode="UpgradeBlockedOnDeprecatedAPIUsage")


def check_pool(pool: AgentPool, wanted: str, control_plane: str) -> None:
    """Raise ArmError if Azure would not upgrade a pool to that version."""
    if numbers(wanted) > numbers(control_plane):
        message = (
            f"Node pool version {wanted} and control plane version {control_plane} are incompatible: the node pool's "
            "is the newer one."
        )
        raise ArmError(400, "NodePoolMcVersionIncompatible", message)
    if pool.state != "Failed" or wanted != pool.current:
        _check(pool.current, wanted)


def _check(now: str, wanted: str) -> None:
    if wanted not in offered(now):
        message = f"Upgrading Kubernetes version {now} to {wanted} is not allowed. Available upgrades: "
        raise ArmError(400, "OperationNotAllowed", message + str(list(offered(now))))


def surge_of(pool: AgentPool, count: int) -> int:
    """Return how many nodes an upgrade adds to a pool of that many."""
    return share(pool.surge, count, round_up=True) if count else 0


async def replace_nodes(nodes: PoolNodes, pool: AgentPool) -> None:
    """Give each node the version that is requested and the newest image. Raise ArmError if one cannot be drained."""
    old = [str(node["metadata"]["name"]) for node in nodes.of(pool)]
    before, pool.current = pool.current, pool.version
    nodes.add(pool, surge_of(pool, len(old)))
    extra = [str(node["metadata"]["name"]) for node in nodes.of(pool) if node["metadata"]["name"] not in old]
    pool.current = before
    try:
        for name in old:
            await _drain(nodes, name, pool.drain_minutes)
            _renew(nodes.store, name, pool.version)
        for name in extra:
            await _drain(nodes, name, pool.drain_minutes)
    finally:
        for name in extra:
            nodes.remove(name)
    pool.current, pool.image = pool.version, NEWEST_IMAGE


async def _drain(nodes: PoolNodes, name: str, seconds: float) -> None:
    nodes.cordon(name)
    tries = 1 + int(seconds / _ASK_EVERY)
    for attempt in range(tries):
        held = [refused for pod in list(_pods(nodes.store, name)) if (refused := _evicted(nodes.store, pod))]
        if not held:
            return
        if attempt < tries - 1:
            await nodes.clock.sleep(_ASK_EVERY)
    _schedulable(nodes.store, name)
    message = (
        f"Drain node {name} failed when evicting pod {held[0]}. Eviction failed with Too many Requests error. This is "
        "often caused by a restrictive Pod Disruption Budget (PDB) policy."
    )
    raise ArmError(400, "UpgradeFailed", message)


def _pods(store: Store, node: str) -> Iterator[Json]:
    """Yield the pods that a drain takes off a node: all but those of daemon sets."""
    for pod in store.list(POD):
        owner = controller_of(pod)
        if pod["spec"].get("nodeName") == node and (owner is None or owner.get("kind") != "DaemonSet"):
            yield pod


def _evicted(store: Store, pod: Json) -> str:
    """Return the pod's name if its disruption budget keeps it, else nothing."""
    if "deletionTimestamp" in pod["metadata"]:
        return ""
    try:
        evict(store, pod, Deletion())
    except ApiError:
        return str(pod["metadata"]["name"])
    return ""


def _renew(store: Store, name: str, version: str) -> None:
    def change(node: Json) -> None:
        node["status"]["nodeInfo"] |= {"kubeletVersion": f"v{version}", "kubeProxyVersion": f"v{version}"}

    store.modify(NODE, None, name, change)
    _schedulable(store, name)


def _schedulable(store: Store, name: str) -> None:
    def change(node: Json) -> None:
        node["spec"].pop("unschedulable", None)

    store.modify(NODE, None, name, change)

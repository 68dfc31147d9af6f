"""What a node of a pool has for users' servers: by the nodes that are there, or by what Azure says of the VM size.

AKS keeps a part of each machine for itself ("Resource reservations in AKS"); a node tells what is left of it
(`allocatable`). Where no node is there yet, its rules are applied to the VM size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.azure.aks import Pool
from clients.azure.compute import Size
from clients.kube import Node, Pod
from commands.events.packing import DISKS, PODS, Amounts, NodeHeadroom
from commands.kubernetes.components import servers

# CPUs that AKS keeps of a machine, by how many it has.
_CPU_KEPT: Final = ((1, 0.06), (2, 0.1), (4, 0.14), (8, 0.18), (16, 0.26), (32, 0.42), (64, 0.74))
_MIB: Final = 2**20
# Since AKS 1.29: so much for each pod that may run and so much besides, at most a quarter; and what keeps pods from
# being evicted.
_KEPT_BY_POD, _KEPT_BESIDE, _KEPT_AT_MOST, _EVICTION = 20 * _MIB, 50 * _MIB, 0.25, 100 * _MIB
# Azure CNI Overlay and kubenet have more by default, the older Azure CNI has no fewer.
_PODS_AT_LEAST: Final = 30

_OVER: Final = ("Succeeded", "Failed")
# z2jh's, which make way for servers.
_PLACEHOLDER: Final = "user-placeholder"


@dataclass(frozen=True)
class Machines:
    """The nodes of a pool: `rooms` are those that are there, `empty` what a new one has left for servers.

    `certain` is False where no node is there to tell, `disks_known` where Azure does not say how many disks one takes.
    """

    rooms: tuple[NodeHeadroom, ...]
    empty: Amounts
    certain: bool
    disks_known: bool


def machines(pool: Pool, nodes: Sequence[Node], pods: Sequence[Pod], size: Size | None) -> Machines | None:
    """Return what the pool's nodes have left beside these pods, all that are known; None where nobody tells."""
    running = [pod for pod in pods if pod.node and pod.phase not in _OVER and pod.component != _PLACEHOLDER]
    by_node: dict[str, list[Pod]] = {}
    for pod in running:
        by_node.setdefault(pod.node, []).append(pod)
    own = [node for node in nodes if node.pool == pool.name]
    whole = next((node.allocatable for node in own if node.ready and node.allocatable), None) or _by_size(pool, size)
    if whole is None:
        return None
    disks = float(size.disks) if size and size.disks else None
    beside = _system(own or nodes, by_node)
    rooms = tuple(_room(node, by_node.get(node.name, ()), disks) for node in own)
    return Machines(rooms, _empty(whole, beside, disks), any(node.allocatable for node in own), disks is not None)


def _room(node: Node, pods: Sequence[Pod], disks: float | None) -> NodeHeadroom:
    """Return what a node has left; one that takes no pods has nothing, and is a node of the pool all the same."""
    if not (node.ready and node.schedulable):
        return NodeHeadroom({}, taken=True)
    asked = _sum(pods) | {DISKS: float(sum(len(pod.claims) for pod in pods))}
    whole = dict(node.allocatable) | ({} if disks is None else {DISKS: disks})
    return NodeHeadroom({name: amount - asked.get(name, 0.0) for name, amount in whole.items()}, bool(servers(pods)))


def _empty(whole: Amounts, beside: Amounts, disks: float | None) -> Amounts:
    has = {name: amount - beside.get(name, 0.0) for name, amount in whole.items()}
    return has if disks is None else has | {DISKS: disks}


def _system(nodes: Sequence[Node], by_node: Mapping[str, Sequence[Pod]]) -> Amounts:
    """Return what runs on every node, by the one of these that has most of it."""
    found = [_sum([pod for pod in by_node.get(node.name, ()) if _is_everywhere(pod)]) for node in nodes]
    return {name: max(one.get(name, 0.0) for one in found) for one in found for name in one}


def _is_everywhere(pod: Pod) -> bool:
    return pod.owner is not None and pod.owner.kind == "DaemonSet"


def _sum(pods: Sequence[Pod]) -> dict[str, float]:
    total: dict[str, float] = {PODS: float(len(pods))}
    for pod in pods:
        for name, amount in pod.requests.items():
            total[name] = total.get(name, 0.0) + amount
    return total


def _by_size(pool: Pool, size: Size | None) -> Amounts | None:
    """Return what AKS leaves of a machine of that size; None where Azure does not say how large that is."""
    if size is None or not size.vcpus or not size.memory:
        return None
    pods = pool.max_pods or _PODS_AT_LEAST
    kept = min(_KEPT_BY_POD * pods + _KEPT_BESIDE, _KEPT_AT_MOST * size.memory) + _EVICTION
    cpu = next((less for cpus, less in _CPU_KEPT if size.vcpus <= cpus), _CPU_KEPT[-1][1])
    return {"cpu": size.vcpus - cpu, "memory": size.memory - kept, PODS: float(pods)}

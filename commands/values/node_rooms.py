"""Whether any node of the cluster could hold a pod, by what it requests. Judges nothing that is not certain.

A pod that fits no node waits for ever, and the autoscaler adds none for it: its events say so only when somebody
starts a server. A pool without nodes has its size from Azure's list of machines, of which pods get a little less. What
node auto-provisioning could bring is not known, so there everything fits.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clients.azure.aks import Cluster, Pool
from clients.errors import NotFound, Unavailable
from clients.kube import Node
from clients.kube.resources import requests_of as reserved
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.text.byte_sizes import spoken

_PURPOSE: Final = "hub.jupyter.org/node-purpose"
_BYTES: Final = ("memory", "ephemeral-storage")
_CREATE: Final = "/jhub pool create <name> --vm-size <size>"
Amounts = Mapping[str, float]


@dataclass(frozen=True)
class Room:
    """A node, or what one of a pool would be. `whole` says that a resource that it does not name it does not have."""

    name: str
    for_users: bool
    has: Amounts
    whole: bool = True

    def holds(self, asked: Amounts) -> bool:
        """Return True unless the node surely has less of something than is asked."""
        return all(number <= self._most(resource) for resource, number in asked.items())

    def _most(self, resource: str) -> float:
        return self.has.get(resource, 0.0 if self.whole else float("inf"))


@dataclass(frozen=True)
class Rooms:
    """The kinds of nodes that the cluster has or can have. `complete` says that there can be no others."""

    found: tuple[Room, ...] = ()
    complete: bool = False

    def too_large(self, spec: Mapping[str, Any]) -> str:
        """Return why no node could hold a pod of this spec, in words that follow its name; empty if one might."""
        asked = requests_of(spec)
        required = _requires_users_nodes(spec)
        rooms = [room for room in self.found if room.for_users or not required]
        if not rooms or any(room.holds(asked) for room in rooms):
            return ""
        whose = "node for users" if required else "node"
        lacking = [
            _told(name, number, rooms, whose) for name, number in sorted(asked.items()) if _lacks(name, rooms, number)
        ]
        together = " and ".join(_amount(name, number) for name, number in sorted(asked.items()))
        return "; it ".join(lacking) or f"asks for {together}, and no {whose} has all of that"

    @property
    def way(self) -> str:
        """What helps, and who does it."""
        return f"Ask for less, or first make a pool of machines that have as much ({_CREATE})."


NOWHERE: Final = Rooms()
"""What is known of a cluster that did not answer: everything fits."""


async def rooms_of(reads: Reads) -> Rooms:
    """Ask Kubernetes and Azure for the nodes that there are and could be. Raise nothing."""
    nodes, pools, cluster = await asyncio.gather(
        attempt("Kubernetes", reads.kube.nodes()), _pools(reads), _cluster(reads)
    )
    if isinstance(nodes, Unavailable):
        return NOWHERE
    if isinstance(cluster, Cluster) and (cluster.provisions or cluster.automatic):
        return NOWHERE
    present = tuple(_room(node) for node in nodes if node.allocatable)
    if isinstance(pools, Unavailable) or not isinstance(cluster, Cluster):
        return Rooms(present)
    empty = [pool for pool in pools if not any(node.pool == pool.name for node in nodes)]
    return Rooms((*present, *[await _machine(pool, cluster, reads) for pool in empty]), complete=True)


async def _pools(reads: Reads) -> list[Pool] | Unavailable:
    if reads.azure is None:
        return Unavailable("Azure", "is not configured")
    return await attempt("Azure", reads.azure.pools())


async def _cluster(reads: Reads) -> Cluster | Unavailable | None:
    return await attempt("Azure", reads.azure.cluster()) if reads.azure else None


def _room(node: Node) -> Room:
    name = f"{node.pool or node.name}, {node.instance_type}".rstrip(", ")
    return Room(name, node.purpose == "user", node.allocatable)


async def _machine(pool: Pool, cluster: Cluster, reads: Reads) -> Room:
    """Return what a node of a pool without any would have. Nothing is known of a machine that Azure does not list."""
    has: dict[str, float] = {}
    if reads.quotas is not None:
        try:
            size = (await reads.quotas.quota(cluster.location, pool.size)).size
            known = {"cpu": float(size.vcpus), "memory": float(size.memory)}
            has = {name: number for name, number in known.items() if number}
        except (NotFound, Unavailable):
            pass
    return Room(f"{pool.name}, {pool.size}", pool.labels.get(_PURPOSE) == "user", has, whole=False)


def requests_of(spec: Mapping[str, Any]) -> dict[str, float]:
    """Return what the scheduler would reserve for a pod that the API server has not seen yet, by resource."""
    filled = {kind: [_defaulted(one) for one in _containers(spec, kind)] for kind in ("containers", "initContainers")}
    return {name: number for name, number in reserved({**spec, **filled}).items() if number}


def _containers(spec: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    found = spec.get(kind)
    yield from (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()


def _defaulted(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the container with requests as Kubernetes has them: a limit stands for the request where there is none."""
    given = _mapping(container.get("resources"))
    asked = {**_mapping(given.get("limits")), **_mapping(given.get("requests"))}
    return {**container, "resources": {**given, "requests": asked}}


def _mapping(given: object) -> Mapping[str, object]:
    return given if isinstance(given, Mapping) else {}


def _requires_users_nodes(spec: Mapping[str, Any]) -> bool:
    """Return True if the pod may only run on nodes for users, as `matchNodePurpose: require` has it."""
    if _mapping(spec.get("nodeSelector")).get(_PURPOSE) == "user":
        return True
    node = _mapping(_mapping(spec.get("affinity")).get("nodeAffinity"))
    terms = _mapping(node.get("requiredDuringSchedulingIgnoredDuringExecution")).get("nodeSelectorTerms")
    return isinstance(terms, list) and bool(terms) and all(map(_is_for_users, terms))


def _is_for_users(term: object) -> bool:
    wanted = _mapping(term).get("matchExpressions")
    return any(
        _mapping(one).get("key") == _PURPOSE and _mapping(one).get("values") == ["user"]
        for one in (wanted if isinstance(wanted, list) else ())
    )


def _lacks(resource: str, rooms: Sequence[Room], number: float) -> bool:
    return not any(room.holds({resource: number}) for room in rooms)


def _told(resource: str, number: float, rooms: Sequence[Room], whose: str) -> str:
    largest = max(rooms, key=lambda room: room.has.get(resource, 0.0))
    has = largest.has.get(resource, 0.0)
    if not has:
        return f"asks for {_amount(resource, number)}, and no {whose} has any"
    return f"asks for {_amount(resource, number)}; the largest {whose} has {_amount(resource, has)} ({largest.name})"


def _amount(resource: str, number: float) -> str:
    if resource in _BYTES:
        return f"{spoken(round(number))} of {resource.replace('-', ' ')}"
    return f"{round(number, 2):g} {'CPUs' if resource == 'cpu' else resource}"

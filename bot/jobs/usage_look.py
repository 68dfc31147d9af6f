"""One look at who uses what: the share of its node that each server has reserved, and what is left over. Pure.

A server's share is the larger one of its CPU's and its memory's parts of what the node can give: a node that is out of
either takes no further server. Where the shares of a node add up to more than the node, they are scaled down to it, so
that all shares and what is left over are exactly the nodes that there are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.kube import Claim, Node, Pod
from commands.kubernetes.components import servers
from commands.ports.usage import UNKNOWN_PROFILE
from commands.storage.homes import STORAGE

# A node is so many parts, so that sums are whole numbers and add up.
PARTS: Final = 100_000
_GIB: Final = 2**30
# What every node can give and a server can request.
_RESOURCES: Final = ("cpu", "memory")
# JupyterHub's names have at most 255 characters (orm.User); an annotation may hold far more.
_LONGEST_NAME: Final = 255
_ENDED: Final = ("Succeeded", "Failed")


@dataclass(frozen=True)
class ServerLook:
    """A server that has a node: its user, profile, the node's VM size, and its share of the node in PARTS."""

    user: str
    profile: str
    size: str
    share: int


@dataclass(frozen=True)
class NodeLook:
    """Nodes of one pool and VM size: how many, and in PARTS what servers reserved and what nodes for users had left."""

    pool: str
    size: str
    nodes: int
    used: int
    idle: int


@dataclass(frozen=True)
class HomeLook:
    """Homes of one user, of one storage class and size."""

    user: str
    storage_class: str
    gib: int


@dataclass(frozen=True)
class UsageLook:
    """Everything seen at once; `homes` is None where they were not looked at."""

    servers: tuple[ServerLook, ...]
    nodes: tuple[NodeLook, ...]
    homes: tuple[HomeLook, ...] | None = None


def placed(pods: Sequence[Pod]) -> list[Pod]:
    """Return the pods of users' servers that hold a part of a node: also those that start or end."""
    return [pod for pod in servers(pods) if pod.node and pod.phase not in _ENDED]


def usage_look(
    pods: Sequence[Pod],
    nodes: Sequence[Node],
    profiles: Mapping[str, str],
    claims: Sequence[Claim] | None,
) -> UsageLook:
    """Return what is used. `profiles` are those of the servers by the UID of their pods, as far as the hub told."""
    by_node: dict[str, list[Pod]] = defaultdict(list)
    for pod in placed(pods):
        by_node[pod.node].append(pod)
    shares = {node.name: _shares(by_node.get(node.name, ()), node) for node in nodes}
    sizes = {node.name: node.instance_type for node in nodes}
    found = [
        ServerLook(pod.user[:_LONGEST_NAME], profiles.get(pod.uid, UNKNOWN_PROFILE), sizes.get(name, ""), share)
        for name, its in by_node.items()
        for pod, share in zip(its, shares.get(name) or [0] * len(its), strict=True)
    ]
    homes = None if claims is None else tuple(map(_home, filter(_is_home, claims)))
    return UsageLook(tuple(found), _nodes(nodes, shares), homes)


def _shares(pods: Sequence[Pod], node: Node) -> list[int]:
    """Return each pod's share of the node, in PARTS; at most PARTS together."""
    whole = [int(PARTS * _part(pod.requests, node.allocatable)) for pod in pods]
    total = sum(whole)
    return [share * PARTS // total for share in whole] if total > PARTS else whole


def _part(requested: Mapping[str, float], given: Mapping[str, float]) -> float:
    parts = (requested.get(name, 0.0) / given[name] for name in _RESOURCES if given.get(name))
    return min(1.0, max(parts, default=0.0))


def _nodes(nodes: Sequence[Node], shares: Mapping[str, Sequence[int]]) -> tuple[NodeLook, ...]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for node in nodes:
        its, used = sums[node.pool or node.provisioner, node.instance_type], sum(shares[node.name])
        is_for_users = node.purpose == "user" or bool(shares[node.name])
        its[0] += 1
        its[1] += used
        its[2] += PARTS - used if is_for_users else 0
    return tuple(NodeLook(pool, size, *its) for (pool, size), its in sorted(sums.items()))


def _is_home(claim: Claim) -> bool:
    return claim.component == STORAGE and claim.phase == "Bound"


def _home(claim: Claim) -> HomeLook:
    return HomeLook(claim.user[:_LONGEST_NAME], claim.storage_class, -(-claim.size // _GIB))

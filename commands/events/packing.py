"""How many nodes it takes for so many servers, beside what runs on the nodes that are there. Pure.

Each node takes as many as fit by the scarcest of what a server asks for: memory, CPU, a place among the pods, a disk.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Amounts = Mapping[str, float]

PODS: Final = "pods"
DISKS: Final = "disks"
# A sum of many requests may come out a little larger than it is.
_HAIR: Final = 1e-9


@dataclass(frozen=True)
class NodeHeadroom:
    """What a node has left. `taken` is True for one that the pool has to keep, whatever comes: something runs on it."""

    free: Amounts
    taken: bool


@dataclass(frozen=True)
class ServersWanted:
    """So many servers, each asking for this."""

    each: Amounts
    count: int


# What a node has left, and if it has to be kept.
_Node = tuple[dict[str, float], bool]


class TooLargeError(ValueError):
    """A server that no such machine can take, whatever else runs there. `resource` is what there is too little of."""

    def __init__(self, resource: str) -> None:
        super().__init__(resource)
        self.resource = resource


def fits(free: Amounts, each: Amounts) -> int:
    """Return how many such servers a node takes. A resource that `free` does not name is none of what counts."""
    shares = [_share(free, one, amount) for one, amount in each.items() if amount]
    return math.floor(min(shares) + _HAIR) if shares else 0


def scarcest(free: Amounts, each: Amounts) -> str:
    """Return the resource that ends first when a node is filled."""
    return min(each, key=lambda one: _share(free, one, each[one]))


def _share(free: Amounts, resource: str, amount: float) -> float:
    has = free.get(resource)
    if has is None:
        # How many disks a machine takes is not always known; what else is not named, the machine does not have.
        return math.inf if resource == DISKS else 0.0
    return max(0.0, has) / amount if amount else math.inf


def nodes_for(wanted: Sequence[ServersWanted], rooms: Sequence[NodeHeadroom], empty: Amounts) -> int:
    """Return how many nodes the pool needs: those in use, those that take some of the servers, and new ones.

    Raise TooLargeError for a server that an empty node cannot take.
    """
    there = [(dict(room.free), room.taken) for room in sorted(rooms, key=lambda room: not room.taken)]
    for one in wanted:
        there = _filled(there, one, empty)
    return sum(taken for _, taken in there)


def _filled(
    there: Sequence[tuple[dict[str, float], bool]], one: ServersWanted, empty: Amounts
) -> list[tuple[dict[str, float], bool]]:
    made, left = [], one.count
    for free, taken in there:
        here = min(left, fits(free, one.each))
        made.append((_less(free, one.each, here), taken or here > 0))
        left -= here
    if left and not (whole := fits(empty, one.each)):
        raise TooLargeError(scarcest(empty, one.each))
    while left:
        here = min(left, whole)
        made.append((_less(empty, one.each, here), True))
        left -= here
    return made


def _less(free: Amounts, each: Amounts, times: int) -> dict[str, float]:
    return {name: amount - times * each.get(name, 0.0) for name, amount in free.items()}

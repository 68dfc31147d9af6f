"""The nodes that events need of a pool, by all that can be seen now: an estimate for any later time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from clients.azure.aks import Pool
from clients.azure.compute import Size
from clients.errors import NotFound, Unavailable
from clients.kube import Pod
from commands.events.demand import PersonsServer, server_of
from commands.events.found import held_from
from commands.events.machines import Machines, machines
from commands.events.packing import DISKS, PODS, Amounts, ServersWanted, TooLargeError, fits, nodes_for, scarcest
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.components import servers
from commands.nodes.arguments import MOST_NODES
from commands.nodes.pools import azure
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent

_NAMES: Final = {PODS: "the number of pods", DISKS: "the number of disks", "cpu": "CPU"}


@dataclass(frozen=True)
class Estate:
    """A pool, what its nodes have left, and the users' servers on them."""

    pool: Pool
    machines: Machines
    running: tuple[Pod, ...] = ()


@dataclass(frozen=True)
class Need:
    """The nodes that a pool needs, and how many servers a new one takes, which is limited by `scarce`.

    `doubts` are sentences on what could not be known.
    """

    nodes: int
    per_node: int
    scarce: str
    doubts: tuple[str, ...] = field(default=())


async def estate_of(pool: Pool, reads: Reads) -> Estate:
    """Look at the pool's nodes and what runs there. Raise UserError where nobody tells how large its machines are."""
    nodes, pods, system, size = await asyncio.gather(
        reads.kube.nodes(), reads.kube.pods(), attempt("Kubernetes", reads.kube.system_pods()), _size(pool, reads)
    )
    everything = [*pods, *([] if isinstance(system, Unavailable) else system)]
    found = machines(pool, nodes, everything, size)
    if found is None:
        raise UserError(
            f"{pool.name} has no node now, and Azure does not tell the bot how large a {pool.size} is. With one node "
            "there, it can be counted how many are needed.",
            f"/jhub scale 1 --pool {pool.name}",
        )
    names = {node.name for node in nodes if node.pool == pool.name}
    return Estate(pool, found, tuple(pod for pod in servers(pods) if pod.node in names and not pod.terminating))


async def _size(pool: Pool, reads: Reads) -> Size | None:
    if reads.quotas is None:
        return None
    try:
        location = (await azure(reads).cluster()).location
        return (await reads.quotas.quota(location, pool.size)).size
    except (NotFound, Unavailable):
        return None


async def servers_of(events: Sequence[PlannedEvent], reads: Reads) -> dict[str, PersonsServer]:
    """Return the server that the people of each event start, by the event's name. Raise UserError as `server_of`."""
    profiles = tuple(dict.fromkeys(event.profile for event in events))
    found = dict(zip(profiles, await asyncio.gather(*(server_of(one, reads) for one in profiles)), strict=True))
    return {event.name: found[event.profile] for event in events}


def need_of(events: Sequence[PlannedEvent], each: dict[str, PersonsServer], estate: Estate) -> Need:
    """Return what these events need together. Raise UserError for a server that is too large for the pool's nodes.

    The last of them is the one that is asked about. Servers that have started since the first of them opened are
    already some of theirs.
    """
    if not events:
        return Need(0, 0, "")
    wanted = _less([ServersWanted(each[event.name].each, event.people) for event in events], _started(events, estate))
    asked, empty = each[events[-1].name].each, estate.machines.empty
    try:
        nodes = nodes_for(wanted, estate.machines.rooms, empty)
    except TooLargeError as error:
        raise UserError(
            f"No node of {estate.pool.name} ({estate.pool.size}) can take such a server: it asks for more of "
            f"{_named(error.resource)} than one has.",
            "/jhub nodes",
        ) from None
    if nodes > MOST_NODES:
        raise UserError(f"That takes {nodes:,} nodes, and a pool of Azure’s has at most {MOST_NODES:,}.")
    return Need(nodes, fits(empty, asked), _named(scarcest(empty, asked)), tuple(_doubts(estate, asked)))


def _started(events: Sequence[PlannedEvent], estate: Estate) -> int:
    begun = [event.opened for event in events if event.opened]
    first = min(begun, default=None)
    return sum(first is not None and pod.created is not None and pod.created >= first for pod in estate.running)


def _less(wanted: Sequence[ServersWanted], count: int) -> list[ServersWanted]:
    made = []
    for one in wanted:
        here = min(one.count, count)
        made.append(replace(one, count=one.count - here))
        count -= here
    return made


def _named(resource: str) -> str:
    return _NAMES.get(resource, resource)


def _doubts(estate: Estate, asked: Amounts) -> list[str]:
    size, lines = estate.pool.size, []
    if not estate.machines.certain:
        lines.append(
            f"{estate.pool.name} has no node now: what a {size} leaves for servers is AKS’ rule, not measured."
        )
    if not estate.machines.disks_known and DISKS in asked:
        lines.append(f"Each home is a disk, and it is not known how many disks a {size} takes: it may take more nodes.")
    if not {"memory", "cpu"} & set(asked):
        lines.append(
            "The values ask for no memory and no CPU for a server (singleuser.memory.guarantee), so nodes are counted "
            "by pods and disks alone: they may be too full to work on."
        )
    return lines


def at_once(events: Sequence[PlannedEvent], pool: str, at: datetime) -> list[PlannedEvent]:
    """Return the events that hold the pool at that time: by their own times, or since they were opened early."""
    return [event for event in events if event.pool == pool and held_from(event) <= at < event.ends]


def peak(event: PlannedEvent, others: Sequence[PlannedEvent], each: dict[str, PersonsServer], estate: Estate) -> Need:
    """Return the most that the event needs together with those that overlap it. Raise UserError as `need_of`."""
    times = [event.opens, *(held_from(one) for one in others if event.opens <= held_from(one) < event.ends)]
    needs = [need_of([*at_once(others, event.pool, at), event], each, estate) for at in times]
    return max(needs, key=lambda need: need.nodes)

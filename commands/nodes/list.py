"""`/jhub nodes`: the node pools, with Azure's settings, Kubernetes' nodes and the users on them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from cards.times import minute
from cards.views import Cell, Chart, Column, Facts, Section, Slice, Status, Table, Tone, View
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import AutoscalerStatus, Node, Pod
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.partial_results import attempt
from commands.kubernetes.components import USER_SERVER
from commands.nodes.autoscaler_events import pool_scaling, stuck_pools
from commands.nodes.autoscaler_status import pool_facts, silence, stopped_for_all
from commands.nodes.pools import azure, is_for_users, is_users, nodes_in_words, remembered_size, size_of
from commands.nodes.user_capacity import shortage_of
from commands.ports.context import Reads

_COLUMNS = (
    Column("Pool", 3),
    Column("VM size", 4),
    Column("Ready", 3),
    Column("Scaling", 4),
    Column("Users", 3, numeric=True),
    Column("State", 4),
)
_SETTLED = ("Succeeded", "")
_UNKNOWN: Final = Cell("not known")


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class _Found:
    """Azure's pools, the nodes, and the number of servers by node; None is what Kubernetes does not tell."""

    pools: Sequence[Pool]
    nodes: Sequence[Node] | None
    on: Counter[str] | None

    def of(self, pool: Pool) -> list[Node] | None:
        """Return the pool's nodes; None if they are not known."""
        return None if self.nodes is None else [node for node in self.nodes if node.pool == pool.name]

    def provisioned(self) -> dict[str, list[Node]]:
        """Return the known nodes that Karpenter has made, by its NodePool."""
        made = sorted((node for node in self.nodes or () if node.provisioner), key=lambda one: one.provisioner)
        return {name: list(its) for name, its in groupby(made, key=lambda one: one.provisioner)}


async def run(args: Args, reads: Reads) -> View:
    """Return a row for each pool."""
    del args
    pools, nodes, pods, scaling = await asyncio.gather(
        attempt("Azure", azure(reads).pools()),
        attempt("Kubernetes", reads.kube.nodes()),
        attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}")),
        pool_scaling(reads),
    )
    problems = [f"{one}." for one in dict.fromkeys(str(o) for o in (pools, nodes, pods) if isinstance(o, Unavailable))]
    pools_said = pools
    pools = [] if isinstance(pools, Unavailable) else pools
    found = _Found(
        pools,
        None if isinstance(nodes, Unavailable) else nodes,
        None if isinstance(pods, Unavailable) else Counter(pod.node for pod in pods if _is_there(pod)),
    )
    problems += [text for pool in pools if (text := _problem(pool, found.of(pool) or (), reads))]
    if short := await shortage_of(pools_said, nodes, reads):
        problems.append(short.words)
    stuck = stuck_pools(scaling, reads.now)
    problems += [stuck[pool.name] for pool in pools if pool.name in stuck]
    problems += [one for one in (stopped_for_all(scaling.status), silence(scaling.status, pools, reads.now)) if one]
    return Status(
        "Nodes",
        _headline(found),
        Tone.WARNING if problems else Tone.GOOD,
        tuple(problems),
        (*_sections(found), *_autoscaler(scaling.status, reads)),
        minute(reads.now),
    )


def _autoscaler(status: AutoscalerStatus | None, reads: Reads) -> tuple[Section, ...]:
    told = pool_facts(status, reads.now) if status else ()
    return (Facts(told, "What the autoscaler says"),) if told else ()


def _is_there(pod: Pod) -> bool:
    return bool(pod.node) and not pod.terminating and pod.phase in ("Pending", "Running")


def _headline(found: _Found) -> str:
    if found.nodes is None:
        count = len(found.pools)
        pools = "1 pool" if count == 1 else f"{count} pools"
        return f"{pools} in Azure; their nodes are not known" if count else "The nodes are not known"
    text = nodes_in_words(len(found.nodes))
    if found.pools:
        text += f" in {len(found.pools) + len(found.provisioned())} pools"
    if found.on is None:
        return f"{text}; who is on them is not known"
    idle = _idle(found.nodes, found.pools, found.on)
    return f"{text}, {idle} of them without users" if idle else text


def _idle(nodes: Sequence[Node], pools: Sequence[Pool], on: Counter[str]) -> int:
    """Return the number of users' nodes on which no server runs."""
    return sum(is_users(node, pools) and not on[node.name] for node in nodes)


def _problem(pool: Pool, nodes: Sequence[Node], reads: Reads) -> str:
    if pool.state == "Failed":
        return (
            f"Azure's last operation on {pool.name} failed. Scaling it again usually repairs that: see "
            "/jhub help scale."
        )
    unready = [node for node in nodes if not node.ready and _is_old(node, reads)]
    return f"{pool.name}: {nodes_in_words(len(unready))} not ready ({unready[0].problem})." if unready else ""


def _is_old(node: Node, reads: Reads) -> bool:
    # A node that has just joined needs a minute.
    return node.created is None or (reads.now - node.created).total_seconds() > 60  # noqa: PLR2004 - that minute


def _sections(found: _Found) -> tuple[Section, ...]:
    if not found.pools:
        return ()
    rows = [_row(pool, found.of(pool), found.on) for pool in found.pools]
    rows += [_made_row(name, nodes, found.on) for name, nodes in found.provisioned().items()]
    table = Table(_COLUMNS, tuple(rows))
    return (table,) if found.nodes is None else (_chart(found.pools, found.nodes, found.on), table)


def _made_row(name: str, nodes: Sequence[Node], on: Counter[str] | None) -> tuple[Cell, ...]:
    """Return the row of the nodes that Karpenter's NodePool of that name has made."""
    ready, sizes = sum(node.ready for node in nodes), {node.instance_type.removeprefix("Standard_") for node in nodes}
    return (
        Cell(name),
        Cell(", ".join(sorted(sizes))),
        Cell(f"{ready} of {len(nodes)}", Tone.NOTE if ready == len(nodes) else Tone.WORKING),
        Cell("auto-provisioned"),
        _users(nodes, on),
        Cell("running", Tone.GOOD) if ready == len(nodes) else Cell("changing", Tone.WORKING),
    )


def _row(pool: Pool, nodes: Sequence[Node] | None, on: Counter[str] | None) -> tuple[Cell, ...]:
    return (
        Cell(pool.name),
        Cell(f"{pool.mode.lower()}, {pool.size.removeprefix('Standard_')}"),
        _ready(pool, nodes),
        Cell(_scaling(pool)),
        _users(nodes, on) if is_for_users(pool) else Cell("—"),
        _state(pool, nodes),
    )


def _ready(pool: Pool, nodes: Sequence[Node] | None) -> Cell:
    if nodes is None:
        return _UNKNOWN
    ready = sum(node.ready for node in nodes)
    return Cell(f"{ready} of {pool.count}", Tone.NOTE if ready == pool.count else Tone.WORKING)


def _users(nodes: Sequence[Node] | None, on: Counter[str] | None) -> Cell:
    return _UNKNOWN if nodes is None or on is None else Cell(str(sum(on[node.name] for node in nodes)))


def _scaling(pool: Pool) -> str:
    before = remembered_size(pool)
    return f"{size_of(pool).text}, kept: {before.text}" if before else size_of(pool).text


def _state(pool: Pool, nodes: Sequence[Node] | None) -> Cell:
    """Return what Azure says of the pool; that it is well says nothing while its nodes are not known."""
    if pool.power == "Stopped":
        return Cell("stopped", Tone.WARNING)
    if pool.state == "Failed":
        return Cell("failed", Tone.BAD)
    if pool.state in _SETTLED:
        return _UNKNOWN if nodes is None else Cell("running", Tone.GOOD)
    return Cell(pool.state.lower(), Tone.WORKING)


def _chart(pools: Sequence[Pool], nodes: Sequence[Node], on: Counter[str] | None) -> Chart:
    kinds = Counter(_kind(node, pools, on) for node in nodes)
    slices = (
        Slice("with users", kinds["used"], Tone.GOOD),
        Slice("without users", kinds["idle"], Tone.WARNING),
        Slice("for users; who is on them is not known", kinds["unknown"]),
        Slice("for the hub and the system", kinds["own"]),
        Slice("not ready", kinds["not ready"], Tone.BAD),
    )
    return Chart("Nodes", tuple(one for one in slices if one.value))


def _kind(node: Node, pools: Sequence[Pool], on: Counter[str] | None) -> str:
    if not node.ready:
        return "not ready"
    if not is_users(node, pools):
        return "own"
    if on is None:
        return "unknown"
    return "used" if on[node.name] else "idle"


COMMAND = Query(
    "nodes",
    "Show the node pools: VM size, nodes, autoscaler, and who is on them.",
    Level.VIEWER,
    run,
    Args,
    details="“Without users” counts the users' nodes on which no server is running: scaling down would save them.",
    in_menu=True,
    topic=Topic.NODES,
    rank=1,
)

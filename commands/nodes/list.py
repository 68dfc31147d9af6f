"""`/jhub nodes`: the node pools, with Azure's settings, Kubernetes' nodes and the users on them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


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
    if isinstance(pools, Unavailable):
        pools = []
    known = [] if isinstance(nodes, Unavailable) else nodes
    on = Counter(pod.node for pod in ([] if isinstance(pods, Unavailable) else pods) if _is_there(pod))
    problems += [text for pool in pools if (text := _problem(pool, known, reads))]
    stuck = stuck_pools(scaling, reads.now)
    problems += [stuck[pool.name] for pool in pools if pool.name in stuck]
    problems += [one for one in (stopped_for_all(scaling.status), silence(scaling.status, pools, reads.now)) if one]
    return Status(
        "Nodes",
        _headline(pools, known, on),
        Tone.WARNING if problems else Tone.GOOD,
        tuple(problems),
        (*_sections(pools, known, on), *_autoscaler(scaling.status, reads)),
        minute(reads.now),
    )


def _autoscaler(status: AutoscalerStatus | None, reads: Reads) -> tuple[Section, ...]:
    told = pool_facts(status, reads.now) if status else ()
    return (Facts(told, "What the autoscaler says"),) if told else ()


def _is_there(pod: Pod) -> bool:
    return bool(pod.node) and not pod.terminating and pod.phase in ("Pending", "Running")


def _headline(pools: Sequence[Pool], nodes: Sequence[Node], on: Counter[str]) -> str:
    idle = _idle(pools, nodes, on)
    made = len({node.provisioner for node in nodes if node.provisioner})
    text = f"{nodes_in_words(len(nodes))} in {len(pools) + made} pools" if pools else nodes_in_words(len(nodes))
    return f"{text}, {idle} of them without users" if idle else text


def _idle(pools: Sequence[Pool], nodes: Sequence[Node], on: Counter[str]) -> int:
    """Return the number of users' nodes on which no server runs."""
    return sum(is_users(node, pools) and not on[node.name] for node in nodes)


def _problem(pool: Pool, nodes: Sequence[Node], reads: Reads) -> str:
    if pool.state == "Failed":
        return (
            f"Azure's last operation on {pool.name} failed. Scaling it again usually repairs that: see "
            "/jhub help scale."
        )
    unready = [node for node in nodes if node.pool == pool.name and not node.ready and _is_old(node, reads)]
    return f"{pool.name}: {nodes_in_words(len(unready))} not ready ({unready[0].problem})." if unready else ""


def _is_old(node: Node, reads: Reads) -> bool:
    # A node that has just joined needs a minute.
    return node.created is None or (reads.now - node.created).total_seconds() > 60  # noqa: PLR2004 - that minute


def _sections(pools: Sequence[Pool], nodes: Sequence[Node], on: Counter[str]) -> tuple[Section, ...]:
    if not pools:
        return ()
    rows = [_row(pool, [node for node in nodes if node.pool == pool.name], on) for pool in pools]
    made = sorted({node.provisioner for node in nodes if node.provisioner})
    rows += [_made_row(name, [node for node in nodes if node.provisioner == name], on) for name in made]
    return (_chart(pools, nodes, on), Table(_COLUMNS, tuple(rows)))


def _made_row(name: str, nodes: Sequence[Node], on: Counter[str]) -> tuple[Cell, ...]:
    """Return the row of the nodes that Karpenter's NodePool of that name has made."""
    ready, sizes = sum(node.ready for node in nodes), {node.instance_type.removeprefix("Standard_") for node in nodes}
    return (
        Cell(name),
        Cell(", ".join(sorted(sizes))),
        Cell(f"{ready} of {len(nodes)}", Tone.NOTE if ready == len(nodes) else Tone.WORKING),
        Cell("auto-provisioned"),
        Cell(str(sum(on[node.name] for node in nodes))),
        Cell("running", Tone.GOOD) if ready == len(nodes) else Cell("changing", Tone.WORKING),
    )


def _row(pool: Pool, nodes: Sequence[Node], on: Counter[str]) -> tuple[Cell, ...]:
    ready = sum(node.ready for node in nodes)
    return (
        Cell(pool.name),
        Cell(f"{pool.mode.lower()}, {pool.size.removeprefix('Standard_')}"),
        Cell(f"{ready} of {pool.count}", Tone.NOTE if ready == pool.count else Tone.WORKING),
        Cell(_scaling(pool)),
        Cell(str(sum(on[node.name] for node in nodes)) if is_for_users(pool) else "—"),
        _state(pool),
    )


def _scaling(pool: Pool) -> str:
    before = remembered_size(pool)
    return f"{size_of(pool).text}, kept: {before.text}" if before else size_of(pool).text


def _state(pool: Pool) -> Cell:
    if pool.power == "Stopped":
        return Cell("stopped", Tone.WARNING)
    if pool.state == "Failed":
        return Cell("failed", Tone.BAD)
    if pool.state in _SETTLED:
        return Cell("running", Tone.GOOD)
    return Cell(pool.state.lower(), Tone.WORKING)


def _chart(pools: Sequence[Pool], nodes: Sequence[Node], on: Counter[str]) -> Chart:
    kinds = Counter(
        "not ready" if not node.ready else ("own" if not is_users(node, pools) else "used" if on[node.name] else "idle")
        for node in nodes
    )
    slices = (
        Slice("with users", kinds["used"], Tone.GOOD),
        Slice("without users", kinds["idle"], Tone.WARNING),
        Slice("for the hub and the system", kinds["own"]),
        Slice("not ready", kinds["not ready"], Tone.BAD),
    )
    return Chart("Nodes", tuple(one for one in slices if one.value))


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

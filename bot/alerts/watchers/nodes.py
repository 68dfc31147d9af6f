"""Nodes that are not ready or under pressure, and users who wait for a node that does not come."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Button, typing
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import Event, Node, Pod
from commands.framework.partial_results import attempt
from commands.kubernetes.components import servers, short_node
from commands.kubernetes.explanations import diagnose, event_lookup
from commands.kubernetes.messages import shown
from commands.kubernetes.problem import Cause, Trouble
from commands.nodes.autoscaler_events import pool_scaling
from commands.nodes.pools import larger_range_line
from commands.ports.context import Reads

_EVENTS: Final = timedelta(hours=1)
# A machine that has just joined needs some minutes; one that is to go is closed first.
_JOINING: Final = timedelta(minutes=5)
_PRESSURES: Final = {
    "MemoryPressure": "low on memory",
    "DiskPressure": "low on disk space",
    "PIDPressure": "low on process IDs",
    "NetworkUnavailable": "without a working network",
}
_WAITING: Final = {
    Cause.POOL_FULL: "Users are waiting: the node pool is at its maximum",
    Cause.CLUSTER_FULL: "Users are waiting: the cluster is at its maximum of nodes",
    Cause.NO_MACHINES: "Users are waiting: no more nodes are available",
    Cause.NOT_JOINED: "Users are waiting: a new machine did not join the cluster",
}


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for nodes, pods and events; of Azure only what a button should do. Raise Unavailable of Kubernetes."""
    nodes, pods, events, pools = await asyncio.gather(
        reads.kube.nodes(), reads.kube.pods(), reads.kube.events(reads.now - _EVENTS), _pools(reads)
    )
    # Asked of Kubernetes each time: only where somebody waits for it.
    waits = any(trouble.cause is Cause.NO_MACHINES for _, trouble in _without_node(pods, events))
    said = (await pool_scaling(reads)).events if waits else ()
    return judge(nodes, pods, [*events, *said], pools, reads.now)


async def _pools(reads: Reads) -> Sequence[Pool]:
    found = await attempt("Azure", reads.azure.pools()) if reads.azure else ()
    return () if isinstance(found, Unavailable) else found


def judge(
    nodes: Sequence[Node], pods: Sequence[Pod], events: Sequence[Event], pools: Sequence[Pool], now: datetime
) -> list[Finding]:
    """Return findings about nodes. `pools` are those known, for what to type; `events` may be of pools, too. Pure."""
    on = _users(pods)
    theirs = [node for node in nodes if node.purpose == "user"]
    none_left = bool(theirs) and not any(node.ready for node in theirs)
    ill = [node for node in nodes if not node.ready and now - (node.created or now) > _JOINING]
    found = [_unready(node, on, none_left=none_left and node in theirs) for node in ill]
    found += [_pressed(node, kind, on) for node in nodes if node.ready for kind in node.pressure]
    return found + [_cannot_grow(pod, trouble, pools) for pod, trouble in _without_node(pods, events)]


def _users(pods: Sequence[Pod]) -> Mapping[str, list[str]]:
    on: dict[str, list[str]] = {}
    for pod in servers(pods):
        if pod.node:
            on.setdefault(pod.node, []).append(pod.user or pod.name)
    return on


def _told(node: Node, on: Mapping[str, list[str]]) -> str:
    count = len(on.get(node.name, ()))
    who = f", {count} {'user' if count == 1 else 'users'}" if count else ""
    return f"{short_node(node.name)}{who}"


def _unready(node: Node, on: Mapping[str, list[str]], *, none_left: bool) -> Finding:
    return Finding(
        key=f"node {node.name} not ready",
        severity=Severity.CRITICAL if none_left else Severity.WARNING,
        title=f"Node {short_node(node.name)} is not ready",
        cause=f"{shown(node.problem).rstrip('.')}. Pods on it cannot be reached, and are evicted after 5 min.",
        advice=("Azure automatically repairs a node that stays like this for about ten minutes.",),
        buttons=(typing("Show nodes", "/jhub nodes"),),
        subjects=(_told(node, on),),
        group=f"nodes not ready {node.pool}",
        several="{count} nodes are not ready",
    )


def _pressed(node: Node, kind: str, on: Mapping[str, list[str]]) -> Finding:
    words = _PRESSURES.get(kind, kind)
    return Finding(
        key=f"node {node.name} {kind}",
        severity=Severity.WARNING,
        title=f"Node {short_node(node.name)} is {words}",
        cause=f"The kubelet reports {kind}: the node takes no new pods, and evicts some if this continues.",
        buttons=(typing("Show nodes", "/jhub nodes"), typing("Show users", "/jhub users --active")),
        subjects=(_told(node, on),),
        group=f"nodes {kind} {node.pool}",
        several=f"{{count}} nodes are {words}",
    )


def _without_node(pods: Sequence[Pod], events: Sequence[Event]) -> list[tuple[Pod, Trouble]]:
    said = event_lookup(events)
    causes = [(pod, diagnose(pod, said(pod))) for pod in servers(pods) if not pod.node]
    return [(pod, trouble) for pod, trouble in causes if trouble and trouble.cause in _WAITING]


def _cannot_grow(pod: Pod, trouble: Trouble, pools: Sequence[Pool]) -> Finding:
    cause = trouble.cause
    more = larger_range_line(pools) if cause is Cause.POOL_FULL else ""
    buttons: tuple[Button, ...] = (typing("Show nodes", "/jhub nodes"),)
    return Finding(
        key=f"waiting {pod.name}",
        severity=Severity.CRITICAL,
        title=_WAITING[cause],
        cause=trouble.words,
        advice=(f"{more} lets it add one more node.",) if more else (),
        buttons=((typing("Allow one more node", more), *buttons) if more else buttons),
        subjects=(pod.user or pod.name,),
        group=f"waiting {cause.value}",
    )


WATCHER = Watcher(
    "nodes",
    look,
    every=timedelta(minutes=1),
    dwell=timedelta(minutes=1),
    clear=timedelta(minutes=2),
    by_cluster=True,
)

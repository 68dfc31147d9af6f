"""Users' servers that do not start, grouped by what explains it: one cause is one alert, whomever it affects."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import typing
from clients.kube import Event, Node, Pod
from commands.framework.usage import quoted
from commands.kubernetes.components import plain, servers
from commands.kubernetes.explanations import diagnose, event_lookup
from commands.kubernetes.problem import Cause, Trouble
from commands.kubernetes.termination_failures import held
from commands.ports.context import Reads
from commands.storage.homes import ENDED

_EVENTS: Final = timedelta(hours=1)
# What often passes by itself gets time to, from the pod's creation on.
_PATIENCE: Final = {
    Cause.SCALING_UP: timedelta(minutes=15),
    Cause.DISK_ELSEWHERE: timedelta(minutes=6),
    Cause.DISK: timedelta(minutes=5),
    Cause.MOUNT_LATE: timedelta(minutes=5),
    Cause.MACHINE_MISSING: timedelta(minutes=5),
    Cause.PROBE: timedelta(minutes=5),
    Cause.ADDRESSES: timedelta(minutes=3),
    Cause.NETWORK: timedelta(minutes=3),
    Cause.IMAGE: timedelta(minutes=3),
    Cause.IMAGE_RATE: timedelta(minutes=3),
    Cause.IMAGE_UNREACHABLE: timedelta(minutes=3),
    # The autoscaler answers within half a minute, and then that is the cause.
    **dict.fromkeys(
        (
            Cause.MEMORY,
            Cause.CPU,
            Cause.PODS,
            Cause.DISKS,
            Cause.RESOURCE,
            Cause.TAINT,
            Cause.AFFINITY,
            Cause.ZONE,
            Cause.NO_NODES,
        ),
        timedelta(minutes=2),
    ),
    Cause.OTHER: timedelta(minutes=10),
}
# Other watchers tell of these, with those who wait for it, where the pod has no node yet.
_TOLD_ELSEWHERE: Final = frozenset(
    {
        Cause.POOL_FULL,
        Cause.CLUSTER_FULL,
        Cause.NO_MACHINES,
        Cause.NOT_JOINED,
        Cause.CLAIM_UNBOUND,
        Cause.DISK_QUOTA,
        Cause.DISK_GONE,
    }
)
# Kubelet and a slow disk get so long after the grace period.
_ENDING: Final = timedelta(minutes=5)
# So many at once are not about one person any more.
_MANY: Final = 3
_UNEXPLAINED: Final = Trouble(Cause.OTHER, "It has not become ready, and the cluster does not say why.")


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for the pods, their nodes and events. Raise Unavailable."""
    pods, events, nodes = await asyncio.gather(
        reads.kube.pods(), reads.kube.events(reads.now - _EVENTS), reads.kube.nodes()
    )
    return [*judge(pods, events, reads.now), *judge_endings(pods, nodes, reads.now)]


def judge_endings(pods: Sequence[Pod], nodes: Sequence[Node], now: datetime) -> list[Finding]:
    """Return a finding for each server that was asked to end and cannot. Pure."""
    late = [(pod, trouble) for pod in servers(pods) if (trouble := held(pod, nodes, now, _ENDING))]
    return [_unended(pod, trouble) for pod, trouble in late]


def _unended(pod: Pod, trouble: Trouble) -> Finding:
    who = pod.user or pod.name
    return Finding(
        key=f"ending {pod.name}",
        severity=Severity.WARNING,
        title=f"The server of {who} cannot end",
        cause=trouble.words,
        advice=("Its user cannot start another one until it has ended.",),
        buttons=(typing(trouble.step.title, trouble.step.line),) if trouble.step else (),
        subjects=(who,),
        group=f"servers {trouble.cause.value}",
        several="{count} servers cannot end",
    )


def judge(pods: Sequence[Pod], events: Sequence[Event], now: datetime) -> list[Finding]:
    """Return a finding for each server that does not start. Pure."""
    said = event_lookup(events)
    stuck = [(pod, trouble) for pod in servers(pods) if (trouble := _trouble(pod, said(pod), now))]
    hit = Counter(_group(pod, trouble) for pod, trouble in stuck)
    return [_finding(pod, trouble, hit[_group(pod, trouble)]) for pod, trouble in stuck]


def _trouble(pod: Pod, events: Sequence[Event], now: datetime) -> Trouble | None:
    if pod.is_ready or pod.terminating or pod.phase in ENDED:
        return None
    trouble = diagnose(pod, events) or _UNEXPLAINED
    waited = now - (pod.created or now)
    is_early = waited < _PATIENCE.get(trouble.cause, timedelta(0))
    is_told = not pod.node and trouble.cause in _TOLD_ELSEWHERE
    return None if is_told or is_early else trouble


def _group(pod: Pod, trouble: Trouble) -> str:
    """Return the group of a finding: its cause, for images together with the image."""
    image = f" {plain(pod.pull_failure.image)}" if pod.pull_failure else ""
    return f"servers {trouble.cause.value}{image}"


def _finding(pod: Pod, trouble: Trouble, hit: int) -> Finding:
    who = pod.user or pod.name
    step = (typing(trouble.step.title, trouble.step.line),) if trouble.step else ()
    why = (typing("Why", f"/jhub why {quoted(who)}"),) if hit == 1 and pod.user else ()
    return Finding(
        key=f"server {pod.name}",
        severity=Severity.CRITICAL if hit >= _MANY else Severity.WARNING,
        title=f"The server of {who} is not starting",
        cause=trouble.words,
        advice=("/jhub why <user> explains one of them.",) if hit > 1 else (),
        buttons=(*why, *step),
        subjects=(who,),
        group=_group(pod, trouble),
        several="{count} servers are not starting",
    )


WATCHER = Watcher(
    "servers",
    look,
    every=timedelta(minutes=1),
    dwell=timedelta(minutes=1),
    clear=timedelta(minutes=2),
    by_cluster=True,
)

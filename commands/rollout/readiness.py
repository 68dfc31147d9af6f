"""Reasons why a release's pods are not ready when helm's time is up: those that pass by themselves, and others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clients.kube import Claim, Event, Pod
from commands.kubernetes.components import USER_SERVER
from commands.kubernetes.explanations import diagnose, event_lookup, explained
from commands.kubernetes.problem import TRANSIENT, Cause, Trouble
from commands.ports.context import Reads
from commands.storage.homes import STORAGE

# Causes that pass with more time, besides those that always do: kubelet and Azure retry them.
_SLOW: Final = TRANSIENT | {Cause.IMAGE_RATE, Cause.IMAGE_UNREACHABLE, Cause.DISK_ELSEWHERE}
# Pods that helm does not wait for; users' servers are not part of the release.
_NOT_WAITED_FOR: Final = (USER_SERVER, "user-placeholder", "continuous-image-puller")
# Kubernetes keeps events for an hour; older ones belong to an earlier state.
_RECENT: Final = timedelta(minutes=30)
_MAKERS: Final = ("ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Deployment")


@dataclass(frozen=True)
class Blockage:
    """A reason that the release is not ready: a pod (empty if none could be made), its component, and words.

    `passes` says that it may pass by itself; `logged`, that the pod has run, so that its log may say more.
    """

    pod: str
    component: str
    words: str
    passes: bool
    logged: bool = False

    @property
    def text(self) -> str:
        """A sentence that names the part of the hub."""
        named = not self.component or self.words.startswith(f"{self.component} ")
        return self.words if named else f"{self.component}: {self.words}"


async def blockages(reads: Reads, gone: Sequence[Pod] = ()) -> tuple[Blockage, ...]:
    """Return what is in the way now, what does not pass first; nothing if all is ready. Raise Unavailable.

    `gone` are pods that helm has deleted meanwhile, as they were before.
    """
    newest, pods, events, claims = await asyncio.gather(
        reads.releases.current(),
        reads.kube.pods(),
        reads.kube.events(reads.now - _RECENT),
        reads.kube.unbound_claims(),
    )
    return find_blockages([*pods, *gone], events, claims, newest.last_deployed if newest else None)


def find_blockages(
    pods: Sequence[Pod], events: Sequence[Event], claims: Sequence[Claim] = (), began: datetime | None = None
) -> tuple[Blockage, ...]:
    """Return the same for what was read. `claims` are those without a disk, `began` is helm's start. Pure."""
    about = event_lookup(events)
    waited = [pod for pod in pods if pod.component not in _NOT_WAITED_FOR and _is_open(pod)]
    unbound = [claim for claim in claims if claim.component != STORAGE]
    blockages_found = [
        *(_of(pod, diagnose(pod, about(pod))) for pod in waited),
        *_not_made(events, began),
        *(_unbound(claim, events) for claim in unbound),
    ]
    return tuple(sorted(blockages_found, key=lambda one: (one.passes, one.component, one.pod)))


def _is_open(pod: Pod) -> bool:
    return not (pod.is_ready or pod.terminating or pod.phase == "Succeeded")


def _of(pod: Pod, trouble: Trouble | None) -> Blockage:
    logged = pod.phase != "Pending" or pod.restarts > 0
    if trouble is None:
        return Blockage(pod.name, pod.component, *_unexplained(pod), logged=logged)
    # A probe that is slow to succeed passes; one that restarted the pod does not.
    passes = trouble.cause in _SLOW or (trouble.cause is Cause.PROBE and not pod.restarts)
    return Blockage(pod.name, pod.component, trouble.words, passes, logged)


def _unexplained(pod: Pod) -> tuple[str, bool]:
    if pod.phase == "Failed":
        return "It has failed, and the cluster does not say why.", False
    if pod.phase == "Pending" and pod.node:
        return "Its image is still being pulled.", True
    return ("It has not started yet.", True) if pod.phase == "Pending" else ("It is running but not ready yet.", True)


def _unbound(claim: Claim, events: Sequence[Event]) -> Blockage:
    """Return the blockage of a claim: helm waits for the chart's claims even if no pod does."""
    claim_events = [one for one in events if one.name == claim.name and one.kind == "PersistentVolumeClaim"]
    reasons = [trouble.words for one in reversed(claim_events) if (trouble := explained(one))]
    return Blockage("", claim.name, reasons[0] if reasons else "It has no disk yet.", passes=False)


def _not_made(events: Sequence[Event], began: datetime | None) -> list[Blockage]:
    """Return the pods that could not even be created since then, each reason once."""
    # The problems of an earlier attempt may be over. Events have a resolution of a second.
    since = began.replace(microsecond=0) if began else None
    late = [one for one in events if since is None or one.last is None or one.last >= since]
    refused = [one for one in late if one.reason == "FailedCreate" and one.kind in _MAKERS]
    words = dict.fromkeys(trouble.words for one in refused if (trouble := explained(one)))
    return [Blockage("", "", sentence, passes=False) for sentence in words]

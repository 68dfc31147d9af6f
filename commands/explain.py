"""Events and the states of pods in plain words: what it means, and the safe next step. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from clients.kube import Event, Pod
from commands.cluster_words import shown
from commands.container_troubles import crashed, pull_event, pulling, refused, waiting_for
from commands.trouble import NODES, PODS, Cause, Trouble
from commands.unschedulable import autoscaler, unschedulable
from commands.volume_troubles import attach, lost, mount, provisioning

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_QUOTA = re.compile(r"exceeded quota: (?P<quota>[^,]{1,253}), requested: (?P<asked>[^ ]{1,4000}?), used", re.DOTALL)
_PRESSURES: Final = {
    "NodeHasInsufficientMemory": "short of memory",
    "NodeHasDiskPressure": "short of disk space",
    "NodeHasInsufficientPID": "short of process ids",
    "EvictionThresholdMet": "so short of a resource that it evicts pods",
    "FreeDiskSpaceFailed": "short of disk space",
    "ImageGCFailed": "short of disk space",
    "SystemOOM": "out of memory",
}


def explained(event: Event) -> Trouble | None:
    """What an event means; None for what needs no explanation, or is not known."""
    meaning = _BY_REASON.get(event.reason)
    return meaning(event) if meaning else None


def sorted_out(events: Sequence[Event]) -> Callable[[Pod], list[Event]]:
    """What was said of a pod and of its claims, looked up: where many pods are asked about, for `why_not`."""
    about: dict[str, list[Event]] = {}
    for event in events:
        about.setdefault(event.name, []).append(event)
    return lambda pod: [event for name in (pod.name, *pod.claims) for event in about.get(name, ())]


def why_not(pod: Pod, events: Sequence[Event] = ()) -> Trouble | None:
    """Why a pod does not run: its own state first, then what was last said of it and of its claims.

    None for one that runs, ends, or merely starts. `events` may be those of everything.
    """
    if pod.is_ready or pod.phase == "Succeeded" or pod.terminating:
        return None
    return _by_state(pod, events) or _by_events(pod, events)


def _by_state(pod: Pod, events: Sequence[Event]) -> Trouble | None:
    if pod.pull_failure:
        # Backing off, kubelet may leave the registry's words away: an event has them.
        known = pulling(pod.pull_failure)
        told = [known] if known.cause is not Cause.IMAGE else _told(pod, events, "Failed")
        return next((one for one in told if one.cause is not Cause.IMAGE), known)
    if pod.waiting and (known_wait := waiting_for(pod.waiting)):
        return known_wait
    if not pod.node and pod.refusal:
        return _unplaced(pod, events)
    if pod.refusal and (put_out := refused(pod.refusal)):
        return put_out
    return crashed(pod.crash, pod.restarts) if pod.crash else None


def _unplaced(pod: Pod, events: Sequence[Event]) -> Trouble:
    """Why no node takes it, and what the autoscaler does about that."""
    found = unschedulable(pod.refusal.removeprefix("Unschedulable: "))
    if found.cause in (Cause.CLAIM_UNBOUND, Cause.DISK_GONE):
        return next(iter(_of_claims(pod, events)), found)
    answers = _told(pod, events, "TriggeredScaleUp", "NotTriggerScaleUp", "FailedToScaleUp")
    if not answers or found.cause in (Cause.CLAIM_GONE, Cause.CLAIM_GOING):
        return found
    return Trouble(answers[0].cause, f"{found.words} {answers[0].words}", answers[0].step)


def _by_events(pod: Pod, events: Sequence[Event]) -> Trouble | None:
    if pod.started and any(one.reason == "Started" for one in _of_pod(pod, events)) and pod.phase == "Running":
        return next(iter(_told(pod, events, "Unhealthy")), None)
    found = _told(pod, events, *_STALLS)
    return next(iter((*found, *_of_claims(pod, events))), None)


# What is said of a pod that has a node and does not start there.
_STALLS: Final = (
    "FailedAttachVolume",
    "FailedMount",
    "FailedCreatePodSandBox",
    "Failed",
    "FailedScheduling",
    "TriggeredScaleUp",
    "NotTriggerScaleUp",
)


def _of_claims(pod: Pod, events: Sequence[Event]) -> list[Trouble]:
    about = [one for name in pod.claims for one in _about(name, events, "PersistentVolumeClaim")]
    return [trouble for event in about if (trouble := explained(event))]


def _told(pod: Pod, events: Sequence[Event], *reasons: str) -> list[Trouble]:
    """What was said of the pod for those reasons, the latest first."""
    about = (one for one in _of_pod(pod, events) if one.reason in reasons)
    return [trouble for event in about if (trouble := explained(event))]


def _of_pod(pod: Pod, events: Sequence[Event]) -> list[Event]:
    """What was said of this very pod: a user's next one has the same name."""
    return [event for event in _about(pod.name, events) if event.uid in ("", pod.uid)]


def _about(name: str, events: Sequence[Event], kind: str = "Pod") -> list[Event]:
    found = [event for event in events if event.kind == kind and event.name == name]
    return sorted(found, key=lambda event: event.last or _LONG_AGO, reverse=True)


def _quota(event: Event) -> Trouble | None:
    found = _QUOTA.search(event.message)
    if found:
        words = f"The namespace’s quota {found['quota']} is used up ({found['asked']} was requested)."
        return Trouble(Cause.QUOTA, words, PODS)
    if "forbidden" in event.message:
        return Trouble(Cause.QUOTA, f"The cluster’s rules do not allow it: {shown(event.message)}", PODS)
    return None


def _probe(event: Event) -> Trouble:
    words = {
        "Liveness": "It has stopped responding and is restarted if that goes on.",
        "Startup": "It does not respond yet.",
    }
    kind = event.message.partition(" ")[0]
    return Trouble(
        Cause.PROBE, words.get(kind, "It is running but does not respond (its readiness probe fails)."), PODS
    )


def _sandbox(event: Event) -> Trouble:
    said = event.message.lower()
    if "ip address" in said or "ipam" in said or "no addresses" in said:
        return Trouble(Cause.ADDRESSES, "There are no addresses left for new pods.", NODES)
    return Trouble(Cause.ADDRESSES, "Its node cannot set up its network yet.", NODES)


def _back_off(event: Event) -> Trouble | None:
    if "restarting failed container" not in event.message:
        return None
    return Trouble(Cause.CRASH, "It keeps exiting; the cluster waits longer before each restart.", PODS)


def _put_out(event: Event) -> Trouble | None:
    return refused(f"Evicted: {event.message}")


def _lost(_: Event) -> Trouble:
    return Trouble(Cause.NODE_LOST, "Its node no longer responds.", NODES)


def _pressed(event: Event) -> Trouble:
    return Trouble(Cause.NODE_PRESSURE, f"The node is {_PRESSURES[event.reason]}.", NODES)


_BY_REASON: Final[dict[str, Callable[[Event], Trouble | None]]] = {
    "FailedScheduling": lambda event: unschedulable(event.message),
    **dict.fromkeys(
        ("TriggeredScaleUp", "NotTriggerScaleUp", "FailedToScaleUp", "FailedToScaleUpGroup", "ScaleUpTimedOut"),
        lambda event: autoscaler(event.reason, event.message),
    ),
    "FailedAttachVolume": lambda event: attach(event.message),
    "FailedMount": lambda event: mount(event.message),
    "ProvisioningFailed": lambda event: provisioning(event.message),
    "FailedBinding": lambda event: provisioning(event.message),
    "ClaimLost": lambda event: lost(event.message),
    "Failed": lambda event: pull_event(event.message),
    "FailedCreate": _quota,
    "Unhealthy": _probe,
    "FailedCreatePodSandBox": _sandbox,
    "BackOff": _back_off,
    "Evicted": _put_out,
    "NodeNotReady": _lost,
    "TaintManagerEviction": _lost,
    **dict.fromkeys(_PRESSURES, _pressed),
}

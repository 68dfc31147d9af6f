"""Events and the states of pods explained: the meaning, and the safe next step. Pure."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from clients.kube import Event, Pod
from commands.kubernetes.admission_failures import uncreated
from commands.kubernetes.autoscaler_failures import autoscaler
from commands.kubernetes.claim_failures import about_claims
from commands.kubernetes.components import USER_SERVER
from commands.kubernetes.container_failures import AGAIN, container_event, crashed, refused, waiting_for
from commands.kubernetes.image_pull_failures import pull_event, pulling
from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, PODS, Cause, Trouble
from commands.kubernetes.scheduling_failures import unschedulable
from commands.kubernetes.volume_failures import attach, lost, mount, provisioning

_UNFREED: Final = re.compile(r"(?:to|but) free|required amount", re.IGNORECASE)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
# Where the autoscaler notes what it does with pools; AKS keeps it in kube-system.
AUTOSCALER: Final = "cluster-autoscaler-status"
_ANOTHER: Final = "Its controller makes another in its place."
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
    """Return the explanation of an event; None for one that needs none, or is not known."""
    meaning = _BY_REASON.get(event.reason)
    return meaning(event) if meaning else None


def event_lookup(events: Sequence[Event]) -> Callable[[Pod], list[Event]]:
    """Return a function that looks up the events of a pod and of its claims, for `diagnose` with many pods."""
    about: dict[str, list[Event]] = {}
    for event in events:
        about.setdefault(event.name, []).append(event)
    return lambda pod: [event for name in (pod.name, *pod.claims, AUTOSCALER) for event in about.get(name, ())]


def diagnose(pod: Pod, events: Sequence[Event] = ()) -> Trouble | None:
    """Return the reason why a pod does not run: its own state first, then the latest events of it and of its claims.

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
    is_server = pod.component == USER_SERVER
    ended = refused(pod.refusal, AGAIN if is_server else _ANOTHER) if pod.phase == "Failed" else None
    if ended is not None:
        return ended
    return crashed(pod.crash, pod.restarts, pod.name if is_server else "") if pod.crash else None


def _unplaced(pod: Pod, events: Sequence[Event]) -> Trouble:
    """Explain why no node takes the pod, and what the autoscaler does about that."""
    found = unschedulable(pod.refusal.removeprefix("Unschedulable: "), pod.name)
    if found.cause in (Cause.CLAIM_UNBOUND, Cause.DISK_GONE):
        return next(iter(_of_claims(pod, events)), found)
    answers = _told(pod, events, "TriggeredScaleUp", "NotTriggerScaleUp", "FailedToScaleUp")
    if not answers or found.cause in _OF_CLAIMS:
        return found
    answer = answers[0]
    if answer.cause is Cause.NO_MACHINES:
        # That the pool waits after a failure is said of the pod, the failure itself of the pool.
        answer = next(iter(_of_pools(events)), answer)
    return Trouble(answer.cause, f"{found.words} {answer.words}", answer.step)


_OF_CLAIMS: Final = (Cause.CLAIM_GONE, Cause.CLAIM_GOING, Cause.CLAIM_MISSING, Cause.HUB_CLAIM_GONE)


def _of_pools(events: Sequence[Event]) -> list[Trouble]:
    """Return the autoscaler's last failures to get a node for a pool, the latest first."""
    about = _about(AUTOSCALER, events, "ConfigMap")
    failed = (one for one in about if one.reason in ("FailedToScaleUpGroup", "ScaleUpTimedOut"))
    return [trouble for event in failed if (trouble := explained(event))]


def _by_events(pod: Pod, events: Sequence[Event]) -> Trouble | None:
    if pod.phase == "Running":
        unwell = next(iter(_told(pod, events, "Unhealthy")), None)
        if unwell or (pod.started and any(one.reason == "Started" for one in _of_pod(pod, events))):
            return unwell
    found = (*_told(pod, events, *_STALLS), *_of_claims(pod, events))
    # That a volume is late is said beside why it is, in turns.
    return next((one for one in found if one.cause is not Cause.MOUNT_LATE), next(iter(found), None))


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
    """Return the explanations of the pod's events with those reasons, the latest first."""
    about = (one for one in _of_pod(pod, events) if one.reason in reasons)
    return [trouble for event in about if (trouble := explained(event))]


def _of_pod(pod: Pod, events: Sequence[Event]) -> list[Event]:
    """Return the events of this very pod: a user's next one has the same name."""
    return [event for event in _about(pod.name, events) if event.uid in ("", pod.uid)]


def _about(name: str, events: Sequence[Event], kind: str = "Pod") -> list[Event]:
    found = [event for event in events if event.kind == kind and event.name == name]
    return sorted(found, key=lambda event: event.last or _LONG_AGO, reverse=True)


def _probe(event: Event) -> Trouble:
    words = {
        "Liveness": "It has stopped responding and is restarted if that goes on.",
        "Startup": "It does not respond yet.",
    }
    kind = event.message.partition(" ")[0]
    return Trouble(
        Cause.PROBE, words.get(kind, "It is running but does not respond (its readiness probe fails)."), PODS
    )


# The first that fits: a full disk stops every plugin, and a plugin that does not answer says nothing of addresses.
_SANDBOXES: Final[tuple[MessageRule, ...]] = (
    rule(
        r"no space left on device", Cause.NODE_PRESSURE, "The disk of its node is full: no pod can start there.", NODES
    ),
    # With dynamic addresses a node is given some at a time: that these are used up says nothing of the subnet.
    rule(
        r"waiting on Azure CNS to allocate more",
        Cause.ADDRESSES,
        "Its node has no address left for it, and waits for more addresses from Azure.",
        NODES,
    ),
    rule(
        r"no (ip )?addresses (are )?available|no available (ip )?addresses|no (more |free |available )ip\b"
        r"|no (more |free |available )?ips\b|IPAM_NoIPs|not enough IPs|no free addresses|range is full"
        r"|pool is exhausted|addresses? exhausted|out of ip addresses|InsufficientFreeAddresses"
        r"|failed to assign an IP address to container",
        Cause.ADDRESSES,
        "There are no addresses left for new pods.",
        NODES,
    ),
)


def _sandbox(event: Event) -> Trouble:
    words = f"Its node cannot set up the pod. It says: {quoted(event.message)}."
    return meaning(_SANDBOXES, event.message) or Trouble(Cause.NETWORK, words, NODES)


def _back_off(event: Event) -> Trouble | None:
    if "restarting failed container" not in event.message:
        return None
    return Trouble(Cause.CRASH, "It keeps exiting; the cluster waits longer before each restart.", PODS)


def _put_out(event: Event) -> Trouble | None:
    return refused(f"Evicted: {event.message}")


def _lost(_: Event) -> Trouble:
    return Trouble(Cause.NODE_LOST, "Its node no longer responds.", NODES)


def _tainted(event: Event) -> Trouble | None:
    """Explain an eviction by a node's taint; a cancelled one needs no explanation."""
    if not event.message.startswith("Marking for deletion"):
        return None
    words = (
        "The cluster ends it: its node has a taint that it does not tolerate. A node that does not respond gets one."
    )
    return Trouble(Cause.EVICTED, words, NODES)


def _pressed(event: Event) -> Trouble | None:
    if event.reason == "ImageGCFailed" and not _UNFREED.search(event.message):
        # Every node says so once while it starts: its disk has not been looked at yet.
        return None
    return Trouble(Cause.NODE_PRESSURE, f"The node is {_PRESSURES[event.reason]}.", NODES)


_BY_REASON: Final[dict[str, Callable[[Event], Trouble | None]]] = {
    "FailedScheduling": lambda event: unschedulable(event.message, event.name),
    **dict.fromkeys(
        ("TriggeredScaleUp", "NotTriggerScaleUp", "FailedToScaleUp", "FailedToScaleUpGroup", "ScaleUpTimedOut"),
        lambda event: autoscaler(event.reason, event.message),
    ),
    "FailedAttachVolume": lambda event: attach(event.message),
    "FailedMount": lambda event: about_claims(event.message, event.name) or mount(event.message),
    "ProvisioningFailed": lambda event: provisioning(event.message),
    "FailedBinding": lambda event: provisioning(event.message),
    "ClaimLost": lambda event: lost(event.message, event.name),
    "Failed": lambda event: pull_event(event.message) or container_event(event.message),
    "InspectFailed": lambda event: pull_event(event.message),
    "FailedCreate": lambda event: uncreated(event.message),
    "Unhealthy": _probe,
    "FailedCreatePodSandBox": _sandbox,
    "BackOff": _back_off,
    "Evicted": _put_out,
    "NodeNotReady": _lost,
    "TaintManagerEviction": _tainted,
    **dict.fromkeys(_PRESSURES, _pressed),
}

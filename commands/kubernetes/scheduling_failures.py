"""Messages of kube-scheduler 1.27 to 1.35 (pkg/scheduler/framework) about pods without a node, explained for people."""

import re
from collections.abc import Sequence
from typing import Final

from commands.kubernetes.claim_failures import about_claims
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, Cause, Trouble

_AVAILABLE = re.compile(r"^(?P<fitting>\d+)/(?P<nodes>\d+) nodes are available: (?P<why>.*)", re.DOTALL)
_COUNTED = re.compile(r"(?P<count>\d+) (?P<reason>.+)", re.DOTALL)
# What preemption, and since 1.30 the plugin for devices, came to is said behind the reasons of the nodes.
_AFTERWARDS = re.compile(
    r"\.{0,2} (?:(?:still not schedulable|no new claims to deallocate)(?:, )?)?(?:preemption: .*)?$", re.DOTALL
)
_SHORT_OF = re.compile(r"Insufficient (?P<what>[\w./-]{1,120})")
_TAINT = re.compile(r"taint(?:\(s\))? \{(?P<key>[^:{}]*)(?:: (?P<value>[^{}]*))?\}")

_AILMENTS: Final = {
    "node.kubernetes.io/not-ready": "not ready",
    "node.kubernetes.io/unreachable": "not responding",
    "node.kubernetes.io/memory-pressure": "short of memory",
    "node.kubernetes.io/disk-pressure": "short of disk space",
    "node.kubernetes.io/pid-pressure": "short of process ids",
    "node.kubernetes.io/unschedulable": "closed to new pods",
    "node.cloudprovider.kubernetes.io/uninitialized": "being set up",
    "node.kubernetes.io/network-unavailable": "without a network",
    "node.cilium.io/agent-not-ready": "without a network",
    "node.kubernetes.io/out-of-service": "out of service",
    "ToBeDeletedByClusterAutoscaler": "being removed by the autoscaler",
    "DeletionCandidateOfClusterAutoscaler": "about to be removed by the autoscaler",
    # AKS' own, while it repairs a node.
    "remediator.kubernetes.azure.com/unschedulable": "being repaired by Azure",
}
# In this order: what keeps a pod from nodes that are meant for it says more than that others are not.
_REASONS: Final[tuple[tuple[str, Cause, str], ...]] = (
    ("volume node affinity conflict", Cause.ZONE, "{} in a different zone from its disk"),
    # The same since 1.35.
    ("match PersistentVolume's node affinity", Cause.ZONE, "{} in a different zone from its disk"),
    ("no available volume zone", Cause.ZONE, "{} in a different zone from its disk"),
    ("Insufficient memory", Cause.MEMORY, "{} without enough memory left"),
    ("Insufficient cpu", Cause.CPU, "{} without enough CPU left"),
    ("Too many pods", Cause.PODS, "{} at the limit of pods"),
    ("exceed max volume count", Cause.DISKS, "{} at the limit of disks"),
    ("ReadWriteOncePod access mode", Cause.DISK_ELSEWHERE, "{} where its disk may not be used by a second pod"),
    ("find available persistent volumes to bind", Cause.CLAIM_UNBOUND, "{} for which no volume is free"),
    # Of anything else, such as graphics processors.
    ("Insufficient ", Cause.RESOURCE, "{} without enough {what} left"),
    ("were unschedulable", Cause.TAINT, "{} closed to new pods"),
    ("taint", Cause.TAINT, "{} with a taint it does not tolerate"),
    ("match Pod's node affinity", Cause.AFFINITY, "{} not meant for it"),
    ("match node selector", Cause.AFFINITY, "{} not meant for it"),
)
# Of these reasons another node of the same kind is free; without any of them, none is in the zone at all.
_NO_ROOM: Final = ("Insufficient ", "Too many pods", "exceed max volume count", "unschedulable", "taint")
_NOT_THERE: Final = "No node that it may run on is in the zone of its disk."
_WORDS: Final = {
    Cause.ZONE: "No node in the zone of its disk has room.",
    Cause.MEMORY: "No node has enough memory left for it.",
    Cause.CPU: "No node has enough CPU left for it.",
    Cause.PODS: "All nodes that it may run on are at their limit of pods.",
    Cause.DISKS: "All nodes that it may run on are at their limit of disks.",
    Cause.DISK_ELSEWHERE: "Its disk is in use by another pod, and only one pod at a time may have it.",
    Cause.CLAIM_UNBOUND: "No volume is free for its claim on any node.",
    Cause.RESOURCE: "No node has enough {what} left for it.",
    Cause.TAINT: "The nodes that it could run on have taints that it does not tolerate.",
    Cause.AFFINITY: "There is no node that matches its node selector or affinity.",
}


def unschedulable(message: str, pod: str = "") -> Trouble:
    """Explain `FailedScheduling`, or the condition PodScheduled with the reason Unschedulable, for that pod."""
    if (claims := about_claims(message, pod)) is not None:
        return claims
    if message.startswith(("no nodes available", "0/0 nodes are available")):
        return Trouble(Cause.NO_NODES, "The cluster has no node that could take a pod.", NODES)
    if message.startswith("SchedulingGated"):
        return Trouble(Cause.OTHER, f"It is held back from being scheduled: {quoted(message)}.", NODES)
    found = _AVAILABLE.match(message)
    if found is None:
        return Trouble(Cause.OTHER, f"The scheduler finds no node for it: {quoted(message)}.", NODES)
    counted = _counted(found["why"])
    main = next((cause for text, cause, _ in _REASONS if any(text in reason for _, reason in counted)), None)
    if main is None:
        said = quoted(_AFTERWARDS.sub("", found["why"]))
        return Trouble(Cause.OTHER, f"The scheduler finds no node for it: {said}.", NODES)
    lacking = next((one["what"] for _, reason in counted if (one := _SHORT_OF.search(reason))), "")
    has_room = not any(text in reason for _, reason in counted for text in _NO_ROOM)
    words = _NOT_THERE if main is Cause.ZONE and has_room else _WORDS[main].format(what=lacking)
    return Trouble(main, f"{words} {_sum(counted, int(found['nodes']))}", NODES)


def _counted(why: str) -> list[tuple[int, str]]:
    head = _AFTERWARDS.sub("", why).rstrip(".")
    parts = (_COUNTED.fullmatch(part) for part in re.split(r", (?=\d+ )", head))
    return [(int(part["count"]), part["reason"]) for part in parts if part]


def _sum(counted: Sequence[tuple[int, str]], nodes: int) -> str:
    ordered = sorted(counted, key=_weight)
    if nodes == 1:
        return f"The only node: {', '.join(_reason(reason) for _, reason in ordered)}."
    said = ", ".join(f"{count} {_reason(reason)}" for count, reason in ordered)
    return f"Of {nodes} nodes: {said}."


def _weight(one: tuple[int, str]) -> int:
    return next((place for place, (text, *_) in enumerate(_REASONS) if text in one[1]), len(_REASONS))


def _reason(reason: str) -> str:
    taint = _TAINT.search(reason)
    if taint:
        return _AILMENTS.get(taint["key"], f"reserved for others ({taint['key']})")
    words = next((said for text, _, said in _REASONS if text in reason), "")
    short = _SHORT_OF.search(reason)
    return words.replace("{} ", "").replace("{what}", short["what"] if short else "") if words else reason

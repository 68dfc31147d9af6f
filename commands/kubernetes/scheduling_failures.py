"""Messages of kube-scheduler 1.32 (pkg/scheduler/framework) about pods without a node, explained for people."""

import re
from collections.abc import Sequence
from typing import Final

from commands.kubernetes.claim_failures import about_claims
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, Cause, Trouble

_AVAILABLE = re.compile(r"^(?P<fitting>\d+)/(?P<nodes>\d+) nodes are available: (?P<why>.*)", re.DOTALL)
_COUNTED = re.compile(r"(?P<count>\d+) (?P<reason>.+)", re.DOTALL)
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
}
# In this order: what keeps a pod from nodes that are meant for it says more than that others are not.
_REASONS: Final[tuple[tuple[str, Cause, str], ...]] = (
    ("volume node affinity conflict", Cause.ZONE, "{} in a different zone from its disk"),
    ("no available volume zone", Cause.ZONE, "{} in a different zone from its disk"),
    ("Insufficient memory", Cause.MEMORY, "{} without enough memory left"),
    ("Insufficient cpu", Cause.CPU, "{} without enough CPU left"),
    ("Too many pods", Cause.PODS, "{} at the limit of pods"),
    ("exceed max volume count", Cause.DISKS, "{} at the limit of disks"),
    ("were unschedulable", Cause.TAINT, "{} closed to new pods"),
    ("taint", Cause.TAINT, "{} with a taint it does not tolerate"),
    ("match Pod's node affinity", Cause.AFFINITY, "{} not meant for it"),
    ("match node selector", Cause.AFFINITY, "{} not meant for it"),
)
_WORDS: Final = {
    Cause.ZONE: "No node in the zone of its disk has room.",
    Cause.MEMORY: "No node has enough memory left for it.",
    Cause.CPU: "No node has enough CPU left for it.",
    Cause.PODS: "All nodes that it may run on are at their limit of pods.",
    Cause.DISKS: "All nodes that it may run on are at their limit of disks.",
    Cause.TAINT: "The nodes that it could run on have taints that it does not tolerate.",
    Cause.AFFINITY: "There is no node that matches its node selector or affinity.",
}


def unschedulable(message: str, pod: str = "") -> Trouble:
    """Explain `FailedScheduling`, or the condition PodScheduled with the reason Unschedulable, for that pod."""
    if (claims := about_claims(message, pod)) is not None:
        return claims
    if message.startswith("no nodes available"):
        return Trouble(Cause.NO_NODES, "The cluster has no node that could take a pod.", NODES)
    if message.startswith("SchedulingGated"):
        return Trouble(Cause.OTHER, f"It is held back from being scheduled: {quoted(message)}.", NODES)
    found = _AVAILABLE.match(message)
    if found is None:
        return Trouble(Cause.OTHER, f"The scheduler finds no node for it: {quoted(message)}.", NODES)
    counted = _counted(found["why"])
    main = next((cause for text, cause, _ in _REASONS if any(text in reason for _, reason in counted)), None)
    if main is None:
        said = quoted(found["why"].partition(" preemption:")[0])
        return Trouble(Cause.OTHER, f"The scheduler finds no node for it: {said}.", NODES)
    return Trouble(main, f"{_WORDS[main]} {_sum(counted, int(found['nodes']))}", NODES)


def _counted(why: str) -> list[tuple[int, str]]:
    head = why.partition(". preemption:")[0].rstrip(".")
    parts = (_COUNTED.fullmatch(part) for part in re.split(r", (?=\d+ )", head))
    return [(int(part["count"]), part["reason"]) for part in parts if part]


def _sum(counted: Sequence[tuple[int, str]], nodes: int) -> str:
    said = ", ".join(f"{count} {_reason(reason)}" for count, reason in sorted(counted, key=_weight))
    return f"Of {nodes} nodes: {said}." if nodes > 1 else f"The only node: {said}."


def _weight(one: tuple[int, str]) -> int:
    return next((place for place, (text, *_) in enumerate(_REASONS) if text in one[1]), len(_REASONS))


def _reason(reason: str) -> str:
    taint = _TAINT.search(reason)
    if taint:
        return _AILMENTS.get(taint["key"], f"reserved for others ({taint['key']})")
    words = next((said for text, _, said in _REASONS if text in reason), "")
    return words.replace("{} ", "") if words else reason

"""What the scheduler and the cluster autoscaler say of pods that find no node, in words for people.

Messages as kube-scheduler 1.32 (pkg/scheduler/framework) and cluster-autoscaler 1.32 (processors/status) write them.
"""

import re
from collections.abc import Sequence
from typing import Final

from commands.cluster_words import shown
from commands.trouble import NODES, STORAGE, Cause, Trouble

_AVAILABLE = re.compile(r"^(?P<fitting>\d+)/(?P<nodes>\d+) nodes are available: (?P<why>.*)", re.DOTALL)
_COUNTED = re.compile(r"(?P<count>\d+) (?P<reason>.+)", re.DOTALL)
_TAINT = re.compile(r"taint(?:\(s\))? \{(?P<key>[^:{}]*)(?:: (?P<value>[^{}]*))?\}")
_CLAIM = re.compile(r'persistentvolumeclaim "(?P<claim>[^"]+)"')
_GROUP = re.compile(r"\{(?:aks-)?(?P<group>[^ {}]+?)(?:-\d+-vmss)? (?P<from>\d+)->(?P<to>\d+)")

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


def unschedulable(message: str) -> Trouble:
    """What `FailedScheduling` means, or the condition PodScheduled with the reason Unschedulable."""
    if (claims := _about_claims(message)) is not None:
        return claims
    if message.startswith("no nodes available"):
        return Trouble(Cause.NO_NODES, "The cluster has no node that could take a pod.", NODES)
    found = _AVAILABLE.match(message)
    if found is None:
        return Trouble(Cause.OTHER, f"The scheduler finds no node for it: {shown(message)}", NODES)
    counted = _counted(found["why"])
    main = next((cause for text, cause, _ in _REASONS if any(text in reason for _, reason in counted)), None)
    if main is None:
        return Trouble(
            Cause.OTHER,
            f"The scheduler finds no node for it: {shown(found['why'].partition('. preemption:')[0])}",
            NODES,
        )
    return Trouble(main, f"{_WORDS[main]} {_sum(counted, int(found['nodes']))}", NODES)


def autoscaler(reason: str, message: str) -> Trouble | None:
    """What the autoscaler says of a pod that waits; None for what it says of others."""
    if reason == "TriggeredScaleUp":
        found = _GROUP.search(message)
        pool = f"Pool {found['group']} goes from {found['from']} to {found['to']}" if found else "A node is being added"
        return Trouble(Cause.SCALING_UP, f"{pool}: a new node takes a few minutes.", NODES)
    if reason in ("FailedToScaleUp", "FailedToScaleUpGroup", "ScaleUpTimedOut"):
        return Trouble(Cause.NO_MACHINES, f"The autoscaler could not get another node. {_azure(message)}", NODES)
    return _not_triggered(message) if reason == "NotTriggerScaleUp" else None


def _not_triggered(message: str) -> Trouble:
    if "max node group size reached" in message or "max cluster" in message:
        return Trouble(Cause.POOL_FULL, "The pool is at its autoscaler's maximum.", NODES)
    if "in backoff after failed scale-up" in message:
        words = "Azure refused another node recently (quota, or no VMs of that size); the autoscaler "
        return Trouble(Cause.NO_MACHINES, f"{words}tries again in a few minutes.", NODES)
    if "volume node affinity conflict" in message:
        return Trouble(Cause.ZONE, "A new node would not be in the zone of its disk.", NODES)
    if "Insufficient" in message:
        return Trouble(Cause.MEMORY, "Not even an empty node of any pool would be large enough for it.", NODES)
    return Trouble(Cause.AFFINITY, "No pool that the autoscaler may grow has nodes that it could run on.", NODES)


def _azure(message: str) -> str:
    known = {
        "QuotaExceeded": "The subscription’s quota is used up.",
        "quota": "The subscription’s quota is used up.",
        "AllocationFailed": "Azure has no VM of that size in this zone at the moment.",
        "SkuNotAvailable": "Azure does not offer that VM size here.",
        "SubnetIsFull": "The subnet has no addresses left.",
    }
    return next((words for text, words in known.items() if text in message), "Azure refused it.")


def _about_claims(message: str) -> Trouble | None:
    claim = _CLAIM.search(message)
    name = claim["claim"] if claim else "its home"
    if claim and "not found" in message:
        words = f"Its home {name} does not exist. The hub remembers one that was deleted."
        return Trouble(Cause.CLAIM_GONE, words, STORAGE)
    if claim and "being deleted" in message:
        return Trouble(Cause.CLAIM_GOING, f"Its home {name} is being deleted.", STORAGE)
    if "non-existent persistentvolume" in message:
        return Trouble(Cause.DISK_GONE, f"The disk of its home {name} does not exist.", STORAGE)
    if "unbound immediate PersistentVolumeClaims" in message:
        return Trouble(Cause.CLAIM_UNBOUND, "Its home has no disk yet.", STORAGE)
    return None


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

"""Messages of the scheduler and the cluster autoscaler about pods without a node, explained for people.

As kube-scheduler 1.32 (pkg/scheduler/framework) and cluster-autoscaler 1.32 (processors/status) write them.
"""

import re
from collections.abc import Sequence
from typing import Final

from commands.framework.argument_types import HUB_DATABASE
from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, STORAGE, Cause, Step, Trouble

_AVAILABLE = re.compile(r"^(?P<fitting>\d+)/(?P<nodes>\d+) nodes are available: (?P<why>.*)", re.DOTALL)
_COUNTED = re.compile(r"(?P<count>\d+) (?P<reason>.+)", re.DOTALL)
_TAINT = re.compile(r"taint(?:\(s\))? \{(?P<key>[^:{}]*)(?:: (?P<value>[^{}]*))?\}")
_CLAIM = re.compile(r'persistentvolumeclaims? "(?P<claim>[^"]+)"')
_GROUP = re.compile(r"\{(?:aks-)?(?P<group>[^ {}]+?)(?:-\d+-vmss)? (?P<from>\d+)->(?P<to>\d+)")

# Where the chart's values say what a pod of that name mounts beside its own claim.
_MOUNTS: Final = {"jupyter-": "singleuser.storage.extraVolumes", "hub-": "hub.extraVolumes"}
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

# Why the autoscaler got no node, as Azure and its own code say it: figures first, then codes, then who never came.
_FAILURES: Final[tuple[MessageRule, ...]] = (
    rule(
        r"exceeding quota limits? of Cores?\b.{0,40}Maximum allowed: (?P<limit>\d{1,9}), Current in use: "
        r"(?P<used>\d{1,9}), Additional requested: (?P<asked>\d{1,9})",
        Cause.NO_MACHINES,
        "The subscription’s quota of cores is used up ({limit} allowed, {used} used, {asked} asked for).",
        NODES,
    ),
    rule(
        r"exceeding quota limits? of (?P<what>\w{1,60}).{0,40}Maximum allowed: (?P<limit>\d{1,9}), Current in use: "
        r"(?P<used>\d{1,9}), Additional requested: (?P<asked>\d{1,9})",
        Cause.NO_MACHINES,
        "The subscription’s quota of {what} is used up ({limit} allowed, {used} used, {asked} asked for).",
        NODES,
    ),
    rule(
        r"exceeding approved (?P<what>[\w ]{1,80}?) quota.{0,300}?Current Limit: (?P<limit>\d{1,9}), Current Usage: "
        r"(?P<used>\d{1,9}), Additional Required: (?P<asked>\d{1,9})",
        Cause.NO_MACHINES,
        "The subscription’s quota of {what} is used up ({limit} allowed, {used} used, {asked} asked for).",
        NODES,
    ),
    rule(
        r"exceeding approved (?P<what>[\w ]{1,80}?) quota",
        Cause.NO_MACHINES,
        "The subscription’s quota of {what} is used up.",
        NODES,
    ),
    rule(
        r"QuotaExceeded|quota_exceeded|exceed.{0,80}quota|quota.{0,60}exceeded|InsufficientVCPUQuota",
        Cause.NO_MACHINES,
        "The subscription’s quota is used up.",
        NODES,
    ),
    rule(
        r"OverconstrainedZonalAllocation|ZonalAllocationFailed|ZONE_RESOURCE_POOL_EXHAUSTED",
        Cause.NO_MACHINES,
        "Azure has no such machine free in this zone just now.",
        NODES,
    ),
    rule(
        r"OverconstrainedAllocation|AllocationFailed|InsufficientInstanceCapacity",
        Cause.NO_MACHINES,
        "Azure has no such machine free in this region just now.",
        NODES,
    ),
    rule(
        r"SkuNotAvailable|NotAvailableForSubscription|requested VM size .{0,300}not available",
        Cause.NO_MACHINES,
        "Azure does not offer that VM size to this subscription here at present.",
        NODES,
    ),
    rule(
        r"SubnetIsFull|subnet .{0,300}(does not have enough capacity|not enough IP|is full)|InsufficientSubnetSize",
        Cause.NO_MACHINES,
        "The subnet of the pool has no addresses left for another node.",
        NODES,
    ),
    rule(
        r"RequestDisallowedByPolicy",
        Cause.POLICY,
        "A policy of the organisation does not let Azure make another node: {said}.",
        NODES,
    ),
    rule(
        r"ScopeLocked",
        Cause.POLICY,
        "A lock in Azure does not let it make another node: {said}.",
        NODES,
    ),
    rule(
        r"failed to register within (?P<time>\d{1,4})m(0s)?\b",
        Cause.NOT_JOINED,
        "Azure made the machine, but it did not join the cluster within {time} min.",
        NODES,
    ),
    rule(
        r"failed to register within (?P<time>[\w.]{1,20})",
        Cause.NOT_JOINED,
        "Azure made the machine, but it did not join the cluster within {time}.",
        NODES,
    ),
)
# Why the autoscaler adds no node. A limit or a failure of the pool that fits says more than that others do not fit.
_NOT_TRIGGERED: Final[tuple[MessageRule, ...]] = (
    rule(
        r"max total nodes in cluster reached",
        Cause.CLUSTER_FULL,
        "The cluster has as many nodes as its autoscaler may give it.",
        NODES,
    ),
    rule(
        r"max cluster (?P<what>[\w, ./-]{1,80}?) limit reached",
        Cause.CLUSTER_FULL,
        "The cluster has as much {what} as its autoscaler may give it.",
        NODES,
    ),
    rule(r"max node group size reached", Cause.POOL_FULL, "The pool is at its autoscaler's maximum.", NODES),
    rule(
        r"in backoff after failed scale-up",
        Cause.NO_MACHINES,
        "The last attempt to add a node failed, and the autoscaler waits before it tries again.",
        NODES,
    ),
    rule(
        r"volume node affinity conflict",
        Cause.ZONE,
        "A new node would not be in the zone of its disk.",
        NODES,
    ),
    rule(
        r"Insufficient (memory|cpu)\b",
        Cause.MEMORY,
        "Not even an empty node of any pool would be large enough for it.",
        NODES,
    ),
    rule(
        r"Insufficient (?P<what>[\w./-]{1,120})",
        Cause.AFFINITY,
        "No pool that the autoscaler may grow has nodes with enough {what}.",
        NODES,
    ),
    rule(
        r"node affinity|node selector|taint|node\(s\) didn't match",
        Cause.AFFINITY,
        "No pool that the autoscaler may grow has nodes that it could run on.",
        NODES,
    ),
)


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


def autoscaler(reason: str, message: str) -> Trouble | None:
    """Explain an event of the autoscaler about a waiting pod or a pool; None for one about others."""
    if reason == "TriggeredScaleUp":
        found = _GROUP.search(message)
        pool = f"Pool {found['group']} goes from {found['from']} to {found['to']}" if found else "A node is being added"
        return Trouble(Cause.SCALING_UP, f"{pool}: a new node takes a few minutes.", NODES)
    if reason in ("FailedToScaleUp", "FailedToScaleUpGroup", "ScaleUpTimedOut"):
        return _failed(message)
    return _not_triggered(message) if reason == "NotTriggerScaleUp" else None


def _failed(message: str) -> Trouble:
    words = f"The autoscaler could not get another node. It says: {quoted(message)}."
    return meaning(_FAILURES, message, said=quoted(message)) or Trouble(Cause.NO_MACHINES, words, NODES)


def _not_triggered(message: str) -> Trouble:
    if (claims := about_claims(message)) is not None:
        return claims
    words = f"The autoscaler adds no node for it: {quoted(message.partition(': ')[2] or message)}."
    return meaning(_NOT_TRIGGERED, message) or Trouble(Cause.OTHER, words, NODES)


def about_claims(message: str, pod: str = "") -> Trouble | None:
    """Explain a message about a claim that a pod mounts; None where it is about something else."""
    claim = _CLAIM.search(message)
    name = claim["claim"] if claim else ""
    its = _called(name, pod)
    said = message[claim.end() :] if claim else ""
    if claim and said.startswith(" not found"):
        return _without_claim(name, pod)
    if claim and said.startswith(" is being deleted"):
        return Trouble(Cause.CLAIM_GOING, f"{its} is being deleted.", STORAGE)
    if "non-existent persistentvolume" in message or "bound to non-existent pv" in message:
        words = f"The volume of {its[:1].lower()}{its[1:]} does not exist in Kubernetes. Look for its disk in Azure."
        return Trouble(Cause.DISK_GONE, words, STORAGE)
    if "unbound immediate PersistentVolumeClaims" in message:
        return Trouble(Cause.CLAIM_UNBOUND, "A volume claim that it mounts has no disk yet.", STORAGE)
    return None


def _called(claim: str, pod: str) -> str:
    """Return the name of a claim for people: only a user's own is a home."""
    if claim == HUB_DATABASE:
        return f"The hub's database claim {claim}"
    if not claim:
        return "A volume claim that it mounts"
    return f"Its home {claim}" if _is_home(claim, pod) else f"The volume claim {claim}, which it mounts,"


def _is_home(claim: str, pod: str) -> bool:
    """Return True if it is named as kubespawner names homes: after the user, as the pod is."""
    user = pod.removeprefix("jupyter-") if pod.startswith("jupyter-") else ""
    return claim.startswith("claim-") or bool(user and claim.endswith(f"-{user}"))


def _without_claim(claim: str, pod: str) -> Trouble:
    if claim == HUB_DATABASE:
        words = (
            f"The hub's database claim {claim} does not exist. In it the hub keeps all users and servers that it "
            "knows. The homes are claims of their own."
        )
        return Trouble(Cause.HUB_CLAIM_GONE, words, Step("Show history", "/jhub history"))
    if _is_home(claim, pod):
        words = f"Its home {claim} does not exist. The hub remembers one that was deleted."
        return Trouble(Cause.CLAIM_GONE, words, STORAGE)
    where = next((values for name, values in _MOUNTS.items() if pod.startswith(name)), "the values that mount it")
    words = f"The volume claim {claim}, which it mounts, does not exist. Create it, or remove it from {where}."
    return Trouble(Cause.CLAIM_MISSING, words, STORAGE)


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

"""Messages of the cluster autoscaler 1.32 (processors/status), explained for people."""

import re
from typing import Final

from commands.kubernetes.claim_failures import about_claims
from commands.kubernetes.message_rules import MessageRule, meaning, rule
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, STORAGE, Cause, Trouble

_GROUP = re.compile(r"\{(?:aks-)?(?P<group>[^ {}]+?)(?:-\d+-vmss)? (?P<from>\d+)->(?P<to>\d+)")
# Why the autoscaler got no node, as Azure and its own code say it: figures first, then codes, then who never came.
_FAILURES: Final[tuple[MessageRule, ...]] = (
    rule(
        r"Throttled\b|TooManyRequests|being throttled|client throttled",
        Cause.NO_MACHINES,
        "Azure throttles the cluster’s requests for now: {said}.",
        NODES,
    ),
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
        r"Allocation failed\. (VM\(s\) with the following constraints|We do not have sufficient capacity)",
        Cause.NO_MACHINES,
        "Azure has no such machine free just now.",
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
    # In its status it does not say whether there is a machine (clusterstate.go, `handleScaleUpFailure`).
    rule(
        r"Scale-up timed out for node group \S{1,300} after (?P<time>\d{1,4})m",
        Cause.NOT_JOINED,
        "No new node joined the cluster within {time} min.",
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
        r"volume node affinity conflict|match PersistentVolume's node affinity",
        Cause.ZONE,
        "A new node would not be in the zone of its disk.",
        NODES,
    ),
    rule(
        r"find available persistent volumes to bind",
        Cause.CLAIM_UNBOUND,
        "No volume is free for its claim on a new node either.",
        STORAGE,
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

"""Reasons why a pod that is being deleted has not ended: its node does not answer, or a finalizer holds it. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from clients.kube import Node, Pod
from commands.kubernetes.components import short_node
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import NODES, PODS, Cause, Trouble
from commands.timing.durations import spoken

# Beyond the grace period, which the deadline includes: kubelet needs a moment to unmount and to report.
_PATIENCE: Final = timedelta(minutes=2)


def held(pod: Pod, nodes: Sequence[Node], now: datetime, patience: timedelta = _PATIENCE) -> Trouble | None:
    """Explain what keeps a pod from ending; None while it is less than `patience` late."""
    if not pod.terminating or pod.deadline is None or now - pod.deadline < patience:
        return None
    late = f"It should have ended {spoken(now - pod.deadline)} ago"
    node = next((one for one in nodes if one.name == pod.node), None)
    if node is not None and not node.ready:
        return Trouble(Cause.HELD, f"{late}. {_unanswered(node, now)}", NODES)
    if pod.finalizers:
        names = ", ".join(pod.finalizers)
        words = f"{late}, but the finalizer {names} holds it. Whoever set that must remove it."
        if len(pod.finalizers) > 1:
            words = f"{late}, but the finalizers {names} hold it. Whoever set them must remove them."
        return Trouble(Cause.HELD, words, PODS)
    if pod.node and nodes and node is None:
        words = f"{late}, but its node {short_node(pod.node)} is no longer in the cluster."
        return Trouble(Cause.HELD, words, NODES)
    where = f" its node {short_node(pod.node)} has not reported it as stopped." if pod.node else " it is still there."
    return Trouble(Cause.HELD, f"{late}, but{where}", PODS)


def _unanswered(node: Node, now: datetime) -> str:
    since = f" for {spoken(now - node.since)}" if node.since else ""
    return (
        f"It cannot end, because its node {short_node(node.name)} has not answered{since} ({quoted(node.problem)}). It "
        f"ends when the node answers again, Azure replaces it (usually after about 10 min), or its node object is "
        f"deleted. Its disk stays attached until then."
    )

"""Pods that must leave their node: taints of effect NoExecute, and nodes that are no longer there.

After Kubernetes 1.32, pkg/controller/tainteviction and pkg/controller/podgc.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import list_at, moment
from sandbox.apiserver.objects.resource_kinds import NODE, POD, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.node_affinity import covers
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import is_ending, is_over, node_of

_SOURCE = Source("taint-eviction-controller")
# How long a node may be missing before its pods are given up (pkg/controller/podgc, quarantineTime).
_QUARANTINE = 40.0


class Evictions(Controller):
    """The controller that deletes pods that may not, or cannot, stay on their node."""

    kinds: ClassVar[tuple[Kind, ...]] = (NODE, POD)

    def notice(self, change: Change) -> None:
        """Queue the pods on a changed node, and a pod that comes to a node."""
        if change.kind is NODE:
            self._notice_node(change)
        elif change.type != "DELETED" and node_of(change.obj) and not _was_there(change):
            self._notice_arrival(change.obj)

    def reconcile(self, namespace: str, name: str) -> None:
        """Evict the pod if it is time."""
        pod = self.store.find(POD, namespace, name)
        if pod is None or not node_of(pod):
            return
        node = self.store.find(NODE, None, node_of(pod))
        if node is None:
            self.store.delete(POD, namespace, name, grace_seconds=0)
        elif not is_ending(pod) and not is_over(pod):
            self._evict(pod, node)

    def _notice_node(self, change: Change) -> None:
        name = change.obj["metadata"]["name"]
        if change.type == "DELETED":
            for pod in self.context.pods.on_node(name):
                self.wake_later(pod["metadata"]["namespace"], pod["metadata"]["name"], _QUARANTINE)
        elif _expelling(change.obj) and (
            change.previous is None or _expelling(change.previous.obj) != _expelling(change.obj)
        ):
            for pod in self.context.pods.on_node(name):
                self.wake_for(pod)

    def _notice_arrival(self, pod: Json) -> None:
        node = self.store.find(NODE, None, node_of(pod))
        if node is None:
            self.wake_later(pod["metadata"]["namespace"], pod["metadata"]["name"], _QUARANTINE)
        elif _expelling(node):
            self.wake_for(pod)

    def _evict(self, pod: Json, node: Json) -> None:
        waits = [self._left(pod, taint) for taint in _expelling(node)]
        soonest = min((wait for wait in waits if wait is not None), default=None)
        metadata = pod["metadata"]
        if soonest is None:
            return
        if soonest > 0:
            self.wake_later(metadata["namespace"], metadata["name"], soonest)
            return
        message = f"Marking for deletion Pod {metadata['namespace']}/{metadata['name']}"
        self.events.normal(pod, "TaintManagerEviction", message, _SOURCE)
        self.store.delete(POD, metadata["namespace"], metadata["name"])

    def _left(self, pod: Json, taint: Json) -> float | None:
        """Return the seconds for which the pod still tolerates the taint, None if for ever."""
        tolerations = [one for one in list_at(pod, "spec", "tolerations") if covers(one, taint)]
        if not tolerations:
            return 0.0
        limits = [float(one["tolerationSeconds"]) for one in tolerations if one.get("tolerationSeconds") is not None]
        if not limits:
            return None
        since = taint.get("timeAdded")
        passed = (self.now() - moment(str(since))).total_seconds() if since else 0.0
        return max(0.0, min(limits) - passed)


def _expelling(node: Json) -> list[Json]:
    return [taint for taint in list_at(node, "spec", "taints") if taint.get("effect") == "NoExecute"]


def _was_there(change: Change) -> bool:
    return change.previous is not None and bool(node_of(change.previous.obj))

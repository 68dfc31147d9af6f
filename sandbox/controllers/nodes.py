"""Nodes: leases and heartbeats while they live, taints for their conditions, and the effect on their pods.

After Kubernetes 1.32, pkg/controller/nodelifecycle and pkg/kubelet. A node is taken down by setting its condition
Ready to False or Unknown, and lives again once that is True.
"""

from datetime import datetime
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, list_at
from sandbox.apiserver.objects.resource_kinds import LEASE, NAMESPACE, NODE, POD, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.conditions import find_condition, set_condition
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import Source
from sandbox.runtime.images import as_node_status
from sandbox.runtime.node_conditions import is_node_ready
from sandbox.runtime.pod_facts import is_over, is_ready

_SOURCE = Source("node-controller")
_LEASES = "kube-node-lease"
# kubelet renews its lease every 10 s and reports every 5 minutes; one beat a minute does for both, and leaves an
# idle cluster idle. The lease lasts four beats, as the real one does.
_BEAT = 60.0
_LEASE_SECONDS = 240
_SHOWN_IMAGES = 50
_NOT_READY, _UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_OURS = (_NOT_READY, _UNREACHABLE, _UNSCHEDULABLE)


class Nodes(Controller):
    """The controller of nodes' heartbeats and taints."""

    kinds: ClassVar[tuple[Kind, ...]] = (NODE,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._last_beat: dict[str, datetime] = {}
        self._down: set[str] = set()

    def notice(self, change: Change) -> None:
        """Queue a changed node; one that is gone takes its images and its lease along."""
        name = change.obj["metadata"]["name"]
        if change.type == "DELETED":
            self.context.images.forget_node(name)
            self._last_beat.pop(name, None)
            self._down.discard(name)
            self.store.remove(LEASE, _LEASES, name)
            return
        if change.type == "ADDED":
            self._learn_images(change.obj)
        self.wake("", name)

    def reconcile(self, namespace: str, name: str) -> None:  # noqa: ARG002 - nodes have none
        """Set the node's taints, and send its heartbeat, or mark its pods as not ready."""
        node = self.store.find(NODE, None, name)
        if node is None:
            return
        self.store.modify(NODE, None, name, self._set_taints)
        if not is_node_ready(node):
            self._down.add(name)
            self._mark_pods(name)
            return
        if name in self._down:
            self._down.discard(name)
            self._revive_pods(name)
        self._beat(node)

    def _learn_images(self, node: Json) -> None:
        where, images = node["metadata"]["name"], self.context.images
        for image in list_at(node, "status", "images"):
            names = [str(name) for name in image.get("names") or ()]
            # By one of its names it may be known already.
            if not any(images.has(where, name) for name in names):
                for name in names:
                    images.remember(where, name)

    def _set_taints(self, node: Json) -> None:
        given = list_at(node, "spec", "taints")
        known = {(one["key"], one["effect"]): one for one in given}
        ours = [known.get(ailment) or self._taint(*ailment) for ailment in _ailments(node)]
        taints = [*(one for one in given if one["key"] not in _OURS), *ours]
        if taints != given:
            node.setdefault("spec", {})["taints"] = taints

    def _taint(self, key: str, effect: str) -> Json:
        return {"key": key, "effect": effect, "timeAdded": self.stamp()}

    def _beat(self, node: Json) -> None:
        name, now = node["metadata"]["name"], self.now()
        last = self._last_beat.get(name)
        since = _BEAT if last is None else (now - last).total_seconds()
        if since < _BEAT:
            self.wake_later("", name, _BEAT - since)
            return
        self._last_beat[name] = now
        self.wake_later("", name, _BEAT)
        self.store.modify(NODE, None, name, self._report)
        self._renew_lease(node)

    def _report(self, node: Json) -> None:
        for one in list_at(node, "status", "conditions"):
            one["lastHeartbeatTime"] = self.stamp()
        images = self.context.images.on(node["metadata"]["name"])
        if images:
            node.setdefault("status", {})["images"] = as_node_status(images[-_SHOWN_IMAGES:])

    def _renew_lease(self, node: Json) -> None:
        name, now = node["metadata"]["name"], f"{self.now():%Y-%m-%dT%H:%M:%S.%f}Z"
        if self.store.modify(LEASE, _LEASES, name, lambda new: new["spec"].update(renewTime=now)) is not None:
            return
        if self.store.find(NAMESPACE, None, _LEASES) is not None:
            owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
            spec = {"holderIdentity": name, "leaseDurationSeconds": _LEASE_SECONDS, "renewTime": now}
            self.store.create(LEASE, _LEASES, {"metadata": {"name": name, "ownerReferences": [owner]}, "spec": spec})

    def _mark_pods(self, name: str) -> None:
        """Set the condition Ready of all pods of a silent node to False."""
        for pod in self.context.pods.on_node(name):
            if is_ready(pod):
                self._set_ready(pod, ready=False)
                self.events.warning(pod, "NodeNotReady", "Node is not ready", _SOURCE)

    def _revive_pods(self, name: str) -> None:
        for pod in self.context.pods.on_node(name):
            statuses = list_at(pod, "status", "containerStatuses")
            if statuses and not is_over(pod) and all(one.get("ready") for one in statuses):
                self._set_ready(pod, ready=True)

    def _set_ready(self, pod: Json, *, ready: bool) -> None:
        metadata, now = pod["metadata"], self.stamp()

        def change(new: Json) -> None:
            set_condition(new["status"], "Ready", ready, now)

        self.store.modify(POD, metadata["namespace"], metadata["name"], change)


def _ailments(node: Json) -> list[tuple[str, str]]:
    found = [(_UNSCHEDULABLE, "NoSchedule")] if at(node, "spec", "unschedulable") else []
    if is_node_ready(node):
        return found
    condition = find_condition(node.get("status") or {}, "Ready") or {}
    key = _NOT_READY if condition.get("status") == "False" else _UNREACHABLE
    return [*found, (key, "NoSchedule"), (key, "NoExecute")]

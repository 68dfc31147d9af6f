"""DaemonSets: one pod on each node that the template allows, renewed a few at a time.

After Kubernetes 1.32, pkg/controller/daemon; the pods go through the scheduler, tied to their node by name.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, list_at
from sandbox.apiserver.objects.resource_kinds import DAEMON_SET, NODE, POD, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.node_affinity import covers, selects
from sandbox.controllers.revisions import HASH, current_revision, prune_revisions
from sandbox.controllers.rollout import share
from sandbox.controllers.templates import create_pod, delete_pod, pod_of
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import controlled, controller_of
from sandbox.runtime.pod_facts import is_active, is_ending, is_over, is_ready, node_of

_SOURCE = Source("daemonset-controller")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
# What every daemon's pod puts up with (pkg/controller/daemon/util/daemonset_util.go).
_EXECUTE = ("not-ready", "unreachable")
_SCHEDULE = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for effect, keys in (("NoExecute", _EXECUTE), ("NoSchedule", _SCHEDULE))
    for key in keys
]


class DaemonSets(Controller):
    """The controller that creates, replaces, deletes and counts the pods of DaemonSets."""

    kinds: ClassVar[tuple[Kind, ...]] = (DAEMON_SET, POD, NODE)

    def notice(self, change: Change) -> None:
        """Queue the DaemonSet that controls a pod, or all of them for a node that changes by more than a heartbeat."""
        if change.kind is DAEMON_SET:
            self.wake_for(change.obj)
        elif change.kind is POD:
            if (owner := controller_of(change.obj)) and owner["kind"] == "DaemonSet":
                self.wake(change.obj["metadata"]["namespace"], owner["name"])
        elif change.previous is None or change.type == "DELETED" or _looks(change.obj) != _looks(change.previous.obj):
            for daemon_set in self.store.list(DAEMON_SET):
                self.wake_for(daemon_set)

    def reconcile(self, namespace: str, name: str) -> None:
        """Make, end and renew pods as far as it may go now, and count."""
        daemon_set = self.store.find(DAEMON_SET, namespace, name)
        if daemon_set is None or is_ending(daemon_set):
            return
        revision = str(current_revision(self.context, daemon_set)["metadata"]["labels"][HASH])
        tolerant = _tolerant(daemon_set)
        nodes = [node["metadata"]["name"] for node in self.store.list(NODE) if _may_run(tolerant, node)]
        self._place(daemon_set, nodes, revision)
        self._renew(daemon_set, nodes, revision)
        self._report(daemon_set, nodes, revision)

    def _place(self, daemon_set: Json, nodes: list[str], revision: str) -> None:
        by_node = _by_node(controlled(self.store, daemon_set, POD))
        for node in nodes:
            if not by_node.get(node):
                create_pod(self.context, daemon_set, self._pod(daemon_set, node, revision), _SOURCE)
        for node, pods in by_node.items():
            for pod in pods:
                if not is_ending(pod) and (node not in nodes or is_over(pod)):
                    delete_pod(self.context, daemon_set, pod, _SOURCE)

    def _pod(self, daemon_set: Json, node: str, revision: str) -> Json:
        pod = pod_of(daemon_set, {HASH: revision, "pod-template-generation": "1"})
        spec = pod["spec"]
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *_TOLERATIONS]
        field = {"key": "metadata.name", "operator": "In", "values": [node]}
        affinity = spec.get("affinity") or {}
        # Only the one node has that name, so the template's own terms have been looked at already.
        required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
        spec["affinity"] = {**affinity, "nodeAffinity": {_REQUIRED: required}}
        return pod

    def _renew(self, daemon_set: Json, nodes: list[str], revision: str) -> None:
        if at(daemon_set, "spec", "updateStrategy", "type") == "OnDelete":
            return
        pods = [pod for pod in controlled(self.store, daemon_set, POD) if _target(pod) in nodes]
        old = [pod for pod in pods if is_active(pod) and _hash(pod) != revision]
        useless = [pod for pod in old if not is_ready(pod)]
        useful = [pod for pod in old if is_ready(pod)]
        ready = {_target(pod) for pod in pods if is_ready(pod) and not is_ending(pod)}
        most = at(daemon_set, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
        allowed = max(1, share(1 if most is None else most, len(nodes), round_up=True))
        spare = max(0, allowed - (len(nodes) - len(ready)))
        for pod in [*useless, *useful[:spare]]:
            delete_pod(self.context, daemon_set, pod, _SOURCE)

    def _report(self, daemon_set: Json, nodes: list[str], revision: str) -> None:
        pods = [pod for pod in controlled(self.store, daemon_set, POD) if is_active(pod)]
        here = {_target(pod): pod for pod in pods if _target(pod) in nodes}
        ready = sum(map(is_ready, here.values()))
        optional = {
            "updatedNumberScheduled": sum(_hash(pod) == revision for pod in here.values()),
            "numberAvailable": ready,
            "numberUnavailable": len(nodes) - ready,
        }
        status = {
            "currentNumberScheduled": len(here),
            "numberMisscheduled": len({_target(pod) for pod in pods} - set(nodes)),
            "desiredNumberScheduled": len(nodes),
            "numberReady": ready,
            "observedGeneration": daemon_set["metadata"]["generation"],
        } | {name: number for name, number in optional.items() if number}
        metadata = daemon_set["metadata"]
        self.store.modify(DAEMON_SET, metadata["namespace"], metadata["name"], lambda new: new.update(status=status))
        prune_revisions(self.context, daemon_set, {revision, *map(_hash, pods)})


def _tolerant(daemon_set: Json) -> Json:
    spec = daemon_set["spec"]["template"]["spec"]
    return {"spec": {**spec, "tolerations": [*(spec.get("tolerations") or ()), *_TOLERATIONS]}}


def _may_run(pod: Json, node: Json) -> bool:
    taints = [taint for taint in list_at(node, "spec", "taints") if taint.get("effect") in ("NoSchedule", "NoExecute")]
    tolerations = list_at(pod, "spec", "tolerations")
    return selects(pod, node) and all(any(covers(one, taint) for one in tolerations) for taint in taints)


def _by_node(pods: list[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for pod in pods:
        found.setdefault(_target(pod), []).append(pod)
    return found


def _target(pod: Json) -> str:
    """Return the node that the pod is on, or is meant for."""
    terms = at(pod, "spec", "affinity", "nodeAffinity", _REQUIRED, "nodeSelectorTerms")
    for term in terms if isinstance(terms, list) else ():
        for field in term.get("matchFields") or ():
            return str(field["values"][0])
    return node_of(pod)


def _hash(pod: Json) -> str:
    return str((pod["metadata"].get("labels") or {}).get(HASH, ""))


def _looks(node: Json) -> tuple[object, object]:
    return node["metadata"].get("labels"), node.get("spec")

"""ReplicaSets: as many pods of a template as are wanted."""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import POD, REPLICA_SET, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.templates import create_pod, delete_pod, pod_of
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import controlled, controller_of
from sandbox.runtime.pod_facts import available_in, is_active, is_ending, is_ready, node_of

_SOURCE = Source("replicaset-controller")


class ReplicaSets(Controller):
    """The controller that creates, deletes and counts the pods of ReplicaSets."""

    kinds: ClassVar[tuple[Kind, ...]] = (REPLICA_SET, POD)

    def notice(self, change: Change) -> None:
        """Queue the ReplicaSet that controls a pod."""
        if change.kind is REPLICA_SET:
            self.wake_for(change.obj)
        elif (owner := controller_of(change.obj)) and owner["kind"] == "ReplicaSet":
            self.wake(change.obj["metadata"]["namespace"], owner["name"])

    def reconcile(self, namespace: str, name: str) -> None:
        """Make or end as many pods as are missing or too many."""
        replica_set = self.store.find(REPLICA_SET, namespace, name)
        if replica_set is None:
            return
        if not is_ending(replica_set):
            self._balance(replica_set)
        self._report(replica_set, [pod for pod in controlled(self.store, replica_set, POD) if is_active(pod)])

    def _balance(self, replica_set: Json) -> None:
        pods = [pod for pod in controlled(self.store, replica_set, POD) if is_active(pod)]
        missing = replica_set["spec"]["replicas"] - len(pods)
        for _ in range(missing):
            create_pod(self.context, replica_set, pod_of(replica_set), _SOURCE)
        for pod in sorted(pods, key=_worth)[: max(0, -missing)]:
            delete_pod(self.context, replica_set, pod, _SOURCE)

    def _report(self, replica_set: Json, pods: list[Json]) -> None:
        waits = [available_in(pod, replica_set["spec"].get("minReadySeconds", 0), self.now()) for pod in pods]
        counts = {
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": sum(wait is not None for wait in waits),
            "availableReplicas": sum(wait == 0 for wait in waits),
        }

        def change(new: Json) -> None:
            status = {"replicas": len(pods), "observedGeneration": replica_set["metadata"]["generation"]}
            new["status"] = status | {name: number for name, number in counts.items() if number}

        metadata = replica_set["metadata"]
        self.store.modify(REPLICA_SET, metadata["namespace"], metadata["name"], change)
        pending = [wait for wait in waits if wait]
        if pending:
            self.wake_later(metadata["namespace"], metadata["name"], min(pending))


def _worth(pod: Json) -> tuple[bool, bool, bool, str]:
    """Return a pod's rank; Kubernetes deletes the lowest first."""
    running = at(pod, "status", "phase") == "Running"
    # Of equals the youngest goes first; the names of twins decide nothing that matters.
    return bool(node_of(pod)), running, is_ready(pod), _reversed(str(pod["metadata"]["creationTimestamp"]))


def _reversed(text: str) -> str:
    return "".join(chr(0x10FFFF - ord(letter)) for letter in text)

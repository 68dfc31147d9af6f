"""The nodes' kubelets: they run the pods that are bound to their node and write what becomes of them.

A kubelet whose node is not Ready does nothing, as one that is down. Pods that come running are left alone until
something is asked of them.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, copy_json
from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, DAEMON_SET, NODE, POD, SECRET, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.kubelet.container_state import Place
from sandbox.kubelet.pod_addresses import PodAddresses, host_address
from sandbox.kubelet.pods import PodRun
from sandbox.kubelet.programs import CRASH, UNREADY, is_planted
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.node_conditions import is_node_ready
from sandbox.runtime.pod_facts import is_ending, is_over, node_of


class Kubelets(Controller):
    """All kubelets of the cluster."""

    kinds: ClassVar[tuple[Kind, ...]] = (POD, NODE, DAEMON_SET, CONFIG_MAP, SECRET)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._runs: dict[tuple[str, str], tuple[str, PodRun]] = {}
        self._addresses = PodAddresses()

    def notice(self, change: Change) -> None:
        """Queue a pod on a node, the pods of a node that is back, and those whose programs wait for something."""
        if change.kind is POD:
            self._notice_pod(change)
        elif change.kind is NODE:
            if is_node_ready(change.obj) and not (change.previous and is_node_ready(change.previous.obj)):
                for pod in self.context.pods.on_node(change.obj["metadata"]["name"]):
                    self._wake_if_concerned(pod)
        elif change.kind is DAEMON_SET:
            self._wake_watching()

    def reconcile(self, namespace: str, name: str) -> None:
        """Advance the pod to what it should be by now."""
        pod = self.store.find(POD, namespace, name)
        if pod is None or not node_of(pod) or is_over(pod):
            self._runs.pop((namespace, name), None)
            self._finish(pod)
            return
        node = self.store.find(NODE, None, node_of(pod))
        if node is None or not is_node_ready(node):
            return
        run = self._run_of(pod, node)
        if run is not None:
            self._advance(pod, node, run)

    def _notice_pod(self, change: Change) -> None:
        pod = change.obj
        if change.type == "DELETED":
            self._addresses.release(pod)
            self._runs.pop((pod["metadata"]["namespace"], pod["metadata"]["name"]), None)
            return
        if at(pod, "status", "podIP"):
            self._addresses.note(pod)
        if node_of(pod):
            self._wake_if_concerned(pod)

    def _wake_if_concerned(self, pod: Json) -> None:
        known = (pod["metadata"]["namespace"], pod["metadata"]["name"]) in self._runs
        if known or is_ending(pod) or _is_new(pod) or _is_faulty(pod):
            self.wake_for(pod)

    def _wake_watching(self) -> None:
        for (namespace, name), (_, run) in self._runs.items():
            if run.watches:
                run.recheck()
                self.wake(namespace, name)

    def _finish(self, pod: Json | None) -> None:
        """Stop a pod, unless it is over already."""
        if pod is not None and is_over(pod) and is_ending(pod) and pod["metadata"].get("deletionGracePeriodSeconds"):
            self._remove(pod)

    def _run_of(self, pod: Json, node: Json) -> PodRun | None:
        place = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        uid, known = self._runs.get(place, ("", None))
        if known is not None and uid == pod["metadata"]["uid"]:
            return known
        where = Place(self.context, node["metadata"]["name"])
        if _is_new(pod):
            run = PodRun(where, pod, self._addresses.allot(pod, node))
        elif is_ending(pod) or _is_faulty(pod):
            run = PodRun.adopted(where, pod)
        else:
            return None
        self._runs[place] = (pod["metadata"]["uid"], run)
        return run

    def _advance(self, pod: Json, node: Json, run: PodRun) -> None:
        run.update(pod)
        if is_ending(pod):
            run.stop()
        run.advance()
        if run.is_gone:
            self._remove(pod)
            return
        self._write(pod, node, run)
        if run.due is not None:
            metadata = pod["metadata"]
            self.wake_later(metadata["namespace"], metadata["name"], (run.due - self.now()).total_seconds())

    def _write(self, pod: Json, node: Json, run: PodRun) -> None:
        metadata = pod["metadata"]
        host = host_address(node)

        def change(new: Json) -> None:
            status = new.setdefault("status", {})
            if host:
                status |= {"hostIP": host, "hostIPs": [{"ip": host}]}
            run.write(status)

        self.store.modify(POD, metadata["namespace"], metadata["name"], change)

    def _remove(self, pod: Json) -> None:
        """Remove a pod whose programs have all ended. Finalizers may still hold the object."""
        metadata = pod["metadata"]
        if metadata.get("deletionGracePeriodSeconds"):
            self.store.delete(POD, metadata["namespace"], metadata["name"], grace_seconds=0)
        now = self.store.find(POD, metadata["namespace"], metadata["name"])
        if now is not None and now["metadata"]["uid"] == metadata["uid"]:
            self.store.modify(POD, metadata["namespace"], metadata["name"], self._mark_ended)

    def _mark_ended(self, pod: Json) -> None:
        pod["status"] = copy_json(pod["status"]) | {"phase": "Failed" if at(pod, "status", "phase") else "Pending"}


def _is_new(pod: Json) -> bool:
    """Return True if nobody has started its containers."""
    return at(pod, "status", "phase") in (None, "Pending")


def _is_faulty(pod: Json) -> bool:
    return not is_over(pod) and (is_planted(pod, CRASH) or is_planted(pod, UNREADY))

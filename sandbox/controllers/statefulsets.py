"""StatefulSets: numbered pods with claims of their own, made in order, renewed and ended in the opposite order.

After Kubernetes 1.32, pkg/controller/statefulset.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, copy_json, list_at
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD, STATEFUL_SET, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.revisions import HASH, current_revision, prune_revisions
from sandbox.controllers.templates import create_pod, delete_pod, pod_of
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import controlled, controller_of
from sandbox.runtime.pod_facts import is_active, is_ending, is_over, is_ready

_SOURCE = Source("statefulset-controller")


class StatefulSets(Controller):
    """The controller that creates, replaces, deletes and counts the pods of StatefulSets."""

    kinds: ClassVar[tuple[Kind, ...]] = (STATEFUL_SET, POD)

    def notice(self, change: Change) -> None:
        """Queue the StatefulSet that controls a pod."""
        if change.kind is STATEFUL_SET:
            self.wake_for(change.obj)
        elif (owner := controller_of(change.obj)) and owner["kind"] == "StatefulSet":
            self.wake(change.obj["metadata"]["namespace"], owner["name"])

    def reconcile(self, namespace: str, name: str) -> None:
        """Take the next step: a pod made, ended or renewed."""
        stateful_set = self.store.find(STATEFUL_SET, namespace, name)
        if stateful_set is None or is_ending(stateful_set):
            return
        revision = str(current_revision(self.context, stateful_set)["metadata"]["labels"][HASH])
        pods = {_number(pod): pod for pod in controlled(self.store, stateful_set, POD)}
        _ = (
            self._replace_ended(stateful_set, pods)
            or self._grow(stateful_set, pods, revision)
            or self._shrink(stateful_set, pods)
            or self._renew(stateful_set, pods, revision)
        )
        self._report(stateful_set, revision)

    def _replace_ended(self, stateful_set: Json, pods: dict[int, Json]) -> bool:
        ended = [pod for pod in pods.values() if is_over(pod) and not is_ending(pod)]
        for pod in ended:
            delete_pod(self.context, stateful_set, pod, _SOURCE)
        return bool(ended)

    def _grow(self, stateful_set: Json, pods: dict[int, Json], revision: str) -> bool:
        """Make what is missing; whether the set must wait before anything else may happen."""
        for number in range(int(stateful_set["spec"]["replicas"])):
            pod = pods.get(number)
            if pod is None:
                self._make(stateful_set, number, self._revision_for(stateful_set, number, revision))
            if _in_order(stateful_set) and (pod is None or not is_ready(pod) or is_ending(pod)):
                # One that will never get ready under its old template may be renewed all the same.
                return pod is None or is_ending(pod) or _hash(pod) == revision
        return False

    def _revision_for(self, stateful_set: Json, number: int, revision: str) -> str:
        return revision if number >= _partition(stateful_set) else self._current(stateful_set, revision)

    def _current(self, stateful_set: Json, revision: str) -> str:
        current = str(at(stateful_set, "status", "currentRevision") or "")
        return current.removeprefix(f"{stateful_set['metadata']['name']}-") or revision

    def _shrink(self, stateful_set: Json, pods: dict[int, Json]) -> bool:
        surplus = sorted((n for n in pods if n >= int(stateful_set["spec"]["replicas"])), reverse=True)
        for number in surplus:
            if not is_ending(pods[number]):
                delete_pod(self.context, stateful_set, pods[number], _SOURCE)
            if _in_order(stateful_set):
                return True
        return bool(surplus)

    def _renew(self, stateful_set: Json, pods: dict[int, Json], revision: str) -> bool:
        if at(stateful_set, "spec", "updateStrategy", "type") == "OnDelete":
            return False
        for number in sorted((n for n in pods if n >= _partition(stateful_set)), reverse=True):
            pod = pods[number]
            if is_ending(pod):
                return True
            if _hash(pod) != revision:
                delete_pod(self.context, stateful_set, pod, _SOURCE)
                return True
            if not is_ready(pod):
                return True
        return False

    def _make(self, stateful_set: Json, number: int, revision: str) -> None:
        name = f"{stateful_set['metadata']['name']}-{number}"
        labels = {
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
            HASH: f"{stateful_set['metadata']['name']}-{revision}",
        }
        pod = pod_of(stateful_set, labels)
        pod["metadata"] |= {"name": name}
        pod["metadata"].pop("generateName")
        pod["spec"] |= {"hostname": name, "subdomain": stateful_set["spec"].get("serviceName", "")}
        for template in list_at(stateful_set, "spec", "volumeClaimTemplates"):
            self._mount(stateful_set, pod, template)
        create_pod(self.context, stateful_set, pod, _SOURCE)

    def _mount(self, stateful_set: Json, pod: Json, template: Json) -> None:
        namespace, volume = stateful_set["metadata"]["namespace"], template["metadata"]["name"]
        name = f"{volume}-{pod['metadata']['name']}"
        if self.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name) is None:
            labels = {**(template["metadata"].get("labels") or {}), **stateful_set["spec"]["selector"]["matchLabels"]}
            metadata = {"name": name, "labels": labels, "annotations": template["metadata"].get("annotations") or {}}
            claim = {"metadata": metadata, "spec": copy_json(template["spec"])}
            self.store.create(PERSISTENT_VOLUME_CLAIM, namespace, claim)
            owner = stateful_set["metadata"]["name"]
            message = f"create Claim {name} Pod {pod['metadata']['name']} in StatefulSet {owner} success"
            self.events.normal(stateful_set, "SuccessfulCreate", message, _SOURCE)
        others = [one for one in pod["spec"].get("volumes") or () if one["name"] != volume]
        pod["spec"]["volumes"] = [*others, {"name": volume, "persistentVolumeClaim": {"claimName": name}}]

    def _report(self, stateful_set: Json, revision: str) -> None:
        pods = [pod for pod in controlled(self.store, stateful_set, POD) if is_active(pod)]
        updated = sum(_hash(pod) == revision for pod in pods)
        ready = sum(map(is_ready, pods))
        wanted, name = int(stateful_set["spec"]["replicas"]), stateful_set["metadata"]["name"]
        done = updated == ready == len(pods) == wanted
        current = revision if done else self._current(stateful_set, revision)
        numbers = {
            "readyReplicas": ready,
            "updatedReplicas": updated,
            "currentReplicas": sum(_hash(pod) == current for pod in pods),
        }
        status = {
            "observedGeneration": stateful_set["metadata"]["generation"],
            "replicas": len(pods),
            "availableReplicas": ready,
            "currentRevision": f"{name}-{current}",
            "updateRevision": f"{name}-{revision}",
            "collisionCount": 0,
        } | {key: number for key, number in numbers.items() if number}
        namespace = stateful_set["metadata"]["namespace"]
        self.store.modify(STATEFUL_SET, namespace, name, lambda new: new.update(status=status))
        prune_revisions(self.context, stateful_set, {revision, current, *map(_hash, pods)})


def _in_order(stateful_set: Json) -> bool:
    return bool(stateful_set["spec"].get("podManagementPolicy") != "Parallel")


def _partition(stateful_set: Json) -> int:
    return int(str(at(stateful_set, "spec", "updateStrategy", "rollingUpdate", "partition") or 0))


def _hash(pod: Json) -> str:
    owner = str((controller_of(pod) or {}).get("name", ""))
    return str((pod["metadata"].get("labels") or {}).get(HASH, "")).removeprefix(f"{owner}-")


def _number(pod: Json) -> int:
    tail = str(pod["metadata"]["name"]).rpartition("-")[2]
    return int(tail) if tail.isdecimal() else -1

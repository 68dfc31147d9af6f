"""Deployments: a ReplicaSet for each template, the newest growing and the others shrinking as the strategy allows.

After Kubernetes 1.32, pkg/controller/deployment; annotations, conditions and events in its words.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, POD, REPLICA_SET, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers import deployment_status
from sandbox.controllers.rollout import bounds_of, grown, shrunk
from sandbox.controllers.templates import template_hash
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import controlled, controller_of, owner_reference
from sandbox.runtime.pod_facts import is_ending, is_over

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_DESIRED = "deployment.kubernetes.io/desired-replicas"
_MOST = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, _HISTORY, _DESIRED, _MOST)
_SOURCE = Source("deployment-controller")


class Deployments(Controller):
    """The controller that rolls Deployments out and writes their status."""

    kinds: ClassVar[tuple[Kind, ...]] = (DEPLOYMENT, REPLICA_SET, POD)

    def notice(self, change: Change) -> None:
        """Queue the Deployment of a ReplicaSet, or of a pod that is gone: Recreate waits for it."""
        if change.kind is DEPLOYMENT:
            self.wake_for(change.obj)
        elif change.kind is REPLICA_SET:
            self._wake_owner(change.obj)
        elif change.type == "DELETED" and (owner := controller_of(change.obj)) and owner["kind"] == "ReplicaSet":
            replica_set = self.store.find(REPLICA_SET, change.obj["metadata"]["namespace"], owner["name"])
            if replica_set is not None:
                self._wake_owner(replica_set)

    def reconcile(self, namespace: str, name: str) -> None:
        """Take the rollout as far as it may go now, and report."""
        deployment = self.store.find(DEPLOYMENT, namespace, name)
        if deployment is None or is_ending(deployment):
            return
        new, old = self._replica_sets(deployment)
        if new is None and not deployment["spec"].get("paused"):
            new = self._begin(deployment, old)
        if new is not None:
            self._note_revision(deployment, new, old)
            self._roll(deployment, new["metadata"]["name"])
        self._report(namespace, name)

    def _wake_owner(self, replica_set: Json) -> None:
        owner = controller_of(replica_set)
        if owner and owner["kind"] == "Deployment":
            self.wake(replica_set["metadata"]["namespace"], owner["name"])

    def _replica_sets(self, deployment: Json) -> tuple[Json | None, list[Json]]:
        """Return the ReplicaSet of the present template, if there is one, and the others, oldest revision first."""
        owned = sorted(controlled(self.store, deployment, REPLICA_SET), key=_revision)
        wanted = deployment["spec"]["template"]
        new = next((one for one in owned if _without_hash(one["spec"]["template"]) == wanted), None)
        return new, [one for one in owned if new is None or one["metadata"]["uid"] != new["metadata"]["uid"]]

    def _begin(self, deployment: Json, old: list[Json]) -> Json:
        metadata, spec = deployment["metadata"], copy_json(deployment["spec"])
        hashed = template_hash(spec["template"])
        template = spec["template"]
        labels = {**(template["metadata"].get("labels") or {}), HASH: hashed}
        template["metadata"]["labels"] = labels
        selector = spec["selector"]
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: hashed}
        bounds = bounds_of(deployment)
        annotations = _copied(deployment) | {
            REVISION: str(_newest(old) + 1),
            _DESIRED: str(bounds.replicas),
            _MOST: str(bounds.replicas + bounds.surge),
        }
        made = {
            "metadata": {
                "name": f"{metadata['name']}-{hashed}",
                "labels": dict(labels),
                "annotations": annotations,
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                "selector": selector,
                "template": template,
                **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
            },
        }
        return self.store.create(REPLICA_SET, metadata["namespace"], made)

    def _note_revision(self, deployment: Json, new: Json, old: list[Json]) -> None:
        """Give the ReplicaSet in use the highest revision, also one that is used again."""
        revision = max(_revision(new), _newest(old) + 1) if old else max(_revision(new), 1)

        def change_set(obj: Json) -> None:
            annotations = obj["metadata"].setdefault("annotations", {})
            before = annotations.get(REVISION)
            if before and before != str(revision):
                past = [*filter(None, [annotations.get(_HISTORY)]), before]
                annotations[_HISTORY] = ",".join(past)
            annotations[REVISION] = str(revision)

        def change_deployment(obj: Json) -> None:
            obj["metadata"].setdefault("annotations", {})[REVISION] = str(revision)

        metadata = deployment["metadata"]
        self.store.modify(REPLICA_SET, metadata["namespace"], new["metadata"]["name"], change_set)
        self.store.modify(DEPLOYMENT, metadata["namespace"], metadata["name"], change_deployment)

    def _roll(self, deployment: Json, newest: str) -> None:
        new, old = self._replica_sets(deployment)
        if new is None or new["metadata"]["name"] != newest:
            return
        if deployment["spec"].get("paused"):
            return
        if deployment["spec"]["strategy"]["type"] == "Recreate":
            self._recreate(deployment, new, old)
            return
        bounds = bounds_of(deployment)
        size = grown(bounds, new, [new, *old])
        if size != new["spec"]["replicas"]:
            self._scale(deployment, new, size)
            return
        for name, size in shrunk(bounds, new, old).items():
            self._scale(deployment, next(one for one in old if one["metadata"]["name"] == name), size)

    def _recreate(self, deployment: Json, new: Json, old: list[Json]) -> None:
        for one in old:
            self._scale(deployment, one, 0)
        left = [pod for one in old for pod in controlled(self.store, one, POD) if not is_over(pod)]
        if not left:
            self._scale(deployment, new, int(deployment["spec"]["replicas"]))

    def _scale(self, deployment: Json, replica_set: Json, size: int) -> None:
        metadata, before = replica_set["metadata"], int(replica_set["spec"]["replicas"])
        bounds = bounds_of(deployment)

        def change(obj: Json) -> None:
            obj["spec"]["replicas"] = size
            annotations = obj["metadata"].setdefault("annotations", {})
            annotations |= {_DESIRED: str(bounds.replicas), _MOST: str(bounds.replicas + bounds.surge)}

        if size == before:
            return
        self.store.modify(REPLICA_SET, metadata["namespace"], metadata["name"], change)
        way = "up" if size > before else "down"
        message = f"Scaled {way} replica set {metadata['name']} from {before} to {size}"
        self.events.normal(deployment, "ScalingReplicaSet", message, _SOURCE)

    def _report(self, namespace: str, name: str) -> None:
        deployment = self.store.get(DEPLOYMENT, namespace, name)
        new, old = self._replica_sets(deployment)
        status = deployment_status.status_of(deployment, new, old, self.now())
        self.store.modify(DEPLOYMENT, namespace, name, lambda obj: obj.update(status=status))
        if deployment_status.is_complete(deployment, status):
            self._prune(deployment, old)
        else:
            left = deployment_status.until_deadline(deployment, status, self.now())
            if left is not None:
                self.wake_later(namespace, name, left)

    def _prune(self, deployment: Json, old: list[Json]) -> None:
        """Forget the oldest idle ReplicaSets beyond revisionHistoryLimit."""
        idle = [one for one in old if not one["spec"]["replicas"] and not (one.get("status") or {}).get("replicas")]
        surplus = len(idle) - int(deployment["spec"].get("revisionHistoryLimit", 10))
        for one in idle[: max(0, surplus)]:
            if not is_ending(one):
                self.store.delete(REPLICA_SET, one["metadata"]["namespace"], one["metadata"]["name"])


def _without_hash(template: Json) -> Json:
    metadata = dict(template.get("metadata") or {})
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH}
    metadata.pop("labels", None)
    return {**template, "metadata": {**metadata, **({"labels": labels} if labels else {})}}


def _copied(deployment: Json) -> dict[str, str]:
    annotations: dict[str, str] = deployment["metadata"].get("annotations") or {}
    return {key: value for key, value in annotations.items() if key not in _NOT_COPIED}


def _newest(replica_sets: list[Json]) -> int:
    return max(map(_revision, replica_sets), default=0)


def _revision(obj: Json) -> int:
    return int((obj["metadata"].get("annotations") or {}).get(REVISION, 0))

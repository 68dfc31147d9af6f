"""A StatefulSet: numbered pods with claims of their own, made in order and renewed in the opposite order."""

from sandbox.engine.context import Context, is_ending, is_over, is_ready
from sandbox.engine.templates import create_pod, delete_pod, template_hash
from sandbox.kube.objects import copy_json, list_at
from sandbox.kube.resources import PERSISTENT_VOLUME_CLAIM, STATEFUL_SET, Json

_REVISION = "controller-revision-hash"


def reconcile(context: Context, statefulset: Json) -> None:
    """Make, end or renew the next pod, and count them."""
    if is_ending(statefulset):
        return
    wanted = statefulset["spec"]["replicas"]
    by_number = {_number(pod): pod for pod in context.pods_of(statefulset)}
    revision = f"{statefulset['metadata']['name']}-{template_hash(statefulset)}"
    parallel = statefulset["spec"].get("podManagementPolicy") == "Parallel"
    for number in range(wanted):
        pod = by_number.get(number)
        if pod is None:
            _make(context, statefulset, number, revision)
        if not parallel and (pod is None or not is_ready(pod)):
            break
    for number in sorted((n for n in by_number if n >= wanted), reverse=True):
        if not is_ending(by_number[number]):
            delete_pod(context, statefulset, by_number[number])
    _renew(context, statefulset, by_number, revision)
    _report(context, statefulset, revision)


def _make(context: Context, statefulset: Json, number: int, revision: str) -> None:
    name = f"{statefulset['metadata']['name']}-{number}"
    namespace = statefulset["metadata"]["namespace"]
    volumes = []
    for template in list_at(statefulset, "spec", "volumeClaimTemplates"):
        claim = f"{template['metadata']['name']}-{name}"
        if context.store.find(PERSISTENT_VOLUME_CLAIM, namespace, claim) is None:
            metadata = {"name": claim, "labels": template["metadata"].get("labels") or {}}
            made = {"metadata": metadata, "spec": copy_json(template["spec"])}
            context.store.create(PERSISTENT_VOLUME_CLAIM, namespace, made)
        volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim}})
    owner = copy_json(statefulset)
    owner["spec"]["template"]["spec"].setdefault("volumes", []).extend(volumes)
    labels = {
        "statefulset.kubernetes.io/pod-name": name,
        _REVISION: revision,
        "apps.kubernetes.io/pod-index": str(number),
    }
    create_pod(context, owner, name, labels=labels)


def _renew(context: Context, statefulset: Json, by_number: dict[int, Json], revision: str) -> None:
    if statefulset["spec"].get("updateStrategy", {}).get("type") == "OnDelete":
        return
    if any(is_ending(pod) for pod in by_number.values()):
        return
    for _, pod in sorted(by_number.items(), reverse=True):
        if pod["metadata"]["labels"].get(_REVISION) != revision:
            delete_pod(context, statefulset, pod)
            return
        if not is_ready(pod):
            return


def _report(context: Context, statefulset: Json, revision: str) -> None:
    pods = [pod for pod in context.pods_of(statefulset) if not is_ending(pod) and not is_over(pod)]
    updated = [pod for pod in pods if pod["metadata"]["labels"].get(_REVISION) == revision]
    ready = sum(is_ready(pod) for pod in pods)

    def change(new: Json) -> None:
        status = new.get("status") or {}
        done = len(updated) == new["spec"]["replicas"] == ready
        new["status"] = {
            "observedGeneration": new["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": len(pods) - len(updated) if not done else len(pods),
            "updatedReplicas": len(updated),
            "currentRevision": revision if done else status.get("currentRevision", revision),
            "updateRevision": revision,
            "collisionCount": 0,
        }

    metadata = statefulset["metadata"]
    context.store.modify(STATEFUL_SET, metadata["namespace"], metadata["name"], change)


def _number(pod: Json) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])

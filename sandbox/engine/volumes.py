"""Claims get their disks, keep them while a pod mounts them, and leave them to the reclaim policy."""

from sandbox.engine.context import Context, claims_of, is_ending, is_over, key_of
from sandbox.kube.objects import moment
from sandbox.kube.resources import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, STORAGE_CLASS, Json

_PROVISION_SECONDS = 1.0
_PROTECTION = "kubernetes.io/pvc-protection"
_COMPONENT = "persistentvolume-controller"


def reconcile(context: Context, claim: Json) -> None:
    """Provision the claim's disk when it is time, or let the claim go when nobody uses it."""
    if is_ending(claim):
        _release(context, claim)
    elif claim.get("status", {}).get("phase") != "Bound":
        _provision(context, claim)


def reconcile_volume(context: Context, volume: Json) -> None:
    """Let a deleted volume go once no claim has it: until then its protection holds it."""
    if is_ending(volume) and volume.get("status", {}).get("phase") != "Bound":
        context.store.remove(PERSISTENT_VOLUME, None, volume["metadata"]["name"])


def mountable(context: Context, pod: Json) -> bool:
    """Whether all claims of the pod have their disks."""
    namespace = pod["metadata"]["namespace"]
    claims = [context.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name) for name in claims_of(pod)]
    return all(claim is not None and claim.get("status", {}).get("phase") == "Bound" for claim in claims)


def claim_went(context: Context, claim: Json) -> None:
    """Do with the disk what its reclaim policy says."""
    name = claim["spec"].get("volumeName")
    volume = context.store.find(PERSISTENT_VOLUME, None, name) if name else None
    if volume is None:
        return
    if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        context.store.remove(PERSISTENT_VOLUME, None, name)
    else:
        context.store.modify(PERSISTENT_VOLUME, None, name, lambda new: new["status"].update(phase="Released"))


def _release(context: Context, claim: Json) -> None:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    users = (context.store.find(POD, namespace, pod) for pod in context.pods_with[namespace, name])
    if any(pod is not None and not is_over(pod) for pod in users):
        return

    def change(new: Json) -> None:
        new["metadata"]["finalizers"] = [f for f in new["metadata"].get("finalizers") or [] if f != _PROTECTION]

    context.store.modify(PERSISTENT_VOLUME_CLAIM, namespace, name, change)


def _provision(context: Context, claim: Json) -> None:
    found = context.store.find(STORAGE_CLASS, None, str(claim["spec"].get("storageClassName")))
    if found is None:
        message = f'storageclass.storage.k8s.io "{claim["spec"].get("storageClassName")}" not found'
        context.events.record(claim, "Warning", "ProvisioningFailed", message, _COMPONENT)
        return
    if found.get("volumeBindingMode") == "WaitForFirstConsumer" and not _has_consumer(context, claim):
        message = "waiting for first consumer to be created before binding"
        context.events.record(claim, "Normal", "WaitForFirstConsumer", message, _COMPONENT)
        return
    left = _PROVISION_SECONDS - context.seconds_since(moment(claim["metadata"]["creationTimestamp"]))
    if left > 0:
        context.later(key_of(PERSISTENT_VOLUME_CLAIM, claim), left)
        return
    _bind(context, claim, found)


def _has_consumer(context: Context, claim: Json) -> bool:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    pods = (context.store.find(POD, namespace, pod) for pod in context.pods_with[namespace, name])
    return any(pod is not None and pod["spec"].get("nodeName") for pod in pods)


def _bind(context: Context, claim: Json, storage_class: Json) -> None:
    metadata, spec = claim["metadata"], claim["spec"]
    volume = f"pvc-{metadata['uid']}"
    provisioner = storage_class["provisioner"]
    if context.store.find(PERSISTENT_VOLUME, None, volume) is None:
        context.store.create(PERSISTENT_VOLUME, None, _volume(claim, volume, storage_class))

    def change(new: Json) -> None:
        new["spec"]["volumeName"] = volume
        new["metadata"].setdefault("annotations", {}).update(
            {
                "pv.kubernetes.io/bind-completed": "yes",
                "pv.kubernetes.io/bound-by-controller": "yes",
                "volume.kubernetes.io/storage-provisioner": provisioner,
            }
        )
        capacity = {"storage": spec["resources"]["requests"]["storage"]}
        new["status"] = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": capacity}

    context.store.modify(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"], change)
    message = f"Successfully provisioned volume {volume}"
    context.events.record(claim, "Normal", "ProvisioningSucceeded", message, provisioner)


def _volume(claim: Json, name: str, storage_class: Json) -> Json:
    metadata, spec = claim["metadata"], claim["spec"]
    reference = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "name": metadata["name"]}
    return {
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": storage_class["provisioner"]},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "storageClassName": spec["storageClassName"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "volumeMode": "Filesystem",
            "claimRef": reference | {"namespace": metadata["namespace"], "uid": metadata["uid"]},
            "csi": {"driver": storage_class["provisioner"], "volumeHandle": f"/subscriptions/sandbox/disks/{name}"},
        },
        "status": {"phase": "Bound"},
    }

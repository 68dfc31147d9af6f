"""The match of a claim and a volume, and the volume that is made for a claim. Pure.

After Kubernetes 1.32, pkg/controller/volume/persistentvolume.
"""

from collections.abc import Iterable

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.runtime.pod_facts import is_ending

PROTECTION = "kubernetes.io/pv-protection"


def smallest_fitting(claim: Json, volumes: Iterable[Json]) -> Json | None:
    """Return the smallest free volume that fits the claim, one reserved for it first; None if there is none."""
    fitting = [one for one in volumes if _is_free(claim, one) and _fits(claim, one)]
    return min(fitting, key=lambda one: (not one["spec"].get("claimRef"), _capacity(one)), default=None)


def may_have(claim: Json, volume: Json) -> bool:
    """Return True if the volume is reserved for this claim or for nobody."""
    reference = volume["spec"].get("claimRef")
    if not reference:
        return True
    same = (reference.get("namespace"), reference.get("name")) == (
        claim["metadata"]["namespace"],
        claim["metadata"]["name"],
    )
    return same and reference.get("uid") in (None, "", claim["metadata"]["uid"])


def _is_free(claim: Json, volume: Json) -> bool:
    return at(volume, "status", "phase") == "Available" and not is_ending(volume) and may_have(claim, volume)


def _fits(claim: Json, volume: Json) -> bool:
    wanted, has = claim["spec"], volume["spec"]
    asked = at(claim, "spec", "resources", "requests", "storage") or "0"
    return (
        (wanted.get("storageClassName") or "") == (has.get("storageClassName") or "")
        and set(wanted.get("accessModes") or ()) <= set(has.get("accessModes") or ())
        and _capacity(volume) >= int(amount(str(asked)))
    )


def _capacity(volume: Json) -> int:
    return int(amount(str(at(volume, "spec", "capacity", "storage") or "0")))


def reference_to(claim: Json) -> Json:
    """Return the claimRef by which a volume names its claim."""
    metadata = claim["metadata"]
    return {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }


def new_volume(claim: Json, storage_class: Json, content: str) -> Json:
    """Return the volume that the class's provisioner makes for the claim, with that content."""
    spec, name = claim["spec"], f"pvc-{claim['metadata']['uid']}"
    provisioner = storage_class["provisioner"]
    return {
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
            "finalizers": [PROTECTION],
        },
        "spec": {
            "accessModes": list(spec.get("accessModes") or ["ReadWriteOnce"]),
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": reference_to(claim),
            "csi": {
                "driver": provisioner,
                "volumeHandle": f"/subscriptions/sandbox/disks/{name}",
                "volumeAttributes": {"content": content or name},
            },
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": spec["storageClassName"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        },
        "status": {"phase": "Bound"},
    }

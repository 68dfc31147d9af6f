"""Objects after everything has happened to them: bound claims, running pods. For a cluster with a past."""

from datetime import datetime, timedelta

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.jupyterhub.spawner import Named, Profile, claim, pod


def bound_claim(named: Named, profile: Profile, created: datetime, volume: str) -> Json:
    """Return a claim that is bound to the volume."""
    made = claim(named, profile, created)
    made["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    made["metadata"]["annotations"] |= {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.kubernetes.io/storage-provisioner": _driver(profile.storage_class),
    }
    made["spec"] |= {"volumeName": volume, "volumeMode": "Filesystem"}
    capacity = {"storage": profile.capacity}
    made["status"] = {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": capacity}
    return made


def _driver(storage_class: str) -> str:
    return "file.csi.azure.com" if storage_class.startswith("azurefile") else "disk.csi.azure.com"


def bound_volume(name: str, claimed: Json, created: datetime) -> Json:
    """Return the disk behind a bound claim, as Azure's CSI driver provisions it."""
    metadata, spec = claimed["metadata"], claimed["spec"]
    driver = _driver(spec["storageClassName"])
    reference = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "name": metadata["name"]}
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": timestamp(created),
            "annotations": {"pv.kubernetes.io/provisioned-by": driver},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": spec["resources"]["requests"],
            "storageClassName": spec["storageClassName"],
            "persistentVolumeReclaimPolicy": "Delete",
            "volumeMode": "Filesystem",
            "claimRef": reference | {"namespace": metadata["namespace"], "uid": metadata["uid"]},
            "csi": {"driver": driver, "volumeHandle": f"/subscriptions/sandbox/disks/{name}"},
        },
        "status": {"phase": "Bound"},
    }


# After how long a kernel had eaten all memory, where one did.
_KILLED_AFTER = timedelta(minutes=9)


def running_pod(named: Named, profile: Profile, node: str, address: str, started: datetime, restarts: int = 0) -> Json:
    """Return a server's pod, ready since `started`, or since it was last killed for want of memory."""
    made = pod(named, profile, started)
    made["spec"]["nodeName"] = node
    since, running = timestamp(started), timestamp(started + _KILLED_AFTER if restarts else started)
    (container,) = made["spec"]["containers"]
    conditions = {"PodScheduled": since, "Initialized": since, "ContainersReady": running, "Ready": running}
    made["status"] = {
        "phase": "Running",
        "startTime": since,
        "podIP": address,
        "podIPs": [{"ip": address}],
        "qosClass": "Burstable",
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": at} for kind, at in conditions.items()],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": f"{container['image'].rpartition(':')[0]}@sha256:{'0' * 64}",
                "containerID": f"containerd://{named.suffix}",
                "ready": True,
                "started": True,
                "restartCount": restarts,
                "state": {"running": {"startedAt": running}},
                "lastState": _killed(since, running) if restarts else {},
            }
        ],
    }
    return made


def _killed(started: str, finished: str) -> Json:
    return {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": started, "finishedAt": finished}}

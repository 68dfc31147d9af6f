"""Objects as they are once everything has happened to them: bound claims, running pods. For worlds with a past."""

from datetime import datetime

from sandbox.kube.objects import timestamp
from sandbox.kube.resources import Json
from sandbox.spawner import Named, Profile, claim, pod


def bound_claim(named: Named, profile: Profile, created: datetime, volume: str) -> Json:
    """A claim that has its volume."""
    made = claim(named, profile, created)
    made["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    made["metadata"]["annotations"] |= {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.kubernetes.io/storage-provisioner": "disk.csi.azure.com",
    }
    made["spec"] |= {"volumeName": volume, "volumeMode": "Filesystem"}
    capacity = {"storage": profile.capacity}
    made["status"] = {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": capacity}
    return made


def bound_volume(name: str, claimed: Json, created: datetime) -> Json:
    """The disk behind a bound claim, as Azure's CSI driver provisions it."""
    metadata, spec = claimed["metadata"], claimed["spec"]
    reference = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "name": metadata["name"]}
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": timestamp(created),
            "annotations": {"pv.kubernetes.io/provisioned-by": "disk.csi.azure.com"},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": spec["resources"]["requests"],
            "storageClassName": spec["storageClassName"],
            "persistentVolumeReclaimPolicy": "Delete",
            "volumeMode": "Filesystem",
            "claimRef": reference | {"namespace": metadata["namespace"], "uid": metadata["uid"]},
            "csi": {"driver": "disk.csi.azure.com", "volumeHandle": f"/subscriptions/sandbox/disks/{name}"},
        },
        "status": {"phase": "Bound"},
    }


def running_pod(named: Named, profile: Profile, node: str, address: str, started: datetime) -> Json:
    """A server's pod that has been ready since `started`."""
    made = pod(named, profile, started)
    made["spec"]["nodeName"] = node
    since = timestamp(started)
    (container,) = made["spec"]["containers"]
    conditions = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    made["status"] = {
        "phase": "Running",
        "startTime": since,
        "podIP": address,
        "podIPs": [{"ip": address}],
        "qosClass": "Burstable",
        "conditions": [{"type": name, "status": "True", "lastTransitionTime": since} for name in conditions],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": f"{container['image'].rpartition(':')[0]}@sha256:{'0' * 64}",
                "containerID": f"containerd://{named.suffix}",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": since}},
                "lastState": {},
            }
        ],
    }
    return made

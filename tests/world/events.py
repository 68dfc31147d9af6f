"""Events as the cluster's components write them: Kubernetes 1.32, cluster-autoscaler 1.32, azuredisk-csi 1.3x."""

from datetime import timedelta

from clients.kube import Event
from tests.world import NOW

ZONE = (
    "0/6 nodes are available: 2 node(s) had volume node affinity conflict, 4 node(s) didn't match Pod's node "
    "affinity/selector. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling."
)
MEMORY = (
    "0/6 nodes are available: 3 Insufficient memory, 3 node(s) didn't match Pod's node affinity/selector. preemption: "
    "0/6 nodes are available: 3 No preemption victims found for incoming pod, 3 Preemption is not helpful for "
    "scheduling."
)
TAINT = (
    "0/4 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 1 node(s) had taint "
    "{sku: gpu}, that the pod didn't tolerate, 2 node(s) didn't match Pod's node affinity/selector."
)
PULL = (
    'Failed to pull image "jhub.azurecr.io/notebook:{tag}": rpc error: code = {code} desc = failed to pull and unpack '
    'image "jhub.azurecr.io/notebook:{tag}": failed to resolve reference "jhub.azurecr.io/notebook:{tag}": {why}'
)
MULTI = (
    'Multi-Attach error for volume "pvc-1f2e" Volume is already exclusively attached to one node and can\'t be '
    "attached to another"
)
ATTACHED = (
    'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = Internal desc = Attach volume pvc-1 to '
    "instance aks-users-vmss000001 failed with disk pvc-1 already attached to node aks-users-vmss000000"
)
QUOTA = (
    'Error creating: pods "hub-7f" is forbidden: exceeded quota: compute, requested: requests.memory=1Gi, used: '
    "requests.memory=8Gi, limited: requests.memory=8Gi"
)
DISK_QUOTA = (
    'failed to provision volume with StorageClass "managed-csi": rpc error: code = Internal desc = Retriable: false, '
    'HTTPStatusCode: 403, RawError: {"error": {"code": "OperationNotAllowed", "message": "Operation could not be '
    'completed as it results in exceeding approved StandardSSDDiskCount quota."}}'
)

# Reason, message, kind.
SAID = (
    ("FailedScheduling", MEMORY, "Pod"),
    ("FailedScheduling", MEMORY.replace("memory", "cpu"), "Pod"),
    ("FailedScheduling", MEMORY.replace("Insufficient memory", "Too many pods"), "Pod"),
    ("FailedScheduling", MEMORY.replace("Insufficient memory", "node(s) exceed max volume count"), "Pod"),
    ("FailedScheduling", ZONE, "Pod"),
    ("FailedScheduling", ZONE.replace("4 node(s)", "1 Insufficient memory, 3 node(s)"), "Pod"),
    ("FailedScheduling", TAINT, "Pod"),
    ("FailedScheduling", "0/1 nodes are available: 1 node(s) were unschedulable.", "Pod"),
    ("FailedScheduling", "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.", "Pod"),
    ("FailedScheduling", "no nodes available to schedule pods", "Pod"),
    ("FailedScheduling", '0/6 nodes are available: persistentvolumeclaim "claim-ada" not found.', "Pod"),
    ("FailedScheduling", '0/6 nodes are available: persistentvolumeclaim "claim-ada" is being deleted.', "Pod"),
    (
        "FailedScheduling",
        '0/6 nodes are available: persistentvolumeclaim "claim-ada" bound to non-existent persistentvolume "pvc-1".',
        "Pod",
    ),
    ("FailedScheduling", "0/6 nodes are available: pod has unbound immediate PersistentVolumeClaims.", "Pod"),
    ("FailedScheduling", "0/6 nodes are available: 6 node(s) had something nobody has seen yet.", "Pod"),
    (
        "TriggeredScaleUp",
        "pod triggered scale-up: [{aks-users-31415926-vmss 3->4 (max: 5)}]",
        "Pod",
    ),
    ("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", "Pod"),
    ("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up, 2 other", "Pod"),
    ("NotTriggerScaleUp", "pod didn't trigger scale-up: 2 node(s) didn't match Pod's node affinity/selector", "Pod"),
    ("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 Insufficient memory", "Pod"),
    ("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 node(s) had volume node affinity conflict", "Pod"),
    ("FailedToScaleUpGroup", "Scale-up failed for group users: Code: QuotaExceeded", "ConfigMap"),
    ("Failed", PULL.format(tag="9", code="NotFound", why="jhub.azurecr.io/notebook:9: not found"), "Pod"),
    ("Failed", PULL.format(tag="9", code="Unknown", why="unexpected status: 401 Unauthorized"), "Pod"),
    ("Failed", PULL.format(tag="9", code="Unknown", why="unexpected status: 429 Too Many Requests"), "Pod"),
    ("Failed", PULL.format(tag="9", code="Unknown", why="dial tcp 10.0.0.9:443: i/o timeout"), "Pod"),
    ("Failed", "Error: ErrImagePull", "Pod"),
    ("BackOff", 'Back-off pulling image "jhub.azurecr.io/notebook:9"', "Pod"),
    ("BackOff", "Back-off restarting failed container hub in pod hub-7f_jhub(1)", "Pod"),
    ("FailedAttachVolume", MULTI, "Pod"),
    (
        "FailedAttachVolume",
        ATTACHED,
        "Pod",
    ),
    (
        "FailedAttachVolume",
        'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = NotFound desc = Volume not found',
        "Pod",
    ),
    (
        "FailedAttachVolume",
        "Attach failed: The maximum number of data disks allowed to be attached to a VM of this size is 8.",
        "Pod",
    ),
    ("FailedMount", 'MountVolume.SetUp failed for volume "config" : configmap "hub" not found', "Pod"),
    (
        "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[home]: timed out waiting for the condition",
        "Pod",
    ),
    ("ProvisioningFailed", DISK_QUOTA, "PersistentVolumeClaim"),
    ("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', "PersistentVolumeClaim"),
    (
        "ProvisioningFailed",
        "failed to provision volume: azure cloud provider throttled for operation DiskCreateOrUpdate",
        "PersistentVolumeClaim",
    ),
    (
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set",
        "PersistentVolumeClaim",
    ),
    ("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", "PersistentVolumeClaim"),
    ("WaitForFirstConsumer", "waiting for first consumer to be created before binding", "PersistentVolumeClaim"),
    (
        "FailedCreate",
        QUOTA,
        "ReplicaSet",
    ),
    ("Evicted", "The node was low on resource: memory. Threshold quantity: 750Mi, available: 500Mi.", "Pod"),
    ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "Pod"),
    ("Unhealthy", 'Liveness probe failed: Get "http://10.0.0.7:8081/hub/health": context deadline exceeded', "Pod"),
    (
        "FailedCreatePodSandBox",
        "Failed to create pod sandbox: failed to allocate IP address: no IP addresses available",
        "Pod",
    ),
    ("NodeNotReady", "Node is not ready", "Pod"),
    ("NodeHasDiskPressure", "Node aks-users-vmss000001 status is now: NodeHasDiskPressure", "Node"),
    ("Scheduled", "Successfully assigned jhub/jupyter-ada to aks-users-vmss000001", "Pod"),
)


def event(reason, message="", name="jupyter-ada", kind="Pod", **more):
    warning = reason.startswith("Failed") or reason in ("Unhealthy", "BackOff", "ProvisioningFailed", "NodeNotReady")
    known = {"count": 1, "first": NOW - timedelta(minutes=5), "last": NOW - timedelta(minutes=1)} | more
    return Event("Warning" if warning else "Normal", reason, message, kind, name, **known)

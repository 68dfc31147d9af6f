"""What broke, from the texts that the systems outside write: each right, or quoted, never guessed.

Texts follow the projects' own message formats; beside each stands where people met it (names of our own in it).
"""

import pytest

from clients.kube import Waiting
from commands.kubernetes.explanations import diagnose, explained
from commands.kubernetes.image_pull_failures import is_hopeless
from commands.kubernetes.problem import Cause
from tests.world import server, unready
from tests.world.events import event

IMAGE = "jhub.azurecr.io/notebook:9"
PULL = f'Failed to pull image "{IMAGE}": failed to pull and unpack image "{IMAGE}": '
ATTACH = 'AttachVolume.Attach failed for volume "pvc-1" : rpc error: code = {} desc = '
NOT_FOUND, INTERNAL = ATTACH.format("NotFound"), ATTACH.format("Internal")
SANDBOX = "Failed to create pod sandbox: rpc error: code = Unknown desc = "
VMSS = "Microsoft.Compute/virtualMachineScaleSets/aks-users-31415926-vmss/virtualMachines/3"
DISK = "/subscriptions/5ddf/resourceGroups/MC_jhub/providers/Microsoft.Compute/disks/pvc-1"
GROUP = "Scale-up failed for group aks-users-31415926-vmss: "
HOOK = "Error creating: Internal error occurred: failed calling webhook "
# Promises and verdicts that no text of these is evidence enough for.
PROMISES = ("gone from Azure", "mended", "by itself soon", "repaired")


def told(reason, message, name="jupyter-ada", kind="Pod"):
    return explained(event(reason, message, name=name, kind=kind))


# Source, message, cause, words that must be there.
ATTACHING = (
    (
        "azuredisk-csi #2357, #1047, #249, #3118",
        NOT_FOUND + 'failed to get azure instance id for node "aks-users-31415926-vmss000077" (instance not found)',
        Cause.MACHINE_MISSING,
        "The machine of its node was not found",
    ),
    (
        "azuredisk-csi #1047",
        ATTACH.format("Unknown") + 'failed to get azure instance id for node "aks-users-1" (not a vmss instance)',
        Cause.MACHINE_MISSING,
        "says nothing against the disk",
    ),
    (
        "Azure Resource Manager, of a machine that was scaled away",
        INTERNAL + f"Attach volume {DISK} to instance aks-users-1 failed with The Resource '{VMSS}' under resource "
        "group 'MC_jhub' was not found.",
        Cause.MACHINE_MISSING,
        "Stop the server and start it again",
    ),
    (
        "aws-ebs-csi",
        INTERNAL + 'Could not attach volume "vol-1" to node "i-1": InvalidInstanceID.NotFound: The instance ID \'i-1\' '
        "does not exist",
        Cause.MACHINE_MISSING,
        "The machine of its node",
    ),
    (
        "gcp-pd-csi",
        INTERNAL + "googleapi: Error 404: The resource 'projects/p/zones/z/instances/n-1' was not found, notFound",
        Cause.MACHINE_MISSING,
        "The machine of its node",
    ),
    ("azuredisk-csi", INTERNAL + "could not find VM aks-users-1", Cause.MACHINE_MISSING, "The machine of its node"),
    (
        "Azure Resource Manager",
        INTERNAL + "Parent resource 'aks-users-31415926-vmss' not found.",
        Cause.MACHINE_MISSING,
        "The machine of its node",
    ),
    (
        "cinder-csi",
        INTERNAL + "The server 1b2c-3d could not be found",
        Cause.MACHINE_MISSING,
        "The machine of its node",
    ),
    (
        "attach-detach controller",
        'AttachVolume.Attach failed for volume "pvc-1" : node "aks-users-1" not found',
        Cause.MACHINE_MISSING,
        "The machine of its node",
    ),
    ("azuredisk-csi", NOT_FOUND + "Volume not found, failed with error: 404", Cause.DISK_GONE, "“AttachVolume.Attach"),
    (
        "Azure Resource Manager",
        INTERNAL + "The Resource 'Microsoft.Compute/disks/pvc-1' under resource group 'MC_jhub' was not found.",
        Cause.DISK_GONE,
        "Do not delete the claim",
    ),
    (
        "aws-ebs-csi",
        INTERNAL + "InvalidVolume.NotFound: The volume 'vol-1' does not exist.",
        Cause.DISK_GONE,
        "was not found",
    ),
    (
        "azuredisk-csi #1905",
        INTERNAL + f"disk({DISK}) already attached to node(aks-users-0), could not be attached to node(aks-users-1)",
        Cause.DISK_ELSEWHERE,
        "still attached to another node",
    ),
    (
        "Azure: AttachDiskWhileBeingDetached",
        INTERNAL + "Cannot attach data disk 'pvc-1' to VM 'aks-users-1' because the disk is currently being detached",
        Cause.DISK_ELSEWHERE,
        "still attached to another node",
    ),
    (
        "attach-detach controller, two servers with one home",
        'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) jupyter-ada--thesis',
        Cause.DISK_ELSEWHERE,
        "in use on another node, by jupyter-ada--thesis",
    ),
    (
        "aws-ebs-csi",
        INTERNAL + "The volume 'vol-1' is not in the same availability zone as instance 'i-1'",
        Cause.ZONE,
        "in a different zone",
    ),
    (
        "attach-detach controller, a node that has just joined",
        (
            'AttachVolume.Attach failed for volume "pvc-1" : CSINode aks-users-1 does not contain driver '
            "disk.csi.azure.com"
        ),
        Cause.DISK,
        "disk.csi.azure.com has not registered",
    ),
)
UNKNOWN_ATTACHING = (
    "Cannot attach disk pvc-1: disk not found in zone 2",
    "resource group 'MC_jhub' could not be found while attaching disk pvc-1",
    "The Resource 'Microsoft.Compute/diskEncryptionSets/des-1' under resource group 'MC_jhub' was not found.",
    f"disk {DISK}: snapshot snap-1 not found",
    "An operation with the given Volume ID pvc-1 already exists",
    'secret "azure-cloud-config" not found for the disk',
    "zone resilience check is pending",
)
PULLING = (
    (
        "Esri/arcgis-gitops #168, AKS #4052",
        (
            "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:09 "
            "(application/vnd."
            "docker.image.rootfs.diff.tar.gzip) from remote: not found"
        ),
        Cause.IMAGE_BROKEN,
        "not all of its layers. Push it again.",
    ),
    (
        "containerd 1.7",
        (
            "failed to copy: httpReadSeeker: failed open: content at "
            "https://jhub.azurecr.io/v2/notebook/blobs/sha256:09 not "
            "found: not found"
        ),
        Cause.IMAGE_BROKEN,
        "not all of its layers",
    ),
    (
        "containerd 2.0",
        (
            "failed to copy: httpReadSeeker: failed open: unexpected status code "
            "https://jhub.azurecr.io/v2/notebook/blobs/sha256:09: 404 Not Found"
        ),
        Cause.IMAGE_BROKEN,
        "not all of its layers",
    ),
    (
        "AKS disk-pressure reports; z2jh large images",
        (
            "failed to extract layer sha256:12: write "
            "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/99/"
            "fs/opt/conda/lib/x.so: no space left on device: unknown"
        ),
        Cause.NODE_PRESSURE,
        "The disk of its node is full",
    ),
    (
        "containerd",
        "failed to copy: write /var/lib/containerd/ingest/1/data: no space left on device",
        Cause.NODE_PRESSURE,
        "full",
    ),
    (
        "containerd, an image for ARM alone",
        "no match for platform in manifest: not found",
        Cause.IMAGE_PLATFORM,
        "not for",
    ),
    (
        "Docker's shim",
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
        Cause.IMAGE_PLATFORM,
        "not for the processors",
    ),
    (
        "ACR without the role AcrPull",
        (
            f'failed to resolve reference "{IMAGE}": failed to authorize: failed to fetch oauth token: unexpected '
            f"status from "
            "POST request to https://jhub.azurecr.io/oauth2/token: 401 Unauthorized"
        ),
        Cause.IMAGE_REFUSED,
        "does not let the cluster pull",
    ),
    (
        "ACR's firewall",
        "denied: client with IP '20.1.2.3' is not allowed access, refer https://aka.ms/acr/firewall to grant access",
        Cause.IMAGE_REFUSED,
        "The firewall of the registry",
    ),
    (
        "ACR, 403 at the data endpoint",
        (
            "failed to copy: httpReadSeeker: failed open: unexpected status code "
            "https://x.blob.core.windows.net/1: 403 Server "
            "failed to authenticate the request"
        ),
        Cause.IMAGE_REFUSED,
        "does not let",
    ),
    (
        "ACR throttled",
        "pulling from host jhub.azurecr.io failed with status code [manifests 9]: 429 Too Many Requests",
        Cause.IMAGE_RATE,
        "too many requests",
    ),
    (
        "Docker Hub",
        "toomanyrequests: You have reached your unauthenticated pull rate limit: unauthorized",
        Cause.IMAGE_RATE,
        "too many requests",
    ),
    (
        "Docker Hub, of a private or absent repository",
        (
            "pull access denied, repository does not exist or may require authorization: server message: "
            "insufficient_scope"
        ),
        Cause.IMAGE_REFUSED,
        "it does not say which",
    ),
    (
        "a proxy that opens TLS",
        (
            'failed to do request: Head "https://jhub.azurecr.io/v2/": tls: failed to verify certificate: x509: '
            "certificate "
            "signed by unknown authority"
        ),
        Cause.IMAGE_UNREACHABLE,
        "do not trust the certificate",
    ),
    (
        "CoreDNS down",
        "failed to fetch anonymous token: dial tcp: lookup jhub.azurecr.io on 10.0.0.10:53: no such host",
        Cause.IMAGE_UNREACHABLE,
        "cannot be reached",
    ),
    (
        "Azure's incident of the registry",
        (
            "unexpected status from HEAD request to https://jhub.azurecr.io/v2/notebook/manifests/9: 503 Service "
            "Unavailable"
        ),
        Cause.IMAGE_UNREACHABLE,
        "answers with an error (503 Service Unavailable)",
    ),
    (
        "a tag that was never pushed",
        f'failed to resolve reference "{IMAGE}": {IMAGE}: not found',
        Cause.IMAGE_MISSING,
        "does not have",
    ),
    (
        "a HEAD that is answered by 404",
        "unexpected status from HEAD request to https://jhub.azurecr.io/v2/notebook/manifests/9: 404 Not Found",
        Cause.IMAGE_MISSING,
        "does not have",
    ),
    (
        "a proxy that hangs up",
        'failed to do request: Head "https://jhub.azurecr.io/v2/notebook/manifests/9": EOF',
        Cause.IMAGE_UNREACHABLE,
        "cannot be reached",
    ),
    ("CRI-O", "reading manifest 9 in jhub.azurecr.io/notebook: manifest unknown", Cause.IMAGE_MISSING, "does not have"),
)
UNKNOWN_PULLING = (
    "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
    "failed to extract layer sha256:1: mount callback failed: unexpected EOF",
    "unexpected commit digest sha256:1, expected sha256:2: failed precondition",
    (
        "failed to fetch oauth token: unexpected status from POST request to https://jhub.azurecr.io/oauth2/token: "
        "404 Not Found"
    ),
    "failed to prepare extraction snapshot: parent snapshot sha256:7 does not exist: not found",
)
NODES = (
    (
        "AKS #2532, #673",
        "FailedCreatePodSandBox",
        SANDBOX + 'failed to setup network for sandbox "ab": plugin type="azure-vnet" failed (add): Failed to allocate '
        "pool: Failed to delegate: Failed to allocate address: No available addresses",
        Cause.ADDRESSES,
        "no addresses left",
    ),
    (
        "host-local",
        "FailedCreatePodSandBox",
        SANDBOX + 'plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses available in '
        "range set: 10.1.0.1-10.1.0.254",
        Cause.ADDRESSES,
        "no addresses left",
    ),
    (
        "aws-cni",
        "FailedCreatePodSandBox",
        SANDBOX + 'plugin type="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
        Cause.ADDRESSES,
        "no addresses left",
    ),
    (
        "AKS disk-pressure reports",
        "FailedCreatePodSandBox",
        SANDBOX
        + "failed to create containerd task: failed to create shim task: mkdir /run/containerd/ab: no space left "
        "on device: unknown",
        Cause.NODE_PRESSURE,
        "The disk of its node is full",
    ),
    (
        "Azure CNS is down, which says nothing of addresses",
        "FailedCreatePodSandBox",
        SANDBOX + 'plugin type="azure-vnet" failed (add): IPAM Invoker Add failed with error: Failed to get IP address '
        "from CNS: dial tcp 127.0.0.1:10090: connect: connection refused",
        Cause.NETWORK,
        "Failed to get IP address from CNS: dial tcp (address): connect: connection refused”",
    ),
    (
        "a node without a way to the registry of the pause image",
        "FailedCreatePodSandBox",
        SANDBOX + 'failed to get sandbox image "mcr.io/pause:3.9": dial tcp: i/o timeout',
        Cause.NETWORK,
        "failed to get sandbox image",
    ),
    (
        "Kubernetes' taint manager",
        "TaintManagerEviction",
        "Marking for deletion Pod jhub/jupyter-ada",
        Cause.EVICTED,
        "has a taint that it does not tolerate",
    ),
)
SCALING = (
    (
        "AKS #1149, autoscaler #8323",
        "ScaleUpTimedOut",
        "Nodes added to group aks-users-31415926-vmss failed to register within 15m0s",
        Cause.NOT_JOINED,
        "Azure made the machine, but it did not join the cluster within 15 min.",
    ),
    (
        "jenkins-infra/helpdesk #4337, #4459",
        "FailedToScaleUpGroup",
        GROUP + 'Code="OverconstrainedZonalAllocationRequest" Message="Allocation failed."',
        Cause.NO_MACHINES,
        "no such machine free in this zone just now",
    ),
    (
        "Azure Compute",
        "FailedToScaleUpGroup",
        GROUP + 'Code="OverconstrainedAllocationRequest" Message="Allocation failed."',
        Cause.NO_MACHINES,
        "no such machine free in this region",
    ),
    (
        "Azure Compute, in the autoscaler's spelling",
        "FailedToScaleUpGroup",
        GROUP + 'Code="Skunotavailable" Message="The requested VM size is currently not available"',
        Cause.NO_MACHINES,
        "does not offer that VM size",
    ),
    (
        "AKS #1184, autoscaler #2619",
        "FailedToScaleUpGroup",
        GROUP
        + 'Code="OperationNotAllowed" Message="Operation results in exceeding quota limits of Core. Maximum allowed: '
        '10, Current in use: 7, Additional requested: 4."',
        Cause.NO_MACHINES,
        "quota of cores is used up (10 allowed, 7 used, 4 asked for)",
    ),
    (
        "Azure Compute, by family",
        "FailedToScaleUpGroup",
        GROUP + "Operation could not be completed as it results in exceeding approved standardESv5Family Cores quota. "
        "Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, "
        "Current Usage: "
        "8, Additional Required: 4, (Minimum) New Limit Required: 12.",
        Cause.NO_MACHINES,
        "standardESv5Family Cores is used up (10 allowed, 8 used, 4 asked for)",
    ),
    (
        "Azure Policy",
        "FailedToScaleUpGroup",
        GROUP + 'Code="RequestDisallowedByPolicy" Message="Resource was disallowed by policy: Allowed VM sizes"',
        Cause.POLICY,
        "Allowed VM sizes",
    ),
    (
        "nothing known",
        "FailedToScaleUpGroup",
        GROUP + 'Code="InternalExecutionError" Message="An internal execution error occurred."',
        Cause.NO_MACHINES,
        "It says: “Scale-up failed",
    ),
    (
        "autoscaler #7667, #3268",
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 2 max total nodes in cluster reached",
        Cause.CLUSTER_FULL,
        "as many nodes as its autoscaler may give it",
    ),
    (
        "autoscaler, --cores-total",
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 1 max cluster cpu limit reached",
        Cause.CLUSTER_FULL,
        "as much cpu",
    ),
    (
        "autoscaler",
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 1 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint {a: b}",
        Cause.AFFINITY,
        "enough nvidia.com/gpu",
    ),
    (
        "a reason that nobody has seen yet",
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 3 something else",
        Cause.OTHER,
        "“3 something else”",
    ),
)
CREATING = (
    (
        "k8tre #18, opentelemetry-helm-charts #700",
        (
            'Error creating: admission webhook "validation.gatekeeper.sh" denied the request: '
            "[azurepolicy-k8sazurev2noprivilege-1] Privileged container is not allowed: block-cloud-metadata"
        ),
        Cause.POLICY,
        "validation.gatekeeper.sh): “[azurepolicy-k8sazurev2noprivilege-1] Privileged container is not allowed",
    ),
    (
        "ValidatingAdmissionPolicy",
        (
            "Error creating: pods \"hub\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding "
            "'all' denied "
            "request: tags must be pinned"
        ),
        Cause.POLICY,
        "(ValidatingAdmissionPolicy no-latest): “tags must be pinned”",
    ),
    (
        "Pod Security",
        'Error creating: pods "hub-7f-" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
        Cause.POLICY,
        "level restricted:latest refuses it: “runAsNonRoot != true”",
    ),
    (
        "LimitRange",
        'Error creating: pods "hub-7f-" is forbidden: maximum memory usage per Container is 2Gi, but limit is 4Gi',
        Cause.POLICY,
        "“maximum memory usage per Container is 2Gi, but limit is 4Gi”",
    ),
    (
        "kyverno #10371, #8190",
        HOOK + '"validate.kyverno.svc-fail": failed to call webhook: Post '
        '"https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s": context deadline exceeded',
        Cause.WEBHOOK,
        "validate.kyverno.svc-fail of the cluster does not answer in time",
    ),
    (
        "gatekeeper",
        HOOK
        + '"check-ignore-label.gatekeeper.sh": failed to call webhook: Post "https://a.b.svc:443/v1": no endpoints '
        'available for service "gatekeeper-webhook-service"',
        Cause.WEBHOOK,
        "has no pod that answers",
    ),
    (
        "cert-manager",
        HOOK
        + '"webhook.cert-manager.io": failed to call webhook: Post "https://a.b.svc:443/mutate": x509: certificate '
        "signed by unknown authority",
        Cause.WEBHOOK,
        "a certificate that Kubernetes does not trust",
    ),
    (
        "istio",
        HOOK + '"namespace.sidecar-injector.istio.io": failed to call webhook: Post '
        '"https://istiod.istio-system.svc:443/inject?timeout=10s": '
        "dial tcp 10.0.0.7:443: connect: connection refused",
        Cause.WEBHOOK,
        "cannot be reached",
    ),
    (
        "a webhook of another version",
        HOOK + '"x.example.org": failed to call webhook: the server could not find the requested resource',
        Cause.WEBHOOK,
        "cannot be asked: “the server could not find the requested resource”",
    ),
    (
        "ResourceQuota",
        "Error creating: failed quota: compute: must specify limits.cpu for: notebook",
        Cause.QUOTA,
        "quota compute takes only pods that set limits.cpu",
    ),
    (
        "etcd",
        "Error creating: Internal error occurred: etcdserver: request timed out",
        Cause.OTHER,
        "It says: “Error creating: Internal error occurred: etcdserver: request timed out”",
    ),
)
CLAIMS = (
    (
        "z2jh extraVolumes; 2i2c shared directories",
        "jupyter-ada",
        "course-data",
        Cause.CLAIM_MISSING,
        (
            "The volume claim course-data, which it mounts, does not exist. Create it, or remove it from "
            "singleuser.storage.extraVolumes."
        ),
    ),
    ("hub.extraVolumes", "hub-7f", "hub-extra", Cause.CLAIM_MISSING, "remove it from hub.extraVolumes."),
    ("z2jh #170, #3263", "hub-7f", "hub-db-dir", Cause.HUB_CLAIM_GONE, "The hub's database claim hub-db-dir"),
    ("kubespawner's names", "jupyter-ada", "claim-ada", Cause.CLAIM_GONE, "Its home claim-ada does not exist"),
    ("a template of one's own", "jupyter-ada", "home-ada", Cause.CLAIM_GONE, "Its home home-ada does not exist"),
)


@pytest.mark.parametrize(("source", "message", "cause", "words"), ATTACHING)
def test_a_disk_that_is_not_attached_is_told_from_a_machine_that_is_not_there(source, message, cause, words):
    found = told("FailedAttachVolume", message)
    assert found.cause is cause, source
    assert words in found.words
    assert not any(promise in found.words for promise in PROMISES)


@pytest.mark.parametrize("said", UNKNOWN_ATTACHING)
def test_what_else_keeps_a_disk_away_is_quoted(said):
    found = told("FailedAttachVolume", INTERNAL + said)
    assert found.cause is Cause.DISK
    assert f"{said.rstrip('.').replace(DISK, '…/pvc-1')}”" in found.words


@pytest.mark.parametrize(("source", "said", "cause", "words"), PULLING)
def test_why_an_image_is_not_pulled(source, said, cause, words):
    found = told("Failed", PULL + said)
    assert found.cause is cause, source
    assert words in found.words
    assert IMAGE in found.words or cause is Cause.NODE_PRESSURE


@pytest.mark.parametrize("said", UNKNOWN_PULLING)
def test_what_else_keeps_an_image_away_is_quoted_and_no_end_of_hope(said):
    found = told("Failed", PULL + said)
    assert (found.cause, "The cluster says: “" in found.words) == (Cause.IMAGE, True)
    assert "Push it again" not in found.words
    assert not is_hopeless(Waiting("notebook", "ErrImagePull", PULL + said, IMAGE))


@pytest.mark.parametrize("image", ["r.example.org/denied/not-found:401", "r.example.org/429:forbidden", "a"])
def test_an_images_name_is_not_taken_for_the_registrys_words(image):
    said = f'Failed to pull image "{image}": rpc error: code = Unknown desc = failed to extract layer sha256:1: EOF'
    assert told("Failed", said).cause is Cause.IMAGE


@pytest.mark.parametrize(
    ("reason", "message", "cause"),
    [
        ("Failed", "Error: container has runAsNonRoot and image will run as root (pod: x)", Cause.ROOT),
        ("Failed", "Error: failed to create containerd task: no space left on device: unknown", Cause.NODE_PRESSURE),
        (
            "FailedMount",
            (
                "Unable to attach or mount volumes: error processing PVC jhub/course-data: persistentvolumeclaims "
                '"course-data" '
                "not found"
            ),
            Cause.CLAIM_MISSING,
        ),
    ],
)
def test_the_same_is_told_from_the_event_that_kubelet_writes(reason, message, cause):
    assert told(reason, message).cause is cause


@pytest.mark.parametrize(
    "said",
    [
        '0/6 nodes are available: persistentvolumeclaim "claim-ada" waits: storageclass "fast" not found.',
        'error getting persistentvolumeclaim "claim-ada": another object is being deleted',
    ],
)
def test_what_is_said_beside_a_claim_is_not_said_of_it(said):
    found = told("FailedScheduling", said)
    assert (found.cause, "does not exist" in found.words) == (Cause.OTHER, False)
    assert "The scheduler finds no node for it: “" in found.words


def test_an_error_that_nobody_knows_is_left_in_the_clusters_words():
    assert told("Failed", "Error: something odd") is None


def test_no_image_has_two_tags():
    twice = "jhub.azurecr.io/notebook:latest:9"
    said = (
        f'Failed to apply default image tag "{twice}": couldn\'t parse image name "{twice}": invalid reference format'
    )
    assert told("InspectFailed", said).words == f"“{twice}” is not the name of an image."
    stuck = server("ada@example.org", **unready(waiting=Waiting("notebook", "InvalidImageName", said, twice)))
    assert "yet" not in diagnose(stuck).words


@pytest.mark.parametrize(("source", "reason", "message", "cause", "words"), NODES)
def test_what_a_node_cannot_do(source, reason, message, cause, words):
    found = told(reason, message)
    assert found.cause is cause, source
    assert words in found.words


def test_an_eviction_that_was_cancelled_needs_no_explanation():
    assert told("TaintManagerEviction", "Cancelling deletion of Pod jhub/jupyter-ada") is None


@pytest.mark.parametrize(("source", "reason", "message", "cause", "words"), SCALING)
def test_why_there_is_no_node_more(source, reason, message, cause, words):
    found = told(reason, message)
    assert found.cause is cause, source
    assert words in found.words
    assert ("Azure refused" in found.words) is False


def test_why_the_pool_got_no_node_explains_who_waits_for_one():
    waits = server(
        "ada@example.org", **unready(node="", refusal="Unschedulable: 0/1 nodes are available: 1 Too many pods.")
    )
    backoff = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up")
    quota = event("FailedToScaleUpGroup", SCALING[4][2], name="cluster-autoscaler-status", kind="ConfigMap")
    assert "(10 allowed, 7 used, 4 asked for)" not in diagnose(waits, [backoff]).words
    assert "(10 allowed, 7 used, 4 asked for)" in diagnose(waits, [backoff, quota]).words


@pytest.mark.parametrize(("source", "message", "cause", "words"), CREATING)
def test_why_no_pod_is_made(source, message, cause, words):
    found = told("FailedCreate", message, name="hub-7f", kind="ReplicaSet")
    assert found.cause is cause, source
    assert words in found.words


@pytest.mark.parametrize(("source", "pod", "claim", "cause", "words"), CLAIMS)
def test_a_claim_is_called_what_it_is(source, pod, claim, cause, words):
    found = told("FailedScheduling", f'0/6 nodes are available: persistentvolumeclaim "{claim}" not found.', name=pod)
    assert found.cause is cause, source
    assert words in found.words
    assert ("home " in found.words.partition(".")[0]) is (cause is Cause.CLAIM_GONE)

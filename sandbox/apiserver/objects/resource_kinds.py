"""The kinds that the API serves: their names, scopes and paths, for everything else.

Names, scopes, short names, categories and subresources are those of Kubernetes 1.32.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

Json = dict[str, Any]
"""A JSON object as Kubernetes serves it."""


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of object. There is exactly one instance per kind, so kinds compare by identity."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    counts_generations: bool = False
    returns_deleted: bool = False
    """Whether DELETE answers with the object; the others answer with a Status once it is gone."""

    def __repr__(self) -> str:
        return f"Kind({self.qualified})"

    @cached_property
    def api_version(self) -> str:
        """The group and version as objects carry it: "apps/v1", or "v1" in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def qualified(self) -> str:
        """The resource as error messages name it: "deployments.apps", or "pods" in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @cached_property
    def qualified_kind(self) -> str:
        """The kind as validation errors name it: "Deployment.apps", or "Pod" in the core group."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def singular(self) -> str:
        """The name people type for one of them: "deployment"."""
        return self.kind.lower()

    @property
    def has_status(self) -> bool:
        """True if status is written separately from the rest."""
        return "status" in self.subresources


_STATUS = ("status",)
_SCALED = ("status", "scale")
_ALL = ("all",)
_RBAC = "rbac.authorization.k8s.io"
_STORAGE = "storage.k8s.io"
_NETWORK = "networking.k8s.io"
# Not of Kubernetes itself: custom resources of external-snapshotter 8, which AKS brings along.
_SNAPSHOT = "snapshot.storage.k8s.io"
# Gateway API 1.4, which AKS installs with its application routing.
_GATEWAY = "gateway.networking.k8s.io"

NAMESPACE = Kind("", "v1", "namespaces", "Namespace", False, ("ns",), ("status", "finalize"))
NODE = Kind("", "v1", "nodes", "Node", False, ("no",), _STATUS)
POD = Kind("", "v1", "pods", "Pod", True, ("po",), ("status", "log", "eviction"), _ALL, returns_deleted=True)
SERVICE = Kind("", "v1", "services", "Service", True, ("svc",), _STATUS, _ALL, returns_deleted=True)
ENDPOINTS = Kind("", "v1", "endpoints", "Endpoints", True, ("ep",))
CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap", True, ("cm",))
SECRET = Kind("", "v1", "secrets", "Secret")
SERVICE_ACCOUNT = Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",), returns_deleted=True)
EVENT = Kind("", "v1", "events", "Event", True, ("ev",))
PERSISTENT_VOLUME = Kind(
    "", "v1", "persistentvolumes", "PersistentVolume", False, ("pv",), _STATUS, returns_deleted=True
)
PERSISTENT_VOLUME_CLAIM = Kind(
    "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ("pvc",), _STATUS, returns_deleted=True
)
RESOURCE_QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota", True, ("quota",), _STATUS, returns_deleted=True)
LIMIT_RANGE = Kind("", "v1", "limitranges", "LimitRange", True, ("limits",))
DEPLOYMENT = Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",), _SCALED, _ALL, True)
REPLICA_SET = Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), _SCALED, _ALL, True)
STATEFUL_SET = Kind("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",), _SCALED, _ALL, True)
DAEMON_SET = Kind("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), _STATUS, _ALL, True)
CONTROLLER_REVISION = Kind("apps", "v1", "controllerrevisions", "ControllerRevision")
JOB = Kind("batch", "v1", "jobs", "Job", True, (), _STATUS, _ALL, True)
CRON_JOB = Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",), _STATUS, _ALL, True)
ROLE = Kind(_RBAC, "v1", "roles", "Role")
ROLE_BINDING = Kind(_RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLE = Kind(_RBAC, "v1", "clusterroles", "ClusterRole", False)
CLUSTER_ROLE_BINDING = Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False)
POD_DISRUPTION_BUDGET = Kind(
    "policy",
    "v1",
    "poddisruptionbudgets",
    "PodDisruptionBudget",
    True,
    ("pdb",),
    _STATUS,
    counts_generations=True,
)
NETWORK_POLICY = Kind(_NETWORK, "v1", "networkpolicies", "NetworkPolicy", True, ("netpol",), counts_generations=True)
INGRESS = Kind(_NETWORK, "v1", "ingresses", "Ingress", True, ("ing",), _STATUS, counts_generations=True)
INGRESS_CLASS = Kind(_NETWORK, "v1", "ingressclasses", "IngressClass", False, counts_generations=True)
GATEWAY_CLASS = Kind(_GATEWAY, "v1", "gatewayclasses", "GatewayClass", False, ("gc",), _STATUS, counts_generations=True)
GATEWAY = Kind(_GATEWAY, "v1", "gateways", "Gateway", True, ("gtw",), _STATUS, counts_generations=True)
HTTP_ROUTE = Kind(_GATEWAY, "v1", "httproutes", "HTTPRoute", True, (), _STATUS, counts_generations=True)
PRIORITY_CLASS = Kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",))
STORAGE_CLASS = Kind(_STORAGE, "v1", "storageclasses", "StorageClass", False, ("sc",), returns_deleted=True)
CSI_DRIVER = Kind(_STORAGE, "v1", "csidrivers", "CSIDriver", False, returns_deleted=True)
CSI_NODE = Kind(_STORAGE, "v1", "csinodes", "CSINode", False, returns_deleted=True)
VOLUME_ATTACHMENT = Kind(
    _STORAGE, "v1", "volumeattachments", "VolumeAttachment", False, (), _STATUS, returns_deleted=True
)
VOLUME_SNAPSHOT_CLASS = Kind(
    _SNAPSHOT, "v1", "volumesnapshotclasses", "VolumeSnapshotClass", False, ("vsclass", "vsclasses")
)
VOLUME_SNAPSHOT_CONTENT = Kind(
    _SNAPSHOT, "v1", "volumesnapshotcontents", "VolumeSnapshotContent", False, ("vsc", "vscs"), _STATUS
)
VOLUME_SNAPSHOT = Kind(_SNAPSHOT, "v1", "volumesnapshots", "VolumeSnapshot", True, ("vs",), _STATUS)
LEASE = Kind("coordination.k8s.io", "v1", "leases", "Lease")
ENDPOINT_SLICE = Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", counts_generations=True)
HORIZONTAL_POD_AUTOSCALER = Kind(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, ("hpa",), _STATUS, _ALL
)

ALL: tuple[Kind, ...] = (
    NAMESPACE,
    NODE,
    POD,
    SERVICE,
    ENDPOINTS,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    EVENT,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    RESOURCE_QUOTA,
    LIMIT_RANGE,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    DAEMON_SET,
    CONTROLLER_REVISION,
    JOB,
    CRON_JOB,
    ROLE,
    ROLE_BINDING,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    POD_DISRUPTION_BUDGET,
    NETWORK_POLICY,
    INGRESS,
    INGRESS_CLASS,
    GATEWAY_CLASS,
    GATEWAY,
    HTTP_ROUTE,
    PRIORITY_CLASS,
    STORAGE_CLASS,
    CSI_DRIVER,
    CSI_NODE,
    VOLUME_ATTACHMENT,
    VOLUME_SNAPSHOT_CLASS,
    VOLUME_SNAPSHOT_CONTENT,
    VOLUME_SNAPSHOT,
    LEASE,
    ENDPOINT_SLICE,
    HORIZONTAL_POD_AUTOSCALER,
)

_BY_PATH = {(kind.group, kind.version, kind.plural): kind for kind in ALL}
_BY_KIND = {(kind.group, kind.kind): kind for kind in ALL}


def by_path(group: str, version: str, plural: str) -> Kind | None:
    """Return the kind served at that path, None if there is none; the core group is ""."""
    return _BY_PATH.get((group, version, plural))


def by_kind(group: str, kind: str) -> Kind | None:
    """Return the kind of that name, None if there is none; the core group is ""."""
    return _BY_KIND.get((group, kind))

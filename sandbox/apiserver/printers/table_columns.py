"""The columns in which kubectl shows each kind, with the words of Kubernetes 1.32's own printers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.printers import pod_status, table_cells
from sandbox.apiserver.printers.ages import age

Cell = str | int | bool
Read = Callable[[Json, datetime], Cell]

_NONE = table_cells.NONE
_UNSET = "<unset>"


@dataclass(frozen=True)
class Column:
    """One column; those of priority 1 are shown by `-o wide` only."""

    name: str
    read: Read
    priority: int = 0
    type: str = "string"
    format: str = ""


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of a kind; name and age for one without columns of its own."""
    return _COLUMNS.get(kind, (_NAME, _AGE))


def _path(name: str, *path: str, default: Cell = "", priority: int = 0, type_: str = "string") -> Column:
    def read(obj: Json, _: datetime) -> Cell:
        value = at(obj, *path)
        return value if isinstance(value, (str, int, bool)) else default

    return Column(name, read, priority, type_)


def _count(name: str, *path: str, default: int = 0) -> Column:
    return _path(name, *path, default=default, type_="integer")


def _text(name: str, read: Callable[[Json], Cell], priority: int = 0, type_: str = "string") -> Column:
    return Column(name, lambda obj, _: read(obj), priority, type_)


def _since(name: str, *path: str, default: str = "<unknown>", priority: int = 0) -> Column:
    return Column(name, lambda obj, now: age(at(obj, *path), now) if at(obj, *path) else default, priority)


def _wide(template: tuple[str, ...] = ("spec", "template"), *, selector: bool = True) -> tuple[Column, ...]:
    shown = (
        _text("Containers", table_cells.containers_text("name", template), 1),
        _text("Images", table_cells.containers_text("image", template), 1),
    )
    return (
        (*shown, _text("Selector", lambda o: table_cells.selector_text(at(o, "spec", "selector")), 1))
        if selector
        else shown
    )


_NAME = Column("Name", lambda o, _: o["metadata"]["name"], format="name")
_AGE = Column("Age", lambda o, now: age(o["metadata"].get("creationTimestamp"), now))
_CREATED = _path("Created At", "metadata", "creationTimestamp")
_READY = _text("Ready", table_cells.ratio(("status", "readyReplicas"), ("spec", "replicas")))
_BINDING = (
    _NAME,
    _text("Role", table_cells.bound_role),
    _AGE,
    _text("Users", table_cells.bound_subjects("User"), 1),
    _text("Groups", table_cells.bound_subjects("Group"), 1),
    _text("ServiceAccounts", table_cells.bound_subjects("ServiceAccount"), 1),
)

_COLUMNS: dict[Kind, tuple[Column, ...]] = {
    r.POD: (
        _NAME,
        _text("Ready", pod_status.ready),
        _text("Status", pod_status.summary),
        Column("Restarts", pod_status.restarts),
        _AGE,
        _path("IP", "status", "podIP", default=_NONE, priority=1),
        _path("Node", "spec", "nodeName", default=_NONE, priority=1),
        _path("Nominated Node", "status", "nominatedNodeName", default=_NONE, priority=1),
        _text("Readiness Gates", lambda _: _NONE, 1),
    ),
    r.DEPLOYMENT: (
        _NAME,
        _READY,
        _count("Up-to-date", "status", "updatedReplicas"),
        _count("Available", "status", "availableReplicas"),
        _AGE,
        *_wide(),
    ),
    r.REPLICA_SET: (
        _NAME,
        _count("Desired", "spec", "replicas"),
        _count("Current", "status", "replicas"),
        _count("Ready", "status", "readyReplicas"),
        _AGE,
        *_wide(),
    ),
    r.STATEFUL_SET: (_NAME, _READY, _AGE, *_wide(selector=False)),
    r.DAEMON_SET: (
        _NAME,
        _count("Desired", "status", "desiredNumberScheduled"),
        _count("Current", "status", "currentNumberScheduled"),
        _count("Ready", "status", "numberReady"),
        _count("Up-to-date", "status", "updatedNumberScheduled"),
        _count("Available", "status", "numberAvailable"),
        _text("Node Selector", lambda o: table_cells.labels_text(at(o, "spec", "template", "spec", "nodeSelector"))),
        _AGE,
        *_wide(),
    ),
    r.JOB: (
        _NAME,
        _text("Status", table_cells.job_status),
        _text("Completions", table_cells.job_completions),
        Column("Duration", table_cells.job_duration),
        _AGE,
        *_wide(),
    ),
    r.CRON_JOB: (
        _NAME,
        _path("Schedule", "spec", "schedule"),
        _path("Timezone", "spec", "timeZone", default=_NONE),
        _text("Suspend", lambda o: str(bool(at(o, "spec", "suspend")))),
        _text("Active", lambda o: len((o.get("status") or {}).get("active") or ()), type_="integer"),
        _since("Last Schedule", "status", "lastScheduleTime", default=_NONE),
        _AGE,
        *_wide(("spec", "jobTemplate", "spec", "template"), selector=False),
    ),
    r.SERVICE: (
        _NAME,
        _path("Type", "spec", "type"),
        _path("Cluster-IP", "spec", "clusterIP", default=_NONE),
        _text("External-IP", table_cells.external_address),
        _text("Port(s)", table_cells.service_ports),
        _AGE,
        _text("Selector", lambda o: table_cells.labels_text(at(o, "spec", "selector")), 1),
    ),
    r.ENDPOINTS: (_NAME, _text("Endpoints", table_cells.endpoint_addresses), _AGE),
    r.INGRESS: (
        _NAME,
        _path("Class", "spec", "ingressClassName", default=_NONE),
        _text("Hosts", table_cells.ingress_hosts),
        _text("Address", table_cells.load_balancer),
        _text("Ports", lambda o: "80, 443" if at(o, "spec", "tls") else "80"),
        _AGE,
    ),
    r.NODE: (
        _NAME,
        _text("Status", table_cells.node_status),
        _text("Roles", table_cells.node_roles),
        _AGE,
        _path("Version", "status", "nodeInfo", "kubeletVersion"),
        _text("Internal-IP", table_cells.node_address("InternalIP"), 1),
        _text("External-IP", table_cells.node_address("ExternalIP"), 1),
        _path("OS-Image", "status", "nodeInfo", "osImage", default="<unknown>", priority=1),
        _path("Kernel-Version", "status", "nodeInfo", "kernelVersion", default="<unknown>", priority=1),
        _path("Container-Runtime", "status", "nodeInfo", "containerRuntimeVersion", default="<unknown>", priority=1),
    ),
    r.EVENT: (
        Column("Last Seen", table_cells.event_seen),
        _path("Type", "type"),
        _path("Reason", "reason"),
        _text("Object", table_cells.event_object),
        _path("Subobject", "involvedObject", "fieldPath", priority=1),
        _text("Source", table_cells.event_source, 1),
        _text("Message", lambda o: str(o.get("message", "")).strip()),
        _since("First Seen", "firstTimestamp", priority=1),
        _path("Count", "count", default=1, priority=1),
        Column("Name", lambda o, _: o["metadata"]["name"], 1, format="name"),
    ),
    r.NAMESPACE: (_NAME, _path("Status", "status", "phase"), _AGE),
    r.SECRET: (
        _NAME,
        _path("Type", "type"),
        _text("Data", lambda o: len(o.get("data") or ()), type_="integer"),
        _AGE,
    ),
    r.CONFIG_MAP: (
        _NAME,
        _text("Data", lambda o: len(o.get("data") or ()) + len(o.get("binaryData") or ()), type_="integer"),
        _AGE,
    ),
    r.SERVICE_ACCOUNT: (
        _NAME,
        _text("Secrets", lambda o: len(o.get("secrets") or ()), type_="integer"),
        _AGE,
    ),
    r.PERSISTENT_VOLUME_CLAIM: (
        _NAME,
        _text("Status", table_cells.phase),
        _path("Volume", "spec", "volumeName"),
        _path("Capacity", "status", "capacity", "storage"),
        _text("Access Modes", table_cells.access_modes),
        _path("StorageClass", "spec", "storageClassName"),
        _path("VolumeAttributesClass", "spec", "volumeAttributesClassName", default=_UNSET),
        _AGE,
        _path("VolumeMode", "spec", "volumeMode", priority=1),
    ),
    r.PERSISTENT_VOLUME: (
        _NAME,
        _path("Capacity", "spec", "capacity", "storage"),
        _text("Access Modes", table_cells.access_modes),
        _path("Reclaim Policy", "spec", "persistentVolumeReclaimPolicy"),
        _text("Status", table_cells.phase),
        _text("Claim", table_cells.volume_claim),
        _path("StorageClass", "spec", "storageClassName"),
        _path("VolumeAttributesClass", "spec", "volumeAttributesClassName", default=_UNSET),
        _path("Reason", "status", "reason"),
        _AGE,
        _path("VolumeMode", "spec", "volumeMode", priority=1),
    ),
    r.VOLUME_SNAPSHOT: (
        _NAME,
        _path("ReadyToUse", "status", "readyToUse", type_="boolean"),
        _path("SourcePVC", "spec", "source", "persistentVolumeClaimName"),
        _path("RestoreSize", "status", "restoreSize"),
        _path("SnapshotClass", "spec", "volumeSnapshotClassName"),
        _path("SnapshotContent", "status", "boundVolumeSnapshotContentName"),
        _AGE,
    ),
    r.VOLUME_SNAPSHOT_CLASS: (_NAME, _path("Driver", "driver"), _path("DeletionPolicy", "deletionPolicy"), _AGE),
    r.STORAGE_CLASS: (
        _text("Name", table_cells.storage_class_name),
        _path("Provisioner", "provisioner"),
        _path("ReclaimPolicy", "reclaimPolicy"),
        _path("VolumeBindingMode", "volumeBindingMode"),
        _text("AllowVolumeExpansion", lambda o: bool(o.get("allowVolumeExpansion"))),
        _AGE,
    ),
    r.POD_DISRUPTION_BUDGET: (
        _NAME,
        _text("Min Available", lambda o: str(at(o, "spec", "minAvailable") or "N/A")),
        _text("Max Unavailable", lambda o: str(at(o, "spec", "maxUnavailable") or "N/A")),
        _count("Allowed Disruptions", "status", "disruptionsAllowed"),
        _AGE,
    ),
    r.ROLE: (_NAME, _CREATED),
    r.CLUSTER_ROLE: (_NAME, _CREATED),
    r.ROLE_BINDING: _BINDING,
    r.CLUSTER_ROLE_BINDING: _BINDING,
    r.PRIORITY_CLASS: (
        _NAME,
        _count("Value", "value"),
        _text("Global-Default", lambda o: bool(o.get("globalDefault"))),
        _AGE,
        _path("PreemptionPolicy", "preemptionPolicy"),
    ),
    r.NETWORK_POLICY: (
        _NAME,
        _text("Pod-Selector", lambda o: table_cells.selector_text(at(o, "spec", "podSelector"))),
        _AGE,
    ),
    r.GATEWAY_CLASS: (_NAME, _path("Controller", "spec", "controllerName"), _AGE),
    r.GATEWAY: (
        _NAME,
        _path("Class", "spec", "gatewayClassName"),
        _text("Address", table_cells.gateway_addresses),
        _text("Programmed", table_cells.gateway_programmed),
        _AGE,
    ),
    r.HTTP_ROUTE: (_NAME, _text("Hostnames", table_cells.route_hosts), _AGE),
    r.INGRESS_CLASS: (_NAME, _path("Controller", "spec", "controller"), _AGE),
    r.LEASE: (_NAME, _path("Holder", "spec", "holderIdentity"), _AGE),
    r.CONTROLLER_REVISION: (
        _NAME,
        _text("Controller", table_cells.controlling_owner),
        _count("Revision", "revision"),
        _AGE,
    ),
}

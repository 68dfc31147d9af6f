"""Claims, volumes, classes and snapshots as plain data.

Snapshots are served by the CSI external-snapshotter as snapshot.storage.k8s.io/v1; a cluster may have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from clients.answers import Json, moment, part, parts, text
from clients.kube.fields import labels, said
from clients.kube.quantities import to_bytes

# kubespawner (1.1, 6.2 and 7.1) writes the raw names of user and server into these annotations.
USERNAME: Final = "hub.jupyter.org/username"
SERVERNAME: Final = "hub.jupyter.org/servername"
FILE_SYSTEM_PENDING: Final = "FileSystemResizePending"
# Kubernetes has six types of them.
_CONDITIONS: Final = 20
_DEFAULT_CLASS: Final = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_SNAPSHOTS: Final = "snapshot.storage.kubernetes.io/is-default-class"


@dataclass(frozen=True)
class Claim:
    """A persistent volume claim. Times are UTC, sizes bytes.

    `user` and `server` are kubespawner's annotations, `component` the chart's label, each empty where it has none;
    `volume` is empty until it is bound; `size` is its capacity, or the requested one until it is bound. `requested` is
    what it asks for: more than its size while it is being enlarged. `conditions` are the types of those that hold.
    """

    name: str
    uid: str
    user: str
    server: str
    component: str
    phase: str
    terminating: bool
    finalizers: tuple[str, ...]
    storage_class: str
    volume: str
    size: int
    access_modes: tuple[str, ...]
    created: datetime | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    requested: int = 0
    conditions: tuple[str, ...] = ()

    @property
    def is_growing(self) -> bool:
        """True if it asks for more than it has."""
        return bool(self.volume) and self.requested > self.size

    @property
    def awaits_start(self) -> bool:
        """True if its disk is enlarged and its file system is not, which a node does that mounts it."""
        return self.is_growing and FILE_SYSTEM_PENDING in self.conditions

    @classmethod
    def from_json(cls, claim: Json) -> "Claim":
        """Return a claim from a v1 PersistentVolumeClaim."""
        metadata, spec, status = part(claim, "metadata"), part(claim, "spec"), part(claim, "status")
        its_labels, notes = labels(metadata), labels(metadata, "annotations")
        requested = text(part(spec, "resources", "requests"), "storage")
        size = text(part(status, "capacity"), "storage") or requested
        return cls(
            name=text(metadata, "name"),
            uid=text(metadata, "uid"),
            user=notes.get(USERNAME, ""),
            server=notes.get(SERVERNAME, ""),
            component=its_labels.get("component", ""),
            phase=text(status, "phase") or "Pending",
            terminating=bool(text(metadata, "deletionTimestamp")),
            finalizers=_strings(metadata, "finalizers"),
            storage_class=text(spec, "storageClassName"),
            volume=text(spec, "volumeName"),
            size=to_bytes(size),
            access_modes=_strings(spec, "accessModes"),
            created=moment(metadata, "creationTimestamp"),
            labels=its_labels,
            annotations=notes,
            requested=to_bytes(requested),
            conditions=tuple(
                text(one, "type") for one in parts(status, "conditions")[:_CONDITIONS] if text(one, "status") == "True"
            ),
        )


@dataclass(frozen=True)
class Volume:
    """A persistent volume. `reclaim_policy` is "Delete", "Retain" or "Recycle"; `driver` its CSI driver, if any.

    `claim` and `claim_uid` are those of the claim that it is bound to or kept for; a kept one may have no UID yet.
    """

    name: str
    uid: str
    reclaim_policy: str
    driver: str
    phase: str
    claim_uid: str
    claim: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, volume: Json) -> "Volume":
        """Return a volume from a v1 PersistentVolume."""
        metadata, spec = part(volume, "metadata"), part(volume, "spec")
        return cls(
            name=text(metadata, "name"),
            uid=text(metadata, "uid"),
            reclaim_policy=text(spec, "persistentVolumeReclaimPolicy"),
            driver=text(part(spec, "csi"), "driver"),
            phase=text(part(volume, "status"), "phase"),
            claim_uid=text(part(spec, "claimRef"), "uid"),
            claim=text(part(spec, "claimRef"), "name"),
            labels=labels(metadata),
            annotations=labels(metadata, "annotations"),
        )


@dataclass(frozen=True)
class StorageClass:
    """A storage class. `binds_late` is True if a volume is created only once a pod needs it.

    `expands` is True if a claim may be enlarged (`allowVolumeExpansion`). `sku` is the kind of disk or share that its
    parameters name, such as "Premium_LRS", empty for the driver's default.
    """

    name: str
    provisioner: str
    reclaim_policy: str
    is_default: bool
    binds_late: bool = False
    expands: bool = False
    sku: str = ""

    @classmethod
    def from_json(cls, storage_class: Json) -> "StorageClass":
        """Return a storage class from a storage.k8s.io/v1 StorageClass."""
        metadata = part(storage_class, "metadata")
        return cls(
            name=text(metadata, "name"),
            provisioner=text(storage_class, "provisioner"),
            reclaim_policy=text(storage_class, "reclaimPolicy") or "Delete",
            is_default=labels(metadata, "annotations").get(_DEFAULT_CLASS) == "true",
            binds_late=text(storage_class, "volumeBindingMode") == "WaitForFirstConsumer",
            expands=storage_class.get("allowVolumeExpansion") is True,
            sku=_sku(storage_class),
        )


@dataclass(frozen=True)
class SnapshotClass:
    """A snapshot class: its CSI driver, and whether deleting a snapshot deletes its data ("Delete")."""

    name: str
    driver: str
    deletion_policy: str
    is_default: bool

    @classmethod
    def from_json(cls, snapshot_class: Json) -> "SnapshotClass":
        """Return a snapshot class from a VolumeSnapshotClass."""
        metadata = part(snapshot_class, "metadata")
        return cls(
            name=text(metadata, "name"),
            driver=text(snapshot_class, "driver"),
            deletion_policy=text(snapshot_class, "deletionPolicy"),
            is_default=labels(metadata, "annotations").get(_DEFAULT_SNAPSHOTS) == "true",
        )


@dataclass(frozen=True)
class Snapshot:
    """A volume snapshot. `claim` names the claim it was taken of; `error` is the reason why it is not ready, if known.

    `user` and `server` are kubespawner's annotations where whoever created the snapshot copied them.
    """

    name: str
    uid: str
    claim: str
    user: str
    server: str
    ready: bool
    size: int
    created: datetime | None
    error: str
    snapshot_class: str
    terminating: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @classmethod
    def from_json(cls, snapshot: Json) -> "Snapshot":
        """Return a snapshot from a VolumeSnapshot."""
        metadata, spec, status = part(snapshot, "metadata"), part(snapshot, "spec"), part(snapshot, "status")
        notes = labels(metadata, "annotations")
        return cls(
            name=text(metadata, "name"),
            uid=text(metadata, "uid"),
            claim=text(part(spec, "source"), "persistentVolumeClaimName"),
            user=notes.get(USERNAME, ""),
            server=notes.get(SERVERNAME, ""),
            ready=status.get("readyToUse") is True,
            size=to_bytes(text(status, "restoreSize")),
            created=moment(status, "creationTime") or moment(metadata, "creationTimestamp"),
            error=said(part(status, "error"), "message"),
            snapshot_class=text(spec, "volumeSnapshotClassName"),
            terminating=bool(text(metadata, "deletionTimestamp")),
            labels=labels(metadata),
            annotations=notes,
        )


def claims_of(spec: Json) -> tuple[str, ...]:
    """Return the names of the claims that a pod's volumes mount."""
    found = (text(part(volume, "persistentVolumeClaim"), "claimName") for volume in parts(spec, "volumes"))
    return tuple(name for name in found if name)


def _sku(storage_class: Json) -> str:
    """Return the SKU by whichever of the names that Azure's drivers take for it, in any case."""
    given = {key.lower(): value for key, value in labels(storage_class, "parameters").items()}
    return next((given[key] for key in ("skuname", "storageaccounttype") if key in given), "")


def _strings(parent: Json, name: str) -> tuple[str, ...]:
    found = parent.get(name)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()

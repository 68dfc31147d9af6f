"""Claims: matched with a volume or provisioned, and bound.

After Kubernetes 1.32, pkg/controller/volume/persistentvolume, and the CSI external-provisioner 5.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    STORAGE_CLASS,
    VOLUME_SNAPSHOT,
    VOLUME_SNAPSHOT_CONTENT,
    Json,
    Kind,
)
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.scheduler import SELECTED_NODE
from sandbox.controllers.snapshots import held_by_content
from sandbox.controllers.volume_matching import may_have, new_volume, reference_to, smallest_fitting
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import is_ending

PROVISION_ERROR = "sandbox/provision-error"
"""The annotation of a storage class with the error of provisioning."""

_SOURCE = Source("persistentvolume-controller")
_PROVISION_SECONDS = 2.0
# The interval of retries for a claim without its class or volume.
_RETRY_SECONDS = 15.0
_SNAPSHOT_RETRY_SECONDS = 2.0
_PROVISIONER = ("volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner")
_BOUND = "pv.kubernetes.io/bind-completed"
_BOUND_BY_US = "pv.kubernetes.io/bound-by-controller"


class Claims(Controller):
    """The controller that finds or provisions a volume for each claim."""

    kinds: ClassVar[tuple[Kind, ...]] = (PERSISTENT_VOLUME_CLAIM, PERSISTENT_VOLUME, STORAGE_CLASS)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending: dict[tuple[str, str], None] = {}
        self._under_way: dict[str, float] = {}

    def notice(self, change: Change) -> None:
        """Queue a changed claim, waiting claims after a new volume or class, and the claim of a lost volume."""
        if change.kind is PERSISTENT_VOLUME_CLAIM:
            if at(change.obj, "status", "phase") != "Bound":
                self.wake_for(change.obj)
        elif change.type == "DELETED" and change.kind is PERSISTENT_VOLUME:
            reference = change.obj["spec"].get("claimRef") or {}
            self.wake(str(reference.get("namespace", "")), str(reference.get("name", "")))
        elif change.type == "ADDED" or at(change.obj, "status", "phase") == "Available":
            for namespace, name in self._pending:
                self.wake(namespace, name)

    def reconcile(self, namespace: str, name: str) -> None:
        """Bind the claim, provision a volume for it, or record what it waits for."""
        claim = self.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name)
        if claim is None or is_ending(claim) or at(claim, "status", "phase") in ("Bound", "Lost"):
            self._pending.pop((namespace, name), None)
            if claim is not None:
                self._check_loss(claim)
            return
        self._pending[namespace, name] = None
        volume = self._match(claim)
        if volume is not None:
            self._bind(claim, volume)
        elif claim["spec"].get("volumeName"):
            self.wake_later(namespace, name, _RETRY_SECONDS)
        else:
            self._use_class(claim)

    def _check_loss(self, claim: Json) -> None:
        metadata, volume = claim["metadata"], str(claim["spec"].get("volumeName", ""))
        if at(claim, "status", "phase") != "Bound" or self.store.find(PERSISTENT_VOLUME, None, volume):
            return
        if is_ending(claim):
            return
        self.store.modify(
            PERSISTENT_VOLUME_CLAIM,
            metadata["namespace"],
            metadata["name"],
            lambda new: new["status"].update(phase="Lost"),
        )
        message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
        self.events.warning(claim, "ClaimLost", message, _SOURCE)

    def _match(self, claim: Json) -> Json | None:
        spec, uid = claim["spec"], claim["metadata"]["uid"]
        named = spec.get("volumeName")
        own = self.store.find(PERSISTENT_VOLUME, None, str(named or f"pvc-{uid}"))
        if own is not None and may_have(claim, own):
            return own
        if named:
            return None
        return smallest_fitting(claim, self.store.list(PERSISTENT_VOLUME))

    def _use_class(self, claim: Json) -> None:
        metadata, name = claim["metadata"], claim["spec"].get("storageClassName")
        if not name:
            message = "no persistent volumes available for this claim and no storage class is set"
            self.events.normal(claim, "FailedBinding", message, _SOURCE)
            return
        storage_class = self.store.find(STORAGE_CLASS, None, str(name))
        if storage_class is None:
            message = f'storageclass.storage.k8s.io "{name}" not found'
            self.events.warning(claim, "ProvisioningFailed", message, _SOURCE)
            self.wake_later(metadata["namespace"], metadata["name"], _RETRY_SECONDS)
        elif _waits(claim, storage_class):
            message = "waiting for first consumer to be created before binding"
            self.events.normal(claim, "WaitForFirstConsumer", message, _SOURCE)
        elif storage_class["provisioner"] == "kubernetes.io/no-provisioner":
            message = "no persistent volumes available for this claim and no storage class is set"
            self.events.normal(claim, "FailedBinding", message, _SOURCE)
        else:
            self._provision(claim, storage_class)

    def _provision(self, claim: Json, storage_class: Json) -> None:
        metadata, by = claim["metadata"], str(storage_class["provisioner"])
        content = self._content(claim)
        if content is None:
            self.wake_later(metadata["namespace"], metadata["name"], _SNAPSHOT_RETRY_SECONDS)
            return
        if refused := str((storage_class["metadata"].get("annotations") or {}).get(PROVISION_ERROR, "")):
            self._announce(claim, by)
            problem = f'failed to provision volume with StorageClass "{storage_class["metadata"]["name"]}": {refused}'
            self.events.warning(claim, "ProvisioningFailed", problem, _provisioner(by))
            self.wake_later(metadata["namespace"], metadata["name"], _RETRY_SECONDS)
            return
        began = self._under_way.setdefault(metadata["uid"], self.now().timestamp())
        left = _PROVISION_SECONDS - (self.now().timestamp() - began)
        if left > 0:
            self._announce(claim, by)
            self.wake_later(metadata["namespace"], metadata["name"], left)
            return
        del self._under_way[metadata["uid"]]
        volume = self.store.create(PERSISTENT_VOLUME, None, new_volume(claim, storage_class, content))
        message = f"Successfully provisioned volume {volume['metadata']['name']}"
        self.events.normal(claim, "ProvisioningSucceeded", message, _provisioner(by))
        self._bind(self.store.get(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"]), volume)

    def _content(self, claim: Json) -> str | None:
        """Return the content of the new volume: nothing (""), a snapshot's, or None if that is not ready."""
        source = claim["spec"].get("dataSource") or claim["spec"].get("dataSourceRef")
        if not source:
            return ""
        snapshot = self.store.find(VOLUME_SNAPSHOT, claim["metadata"]["namespace"], str(source["name"]))
        bound = str(at(snapshot, "status", "boundVolumeSnapshotContentName") or "") if snapshot else ""
        content = self.store.find(VOLUME_SNAPSHOT_CONTENT, None, bound) if bound else None
        if snapshot is None or content is None or not at(snapshot, "status", "readyToUse"):
            problem = (
                f"error getting handle for DataSource Type VolumeSnapshot by Name {source['name']}: "
                f"{'snapshot is not ready' if snapshot else 'it is not there'}"
            )
            self.events.warning(claim, "ProvisioningFailed", problem, _SOURCE)
            return None
        return held_by_content(content)

    def _announce(self, claim: Json, by: str) -> None:
        metadata = claim["metadata"]
        if (metadata.get("annotations") or {}).get(_PROVISIONER[0]) == by:
            return

        def change(new: Json) -> None:
            new["metadata"].setdefault("annotations", {}).update(dict.fromkeys(_PROVISIONER, by))

        self.store.modify(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"], change)
        message = (
            f"Waiting for a volume to be created either by the external provisioner '{by}' or manually by the system "
            "administrator. If volume creation is delayed, please verify that the provisioner is running and "
            "correctly registered."
        )
        self.events.normal(claim, "ExternalProvisioning", message, _SOURCE)
        told = f'External provisioner is provisioning volume for claim "{metadata["namespace"]}/{metadata["name"]}"'
        self.events.normal(claim, "Provisioning", told, _provisioner(by))

    def _bind(self, claim: Json, volume: Json) -> None:
        metadata, name = claim["metadata"], volume["metadata"]["name"]

        def change_volume(new: Json) -> None:
            new["spec"]["claimRef"] = reference_to(claim)
            new.setdefault("status", {})["phase"] = "Bound"

        def change_claim(new: Json) -> None:
            new["spec"]["volumeName"] = name
            new["metadata"].setdefault("annotations", {}).update({_BOUND: "yes", _BOUND_BY_US: "yes"})
            modes, capacity = volume["spec"]["accessModes"], volume["spec"]["capacity"]
            new["status"] = {"phase": "Bound", "accessModes": list(modes), "capacity": dict(capacity)}

        self.store.modify(PERSISTENT_VOLUME, None, name, change_volume)
        self.store.modify(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"], change_claim)
        self._pending.pop((metadata["namespace"], metadata["name"]), None)


def _provisioner(name: str) -> Source:
    return Source(f"{name}_csi-controller-0")


def _waits(claim: Json, storage_class: Json) -> bool:
    late = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    return late and SELECTED_NODE not in (claim["metadata"].get("annotations") or {})

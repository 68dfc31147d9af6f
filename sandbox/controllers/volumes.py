"""Claims and volumes: matched or provisioned, bound, and when a claim is gone, kept or deleted by reclaim policy.

After Kubernetes 1.32, pkg/controller/volume/persistentvolume, and the CSI external-provisioner 5.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.quantities import amount
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
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import is_ending

PROVISION_ERROR = "sandbox/provision-error"
"""The annotation by which a storage class says why no disk can be made of it."""

_SOURCE = Source("persistentvolume-controller")
_PROVISION_SECONDS = 2.0
_DELETE_SECONDS = 2.0
# How often a claim is looked at again whose class or volume is not there.
_LOOK_AGAIN = 15.0
_LOOK_FOR_SNAPSHOT = 2.0
_PROTECTION = "kubernetes.io/pv-protection"
_PROVISIONER = ("volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner")
_BOUND = "pv.kubernetes.io/bind-completed"
_BOUND_BY_US = "pv.kubernetes.io/bound-by-controller"


class Claims(Controller):
    """Finds or provisions a volume for each claim."""

    kinds: ClassVar[tuple[Kind, ...]] = (PERSISTENT_VOLUME_CLAIM, PERSISTENT_VOLUME, STORAGE_CLASS)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending: dict[tuple[str, str], None] = {}
        self._under_way: dict[str, float] = {}

    def notice(self, change: Change) -> None:
        """A volume or class may help the claims that wait; a volume that is gone is its claim's loss."""
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
        """Bind the claim, have a volume made for it, or say what it waits for."""
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
            self.wake_later(namespace, name, _LOOK_AGAIN)
        else:
            self._look_to_its_class(claim)

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
        if own is not None and _may_have(claim, own):
            return own
        if named:
            return None
        fitting = [one for one in self.store.list(PERSISTENT_VOLUME) if _is_free(claim, one) and _fits(claim, one)]
        return min(fitting, key=lambda one: (not one["spec"].get("claimRef"), _capacity(one)), default=None)

    def _look_to_its_class(self, claim: Json) -> None:
        metadata, name = claim["metadata"], claim["spec"].get("storageClassName")
        if not name:
            message = "no persistent volumes available for this claim and no storage class is set"
            self.events.normal(claim, "FailedBinding", message, _SOURCE)
            return
        storage_class = self.store.find(STORAGE_CLASS, None, str(name))
        if storage_class is None:
            message = f'storageclass.storage.k8s.io "{name}" not found'
            self.events.warning(claim, "ProvisioningFailed", message, _SOURCE)
            self.wake_later(metadata["namespace"], metadata["name"], _LOOK_AGAIN)
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
            self.wake_later(metadata["namespace"], metadata["name"], _LOOK_FOR_SNAPSHOT)
            return
        if refused := str((storage_class["metadata"].get("annotations") or {}).get(PROVISION_ERROR, "")):
            self._announce(claim, by)
            told = f'failed to provision volume with StorageClass "{storage_class["metadata"]["name"]}": {refused}'
            self.events.warning(claim, "ProvisioningFailed", told, _provisioner(by))
            self.wake_later(metadata["namespace"], metadata["name"], _LOOK_AGAIN)
            return
        began = self._under_way.setdefault(metadata["uid"], self.now().timestamp())
        left = _PROVISION_SECONDS - (self.now().timestamp() - began)
        if left > 0:
            self._announce(claim, by)
            self.wake_later(metadata["namespace"], metadata["name"], left)
            return
        del self._under_way[metadata["uid"]]
        volume = self.store.create(PERSISTENT_VOLUME, None, _volume(claim, storage_class, content))
        message = f"Successfully provisioned volume {volume['metadata']['name']}"
        self.events.normal(claim, "ProvisioningSucceeded", message, _provisioner(by))
        self._bind(self.store.get(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"]), volume)

    def _content(self, claim: Json) -> str | None:
        """What the new volume will hold: nothing yet (""), a snapshot's content, or None where that is not ready."""
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
            new["spec"]["claimRef"] = _reference(claim)
            new.setdefault("status", {})["phase"] = "Bound"

        def change_claim(new: Json) -> None:
            new["spec"]["volumeName"] = name
            new["metadata"].setdefault("annotations", {}).update({_BOUND: "yes", _BOUND_BY_US: "yes"})
            modes, capacity = volume["spec"]["accessModes"], volume["spec"]["capacity"]
            new["status"] = {"phase": "Bound", "accessModes": list(modes), "capacity": dict(capacity)}

        self.store.modify(PERSISTENT_VOLUME, None, name, change_volume)
        self.store.modify(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"], change_claim)
        self._pending.pop((metadata["namespace"], metadata["name"]), None)


class Volumes(Controller):
    """Makes new volumes available, and reclaims those whose claim is gone."""

    kinds: ClassVar[tuple[Kind, ...]] = (PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM)

    def notice(self, change: Change) -> None:
        """A claim that is gone concerns its volume."""
        if change.kind is PERSISTENT_VOLUME:
            if at(change.obj, "status", "phase") != "Bound" or is_ending(change.obj):
                self.wake_for(change.obj)
        elif change.type == "DELETED" and (name := change.obj["spec"].get("volumeName")):
            self.wake("", str(name))

    def reconcile(self, namespace: str, name: str) -> None:  # noqa: ARG002 - volumes have none
        """Bring the volume's phase in line with its claim's."""
        volume = self.store.find(PERSISTENT_VOLUME, None, name)
        if volume is None:
            return
        reference = volume["spec"].get("claimRef") or {}
        if not reference.get("uid"):
            self._set_phase(name, "Available")
            self._let_go(volume)
        elif self._is_claimed(reference):
            return
        elif at(volume, "status", "phase") != "Released":
            self._set_phase(name, "Released")
        else:
            self._reclaim(volume)

    def _is_claimed(self, reference: Json) -> bool:
        claim = self.store.find(PERSISTENT_VOLUME_CLAIM, str(reference.get("namespace")), str(reference.get("name")))
        return claim is not None and claim["metadata"]["uid"] == reference["uid"]

    def _set_phase(self, name: str, phase: str) -> None:
        self.store.modify(PERSISTENT_VOLUME, None, name, lambda new: new.setdefault("status", {}).update(phase=phase))

    def _reclaim(self, volume: Json) -> None:
        name = volume["metadata"]["name"]
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete" and not is_ending(volume):
            self.store.delete(PERSISTENT_VOLUME, None, name)
            self.wake_later("", name, _DELETE_SECONDS)
        elif is_ending(volume):
            self._let_go(volume)

    def _let_go(self, volume: Json) -> None:
        if not is_ending(volume):
            return

        def change(new: Json) -> None:
            held = new["metadata"].get("finalizers") or []
            new["metadata"]["finalizers"] = [one for one in held if one != _PROTECTION]

        self.store.modify(PERSISTENT_VOLUME, None, volume["metadata"]["name"], change)


def _provisioner(name: str) -> Source:
    return Source(f"{name}_csi-controller-0")


def _waits(claim: Json, storage_class: Json) -> bool:
    late = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    return late and SELECTED_NODE not in (claim["metadata"].get("annotations") or {})


def _may_have(claim: Json, volume: Json) -> bool:
    """Whether the volume is reserved for this claim or for nobody."""
    reference = volume["spec"].get("claimRef")
    if not reference:
        return True
    same = (reference.get("namespace"), reference.get("name")) == (
        claim["metadata"]["namespace"],
        claim["metadata"]["name"],
    )
    return same and reference.get("uid") in (None, "", claim["metadata"]["uid"])


def _is_free(claim: Json, volume: Json) -> bool:
    return at(volume, "status", "phase") == "Available" and not is_ending(volume) and _may_have(claim, volume)


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


def _reference(claim: Json) -> Json:
    metadata = claim["metadata"]
    return {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }


def _volume(claim: Json, storage_class: Json, content: str) -> Json:
    spec, name = claim["spec"], f"pvc-{claim['metadata']['uid']}"
    provisioner = storage_class["provisioner"]
    return {
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
            "finalizers": [_PROTECTION],
        },
        "spec": {
            "accessModes": list(spec.get("accessModes") or ["ReadWriteOnce"]),
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": _reference(claim),
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

"""Claims that ask for more than they have: the disk enlarged, then the file system on it.

After the CSI external-resizer 1.13 and the kubelet of Kubernetes 1.35: the resizer enlarges the disk, and says that the
file system waits for a node; the kubelet enlarges that while a pod mounts it, or when the next one does. A share of
Azure Files has no file system of its own: its size is a limit, and takes effect at once.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STORAGE_CLASS,
    Json,
    Kind,
)
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.conditions import is_true, set_condition
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import claims_of, is_ending, node_of

RESIZE_ERROR = "sandbox/resize-error"
"""The annotation of a storage class with the error that enlarging a disk ends with."""
RESIZE_OFFLINE = "sandbox/resize-offline"
"""The annotation of a storage class whose disks are only enlarged while no pod mounts them."""
RESIZE_SECONDS = "sandbox/resize-seconds"
"""The annotation of a storage class with how long enlarging takes, instead of two seconds."""

RESIZING = "Resizing"
PENDING = "FileSystemResizePending"

_SECONDS = 2.0
_KUBELET_SECONDS = 2.0
_RETRY_SECONDS = 10.0
_SHARES = "file.csi.azure.com"
_WAITS = "Waiting for user to (re-)start a pod to finish file system resize of volume on node."
_IN_USE = (
    "rpc error: code = FailedPrecondition desc = failed to resize disk: disk is attached to a running virtual machine "
    "and can only be resized while it is detached"
)
_CONTROLLER = Source("volume_expand")


class Expansions(Controller):
    """The controllers that enlarge what a claim asks for: the external resizer, and the kubelet of each node."""

    kinds: ClassVar[tuple[Kind, ...]] = (PERSISTENT_VOLUME_CLAIM, POD)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._under_way: dict[str, float] = {}

    def notice(self, change: Change) -> None:
        """Queue a claim that asks for more than it has, and such claims of a pod that changed."""
        if change.kind is PERSISTENT_VOLUME_CLAIM:
            if _asks_for_more(change.obj):
                self.wake_for(change.obj)
            return
        for name in claims_of(change.obj):
            claim = self.store.find(PERSISTENT_VOLUME_CLAIM, change.obj["metadata"]["namespace"], name)
            if claim is not None and _asks_for_more(claim):
                self.wake_for(claim)

    def reconcile(self, namespace: str, name: str) -> None:
        """Enlarge the disk, or else the file system, as far as possible now."""
        claim = self.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name)
        if claim is None or is_ending(claim) or not _asks_for_more(claim):
            return
        volume = self.store.find(PERSISTENT_VOLUME, None, str(claim["spec"].get("volumeName")))
        if volume is None:
            return
        if _size(volume, "spec", "capacity") < _asked(claim):
            self._enlarge_disk(claim, volume)
        else:
            self._enlarge_file_system(claim, volume)

    def _enlarge_disk(self, claim: Json, volume: Json) -> None:
        metadata, notes = claim["metadata"], self._notes(claim)
        resizer = Source(f"external-resizer {at(volume, 'spec', 'csi', 'driver')}")
        name = volume["metadata"]["name"]
        if metadata["uid"] not in self._under_way:
            self._say(claim, RESIZING)
            waits = "waiting for an external controller to expand this PVC"
            self.events.normal(claim, "ExternalExpanding", waits, _CONTROLLER)
            self.events.normal(claim, "Resizing", f"External resizer is resizing volume {name}", resizer)
        if self._takes_longer(metadata["uid"], claim, float(notes.get(RESIZE_SECONDS, _SECONDS))):
            return
        if error := self._refusal(claim, notes):
            message = f'resize volume "{name}" by resizer "{resizer.component.partition(" ")[2]}" failed: {error}'
            self.events.warning(claim, "VolumeResizeFailed", message, resizer)
            self.wake_later(metadata["namespace"], metadata["name"], _RETRY_SECONDS)
            return
        asked = claim["spec"]["resources"]["requests"]["storage"]
        self.store.modify(PERSISTENT_VOLUME, None, name, lambda new: new["spec"]["capacity"].update(storage=asked))
        if at(volume, "spec", "csi", "driver") == _SHARES:
            self._finish(claim)
            self.events.normal(claim, "VolumeResizeSuccessful", "Resize volume succeeded", resizer)
            return
        self._say(claim, PENDING, _WAITS)
        told = "Require file system resize of volume on node"
        self.events.normal(claim, "FileSystemResizeRequired", told, resizer)
        self.wake(metadata["namespace"], metadata["name"])

    def _enlarge_file_system(self, claim: Json, volume: Json) -> None:
        metadata, pod = claim["metadata"], self._mounting(claim)
        key = f"{metadata['uid']}/{pod['metadata']['uid']}" if pod else ""
        if pod is None or not is_true(claim.get("status") or {}, PENDING):
            return
        if self._takes_longer(key, claim, _KUBELET_SECONDS):
            return
        self._finish(claim)
        node = node_of(pod)
        told = f'MountVolume.NodeExpandVolume succeeded for volume "{volume["metadata"]["name"]}" {node}'
        for one in (claim, pod):
            self.events.normal(one, "FileSystemResizeSuccessful", told, Source("kubelet", node))

    def _takes_longer(self, key: str, claim: Json, seconds: float) -> bool:
        """Return True while it is not done yet, and look again when it is."""
        now = self.now().timestamp()
        left = seconds - (now - self._under_way.setdefault(key, now))
        if left > 0:
            # Not only then: it may take less by a class that has changed.
            left = min(left, _RETRY_SECONDS)
            self.wake_later(claim["metadata"]["namespace"], claim["metadata"]["name"], left)
            return True
        self._under_way.pop(key, None)
        return False

    def _refusal(self, claim: Json, notes: Json) -> str:
        if error := str(notes.get(RESIZE_ERROR, "")):
            return error
        return _IN_USE if notes.get(RESIZE_OFFLINE) == "true" and self._mounting(claim) is not None else ""

    def _mounting(self, claim: Json) -> Json | None:
        """Return a running pod that mounts the claim, None if there is none."""
        metadata = claim["metadata"]
        pods = self.context.pods.with_claim(metadata["namespace"], metadata["name"])
        running = (one for one in pods if at(one, "status", "phase") == "Running" and not is_ending(one))
        return next(running, None)

    def _notes(self, claim: Json) -> Json:
        storage_class = self.store.find(STORAGE_CLASS, None, str(claim["spec"].get("storageClassName")))
        return (storage_class or {"metadata": {}})["metadata"].get("annotations") or {}

    def _say(self, claim: Json, kind: str, message: str = "") -> None:
        """Put this condition in the place of the others."""

        def change(new: Json) -> None:
            status = new["status"]
            status["conditions"] = [one for one in status.get("conditions") or () if one.get("type") == kind]
            set_condition(status, kind, value=True, now=self.stamp(), message=message)

        metadata = claim["metadata"]
        self.store.modify(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"], change)

    def _finish(self, claim: Json) -> None:
        asked = claim["spec"]["resources"]["requests"]["storage"]

        def change(new: Json) -> None:
            new["status"]["capacity"] = {"storage": asked}
            new["status"].pop("conditions", None)

        metadata = claim["metadata"]
        self.store.modify(PERSISTENT_VOLUME_CLAIM, metadata["namespace"], metadata["name"], change)


def _asks_for_more(claim: Json) -> bool:
    return at(claim, "status", "phase") == "Bound" and _asked(claim) > _size(claim, "status", "capacity")


def _asked(claim: Json) -> int:
    return _size(claim, "spec", "resources", "requests")


def _size(obj: Json, *path: str) -> int:
    return int(amount(str(at(obj, *path, "storage") or "0")))

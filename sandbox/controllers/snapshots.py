"""Volume snapshots: taken of a bound claim, ready some seconds later, removed with their data by policy.

After external-snapshotter 8 (common controller and CSI sidecar in one). The content of a disk is a name that its
snapshots and the disks made of them carry on, so that one can see whether a home came back.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, moment
from sandbox.apiserver.objects.resource_kinds import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    VOLUME_SNAPSHOT,
    VOLUME_SNAPSHOT_CLASS,
    VOLUME_SNAPSHOT_CONTENT,
    Json,
    Kind,
)
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.controller import Controller
from sandbox.runtime.events import Source
from sandbox.runtime.pod_facts import is_ending

GROUP = "snapshot.storage.k8s.io"
_SOURCE = Source("snapshot-controller")
_TAKING_SECONDS = 2.0
_LOOK_AGAIN = 15.0
_PREFIX = "snapshot.storage.kubernetes.io"
_PROTECTED = (f"{_PREFIX}/volumesnapshot-as-source-protection", f"{_PREFIX}/volumesnapshot-bound-protection")
_SOURCE_PROTECTION = f"{_PREFIX}/pvc-as-source-protection"
_DEFAULT = f"{_PREFIX}/is-default-class"


SNAPSHOT_ERROR = "sandbox/snapshot-error"
"""The annotation by which a snapshot class says why none can be taken."""


class Snapshots(Controller):
    """The controller that takes snapshots, and removes the contents of deleted ones."""

    kinds: ClassVar[tuple[Kind, ...]] = (VOLUME_SNAPSHOT,)

    def notice(self, change: Change) -> None:
        """Queue a snapshot that is not ready yet, or is being deleted."""
        if change.type != "DELETED" and (is_ending(change.obj) or not at(change.obj, "status", "readyToUse")):
            self.wake_for(change.obj)

    def reconcile(self, namespace: str, name: str) -> None:
        """Take it, or take it away."""
        snapshot = self.store.find(VOLUME_SNAPSHOT, namespace, name)
        if snapshot is None:
            return
        if is_ending(snapshot):
            self._remove(snapshot)
        elif not at(snapshot, "status", "readyToUse"):
            self._take(snapshot)

    def _take(self, snapshot: Json) -> None:
        metadata = snapshot["metadata"]
        volume, problem = self._volume(snapshot)
        if volume is None:
            self._fail(snapshot, problem)
            return
        snapshot_class, problem = self._class(snapshot, str(at(volume, "spec", "csi", "driver") or ""))
        if snapshot_class is None:
            self._fail(snapshot, problem)
            return
        if refused := str((snapshot_class["metadata"].get("annotations") or {}).get(SNAPSHOT_ERROR, "")):
            self._fail(snapshot, refused)
            return
        began = at(snapshot, "status", "creationTime")
        if not began:
            self._begin(snapshot, volume, snapshot_class)
            self.wake_later(metadata["namespace"], metadata["name"], _TAKING_SECONDS)
            return
        left = _TAKING_SECONDS - (self.now() - moment(str(began))).total_seconds()
        if left > 0:
            self.wake_later(metadata["namespace"], metadata["name"], left)
            return
        self._finish(snapshot, volume)

    def _volume(self, snapshot: Json) -> tuple[Json | None, str]:
        """Return the volume to take a snapshot of, or the reason why there is none."""
        name = _source(snapshot)
        claim = self.store.find(PERSISTENT_VOLUME_CLAIM, snapshot["metadata"]["namespace"], name)
        if claim is None:
            return None, f'Failed to create snapshot content with error persistentvolumeclaims "{name}" not found'
        if at(claim, "status", "phase") != "Bound":
            return None, f"Failed to create snapshot content with error the PVC {name} is not yet bound to a PV"
        volume = self.store.find(PERSISTENT_VOLUME, None, str(claim["spec"].get("volumeName")))
        return volume, "Failed to create snapshot content with error the volume of the claim is gone"

    def _class(self, snapshot: Json, driver: str) -> tuple[Json | None, str]:
        wanted = snapshot["spec"].get("volumeSnapshotClassName")
        known = self.store.list(VOLUME_SNAPSHOT_CLASS)
        if wanted:
            named = [one for one in known if one["metadata"]["name"] == wanted]
            found = next((one for one in named if one["driver"] == driver), None)
            problem = f'volumesnapshotclass.{GROUP} "{wanted}" not found'
            problem = f"snapshot class {wanted} is not for the driver {driver}" if named else problem
        else:
            found = next((one for one in known if _is_default_for(one, driver)), None)
            problem = "cannot find default snapshot class"
        return found, f"Failed to get input parameters to create snapshot: {problem}"

    def _fail(self, snapshot: Json, problem: str) -> None:
        metadata = snapshot["metadata"]
        if at(snapshot, "status", "error", "message") != problem:

            def change(new: Json) -> None:
                new["status"] = {"readyToUse": False, "error": {"message": problem, "time": self.stamp()}}

            self.store.modify(VOLUME_SNAPSHOT, metadata["namespace"], metadata["name"], change)
            self.events.warning(snapshot, "SnapshotContentCreationFailed", problem, _SOURCE)
        self.wake_later(metadata["namespace"], metadata["name"], _LOOK_AGAIN)

    def _begin(self, snapshot: Json, volume: Json, snapshot_class: Json) -> None:
        metadata, name = snapshot["metadata"], content_name(snapshot)
        if self.store.find(VOLUME_SNAPSHOT_CONTENT, None, name) is None:
            self.store.create(VOLUME_SNAPSHOT_CONTENT, None, _content(snapshot, volume, snapshot_class))

        def change(new: Json) -> None:
            held = new["metadata"].get("finalizers") or []
            new["metadata"]["finalizers"] = [*held, *(one for one in _PROTECTED if one not in held)]
            new["status"] = {
                "boundVolumeSnapshotContentName": name,
                "creationTime": self.stamp(),
                "readyToUse": False,
            }

        self.store.modify(VOLUME_SNAPSHOT, metadata["namespace"], metadata["name"], change)
        self._protect(snapshot, held=True)
        self.events.normal(snapshot, "CreatingSnapshot", f"Waiting for a snapshot {name} to be created.", _SOURCE)

    def _finish(self, snapshot: Json, volume: Json) -> None:
        metadata, size = snapshot["metadata"], volume["spec"]["capacity"]["storage"]

        def change(new: Json) -> None:
            new["status"] |= {"readyToUse": True, "restoreSize": size}
            new["status"].pop("error", None)

        self.store.modify(VOLUME_SNAPSHOT, metadata["namespace"], metadata["name"], change)
        self._protect(snapshot, held=False)
        self.events.normal(snapshot, "SnapshotReady", "Snapshot is ready to use.", _SOURCE)

    def _protect(self, snapshot: Json, *, held: bool) -> None:
        """Keep the claim while a snapshot of it is being taken, and no longer."""
        namespace, name = snapshot["metadata"]["namespace"], _source(snapshot)
        claim = self.store.find(PERSISTENT_VOLUME_CLAIM, namespace, name)
        if claim is None or (held and is_ending(claim)) or (not held and self._others_are_taken(snapshot)):
            return

        def change(new: Json) -> None:
            others = [one for one in new["metadata"].get("finalizers") or [] if one != _SOURCE_PROTECTION]
            new["metadata"]["finalizers"] = [*others, _SOURCE_PROTECTION] if held else others

        self.store.modify(PERSISTENT_VOLUME_CLAIM, namespace, name, change)

    def _others_are_taken(self, snapshot: Json) -> bool:
        mine, source = snapshot["metadata"], _source(snapshot)
        return any(
            other["metadata"]["namespace"] == mine["namespace"]
            and other["metadata"]["uid"] != mine["uid"]
            and _source(other) == source
            and at(other, "status", "creationTime")
            and not at(other, "status", "readyToUse")
            for other in self.store.list(VOLUME_SNAPSHOT)
        )

    def _remove(self, snapshot: Json) -> None:
        metadata, content = snapshot["metadata"], str(at(snapshot, "status", "boundVolumeSnapshotContentName") or "")
        found = self.store.find(VOLUME_SNAPSHOT_CONTENT, None, content) if content else None
        if found is not None and found["spec"].get("deletionPolicy") == "Delete":
            self.store.remove(VOLUME_SNAPSHOT_CONTENT, None, content)
        self._protect(snapshot, held=False)

        def change(new: Json) -> None:
            held = new["metadata"].get("finalizers") or []
            new["metadata"]["finalizers"] = [one for one in held if one not in _PROTECTED]

        self.store.modify(VOLUME_SNAPSHOT, metadata["namespace"], metadata["name"], change)


def _source(snapshot: Json) -> str:
    return str(at(snapshot, "spec", "source", "persistentVolumeClaimName") or "")


def _is_default_for(snapshot_class: Json, driver: str) -> bool:
    annotations = snapshot_class["metadata"].get("annotations") or {}
    return snapshot_class["driver"] == driver and annotations.get(_DEFAULT) == "true"


def content_name(snapshot: Json) -> str:
    """Return the name of the content that a snapshot is bound to."""
    return f"snapcontent-{snapshot['metadata']['uid']}"


def held_by(volume: Json) -> str:
    """Return the content of a volume, by a name that snapshots carry on."""
    return str(at(volume, "spec", "csi", "volumeAttributes", "content") or volume["metadata"]["name"])


def held_by_content(content: Json) -> str:
    """Return the content of a snapshot, by the same name."""
    return str(at(content, "status", "snapshotHandle") or "").rpartition("/")[2]


def _content(snapshot: Json, volume: Json, snapshot_class: Json) -> Json:
    metadata = snapshot["metadata"]
    return {
        "metadata": {"name": content_name(snapshot)},
        "spec": {
            "deletionPolicy": snapshot_class.get("deletionPolicy", "Delete"),
            "driver": snapshot_class["driver"],
            "source": {"volumeHandle": at(volume, "spec", "csi", "volumeHandle")},
            "volumeSnapshotClassName": snapshot_class["metadata"]["name"],
            "volumeSnapshotRef": {
                "kind": "VolumeSnapshot",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
        "status": {"readyToUse": True, "snapshotHandle": f"/subscriptions/sandbox/snapshots/{held_by(volume)}"},
    }

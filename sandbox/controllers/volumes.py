"""Volumes: available, bound or released; when the claim is gone, retained or deleted by reclaim policy.

After Kubernetes 1.32, pkg/controller/volume/persistentvolume.
"""

from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.controllers.volume_matching import PROTECTION
from sandbox.runtime.controller import Controller
from sandbox.runtime.pod_facts import is_ending

_DELETE_SECONDS = 2.0


class Volumes(Controller):
    """The controller that makes new volumes available, and reclaims those whose claim is gone."""

    kinds: ClassVar[tuple[Kind, ...]] = (PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM)

    def notice(self, change: Change) -> None:
        """Queue a changed volume, and the volume of a claim that is gone."""
        if change.kind is PERSISTENT_VOLUME:
            if at(change.obj, "status", "phase") != "Bound" or is_ending(change.obj):
                self.wake_for(change.obj)
        elif change.type == "DELETED" and (name := change.obj["spec"].get("volumeName")):
            self.wake("", str(name))

    def reconcile(self, namespace: str, name: str) -> None:  # noqa: ARG002 - volumes have none
        """Set the volume's phase by its claim, and reclaim it."""
        volume = self.store.find(PERSISTENT_VOLUME, None, name)
        if volume is None:
            return
        reference = volume["spec"].get("claimRef") or {}
        if not reference.get("uid"):
            self._set_phase(name, "Available")
            self._release(volume)
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
            self._release(volume)

    def _release(self, volume: Json) -> None:
        if not is_ending(volume):
            return

        def change(new: Json) -> None:
            held = new["metadata"].get("finalizers") or []
            new["metadata"]["finalizers"] = [one for one in held if one != PROTECTION]

        self.store.modify(PERSISTENT_VOLUME, None, volume["metadata"]["name"], change)

"""Faults that wait for pods yet to come, by annotations on their namespace.

`sandbox/crash-new: "hub"` plants `sandbox/crash` on new pods of that component (several with commas), except on those
of a ReplicaSet whose template hash is among `sandbox/proven-templates`: what ran before goes on running.
"""

from typing import Final

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, Json
from sandbox.apiserver.storage.store import Store
from sandbox.kubelet.programs import CRASH

CRASH_NEW: Final = "sandbox/crash-new"
PROVEN: Final = "sandbox/proven-templates"
_HASH: Final = "pod-template-hash"


def plant(store: Store, namespace: str, pod: Json) -> None:
    """Put the faults that the namespace is annotated with on a pod that is about to be created."""
    notes = at(store.find(NAMESPACE, None, namespace) or {}, "metadata", "annotations")
    if not isinstance(notes, dict) or CRASH_NEW not in notes:
        return
    labels = pod["metadata"]["labels"]
    proven = str(notes.get(PROVEN, "")).split(",")
    if labels.get("component") in notes[CRASH_NEW].split(",") and labels.get(_HASH, "none") not in proven:
        pod["metadata"]["annotations"] = {**(pod["metadata"].get("annotations") or {}), CRASH: "true"}

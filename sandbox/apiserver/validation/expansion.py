"""The enlargement of a claim: what Kubernetes lets be enlarged, and its words for the refusal.

After Kubernetes 1.35, plugin/pkg/admission/storage/persistentvolume/resize: the class has to allow it, and the claim
has to have its volume.
"""

from collections.abc import Callable

from sandbox.apiserver.objects.errors import forbidden
from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, STORAGE_CLASS, Json, Kind

_UNBOUND = "Only bound persistent volume claims can be expanded"
_FIXED = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


def is_asked(old: Json, new: Json) -> bool:
    """Return True if the claim asks for more than it did."""
    had, asks = (at(one, "spec", "resources", "requests", "storage") or "0" for one in (old, new))
    return amount(str(asks)) > amount(str(had))


def check(old: Json, new: Json, objects: Callable[[Kind], list[Json]]) -> None:
    """Raise ApiError 403 for a claim without a volume, and for one whose class does not allow it."""
    name = str(new["metadata"]["name"])
    if at(old, "status", "phase") != "Bound":
        raise forbidden(PERSISTENT_VOLUME_CLAIM, name, _UNBOUND)
    wanted = new["spec"].get("storageClassName") or ""
    found = next((one for one in objects(STORAGE_CLASS) if one["metadata"]["name"] == wanted), None)
    if found is None or found.get("allowVolumeExpansion") is not True:
        raise forbidden(PERSISTENT_VOLUME_CLAIM, name, _FIXED)

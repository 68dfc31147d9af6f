"""Fields that Kubernetes does not allow to change once an object exists. Pure.

From the API's validation, Kubernetes 1.32 (pkg/apis/{core,apps,batch,rbac,scheduling,storage}/validation).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from commands.release.manifest_diff import ChangeKind, FieldDifference, ObjectChange

_FIXED: Final = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "Job": (("spec", "selector"), ("spec", "template"), ("spec", "completions")),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "Service": (("spec", "clusterIP"),),
}
# The kinds whose whole specification is immutable except for these fields.
_FREE: Final = {
    "PersistentVolumeClaim": (("spec", "resources", "requests"), ("spec", "volumeAttributesClassName")),
    "StatefulSet": (
        *(("spec", "replicas"), ("spec", "ordinals"), ("spec", "template"), ("spec", "updateStrategy")),
        *(("spec", "persistentVolumeClaimRetentionPolicy"), ("spec", "minReadySeconds")),
        ("spec", "revisionHistoryLimit"),
    ),
}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTPE]i?|k|m)?")
_UNITS: Final = {
    **{unit: 1000.0 ** (n + 1) for n, unit in enumerate("KMGTPE")},
    **{f"{unit}i": 1024.0 ** (n + 1) for n, unit in enumerate("KMGTPE")},
    "k": 1000.0,
    "m": 0.001,
    "": 1.0,
}


def refusals(changes: Sequence[ObjectChange]) -> tuple[str, ...]:
    """Return a sentence for each change that makes the deployment fail whatever else is right."""
    return tuple(text for change in changes if change.what is ChangeKind.CHANGED for text in _of(change))


def _of(change: ObjectChange) -> Iterator[str]:
    fixed = [place for place in change.places if _is_fixed(change.ref.kind, place)]
    if fixed:
        fields = ", ".join(dict.fromkeys(_field(place) for place in fixed))
        yield f"Kubernetes refuses to change {fields} of {change.ref}: the deployment would fail."
    if change.ref.kind == "PersistentVolumeClaim" and (size := change.at(*_SIZE)) and grows(size) is False:
        yield f"Kubernetes refuses to make {change.ref} smaller: the deployment would fail."


_SIZE: Final = ("spec", "resources", "requests")


def _is_fixed(kind: str, place: FieldDifference) -> bool:
    if (free := _FREE.get(kind)) is not None:
        return place.within("spec") and not any(place.within(*path) for path in free)
    return any(place.within(*path) for path in _FIXED.get(kind, ()))


def _field(place: FieldDifference) -> str:
    return next((part for part in place.path if part != "spec"), "spec")


def grows(place: FieldDifference) -> bool | None:
    """Return True if the size at a place becomes larger, or None if that cannot be told."""
    before, after = quantity(place.before), quantity(place.after)
    return after >= before if before is not None and after is not None else None


def quantity(text: object) -> float | None:
    """Return a size as Kubernetes writes it (`10Gi`, `500M`, `1073741824`) in bytes, or None for anything else."""
    match = _QUANTITY.fullmatch(str(text).strip())
    return float(match[1]) * _UNITS[match[2] or ""] if match else None

"""When a deletion only marks an object and when it is done: finalizers, a pod's grace, a namespace's contents."""

from datetime import datetime, timedelta

from sandbox.apiserver.objects.json_objects import at, copy_json, moment, timestamp
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, POD, Json, Kind

FOREGROUND = "foregroundDeletion"
"""The finalizer of an owner that waits for its dependents to go first."""

_GRACE = 30


def marked(kind: Kind, obj: Json, grace_seconds: int | None, now: datetime) -> Json:
    """Return a copy of the object with a deletion timestamp and grace; a second deletion may only shorten that."""
    new = copy_json(obj)
    metadata = new["metadata"]
    grace = _grace(kind, obj, grace_seconds)
    if not metadata.get("deletionTimestamp"):
        metadata["deletionTimestamp"] = timestamp(now + timedelta(seconds=grace))
        metadata["deletionGracePeriodSeconds"] = grace
        if kind.counts_generations:
            metadata["generation"] = metadata.get("generation", 0) + 1
    elif grace < metadata.get("deletionGracePeriodSeconds", 0):
        saved = timedelta(seconds=metadata["deletionGracePeriodSeconds"] - grace)
        metadata["deletionTimestamp"] = timestamp(moment(metadata["deletionTimestamp"]) - saved)
        metadata["deletionGracePeriodSeconds"] = grace
    if kind is NAMESPACE:
        new.setdefault("status", {})["phase"] = "Terminating"
    return new


def is_complete(kind: Kind, obj: Json) -> bool:
    """Return True if nothing holds a marked object any more."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if kind is NAMESPACE:
        return not at(obj, "spec", "finalizers")
    return not metadata.get("deletionGracePeriodSeconds")


def stop_waiting(obj: Json) -> None:
    """Take the foreground finalizer off."""
    finalizers = obj["metadata"].get("finalizers") or []
    if FOREGROUND in finalizers:
        finalizers.remove(FOREGROUND)


def _grace(kind: Kind, obj: Json, requested: int | None) -> int:
    """Return the seconds of grace: only a running pod on a node gets time to end."""
    if kind is not POD or not at(obj, "spec", "nodeName"):
        return 0
    if at(obj, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    if requested is not None:
        return max(requested, 0)
    given = at(obj, "spec", "terminationGracePeriodSeconds")
    return given if isinstance(given, int) else _GRACE

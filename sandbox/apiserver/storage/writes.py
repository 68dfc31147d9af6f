"""The parts of a write that need no other object than the one that is written."""

import secrets
import uuid
from datetime import datetime

from sandbox.apiserver.objects.errors import Cause, conflict, invalid
from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json, Kind

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_SERVER_OWNED = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


def _random_suffix() -> str:
    return "".join(secrets.choice(_SUFFIX) for _ in range(5))


def new_metadata(kind: Kind, namespace: str, obj: Json, now: datetime, *, backdate: bool) -> Json:
    """Complete the metadata of a new object, which is modified, and return it.

    With `backdate` a creationTimestamp that it has stands. Raise ApiError 422 if it has no name.
    """
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
    metadata: Json = obj.setdefault("metadata", {})
    for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        metadata.pop(field, None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + _random_suffix()
    if not metadata.get("name"):
        raise invalid(kind, "", [Cause.required("metadata.name", "name or generateName is required")])
    if namespace:
        metadata["namespace"] = namespace
    if not (backdate and metadata.get("creationTimestamp")):
        metadata["creationTimestamp"] = timestamp(now)
    metadata["uid"] = str(uuid.uuid4())
    if kind.counts_generations:
        metadata["generation"] = 1
    return metadata


def desired_state(obj: Json) -> Json:
    """Return what counts as a new generation: all but metadata and status."""
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def check_preconditions(kind: Kind, old: Json, uid: str | None, resource_version: str | None) -> None:
    """Raise ApiError 409 for another uid or resourceVersion than the object has."""
    metadata = old["metadata"]
    if uid is not None and uid != metadata["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata['uid']}"
        raise conflict(kind, metadata["name"], why)
    if resource_version and resource_version != metadata["resourceVersion"]:
        raise conflict(kind, metadata["name"])


def separated(kind: Kind, old: Json, obj: Json, subresource: str | None) -> Json:
    """Return `obj` with the server's own fields, and the half that this write does not concern, taken from `old`."""
    metadata, stored = obj["metadata"], old["metadata"]
    for field in _SERVER_OWNED:
        if field in stored:
            metadata[field] = stored[field]
        else:
            metadata.pop(field, None)
    metadata["resourceVersion"] = stored["resourceVersion"]
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
    if subresource == "status":
        return {**old, "metadata": metadata, "status": obj.get("status", {})}
    if kind.has_status and "status" in old:
        obj["status"] = old["status"]
    elif kind.has_status:
        obj.pop("status", None)
    return obj

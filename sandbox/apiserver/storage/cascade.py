"""The effect of a deletion on the objects that the deleted one owns.

Background is the garbage collector's work, a controller's. Orphan and Foreground begin here.
"""

from dataclasses import dataclass

from sandbox.apiserver.objects.errors import ApiError, Cause
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.storage.deletion import FOREGROUND
from sandbox.apiserver.storage.store import Objects, Store

_POLICIES = ("Background", "Foreground", "Orphan")


@dataclass(frozen=True)
class Deletion:
    """The way in which a client wants something deleted."""

    policy: str = "Background"
    grace_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if self.policy not in _POLICIES:
            cause = Cause.unsupported("propagationPolicy", self.policy, _POLICIES)
            message = f'DeleteOptions.meta.k8s.io "" is invalid: {cause.field}: {cause.message}'
            raise ApiError(422, "Invalid", message)


def delete(store: Store, kind: Kind, namespace: str | None, name: str, deletion: Deletion) -> Json:
    """Delete an object and begin with its dependents. Raise what Store.delete raises."""
    owned = store.dependents(store.get(kind, namespace, name)["metadata"]["uid"])
    waits = deletion.policy == "Foreground" and bool(owned)
    deleted = store.delete(
        kind,
        namespace,
        name,
        grace_seconds=deletion.grace_seconds,
        uid=deletion.uid,
        resource_version=deletion.resource_version,
        finalizer=FOREGROUND if waits else None,
        dry_run=deletion.dry_run,
    )
    if deletion.dry_run:
        return deleted
    if deletion.policy == "Orphan":
        _orphan(store, owned, deleted["metadata"]["uid"])
    elif waits:
        _delete_owned(store, owned)
    return deleted


def _delete_owned(store: Store, owned: Objects) -> None:
    for kind, obj in owned:
        metadata = obj["metadata"]
        if store.find(kind, metadata.get("namespace"), metadata["name"]) and not metadata.get("deletionTimestamp"):
            delete(store, kind, metadata.get("namespace"), metadata["name"], Deletion("Foreground"))


def _orphan(store: Store, owned: Objects, uid: str) -> None:
    def release(obj: Json) -> None:
        owners = obj["metadata"]["ownerReferences"]
        obj["metadata"]["ownerReferences"] = [one for one in owners if one.get("uid") != uid]

    for kind, obj in owned:
        store.modify(kind, obj["metadata"].get("namespace"), obj["metadata"]["name"], release)

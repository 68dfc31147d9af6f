"""Owners that control objects: ownerReferences, written and read."""

from sandbox.apiserver.objects.resource_kinds import Json, Kind, by_kind
from sandbox.apiserver.storage.store import Store


def owner_reference(owner: Json) -> Json:
    """Return the reference by which an object names `owner` as its controller."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owners_of(obj: Json) -> list[Json]:
    """Return the object's ownerReferences."""
    return list(obj["metadata"].get("ownerReferences") or ())


def controller_of(obj: Json) -> Json | None:
    """Return the one ownerReference with `controller`, None if there is none."""
    return next((owner for owner in owners_of(obj) if owner.get("controller")), None)


def kind_of_owner(owner: Json) -> Kind | None:
    """Return the kind that an ownerReference names, None if this cluster has no such kind."""
    return by_kind(str(owner.get("apiVersion", "")).rpartition("/")[0], str(owner.get("kind", "")))


def controlled(store: Store, owner: Json, kind: Kind) -> list[Json]:
    """Return the objects of that kind which `owner` controls, by name."""
    uid = owner["metadata"]["uid"]
    found = [
        obj
        for dependent_kind, obj in store.dependents(uid)
        if dependent_kind is kind and (controller_of(obj) or {}).get("uid") == uid
    ]
    return sorted(found, key=lambda obj: str(obj["metadata"]["name"]))

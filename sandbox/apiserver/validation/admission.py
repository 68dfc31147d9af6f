"""Admission: the default storage class, the value of a priority class, limit ranges and quotas of a namespace."""

from collections.abc import Callable

from sandbox.apiserver.objects.errors import forbidden
from sandbox.apiserver.objects.resource_kinds import (
    LIMIT_RANGE,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    PRIORITY_CLASS,
    RESOURCE_QUOTA,
    STORAGE_CLASS,
    Json,
    Kind,
)
from sandbox.apiserver.validation import expansion, limit_ranges, quotas

List = Callable[[Kind], list[Json]]

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_BUILT_IN_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def complete(kind: Kind, obj: Json, objects: List) -> None:
    """Fill `obj`, which is about to be created, in place; `objects` lists the cluster's objects of a kind.

    Raise ApiError 403 for a priority class that there is not.
    """
    if kind is PERSISTENT_VOLUME_CLAIM:
        _choose_class(obj.setdefault("spec", {}), objects)
    elif kind is POD:
        _set_priority(obj, objects)
        limit_ranges.fill(obj, _of(LIMIT_RANGE, obj, objects))


def admit(kind: Kind, obj: Json, objects: List) -> None:
    """Raise ApiError 403 for a pod or a claim, complete and valid, that a limit range or a quota refuses."""
    if kind is POD:
        limit_ranges.check(obj, _of(LIMIT_RANGE, obj, objects))
        if found := _of(RESOURCE_QUOTA, obj, objects):
            quotas.check(obj, found, _of(POD, obj, objects))
    elif kind is PERSISTENT_VOLUME_CLAIM and (found := _of(RESOURCE_QUOTA, obj, objects)):
        quotas.check_claim(obj, found, _of(PERSISTENT_VOLUME_CLAIM, obj, objects))


def admit_update(kind: Kind, old: Json, new: Json, objects: List) -> None:
    """Raise ApiError 403 for a claim that may not be enlarged, or for which a quota has no room."""
    if kind is PERSISTENT_VOLUME_CLAIM and expansion.is_asked(old, new):
        expansion.check(old, new, objects)
        quotas.check_claim(new, _of(RESOURCE_QUOTA, new, objects), _of(PERSISTENT_VOLUME_CLAIM, new, objects), old)


def _of(kind: Kind, beside: Json, objects: List) -> list[Json]:
    """Return the objects in the namespace of that one."""
    namespace = beside["metadata"].get("namespace")
    return [one for one in objects(kind) if one["metadata"].get("namespace") == namespace]


def _choose_class(spec: Json, objects: List) -> None:
    if spec.get("storageClassName") is not None:
        return
    for storage_class in objects(STORAGE_CLASS):
        if (storage_class["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true":
            spec["storageClassName"] = storage_class["metadata"]["name"]
            return


def _set_priority(pod: Json, objects: List) -> None:
    spec = pod.setdefault("spec", {})
    wanted = spec.get("priorityClassName")
    if not wanted:
        spec.setdefault("priority", 0)
    elif wanted in _BUILT_IN_PRIORITIES:
        spec["priority"] = _BUILT_IN_PRIORITIES[wanted]
    else:
        values = [item["value"] for item in objects(PRIORITY_CLASS) if item["metadata"]["name"] == wanted]
        if not values:
            raise forbidden(POD, pod["metadata"]["name"], f"no PriorityClass with name {wanted} was found")
        spec["priority"] = values[0]

"""Admission: the default storage class, the value of a priority class, and the quota of a namespace.

Of what a ResourceQuota can limit, only the number of pods is enforced (`hard.pods`); of a LimitRange only the most
memory of a container that has a limit.
"""

from collections.abc import Callable

from sandbox.apiserver.objects.errors import forbidden
from sandbox.apiserver.objects.quantities import amount
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

List = Callable[[Kind], list[Json]]

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_BUILT_IN_PRIORITIES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def complete(kind: Kind, obj: Json, objects: List) -> None:
    """Fill `obj`, which is about to be created, in place; `objects` lists the cluster's objects of a kind.

    Raise ApiError 403 if a quota is used up.
    """
    if kind is PERSISTENT_VOLUME_CLAIM:
        _choose_class(obj.setdefault("spec", {}), objects)
    elif kind is POD:
        _set_priority(obj.setdefault("spec", {}), objects)
        _check_limits(obj, objects)
        _check_quota(obj, objects)


def _check_limits(pod: Json, objects: List) -> None:
    """Refuse a container whose limit of memory is above the maximum of a limit range."""
    for limits in objects(LIMIT_RANGE):
        if limits["metadata"].get("namespace") != pod["metadata"].get("namespace"):
            continue
        bounds = [one for one in (limits.get("spec") or {}).get("limits", ()) if one.get("type") == "Container"]
        for most in (bound.get("max", {}).get("memory") for bound in bounds):
            for container in pod["spec"].get("containers", ()):
                limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
                if most and limit and amount(str(limit)) > amount(str(most)):
                    why = f"maximum memory usage per Container is {most}, but limit is {limit}"
                    raise forbidden(POD, pod["metadata"]["name"], why)


def _check_quota(pod: Json, objects: List) -> None:
    namespace = pod["metadata"].get("namespace")
    for quota in objects(RESOURCE_QUOTA):
        limit = str((quota.get("spec") or {}).get("hard", {}).get("pods", ""))
        if quota["metadata"].get("namespace") != namespace or not limit.isdecimal():
            continue
        used = sum(_counts(one) for one in objects(POD) if one["metadata"].get("namespace") == namespace)
        if used >= int(limit):
            name = quota["metadata"]["name"]
            why = f"exceeded quota: {name}, requested: pods=1, used: pods={used}, limited: pods={limit}"
            raise forbidden(POD, pod["metadata"]["name"], why)


def _counts(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _choose_class(spec: Json, objects: List) -> None:
    if spec.get("storageClassName") is not None:
        return
    for storage_class in objects(STORAGE_CLASS):
        if (storage_class["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true":
            spec["storageClassName"] = storage_class["metadata"]["name"]
            return


def _set_priority(spec: Json, objects: List) -> None:
    wanted = spec.get("priorityClassName")
    if not wanted:
        spec.setdefault("priority", 0)
    elif wanted in _BUILT_IN_PRIORITIES:
        spec["priority"] = _BUILT_IN_PRIORITIES[wanted]
    else:
        values = [item["value"] for item in objects(PRIORITY_CLASS) if item["metadata"]["name"] == wanted]
        spec["priority"] = values[0] if values else 0

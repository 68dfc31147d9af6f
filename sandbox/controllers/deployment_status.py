"""The status of a Deployment: numbers, and the conditions Available and Progressing in Kubernetes' words."""

from datetime import datetime

from sandbox.apiserver.objects.json_objects import copy_json, moment, timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.controllers.rollout import bounds_of
from sandbox.runtime.conditions import find_condition, set_condition

_COUNTS = ("replicas", "readyReplicas", "availableReplicas")
_TIMED_OUT = "ProgressDeadlineExceeded"
_DONE = "NewReplicaSetAvailable"


def status_of(deployment: Json, new: Json | None, old: list[Json], now: datetime) -> Json:
    """Return the Deployment's status, given its ReplicaSets."""
    before = deployment.get("status") or {}
    status = _counted(deployment, new, old)
    status["conditions"] = copy_json(before.get("conditions") or [])
    _set_available(status, deployment, timestamp(now))
    if new is not None:
        _set_progressing(status, before, deployment, new, now)
    return status


def is_complete(deployment: Json, status: Json) -> bool:
    """Return True if all its pods are of the present template and available."""
    wanted = int(deployment["spec"]["replicas"])
    counts = (status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas"))
    return all(count == wanted for count in counts)


def until_deadline(deployment: Json, status: Json, now: datetime) -> float | None:
    """Return the seconds until it counts as stuck, None if it cannot be or is already."""
    limit = deployment["spec"].get("progressDeadlineSeconds")
    progressing = find_condition(status, "Progressing")
    if not limit or progressing is None or progressing.get("reason") in (_TIMED_OUT, _DONE):
        return None
    return float(limit - (now - moment(progressing["lastUpdateTime"])).total_seconds())


def _counted(deployment: Json, new: Json | None, old: list[Json]) -> Json:
    sets = [*old, *([new] if new else [])]
    totals = {name: sum((one.get("status") or {}).get(name, 0) for one in sets) for name in _COUNTS}
    updated = (new.get("status") or {}).get("replicas", 0) if new else 0
    wanted = sum(int(one["spec"]["replicas"]) for one in sets)
    missing = max(0, max(wanted, int(deployment["spec"]["replicas"])) - totals["availableReplicas"])
    numbers = {**totals, "updatedReplicas": updated, "unavailableReplicas": missing}
    status: Json = {"observedGeneration": deployment["metadata"]["generation"]}
    return status | {name: number for name, number in numbers.items() if number}


def _set_available(status: Json, deployment: Json, now: str) -> None:
    bounds = bounds_of(deployment)
    enough = status.get("availableReplicas", 0) >= bounds.replicas - bounds.unavailable
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        # Kubernetes reckons with no missing pods here, whatever Recreate lets go.
        enough = status.get("availableReplicas", 0) >= bounds.replicas
    word = "Available" if enough else "Unavailable"
    has = "has" if enough else "does not have"
    message = f"Deployment {has} minimum availability."
    _put(status, "Available", enough, now, f"MinimumReplicas{word}", message)


def _set_progressing(status: Json, before: Json, deployment: Json, new: Json, now: datetime) -> None:
    name, stamp = new["metadata"]["name"], timestamp(now)
    known = find_condition(status, "Progressing")
    if is_complete(deployment, status):
        _put(status, "Progressing", True, stamp, _DONE, f'ReplicaSet "{name}" has successfully progressed.')
    elif known is None or name not in known.get("message", ""):
        _put(status, "Progressing", True, stamp, "NewReplicaSetCreated", f'Created new replica set "{name}"', anew=True)
    elif _has_moved(before, status):
        message = f'ReplicaSet "{name}" is progressing.'
        _put(status, "Progressing", True, stamp, "ReplicaSetUpdated", message, anew=True)
    elif (left := until_deadline(deployment, status, now)) is not None and left <= 0:
        _put(status, "Progressing", False, stamp, _TIMED_OUT, f'ReplicaSet "{name}" has timed out progressing.')


def _has_moved(before: Json, status: Json) -> bool:
    """Return True for more updated, fewer old, or more ready pods than before."""

    def old(one: Json) -> int:
        return int(one.get("replicas", 0)) - int(one.get("updatedReplicas", 0))

    rising = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old(status) < old(before) or any(status.get(name, 0) > before.get(name, 0) for name in rising)


def _put(status: Json, kind: str, value: bool, now: str, reason: str, message: str, *, anew: bool = False) -> None:
    known = find_condition(status, kind) or {}
    same = (known.get("reason"), known.get("message")) == (reason, message)
    since = known.get("lastUpdateTime")
    condition = set_condition(status, kind, value, now, reason, message)
    condition["lastUpdateTime"] = since if since and same and not anew else now

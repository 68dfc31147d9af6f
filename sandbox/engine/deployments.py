"""A Deployment: one ReplicaSet a template, the newest scaled up and the others down as the strategy allows."""

import math
from collections.abc import Sequence

from sandbox.engine.context import Context, is_ending, is_ready, owner_reference
from sandbox.engine.templates import template_hash
from sandbox.kube.objects import at, copy_json, timestamp
from sandbox.kube.resources import DEPLOYMENT, REPLICA_SET, Json, Kind

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"


def reconcile(context: Context, deployment: Json) -> None:
    """Bring its ReplicaSets one step nearer to what it wants, and say how far it is."""
    if is_ending(deployment):
        return
    owned = [rs for kind, rs in context.store.dependents(deployment["metadata"]["uid"]) if kind is REPLICA_SET]
    current = _current(context, deployment, owned)
    old = [rs for rs in owned if rs["metadata"]["uid"] != current["metadata"]["uid"]]
    if at(deployment, "spec", "strategy", "type") == "Recreate":
        _recreate(context, deployment, current, old)
    else:
        _roll(context, deployment, current, old)
    _prune(context, deployment, old)
    _report(context, deployment, current, old)


def _current(context: Context, deployment: Json, owned: Sequence[Json]) -> Json:
    wanted = template_hash(deployment)
    found = next((rs for rs in owned if rs["metadata"]["labels"].get(_HASH) == wanted), None)
    newest = max((_revision(rs) for rs in owned), default=0)
    if found is None:
        found = _make(context, deployment, wanted, newest + 1)
    elif _revision(found) < newest:
        _set_revision(context, REPLICA_SET, found, newest + 1)
    _set_revision(context, DEPLOYMENT, deployment, max(newest, _revision(found)))
    return context.store.get(REPLICA_SET, found["metadata"]["namespace"], found["metadata"]["name"])


def _make(context: Context, deployment: Json, wanted: str, revision: int) -> Json:
    metadata, spec = deployment["metadata"], copy_json(deployment["spec"])
    template = spec["template"]
    labels = {**(template["metadata"].get("labels") or {}), _HASH: wanted}
    template["metadata"]["labels"] = labels
    selector = {**spec["selector"], "matchLabels": {**spec["selector"].get("matchLabels", {}), _HASH: wanted}}
    return context.store.create(
        REPLICA_SET,
        metadata["namespace"],
        {
            "metadata": {
                "name": f"{metadata['name']}-{wanted}",
                "labels": labels,
                "annotations": {_REVISION: str(revision)},
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        },
    )


def _recreate(context: Context, deployment: Json, current: Json, old: Sequence[Json]) -> None:
    for rs in old:
        _scale(context, deployment, rs, 0)
    if not any(context.pods_of(rs) for rs in old):
        _scale(context, deployment, current, deployment["spec"]["replicas"])


def _roll(context: Context, deployment: Json, current: Json, old: Sequence[Json]) -> None:
    wanted = deployment["spec"]["replicas"]
    rolling = at(deployment, "spec", "strategy", "rollingUpdate") or {}
    assert isinstance(rolling, dict)  # noqa: S101 - tells mypy
    surge = _share(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = _share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if surge == 0 and missing == 0:
        missing = 1
    others = sum(rs["spec"]["replicas"] for rs in old)
    room = max(0, wanted + surge - others)
    _scale(context, deployment, current, min(wanted, room) if others else wanted)
    ready = sum(is_ready(pod) for rs in (current, *old) for pod in context.pods_of(rs))
    spare = max(0, ready - (wanted - missing))
    for rs in sorted(old, key=_revision):
        unready = sum(not is_ready(pod) for pod in context.pods_of(rs) if not is_ending(pod))
        fewer = min(rs["spec"]["replicas"], unready + spare)
        spare -= max(0, fewer - unready)
        _scale(context, deployment, rs, rs["spec"]["replicas"] - fewer)


def _share(given: object, of: int, *, up: bool) -> int:
    if isinstance(given, str) and given.endswith("%"):
        part = of * int(given[:-1]) / 100
        return math.ceil(part) if up else math.floor(part)
    return int(str(given))


def _scale(context: Context, deployment: Json, rs: Json, replicas: int) -> None:
    before = rs["spec"]["replicas"]
    if before == replicas:
        return
    metadata = rs["metadata"]
    context.store.modify(
        REPLICA_SET, metadata["namespace"], metadata["name"], lambda new: new["spec"].update(replicas=replicas)
    )
    way = "up" if replicas > before else "down"
    message = f"Scaled {way} replica set {metadata['name']} from {before} to {replicas}"
    context.events.record(deployment, "Normal", "ScalingReplicaSet", message, "deployment-controller")


def _prune(context: Context, deployment: Json, old: Sequence[Json]) -> None:
    keep = int(str(deployment["spec"].get("revisionHistoryLimit", 10)))
    idle = sorted((rs for rs in old if not rs["spec"]["replicas"] and not context.pods_of(rs)), key=_revision)
    for rs in idle[: max(0, len(idle) - keep)]:
        context.store.delete(REPLICA_SET, rs["metadata"]["namespace"], rs["metadata"]["name"])


def _report(context: Context, deployment: Json, current: Json, old: Sequence[Json]) -> None:
    wanted = deployment["spec"]["replicas"]
    updated = [pod for pod in context.pods_of(current) if not is_ending(pod)]
    pods = updated + [pod for rs in old for pod in context.pods_of(rs) if not is_ending(pod)]
    ready = sum(is_ready(pod) for pod in pods)
    complete = len(updated) == len(pods) == wanted == ready
    counts = {
        "replicas": len(pods),
        "updatedReplicas": len(updated),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, wanted - ready),
    }
    available = ready >= wanted - _allowed_missing(deployment)
    now = timestamp(context.clock.now())

    def change(new: Json) -> None:
        status = new.setdefault("status", {})
        for name in counts:
            status.pop(name, None)
        status.update({name: number for name, number in counts.items() if number})
        status["observedGeneration"] = new["metadata"]["generation"]
        status["conditions"] = [
            _condition(status, "Available", available, "MinimumReplicas", now),
            _progressing(status, current, complete=complete, now=now),
        ]

    metadata = deployment["metadata"]
    context.store.modify(DEPLOYMENT, metadata["namespace"], metadata["name"], change)


def _allowed_missing(deployment: Json) -> int:
    missing = at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable")
    return _share(missing, deployment["spec"]["replicas"], up=False) if missing is not None else 0


def _condition(status: Json, kind: str, good: bool, reason: str, now: str) -> Json:
    value = "True" if good else "False"
    before = next((c for c in status.get("conditions", []) if c["type"] == kind), None)
    if before and before["status"] == value:
        return dict(before)
    reason = f"{reason}{'Available' if good else 'Unavailable'}"
    return {"type": kind, "status": value, "reason": reason, "lastTransitionTime": now, "lastUpdateTime": now}


def _progressing(status: Json, current: Json, *, complete: bool, now: str) -> Json:
    reason = "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated"
    before = next((c for c in status.get("conditions", []) if c["type"] == "Progressing"), None)
    if before and before["reason"] == reason:
        return dict(before)
    verb = "has successfully progressed" if complete else "is progressing"
    message = f'ReplicaSet "{current["metadata"]["name"]}" {verb}.'
    stamps = {"lastTransitionTime": now, "lastUpdateTime": now}
    return {"type": "Progressing", "status": "True", "reason": reason, "message": message, **stamps}


def _revision(obj: Json) -> int:
    return int((obj["metadata"].get("annotations") or {}).get(_REVISION, 0))


def _set_revision(context: Context, kind: Kind, obj: Json, revision: int) -> None:
    def change(new: Json) -> None:
        new["metadata"].setdefault("annotations", {})[_REVISION] = str(revision)

    metadata = obj["metadata"]
    context.store.modify(kind, metadata["namespace"], metadata["name"], change)

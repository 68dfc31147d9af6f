"""The steps of a Deployment's rollout: pure arithmetic, as in Kubernetes' pkg/controller/deployment."""

import math
from dataclasses import dataclass

from sandbox.apiserver.objects.resource_kinds import Json


@dataclass(frozen=True)
class Bounds:
    """The desired number of pods, how many more there may be, and how many may be missing."""

    replicas: int
    surge: int
    unavailable: int


def share(amount: object, of: int, *, round_up: bool) -> int:
    """Return a number, or a percentage of `of` such as "25%"."""
    if isinstance(amount, str) and amount.endswith("%"):
        part = of * int(amount[:-1]) / 100
        return math.ceil(part) if round_up else math.floor(part)
    return int(str(amount))


def bounds_of(deployment: Json) -> Bounds:
    """Return the bounds of a Deployment's strategy; with Recreate there is no surge, and all may be missing."""
    spec = deployment["spec"]
    replicas = int(spec["replicas"])
    if spec["strategy"]["type"] == "Recreate":
        return Bounds(replicas, 0, replicas)
    rolling = spec["strategy"].get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), replicas, round_up=True)
    unavailable = share(rolling.get("maxUnavailable", "25%"), replicas, round_up=False)
    # With neither allowed nothing could ever move.
    return Bounds(replicas, surge, max(unavailable, 0 if surge else 1))


def grown(bounds: Bounds, new: Json, everything: list[Json]) -> int:
    """Return the number of replicas that the new ReplicaSet may have now."""
    has = int(new["spec"]["replicas"])
    if has >= bounds.replicas:
        return bounds.replicas
    room = bounds.replicas + bounds.surge - _wanted(everything)
    return has + min(max(room, 0), bounds.replicas - has)


def shrunk(bounds: Bounds, new: Json, old: list[Json]) -> dict[str, int]:
    """Return the number of replicas that each old ReplicaSet may keep now, by name: unready ones go first."""
    needed = bounds.replicas - bounds.unavailable
    missing_new = int(new["spec"]["replicas"]) - _available(new)
    spare = _wanted([*old, new]) - needed - missing_new
    kept = {one["metadata"]["name"]: int(one["spec"]["replicas"]) for one in old}
    for one in old:
        name = one["metadata"]["name"]
        useless = min(max(spare, 0), max(kept[name] - _available(one), 0))
        kept[name] -= useless
        spare -= useless
    spare = sum(map(_available, [*old, new])) - needed
    for one in old:
        name = one["metadata"]["name"]
        fewer = min(max(spare, 0), kept[name])
        kept[name] -= fewer
        spare -= fewer
    return kept


def _wanted(replica_sets: list[Json]) -> int:
    return sum(int(one["spec"]["replicas"]) for one in replica_sets)


def _available(replica_set: Json) -> int:
    return int((replica_set.get("status") or {}).get("availableReplicas", 0))

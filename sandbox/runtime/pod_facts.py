"""Questions that many controllers ask about a pod."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sandbox.apiserver.objects.json_objects import at, list_at, moment
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json

STOP_SECONDS = "sandbox/stop-seconds"
"""The annotation that says how many seconds a pod takes to stop, whatever grace period it is given."""


@dataclass(frozen=True)
class Amounts:
    """CPU in cores, memory in bytes, and a number of pods."""

    cpu: Decimal = Decimal(0)
    memory: Decimal = Decimal(0)
    pods: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cpu + other.cpu, self.memory + other.memory, self.pods + other.pods)

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cpu - other.cpu, self.memory - other.memory, self.pods - other.pods)


def node_of(pod: Json) -> str:
    """Return the node that the pod is bound to, "" if none."""
    return str(pod["spec"].get("nodeName") or "")


def is_ending(obj: Json) -> bool:
    """Return True if the object's deletion has begun."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def stop_seconds(pod: Json) -> float | None:
    """Return how long the pod takes to stop, None if it says nothing of that which can be read."""
    text = (pod["metadata"].get("annotations") or {}).get(STOP_SECONDS, "")
    try:
        seconds = float(text)
    except (TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def is_over(pod: Json) -> bool:
    """Return True if the pod has succeeded or failed, for good."""
    return at(pod, "status", "phase") in ("Succeeded", "Failed")


def is_active(pod: Json) -> bool:
    """Return True if the pod counts for its controller: neither over nor ending."""
    return not is_over(pod) and not is_ending(pod)


def ready_since(pod: Json) -> datetime | None:
    """Return the time since which the condition Ready is true, None while it is not."""
    for one in list_at(pod, "status", "conditions"):
        if one.get("type") == "Ready" and one.get("status") == "True":
            return moment(str(one["lastTransitionTime"]))
    return None


def is_ready(pod: Json) -> bool:
    """Return True if the condition Ready is true."""
    return ready_since(pod) is not None


def available_in(pod: Json, min_ready_seconds: float, now: datetime) -> float | None:
    """Return the seconds until it counts as available, 0 if it does, None while it is not ready."""
    since = ready_since(pod)
    if since is None:
        return None
    return max(0.0, min_ready_seconds - (now - since).total_seconds()) if min_ready_seconds else 0.0


def claims_of(pod: Json) -> tuple[str, ...]:
    """Return the names of the claims that the pod mounts."""
    found = (at(volume, "persistentVolumeClaim", "claimName") for volume in list_at(pod, "spec", "volumes"))
    return tuple(str(name) for name in found if name)


def requests_of(pod: Json) -> Amounts:
    """Return the pod's requests: its containers together, or its most demanding init container if that is more."""
    main = [_asked(one) for one in list_at(pod, "spec", "containers")]
    first = [_asked(one) for one in list_at(pod, "spec", "initContainers")]
    cpu = max(_total(cpu for cpu, _ in main), *(cpu for cpu, _ in first), Decimal(0))
    memory = max(_total(memory for _, memory in main), *(memory for _, memory in first), Decimal(0))
    return Amounts(cpu, memory, 1)


def _asked(container: Json) -> tuple[Decimal, Decimal]:
    requests = at(container, "resources", "requests")
    given = requests if isinstance(requests, dict) else {}
    return amount(str(given.get("cpu", "0"))), amount(str(given.get("memory", "0")))


def _total(parts: Iterable[Decimal]) -> Decimal:
    return sum(parts, Decimal(0))

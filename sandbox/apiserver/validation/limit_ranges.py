"""LimitRanges: the defaults that they give containers, and the bounds that they hold containers and pods to.

Wordings and order are those of Kubernetes 1.32 (plugin/pkg/admission/limitranger; apis/core/v1/defaults.go).
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from sandbox.apiserver.objects.errors import forbidden
from sandbox.apiserver.objects.quantities import amount, written
from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.apiserver.validation.pod_resources import Amounts, of_pod


def fill(pod: Json, ranges: Iterable[Json]) -> None:
    """Give the containers the limits and requests that they lack and a range has."""
    for item in _items(ranges, "Container"):
        limits = {**item.get("max", {}), **item.get("default", {})}
        requests = {**item.get("min", {}), **limits, **item.get("defaultRequest", {})}
        for container in _containers(pod):
            resources = container.setdefault("resources", {})
            # What has a limit of its own, and no request, requests that much, whatever the range says.
            own = dict(resources.get("limits") or {})
            resources["limits"] = {**limits, **own}
            resources["requests"] = {**requests, **own, **(resources.get("requests") or {})}


def check(pod: Json, ranges: Iterable[Json]) -> None:
    """Raise ApiError 403 for a pod that is beyond a bound."""
    ranges = list(ranges)
    faults = [
        fault
        for item in _items(ranges, "Container")
        for container in _containers(pod)
        for fault in _faults(item, "Container", *_given(container))
    ]
    faults += [fault for item in _items(ranges, "Pod") for fault in _faults(item, "Pod", *of_pod(pod))]
    if faults:
        why = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
        raise forbidden(POD, pod["metadata"]["name"], why)


def _items(ranges: Iterable[Json], kind: str) -> Iterator[Json]:
    for one in ranges:
        yield from (item for item in (one.get("spec") or {}).get("limits") or () if item.get("type") == kind)


def _containers(pod: Json) -> Iterator[Json]:
    for field in ("containers", "initContainers"):
        yield from pod["spec"].get(field) or ()


def _given(container: Json) -> tuple[Amounts, Amounts]:
    resources = container.get("resources") or {}
    requests, limits = (resources.get(name) or {} for name in ("requests", "limits"))
    return {n: amount(str(t)) for n, t in requests.items()}, {n: amount(str(t)) for n, t in limits.items()}


def _faults(item: Json, kind: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, text in (item.get("min") or {}).items():
        yield from _beyond(f"minimum {name} usage per {kind} is {text}", name, amount(str(text)), requests, limits)
    for name, text in (item.get("max") or {}).items():
        # The other way round: what is too much is the limit first.
        most = -amount(str(text))
        negative = [{one: -number for one, number in its.items()} for its in (limits, requests)]
        yield from _beyond(f"maximum {name} usage per {kind} is {text}", name, most, *negative, first="limit")
    for name, text in (item.get("maxLimitRequestRatio") or {}).items():
        yield from _ratio(f"{name} max limit to request ratio per {kind} is {text}", name, text, requests, limits)


def _beyond(
    says: str, name: str, bound: Decimal, given: Amounts, other: Amounts, *, first: str = "request"
) -> Iterator[str]:
    """Yield the fault of what is below the bound: that which must be there, or else the other of the two."""
    second = "limit" if first == "request" else "request"
    if name not in given:
        yield f"{says}.  No {first} is specified"
    elif given[name] < bound:
        yield f"{says}, but {first} is {written(abs(given[name]))}"
    elif other.get(name, bound) < bound:
        yield f"{says}, but {second} is {written(abs(other[name]))}"


def _ratio(says: str, name: str, text: object, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for which, amounts in (("request", requests), ("limit", limits)):
        if not amounts.get(name):
            yield f"{says}, but no {which} is specified or {which} is 0"
            return
    ratio = limits[name] / requests[name]
    if ratio > amount(str(text)):
        yield f"{says}, but provided ratio is {ratio:.6f}"

"""What a pod requests, as the scheduler adds it up."""

from collections.abc import Mapping
from typing import Final

from clients.answers import Json, part, parts, text
from clients.kube.quantities import numbers

_ALWAYS: Final = "Always"


def requests_of(spec: Json) -> dict[str, float]:
    """Return what the scheduler reserves for a pod, by resource (Kubernetes 1.34, component-helpers `PodRequests`).

    That is the sum of its containers, or what one of its init containers needs beside the sidecars before it if that is
    more, with the overhead of its runtime. Requests of the pod as a whole replace the sum.
    """
    sidecars: dict[str, float] = {}
    largest: dict[str, float] = {}
    for one in parts(spec, "initContainers"):
        its = _sum(sidecars, _requests(one))
        sidecars = its if text(one, "restartPolicy") == _ALWAYS else sidecars
        largest = _largest(largest, its)
    together = sidecars
    for one in parts(spec, "containers"):
        together = _sum(together, _requests(one))
    return _sum(_largest(together, largest) | _requests(spec), numbers(part(spec, "overhead")))


def _requests(parent: Json) -> dict[str, float]:
    return numbers(part(parent, "resources", "requests"))


def _sum(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in (*one, *other)}


def _largest(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in (*one, *other)}

"""CPU and memory that a pod requests and that a node can give, as the scheduler adds them up."""

from dataclasses import dataclass
from typing import Final

from clients.answers import Json, part, parts, text
from clients.kube.quantities import to_bytes, to_number

_ALWAYS: Final = "Always"


@dataclass(frozen=True)
class Resources:
    """Cores of CPU, and bytes of memory; zero where nothing is said."""

    cpu: float = 0.0
    memory: int = 0

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(self.cpu + other.cpu, self.memory + other.memory)

    def at_least(self, other: "Resources") -> "Resources":
        """Return the larger amount of each."""
        return Resources(max(self.cpu, other.cpu), max(self.memory, other.memory))


NONE: Final = Resources()


def resources_of(amounts: Json) -> Resources:
    """Return the amounts of a resource list; what is no quantity counts as zero."""
    return Resources(max(0.0, to_number(text(amounts, "cpu")) or 0.0), max(0, to_bytes(text(amounts, "memory"))))


def requested_by(spec: Json) -> Resources:
    """Return what the scheduler reserves for a pod (Kubernetes 1.34, component-helpers/resource `PodRequests`).

    That is the sum of its containers, or what one of its init containers needs beside the sidecars before it if that is
    more, with the overhead of its runtime. Requests of the pod as a whole replace the sum.
    """
    sidecars, largest = NONE, NONE
    for one in parts(spec, "initContainers"):
        its = _requests(one)
        is_sidecar = text(one, "restartPolicy") == _ALWAYS
        sidecars = sidecars + its if is_sidecar else sidecars
        largest = largest.at_least(sidecars if is_sidecar else sidecars + its)
    together = sidecars
    for one in parts(spec, "containers"):
        together += _requests(one)
    whole = _requests(spec)
    needed = together.at_least(largest)
    needed = Resources(whole.cpu or needed.cpu, whole.memory or needed.memory)
    return needed + resources_of(part(spec, "overhead"))


def _requests(parent: Json) -> Resources:
    return resources_of(part(parent, "resources", "requests"))

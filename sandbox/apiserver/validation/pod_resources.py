"""What a pod requests and may use in all."""

from collections.abc import Callable
from decimal import Decimal

from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import Json

Amounts = dict[str, Decimal]


def of_pod(pod: Json) -> tuple[Amounts, Amounts]:
    """Return requests and limits: those of all containers, or of the largest one that runs before them."""
    return _total(pod, "requests"), _total(pod, "limits")


def _total(pod: Json, which: str) -> Amounts:
    spec = pod.get("spec") or {}
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _merge(total, container, which, lambda one, other: one + other)
    for container in spec.get("initContainers") or ():
        _merge(total, container, which, max)
    return total


def _merge(total: Amounts, container: Json, which: str, how: Callable[[Decimal, Decimal], Decimal]) -> None:
    for name, text in ((container.get("resources") or {}).get(which) or {}).items():
        total[name] = how(total.get(name, Decimal(0)), amount(str(text)))

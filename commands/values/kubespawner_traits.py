"""Checks of the traits that Helm values pass to KubeSpawner, wherever they stand. Pure.

A trait with a value of the wrong type ends the start of each server that it applies to; one in `hub.config` ends the
hub itself.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

from clients.values import Path, dotted
from commands.text.byte_sizes import spoken
from commands.values import formats
from commands.values.pod_fields import environment, quantities, texts, tolerations
from commands.values.schema_errors import SchemaViolation, violation_at
from commands.values.trait_types import TRAITS

Traits = Mapping[str, tuple[Path, object]]
"""The traits of a server, each with its path in the values."""

_TEXTS: Final = ("node_selector", "extra_labels", "extra_annotations")
_ENVIRONMENT: Final = "environment"
_QUANTITIES: Final = ("extra_resource_limits", "extra_resource_guarantees")
# The traits that Kubernetes compares, and the function that reads their amounts.
_PAIRS: Final = (
    ("mem_guarantee", "mem_limit", formats.in_bytes),
    ("cpu_guarantee", "cpu_limit", formats.quantity),
)
# Two thirds of what jupyterhub-singleuser 5.5 with Jupyter Server 2.17 has once its modules are loaded.
_LEAST_MEMORY: Final = 64 * 2**20
_CHART_PATHS: Final = {
    "mem_limit": ("singleuser", "memory", "limit"),
    "mem_guarantee": ("singleuser", "memory", "guarantee"),
    "cpu_limit": ("singleuser", "cpu", "limit"),
    "cpu_guarantee": ("singleuser", "cpu", "guarantee"),
}


def chart_resources(values: Mapping[str, object]) -> Traits:
    """Return the memory and CPU traits that the chart passes to KubeSpawner under names of its own."""
    made: dict[str, tuple[Path, object]] = {}
    for trait, path in _CHART_PATHS.items():
        found: object = values
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is not None:
            made[trait] = (path, found)
    return made


def located(traits: Mapping[str, object], path: Path) -> Traits:
    """Return the traits, which stand below `path`, each with its own path."""
    return {str(name): ((*path, str(name)), one) for name, one in traits.items()}


def with_resources(traits: Traits, others: Traits) -> Traits:
    """Return the traits with memory and CPU replaced by those of `others`."""
    return {**traits, **{name: one for name, one in others.items() if name in _CHART_PATHS}}


def trait_violations(traits: Traits) -> Iterator[SchemaViolation]:
    """Yield the traits whose value has the wrong type or form. A null stands for the trait's own default."""
    for name, (path, value) in traits.items():
        if value is None or name not in TRAITS:
            continue
        if why := TRAITS[name](value):
            yield violation_at(path, why)
        elif name == "mem_limit" and 0 < (formats.in_bytes(value) or 0) < _LEAST_MEMORY:
            least = spoken(_LEAST_MEMORY)
            yield violation_at(path, f"is less than a server takes to start ({least} at the very least): it is killed")
        elif name in _TEXTS:
            yield from texts(path, value)
        elif name == _ENVIRONMENT:
            yield from environment(path, value)
        elif name in _QUANTITIES:
            yield from quantities(path, value)
        elif name == "tolerations":
            yield from tolerations(path, value)


def uneven_resources(traits: Traits, *, among: frozenset[str] = frozenset(_CHART_PATHS)) -> Iterator[SchemaViolation]:
    """Yield guarantees above their limits, which Kubernetes refuses, where one of the two is `among` these."""
    for guarantee, limit, amount in _PAIRS:
        if guarantee not in traits or limit not in traits or not among & {guarantee, limit}:
            continue
        (low, least), (high, most) = traits[guarantee], traits[limit]
        if (amount(least) or 0) > (amount(most) or math.inf):
            if guarantee in among:
                yield violation_at(low, f"is above {dotted(high)}: no server would start with it")
            else:
                yield violation_at(high, f"is below {dotted(low)}: no server would start with it")


def mapping_at(values: object, name: str) -> Mapping[str, object]:
    """Return the mapping under a name; empty if there is none."""
    found = values.get(name) if isinstance(values, Mapping) else None
    return found if isinstance(found, Mapping) else {}

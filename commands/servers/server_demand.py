"""What one user's server asks of the namespace, by the release's values: pods, memory, CPU, its home. Pure.

As z2jh 4.4 hands them to KubeSpawner 7.1: `singleuser` first, then `hub.config`; a profile overrides both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.helm import Release
from clients.kube.quotas import LimitRange, amount
from commands.values import formats
from commands.values.kubespawner_traits import mapping_at

_CHART_PATHS: Final = {
    "mem_guarantee": ("memory", "guarantee"),
    "mem_limit": ("memory", "limit"),
    "cpu_guarantee": ("cpu", "guarantee"),
    "cpu_limit": ("cpu", "limit"),
    "extra_resource_guarantees": ("extraResource", "guarantees"),
    "extra_resource_limits": ("extraResource", "limits"),
    "storage_capacity": ("storage", "capacity"),
    "storage_class": ("storage", "dynamic", "storageClass"),
}
# Who has more profiles than that does not need them all judged.
_MOST_PROFILES: Final = 50
# The container that z2jh puts before the user's own, without any resources.
_BLOCKER: Final = "block-cloud-metadata"
Numbers = Mapping[str, float]


@dataclass(frozen=True)
class ContainerDemand:
    """What a container asks for (`requests`) and may use at most (`limits`), by resource such as "memory"."""

    name: str
    requests: Numbers
    limits: Numbers
    is_init: bool = False


@dataclass(frozen=True)
class ServerDemand:
    """What a server asks for. `profile` names the profile with which it does, empty for one without.

    `home` is the size of a new user's home in bytes, 0 where none is made; `storage_class` its class, empty if that is
    not known.
    """

    containers: tuple[ContainerDemand, ...]
    home: float
    storage_class: str = ""
    profile: str = ""

    def total(self, kind: str, resource: str) -> float:
        """Return how much of a resource the whole pod has as `kind`, "requests" or "limits"."""
        asked = [
            (one.is_init, (one.requests if kind == "requests" else one.limits).get(resource, 0.0))
            for one in self.containers
        ]
        beside = sum(number for is_init, number in asked if not is_init)
        return max([beside, *(number for is_init, number in asked if is_init)])

    def without(self, kind: str, resource: str) -> tuple[str, ...]:
        """Return the names of the containers that say nothing of a resource."""
        return tuple(
            one.name for one in self.containers if resource not in (one.requests if kind == "requests" else one.limits)
        )


def demands(release: Release) -> list[ServerDemand]:
    """Return what a server asks for: without a profile, or with each of them where there are any."""
    usual = dict(_traits(release))
    beside = list(_others(release))
    profiles = release.value("singleuser", "profileList")
    listed = [one for one in profiles if isinstance(one, Mapping)] if isinstance(profiles, list) else []
    if not listed:
        return [_demand(usual, beside, "")]
    return [
        _demand({**usual, **mapping_at(one, "kubespawner_override")}, beside, str(one.get("display_name") or "")[:80])
        for one in listed[:_MOST_PROFILES]
    ]


def _traits(release: Release) -> Iterator[tuple[str, object]]:
    for trait, path in _CHART_PATHS.items():
        if (found := release.value("singleuser", *path)) is not None:
            yield trait, found
    for kind in ("Spawner", "KubeSpawner"):
        for trait in _CHART_PATHS:
            if (found := release.value("hub", "config", kind, trait)) is not None:
                yield trait, found
    if release.value("singleuser", "storage", "type") not in (None, "dynamic"):
        yield "storage_capacity", None


def _others(release: Release) -> Iterator[ContainerDemand]:
    """Yield the containers beside the user's own."""
    if release.value("singleuser", "cloudMetadata", "blockWithIptables") is True:
        yield ContainerDemand(_BLOCKER, {}, {}, is_init=True)
    for name, is_init in (("initContainers", True), ("extraContainers", False)):
        found = release.value("singleuser", name)
        for one in found if isinstance(found, Sequence) and not isinstance(found, str) else ():
            asked = mapping_at(one, "resources")
            yield ContainerDemand(
                str(mapping_at({"": one}, "").get("name") or "?")[:63],
                _numbers(mapping_at(asked, "requests")),
                _numbers(mapping_at(asked, "limits")),
                is_init,
            )


def _demand(traits: Mapping[str, object], beside: Sequence[ContainerDemand], profile: str) -> ServerDemand:
    requests = {**_own(traits, "guarantee"), **_numbers(mapping_at(traits, "extra_resource_guarantees"))}
    limits = {**_own(traits, "limit"), **_numbers(mapping_at(traits, "extra_resource_limits"))}
    # Kubernetes takes a limit for the request where there is none.
    notebook = ContainerDemand("notebook", {**limits, **requests}, limits)
    home = formats.quantity(traits.get("storage_capacity"))
    kind = traits.get("storage_class")
    return ServerDemand((notebook, *beside), home or 0.0, kind if isinstance(kind, str) else "", profile)


def _own(traits: Mapping[str, object], kind: str) -> dict[str, float]:
    memory, cpu = formats.in_bytes(traits.get(f"mem_{kind}")), formats.quantity(traits.get(f"cpu_{kind}"))
    return {name: number for name, number in (("memory", memory), ("cpu", cpu)) if number}


def _numbers(given: Mapping[str, object]) -> dict[str, float]:
    found = {str(name): formats.quantity(value) for name, value in given.items()}
    return {name: number for name, number in found.items() if number is not None}


def with_defaults(demand: ServerDemand, ranges: Sequence[LimitRange]) -> ServerDemand:
    """Return the demand with what the limit ranges give containers that say nothing themselves.

    The API server has filled in defaults that follow from others before it serves a limit range (core/v1 defaults).
    """
    bounds = [limit for one in ranges for limit in one.limits if limit.kind == "Container"]
    limits = {name: amount(value) for limit in bounds for name, value in limit.default.items()}
    requests = {name: amount(value) for limit in bounds for name, value in limit.default_request.items()}
    containers = tuple(
        ContainerDemand(one.name, {**requests, **one.requests}, {**limits, **one.limits}, one.is_init)
        for one in demand.containers
    )
    return ServerDemand(containers, demand.home, demand.storage_class, demand.profile)

"""Starts that a quota or a limit range of the namespace would refuse, told before somebody tries. Pure.

A ResourceQuota counts what the namespace has; a LimitRange bounds each container, pod and claim (Kubernetes 1.35:
`pkg/quota/v1/evaluator/core`, `plugin/pkg/admission/limitranger`). What cannot be compared is left out, never guessed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clients.kube.quotas import LimitRange, LimitRangeItem, ResourceQuota, amount
from commands.kubernetes.problem import USERS, Cause, Trouble
from commands.servers.server_demand import Numbers, ServerDemand, with_defaults
from commands.text.byte_sizes import spoken

# So little room is told before there is none: two more servers, or the last tenth.
_FEW: Final = 3
_NEARLY: Final = 0.9
# What a quota wants every container to say (`validationSet`), as kind and resource.
_REQUIRED: Final = {
    "cpu": ("requests", "cpu"),
    "requests.cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"),
    "limits.memory": ("limits", "memory"),
}
_CLAIMS: Final = ("persistentvolumeclaims", "count/persistentvolumeclaims")
_OF_CLASS: Final = ".storageclass.storage.k8s.io/"
# Scopes of pods that a user's server is none of, or always: it has no deadline.
_NEVER: Final = "Terminating"
_ALWAYS: Final = "NotTerminating"
_BYTES: Final = ("memory", "storage")


@dataclass(frozen=True)
class QuotaTrouble:
    """A quota or limit range that stands in the way of starts: now (`refuses`), or soon.

    `of_homes` says that only those are concerned who have no home yet; `profiles` that only a server with one of these
    is; `by_servers` that it is what other servers take.
    """

    words: str
    refuses: bool
    of_homes: bool = False
    profiles: tuple[str, ...] = ()
    by_servers: bool = False

    @property
    def is_for_all(self) -> bool:
        """True if it concerns every start, whoever's and with whatever profile."""
        return not (self.of_homes or self.profiles)

    @property
    def way(self) -> str:
        """The way out, in a sentence."""
        if self.by_servers:
            return "Whoever runs the cluster can raise it; stopping servers that nobody uses makes room, too."
        return "Whoever runs the cluster can change it; or the values ask for something else (singleuser)."

    @property
    def trouble(self) -> Trouble:
        """The same as a problem with a next step."""
        return Trouble(Cause.QUOTA, self.words, USERS, self.way)


@dataclass(frozen=True)
class _Obstacle:
    what: str
    refuses: bool
    of_homes: bool = False
    by_servers: bool = False


def quota_troubles(
    demands: Sequence[ServerDemand], quotas: Sequence[ResourceQuota], ranges: Sequence[LimitRange]
) -> list[QuotaTrouble]:
    """Return what stands in the way of a new server, or soon will, each once; what refuses all comes first."""
    met: dict[_Obstacle, list[str]] = {}
    for demand in demands:
        asked = with_defaults(demand, ranges)
        for one in (*_of_quotas(asked, quotas), *_of_ranges(asked, ranges)):
            met.setdefault(one, []).append(demand.profile)
    found = [_trouble(one, profiles if len(profiles) < len(demands) else ()) for one, profiles in met.items()]
    return sorted(found, key=lambda one: (not one.refuses, not one.is_for_all))


def _trouble(one: _Obstacle, profiles: Sequence[str]) -> QuotaTrouble:
    whom = "the home of somebody new" if one.of_homes else "a new server"
    if profiles:
        named = ", ".join(f"“{name}”" for name in profiles[:3])
        whom = f"{whom} with profile {named}"
    end = f" {whom[:1].upper()}{whom[1:]} would be refused." if one.refuses else ""
    return QuotaTrouble(f"{one.what}{end}", one.refuses, one.of_homes, tuple(profiles), one.by_servers)


# Quotas


def _of_quotas(demand: ServerDemand, quotas: Sequence[ResourceQuota]) -> Iterator[_Obstacle]:
    for quota in quotas:
        if not _counts(quota, demand):
            continue
        yield from _unsaid(demand, quota)
        for resource in quota.hard:
            asked, of_homes = _asked(demand, resource)
            if asked and (told := _room(quota, resource, asked)):
                yield _Obstacle(told[0], told[1], of_homes, by_servers=not of_homes)


def _counts(quota: ResourceQuota, demand: ServerDemand) -> bool:
    """Return True if the quota surely counts a user's server. Scopes by priority and the like are not known."""
    is_best_effort = not any(one.requests or one.limits for one in demand.containers)
    fits = {_ALWAYS: True, _NEVER: False, "BestEffort": is_best_effort, "NotBestEffort": not is_best_effort}
    return not quota.is_selective and all(fits.get(scope, False) for scope in quota.scopes)


def _unsaid(demand: ServerDemand, quota: ResourceQuota) -> Iterator[_Obstacle]:
    missing = {
        name: silent for name in quota.hard if name in _REQUIRED and (silent := demand.without(*_REQUIRED[name]))
    }
    if missing:
        containers = dict.fromkeys(one for silent in missing.values() for one in silent)
        yield _Obstacle(
            f"The quota {quota.name} takes only pods each container of which sets {', '.join(missing)}; of a server’s, "
            f"{', '.join(containers)} does not.",
            refuses=True,
        )


def _asked(demand: ServerDemand, resource: str) -> tuple[float, bool]:
    """Return how much of a quota's resource a server takes, and if only somebody new does; 0 where that is unknown."""
    if resource in ("pods", "count/pods"):
        return 1.0, False
    if resource in _CLAIMS:
        return (1.0 if demand.home else 0.0), True
    if resource == "requests.storage":
        return demand.home, True
    if _OF_CLASS in resource:
        kind, _, what = resource.partition(_OF_CLASS)
        its = {"requests.storage": demand.home, "persistentvolumeclaims": 1.0 if demand.home else 0.0}
        return (its.get(what, 0.0) if kind == demand.storage_class else 0.0), True
    kind, dot, name = resource.partition(".")
    if dot and kind in ("requests", "limits"):
        return demand.total(kind, name), False
    return (demand.total("requests", resource) if resource in ("cpu", "memory") else 0.0), False


def _room(quota: ResourceQuota, resource: str, asked: float) -> tuple[str, bool] | None:
    """Return a sentence on a resource of which there is no room for another server, or hardly any."""
    hard, used = amount(quota.hard[resource]), amount(quota.used.get(resource))
    if math.isnan(hard) or math.isnan(used):
        return None
    count = f"{_shown(resource, used)} of {_shown(resource, hard)}"
    takes = (
        ""
        if "pods" in resource or "persistentvolumeclaims" in resource
        else f", and each takes {_shown(resource, asked)}"
    )
    if used + asked > hard:
        state = "is used up" if used >= hard else "has no room for another server"
        return f"The namespace’s quota {quota.name} {state}: {count} {resource} used{takes}.", True
    left = math.floor((hard - used) / asked)
    if left < _FEW or used >= _NEARLY * hard:
        servers = "1 more server" if left == 1 else f"{left} more servers"
        return f"The namespace’s quota {quota.name} has room for {servers}: {count} {resource} used{takes}.", False
    return None


def _shown(resource: str, number: float) -> str:
    if any(resource.endswith(one) for one in _BYTES):
        return spoken(round(number))
    return f"{round(number, 3):g}"


# Limit ranges


def _of_ranges(demand: ServerDemand, ranges: Sequence[LimitRange]) -> Iterator[_Obstacle]:
    for one in ranges:
        for limit in one.limits:
            for what, of_homes in _outside(demand, limit):
                yield _Obstacle(f"The namespace’s limit range {one.name} {what}.", refuses=True, of_homes=of_homes)


def _outside(demand: ServerDemand, limit: LimitRangeItem) -> Iterator[tuple[str, bool]]:
    if limit.kind == "PersistentVolumeClaim":
        yield from ((text, True) for text in _bounds(limit, {"storage": demand.home}, {}, "a home") if demand.home)
    elif limit.kind == "Pod":
        requests = _sums(demand, "requests", limit)
        yield from ((text, False) for text in _bounds(limit, requests, _sums(demand, "limits", limit), "a pod"))
    elif limit.kind == "Container":
        for one in demand.containers:
            whose = "a container" if one.name == "notebook" else f"the container {one.name}"
            yield from ((text, False) for text in _bounds(limit, one.requests, one.limits, whose))
            yield from ((text, False) for text in _uneven(limit, one.requests, one.limits))


def _sums(demand: ServerDemand, kind: str, limit: LimitRangeItem) -> dict[str, float]:
    names = {*limit.most, *limit.least}
    return {name: total for name in names if (total := demand.total(kind, name))}


def _bounds(limit: LimitRangeItem, requests: Numbers, limits: Numbers, whose: str) -> Iterator[str]:
    """Yield which bounds are not kept. A maximum holds for limit and request, a minimum for the request."""
    for resource, bound in limit.most.items():
        asked = max(requests.get(resource, 0.0), limits.get(resource, 0.0))
        if asked > amount(bound):
            yield (
                f"allows {whose} at most {_shown(resource, amount(bound))} of {resource}, and a server’s asks for "
                f"{_shown(resource, asked)}"
            )
    for resource, bound in limit.least.items():
        if 0 < requests.get(resource, 0.0) < amount(bound):
            yield (
                f"wants {whose} to ask for at least {_shown(resource, amount(bound))} of {resource}, and a server’s "
                f"asks for {_shown(resource, requests[resource])}"
            )


def _uneven(limit: LimitRangeItem, requests: Numbers, limits: Numbers) -> Iterator[str]:
    """Yield the defaults that put a limit below what a container asks for, and ratios that are not kept."""
    for resource in limit.default:
        if requests.get(resource, 0.0) > limits.get(resource, math.inf):
            yield (
                f"gives a container a limit of {_shown(resource, limits[resource])} of {resource}, less than the "
                f"{_shown(resource, requests[resource])} that a server’s asks for"
            )
    for resource, ratio in limit.ratio.items():
        asked, most = requests.get(resource, 0.0), limits.get(resource, 0.0)
        if asked and most and most / asked > amount(ratio):
            yield (
                f"allows a container a limit of at most {amount(ratio):g} times its request of {resource}, and a "
                f"server’s has {most / asked:.3g} times"
            )

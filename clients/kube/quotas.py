"""What a namespace may use: ResourceQuotas, and the LimitRanges that bound each of its pods and claims.

Quantities stay as they are written (Kubernetes 1.35, core/v1): they are compared by `amount`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from clients.answers import Json, part, parts, text, texts
from clients.kube.quantities import to_number

# A quota names some dozen resources, a limit range some fewer.
_MOST: Final = 200
Amounts = Mapping[str, str]


@dataclass(frozen=True)
class ResourceQuota:
    """A quota: what the namespace may use (`hard`) and uses (`used`), by resource such as "pods" or "requests.memory".

    `used` lacks what Kubernetes has not counted yet. `scopes` are the kinds of pods that it counts, all if empty;
    `is_selective` that it counts only those that a scope selector takes.
    """

    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[str, ...] = ()
    is_selective: bool = False

    @classmethod
    def from_json(cls, quota: Json) -> "ResourceQuota":
        """Return a quota from a v1 ResourceQuota. The limits in its spec count: the status follows them."""
        spec, status = part(quota, "spec"), part(quota, "status")
        return cls(
            name=text(part(quota, "metadata"), "name"),
            hard=_amounts(spec, "hard"),
            used=_amounts(status, "used"),
            scopes=tuple(texts(spec, "scopes")),
            is_selective=bool(part(spec, "scopeSelector")),
        )


@dataclass(frozen=True)
class LimitRangeItem:
    """The bounds of one kind of thing: "Container", "Pod" or "PersistentVolumeClaim", by resource such as "memory".

    `default` and `default_request` are what a container gets that says nothing itself.
    """

    kind: str
    most: Amounts
    least: Amounts
    default: Amounts
    default_request: Amounts
    ratio: Amounts


@dataclass(frozen=True)
class LimitRange:
    """The bounds of what is created in a namespace."""

    name: str
    limits: tuple[LimitRangeItem, ...]

    @classmethod
    def from_json(cls, limits: Json) -> "LimitRange":
        """Return the bounds from a v1 LimitRange."""
        found = parts(part(limits, "spec"), "limits")[:_MOST]
        return cls(text(part(limits, "metadata"), "name"), tuple(_limit(one) for one in found))


def _limit(one: Json) -> LimitRangeItem:
    return LimitRangeItem(
        kind=text(one, "type"),
        most=_amounts(one, "max"),
        least=_amounts(one, "min"),
        default=_amounts(one, "default"),
        default_request=_amounts(one, "defaultRequest"),
        ratio=_amounts(one, "maxLimitRequestRatio"),
    )


def amount(quantity: object) -> float:
    """Return a quantity as a number; not a number (NaN), which compares as False with all, for what is none."""
    found = to_number(str(quantity))
    return math.nan if found is None else found


def _amounts(parent: Json, name: str) -> Amounts:
    found = part(parent, name)
    named = list(found.items())[:_MOST]
    return {key[:300]: str(value)[:60] for key, value in named if isinstance(value, str | int | float)}

"""Upgrades of a managed cluster as Azure offers them: versions, node images, support plans, maintenance windows.

Microsoft.ContainerService 2026-08-01: upgradeProfiles, kubernetesVersions and maintenanceConfigurations as plain data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clients.answers import Json, all_parts, needed, part, parts, text, texts, typed

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import (
        AgentPoolUpgradeProfile,
        KubernetesVersionListResult,
        MaintenanceConfiguration,
        ManagedClusterUpgradeProfile,
    )

# Azure names a handful of each; what is beyond is no answer of Azure's.
_MOST: Final = 200
_UNITS: Final = {
    "daily": ("day", "intervalDays"),
    "weekly": ("week", "intervalWeeks"),
    "absoluteMonthly": ("month", "intervalMonths"),
    "relativeMonthly": ("month", "intervalMonths"),
}


@dataclass(frozen=True)
class Offer:
    """A Kubernetes version that may be upgraded to, and if it is in preview."""

    version: str
    preview: bool = False


@dataclass(frozen=True)
class UpgradeProfile:
    """The version of a control plane or a node pool, and what it may be upgraded to.

    `image` is the newest node image for a pool; empty for a control plane and where Azure names none.
    """

    version: str
    offers: tuple[Offer, ...]
    image: str = ""


@dataclass(frozen=True)
class MinorVersion:
    """A minor version that a region has ("1.36"): its patch versions and the support plans that it has."""

    version: str
    plans: tuple[str, ...]
    patches: tuple[str, ...]
    preview: bool = False


@dataclass(frozen=True)
class Maintenance:
    """A maintenance window: what Azure does by itself, it does then.

    It comes every `every` days, weeks or months (`unit`), on `day`: a weekday, a day of the month, or the `week` of a
    month and a weekday. `start` is a time of day at `offset` from UTC. `slots` are weekdays with hours, the form of the
    configuration named "default"; one that has slots has no `unit`.
    """

    name: str
    every: int = 0
    unit: str = ""
    day: str = ""
    week: str = ""
    start: str = ""
    offset: str = "+00:00"
    hours: int = 0
    begins: str = ""
    slots: tuple[tuple[str, tuple[int, ...]], ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()


def control_plane_profile(raw: "ManagedClusterUpgradeProfile") -> UpgradeProfile:
    """Return what the control plane may be upgraded to. Raise UnreadableError for what is no profile."""
    return _profile(part(_properties(raw.as_dict()), "controlPlaneProfile"))


def pool_profile(raw: "AgentPoolUpgradeProfile") -> UpgradeProfile:
    """Return what a node pool may be upgraded to. Raise UnreadableError for what is no profile."""
    return _profile(_properties(raw.as_dict()))


def minor_versions(raw: "KubernetesVersionListResult") -> tuple[MinorVersion, ...]:
    """Return the minor versions of a region. Raise UnreadableError for what is no list of them."""
    return tuple(
        MinorVersion(
            version=text(one, "version"),
            plans=tuple(texts(typed(one, "capabilities", dict, {}), "supportPlan")),
            patches=tuple(typed(one, "patchVersions", dict, {}))[:_MOST],
            preview=typed(one, "isPreview", bool, False),
        )
        for one in all_parts(dict(raw.as_dict()), "values")[:_MOST]
    )


def maintenance_of(raw: "MaintenanceConfiguration") -> Maintenance:
    """Return a maintenance window. Raise UnreadableError for what is none."""
    told = raw.as_dict()
    its = _properties(told)
    window = typed(its, "maintenanceWindow", dict, {})
    schedule = typed(window, "schedule", dict, {})
    kind = next((one for one in _UNITS if typed(schedule, one, dict, {})), "")
    rule, (unit, every) = typed(schedule, kind, dict, {}), _UNITS.get(kind, ("", ""))
    return Maintenance(
        name=needed(told, "name"),
        every=typed(rule, every, int, 0) if every else 0,
        unit=unit,
        day=text(rule, "dayOfWeek") or str(typed(rule, "dayOfMonth", int, 0) or ""),
        week=text(rule, "weekIndex"),
        start=text(window, "startTime"),
        offset=text(window, "utcOffset") or "+00:00",
        hours=typed(window, "durationHours", int, 0),
        begins=text(window, "startDate"),
        slots=tuple((text(one, "day"), _hours(one)) for one in parts(its, "timeInWeek")[:_MOST]),
        blocked=(*_spans(its, "notAllowedTime"), *_spans(window, "notAllowedDates")),
    )


def _profile(its: Json) -> UpgradeProfile:
    offers = tuple(
        Offer(text(one, "kubernetesVersion"), typed(one, "isPreview", bool, False))
        for one in parts(its, "upgrades")[:_MOST]
    )
    return UpgradeProfile(needed(its, "kubernetesVersion"), offers, text(its, "latestNodeImageVersion"))


def _hours(slot: Json) -> tuple[int, ...]:
    return tuple(hour for hour in typed(slot, "hourSlots", list, []) if isinstance(hour, int))


def _spans(its: Json, name: str) -> tuple[tuple[str, str], ...]:
    return tuple((text(one, "start"), text(one, "end")) for one in parts(its, name)[:_MOST])


def _properties(told: Mapping[str, object]) -> Json:
    return typed(dict(told), "properties", dict, {})

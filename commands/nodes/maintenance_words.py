"""Maintenance windows in words. They hold back what Azure does by itself, and nothing that is asked for here. Pure."""

from collections.abc import Sequence
from typing import Final

from clients.azure.cluster_upgrades import Maintenance

# Planned maintenance of AKS: the names that its configurations have, and what each is about.
_ABOUT: Final = {
    "default": "Azure’s own changes to the cluster",
    "aksManagedAutoUpgradeSchedule": "automatic upgrades of Kubernetes",
    "aksManagedNodeOSUpgradeSchedule": "automatic upgrades of node images",
}
_SHOWN: Final = 5


def windows(found: Sequence[Maintenance]) -> tuple[str, ...]:
    """Return a line for each window."""
    return tuple(_line(one) for one in found)


def _line(one: Maintenance) -> str:
    about = _ABOUT.get(one.name, one.name)
    return f"{about[0].upper()}{about[1:]}: {_when(one)}{_from(one)}{_blocked(one)}"


def _when(one: Maintenance) -> str:
    if one.unit:
        every = f"every {one.unit}" if one.every <= 1 else f"every {one.every} {one.unit}s"
        return f"{every}{_day(one)} at {one.start or 'an unknown time'} (UTC{one.offset}), for {one.hours} h"
    if one.slots:
        return ", ".join(f"{day} {_hours(hours)} UTC" for day, hours in one.slots)
    return "a schedule that the bot does not know"


def _day(one: Maintenance) -> str:
    if one.week:
        return f" on the {one.week.lower()} {one.day}"
    return f" on day {one.day}" if one.day.isdecimal() else f" on {one.day}" if one.day else ""


def _hours(hours: Sequence[int]) -> str:
    return ", ".join(f"{hour:02d}:00–{(hour + 1) % 24:02d}:00" for hour in hours) or "at no hour"


def _from(one: Maintenance) -> str:
    return f", from {one.begins} on" if one.begins else ""


def _blocked(one: Maintenance) -> str:
    if not one.blocked:
        return ""
    spans = ", ".join(f"{start} to {end}" for start, end in one.blocked[:_SHOWN])
    more = f" and {len(one.blocked) - _SHOWN} more" if len(one.blocked) > _SHOWN else ""
    return f"; not {spans}{more}"

"""The effects of one release state replacing another, by values and objects, for all commands alike. Pure.

They are computed from unredacted values and hold no secret: an impact names paths and objects alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from clients.helm import Release
from commands.framework.effects import Effect, Impact, ordered
from commands.kubernetes.home_places import HomePlaces, home_places
from commands.release.manifest_diff import ObjectChange, compare
from commands.release.manifest_effects import manifest_effects
from commands.release.manifest_objects import Objects, objects
from commands.values.effects import value_effects
from commands.values.schema_errors import effective_values

# The effects that other values, or another version of the chart, may have.
OF_VALUES: Final = tuple(Effect)


@dataclass(frozen=True)
class NewState:
    """The new state of a release: its chart version, its values, the chart's defaults and the objects."""

    chart_version: str
    values: Mapping[str, object] = field(repr=False)
    defaults: Mapping[str, object] = field(repr=False)
    objects: Objects = field(repr=False)


def impacts(
    live: Release, becomes: NewState, before: Objects, changes: Sequence[ObjectChange], *, homes_stay: bool = False
) -> tuple[Impact, ...]:
    """Return the effects, the gravest first. `before` are the live objects, `changes` their differences.

    With `homes_stay` the people who exist are known to find their homes where they were.
    """
    same = live.chart.version == becomes.chart_version
    of_objects = manifest_effects(changes, before, becomes.objects, same_chart=same)
    # Both get the new defaults: changed defaults are what another chart version is. Homes that they would hide block
    # an upgrade (`commands.chart.hazards_homes`).
    of_values = value_effects(
        effective_values(live.values, becomes.defaults),
        effective_values(becomes.values, becomes.defaults),
        homes_stay=homes_stay,
    )
    return ordered((*of_objects, *of_values))


def places_of(values: Mapping[str, object], defaults: Mapping[str, object], chart_version: str) -> HomePlaces:
    """Return the rule by which homes are found with that chart and these values."""
    major = chart_version.removeprefix("v").partition(".")[0]
    return home_places(effective_values(values, defaults), int(major) if major.isdecimal() else 0)


def rollback_impacts(
    live: Release, target: Release, namespace: str, values: Mapping[str, object]
) -> tuple[Impact, ...]:
    """Return the effects of restoring an earlier revision with these values. Raise ValueError for bad YAML."""
    before, after = objects(live.manifest, namespace), objects(target.manifest, namespace)
    new_state = NewState(target.chart.version, values, target.defaults, after)
    now = places_of(live.values, live.defaults, live.chart.version)
    stay = now.surely_agrees(places_of(values, target.defaults, target.chart.version))
    return impacts(live, new_state, before, compare(before, after), homes_stay=stay)

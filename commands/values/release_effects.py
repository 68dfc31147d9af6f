"""The effects of a release becoming another one: by its values and its objects, whichever command wants it. Pure.

They are found from all values as they are, secrets too, and hold none: an impact names paths and objects alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from clients.helm import Release
from commands.framework.effects import Effect, Impact, ordered
from commands.release.manifest_diff import ObjectChange, compare
from commands.release.manifest_effects import manifest_effects
from commands.release.manifest_objects import Objects, objects
from commands.values.effects import value_effects
from commands.values.schema_errors import counting

# What other values, or another version of the chart, may bring.
OF_VALUES: Final = tuple(Effect)


@dataclass(frozen=True)
class Becomes:
    """What a release becomes: the version of its chart, its values and the chart's own, its objects."""

    chart_version: str
    values: Mapping[str, object] = field(repr=False)
    defaults: Mapping[str, object] = field(repr=False)
    objects: Objects = field(repr=False)


def impacts(live: Release, becomes: Becomes, before: Objects, changes: Sequence[ObjectChange]) -> tuple[Impact, ...]:
    """The effects, what is graver first. `before` are the live objects, `changes` what becomes of them."""
    same = live.chart.version == becomes.chart_version
    of_objects = manifest_effects(changes, before, becomes.objects, same_chart=same)
    # What another version of the chart has as its own is what such a version is; homes that it would hide block an
    # upgrade (`commands.chart.hazards_homes`).
    of_values = value_effects(counting(live.values, becomes.defaults), counting(becomes.values, becomes.defaults))
    return ordered((*of_objects, *of_values))


def of_going_back(live: Release, target: Release, namespace: str, values: Mapping[str, object]) -> tuple[Impact, ...]:
    """The effects of an earlier revision coming back, with these values. Raises ValueError for what is no YAML."""
    before, there = objects(live.manifest, namespace), objects(target.manifest, namespace)
    becomes = Becomes(target.chart.version, values, target.defaults, there)
    return impacts(live, becomes, before, compare(before, there))

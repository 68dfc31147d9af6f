"""Hazards between two versions of the chart, from all of their kinds, the worst first. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from clients.helm import ChartFiles
from commands.chart import (
    hazards_access,
    hazards_components,
    hazards_homes,
    hazards_hub6,
    hazards_network,
    hazards_values,
    hazards_versions,
)
from commands.chart.hazard import ChartUpgrade, Hazard, HazardSeverity
from commands.chart.value_fixes import ConvertedValues, converted
from commands.values.schema_errors import SchemaViolation, schema_violations


def hazards(upgrade: ChartUpgrade, chart: ChartFiles) -> tuple[Hazard, ...]:
    """Return the hazards of the upgrade to `chart`, blocking ones first. Raise Unavailable.

    Logins, and the meaning of other values, are judged by the converted values: `auth:` says as much as `hub.config`.
    """
    done = converted(upgrade.values, upgrade.here.version, upgrade.there.version)
    refused = _refused(schema_violations(done.values, chart.values, chart.schema), done)
    return _ordered([*_known(upgrade, done), *refused])


def without_chart(upgrade: ChartUpgrade) -> tuple[Hazard, ...]:
    """Return the hazards that can be found without the chart's schema."""
    return _ordered(_known(upgrade, converted(upgrade.values, upgrade.here.version, upgrade.there.version)))


def _known(upgrade: ChartUpgrade, done: ConvertedValues) -> list[Hazard]:
    new = replace(upgrade, values=done.values)
    others = [] if upgrade.is_downgrade else [*hazards_homes.hazards(upgrade), *_of_meaning(new)]
    return [*hazards_versions.hazards(new), *others, *_old_forms(upgrade, done)]


def _ordered(found: Iterable[Hazard]) -> tuple[Hazard, ...]:
    return tuple(sorted(found, key=lambda one: (not one.blocks, -one.severity)))


def _of_meaning(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    yield from hazards_network.hazards(upgrade)
    yield from hazards_components.hazards(upgrade)
    yield from hazards_hub6.hazards(upgrade)
    yield from hazards_access.hazards(upgrade)
    yield from hazards_values.hazards(upgrade)


def _old_forms(upgrade: ChartUpgrade, done: ConvertedValues) -> Iterator[Hazard]:
    if heads := old_forms(done):
        yield Hazard(
            "old-forms",
            HazardSeverity.WARNING,
            f"{', '.join(heads)}: an old form",
            f"Chart {upgrade.there.version} refuses or ignores it.",
            blocks=True,
            fixable=True,
        )
    for text in done.unclear:
        yield Hazard("unclear", HazardSeverity.SERIOUS, "A value that needs a person's decision", text, blocks=True)


def old_forms(done: ConvertedValues) -> tuple[str, ...]:
    """Return the values that had an old form, by path: all of `auth` is one."""
    return tuple(dict.fromkeys(_head(one.old) for one in done.shifts if one.old))


def _head(path: str) -> str:
    """Return `auth` or `….imagePullSecret` for what is below them, else the whole path."""
    found = re.match(r"auth(?=\.)|(?:hub|singleuser)\.imagePullSecret(?=\.)", path)
    return found[0] if found else path


def _refused(found: tuple[SchemaViolation, ...], done: ConvertedValues) -> Iterator[Hazard]:
    for one in found:
        # Unclear values are not converted, and are mentioned once.
        if not any(text.startswith(one.path) for text in done.unclear):
            yield Hazard(
                "schema", HazardSeverity.SERIOUS, f"The chart refuses {one.path}", f"It {one.why}.", blocks=True
            )

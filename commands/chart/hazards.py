"""Hazards between two versions of the chart, from all of their kinds, the worst first. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

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
from commands.values.hub_check import HubCheck, beside
from commands.values.hub_config import HubConfig
from commands.values.login_rules import login_violations
from commands.values.schema_errors import SchemaViolation, schema_violations

_UNASKED: Final = HubCheck()
CLASSES: Final = "hub-classes"
"""The beginning of the keys of what JupyterHub's own classes say."""
_NOT_ASKED: Final = f"{CLASSES}-unasked"


def hazards(upgrade: ChartUpgrade, chart: ChartFiles, checked: HubCheck = _UNASKED) -> tuple[Hazard, ...]:
    """Return the hazards of the upgrade to `chart`, blocking ones first. Raise Unavailable.

    Logins, and the meaning of other values, are judged by the converted values: `auth:` says as much as `hub.config`.
    `checked` is what the new JupyterHub's own classes say of those.
    """
    done = converted(upgrade.values, upgrade.here.version, upgrade.there.version)
    refused = _refused(schema_violations(done.values, chart.values, chart.schema), done)
    said = login_violations(HubConfig(done.values), chart.version)
    return _ordered([*_known(upgrade, done), *refused, *_of_classes(beside(checked.violations, said), checked)])


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


def _of_classes(found: Iterable[SchemaViolation], checked: HubCheck) -> Iterator[Hazard]:
    for one in found:
        severity, title = (
            (HazardSeverity.SERIOUS, f"The hub would refuse {one.path}")
            if one.breaks
            else (HazardSeverity.WARNING, f"{one.path} may not do what it says")
        )
        yield Hazard(CLASSES, severity, title, f"It {one.why}.", blocks=one.breaks)
    if checked.unchecked:
        title = "Whether the hub takes all values is not known"
        yield Hazard(_NOT_ASKED, HazardSeverity.NOTE, title, checked.unchecked)


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

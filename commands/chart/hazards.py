"""Hazards between two versions of the chart, from all of their kinds, the worst first. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from clients.helm import ChartFiles
from commands.chart import hazards_access, hazards_homes, hazards_values, hazards_versions
from commands.chart.hazard import Crossing, Hazard, HazardSeverity
from commands.chart.value_fixes import Mended, mended
from commands.values.schema_errors import SchemaViolation, schema_violations


def hazards(way: Crossing, chart: ChartFiles) -> tuple[Hazard, ...]:
    """Return the hazards of the upgrade to `chart`, blocking ones first. Raise Unavailable.

    Logins, and the meaning of other values, are judged by the converted values: `auth:` says as much as `hub.config`.
    """
    done = mended(way.values, way.here.version, way.there.version)
    refused = _refused(schema_violations(done.values, chart.values, chart.schema), done)
    return _ordered([*_known(way, done), *refused])


def without_chart(way: Crossing) -> tuple[Hazard, ...]:
    """Return the hazards that can be found without the chart's schema."""
    return _ordered(_known(way, mended(way.values, way.here.version, way.there.version)))


def _known(way: Crossing, done: Mended) -> list[Hazard]:
    new = replace(way, values=done.values)
    others = [] if way.is_downgrade else [*hazards_homes.hazards(way), *_of_meaning(new)]
    return [*hazards_versions.hazards(new), *others, *_old_forms(way, done)]


def _ordered(found: Iterable[Hazard]) -> tuple[Hazard, ...]:
    return tuple(sorted(found, key=lambda one: (not one.blocks, -one.severity)))


def _of_meaning(way: Crossing) -> Iterator[Hazard]:
    yield from hazards_access.hazards(way)
    yield from hazards_values.hazards(way)


def _old_forms(way: Crossing, done: Mended) -> Iterator[Hazard]:
    heads = list(dict.fromkeys(_head(one.old) for one in done.shifts if one.old))
    if heads:
        yield Hazard(
            "old-forms",
            HazardSeverity.WARNING,
            f"{', '.join(heads)}: an old form",
            f"Chart {way.there.version} refuses or ignores it.",
            blocks=True,
            mended=True,
        )
    for text in done.unclear:
        yield Hazard("unclear", HazardSeverity.SERIOUS, "A value that needs a person's decision", text, blocks=True)


def _head(path: str) -> str:
    """Return `auth` or `….imagePullSecret` for what is below them, else the whole path."""
    found = re.match(r"auth(?=\.)|(?:hub|singleuser)\.imagePullSecret(?=\.)", path)
    return found[0] if found else path


def _refused(found: tuple[SchemaViolation, ...], done: Mended) -> Iterator[Hazard]:
    for one in found:
        # What is unclear stays where it was, and is named once.
        if not any(text.startswith(one.path) for text in done.unclear):
            yield Hazard(
                "schema", HazardSeverity.SERIOUS, f"The chart refuses {one.path}", f"It {one.why}.", blocks=True
            )

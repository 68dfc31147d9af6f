"""The plan of `config migrate`: which values move, and if they must be deployed at once, with which chart.

If the values are stored in the release, only helm writes them, so the migration is an upgrade. If they are stored in a
file, writing the file is enough, unless a secret moves that only the release has: it is found by its path, so the
release must get it at its new path first. Helm uses the live chart if that accepts the new form; if it does not (as
with `hub.podSecurityContext` before 2.0), values and chart can only change together. Before the first installation
there is only the file.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cards.views import Difference
from clients.errors import NotFound, Unavailable
from clients.helm import ChartFiles, Release
from clients.values import ValueChange
from commands.chart.assessment import assess_upgrade
from commands.chart.value_fixes import ConvertedValues, converted
from commands.chart.versions import chart_files, first_version, newest
from commands.framework.effects import Impact
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, digest_values, incidental
from commands.ports.context import Reads
from commands.release.record import is_pending, standing
from commands.values.base import (
    BaseValues,
    StoredValues,
    stored_values,
    value_at,
    with_changes,
    with_fallback,
    with_release_secrets,
)
from commands.values.draft import Shift
from commands.values.dry_run import dry_run
from commands.values.schema_errors import schema_violations
from commands.values.secrets import secret_paths

_LINE: Final = "/jhub config migrate {}"


@dataclass(frozen=True)
class Migration:
    """The plan, by paths alone: it contains none of the present values.

    It goes from chart `here`, which is live (empty before the first installation), to the form of chart `there`.
    `chart` is the one that helm deploys the new values with, empty if it is not run; `warnings` are the other hazards
    of such an upgrade.
    """

    release: str
    revision: int
    values_digest: str
    here: str
    there: str
    chart: str
    place: str
    kind: str
    written: str
    shifts: tuple[Shift, ...]
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())
    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """The effects that people have to approve."""

    @property
    def in_file(self) -> bool:
        """True if values are stored elsewhere than in the release."""
        return self.kind != "release"

    @property
    def with_chart(self) -> bool:
        """True if the chart changes with the values."""
        return bool(self.chart) and self.chart != self.here

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The values that a rule sets; the others only move."""
        return tuple(Difference(one.new, "—", one.value) for one in self.shifts if not one.old)


async def migration(version: str, reads: Reads) -> Migration:
    """Plan the migration. Raise UserError if nothing would change, if people must decide, or if it is blocked.

    Without a version, the newest chart's form is meant. Raise Unavailable.
    """
    revision, live = await _base(reads)
    stored = await stored_values(reads)
    start = BaseValues(with_fallback(stored.values, stored.extra), stored.version)
    chart = await chart_files(reads, version or await _newest(reads, live), _LINE)
    here = live.chart.version if live else ""
    done = _understood(converted_base(stored, here, chart.version), chart.version, live)
    _check_secrets_file(stored, here, chart.version)
    plan = Migration(
        release=reads.names.release,
        revision=revision,
        values_digest=digest_values(start.values),
        here=here,
        there=chart.version,
        chart="",
        place=reads.values.place,
        kind=reads.values.kind,
        written=start.version,
        shifts=done.shifts,
    )
    if live is None:
        return plan
    plan = await _with_helm(plan, live, chart, start, done, reads)
    return await _with_effects(plan, live, done, reads) if plan.chart else plan


async def _with_effects(plan: Migration, live: Release, done: ConvertedValues, reads: Reads) -> Migration:
    """Add the effects beyond the new form: the live values are converted first, which alone changes nothing."""
    same = replace(live, values=converted(live.values, plan.here, plan.there).values)
    found = await dry_run(reads, same, revision=plan.revision, version=plan.chart, values=done.values)
    return replace(plan, impacts=found.impacts, warnings=(*found.servers, *plan.warnings))


async def _base(reads: Reads) -> tuple[int, Release | None]:
    """Return the newest revision's number and the live one; 0 and None where there is only a file to convert."""
    latest, live = await asyncio.gather(reads.releases.current(), reads.releases.deployed())
    if latest is None or latest.status == "uninstalled":
        if reads.values.kind == "release":
            raise UserError(
                f"There is no release “{reads.names.release}” yet, and its values are stored nowhere else, "
                "so no values need migrating."
            )
        return 0, None
    if is_pending(latest):
        raise UserError(f"Revision {latest.revision} is not finished: {standing(latest)[0]}.", "/jhub history")
    return latest.revision, live or latest


async def _newest(reads: Reads, live: Release | None) -> str:
    if live is None:
        return await first_version(reads)
    try:
        return newest(await reads.charts.versions()) or live.chart.version
    except Unavailable:
        return live.chart.version


def _understood(done: ConvertedValues, version: str, live: Release | None) -> ConvertedValues:
    if done.unclear:
        raise UserError(f"Nothing was changed: these values need your decision first. {' '.join(done.unclear)}")
    if not done.shifts:
        raise UserError(
            f"There is nothing to change: the values already have the form of chart {version}.",
            f"/jhub upgrade check {version}" if live else f"/jhub deploy --chart {version} --dry-run",
        )
    return done


def converted_base(stored: StoredValues, here: str, there: str) -> ConvertedValues:
    """Return the converted values of a deployment. What `values.secrets` has counts last, also after the conversion."""
    done = converted(stored.values, here, there)
    return replace(done, values=with_fallback(done.values, stored.extra))


def _check_secrets_file(stored: StoredValues, here: str, version: str) -> None:
    """Raise UserError if values must move in the file of secrets, which the bot never writes."""
    extra = converted(stored.extra, here, version)
    old = [f"{one.old} to {one.new}" for one in extra.shifts if one.old]
    if old:
        raise UserError(f"Move these first in what values.secrets names: {', '.join(old)}.")


async def _with_helm(
    plan: Migration, live: Release, chart: ChartFiles, start: BaseValues, done: ConvertedValues, reads: Reads
) -> Migration:
    """Return the plan with the chart that helm is run with, if it is run."""
    fits = await _fits(live, start.values, done.values, reads)
    if not plan.in_file or await _loses_secrets(plan, live, done, reads):
        if fits:
            return replace(plan, chart=live.chart.version)
        return await _with_chart(plan, chart, done, reads)
    note = f"The live chart {plan.here} does not accept the new form: deploy chart {plan.there} before anything else."
    return plan if fits else replace(plan, warnings=(note,))


async def _fits(live: Release, before: Mapping[str, object], after: Mapping[str, object], reads: Reads) -> bool:
    """Return True if the live chart accepts the new form as well as it accepts the old one."""
    try:
        chart = await reads.charts.files(live.chart.version)
    except (NotFound, Unavailable, ValueError):
        return False
    known = set(schema_violations(before, chart.values, chart.schema))
    return not set(schema_violations(after, chart.values, chart.schema)) - known


async def _loses_secrets(plan: Migration, live: Release, done: ConvertedValues, reads: Reads) -> bool:
    """Return True if the next deployment would lose a secret, if only the file were changed."""
    written = await reads.values.written()
    stored = converted_stored_values(plan, written.values if written else {}, done.values)
    later = with_fallback(with_release_secrets(stored, live.values), await reads.values.secrets())
    return later != done.values


async def _with_chart(plan: Migration, chart: ChartFiles, done: ConvertedValues, reads: Reads) -> Migration:
    found = await assess_upgrade(reads, chart, done.values)
    if found.blocking:
        raise UserError(
            f"The live chart {plan.here} does not accept the new form, and chart {plan.there} cannot be deployed now: "
            + " ".join(f"{one.title}. {one.text}" for one in found.blocking[:3]),
            f"/jhub upgrade check {plan.there}",
        )
    return replace(plan, chart=plan.there, warnings=tuple(f"{one.title}. {one.text}" for one in found.hazards))


def converted_stored_values(
    plan: Migration, written: Mapping[str, object], whole: Mapping[str, object]
) -> dict[str, object]:
    """Return the converted stored values. `whole` is what is deployed, secrets included.

    A secret that only the release has is found again if the mapping that holds it is stored: if nothing else is in
    that, it is stored empty.
    """
    made = dict(converted(written, plan.here, plan.there).values)
    later = with_release_secrets(made, whole)
    for path in secret_paths(whole):
        holder = path[:-1]
        if (
            value_at(later, path) is None
            and value_at(made, holder) is None
            and all(isinstance(name, str) for name in holder)
        ):
            made = with_changes(made, [ValueChange(holder, None, {})])
    return made

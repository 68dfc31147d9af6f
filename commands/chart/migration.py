"""How old values become new ones in their home: what must be deployed at once, with which chart, and what need not.

Where the release is the home, values are written by helm alone, so the migration is an upgrade. Where they live in a
file, writing the file is enough, unless a secret moves that only the release has: it is found again by its path, so
the release must get it at its new one first. Helm takes the live chart as long as that takes the new form; where it
does not (as `hub.podSecurityContext` before 2.0), values and chart can only change together.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cards.views import Difference
from clients.errors import NotFound, Unavailable
from clients.helm import ChartFiles, Release
from clients.values import ValueChange
from commands.chart.assessment import outlook
from commands.chart.value_fixes import Mended, mended
from commands.chart.versions import chart_of, newest
from commands.framework.effects import Impact
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, digest_values, incidental
from commands.ports.context import Reads
from commands.release.record import is_pending, standing
from commands.values.base import Start, at, changed, laid_over, starting, under
from commands.values.draft import Shift
from commands.values.dry_run import dry_run
from commands.values.schema_errors import complaints
from commands.values.secrets import secret_paths

_LINE: Final = "/jhub config migrate {}"


@dataclass(frozen=True)
class Migration:
    """The plan, by paths alone: no value that was in the values is in it.

    From chart `here`, which is live, to the form of chart `there`. `chart` is the one that helm deploys the new values
    with, empty where it is not run; `warnings` is what else such an upgrade brings.
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
    """What people have to agree to."""

    @property
    def in_file(self) -> bool:
        """Whether there is something to write beside the release."""
        return self.kind != "release"

    @property
    def with_chart(self) -> bool:
        """Whether the chart changes with the values."""
        return bool(self.chart) and self.chart != self.here

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The values that are set by a rule, whoever wrote the others."""
        return tuple(Difference(one.new, "—", one.value) for one in self.shifts if not one.old)


async def migration(version: str, reads: Reads) -> Migration:
    """What would change. Raises UserError where nothing would, where people must decide, or what blocks; Unavailable.

    Without a version, the newest chart's form is meant.
    """
    latest, live = await _base(reads)
    start = await starting(reads)
    there = version or await _newest(reads, live)
    chart = await chart_of(reads, there, _LINE)
    done = _understood(mended(start.values, live.chart.version, chart.version), chart.version)
    await _check_secrets_file(reads, live, chart.version)
    plan = Migration(
        release=reads.names.release,
        revision=latest.revision,
        values_digest=digest_values(start.values),
        here=live.chart.version,
        there=chart.version,
        chart="",
        place=reads.values.place,
        kind=reads.values.kind,
        written=start.version,
        shifts=done.shifts,
    )
    plan = await _with_helm(plan, live, chart, start, done, reads)
    return replace(plan, impacts=await _impacts(plan, live, done, reads)) if plan.chart else plan


async def _impacts(plan: Migration, live: Release, done: Mended, reads: Reads) -> tuple[Impact, ...]:
    """What becomes live with the new form: the live values are put into it first, which alone changes nothing."""
    same = replace(live, values=mended(live.values, plan.here, plan.there).values)
    found = await dry_run(reads, same, revision=plan.revision, version=plan.chart, values=done.values)
    return found.impacts


async def _base(reads: Reads) -> tuple[Release, Release]:
    latest, live = await asyncio.gather(reads.releases.current(), reads.releases.deployed())
    if latest is None:
        raise UserError(f"There is no release “{reads.names.release}” yet, so no values need migrating.")
    if is_pending(latest):
        raise UserError(f"Revision {latest.revision} is not finished: {standing(latest)[0]}.", "/jhub history")
    return latest, live or latest


async def _newest(reads: Reads, live: Release) -> str:
    try:
        return newest(await reads.charts.versions()) or live.chart.version
    except Unavailable:
        return live.chart.version


def _understood(done: Mended, version: str) -> Mended:
    if done.unclear:
        raise UserError(f"Nothing was changed: these values need your decision first. {' '.join(done.unclear)}")
    if not done.shifts:
        raise UserError(
            f"There is nothing to change: the values already have the form of chart {version}.",
            f"/jhub upgrade check {version}",
        )
    return done


async def _check_secrets_file(reads: Reads, live: Release, version: str) -> None:
    """The bot never writes secrets into a file: what must move in theirs is for people."""
    extra = mended(await reads.values.secrets(), live.chart.version, version)
    old = [f"{one.old} to {one.new}" for one in extra.shifts if one.old]
    if old:
        raise UserError(f"Move these first in what values.secrets names: {', '.join(old)}.")


async def _with_helm(
    plan: Migration, live: Release, chart: ChartFiles, start: Start, done: Mended, reads: Reads
) -> Migration:
    """The plan with the chart that helm is run with, if it is."""
    fits = await _fits(live, start.values, done.values, reads)
    if not plan.in_file or await _loses_secrets(plan, live, done, reads):
        if fits:
            return replace(plan, chart=live.chart.version)
        return await _with_chart(plan, chart, done, reads)
    later = f"The live chart {plan.here} does not accept the new form: deploy chart {plan.there} before anything else."
    return plan if fits else replace(plan, warnings=(later,))


async def _fits(live: Release, before: Mapping[str, object], after: Mapping[str, object], reads: Reads) -> bool:
    """Whether the live chart takes the new form as well as it takes the old one."""
    try:
        its = await reads.charts.files(live.chart.version)
    except (NotFound, Unavailable, ValueError):
        return False
    known = set(complaints(before, its.values, its.schema))
    return not set(complaints(after, its.values, its.schema)) - known


async def _loses_secrets(plan: Migration, live: Release, done: Mended, reads: Reads) -> bool:
    """Whether the next deployment would start without a secret, were the file alone changed."""
    written = await reads.values.written()
    there = at_home(plan, written.values if written else {}, done.values)
    later = under(laid_over(there, live.values), await reads.values.secrets())
    return later != done.values


async def _with_chart(plan: Migration, chart: ChartFiles, done: Mended, reads: Reads) -> Migration:
    found = await outlook(reads, chart, done.values)
    if found.blocking:
        raise UserError(
            f"The live chart {plan.here} does not accept the new form, and chart {plan.there} cannot be deployed now: "
            + " ".join(f"{one.title}. {one.text}" for one in found.blocking[:3]),
            f"/jhub upgrade check {plan.there}",
        )
    return replace(plan, chart=plan.there, warnings=tuple(f"{one.title}. {one.text}" for one in found.hazards))


def at_home(plan: Migration, written: Mapping[str, object], whole: Mapping[str, object]) -> dict[str, object]:
    """What the migration makes of the values in their home; `whole` is what is deployed, secrets and all.

    A secret that only the release has is found again where the mapping that holds it is written down: where nothing
    else is in that, it is written down empty.
    """
    made = dict(mended(written, plan.here, plan.there).values)
    later = laid_over(made, whole)
    for path in secret_paths(whole):
        holder = path[:-1]
        if at(later, path) is None and at(made, holder) is None and all(isinstance(name, str) for name in holder):
            made = changed(made, [ValueChange(holder, None, {})])
    return made

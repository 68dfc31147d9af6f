"""The plan of a rollback: the target revision, what it restores, and by which method."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from cards.views import Difference
from clients.errors import Unavailable
from clients.helm import Release
from commands.chart.hazard import ChartUpgrade, Edition
from commands.chart.hazards_versions import hazards
from commands.framework.effects import Effect, Impact, of, ordered
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, digest_values, incidental
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.release.pending import is_at_work
from commands.release.record import ended, image_tag, is_pending, standing, stored_time, updated
from commands.rollout.restore_revision import HISTORY
from commands.rollout.rollback_values import Path, dotted, renewed_secrets, restored_differences, with_current_secrets
from commands.values.code_changes import CodeChange, code_changes
from commands.values.release_effects import rollback_impacts
from commands.values.schema_errors import effective_values
from commands.values.server_changes import review_change

_OFFERED = 3


class RollbackMethod(Enum):
    """A method to restore an earlier revision's values.

    ROLLBACK is helm's own: it takes manifest and chart from its record, so it needs neither the chart's archive nor an
    image pulled beforehand (the chart's hooks are for upgrades alone), removes what the failed revision had made, and
    works on a pending revision. UPGRADE renders the chart again: it is the only way to change any of the values, and is
    used if secrets have been renewed since.
    """

    ROLLBACK = "rollback"
    UPGRADE = "upgrade"


@dataclass(frozen=True)
class Rollback:
    """The plan of a rollback, bound to the newest revision and to the target's values."""

    release: str
    newest: int
    unfinished: str
    """The status of the newest revision if it is not live, failed or unfinished; else empty."""
    target: int
    made: str
    values_digest: str
    way: RollbackMethod
    kept: tuple[str, ...]
    """The secrets that keep their present values."""
    lost: tuple[str, ...]
    """The secrets that get their old values back, as requested."""
    chart_before: str
    chart_after: str
    hub_before: str
    hub_after: str
    # Shown nowhere; consent that an earlier release was given is bound to it.
    tag_before: str
    tag_after: str
    differences: tuple[Difference, ...]
    elsewhere: str
    """The place of the stored values, which a rollback does not change; empty if that is the release."""
    servers: int = field(metadata=incidental())
    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """The effects that people have to approve."""
    code: tuple[CodeChange, ...] = field(default=(), metadata=incidental())
    """The code that changes, without what looks like a secret in it."""
    refused_servers: tuple[str, ...] = field(default=(), metadata=incidental())
    """What Kubernetes would refuse of users' servers."""

    @property
    def crosses(self) -> bool:
        """True if the rollback crosses a major version of the chart."""
        return major(self.chart_before) != major(self.chart_after)

    @property
    def older_hub(self) -> bool:
        """True if JupyterHub becomes an older version, while its database stays as it is."""
        return self.hub_before != self.hub_after and _numbers(self.hub_before) > _numbers(self.hub_after)


def major(version: str) -> str:
    """Return the major version: the 4 of `4.4.0`."""
    return version.removeprefix("v").partition(".")[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split(".") if part.isdecimal())


async def plan_rollback(revision: int | None, *, old_secrets: bool, reads: Reads) -> Rollback:
    """Plan the rollback. Raise UserError if it makes no sense, Unavailable."""
    history = await reads.releases.history(HISTORY)
    if not history:
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace}.")
    newest = history[0]
    if is_pending(newest) and await is_at_work(newest, reads):
        unfinished = f"Revision {newest.revision} is not finished: {standing(newest)[0]} since {updated(newest)}."
        raise UserError(unfinished, "/jhub history")
    base = next((one for one in history if one.status == "deployed"), newest)
    target = _target(revision, history)
    _check(target, base, history)
    _check_database(target, base, history)
    renewed = () if target is base else renewed_secrets(base.values, target.values)
    if renewed and not old_secrets:
        await _check_chart(target, renewed, reads)
    kept_secrets = () if old_secrets else renewed
    then = with_current_secrets(target.values, base.values, kept_secrets)
    pods = await reads.kube.pods(f"component={USER_SERVER}")
    return Rollback(
        release=reads.names.release,
        newest=newest.revision,
        unfinished="" if newest.status == "deployed" else standing(newest)[0],
        target=target.revision,
        made=stored_time(target),
        values_digest=digest_values(then),
        way=RollbackMethod.UPGRADE if kept_secrets else RollbackMethod.ROLLBACK,
        kept=tuple(map(dotted, kept_secrets)),
        lost=tuple(map(dotted, renewed)) if old_secrets else (),
        chart_before=newest.chart.version,
        chart_after=target.chart.version,
        hub_before=newest.chart.app_version,
        hub_after=target.chart.app_version,
        tag_before=image_tag(newest),
        tag_after=image_tag(target),
        differences=restored_differences(newest.values, then),
        code=code_changes(newest.values, then),
        elsewhere="" if reads.values.kind == "release" else reads.values.place,
        servers=sum(not pod.terminating for pod in pods),
        impacts=await _impacts(base, target, then, reads),
        refused_servers=await _refused_servers(base, target, then, reads),
    )


async def _refused_servers(live: Release, target: Release, then: Mapping[str, object], reads: Reads) -> tuple[str, ...]:
    chart = target.chart.name, target.chart.version
    told = await review_change(reads, live, effective_values(then, target.defaults), chart)
    return (*told.refused, *told.lines)


async def _impacts(live: Release, target: Release, then: Mapping[str, object], reads: Reads) -> tuple[Impact, ...]:
    """Return what people have to approve. Raise Unavailable if Helm's record cannot be read."""
    try:
        # Some hundred kilobytes of YAML: not on the event loop.
        found = await asyncio.to_thread(rollback_impacts, live, target, reads.names.namespace, then)
    except ValueError:
        raise Unavailable("Helm's record", f"of revision {target.revision} cannot be read") from None
    if major(live.chart.version) == major(target.chart.version):
        return found
    versions = f"{live.chart.version} → {target.chart.version}"
    crossed = f"It crosses a major version of the chart, {versions}: homes may have other names there."
    return ordered((*of(Effect.DELETES_DATA, crossed), *found))


def _target(revision: int | None, history: Sequence[Release]) -> Release:
    """Return the target: the revision of that number, or else the last one that was live before the newest."""
    found = [one for one in history if one.revision == revision]
    if revision is None:
        usable = ("deployed", "superseded") if history[0].status != "deployed" else ("superseded",)
        found = [one for one in history[1:] if one.status in usable]
        if not found:
            raise UserError("There is no earlier revision to go back to.", "/jhub history")
    if not found:
        revisions = ", ".join(str(one.revision) for one in history)
        raise UserError(f"Helm has no revision {revision}; it keeps {revisions}.", "/jhub history")
    return found[0]


def _check(target: Release, base: Release, history: Sequence[Release]) -> None:
    """Raise UserError for a revision that cannot be restored."""
    hints = tuple(f"/jhub rollback {one.revision}" for one in history[1:] if _is_good(one, base))[:_OFFERED]
    if target is history[0] and target.status == "deployed":
        raise UserError(f"Revision {target.revision} is already live.", *hints)
    if target.status not in ("deployed", "superseded"):
        raise UserError(f"Revision {target.revision} was never live: {ended(target, history)[0]}.", *hints)
    if target.chart.name != base.chart.name:
        raise UserError(
            f"Revision {target.revision} is of the chart {target.chart.name}, from before it became "
            f"{base.chart.name}: that is another application to Helm, and there is no way back by rollback.",
            *hints,
        )


def _check_database(target: Release, live: Release, history: Sequence[Release]) -> None:
    """Raise UserError if JupyterHub would go back over a migration of its database, as `deploy --chart` does."""
    found = next((one for one in hazards(_way(live, target)) if one.blocks), None)
    if found is None:
        return
    good = [one for one in history[1:] if _is_good(one, live) and not any(h.blocks for h in hazards(_way(live, one)))]
    raise UserError(
        f"{found.title}. {found.text} Nothing was done.",
        *(f"/jhub rollback {one.revision}" for one in good[:_OFFERED]),
        found.remedy,
    )


def _way(live: Release, target: Release) -> ChartUpgrade:
    here, there = (Edition(one.chart.version, one.chart.app_version) for one in (live, target))
    return ChartUpgrade(here, there, target.values, target.defaults)


def _is_good(one: Release, base: Release) -> bool:
    return one.status in ("deployed", "superseded") and one.chart.name == base.chart.name


async def _check_chart(target: Release, renewed: Sequence[Path], reads: Reads) -> None:
    local = await reads.charts.local_version()
    if local is not None and local != target.chart.version:
        raise UserError(
            f"{dotted(renewed[0])} has been renewed since revision {target.revision}. Keeping it needs chart "
            f"{target.chart.version}, but the bot's copy is {local}.",
            f"/jhub rollback {target.revision} --old-secrets",
            f"Configure chart {target.chart.version} for the bot (release.chart).",
        )

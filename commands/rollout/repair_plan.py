"""The plan of a repair: the unfinished revision, the method that repairs it, and the preview."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from cards.times import timed
from cards.views import Plan
from clients.errors import NotFound, Unavailable
from clients.helm import Release
from commands.framework.argument_types import HUB_DATABASE
from commands.framework.effects import Effect, Impact, of
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values, incidental
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.release.pending import RepairMethod, grace_period, is_at_work, is_stale, repair_method
from commands.release.record import is_pending, read_time, since, standing, stored_time, updated
from commands.rollout.restore_revision import HISTORY
from commands.rollout.uninstall import UninstallPlan
from commands.rollout.upgrade_base import check_chart
from commands.storage.snapshots import class_for
from commands.timing.durations import spoken
from commands.values.release_effects import rollback_impacts


@dataclass(frozen=True)
class Repair:
    """The plan of a repair: the unfinished revision and how it is repaired."""

    release: str
    newest: int
    status: str
    since: str
    way: RepairMethod
    target: int
    removal: UninstallPlan | None
    servers: int = field(metadata=incidental())
    impacts: tuple[Impact, ...] = ()
    """The effects that people have to approve."""


async def plan_repair(reads: Reads, *, now: bool) -> Repair:
    """Plan the repair. Raise UserError if there is nothing to repair or helm may still be at work.

    With `now`, helm is known to have been killed, and is not waited for.
    """
    history = await reads.releases.history(HISTORY)
    if not history:
        raise UserError(
            f"There is no release “{reads.names.release}” in {reads.names.namespace}.", "/jhub deploy <tag>"
        )
    newest = history[0]
    if not is_pending(newest):
        hints = ("/jhub rollback",) if newest.status == "failed" else ("/jhub history",)
        word = standing(newest)[0]
        raise UserError(f"There is nothing to repair: revision {newest.revision} is {word}.", *hints)
    await _check_work(newest, reads, now=now)
    method, target = repair_method(history)
    pods = await reads.kube.pods(f"component={USER_SERVER}")
    return Repair(
        release=reads.names.release,
        newest=newest.revision,
        status=newest.status,
        since=stored_time(newest),
        way=method,
        target=target,
        removal=(removal := await _removal(newest, reads) if method is RepairMethod.UNINSTALL else None),
        servers=sum(not pod.terminating for pod in pods),
        impacts=_taken(removal) if removal else await _back(newest, target, history, reads),
    )


def _taken(removal: UninstallPlan) -> tuple[Impact, ...]:
    """Return the effects of removing an unfinished installation."""
    lost = of(Effect.DELETES_DATA, f"The hub’s database, {HUB_DATABASE}, is deleted.") if removal.database else ()
    return (*lost, *of(Effect.STOPS_EVERYBODY, "The hub is removed, whatever of it runs."))


async def _back(newest: Release, target: int, history: Sequence[Release], reads: Reads) -> tuple[Impact, ...]:
    """Return the effects of restoring the revision, compared with the last one that was live."""
    target_release = next((one for one in history if one.revision == target), None)
    live = next((one for one in history if one.status == "deployed"), newest)
    if target_release is None or target_release is live:
        return ()
    try:
        return await asyncio.to_thread(
            rollback_impacts, live, target_release, reads.names.namespace, target_release.values
        )
    except ValueError:
        raise Unavailable("Helm's record", f"of revision {target} cannot be read") from None


async def _check_work(newest: Release, reads: Reads, *, now: bool) -> None:
    """Raise UserError if a helm may still be at work."""
    begun = f"Revision {newest.revision} was started at {updated(newest)}"
    if await is_at_work(newest, reads) and (newest.by_bot is not None or await _is_ours(reads)):
        raise UserError(f"{begun}, and the bot’s own helm is still working on it.", "/jhub operations", "/jhub cancel")
    if newest.by_bot is None and not is_stale(newest, reads) and not now:
        left = spoken(grace_period(reads) - since(newest, reads.now))
        raise UserError(
            f"{begun}, not by the bot, and may still be running. In {left} the bot assumes that it was killed.",
            "/jhub repair --now",
        )


async def _is_ours(reads: Reads) -> bool:
    return reads.helm is not None and await reads.helm.is_running()


async def _removal(newest: Release, reads: Reads) -> UninstallPlan:
    again = newest.status == "pending-install"
    if again:
        await check_chart(newest.chart.version, reads)
    volume, snapshot_class = await _database(reads)
    return UninstallPlan(
        release=reads.names.release,
        revision=newest.revision,
        chart_version=newest.chart.version,
        values_digest=digest_values(newest.values),
        database=volume,
        snapshot_class=snapshot_class,
        again=again,
    )


async def _database(reads: Reads) -> tuple[str, str]:
    """Return the UID of the database's claim and the class for a snapshot of it; empty strings for none."""
    try:
        claim = await reads.kube.claim(HUB_DATABASE)
        driver = (await reads.kube.volume(claim.volume)).driver if claim.volume else ""
    except NotFound:
        return "", ""
    return claim.uid, class_for(driver, await reads.kube.snapshot_classes())


def preview(plan: Repair) -> Plan:
    """Return the preview."""
    left = timed(
        f"Revision {plan.newest} was left unfinished at ", read_time(plan.since), f" ({plan.status}): helm was killed."
    )
    if plan.removal is None:
        return Plan(
            f"Restore revision {plan.target}",
            "",
            (),
            (left, f"helm rollback makes revision {plan.target} the newest again. {_untouched(plan)}"),
            (),
            "Repair it now?",
        )
    then = "Then it is installed again, with the same values and chart." if plan.removal.again else ""
    return Plan(
        "Remove the unfinished installation",
        "",
        (),
        (
            left,
            "There is no revision to go back to: helm uninstall is the only way.",
            *filter(None, (then,)),
            "Homes stay: their claims are not part of the chart.",
            _untouched(plan),
        ),
        _risk(plan.removal),
        "Repair it now?",
    )


def _untouched(plan: Repair) -> str:
    if not plan.servers:
        return "No server is running now."
    return f"{plan.servers} running {'server keeps' if plan.servers == 1 else 'servers keep'} running."


def _risk(removal: UninstallPlan) -> tuple[str, ...]:
    if not removal.database:
        return ()
    lost = (
        f"This also deletes the claim {HUB_DATABASE}: the hub's database with its users, admins, tokens and "
        "named servers."
    )
    if removal.snapshot_class:
        return (f"{lost} A snapshot of it is taken first.",)
    return (f"{lost} No snapshot of it can be taken, so it cannot be restored.",)

"""Put right a release that a killed helm left half-way: the way depends on what helm was doing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cards.times import timed
from cards.views import Fact, Facts, Failure, Notice, Plan, Tone, typing
from clients.errors import NotFound, Unavailable
from clients.helm import Release
from commands.framework.argument_types import HUB_DATABASE
from commands.framework.command import Change, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, digest_values, incidental
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.release.pending import RepairMethod, is_at_work, is_old, left_alone_for, way_out
from commands.release.record import is_pending, read_time, since, standing, stored_time, updated
from commands.rollout.helm_rollback import Back, go_back
from commands.rollout.restore_revision import HISTORY
from commands.rollout.uninstall import SnapshotTaken, UninstallPlan, install_again, keep_database, take_away
from commands.rollout.upgrade import Upgraded, check_chart, state, unwell
from commands.rollout.upgrade_result import not_done
from commands.storage.snapshots import class_for
from commands.timing.durations import spoken
from commands.values.release_effects import OF_VALUES, of_going_back


@dataclass(frozen=True)
class Args:
    """Whether to wait."""

    now: Annotated[bool, Flag("helm was certainly killed: do not wait for the time that it may take")] = False


@dataclass(frozen=True)
class Repair:
    """The plan: what was left half-way, and how it is put right."""

    release: str
    newest: int
    status: str
    since: str
    way: RepairMethod
    target: int
    removal: UninstallPlan | None
    servers: int = field(metadata=incidental())
    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """What people have to agree to."""


async def plan(args: Args, reads: Reads) -> Repair:
    """How it would be put right. Raises UserError where nothing is to be, or helm may still be at work."""
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
    await _check_work(args, newest, reads)
    way, target = way_out(history)
    pods = await reads.kube.pods(f"component={USER_SERVER}")
    return Repair(
        release=reads.names.release,
        newest=newest.revision,
        status=newest.status,
        since=stored_time(newest),
        way=way,
        target=target,
        removal=(removal := await _removal(newest, reads) if way is RepairMethod.UNINSTALL else None),
        servers=sum(not pod.terminating for pod in pods),
        impacts=_taken(removal) if removal else await _back(newest, target, history, reads),
    )


def _taken(removal: UninstallPlan) -> tuple[Impact, ...]:
    """What goes with a half-made installation."""
    lost = of(Effect.DELETES_DATA, f"The hub’s database, {HUB_DATABASE}, is deleted.") if removal.database else ()
    return (*lost, *of(Effect.STOPS_EVERYBODY, "The hub is removed, whatever of it runs."))


async def _back(newest: Release, target: int, history: Sequence[Release], reads: Reads) -> tuple[Impact, ...]:
    """What comes with the revision that is restored, compared with the last one that was live."""
    there = next((one for one in history if one.revision == target), None)
    live = next((one for one in history if one.status == "deployed"), newest)
    if there is None or there is live:
        return ()
    try:
        return await asyncio.to_thread(of_going_back, live, there, reads.names.namespace, there.values)
    except ValueError:
        raise Unavailable("Helm's record", f"of revision {target} cannot be read") from None


async def _check_work(args: Args, newest: Release, reads: Reads) -> None:
    """Raises UserError where a helm may still be at work."""
    begun = f"Revision {newest.revision} was started at {updated(newest)}"
    if await is_at_work(newest, reads) and (newest.by_bot is not None or await _is_ours(reads)):
        raise UserError(f"{begun}, and the bot’s own helm is still working on it.", "/jhub operations", "/jhub cancel")
    if newest.by_bot is None and not is_old(newest, reads) and not args.now:
        left = spoken(left_alone_for(reads) - since(newest, reads.now))
        raise UserError(
            f"{begun}, not by the bot, and may still be running. In {left} the bot assumes that it was killed.",
            "/jhub repair --now",
        )


async def _is_ours(reads: Reads) -> bool:
    return reads.helm is not None and await reads.helm.at_work()


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
    """The UID of the claim of the hub's database and the class to take a snapshot of it with; empty for none."""
    try:
        claim = await reads.kube.claim(HUB_DATABASE)
        driver = (await reads.kube.volume(claim.volume)).driver if claim.volume else ""
    except NotFound:
        return "", ""
    return claim.uid, class_for(driver, await reads.kube.snapshot_classes())


def preview(plan: Repair) -> Plan:
    """What is seen before the yes."""
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


async def apply(plan: Repair, do: Steps) -> Notice | Failure:
    """Put it right, and say what is now true."""
    if plan.removal is None:
        back = Back(plan.release, plan.newest, plan.target)
        done = await do.step(
            Renamed(f"Restore revision {plan.target}", f"Put revision {plan.target} back"), go_back, back, do
        )
        return await _concluded(f"Revision {plan.target} is restored", done, do)
    return await _removed(plan.removal, do)


async def _removed(removal: UninstallPlan, do: Steps) -> Notice | Failure:
    kept = SnapshotTaken()
    if removal.snapshot_class:
        kept = await do.step("Take a snapshot of the hub's database", keep_database, removal, do)
        if kept.problem:
            return Failure("Nothing was repaired", kept.problem, advice=("You can safely type it again.",))
    gone = await do.step(
        Renamed("Remove the unfinished installation", "Take the half-made installation away"), take_away, removal, do
    )
    if not gone.ok:
        return await not_done("The unfinished installation was not removed", Upgraded(gone), "/jhub repair", do)
    snapshot = (Fact("Snapshot of the database", kept.snapshot),) if kept.snapshot else ()
    if not removal.again:
        deploy = (typing("Deploy", "/jhub deploy"),)
        return Notice("The release is removed", "", Tone.NOTE, (Facts(snapshot),) if snapshot else (), deploy)
    done = await do.step("Install it again", install_again, removal, do)
    return await _concluded("The hub is installed", done, do, *snapshot)


async def _concluded(title: str, done: Upgraded, do: Steps, *more: Fact) -> Notice | Failure:
    if not done.result.ok:
        return await not_done("It was not repaired", done, "/jhub repair", do)
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    now = state(newest, live, pods, do.reads)
    text = " ".join(filter(None, ("Upgrades are possible again.", unwell(now))))
    return Notice(title, text, Tone.GOOD, (Facts((*now, *more)),))


COMMAND = Change(
    "repair",
    "Repair a release that an interrupted helm left unfinished.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=OF_VALUES, of=lambda plan: plan.impacts),
    button="Repair the release",
    schedulable=False,
    details="An unfinished upgrade or rollback goes back to the last revision that was live. A first installation has "
    "none: it is removed and installed again, with the hub's database; another person must approve that.",
    topic=Topic.RELEASES,
    rank=10,
)

"""`/jhub repair`: repair a release that a killed helm left unfinished, by rollback or by reinstallation."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from cards.views import Fact, Facts, Failure, Notice, Tone, typing
from commands.framework.command import Change, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import Effects
from commands.ports.context import Reads
from commands.rollout.helm_rollback import HelmRollback, run_rollback
from commands.rollout.release_state import readiness_warning, release_facts
from commands.rollout.repair_plan import Repair, plan_repair, preview
from commands.rollout.uninstall import SnapshotTaken, UninstallPlan, reinstall, snapshot_database, uninstall
from commands.rollout.upgrade import Upgraded
from commands.rollout.upgrade_result import upgrade_failure
from commands.values.release_effects import OF_VALUES


@dataclass(frozen=True)
class Args:
    """The arguments: to wait for a helm that may still be at work, or not."""

    now: Annotated[bool, Flag("helm was certainly killed: do not wait for the time that it may take")] = False


async def plan(args: Args, reads: Reads) -> Repair:
    """Plan the repair. Raise UserError if there is nothing to repair or helm may still be at work."""
    return await plan_repair(reads, now=args.now)


async def apply(plan: Repair, do: Steps) -> Notice | Failure:
    """Repair the release and report what is live."""
    if plan.removal is None:
        back = HelmRollback(plan.release, plan.newest, plan.target)
        done = await do.step(
            Renamed(f"Restore revision {plan.target}", f"Put revision {plan.target} back"), run_rollback, back, do
        )
        return await _concluded(f"Revision {plan.target} is restored", done, do)
    return await _removed(plan.removal, do)


async def _removed(removal: UninstallPlan, do: Steps) -> Notice | Failure:
    taken = SnapshotTaken()
    if removal.snapshot_class:
        taken = await do.step("Take a snapshot of the hub's database", snapshot_database, removal, do)
        if taken.problem:
            return Failure("Nothing was repaired", taken.problem, advice=("You can safely type it again.",))
    gone = await do.step(
        Renamed("Remove the unfinished installation", "Take the half-made installation away"), uninstall, removal, do
    )
    if not gone.ok:
        return await upgrade_failure("The unfinished installation was not removed", Upgraded(gone), "/jhub repair", do)
    snapshot = (Fact("Snapshot of the database", taken.snapshot),) if taken.snapshot else ()
    if not removal.again:
        deploy = (typing("Deploy", "/jhub deploy"),)
        return Notice("The release is removed", "", Tone.NOTE, (Facts(snapshot),) if snapshot else (), deploy)
    done = await do.step("Install it again", reinstall, removal, do)
    return await _concluded("The hub is installed", done, do, *snapshot)


async def _concluded(title: str, done: Upgraded, do: Steps, *more: Fact) -> Notice | Failure:
    if not done.result.ok:
        return await upgrade_failure("It was not repaired", done, "/jhub repair", do)
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    now = release_facts(newest, live, pods, do.reads)
    text = " ".join(filter(None, ("Upgrades are possible again.", readiness_warning(now))))
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

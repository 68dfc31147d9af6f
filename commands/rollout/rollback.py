"""`/jhub rollback`: restore an earlier revision of the release, with its image, values and chart."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from cards.times import timed
from cards.views import Fact, Facts, Failure, Notice, Plan, Tone
from clients.errors import Conflict
from clients.helm import Release
from commands.framework.command import Arg, Change, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import Effects
from commands.framework.plan_digest import digest_values
from commands.ports.context import Reads
from commands.release.arguments import RevisionNumber
from commands.release.hub_database import going_back
from commands.release.record import image_tag, read_time
from commands.rollout.helm_rollback import HelmRollback, find_revision, run_rollback
from commands.rollout.release_state import readiness_warning, release_facts
from commands.rollout.restore_revision import HISTORY
from commands.rollout.rollback_plan import Rollback, RollbackMethod, plan_rollback
from commands.rollout.rollback_values import renewed_secrets, with_current_secrets
from commands.rollout.upgrade import Upgrade, Upgraded, upgrade
from commands.rollout.upgrade_result import upgrade_failure
from commands.values.code_changes import code_sections, with_code
from commands.values.release_effects import OF_VALUES


@dataclass(frozen=True)
class Args:
    """The arguments: the revision to restore, and what to do with renewed secrets."""

    revision: Annotated[RevisionNumber | None, Arg("the revision; the last live one before this if not given", "7")] = (
        None
    )
    old_secrets: Annotated[
        bool, Flag("also restore the secrets of that time, even if they have been renewed since")
    ] = False


async def plan(args: Args, reads: Reads) -> Rollback:
    """Plan the rollback. Raise UserError if it makes no sense."""
    revision = args.revision.value if args.revision else None
    return await plan_rollback(revision, old_secrets=args.old_secrets, reads=reads)


def preview(plan: Rollback) -> Plan:
    """Return the preview."""
    return Plan(
        f"Go back to revision {plan.target}",
        "",
        with_code(plan.differences, plan.code),
        tuple(
            filter(
                None,
                (
                    timed(
                        f"Revision {plan.target} was made at ",
                        read_time(plan.made),
                        f": tag {plan.tag_after}, chart {plan.chart_after}.",
                    ),
                    f"It becomes the newest revision of {plan.release}, after {plan.newest}.",
                    f"{', '.join(plan.kept)}: renewed since, and kept as they are now." if plan.kept else "",
                    "If the hub changes, it restarts: logins pause for about 20 seconds.",
                    _kept(plan),
                ),
            )
        ),
        tuple(_warnings(plan)),
        "Roll back now?",
        code_sections(plan.code),
    )


def _kept(plan: Rollback) -> str:
    if not plan.servers:
        return "No server is running now."
    return f"{plan.servers} running {'server keeps its' if plan.servers == 1 else 'servers keep their'} image."


def _warnings(plan: Rollback) -> list[str]:
    warnings = [*plan.refused_servers]
    if plan.unfinished:
        warnings.append(f"Revision {plan.newest} is not live ({plan.unfinished}); what it changed is undone.")
    if plan.crosses:
        warnings.append(
            f"This crosses a major chart version, from {plan.chart_before} to {plan.chart_after}: names of homes and "
            "keys of values may differ. Stop the servers first."
        )
    if plan.older_hub:
        warnings.append(going_back(plan.hub_before, plan.hub_after))
    if plan.elsewhere:
        warnings.append(f"{plan.elsewhere} stays as it is: the next deployment deploys what is stored there again.")
    if plan.lost:
        warnings.append(
            f"{', '.join(plan.lost)}: renewed since, but the old ones are restored. If those no longer exist elsewhere "
            "(a login's secret in Entra), nobody can log in."
        )
    return warnings


async def apply(plan: Rollback, do: Steps) -> Notice | Failure:
    """Roll back and report what is live."""
    done = await do.step(
        Renamed(f"Roll back to revision {plan.target}", f"Go back to revision {plan.target}"), _go_back, plan, do
    )
    if not done.result.ok:
        stopped = do.stopping and done.result.cancelled
        title = f"The rollback to revision {plan.target} {'was stopped' if stopped else 'failed'}"
        return await upgrade_failure(title, done, f"/jhub rollback {plan.target}", do)
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    facts = release_facts(newest, live, pods, do.reads)
    now = (Fact("Chart", plan.chart_after), *facts)
    tag = image_tag(live) if live else plan.tag_after
    return Notice(
        f"Revision {plan.target} is live again",
        " ".join(filter(None, (f"New servers start with {tag}. {_kept(plan)}", readiness_warning(facts)))),
        Tone.GOOD,
        (Facts(now),),
    )


async def _go_back(plan: Rollback, do: Steps) -> Upgraded:
    if plan.way is RollbackMethod.ROLLBACK:
        return await run_rollback(HelmRollback(plan.release, plan.newest, plan.target), do)
    what = Upgrade(plan.release, plan.newest, plan.chart_after, f"Roll back to revision {plan.target}")
    return await upgrade(what, await _values(plan, await find_revision(plan.target, do), do), do)


async def _values(plan: Rollback, target: Release, do: Steps) -> dict[str, object]:
    """Return the target's values with today's secrets. Raise Conflict if they are not the planned ones."""
    history = await do.reads.releases.history(HISTORY)
    base = next((one for one in history if one.status == "deployed"), history[0])
    values = with_current_secrets(target.values, base.values, renewed_secrets(base.values, target.values))
    if digest_values(values) != plan.values_digest:
        raise Conflict("The release's values were changed in the meantime.")
    return values


COMMAND = Change(
    "rollback",
    "Roll the release back to an earlier revision.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=OF_VALUES, of=lambda plan: plan.impacts),
    button="Roll back",
    details="Restores the image, values and chart of that revision; homes and the hub's database stay. Secrets that "
    "were renewed since are kept as they are now unless --old-secrets. Across a major chart version another "
    "person must approve.",
    topic=Topic.RELEASES,
    testable=True,
    rank=3,
)

"""`/jhub deploy`: deploy another image tag, another chart version, or the stored values as they are."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from cards.views import Facts, Failure, Notice, Tone
from clients.helm import Release
from clients.kube import Pod
from clients.values import ValueChange
from commands.chart.hazards import old_forms
from commands.chart.upgrade_path import UpgradeHazards, check_upgrade, version_to_deploy
from commands.chart.value_fixes import converted
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import Effects
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values
from commands.images.arguments import ImageTag
from commands.images.tags import TagResolution, resolve, resolve_stored
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.release.arguments import ChartVersion, TimeOut
from commands.release.pending import revision_to_restore
from commands.release.record import IMAGE_TAG, image_name, image_tag, with_image_tag
from commands.rollout.deploy_plan import DeployPlan, preview, running_servers_notice, tag_with_digest
from commands.rollout.passed_tests import check_passed
from commands.rollout.readiness import blockages
from commands.rollout.release_state import readiness_warning, release_facts
from commands.rollout.upgrade import Upgrade, Upgraded, upgrade_with_changes
from commands.rollout.upgrade_base import upgrade_base
from commands.rollout.upgrade_result import not_ready_facts as still_starting
from commands.rollout.upgrade_result import upgrade_failure
from commands.values.base import store_changes, value_at
from commands.values.dry_run import DryRun, dry_run
from commands.values.release_effects import OF_VALUES

__all__ = ["COMMAND", "Args", "DeployPlan", "apply", "plan", "preview"]


@dataclass(frozen=True)
class Args:
    """The arguments: what to deploy, and how."""

    tag: Annotated[ImageTag | None, Arg("the tag of the image that users get", "7c1d2e9")] = None
    chart: Annotated[ChartVersion | None, Flag("another version of the chart", "4.4.0")] = None
    timeout: Annotated[TimeOut | None, Flag("how long each phase may take, 1m to 60m", "10m")] = None
    dry_run: Annotated[bool, Flag("only show what would happen")] = False
    no_wait: Annotated[bool, Flag("wait for the image pulls but not until everything is ready")] = False


async def plan(args: Args, reads: Reads) -> DeployPlan:
    """Plan the deployment. Raise UserError if it makes no sense."""
    newest, base, written = await upgrade_base(reads, installs=True, any_chart=True)
    live, pods = await asyncio.gather(reads.releases.deployed(), reads.kube.pods(f"component={USER_SERVER}"))
    live = live or (newest if newest.revision and newest.status != "uninstalled" else None)
    version = await version_to_deploy(args.chart, base.chart.version, reads)
    image = image_name(base)
    if not args.tag:
        _check_changes(args, newest, live, base.values, version)
    resolution = await _resolved(args, base, reads)
    image_digest = resolution.digest if reads.by_digest and args.tag else ""
    tag = tag_with_digest(args.tag, image_digest) if args.tag else ""
    values = with_image_tag(base.values, tag) if tag else base.values
    _check_changes(args, newest, live, values, version)
    crossed = await check_upgrade(reads, live, version, values, only_asks=args.dry_run) if live else UpgradeHazards()
    found = await _tried(reads, live, newest.revision, version, values)
    _check_not_refused(found, args)
    after = str(args.tag) if args.tag else image_tag(base)
    if not args.dry_run and after != (image_tag(live) if live else ""):
        await check_passed(after, reads)
    wanted = f"{image}:{tag or after}"
    old = [pod for pod in pods if not pod.terminating and wanted not in pod.images]
    planned = DeployPlan(
        release=reads.names.release,
        namespace=reads.names.namespace,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart=base.chart.name,
        chart_version=version,
        image=image,
        before=image_tag(live) if live else "",
        after=after,
        servers=len(old),
        attempted=image_tag(newest) if newest.status == "failed" else "",
        back=revision_to_restore(newest, live, version, values),
        digest=image_digest,
        seen=resolution.digest,
        unchecked=resolution.unchecked,
        asked_tag=args.tag is not None,
        chart_before=live.chart.version if live else "",
        timeout=args.timeout.seconds if args.timeout else 0.0,
        wait=not args.no_wait,
        people=tuple(sorted({pod.user for pod in old if pod.user})),
        changes=(ValueChange(IMAGE_TAG, value_at(base.values, IMAGE_TAG), tag),) if tag else (),
        written=written,
    )
    return _with_consequences(planned, found, crossed)


async def _resolved(args: Args, base: Release, reads: Reads) -> TagResolution:
    """Ask the registry about the tag that users would get, typed or stored. Raise UserError for one that is missing."""
    line = "/jhub deploy {}"
    if args.tag:
        return await resolve(image_name(base), args.tag, reads, line)
    return await resolve_stored(image_name(base), str(value_at(base.values, IMAGE_TAG) or ""), reads, line)


async def _tried(
    reads: Reads, live: Release | None, revision: int, version: str, values: Mapping[str, object]
) -> DryRun:
    """Return the dry run. Raise UserError for values that the chart refuses, naming those with an old form."""
    try:
        return await dry_run(reads, live, revision=revision, version=version, values=values)
    except UserError as error:
        old = old_forms(converted(values, version, version))
        if not old:
            raise
        message = f"{', '.join(old)}: an old form, which chart {version} refuses."
        raise UserError(message, f"/jhub config migrate {version}", *error.hints) from None


def _with_consequences(planned: DeployPlan, found: DryRun, crossed: UpgradeHazards) -> DeployPlan:
    migration = () if crossed.covers_database else found.migration
    return replace(
        planned,
        rendered=found.manifest_digest,
        values=found.values,
        meaning=(*found.meaning, *crossed.notes),
        warnings=(*found.refused, *found.servers, *crossed.warnings, *migration, *found.warnings),
        objects=found.objects,
        code=found.code,
        interrupts=found.interrupts,
        impacts=found.impacts,
    )


def _check_changes(
    args: Args, newest: Release, live: Release | None, values: Mapping[str, object], version: str
) -> None:
    """Raise UserError if all of it is live already."""
    if live is None or newest.status != "deployed" or version != live.chart.version:
        return
    # The same tag with or without its image digest is no change, unless a digest is asked for.
    alike = with_image_tag(live.values, args.tag) if args.tag == image_tag(live) and args.tag else live.values
    if digest_values(values) in {digest_values(one) for one in (live.values, alike)}:
        if args.tag:
            raise UserError(f"Tag {args.tag} is already live, since revision {newest.revision}.", "/jhub history")
        raise UserError(
            f"There is nothing to deploy: the stored values are live, since revision {newest.revision}.",
            "/jhub deploy <tag>",
            "/jhub history",
        )


def _check_not_refused(found: DryRun, args: Args) -> None:
    """Raise UserError for what Kubernetes is certain to refuse, unless this is a dry run, which shows it."""
    if found.refused and not args.dry_run:
        raise UserError(found.refused[0], "Add --dry-run to see the whole plan.")


async def apply(plan: DeployPlan, do: Steps) -> Notice | Failure:
    """Run helm, watch the pods, and report what is live."""
    what = Upgrade(
        plan.release,
        plan.revision,
        plan.chart_version,
        f"Deploy {plan.name}",
        plan.wanted,
        timeout=plan.timeout,
        wait=plan.wait,
    )
    title = f"Upgrade to revision {plan.becomes}"
    done = await do.step(title, upgrade_with_changes, what, plan.changes, plan.values_digest, do)
    unwritten = await store_changes(plan.changes, plan.written, what.description, do) if done.result.ok else ""
    return await _conclude(plan, done, unwritten, do)


async def _conclude(plan: DeployPlan, done: Upgraded, unwritten: str, do: Steps) -> Notice | Failure:
    if not done.result.ok:
        stopped = do.stopping and done.result.cancelled
        title = f"Deploying {plan.name} was stopped" if stopped else f"{plan.name} was not deployed"
        return await upgrade_failure(title, done, plan.line, do)
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    now = release_facts(newest, live, pods, do.reads)
    if plan.wait:
        return _success(plan, pods, (Facts(now),), unwritten or readiness_warning(now))
    # Nobody waited for it: pods that are not ready are no failure, but are reported.
    starting = still_starting(await blockages(do.reads))
    return _success(plan, pods, (Facts(now), *((Facts(starting, "Still starting"),) if starting else ())), unwritten)


def _success(plan: DeployPlan, pods: Sequence[Pod], sections: tuple[Facts, ...], unwritten: str) -> Notice:
    old = [p for p in pods if p.component == USER_SERVER and not p.terminating and not _runs(p, plan)]
    keeping = running_servers_notice(replace(plan, servers=len(old), people=()))
    text = f"New servers start with {plan.after}. {keeping}" if old else f"All servers start with {plan.after}."
    handed = "" if plan.wait else "Helm has applied it; the bot did not wait until everything is ready."
    tone = Tone.WARNING if unwritten else Tone.GOOD
    title = f"{plan.name if plan.asked_tag else plan.name.capitalize()} {'are' if plan.is_values else 'is'} live"
    return Notice(title, " ".join(filter(None, (text, handed, unwritten))), tone, sections)


def _runs(pod: Pod, plan: DeployPlan) -> bool:
    return plan.wanted in pod.images


COMMAND = Change(
    "deploy",
    "Deploy another image tag, chart version or changed values.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(may=OF_VALUES, of=lambda plan: plan.impacts),
    button="Deploy",
    consent=Consent.CALLER,
    testable=True,
    only_asks=lambda args: args.dry_run,
    details="Upgrades the release with its stored values and, if given, this tag. "
    "The chart keeps its version unless --chart names another. Running servers keep their image until they restart. "
    "A tag that is missing in the registry is refused. --dry-run shows the plan and asks nothing.",
    in_menu=True,
    topic=Topic.RELEASES,
    rank=1,
)

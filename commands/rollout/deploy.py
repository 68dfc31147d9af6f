"""Deploy: another tag of the users' image, another version of the chart, or the values as they are written down."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from cards.views import Facts, Failure, Notice, Tone
from clients.helm import Release
from clients.kube import Pod
from clients.values import ValueChange
from commands.chart.upgrade_path import Crossed, chosen, cross
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import Effects
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values
from commands.images.arguments import ImageTag
from commands.images.tags import TagResolution, resolve
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.release.arguments import ChartVersion, TimeOut
from commands.release.pending import taken_back
from commands.release.record import IMAGE_TAG, image_name, image_tag, with_image_tag
from commands.rollout.deploy_plan import DeployPlan, by_digest, kept, preview
from commands.rollout.readiness import blockages
from commands.rollout.upgrade import Upgrade, Upgraded, base_of, state, unwell, upgrade_from
from commands.rollout.upgrade_result import not_done
from commands.rollout.upgrade_result import starting as still_starting
from commands.values.base import at, put_down
from commands.values.dry_run import DryRun, dry_run
from commands.values.release_effects import OF_VALUES

__all__ = ["COMMAND", "Args", "DeployPlan", "apply", "plan", "preview"]


@dataclass(frozen=True)
class Args:
    """What to deploy, and how."""

    tag: Annotated[ImageTag | None, Arg("the tag of the image that users get", "7c1d2e9")] = None
    chart: Annotated[ChartVersion | None, Flag("another version of the chart", "4.4.0")] = None
    timeout: Annotated[TimeOut | None, Flag("how long each phase may take, 1m to 60m", "10m")] = None
    dry_run: Annotated[bool, Flag("only show what would happen")] = False
    no_wait: Annotated[bool, Flag("wait for the image pulls but not until everything is ready")] = False


async def plan(args: Args, reads: Reads) -> DeployPlan:
    """What the deployment would do. Raises UserError where it makes no sense."""
    newest, base, written = await base_of(reads, installs=True, any_chart=True)
    live, pods = await asyncio.gather(reads.releases.deployed(), reads.kube.pods(f"component={USER_SERVER}"))
    live = live or (newest if newest.revision and newest.status != "uninstalled" else None)
    version = await chosen(args.chart, base.chart.version, reads)
    image = image_name(base)
    told = await resolve(image, args.tag, reads, "/jhub deploy {}") if args.tag else TagResolution()
    digest = told.digest if reads.by_digest else ""
    tag = by_digest(args.tag, digest) if args.tag else ""
    values = with_image_tag(base.values, tag) if tag else base.values
    _is_something(args, newest, live, values, version)
    way = await cross(reads, live, version, values, only_asks=args.dry_run) if live else Crossed()
    found = await dry_run(reads, live, revision=newest.revision, version=version, values=values)
    _is_possible(found, args)
    after = str(args.tag) if args.tag else image_tag(base)
    wanted = f"{image}:{tag or after}"
    old = [pod for pod in pods if not pod.terminating and wanted not in pod.images]
    return DeployPlan(
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
        back=taken_back(newest, live, version, values),
        digest=digest,
        seen=told.digest,
        unchecked=told.unchecked,
        asked_tag=args.tag is not None,
        chart_before=live.chart.version if live else "",
        rendered=found.digest,
        timeout=args.timeout.seconds if args.timeout else 0.0,
        wait=not args.no_wait,
        values=found.values,
        meaning=(*found.meaning, *way.notes),
        warnings=(*found.refused, *way.warnings, *(() if way.of_database else found.migration), *found.warnings),
        objects=found.objects,
        interrupts=found.interrupts,
        people=tuple(sorted({pod.user for pod in old if pod.user})),
        changes=(ValueChange(IMAGE_TAG, at(base.values, IMAGE_TAG), tag),) if tag else (),
        written=written,
        impacts=found.impacts,
    )


def _is_something(
    args: Args, newest: Release, live: Release | None, values: Mapping[str, object], version: str
) -> None:
    """Raises UserError where all of it is live already."""
    if live is None or newest.status != "deployed" or version != live.chart.version:
        return
    # By its digest or without it, it is the same tag, unless it is the digest that is asked for.
    alike = with_image_tag(live.values, args.tag) if args.tag == image_tag(live) and args.tag else live.values
    if digest_values(values) in {digest_values(one) for one in (live.values, alike)}:
        if args.tag:
            raise UserError(f"Tag {args.tag} is already live, since revision {newest.revision}.", "/jhub history")
        raise UserError(
            f"There is nothing to deploy: the stored values are live, since revision {newest.revision}.",
            "/jhub deploy <tag>",
            "/jhub history",
        )


def _is_possible(found: DryRun, args: Args) -> None:
    """Raises UserError for what Kubernetes is certain to refuse; who only asks is shown it among all the rest."""
    if found.refused and not args.dry_run:
        raise UserError(found.refused[0], "Add --dry-run to see the whole plan.")


async def apply(plan: DeployPlan, do: Steps) -> Notice | Failure:
    """Run helm, watch the pods, and say what is now true."""
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
    done = await do.step(title, upgrade_from, what, plan.changes, plan.values_digest, do)
    unwritten = await put_down(plan.changes, plan.written, what.description, do) if done.result.ok else ""
    return await _conclude(plan, done, unwritten, do)


async def _conclude(plan: DeployPlan, done: Upgraded, unwritten: str, do: Steps) -> Notice | Failure:
    if not done.result.ok:
        stopped = do.stopping and done.result.cancelled
        title = f"Deploying {plan.name} was stopped" if stopped else f"{plan.name} was not deployed"
        return await not_done(title, done, plan.line, do)
    newest, live, pods = await asyncio.gather(
        do.reads.releases.current(), do.reads.releases.deployed(), do.reads.kube.pods()
    )
    now = state(newest, live, pods, do.reads)
    if plan.wait:
        return _success(plan, pods, (Facts(now),), unwritten or unwell(now))
    # Nobody waited for it: what is not ready is no failure, but is told.
    starting = still_starting(await blockages(do.reads))
    return _success(plan, pods, (Facts(now), *((Facts(starting, "Still starting"),) if starting else ())), unwritten)


def _success(plan: DeployPlan, pods: Sequence[Pod], sections: tuple[Facts, ...], unwritten: str) -> Notice:
    old = [p for p in pods if p.component == USER_SERVER and not p.terminating and not _runs(p, plan)]
    keeping = kept(replace(plan, servers=len(old), people=()))
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
    only_asks=lambda args: args.dry_run,
    details="Upgrades the release with its stored values and, if given, this tag. "
    "The chart keeps its version unless --chart names another. Running servers keep their image until they restart. "
    "A tag that is missing in the registry is refused. --dry-run shows the plan and asks nothing.",
    in_menu=True,
    topic=Topic.RELEASES,
    rank=1,
)

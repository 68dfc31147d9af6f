"""Deploy another tag of the users' image: the release's own values with that one changed."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Difference, Fact, Facts, Failure, Lines, Notice, Plan, Tone
from clients.errors import Unavailable
from clients.helm import Reason, Release, UpgradeResult, bot_labels
from clients.kube import Pod, Waiting
from commands.components import USER_SERVER, condition, is_hopeless, parts, pull_problem, short_node
from commands.digest import digest_values, incidental
from commands.errors import UserError
from commands.reads import Reads
from commands.release import image_name, image_tag, is_pending, standing, updated, who, with_image_tag
from commands.spec import Arg, Change, Consent, Level, Steps
from commands.values import ImageTag

_LOG = logging.getLogger("jhub_bot.commands.deploy")

# As many pods as fit on a phone beside the steps.
_SHOWN_PODS = 8
# After its time-out helm still writes down that it failed, in seconds.
_HELM_CLEANS_UP = 60.0
_LOOK_EVERY = 1.0


@dataclass(frozen=True)
class Args:
    """Which tag."""

    tag: Annotated[ImageTag, Arg("the tag of the image that users get", "7c1d2e9")]


@dataclass(frozen=True)
class Deployment:
    """The plan. It is bound to the revision and the values it started from, not to who happens to be logged in."""

    release: str
    namespace: str
    revision: int
    values_digest: str
    chart: str
    chart_version: str
    image: str
    before: str
    after: str
    servers: int = field(metadata=incidental())
    attempted: str = ""


async def plan(args: Args, reads: Reads) -> Deployment:
    """What the deployment would do. Raises UserError where it makes no sense."""
    newest, live, pods = await asyncio.gather(
        reads.releases.current(), reads.releases.deployed(), reads.kube.pods(f"component={USER_SERVER}")
    )
    base = live or newest
    if newest is None or base is None:
        raise UserError(f"There is no release “{reads.names.release}” in {reads.names.namespace} to deploy to.")
    if is_pending(newest):
        raise UserError(
            f"Revision {newest.revision} is not finished: {standing(newest)[0]} since {updated(newest)} UTC.",
            "/jhub history",
        )
    if newest.status == "deployed" and image_tag(newest) == args.tag:
        raise UserError(f"Tag {args.tag} is live already, since revision {newest.revision}.", "/jhub history")
    await _check_chart(base, reads)
    return Deployment(
        release=reads.names.release,
        namespace=reads.names.namespace,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart=base.chart.name,
        chart_version=base.chart.version,
        image=image_name(base),
        before=image_tag(base),
        after=str(args.tag),
        servers=sum(not pod.terminating for pod in pods),
        attempted=image_tag(newest) if newest.status == "failed" else "",
    )


async def _check_chart(base: Release, reads: Reads) -> None:
    local = await reads.charts.local_version()
    if local is not None and local != base.chart.version:
        raise UserError(
            f"The live chart is {base.chart.version}, the bot's copy is {local}: deploying would change it as well.",
            f"Give the bot chart {base.chart.version} in its configuration (release.chart).",
        )


def preview(plan: Deployment) -> Plan:
    """What the requester sees before saying yes."""
    warnings = (f"The last attempt, tag {plan.attempted}, failed.",) if plan.attempted else ()
    return Plan(
        f"Deploy {plan.after}",
        "",
        (Difference("singleuser.image.tag", plan.before, plan.after),),
        (
            f"Image {plan.image}; chart {plan.chart} {plan.chart_version} stays as it is.",
            f"Becomes revision {plan.revision + 1} of {plan.release}.",
            _kept(plan.servers),
        ),
        warnings,
        "Deploy this now?",
    )


def _kept(servers: int) -> str:
    if not servers:
        return "No server runs now: everyone gets the new image at their next start."
    noun, verb = ("running server keeps", "its") if servers == 1 else ("running servers keep", "their")
    return f"{servers} {noun} the old image until {verb} next restart; nobody is interrupted."


async def apply(plan: Deployment, do: Steps) -> Notice | Failure:
    """Run helm, watch the pods, and say what is now true."""
    base = await do.reads.releases.deployed() or await do.reads.releases.current()
    if base is None:
        raise UserError(f"There is no release “{plan.release}” any more.")
    done = await do.step(f"Upgrade to revision {plan.revision + 1}", _upgrade, plan, base, do)
    return await _conclude(plan, done, do)


@dataclass(frozen=True)
class Upgraded:
    """How helm ended, and the image pull that made the bot end it, if one did."""

    result: UpgradeResult
    hopeless: Waiting | None = None


async def _upgrade(plan: Deployment, base: Release, do: Steps) -> Upgraded:
    mine = await _mine(plan, do)
    if mine is not None and mine.status == "deployed":
        return Upgraded(UpgradeResult(True))
    if mine is not None and is_pending(mine):
        return Upgraded(UpgradeResult(False, Reason.IN_PROGRESS, "Helm was killed before it had ended its work."))
    blocked: list[Waiting] = []
    stop = asyncio.Event()
    beside = [asyncio.create_task(_watch(plan, do, stop, blocked)), asyncio.create_task(_pass_on(do, stop))]
    try:
        result = await do.writes.helm.upgrade(
            version=plan.chart_version,
            values=with_image_tag(base.values, plan.after),
            description=f"Deploy {plan.after}, by {do.caller.name}",
            labels=bot_labels((mine.revision if mine else plan.revision) + 1, do.caller.object_id, do.operation),
            stop=stop,
            wait_seconds=do.reads.names.timeout.total_seconds(),
        )
        return Upgraded(result, blocked[0] if blocked else None)
    finally:
        for task in beside:
            task.cancel()
        for ended in await asyncio.gather(*beside, return_exceptions=True):
            if isinstance(ended, Exception):
                _LOG.error("watching the pods of a deployment failed", exc_info=ended)


async def _mine(plan: Deployment, do: Steps) -> Release | None:
    """The revision that this operation made before the bot was restarted, once helm has ended with it.

    Helm lives in a session of its own: it goes on when the bot is killed, and writes down how it ended.
    """
    until = asyncio.get_running_loop().time() + do.reads.names.timeout.total_seconds() + _HELM_CLEANS_UP
    while True:
        newest = await do.reads.releases.current()
        if newest is None or newest.by_bot is None or newest.by_bot.operation != do.operation:
            return None
        if not is_pending(newest) or asyncio.get_running_loop().time() > until or do.stopping:
            return newest
        do.tell(f"Helm still works on revision {newest.revision} of {plan.release}")
        await asyncio.sleep(_LOOK_EVERY)


async def _pass_on(do: Steps, stop: asyncio.Event) -> None:
    await do.stopped()
    stop.set()


async def _watch(plan: Deployment, do: Steps, stop: asyncio.Event, blocked: list[Waiting]) -> None:
    """Tell of every pod that this upgrade touches; a pull that cannot succeed ends it early."""
    known: dict[str, bool] | None = None
    with contextlib.suppress(Unavailable):
        async for pods in do.reads.kube.watch_pods():
            known = {pod.uid: pod.is_ready for pod in pods} if known is None else known
            do.tell(*lines(pods, known))
            for failure in failing([pod for pod in pods if pod.uid not in known], plan):
                do.warn(pull_problem(failure))
                if is_hopeless(failure) and not blocked:
                    blocked.append(failure)
                    stop.set()


def lines(pods: Sequence[Pod], known: dict[str, bool]) -> tuple[str, ...]:
    """A line for each pod that is new or was ready at the start and is not now; `known` is readiness at the start."""
    touched = [p for p in pods if p.uid not in known or (known[p.uid] and not p.is_ready)]
    ours = [p for p in touched if p.component != USER_SERVER]
    ordered = sorted(ours, key=lambda pod: (condition(pod)[1] is Tone.GOOD, pod.component, pod.name))
    shown = [f"{pod.name}: {_doing(pod)}" for pod in ordered[:_SHOWN_PODS]]
    return (*shown, f"… and {len(ordered) - _SHOWN_PODS} more") if len(ordered) > _SHOWN_PODS else tuple(shown)


def _doing(pod: Pod) -> str:
    words, tone = condition(pod)
    if pod.component.endswith("image-puller") and tone is Tone.WORKING and not pod.terminating:
        words = "pulling the image"
    if pod.pull_failure is not None:
        words = "cannot pull its image"
    return f"{words}, {short_node(pod.node)}" if pod.node else f"{words}, no node yet"


def failing(pods: Sequence[Pod], plan: Deployment) -> list[Waiting]:
    """Why pods cannot pull the image being deployed, for each that cannot."""
    wanted = f"{plan.image}:{plan.after}"
    failures = (pod.pull_failure for pod in pods)
    return [failure for failure in failures if failure is not None and failure.image == wanted]


async def _conclude(plan: Deployment, done: Upgraded, do: Steps) -> Notice | Failure:
    result, hopeless = done.result, done.hopeless
    newest, live = await asyncio.gather(do.reads.releases.current(), do.reads.releases.deployed())
    pods = await do.reads.kube.pods()
    now = _now(newest, live, pods, do.reads)
    if result.ok:
        return _success(plan, pods, now)
    if hopeless is not None:
        return Failure(
            f"{plan.after} was not deployed",
            f"{pull_problem(hopeless)} Helm was stopped; nobody is interrupted.",
            now,
            ("Push the image and deploy it again, or deploy another tag: /jhub deploy <tag>",),
            sections=(Lines((hopeless.message,), "What the cluster says", code=True),),
        )
    if do.stopping and result.cancelled:
        return Failure(
            f"Deploying {plan.after} was stopped", "Helm was asked to end and did.", now, _after_stop(newest)
        )
    return Failure(f"{plan.after} was not deployed", result.message, now, ("/jhub pods shows what is not ready.",))


def _success(plan: Deployment, pods: Sequence[Pod], now: tuple[Fact, ...]) -> Notice:
    old = [p for p in pods if p.component == USER_SERVER and not p.terminating and not _runs(p, plan)]
    text = (
        f"New servers start with {plan.after}. " + _kept(len(old)) if old else f"All servers start with {plan.after}."
    )
    return Notice(f"{plan.after} is live", text, Tone.GOOD, (Facts(now),))


def _runs(pod: Pod, plan: Deployment) -> bool:
    return f"{plan.image}:{plan.after}" in pod.images


def _after_stop(newest: Release | None) -> tuple[str, ...]:
    if newest is not None and is_pending(newest):
        return ("The release is still marked as under way. Type the deploy again in a minute.",)
    return ("Deploying again is safe: /jhub deploy <tag>.",)


def _now(newest: Release | None, live: Release | None, pods: Sequence[Pod], reads: Reads) -> tuple[Fact, ...]:
    facts = [_live(live, reads)]
    if newest is not None and newest.status != "deployed":
        word, tone = standing(newest)
        facts.append(Fact("Newest revision", f"{newest.revision}, tag {image_tag(newest)}: {word}", tone))
    facts += [Fact(p.name, f"{p.ready}/{p.total} ready", p.tone) for p in parts(pods) if p.problem or p.name == "hub"]
    return tuple(facts)


def _live(live: Release | None, reads: Reads) -> Fact:
    if live is None:
        return Fact("Live", "no revision", Tone.BAD)
    by = f", by {who(live, reads.access)}" if live.by_bot else ""
    return Fact("Live", f"revision {live.revision}, tag {image_tag(live)}{by}", Tone.GOOD)


COMMAND = Change(
    "deploy",
    "Give users another tag of their image.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    consent=Consent.CALLER,
    stoppable=True,
    details="Upgrades the release with its own values and this one changed; the chart stays at its version. "
    "Running servers keep their image until they restart.",
)

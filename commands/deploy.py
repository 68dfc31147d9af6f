"""Deploy another tag of the users' image: the release's own values with that one changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from cards.views import Difference, Fact, Facts, Failure, Lines, Notice, Plan, Tone
from clients.errors import Unavailable
from clients.kube import Pod
from commands.components import USER_SERVER, pull_problem
from commands.digest import digest_values, incidental
from commands.errors import UserError
from commands.reads import Reads
from commands.release import image_digest, image_name, image_tag, with_image_tag
from commands.spec import Arg, Change, Consent, Level, Steps
from commands.tags import existing, repository_of
from commands.upgrading import Upgrade, Upgraded, after_stop, base_of, live_values, state, upgrade
from commands.values import ImageTag


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
    digest: str = ""
    """What the tag means, where the configuration asks to deploy by digest: nothing else is deployed then."""
    seen: str = field(default="", metadata=incidental())
    """What the tag means, where that is known."""
    unchecked: str = field(default="", metadata=incidental())
    """Why it is not known whether the registry has the tag."""

    @property
    def tag(self) -> str:
        """What becomes of `singleuser.image.tag`."""
        return f"{self.after}@{self.digest}" if self.digest else self.after

    @property
    def wanted(self) -> str:
        """The image that users get, with its tag."""
        return f"{self.image}:{self.tag}"


async def plan(args: Args, reads: Reads) -> Deployment:
    """What the deployment would do. Raises UserError where it makes no sense."""
    (newest, base), pods = await asyncio.gather(base_of(reads), reads.kube.pods(f"component={USER_SERVER}"))
    image = image_name(base)
    seen, unchecked = await _look_up(image, args.tag, reads)
    digest = seen if reads.by_digest else ""
    if newest.status == "deployed" and image_tag(newest) == args.tag and (not digest or image_digest(newest) == digest):
        raise UserError(f"Tag {args.tag} is live already, since revision {newest.revision}.", "/jhub history")
    return Deployment(
        release=reads.names.release,
        namespace=reads.names.namespace,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart=base.chart.name,
        chart_version=base.chart.version,
        image=image,
        before=image_tag(base),
        after=str(args.tag),
        servers=sum(not pod.terminating for pod in pods),
        attempted=image_tag(newest) if newest.status == "failed" else "",
        digest=digest,
        seen=seen,
        unchecked=unchecked,
    )


async def _look_up(image: str, tag: str, reads: Reads) -> tuple[str, str]:
    """The tag's digest, and why it is not known where it is not. Raises UserError for a tag that is not there.

    By digest nothing is deployed that the registry has not confirmed: its outage is one then.
    """
    if reads.registry is None:
        return "", ""
    if not image.startswith(f"{reads.registry.login_server}/") and not reads.by_digest:
        return "", f"{image} is not in {reads.registry.login_server}: nobody knows whether there is a tag {tag}."
    repository = repository_of(image, reads.registry)
    try:
        return (await existing(reads.registry, repository, tag, "/jhub deploy {}")).digest, ""
    except Unavailable as error:
        if reads.by_digest:
            raise
        return "", f"{error}: nobody knows whether it has {tag}."


def preview(plan: Deployment) -> Plan:
    """What the requester sees before saying yes."""
    failed = f"The last attempt, tag {plan.attempted}, failed." if plan.attempted else ""
    return Plan(
        f"Deploy {plan.after}",
        "",
        (Difference("singleuser.image.tag", plan.before, plan.tag if plan.before == plan.after else plan.after),),
        (
            *_meaning(plan),
            f"Image {plan.image}; chart {plan.chart} {plan.chart_version} stays as it is.",
            f"Becomes revision {plan.revision + 1} of {plan.release}.",
            _kept(plan.servers),
        ),
        tuple(filter(None, (failed, plan.unchecked))),
        "Deploy this now?",
    )


def _meaning(plan: Deployment) -> tuple[str, ...]:
    """What the tag means now, and whether it stays so."""
    if plan.digest:
        return (f"{plan.after} is {plan.digest}; that is what users get, even if the tag is moved.",)
    return (f"{plan.after} is {plan.seen}.",) if plan.seen else ()


def _kept(servers: int) -> str:
    if not servers:
        return "No server runs now: everyone gets the new image at their next start."
    noun, verb = ("running server keeps", "its") if servers == 1 else ("running servers keep", "their")
    return f"{servers} {noun} the old image until {verb} next restart; nobody is interrupted."


async def apply(plan: Deployment, do: Steps) -> Notice | Failure:
    """Run helm, watch the pods, and say what is now true."""
    values = with_image_tag(await live_values(plan.release, do.reads), plan.tag)
    what = Upgrade(plan.release, plan.revision, plan.chart_version, f"Deploy {plan.after}", plan.wanted)
    done = await do.step(f"Upgrade to revision {plan.revision + 1}", upgrade, what, values, do)
    return await _conclude(plan, done, do)


async def _conclude(plan: Deployment, done: Upgraded, do: Steps) -> Notice | Failure:
    result, hopeless = done.result, done.hopeless
    newest, live = await asyncio.gather(do.reads.releases.current(), do.reads.releases.deployed())
    pods = await do.reads.kube.pods()
    now = state(newest, live, pods, do.reads)
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
        return Failure(f"Deploying {plan.after} was stopped", "Helm was asked to end and did.", now, after_stop(newest))
    return Failure(f"{plan.after} was not deployed", result.message, now, ("/jhub pods shows what is not ready.",))


def _success(plan: Deployment, pods: Sequence[Pod], now: tuple[Fact, ...]) -> Notice:
    old = [p for p in pods if p.component == USER_SERVER and not p.terminating and not _runs(p, plan)]
    text = (
        f"New servers start with {plan.after}. " + _kept(len(old)) if old else f"All servers start with {plan.after}."
    )
    return Notice(f"{plan.after} is live", text, Tone.GOOD, (Facts(now),))


def _runs(pod: Pod, plan: Deployment) -> bool:
    return plan.wanted in pod.images


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
    "Running servers keep their image until they restart. A tag that the registry does not have is refused.",
    in_menu=True,
)

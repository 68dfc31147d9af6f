"""`/jhub image build`: build the users' image from a commit of its repository, and push it under that commit's hash."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from cards.views import ButtonStyle, Fact, Facts, Failure, Lines, Notice, Plan, Tone, opening, typing
from clients.azure.acr_tasks import BuildSource
from clients.errors import NotFound, Rejected, Unavailable
from commands.framework.command import Arg, Change, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.images.arguments import GitRef
from commands.images.build_access import access_advice
from commands.images.build_runs import (
    BuildEnded,
    begin,
    cancel,
    check_free,
    delete_task_run,
    follow,
    last_lines,
    name_of,
    workshop_of,
)
from commands.images.git_refs import commit_of, short
from commands.images.tags import registry_of, short_digest, users_repository
from commands.ports.context import Reads
from commands.ports.images import Workshop
from commands.timing.durations import spoken


@dataclass(frozen=True)
class Args:
    """The commit to build."""

    ref: Annotated[GitRef | None, Arg("a branch, a tag or a commit; the configured branch by default", "v1.4")] = None


@dataclass(frozen=True)
class Building:
    """The plan, bound to the commit: a branch that moves meanwhile is another plan."""

    image: str
    repository: str
    tag: str
    commit: str
    ref: str
    source: str
    folder: str
    dockerfile: str
    platform: str
    notebooks_repository: str = ""
    notebooks: str = ""
    """The commit of the sample notebooks; empty where none are configured."""

    @property
    def wanted(self) -> BuildSource:
        """The build as Azure is asked for it. Its arguments are those of container/Dockerfile."""
        images = (f"{self.image}:{self.tag}",)
        named = (("NOTEBOOKS_REPOSITORY", self.notebooks_repository), ("NOTEBOOKS_REF", self.notebooks))
        return BuildSource(
            self.source,
            self.commit,
            self.folder,
            self.dockerfile,
            self.platform,
            images,
            arguments=named if self.notebooks else (),
        )


async def plan(args: Args, reads: Reads) -> Building:
    """Plan the build of a commit under its tag. Raise UserError for a ref that is missing or a tag that exists."""
    _, image, repository = await users_repository(reads)
    workshop = workshop_of(reads)
    recipe, ref = workshop.recipe, args.ref or workshop.recipe.branch
    refs, notebooks = await asyncio.gather(workshop.source.refs(), notebooks_of(workshop))
    commit = commit_of(ref, refs, "/jhub image build {}")
    tag = short(commit)
    await check_free(repository, tag, f"{ref} is commit {tag}", reads)
    return Building(
        image=image,
        repository=repository,
        tag=tag,
        commit=commit,
        ref=ref,
        source=recipe.repository,
        folder=recipe.folder,
        dockerfile=recipe.dockerfile,
        platform=recipe.platform,
        notebooks_repository=recipe.notebooks_repository,
        notebooks=notebooks,
    )


async def notebooks_of(workshop: Workshop) -> str:
    """Return the newest commit of the sample notebooks; empty if none are configured.

    Raise UserError, Unavailable.
    """
    if workshop.notebooks is None:
        return ""
    branch, refs = workshop.recipe.notebooks_branch, await workshop.notebooks.refs()
    return commit_of(branch, refs, "image.notebooks_branch: {}", whose="The notebooks' repository")


def preview(plan: Building) -> Plan:
    """Show what people confirm."""
    dockerfile = f"{plan.folder}/{plan.dockerfile}" if plan.folder else plan.dockerfile
    return Plan(
        f"Build the image {plan.tag}",
        "",
        (),
        (
            (
                f"The registry builds {dockerfile} for {plan.platform} and pushes it as {plan.tag}; that takes "
                "several minutes."
            ),
            "Nobody gets it until it is deployed.",
        ),
        (),
        "Build it now?",
        (Facts((Fact("Image", f"{plan.image}:{plan.tag}"), Fact("From", plan.ref), Fact("Commit", plan.commit))),),
    )


async def apply(plan: Building, do: Steps) -> Notice | Failure:
    """Begin the build once, follow it to its end, and say what became of it."""
    name = name_of(plan.tag, do.operation)
    try:
        run = await do.step("Begin the build", begin, name, plan.wanted, plan.repository, plan.tag, do)
    except Rejected as error:
        return Failure(f"{plan.tag} was not built", f"Azure refused to build it: {error}")
    try:
        ended = await do.step(f"Build {plan.tag}", follow, run, name, do)
    except Exception:
        # Somebody asked to stop in between, or it takes for ever: nothing may be pushed that nobody waits for.
        await cancel(run, do)
        await delete_task_run(name, do)
        raise
    return await _conclude(plan, ended, do)


async def _conclude(plan: Building, ended: BuildEnded, do: Steps) -> Notice | Failure:
    log = opening("Open the log", workshop_of(do.reads).builds.page())
    if ended.succeeded:
        return await _success(plan, ended, do)
    last = await last_lines(ended.run, do)
    said = (Lines(last, "The end of its log", code=True),) if last else ()
    now = (Fact("Run", ended.run), Fact("Commit", plan.commit))
    if ended.cancelled:
        cause = "Azure stopped the build; nothing was pushed."
        return Failure(f"Building {plan.tag} was stopped", cause, now, (), sections=said, buttons=(log,))
    cause = f"The build ended after {_duration(ended)}: {ended.error or 'its log says why'}. Nothing was pushed."
    advice = await access_advice(ended.error, last, workshop_of(do.reads).builds)
    return Failure(f"{plan.tag} was not built", cause, now, advice, sections=said, buttons=(log,))


async def _success(plan: Building, ended: BuildEnded, do: Steps) -> Notice:
    digest = ended.digest or await _digest(plan, do)
    facts = (
        Fact("Image", f"{plan.image}:{plan.tag}"),
        Fact("Digest", short_digest(digest)),
        Fact("From", f"{plan.ref}, commit {plan.commit}"),
        *((Fact("Notebooks", f"commit {plan.notebooks}"),) if plan.notebooks else ()),
        Fact("Took", _duration(ended)),
        Fact("Run", ended.run),
    )
    buttons = (
        typing(f"Deploy {plan.tag}", f"/jhub deploy {plan.tag}", ButtonStyle.POSITIVE),
        typing("Pull onto the nodes", f"/jhub prepull {plan.tag}"),
        opening("Open the log", workshop_of(do.reads).builds.page()),
    )
    return Notice(f"{plan.tag} is built", "Nobody gets it until it is deployed.", Tone.GOOD, (Facts(facts),), buttons)


async def _digest(plan: Building, do: Steps) -> str:
    try:
        return (await registry_of(do.reads).tag(plan.repository, plan.tag)).digest
    except (NotFound, Unavailable):
        return ""


def _duration(ended: BuildEnded) -> str:
    return spoken(timedelta(seconds=ended.seconds))


COMMAND = Change(
    "image build",
    "Build the image in the registry from its repository.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Build the image",
    exclusive=False,
    details="Builds exactly one commit: of a branch, of a tag, or given by its full hash. Its first seven "
    "digits become "
    "the tag. A tag that already exists in the registry is not built again.",
    topic=Topic.RELEASES,
    rank=5,
)

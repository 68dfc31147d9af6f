"""Build the users' image in the registry, from a commit of its repository, and push it under that commit's hash."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from cards.views import ButtonStyle, Fact, Facts, Failure, Lines, Notice, Plan, Tone, opening, typing
from clients.builds import Build, Source
from clients.errors import NotFound, Rejected, Unavailable
from commands.durations import spoken
from commands.errors import UserError
from commands.reads import Reads, Workshop
from commands.refs import commit_of, short
from commands.spec import Arg, Change, Level, Steps
from commands.tags import is_there, place, registry_of, short_digest
from commands.values import GitRef
from commands.writes import BuildWrites

# What a build may take, in seconds: as long as Azure lets one take by default (an hour), and its queue.
_PATIENCE: Final = 5400.0
_LOOK_EVERY: Final = 2.0
_LINES: Final = 6
_LAST_LINES: Final = 12
_LONGEST_LINE: Final = 160


@dataclass(frozen=True)
class Args:
    """Of what."""

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

    @property
    def wanted(self) -> Source:
        """What Azure is asked to build."""
        images = (f"{self.image}:{self.tag}",)
        return Source(self.source, self.commit, self.folder, self.dockerfile, self.platform, images)


@dataclass(frozen=True)
class Ended:
    """How the build ended. It holds nothing that the build said: that may be a secret."""

    run: str
    succeeded: bool
    cancelled: bool
    digest: str
    seconds: float
    error: str


async def plan(args: Args, reads: Reads) -> Building:
    """The commit and the tag. Raises UserError for a ref that is not there, or a tag that is."""
    registry, image, repository = await place(reads)
    workshop = _workshop(reads)
    recipe, ref = workshop.recipe, args.ref or workshop.recipe.branch
    commit = commit_of(ref, await workshop.source.refs(), "/jhub image build {}")
    tag = short(commit)
    if await is_there(registry, repository, tag):
        raise UserError(
            f"{ref} is commit {tag}, and the registry has that already: tags are not built a second time.",
            f"/jhub deploy {tag}",
            "/jhub images",
        )
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
    )


def _workshop(reads: Reads) -> Workshop:
    if reads.workshop is None:
        raise UserError("The bot does not know what to build: image.repository is not set in its configuration.")
    return reads.workshop


def preview(plan: Building) -> Plan:
    """What people see before they agree."""
    dockerfile = f"{plan.folder}/{plan.dockerfile}" if plan.folder else plan.dockerfile
    return Plan(
        f"Build the image {plan.tag}",
        "",
        (),
        (
            f"The registry builds {dockerfile} for {plan.platform} and pushes it as {plan.tag}; that takes minutes.",
            "Nobody gets it before it is deployed.",
        ),
        (),
        "Build it now?",
        (Facts((Fact("Image", f"{plan.image}:{plan.tag}"), Fact("From", plan.ref), Fact("Commit", plan.commit))),),
    )


async def apply(plan: Building, do: Steps) -> Notice | Failure:
    """Begin the build once, follow it to its end, and say what became of it."""
    name = f"jhub-bot-{do.operation}"
    try:
        run = await do.step("Begin the build", _begin, plan, name, do)
    except Rejected as error:
        return Failure(f"{plan.tag} was not built", f"Azure refused to build it: {error}")
    try:
        ended = await do.step(f"Build {plan.tag}", _follow, run, name, do)
    except Exception:
        # Somebody asked to stop in between, or it takes for ever: nothing may be pushed that nobody waits for.
        await _cancel(run, do)
        await _tidy(name, do)
        raise
    return await _conclude(plan, ended, do)


async def _begin(plan: Building, name: str, do: Steps) -> str:
    """The run's id. A build that was begun under this name is taken up; otherwise the tag must still be free."""
    builds = _writes(do)
    try:
        return (await _workshop(do.reads).builds.named(name)).id
    except NotFound:
        pass
    if await is_there(registry_of(do.reads), plan.repository, plan.tag):
        raise UserError(f"The registry has {plan.tag} by now: somebody else built it.", f"/jhub deploy {plan.tag}")
    return (await builds.begin(name, plan.wanted)).id


async def _follow(run: str, name: str, do: Steps) -> Ended:
    """Show the last lines of the log until the build has ended; somebody who asks to stop stops it."""
    build = await _end_of(run, do)
    await _tidy(name, do)
    begun = build.started or build.created
    seconds = (build.finished - begun).total_seconds() if build.finished and begun else 0.0
    return Ended(build.id, build.succeeded, build.status == "Canceled", build.digest, seconds, build.error)


async def _end_of(run: str, do: Steps) -> Build:
    said = _Said()
    until = asyncio.get_running_loop().time() + _PATIENCE
    cancelled = False
    while True:
        build = await _look(run, said, do)
        if build is not None and build.ended:
            return build
        if asyncio.get_running_loop().time() > until:
            raise Unavailable(
                "Azure", f"has not finished the build within {_PATIENCE / 60:.0f} minutes: it may still end"
            )
        if do.stopping and not cancelled:
            cancelled = await _cancel(run, do)
        await _rest(do, stopping=cancelled or do.stopping)


@dataclass
class _Said:
    """The end of what a build has said so far."""

    offset: int = 0
    lines: tuple[str, ...] = ()

    def add(self, text: str, offset: int) -> None:
        self.offset = offset
        new = tuple(line[:_LONGEST_LINE] for line in text.splitlines() if line.strip())
        self.lines = (*self.lines, *new)[-_LAST_LINES:]


async def _look(run: str, said: _Said, do: Steps) -> Build | None:
    """How it stands; None where Azure does not tell just now."""
    builds = _workshop(do.reads).builds
    try:
        build = await builds.build(run)
        await _listen(run, said, do)
    except Unavailable as error:
        do.tell(*said.lines[-_LINES:], f"{error}. Asking again …")
        return None
    do.tell(*(said.lines[-_LINES:] or (f"{build.status} as run {run}",)))
    return build


async def _listen(run: str, said: _Said, do: Steps) -> None:
    # A run that waits for a machine has no log yet.
    try:
        said.add(*await _workshop(do.reads).builds.log(run, said.offset))
    except NotFound:
        return


async def _cancel(run: str, do: Steps) -> bool:
    try:
        await _writes(do).cancel(run)
    except (Unavailable, Rejected):
        return False
    return True


async def _rest(do: Steps, *, stopping: bool) -> None:
    if stopping:
        await asyncio.sleep(_LOOK_EVERY / 2)
        return
    stopped = asyncio.ensure_future(do.stopped())
    try:
        await asyncio.wait({stopped}, timeout=_LOOK_EVERY)
    finally:
        stopped.cancel()


async def _tidy(name: str, do: Steps) -> bool:
    """Whether Azure keeps the request no longer; that it does is no reason to call a build failed."""
    try:
        await _writes(do).forget(name)
    except NotFound:
        return True
    except (Unavailable, Rejected) as error:
        do.warn(f"Azure still keeps the task run {name}: {error}")
        return False
    return True


def _writes(do: Steps) -> BuildWrites:
    if do.writes.builds is None:
        raise Unavailable("Azure", "builds nothing: image.repository is not set in the bot's configuration")
    return do.writes.builds


async def _conclude(plan: Building, ended: Ended, do: Steps) -> Notice | Failure:
    log = opening("Log in the portal", _workshop(do.reads).builds.page())
    if ended.succeeded:
        return await _success(plan, ended, do)
    last = await _last_lines(ended.run, do)
    said = (Lines(last, "The end of its log", code=True),) if last else ()
    now = (Fact("Run", ended.run), Fact("Commit", plan.commit))
    if ended.cancelled:
        cause = "Azure ended the build; nothing was pushed."
        return Failure(f"Building {plan.tag} was stopped", cause, now, (), sections=said, buttons=(log,))
    cause = f"The build ended after {_took(ended)}: {ended.error or 'its log says why'}. Nothing was pushed."
    return Failure(f"{plan.tag} was not built", cause, now, (), sections=said, buttons=(log,))


async def _success(plan: Building, ended: Ended, do: Steps) -> Notice:
    digest = ended.digest or await _digest(plan, do)
    facts = (
        Fact("Image", f"{plan.image}:{plan.tag}"),
        Fact("Digest", short_digest(digest)),
        Fact("From", f"{plan.ref}, commit {plan.commit}"),
        Fact("Took", _took(ended)),
        Fact("Run", ended.run),
    )
    buttons = (
        typing(f"Deploy {plan.tag}", f"/jhub deploy {plan.tag}", ButtonStyle.POSITIVE),
        opening("Log in the portal", _workshop(do.reads).builds.page()),
    )
    return Notice(f"{plan.tag} is built", "Nobody gets it before it is deployed.", Tone.GOOD, (Facts(facts),), buttons)


async def _digest(plan: Building, do: Steps) -> str:
    try:
        return (await registry_of(do.reads).tag(plan.repository, plan.tag)).digest
    except (NotFound, Unavailable):
        return ""


async def _last_lines(run: str, do: Steps) -> tuple[str, ...]:
    said = _Said()
    try:
        await _listen(run, said, do)
    except Unavailable:
        return ()
    return said.lines


def _took(ended: Ended) -> str:
    return spoken(timedelta(seconds=ended.seconds))


COMMAND = Change(
    "image build",
    "Build the image in the registry from its repository.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    exclusive=False,
    stoppable=True,
    details="Builds exactly one commit: of a branch, a tag, or given by its whole hash. Its first seven digits become "
    "the tag. A tag that the registry has is not built again.",
)

"""A build that goes on: begun once, followed to its end, stopped where somebody asks, and left without a trace.

Nothing that a build says is kept of it in a step's result: that may be a secret.
"""

import asyncio
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from clients.azure.acr_tasks import Build, BuildSource
from clients.errors import NotFound, Rejected, Unavailable
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.polling import until
from commands.images.tags import is_there, registry_of
from commands.ports.context import Reads
from commands.ports.images import BuildWrites, Workshop

# What a build may take, in seconds: an hour, which is when Azure ends it, and its queue.
_PATIENCE: Final = 5400.0
# How long Azure may be out when a build is to begin.
_BEGINS_WITHIN: Final = 60.0
_LOOK_EVERY: Final = 2.0
_LINES: Final = 6
_LAST_LINES: Final = 12
_LONGEST_LINE: Final = 160
_PLAIN: Final = re.compile(r"[0-9A-Za-z]{1,24}")
_ENOUGH: Final = 24


@dataclass(frozen=True)
class BuildEnded:
    """How a build ended."""

    run: str
    succeeded: bool
    cancelled: bool
    digest: str
    seconds: float
    error: str


def workshop_of(reads: Reads) -> Workshop:
    """Where images are built. Raises UserError where that is not configured."""
    if reads.workshop is None:
        raise UserError("The bot does not know what to build: image.repository is not set in its configuration.")
    return reads.workshop


def name_of(tag: str, operation: str) -> str:
    """Under which name Azure knows the build of a tag by an operation: 5 to 50 letters, digits and hyphens."""
    return f"{_start(tag)}{operation}"


def _start(tag: str) -> str:
    """What the names of all builds of a tag begin with, and those of no other: also of one with other characters."""
    plain = tag if _PLAIN.fullmatch(tag) else sha256(tag.encode()).hexdigest()[:_ENOUGH]
    return f"jhub-bot-{plain}-"


async def check_free(repository: str, tag: str, what: str, reads: Reads) -> None:
    """Raises UserError where the registry has the tag, or is about to; `what` says which it is, as a main clause."""
    if await is_there(registry_of(reads), repository, tag):
        raise UserError(
            f"{what}, and the registry already has that tag: a tag is never built twice.",
            f"/jhub deploy {tag}",
            "/jhub images",
        )
    for build in await workshop_of(reads).builds.running(_start(tag)):
        raise UserError(f"{what}, which is already being built as run {build.id}.", "/jhub operations")


async def begin(name: str, source: BuildSource, repository: str, tag: str, do: Steps) -> str:
    """The run's id. A build that was begun under this name is taken up; otherwise the tag must still be free.

    Whether Azure has heard of a request that it did not answer nobody knows: it is asked again, which is harmless.
    """

    async def begun() -> str:
        try:
            return (await workshop_of(do.reads).builds.named(name)).id
        except NotFound:
            await check_free(repository, tag, f"This would be {tag}", do.reads)
        return (await _writes(do).begin(name, source)).id

    run = await until(begun, do, seconds=_BEGINS_WITHIN)
    assert run is not None  # noqa: S101 - `begun` answers or raises
    return run


async def follow(run: str, name: str, do: Steps) -> BuildEnded:
    """Show the last lines of the log until the build has ended; somebody who asks to stop stops it."""
    build = await _end_of(run, do)
    await tidy(name, do)
    begun = build.started or build.created
    seconds = (build.finished - begun).total_seconds() if build.finished and begun else 0.0
    return BuildEnded(build.id, build.succeeded, build.status == "Canceled", build.digest, seconds, build.error)


async def _end_of(run: str, do: Steps) -> Build:
    said = _Said()
    end = asyncio.get_running_loop().time() + _PATIENCE
    cancelled = False
    while True:
        build = await _look(run, said, do)
        if build is not None and build.ended:
            return build
        if asyncio.get_running_loop().time() > end:
            raise Unavailable("Azure", f"has not finished the build within {_PATIENCE / 60:.0f} minutes")
        if do.stopping and not cancelled:
            cancelled = await cancel(run, do)
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
    builds = workshop_of(do.reads).builds
    try:
        build = await builds.build(run)
        await _listen(run, said, do)
    except Unavailable as error:
        do.tell(*said.lines[-_LINES:], f"{error}. Trying again …")
        return None
    do.tell(*(said.lines[-_LINES:] or (f"{build.status} as run {run}",)))
    return build


async def _listen(run: str, said: _Said, do: Steps) -> None:
    # A run that waits for a machine has no log yet.
    try:
        said.add(*await workshop_of(do.reads).builds.log(run, said.offset))
    except NotFound:
        return


async def cancel(run: str, do: Steps) -> bool:
    """Whether Azure was asked to stop the build."""
    try:
        await _writes(do).cancel(run)
    except (Unavailable, NotFound, Rejected):
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


async def tidy(name: str, do: Steps) -> bool:
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


async def last_lines(run: str, do: Steps) -> tuple[str, ...]:
    """The end of what a build has said; nothing where that is not told."""
    said = _Said()
    try:
        await _listen(run, said, do)
    except Unavailable:
        return ()
    return said.lines

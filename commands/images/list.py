"""`/jhub images`: list the tags of the users' image, their age and size, which are or were live, and who runs them."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.times import minute
from cards.views import Cell, Column, Status, Table, Tone, View
from clients.acr import Tag
from clients.errors import NotFound, Unavailable
from clients.helm import Release
from clients.kube import Pod
from commands.framework.command import Flag, Level, Query, Topic
from commands.framework.partial_results import attempt
from commands.images.tags import short_digest, users_repository
from commands.kubernetes.components import USER_SERVER, plain
from commands.ports.context import Reads
from commands.ports.images import RegistryReads
from commands.release.record import image_digest, image_tag
from commands.text.byte_sizes import spoken as amount
from commands.timing.timestamps import ago

_SHOWN: Final = 10
# Tags that servers still run besides those: each is asked for.
_MOST_OTHERS: Final = 100
_COLUMNS: Final = (
    Column("Tag", 3),
    Column("Created", 3),
    Column("Size", 2, numeric=True),
    Column("Digest", 3),
    Column("State", 4),
    Column("Servers", 2, numeric=True),
)


@dataclass(frozen=True)
class Args:
    """The number of tags to list."""

    all: Annotated[bool, Flag("show every tag, not only the newest ten")] = False


async def run(args: Args, reads: Reads) -> View:
    """List tags, newest first, and those that are live or run, at any age."""
    registry, image, repository = await users_repository(reads)
    tags, releases, pods = await asyncio.gather(
        registry.tags(repository, None if args.all else _SHOWN),
        attempt("Kubernetes", reads.releases.history()),
        attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}")),
    )
    history = [] if isinstance(releases, Unavailable) else releases
    on = _servers([] if isinstance(pods, Unavailable) else pods, image)
    older, lost = await _others(_used(history, on) - {tag.name for tag in tags}, registry, repository)
    problems = [f"{one}." for one in dict.fromkeys(str(o) for o in (releases, pods) if isinstance(o, Unavailable))]
    problems += [f"{_users(name, on, history)}, but the registry no longer has it." for name in lost]
    problems += _moved(history, [*tags, *older])
    rows = tuple(_row(tag, history, on, reads) for tag in (*tags, *older))
    more = not args.all and len(tags) == _SHOWN
    return Status(
        f"Images of {image}",
        _headline(history, tags, args),
        Tone.WARNING if problems else Tone.NOTE,
        tuple(problems),
        (Table(_COLUMNS, rows, rest="/jhub images --all" if more else ""),) if rows else (),
        minute(reads.now),
    )


async def _others(names: Collection[str], registry: RegistryReads, repository: str) -> tuple[list[Tag], list[str]]:
    """Return the other tags that are used: those that the registry has, and the names of those that it lacks."""
    wanted = sorted(names)[:_MOST_OTHERS]
    found = await asyncio.gather(*(_found(registry, repository, name) for name in wanted))
    there = [tag for tag in found if tag is not None]
    return there, [name for name, tag in zip(wanted, found, strict=True) if tag is None]


async def _found(registry: RegistryReads, repository: str, name: str) -> Tag | None:
    try:
        return await registry.tag(repository, name)
    except NotFound:
        return None


def _used(history: Sequence[Release], on: Mapping[str, int]) -> set[str]:
    live = _live(history)
    return {image_tag(live), *on} if live else set(on)


def _headline(history: Sequence[Release], tags: Sequence[Tag], args: Args) -> str:
    live = _live(history)
    count = f"{len(tags)} tags"
    if not args.all and len(tags) == _SHOWN:
        count = f"the newest {count} (--all shows all)"
    return f"Live: {image_tag(live)}; {count}" if live else count.capitalize()


def _live(history: Sequence[Release]) -> Release | None:
    return next((release for release in history if release.status == "deployed"), None)


def _servers(pods: Sequence[Pod], image: str) -> Counter[str]:
    """Count the servers that run each tag of the image."""
    named = (plain(name) for pod in pods if not pod.terminating for name in pod.images[:1])
    return Counter(name.removeprefix(f"{image}:") for name in named if name.startswith(f"{image}:"))


def _users(name: str, on: Mapping[str, int], history: Sequence[Release]) -> str:
    live = _live(history)
    if live and image_tag(live) == name:
        return f"{name} is live"
    return f"{on[name]} {'server runs' if on[name] == 1 else 'servers run'} {name}"


def _moved(history: Sequence[Release], tags: Sequence[Tag]) -> list[str]:
    """Return a problem if the live tag names another image by now."""
    live = _live(history)
    now = next((tag for tag in tags if live and tag.name == image_tag(live)), None)
    if live is None or now is None or image_digest(live) in ("", now.digest):
        return []
    return [f"{now.name} has been moved since it was deployed: users still get the image that it named then."]


def _row(tag: Tag, history: Sequence[Release], on: Mapping[str, int], reads: Reads) -> tuple[Cell, ...]:
    return (
        Cell(tag.name),
        Cell(ago(tag.created, reads.now)),
        Cell(amount(tag.size) if tag.size else "—"),
        Cell(short_digest(tag.digest)),
        _state(tag, history),
        Cell(str(on.get(tag.name, 0) or "—")),
    )


def _state(tag: Tag, history: Sequence[Release]) -> Cell:
    live = _live(history)
    words = []
    tone = Tone.NOTE
    if live and image_tag(live) == tag.name:
        words, tone = [f"live, revision {live.revision}"], Tone.GOOD
    elif (before := _last(tag, history)) is not None:
        words = [f"revision {before.revision}" if before.status == "superseded" else f"failed as {before.revision}"]
    words += ["locked"] if tag.locked else []
    return Cell(", ".join(words) or "—", tone)


def _last(tag: Tag, history: Sequence[Release]) -> Release | None:
    """Return the newest revision that had the tag."""
    return next((release for release in history if image_tag(release) == tag.name), None)


COMMAND = Query(
    "images",
    "List the image's tags: age, size, digest, which is live, who runs them.",
    Level.VIEWER,
    run,
    Args,
    details="Shows the ten newest tags in the registry; --all shows every one. “Servers” counts those that are "
    "running now.",
    in_menu=True,
    topic=Topic.RELEASES,
    rank=4,
)

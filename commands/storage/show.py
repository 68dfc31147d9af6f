"""`/jhub storage show`: show one user's homes: claims by both naming schemes, volumes, pods, snapshots."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from cards.times import day, minute, timed
from cards.views import Cell, Column, Fact, Facts, Section, Status, Table, Tone, View
from clients.errors import NotFound, Unavailable
from clients.hub import HubServer, HubUser
from clients.kube import Claim, Pod, Snapshot, Volume
from clients.prometheus import VolumeUsages
from commands.framework.argument_types import UserName
from commands.framework.command import Arg, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.claim_names import Scheme
from commands.ports.context import Reads
from commands.storage.former_name import former_name, made
from commands.storage.fullness import fact, usages_of
from commands.storage.homes import (
    Home,
    HomeOwner,
    namesakes,
    one_user,
    pods_mounting,
    scheme_of,
    unknown_user,
    with_homes,
)
from commands.storage.snapshots import RESTORED_FROM, expires, of_user
from commands.text.byte_sizes import spoken as amount
from commands.timing.timestamps import ago

_SCHEMES = {
    Scheme.OLD: "old naming (before chart 4)",
    Scheme.NEW: "new naming (chart 4 and later)",
    Scheme.BOTH: "both namings give this name",
    Scheme.OTHER: "neither naming gives this name",
}
_LINE = "/jhub storage show {}"
_SNAPSHOTS = (Column("Snapshot", 5), Column("Server", 2), Column("Size", 2), Column("Taken", 3), Column("Until", 3))


@dataclass(frozen=True)
class Args:
    """The user whose homes to show."""

    user: Annotated[UserName, Arg("whose homes, e.g. ada@example.org", "ada@example.org")]


async def run(args: Args, reads: Reads) -> View:
    """Show the user's homes and snapshots."""
    users = await attempt("The hub", reads.hub.users())
    known: Sequence[HubUser] = [] if isinstance(users, Unavailable) else users
    snapshots, pods = await asyncio.gather(reads.kube.snapshots(), reads.kube.pods())
    account = one_user(args.user, known, _LINE)
    others = namesakes(args.user, known) - ({account.name} if account else set())
    mine = of_user(snapshots, args.user, but=others)
    person = await with_homes(args.user, known, reads, [one.server for one in mine], _LINE)
    if not (person.known or person.homes or mine):
        if isinstance(users, Unavailable):
            raise UserError(f"No claim or snapshot carries the name “{args.user}”, and {users}.")
        raise unknown_user(args.user, users, _LINE, person.successor)
    volumes = {home.claim.name: await _volume(home, reads) for home in person.homes}
    usages = await usages_of([home.claim.name for home in person.homes], reads)
    sections: list[Section] = [Facts((_account(person, users, reads),))]
    sections += [_home(home, person, volumes[home.claim.name], pods, usages, reads) for home in person.homes]
    sections += [_snapshot_table(mine, reads)] if mine else []
    problems = _problems(person)
    return Status(
        person.name,
        _headline(person, mine),
        Tone.WARNING if problems else Tone.NOTE,
        problems,
        tuple(sections),
        minute(reads.now),
    )


async def _volume(home: Home, reads: Reads) -> Volume | None:
    try:
        return await reads.kube.volume(home.claim.volume) if home.claim.volume else None
    except NotFound:
        return None


def _headline(person: HomeOwner, snapshots: Sequence[Snapshot]) -> str:
    count = len(person.homes)
    if count:
        return "1 home" if count == 1 else f"{count} homes"
    return "No home, but a snapshot of one" if snapshots else "No home yet"


def _problems(person: HomeOwner) -> tuple[str, ...]:
    said = []
    for server in dict.fromkeys(home.server for home in person.homes):
        if len(person.of(server)) > 1:
            which = f"server “{server}”" if server else "default server"
            said.append(
                f"The {which} has {len(person.of(server))} homes and mounts only one of them. The files of the other "
                "stay: its owner looks into both before anything is deleted."
            )
    said += [f"{home.claim.name} is being deleted." for home in person.homes if home.claim.terminating]
    return tuple(said)


def _account(person: HomeOwner, users: list[HubUser] | Unavailable, reads: Reads) -> Fact:
    if isinstance(users, Unavailable):
        return Fact("Hub", f"cannot be asked about this user: {users.what}", Tone.WARNING)
    if person.account is None:
        return Fact("Hub", "does not know this user", Tone.WARNING)
    running = [_with_state(server) for server in person.account.servers]
    servers = f"servers: {', '.join(running)}" if running else "no server is running"
    return Fact("Hub", f"last active {ago(person.account.last_activity, reads.now)}; {servers}")


def _with_state(server: HubServer) -> str:
    return f"{server.name or 'default'}{'' if server.ready else f' ({server.state})'}"


def _home(
    home: Home,
    person: HomeOwner,
    volume: Volume | None,
    pods: Sequence[Pod],
    usages: VolumeUsages | Unavailable | None,
    reads: Reads,
) -> Facts:
    claim = home.claim
    holders = pods_mounting(claim.name, pods)
    found = " Only its name says whose it is." if home.by_name else ""
    facts = [
        Fact("Server", home.server or "default"),
        Fact("Size", f"{amount(claim.size)}, class {claim.storage_class or 'unknown'}"),
        *_growth(claim),
        *([fact("How full", usages, claim, reads.now)] if usages is not None else []),
        Fact("Named by", _SCHEMES[scheme_of(home, person.name)] + found),
        *_ages(claim, reads.now),
        _volume_fact(home, volume),
        Fact("Mounted by", ", ".join(pod.name for pod in holders) or "no pod"),
    ]
    return Facts(tuple(facts), claim.name)


def _ages(claim: Claim, now: datetime) -> list[Fact]:
    """Return when the home was made, and when its owner got the present name where that is known."""
    since, before = made(claim), former_name(claim)
    facts = [Fact("Created", timed(minute(since), f", {ago(since, now)}") if since else "—")]
    if before and claim.created:
        facts.append(Fact("Renamed", timed(f"from {before}, ", minute(claim.created))))
    return facts


def _growth(claim: Claim) -> list[Fact]:
    """Return what is pending of an enlargement, if anything is."""
    if not claim.is_growing:
        return []
    how = "its file system grows when the next server starts" if claim.awaits_start else "Azure enlarges its disk"
    return [Fact("Being enlarged", f"to {amount(claim.requested)}: {how}", Tone.WORKING)]


def _volume_fact(home: Home, volume: Volume | None) -> Fact:
    if home.claim.terminating:
        return Fact("Volume", f"{home.claim.volume or 'none'}: the claim is being deleted", Tone.WARNING)
    if not home.claim.volume:
        source = home.claim.annotations.get(RESTORED_FROM)
        made = f"none yet: it is created from {source} at the next login" if source else "none yet: it was never used"
        return Fact("Volume", made)
    if volume is None:
        return Fact("Volume", f"{home.claim.volume}, which no longer exists", Tone.BAD)
    became = "is deleted with the claim" if volume.reclaim_policy == "Delete" else "outlives the claim"
    return Fact("Volume", f"{volume.name}; the disk {became} (reclaim policy {volume.reclaim_policy})")


def _snapshot_table(snapshots: Sequence[Snapshot], reads: Reads) -> Table:
    return Table(_SNAPSHOTS, tuple(_row(one, reads) for one in snapshots), "Snapshots", "/jhub storage snapshots")


def _row(snapshot: Snapshot, reads: Reads) -> tuple[Cell, ...]:
    end = expires(snapshot, reads)
    state = "" if snapshot.ready else " (not ready)"
    return (
        Cell(snapshot.name + state, Tone.NOTE if snapshot.ready else Tone.WARNING),
        Cell(snapshot.server or "default"),
        Cell(amount(snapshot.size)),
        Cell(ago(snapshot.created, reads.now)),
        Cell(day(end) if end else "indefinitely"),
    )


COMMAND = Query(
    "storage show",
    "Show one user's homes: claims, volumes, pods, snapshots.",
    Level.VIEWER,
    run,
    Args,
    topic=Topic.STORAGE,
    rank=2,
)

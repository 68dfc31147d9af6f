"""The plan of a new name: who it is, what goes along, and everything because of which it must not be.

Where each home goes is what the hub will look for: by its chart's version and its values.
"""

import asyncio
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from clients.kube import Pod, Volume
from commands.framework.argument_types import UserName, folded
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.spawner.runs import ServerRun, start_of, title
from commands.storage.former_name import Successor
from commands.storage.homes import HomeOwner, pods_mounting, quoted, renamed_user, with_homes
from commands.storage.snapshots import is_managed, of_user, original_of
from commands.storage.volume_record import SELECTOR, VolumeRecord, recorded
from commands.users.checks import check_names, check_new, check_person, check_places, check_scopes
from commands.users.identity import check_identity
from commands.users.model import EmptyClaim, HomeMove, SnapshotMove, UserRename
from commands.users.seen import Seen
from commands.users.targets import moves_of
from commands.values.release_effects import places_of


async def planned(old: UserName, wanted: UserName, reads: Reads) -> UserRename:
    """Plan the change of name. Raise UserError where it makes no sense or something is in the way."""
    check_names(old, wanted)
    typed = UserName.parse(unicodedata.normalize("NFC", wanted).lower())
    seen = await _seen(old, typed, reads)
    new = seen.other.account.name if seen.other.account is not None else str(typed)
    name = seen.records[0].old if seen.records else seen.person.name
    check_person(seen, new)
    identity = await check_identity(name, new, reads)
    check_new(seen, name, same=identity.same)
    check_places(seen.places, name, new)
    if seen.person.account is not None:
        check_scopes(await reads.hub.scopes(), seen.person.account.groups)
    moves, empties = moves_of(seen, name, new)
    account, runs = seen.person.account, _runs(seen.person, seen.pods)
    return UserRename(
        old=name,
        new=new,
        moves=moves,
        known=account is not None,
        keeps_record=not seen.places.remembers and seen.other.account is None,
        stops=tuple(dict.fromkeys(run.server for run in runs)),
        empties=empties,
        groups=account.groups if account else (),
        snapshots=_snapshots(seen, name, new, moves),
        joins=seen.other.account is not None and not seen.resumes,
        resumes=seen.resumes,
        nobodys=identity.nobodys,
        warnings=(*identity.warnings, *_warnings(seen, name, new, moves)),
        clears=_clears(seen),
        runs=runs,
    )


async def _seen(old: UserName, new: UserName, reads: Reads) -> Seen:
    users, release, pods, snapshots, volumes = await asyncio.gather(
        reads.hub.users(),
        reads.releases.deployed(),
        reads.kube.pods(),
        reads.kube.snapshots(),
        reads.kube.volumes(SELECTOR),
    )
    if release is None:
        raise UserError("The hub is not deployed, so nobody can tell which home it would look for.", "/jhub status")
    records = _records(volumes, old, new)
    person = await with_homes(old, users, reads, instead=f"/jhub user rename {{}} {quoted(new)}")
    if person.account is None and not person.homes and not records:
        raise _unknown(old, person.successor)
    other = await with_homes(new, users, reads, [home.server for home in person.homes])
    places = places_of(release.values, release.defaults, release.chart.version)
    config = release.value("hub", "config")
    config = config if isinstance(config, Mapping) else {}
    return Seen(person, other, places, pods, snapshots, records, config)


def _unknown(old: UserName, successor: Successor | None) -> UserError:
    """Return the error that nobody has the name. It offers nobody like it, whose homes would be taken along."""
    if successor is not None:
        return renamed_user(old, successor, "/jhub storage show {}")
    return UserError(f"The hub does not know the user “{old}”, and no home carries that name.", "/jhub users")


def _records(volumes: Iterable[Volume], old: str, new: str) -> tuple[VolumeRecord, ...]:
    """Return what earlier runs wrote onto volumes of this change. Raise UserError for another one of these people."""
    found = [record for volume in volumes if (record := recorded(volume))]
    mine = tuple(record for record in found if record.is_of(old, new))
    others = [record for record in found if record not in mine and record.concerns(old, new)]
    if others:
        first = others[0]
        raise UserError(
            f"The renaming of {first.old} to {first.new} is half done: {first.source.name} is on its way. "
            "End that first.",
            f"/jhub user rename {quoted(first.old)} {quoted(first.new)}",
        )
    return mine


def _clears(seen: Seen) -> tuple[EmptyClaim, ...]:
    """Return the claims of the new name that have no disk yet, and are in the way."""
    empty = [home for home in seen.other.homes if not home.claim.volume]
    return tuple(EmptyClaim(one.claim.uid, original_of(one.claim, seen.other.name, one.server)) for one in empty)


def _snapshots(seen: Seen, old: str, new: str, moves: Sequence[HomeMove]) -> tuple[SnapshotMove, ...]:
    targets = {move.source: move.target for move in moves}
    found = of_user(seen.snapshots, old, but=seen.person.others)
    return tuple(
        SnapshotMove(one.name, one.uid, targets.get(one.claim) or (place.claim if place else one.claim))
        for one in found
        if is_managed(one) and not one.terminating
        for place in [seen.places.place(new, one.server)]
    )


def _warnings(seen: Seen, old: str, new: str, moves: Sequence[HomeMove]) -> list[str]:
    said = []
    for server in dict.fromkeys(move.server for move in moves):
        several = [move for move in moves if move.server == server]
        place = seen.places.place(new, server)
        if len(several) > 1 and place is not None:
            used = next(one.source for one in several if one.target == place.claim)
            said.append(f"{title(old, server)} has {len(several)} homes. {used} becomes the one that is used.")
    said += [f"Only its name says that {one.claim.name} belongs to {old}." for one in seen.person.homes if one.by_name]
    said += [
        f"hub.config.{path} names {old}. Put {new} in its place, or they cannot log in."
        for path in named_in(seen.config, old)
    ]
    return said


def named_in(config: object, name: str, path: str = "") -> list[str]:
    """Return the paths of the lists in the hub's configuration that hold a name, as Authenticator.allowed_users."""
    if isinstance(config, Mapping):
        found = (named_in(one, name, f"{path}.{key}".lstrip(".")) for key, one in config.items())
        return [one for paths in found for one in paths]
    is_there = isinstance(config, list) and any(isinstance(one, str) and folded(one) == folded(name) for one in config)
    return [path] if is_there else []


def _runs(person: HomeOwner, pods: Sequence[Pod]) -> tuple[ServerRun, ...]:
    """Return the servers to stop: those that the hub knows, and pods that it has lost sight of and that hold a home."""
    known = person.account.servers if person.account else ()
    runs = [ServerRun(person.name, one.name, start_of(one)) for one in known]
    names = {one.name for one in known}
    for home in person.homes:
        if home.server not in names:
            runs += [ServerRun(person.name, home.server, "", pod.uid) for pod in pods_mounting(home.claim.name, pods)]
    return tuple(runs)

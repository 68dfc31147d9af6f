"""The plan of a new name: who it is, what goes along, and everything because of which it must not be.

Where each home goes is what the hub will look for: by its chart's version and its values.
"""

import asyncio
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clients.kube import Claim, Pod, Snapshot, Volume
from commands.framework.argument_types import UserName, folded
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import new_name, old_name
from commands.kubernetes.components import USER_SERVER
from commands.kubernetes.home_places import HomePlaces
from commands.ports.context import Reads
from commands.spawner.runs import ServerRun, start_of, title
from commands.storage.deletion import ClaimRef
from commands.storage.homes import Home, HomeOwner, pods_mounting, quoted, unknown_user, with_homes
from commands.storage.snapshots import RESTORED_FROM, is_managed, of_user
from commands.storage.volume_record import SELECTOR, VolumeRecord, recorded
from commands.users.identity import check_identity
from commands.users.model import HomeMove, SnapshotMove, UserRename
from commands.values.release_effects import places_of


@dataclass(frozen=True)
class _Seen:
    """What there is of both names."""

    person: HomeOwner
    other: HomeOwner
    places: HomePlaces
    pods: Sequence[Pod]
    snapshots: Sequence[Snapshot]
    records: tuple[VolumeRecord, ...]

    @property
    def resumes(self) -> bool:
        """True if an earlier run left this change of name half done."""
        return bool(self.records)


async def planned(old: UserName, wanted: UserName, reads: Reads) -> UserRename:
    """Plan the change of name. Raise UserError where it makes no sense or something is in the way."""
    new = UserName.parse(unicodedata.normalize("NFC", wanted).lower())
    _check_names(old, wanted)
    seen = await _seen(old, new, reads)
    name = seen.records[0].old if seen.records else seen.person.name
    _check_person(seen, new)
    _check_new(seen, name, new)
    _check_places(seen.places, name, new)
    if seen.person.account is not None:
        _check_scopes(await reads.hub.scopes(), seen.person.account.groups)
    moves, empties = _moves(seen, name, new)
    account, runs = seen.person.account, _runs(seen.person, seen.pods)
    return UserRename(
        old=name,
        new=str(new),
        moves=moves,
        known=account is not None,
        keeps_record=not seen.places.remembers and seen.other.account is None,
        stops=tuple(dict.fromkeys(run.server for run in runs)),
        empties=empties,
        groups=account.groups if account else (),
        snapshots=_snapshots(seen, name, new, moves),
        resumes=seen.resumes,
        warnings=(*await check_identity(name, new, reads), *_warnings(seen, name, new, moves)),
        runs=runs,
    )


def _check_names(old: UserName, new: UserName) -> None:
    if old == new:
        raise UserError(f"“{old}” is the name that there is already: type the new one behind it.")
    if folded(old) == folded(new):
        raise UserError(
            f"“{old}” and “{new}” differ only in upper and lower case. JupyterHub writes names in lower case, so both "
            "are the same user: there is nothing to rename."
        )


async def _seen(old: UserName, new: UserName, reads: Reads) -> _Seen:
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
        raise unknown_user(old, users, f"/jhub user rename {{}} {quoted(new)}")
    other = await with_homes(new, users, reads, [home.server for home in person.homes])
    places = places_of(release.values, release.defaults, release.chart.version)
    return _Seen(person, other, places, pods, snapshots, records)


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


def _check_person(seen: _Seen, new: str) -> None:
    person = seen.person
    if person.account is not None and person.account.admin:
        raise UserError(
            f"{person.name} is an administrator of the hub, and the hub lets only administrators rename those. Take "
            "the name out of admin_users in the hub's values and deploy, rename, and put the new name in.",
            "/jhub config",
        )
    for home in person.homes:
        _check_home(home, person, seen, new)


def _check_home(home: Home, person: HomeOwner, seen: _Seen, new: str) -> None:
    claim, whose = home.claim, title(person.name, home.server)
    again = f"/jhub user rename {quoted(person.name)} {quoted(new)}"
    if claim.terminating and not seen.resumes:
        raise UserError(f"{claim.name} of {whose} is being deleted. Try again once it is gone.", again)
    if claim.phase == "Lost":
        raise UserError(
            f"{claim.name} of {whose} has lost its disk: nothing can be taken along.", "/jhub storage doctor"
        )
    if RESTORED_FROM in claim.annotations and not claim.volume:
        raise UserError(
            f"{claim.name} of {whose} is being restored from {claim.annotations[RESTORED_FROM]}: its disk is created "
            "at the next login. Rename afterwards.",
            again,
        )
    if any(one.claim == claim.name and not one.ready and not one.error for one in seen.snapshots):
        raise UserError(f"A snapshot of {claim.name} is being taken. Rename once it is ready.", again)
    for pod in pods_mounting(claim.name, seen.pods):
        if pod.component != USER_SERVER or (pod.user and folded(pod.user) != folded(person.name)):
            raise UserError(
                f"{claim.name} of {whose} is mounted by pod {pod.name}, which is no server of theirs: the bot does not "
                "stop it. Find out whose it is and stop it first."
            )


def _check_new(seen: _Seen, old: str, new: str) -> None:
    """Raise UserError if somebody has the new name already."""
    if seen.resumes:
        return
    filled = [home for home in seen.other.homes if home.claim.volume]
    if seen.other.account is not None:
        have = f", and a home ({filled[0].claim.name})" if filled else ""
        raise UserError(
            f"The hub has a user {seen.other.name} already{have}. If that is somebody else, choose another name. If it "
            f"is {old}, who logged in by the new name: look whether anything in that home is needed, delete the home, "
            "and then the user on the hub's admin page. Rename afterwards.",
            f"/jhub storage show {quoted(seen.other.name)}",
        )
    if seen.other.homes:
        raise UserError(
            f"There is a home of {new} already: {seen.other.homes[0].claim.name}. Nothing is overwritten.",
            f"/jhub storage show {quoted(new)}",
        )


def _check_scopes(scopes: frozenset[str], groups: Sequence[str]) -> None:
    """Raise UserError where the hub would refuse the bot half way. A hub before 2.0 tells no scopes."""
    needed = ("admin:users", *(("groups",) if groups else ()))
    if scopes and (missing := [one for one in needed if one not in scopes]):
        raise UserError(
            f"The bot's token for the hub lacks the scope {' and '.join(missing)}. Put it into hub.loadRoles of the hub's "
            "values (docs/permissions.md), and deploy them."
        )


def _check_places(places: HomePlaces, old: str, new: str) -> None:
    """Raise UserError where the bot cannot tell which claims the hub will look for."""
    if not places.claim:
        return
    why = places.unknown
    before, after = places.place(old), places.place(new)
    if not why and (before is None or after is None):
        why = "the values name homes by a template that the bot cannot read"
    elif before and after and (before.namespace or after.namespace):
        why = "servers run in other namespaces than the hub"
    elif before and after and (before.claim == after.claim or before.folder != after.folder):
        why = "people's homes are folders of one claim, and the bot does not rename folders"
    if why:
        raise UserError(f"The bot cannot move the homes: {why}.")


def _moves(seen: _Seen, old: str, new: str) -> tuple[tuple[HomeMove, ...], tuple[ClaimRef, ...]]:
    """Return where each volume goes, and the claims of the old name that have none."""
    on_the_way = {record.volume for record in seen.records}
    moves = [_resumed(record) for record in seen.records]
    empties: list[ClaimRef] = []
    for server in dict.fromkeys(home.server for home in seen.person.homes):
        homes = [home for home in seen.person.of(server) if home.claim.volume not in on_the_way]
        filled = [home for home in homes if home.claim.volume]
        moves += _targets(server, filled, seen, old, new)
        empties += [ClaimRef(one.claim.name, one.claim.uid, "", one.claim.size) for one in homes if one not in filled]
    return tuple(moves), tuple(empties)


def _resumed(record: VolumeRecord) -> HomeMove:
    source = record.source
    return HomeMove(record.server, source.name, "", record.target_name, record.volume, source.size)


def _targets(server: str, homes: Sequence[Home], seen: _Seen, old: str, new: str) -> list[HomeMove]:
    """Return where the volumes of one server go: the one that is used to where the hub will look."""
    place = seen.places.place(new, server)
    if not homes or place is None:
        return []
    used = _used(server, homes, seen, old)
    targets = {used.claim.name: place.claim}
    for home in homes:
        if home is not used:
            targets[home.claim.name] = _beside(home, old, new, set(targets.values()))
    return [_move(home.claim, server, targets[home.claim.name]) for home in homes]


def _used(server: str, homes: Sequence[Home], seen: _Seen, old: str) -> Home:
    """Return the home that the server uses: the one that is mounted, or that has the name the hub would give it."""
    now = seen.places.place(old, server)
    mounted = [home for home in homes if pods_mounting(home.claim.name, seen.pods)]
    named = [home for home in homes if now is not None and home.claim.name == now.claim]
    return next(iter([*mounted, *named, *homes]))


def _beside(home: Home, old: str, new: str, taken: set[str]) -> str:
    """Return the new name of a home that its server does not use: that of the other naming scheme."""
    free = [name for name in (old_name(new, home.server), new_name(new, home.server)) if name not in taken]
    if not free:
        raise UserError(
            f"{title(old, home.server)} has more homes than there are naming schemes: there is no name for "
            f"{home.claim.name} to get. Delete what is not needed first.",
            f"/jhub storage show {quoted(old)}",
        )
    return free[0]


def _move(claim: Claim, server: str, target: str) -> HomeMove:
    return HomeMove(server, claim.name, claim.uid, target, claim.volume, claim.size)


def _snapshots(seen: _Seen, old: str, new: str, moves: Sequence[HomeMove]) -> tuple[SnapshotMove, ...]:
    targets = {move.source: move.target for move in moves}
    found = of_user(seen.snapshots, old, but=seen.person.others)
    return tuple(
        SnapshotMove(one.name, one.uid, targets.get(one.claim) or (place.claim if place else one.claim))
        for one in found
        if is_managed(one) and not one.terminating
        for place in [seen.places.place(new, one.server)]
    )


def _warnings(seen: _Seen, old: str, new: str, moves: Sequence[HomeMove]) -> list[str]:
    said = []
    for server in dict.fromkeys(move.server for move in moves):
        several = [move for move in moves if move.server == server]
        if len(several) > 1:
            used = next(
                one for one in several if (place := seen.places.place(new, server)) and one.target == place.claim
            )
            said.append(f"{title(old, server)} has {len(several)} homes. {used.source} becomes the one that is used.")
    said += [
        f"Only its name says that {home.claim.name} belongs to {old}." for home in seen.person.homes if home.by_name
    ]
    return said


def _runs(person: HomeOwner, pods: Sequence[Pod]) -> tuple[ServerRun, ...]:
    """Return the servers to stop: those that the hub knows, and pods that it has lost sight of and that hold a home."""
    known = person.account.servers if person.account else ()
    runs = [ServerRun(person.name, one.name, start_of(one)) for one in known]
    names = {one.name for one in known}
    for home in person.homes:
        if home.server not in names:
            runs += [ServerRun(person.name, home.server, "", pod.uid) for pod in pods_mounting(home.claim.name, pods)]
    return tuple(runs)

"""The claims that a person's volumes go to: where the hub will look by the new name."""

from collections.abc import Sequence

from clients.kube import Claim
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import new_name, old_name
from commands.spawner.runs import title
from commands.storage.deletion import ClaimRef
from commands.storage.homes import Home, pods_mounting, quoted
from commands.storage.volume_record import VolumeRecord
from commands.users.model import HomeMove
from commands.users.seen import Seen


def moves_of(seen: Seen, old: str, new: str) -> tuple[tuple[HomeMove, ...], tuple[ClaimRef, ...]]:
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


def _targets(server: str, homes: Sequence[Home], seen: Seen, old: str, new: str) -> list[HomeMove]:
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


def _used(server: str, homes: Sequence[Home], seen: Seen, old: str) -> Home:
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

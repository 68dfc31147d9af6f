"""Homes of people who left: found with care, since nobody is there to say that theirs is still wanted.

Left has somebody whom the hub does not know, and who is in the directory no more. When such a home was last used nobody
recorded: the hub forgets that with the person. Its age is known, and that no pod has it now.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from clients.kube import Claim, SnapshotClass, StorageClass
from commands.framework.argument_types import Age, folded
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads
from commands.spawner.runs import title
from commands.storage.deletion import ClaimRef
from commands.storage.former_name import made
from commands.storage.homes import ENDED, may_be_home
from commands.storage.owners import Owners
from commands.storage.snapshots import class_for
from commands.timing.durations import spoken

# More are deleted by typing it again; a list has to be read by somebody.
MOST: Final = 200
# A typed `180m` means minutes, and nobody is known to have left for good after a few days.
_SHORTEST: Final = timedelta(days=30)
# So many people at a time are looked up in the directory.
_AT_ONCE: Final = 10


@dataclass(frozen=True)
class LeftHome:
    """One home of somebody who left."""

    user: str
    server: str
    claim: ClaimRef
    snapshot_class: str
    created: datetime = field(metadata=incidental())

    @property
    def title(self) -> str:
        """Whose home it is, in a few words."""
        return title(self.user, self.server)


@dataclass(frozen=True)
class LeftDeletion:
    """The plan: these homes, each at least `seconds` old. `more` would be, too; `others` are left out, and why.

    `unsure` is True where no directory tells who left, so that the hub's word alone counts.
    """

    seconds: int
    homes: tuple[LeftHome, ...]
    more: int
    kept_for: str
    unsure: bool
    others: tuple[str, ...] = field(metadata=incidental())

    @property
    def older(self) -> timedelta:
        """How old a home has to be."""
        return timedelta(seconds=self.seconds)


class _LeftOut(Counter[str]):
    """How many homes are left out, by why."""

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(f"{why}: {count:,}" for why, count in self.most_common())


async def plan_left(older: Age, reads: Reads) -> LeftDeletion:
    """Plan to delete the homes of people who left. Raise UserError where there is none, or where nobody can tell."""
    if older.length < _SHORTEST:
        raise UserError(
            f"Homes younger than {spoken(_SHORTEST)} are not deleted by a list, since people come back.",
            "/jhub storage delete --left --older 180d",
        )
    users, pods, classes, snapshot_classes = await asyncio.gather(
        reads.hub.users(), reads.kube.pods(), reads.kube.storage_classes(), reads.kube.snapshot_classes()
    )
    owners = Owners(users)
    if owners.doubt:
        raise UserError(f"{owners.doubt}: the bot cannot tell who left.", "/jhub storage doctor")
    mounted = {name for pod in pods if pod.phase not in ENDED for name in pod.claims}
    left_out = _LeftOut()
    found = [
        home
        async for page in reads.kube.claim_pages()
        for claim in page
        if may_be_home(claim) and owners.is_orphan(claim)
        for home in _home(claim, owners, older, mounted, _Classes(classes, snapshot_classes), left_out, reads)
    ]
    known = await _in_directory(dict.fromkeys(home.user for home in found), reads)
    gone = [one for one in found if known[one.user] is not True]
    renamed = await _renamed({one.user for one in gone}, reads)
    homes = sorted((one for one in gone if one.user not in renamed), key=lambda one: (one.created, one.claim.name))
    if others := len(gone) - len(homes):
        left_out["Of people who have another name now (/jhub storage doctor)"] += others
    if still := len(found) - len(gone):
        left_out["Of people whom the hub does not know, but the directory does"] += still
    if not homes:
        raise _none(older, left_out)
    return LeftDeletion(
        int(older.length.total_seconds()),
        tuple(homes[:MOST]),
        len(homes[MOST:]),
        spoken(reads.snapshot_retention),
        any(known[one.user] is None for one in homes[:MOST]),
        left_out.lines,
    )


@dataclass(frozen=True)
class _Classes:
    storage: Sequence[StorageClass]
    snapshots: Sequence[SnapshotClass]

    def for_snapshots_of(self, claim: Claim) -> str:
        """Return the class to take snapshots of that claim with; empty if there is none."""
        driver = next((one.provisioner for one in self.storage if one.name == claim.storage_class), "")
        return class_for(driver, self.snapshots)


def _home(
    claim: Claim,
    owners: Owners,
    older: Age,
    mounted: Collection[str],
    classes: _Classes,
    left_out: _LeftOut,
    reads: Reads,
) -> Sequence[LeftHome]:
    """Return the home, or nothing, and count why it is left out."""
    owner, chosen = owners.owner(claim), classes.for_snapshots_of(claim)
    since = made(claim)
    if since is None or reads.now - since < older.length:
        return ()
    reasons = {
        "Without the name of an owner": not owner,
        "Mounted by a pod": claim.name in mounted,
        "Being deleted already": claim.terminating,
        "Without a disk": not claim.volume or claim.phase != "Bound",
        "Of a class without snapshots": not chosen,
    }
    if why := next((one for one, holds in reasons.items() if holds), ""):
        left_out[why] += 1
        return ()
    ref = ClaimRef(claim.name, claim.uid, claim.volume, claim.size)
    return (LeftHome(owner, claim.server, ref, chosen, since),)


async def _in_directory(names: Collection[str], reads: Reads) -> dict[str, bool | None]:
    """Return for each name if somebody in the directory has it; None where that cannot be told. Raise Unavailable."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look(name: str) -> bool | None:
        async with slots:
            return await reads.access.is_in_directory(name) if "@" in name else None

    return dict(zip(names, await asyncio.gather(*map(look, names)), strict=True))


async def _renamed(names: Collection[str], reads: Reads) -> set[str]:
    """Return those behind whose name somebody is remembered who is in the directory, by another name by now.

    Nobody is called so whom the bot never looked up. Raise Unavailable.
    """
    if reads.people is None or reads.identities is None:
        return set()
    known = await reads.identities.known()
    ids = {name: one.object_id.lower() for name in names if (one := known.get(folded(name))) and one.object_id}
    there = await reads.people.by_id(list(ids.values())) if ids else {}
    return {name for name, object_id in ids.items() if object_id in there}


def _none(older: Age, left_out: _LeftOut) -> UserError:
    said = f" Left out: {'; '.join(left_out.lines)}." if left_out else ""
    return UserError(
        f"No home of somebody who left is older than {spoken(older.length)}.{said}", "/jhub storage list --orphaned"
    )

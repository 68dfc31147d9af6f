"""The way of a volume from one claim to another, without copying and without a moment in which it could be deleted.

First its reclaim policy becomes Retain, in the same request that writes the former one onto it. Then the new claim is
made, which asks for this volume and waits: so nobody who logs in meanwhile gets an empty one under that name. Then the
old claim goes, the volume is kept for the new one, and the controller binds both. Each look decides what is next, so it
does not matter where an earlier run ended.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.kube import Claim, Volume
from commands.framework import polling
from commands.framework.command import Steps
from commands.storage.homes import pods_mounting
from commands.storage.snapshots import Original
from commands.storage.volume_record import HELD, RECORD, RETAIN, VolumeRecord, record_for, recorded
from commands.users.model import EmptyClaim, HomeMove, Stuck, UserRename

PATIENCE: Final = 180.0
"""How long one volume may take, in seconds: the controller looks again at a claim that waits every 15 s."""


async def settled(look: Callable[[], Awaitable[bool]], do: Steps, what: str, seconds: float = 0.0) -> None:
    """Look until it is so. Raise Stuck with `what` if it takes longer, Unavailable if a system is silent that long.

    A request to stop does not end it: half way is no place to stop at.
    """
    clock = asyncio.get_running_loop().time
    end, silence = clock() + (seconds or PATIENCE), None
    while True:
        last = clock() >= end
        try:
            if await look():
                return
            silence = None
        except Unavailable as error:
            do.tell(f"{error}. Trying again …")
            silence = error
        if last:
            raise silence or Stuck(what)
        await asyncio.sleep(polling.PACE)


async def hold(plan: UserRename, move: HomeMove, do: Steps) -> VolumeRecord:
    """Have the volume kept whatever happens to its claim, and write onto it what it takes to go on or back."""
    volume = await _volume(move.volume, do)
    known = recorded(volume)
    if known is not None and known.is_of(plan.old, plan.new):
        return known
    claim = await find_claim(move.source, do)
    if claim is None or claim.uid != move.source_uid or volume.claim_uid != claim.uid:
        raise Stuck(f"{move.source} is no longer the claim of the volume {move.volume}.")
    made = record_for(volume, claim, plan.old, plan.new, move.server, move.target)
    marks = {"labels": {HELD: "true"}, "annotations": {RECORD: made.written()}}
    if not await do.writes.kube.mark_volume(volume.name, volume.uid, policy=RETAIN, **marks):
        raise Stuck(f"The volume {move.volume} no longer exists.")
    return made


async def clear(empty: EmptyClaim, do: Steps) -> None:
    """Remove a claim of the new name that has no disk, and wait until it is gone. Raise Stuck if it has got one."""
    name = empty.original.name

    async def is_gone() -> bool:
        found = await find_claim(name, do)
        if found is None or found.uid != empty.uid:
            return True
        if found.volume and not found.terminating:
            raise Stuck(f"{name} has got a disk in the meantime: somebody logged in by the new name.")
        await do.writes.kube.delete_claim(name, empty.uid)
        return False

    await settled(is_gone, do, f"{name} was not removed in time: a pod may be waiting for it.")


async def make_again(empty: EmptyClaim, do: Steps) -> None:
    """Make the claim again that was in the way: the hub may remember that it is there."""
    if await find_claim(empty.original.name, do) is None:
        await do.writes.kube.create_claim(**vars(empty.original))


async def release(record: VolumeRecord, do: Steps) -> bool:
    """Give the volume its reclaim policy back, and take off what was written onto it. Return True once that is so."""
    volume = await _volume(record.volume, do)
    if recorded(volume) is None:
        return True
    marks: dict[str, dict[str, str | None]] = {"labels": {HELD: None}, "annotations": {RECORD: None}}
    return await do.writes.kube.mark_volume(volume.name, volume.uid, policy=record.policy, **marks)


async def go(record: VolumeRecord, do: Steps) -> None:
    """Bring the volume to the new claim. Raise Stuck or Unavailable."""
    await _seat(record, record.target, record.source, do)


async def go_back(record: VolumeRecord, do: Steps) -> None:
    """Bring the volume back to the claim that it had. Raise Stuck or Unavailable."""
    await _seat(record, record.source, record.target, do)


async def _seat(record: VolumeRecord, wanted: Original, other: Original, do: Steps) -> None:
    do.tell(f"{other.name} → {wanted.name}")
    late = f"{wanted.name} was not bound to the volume {record.volume} in time."
    await settled(partial(_is_seated, record, wanted, other, do), do, late)


async def _is_seated(record: VolumeRecord, wanted: Original, other: Original, do: Steps) -> bool:
    """Return True once the claim has the volume; else do what is next."""
    volume, claim = await _volume(record.volume, do), await _wanted_claim(record, wanted, do)
    if claim.terminating:
        return False
    if volume.claim_uid == claim.uid:
        return claim.phase == "Bound"
    if volume.claim not in (wanted.name, other.name):
        raise Stuck(f"The volume {volume.name} was given to {volume.claim or 'nobody'} by somebody else.")
    if not await _is_free(volume, other.name, do):
        return False
    if volume.claim != wanted.name or volume.claim_uid:
        await do.writes.kube.keep_volume(volume.name, volume.uid, wanted.name)
    return False


async def _wanted_claim(record: VolumeRecord, wanted: Original, do: Steps) -> Claim:
    """Return the claim that is to have the volume, made if need be. Raise Stuck if its name is another claim's."""
    claim = await find_claim(wanted.name, do)
    if claim is None:
        claim = await do.writes.kube.create_claim(
            name=wanted.name,
            storage_class=wanted.storage_class,
            size=wanted.size,
            access_modes=wanted.access_modes,
            labels=wanted.labels,
            annotations=wanted.annotations,
            volume=record.volume,
        )
    if claim.volume != record.volume:
        raise Stuck(f"{wanted.name} was created in the meantime: somebody logged in by that name. It was left alone.")
    return claim


async def _is_free(volume: Volume, other: str, do: Steps) -> bool:
    """Return True once the claim that had the volume is gone; else delete it, unless a pod mounts it."""
    former = await find_claim(other, do)
    if former is None or former.uid != volume.claim_uid:
        return True
    if not former.terminating:
        holders = pods_mounting(other, await do.reads.kube.pods())
        if holders:
            raise Stuck(f"In the meantime {holders[0].name} has mounted {other}: the server was started again.")
        await do.writes.kube.delete_claim(former.name, former.uid)
    return False


async def find_claim(name: str, do: Steps) -> Claim | None:
    """Return the claim of that name, None if there is none."""
    try:
        return await do.reads.kube.claim(name)
    except NotFound:
        return None


async def _volume(name: str, do: Steps) -> Volume:
    try:
        return await do.reads.kube.volume(name)
    except NotFound:
        raise Stuck(f"The volume {name} no longer exists.") from None

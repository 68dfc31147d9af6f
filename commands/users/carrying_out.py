"""The carrying out of a new name: forward, or back where something is in the way. One of both names works whole.

It is one step on record: between its parts is no place to stop at. After a crash it begins anew, and by looking first
goes on where it was.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from clients.errors import Conflict, NotFound, Rejected, Unavailable
from commands.framework.command import Steps
from commands.storage.deletion import ClaimRef
from commands.storage.volume_record import VolumeRecord, recorded
from commands.users.hub_record import forget_new_record, is_renamed, rename_record
from commands.users.model import Carried, HomeMove, Stuck, UserRename
from commands.users.rehoming import clear, find_claim, go, go_back, hold, make_again, release, settled
from commands.users.snapshot_owner import hand_over

_FAILURES: Final = (Stuck, Unavailable, Rejected, NotFound, Conflict)


async def carry_out(plan: UserRename, do: Steps) -> Carried:
    """Give the person the new name with everything, or leave everything under the old one, and return which."""
    try:
        records = [await hold(plan, move, do) for move in plan.moves]
        for one in plan.clears:
            await clear(one, do)
        for record in records:
            await go(record, do)
        notes = await rename_record(plan, do)
    except _FAILURES as error:
        return await _turned_back(plan, str(error), do)
    return Carried(notes=(*notes, *await _finished(plan, records, do)))


async def _finished(plan: UserRename, records: Sequence[VolumeRecord], do: Steps) -> tuple[str, ...]:
    """Do what is left once the new name works, and return what of it did not work."""
    rest: list[tuple[str, Callable[[], Awaitable[None]]]] = []
    rest += [(f"{one.name} is still there", partial(_remove, one, do)) for one in plan.empties]
    rest += [
        (f"The snapshot {one.name} keeps the old name", partial(hand_over, one, plan.new, do)) for one in plan.snapshots
    ]
    rest += [
        (f"The volume {one.volume} keeps the reclaim policy Retain", partial(_release, one, do)) for one in records
    ]
    return tuple([note for what, work in rest if (note := await _noted(what, work))])


async def _noted(what: str, work: Callable[[], Awaitable[None]]) -> str:
    try:
        await work()
    except _FAILURES as error:
        return f"{what}: {error}"
    return ""


async def _remove(empty: ClaimRef, do: Steps) -> None:
    """Remove a claim that never had a disk."""
    found = await find_claim(empty.name, do)
    if found is not None and found.uid == empty.uid and not found.volume:
        await do.writes.kube.delete_claim(empty.name, empty.uid)


async def _release(record: VolumeRecord, do: Steps) -> None:
    await settled(partial(release, record, do), do, "it could not be set")


async def _turned_back(plan: UserRename, why: str, do: Steps) -> Carried:
    """Bring everything back to the old name; where the hub has only the new one by now, stay with that."""
    do.tell(why, "Going back to the old name")
    try:
        records = [record for move in plan.moves if (record := await _held(plan, move, do))]
        if await is_renamed(plan, do):
            return await _stayed(plan, records, why, do)
        for record in records:
            await go_back(record, do)
        await forget_new_record(plan, do)
        for one in plan.clears:
            await make_again(one, do)
        for record in records:
            await _release(record, do)
    except _FAILURES as error:
        return Carried(why, half=True, notes=(str(error),))
    return Carried(why)


async def _stayed(plan: UserRename, records: Sequence[VolumeRecord], why: str, do: Steps) -> Carried:
    for record in records:
        claim = await find_claim(record.target_name, do)
        if claim is None or claim.volume != record.volume or claim.phase != "Bound":
            return Carried(why, half=True)
    return Carried(notes=await _finished(plan, records, do))


async def _held(plan: UserRename, move: HomeMove, do: Steps) -> VolumeRecord | None:
    record = recorded(await do.reads.kube.volume(move.volume))
    return record if record is not None and record.is_of(plan.old, plan.new) else None

"""The snapshots of a person's homes: their names stay, what is written on them follows the new name."""

from clients.errors import NotFound
from commands.framework.command import Steps
from commands.storage.snapshots import handed_over
from commands.users.model import SnapshotMove


async def hand_over(move: SnapshotMove, user: str, do: Steps) -> None:
    """Have the snapshot be that user's, and be restored to the claim that the hub looks for by that name."""
    try:
        snapshot = await do.reads.kube.snapshot(move.name)
    except NotFound:
        return
    if snapshot.uid == move.uid and snapshot.user != user:
        await do.writes.kube.mark_snapshot(move.name, move.uid, handed_over(snapshot, user, move.target))

"""`helm rollback` to an earlier revision, with the bot's mark on the revision that it makes.

`helm rollback` takes no labels and copies the old revision's (helm 3.17, pkg/action/rollback.go). So the mark is put
onto Helm's record as soon as that exists, which identifies an interrupted rollback as the bot's own, and again at the
end, when helm has rewritten the record.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Final

from clients.errors import NotFound, Unavailable
from clients.helm import FailureReason, UpgradeResult, bot_labels
from commands.framework.command import Steps
from commands.release.pending import RepairMethod, is_at_work, repair_method, revision_to_restore
from commands.release.record import is_pending
from commands.rollout.pod_watch import watch_pods

_LOG = logging.getLogger("jhub_bot.commands.putting_back")
_LOOK_EVERY: Final = 0.5
# Helm keeps ten revisions by default.
HISTORY: Final = 30


async def roll_back(
    newest: int, revision: int, mark: str, do: Steps, *, seconds: float, stop: asyncio.Event
) -> UpgradeResult:
    """Make `revision` the newest again, after `newest`, within `seconds` for each of helm's phases.

    End early, and cleanly, when `stop` is set. Raise Unavailable.
    """
    history = await do.reads.releases.history(HISTORY)
    hidden = {str(one.revision): one.values for one in history}
    labels = bot_labels(newest + 1, do.caller.object_id, mark)
    marking = asyncio.create_task(_marked(newest + 1, labels, do))
    try:
        result = await do.writes.helm.rollback(revision=revision, hidden=hidden, stop=stop, wait_seconds=seconds)
    finally:
        marking.cancel()
        await asyncio.gather(marking, return_exceptions=True)
    await _mark(newest + 1, labels, do)
    return result


async def _marked(revision: int, labels: dict[str, str], do: Steps) -> None:
    while not await _mark(revision, labels, do):  # noqa: ASYNC110 - it happens in the cluster
        await asyncio.sleep(_LOOK_EVERY)


async def mark_own(revision: int, do: Steps) -> bool:
    """Put this operation's mark on a revision that helm has ended without it. Return True if it is marked."""
    return await _mark(revision, bot_labels(revision, do.caller.object_id, do.operation), do)


async def _mark(revision: int, labels: dict[str, str], do: Steps) -> bool:
    """Mark the revision. Return True if it exists and is marked; a mark that cannot be made is no reason to fail."""
    with contextlib.suppress(NotFound):
        try:
            return await do.writes.kube.mark_revision(do.reads.names.release, revision, labels)
        except Unavailable as error:
            _LOG.warning("revision %s is not marked: %s", revision, error)
    return False


async def restore_unfinished(do: Steps) -> UpgradeResult | None:
    """Repair a revision that a killed helm left unfinished. Return why no upgrade can begin, None if one can."""
    history = await do.reads.releases.history(HISTORY)
    if not history or not is_pending(history[0]):
        return None
    if await is_at_work(history[0], do.reads, do.operation):
        return UpgradeResult(False, FailureReason.IN_PROGRESS, "Another helm is working on the release.")
    method, revision = repair_method(history)
    if method is RepairMethod.UNINSTALL:
        words = "Helm was killed before it had finished, and there is no revision to go back to."
        return UpgradeResult(False, FailureReason.IN_PROGRESS, words)
    do.tell(f"Revision {history[0].revision} was left unfinished: restoring revision {revision}")
    return await _back(history[0].revision, revision, do)


async def undo_failed(version: str, values: Mapping[str, object], do: Steps) -> UpgradeResult | None:
    """Restore the live revision if the newest has failed, unless that is the operation's own or the same state.

    Return why no upgrade can begin, None if one can.
    """
    newest, live = await asyncio.gather(do.reads.releases.current(), do.reads.releases.deployed())
    revision = revision_to_restore(newest, live, version, values)
    if newest is None or not revision or (newest.by_bot and newest.by_bot.operation.startswith(do.operation)):
        return None
    do.warn(
        f"Revision {newest.revision} had failed. Revision {revision} is restored first, so that nothing of it stays."
    )
    return await _back(newest.revision, revision, do)


def restore_mark(do: Steps) -> str:
    """Return the mark of a revision that this operation makes by restoring an earlier one."""
    return f"{do.operation}-before"


async def _back(newest: int, revision: int, do: Steps) -> UpgradeResult | None:
    seconds = do.reads.names.timeout.total_seconds()
    async with watch_pods("", do) as watched:
        result = await roll_back(newest, revision, restore_mark(do), do, seconds=seconds, stop=watched.stop)
    # Pods that are not ready are no obstacle: the revision has failed, and another one can follow.
    return None if result.ok or result.late or watched.crashes else result

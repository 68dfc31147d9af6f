"""A `helm rollback` that an operation carries out once, however often the bot is killed meanwhile."""

from dataclasses import dataclass
from functools import partial

from clients.errors import Conflict
from clients.helm import Release, recorded_result
from commands.framework.command import Steps
from commands.rollout.pod_watch import watch_pods
from commands.rollout.restore_revision import HISTORY, mark_own, roll_back
from commands.rollout.upgrade import Upgraded, retry_while_slow, wait_for_helm, with_blockages


@dataclass(frozen=True)
class HelmRollback:
    """The revision to restore, and the revision that was the newest when this was planned."""

    release: str
    newest: int
    target: int


async def run_rollback(what: HelmRollback, do: Steps) -> Upgraded:
    """Have helm restore the revision, or find out how that ended if a crash came between.

    A rollback that is merely slow when helm's time is up is repeated with more time. Raise Conflict if somebody else
    has changed the release since it was planned, Unavailable.
    """
    made = await _made(what, do)
    target = await find_revision(what.target, do)
    known = recorded_result(made[0], target.values) if made else None
    return await retry_while_slow(partial(_rolled_back, what, do), known, len(made), 0.0, do)


async def find_revision(revision: int, do: Steps) -> Release:
    """Return the revision. Raise Conflict if Helm no longer has it."""
    history = await do.reads.releases.history(HISTORY)
    target = next((one for one in history if one.revision == revision), None)
    if target is None:
        raise Conflict(f"Revision {revision} no longer exists.")
    return target


async def _rolled_back(what: HelmRollback, do: Steps, seconds: float) -> Upgraded:
    newest = await do.reads.releases.current()
    after = newest.revision if newest else what.newest
    async with watch_pods("", do) as watched:
        result = await roll_back(after, what.target, do.operation, do, seconds=seconds, stop=watched.stop)
        return await with_blockages(Upgraded(result), do, watched.recently_deleted(), crashes=watched.crashes)


async def _made(what: HelmRollback, do: Steps) -> list[Release]:
    """Return the revisions that this operation has made, newest first, once helm has ended. Raise Conflict."""
    newest = await wait_for_helm(lambda one: one.revision > what.newest, what.release, do)
    if newest is None:
        return []
    history = await do.reads.releases.history(HISTORY)
    made = [one for one in history if one.revision > what.newest]
    if not all(_is_own(one, what, do) for one in made):
        raise Conflict("The release was changed in the meantime.")
    if newest.by_bot is None:
        # Helm rewrote its record after the bot had marked it, and the bot was no longer running.
        await mark_own(newest.revision, do)
    return made


def _is_own(one: Release, what: HelmRollback, do: Steps) -> bool:
    """Return True if the operation made it, by its mark or by what helm 3.17 records of an unmarked rollback."""
    if one.by_bot is not None:
        return one.by_bot.operation == do.operation
    return one.description == f"Rollback to {what.target}" or one.description.startswith('Rollback "')

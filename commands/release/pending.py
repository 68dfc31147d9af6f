"""Unfinished revisions: the signs of a helm at work on one, and the ways to repair it (helm 3.17).

A helm that is killed leaves its revision pending, and no upgrade can begin. A pending upgrade or rollback is repaired
by a rollback; a first installation has no earlier revision and is removed, as is a removal that did not end.

A revision that helm ended and marked as failed blocks nothing, but what it added to the cluster may stay
(`revision_to_restore`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum
from typing import Final

from clients.helm import Release
from commands.ports.context import Reads
from commands.ports.operations import WorkState
from commands.release.record import is_pending, since

# Each of helm's phases (hooks before, the upgrade, hooks after) has the time-out to itself.
PHASES: Final = 3
# The statuses of revisions that can be restored, the best first. A failed revision has its manifest on record, too.
_COMPLETE: Final = ("deployed", "superseded", "failed")


class RepairMethod(Enum):
    """A way to repair a release."""

    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"


async def is_at_work(release: Release, reads: Reads, own: str = "") -> bool:
    """Return True if a helm may still be at work on a pending revision. `own` is the asking operation, if any.

    For the bot's own helm this is certain: none runs here, and no other replica carries out the operation that made the
    revision. Somebody else's is assumed to be at work until three of the configured time-outs have passed.
    """
    if reads.helm is not None and await reads.helm.is_running():
        return True
    if release.by_bot is None:
        return not is_stale(release, reads)
    mark = release.by_bot.operation
    return not (own and mark.startswith(own)) and await _runs(mark, reads)


async def _runs(mark: str, reads: Reads) -> bool:
    """Return True if the operation with that mark is being carried out, maybe by another replica."""
    return any(mark.startswith(work.id) for work in await reads.work.open() if work.state is WorkState.RUNNING)


def is_stale(release: Release, reads: Reads) -> bool:
    """Return True if helm, given the configured time-out, would have ended by now."""
    return since(release, reads.now) > grace_period(reads)


def grace_period(reads: Reads) -> timedelta:
    """Return how long somebody else's helm is left alone with a pending revision."""
    return PHASES * reads.names.timeout


def revision_to_restore(
    newest: Release | None, live: Release | None, version: str, values: Mapping[str, object]
) -> int:
    """Return the live revision if it has to be restored before the next one, because one after it failed; else 0.

    Helm 3.17 (pkg/action/upgrade.go) computes its patches from the live revision's manifest: what a failed revision
    added to an object is neither there nor in the next manifest, and stays in the cluster. A rollback computes them
    from the newest revision. If the next revision has the failed one's chart and values, nothing of what it added is
    too much.
    """
    if newest is None or live is None or newest.status != "failed" or live.revision >= newest.revision:
        return 0
    failed = newest.chart.version, newest.values
    # With the live chart and values, the failed revision cannot have added anything.
    return 0 if failed in ((version, values), (live.chart.version, live.values)) else live.revision


def restore_notice(revision: int) -> str:
    """Return the sentence about it for a plan."""
    return f"Revision {revision} is restored first; otherwise the cluster would keep what the failed one added to it."


def repair_method(history: Sequence[Release]) -> tuple[RepairMethod, int]:
    """Return how to repair the newest revision of `history`, and the revision to restore, 0 if there is none."""
    newest = history[0]
    before = [one for one in history[1:] if one.status in _COMPLETE]
    if newest.status in ("pending-install", "uninstalling") or not is_pending(newest) or not before:
        return RepairMethod.UNINSTALL, 0
    return RepairMethod.ROLLBACK, min(before, key=lambda one: (_COMPLETE.index(one.status), -one.revision)).revision

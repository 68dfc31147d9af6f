"""A release that helm left half-way: whether somebody is still at work on it, and how it is put right (helm 3.17).

What helm has ended, and marked as failed, is in nobody's way; what it added may stay all the same (`taken_back`).

A helm that is killed leaves its revision pending, and no upgrade can begin. A pending upgrade or rollback is put right
by a rollback; a first installation has nothing to go back to and is taken away, as is a removal that did not end.
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
# What can be gone back to, the best first. A failed revision has its manifest on record as well.
_COMPLETE: Final = ("deployed", "superseded", "failed")


class RepairMethod(Enum):
    """How a release is put right."""

    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"


async def is_at_work(release: Release, reads: Reads, own: str = "") -> bool:
    """Whether a helm may still be at work on a pending revision; `own` is the operation that asks, if one does.

    Of the bot's own that is known: none is here, and no other replica carries out what made the revision. Of others'
    it is believed until three of the configured time-outs are over.
    """
    if reads.helm is not None and await reads.helm.is_running():
        return True
    if release.by_bot is None:
        return not is_old(release, reads)
    mark = release.by_bot.operation
    return not (own and mark.startswith(own)) and await _runs(mark, reads)


async def _runs(mark: str, reads: Reads) -> bool:
    """Whether the operation of that mark is being carried out, maybe by another replica."""
    return any(mark.startswith(work.id) for work in await reads.work.open() if work.state is WorkState.RUNNING)


def is_old(release: Release, reads: Reads) -> bool:
    """Whether helm, given the configured time-out, would have ended by now."""
    return since(release, reads.now) > left_alone_for(reads)


def left_alone_for(reads: Reads) -> timedelta:
    """How long somebody else's helm is left alone with a pending revision."""
    return PHASES * reads.names.timeout


def taken_back(newest: Release | None, live: Release | None, version: str, values: Mapping[str, object]) -> int:
    """The live revision where it is put back before the next one is made, after one that has failed; else 0.

    Helm 3.17 (pkg/action/upgrade.go) makes its patches from what the live revision was made of: what a failed one added
    to an object is neither there nor in the next one, and stays in the cluster. A rollback makes them from the newest
    one. Where the next one is of the same chart and values as the one that failed, nothing of that is too much.
    """
    if newest is None or live is None or newest.status != "failed" or live.revision >= newest.revision:
        return 0
    failed = newest.chart.version, newest.values
    # What has the live one's own can take nothing back of what came between.
    return 0 if failed in ((version, values), (live.chart.version, live.values)) else live.revision


def told_before(revision: int) -> str:
    """What its plan says of it."""
    return f"Revision {revision} is restored first; otherwise the cluster would keep what the failed one added to it."


def way_out(history: Sequence[Release]) -> tuple[RepairMethod, int]:
    """How to put right what the newest of `history` is, and the revision to go back to, 0 where there is none."""
    newest = history[0]
    before = [one for one in history[1:] if one.status in _COMPLETE]
    if newest.status in ("pending-install", "uninstalling") or not is_pending(newest) or not before:
        return RepairMethod.UNINSTALL, 0
    return RepairMethod.ROLLBACK, min(before, key=lambda one: (_COMPLETE.index(one.status), -one.revision)).revision

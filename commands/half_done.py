"""A release that helm left half-way: whether somebody is still at work on it, and how it is put right (helm 3.17).

A helm that is killed leaves its revision pending, and no upgrade can begin. A pending upgrade or rollback is put right
by a rollback; a first installation has nothing to go back to and is taken away, as is a removal that did not end.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Final

from clients.helm import Release
from commands.reads import Reads
from commands.release import is_pending, since

# Each of helm's phases (hooks before, the upgrade, hooks after) has the time-out to itself.
PHASES: Final = 3
# What can be gone back to, the best first. A failed revision has its manifest on record as well.
_COMPLETE: Final = ("deployed", "superseded", "failed")


class Way(Enum):
    """How a release is put right."""

    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"


async def is_at_work(release: Release, reads: Reads) -> bool:
    """Whether a helm may still be at work on a pending revision.

    Of the bot's own that is known. Of others' it is believed until three of the configured time-outs are over.
    """
    if reads.helm is not None and await reads.helm.at_work():
        return True
    return release.by_bot is None and not is_old(release, reads)


def is_old(release: Release, reads: Reads) -> bool:
    """Whether helm, given the configured time-out, would have ended by now."""
    return since(release, reads.now) > left_alone_for(reads)


def left_alone_for(reads: Reads) -> timedelta:
    """How long somebody else's helm is left alone with a pending revision."""
    return PHASES * reads.names.timeout


def way_out(history: Sequence[Release]) -> tuple[Way, int]:
    """How to put right what the newest of `history` is, and the revision to go back to, 0 where there is none."""
    newest = history[0]
    before = [one for one in history[1:] if one.status in _COMPLETE]
    if newest.status in ("pending-install", "uninstalling") or not is_pending(newest) or not before:
        return Way.UNINSTALL, 0
    return Way.ROLLBACK, min(before, key=lambda one: (_COMPLETE.index(one.status), -one.revision)).revision

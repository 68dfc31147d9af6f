"""The daily job: snapshots past their retention are removed, and reported in the conversation they came from.

Forsaken pullers of images are removed, too, and what tests of the hub have left.
"""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.audit.entry import Audit, AuditEntry, AuditEvent
from bot.changes import replies
from bot.changes.repository import Changes
from bot.chat.platform import Person, Places
from cards.pages import all_pages
from clients.errors import Unavailable
from commands.framework.command import Level
from commands.images.pull import orphaned_pullers
from commands.ports.context import Caller, Reads
from commands.ports.kubernetes import KubeWrites
from commands.storage.snapshots import OPERATION, SnapshotDeletion, expire
from commands.timing.durations import spoken

_LOG = logging.getLogger("jhub_bot.housekeeping")

NOBODY = Caller("", "the bot", Level.ANYONE)
_BOT = Person("", "", "the bot")


class Housekeeping:
    """Daily clean-up of the hub's cluster."""

    def __init__(
        self,
        reads: Callable[[Caller], Reads],
        writes: KubeWrites,
        changes: Changes,
        audit: Audit,
        places: Places,
        now: Callable[[], datetime],
        clean_up_tests: Callable[[str], Awaitable[None]],
    ) -> None:
        self._reads = reads
        self._writes = writes
        self._changes = changes
        self._audit = audit
        self._places = places
        self._now = now
        self._clean_up_tests = clean_up_tests

    async def daily(self, at: str) -> None:
        """Do all of it; `at` names this run. Raise nothing: what failed is tried again tomorrow."""
        await self.expire_snapshots(at)
        await self.remove_pullers(at)
        try:
            await self._clean_up_tests(at)
        except Unavailable as error:
            _LOG.warning("what tests of the hub have left was not removed: %s", error)

    async def remove_pullers(self, at: str) -> None:
        """Remove the pullers of operations that have ended without doing so themselves."""
        try:
            for one in await orphaned_pullers(self._reads(NOBODY)):
                await self._write(f"{at} {one.name}", {"puller": one.name}, AuditEvent.REMOVED_PULLER)
                await self._writes.delete_daemon_set(one.name, one.uid)
        except Unavailable as error:
            _LOG.warning("forsaken pullers were not removed: %s", error)

    async def expire_snapshots(self, at: str) -> None:
        """Remove expired snapshots; `at` names this run. Raise nothing: what failed is tried again tomorrow."""
        reads = self._reads(NOBODY)
        try:
            origins = {one.name: one.labels.get(OPERATION, "") for one in await reads.kube.snapshots()}
            await self._write(f"{at} begun", {"retention": spoken(reads.snapshot_retention)})
            done = await expire(reads, self._writes)
            for one in done:
                await self._write(f"{at} {one.name}", {"snapshot": one.name, "result": one.problem or "removed"})
            await self._tell(done, origins)
        except Unavailable as error:
            _LOG.warning("expired snapshots were not removed, or not told of: %s", error)

    async def _tell(self, done: Sequence[SnapshotDeletion], origins: Mapping[str, str]) -> None:
        """Post the result in the conversation in which the home was deleted."""
        told: dict[str, list[SnapshotDeletion]] = defaultdict(list)
        for one in done:
            change = await self._changes.get(origins.get(one.name, ""))
            if change is not None:
                told[change.place].append(one)
        for place, removed in told.items():
            for page in all_pages(replies.snapshots_removed(removed)):
                await self._places(place).post(page)

    async def _write(self, key: str, detail: dict[str, str], event: AuditEvent = AuditEvent.EXPIRED_SNAPSHOT) -> None:
        await self._audit.write(AuditEntry.of(_BOT, event, key=key, at=self._now(), detail=detail))

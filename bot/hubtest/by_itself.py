"""Tests of the hub that the bot begins by itself: when starts fail, and what earlier tests have left.

One replica does it, by a lease. How a test went is on record, where the watcher `starts` finds it, and in the trail.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.audit.entry import Audit, AuditEntry, AuditEvent
from bot.chat.platform import Person
from bot.hubtest.own_steps import CALLER, OwnSteps
from bot.hubtest.repository import HubTests
from bot.instrumentation.outcomes import Outcome
from bot.runtime.leases import Lease
from bot.runtime.periodic import FailureLog, Interval, background, repeat
from clients.errors import Unavailable
from commands.framework.errors import UserError
from commands.hubtest.removal import remove
from commands.hubtest.steps import AT_WORK, run_test
from commands.hubtest.subject import planned
from commands.ports.context import Caller, Reads, Writes
from commands.ports.operations import WorkState

_LOG = logging.getLogger("jhub_bot.hubtest")
_FAILURES: Final = FailureLog(_LOG, "the hub cannot be tested", "a test of the hub by the bot itself failed")
_BOT: Final = Person("", "", "the bot")

WITHIN: Final = timedelta(minutes=30)
"""The time within which failed starts count, and the least between two tests by the bot itself."""
MANY: Final = 2
"""So many failed starts bring about a test."""
# Between two looks, in seconds.
_LOOK: Final = 60.0


@dataclass(frozen=True)
class OwnHubTests:
    """The tests of one hub that nobody asks for. `is_wanted` says whether failed starts bring about any."""

    tests: HubTests
    reads: Callable[[Caller], Reads]
    writes: Callable[[], Writes]
    audit: Audit
    lease: Lease
    now: Callable[[], datetime]
    is_wanted: bool

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look once a minute while the block lasts."""
        if not self.is_wanted:
            yield
            return
        async with background(repeat(self.look, Interval(_LOOK, first=_LOOK), _FAILURES), name="hub tests"):
            yield

    async def look(self) -> None:
        """Test the hub if starts have failed lately, and it was not tested since. Raise Unavailable."""
        if not await self.lease.hold(self.now(), AT_WORK):
            return
        try:
            if await self._is_due():
                await self._test()
        finally:
            with contextlib.suppress(Unavailable):
                await self.lease.release()

    async def _is_due(self) -> bool:
        reads = self.reads(CALLER)
        counts = await reads.hub.spawns(WITHIN)
        if counts is None or counts.failed < MANY:
            return False
        # A failed start of the last test is among those that are counted.
        for last in await self.tests.recent(1):
            if self.now() - (last.ended or last.began) <= WITHIN:
                return False
        return not any(one.state is WorkState.RUNNING for one in await reads.work.open())

    async def _test(self) -> None:
        do = OwnSteps(self.reads(CALLER), self.writes(), self.now)
        try:
            outcome = await run_test(await planned(do.reads), do)
        except UserError as error:
            _LOG.warning("the hub was not tested: %s", error)
            return
        detail = {"why": f"{MANY} starts failed within 30 minutes", "result": outcome.words}
        entry = AuditEntry.of(
            _BOT,
            AuditEvent.HUB_TESTED,
            key=f"hub test {do.operation}",
            at=self.now(),
            command="test",
            outcome=Outcome.DONE if outcome.passed else Outcome.FAILED,
            detail=detail,
        )
        await self.audit.write(entry)

    async def clean_up(self, at: str) -> None:
        """Remove what tests have left that are over; `at` names this run. Raise Unavailable."""
        over = [one.operation for one in await self.tests.left() if self.now() - one.began > AT_WORK]
        if not over or any(one.state is WorkState.RUNNING for one in await self.reads(CALLER).work.open()):
            return
        left = await remove(OwnSteps(self.reads(CALLER), self.writes(), self.now))
        if not left:
            await self.tests.remove(over)
        detail = {"tests": ", ".join(over), "result": left or "removed"}
        key = f"{at} hub tests"
        await self.audit.write(AuditEntry.of(_BOT, AuditEvent.HUB_TEST_REMOVED, key=key, at=self.now(), detail=detail))

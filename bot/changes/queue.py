"""The queue of a hub's changes: one at a time, in the order in which they were agreed to.

A change has its ticket from the moment of its consent, and runs when no exclusive change with a lower one is open.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.changes.error_replies import ErrorReply
from bot.changes.execution import Execution
from bot.changes.executor import Executor
from bot.changes.model import ChangeRequest, State
from bot.changes.phase_results import GO, OVER
from bot.changes.records import ChangeRecords
from bot.changes.running import RunningChanges
from bot.instrumentation.outcomes import Outcome
from clients.errors import Unavailable

# How often those who wait look for themselves, in seconds: another replica's bell is not heard.
_POLL_SECONDS: Final = 1.0
# After how many seconds a queue that could not be read is read again.
_RETRY_SECONDS: Final = 2.0


@dataclass(frozen=True)
class ChangeQueue:
    """Holds changes back until it is their turn."""

    records: ChangeRecords
    running: RunningChanges
    executor: Executor

    async def wait(self, change: str) -> str:
        """Wait until all changes before it have ended. Return GO, or OVER where it was stopped or is not queued.

        A queue that cannot be read lets nobody through.
        """
        known = await self.records.get(change)
        if known.state not in (State.QUEUED, State.RUNNING):
            return OVER
        execution = await self.executor.execution(known)
        hearing = asyncio.create_task(execution.hear())
        try:
            return await self._until_first(known, execution)
        finally:
            hearing.cancel()

    async def _until_first(self, known: ChangeRequest, execution: Execution) -> str:
        while not execution.stopping:
            try:
                first = await self.records.changes.first() if known.exclusive else None
            except Unavailable:
                execution.wait_blindly()
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if first is None or first.id == known.id:
                await self.records.changes.running(known.id)
                return GO
            execution.wait_behind(first)
            await self.running.bell.wait(_POLL_SECONDS)
        await self.records.end(known, ErrorReply(execution.after_stop(), Outcome.CANCELLED))
        return OVER

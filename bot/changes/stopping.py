"""Stopping a change: recorded for whichever replica runs it, and heeded at once by this one."""

from dataclasses import dataclass

from bot.changes.records import ChangeRecords
from bot.changes.running import RunningChanges
from bot.chat.platform import Person


@dataclass(frozen=True)
class ChangeStopper:
    """Asks changes to stop."""

    records: ChangeRecords
    running: RunningChanges

    async def stop(self, change: str, person: Person) -> bool:
        """Ask a change to stop at the next safe point. Return False where it has ended. Raise Unavailable."""
        known = await self.records.changes.get(change)
        if known is None:
            return False
        asked = await self.records.stop(known, person)
        if asked and (execution := self.running.executions.get(change)) is not None:
            execution.stop(person.name)
        self.running.wake(change)
        return asked

"""The phases of a change as recorded steps of its durable workflow.

A phase that a crash cut short is begun again. While the store is out, nothing goes on, and the card says so.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.changes.change_cards import ChangeCards
from bot.changes.error_replies import answer_to
from bot.changes.execution import WAITS, on_record
from bot.changes.model import State
from bot.changes.phase_results import OVER
from bot.changes.ports import Record
from bot.changes.records import ChangeRecords
from bot.changes.running import RunningChanges
from bot.instrumentation.spans import span
from bot.store.write_outage import cannot_write
from cards.views import Progress
from clients.errors import Unavailable

_LOG = logging.getLogger("jhub_bot.workflow")

# After how many seconds a phase is begun again that could not write.
_RETRY_SECONDS: Final = 2.0

Phase = Callable[[str], Awaitable[str]]


@dataclass(frozen=True)
class PhaseRunner:
    """Runs phases; each is given a change's id and returns one of `phase_results`, or a plan."""

    durable: Record
    records: ChangeRecords
    running: RunningChanges
    cards: ChangeCards
    _notices: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, name: str, phase: Phase, change: str) -> str:
        """Run a phase as the step `name`, or return its recorded result."""
        return await on_record(
            self.durable, name, lambda: self._traced(name, phase, change), lambda: self._show_outage(change)
        )

    async def record(self, name: str, phase: Phase, change: str) -> str:
        """Run what belongs to a phase as a step of its own, or return its recorded result."""
        return await self.durable.step(name, lambda: self._retried(phase, change))

    async def run_unrecorded(self, phase: Phase, change: str) -> str:
        """Run a phase of which nothing is recorded: the record has no place for it."""
        return await self._retried(phase, change)

    async def _traced(self, name: str, phase: Phase, change: str) -> str:
        with span(name):
            return await self._retried(phase, change)

    async def _retried(self, phase: Phase, change: str) -> str:
        """Run the phase until the store takes what it writes. A bug in it ends the change."""
        while True:
            try:
                return await phase(change)
            except Exception as error:
                if cannot_write(error):
                    _LOG.warning("change %s waits: %s", change, error)
                    self._show_outage(change)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                if isinstance(error, Unavailable):
                    raise
                known = await self.records.changes.get(change)
                if known is not None:
                    await self.records.end(known, answer_to(error, change))
                return OVER

    def _show_outage(self, change: str) -> None:
        """Have the card say that nothing goes on because nothing can be written."""
        if not any(task.get_name() == change for task in self._notices):
            task = asyncio.create_task(self._post_outage(change), name=change)
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def _post_outage(self, change: str) -> None:
        # It is shown before it is tried to put on record where: that fails now, too.
        with suppress(Unavailable):
            known = await self.records.get(change)
            if execution := self.running.executions.get(change):
                execution.tell(WAITS)
            elif known.state in (State.RUNNING, State.CLOSING):
                await self.cards.show(known, Progress(known.title, known.requester.name, details=(WAITS,)))

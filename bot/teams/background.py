"""Work that goes on after its turn has ended: Teams has its acknowledgement, people wait for their answer."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Final

_LOG = logging.getLogger("jhub_bot.teams")

_MOST: Final = 1_000


class Background:
    """Tasks that are ended together: those that are late after `grace` seconds are cancelled."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._tasks: set[asyncio.Task[None]] = set()
        self._asides: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def is_full(self) -> bool:
        """True if nothing more should be begun."""
        return len(self._tasks) >= _MOST

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Begin `work`, which logs itself what went wrong."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start_aside(self, work: Coroutine[object, object, None]) -> None:
        """Begin `work` that nobody waits for: it is cancelled at the end."""
        task = asyncio.create_task(work)
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def finish(self) -> None:
        """Wait for all of it, and cancel what takes too long."""
        for aside in tuple(self._asides):
            await cancelled(aside)
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._grace)
        for task in late:
            await cancelled(task)
        if late:
            _LOG.error("%d messages were not dealt with before the end", len(late))


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

"""Heartbeats to a dead man's switch outside, sent for as long as this replica finishes rounds of watching."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.alerts.engine import Engine
from clients.errors import Unavailable

_LOG = logging.getLogger("jhub_bot.alerts")

# Seconds between two beats; and how old a finished round may be to count as watching.
EVERY: Final = 60.0
LATELY: Final = timedelta(minutes=3)


class Beats(Protocol):
    """Dead man's switch that takes heartbeats."""

    async def beat(self) -> None:
        """Send a heartbeat: the bot watches. Raise Unavailable."""


def is_watching(finished: datetime | None, now: datetime) -> bool:
    """Return True if this replica has finished a round lately. One that stands by has nothing to report."""
    return finished is not None and now - finished <= LATELY


@contextlib.asynccontextmanager
async def beating(
    heart: Beats | None, engine: Engine, now: Callable[[], datetime], every: float = EVERY
) -> AsyncIterator[None]:
    """Send heartbeats while the block lasts. Do nothing without a `heart`."""
    task = asyncio.create_task(_run(heart, engine, now, every), name="heartbeat") if heart else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _run(heart: Beats, engine: Engine, now: Callable[[], datetime], every: float) -> None:
    while True:
        # After the first round, not before it: a beat says that one was finished.
        await asyncio.sleep(min(every, 5.0) if engine.finished is None else every)
        if not is_watching(engine.finished, now()):
            continue
        try:
            await heart.beat()
        except Unavailable as error:
            _LOG.warning("the outside does not hear that the bot watches: %s", error)
